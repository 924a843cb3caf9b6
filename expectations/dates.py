"""Rule on what a delivery dates (D06-dates): stands, months and years that nobody can know yet, or no longer.

How far ahead a column may reach is in its contract (``ahead_months``). Care months are judged by D06, the day of
delivery within its month by D07.
"""

import polars as pl

from expectations.judging.delivery_view import DeliveryView
from expectations.judging.finding import keep_largest
from expectations.judging.results import REFUSED
from expectations.judging.rule import NO_FINDINGS, Rule, row_amount
from warehouse.columns.common import BUDGET_YEAR, OVER, TWO_YEARS
from warehouse.columns.deliveries import DELIVERY_DATE, REFERENCE_DATE, STAND_DATE, YEAR
from warehouse.contract import Column
from warehouse.tables.deliveries import KINDS

STANDS = (STAND_DATE, REFERENCE_DATE)  # of a budget year, which is first told of in the year before it


def measure_dates(view: DeliveryView) -> pl.DataFrame:
    """Dates, months and years too far after the delivery, years settled before their end, stands from long before.

    Rows and euro. Of what may be told ahead a delivery counts from the end of its month, or of the month its rows are
    dated in where that is later.
    """
    rows = view.numbered_rows
    found = [
        rows.filter(outside.fill_null(False))
        .group_by(pl.col(column.name).cast(pl.String).alias("told"))
        .agg(
            pl.len().cast(pl.Int64).alias("findings_count"),
            row_amount(view.table).sum().alias("at_stake_eur"),
            pl.col("file_row").min(),
        )
        .with_columns(pl.lit(column.source_name).alias("header"), pl.lit(wording).alias("wording"))
        for column in view.table.columns
        for outside, wording in _tests(column, view)
    ]
    return keep_largest(pl.concat(found))


def _tests(column: Column, view: DeliveryView) -> list[tuple[pl.Expr, str]]:
    day = pl.col(column.name) if column.dtype == pl.Date() else pl.date(pl.col(column.name), 1, 1)
    tests = []
    ahead_months = OVER if view.table.is_settled and column == YEAR else column.ahead_months
    if ahead_months == 0:
        tests.append((day > pl.col(DELIVERY_DATE.name), "ahead"))
    elif ahead_months is not None:
        told_in = pl.lit(view.delivery_month)
        if column != DELIVERY_DATE:
            told_in = pl.max_horizontal(told_in, pl.col(DELIVERY_DATE.name).dt.truncate("1mo"))
        tests.append(
            (
                day >= told_in.dt.offset_by(f"{ahead_months + 1}mo"),
                "ahead" if ahead_months > 0 else "not_over",
            )
        )
    if column in STANDS:
        first = pl.date(pl.col(BUDGET_YEAR.name), 1, 1).dt.offset_by(f"-{TWO_YEARS}mo")
        tests.append((day < first, "before_year"))
    return tests


RULES = (
    Rule(
        check_id="D06-dates",
        title="dates in scope",
        why="A stand dated in the future is the newest of all for ever, and one from before its year is never the one.",
        kinds=tuple(KINDS),
        severity="block",
        metrics=measure_dates,
        expectation=NO_FINDINGS,
        expected="stands and months up to the delivery date, settled years before it, others up to two years after it",
        cause="a typing error in a date or year, months that are shifted, or a file of another round",
        action=REFUSED,
        next_step="have the date mended and the file delivered again",
    ),
)
