"""Edges of the forecasts' own pieces, each with its sum."""

import math

import numpy as np
import pytest

from wlz.forecasting.diagnosis import NEGLIGIBLE_RATIO, _decompose, _negligible, measure_strengths
from wlz.forecasting.width import learn_width
from wlz.lag.complete import _weigh_days

NAN = math.nan


def test_a_forecast_of_nothing_is_a_thousandth_of_the_usual() -> None:
    """Mean of |10|, |−30| and |20| is 20: over 12 months 240, of which a thousandth. Nothing observed: 0."""
    assert NEGLIGIBLE_RATIO == 0.001
    assert _negligible(np.array([10.0, NAN, -30.0, 20.0]), 12) == pytest.approx(0.24)
    assert _negligible(np.array([NAN, NAN]), 12) == 0.0


def test_days_of_a_cell_are_those_of_its_series_by_euro() -> None:
    """0.9 and 1.3 by 0.3 and 0.1 euro: (0.27 + 0.13) ÷ 0.4 = 1.0. Below 0 counts for nothing; none at all: equal."""
    days = np.array([[0.9], [1.3], [5.0], [0.8], [1.2]])
    weight, cell = np.array([0.3, 0.1, -7.0, 0.0, 0.0]), np.array([0, 0, 0, 1, 1])
    assert _weigh_days(days, weight, cell, 2)[:, 0] == pytest.approx([1.0, 1.0])


def test_one_in_twenty_series_of_noise_is_stronger_than_noise() -> None:
    """Of 60 other series of noise 3 are expected above what 1 of 20 exceeds, trend and season; ten are too many."""
    draws = np.random.default_rng(7).normal(size=(60, 36))
    first = measure_strengths(draws[0])
    found = [_decompose(draw) for draw in draws]
    assert sum(trend > first.noise_trend for trend, _ in found) < 10
    assert sum(season > first.noise_season for _, season in found) < 10


def test_twenty_series_say_how_wide_a_panel_is() -> None:
    """All off by twice their usual width: nineteen say nothing, twenty count for half (a root of the quantiles)."""
    usual = learn_width(np.zeros((0, 3)), np.zeros((0, 3)))
    assert learn_width(np.full((1, 19), 2.0), np.ones((1, 19))) == usual
    own = learn_width(np.full((1, 20), 2.0), np.ones((1, 20)))
    assert own.curvature == 1.0  # both quantiles are 2: no curve at all, the least that is taken
    assert own.common > usual.common
