"""Months of the year that are billed later than others: July, August, December. Methods, lag, step 2."""

import numpy as np

from wlz.forecasting.ets import FloatArray, IntArray

LAGS_WITH_SEASON = 3  # youngest lags of which the month of the year matters
SHRINKAGE_YEARS = 0.5  # an effect seen in n years counts for n ÷ (n + this)
P_LIMIT = 1e-3  # odds of a share nearer to 0 or 1 than this are taken at it
MONTHS = 12


def to_logit(share: FloatArray) -> FloatArray:
    """ln(p ÷ (1 − p)), p held between 0.001 and 0.999."""
    held = np.clip(share, P_LIMIT, 1 - P_LIMIT)
    return np.asarray(np.log(held / (1 - held)))


def shift_completeness(p: FloatArray, shift: FloatArray) -> FloatArray:
    """p with its odds multiplied by exp(shift); where p is 0 or at least 0.999 it stays as it is."""
    moves = (p > 0) & (p < 1 - P_LIMIT) & (shift != 0)
    odds = np.where(moves, p / np.where(moves, 1 - p, 1.0), 1.0) * np.exp(np.where(moves, shift, 0.0))
    return np.where(moves, odds / (1 + odds), p)


def month_of_year_effect(
    values: FloatArray, ultimate: FloatArray, p: FloatArray, month_of_year: IntArray, usable: FloatArray
) -> FloatArray:
    """(12, L) by how much the log odds of completeness of a month of the year differ from the curve.

    `values` (G, T, L) cumulative per uitvoerder, `ultimate` (G, T) as known now (NaN: not old enough), `p` (G, L) the
    curve, `month_of_year` (T,) 0 is January, `usable` (G, T, L) weights: 0 where a diagonal is left out. Mean over
    uitvoerders weighed by euro, then over years, shrunk by n ÷ (n + ½); 0 without an earlier year and beyond the
    first three lags. On odds instead of on p (as methods has it) because a slow month then fits fast and slow
    uitvoerders alike and p stays below 1.
    """
    lags = values.shape[2]
    effect = np.zeros((MONTHS, lags))
    for lag in range(min(LAGS_WITH_SEASON, lags)):
        known = ~np.isnan(values[:, :, lag]) & ~np.isnan(ultimate) & (ultimate > 0) & (usable[:, :, lag] > 0)
        share = np.where(known, values[:, :, lag] / np.where(known, ultimate, 1.0), 0.5)
        away = to_logit(share) - to_logit(p[:, lag])[:, None]
        weight = np.where(known, ultimate, 0.0)
        of_month = weight.sum(axis=0)
        mean = (weight * away).sum(axis=0) / np.where(of_month > 0, of_month, 1.0)
        for month in range(MONTHS):
            seen = mean[(month_of_year == month) & (of_month > 0)]
            effect[month, lag] = seen.sum() / (len(seen) + SHRINKAGE_YEARS)
    return effect
