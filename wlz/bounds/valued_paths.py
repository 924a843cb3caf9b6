"""What is sampled for scenarios that stand on one engine, and its paths turned into volumes and euro of every scenario.

Here: the record of everything the paths rest on, and which series make up which level; days and completed months on the
paths; scenarios beside the point the paths lie around; the uncertainty of prices. Not here: how a path comes about
(`forecasting/paths.py`), bounds (`read_off.py`), pgb (`pgb/paths.py`).
"""

from collections.abc import Mapping
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from wlz.bounds.calendar import Calendar
from wlz.forecasting.ets import FloatArray
from wlz.forecasting.paths import PathArray, Shocks, hash_id
from wlz.forecasting.sampling import Panel, Uncertainty
from wlz.runoff.retrospect import FREEDOM, T_SCALE
from wlz.words.vocabulary import NATION, PLACE, SERIES_KEY


class Valuation(NamedTuple):
    """Euro per unit of N series: `price` (0 without one), `deviation` its relative standard deviation (0: unknown)."""

    price: FloatArray
    deviation: FloatArray


class Seen(NamedTuple):
    """What the budget year already has, of N series: `volume` and its `euro`."""

    volume: FloatArray
    euro: FloatArray


class CompletedMonths(NamedTuple):
    """Months of the budget year completed for lag, before the forecast.

    `volume` (N, c), relative standard deviations `common` (N, c), shared by the series of an uitvoerder, and `own` (N,
    c).
    """

    volume: FloatArray
    common: FloatArray
    own: FloatArray


class Levels(NamedTuple):
    """What the series of one uitvoerder add up to.

    Its `rows` among all series (N,), `labels` (level, region, group), `euro` and `volume` weights (L, N).

    A volume is added up where all series of the level count in the same unit, elsewhere its weights are NaN.
    """

    uitvoerder: str
    rows: npt.NDArray[np.int64]
    labels: list[tuple[str, str, str | None]]
    euro: FloatArray
    volume: FloatArray


class Sampling(NamedTuple):
    """Everything the paths of N series rest on, for all scenarios of a family.

    `panel` with its `uncertainty` and `shocks` makes the paths. They lie around `base` (N, H) in units of `points`
    (scenario → (N, H)); the paths of a scenario are these × its point ÷ base. `days` (N, H'): the panel counts per day,
    its paths are multiplied by them (None: it counts months). `completed`: months of the budget year that are on the
    paths too, each with its own error; base, points and calendar then begin in January, and the panel's first month is
    the last of these. `seen` is what the year already has before the first point. `series` has a row per series:
    prestatiecode, wlz_uitvoerder, prestatiegroep, is_mixed (its group counts in several units), in_base (meerzorg is
    not: it has its own item); `shares` of every region in them are those of `complete_shares`.
    """

    panel: Panel
    uncertainty: Uncertainty
    shocks: Shocks
    base: FloatArray
    points: Mapping[str, FloatArray]
    days: FloatArray | None
    completed: CompletedMonths | None
    seen: Seen
    valuation: Valuation
    calendar: Calendar
    series: pl.DataFrame
    shares: pl.DataFrame
    levels: list[Levels]
    seed: int

    def take(self, levels: Levels) -> Self:
        """The same for the series of one uitvoerder."""
        rows = levels.rows
        panel, completed = self.panel, self.completed
        return self._replace(
            panel=Panel([panel.ids[row] for row in rows], panel.history[rows], panel.point[rows]),
            uncertainty=self.uncertainty.take(rows),
            base=self.base[rows],
            points={scenario: point[rows] for scenario, point in self.points.items()},
            days=None if self.days is None else self.days[rows],
            completed=None if completed is None else CompletedMonths(*(part[rows] for part in completed)),
            seen=Seen(*(part[rows] for part in self.seen)),
            valuation=Valuation(*(part[rows] for part in self.valuation)),
            series=self.series[rows.tolist()],
            levels=[levels],
        )


def build_levels(series: pl.DataFrame, shares: pl.DataFrame) -> list[Levels]:
    """The levels of every uitvoerder.

    `series`: one row per series in the order of the panel: prestatiecode, wlz_uitvoerder, prestatiegroep, is_mixed,
    in_base (meerzorg is not: it has its own item). `shares` of `complete_shares`.
    """
    found = []
    for (uitvoerder,), mine in series.with_row_index("row").group_by("wlz_uitvoerder", maintain_order=True):
        in_base, mixed = mine["in_base"].to_numpy().astype(float), mine["is_mixed"].fill_null(False).to_numpy()
        unknown = np.full(mine.height, np.nan)
        labels: list[tuple[str, str, str | None]] = [("uitvoerder", NATION, None)]
        euro, volume = [in_base], [unknown]
        of_uitvoerder = shares.filter(pl.col("wlz_uitvoerder") == uitvoerder)
        for region in of_uitvoerder["zorgkantoorregio"].unique().sort():
            of_region = of_uitvoerder.filter(pl.col("zorgkantoorregio") == region)
            of_region = of_region.select("prestatiecode", "region_share_ratio")
            share = mine.join(of_region, on="prestatiecode", how="left", maintain_order="left")["region_share_ratio"]
            labels.append(("region", region, None))
            euro.append(in_base * share.to_numpy())
            volume.append(unknown)
        for group in mine.filter("in_base")["prestatiegroep"].unique().sort():
            inside = (mine["prestatiegroep"] == group).to_numpy()
            labels.append(("group", NATION, group))
            euro.append(in_base * inside)
            volume.append(unknown if mixed[inside].any() else in_base * inside)
        rows = mine["row"].to_numpy().astype(np.int64)
        found.append(Levels(str(uitvoerder), rows, labels, np.stack(euro), np.stack(volume)))
    return found


def complete_shares(series: pl.DataFrame, shares: pl.DataFrame) -> pl.DataFrame:
    """Share of every region in every series of its uitvoerder, as ``regions.split_to_regions`` divides it.

    In: `series` (prestatiecode, wlz_uitvoerder), `shares` of ``regions.region_shares``. Out: prestatiecode,
    wlz_uitvoerder, zorgkantoorregio, region_share_ratio, which add up to 1 per series: by the prestatie's own euro;
    without any by the region's euro in all; without any equally.
    """
    weight = pl.col("window_amount_eur").cast(pl.Float64).clip(lower_bound=0)
    regions = shares.group_by(PLACE).agg(weight.sum().alias("all_weight")).sort(PLACE)
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


def count_volume(sampling: Sampling, block: slice, paths: PathArray) -> PathArray:
    """Paths (B, n, H) of a block of one uitvoerder's series in volume, from January on where months are completed.

    Errors of completed months: what the uitvoerder has in common is one draw per path, what is a series' own one per
    path and month; Student's t, scaled so that its 80 % bound is that of the normal.
    """
    if sampling.days is not None:
        paths = paths * sampling.days[block].astype(np.float32)[:, None]
    if sampling.completed is None:
        return paths
    (levels,), ids, count = sampling.levels, sampling.panel.ids, len(sampling.shocks.sign)
    seeds = [sampling.seed, hash_id(f"lag of {levels.uitvoerder}")]
    errors: FloatArray = T_SCALE * np.random.default_rng(seeds).standard_t(FREEDOM, count)
    shared = errors.astype(np.float32)
    volume, common, own = (part[block].astype(np.float32) for part in sampling.completed)
    known = np.repeat(volume[:, None, :], count, axis=1)
    known *= 1 + common[:, None, :] * shared[None, :, None]
    for row in np.flatnonzero((own * np.abs(volume)).any(axis=1)):
        rng = np.random.default_rng([sampling.seed + 1, hash_id(ids[block.start + row])])
        drawn = T_SCALE * rng.standard_t(FREEDOM, known.shape[1:])
        known[row] += volume[row] * own[row] * drawn.astype(np.float32)
    positive = volume >= 0
    known = np.where(positive[:, None, :], np.maximum(known, 0), known)
    return np.concatenate([known, paths[:, :, 1:]], axis=2)


def draw_prices(sampling: Sampling, block: slice) -> npt.NDArray[np.float32]:
    """Euro per unit on every path (B, n): an error of the price is the same in all months.

    Errors are independent between series: one draw per series and path.
    """
    price, deviation = (part[block] for part in sampling.valuation)
    paths = len(sampling.shocks.sign)
    drawn = np.repeat(price.astype(np.float32)[:, None], paths, axis=1)
    for place in np.flatnonzero(deviation > 0):
        rng = np.random.default_rng([sampling.seed, hash_id(sampling.panel.ids[block.start + place])])
        drawn[place] *= np.exp(deviation[place] * rng.standard_normal(paths)).astype(np.float32)
    return drawn
