"""How late a delivery is, as a share between none and a whole month, with how sure that is. Methods, lag, step 3.

A delivery may keep back part of what is new and bring it a month later, once or for good. What the youngest months of
a delivery hold is compared with what every such lateness would leave of them, and each counts by how well it fits.
Here: the ways of being late and how they are weighed. Not here: which months and cells are looked at (`judging.py`),
deliveries in which nothing came in at all (`lateness.py`).
"""

from typing import NamedTuple

import numpy as np

from wlz.forecasting.ets import BoolArray, FloatArray
from wlz.runoff.season import shift_completeness
from wlz.words.robust import MAD_TO_DEVIATION

JUDGED_LAGS = 3  # youngest months of a delivery
SHARES = np.arange(1, 21) / 20.0
WAYS = 3  # of being late, beside on time
LATE_CHANCE = 0.04  # of each way of being late, at any delivery
LASTING_CHANCE = 0.5  # of the same lateness at the next one
FREEDOM = 6.0  # of Student's t: an odd delivery is more usual than the normal has it
FLOOR_LOG_ODDS = 0.10  # a smaller scatter of the share known is not believed
HISTORY = 4  # deliveries before one that is judged, at least
HISTORY_DELIVERIES = 24
DOUBTED_CHANCE = (0.1, 0.5)  # a share less likely than the first does not count, above the second it counts whole
SMALLEST_NEW, MOST_MONTHS = 0.01, 5.0  # of a lag with less that is new all of it is held back; in months, at most
NO_WIDTH = 1e-9  # a lag at which all is known has none
LATE_WEIGHT = 0.5  # likelier late than not
LATE_SHARE = 0.10  # a smaller share counts, but is not told, and its delivery stays in the curve


class HeldBack(NamedTuple):
    """Of G uitvoerders and D deliveries: how late each is.

    `share` and its standard deviation (G, D, JUDGED_LAGS): how much of what is new at a lag stays out; the last lag
    stands for all older ones. `chance` (G, D) that the delivery is late at all.
    """

    share: FloatArray
    deviation: FloatArray
    chance: FloatArray

    @property
    def is_late(self) -> BoolArray:
        """(G, D) deliveries likelier late than not, by a share that matters."""
        found: BoolArray = (self.chance > LATE_WEIGHT) & (self.share[:, :, 0] >= LATE_SHARE)
        return found

    def keep_least(self) -> "HeldBack":
        """Of two opinions of each uitvoerder, those of the second half behind those of the first, the less late."""
        half = len(self.chance) // 2
        less = self.chance[:half] <= self.chance[half:]
        share, deviation = (np.where(less[:, :, None], part[:half], part[half:]) for part in self[:2])
        return HeldBack(share, deviation, np.where(less, self.chance[:half], self.chance[half:]))


class OtherSpeed(NamedTuple):
    """A change of billing speed of G uitvoerders that may explain the last deliveries.

    `shift` (G,) in log odds (0: none), `usual` (G,) deviation of the log odds.
    """

    shift: FloatArray
    usual: FloatArray

    def expect(self, p: FloatArray) -> tuple[FloatArray, FloatArray]:
        """What it leaves of shares `p` (G, K), as ratio, and the deviation of that: no lag moves by exactly as much."""
        known = np.where(p > 0, p, 1.0)
        moved, further = (
            np.where(p > 0, shift_completeness(p, np.repeat(shift[:, None], p.shape[1], axis=1)) / known, 1.0)
            for shift in (self.shift, self.shift + self.usual)
        )
        return moved, np.abs(further - moved)


def _list_ways(new: FloatArray, kept: FloatArray) -> FloatArray:
    """(G, W, K) share held back of what is new at each lag.

    On time; of all that is new; of the youngest month; of all that was outstanding. `new` (G, K) is the part of what is
    usually known at a lag that came since the delivery before, which had `kept` (G, K) of what is usual. Where that one
    was on time the last way is the second.
    """
    groups, lags = new.shape
    all_new = np.repeat(SHARES[None, :, None], groups, axis=0) * np.ones(lags)
    before = np.concatenate([np.ones((groups, 1)), kept[:, :-1]], axis=1)
    outstanding = 1 - before * (1 - new)
    of_new = np.divide(outstanding, new, out=np.ones(new.shape), where=new > SMALLEST_NEW)
    return np.concatenate(
        [
            np.zeros((groups, 1, lags)),
            all_new,
            all_new * (np.arange(lags) == 0),
            all_new * np.minimum(of_new, MOST_MONTHS)[:, None, :],
        ],
        axis=1,
    )


def weigh_lateness(ratio: FloatArray, p: FloatArray, doubt: FloatArray, other: OtherSpeed) -> HeldBack:
    """What is held back of each delivery, from what its youngest months hold.

    `ratio` (G, D, K) what delivery d holds of the month at lag l ÷ what it usually would; NaN is not judged. `p` (G, D,
    K) the share usually known, `doubt` (G, D, K) relative deviation of the level of the month. `other` is the
    change of speed that the last deliveries may show instead. Deliveries are taken in turn:
    what the one before said of the same month, put right for its own way, tells more of its level.
    """
    groups, deliveries, lags = ratio.shape
    scatter = _measure_scatter(ratio, p)
    new = 1 - np.concatenate([np.zeros((groups, deliveries, 1)), p[:, :, :-1]], axis=2) / np.where(p > 0, p, 1.0)
    nothing = np.zeros((groups, deliveries, lags))
    found = HeldBack(nothing, nothing.copy(), nothing[:, :, 0].copy())
    known = np.cumsum(~np.isnan(ratio[:, :, 0]), axis=1)
    weight = np.zeros((groups, 2 + WAYS * len(SHARES)))  # the last: another speed
    kept, unsure = np.ones((groups, lags)), np.zeros((groups, lags))  # by the delivery before, of what is usual
    begun = int(np.argmax((~np.isnan(ratio)).any(axis=(0, 2)))) if known.any() else deliveries
    for delivery in range(begun, deliveries):
        before = ratio[:, delivery - 1] if delivery else np.full((groups, lags), np.nan)
        level, width = _place_level(before / kept, np.hypot(scatter, unsure), doubt[:, delivery])
        ways = _list_ways(new[:, delivery], kept)
        moved, scattered = other.expect(p[:, delivery])
        expected = np.concatenate([1 - ways * new[:, delivery, None, :], moved[:, None]], axis=1)
        prior = np.full(weight.shape, LATE_CHANCE / len(SHARES)) + LASTING_CHANCE * weight
        prior[:, 0] = 1 - 2 * LATE_CHANCE
        prior[:, -1] = np.where(other.shift != 0, prior[:, -1] + LATE_CHANCE / len(SHARES), 0.0)
        judged = ~np.isnan(ratio[:, delivery, 0]) & (known[:, delivery] > HISTORY)
        widths = np.repeat(np.hypot(scatter, width)[:, None] + NO_WIDTH, weight.shape[1], axis=1)
        widths[:, -1] = np.hypot(widths[:, -1], scattered)
        weight = _weigh(ratio[:, delivery] / level, expected, widths, prior, judged)
        of_ways = weight[:, :-1, None]
        share = (of_ways * ways).sum(axis=1)
        spread = np.sqrt(np.maximum((of_ways * ways**2).sum(axis=1) - share**2, 0.0))
        chance = weight[:, 1:-1].sum(axis=1)
        credit = np.clip((chance - DOUBTED_CHANCE[0]) / (DOUBTED_CHANCE[1] - DOUBTED_CHANCE[0]), 0.0, 1.0)[:, None]
        found.share[:, delivery], found.deviation[:, delivery] = credit * share, credit * spread
        found.chance[:, delivery] = chance
        kept = np.maximum((weight[:, :, None] * expected).sum(axis=1), LATE_SHARE)
        unsure = spread * new[:, delivery]
    return found


def _measure_scatter(ratio: FloatArray, p: FloatArray) -> FloatArray:
    """(G, K) robust deviation of the ratios of the last two years, with a floor and more where few are known."""
    recent = ratio[:, -HISTORY_DELIVERIES:]
    count = np.maximum((~np.isnan(recent)).sum(axis=1), 1)
    filled = np.where((~np.isnan(recent)).any(axis=1, keepdims=True), recent, 1.0)
    away = np.abs(filled - np.nanmedian(filled, axis=1, keepdims=True))
    usual = MAD_TO_DEVIATION * np.nanmedian(away, axis=1) * (1 + 2 / count)
    return np.asarray(np.maximum(usual, FLOOR_LOG_ODDS * np.abs(1 - p[:, -HISTORY_DELIVERIES:].mean(axis=1))))


def _place_level(before: FloatArray, noise: FloatArray, doubt: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Level of each month (G, K) beside what was taken, and its deviation: what was said of it a lag ago counts too."""
    level, width = np.ones(before.shape), doubt.copy()
    said = before[:, :-1] - 1
    gain = np.where(np.isnan(said), 0.0, doubt[:, 1:] ** 2 / (doubt[:, 1:] ** 2 + noise[:, :-1] ** 2))
    level[:, 1:] += gain * np.where(np.isnan(said), 0.0, np.clip(said, -0.5, 0.5))
    width[:, 1:] *= np.sqrt(1 - gain)
    return level, width


def _weigh(
    ratio: FloatArray, expected: FloatArray, width: FloatArray, prior: FloatArray, judged: BoolArray
) -> FloatArray:
    """(G, W) how likely each way is: prior × Student's t of what was found less what it would leave; 1 for on time.

    `width` (G, W, K) its scale.
    """
    z = (ratio[:, None, :] - expected) / width
    fit = np.where(np.isnan(z), 0.0, -(FREEDOM + 1) / 2 * np.log1p(z**2 / FREEDOM) - np.log(width)).sum(axis=2)
    weights = prior * np.exp(fit - fit.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray(np.where(judged[:, None], weights, np.arange(prior.shape[-1]) == 0))
