"""What is expected of the care months of a triangle before their own claims count: a level, or a clear trend.

For triangles too short, or of other steps than months, for the forecast of the advice (`completion.forecast_known`).
"""

import numpy as np

from wlz.forecasting.ets import SEASON_MONTHS, FloatArray
from wlz.runoff.methods import SMALLEST_SHARE, chain_ladder
from wlz.runoff.triangle import latest_lag

OLD_LAGS = 4
FEWEST_TREND, TREND_ERRORS, SMALLEST_TREND = 4, 3.0, 0.001  # months, standard errors and size of a trend that counts


def expect_level(values: FloatArray, declared: FloatArray, share: FloatArray) -> FloatArray:
    """A priori (N, T): the chain-ladder ultimates of the care months at least four lags old, their mean or their trend.

    The trend in the log, of the last twelve, where it lies three standard errors from 0 (a growing book): the mean of
    older months is then too low for all younger ones.
    """
    ultimate = np.where(share >= SMALLEST_SHARE, chain_ladder(declared, share), np.nan)
    old = np.where(latest_lag(values) >= OLD_LAGS, ultimate, np.nan)[:, -SEASON_MONTHS:]
    used = np.where(np.isnan(old).all(axis=1, keepdims=True), ultimate[:, -SEASON_MONTHS:], old)
    count = (~np.isnan(used)).sum(axis=1)
    mean = np.nansum(used, axis=1) / np.maximum(count, 1)
    level = np.repeat(np.where(count > 0, mean, np.nan)[:, None], values.shape[1], axis=1)
    for row in range(len(values)):
        trend = _fit_trend(used[row], values.shape[1])
        level[row] = level[row] if trend is None else trend
    return level


def _fit_trend(used: FloatArray, months: int) -> FloatArray | None:
    """Exponential trend (T,) through the last of T months, NaN = not used; None where there is no clear one."""
    place = np.flatnonzero(used > 0)
    if len(place) < FEWEST_TREND or (used < 0).any() or (used == 0).any():
        return None
    at, log = place - place.mean(), np.log(used[place])
    slope = float(at @ log / (at @ at))
    left = log - log.mean() - slope * at
    error = float(np.sqrt(left @ left / (len(place) - 2) / (at @ at)))
    if abs(slope) <= TREND_ERRORS * error or abs(slope) < SMALLEST_TREND:
        return None
    shown = np.arange(months) - (months - len(used)) - place.mean()
    return np.asarray(np.exp(log.mean() + slope * shown))
