"""The rule on the balance of deliveries: no delivered row and no cent vanishes between file and mart (D09)."""

import polars as pl

from expectations.judging.finding import CLEAN, keep_largest, one_each
from expectations.judging.rule import NO_FINDINGS, Rule, TableView
from wlz.balance.balance import find_unexplained


def measure_balance(view: TableView) -> pl.DataFrame:
    """Deliveries with rows or euro that no rule accounts for and no table holds; the euro are what is missing."""
    lost = find_unexplained(view.frame)
    wording = pl.when(pl.col("fate_eur").is_null()).then(pl.lit("rows")).otherwise(pl.lit("found"))
    found = lost.select(
        one_each(),
        pl.col("fate_eur").abs().cast(pl.Float64).alias("at_stake_eur"),
        wording.alias("wording"),
        "delivery_id",
        pl.col("fate_rows_count").alias("lost_rows"),
        pl.col("fate_eur").cast(pl.Float64).alias("lost_eur"),
    )
    return keep_largest(found, CLEAN, deliveries_count=view.frame["delivery_id"].n_unique())


RULES = (
    Rule(
        check_id="D09",
        title="deliveries add up",
        why=(
            "A row that a join or a filter drops is in no figure and in no finding. It warns and does not refuse: the "
            "claims are not at fault, and an earlier delivery would lose the same."
        ),
        kinds=("delivery_balance",),
        severity="warn",
        metrics=measure_balance,
        expectation=NO_FINDINGS,
        expected="delivered = used + set apart + superseded + left out by a named rule, rows and euro to the cent",
        cause="a key that matches nothing in a join of the method, or a table that was written by another release",
        action="The advice is published; what is missing is in no figure of it",
        next_step="look at marts.delivery_balance, fate unexplained, and report it with the delivery",
    ),
)
