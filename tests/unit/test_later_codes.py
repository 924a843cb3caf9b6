"""The simulated world after the list of 2019: codes, concessions, settlements, kader and agreements of each year."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from simulation import agreements, budgets
from simulation.claims import Claims, claims_frame
from simulation.kinds import KINDS, build_file
from simulation.later_codes import move_later_codes
from simulation.reference import load_simulation_reference
from simulation.run import prepare
from simulation.truth import true_volumes
from tests.lists import LISTS
from warehouse.packs import SIMULATED, load_pack, load_reference
from warehouse.reference import read_list
from wlz.words.vocabulary import MONEY

REFERENCE = load_simulation_reference("small")
CHANGES = REFERENCE.later_codes
OLD, NEW = set(CHANGES["prestatiecode"]), set(CHANGES["successor"])


@pytest.fixture(scope="module")
def drawn() -> Claims:
    return prepare(REFERENCE, scale="small", until=date(2027, 12, 1), seed=7)


@pytest.fixture(scope="module")
def claims(drawn: Claims) -> pl.DataFrame:
    """The claims as delivered in December 2027."""
    frame = claims_frame(drawn, date(2027, 12, 1))
    return frame.with_columns((pl.col("zorgmaand") + "-01").str.to_date().alias("month"))


# --- codes ----------------------------------------------------------------------------------------------------------


def test_the_list_of_changes_is_whole() -> None:
    """Something changes every year from 2020 on, once within one; shares add up; new codes are invented and listed."""
    changed = {(day.year + 1) if day.month == 12 else day.year for day in CHANGES["valid_to"]}
    assert changed == set(range(2020, 2028))
    shares = CHANGES.group_by("prestatiecode").agg(pl.col("share").sum().round(9))
    assert shares["share"].unique().to_list() == [1.0]
    assert all(code.startswith("Q") for code in NEW)
    joined = CHANGES.join(LISTS.prestaties, on="prestatiecode").join(
        LISTS.prestaties, left_on="successor", right_on="prestatiecode", suffix="_new"
    )
    assert joined.height == CHANGES.height
    for name in ("unit_code", "prestatiegroep", "leveringsvorm"):
        assert joined[name].to_list() == joined[f"{name}_new"].to_list(), name


def test_real_codes_keep_what_the_list_says_of_them() -> None:
    """A real code falls silent without an end in the list: one of 2019 knows no end of 2020. Invented ones end."""
    validity = read_list(load_pack(SIMULATED).path("validity.csv"))
    ends = dict(validity.select("prestatiecode", "valid_to").iter_rows())
    for code, last, *_ in CHANGES.iter_rows():
        assert ends[code] == (last if code.startswith("Q") else None), code


def test_no_care_lies_under_a_code_after_its_last_day(claims: pl.DataFrame) -> None:
    late = claims.join(CHANGES.unique("prestatiecode"), on="prestatiecode").filter(pl.col("month") > pl.col("valid_to"))
    assert late.is_empty()
    assert set(claims["prestatiecode"]) >= NEW


def test_a_family_keeps_its_volume_and_euro(drawn: Claims, claims: pl.DataFrame) -> None:
    """What the world drew is there to the unit and cent, under other codes: nothing is added, nothing lost."""
    codes = drawn.world.prestaties["prestatiecode"]
    own = [number for number, code in enumerate(codes) if code in OLD]
    assert claims.filter(pl.col("prestatiecode").is_in(OLD | NEW))["aantal"].sum() > 0
    untold = true_volumes_untold(drawn)
    told = true_volumes(drawn)
    assert len(own) == len(OLD - NEW)
    assert told["volume"].sum() == untold["volume"].sum()
    assert told["amount_eur"].sum() == untold["amount_eur"].sum()


def true_volumes_untold(drawn: Claims) -> pl.DataFrame:
    """The truth of the same world as if no code ever changed."""
    same = replace(drawn.world, reference=replace(REFERENCE, later_codes=CHANGES.clear()))
    return true_volumes(replace(drawn, world=same))


def test_rows_are_shared_out_in_whole_units_and_cents() -> None:
    """7 units at € 10.01 by 0.6 and 0.4: 4 and 3 units, each at the price of the row; a row of 0 is none."""
    rows = pl.DataFrame(
        {
            "aanleverdatum": [date(2021, 3, 2)] * 2,
            "zorgkantoorcode": ["5502"] * 2,
            "agb_code": ["99000001"] * 2,
            "prestatiecode": ["Z063"] * 2,
            "zorgmaand": ["2021-01", "2020-12"],
            "eenheid": ["14"] * 2,
            "aantal": [7.0, 1.0],
            "bedrag": pl.Series(["70.07", "10.01"]).cast(MONEY),
        }
    )
    moved = move_later_codes(REFERENCE, "declaraties", rows).sort("prestatiecode", "zorgmaand")
    assert moved.schema == rows.schema
    assert moved.select("prestatiecode", "zorgmaand", "aantal", pl.col("bedrag").cast(pl.String)).rows() == [
        ("Q2101", "2021-01", 4.0, "40.04"),
        ("Q2102", "2021-01", 3.0, "30.03"),
        ("Z063", "2020-12", 1.0, "10.01"),
    ]


def test_tariffs_go_on_with_the_code(drawn: Claims) -> None:
    """Of a year both codes hold there are both; of codes that are merged the higher tariff."""
    told = build_file(drawn, date(2027, 1, 1), "beleidsregelwaarden").frame
    without = agreements.beleidsregelwaarden(drawn.world, date(2027, 1, 2))
    of_2022 = told.filter(jaar=2022)
    assert {"H126", "Q2201"} <= set(of_2022["prestatiecode"])
    assert "H126" not in set(told.filter(jaar=2023)["prestatiecode"])
    both = without.filter(pl.col("prestatiecode").is_in(["Z432", "Z433"]), jaar=2023)
    assert told.filter(prestatiecode="Q2301", jaar=2023)["max_brw"].item() == both["max_brw"].max()
    assert not told.select("jaar", "prestatiecode", "eenheid").is_duplicated().any()


def test_deliveries_before_2020_are_byte_for_byte_as_they_were(drawn: Claims) -> None:
    for kind in ("declaraties", "beleidsregelwaarden", "kader", "na_ijl"):
        month = next(date(2018, number, 1) for number in (5, 1) if KINDS[kind].is_due(date(2018, number, 1)))
        assert build_file(drawn, month, kind).frame.equals(KINDS[kind].build(drawn, month)), kind


# --- concessions ----------------------------------------------------------------------------------------------------


def test_a_region_changes_hands_every_year_from_2020_on() -> None:
    """Up to 2019 the list is that of the real world, word for word."""
    own, real = (read_list(load_pack(name).path("region_uitvoerders.csv")) for name in (SIMULATED, "vektis-2019"))
    before = own.filter(pl.col("valid_from") < date(2020, 1, 1))
    assert before.drop("valid_to").equals(real.drop("valid_to"))
    begins = own.filter(pl.col("valid_from") >= date(2020, 1, 1))["valid_from"]
    assert sorted(begins) == [date(year, 1, 1) for year in range(2020, 2028)]
    assert load_reference(load_pack(SIMULATED), 2027, date(2027, 1, 1)).regions["wlz_uitvoerder"].null_count() == 0


@pytest.mark.parametrize(
    ("year", "who"),
    [(2018, ["De Friesland", "DSW", "Salland"]), (2022, ["DSW", "Salland", "Zilveren Kruis"]),
     (2024, ["DSW", "Zilveren Kruis"]), (2027, ["De Friesland", "DSW", "Zilveren Kruis"])],
)  # fmt: skip
def test_na_ijl_names_who_runs_the_regions_on_its_day(drawn: Claims, year: int, who: list[str]) -> None:
    assert budgets.na_ijl(drawn.world, date(year, 5, 2))["wlz_uitvoerder"].to_list() == who


# --- what is settled, released and agreed -----------------------------------------------------------------------------


def test_settlements_per_prestatie_end_with_2017_and_go_on_as_totals(drawn: Claims) -> None:
    """Totals add up to what would have been delivered per prestatie; lump sums stand beside them."""
    due = {kind: [year for year in range(2017, 2028) if KINDS[kind].is_due(date(year, 6, 1))]
           for kind in ("nacalculatie", "nacalculatie_totaal")}  # fmt: skip
    assert due == {"nacalculatie": [2017, 2018], "nacalculatie_totaal": list(range(2019, 2028))}
    assert agreements.nacalculatie(drawn, date(2027, 6, 2))["jaar"].max() == 2017
    totals = build_file(drawn, date(2020, 6, 1), "nacalculatie_totaal").frame
    assert totals["jaar"].unique().sort().to_list() == [2018, 2019]
    of_2018 = agreements.settled_year(drawn, 2018)["bedrag"].sum()
    assert totals.filter(jaar=2018, soort="prestaties")["gerealiseerd"].sum() == of_2018
    lump = totals.filter(soort="lumpsum")["gerealiseerd"].sum()
    assert 0 < float(lump) < float(of_2018) * agreements.LUMP_SUM_RANGE[1]


def test_the_kader_gets_its_herverdelingsmiddelen_in_october() -> None:
    """Of 2018 the published 260 mln of the nation; it stays in the kader of that year."""
    world = prepare(load_simulation_reference("letter"), until=date(2018, 10, 1)).world
    before, after, later = (
        int(budgets.budget_cents(world, 2018, day)["zin"].sum())
        for day in (date(2018, 5, 15), date(2018, 10, 15), date(2019, 1, 15))
    )
    assert (after - before, later) == (260_000_000_00, after)
    pgb = [budgets.budget_cents(world, 2018, day)["pgb"].sum() for day in (date(2018, 5, 15), date(2018, 10, 15))]
    assert pgb[0] == pgb[1]


def test_a_few_agreements_end_at_midyear(drawn: Claims) -> None:
    """None in 2018: that file is as it was."""
    ends = {year: agreements.afspraken(drawn, date(year, 1, 2))["geldig_tot"] for year in (2018, 2019, 2027)}
    assert ends[2018].null_count() == ends[2018].len()
    for year in (2019, 2027):
        assert set(ends[year].drop_nulls()) == {date(year, 6, 30)}
        assert 1 <= ends[year].drop_nulls().len() <= 0.1 * ends[year].len()
