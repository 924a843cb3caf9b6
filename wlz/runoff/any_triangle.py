"""The lag method on anybody's triangle: a frame of care and delivery months in, completed months with bounds out.

In: any key columns, `care_month`, `delivery_month` and `value`, cumulative, in any unit. Out: a row per key and care
month and a total per key. Files are read and written elsewhere (`pipelines/cli/complete.py`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from wlz.files.deliveries import add_first_zeros, drop_copy, drop_filled, refuse_mixed_grain, refuse_other_unit
from wlz.files.reading import PanelError, Reading
from wlz.files.triangle import (
    TriangleRows,
    add_up_lags,
    read_triangle,
    refuse_cumulative,
    refuse_increments,
    refuse_missing_increments,
)
from wlz.files.weeks import WeekNames
from wlz.forecasting.engines import ENGINES
from wlz.forecasting.ets import SEASON_MONTHS, BoolArray, FloatArray, IntArray
from wlz.runoff import (
    Completion,
    LagError,
    Triangle,
    benktander,
    bornhuetter_ferguson,
    build_triangle,
    cape_cod,
    chain_ladder,
    complete_cells,
    completeness_from_factors,
    completeness_learnt,
    credibility_factors,
    development_factors,
    fill_gaps,
    latest,
    latest_lag,
    mack_standard_error,
    measure_scatter,
    nowcast_interval,
    retrospective_errors,
    spread_scatter,
    used_pairs,
)
from wlz.runoff.a_priori import expect_level
from wlz.runoff.completed_rows import BOUND_NAMES, Found, in_weeks, label_keys, to_rows
from wlz.runoff.completion import complete_months, forecast_known

AXES = ("care_month", "delivery_month", "value")
AS_GIVEN = Reading()
METHODS = ("bornhuetter_ferguson", "chain_ladder", "benktander", "cape_cod", "mack")
DEFAULT_METHOD = "bornhuetter_ferguson"
MACK_NAME = "mack (sigma: mack)"
ROW_NAMES = ("declared", "completed", "completeness_ratio", *BOUND_NAMES, "standard_error", "method")
FACTOR_NAMES = ("lag_months", "to_lag_months", "development_factor", "completeness_ratio", "ratios_count")
SCORES = (-1.2815515655446004, 1.2815515655446004, -1.959963984540054, 1.959963984540054)
FOLLOWING_SHARE = 0.5  # of the deliveries come a month after another
FULL_MONTHS, FULL_DELIVERIES = 2 * SEASON_MONTHS, 13  # for month of the year, late deliveries and retrospective errors
N_DIAGONALS, N_DIAGONALS_OF_WEEKS = 12, 26
A_PRIORI_ENGINE = "ets_average"


class CompletedTriangle(NamedTuple):
    """`rows` and `factors` as `wlz complete` writes them; `said` is what was understood of the file."""

    rows: pl.DataFrame
    factors: pl.DataFrame
    said: tuple[str, ...] = ()
    is_weekly: bool = False


class Shape(NamedTuple):
    """A triangle, and whether its months stand for weeks: those have no season of twelve."""

    triangle: Triangle
    is_weekly: bool = False

    @property
    def diagonals(self) -> int | None:
        """How many of the last deliveries link ratios are learnt from; None: all, where steps are not even."""
        if not _ends_on_diagonal(self.triangle.values):
            return None
        return N_DIAGONALS_OF_WEEKS if self.is_weekly else N_DIAGONALS


def complete_frame(
    frame: pl.DataFrame,
    keys: Sequence[str] | None = None,
    method: str = DEFAULT_METHOD,
    reading: Reading = AS_GIVEN,
) -> CompletedTriangle:
    """Every care month of every key completed, with 80 and 95 % bounds.

    `frame`: columns of `keys` (default: all with a name but the axes), care_month and delivery_month (dates, or text
    2018-05 or 2018-05-01) and value, cumulative, in any unit. `mack`: the textbook chain ladder on all deliveries with
    Mack's standard error. The other methods: factors by credibility over the last twelve deliveries (all keys → first
    key → each), and with two years of months and thirteen deliveries the whole lag method (`wlz/runoff/completion.py`)
    with bounds from earlier deliveries; with less Mack's standard error. A key of which no care month was delivered
    twice has no standard error or bounds (null), and by `mack` nothing completed. Totals are those of the rows shown.

    Raises LagError for a frame that is no triangle or has one delivery only, PanelError for a month or value that is
    none.

    >>> complete_frame(pl.read_csv("triangle.csv")).rows.columns[:3]  # doctest: +SKIP
    ['care_month', 'declared', 'completed']
    """
    if method not in METHODS:
        raise LagError(f"method: found {method!r}, expected one of {', '.join(METHODS)}")
    triangle, said, weeks = open_triangle(frame, keys, reading)
    if (~np.isnan(triangle.values)).sum(axis=2).max() < 2:
        raise LagError(
            f"found one delivery of every care {_unit(weeks)}, expected at least two: from one nothing can be learnt "
            "about what comes later. Likely only the last delivery, or a column that numbers the rows taken as a key. "
            "Next: add earlier deliveries, or name the keys"
        )
    shape = Shape(triangle, is_weekly=weeks is not None)
    found = _complete_by_mack(triangle) if method == "mack" else _complete_by_lag(shape, method)
    label = MACK_NAME if method == "mack" else method
    rows, factors = to_rows(triangle, found, label), _list_factors(shape, found.factors, method)
    described = describe_method(triangle, method, is_weekly=weeks is not None)
    if weeks:
        rows, factors = in_weeks(rows, factors, weeks)
    return CompletedTriangle(rows, factors, (*said, described), weeks is not None)


def _unit(weeks: WeekNames | None) -> str:
    return "week" if weeks else "month"


def open_triangle(
    frame: pl.DataFrame, keys: Sequence[str] | None = None, reading: Reading = AS_GIVEN
) -> tuple[Triangle, tuple[str, ...], WeekNames | None]:
    """The triangle of a table, what was understood of it, and the weeks that its months stand for.

    Raises LagError or PanelError.
    """
    _refuse_keys(frame, keys or [])
    rows = read_triangle(frame, keys, reading)
    if rows.weeks is None:
        judged = _judge_rows(rows, reading)
        return build_triangle(judged.frame, judged.keys), tuple(judged.said), None
    try:
        judged = _judge_rows(rows, reading)
        return build_triangle(judged.frame, judged.keys), tuple(map(rows.weeks.say, judged.said)), rows.weeks
    except (LagError, PanelError) as error:
        raise type(error)(rows.weeks.say(str(error))) from None


def describe_method(triangle: Triangle, method: str = DEFAULT_METHOD, *, is_weekly: bool = False) -> str:
    """Which form of a method the shape of a triangle allows, and on how many link ratios it rests."""
    values = triangle.values
    if method == "mack":
        return f"chain ladder of each key by itself, on {int(used_pairs(values).sum()):,} link ratios"
    shape = Shape(triangle, is_weekly)
    pairs = int(used_pairs(fill_gaps(values), shape.diagonals).sum())
    if _takes_whole_method(shape):
        return f"the whole lag method (months of the year, late deliveries), on {pairs:,} link ratios"
    trend = "by key a trend where it is clear, else "
    if is_weekly:
        return f"link ratios alone ({pairs:,}), {trend}the mean of older care weeks as a priori, and Mack's bounds"
    return (
        f"link ratios alone ({pairs:,}), {trend}the mean of older care months as a priori, and Mack's bounds: fewer "
        f"than {FULL_MONTHS} months or {FULL_DELIVERIES} deliveries, or other steps than months"
    )


def _takes_whole_method(shape: Shape) -> bool:
    triangle, values = shape.triangle, shape.triangle.values
    monthly = triangle.step_months == 1 and triangle.first_lag in (0, 1) and not shape.is_weekly
    deliveries = len({t + lag for t, lag in zip(*np.nonzero(~np.isnan(values).all(axis=0)), strict=True)})
    enough = values.shape[1] >= FULL_MONTHS and deliveries >= FULL_DELIVERIES
    return monthly and enough and _ends_on_diagonal(values) and _follow_each_other(values)


def _follow_each_other(values: FloatArray) -> bool:
    """Whether most deliveries come a step after another one: the method of months learns from such pairs only."""
    seen = ~np.isnan(values).all(axis=0)
    delivered = np.unique(np.add.outer(np.arange(seen.shape[0]), np.arange(seen.shape[1]))[seen])
    return bool((np.diff(delivered) == 1).mean() >= FOLLOWING_SHARE)


def _judge_rows(rows: TriangleRows, reading: Reading) -> TriangleRows:
    """Cumulative values, without what is not what it seems. Raises LagError or PanelError."""
    _refuse_keys(rows.frame, rows.keys)
    if reading.values == "increments":
        said = list[str]()
        if not reading.as_is:
            refuse_cumulative(rows.frame, rows.keys)
            known, said = drop_filled(rows.frame, rows.keys, are_increments=True)
            refuse_missing_increments(known, rows.keys)
            rows = rows._replace(frame=known)
        return rows._replace(frame=add_up_lags(rows.frame, rows.keys), said=[*rows.said, *said])
    if reading.as_is:
        return rows
    known, filled = drop_filled(rows.frame, rows.keys)
    rows = rows._replace(frame=known, said=[*rows.said, *filled])
    refuse_increments(rows.frame, rows.keys)
    refuse_other_unit(rows.frame, rows.keys)
    refuse_mixed_grain(rows.frame)
    kept, copied = drop_copy(rows.frame, rows.keys)
    whole, added = add_first_zeros(kept, rows.keys)
    return rows._replace(frame=whole, said=[*rows.said, *copied, *added])


def _refuse_keys(frame: pl.DataFrame, keys: Sequence[str]) -> None:
    kept = [name for name in keys if name in (*AXES, *ROW_NAMES, *FACTOR_NAMES)]
    if kept or len(set(keys)) < len(keys):
        raise LagError(
            f"keys: found {', '.join(keys)}, expected different columns, none of them called as a column of the result "
            f"({', '.join(dict.fromkeys((*AXES, *ROW_NAMES, *FACTOR_NAMES)))}). Next: rename the column, or name the "
            "keys"
        )
    nested = [name for name in keys if name in frame.columns and frame.schema[name].is_nested()]
    if nested:
        raise LagError(f"keys: found {nested[0]} with lists, expected text, numbers or dates. Next: unnest it")


def _complete_by_mack(triangle: Triangle) -> Found:
    values = triangle.values
    factors, share = _factors_of_mack(values)
    declared, now = latest(values), _at_latest(values, share)
    completed = np.where(now > 0, chain_ladder(declared, now), np.nan)  # of 0 known nothing follows
    return _bound_by_mack(values, completed, now, factors)


def _factors_of_mack(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Volume-weighted factors (N, L − 1), infinite from 0, and shares (N, L); NaN where a step rests on no ratio."""
    factors, pairs = development_factors(values), used_pairs(values)
    base = np.where(pairs, values[:, :, :-1], 0.0).sum(axis=1)
    grown = np.where(pairs, values[:, :, 1:], 0.0).sum(axis=1)
    factors = np.where((base == 0) & (grown > 0), np.inf, factors)
    share = completeness_from_factors(factors)
    for row, counts in enumerate(pairs.sum(axis=1)):
        share[row] = np.where(np.isnan(completeness_learnt(factors[[row]], counts)[0]), np.nan, share[row])
    return factors, share


def _bound_by_mack(values: FloatArray, completed: FloatArray, share: FloatArray, factors: FloatArray) -> Found:
    """Standard errors and bounds after Mack; NaN where none can be given, never 0 for want of link ratios."""
    declared, learnt = latest(values), _has_ratio(values)
    errors = mack_standard_error(values, development_factors(values))
    unsure = np.isnan(completed) | (share <= 0)  # of what nothing is known yet, link ratios do not say how sure it is
    unsure |= (declared == 0) & (share < 1) & (np.nansum(declared, axis=1) != 0)[:, None]
    month = np.where(learnt[:, None] & ~unsure, errors.month, np.nan)
    total = np.where(learnt & ~(unsure & ~np.isnan(declared)).any(axis=1), errors.total, np.nan)
    sums = np.nansum(declared, axis=1), np.where(np.isnan(declared), 0.0, completed).sum(axis=1)
    bounds = _bound_reserve(declared, completed, month)
    return Found(completed, share, month, total, bounds, _bound_reserve(*sums, total), factors)


def _at_latest(values: FloatArray, share: FloatArray) -> FloatArray:
    """(N, T) the share of every care month at its last observation, from shares per lag (N, L)."""
    found: FloatArray = np.take_along_axis(share, np.maximum(latest_lag(values), 0), axis=1)
    return found


def _has_ratio(values: FloatArray) -> BoolArray:
    """(N,) whether any care month was observed at two lags in a row."""
    return np.asarray(used_pairs(values).any(axis=(1, 2)))


def _bound_reserve(declared: FloatArray, completed: FloatArray, error: FloatArray) -> FloatArray:
    """Lognormal bounds of what is still to come, normal where that is not above 0; none excludes the point."""
    reserve = completed - declared
    positive = (reserve > 0) & (error > 0)
    variation = np.divide(error, reserve, out=np.zeros(reserve.shape), where=positive)
    spread = np.sqrt(np.log1p(variation**2))
    middle = np.log(reserve, out=np.zeros(reserve.shape), where=positive) - spread**2 / 2
    bounds = np.stack(
        [np.where(positive, declared + np.exp(middle + score * spread), completed + score * error) for score in SCORES]
    )
    lower, upper = np.minimum(bounds[::2], completed), np.maximum(bounds[1::2], completed)
    return np.stack([lower[0], upper[0], lower[1], upper[1]])


def _complete_by_lag(shape: Shape, method: str) -> Found:
    triangle, values = shape.triangle, shape.triangle.values
    uitvoerder = _label_first_key(triangle.keys)
    if _takes_whole_method(shape):
        return _complete_fully(triangle, uitvoerder, method)
    hierarchy = [np.zeros(len(values), dtype=np.int64), uitvoerder, np.arange(len(values))]
    filled, used = fill_gaps(values), shape.diagonals
    factors = credibility_factors(filled, hierarchy, n_diagonals=used).factor
    learnt = used_pairs(filled, used).sum(axis=(0, 1))
    share = _at_latest(values, completeness_learnt(factors, learnt))
    factors = np.where(learnt > 0, factors, np.nan)
    declared = latest(values)
    completed = _apply(method, declared, share, expect_level(values, declared, share))
    return _bound_by_mack(filled, completed, share, factors)


def _ends_on_diagonal(values: FloatArray) -> bool:
    """Whether the last delivery is the diagonal of the youngest care month at its first lag."""
    months, lags = values.shape[1:]
    beyond = np.add.outer(np.arange(months), np.arange(lags)) > months - 1
    return bool(np.isnan(values[:, beyond]).all() and not np.isnan(values[:, -1, 0]).all())


def _label_first_key(keys: pl.DataFrame) -> IntArray:
    """Rows that share the first key column have one label; without key columns there is one row."""
    if not keys.width:
        return np.zeros(keys.height, dtype=np.int64)
    return np.asarray(keys[keys.columns[0]].rle_id().to_numpy().astype(np.int64))


def _apply(method: str, declared: FloatArray, share: FloatArray, a_priori: FloatArray) -> FloatArray:
    """Completed (N, T) by `method`; chain ladder where there is no a priori, as declared where that has none either."""
    by_ratio = chain_ladder(declared, share)
    by_ratio = np.where(np.isnan(by_ratio) & ~np.isnan(share), declared, by_ratio)
    if method == "chain_ladder":
        return by_ratio
    if method == "benktander":
        found = benktander(declared, share, a_priori)
    elif method == "cape_cod":
        found = cape_cod(declared, share, np.ones_like(declared))[0]
    else:
        found = bornhuetter_ferguson(declared, share, a_priori)
    return np.where(np.isnan(found), by_ratio, found)


def _complete_fully(triangle: Triangle, uitvoerder: IntArray, method: str) -> Found:
    """The lag method of the advice, with bounds from what earlier deliveries would have said."""
    seen = ~np.isnan(latest(triangle.values))
    values = _carry_forward(triangle.values)
    last = triangle.care_months[-1].month - 1
    forecaster = forecast_known(ENGINES[A_PRIORI_ENGINE])
    done: Completion = complete_cells(values, uitvoerder, last, forecaster)
    completed = complete_months(done.declared, done.completeness, done.a_priori)
    if method != DEFAULT_METHOD:
        completed = _apply(
            method, done.declared, done.completeness, np.where(np.isnan(done.a_priori), completed, done.a_priori)
        )
    errors = retrospective_errors(values, uitvoerder, last, forecaster, done)
    scatter = measure_scatter(errors, done.curve.p, uitvoerder)
    common, own = spread_scatter(scatter, done.curve, uitvoerder)
    deviation = np.sqrt(common**2 + own**2)
    size = np.where(seen, np.abs(completed), 0.0)  # a month without a row is not in the total either
    total = np.where(seen, completed, 0.0).sum(axis=1)
    spread = np.sqrt((size * common).sum(axis=1) ** 2 + ((size * own) ** 2).sum(axis=1))
    relative = np.divide(spread, np.abs(total), out=np.zeros(len(total)), where=total != 0)
    return Found(
        completed,
        done.completeness,
        size * deviation,
        spread,
        nowcast_interval(completed, deviation),
        nowcast_interval(total, relative),
        np.where(done.curve.learnt > 0, done.curve.credible.factor, np.nan),
    )


def _carry_forward(values: FloatArray) -> FloatArray:
    """Months a key was not delivered for after some delivery keep their last value up to the last diagonal.

    `complete_cells` reads what the last delivery said, in which no row would be 0. A key without news is late to it.
    """
    lag, months = np.arange(values.shape[2]), np.arange(values.shape[1])
    at = latest_lag(values)[:, :, None]
    behind: BoolArray = (at >= 0) & (lag > at) & (np.add.outer(months, lag) < len(months))
    return np.where(behind, latest(values)[:, :, None], values)


def _list_factors(shape: Shape, factors: FloatArray, method: str) -> pl.DataFrame:
    """Development factors per key and lag, and how many link ratios each rests on."""
    triangle = shape.triangle
    keys, lags = triangle.keys, triangle.lags
    count = keys.height
    is_mack = method == "mack"
    values = triangle.values if is_mack else fill_gaps(triangle.values)
    pairs = used_pairs(values, None if is_mack else shape.diagonals).sum(axis=1)
    share = _factors_of_mack(values)[1] if is_mack else completeness_learnt(factors, pairs.sum(axis=0))
    row = np.repeat(np.arange(count), len(lags) - 1)
    numbers = label_keys(
        keys,
        row,
        {"development_factor": factors.ravel(), "completeness_ratio": share[:, :-1].ravel()},
    )
    return numbers.with_columns(
        pl.Series("lag_months", np.tile(lags[:-1], count), dtype=pl.Int64),
        pl.Series("to_lag_months", np.tile(lags[1:], count), dtype=pl.Int64),
        pl.Series("ratios_count", pairs.ravel(), dtype=pl.Int64),
    ).select(*keys.columns, *FACTOR_NAMES)
