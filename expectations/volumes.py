"""Rules on the volume forecast. They judge a stage's table, not a delivery."""

import polars as pl

from expectations.rules import NO_FINDINGS, ExpectationSpec, Rule, keep_largest

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


def measure_unforecast_claims(claims: pl.DataFrame) -> pl.DataFrame:
    """Series with claims in the budget year for which the forecast has nothing: new codes, or codes taken for ended."""
    text = pl.format("{}/{}: {} claimed, forecast 0", "prestatiecode", "wlz_uitvoerder", "declared_amount_eur")
    found = claims.select(
        text.alias("observed"),
        pl.lit(1, dtype=pl.Int64).alias("findings_count"),
        pl.col("declared_amount_eur").cast(pl.Float64).alias("at_stake_eur"),
    )
    return keep_largest(found, "every claimed series has a forecast")


CLAIM_RULES = (
    Rule(
        check_id="V05",
        title="claims without a forecast",
        why="A code that began this year is not in the months that are forecast from; its euro is in no expectation.",
        kinds=("revenue",),
        severity="warn",
        metrics=measure_unforecast_claims,
        expectation=NO_FINDINGS,
        expected="a forecast for every series that is claimed in the budget year",
        cause="a new or replacing code, or an end date in the code list that is too early",
        action="The claims so far are in declared_to_date, and nothing of them in the expectation",
        next_step="look at the successor in the code list; the year will cost more than what is claimed so far",
    ),
)

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
