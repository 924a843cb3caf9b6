"""Advice to advice: whether what is expected of the year moved out of the band of the advice before (check F01-advice).

In: FORECAST_VINTAGES of two delivery months. Not here: what moved it (`bridge.py`).
"""

import polars as pl

from wlz.words.vocabulary import NATION

MLN = 1_000_000
KEY = ["budget_year", "scenario", "wlz_uitvoerder", "part"]
MOVES_SCHEMA: dict[str, pl.DataType] = {
    "wlz_uitvoerder": pl.String(),
    "at_stake_eur": pl.Float64(),
    "part": pl.String(),
    "earlier": pl.Date(),
    "expected_mln": pl.Float64(),
    "before_mln": pl.Float64(),
    "lower_95_mln": pl.Float64(),
    "upper_95_mln": pl.Float64(),
}


def list_advice_moves(current: pl.DataFrame, earlier: pl.DataFrame, scenario: str) -> pl.DataFrame:
    """Expectations of the year outside the 95 % band of the advice before: columns of MOVES_SCHEMA.

    In: rows of FORECAST_VINTAGES of this and an earlier delivery month; of both the state current, one scenario and the
    same budget year count. One row per uitvoerder × part, and of the nation (`Landelijk`, wlz_uitvoerder null). Euro:
    the move; for the nation what the uitvoerders named here leave of it, so that the rows add up. Without bounds, or
    without an earlier advice of the year, nothing is found.
    """
    both = _current(current, scenario).join(_current(earlier, scenario), on=KEY, suffix="_before")
    now, before = pl.col("expected_eur"), pl.col("expected_eur_before")
    moved = both.filter((now < pl.col("lower_95_eur_before")) | (now > pl.col("upper_95_eur_before"))).with_columns(
        (now - before).alias("move_eur")
    )
    is_nation = pl.col("wlz_uitvoerder") == NATION
    explained = pl.col("move_eur").filter(~is_nation).sum().over("part")
    left = pl.when(is_nation).then(pl.col("move_eur") - explained).otherwise(pl.col("move_eur")).abs()
    return moved.select(
        pl.when(~is_nation).then("wlz_uitvoerder").alias("wlz_uitvoerder"),
        left.alias("at_stake_eur"),
        "part",
        pl.col("delivery_month_before").alias("earlier"),
        (now / MLN).alias("expected_mln"),
        (before / MLN).alias("before_mln"),
        (pl.col("lower_95_eur_before") / MLN).alias("lower_95_mln"),
        (pl.col("upper_95_eur_before") / MLN).alias("upper_95_mln"),
    ).sort("at_stake_eur", "wlz_uitvoerder", "part", descending=[True, False, False])


def _current(vintages: pl.DataFrame, scenario: str) -> pl.DataFrame:
    amounts = pl.col("expected_eur", "lower_95_eur", "upper_95_eur").cast(pl.Float64)
    return vintages.filter(advice_state="current", scenario=scenario).select(*KEY, "delivery_month", amounts)
