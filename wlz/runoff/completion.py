"""Completing cells for lag: credibility, month of the year, late deliverers, billing speed, Bornhuetter–Ferguson.

Cells are uitvoerder × prestatie group, values cumulative euro (N, T, L): care month t at lag index l, the last delivery
is the diagonal t + l = T − 1, index 0 its youngest month. What a completed month is worth per series and in the advice
is in `wlz/lag/complete.py`; how sure it is in `retrospect.py`.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from wlz.forecasting.engines.interface import Engine, fill_last_year
from wlz.forecasting.ets import MIN_OBSERVATIONS, SEASON_MONTHS, BoolArray, FloatArray, IntArray
from wlz.forecasting.one_panel import cut_leading_zeros
from wlz.runoff.credibility import N_DIAGONALS, Credible, credibility_factors
from wlz.runoff.factors import completeness_from_factors, development_factors
from wlz.runoff.lateness import (
    Emergence,
    Lateness,
    Speed,
    actual_versus_expected,
    effective_lag,
    find_speed_change,
)
from wlz.runoff.methods import bornhuetter_ferguson, chain_ladder
from wlz.runoff.season import month_of_year_effect, shift_completeness, to_logit
from wlz.runoff.triangle import latest, latest_lag

OPEN_MONTHS = 3  # youngest months completed by Bornhuetter–Ferguson; older ones are a priori material
UNSURE_MONTHS = 1  # of them: too little known to forecast from
FIT_MONTHS = 36  # of them, for the a priori
COMPLETENESS_RANGE = (0.02, 1.05)  # outside: the parent's curve, and an alert (check L07)
SPEED_ROUNDS = 3  # a change of billing speed is measured again with the months it moved put right
HALF = 0.5  # a month known for less than half is no a priori material

Forecaster = Callable[[FloatArray, int], FloatArray]  # (N, T) history, horizon → (N, H)


class Curve(NamedTuple):
    """What the triangles say about lag. N cells, G uitvoerders, L lags.

    `p` (N, L) completeness of a usual month, `p_uitvoerder` (G, L), `effect` (12, L) log odds per month of the year,
    `outside` (N, L) where the cell's own curve left the range and the parent's was taken, `season` (T,) month of the
    year of every care month (0 is January).
    """

    p: FloatArray
    p_uitvoerder: FloatArray
    effect: FloatArray
    outside: BoolArray
    credible: Credible
    emergence: Emergence
    lateness: Lateness
    season: IntArray


class Completion(NamedTuple):
    """Cells at the last delivery.

    `declared`, `completeness`, `a_priori` (NaN where not needed) and `completed`, all (N, T), with the curve and what
    was found about billing speed.
    """

    declared: FloatArray
    completeness: FloatArray
    a_priori: FloatArray
    completed: FloatArray
    curve: Curve
    speed: Speed


def sum_labels(values: FloatArray, labels: IntArray) -> FloatArray:
    """Cells (N, …) added up per label (G, …); NaN where no cell was observed.

    >>> sum_labels(np.array([[1.0], [np.nan], [2.0]]), np.array([0, 1, 0])).tolist()
    [[3.0], [nan]]
    """
    groups = int(labels.max()) + 1
    total, seen = np.zeros((groups, *values.shape[1:])), np.zeros((groups, *values.shape[1:]))
    np.add.at(total, labels, np.nan_to_num(values))
    np.add.at(seen, labels, ~np.isnan(values))
    return np.where(seen > 0, total, np.nan)


def fit_curve(
    values: FloatArray, uitvoerder: IntArray, last_month_of_year: int, left_out: BoolArray | None = None
) -> Curve:
    """Completeness of every cell from its triangles, without deliveries that were late or caught up.

    `uitvoerder` (N,) label of each cell, `last_month_of_year` of the youngest care month (0 is January). A first curve
    of medians per uitvoerder, which a late delivery does not move, finds those; then credibility (`credibility.py`)
    over the last twelve deliveries. `left_out` (G, D): more deliveries that say nothing of the usual curve.
    """
    months, lags = values.shape[1:]
    of_uitvoerder = sum_labels(values, uitvoerder)
    medians = development_factors(of_uitvoerder, average="median", n_diagonals=N_DIAGONALS)
    first = completeness_from_factors(medians)
    emergence = actual_versus_expected(of_uitvoerder, first, level_of_months(of_uitvoerder, first))
    lateness = effective_lag(of_uitvoerder, emergence)
    counted = lateness if left_out is None else lateness.leave_out(left_out)
    excluded = counted.excluded((months, lags))
    hierarchy = [np.zeros(len(values), dtype=np.int64), uitvoerder, np.arange(len(values))]
    credible = credibility_factors(values, hierarchy, exclude=excluded[uitvoerder])
    p_uitvoerder = completeness_from_factors(credible.levels[1])
    own = completeness_from_factors(credible.factor)
    outside = (own < COMPLETENESS_RANGE[0]) | (own > COMPLETENESS_RANGE[1])
    p = np.where(outside, p_uitvoerder[uitvoerder], own)
    season = (last_month_of_year - np.arange(months)[::-1]) % SEASON_MONTHS
    old = latest_lag(of_uitvoerder) >= OPEN_MONTHS
    known = np.where(old, chain_ladder(latest(of_uitvoerder), _at_lag(p_uitvoerder, of_uitvoerder)), np.nan)
    usable = np.ones_like(of_uitvoerder)
    usable[:, :, 1:] = ~excluded
    usable[:, :, :-1] *= ~excluded
    effect = month_of_year_effect(of_uitvoerder, known, p_uitvoerder, season, usable)
    return Curve(p, p_uitvoerder, effect, outside, credible, emergence, lateness, season)


def level_of_months(values: FloatArray, p: FloatArray) -> FloatArray:
    """Ultimates (G, T): chain ladder for months old enough, elsewhere the mean of the last twelve of those."""
    found = chain_ladder(latest(values), _at_lag(p, values))
    found[latest_lag(values) < OPEN_MONTHS] = np.nan
    for row in range(len(found)):
        known = np.flatnonzero(~np.isnan(found[row]))[-SEASON_MONTHS:]
        if len(known):
            found[row, np.isnan(found[row])] = found[row, known].mean()
    return found


def _at_lag(p: FloatArray, values: FloatArray) -> FloatArray:
    return np.take_along_axis(p, np.maximum(latest_lag(values), 0), axis=1)


def complete_cells(
    values: FloatArray,
    uitvoerder: IntArray,
    last_month_of_year: int,
    forecaster: Forecaster,
    calendar: FloatArray | None = None,
) -> Completion:
    """Every cell completed at its last delivery.

    Months with a lag of four or more: chain ladder; the three youngest: Bornhuetter–Ferguson (`expect_months`). An
    uitvoerder that is k deliveries behind has the lag of k deliveries ago, one that bills at another speed a curve
    moved by as much. A month nobody delivered (NaN) has nothing declared. `calendar` (N, T): days that count in each
    month ÷ those of a mean month; the forecast is one per day.
    """
    curve = fit_curve(values, uitvoerder, last_month_of_year)
    months = values.shape[1]
    calendar = np.ones((1, months)) if calendar is None else calendar
    declared = np.nan_to_num(_last_delivery(values))
    completeness = completeness_now(curve, uitvoerder, np.zeros(len(values)))
    a_priori = expect_months(declared / calendar, completeness, forecaster) * calendar
    speed = _judge_speed(values, uitvoerder, curve, a_priori)
    for _ in range(SPEED_ROUNDS if (speed.shift != 0).any() else 0):
        # A faster month at lag 2 or 3 lifts the a priori by which lag 1 is judged, so look again with it put right.
        since = np.arange(months)[None, :] >= months - speed.since[:, None]
        curve = fit_curve(values, uitvoerder, last_month_of_year, left_out=since)
        completeness = completeness_now(curve, uitvoerder, speed.shift[uitvoerder])
        a_priori = expect_months(declared / calendar, completeness, forecaster) * calendar
        speed = _judge_speed(values, uitvoerder, curve, a_priori)
    completeness = completeness_now(curve, uitvoerder, speed.shift[uitvoerder])
    return Completion(declared, completeness, a_priori, complete_months(declared, completeness, a_priori), curve, speed)


def expect_months(declared: FloatArray, completeness: FloatArray, forecaster: Forecaster) -> FloatArray:
    """A priori (N, T) of the youngest months; NaN for older ones, which need none, and where nothing older is known.

    Lags 2 and 3 are forecast from the months with a lag of four or more, lag 1 from all before it: of those little is
    still to come, and a forecast of one month ahead is better than one of three (methods has lag ≥ 4 for all). A month
    older than that of which less than half is known is expected as the same month a year before.
    """
    months = declared.shape[1]
    cut, last = months - OPEN_MONTHS, months - UNSURE_MONTHS
    a_priori = np.full(declared.shape, np.nan)
    if cut < 1:
        a_priori[:] = 0.0
        return a_priori
    old = np.where(completeness[:, :cut] >= HALF, chain_ladder(declared[:, :cut], completeness[:, :cut]), np.nan)
    a_priori[:, cut:last] = _forecast(forecaster, old, FIT_MONTHS, last - cut)
    open_months = complete_months(declared[:, cut:last], completeness[:, cut:last], a_priori[:, cut:last])
    known = np.concatenate([old, open_months], axis=1)
    a_priori[:, last:] = _forecast(forecaster, known, FIT_MONTHS + last - cut, UNSURE_MONTHS)
    missing = np.isnan(old)
    if missing.any():
        start = max(cut - SEASON_MONTHS, 0)
        filled = fill_last_year(old[:, -SEASON_MONTHS * 2 :])[:, -(cut - start) :]
        a_priori[:, start:cut] = np.where(missing[:, start:], filled, np.nan)
    return a_priori


def _forecast(forecaster: Forecaster, known: FloatArray, months: int, horizon: int) -> FloatArray:
    """The forecast from the last `months` known ones; months before the first amount are none, NaN where all are."""
    begun = cut_leading_zeros(known)[:, -months:]
    begun[~(np.nan_to_num(known) != 0).any(axis=1)] = np.nan
    has_begun = ~np.isnan(begun).all(axis=1)
    point = np.full((len(known), horizon), np.nan)
    if has_begun.any():
        point[has_begun] = forecaster(begun[has_begun], horizon)
    return point


def forecast_known(engine: Engine) -> Forecaster:
    """A forecaster of cells: the engine, and below seven known months their mean."""

    def forecast(history: FloatArray, horizon: int) -> FloatArray:
        known = ~np.isnan(history)
        mean = np.where(known, history, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        point = np.repeat(mean[:, None], horizon, axis=1)
        enough = known.sum(axis=1) >= MIN_OBSERVATIONS
        if enough.any():
            point[enough] = engine(history[enough], horizon).point
        return point

    return forecast


def complete_months(declared: FloatArray, completeness: FloatArray, a_priori: FloatArray) -> FloatArray:
    """Bornhuetter–Ferguson where there is an a priori, chain ladder elsewhere; never NaN."""
    by_prior = bornhuetter_ferguson(declared, completeness, np.nan_to_num(a_priori))
    by_ratio = chain_ladder(declared, completeness)
    return np.where(np.isnan(a_priori), np.where(np.isnan(by_ratio), declared, by_ratio), by_prior)


def _last_delivery(values: FloatArray) -> FloatArray:
    """(N, T): what the last delivery said; months beyond the last lag as last known."""
    months, lags = values.shape[1:]
    lag = months - 1 - np.arange(months)
    said = values[:, np.arange(months), np.minimum(lag, lags - 1)]
    return np.where((lag < lags) & ~np.isnan(said), said, np.where(lag < lags, np.nan, latest(values)))


def completeness_now(curve: Curve, uitvoerder: IntArray, shift: FloatArray) -> FloatArray:
    """(N, T) completeness of every care month at the last delivery: effective lag, month of the year, speed."""
    months = len(curve.season)
    lags = curve.p.shape[1]
    lag = (months - 1 - np.arange(months))[None, :] - curve.lateness.behind[:, -1][uitvoerder][:, None]
    place = np.clip(lag, 0, lags - 1)
    usual = np.where(lag < 0, 0.0, np.take_along_axis(curve.p, place, axis=1))
    usual = np.where(lag >= lags, 1.0, usual)
    moved = curve.effect[curve.season[None, :], place] + np.where(lag <= OPEN_MONTHS, shift[:, None], 0.0)
    return shift_completeness(usual, np.where(lag < 0, 0.0, moved))


def _judge_speed(values: FloatArray, uitvoerder: IntArray, curve: Curve, a_priori: FloatArray) -> Speed:
    """How far the youngest month of every delivery lies from the curve, deliveries of odd lateness left out.

    A way of billing is that of a whole uitvoerder, so the middle cell by euro speaks for it: one group that begins,
    ends, jumps or is corrected does not. Where one has more than half of the euro the others must say the same. A cell
    of less than a year says nothing.
    """
    known = level_of_months(values, curve.p)
    prior = a_priori[:, -OPEN_MONTHS:]
    known[:, -OPEN_MONTHS:] = np.where(np.isnan(prior), known[:, -OPEN_MONTHS:], prior)
    old = (latest_lag(values) >= OPEN_MONTHS) & (known > 0) & (latest(values) > 0)
    established = old.sum(axis=1) >= SEASON_MONTHS
    usable = established[:, None] & (known > 0) & ~np.isnan(values[:, :, 0])
    share = np.where(usable, values[:, :, 0] / np.where(usable, known, 1.0), 0.5)
    expected = shift_completeness(
        np.repeat(curve.p[:, :1], share.shape[1], axis=1),
        np.repeat(curve.effect[curve.season, 0][None], len(share), axis=0),
    )
    away = np.where(usable, to_logit(share) - to_logit(expected), np.nan)
    weight, odd = np.where(usable, known, 0.0), (curve.lateness.behind > 0) | curve.lateness.caught_up
    all_cells, others = (
        find_speed_change(np.where(odd, np.nan, weigh_median(cells, weight, uitvoerder)))
        for cells in (away, leave_out_deciding(away, weight, uitvoerder))
    )
    return all_cells.confirm(others)


def leave_out_deciding(values: FloatArray, weight: FloatArray, labels: IntArray) -> FloatArray:
    """Values (N, D) without the cell that has more than half the weight of its label, NaN there.

    It is the weighted median whatever the others say. A cell without others stays.

    >>> leave_out_deciding(np.array([[9.0], [1.0]]), np.array([[3.0], [1.0]]), np.array([0, 0])).tolist()
    [[nan], [1.0]]
    """
    held = np.where(np.isnan(values), 0.0, weight)
    total = sum_labels(held, labels)[labels]
    decides = (held > total / 2) & (held < total)
    return np.where(decides, np.nan, values)


def weigh_median(values: FloatArray, weight: FloatArray, labels: IntArray) -> FloatArray:
    """Weighted median over the cells of each label: (N, D) → (G, D), NaN where no cell has a value.

    Of two that halve the weight between them the one nearer to 0 counts.

    >>> weigh_median(np.array([[1.0], [9.0]]), np.array([[1.0], [1.0]]), np.array([0, 0])).tolist()
    [[1.0]]
    """
    found = np.full((int(labels.max()) + 1, values.shape[1]), np.nan)
    for group in range(len(found)):
        mine, heavy = values[labels == group], np.where(np.isnan(values[labels == group]), 0.0, weight[labels == group])
        order = np.argsort(np.where(np.isnan(mine), np.inf, mine), axis=0)
        ranked, total = np.take_along_axis(mine, order, axis=0), heavy.sum(axis=0)
        below = np.cumsum(np.take_along_axis(heavy, order, axis=0), axis=0)
        low = np.argmax(below >= total / 2, axis=0)
        high = np.argmax(below > total / 2, axis=0)
        both = np.stack([ranked[place, np.arange(ranked.shape[1])] for place in (low, high)])
        nearer = np.argmin(np.abs(both), axis=0)
        found[group] = np.where(total > 0, both[nearer, np.arange(both.shape[1])], np.nan)
    return found
