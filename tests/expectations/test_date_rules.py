"""Dates that nobody can know yet, or no longer: refused with row and column; those at the edge are used."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from warehouse.columns.common import OVER
from warehouse.contract import Column, Table
from warehouse.tables.deliveries import KINDS

DAY, MONTH = date(2018, 5, 15), date(2018, 5, 1)


def a_value(column: Column, table: Table) -> Any:
    """Something that the contract allows and that a delivery of May 2018 may say."""
    if column.dtype == pl.Date():
        return MONTH if column.unit == "month" else DAY
    if column.unit == "year":
        return 2017 if column.ahead_months == OVER or table.is_settled else 2018
    if column.allowed:
        return column.allowed[0]
    return {"[0-9]{4}": "5508", "[0-9]{8}": "12345678"}.get(
        column.pattern or "", 1 if column.dtype.is_numeric() else "x"
    )


def a_row(table: Table, **changes: object) -> pl.DataFrame:
    row = {column.name: a_value(column, table) for column in table.columns} | changes
    return pl.DataFrame([row], schema=table.schema, strict=False)


AHEAD = [  # kind, what is wrong, and the words of it
    ("kader", {"stand_date": date(2081, 5, 15)}, "column standdatum: 1 row dated 2081-05-15"),
    ("kader", {"stand_date": date(2018, 5, 16)}, "column standdatum"),
    ("kader", {"budget_year": 2021}, "column budgetjaar: 1 row dated 2021"),
    ("pgb_verleningen", {"reference_date": date(2019, 4, 30)}, "column peildatum"),
    ("prognose_uitvraag", {"reference_date": date(2028, 5, 1)}, "column peildatum"),
    ("overhevelingen", {"transfer_date": date(2019, 6, 1)}, "column datum"),
    ("indicaties", {"month": date(2018, 6, 1)}, "column maand"),
    ("hulpmiddelen", {"month": date(2028, 3, 1)}, "column maand"),
    ("afspraken", {"valid_from": date(2020, 6, 1)}, "column geldig_van"),
    ("afspraken", {"year": 2081}, "column jaar"),
    ("beleidsregelwaarden", {"year": 2028}, "column jaar"),
    ("declaraties", {"delivery_date": date(2081, 5, 2)}, "column aanleverdatum"),
]


@pytest.mark.parametrize(("kind", "changes", "words"), AHEAD)
def test_a_date_that_nobody_can_know_refuses(check_rule, kind, changes, words):
    result = check_rule("D06-dates", a_row(KINDS[kind], **changes), kind=kind)
    assert result.is_blocking, result.message
    assert words in result.message
    assert "first in row 1" in result.message
    assert "after the delivery" in result.message


@pytest.mark.parametrize("year", [2018, 2019, 2081])
@pytest.mark.parametrize(
    ("kind", "column"),
    [
        ("na_ijl", "reference_year"),
        ("nacalculatie", "year"),
        ("nacalculatie_totaal", "year"),
        ("jaarrekeningen", "year"),
    ],
)
def test_a_year_that_runs_is_not_settled(check_rule, kind, column, year):
    result = check_rule("D06-dates", a_row(KINDS[kind], **{column: year}), kind=kind)
    assert result.is_blocking, result.message
    assert f"{year}, which was not over at the delivery" in result.message


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("kader", {"stand_date": date(2008, 5, 15)}),
        ("kader", {"stand_date": date(2015, 12, 31)}),
        ("pgb_verleningen", {"reference_date": date(2008, 3, 31)}),
    ],
)
def test_a_stand_from_long_before_its_year_refuses(check_rule, kind, changes):
    result = check_rule("D06-dates", a_row(KINDS[kind], **changes), kind=kind)
    assert result.is_blocking
    assert "long before the budget year" in result.message


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        *((kind, {}) for kind in KINDS),
        ("na_ijl", {"reference_year": 2017, "delivery_date": date(2018, 1, 1)}),
        ("kader", {"budget_year": 2015}),
        ("kader", {"budget_year": 2019, "stand_date": date(2018, 5, 1)}),
        ("kader", {"stand_date": date(2018, 7, 31), "delivery_date": date(2018, 7, 31)}),  # delivered again in July
        ("overhevelingen", {"transfer_date": date(2019, 1, 1)}),
        ("afspraken", {"year": 2020, "valid_from": date(2020, 1, 1), "valid_to": date(2024, 12, 31)}),
        ("beleidsregelwaarden", {"year": 2020}),
        ("declaraties", {"delivery_date": date(2019, 5, 2)}),  # told by D07, which warns
    ],
)
def test_dates_at_the_edge_are_used(check_rule, kind, changes):
    result = check_rule("D06-dates", a_row(KINDS[kind], **changes), kind=kind)
    assert result.outcome == "passed", result.message


def test_what_is_wrong_is_counted_with_its_euro(check_rule):
    stands = {"5501": DAY, "5502": date(2081, 5, 1), "5503": date(2081, 5, 1)}
    amounts = {"zin_budget_eur": 100, "pgb_budget_eur": 1}
    rows = pl.concat(
        a_row(KINDS["kader"], zorgkantoor_code=code, stand_date=day, **amounts) for code, day in stands.items()
    )
    result = check_rule("D06-dates", rows, kind="kader")
    assert (result.findings_count, float(result.at_stake_eur or 0)) == (2, 202.0)
    assert "first in row 2" in result.message
