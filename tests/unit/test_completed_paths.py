"""Completed months on the joint paths: their own error, what an uitvoerder shares, days, and the end of certainty."""

import numpy as np
import pytest

from wlz.bounds.valued_paths import CompletedMonths, _KnownMonths, build_calendar
from wlz.runoff.retrospect import FREEDOM, T_SCALE

PATHS = 4000
IDS = [f"P{number}/U" for number in range(50)]


def known_months(common: float, own: float) -> _KnownMonths:
    shape = (len(IDS), 2)
    completed = CompletedMonths(np.full(shape, 100.0), np.full(shape, common), np.full(shape, own))
    shared = T_SCALE * np.random.default_rng(0).standard_t(FREEDOM, PATHS)
    return _KnownMonths(np.full((len(IDS), 3), 2.0), completed, shared)


def apply(known: _KnownMonths) -> np.ndarray:
    paths = np.full((len(IDS), PATHS, 3), 10.0, np.float32)
    return known.apply(slice(0, len(IDS)), IDS, paths, seed=0)


def test_completed_months_take_the_place_of_the_first_forecast_month_and_the_rest_counts_days() -> None:
    found = apply(known_months(0.0, 0.0))
    assert found.shape == (len(IDS), PATHS, 4)
    assert np.unique(found[:, :, :2]) == pytest.approx([100.0])
    assert np.unique(found[:, :, 2:]) == pytest.approx([20.0])


def test_what_an_uitvoerder_shares_does_not_average_out_and_what_is_own_does() -> None:
    """80 % of a normal lies within 1.2816 deviations, and Student's t is scaled to that."""
    for common, own, expected in ((0.1, 0.0, 10.0), (0.0, 0.1, 10.0 / np.sqrt(len(IDS)))):
        mean = apply(known_months(common, own))[:, :, 0].mean(axis=0)
        low, high = np.quantile(mean, [0.1, 0.9])
        assert (high - low) / (2 * 1.2816) == pytest.approx(expected, rel=0.15)


def test_nothing_falls_below_zero_and_a_month_is_the_same_for_the_same_series() -> None:
    found = apply(known_months(0.5, 0.9))
    assert found.min() >= 0
    again = known_months(0.5, 0.9).apply(slice(7, 8), IDS, np.full((1, PATHS, 3), 10.0, np.float32), seed=0)
    assert (again[0] == found[7]).all()


def test_the_year_begins_in_january_where_months_are_completed() -> None:
    from datetime import date

    calendar = build_calendar(date(2015, 1, 1), 36, 2018)
    assert calendar.ahead == slice(0, 12)
    assert calendar.observed == slice(36, 36)
