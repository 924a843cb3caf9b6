"""The year after the budget year, valued like it: expectation, bounds and growth. No kader of it is known yet."""

from collections.abc import Mapping

import polars as pl

from wlz.bounds.levels import LevelKey, LevelPaths, ScenarioTables
from wlz.bounds.read_off import EURO_BOUNDS
from wlz.forecasting.sampling import take_bounds
from wlz.words.vocabulary import NATION, SERIES_KEY


def look_ahead(levels: Mapping[LevelKey, LevelPaths], tables: ScenarioTables, budget_year: int) -> pl.DataFrame:
    """Per uitvoerder and nation what the year after comes to, beside this year, both without extra items.

    The mean of the paths is not the point, so the expectation is that of the volumes, at the mean price of each series
    in the budget year.
    """
    in_base = tables.revenue.filter("in_base").sort([*SERIES_KEY, "care_month"])
    prices = in_base.filter(pl.col("month_volume") != 0)
    amount, volume = pl.col("forecast_amount_eur").sum().cast(pl.Float64), pl.col("month_volume").sum()
    price = prices.group_by(SERIES_KEY, maintain_order=True).agg((amount / volume).alias("price"))
    year = pl.col("care_month").dt.year()
    after = tables.volumes.filter(year == budget_year + 1).join(price, on=SERIES_KEY, how="inner")
    value = (pl.col("forecast_volume") * pl.col("price")).sum().round(2)  # to the cent: sums of floats differ behind it
    said = after.group_by("wlz_uitvoerder").agg(value.alias("expected"))
    this_year = in_base.group_by("wlz_uitvoerder").agg(amount.alias("this_year")).sort("wlz_uitvoerder")
    both = this_year.join(said, on="wlz_uitvoerder", how="left", maintain_order="left")
    both = both.with_columns(pl.col("expected").fill_null(0.0))
    both = pl.concat([both, both.select(pl.lit(NATION).alias("wlz_uitvoerder"), pl.col("this_year", "expected").sum())])
    rows = [
        (uitvoerder, *take_bounds(paths.year_after[:, None])[:, 0].tolist())
        for (level, uitvoerder, _, _), paths in levels.items()
        if level in ("uitvoerder", "national")
    ]
    bounds = pl.DataFrame(rows, schema=["wlz_uitvoerder", *EURO_BOUNDS], orient="row")
    growth = pl.when(pl.col("this_year") != 0).then(pl.col("expected") / pl.col("this_year") - 1)
    return both.join(bounds, on="wlz_uitvoerder", how="inner").select(
        "wlz_uitvoerder",
        pl.col("expected").alias("expected_excl_extra_eur"),
        *EURO_BOUNDS,
        pl.col("this_year").alias("this_year_excl_extra_eur"),
        growth.alias("growth_ratio"),
        pl.lit(budget_year + 1, dtype=pl.Int32).alias("budget_year"),
    )
