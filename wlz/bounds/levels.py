"""Regions, groups of prestaties, uitvoerders and the nation: added up on every path, with bounds, and as expected.

Extra items join here: they exist per uitvoerder and year only, one twelfth a month unless an item is declared to be
paid otherwise (as in `utilisation/path.monthly_path`). Totals are sums of paths, so all levels agree. Not here: which
series make up a level and how their paths are valued (`valued_paths.py`), bounds of series (`read_off.py`).
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from wlz.bounds.calendar import Calendar
from wlz.bounds.read_off import LEVEL_KEY, ScenarioPaths, bound_rows
from wlz.bounds.valued_paths import Sampling
from wlz.extra_items.items import CARRIED
from wlz.forecasting.sampling import BOUND_NAMES, take_bounds
from wlz.prices.uncertainty import draw_carried_items, draw_extra_items, extra_item_deviations
from wlz.utilisation.payments import PAID_EVENLY, shift_payments
from wlz.words.months import MONTHS_PER_YEAR
from wlz.words.vocabulary import NATION, PLACE, SERIES_KEY

Samples = npt.NDArray[np.float64]
LevelKey = tuple[str, str, str, str | None]  # level, wlz_uitvoerder, zorgkantoorregio, prestatiegroep


class LevelPaths(NamedTuple):
    """Samples of one level: `month`, `cumulative` (n, M) in euro with extra items; `volume` likewise, or None."""

    month: Samples
    cumulative: Samples
    volume_month: Samples | None
    volume_cumulative: Samples | None
    year_after: Samples


class ScenarioTables(NamedTuple):
    """Stage tables of one scenario."""

    volumes: pl.DataFrame
    revenue: pl.DataFrame
    extra_items: pl.DataFrame
    utilisation: pl.DataFrame


class ExtraItems(NamedTuple):
    """Extra items of one scenario.

    Per uitvoerder those of the `year` on every path (n,), and which part of them is of which region: `shares`
    (wlz_uitvoerder, zorgkantoorregio, share). `shifts`: what is paid in a month beyond a twelfth, no rows when nothing.
    """

    year: Mapping[str, Samples]
    shares: pl.DataFrame
    shifts: pl.DataFrame = PAID_EVENLY

    def shift_of(self, uitvoerder: str, numbers: npt.NDArray[np.int_]) -> Samples:
        """Beyond a twelfth a month in each of these months of the year (M,), 0 when paid evenly."""
        of_month = dict(self.shifts.filter(wlz_uitvoerder=uitvoerder).select("number", "shift_eur").iter_rows())
        return np.array([of_month.get(int(number), 0.0) for number in numbers])

    def shift_to(self, uitvoerder: str, numbers: npt.NDArray[np.int_]) -> Samples:
        """The same added up from January to each of these months."""
        whole = np.cumsum(self.shift_of(uitvoerder, np.arange(1, MONTHS_PER_YEAR + 1)))
        return np.array([whole[int(number) - 1] if number < MONTHS_PER_YEAR else 0.0 for number in numbers])


def spread_extra_items(tables: ScenarioTables, paths: int, seed: int) -> ExtraItems:
    """Extra items on `paths` paths, divided over regions as the expectation was.

    An uitvoerder without any has shares of 0.
    """
    amount = pl.col("extra_items_eur").cast(pl.Float64)
    whole = amount.sum().over("wlz_uitvoerder")
    share = pl.when(whole != 0).then(amount / whole).otherwise(0.0)
    shares = tables.utilisation.filter(level="region", part="zin").select(*PLACE, share.alias("share"))
    items = tables.extra_items
    grown = items.filter((pl.col("item_method") != CARRIED).fill_null(True))
    drawn = draw_extra_items(items, extra_item_deviations(grown), paths, seed)
    carried = draw_carried_items(items, paths, seed)
    year = {name: samples + carried.get(name, 0.0) for name, samples in drawn.items()}
    return ExtraItems(year, shares, shift_payments(items, tables.revenue))


def add_up(read: ScenarioPaths, sampling: Sampling, extra: ExtraItems) -> dict[LevelKey, LevelPaths]:
    """Samples of every level, uitvoerder by uitvoerder and for the nation."""
    numbers = np.array([month.month for month in sampling.calendar.ahead_months])
    share_of = {(uitvoerder, region): share for uitvoerder, region, share in extra.shares.iter_rows()}
    found: dict[LevelKey, LevelPaths] = {}
    nation: dict[LevelKey, LevelPaths] = {}  # sums over uitvoerders: all of it, and every group of prestaties
    for levels in sampling.levels:
        name, sums = levels.uitvoerder, read.sums[levels.uitvoerder]
        euro_seen = levels.euro @ sampling.seen.euro[levels.rows]
        volume_seen = np.nan_to_num(levels.volume) @ sampling.seen.volume[levels.rows]
        for row, (level, region, group) in enumerate(levels.labels):
            month = sums.euro[row, :, :-1].astype(np.float64)
            cumulative = np.cumsum(month, axis=1) + euro_seen[row]
            if level != "group":
                share = 1.0 if level == "uitvoerder" else share_of.get((name, region), 0.0)
                items = share * extra.year[name][:, None] / MONTHS_PER_YEAR
                month = month + items + share * extra.shift_of(name, numbers)
                cumulative = cumulative + items * numbers + share * extra.shift_to(name, numbers)
            volume = volume_cumulative = None
            if not np.isnan(levels.volume[row]).any():
                volume = sums.volume[row, :, :-1].astype(np.float64)
                volume_cumulative = np.cumsum(volume, axis=1) + volume_seen[row]
            year_after = sums.euro[row, :, -1].astype(np.float64)
            paths = LevelPaths(month, cumulative, volume, volume_cumulative, year_after)
            found[level, name, region, group] = paths
            if level != "region":
                key = ("group" if level == "group" else "national", NATION, NATION, group)
                nation[key] = paths if key not in nation else _add_paths(nation[key], paths)
    return found | nation


def _add_paths(one: LevelPaths, other: LevelPaths) -> LevelPaths:
    """Two levels on the same paths as one; a volume that one of them does not have is none of the sum."""
    sums = [None if a is None or b is None else a + b for a, b in zip(one, other, strict=True)]
    return LevelPaths(*sums)  # type: ignore[arg-type]


def bound_levels(levels: Mapping[LevelKey, LevelPaths], calendar: Calendar) -> pl.DataFrame:
    """Rows per level × period × month with 80 and 95 % bounds; columns of BOUNDS_SCHEMA."""
    months = calendar.ahead_months
    labels = pl.DataFrame([(*key, None) for key in levels], schema=dict.fromkeys(LEVEL_KEY, pl.String), orient="row")
    bounds = np.full((2, len(BOUND_NAMES), len(levels), 2 * len(months)), np.nan)
    volume, euro = bounds
    for row, paths in enumerate(levels.values()):
        euro[:, row] = take_bounds(np.concatenate([paths.month, paths.cumulative], axis=1))
        if paths.volume_month is not None and paths.volume_cumulative is not None:
            volume[:, row] = take_bounds(np.concatenate([paths.volume_month, paths.volume_cumulative], axis=1))
    return bound_rows(labels, bounds, months)


def expect_levels(tables: ScenarioTables, sampling: Sampling, extra: ExtraItems) -> pl.DataFrame:
    """What is expected per level × period × month of the budget year: `volume` (null for mixed units), `expected_eur`.

    Sums of whole cents but for months of a region, which are shares of them.
    """
    amount = pl.col("forecast_amount_eur").cast(pl.Float64)
    monthly = tables.revenue.select(
        *SERIES_KEY, "in_base", "month_volume", amount.alias("eur"), pl.col("care_month").alias("month")
    )
    monthly = monthly.join(
        sampling.series.select(*SERIES_KEY, "prestatiegroep", "is_mixed"), on=SERIES_KEY, how="inner"
    )
    base = monthly.filter("in_base")
    items = tables.extra_items.group_by("wlz_uitvoerder").agg(
        pl.col("item_eur").sum().cast(pl.Float64).alias("extra_eur")
    )
    by_region = base.join(
        sampling.shares.select(*SERIES_KEY, "zorgkantoorregio", "region_share_ratio"), on=SERIES_KEY, how="inner"
    )
    by_region = by_region.with_columns(pl.col("eur") * pl.col("region_share_ratio"))
    parts = extra.shares.join(items, on="wlz_uitvoerder", how="left")
    of_region = parts.select(*PLACE, (pl.col("extra_eur") * pl.col("share")))
    nation = items.select(pl.col("extra_eur").sum())
    moved = extra.shares.join(extra.shifts, on="wlz_uitvoerder", how="inner").select(
        *PLACE, "number", pl.col("shift_eur") * pl.col("share")
    )
    nobody = extra.shifts.clear()
    levels = [
        _sum_level(monthly, "series", [*SERIES_KEY, "prestatiegroep"], None, nobody),
        _sum_level(base, "group", ["wlz_uitvoerder", "prestatiegroep"], None, nobody),
        _sum_level(base, "group", ["prestatiegroep"], None, nobody),
        _sum_level(by_region, "region", PLACE, of_region, moved),
        _sum_level(base, "uitvoerder", ["wlz_uitvoerder"], items, extra.shifts),
        _sum_level(base, "national", [], nation, extra.shifts),
    ]
    return pl.concat(levels)


def _sum_level(
    monthly: pl.DataFrame, level: str, keys: list[str], extra: pl.DataFrame | None, shifts: pl.DataFrame
) -> pl.DataFrame:
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
    summed = _join_shifts(summed.with_columns(number.alias("number")), keys, shifts)
    month = summed.with_columns(
        period=pl.lit("month"), expected_eur=pl.col("eur") + pl.col("extra_eur") / MONTHS_PER_YEAR + pl.col("shift_eur")
    )
    cumulative = summed.with_columns(
        period=pl.lit("cumulative"),
        expected_eur=pl.col("eur").cum_sum().over(over)
        + pl.col("extra_eur") * number / MONTHS_PER_YEAR
        + pl.col("shift_eur").cum_sum().over(over),
        volume=pl.col("volume").cum_sum().over(over),
    )
    year = cumulative.filter(number == MONTHS_PER_YEAR).with_columns(period=pl.lit("year"))
    labelled = pl.concat([month, cumulative, year]).with_columns(level=pl.lit(level))
    totals = [name for name in ("wlz_uitvoerder", "zorgkantoorregio") if name not in keys]
    absent = [name for name in ("prestatiegroep", "prestatiecode") if name not in keys]
    return labelled.with_columns(
        *(pl.lit(NATION).alias(name) for name in totals),
        *(pl.lit(None, dtype=pl.String).alias(name) for name in absent),
    ).select(*LEVEL_KEY, "period", "month", "volume", "expected_eur")


def _join_shifts(summed: pl.DataFrame, keys: list[str], shifts: pl.DataFrame) -> pl.DataFrame:
    """Months with `shift_eur`, what is paid of extra items beyond a twelfth; 0 where nothing is."""
    if shifts.is_empty():
        return summed.with_columns(shift_eur=pl.lit(0.0))
    of_month = (
        shifts.sort(shifts.columns).group_by([*keys, "number"], maintain_order=True).agg(pl.col("shift_eur").sum())
    )
    joined = summed.join(of_month, on=[*keys, "number"], how="left", maintain_order="left")
    return joined.with_columns(pl.col("shift_eur").fill_null(0.0))
