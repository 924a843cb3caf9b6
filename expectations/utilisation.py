"""Rules on the confrontation with the kader: regions without one (K02), deliveries that were due (D15).

They judge a stage's table, not a delivery.
"""

import polars as pl

from expectations.judging.delivery_view import code_of_region
from expectations.judging.finding import keep_largest, one_each
from expectations.judging.rule import NO_FINDINGS, Rule, TableView
from warehouse import reference


def measure_missing_kader(view: TableView) -> pl.DataFrame:
    """Regions with an expectation and no kader, per part of it."""
    lacking = view.frame.filter(
        (pl.col("level") == "region") & (pl.col("expected_eur") > 0) & (pl.col("budget_eur") == 0)
    )
    at_stake = pl.col("expected_eur").cast(pl.Float64).alias("at_stake_eur")
    codes = code_of_region(reference.load_crosswalk())
    found = lacking.join(codes, on="zorgkantoorregio", how="left")
    return keep_largest(
        found.select("zorgkantoor_code", one_each(), at_stake, "zorgkantoorregio", "part", "expected_eur")
    )


def measure_awaited(view: TableView) -> pl.DataFrame:
    """Kinds of which a delivery was due by its cut-off and is not in the advice, or came with the stand before it.

    Due is what the file of a round names under `[due]`, and what came a year before. Not there: not delivered, after
    the cut-off, or refused in an earlier month. The euro is what rests on the older delivery or on what stands in for
    it: the kader; the pgb expectation; the na-ijl; items grown from nacalculatie; revenue at prices that are not of the
    claims of the year (herschikking, beleidsregelwaarden).
    """
    figures = ("kind", "wording", "due_on", "came_on", "cut_off", "stand", "used_month")
    return keep_largest(view.frame.select(one_each(), pl.col("rests_eur").alias("at_stake_eur"), *figures))


RULES = (
    Rule(
        check_id="K02",
        title="expectation without a kader",
        why="Without its kader a region shows as a shortage of all it spends, and so do its uitvoerder and the nation.",
        kinds=("utilisation",),
        severity="warn",
        metrics=measure_missing_kader,
        expectation=NO_FINDINGS,
        expected="a kader for every region with an expectation",
        cause="a kader delivery that lacks a zorgkantoor",
        action="The expectation stands against a kader of 0",
        next_step="deliver the kader of the region and repeat the run",
    ),
)
DUE_RULES = (
    Rule(
        check_id="D15",
        title="delivery that was due is not there",
        why="Nobody knows what a newer kader, stand or percentage would have said, and the advice looks complete.",
        kinds=("utilisation",),
        severity="warn",
        metrics=measure_awaited,
        expectation=NO_FINDINGS,
        expected="every kind that a round names under [due], or that came in that month a year before, by its cut-off",
        cause="a delivery that was not made or came late, or a calendar that changed",
        action="The advice rests on the delivery before it, or on what stands in for it",
        next_step="ask the sender for it and repeat the run; if none will come, say so with the figures",
    ),
)
