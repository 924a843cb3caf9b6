"""How sure months of one series are (lag, step 5): its own speed, its own care, and months that were imputed."""

import numpy as np
import pytest

from tests.spec.test_lag import CURVE, level, triangles
from wlz.lag.how_sure import AHEAD_MONTHS, OwnScatter, measure_series, spread_own
from wlz.lag.silent import find_quiet_series
from wlz.runoff import complete_cells
from wlz.runoff.retrospect import ERROR_LAGS

MONTHS = 40


def own_scatter(care: list[float], speed: list[float] | None = None) -> OwnScatter:
    """One series whose care is off by `care` one, two … months ahead."""
    return OwnScatter(np.array([speed or [0.0] * ERROR_LAGS]), np.array([care]))


def test_an_imputed_month_is_as_unsure_as_a_forecast_so_many_months_ahead() -> None:
    """Silent since three months: nothing of them is known, so 2, 3 and 4 % as care is off one, two and three ahead."""
    silent = np.array([[False, False, True, True, True]])
    completeness = np.where(silent, 0.0, 0.99)
    lag = np.array([[4, 3, 2, 1, 0]])
    own = own_scatter([0.02, 0.03, 0.04, 0.05, 0.06], [0.01] * ERROR_LAGS)
    found = spread_own(own, completeness, lag, np.zeros((1, 5)), silent)
    assert found[0].tolist() == pytest.approx([0.01, 0.01, 0.02, 0.03, 0.04])


def test_a_month_imputed_from_a_year_ago_is_the_least_sure() -> None:
    silent = np.ones((1, 4), dtype=np.bool_)
    found = spread_own(
        own_scatter([0.02, 0.03, 0.04, 0.05, 0.06]),
        np.zeros((1, 4)),
        np.array([[3, 2, 1, 0]]),
        np.zeros((1, 4)),
        silent,
    )
    assert found[0].tolist() == pytest.approx([0.06, 0.03, 0.04, 0.05])


def test_an_open_month_moves_as_care_does_for_what_is_still_expected_of_it() -> None:
    """Of the youngest month 60 % is still expected: 0.6 × 5 % beside 2 % of its speed; of one of lag 4 only speed."""
    none = np.zeros((1, 2), dtype=np.bool_)
    own = own_scatter([0.05] * AHEAD_MONTHS, [0.02] * ERROR_LAGS)
    found = spread_own(own, np.array([[0.97, 0.4]]), np.array([[3, 0]]), np.zeros((1, 2)), none)
    assert found[0].tolist() == pytest.approx([0.02, np.hypot(0.02, 0.6 * 0.05)])


def test_of_a_held_back_delivery_the_speed_lies_between_two_lags() -> None:
    speed = [0.04, 0.02] + [0.0] * (ERROR_LAGS - 2)
    none = np.zeros((1, 1), dtype=np.bool_)
    half = spread_own(
        own_scatter([0.0] * AHEAD_MONTHS, speed), np.ones((1, 1)), np.array([[1]]), np.full((1, 1), 0.5), none
    )
    assert half[0, 0] == pytest.approx(np.sqrt((0.04**2 + 0.02**2) / 2))


def test_a_series_that_is_billed_at_another_speed_than_its_cell_is_less_sure() -> None:
    """Two of three series come in as the cell does, the third 10 points sooner at first: 0.1 less the shared part."""
    early = CURVE + np.array([0.1, 0.03, 0.0, 0.0, 0.0, 0.0])
    values = triangles(np.array([100.0, 100.0, 100.0]), np.stack([CURVE, CURVE, early]), MONTHS)
    done = complete_cells(values.sum(axis=0, keepdims=True), np.zeros(1, dtype=np.int64), 3, level)
    found = measure_series(
        values,
        np.full((3, MONTHS), 100.0),
        np.ones((3, MONTHS)),
        np.ones(3),
        (np.zeros(3, int), np.zeros(1, int)),
        done.curve,
    )
    assert found.speed[2, 0] > 1.3 * found.speed[0, 0] > 0.02
    assert found.care.max() == pytest.approx(0.0, abs=1e-9)


def test_a_silent_series_does_not_speak_for_its_cell_but_one_that_was_taken_over_does() -> None:
    declared = np.full((4, 30), 50.0)
    declared[0, -2:] = 0.0  # silent, beside another of its cell
    declared[2, -2:] = 0.0  # silent, and another of its cell began when it stopped
    declared[3, :-2] = 0.0
    cell, none = np.array([0, 0, 1, 1]), np.zeros(4, dtype=np.bool_)
    assert find_quiet_series(declared, cell, none).tolist() == [True, False, False, False]
    assert not find_quiet_series(declared[:1], cell[:1], none[:1]).any()
