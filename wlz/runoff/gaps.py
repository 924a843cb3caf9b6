"""Deliveries that are missing: what came in over several lags at once is spread over them as the curve has it.

Here: how far a curve can be learnt from steps of any width, and triangles whose gaps are filled by it. Not here: what
nothing is learnt of (`completeness_learnt`), which stays unknown and is never taken as complete.
"""

import numpy as np

from wlz.forecasting.ets import BoolArray, FloatArray, IntArray
from wlz.runoff.factors import completeness_from_factors


def fill_gaps(values: FloatArray) -> FloatArray:
    """(N, T, L) with what lies between two observed lags read along the common curve; the same array without gaps.

    What came in from lag a to lag b > a is spread over the lags between as the curve of all N has it (`span_curve`), so
    that link ratios of one step agree with the wide one. Before the first and after the last observed lag nothing is
    filled.

    >>> fill_gaps(np.array([[[50.0, np.nan, 100.0], [25.0, 40.0, 50.0]]])).tolist()
    [[[50.0, 80.0, 100.0], [25.0, 40.0, 50.0]]]
    """
    gaps = find_gaps(values)
    if not gaps.any():
        return values
    share = span_curve(values)
    row, month, lag = np.nonzero(gaps)
    before, after = (place[row, month, lag] for place in _neighbours(values))
    start, end = values[row, month, before], values[row, month, after]
    step = share[after] - share[before]
    moves = np.abs(step) > np.finfo(float).eps
    part = np.where(moves, (share[lag] - share[before]) / np.where(moves, step, 1.0), (lag - before) / (after - before))
    filled = values.copy()
    filled[row, month, lag] = start + (end - start) * part
    return filled


def find_gaps(values: FloatArray) -> BoolArray:
    """(N, T, L) not observed though an earlier and a later lag of the month are."""
    seen = ~np.isnan(values)
    earlier = np.maximum.accumulate(seen, axis=2)
    later = np.maximum.accumulate(seen[:, :, ::-1], axis=2)[:, :, ::-1]
    return np.asarray(~seen & earlier & later)


def _neighbours(values: FloatArray) -> tuple[IntArray, IntArray]:
    """(N, T, L) the last observed lag up to each lag, −1 without, and the first observed one from it on, L without."""
    lags = values.shape[2]
    seen, lag = ~np.isnan(values), np.arange(lags)
    before = np.maximum.accumulate(np.where(seen, lag, -1), axis=2)
    after = np.minimum.accumulate(np.where(seen, lag, lags)[:, :, ::-1], axis=2)[:, :, ::-1]
    return before, after


def span_curve(values: FloatArray) -> FloatArray:
    """(L,) share of the ultimate known at each lag, all N together, from steps of any width; 1 at the last lag.

    Backwards: p_l = Σ C_l ÷ Σ (C_b ÷ p_b) over months observed at l and next at b; with steps of one only this is the
    chain ladder. A lag no step starts from lies between its neighbours, evenly in the log.
    """
    lags = values.shape[2]
    following = np.full(values.shape, lags)
    following[:, :, :-1] = _neighbours(values)[1][:, :, 1:]
    share = np.full(lags, np.nan)
    share[-1] = 1.0
    for lag in range(lags - 2, -1, -1):
        row, month = np.nonzero(~np.isnan(values[:, :, lag]) & (following[:, :, lag] < lags))
        if not len(row):
            continue
        ends = following[row, month, lag]
        known = _fill_between(share)
        ultimate = float((values[row, month, ends] / known[ends]).sum())
        total = float(values[row, month, lag].sum())
        if ultimate != 0 and total / ultimate > 0:
            share[lag] = total / ultimate
    return _fill_between(share)


def _fill_between(share: FloatArray) -> FloatArray:
    known = np.flatnonzero(~np.isnan(share))
    return np.asarray(np.exp(np.interp(np.arange(len(share)), known, np.log(share[known]))))


def completeness_learnt(factors: FloatArray, ratios: IntArray) -> FloatArray:
    """Shares (N, L) that follow from factors (N, L − 1), NaN where a step on the way rests on nothing.

    `ratios` (L − 1,) how many link ratios there are of each step, of all. What comes after the last step that was seen
    is taken as nothing, as in every chain ladder; a step never seen before one that was, or no step at all, leaves the
    lags before it unknown.
    """
    share = completeness_from_factors(factors)
    seen = np.flatnonzero(ratios > 0)
    if not len(seen):
        return np.full(share.shape, np.nan)
    unseen = np.flatnonzero(ratios[: seen[-1]] == 0)
    if len(unseen):
        share[:, : unseen[-1] + 1] = np.nan
    return share
