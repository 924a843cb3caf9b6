"""Rules on the confrontation with the kader. They judge a stage's table, not a delivery."""

import polars as pl

from expectations.judging.results import euro_words
from expectations.judging.rule import NO_FINDINGS, Rule, TableView, keep_largest


def measure_missing_kader(view: TableView) -> pl.DataFrame:
    """Regions with an expectation and no kader, per part of it."""
    lacking = view.frame.filter(
        (pl.col("level") == "region") & (pl.col("expected_eur") > 0) & (pl.col("budget_eur") == 0)
    )
    found = lacking.select(
        pl.format("{}, {}: {} expected", "zorgkantoorregio", "part", euro_words("expected_eur")).alias("observed"),
        pl.lit(1, dtype=pl.Int64).alias("findings_count"),
        pl.col("expected_eur").cast(pl.Float64).alias("at_stake_eur"),
    )
    return keep_largest(found, "every region with an expectation has a kader")


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
