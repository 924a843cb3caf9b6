"""Bounds of the advice: joint paths of volumes, valued in euro and added up to every level of it.

Here: which series make up a group, region, uitvoerder and the nation; euro on every path with the uncertainty of price
and extra items; bounds per month, cumulative and for the year. Not here: how a path comes about
(`forecasting/paths.py`), pgb (`pgb/paths.py`), chances against the kader (`exceedance.py`). Totals are sums of paths,
so all levels agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from wlz.forecasting.ets import FloatArray
from wlz.forecasting.paths import PathArray, Shocks, hash_id
from wlz.forecasting.sampling import BOUND_NAMES, Panel, Uncertainty, sample_blocks, sort_bounds
from wlz.runoff.retrospect import FREEDOM, T_SCALE
from wlz.words.vocabulary import NATION, SERIES_KEY

PLACE = ["level", "wlz_uitvoerder", "zorgkantoorregio", "prestatiegroep", "prestatiecode"]
EURO_BOUNDS = [f"{name}_eur" for name in BOUND_NAMES]
VOLUME_BOUNDS = [f"{name}_volume" for name in BOUND_NAMES]
BOUNDS_SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(PLACE, pl.String()),
    "period": pl.String(),
    "month": pl.Date(),
    **dict.fromkeys(VOLUME_BOUNDS, pl.Float64()),
    **dict.fromkeys(EURO_BOUNDS, pl.Float64()),
}
MONTHS = 12
SAME_RATIO = 1e-9  # a scenario whose points are the base times one number has the base's paths times it


class Calendar(NamedTuple):
    """Months of the budget year: `observed` columns of history, `ahead` columns of the forecast, and those of the year
    after; `first_month` is January of the budget year."""

    first_month: date
    observed: slice
    ahead: slice
    next_year: slice

    @property
    def ahead_months(self) -> list[date]:
        """The forecast months of the budget year."""
        count = self.ahead.stop - self.ahead.start
        return [date(self.first_month.year, MONTHS - count + 1 + step, 1) for step in range(count)]


class Levels(NamedTuple):
    """What the series of one uitvoerder add up to: `labels` (level, region, group), `euro` and `volume` weights (L, N).

    A volume is added up where all series of the level count in the same unit, elsewhere its weights are NaN.
    """

    labels: list[tuple[str, str, str | None]]
    euro: FloatArray
    volume: FloatArray


class LevelSums(NamedTuple):
    """Samples of one uitvoerder's levels: `euro` and `volume` (L, n, M + 1), the months ahead and the year after."""

    levels: Levels
    euro: npt.NDArray[np.float32]
    volume: npt.NDArray[np.float32]


class Valuation(NamedTuple):
    """Euro per unit of N series: `price` (0 without one), `deviation` its relative standard deviation (0: unknown)."""

    price: FloatArray
    deviation: FloatArray


class CompletedMonths(NamedTuple):
    """Months of the budget year completed for lag, before the forecast: `volume` (N, c), relative standard deviations
    `common` (N, c), shared by the series of an uitvoerder, and `own` (N, c)."""

    volume: FloatArray
    common: FloatArray
    own: FloatArray

    def take(self, rows: npt.NDArray[np.int64]) -> CompletedMonths:
        """The same for some of the series."""
        return CompletedMonths(*(part[rows] for part in self))


def build_calendar(first_month: date, history_months: int, budget_year: int) -> Calendar:
    """Where the budget year and the year after lie in a history from `first_month` and the forecast behind it.

    >>> build_calendar(date(2015, 1, 1), 36, 2018).ahead
    slice(0, 12, None)
    """
    january = (budget_year - first_month.year) * MONTHS + 1 - first_month.month
    ahead = np.clip([january - history_months, january + MONTHS - history_months], 0, None).tolist()
    later = np.clip([january + MONTHS - history_months, january + 2 * MONTHS - history_months], 0, None).tolist()
    observed = np.clip([january, january + MONTHS], 0, history_months).tolist()
    return Calendar(date(budget_year, 1, 1), slice(*observed), slice(*ahead), slice(*later))


def build_levels(series: pl.DataFrame, shares: pl.DataFrame) -> dict[str, tuple[npt.NDArray[np.int64], Levels]]:
    """Rows and levels per uitvoerder.

    `series`: one row per series in the order of the panel: prestatiecode, wlz_uitvoerder, prestatiegroep, unit_code,
    in_base (meerzorg is not: it has its own item). `shares` of `complete_shares`.
    """
    numbered, mixed = series.with_row_index("row"), mixed_groups(series)
    found = {}
    for (uitvoerder,), mine in numbered.group_by("wlz_uitvoerder", maintain_order=True):
        in_base = mine["in_base"].to_numpy().astype(float)
        labels: list[tuple[str, str, str | None]] = [("uitvoerder", NATION, None)]
        euro, volume = [in_base], [np.full(mine.height, np.nan)]
        of_uitvoerder = shares.filter(pl.col("wlz_uitvoerder") == uitvoerder)
        regions = of_uitvoerder["zorgkantoorregio"].unique().sort()
        for region in regions:
            of_region = of_uitvoerder.filter(pl.col("zorgkantoorregio") == region)
            of_region = of_region.select("prestatiecode", "region_share_ratio")
            share = mine.join(of_region, on="prestatiecode", how="left", maintain_order="left")["region_share_ratio"]
            labels.append(("region", region, None))
            euro.append(in_base * share.to_numpy())
            volume.append(np.full(mine.height, np.nan))
        for group in mine.filter("in_base")["prestatiegroep"].unique().sort():
            inside = (mine["prestatiegroep"] == group).to_numpy()
            one_unit = group not in mixed
            labels.append(("group", NATION, group))
            euro.append(in_base * inside)
            volume.append(in_base * inside if one_unit else np.full(mine.height, np.nan))
        found[str(uitvoerder)] = (
            mine["row"].to_numpy().astype(np.int64),
            Levels(labels, np.stack(euro), np.stack(volume)),
        )
    return found


def complete_shares(series: pl.DataFrame, shares: pl.DataFrame) -> pl.DataFrame:
    """Share of every region in every series of its uitvoerder, as ``utilisation.split_to_regions`` divides it.

    In: `series` (prestatiecode, wlz_uitvoerder), `shares` of ``utilisation.region_shares``. Out: prestatiecode,
    wlz_uitvoerder, zorgkantoorregio, region_share_ratio, which add up to 1 per series: by the prestatie's own euro;
    without any by the region's euro in all; without any equally.
    """
    weight = pl.col("window_amount_eur").cast(pl.Float64).clip(lower_bound=0)
    place = ["wlz_uitvoerder", "zorgkantoorregio"]
    regions = shares.group_by(place).agg(weight.sum().alias("all_weight")).sort(place)
    own = shares.select(*SERIES_KEY, "zorgkantoorregio", weight.alias("own_weight"))
    rows = series.select(SERIES_KEY).join(regions, on="wlz_uitvoerder", how="inner")
    rows = rows.join(own, on=[*SERIES_KEY, "zorgkantoorregio"], how="left").with_columns(
        pl.col("own_weight").fill_null(0.0)
    )
    used = (
        pl.when(pl.col("own_weight").sum().over(SERIES_KEY) > 0)
        .then("own_weight")
        .when(pl.col("all_weight").sum().over(SERIES_KEY) > 0)
        .then("all_weight")
        .otherwise(1.0)
    )
    share = pl.col("used") / pl.col("used").sum().over(SERIES_KEY)
    return rows.with_columns(used.alias("used")).select(
        *SERIES_KEY, "zorgkantoorregio", share.alias("region_share_ratio")
    )


def mixed_groups(series: pl.DataFrame) -> set[str]:
    """Groups of prestaties that count in more than one unit anywhere: their volumes cannot be added."""
    units = series.group_by("prestatiegroep").agg(pl.col("unit_code").n_unique().alias("units"))
    return set(units.filter(pl.col("units") > 1)["prestatiegroep"])


class SampledScenarios(NamedTuple):
    """Per scenario: bounds of every series, and the samples of every uitvoerder's levels."""

    series: dict[str, pl.DataFrame]
    sums: dict[str, dict[str, LevelSums]]


def sample_scenarios(
    panel: Panel,
    uncertainty: Uncertainty,
    shocks: Shocks,
    *,
    series: pl.DataFrame,
    points: Mapping[str, FloatArray],
    valuation: Valuation,
    calendar: Calendar,
    observed: FloatArray,
    levels: Mapping[str, tuple[npt.NDArray[np.int64], Levels]],
    seed: int,
    base: FloatArray | None = None,
    days: FloatArray | None = None,
    completed: CompletedMonths | None = None,
) -> SampledScenarios:
    """Sample once, read off every scenario that stands on this panel's point, and every level.

    `points`: scenario → point (N, H) of the same series; its paths are the panel's paths × its point ÷ the panel's
    point. `observed` (N, m): what is known of the budget year's months before the forecast, NaN is nothing. Price
    errors are independent between series: one draw per series and path. `days` (N, H): the panel counts per day, its
    paths are multiplied by them. `completed`: months of the budget year that are on the paths too, each with its own
    error; `points` and `calendar` then begin in January, and the panel's first month is the last of these. `base` is
    what the paths lie around in units of the points (default: the panel's point).
    """
    paths = len(shocks.sign)
    sums = {scenario: _empty_sums(levels, paths, len(calendar.ahead_months)) for scenario in points}
    rows_of_series: dict[str, list[pl.DataFrame]] = {scenario: [] for scenario in points}
    for name, (rows, of_name) in levels.items():
        chosen = Panel([panel.ids[row] for row in rows], panel.history[rows], panel.point[rows])
        of_rows = Valuation(valuation.price[rows], valuation.deviation[rows])
        errors = np.random.default_rng([seed, hash_id(f"lag of {name}")]).standard_t(FREEDOM, paths)
        known_months = _KnownMonths(None if days is None else days[rows], completed, T_SCALE * errors).take(rows)
        of_points = {s: p[rows] for s, p in points.items()}
        of_base = chosen.point if base is None else base[rows]
        consumer = _Consumer(chosen, of_base, of_points, of_rows, calendar, of_name, seed, known_months)
        for block, found in sample_blocks(chosen, uncertainty.take(rows), shocks, consumer):
            for scenario, (bounds, euro, volume) in found.items():
                sums[scenario][name].euro[:] += euro
                sums[scenario][name].volume[:] += volume
                seen = np.nansum(observed[rows[block]], axis=1)
                of_block = (series[rows[block].tolist()], bounds, seen, of_rows.price[block])
                rows_of_series[scenario].append(_bound_series(*of_block, calendar))
    return SampledScenarios({s: pl.concat(frames) for s, frames in rows_of_series.items()}, sums)


def _empty_sums(
    levels: Mapping[str, tuple[npt.NDArray[np.int64], Levels]], paths: int, months: int
) -> dict[str, LevelSums]:
    """Sums of every uitvoerder's levels before any series was added."""
    found = {}
    for name, (_, of_name) in levels.items():
        shape = (len(of_name.labels), paths, months + 1)
        found[name] = LevelSums(of_name, np.zeros(shape, np.float32), np.zeros(shape, np.float32))
    return found


def _bound_series(
    series: pl.DataFrame, bounds: FloatArray, seen: FloatArray, price: FloatArray, calendar: Calendar
) -> pl.DataFrame:
    """Rows of a block of series: bounds of the months ahead, and cumulative on what the year already has (`seen`)."""
    months = len(calendar.ahead_months)
    start = np.concatenate([np.zeros((len(seen), months)), np.repeat(seen[:, None], months, axis=1)], axis=1)
    value = start * price[:, None]
    return bound_rows(_label_series(series), bounds[0] + start, bounds[1] + value, calendar.ahead_months)


class _KnownMonths(NamedTuple):
    """What turns the paths of a panel into those of the year: days, completed months, the uitvoerder's error (n,)."""

    days: FloatArray | None
    completed: CompletedMonths | None
    common: FloatArray

    def take(self, rows: npt.NDArray[np.int64]) -> _KnownMonths:
        """The completed months of some of the series."""
        return self._replace(completed=None if self.completed is None else self.completed.take(rows))

    def apply(self, block: slice, ids: Sequence[str], paths: PathArray, seed: int) -> PathArray:
        """Paths (B, n, H) in volume, from January on where months are completed."""
        if self.days is not None:
            paths = paths * self.days[block].astype(np.float32)[:, None]
        if self.completed is None:
            return paths
        volume, common, own = (part[block].astype(np.float32) for part in self.completed)
        known = np.repeat(volume[:, None, :], paths.shape[1], axis=1)
        known *= 1 + common[:, None, :] * self.common.astype(np.float32)[None, :, None]
        for row in np.flatnonzero((own * np.abs(volume)).any(axis=1)):
            rng = np.random.default_rng([seed + 1, hash_id(ids[block.start + row])])
            drawn = T_SCALE * rng.standard_t(FREEDOM, known.shape[1:])
            known[row] += volume[row] * own[row] * drawn.astype(np.float32)
        positive = volume >= 0
        known = np.where(positive[:, None, :], np.maximum(known, 0), known)
        return np.concatenate([known, paths[:, :, 1:]], axis=2)


class _Consumer:
    """Turns the paths of a block into series bounds and level sums, per scenario; holds what a block needs."""

    def __init__(
        self,
        panel: Panel,
        base: FloatArray,
        points: Mapping[str, FloatArray],
        valuation: Valuation,
        calendar: Calendar,
        levels: Levels,
        seed: int,
        known_months: _KnownMonths,
    ) -> None:
        self.panel, self.base, self.points, self.known_months = panel, base, points, known_months
        self.valuation, self.calendar, self.levels, self.seed = valuation, calendar, levels, seed

    def __call__(
        self, block: slice, paths: PathArray
    ) -> tuple[slice, dict[str, tuple[FloatArray, npt.NDArray[np.float32], npt.NDArray[np.float32]]]]:
        found = {}
        paths = self.known_months.apply(block, self.panel.ids, paths, self.seed)
        euro_per_unit = self._draw_prices(block, paths.shape[1])
        base, plain = self.base[block], None
        for scenario, points in self.points.items():
            point = points[block]
            volume = paths
            scale = self._find_scale(base, point)
            if scale is not None and plain is not None:
                bounds, sums, volume_sums = plain
                months = np.array([scale[0]] * (sums.shape[2] - 1) + [scale[1]], np.float32)
                found[scenario] = (bounds * scale[0], sums * months, volume_sums * months)
                continue
            if not (point == base).all():
                ratio = np.where(base != 0, point / np.where(base != 0, base, 1.0), 0.0)
                volume = paths * ratio.astype(np.float32)[:, None]
                volume += np.where(base == 0, point, 0.0).astype(np.float32)[:, None]
            found[scenario] = self._read_off(block, volume, euro_per_unit)
            if volume is paths:
                plain = found[scenario]
        return block, found

    def _find_scale(self, base: FloatArray, point: FloatArray) -> tuple[float, float] | None:
        """How a point scales the base in the months ahead and in the year after, when it does so by one number each."""
        scales = []
        for months in (self.calendar.ahead, self.calendar.next_year):
            moves = base[:, months] != 0
            ratio = point[:, months][moves] / base[:, months][moves]
            if (point[:, months][~moves] != 0).any() or (len(ratio) and np.ptp(ratio) > SAME_RATIO):
                return None
            scales.append(float(ratio[0]) if len(ratio) else 1.0)
        return scales[0], scales[1]

    def _draw_prices(self, block: slice, paths: int) -> npt.NDArray[np.float32]:
        """Euro per unit on every path (B, n): an error of the price is the same in all months."""
        price, deviation = self.valuation.price[block], self.valuation.deviation[block]
        drawn = np.repeat(price.astype(np.float32)[:, None], paths, axis=1)
        for place in np.flatnonzero(deviation > 0):
            rng = np.random.default_rng([self.seed, hash_id(self.panel.ids[block.start + place])])
            drawn[place] *= np.exp(deviation[place] * rng.standard_normal(paths)).astype(np.float32)
        return drawn

    def _read_off(
        self, block: slice, volume: PathArray, euro_per_unit: npt.NDArray[np.float32]
    ) -> tuple[FloatArray, npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        ahead = volume[:, :, self.calendar.ahead]
        year_after = volume[:, :, self.calendar.next_year].sum(axis=2, keepdims=True)
        kept = np.concatenate([ahead, year_after], axis=2)
        price, unsure = self.valuation.price[block], self.valuation.deviation[block] > 0
        count = len(self.levels.labels)
        weights = np.concatenate([self.levels.euro[:, block] * price, np.nan_to_num(self.levels.volume[:, block])])
        sums = (weights.astype(np.float32) @ kept.reshape(len(kept), -1)).reshape(2 * count, *kept.shape[1:])
        # Months, then the year up to each: the last of them is the year. Paths lie side by side to be sorted.
        months = np.ascontiguousarray(ahead.transpose(0, 2, 1))
        series = np.concatenate([months, np.cumsum(months, axis=1)], axis=1)
        of_volume = sort_bounds(series)
        of_euro = of_volume * price[:, None]
        if unsure.any():
            error = euro_per_unit[unsure] - price[unsure].astype(np.float32)[:, None]
            extra = (kept[unsure] * error[:, :, None]).reshape(int(unsure.sum()), -1)
            sums[:count] += (self.levels.euro[:, block][:, unsure].astype(np.float32) @ extra).reshape(
                sums[:count].shape
            )
            of_euro[:, unsure] = sort_bounds(series[unsure] * euro_per_unit[unsure][:, None])
        return np.stack([of_volume, of_euro]), sums[:count], sums[count:]


def bound_rows(labels: pl.DataFrame, volume: FloatArray, euro: FloatArray, months: Sequence[date]) -> pl.DataFrame:
    """Rows per label × period × month, columns of BOUNDS_SCHEMA.

    `labels`: L rows of PLACE; `volume`, `euro`: bounds (4, L, 2M), the months and then the year up to each of them; a
    NaN volume is null. The year is the last of these.
    """
    count = labels.height
    periods = ["month"] * len(months) + ["cumulative"] * len(months)
    values = {
        name: part[place].T.ravel()
        for part, names in ((volume, VOLUME_BOUNDS), (euro, EURO_BOUNDS))
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


def _label_series(series: pl.DataFrame) -> pl.DataFrame:
    return series.select(
        pl.lit("series").alias("level"),
        "wlz_uitvoerder",
        pl.lit(NATION).alias("zorgkantoorregio"),
        "prestatiegroep",
        "prestatiecode",
    )
