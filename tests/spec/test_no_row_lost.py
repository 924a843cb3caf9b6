"""No delivered row vanishes in a join on a code or a name of an uitvoerder: it is placed, told, or refused."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.catalogue import rules_for
from tests.lists import LISTS
from warehouse.tables.deliveries import KINDS
from wlz.series import SeriesError, assign_regions, place_by_year
from wlz.utilisation.utilisation import UtilisationError, apply_transfers
from wlz.vintages.bridge import place_transfers
from wlz.words.vocabulary import MONEY

OPEN = LISTS.crosswalk.filter(pl.col("valid_to").is_null(), pl.col("valid_from") < date(2016, 1, 1))
CODES = OPEN["zorgkantoor_code"]
# Kinds that no stage reads by region or uitvoerder: national, tariffs, providers.
WITHOUT_PLACE = {"beleidsregelwaarden", "hulpmiddelen", "jaarrekeningen"}


def test_every_kind_is_placed_by_a_code_or_a_name_that_a_check_judges():
    """A new kind with a place of another sort fails here until somebody says what becomes of its rows."""
    for kind, table in KINDS.items():
        judged = {rule.check_id for rule in rules_for(kind)}
        coded = any(name.endswith("zorgkantoor_code") for name in table.column_names)
        named = "wlz_uitvoerder" in table.column_names
        assert coded + named + (kind in WITHOUT_PLACE) == 1, kind
        assert ("D02" in judged) == coded, kind
        assert ("D02-name" in judged) == named, kind


AMOUNTS = st.lists(st.tuples(st.sampled_from(CODES.to_list()), st.integers(-(10**9), 10**9)), max_size=30)


@settings(max_examples=50, deadline=None)
@given(AMOUNTS, st.lists(st.sampled_from(["A", "B", "C"]), min_size=31, max_size=31))
def test_whoever_runs_the_regions_all_euro_is_placed(rows, who):
    """Kader, pgb, claims and indications alike: one row in, one row out, under the uitvoerder of its region."""
    regions = LISTS.regions.select("zorgkantoorregio").with_columns(wlz_uitvoerder=pl.Series(who))
    frame = pl.DataFrame(
        [(code, date(2018, 5, 15), euro) for code, euro in rows],
        schema={"zorgkantoor_code": pl.String, "stand_date": pl.Date, "euro": pl.Int64},
        orient="row",
    )
    placed = assign_regions(frame, LISTS.crosswalk, regions, on="stand_date")
    assert placed.height == frame.height
    assert placed["euro"].sum() == frame["euro"].sum()
    assert placed["wlz_uitvoerder"].null_count() == 0


@pytest.mark.parametrize(
    ("code", "day"), [("5522", date(2020, 1, 1)), ("5533", date(2019, 12, 31)), ("5599", date(2018, 1, 1))]
)
def test_a_code_that_does_not_hold_stops_the_stage(code, day):
    """Kader on its stand, pgb on its reference date, indications on their month: all through the same function."""
    with pytest.raises(SeriesError, match=code):
        assign_regions(pl.DataFrame({"zorgkantoor_code": [code], "on": [day]}), LISTS.crosswalk, LISTS.regions, on="on")
    with pytest.raises(SeriesError, match=code):
        place_by_year(pl.DataFrame({"zorgkantoor_code": [code], "year": [day.year]}), LISTS.crosswalk, LISTS.regions)


def test_a_region_of_a_code_that_no_list_of_regions_holds_stops_the_stage():
    """Not a row less: the crosswalk leads to a region that nobody runs."""
    others = LISTS.regions.filter(pl.col("zorgkantoorregio") != "Friesland")
    frame = pl.DataFrame({"zorgkantoor_code": ["5502"], "on": [date(2018, 1, 1)]})
    with pytest.raises(SeriesError, match="5502"):
        assign_regions(frame, LISTS.crosswalk, others, on="on")


def transfer(from_code: str, to_code: str) -> pl.DataFrame:
    row = (date(2018, 5, 2), date(2018, 4, 1), 2018, from_code, "zin", to_code, "pgb", Decimal("5.00"))
    return pl.DataFrame([row], schema=KINDS["overhevelingen"].schema, orient="row")


@pytest.mark.parametrize("codes", [("5533", "5501"), ("5501", "5533")])
def test_a_transfer_from_or_to_a_code_that_does_not_hold_stops_the_bridge(codes):
    with pytest.raises(SeriesError, match="5533"):
        place_transfers(transfer(*codes), LISTS.crosswalk, LISTS.regions)


@pytest.mark.parametrize("codes", [("5502", "5501"), ("5501", "5502")])
def test_a_transfer_of_a_region_without_a_kader_stops_the_stage(codes):
    budgets = pl.DataFrame(
        [("Groningen", "Menzis", date(2018, 1, 15), Decimal(100), Decimal(10))],
        schema={"zorgkantoorregio": pl.String, "wlz_uitvoerder": pl.String, "stand_date": pl.Date}
        | {"zin_budget_eur": MONEY, "pgb_budget_eur": MONEY},
        orient="row",
    )
    placed = place_transfers(transfer(*codes), LISTS.crosswalk, LISTS.regions)
    with pytest.raises(UtilisationError, match="names region Friesland, which has no kader"):
        apply_transfers(budgets, placed, budget_year=2018, cut_off=date(2018, 5, 1), brutering_factor=0.86)
