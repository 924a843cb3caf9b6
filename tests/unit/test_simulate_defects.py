"""Planted defects of the simulation: in which deliveries, which rows, and what the truth lists of them."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from simulation import DEFECTS, SimulatedFile, SimulationError, Truth, simulate_deliveries, simulate_truth
from simulation.claims import BILLING_SHIFTS, completeness, largest_uitvoerder
from simulation.reference import load_simulation_reference
from simulation.run import prepare
from wlz.words.months import month_date

MAY_2018 = date(2018, 5, 1)
REFERENCE = load_simulation_reference("small")
KEY = ["zorgkantoorcode", "agb_code", "prestatiecode", "eenheid", "zorgmaand"]


@pytest.fixture(scope="module")
def files() -> list[SimulatedFile]:
    return list(simulate_deliveries(REFERENCE, scale="small"))


@pytest.fixture(scope="module")
def truth() -> Truth:
    return simulate_truth(REFERENCE, scale="small")


def of_kind(files: list[SimulatedFile], kind: str, month: date) -> pl.DataFrame:
    return next(file.frame for file in files if file.kind == kind and file.delivery_month == month)


def has_price_of_hours(claims: pl.DataFrame) -> bool:
    price = pl.col("bedrag").cast(pl.Float64) / pl.col("aantal")
    return claims.filter(pl.col("eenheid") == "01", price > 20).height > 0


def has_negative_total(claims: pl.DataFrame) -> bool:
    return (
        claims.group_by("prestatiecode", "zorgmaand").agg(pl.col("aantal").min()).filter(pl.col("aantal") < 0).height
        > 0
    )


def is_stale(claims: pl.DataFrame) -> bool:
    months = claims.group_by("zorgkantoorcode").agg(pl.col("zorgmaand").max())
    return months["zorgmaand"].n_unique() > 1


def lacks_month(claims: pl.DataFrame) -> bool:
    return claims.group_by("zorgkantoorcode").agg(pl.col("zorgmaand").n_unique())["zorgmaand"].n_unique() > 1


FOUND = {
    "unit_error": has_price_of_hours,
    "missing_region": lambda claims: claims["zorgkantoorcode"].n_unique() < 4,
    "negative_total": has_negative_total,
    "duplicate_key": lambda claims: bool(claims.select(KEY).is_duplicated().any()),
    "unknown_prestatie": lambda claims: not claims.filter(pl.col("prestatiecode") == "X999").is_empty(),
    "unknown_unit": lambda claims: not claims.filter(pl.col("eenheid") == "99").is_empty(),
    "unknown_zorgkantoor": lambda claims: not claims.filter(pl.col("zorgkantoorcode") == "5599").is_empty(),
    "late_uitvoerder": is_stale,
    "missing_month": lacks_month,
    "future_care_month": lambda claims: claims["zorgmaand"].max() > "2018-05",
    "sign_mismatch": lambda claims: not claims.filter((pl.col("bedrag") < 0) & (pl.col("aantal") > 0)).is_empty(),
}


@pytest.mark.parametrize("name", list(FOUND))
def test_a_defect_is_planted_and_listed(name: str, files: list[SimulatedFile]) -> None:
    planted = simulate_truth(REFERENCE, scale="small", defects=[name]).defects
    *_, last = (
        file
        for file in simulate_deliveries(REFERENCE, scale="small", defects=[name])
        if file.kind == "declaraties" and file.delivery_month == MAY_2018
    )
    clean = of_kind(files, "declaraties", MAY_2018)
    assert planted["defect"].unique().to_list() == [name]
    assert (planted["rows_count"] > 0).all()
    assert (planted["amount_eur"] != 0).all()
    assert FOUND[name](last.frame)
    assert not FOUND[name](clean)


def test_defects_together_do_not_hide_each_other() -> None:
    names = set(DEFECTS) - {"repeated_delivery"}  # with it the last care month has no rows
    planted = simulate_truth(REFERENCE, scale="small", defects=sorted(names)).defects
    assert set(planted["defect"]) == names


def claims_with(*defects: str, until: date = MAY_2018) -> dict[date, pl.DataFrame]:
    """Claims per delivery month with these defects planted."""
    simulated = simulate_deliveries(REFERENCE, scale="small", until=until, defects=defects)
    return {file.delivery_month: file.frame for file in simulated if file.kind == "declaraties"}


def changed_months(found: dict[date, pl.DataFrame], files: list[SimulatedFile]) -> list[date]:
    """Delivery months whose claims are not those of the simulation without defects."""
    return [month for month, frame in found.items() if not frame.equals(of_kind(files, "declaraties", month))]


def listed(*defects: str) -> list[tuple[object, ...]]:
    """What the truth says: delivery month, rows, euro, rows by their key."""
    truth = simulate_truth(REFERENCE, scale="small", defects=defects).defects
    return truth.select("delivery_month", "rows_count", "amount_eur", "row_key").rows()


def test_a_doubled_delivery_holds_everything_twice(files: list[SimulatedFile]) -> None:
    found, clean = claims_with("doubled_delivery"), of_kind(files, "declaraties", MAY_2018)
    assert changed_months(found, files) == [MAY_2018]
    assert found[MAY_2018].select(KEY).equals(clean.select(KEY))
    for column in ("aantal", "bedrag"):
        assert (found[MAY_2018][column] == clean[column] * 2).all()
    assert listed("doubled_delivery") == [
        (MAY_2018, clean.height, clean["bedrag"].sum(), "aanleverdatum=2018-05-02"),
    ]


def test_half_a_delivery_holds_every_second_row_of_a_month(files: list[SimulatedFile]) -> None:
    found, clean = claims_with("half_delivery"), of_kind(files, "declaraties", MAY_2018)
    assert changed_months(found, files) == [MAY_2018]
    left_out = clean.join(found[MAY_2018], on=clean.columns, how="anti")
    assert found[MAY_2018].height + left_out.height == clean.height
    rows = clean.group_by("zorgmaand").len("all").join(left_out.group_by("zorgmaand").len("out"), on="zorgmaand")
    assert rows.filter(pl.col("out") != pl.col("all") // 2).is_empty()
    assert listed("half_delivery") == [
        (MAY_2018, left_out.height, left_out["bedrag"].sum(), "aanleverdatum=2018-05-02"),
    ]


LARGEST = pl.col("zorgkantoorcode") == "5502"  # De Friesland has this code alone


def test_the_largest_uitvoerder_is_the_one_with_the_most_euro(files: list[SimulatedFile]) -> None:
    small = prepare(REFERENCE, scale="small")
    assert small.world.uitvoerders[largest_uitvoerder(small)] == "De Friesland"
    claims = of_kind(files, "declaraties", MAY_2018)
    assert claims.filter(LARGEST)["bedrag"].sum() > claims.filter(~LARGEST)["bedrag"].sum() / 2
    letter = prepare(load_simulation_reference("letter"))
    assert letter.world.uitvoerders[largest_uitvoerder(letter)] == "Zilveren Kruis"


@pytest.mark.parametrize(
    ("name", "month"), [("late_largest", MAY_2018), ("catch_up", date(2018, 4, 1))], ids=["late_largest", "catch_up"]
)
def test_the_largest_uitvoerder_repeats_itself(name: str, month: date, files: list[SimulatedFile]) -> None:
    """``late_largest`` in the last delivery; ``catch_up`` in the one before, and the last is as it should be."""
    found, clean = claims_with(name), of_kind(files, "declaraties", month)
    assert changed_months(found, files) == [month]
    mine, others = found[month].filter(LARGEST), found[month].filter(~LARGEST)
    before = of_kind(files, "declaraties", month_date(month.year * 12 + month.month - 2)).filter(LARGEST)
    assert mine.drop("aanleverdatum").equals(before.drop("aanleverdatum"))
    assert others.equals(clean.filter(~LARGEST))
    assert set(mine["aanleverdatum"]) == set(clean["aanleverdatum"])
    hidden = clean.filter(LARGEST)["bedrag"].sum() - before["bedrag"].sum()
    assert listed(name) == [(month, before.height, hidden, "wlz_uitvoerder=De Friesland")]


@pytest.mark.parametrize(("name", "shift"), list(BILLING_SHIFTS.items()))
def test_another_pace_of_billing_is_there_to_stay(name: str, shift: float, files: list[SimulatedFile]) -> None:
    """The last three deliveries, the four youngest months of the largest uitvoerder, nothing else."""
    found, last_three = claims_with(name), [date(2018, month, 1) for month in (3, 4, 5)]
    assert changed_months(found, files) == last_three
    for month, rows_count, euro, row_key in listed(name):
        assert isinstance(month, date)
        clean = of_kind(files, "declaraties", month)
        differs = found[month].join(clean, on=clean.columns, how="anti")
        assert differs.filter(~LARGEST).is_empty()
        assert differs["zorgmaand"].min() == f"{month_date(month.year * 12 + month.month - 1 - 4):%Y-%m}"
        assert (rows_count, row_key) == (differs.height, "wlz_uitvoerder=De Friesland")
        assert euro == (found[month]["bedrag"].sum() - clean["bedrag"].sum()) * (1 if shift > 0 else -1)
    assert [row[0] for row in listed(name)] == last_three


def logit(ratio: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(ratio / (1 - ratio)))


@pytest.mark.parametrize(("name", "shift"), list(BILLING_SHIFTS.items()))
def test_true_completeness_follows_the_pace_of_billing(name: str, shift: float, truth: Truth) -> None:
    claims, usual = prepare(REFERENCE, scale="small", defects=[name]), prepare(REFERENCE, scale="small")
    fast, normal = completeness(claims, MAY_2018), completeness(usual, MAY_2018)
    cells = ~claims.late & (claims.world.cell_uitvoerder == claims.world.uitvoerders.index("De Friesland"))
    moved = logit(fast[cells, -4:]) - logit(normal[cells, -4:])
    assert moved == pytest.approx(np.full(moved.shape, shift))
    shifted = simulate_truth(REFERENCE, scale="small", defects=[name])
    assert shifted.volumes.equals(truth.volumes)
    key = ["delivery_month", "wlz_uitvoerder", "prestatiegroep", "care_month"]
    both = shifted.completeness.join(truth.completeness, on=key, suffix="_usual")
    changed = both.filter((pl.col("completeness_ratio") - pl.col("completeness_ratio_usual")).abs() > 1e-12)
    assert changed["wlz_uitvoerder"].unique().to_list() == ["De Friesland"]
    assert changed["lag_months"].unique().sort().to_list() == [1, 2, 3, 4]
    assert changed["delivery_month"].min() == date(2018, 3, 1)
    rises = changed["completeness_ratio"] > changed["completeness_ratio_usual"]
    assert rises.all() if shift > 0 else not rises.any()


@pytest.mark.parametrize(
    ("name", "until", "first"),
    [
        ("late_uitvoerder", date(2017, 1, 1), "2017-02"),
        ("late_largest", date(2017, 1, 1), "2017-02"),
        ("catch_up", date(2017, 1, 1), "2017-03"),
        ("catch_up", date(2017, 2, 1), "2017-03"),
    ],
)
def test_a_defect_that_repeats_needs_something_to_repeat(name: str, until: date, first: str) -> None:
    with pytest.raises(SimulationError, match=f"defect {name}: .* take until {first} or later"):
        claims_with(name, until=until)
    assert claims_with(name, until=date.fromisoformat(f"{first}-01"))
