"""Rules on the confrontation with the kader. They judge a stage's table, not a delivery."""

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
