"""What a forecasting engine is: a panel in, a point forecast per series and month out.

Bounds are no part of an engine: `bounds/valued_paths.py` puts joint paths around the point of whichever engine was
chosen, from the engine's own errors one year back. Edge cases (ended, short, intermittent) are in `volumes/`.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from wlz.forecasting.ets import SEASON_MONTHS, BoolArray, FloatArray, TextArray


class EngineForecast(NamedTuple):
    """`point` (N, H) in units of the series; `model` (N,): what was fitted, for people."""

    point: FloatArray
    model: TextArray


# (series × months, NaN = not observed; the last column is the month before the first forecast month; horizon)
Engine = Callable[[FloatArray, int], EngineForecast]


def fill_last_year(values: FloatArray) -> FloatArray:
    """The last twelve months of N series (N, 12), each gap taken from the latest known year of that month.

    A month never observed takes the mean of the known ones among the twelve; a series without any observation is 0.
    `values` (N, T) may hold fewer than twelve columns.

    >>> fill_last_year(np.array([[1.0, *range(12)], [np.nan] * 12 + [3.0]]))[:, -2:]
    array([[10., 11.],
           [ 3.,  3.]])
    """
    count, months = values.shape
    years = -(-months // SEASON_MONTHS)
    padded = np.full((count, years * SEASON_MONTHS), np.nan)
    padded[:, padded.shape[1] - months :] = values
    by_year = padded.reshape(count, years, SEASON_MONTHS)
    filled = by_year[:, -1].copy()
    for year in range(years - 2, -1, -1):
        filled = np.where(np.isnan(filled), by_year[:, year], filled)
    known = ~np.isnan(filled)
    mean = np.where(known, filled, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return np.where(known, filled, mean[:, None])


def repeat_year(year: FloatArray, horizon: int) -> FloatArray:
    """Twelve months (N, 12) repeated to `horizon` months: the first forecast month is that of a year ago."""
    return np.tile(year, (1, -(-horizon // SEASON_MONTHS)))[:, :horizon]


def pair_months(values: FloatArray, back: int = SEASON_MONTHS) -> tuple[FloatArray, FloatArray]:
    """Months and the same months a year before, both (N, T − 12), zero in both where either is unknown."""
    now, before = values[:, back:], values[:, :-back]
    known: BoolArray = ~np.isnan(now) & ~np.isnan(before)
    return np.where(known, now, 0.0), np.where(known, before, 0.0)
