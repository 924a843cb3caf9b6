"""Mack's two tests of what the chain ladder takes for granted: no effect of the delivery, factors without memory.

Here: the statistics of one triangle of link ratios. Not here: which triangles are tested (`wlz/lag/findings.py`).
Source: Mack, Measuring the Variability of Chain Ladder Reserve Estimates, CAS Forum, spring 1994, appendices G and H.
"""

from math import comb
from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata

from wlz.forecasting.ets import FloatArray

CALENDAR_DEVIATIONS = 2.0  # the 95 % range of Mack's example: E(Z) ± 2 standard deviations
MIDDLE_HALF = 0.6744897501960817  # of a normal: the 50 % range of T
MIN_PAIRS = 2


class MackTest(NamedTuple):
    """A statistic and the range in which it is expected; NaN where the triangle is too small for one."""

    statistic: float
    lower: float
    upper: float

    @property
    def is_outside(self) -> bool:
        """Whether the statistic lies outside its range; never for a triangle too small to be tested."""
        return self.statistic < self.lower or self.statistic > self.upper


def calendar_year_test(ratios: FloatArray) -> MackTest:
    """Do the link ratios of one delivery tend to be large, or small, together? Z and its 95 % range.

    `ratios` (T, K): care month t from lag index k to k + 1, so delivery t + k; NaN is left out. Every ratio is large or
    small against the median of its column, those equal to it count as neither. Per delivery the smaller of the two
    counts; Z adds them up. A low Z is an effect of the delivery. Needs two ratios in a delivery.

    >>> calendar_year_test(np.array([[1.1, 1.1], [1.2, 1.2], [1.3, np.nan]])).statistic
    0.0
    """
    with np.errstate(invalid="ignore"):
        median = np.array(
            [np.median(known) if (known := column[~np.isnan(column)]).size else np.nan for column in ratios.T]
        )
        large, small = ratios > median, ratios < median
    diagonal = np.add.outer(np.arange(ratios.shape[0]), np.arange(ratios.shape[1]))
    count_large, count_small = (np.bincount(diagonal[side], minlength=diagonal.max() + 1) for side in (large, small))
    total = count_large + count_small
    tested = total >= MIN_PAIRS
    if not tested.any():
        return MackTest(np.nan, np.nan, np.nan)
    moments = np.array([_moments_of_smaller(int(count)) for count in total[tested]])
    expected, spread = float(moments[:, 0].sum()), CALENDAR_DEVIATIONS * float(np.sqrt(moments[:, 1].sum()))
    observed = float(np.minimum(count_large, count_small)[tested].sum())
    return MackTest(observed, expected - spread, expected + spread)


def _moments_of_smaller(count: int) -> tuple[float, float]:
    """Mean and variance of the smaller of heads and tails in `count` throws (Mack 1994, appendix H)."""
    missed = comb(count - 1, (count - 1) // 2) / 2**count
    mean = count / 2 - count * missed
    return mean, count * (count - 1) / 4 - count * (count - 1) * missed + mean - mean * mean


def factor_correlation_test(ratios: FloatArray) -> MackTest:
    """Does a high link ratio foretell the next one of the same care month? T and its 50 % range.

    `ratios` as in `calendar_year_test`. Spearman's rank correlation of each column with the one before it, over the
    n care months that have both, weighted by n − 1; T has mean 0 and variance 1 ÷ Σ(n − 1). The range holds half of
    all triangles without memory, as Mack has it. A column without any spread says nothing.

    >>> factor_correlation_test(np.array([[1.1, 1.4], [1.2, 1.5], [1.3, 1.6]])).statistic
    1.0
    """
    total, weights = 0.0, 0
    for before, after in zip(ratios.T[:-1], ratios.T[1:], strict=True):
        both = ~np.isnan(before) & ~np.isnan(after)
        if both.sum() < MIN_PAIRS:
            continue
        first, second = rankdata(before[both]), rankdata(after[both])
        if np.ptp(first) == 0 or np.ptp(second) == 0:
            continue
        weight = int(both.sum()) - 1
        total += weight * float(np.corrcoef(first, second)[0, 1])
        weights += weight
    if not weights:
        return MackTest(np.nan, np.nan, np.nan)
    limit = MIDDLE_HALF / float(np.sqrt(weights))
    return MackTest(round(total / weights, 12), -limit, limit)
