"""Joint sample paths of the pgb stands of a budget year: how far December can be from the forecast.

Here: paths round the point of `forecast_pgb`, joint over regions, so that a sum of regions has bounds too. Not here:
the point (`pgb.py`), quantiles of paths (`sampling.take_bounds`), chances against the kader (`bounds/exceedance.py`).

The recipe (methods, pgb, bounds). A stand is point × (1 + own error + common error). The own error is one region's,
the common error all regions'. How large they are is learnt per month ahead from how the rise of the stand changed from
year to year; both are walks that start at 0 in the last observed month and end with the tails of Student's t.
"""

import warnings
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl
from scipy.special import stdtrit

from wlz.forecasting.ets import BoolArray, FloatArray
from wlz.forecasting.paths import hash_id
from wlz.pgb.pgb import PgbError
from wlz.words.months import MONTHS_PER_YEAR

# Relative standard deviation per √month of what is one region's own, where its past says nothing. How unlike regions
# are: ln(expected December ÷ stand of March 2018) of the 31 regions of the letter has deviation 0.0198 over 9 months.
OWN_DEFAULT = 0.0066
OWN_DEFAULT_CHANGES = 4.0  # changes of the rise the default counts for, against those seen, in logs
# Relative standard deviation per √month of what hits all regions at once: 1.2 % from March to December. No source has
# stands of several years; VWS put pgb 2018 at 1,984 mln in spring and at 1,919 mln in the end, 3.3 % lower.
COMMON_DEFAULT = 0.004
COMMON_DEFAULT_YEARS = 1.0  # years the default counts for, against the one or two seen
OWN_FREEDOM, OWN_SCALE = 5.0, 0.87  # Student's t that agrees with the normal on 80 % and is wider on 95 %
COMMON_FREEDOM, COMMON_SCALE = 3.0, 0.8  # likewise; heavier tails, for it rests on one or two years
OWN_QUANTILE, OWN_QUANTILE_SCORE = 0.8, 1.2816  # of |change|; not swayed by a fifth of the regions being odd
OUTLIER_SCORE = 3.0  # a region's change counts up to this many deviations in the mean over regions
REGION_DEFAULT_CHANGES = 3.0  # changes of a usual region that its own changes are weighed against
REGION_LIMIT = 3.0  # a region's deviation is at most this many times the usual one
GAP_SHARE = 0.5  # a deviation is at least this share of the distance between the forecast and the rise of earlier years
CONSTANT_MONTHS = 24  # a stand the same for so many months is certain


class PgbPaths(NamedTuple):
    """Stands on joint paths.

    `regions` sorted, their `uitvoerders`, the 12 `months` of the budget year, `euro` (R, paths, 12) in euro. Path p of
    one region belongs to path p of every other.
    """

    regions: list[str]
    uitvoerders: list[str]
    months: list[date]
    euro: FloatArray


class PgbSpread(NamedTuple):
    """Relative standard deviation 1 … H months ahead: `own` (R, H) of a region alone, `common` (H,) of all at once."""

    own: FloatArray
    common: FloatArray


class _Panel(NamedTuple):
    """R regions × T months, the last of which is December of the budget year.

    NaN is unknown. `end`: column of the last observed stand of each region.
    """

    regions: list[str]
    uitvoerders: list[str]
    stand: FloatArray
    point: FloatArray
    end: np.ndarray[tuple[int], np.dtype[np.int64]]


def simulate_pgb(
    forecast: pl.DataFrame, stands: pl.DataFrame, *, budget_year: int, paths: int = 1000, seed: int = 0
) -> PgbPaths:
    """Stand of every region in every month of the budget year on `paths` joint paths, in euro.

    In: `forecast` of ``forecast_pgb``; `stands` of ``build_pgb_stands``, all that is known (what lies after the last
    stand in `forecast` is not looked at). Out: an observed month is that stand on every path; a month between or before
    observed ones takes its neighbour's, as in ``utilisation_path.monthly_path``; the middle of a forecast month is its
    point, for sums of regions too, and nothing is below 0. Rule: see the module and ``learn_spread``; ours, the letter
    has no bounds. The numbers drawn depend on `seed` and the name of a region only. Limit: errors shared by the regions
    of one uitvoerder alone are not known of; a change of policy is not in the past. Raises PgbError without a month of
    the budget year in `forecast`, ValueError for fewer than 2 paths.

    >>> simulate_pgb(forecast, stands, budget_year=2018).euro.sum(axis=0).shape  # doctest: +SKIP
    (1000, 12)
    """
    if paths < 2:
        raise ValueError(f"expected at least 2 paths, found {paths}")
    panel = _arrange(forecast, stands, budget_year)
    months = [date(budget_year, number, 1) for number in range(1, MONTHS_PER_YEAR + 1)]
    known = _fill_gaps(np.where(np.isnan(panel.point), panel.stand, panel.point)[:, -MONTHS_PER_YEAR:])
    euro = np.repeat(known[:, None, :], paths, axis=1)
    last = panel.stand.shape[1] - 1
    common_steps = _draw_steps("common", seed, last - int(panel.end.min()), paths)
    for end in np.unique(panel.end[panel.end < last]):
        rows = np.flatnonzero(panel.end == end)
        ahead = last - int(end)
        spread = learn_spread(panel.stand, panel.point, rows, int(end))
        certain = find_constant(panel.stand[rows, : end + 1])
        common = _walk(common_steps[:ahead], spread.common, COMMON_FREEDOM, COMMON_SCALE)
        shown = slice(-min(ahead, MONTHS_PER_YEAR), None)
        for place in np.flatnonzero(~certain):
            row = rows[place]
            steps = _draw_steps(f"region/{panel.regions[row]}", seed, ahead, paths)
            error = common + _walk(steps, spread.own[place], OWN_FREEDOM, OWN_SCALE)
            euro[row, :, shown] *= np.maximum(1.0 + error[:, shown], 0.0)
    return PgbPaths(panel.regions, panel.uitvoerders, months, euro)


def _arrange(forecast: pl.DataFrame, stands: pl.DataFrame, budget_year: int) -> _Panel:
    """Regions of the forecast × months from the first stand to December of the budget year."""
    december = date(budget_year, MONTHS_PER_YEAR, 1)
    columns = ["zorgkantoorregio", "month"]
    in_forecast = forecast.filter(pl.col("month") <= december)
    if in_forecast.filter(pl.col("month").dt.year() == budget_year).is_empty():
        raise PgbError(
            f"no month of {budget_year} in the forecast of pgb stands. Next: call forecast_pgb with budget_year="
            f"{budget_year} and hand over what it returns"
        )
    observed = in_forecast.filter(pl.col("granted_stand_eur").is_not_null())
    regions = (
        in_forecast.sort("month")
        .group_by("zorgkantoorregio")
        .agg(pl.col("wlz_uitvoerder").last())
        .sort("zorgkantoorregio")
    )
    ends = observed.group_by("zorgkantoorregio").agg(pl.col("month").max().alias("end"))
    past = stands.filter(pl.col("month") <= observed["month"].max(), pl.col("granted_eur").is_not_null())
    first = min(day for day in (past["month"].min(), in_forecast["month"].min()) if isinstance(day, date))
    calendar = pl.DataFrame({"month": pl.date_range(first, december, "1mo", eager=True)})
    grid = (
        regions.join(calendar, how="cross")
        .join(past.select(*columns, pl.col("granted_eur").cast(pl.Float64)), on=columns, how="left")
        .join(in_forecast.select(*columns, "granted_stand_eur", "forecast_stand_eur"), on=columns, how="left")
        .join(ends, on="zorgkantoorregio", how="left")
        .with_columns(pl.coalesce(pl.col("granted_stand_eur").cast(pl.Float64), "granted_eur").alias("stand"))
        .sort(columns)
    )
    shape = (regions.height, calendar.height)
    stand, point = (
        grid[name].cast(pl.Float64).fill_null(np.nan).to_numpy().reshape(shape).astype(np.float64)
        for name in ("stand", "forecast_stand_eur")
    )
    end = (grid["month"] == grid["end"]).fill_null(False).to_numpy().reshape(shape).argmax(axis=1).astype(np.int64)
    return _Panel(regions["zorgkantoorregio"].to_list(), regions["wlz_uitvoerder"].to_list(), stand, point, end)


def _fill_gaps(stands: FloatArray) -> FloatArray:
    """Months of a year (R, 12) without a stand take the one before, else the one after, else 0."""
    filled = stands.copy()
    for column in range(1, MONTHS_PER_YEAR):
        filled[:, column] = np.where(np.isnan(filled[:, column]), filled[:, column - 1], filled[:, column])
    for column in range(MONTHS_PER_YEAR - 2, -1, -1):
        filled[:, column] = np.where(np.isnan(filled[:, column]), filled[:, column + 1], filled[:, column])
    return np.nan_to_num(filled)


def find_constant(stand: FloatArray) -> BoolArray:
    """Which of R regions had the same stand in their last CONSTANT_MONTHS months with a stand; (R, T) with NaN.

    >>> find_constant(np.array([[5.0] * 24, [5.0] * 23 + [6.0]]))
    array([ True, False])
    """
    found = np.zeros(len(stand), dtype=np.bool_)
    for row, values in enumerate(stand):
        recent = values[~np.isnan(values)][-CONSTANT_MONTHS:]
        found[row] = len(recent) == CONSTANT_MONTHS and recent.max() == recent.min()
    return found


def learn_spread(stand: FloatArray, point: FloatArray, rows: np.ndarray, end: int) -> PgbSpread:
    """Deviations of the regions `rows` whose last stand is in column `end`, per month ahead up to the last column.

    `stand`, `point` (R, T): all regions count for what is usual. A rise is ln(stand h months on ÷ stand), from the same
    calendar month as `end`; a change is the rise of one year less that of the year before. Own: quantile of the
    changes' distance from their middle, weighed in logs with OWN_DEFAULT · √h; larger for a region that changed more
    than usual. Common: root of the mean square of the yearly mean changes, with COMMON_DEFAULT · √h as one more year.
    Neither falls with the months ahead, nor is it below GAP_SHARE of what the forecast departs from the rise of
    earlier years.
    """
    ahead = stand.shape[1] - 1 - end
    root = np.sqrt(np.arange(1, ahead + 1))
    logs = np.log(np.where(stand > 0, stand, np.nan))
    logs[find_constant(stand[:, : end + 1])] = np.nan
    starts = range(end - MONTHS_PER_YEAR, -1, -MONTHS_PER_YEAR)
    rises = np.full((len(starts), len(stand), ahead), np.nan)
    for year, start in enumerate(starts):
        seen = logs[:, start + 1 : start + 1 + ahead]
        rises[year, :, : seen.shape[1]] = seen - logs[:, start : start + 1]
    changes = rises[:-1] - rises[1:]
    own, common = OWN_DEFAULT * root, np.square(COMMON_DEFAULT * root) * COMMON_DEFAULT_YEARS
    usual = _own_deviation(changes, own)
    weight = np.where(np.isnan(logs[:, end]), 0.0, stand[:, end])
    years = np.full(ahead, COMMON_DEFAULT_YEARS)
    for of_year in changes:
        mean = _robust_mean(of_year, usual, weight)
        common += np.nan_to_num(np.square(mean))
        years += ~np.isnan(mean)
    gap = np.log(np.where(point[:, end + 1 :] > 0, point[:, end + 1 :], np.nan)) - logs[:, end : end + 1]
    gap -= _mean_rise(rises)
    gap_of_all = np.nan_to_num(_robust_mean(gap, usual, weight))
    deviation = usual * _region_factor(changes, usual)[:, None]
    unseen = np.isnan(changes).all(axis=(0, 2))
    deviation[unseen] = np.maximum(deviation[unseen], own)
    deviation = np.maximum(deviation, GAP_SHARE * np.abs(np.nan_to_num(gap - gap_of_all)))
    shared = np.maximum(np.sqrt(common / years), GAP_SHARE * np.abs(gap_of_all))
    return PgbSpread(np.maximum.accumulate(deviation[rows], axis=1), np.maximum.accumulate(shared))


def _own_deviation(changes: FloatArray, default: FloatArray) -> FloatArray:
    """Usual deviation (H,) of a region's own part from changes (years, R, H), never falling with the months ahead."""
    found = default.copy()
    for step in range(len(default)):
        distances = []
        for of_year in changes[:, :, step]:
            seen = of_year[~np.isnan(of_year)]
            if len(seen) > 1:  # of a single region nothing is its own
                distances.append(np.abs(seen - np.median(seen)) * np.sqrt(len(seen) / (len(seen) - 1)))
        if distances:
            count = sum(len(distance) - 1 for distance in distances)
            size = np.quantile(np.concatenate(distances), OWN_QUANTILE) / OWN_QUANTILE_SCORE
            share = count / (count + OWN_DEFAULT_CHANGES)
            found[step] = np.maximum(size, np.finfo(float).eps) ** share * default[step] ** (1 - share)
    return np.maximum.accumulate(found)


def _robust_mean(values: FloatArray, usual: FloatArray, weight: FloatArray) -> FloatArray:
    """Weighted mean (H,) of values (R, H), each at most OUTLIER_SCORE deviations from their middle; NaN without any."""
    middle = _nan_median(values)
    near = np.clip(values - middle, -OUTLIER_SCORE * usual, OUTLIER_SCORE * usual)
    weights = np.where(np.isnan(near), 0.0, weight[:, None])
    total = weights.sum(axis=0)
    mean = (np.nan_to_num(near) * weights).sum(axis=0) / np.where(total > 0, total, 1.0)
    return np.where(total > 0, middle + mean, np.nan)


def _nan_median(values: FloatArray) -> FloatArray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a month no region has is NaN
        return np.asarray(np.nanmedian(values, axis=0), dtype=np.float64)


def _mean_rise(rises: FloatArray) -> FloatArray:
    """Mean over the earlier years (R, H); NaN where no year has it."""
    known = ~np.isnan(rises)
    count = known.sum(axis=0)
    total = np.where(known, rises, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _region_factor(changes: FloatArray, usual: FloatArray) -> FloatArray:
    """How many times the usual deviation each of R regions has, 1 … REGION_LIMIT, from its own changes."""
    middle = np.stack([_nan_median(of_year) for of_year in changes]) if len(changes) else np.zeros((0, len(usual)))
    score = np.square((changes - middle[:, None]) / usual)
    known = ~np.isnan(score)
    seen = known.any(axis=2).sum(axis=0)
    mean = np.where(known, score, 0.0).sum(axis=(0, 2)) / np.maximum(known.sum(axis=(0, 2)), 1)
    factor = np.sqrt((REGION_DEFAULT_CHANGES + seen * mean) / (REGION_DEFAULT_CHANGES + seen))
    return np.asarray(np.clip(factor, 1.0, REGION_LIMIT), dtype=np.float64)


def _draw_steps(name: str, seed: int, ahead: int, paths: int) -> FloatArray:
    """Normal numbers (ahead, paths), December first, so that a step belongs to its month whatever was observed last.

    The second half of the paths mirrors the first (an odd one out does not move): so the middle is the point, and that
    of a sum the sum of the points.
    """
    half = np.random.default_rng([seed, hash_id(f"pgb/{name}")]).standard_normal((max(ahead, 0), paths // 2))
    return np.concatenate([half, -half, np.zeros((len(half), paths % 2))], axis=1)


def _walk(steps: FloatArray, deviation: FloatArray, freedom: float, scale: float) -> FloatArray:
    """Errors (paths, H) of a walk whose month h has `deviation` (H,) and the tails of Student's t.

    Of the walk only the ranks of the paths in a month are kept; they are given the quantiles of t. So bounds of a
    single error do not depend on the luck of the draw.
    """
    paths = steps.shape[1]
    variance = np.diff(np.square(deviation), prepend=0.0)
    walk = np.cumsum(np.sqrt(np.maximum(variance, 0.0))[:, None] * steps[::-1], axis=0)
    score = scale * stdtrit(freedom, (np.arange(paths) + 0.5) / paths)
    error = np.empty_like(walk)
    order = walk.argsort(axis=1, kind="stable")
    np.put_along_axis(error, order, np.broadcast_to((score - score[::-1]) / 2, walk.shape), axis=1)
    return np.asarray((error * deviation[:, None]).T, dtype=np.float64)
