"""Deliverers that were late, caught up, or bill at another speed than before. Methods, lag, step 3.

All per uitvoerder (G) on triangles (G, T, L) whose last delivery is the diagonal t + l = T − 1. Not here: what follows
from it for a completed month (`completion.py`).
"""

from typing import NamedTuple

import numpy as np
from scipy.stats import theilslopes

from wlz.forecasting.ets import BoolArray, FloatArray, IntArray
from wlz.runoff.held_back import HeldBack
from wlz.words.robust import measure_deviation

OPEN_LAGS = 6  # lags whose emergence is looked at: later ones hardly move
LATE_RATIO = 0.1  # actual ÷ expected emergence below this is a delivery that was not brought up to date at all
CATCH_UP_RATIO = 1.3
SPEED_DEVIATIONS = 3.5  # of the own history, robust
SPEED_FLOOR = 0.15  # log odds; smaller scatter at lag 1 is not believed
SPEED_MINIMUM = 0.5  # log odds; a smaller change of speed is the curve's own affair
SPEED_HISTORY = 4  # deliveries before the change, at least
DRIFT_DELIVERIES, DRIFT_MINIMUM = 12, 8  # those the curve rests on, and of them at least
DRIFT_DOUBT = 1.0  # standard errors; measured: 1.5 leaves half as much again of the bias, noise is followed as little
NONE_HELD: FloatArray = np.zeros((1, 1))


class Emergence(NamedTuple):
    """Per uitvoerder and delivery (G, D), D = T.

    `actual` and `expected` amount that came in since the delivery before; `ratio` A/E (NaN without an earlier
    delivery).
    """

    actual: FloatArray
    expected: FloatArray

    @property
    def ratio(self) -> FloatArray:
        """Actual ÷ expected."""
        usable = self.expected > 0
        return np.where(usable, self.actual / np.where(usable, self.expected, 1.0), np.nan)


class Lateness(NamedTuple):
    """`behind` (G, D): deliveries each uitvoerder was behind at each delivery (0: up to date); `caught_up` (G, D).

    Beyond that `share` of a delivery, with its `deviation`, at the youngest lags of the last one: (G, K), or (1, 1) for
    none; the last lag stands for all older ones.
    """

    behind: IntArray
    caught_up: BoolArray
    share: FloatArray = NONE_HELD
    deviation: FloatArray = NONE_HELD

    def hold_back(self, held: HeldBack) -> "Lateness":
        """The same with what is held back; a delivery on time after one that was not has caught up."""
        late = held.is_late
        caught_up = self.caught_up.copy()
        caught_up[:, 1:] |= late[:, :-1] & ~late[:, 1:] & (self.behind[:, 1:] == 0)
        return self._replace(caught_up=caught_up, share=held.share[:, -1], deviation=held.deviation[:, -1])

    def held_at(self, lag: IntArray, uitvoerder: IntArray) -> tuple[FloatArray, FloatArray]:
        """`share` and `deviation` of cells (N,) at lags (N, T), which are those of a delivery that was `behind`.

        Months older than those judged lack at most what is new of them.
        """
        place, lags = np.clip(lag, 0, self.share.shape[1] - 1), self.share.shape[1]
        rows = np.minimum(uitvoerder, len(self.share) - 1)[:, None]
        share, deviation = self.share[rows, place], self.deviation[rows, place]
        return np.where(lag < lags, share, np.minimum(share, 1.0)), deviation

    def leave_out(self, deliveries: BoolArray) -> "Lateness":
        """The same with more deliveries (G, D) left out of the curve, as if they had caught up."""
        return Lateness(self.behind, self.caught_up | deliveries)

    def excluded(self, shape: tuple[int, int]) -> BoolArray:
        """(G, T, L − 1) link ratios that start or end at a delivery that was late, or end at one that caught up."""
        months, lags = shape
        odd = self.behind > 0
        end = np.arange(months)[:, None] + np.arange(1, lags)[None, :]
        inside = end < months
        ends_odd = odd[:, np.minimum(end, months - 1)] | self.caught_up[:, np.minimum(end, months - 1)]
        starts_odd = odd[:, np.minimum(end - 1, months - 1)]
        found: BoolArray = (ends_odd | starts_odd) & inside
        return found


def diagonals(values: FloatArray) -> FloatArray:
    """(G, T, L) → (G, D, L): row d holds what delivery d said of the months at lag l = 0 … L − 1; D = T.

    >>> diagonals(np.array([[[1.0, 2.0], [3.0, np.nan]]]))[0].tolist()
    [[1.0, nan], [3.0, 2.0]]
    """
    count, months, lags = values.shape
    delivery, lag = np.arange(months)[:, None], np.arange(lags)[None, :]
    care = delivery - lag
    found = values[:, np.maximum(care, 0), lag]
    return np.where(care >= 0, found, np.nan).reshape(count, months, lags)


def actual_versus_expected(values: FloatArray, p: FloatArray, ultimate: FloatArray) -> Emergence:
    """What came in between each delivery and the one before, against the curve.

    `p` (G, L) completeness, `ultimate` (G, T) expected of each care month. Sums over the six youngest lags of the
    increments, for deliveries of which the one before is known; the youngest month comes from nothing.
    """
    lags = min(OPEN_LAGS, values.shape[2])
    said = diagonals(values)[:, :, :lags]
    before = np.concatenate([np.zeros((*said.shape[:2], 1)), np.roll(said, 1, axis=1)[:, :, : lags - 1]], axis=2)
    step = np.diff(p[:, :lags], axis=1, prepend=0.0)
    care = np.arange(values.shape[1])[:, None] - np.arange(lags)[None, :]
    of_month = np.where(care >= 0, ultimate[:, np.maximum(care, 0)], np.nan)
    known_before = ~np.isnan(before[:, :, 1:]).all(axis=2)
    known_before[:, 0] = False
    delivered = ~np.isnan(said).all(axis=2)
    increment = np.nan_to_num(said) - np.nan_to_num(before)
    known = ~np.isnan(of_month) & (~np.isnan(before) | (np.arange(lags) == 0))
    counted = known & (known_before & delivered)[:, :, None]
    actual = np.where(counted, increment, 0.0).sum(axis=2)
    expected = np.where(counted, np.nan_to_num(of_month) * step[:, None], 0.0).sum(axis=2)
    return Emergence(actual, expected)


def effective_lag(values: FloatArray, emergence: Emergence) -> "Lateness":
    """Who was how many deliveries behind, and when they caught up.

    Behind is an A/E below ½ over all open months, or a delivery in which nothing at all changed; each such delivery in
    a row is one more. The first delivery after it with more than 1.3 times the expected emergence catches up, and so
    does any that is not late itself. A delivery with a gap before it is judged as up to date.
    """
    said = diagonals(values)
    same = np.zeros(said.shape[:2], dtype=np.bool_)
    if said.shape[1] > 1:
        now, before = said[:, 1:, 1:], said[:, :-1, :-1]
        both = ~np.isnan(now) & ~np.isnan(before)
        same[:, 1:] = both.any(axis=2) & (np.where(both, now - before, 0.0) == 0).all(axis=2)
        same[:, 1:] &= np.nan_to_num(said[:, 1:, 0]) == 0  # nothing of the new month either
    late = same | (emergence.ratio < LATE_RATIO)
    behind = np.zeros(late.shape, dtype=np.int64)
    caught_up = np.zeros(late.shape, dtype=np.bool_)
    for delivery in range(late.shape[1]):
        so_far = behind[:, delivery - 1] if delivery else np.zeros(len(late), dtype=np.int64)
        behind[:, delivery] = np.where(late[:, delivery], so_far + 1, 0)
        caught_up[:, delivery] = (so_far > 0) & ~late[:, delivery]
    return Lateness(behind, caught_up)


class Speed(NamedTuple):
    """A change of billing speed that lasts to the last delivery.

    `shift` (G,) of the log odds (0: none), `since` (G,) how many deliveries ago it began (0: none), `usual` (G,) robust
    deviation of the log odds at lag 1 before it.
    """

    shift: FloatArray
    since: IntArray
    usual: FloatArray

    def drop(self, rows: BoolArray) -> "Speed":
        """The same without a change in these rows (G,)."""
        return Speed(np.where(rows, 0.0, self.shift), np.where(rows, 0, self.since), self.usual)

    def confirm(self, others: "Speed") -> "Speed":
        """The changes that the others have to the same side; none elsewhere."""
        is_same = np.sign(self.shift) == np.sign(others.shift)
        return Speed(np.where(is_same, self.shift, 0.0), np.where(is_same, self.since, 0), self.usual)


def no_change(count: int) -> Speed:
    """Nobody has changed."""
    return Speed(np.zeros(count), np.zeros(count, dtype=np.int64), np.full(count, SPEED_FLOOR))


def find_drift(away: FloatArray) -> FloatArray:
    """How far beyond the curve the last delivery of each uitvoerder lies (G,), because its share known has been moving.

    `away` (G, D) as in `find_speed_change`. The curve is that of the middle of the last twelve deliveries; a slope over
    these (Theil–Sen) counts from DRIFT_DOUBT standard errors on, and more the surer it is.

    >>> find_drift(np.array([np.arange(12) * -0.02, np.zeros(12)])).round(2).tolist()
    [-0.11, 0.0]
    """
    drift = np.zeros(len(away))
    recent = away[:, -DRIFT_DELIVERIES:]
    for row, line in enumerate(recent):
        known = np.flatnonzero(~np.isnan(line))
        if len(known) < DRIFT_MINIMUM:
            continue
        slope, level, _, _ = theilslopes(line[known], known)
        rest = measure_deviation(line[known] - level - slope * known)[1]
        middle = known.mean()
        error = rest / float(np.sqrt(((known - middle) ** 2).sum()))
        sure = max(0.0, 1 - (DRIFT_DOUBT * error / slope) ** 2) if slope else 0.0
        drift[row] = slope * sure * (recent.shape[1] - 1 - middle)
    return drift


def find_speed_change(away: FloatArray) -> Speed:
    """Has an uitvoerder begun to bill faster or slower, for good?

    `away` (G, D): log odds of the share of the youngest month less those of the curve, month of the year included; NaN
    where a delivery is left out. Changed are the last deliveries in a row that lie on one side
    by more than 3.5 robust deviations (at least 0.15) and 0.5 in log odds of those before, of which there must be four.
    """
    count, deliveries = away.shape
    shift, since, usual = np.zeros(count), np.zeros(count, dtype=np.int64), np.full(count, SPEED_FLOOR)
    for row in range(count):
        known = np.flatnonzero(~np.isnan(away[row]))
        best = 0
        for length in range(1, len(known) - SPEED_HISTORY + 1):
            history, recent = away[row, known[:-length]], away[row, known[-length:]]
            middle, spread = measure_deviation(history)
            spread = max(spread, SPEED_FLOOR)
            limit = max(SPEED_DEVIATIONS * spread, SPEED_MINIMUM)
            moved = recent - middle
            if not ((moved > limit).all() or (moved < -limit).all()):
                break
            best = length
            shift[row], since[row], usual[row] = float(moved.mean()), deliveries - int(known[-length]), spread
        if best and known[-1] != deliveries - 1:
            shift[row], since[row] = 0.0, 0  # the last delivery itself cannot be judged
    return Speed(shift, since, usual)
