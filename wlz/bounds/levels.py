"""From samples to rows: bounds of regions, groups, uitvoerders and the nation, and what was expected beside them.

The samples come from `bounds.py`. Extra items join here: they exist per uitvoerder and year only, one twelfth a month
(as in `utilisation_path.monthly_path`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from wlz.bounds.valued_paths import MONTHS, PLACE, Calendar, LevelSums, bound_rows, mixed_groups
from wlz.forecasting.ets import FloatArray
from wlz.forecasting.sampling import BOUND_NAMES, take_bounds
from wlz.words.vocabulary import NATION, SERIES_KEY

Samples = npt.NDArray[np.float64]


class LevelPaths(NamedTuple):
    """Samples of one level: `month`, `cumulative` (n, M) in euro with extra items; `volume` likewise, or None."""

    month: Samples
    cumulative: Samples
    volume_month: Samples | None
    volume_cumulative: Samples | None
    year_after: Samples


LevelKey = tuple[str, str, str, str | None]  # level, wlz_uitvoerder, zorgkantoorregio, prestatiegroep


def collect_levels(
    sums: Mapping[str, LevelSums],
    *,
    observed: Mapping[str, tuple[FloatArray, FloatArray]],
    extra: Mapping[str, Samples],
    extra_shares: Mapping[tuple[str, str], float],
    calendar: Calendar,
) -> dict[LevelKey, LevelPaths]:
    """Samples of every level, uitvoerder by uitvoerder and for the nation.

    `observed`: per uitvoerder the euro and the volume per level that the year already has. `extra`: per uitvoerder the
    extra items of the year on every path; `extra_shares`: (uitvoerder, region) → share of them.
    """
    numbers = np.array([month.month for month in calendar.ahead_months])
    found: dict[LevelKey, LevelPaths] = {}
    for uitvoerder, of_uitvoerder in sums.items():
        euro_seen, volume_seen = observed[uitvoerder]
        for row, (level, region, group) in enumerate(of_uitvoerder.levels.labels):
            month = of_uitvoerder.euro[row, :, :-1].astype(np.float64)
            cumulative = np.cumsum(month, axis=1) + euro_seen[row]
            if level != "group":
                share = 1.0 if level == "uitvoerder" else extra_shares.get((uitvoerder, region), 0.0)
                items = share * extra[uitvoerder][:, None] / MONTHS
                month, cumulative = month + items, cumulative + items * numbers
            volume = volume_cumulative = None
            if not np.isnan(of_uitvoerder.levels.volume[row]).any():
                volume = of_uitvoerder.volume[row, :, :-1].astype(np.float64)
                volume_cumulative = np.cumsum(volume, axis=1) + volume_seen[row]
            year_after = of_uitvoerder.euro[row, :, -1].astype(np.float64)
            found[level, uitvoerder, region, group] = LevelPaths(
                month, cumulative, volume, volume_cumulative, year_after
            )
    return found | _add_nation(found)


def _add_nation(found: Mapping[LevelKey, LevelPaths]) -> dict[LevelKey, LevelPaths]:
    """Sums over uitvoerders: the nation, and every group of prestaties in it."""
    national: dict[LevelKey, LevelPaths] = {}
    for (level, _, _, group), paths in found.items():
        if level == "region":
            continue
        key: LevelKey = ("group" if level == "group" else "national", NATION, NATION, group)
        if key not in national:
            national[key] = paths
            continue
        before = national[key]
        both = before.volume_month is not None and paths.volume_month is not None
        national[key] = LevelPaths(
            before.month + paths.month,
            before.cumulative + paths.cumulative,
            before.volume_month + paths.volume_month if both else None,  # type: ignore[operator]
            before.volume_cumulative + paths.volume_cumulative if both else None,  # type: ignore[operator]
            before.year_after + paths.year_after,
        )
    return national


def observed_levels(
    sums: Mapping[str, LevelSums], rows: Mapping[str, npt.NDArray[np.int64]], known: FloatArray, price: FloatArray
) -> dict[str, tuple[FloatArray, FloatArray]]:
    """What the year already has per uitvoerder and level: euro and volume, from `known` months (N, m)."""
    volume = np.nansum(known, axis=1)
    return {
        name: (
            of_name.levels.euro @ (volume[rows[name]] * price[rows[name]]),
            np.nan_to_num(of_name.levels.volume) @ volume[rows[name]],
        )
        for name, of_name in sums.items()
    }


def bound_levels(levels: Mapping[LevelKey, LevelPaths], calendar: Calendar) -> pl.DataFrame:
    """Rows per level × period × month with 80 and 95 % bounds; columns of BOUNDS_SCHEMA."""
    months = calendar.ahead_months
    labels = pl.DataFrame([(*key, None) for key in levels], schema=dict.fromkeys(PLACE, pl.String), orient="row")
    euro = np.empty((len(BOUND_NAMES), len(levels), 2 * len(months)))
    volume = np.full_like(euro, np.nan)
    for row, paths in enumerate(levels.values()):
        euro[:, row] = take_bounds(np.concatenate([paths.month, paths.cumulative], axis=1))
        if paths.volume_month is not None and paths.volume_cumulative is not None:
            volume[:, row] = take_bounds(np.concatenate([paths.volume_month, paths.volume_cumulative], axis=1))
    return bound_rows(labels, volume, euro, months)


def expect_levels(
    revenue: pl.DataFrame,
    extra_items: pl.DataFrame,
    series: pl.DataFrame,
    shares: pl.DataFrame,
    extra_shares: Mapping[tuple[str, str], float],
) -> pl.DataFrame:
    """What is expected per level × period × month of the budget year: `volume` (null for mixed units), `expected_eur`.

    In: REVENUE and EXTRA_ITEMS of one scenario, `series` and `shares` as in `build_levels`. Sums of whole cents but for
    months of a region, which are shares of them.
    """
    amount = pl.col("forecast_amount_eur").cast(pl.Float64)
    monthly = revenue.select(
        *SERIES_KEY, "in_base", "month_volume", amount.alias("eur"), pl.col("care_month").alias("month")
    )
    is_mixed = pl.col("prestatiegroep").is_in(list(mixed_groups(series))).alias("is_mixed")
    monthly = monthly.join(series.select(*SERIES_KEY, "prestatiegroep", is_mixed), on=SERIES_KEY, how="inner")
    base = monthly.filter("in_base")
    items = extra_items.group_by("wlz_uitvoerder").agg(pl.col("item_eur").sum().cast(pl.Float64).alias("extra_eur"))
    by_region = base.join(
        shares.select(*SERIES_KEY, "zorgkantoorregio", "region_share_ratio"), on=SERIES_KEY, how="inner"
    )
    by_region = by_region.with_columns(pl.col("eur") * pl.col("region_share_ratio"))
    parts = pl.DataFrame(
        [(name, region, share) for (name, region), share in extra_shares.items()],
        schema={"wlz_uitvoerder": pl.String, "zorgkantoorregio": pl.String, "share": pl.Float64},
        orient="row",
    ).join(items, on="wlz_uitvoerder", how="left")
    of_region = parts.select("wlz_uitvoerder", "zorgkantoorregio", (pl.col("extra_eur") * pl.col("share")))
    nation = items.select(pl.col("extra_eur").sum())
    levels = [
        _sum_level(monthly, "series", [*SERIES_KEY, "prestatiegroep"], None),
        _sum_level(base, "group", ["wlz_uitvoerder", "prestatiegroep"], None),
        _sum_level(base, "group", ["prestatiegroep"], None),
        _sum_level(by_region, "region", ["wlz_uitvoerder", "zorgkantoorregio"], of_region),
        _sum_level(base, "uitvoerder", ["wlz_uitvoerder"], items),
        _sum_level(base, "national", [], nation),
    ]
    return pl.concat(levels)


def _sum_level(monthly: pl.DataFrame, level: str, keys: list[str], extra: pl.DataFrame | None) -> pl.DataFrame:
    counted = pl.lit(level == "series") | (pl.lit(level == "group") & ~pl.col("is_mixed").first())
    summed = (
        monthly.sort([*SERIES_KEY, "month"])
        .group_by([*keys, "month"], maintain_order=True)
        .agg(
            pl.col("eur").sum(),
            pl.when(counted).then(pl.col("month_volume").sum()).alias("volume"),
        )
        .sort([*keys, "month"])
    )
    if extra is not None and keys:
        summed = summed.join(extra, on=keys, how="left", maintain_order="left").with_columns(
            pl.col("extra_eur").fill_null(0.0)
        )
    else:
        whole = 0.0 if extra is None else float(extra.item() or 0.0)
        summed = summed.with_columns(extra_eur=pl.lit(whole))
    number = pl.col("month").dt.month()
    over = [pl.col(name) for name in keys] or [pl.lit(1)]
    month = summed.with_columns(period=pl.lit("month"), expected_eur=pl.col("eur") + pl.col("extra_eur") / MONTHS)
    cumulative = summed.with_columns(
        period=pl.lit("cumulative"),
        expected_eur=pl.col("eur").cum_sum().over(over) + pl.col("extra_eur") * number / MONTHS,
        volume=pl.col("volume").cum_sum().over(over),
    )
    year = cumulative.filter(number == MONTHS).with_columns(period=pl.lit("year"))
    labelled = pl.concat([month, cumulative, year]).with_columns(level=pl.lit(level))
    totals = [name for name in ("wlz_uitvoerder", "zorgkantoorregio") if name not in keys]
    absent = [name for name in ("prestatiegroep", "prestatiecode") if name not in keys]
    return labelled.with_columns(
        *(pl.lit(NATION).alias(name) for name in totals),
        *(pl.lit(None, dtype=pl.String).alias(name) for name in absent),
    ).select(*PLACE, "period", "month", "volume", "expected_eur")
