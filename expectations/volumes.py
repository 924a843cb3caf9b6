"""Rules on the volume forecast. They judge a stage's table, not a delivery."""

import polars as pl

from expectations.rules import ExpectationSpec, Rule, keep_largest

# Twelve seasonal models on 36 months stop elsewhere in every program; above 10 % somebody should look.
MAX_DIFFERENCE_RATIO = 0.10


def measure_disagreement(volume_check: pl.DataFrame) -> pl.DataFrame:
    """Sampled series with the yearly sum of our engine and of statsmodels; series without a refit are left out."""
    refitted = volume_check.filter(pl.col("difference_ratio").is_not_null())
    text = pl.format(
        "{}/{}: ours {}, statsmodels {} ({} %)",
        "prestatiecode",
        "wlz_uitvoerder",
        pl.col("forecast_volume_year").round(0).cast(pl.Int64),
        pl.col("check_volume_year").round(0).cast(pl.Int64),
        (100 * pl.col("difference_ratio")).round(1),
    )
    measured = refitted.select(
        text.alias("observed"),
        pl.lit(1, dtype=pl.Int64).alias("findings_count"),
        pl.lit(None, dtype=pl.Float64).alias("at_stake_eur"),
        pl.col("difference_ratio").abs().alias("disagreement_ratio"),
    )
    return keep_largest(measured, "no series could be refitted") if measured.is_empty() else measured


RULES = (
    Rule(
        check_id="F02",
        title="engines disagree",
        why="The same model form, estimated by an independent program, should say about the same.",
        kinds=("volume_check",),
        severity="info",
        metrics=measure_disagreement,
        expectation=ExpectationSpec(
            "ExpectColumnValuesToBeBetween", {"column": "disagreement_ratio", "max_value": MAX_DIFFERENCE_RATIO}
        ),
        expected=f"yearly sums within {MAX_DIFFERENCE_RATIO:.0%} of each other",
        action="The forecast is used",
        next_step="look at the series with wlz explain PRESTATIECODE/UITVOERDER",
    ),
)
