"""Engine `combined`: the mean of `ets_average` and `recent_growth`, the default outside scenario `letter`.

Smoothing sees the whole history, growth only the last months: their errors differ, so the mean beats both (methods,
volumes). Below 24 months the season cannot be estimated and smoothing without it is bad: growth alone.
"""

import numpy as np

from wlz.forecasting.engines.ets_average import average_windows, guard_year
from wlz.forecasting.engines.interface import EngineForecast, fill_last_year, repeat_year
from wlz.forecasting.engines.recent_growth import Growth, grow_factor, measure_growth
from wlz.forecasting.ets import MIN_SEASON_OBSERVATIONS, SEASON_MONTHS, BoolArray, FloatArray

BLOCK_SIZE = 8192


def combined(values: FloatArray, horizon: int) -> EngineForecast:
    """Mean of both members; below 24 observed months `recent_growth` alone.

    >>> combined(np.full((1, 36), 5.0), 2).point
    array([[5., 5.]])
    """
    measured = measure_growth(values)
    point, both = np.empty((len(values), horizon)), np.empty(len(values), dtype=np.bool_)
    for start in range(0, len(values), BLOCK_SIZE):  # memory stays that of a block
        rows = slice(start, start + BLOCK_SIZE)
        of_block = Growth(*(part[rows] for part in measured))
        smooth, growth, both[rows] = _members_of(values[rows], of_block, horizon)
        point[rows] = np.where(both[rows, None], (smooth + growth) / 2, growth)
    return EngineForecast(point, np.where(both, "average + growth", "growth alone"))


def forecast_members(values: FloatArray, horizon: int) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Both members (N, H), `ets_average` then `recent_growth`, and which series (N,) have the first."""
    return _members_of(values, measure_growth(values), horizon)


def _members_of(values: FloatArray, measured: Growth, horizon: int) -> tuple[FloatArray, FloatArray, BoolArray]:
    growth = repeat_year(fill_last_year(values), horizon) * grow_factor(measured)[:, None]
    both: BoolArray = (~np.isnan(values)).sum(axis=1) >= MIN_SEASON_OBSERVATIONS
    smooth = growth.copy()
    if both.any():
        smooth[both] = guard_year(average_windows(values[both], horizon), growth[both], measured.noise[both])
    return smooth, growth, both


def measure_gap(values: FloatArray) -> FloatArray:
    """How far the members are apart on the year ahead (N,), in units of the series: a sign of a hard series."""
    smooth, growth, _ = forecast_members(values, SEASON_MONTHS)
    gap: FloatArray = np.abs(smooth.sum(axis=1) - growth.sum(axis=1))
    return gap
