"""What the youngest months of every delivery say of how it came in: another billing speed, or part of it held back.

A way of billing is that of a whole uitvoerder, so the middle cell by euro speaks for it: one group that begins, ends,
jumps or is corrected does not. Where one has more than half of the euro the others must say the same. A cell of less
than a year says nothing. What follows for a completed month is in `completion.py`.
"""

from typing import NamedTuple

import numpy as np

from wlz.forecasting.ets import SEASON_MONTHS, BoolArray, FloatArray, IntArray
from wlz.runoff.held_back import HeldBack, OtherSpeed, weigh_lateness
from wlz.runoff.lateness import Lateness, Speed, diagonals, find_drift, find_speed_change
from wlz.runoff.season import to_logit
from wlz.runoff.triangle import latest, latest_lag, sum_labels
from wlz.words.robust import measure_deviation

LEVEL_MONTHS = 3  # before a month, from which its level is told when forecast doubt is measured
DOUBT_FLOOR, DOUBT_KNOWN = 0.015, 0.003  # relative deviation of a forecast month, and of one four deliveries old
DOUBT_UNKNOWN = 0.05  # where too few months tell


class Judged(NamedTuple):
    """Per uitvoerder: the change of billing `speed`, what is `held` back of each delivery, and the `drift` (G,)."""

    speed: Speed
    held: HeldBack
    drift: FloatArray


class Usual(NamedTuple):
    """What would be usual. N cells of G uitvoerders, T care months, K youngest lags.

    `level` (N, T) of every month, `is_open` (T,) which of those are forecasts, `p` (N, T, K) and `p_uitvoerder` (G, T,
    K) the share of each month known at those lags, `calendar` (N or 1, T) days that count.
    """

    level: FloatArray
    is_open: BoolArray
    p: FloatArray
    p_uitvoerder: FloatArray
    calendar: FloatArray


def judge_deliveries(values: FloatArray, uitvoerder: IntArray, lateness: Lateness, usual: Usual) -> Judged:
    """Speed and lateness of every uitvoerder from cells (N, T, L).

    Deliveries in which nothing came in are left out, of speed also those that caught up. A lower share of the youngest
    month that fits a part held back better than a lower speed is no change of speed.
    """
    lags = usual.p.shape[2]
    old = (latest_lag(values) >= LEVEL_MONTHS) & (usual.level > 0) & (latest(values) > 0)
    usable = (old.sum(axis=1) >= SEASON_MONTHS)[:, None] & (usual.level > 0)
    weight = np.where(usable, usual.level, 0.0)
    share = np.where(usable[:, :, None], values[:, :, :lags] / np.where(usable, usual.level, 1.0)[:, :, None], np.nan)
    first = share[:, :, 0]
    away = np.where(
        np.isnan(first), np.nan, to_logit(np.where(np.isnan(first), 0.5, first)) - to_logit(usual.p[:, :, 0])
    )
    known = np.where(usual.p > 0, usual.p, np.nan)  # of nothing none is held back
    ratios, weights = diagonals(share / known), diagonals(np.repeat(weight[:, :, None], lags, axis=2))
    behind = lateness.behind > 0
    p, doubt = np.nan_to_num(diagonals(usual.p_uitvoerder), nan=1.0), _spread_doubt(usual, weight, uitvoerder)
    speeds, held, drifts = [], [], []
    for choose in (_take_all, leave_out_deciding):
        middle_away = weigh_median(choose(away, weight, uitvoerder), weight, uitvoerder)
        on_time = np.where(behind | lateness.caught_up, np.nan, middle_away)
        speeds.append(find_speed_change(on_time))
        drifts.append(find_drift(on_time))
        of_lags = [(ratios[:, :, lag], weights[:, :, lag]) for lag in range(lags)]
        middle = np.stack(
            [weigh_median(choose(*of_lag, uitvoerder), of_lag[1], uitvoerder) for of_lag in of_lags], axis=2
        )
        held.append(np.where(behind[:, :, None], np.nan, middle))
    speed = speeds[0].confirm(speeds[1])
    twice_p, twice_doubt, shift, usual_speed = (
        np.concatenate([part, part]) for part in (p, doubt, speed.shift, speed.usual)
    )
    other = OtherSpeed(shift, usual_speed)
    least = weigh_lateness(np.concatenate(held), twice_p, twice_doubt, other).keep_least()
    both = np.sign(drifts[0]) == np.sign(drifts[1])
    drift = np.where(both & (speed.shift == 0), drifts[0], 0.0)
    return Judged(speed.drop(least.is_late[:, -1]), least, drift)


def _take_all(values: FloatArray, weight: FloatArray, labels: IntArray) -> FloatArray:
    return values


def _spread_doubt(usual: Usual, weight: FloatArray, uitvoerder: IntArray) -> FloatArray:
    """(G, D, K) relative deviation of the level each month is held against: that of a forecast for open ones."""
    per_day = np.where(usual.is_open, np.nan, weight / usual.calendar)
    total = sum_labels(per_day, uitvoerder)
    of_forecast = np.array([_measure_doubt(row[~np.isnan(row) & (row > 0)]) for row in total])
    of_month = np.where(usual.is_open[None, :], of_forecast[:, None], DOUBT_KNOWN)
    lags = usual.p.shape[2]
    return np.nan_to_num(diagonals(np.repeat(of_month[:, :, None], lags, axis=2)), nan=DOUBT_KNOWN)


def _measure_doubt(level: FloatArray) -> float:
    """How far a month usually is from the three before it, or from those a year on, whichever says more."""
    log_level = np.log(level)
    found = [DOUBT_UNKNOWN]
    for line in (log_level, log_level[SEASON_MONTHS:] - log_level[:-SEASON_MONTHS]):
        if len(line) >= 2 * LEVEL_MONTHS:
            before = np.convolve(line, np.ones(LEVEL_MONTHS) / LEVEL_MONTHS, "valid")[:-1]
            found.append(float(measure_deviation(line[LEVEL_MONTHS:] - before)[1]))
    return max(min(found), DOUBT_FLOOR)


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
