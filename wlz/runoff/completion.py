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
from wlz.runoff.factors import completeness_from_factors, development_factors, used_pairs
from wlz.runoff.gaps import completeness_learnt, fill_gaps, find_gaps
from wlz.runoff.held_back import JUDGED_LAGS, HeldBack
from wlz.runoff.judging import Usual, judge_deliveries
from wlz.runoff.lateness import OPEN_LAGS, Emergence, Lateness, Speed, actual_versus_expected, effective_lag, no_change
from wlz.runoff.methods import bornhuetter_ferguson, chain_ladder
from wlz.runoff.season import month_of_year_effect, shift_completeness
from wlz.runoff.triangle import latest, latest_lag, sum_labels

OPEN_MONTHS = 3  # youngest months completed by Bornhuetter–Ferguson; older ones are a priori material
UNSURE_MONTHS = 1  # of them: too little known to forecast from
FIT_MONTHS = 36  # of them, for the a priori
COMPLETENESS_RANGE = (0.02, 1.05)  # outside: the parent's curve, and an alert (check L07)
SPEED_ROUNDS = 3  # a change of billing speed is measured again with the months it moved put right
SAME_SHARE = 0.02  # held back; a smaller move of it is no reason to look again
GROWTH_MONTHS, GROWTH_RANGE = 6, (0.5, 2.0)
HALF = 0.5  # a month known for less than half is no a priori material

Forecaster = Callable[[FloatArray, int], FloatArray]  # (N, T) history, horizon → (N, H)


class Curve(NamedTuple):
    """What the triangles say about lag. N cells, G uitvoerders, L lags.

    `p` (N, L) completeness of a usual month, `p_uitvoerder` (G, L), `effect` (12, L) log odds per month of the year,
    `outside` (N, L) where the cell's own curve left the range and the parent's was taken, `season` (T,) month of the
    year of every care month (0 is January), `learnt` (L − 1,) link ratios each step rests on, all cells together,
    `drift` (G,) log odds by which the last delivery lies beyond the curve because they have been moving.
    """

    p: FloatArray
    p_uitvoerder: FloatArray
    effect: FloatArray
    outside: BoolArray
    credible: Credible
    emergence: Emergence
    lateness: Lateness
    season: IntArray
    learnt: IntArray
    drift: FloatArray


class Completion(NamedTuple):
    """Cells at the last delivery.

    `declared`, `completeness`, `a_priori` (NaN where not needed) and `completed`, all (N, T), with the curve and what
    was found about billing speed and what every delivery held back.
    """

    declared: FloatArray
    completeness: FloatArray
    a_priori: FloatArray
    completed: FloatArray
    curve: Curve
    speed: Speed
    held: HeldBack


def fit_curve(
    values: FloatArray, uitvoerder: IntArray, last_month_of_year: int, left_out: BoolArray | None = None
) -> Curve:
    """Completeness of every cell from its triangles, without deliveries that were late or caught up.

    `uitvoerder` (N,) label of each cell, `last_month_of_year` of the youngest care month (0 is January). A first curve
    of medians per uitvoerder, which a late delivery does not move, finds those; then credibility (`credibility.py`)
    over the last twelve deliveries. `left_out` (G, D): more deliveries that say nothing of the usual curve.
    """
    months, lags = values.shape[1:]
    of_uitvoerder, filled = sum_labels(values, uitvoerder), fill_gaps(values)
    without_gaps = of_uitvoerder if filled is values else sum_labels(filled, uitvoerder)
    medians = development_factors(without_gaps, average="median", n_diagonals=N_DIAGONALS)
    first = completeness_from_factors(medians)
    emergence = actual_versus_expected(of_uitvoerder, first, level_of_months(of_uitvoerder, first))
    lateness = effective_lag(of_uitvoerder, emergence)
    counted = lateness if left_out is None else lateness.leave_out(left_out)
    excluded = _widen(counted.excluded((months, lags)), find_gaps(of_uitvoerder))
    hierarchy = [np.zeros(len(values), dtype=np.int64), uitvoerder, np.arange(len(values))]
    credible = credibility_factors(filled, hierarchy, exclude=excluded[uitvoerder])
    learnt = used_pairs(filled, N_DIAGONALS, excluded[uitvoerder]).sum(axis=(0, 1))
    p_uitvoerder = completeness_learnt(credible.levels[1], learnt)
    own = completeness_learnt(credible.factor, learnt)
    outside = (own < COMPLETENESS_RANGE[0]) | (own > COMPLETENESS_RANGE[1])
    p = np.where(outside, p_uitvoerder[uitvoerder], own)
    season = (last_month_of_year - np.arange(months)[::-1]) % SEASON_MONTHS
    old = latest_lag(of_uitvoerder) >= OPEN_MONTHS
    known = np.where(old, chain_ladder(latest(of_uitvoerder), _at_lag(p_uitvoerder, of_uitvoerder)), np.nan)
    usable = np.ones_like(of_uitvoerder)
    usable[:, :, 1:] = ~excluded
    usable[:, :, :-1] *= ~excluded
    effect = month_of_year_effect(of_uitvoerder, known, p_uitvoerder, season, usable)
    return Curve(
        p, p_uitvoerder, effect, outside, credible, emergence, lateness, season, learnt, np.zeros(len(p_uitvoerder))
    )


def _widen(excluded: BoolArray, gaps: BoolArray) -> BoolArray:
    """(G, T, L − 1) left out, and with a step behind a gap those inside the gap, which were read from it."""
    wide = excluded.copy()
    for lag in range(wide.shape[2] - 2, -1, -1):
        wide[:, :, lag] |= gaps[:, :, lag + 1] & wide[:, :, lag + 1]
    return wide


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
    months = values.shape[1]
    calendar = np.ones((1, months)) if calendar is None else calendar
    declared = np.nan_to_num(_last_delivery(values))
    curve = fit_curve(values, uitvoerder, last_month_of_year)
    groups = len(curve.p_uitvoerder)
    speed, share, left_out = no_change(groups), np.zeros((groups, 1)), np.zeros((groups, months), dtype=np.bool_)
    for _ in range(SPEED_ROUNDS + 1):
        # A faster or later month at lag 2 or 3 moves the a priori by which lag 1 is judged: look again, put right.
        completeness = _keep_known(completeness_now(curve, uitvoerder, speed.shift[uitvoerder]), values, curve)
        a_priori = expect_months(declared / calendar, completeness, forecaster) * calendar
        usual = _describe_usual(values, curve, a_priori, calendar)
        speed, held, drift = judge_deliveries(values, uitvoerder, curve.lateness, usual)
        odd = _leave_out(speed, held.is_late)
        settled = np.array_equal(odd[:, -OPEN_MONTHS:], left_out[:, -OPEN_MONTHS:])
        settled &= bool((np.abs(held.share[:, -1] - share) < SAME_SHARE).all())
        if not np.array_equal(odd, left_out):
            curve = fit_curve(values, uitvoerder, last_month_of_year, odd)
        left_out, share = odd, held.share[:, -1]
        curve = curve._replace(lateness=curve.lateness.hold_back(held), drift=drift)
        if settled:
            break
    completeness = _keep_known(completeness_now(curve, uitvoerder, speed.shift[uitvoerder]), values, curve)
    completed = complete_months(declared, completeness, a_priori)
    return Completion(declared, completeness, a_priori, completed, curve, speed, held)


def _keep_known(completeness: FloatArray, values: FloatArray, curve: Curve) -> FloatArray:
    """Months older than the triangle, of which the last lags were not delivered, are as complete as when last seen."""
    months, lags = values.shape[1:]
    at = latest_lag(values)
    gone = (months - 1 - np.arange(months) >= lags)[None, :] & (at >= 0) & (at < lags - 1)
    return np.where(gone, np.take_along_axis(curve.p, np.maximum(at, 0), axis=1), completeness)


def _leave_out(speed: Speed, late: BoolArray) -> BoolArray:
    """(G, D) deliveries that say nothing of the usual curve: since a change of speed, late, or made good after that.

    Where most of the last twelve are late that is the usual way by now.
    """
    deliveries = late.shape[1]
    since = np.arange(deliveries)[None, :] >= deliveries - speed.since[:, None]
    after = np.concatenate([np.zeros((len(late), 1), dtype=np.bool_), late[:, :-1]], axis=1)
    usual = late[:, -N_DIAGONALS:].mean(axis=1, keepdims=True) > HALF
    return np.asarray(since | ((late | after) & ~usual))


def _describe_usual(values: FloatArray, curve: Curve, a_priori: FloatArray, calendar: FloatArray) -> Usual:
    """What each month would be, and what of it is usually known at the youngest lags."""
    months, lags = values.shape[1], min(JUDGED_LAGS, values.shape[2])
    level, prior = level_of_months(values, curve.p), a_priori[:, -OPEN_MONTHS:]
    level[:, -OPEN_MONTHS:] = np.where(np.isnan(prior), level[:, -OPEN_MONTHS:], prior)
    effect = curve.effect[curve.season, :lags][None]
    p, p_uitvoerder = (
        shift_completeness(np.repeat(share[:, None, :lags], months, axis=1), np.repeat(effect, len(share), axis=0))
        for share in (curve.p, curve.p_uitvoerder)
    )
    return Usual(level, np.arange(months) >= months - OPEN_MONTHS, p, p_uitvoerder, calendar)


def expect_months(declared: FloatArray, completeness: FloatArray, forecaster: Forecaster) -> FloatArray:
    """A priori (N, T) of the youngest months; NaN for older ones, which need none, and where nothing older is known.

    Lags 2 and 3 are forecast from the months with a lag of four or more, lag 1 from all before it: of those little is
    still to come, and a forecast of one month ahead is better than one of three (methods has lag ≥ 4 for all). A month
    older than that of which less than half is known is expected as the same month a year before × the growth over a
    year of the six known months before.
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
        a_priori[:, start:cut] = np.where(missing[:, start:], filled * _recent_growth(old)[:, None], np.nan)
    return a_priori


def _recent_growth(known: FloatArray) -> FloatArray:
    """(N,) the last six known months of a year (N, T) ÷ the same months a year before, within GROWTH_RANGE; else 1."""
    now, before = known[:, -SEASON_MONTHS:], known[:, -2 * SEASON_MONTHS : -SEASON_MONTHS]
    if before.shape != now.shape:
        return np.ones(len(known))
    both = ~np.isnan(now) & ~np.isnan(before)
    both &= np.cumsum(both[:, ::-1], axis=1)[:, ::-1] <= GROWTH_MONTHS
    sums = (np.where(both, line, 0.0).sum(axis=1) for line in (now, before))
    total, earlier = sums
    ratio = np.where(earlier > 0, total / np.where(earlier > 0, earlier, 1.0), 1.0)
    return np.asarray(np.clip(ratio, *GROWTH_RANGE))


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
    """Bornhuetter–Ferguson where there is an a priori, chain ladder elsewhere; NaN only where completeness is."""
    by_prior = bornhuetter_ferguson(declared, completeness, np.nan_to_num(a_priori))
    by_ratio = chain_ladder(declared, completeness)
    by_ratio = np.where(np.isnan(by_ratio) & ~np.isnan(completeness), declared, by_ratio)
    return np.where(np.isnan(a_priori), by_ratio, by_prior)


def _last_delivery(values: FloatArray) -> FloatArray:
    """(N, T): what the last delivery said; months beyond the last lag as last known."""
    months, lags = values.shape[1:]
    lag = months - 1 - np.arange(months)
    said = values[:, np.arange(months), np.minimum(lag, lags - 1)]
    return np.where((lag < lags) & ~np.isnan(said), said, np.where(lag < lags, np.nan, latest(values)))


def completeness_now(curve: Curve, uitvoerder: IntArray, shift: FloatArray) -> FloatArray:
    """(N, T) completeness of every care month at the last delivery: lateness, month of the year, speed."""
    months = len(curve.season)
    lag = (months - 1 - np.arange(months))[None, :] - curve.lateness.behind[:, -1][uitvoerder][:, None]
    held = curve.lateness.held_at(lag, uitvoerder)[0]
    drift = curve.drift[uitvoerder]
    share = _share_at(curve, lag, shift, drift)
    return share - held * (share - _share_at(curve, lag - 1, shift, drift)) if held.any() else share


def _share_at(curve: Curve, lag: IntArray, shift: FloatArray, drift: FloatArray) -> FloatArray:
    """(N, T) share usually known at lags (N, T): 0 before the first."""
    lags = curve.p.shape[1]
    place = np.clip(lag, 0, lags - 1)
    usual = np.where(lag < 0, 0.0, np.take_along_axis(curve.p, place, axis=1))
    usual = np.where(lag >= lags, 1.0, usual)
    moved = curve.effect[curve.season[None, :], place] + np.where(lag <= OPEN_MONTHS, shift[:, None], 0.0)
    moved = moved + np.where(lag < OPEN_LAGS, drift[:, None], 0.0)
    return shift_completeness(usual, np.where(lag < 0, 0.0, moved))
