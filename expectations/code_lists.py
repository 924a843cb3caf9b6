"""Rules on the list of codes an advice was made with. They judge what stage prices found; no row of a delivery.

How much is set apart for its codes, and codes without their role: ``set_apart.py``, which judges deliveries.
"""

import polars as pl

from expectations.judging.finding import keep_largest, one_each
from expectations.judging.rule import NO_FINDINGS, Rule, TableView


def measure_age(view: TableView) -> pl.DataFrame:
    """The list, when it vouches for codes until a year before the budget year, with the expected euro of the year."""
    at_stake = pl.col("expected_eur").cast(pl.Float64).alias("at_stake_eur")
    years = (pl.col("budget_year") - pl.col("last_year")).alias("years_count")
    return keep_largest(view.frame.select(one_each(), at_stake, "pack", "last_year", "budget_year", years))


AGE_RULES = (
    Rule(
        check_id="D02-age",
        title="list of codes older than the year",
        why="A code that is newer than the list is set apart, and an end that the list does not know is not seen.",
        kinds=("revenue",),
        severity="info",
        metrics=measure_age,
        expectation=NO_FINDINGS,
        expected="a list of codes that vouches for the budget year",
        cause="no newer list was imported, or last_year in its pack.toml was not moved on",
        action="Codes that the list knows and that have not ended are used as they are",
        next_step="import a newer list: wlz reference import FILE --into PACK, and name it with WLZ_REFERENCE",
    ),
)
