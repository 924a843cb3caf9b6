"""Engine `seasonal_naive`: the same month of last year. The yardstick of MASE."""

import numpy as np

from wlz.forecasting.engines.interface import EngineForecast, fill_last_year, repeat_year
from wlz.forecasting.ets import FloatArray


def seasonal_naive(values: FloatArray, horizon: int) -> EngineForecast:
    """Last year again; a gap takes the latest known year of that month.

    >>> seasonal_naive(np.arange(24.0)[None], 2).point
    array([[12., 13.]])
    """
    return EngineForecast(repeat_year(fill_last_year(values), horizon), np.full(len(values), "last year"))
