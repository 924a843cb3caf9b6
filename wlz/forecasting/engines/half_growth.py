"""Engine `half_growth`: same month last year × (1 + g/2), g the last twelve months ÷ the twelve before − 1.

The benchmark anybody can compute; alone it beats automatic exponential smoothing on public claims (methods, volumes).
"""

import numpy as np

from wlz.forecasting.engines.interface import EngineForecast, fill_last_year, pair_months, repeat_year
from wlz.forecasting.ets import SEASON_MONTHS, FloatArray

GROWTH_RANGE = (-0.5, 1.0)


def half_growth(values: FloatArray, horizon: int) -> EngineForecast:
    """Half of last year's growth goes on; without two years to compare there is none.

    >>> half_growth(np.repeat([[10.0, 12.0]], 12, axis=1), 1).point.round(6)
    array([[13.2]])
    """
    growth = np.zeros(len(values))
    if values.shape[1] > SEASON_MONTHS:
        now, before = (side[:, -SEASON_MONTHS:].sum(axis=1) for side in pair_months(values))
        growth = np.clip(np.where(before > 0, now / np.where(before > 0, before, 1.0) - 1, 0.0), *GROWTH_RANGE)
    point = repeat_year(fill_last_year(values), horizon) * (1 + growth / 2)[:, None]
    return EngineForecast(point, np.full(len(values), "half growth"))
