"""The simulation: follows the contracts, repeats itself, holds the published amounts, lists what it plants."""

import io
from datetime import date

import numpy as np
import polars as pl
import pytest

from simulation import SimulatedFile, SimulationError, Truth, simulate_deliveries, simulate_truth
from simulation.agreements import herschikking
from simulation.budgets import kader, pgb_stand_cents, published_budget_cents
from simulation.claims import LATE_CELLS_ARRIVE, Claims, declared_volumes
from simulation.inputs import DELIVERED_HEADERS, split_cents
from simulation.reference import load_simulation_reference
from simulation.run import prepare
from simulation.tariffs import paid_nhc_ratio, tariffs_per_claim_unit
from simulation.world import YEARS, World
from warehouse.tables.deliveries import KINDS
from wlz.words.months import month_date

MAY_2018 = date(2018, 5, 1)
REFERENCE = load_simulation_reference("small")
KEY = ["zorgkantoorcode", "agb_code", "prestatiecode", "eenheid", "zorgmaand"]


@pytest.fixture(scope="module")
def files() -> list[SimulatedFile]:
    return list(simulate_deliveries(REFERENCE, scale="small", until=date(2018, 6, 1)))


@pytest.fixture(scope="module")
def truth() -> Truth:
    return simulate_truth(REFERENCE, scale="small")


@pytest.fixture(scope="module")
def letter() -> Claims:
    return prepare(load_simulation_reference("letter"))


def of_kind(files: list[SimulatedFile], kind: str, month: date) -> pl.DataFrame:
    return next(file.frame for file in files if file.kind == kind and file.delivery_month == month)


def test_same_seed_gives_the_same_bytes() -> None:
    until = date(2017, 2, 1)
    first, second = (list(simulate_deliveries(REFERENCE, scale="small", until=until, seed=7)) for _ in range(2))
    assert [(file.kind, file.delivery_month) for file in first] == [(file.kind, file.delivery_month) for file in second]
    for one, other in zip(first, second, strict=True):
        assert write(one.frame) == write(other.frame)


def write(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def test_another_seed_gives_other_claims() -> None:
    first, second = (next(simulate_deliveries(REFERENCE, scale="small", seed=seed)).frame for seed in (1, 2))
    assert not first.equals(second)


def test_going_on_longer_does_not_change_what_was_delivered(files: list[SimulatedFile]) -> None:
    until = date(2017, 3, 1)
    for file in simulate_deliveries(REFERENCE, scale="small", until=until):
        assert file.frame.equals(of_kind(files, file.kind, file.delivery_month)), (file.kind, file.delivery_month)


def test_headers_are_those_of_the_contracts() -> None:
    for kind, table in KINDS.items():
        assert DELIVERED_HEADERS[kind] == tuple(column.source_name for column in table.columns)


def test_files_follow_their_contract(files: list[SimulatedFile]) -> None:
    for file in files:
        table = KINDS[file.kind]
        assert tuple(file.frame.columns) == DELIVERED_HEADERS[file.kind]
        for column in table.columns:
            values = file.frame[str(column.source_name)]
            expected = pl.String() if column.unit == "month" else column.dtype
            assert values.dtype == expected, (file.kind, column.name)
            assert column.name in table.nullable or values.null_count() == 0, (file.kind, column.name)
        key = [str(table.column(name).source_name) for name in table.key]
        assert not file.frame.select(key).is_duplicated().any(), (file.kind, file.delivery_month)


def test_every_kind_is_delivered(files: list[SimulatedFile]) -> None:
    """But totals of settlements, which begin with those of 2018."""
    assert {file.kind for file in files} == set(KINDS) - {"nacalculatie_totaal"}
    months = {file.delivery_month for file in files if file.kind == "declaraties"}
    assert len(months) == 18


def test_dates_of_the_round_of_may_2018(files: list[SimulatedFile]) -> None:
    assert of_kind(files, "declaraties", MAY_2018)["aanleverdatum"].unique().to_list() == [date(2018, 5, 2)]
    march = of_kind(files, "pgb_verleningen", date(2018, 3, 1))
    assert march["peildatum"].max() == march["aanleverdatum"][0] == date(2018, 3, 31)
    assert of_kind(files, "kader", MAY_2018)["standdatum"].unique().to_list() == [date(2018, 5, 15)]
    agreed = of_kind(files, "herschikking", date(2018, 2, 1))
    assert agreed["aanleverdatum"][0] == date(2018, 2, 15)
    assert sorted(agreed["jaar"].unique().to_list()) == [2015, 2016, 2017]
    assert set(agreed["inclusief_nhc_nic"]) == {"ja", "nee"}


def test_nieuwe_waterweg_noord_delivers_beside_delft_westland_oostland(files: list[SimulatedFile]) -> None:
    for kind in ("declaraties", "pgb_verleningen", "kader"):
        last = max(file.delivery_month for file in files if file.kind == kind)
        assert {"5519", "5522"} <= set(of_kind(files, kind, last)["zorgkantoorcode"]), kind


def test_small_kader_is_the_published_one(files: list[SimulatedFile]) -> None:
    stand = of_kind(files, "kader", MAY_2018).filter(pl.col("budgetjaar") == 2018)
    published = REFERENCE.published_uitvoerder.filter(
        pl.col("wlz_uitvoerder").is_in(["De Friesland", "DSW", "Salland"])
    )
    assert stand["zin"].sum() == published["zin_kader_eur"].sum()


def test_letter_kader_and_stands_are_published_to_the_cent(letter: Claims) -> None:
    world = letter.world
    cents = published_budget_cents(world)
    for number, row in enumerate(
        world.reference.published_uitvoerder.sort(pl.col("wlz_uitvoerder").str.to_lowercase()).to_dicts()
    ):
        assert world.uitvoerders[number] == row["wlz_uitvoerder"]
        assert cents["zin"][world.area_uitvoerder == number].sum() == int(row["zin_kader_eur"] * 100)
    stands = pgb_stand_cents(world, date(2018, 3, 1))
    regions = {row["zorgkantoorregio"]: row for row in world.reference.published_region.to_dicts()}
    for number, name in enumerate(world.regions):
        assert cents["pgb"][world.area_region == number].sum() == int(regions[name]["pgb_kader_eur"] * 100)
        assert stands[number] == int(regions[name]["pgb_stand_maart_eur"] * 100)
    assert len(world.areas) == 32
    assert kader(world, date(2018, 5, 15)).height == 4 * 32


def test_pgb_stands_restart_in_january_and_rise(letter: Claims) -> None:
    december, january, may = (
        pgb_stand_cents(letter.world, month) for month in (date(2017, 12, 1), date(2018, 1, 1), date(2018, 5, 1))
    )
    assert (january < december).all()
    assert (may > january).all()


def test_letter_size(letter: Claims) -> None:
    rows = np.count_nonzero(declared_volumes(letter, MAY_2018), axis=0)
    assert 14_000 < rows[:-4].mean() < 18_500
    assert len(letter.world.agb) == 600
    assert 290 < len(letter.world.prestaties) < 320


def test_no_price_passes_the_legal_maximum(letter: Claims) -> None:
    world = letter.world
    for year in (2016, 2017, 2018):
        maximum = legal_maximum(world, year)
        priced = maximum > 0
        assert (world.price[priced, YEARS.index(year)] <= maximum[priced]).all()


def legal_maximum(world: World, year: int) -> np.ndarray:
    tariff, nhc, nic = tariffs_per_claim_unit(world.reference, world.prestaties, year)
    return np.asarray((tariff + paid_nhc_ratio(world.reference, year) * nhc + nic)[world.cell_prestatie])


def test_all_roads_to_a_price_occur(letter: Claims) -> None:
    world = letter.world
    declared = declared_volumes(letter, MAY_2018)
    years = np.array([month.year for month in letter.months[: declared.shape[1]]])
    late, stopped = world.cells_in(world.cells.late), world.cells_in(world.cells.stopped)
    assert declared[late][:, years == 2018].sum() == 0
    assert declared[late][:, years == 2017].sum() > 0
    assert declared[stopped][:, years >= 2017].sum() == 0
    assert declared[stopped][:, years == 2016].sum() > 0
    agreed = herschikking(letter, date(2018, 2, 15)).filter(pl.col("jaar") == 2017)
    assert agreed.filter(pl.col("prestatiecode") == "Z978", pl.col("zorgkantoorcode") == "5508").is_empty()
    assert set(agreed.filter(pl.col("prestatiecode") == "H106")["eenheid"]) == {"01", "04"}


def test_table_7_is_in_the_agreements(letter: Claims) -> None:
    agreed = herschikking(letter, date(2018, 2, 15)).filter(
        pl.col("jaar") == 2017, pl.col("prestatiecode") == "Z025", pl.col("zorgkantoorcode").is_in(["5516", "5517"])
    )
    price = agreed["bedrag"].cast(pl.Float64).sum() / agreed["aantal"].sum()
    assert price == pytest.approx(83.29, abs=1e-9)
    assert set(agreed["inclusief_nhc_nic"]) == {"nee"}


def test_late_cells_arrive_in_june(letter: Claims) -> None:
    june = declared_volumes(letter, month_date(LATE_CELLS_ARRIVE))
    assert june[letter.late][:, -5:].sum() > 0


def test_completeness_rises_with_the_lag(truth: Truth) -> None:
    by_lag = truth.completeness.group_by("lag_months").agg(pl.col("completeness_ratio").mean()).sort("lag_months")
    ratios = dict(by_lag.iter_rows())
    assert 0.05 < ratios[1] < 0.75
    assert 0.80 < ratios[2] < 0.97
    assert 0.94 < ratios[3] < 0.995
    assert ratios[4] > 0.985
    assert ratios[5] > 0.995
    assert ratios[25] > 0.9999
    assert truth.completeness["completeness_ratio"].is_between(0, 1).all()


def test_old_months_hold_the_true_volume(files: list[SimulatedFile], truth: Truth) -> None:
    claims = of_kind(files, "declaraties", MAY_2018)
    declared = claims.filter(pl.col("zorgmaand") == "2015-06")["aantal"].sum()
    true = truth.volumes.filter(pl.col("care_month") == date(2015, 6, 1))["volume"].sum()
    assert declared == pytest.approx(true, rel=2e-4)
    assert truth.volumes["care_month"].max() == date(2019, 12, 1)


def test_volumes_are_whole_units(files: list[SimulatedFile]) -> None:
    claims = of_kind(files, "declaraties", MAY_2018)
    assert (claims["aantal"] == claims["aantal"].round()).all()
    assert (claims["aantal"] > 0).all()


def test_truth_is_not_delivered(files: list[SimulatedFile]) -> None:
    delivered = {name for file in files for name in file.frame.columns}
    hidden = {"completeness_ratio", "defect", "care_month", "volume"}
    assert not delivered & hidden


def test_without_defects_none_is_listed(truth: Truth) -> None:
    assert truth.defects.is_empty()


@pytest.mark.parametrize("lines", [500, 20_000])
def test_load_test_has_exactly_the_lines_asked_for(lines: int) -> None:
    until = date(2017, 1, 1)
    reference = load_simulation_reference(f"lines:{lines}")
    chunks = [
        file.frame
        for file in simulate_deliveries(reference, scale=f"lines:{lines}", until=until)
        if file.kind == "declaraties"
    ]
    claims = pl.concat(chunks)
    assert claims.height == lines
    assert not claims.select(KEY).is_duplicated().any()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"scale": "large"}, "expected letter, small or lines:N"),
        ({"scale": "lines:many"}, "lines:1000000"),
        ({"scale": "lines:9", "defects": ["missing_month"]}, "takes no defects"),
        ({"until": date(2016, 12, 1)}, "from 2017-01"),
        ({"defects": ["typo"]}, "unit_error"),
    ],
)
def test_wrong_use_says_what_is_known(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(SimulationError, match=says):
        next(simulate_deliveries(REFERENCE, **{"scale": "small", **wrong}))  # type: ignore[arg-type]


def test_cents_split_without_loss() -> None:
    parts = split_cents(1_000_001, np.array([1.0, 1.0, 1.0, 0.5]))
    assert parts.sum() == 1_000_001
    assert parts.min() >= 142_857
