"""Engine `recent_growth`: the same month of last year, grown as the last months grew over the year before.

Per series g = mean over k of (last k months ÷ the same months a year before) − 1, trusted by its reliability
r = τ² ÷ (τ² + s²/4): τ² is how much growth differs over the panel, s the series' own monthly noise. Methods, volumes.
"""

from typing import NamedTuple

import numpy as np

from wlz.forecasting.engines.interface import EngineForecast, fill_last_year, pair_months, repeat_year
from wlz.forecasting.ets import SEASON_MONTHS, FloatArray

WEIGHT = 0.75  # of the reliable growth that goes on; trending volumes would take more, tourism less
SPANS = (2, 4, 6, 12)  # months compared with the same months a year before
GROWTH_RANGE = (0.5, 2.0)
NOISE_MONTHS = 4.0  # s² ÷ this is the error variance of g
SPREAD_FLOOR = 0.05  # τ at least this
SPREAD_OF_SMALL_PANEL = 0.10  # τ below MIN_PANEL series
MIN_PANEL = 20
BLOCK_SIZE = 65_536
MIN_NOISE_MONTHS = 6
NOISE_OF_SHORT_SERIES = 0.3  # s at least this when fewer pairs of months are known
MEDIAN_SQUARE_TO_VARIANCE = 2.2  # 1.4826²
TINY = 1e-9


class Growth(NamedTuple):
    """Per series (N,): `growth` g, `reliability` r, `noise` s (infinite without a pair of months)."""

    growth: FloatArray
    reliability: FloatArray
    noise: FloatArray


def recent_growth(values: FloatArray, horizon: int) -> EngineForecast:
    """Same month last year × (1 + 0.75·r·g), the last years' level kept beyond twelve months.

    Below 13 months there is no growth: the months of last year as far as known, their mean elsewhere.

    >>> recent_growth(np.full((1, 24), 5.0), 2).point
    array([[5., 5.]])
    """
    factor = grow_factor(measure_growth(values))
    point = repeat_year(fill_last_year(values), horizon) * factor[:, None]
    return EngineForecast(point, np.full(len(values), "recent growth"))


def grow_factor(measured: Growth) -> FloatArray:
    """1 + 0.75·r·g per series."""
    factor: FloatArray = 1.0 + WEIGHT * measured.reliability * measured.growth
    return factor


def measure_growth(values: FloatArray) -> Growth:
    """g, r and s of N series (N, T); months unknown in one of the two years count in neither."""
    months = min(SEASON_MONTHS, values.shape[1] - SEASON_MONTHS)
    if months < 1:
        zero = np.zeros(len(values))
        return Growth(zero, zero.copy(), np.full(len(values), np.inf))
    growth, noise = np.empty(len(values)), np.empty(len(values))
    recent = values[:, -months - SEASON_MONTHS :]
    for start in range(0, len(values), BLOCK_SIZE):  # memory stays that of a block
        rows = slice(start, start + BLOCK_SIZE)
        growth[rows], noise[rows] = _measure_block(recent[rows], months)
    error = noise**2 / min(NOISE_MONTHS, max(values.shape[1] - SEASON_MONTHS, 1))
    spread = _panel_spread(growth, error)
    finite = np.isfinite(error)
    return Growth(growth, np.where(finite, spread / (spread + np.where(finite, error, 1.0)), 0.0), noise)


def _measure_block(values: FloatArray, months: int) -> tuple[FloatArray, FloatArray]:
    now, before = pair_months(values)
    spans = sorted({min(span, months) for span in SPANS})
    ratios = [_ratio(now[:, -span:], before[:, -span:], GROWTH_RANGE) - 1 for span in spans]
    return np.asarray(np.mean(ratios, axis=0)), _monthly_noise(now, before, values, months)


def _ratio(now: FloatArray, before: FloatArray, limits: tuple[float, float] = (0.0, np.inf)) -> FloatArray:
    total, total_before = now.sum(axis=1), before.sum(axis=1)
    known = total_before > 0
    return np.clip(np.where(known, total / np.where(known, total_before, 1.0), 1.0), *limits)


def _monthly_noise(now: FloatArray, before: FloatArray, values: FloatArray, months: int) -> FloatArray:
    """RMS of y − G·y₋₁₂ ÷ mean(y₋₁₂) over the pairs of months known, G their ratio."""
    known = (~np.isnan(values[:, -months:]) & ~np.isnan(values[:, -months - SEASON_MONTHS : -SEASON_MONTHS])).sum(
        axis=1
    )
    rest = now - _ratio(now, before)[:, None] * before
    level = np.abs(before.sum(axis=1)) / np.maximum(known, 1)
    noise = np.sqrt((rest**2).sum(axis=1) / np.maximum(known, 1)) / np.maximum(level, TINY)
    noise = np.where(known < MIN_NOISE_MONTHS, np.maximum(noise, NOISE_OF_SHORT_SERIES), noise)
    return np.where(known > 0, noise, np.inf)


def _panel_spread(growth: FloatArray, error: FloatArray) -> float:
    """τ²: robust variance of growth over the panel, less what noise explains."""
    known = np.isfinite(error)
    if known.sum() < MIN_PANEL:
        return SPREAD_OF_SMALL_PANEL**2
    spread = MEDIAN_SQUARE_TO_VARIANCE * np.median(growth[known] ** 2) - np.median(error[known])
    return float(max(spread, SPREAD_FLOOR**2))
