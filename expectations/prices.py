"""Rules on prices. They judge a stage's table, not a delivery."""

import polars as pl

from expectations.rules import NO_FINDINGS, Rule, TableView, keep_largest


def measure_missing_prices(view: TableView) -> pl.DataFrame:
    """Series with a forecast volume and no price, valued at the national mean price of the prestatie."""
    text = pl.format(
        "{}/{}: {} units without a price",
        "prestatiecode",
        "wlz_uitvoerder",
        pl.col("forecast_year_volume").round(0).cast(pl.Int64),
    )
    found = view.frame.select(
        text.alias("observed"),
        pl.lit(1, dtype=pl.Int64).alias("findings_count"),
        pl.col("amount_at_stake_eur").cast(pl.Float64).alias("at_stake_eur"),
    )
    return keep_largest(found, "every volume has a price")


RULES = (
    Rule(
        check_id="P05",
        title="volume without a price",
        why="A volume without a price counts as € 0: a hidden shortage.",
        kinds=("prices",),
        severity="warn",
        metrics=measure_missing_prices,
        expectation=NO_FINDINGS,
        expected="a price for every prestatie with a volume",
        action="The volume counts as € 0 in the totals",
        next_step="ask the Wlz-uitvoerder for an agreed price, or correct the code",
    ),
)
