"""The path through the year: zin adds up month by month, pgb is a stand, the end is the expectation."""

from datetime import date

import polars as pl
from hypothesis import given

from tests.spec.utilisation_frames import (
    ASSUMPTIONS,
    NOTHING_DECLARED,
    QUICK,
    VINTAGE,
    D,
    deliveries,
    make_budgets,
    make_items,
    make_pgb,
    make_revenue,
    row_of,
)
from warehouse.contract import conform
from warehouse.tables.utilisation import UTILISATION_MONTHS
from wlz.utilisation.path import monthly_path
from wlz.utilisation.utilisation import confront


@QUICK
@given(deliveries())
def test_the_path_ends_at_the_expectation_to_the_cent(inputs: dict[str, pl.DataFrame]):
    whole = confront(**inputs, assumptions=ASSUMPTIONS)
    path = monthly_path(
        **{name: inputs[name] for name in ("revenue", "extra_items", "pgb", "budgets")}, declared=NOTHING_DECLARED
    )
    december = path.filter(pl.col("month") == date(2018, 12, 1))
    for part in ("zin", "pgb"):
        end, year = december.row(0 if part == "zin" else 1, named=True), row_of(whole, "national", part)
        assert end["expected_cumulative_eur"] == year["expected_excl_extra_eur"]
        assert end["expected_cumulative_incl_extra_eur"] == year["expected_eur"]
        assert end["budget_eur"] == year["budget_eur"]
        assert path.filter(pl.col("part") == part)["month_eur"].sum() == year["expected_excl_extra_eur"]


def small_path(pgb: pl.DataFrame) -> pl.DataFrame:
    revenue = make_revenue(
        ("Z053", "A", 1, "declared", "10.00", True),
        ("Z053", "B", 1, "declared", "1.00", True),
        ("Z053", "A", 2, "declared", "10.00", True),
        ("Z053", "B", 2, "forecast", "1.00", True),
        ("ZMZTL", "B", 2, "forecast", "500.00", False),
        *(("Z053", "A", month, "forecast", "10.00", True) for month in range(3, 13)),
    )
    items = make_items(("A", "0.20"), ("B", "0.05"))
    return monthly_path(
        revenue=revenue,
        extra_items=items,
        pgb=pgb,
        budgets=make_budgets(("North", "A", "120", "50")),
        declared=NOTHING_DECLARED,
    )


def test_zin_adds_up_and_extra_items_come_in_twelfths():
    path = small_path(make_pgb(("North", "A", "40", "49")))
    conform(path.with_columns(pl.lit(value).alias(name) for name, value in VINTAGE.items()), UTILISATION_MONTHS)
    zin = path.filter(pl.col("part") == "zin")
    assert zin["state"].to_list() == ["declared", *["forecast"] * 11]
    assert zin["expected_cumulative_eur"].to_list()[:3] == [D(11), D(22), D(32)]
    extra = (zin["expected_cumulative_incl_extra_eur"] - zin["expected_cumulative_eur"]).to_list()
    expected = ["0.02", "0.04", "0.06", "0.08", "0.10", "0.12", "0.15", "0.17", "0.19", "0.21", "0.23", "0.25"]
    assert extra == [D(cents) for cents in expected]
    assert zin["budget_eur"].unique().to_list() == [D(120)]


def test_pgb_is_a_stand_whose_change_is_the_month():
    """Figure 1: January looks high, because grants are made for the whole year at its start."""
    pgb = small_path(make_pgb(("North", "A", "42", "51"))).filter(pl.col("part") == "pgb")
    assert pgb["month_eur"].to_list() == [D(40), *[D(1)] * 11]
    assert pgb["expected_cumulative_eur"].to_list() == [D(40 + month) for month in range(12)]
    assert pgb["expected_cumulative_incl_extra_eur"].equals(pgb["expected_cumulative_eur"])
    assert pgb["state"].to_list() == [*["declared"] * 3, *["forecast"] * 9]


def test_a_month_without_the_stand_of_a_region_takes_the_stand_before():
    both = make_pgb(("North", "A", "42", "51"), ("South", "A", "42", "51"))
    missing = (pl.col("zorgkantoorregio") == "South") & (pl.col("month") == date(2018, 2, 1))
    gap = both.with_columns(pl.when(~missing).then(pl.col("granted_stand_eur")).alias("granted_stand_eur"))
    pgb = small_path(gap).filter(pl.col("part") == "pgb")
    assert pgb["expected_cumulative_eur"].to_list()[:3] == [D(80), D(81), D(84)]
    assert pgb["state"].to_list()[:3] == ["declared", "forecast", "declared"]
