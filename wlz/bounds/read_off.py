"""Bounds read off valued paths: of every series, block by block, and what the block adds to every level.

Series of one uitvoerder at a time: sample → volume → euro of each scenario → bounds of the series and sums of its
levels. Never all paths at once; what stays are sums. Not here: what makes the euro (`valued_paths.py`), bounds of the
levels (`levels.py`).
"""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from wlz.bounds.calendar import Calendar
from wlz.bounds.valued_paths import Sampling, count_volume, draw_prices
from wlz.forecasting.ets import FloatArray
from wlz.forecasting.paths import PathArray
from wlz.forecasting.sampling import BOUND_NAMES, sample_blocks, sort_bounds
from wlz.words.vocabulary import NATION, PLACE

SAME_RATIO = 1e-9  # a scenario whose points are the base times one number has the base's paths times it
LEVEL_KEY = ["level", *PLACE, "prestatiegroep", "prestatiecode"]
EURO_BOUNDS = [f"{name}_eur" for name in BOUND_NAMES]
VOLUME_BOUNDS = [f"{name}_volume" for name in BOUND_NAMES]
BOUNDS_SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(LEVEL_KEY, pl.String()),
    "period": pl.String(),
    "month": pl.Date(),
    **dict.fromkeys(VOLUME_BOUNDS, pl.Float64()),
    **dict.fromkeys(EURO_BOUNDS, pl.Float64()),
}


class LevelSums(NamedTuple):
    """Samples of one uitvoerder's levels: `euro` and `volume` (L, n, M + 1), the months ahead and the year after."""

    euro: npt.NDArray[np.float32]
    volume: npt.NDArray[np.float32]


class Reading(NamedTuple):
    """A block of B series in one scenario.

    `bounds` (2, 4, B, 2M) of volume and euro, months ahead and then the year up to each, and what the block adds to
    each of L levels: `sums` (L, n, M + 1), the year after last.
    """

    bounds: FloatArray
    sums: LevelSums


class ScenarioPaths(NamedTuple):
    """One scenario of a family.

    Rows of bounds of every series (BOUNDS_SCHEMA), and the samples of every uitvoerder's levels.
    """

    series: pl.DataFrame
    sums: dict[str, LevelSums]


def sample_family(sampling: Sampling) -> dict[str, ScenarioPaths]:
    """Samples once and reads off every scenario: bounds of each series, sums of paths for each level."""
    months, count = sampling.calendar.ahead_months, len(sampling.shocks.sign)
    of_series = sampling.series.with_columns(level=pl.lit("series"), zorgkantoorregio=pl.lit(NATION))
    labels = of_series.select(LEVEL_KEY)
    rows: dict[str, list[pl.DataFrame]] = {scenario: [] for scenario in sampling.points}
    sums: dict[str, dict[str, LevelSums]] = {scenario: {} for scenario in sampling.points}
    for levels in sampling.levels:
        of_one = sampling.take(levels)
        shape = (len(levels.labels), count, len(months) + 1)
        for of_scenario in sums.values():
            of_scenario[levels.uitvoerder] = LevelSums(np.zeros(shape, np.float32), np.zeros(shape, np.float32))
        read = partial(read_block, of_one)
        for block, readings in sample_blocks(of_one.panel, of_one.uncertainty, of_one.shocks, read):
            of_block = labels[levels.rows[block].tolist()]
            # Cumulative stands on what the year already has, a month by itself does not.
            seen = np.stack([np.repeat(part[block, None], len(months), axis=1) for part in of_one.seen])
            start = np.concatenate([np.zeros_like(seen), seen], axis=2)
            for scenario, reading in readings.items():
                total = sums[scenario][levels.uitvoerder]
                total.euro[:] += reading.sums.euro
                total.volume[:] += reading.sums.volume
                rows[scenario].append(bound_rows(of_block, reading.bounds + start[:, None], months))
    return {scenario: ScenarioPaths(pl.concat(rows[scenario]), sums[scenario]) for scenario in sampling.points}


def read_block(sampling: Sampling, block: slice, paths: PathArray) -> tuple[slice, dict[str, Reading]]:
    """What every scenario reads off the paths (B, n, H) of a block of one uitvoerder's series.

    Paths of a scenario: those around the base × its point ÷ base, or its point where the base is 0. A scenario that is
    the base times one number is not read off again.
    """
    paths = count_volume(sampling, block, paths)
    euro_per_unit = draw_prices(sampling, block)
    base = sampling.base[block]
    of_base: Reading | None = None
    found: dict[str, Reading] = {}
    for scenario, points in sampling.points.items():
        point = points[block]
        scaled = None if of_base is None else _scale(of_base, base, point, sampling.calendar)
        if scaled is not None:
            found[scenario] = scaled
        elif (point == base).all():
            found[scenario] = of_base = _read_off(sampling, block, paths, euro_per_unit)
        else:
            ratio = np.where(base != 0, point / np.where(base != 0, base, 1.0), 0.0)
            volume = paths * ratio.astype(np.float32)[:, None]
            volume += np.where(base == 0, point, 0.0).astype(np.float32)[:, None]
            found[scenario] = _read_off(sampling, block, volume, euro_per_unit)
    return block, found


def _scale(of_base: Reading, base: FloatArray, point: FloatArray, calendar: Calendar) -> Reading | None:
    """The reading of a scenario that is the base times one number in the months ahead, and one in the year after.

    None when it is not.
    """
    scales = []
    for months in (calendar.ahead, calendar.next_year):
        moves = base[:, months] != 0
        ratio = point[:, months][moves] / base[:, months][moves]
        if (point[:, months][~moves] != 0).any() or (len(ratio) and np.ptp(ratio) > SAME_RATIO):
            return None
        scales.append(float(ratio[0]) if len(ratio) else 1.0)
    ahead, year_after = scales
    by_month = np.array([ahead] * (of_base.sums.euro.shape[2] - 1) + [year_after], np.float32)
    sums = LevelSums(of_base.sums.euro * by_month, of_base.sums.volume * by_month)
    return Reading(of_base.bounds * ahead, sums)


def _read_off(sampling: Sampling, block: slice, volume: PathArray, euro_per_unit: npt.NDArray[np.float32]) -> Reading:
    """Bounds of a block of series, sorted over the paths, and its weighted sums."""
    (levels,), calendar = sampling.levels, sampling.calendar
    ahead = volume[:, :, calendar.ahead]
    year_after = volume[:, :, calendar.next_year].sum(axis=2, keepdims=True)
    kept = np.concatenate([ahead, year_after], axis=2)
    price, unsure = sampling.valuation.price[block], sampling.valuation.deviation[block] > 0
    count = len(levels.labels)
    weights = np.concatenate([levels.euro[:, block] * price, np.nan_to_num(levels.volume[:, block])])
    sums = (weights.astype(np.float32) @ kept.reshape(len(kept), -1)).reshape(2 * count, *kept.shape[1:])
    # Months, then the year up to each: the last of them is the year. Paths lie side by side to be sorted.
    months = np.ascontiguousarray(ahead.transpose(0, 2, 1))
    series = np.concatenate([months, np.cumsum(months, axis=1)], axis=1)
    of_volume = sort_bounds(series)
    of_euro = of_volume * price[:, None]
    if unsure.any():
        error = euro_per_unit[unsure] - price[unsure].astype(np.float32)[:, None]
        extra = (kept[unsure] * error[:, :, None]).reshape(int(unsure.sum()), -1)
        added = levels.euro[:, block][:, unsure].astype(np.float32) @ extra
        sums[:count] += added.reshape(sums[:count].shape)
        of_euro[:, unsure] = sort_bounds(series[unsure] * euro_per_unit[unsure][:, None])
    return Reading(np.stack([of_volume, of_euro]), LevelSums(sums[:count], sums[count:]))


def bound_rows(labels: pl.DataFrame, bounds: FloatArray, months: Sequence[date]) -> pl.DataFrame:
    """Rows per label × period × month, columns of BOUNDS_SCHEMA.

    `labels`: L rows of LEVEL_KEY; `bounds` (2, 4, L, 2M) of volume and euro, the months and then the year up to each of
    them; a NaN volume is null. The year is the last of these.
    """
    count = labels.height
    periods = ["month"] * len(months) + ["cumulative"] * len(months)
    values = {
        name: part[place].T.ravel()
        for part, names in zip(bounds, (VOLUME_BOUNDS, EURO_BOUNDS), strict=True)
        for place, name in enumerate(names)
    }
    repeated = labels[np.tile(np.arange(count), len(periods)).tolist()] if count and months else labels.clear()
    rows = repeated.with_columns(
        pl.Series("period", np.repeat(periods, count).tolist(), dtype=pl.String),
        pl.Series("month", [month for month in [*months, *months] for _ in range(count)], dtype=pl.Date),
        *(pl.Series(name, line, dtype=pl.Float64) for name, line in values.items()),
    ).with_columns(pl.col(VOLUME_BOUNDS).fill_nan(None))
    year = rows.tail(count if months else 0).with_columns(period=pl.lit("year"))
    return pl.concat([rows, year]).select(BOUNDS_SCHEMA.keys()).cast(BOUNDS_SCHEMA)  # type: ignore[arg-type]
