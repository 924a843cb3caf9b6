"""Last months of a panel that are low in nearly all series at once: found, set aside, told; and nothing else is."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.test_panel_frame import make_panel
from wlz.forecasting.any_panel import TOTAL_ID, forecast_frame
from wlz.forecasting.incomplete import find_incomplete_months


def make_series(count: int = 30, months: int = 48, seed: int = 1) -> np.ndarray:
    """Series with a season of their own, growth and 5 % of noise."""
    rng = np.random.default_rng(seed)
    at = np.arange(months)
    season = 0.2 * np.sin(2 * np.pi * (at / 12 + rng.random((count, 1))))
    return np.exp(rng.normal(5, 1, (count, 1)) + season + 0.002 * at + 0.05 * rng.normal(size=(count, months)))


def run_off(values: np.ndarray, shares: tuple[float, ...]) -> np.ndarray:
    """The last months known to these shares, the oldest first."""
    return np.concatenate([values[:, : -len(shares)], values[:, -len(shares) :] * shares], axis=1)


@pytest.mark.parametrize("shares", [(0.3,), (0.8, 0.3), (0.9, 0.8, 0.3), (0.9,), (0.88, 0.8), (0.0,), (0.0, 0.0)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_run_off_tail_is_found_as_far_as_it_goes(shares: tuple[float, ...], seed: int) -> None:
    found = find_incomplete_months(run_off(make_series(seed=seed), shares))
    assert found.months == len(shares)
    assert found.ratios == pytest.approx([max(one, 0.001) for one in shares], abs=0.05)


@given(st.integers(0, 10_000), st.integers(1, 40))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_a_complete_panel_is_left_alone(seed: int, count: int) -> None:
    assert find_incomplete_months(make_series(count, seed=seed)).months == 0


@pytest.mark.parametrize("shares", [(0.5, 0.7, 0.9), (0.6,) * 6, (0.6,) * 12])
def test_a_fall_of_the_panel_is_no_run_off(shares: tuple[float, ...]) -> None:
    """Recovering, or low for half a year and longer: the panel fell."""
    assert find_incomplete_months(run_off(make_series(), shares)).months == 0


def test_some_series_low_is_not_the_panel() -> None:
    values = make_series()
    values[:20, -1] *= 0.3
    assert find_incomplete_months(values).months == 0


def test_a_single_series_needs_more_than_a_small_fall() -> None:
    one = make_series(1)
    assert find_incomplete_months(run_off(one, (0.8,))).months == 0
    assert find_incomplete_months(run_off(one, (0.7, 0.25))).months == 2


def test_seldom_and_short_series_say_nothing() -> None:
    seldom = make_series()
    seldom[:, ::2] = 0.0
    assert find_incomplete_months(seldom).months == 0
    assert find_incomplete_months(run_off(make_series(months=20), (0.2,))).months == 0


@pytest.mark.parametrize("shares", [(0.9, 0.8, 0.3), (0.0, 0.0)])
def test_the_forecast_is_as_if_they_were_complete(shares: tuple[float, ...]) -> None:
    """Within 3 % of that of the whole panel, with the same months and wider bounds; with as_is far below."""
    values = make_series()

    def total(values: np.ndarray, *, as_is: bool = False) -> dict[str, float]:
        found = forecast_frame(make_panel(values), total=True, as_is=as_is).filter(unique_id=TOTAL_ID)
        assert found["month"].drop_nulls().to_list() == [date(2019, month, 1) for month in range(1, 13)]
        return found.filter(pl.col("month").is_null()).to_dicts()[0]

    whole, cut = total(values), total(run_off(values, shares))
    assert cut["forecast"] == pytest.approx(whole["forecast"], rel=0.03)
    assert cut["lower_95"] < whole["forecast"] < cut["upper_95"]
    assert total(run_off(values, shares), as_is=True)["forecast"] < 0.985 * whole["forecast"]
