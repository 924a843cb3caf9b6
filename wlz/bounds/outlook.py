"""The year after the budget year, valued like it: expectation, bounds, growth, and what else is known of it.

Extra items that are computed grow with the claims; items that were set for this year are not known of the next. The
kader is that of a stand, if one was delivered. Pgb is forecast to December of the budget year only. What is not known
is named (`missing_parts`), never 0.
"""

from collections.abc import Mapping

import polars as pl

from wlz.bounds.levels import LevelKey, LevelPaths, ScenarioTables
from wlz.bounds.read_off import EURO_BOUNDS
from wlz.extra_items.items import LEFT_OUT
from wlz.forecasting.sampling import take_bounds
from wlz.known.declared_items import FIXED
from wlz.words.vocabulary import NATION, SERIES_KEY

NO_KADER = pl.DataFrame(schema={"wlz_uitvoerder": pl.String, "zin_budget_eur": pl.Float64})


def look_ahead(
    levels: Mapping[LevelKey, LevelPaths], tables: ScenarioTables, budget_year: int, kader: pl.DataFrame = NO_KADER
) -> pl.DataFrame:
    """Per uitvoerder and nation what the year after comes to, beside this year, both without extra items.

    `kader`: zin kader of the year after (wlz_uitvoerder, zin_budget_eur, any finer grain), no rows while unknown.

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
    known = both.join(bounds, on="wlz_uitvoerder", how="inner").with_columns(growth.alias("growth_ratio"))
    return _add_known(known, tables.extra_items, kader).select(
        "wlz_uitvoerder",
        pl.col("expected").alias("expected_excl_extra_eur"),
        *EURO_BOUNDS,
        pl.col("this_year").alias("this_year_excl_extra_eur"),
        "growth_ratio",
        "extra_items_eur",
        (pl.col("expected") + pl.col("extra_items_eur")).alias("expected_eur"),
        "budget_eur",
        (pl.col("budget_eur") - pl.col("expected") - pl.col("extra_items_eur")).alias("available_eur"),
        "missing_parts",
        pl.lit(budget_year + 1, dtype=pl.Int32).alias("budget_year"),
    )


def _add_known(rows: pl.DataFrame, extra_items: pl.DataFrame, kader: pl.DataFrame) -> pl.DataFrame:
    """Rows with extra_items_eur, budget_eur (null where unknown) and missing_parts: kader, pgb, names of items."""
    is_unknown = (pl.col("item_method").is_in([FIXED, LEFT_OUT])).fill_null(False)
    amount = pl.col("item_eur").filter(~is_unknown).sum().cast(pl.Float64)
    names = pl.col("item").filter(is_unknown & (pl.col("item_eur").fill_null(1) != 0)).unique().sort()
    items = extra_items.group_by("wlz_uitvoerder").agg(amount.alias("items"), names.alias("unknown"))
    rooms = kader.group_by("wlz_uitvoerder").agg(pl.col("zin_budget_eur").cast(pl.Float64).sum().alias("budget_eur"))
    joined = rows.join(items, on="wlz_uitvoerder", how="left").join(rooms, on="wlz_uitvoerder", how="left")
    is_nation = pl.col("wlz_uitvoerder") == NATION
    grown = (pl.col("items").fill_null(0.0) * (1 + pl.col("growth_ratio").fill_null(0.0))).round(2)
    joined = joined.with_columns(
        pl.when(~is_nation).then(grown).alias("extra_items_eur"),
        pl.col("unknown").fill_null(pl.lit([], pl.List(pl.String))),
    )
    every = joined.filter(~is_nation)
    whole = every["extra_items_eur"].sum()
    budget = None if every.is_empty() or every["budget_eur"].has_nulls() else every["budget_eur"].sum()
    unknown = every["unknown"].explode().drop_nulls().unique().sort().to_list()
    joined = joined.with_columns(
        pl.when(is_nation).then(pl.lit(whole)).otherwise("extra_items_eur").alias("extra_items_eur"),
        pl.when(is_nation).then(pl.lit(budget, dtype=pl.Float64)).otherwise("budget_eur").alias("budget_eur"),
        pl.when(is_nation).then(pl.lit(unknown, dtype=pl.List(pl.String))).otherwise("unknown").alias("unknown"),
    )
    no_kader = pl.when(pl.col("budget_eur").is_null()).then(pl.lit(["kader", "pgb"])).otherwise(pl.lit(["pgb"]))
    return joined.with_columns(pl.concat_list(no_kader, "unknown").list.join(", ").alias("missing_parts"))
