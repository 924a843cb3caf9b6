"""The national path through the budget year, month by month (letter, figures 1, 3 and 6).

Here: twelve months × part, declared, completed or forecast, cumulative, against the kader. Not here: the year itself
(`utilisation.py`).
"""

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

import polars as pl

from wlz.utilisation.payments import shift_payments
from wlz.words.vocabulary import CENTS, MONEY


def monthly_path(
    *,
    revenue: pl.DataFrame,
    extra_items: pl.DataFrame,
    pgb: pl.DataFrame,
    budgets: pl.DataFrame,
    declared: pl.DataFrame,
) -> pl.DataFrame:
    """National path through the budget year, 12 months × part: UTILISATION_MONTHS without its vintage.

    Inputs as in ``confront``; the year is that of the revenue. zin adds up month by month; with extra items one
    twelfth of them comes each month (a choice of ours: the letter has them by the year only) unless an item is
    declared otherwise, the cents so that December is the year exactly. pgb is a stand: cumulative is the stand, the
    month its change, January the stand itself; a month a region did not report takes the stand before it. A month is
    declared when every row behind it is, completed when one of them is. ``declared`` (month, declared_month_eur) is
    shown beside zin; completed_month_eur is the whole month as completed.

    >>> monthly_path(revenue=revenue, extra_items=items, pgb=pgb, budgets=budgets, declared=declared)  # doctest: +SKIP
    """
    year: int = revenue.select(pl.col("care_month").dt.year().max()).item()
    money = ("month_eur", "expected_cumulative_eur", "expected_cumulative_incl_extra_eur", "budget_eur")
    known = pl.when(pl.col("seen")).then(pl.lit("declared")).when("completed").then(pl.lit("completed"))
    state = known.otherwise(pl.lit("forecast")).alias("state")
    parts = {
        "zin": _path_zin(revenue, extra_items, year).join(declared, on="month", how="left", maintain_order="left"),
        "pgb": _path_pgb(pgb, year).with_columns(declared_month_eur=pl.lit(None, dtype=MONEY)),
    }
    completed = pl.when(state == "completed").then("month_eur").cast(MONEY).alias("completed_month_eur")
    return pl.concat(
        [
            path.with_columns(pl.lit(budgets[f"{part}_budget_eur"].sum()).alias("budget_eur")).select(
                "month",
                pl.lit(part).alias("part"),
                state,
                pl.col("declared_month_eur").cast(MONEY),
                completed,
                *(pl.col(name).cast(MONEY) for name in money),
            )
            for part, path in parts.items()
        ]
    )


def _path_zin(revenue: pl.DataFrame, extra_items: pl.DataFrame, year: int) -> pl.DataFrame:
    extra = Decimal(extra_items["item_eur"].sum() or 0)
    shifts = dict(shift_payments(extra_items, revenue).group_by("number").agg(pl.col("shift_eur").sum()).iter_rows())
    beyond = [Decimal(str(sum(shifts.get(n, 0.0) for n in range(1, month + 1)))) for month in range(1, 12)]
    twelfths = [
        (extra * month / 12 + shift).quantize(CENTS, rounding=ROUND_HALF_EVEN)
        for month, shift in enumerate([*beyond, Decimal(0)], start=1)
    ]
    of_month = (
        revenue.filter(pl.col("in_base"))
        .group_by(pl.col("care_month").alias("month"))
        .agg(
            month_eur=pl.col("forecast_amount_eur").sum(),
            seen=(pl.col("state") == "declared").all(),
            completed=(pl.col("state") == "completed").any(),
        )
    )
    return (
        _list_months(year)
        .join(of_month, on="month", how="left", maintain_order="left")
        .with_columns(pl.col("month_eur").fill_null(Decimal(0)))
        .with_columns(expected_cumulative_eur=pl.col("month_eur").cum_sum())
        .with_columns(
            expected_cumulative_incl_extra_eur=pl.col("expected_cumulative_eur") + pl.Series(twelfths, dtype=MONEY)
        )
    )


def _path_pgb(pgb: pl.DataFrame, year: int) -> pl.DataFrame:
    stand = pl.coalesce("granted_stand_eur", "forecast_stand_eur")
    national = (
        pgb.filter(pl.col("month").dt.year() == year)
        .sort("zorgkantoorregio", "month")
        .with_columns(stand=stand.forward_fill().backward_fill().over("zorgkantoorregio"))
        .group_by("month")
        .agg(pl.col("stand").sum(), seen=pl.col("granted_stand_eur").is_not_null().all())
    )
    cumulative = pl.col("stand").fill_null(Decimal(0))
    months = _list_months(year).join(national, on="month", how="left", maintain_order="left")
    return months.with_columns(
        completed=pl.lit(False),
        month_eur=cumulative - cumulative.shift(1, fill_value=Decimal(0)),
        expected_cumulative_eur=cumulative,
        expected_cumulative_incl_extra_eur=cumulative,
    )


def _list_months(year: int) -> pl.DataFrame:
    return pl.DataFrame({"month": pl.date_range(date(year, 1, 1), date(year, 12, 1), "1mo", eager=True)})
