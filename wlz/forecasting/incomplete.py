"""The last months of a panel in which nearly all series are low at once: not complete, however small each fall.

A run-off tail (most of the last month missing, less of those before it), or zeros that are no zeros. The evidence is
taken across series; one series that falls alone is `edge_cases.find_odd_last_month`.
"""

from typing import NamedTuple

import numpy as np

from wlz.forecasting.ets import SEASON_MONTHS, BoolArray, FloatArray
from wlz.words.robust import MAD_TO_DEVIATION

LATEST_MONTHS = 6  # judged; in as many before them nothing was low, so they are one less at most
LEVEL_MONTHS = 6  # before those: their growth over the year before is expected to go on
FEWEST_SERIES = 10  # for a last month that is low by little
FEWEST_PAST = 6  # earlier moments, to know how far months lie from what is expected of them
LOW_SHARE_BEFORE = 0.7  # in a month before one that is not complete
LOW_SHARE = 0.85  # of the series are low
DEVIATIONS, SMALLEST_FALL = 4.0, np.log(0.98)
BEFORE_DEVIATIONS = 2.5  # of a month before one that is not complete
DEEP_FALL, USUAL_FALL = np.log(0.5), np.log(0.7)  # deep enough for any number of series; never so low before
ORDER_TOLERANCE = 0.03  # an older month is at least as complete as a younger one
ZERO_SHARE = 0.2  # of a series that may be judged


class Incomplete(NamedTuple):
    """How many `months` at the end are not complete, and per such month the middle `ratio` to what was expected."""

    months: int
    ratios: tuple[float, ...]
    too_many: bool = False  # all that are judged are low: nothing is set aside, a person must say what it is


NOTHING = Incomplete(0, ())


def find_incomplete_months(values: FloatArray, season: int = SEASON_MONTHS) -> Incomplete:
    """Months at the end (N, T) in which at least 85 % of the series lie below what was expected of them.

    Expected: the same month a year before × the growth of the six months before the last six. Low is a middle fall of
    2 % that also lies four robust deviations outside what the panel did before; of fewer than ten series the last
    month must be below half, never seen before. Older months are at least as complete as younger ones: else the whole
    panel fell, and nothing is set aside. So it is when all six are low. Of a panel of weeks `season` is 52.

    >>> find_incomplete_months(np.array([[100.0] * 36 + [0.0, 0.0]])).months
    2
    """
    months = values.shape[1]
    if months < season + LEVEL_MONTHS + LATEST_MONTHS:
        return NOTHING
    errors = _errors(values, months, season)
    usable = _may_be_judged(values, season) & (~np.isnan(errors)).any(axis=1)
    if not usable.any():
        return NOTHING
    now = _middle(errors[usable])
    known = ~np.isnan(errors[usable])
    share = (errors[usable] < 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    low = share >= np.where(np.arange(LATEST_MONTHS) == LATEST_MONTHS - 1, LOW_SHARE, LOW_SHARE_BEFORE)
    before = _past(values[usable], season)
    deep, broad, unusual = (low & one for one in _find_falls(now, before))
    if (low & _find_falls(now, before[LATEST_MONTHS:])[0]).all():  # beside what was before any of these months
        return Incomplete(0, (), too_many=True)
    if not (deep[-1] or (broad[-1] and usable.sum() >= FEWEST_SERIES)):
        return NOTHING
    count = _count_tail(deep | broad | unusual, now)
    return Incomplete(count, tuple(float(np.exp(one)) for one in now[LATEST_MONTHS - count :]))


def _count_tail(found: BoolArray, now: FloatArray) -> int:
    """Low months at the end, if each is at least as low as the one before it; 0 if all are."""
    count = LATEST_MONTHS - 1 - int(np.max(np.flatnonzero(~found), initial=-1))
    if count in (0, LATEST_MONTHS):
        return 0
    tail = now[LATEST_MONTHS - count :]
    return count if (tail[:-1] >= tail[1:] - ORDER_TOLERANCE).all() else 0


def _find_falls(now: FloatArray, before: FloatArray) -> tuple[BoolArray, BoolArray, BoolArray]:
    """Per month whether the middle of the panel is below half, whether it fell as it never did before, is unusual.

    `before` (J, LATEST): the same middles at earlier moments.
    """
    if len(before) >= FEWEST_PAST:
        usual = np.maximum(MAD_TO_DEVIATION * np.median(np.abs(before), axis=0), -SMALLEST_FALL / DEVIATIONS)
        lowest = before.min(axis=0)
    else:
        usual, lowest = np.full(LATEST_MONTHS, np.inf), np.zeros(LATEST_MONTHS)
    deep = (now < DEEP_FALL) & (lowest > USUAL_FALL)
    return deep, (now < -DEVIATIONS * usual) & (now < lowest), now < -BEFORE_DEVIATIONS * usual


def _may_be_judged(values: FloatArray, season: int) -> BoolArray:
    """Series that were there in the year before the last six months, and seldom 0 then."""
    year = values[:, -LATEST_MONTHS - season : -LATEST_MONTHS]
    known = (~np.isnan(year)).sum(axis=1)
    found: BoolArray = (known >= season // 2) & ((year == 0).sum(axis=1) <= ZERO_SHARE * known)
    return found


def _errors(values: FloatArray, end: int, season: int) -> FloatArray:
    """ln(month ÷ expected) of the last six months before `end` (N, LATEST); NaN where unknown, 0 as a thousandth."""
    base = end - LATEST_MONTHS
    now = values[:, base - LEVEL_MONTHS : base]
    actual = values[:, base:end]
    if base - LEVEL_MONTHS >= season:
        ago = values[:, base - LEVEL_MONTHS - season : base - season]
        both = ~np.isnan(now) & ~np.isnan(ago)
        total, total_ago = (np.where(both, side, 0.0).sum(axis=1) for side in (now, ago))
        growth = np.divide(total, total_ago, out=np.full(len(values), np.nan), where=total_ago > 0)
        expected = values[:, base - season : end - season] * growth[:, None]
    else:
        known = (~np.isnan(now)).sum(axis=1)
        mean = np.divide(np.nansum(now, axis=1), known, out=np.full(len(values), np.nan), where=known > 0)
        expected = np.repeat(mean[:, None], LATEST_MONTHS, axis=1)
    usable = (expected > 0) & (actual >= 0)
    safe = np.where(usable, expected, 1.0)
    ratio = np.where(usable, np.maximum(actual, 0.001 * safe) / safe, 1.0)
    return np.where(usable, np.log(ratio), np.nan)


def _middle(errors: FloatArray) -> FloatArray:
    """Median per month over the series in which it is known; 0 where it is in none."""
    known = ~np.isnan(errors)
    return np.array([np.median(errors[known[:, place], place]) if known[:, place].any() else 0.0 for place in range(
        errors.shape[1])])  # fmt: skip


def _past(values: FloatArray, season: int) -> FloatArray:
    """The same middles at every earlier moment before the last six months, (J, LATEST)."""
    ends = range(values.shape[1] - LATEST_MONTHS, 2 * season + LATEST_MONTHS - 1, -1)
    found = [_middle(_errors(values, end, season)) for end in ends]
    return np.array(found).reshape(len(found), LATEST_MONTHS)
