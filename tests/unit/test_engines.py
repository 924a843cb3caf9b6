"""Engines: each by hand on a small table, then what must hold for all of them."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.test_ets import make_mixed_panel, make_panel
from wlz.forecasting import ets
from wlz.forecasting.engines import DEFAULT_ENGINE, ENGINES, RUN_ENGINES
from wlz.forecasting.engines.ets_average import (
    TEMPERATURE,
    average_forecast,
    build_average_bank,
    guard_year,
    list_coarse_points,
    list_windows,
    weigh_models,
)
from wlz.forecasting.engines.interface import fill_last_year
from wlz.forecasting.engines.recent_growth import measure_growth

SNAPSHOT = Path(__file__).parent / "snapshots" / "engines_panel.csv"
QUICK = settings(max_examples=25, deadline=None, derandomize=True)
MONTHS = np.arange(36)


def two_levels(before: float, now: float) -> np.ndarray:
    """Twelve months at one level, twelve at another."""
    return np.repeat([[before, now]], 12, axis=1)


# ---- by hand ----------------------------------------------------------------------------------------------------


def test_recent_growth_by_hand() -> None:
    """100 a month, then 120: g = 0.2 over every span, no noise, so r = 1; 120 × (1 + 0.75 · 0.2) = 138."""
    point = ENGINES["recent_growth"](two_levels(100.0, 120.0), 12).point
    assert point == pytest.approx(np.full((1, 12), 138.0))


def test_reliability_falls_with_noise() -> None:
    """r = τ² ÷ (τ² + s²/4), τ = 0.10 below 20 series: s = 0.2 gives r = 0.01 ÷ (0.01 + 0.01) = 0.5."""
    noisy = np.concatenate([np.full(12, 100.0), 120 + 20 * np.tile([1.0, -1.0], 6)])[None]
    measured = measure_growth(noisy)
    assert measured.noise[0] == pytest.approx(0.2)
    assert measured.reliability[0] == pytest.approx(0.5)
    assert measured.growth[0] == pytest.approx(0.2)


def test_growth_is_clipped_at_half_and_double() -> None:
    assert measure_growth(two_levels(100.0, 1000.0)).growth[0] == pytest.approx(1.0)
    assert measure_growth(two_levels(100.0, 10.0)).growth[0] == pytest.approx(-0.5)


def test_panel_spread_needs_twenty_series() -> None:
    """τ² = max(2.2 · median(g²) − median(s²)/4, 0.05²) over 20 series or more, else 0.1²."""
    growths = np.linspace(-0.3, 0.3, 21)
    panel = np.concatenate([two_levels(100.0, 100 * (1 + growth)) for growth in growths])
    panel[:, 12:] += 10 * np.tile([1.0, -1.0], 6)
    measured = measure_growth(panel)
    spread = 2.2 * np.median(measured.growth**2) - np.median(measured.noise**2) / 4
    assert measured.reliability == pytest.approx(spread / (spread + measured.noise**2 / 4))
    alone = measure_growth(panel[:1])
    assert alone.reliability[0] == pytest.approx(0.01 / (0.01 + alone.noise[0] ** 2 / 4))


def test_half_growth_by_hand() -> None:
    """120 × (1 + 0.2/2) = 132; growth beyond −50 … +100 % is clipped."""
    assert ENGINES["half_growth"](two_levels(100.0, 120.0), 1).point[0, 0] == pytest.approx(132.0)
    assert ENGINES["half_growth"](two_levels(10.0, 120.0), 1).point[0, 0] == pytest.approx(180.0)


def test_seasonal_naive_is_last_year() -> None:
    found = ENGINES["seasonal_naive"](MONTHS[None].astype(float), 14).point
    assert found[0].tolist() == [*range(24, 36), 24, 25]


def test_combined_is_the_mean_of_its_members() -> None:
    panel = make_panel(30)
    members = [ENGINES[name](panel, 12).point for name in ("ets_average", "recent_growth")]
    assert ENGINES["combined"](panel, 12).point == pytest.approx(np.mean(members, axis=0))


def test_combined_below_two_years_is_growth_alone() -> None:
    panel = make_panel(5, months=20)
    found = ENGINES["combined"](panel, 12)
    assert found.point == pytest.approx(ENGINES["recent_growth"](panel, 12).point)
    assert set(found.model) == {"growth alone"}


def test_gaps_take_the_latest_known_year_of_the_month() -> None:
    values = MONTHS[None].astype(float).copy()
    values[0, 30] = np.nan
    assert fill_last_year(values)[0].tolist() == [24, 25, 26, 27, 28, 29, 18, 31, 32, 33, 34, 35]


def test_the_coarse_grid_has_140_points() -> None:
    """5 α, 3 β/α, 3 γ/(1−α), φ = 0.95 (methods): 5 + 15 + 15 + 15 + 45 + 45."""
    assert [len(list_coarse_points(form).alpha) for form in range(6)] == [5, 15, 15, 15, 45, 45]


def test_every_form_is_equally_likely_beforehand() -> None:
    """weight ∝ exp(−0.6 · BIC/2) ÷ points of the form: against the scores of the slow way, point by point."""
    panel = make_panel(4)
    bank = build_average_bank((True,) * 36, 0, 12)
    weight, scaled, logs, _ = weigh_models(bank, panel)
    for row in range(4):
        scores = []
        for space, jacobian in ((scaled[row], 0.0), (logs[row], 2 * logs[row].sum())):
            for point in range(140):
                sse = ((bank.residual[point] @ (space - space.mean())) ** 2).sum()
                bic = 36 * np.log(sse) + jacobian + bank.parameter_count[point] * np.log(36)
                scores.append(-0.5 * TEMPERATURE * bic - np.log((bank.form == bank.form[point]).sum()))
        likely = np.exp(np.array(scores) - np.max(scores))
        assert weight[row] == pytest.approx(likely / likely.sum(), rel=1e-3, abs=1e-9)


def test_forecast_maps_are_those_of_the_filter() -> None:
    """The forecast of a grid point by its map, beside the filter of `ets.py` run forward from the same point."""
    panel = make_panel(3)
    bank = build_average_bank((True,) * 36, 0, 12)
    maps = bank.forecast.reshape(36, 140, 12)
    for form in range(6):
        points = list_coarse_points(form)
        operators = ets.build_operators(points, np.ones(36, bool))
        first = int(np.flatnonzero(bank.form == form)[0])
        for row, series in enumerate(panel):
            states = operators[1] @ series
            _, final = ets.run_filter(points, states.T[:, :, None], series[:, None, None], np.ones(36, bool))
            level, slope, season = final[0, :, 0], final[1, :, 0], final[2:, :, 0]
            for step in range(12):
                slope = points.phi * slope
                level = level + slope
                expected = level + season[step % 12]
                found = series @ maps[:, first : first + len(points.alpha), step]
                assert found == pytest.approx(expected, rel=1e-8), (form, row, step)


def test_windows_of_three_years() -> None:
    """The last T, T−3, … T−12 months that hold at least 24."""
    assert [window.sum() for window in list_windows(np.ones(36, bool))] == [36, 33, 30, 27, 24]
    assert [window.sum() for window in list_windows(np.ones(28, bool))] == [28, 25]
    assert [window.sum() for window in list_windows(np.ones(20, bool))] == [20]


def test_the_year_is_guarded() -> None:
    """Yearly sum within growth · (1 ± min(0.1 + 2s, 0.9)): 1,200 around 100 with s = 0.05 ends at 120."""
    guarded = guard_year(np.full((1, 12), 100.0), np.full((1, 12), 100 / 12), np.array([0.05]))
    assert guarded.sum() == pytest.approx(120.0)


def test_a_log_model_weighs_nothing_for_a_series_with_zeros() -> None:
    panel = make_panel(2)
    panel[0, 5] = 0.0
    weight = weigh_models(build_average_bank((True,) * 36, 0, 12), panel)[0]
    assert weight[0, 140:].sum() == 0.0
    assert weight.sum(axis=1) == pytest.approx(np.ones(2))
    assert (average_forecast(build_average_bank((True,) * 36, 0, 12), panel, 12) >= 0).all()


# ---- for every engine -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RUN_ENGINES)
def test_a_constant_stays_exactly_constant(name: str) -> None:
    assert (ENGINES[name](np.full((2, 36), 0.3), 24).point == 0.3).all()


@pytest.mark.parametrize("name", RUN_ENGINES)
@QUICK
@given(factor=st.floats(0.01, 1e6), seed=st.integers(0, 50))
def test_scaling_scales(name: str, factor: float, seed: int) -> None:
    panel = make_panel(6, seed=seed)
    found = ENGINES[name](panel * factor, 12).point
    assert found == pytest.approx(ENGINES[name](panel, 12).point * factor, rel=1e-5)


@pytest.mark.parametrize("name", RUN_ENGINES)
def test_order_of_series_changes_nothing(name: str) -> None:
    panel = make_panel(40)
    order = np.random.default_rng(1).permutation(40)
    assert ENGINES[name](panel[order], 12).point == pytest.approx(ENGINES[name](panel, 12).point[order], rel=1e-9)


@pytest.mark.parametrize("name", RUN_ENGINES)
@pytest.mark.parametrize("months", [7, 12, 13, 24, 25, 36, 48, 61])
def test_more_history_never_breaks(name: str, months: int) -> None:
    found = ENGINES[name](make_panel(5, months=months), 24).point
    assert found.shape == (5, 24)
    assert np.isfinite(found).all()
    assert (found > 0).all()


def test_statsmodels_finds_about_the_same_year() -> None:
    """The reference engine searches the same models by its own program."""
    panel = make_panel(2)
    ours, theirs = (ENGINES[name](panel, 12).point.sum(axis=1) for name in ("ets_select", "statsmodels"))
    assert theirs == pytest.approx(ours, rel=0.1)


def test_the_default_is_combined_and_statsmodels_is_in_no_run() -> None:
    assert DEFAULT_ENGINE == "combined"
    assert set(ENGINES) - set(RUN_ENGINES) == {"statsmodels"}


def list_snapshot_rows() -> list[dict[str, str]]:
    panel = make_mixed_panel()
    return [
        {"engine": name, "series": str(row), "step": str(step + 1), "forecast": f"{point[row, step]:.9g}"}
        for name in RUN_ENGINES
        for point in [ENGINES[name](panel, 24).point]
        for row in range(len(panel))
        for step in (0, 11, 23)
    ]


def test_numbers_are_those_of_the_snapshot() -> None:
    """A change of a model is a visible diff of numbers. Renew: python -m tests.unit.test_engines"""
    with SNAPSHOT.open(encoding="utf-8") as file:
        frozen = list(csv.DictReader(file))
    now = list_snapshot_rows()
    assert [(r["engine"], r["series"], r["step"]) for r in now] == [
        (r["engine"], r["series"], r["step"]) for r in frozen
    ]
    np.testing.assert_allclose([float(r["forecast"]) for r in now], [float(r["forecast"]) for r in frozen], rtol=1e-6)


if __name__ == "__main__":
    with SNAPSHOT.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, fieldnames=["engine", "series", "step", "forecast"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(list_snapshot_rows())
