"""How sure the completed months of a single series are, beyond what it shares with its uitvoerder.

Two things make a series differ from its cell: its claims come in at a speed of their own, and its care moves by
itself. Both are measured on the series, the first on what earlier deliveries held of months that are known by now, the
second on months against the three before them. A month that was imputed because a series fell silent has the second
alone: nothing of it is known. Not here: what all series of an uitvoerder share (`wlz/runoff/retrospect.py`).
"""

from typing import NamedTuple

import numpy as np

from wlz.forecasting.ets import SEASON_MONTHS, BoolArray, FloatArray, IntArray
from wlz.runoff.completion import OPEN_MONTHS, Curve
from wlz.runoff.retrospect import ERROR_LIMIT, HELD_DEVIATIONS, LATER_LAG, LATER_RATIO
from wlz.runoff.season import shift_completeness
from wlz.runoff.triangle import sum_labels
from wlz.words.robust import MAD_TO_DEVIATION

PAST_MONTHS = 2 * SEASON_MONTHS  # of which care is measured
PAST_DELIVERIES = 18  # of which the share known is
AHEAD_MONTHS = 5  # a silent series is imputed for at most so many
LEVEL_MONTHS = 3
OWN_WEIGHT = 6.0  # own errors count n ÷ (n + this), beside what the size of the series says


class OwnScatter(NamedTuple):
    """Of S series, relative standard deviations beside those of the uitvoerder.

    `speed` (S, ERROR_LAGS): of the share known at each lag. `care` (S, AHEAD_MONTHS): of a month expected so many
    months ahead.
    """

    speed: FloatArray
    care: FloatArray


def measure_series(
    said: FloatArray, completed: FloatArray, days: FloatArray, price: FloatArray, labels: tuple[IntArray, IntArray],
    curve: Curve,
) -> OwnScatter:  # fmt: skip
    """Own deviations of S series from their past.

    `said` (S, T, ERROR_LAGS) volume known at each lag, NaN not delivered; `completed` (S, T) as known now; `days` (S,
    T), `price` (S,); `labels` the cell of each series and the uitvoerder of each cell. Deliveries that were late or
    caught up are left out.
    """
    cell, uitvoerder = labels
    size = np.nan_to_num(completed[:, -SEASON_MONTHS:]).mean(axis=1) * price
    speed = _measure_speed(said, completed, size, (cell, uitvoerder), curve)
    care = np.stack(
        [_shrink(_ahead(completed / days, months), size, uitvoerder[cell]) for months in range(1, AHEAD_MONTHS + 1)],
        axis=1,
    )
    return OwnScatter(speed, care)


def _measure_speed(
    said: FloatArray, completed: FloatArray, size: FloatArray, labels: tuple[IntArray, IntArray], curve: Curve
) -> FloatArray:
    cell, uitvoerder = labels
    months, lags = completed.shape[1], said.shape[2]
    odd = ((curve.lateness.behind > 0) | curve.lateness.caught_up)[uitvoerder][cell]
    known = np.nan_to_num(completed) > 0
    share = np.where(known[:, :, None], said / np.where(known, completed, 1.0)[:, :, None], np.nan)
    found = np.zeros((len(said), lags))
    for lag in range(lags):
        last = months - (lag + OPEN_MONTHS + 1)  # later ones are not known yet
        care = np.arange(max(last - PAST_DELIVERIES, 0), max(last, 0))
        usual = shift_completeness(
            np.repeat(curve.p[cell][:, lag, None], len(care), axis=1),
            np.repeat(curve.effect[curve.season[care], lag][None], len(said), axis=0),
        )
        off = np.where(odd[:, care + lag], np.nan, share[:, care, lag] - usual)
        if lag >= OPEN_MONTHS:
            off = off / np.where(usual > 0, usual, 1.0)
        found[:, lag] = _shrink(off, size, uitvoerder[cell]) * (LATER_RATIO if lag >= LATER_LAG else 1.0)
    return found


def _ahead(per_day: FloatArray, ahead: int) -> FloatArray:
    """(S, M) what months were ÷ the mean of three months that end `ahead` before them − 1; of the last two years."""
    sums = np.cumsum(np.nan_to_num(per_day), axis=1)
    mean = (sums[:, LEVEL_MONTHS:] - sums[:, :-LEVEL_MONTHS]) / LEVEL_MONTHS  # ends at month 3, 4, …
    month = per_day[:, LEVEL_MONTHS + ahead :]
    level = mean[:, : month.shape[1]]
    known = (level > 0) & (np.nan_to_num(month) > 0)
    return np.where(known, month / np.where(known, level, 1.0) - 1, np.nan)[:, -PAST_MONTHS:]


def _shrink(errors: FloatArray, size: FloatArray, label: IntArray) -> FloatArray:
    """Root mean square (S,) of errors (S, M) less what the uitvoerder's series have in common, leaning on φ ÷ size."""
    weight = np.where(np.isnan(errors), 0.0, size[:, None])
    total, held = sum_labels(np.nan_to_num(errors) * weight, label), sum_labels(weight, label)
    own = errors - (total / np.where(held > 0, held, 1.0))[label]
    scaled = np.abs(own * np.sqrt(size)[:, None])
    known = ~np.isnan(scaled)
    if not known.any():
        return np.zeros(len(errors))
    limit = HELD_DEVIATIONS * MAD_TO_DEVIATION * float(np.median(scaled[known]))
    square = np.where(known, np.minimum(scaled, 2 * limit) ** 2, 0.0)
    count = known.sum(axis=1)
    phi = np.minimum(square, limit**2).sum() / known.sum()
    mean = (square.sum(axis=1) + OWN_WEIGHT * phi) / (count + OWN_WEIGHT)
    return np.asarray(np.minimum(np.sqrt(mean / np.where(size > 0, size, np.inf)), ERROR_LIMIT))


def spread_own(
    own: OwnScatter, completeness: FloatArray, lag: IntArray, held: FloatArray, silent: BoolArray
) -> FloatArray:
    """Own deviation (S, T) of every completed month at the last delivery.

    `completeness` (S, T); `lag` (S, T) from 0, less the deliveries its uitvoerder is behind; `held` (S, T) the share
    held back of what is new; `silent` (S, T) imputed months. What an open month still expects moves as care does, the
    rest of it as its speed.
    """
    lags, ahead = own.speed.shape[1], np.where(lag == OPEN_MONTHS - 2, 2, 1)
    ahead = np.where(silent, np.maximum(np.cumsum(silent, axis=1), ahead), ahead)
    ahead = np.where(silent & (lag >= OPEN_MONTHS), AHEAD_MONTHS, ahead)  # expected from a year ago

    def square(at: IntArray) -> FloatArray:
        found = np.take_along_axis(own.speed, np.clip(at, 0, lags - 1), axis=1)
        return np.where((at >= 0) & (at < lags), found, 0.0) ** 2

    of_speed = np.where(silent, 0.0, (1 - held) * square(lag) + held * square(lag - 1))
    of_care = np.take_along_axis(own.care, np.clip(ahead, 1, AHEAD_MONTHS) - 1, axis=1)
    expects = np.where((lag < OPEN_MONTHS) | silent, 1 - completeness, 0.0)
    return np.asarray(np.sqrt(of_speed + (expects * of_care) ** 2))
