"""A delivery beside the one of its kind before it, row by row: what both tell, in the same period or the latest before.

Everything follows from the contract: periods are the years, months and dates of the key, a series is what else is in
it. Zorgkantoren are compared as regions, because codes close and their region goes on. Whether a difference is a
finding is said by the rules.
"""

from functools import reduce

import polars as pl

from expectations.judging.delivery_view import BudgetView
from expectations.judging.rule import has_money, row_amount
from warehouse.contract import Column, Table

PERIOD, BEFORE = "period_number", "before_period"
WEIGHT, COUNT = "weight_eur", "rows_told"
_PERIOD_UNITS = ("year", "month", "date")  # the coarsest first
_YEAR_STEP = 100_000  # more than the number of any day


def period_columns(table: Table) -> list[str]:
    """Columns of the key that say when, the coarsest first."""
    named = [table.column(name) for name in table.key]
    return [one.name for unit in _PERIOD_UNITS for one in named if one.unit == unit]


def series_columns(table: Table) -> list[str]:
    """Columns of the key that say who and what."""
    return [name for name in table.key if name not in period_columns(table)]


def number_columns(table: Table) -> list[Column]:
    """Delivered numbers that are no part of the key."""
    return [one for one in table.columns if one.dtype.is_numeric() and one.name not in table.key]


def flag_columns(table: Table) -> list[str]:
    """Columns with a closed list of values that are no part of the key."""
    return [one.name for one in table.columns if one.allowed is not None and one.name not in table.key]


def is_event(table: Table) -> bool:
    """Whether rows are events of their own (transfers), that no other period tells again."""
    return any(name.startswith("from_") for name in table.key)


def number_period(table: Table) -> pl.Expr:
    """The period of a row as one number that rises with time."""
    parts = [
        pl.col(name).cast(pl.Int64) if table.column(name).unit == "year" else pl.col(name).to_physical().cast(pl.Int64)
        for name in period_columns(table)
    ]
    return reduce(lambda whole, part: whole * _YEAR_STEP + part, parts)


def add_up(view: BudgetView, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows per series (zorgkantoren as regions) and period: numbers added up, flags of the first, euro, rows.

    ``weight_eur`` is the euro without sign, and 1 for a kind without euro. Columns of the key that are empty
    are ''.
    """
    table = view.table
    region = view.crosswalk.sort("valid_from").unique("zorgkantoor_code", keep="last").select(
        "zorgkantoor_code", region="zorgkantoorregio"
    )  # fmt: skip
    weight = pl.coalesce(row_amount(table), pl.lit(1.0))
    placed = rows.with_columns(number_period(table).alias(PERIOD), weight.alias(WEIGHT))
    if "zorgkantoor_code" in table.key:
        named = placed.join(region, on="zorgkantoor_code", how="left", maintain_order="left")
        placed = named.with_columns(pl.coalesce("region", "zorgkantoor_code").alias("zorgkantoor_code")).drop("region")
    keys = series_columns(table)
    text = [pl.col(name).cast(pl.String).fill_null("") for name in keys]
    numbers = [pl.col(one.name).cast(pl.Float64).sum() for one in number_columns(table)]
    flags = [pl.col(name).first() for name in flag_columns(table)]
    months = [pl.col(name).first() for name in period_columns(table)]
    summed = pl.col(WEIGHT).sum() if has_money(table) else pl.col(WEIGHT).first()  # two codes of a region are one
    return (
        placed.with_columns(text)
        .group_by([*keys, PERIOD], maintain_order=True)
        .agg(*numbers, *flags, *months, summed, pl.len().cast(pl.Int64).alias(COUNT))
        .sort(PERIOD, *keys)
    )


def told_now(view: BudgetView) -> pl.DataFrame:
    """``add_up`` of the rows that are used."""
    return add_up(view, view.used_rows)


def told_before(view: BudgetView) -> pl.DataFrame:
    """``add_up`` of the delivery before, which must be known."""
    assert view.before is not None, "asked by the caller"
    return add_up(view, view.before)


def put_beside(now: pl.DataFrame, before: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Rows of ``add_up`` with what was told before of the series, of the same period or the latest earlier one.

    Numbers and flags of before end in ``_before``; ``before_period`` is theirs, empty for a series that is new.
    """
    keys = series_columns(table)
    told = [*(one.name for one in number_columns(table)), *flag_columns(table)]
    earlier = before.select(*keys, PERIOD, *(pl.col(name).alias(f"{name}_before") for name in told))
    earlier = earlier.with_columns(pl.col(PERIOD).alias(BEFORE)).sort(PERIOD)
    return now.sort(PERIOD).join_asof(earlier, on=PERIOD, by=keys or None, strategy="backward", check_sortedness=False)


def newest(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of the newest period."""
    return rows.filter(pl.col(PERIOD) == pl.col(PERIOD).max())
