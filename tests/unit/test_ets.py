"""Exponential smoothing as one linear map: against a plain loop, against statsmodels, and against itself."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wlz.forecasting import ets

SNAPSHOT = Path(__file__).parent / "snapshots" / "ets_panel.csv"
MONTHS = np.arange(36)
QUICK = settings(max_examples=25, deadline=None, derandomize=True)


def make_panel(count: int, months: int = 36, seed: int = 1) -> np.ndarray:
    """Positive volumes with growth, season, drifting level and noise, of very different sizes."""
    rng = np.random.default_rng(seed)
    size = np.exp(rng.normal(6, 1.5, (count, 1)))
    growth = rng.normal(0, 0.01, (count, 1)) * np.arange(months)
    turn = 2 * np.pi * (np.arange(months) / 12 + rng.random((count, 1)))
    season = 0.3 * rng.random((count, 1)) * np.sin(turn)
    drift = 0.02 * np.cumsum(rng.normal(size=(count, months)), axis=1)
    return size * np.exp(growth + season + drift + 0.04 * rng.normal(size=(count, months)))


def make_mixed_panel() -> np.ndarray:
    """Twelve series, one per case a number can take: the fixed panel of the snapshot."""
    panel = make_panel(12, seed=20180501)
    panel[1] = 100 + 3 * MONTHS
    panel[2] = 80 + 20 * np.sin(2 * np.pi * MONTHS / 12)
    panel[3] = 42.5
    panel[4] -= panel[4].mean()
    panel[5, :20] = np.nan
    panel[6, [7, 8, 22]] = np.nan
    panel[7, 34:] = np.nan
    panel[8, [3, 9, 15, 16]] = 0.0
    panel[9] = 900 * 0.97**MONTHS
    panel[10, :29] = np.nan
    return panel


def loop_filter(parameters: tuple[float, float, float, float], initial: np.ndarray, series: np.ndarray) -> np.ndarray:
    """The model equations of Hyndman et al. 2008, chapter 2, month by month, as one would write them by hand."""
    alpha, beta, phi, gamma = parameters
    level, slope, season = initial[0], initial[1], list(initial[2:])
    errors = []
    for month, volume in enumerate(series):
        level, slope = level + phi * slope, phi * slope
        if not np.isnan(volume):
            error = volume - level - season[month % 12]
            level, slope = level + alpha * error, slope + beta * error
            season[month % 12] += gamma * error
            errors.append(error)
    return np.array(errors)


def fit_initial_by_loop(
    parameters: tuple[float, float, float, float], form: ets.ModelForm, series: np.ndarray
) -> np.ndarray:
    """Least squares without the algebra: run the loop from each unit state and solve for the best mixture."""
    base = loop_filter(parameters, np.zeros(14), series)
    states = [0] + [1] * form.trend + list(range(2, 13)) * form.season
    units = np.zeros((len(states), 14))
    for row, state in enumerate(states):
        units[row, state] = 1.0
        if state >= 2:
            units[row, 13] = -1.0
    effects = np.array([loop_filter(parameters, unit, series) - base for unit in units]).T
    return units.T @ np.linalg.lstsq(effects, -base, rcond=None)[0]


@pytest.mark.parametrize("form_index", range(6))
@pytest.mark.parametrize("missing", [(), (5,), (4, 5, 6, 20), (1, 13, 30)])
def test_operators_equal_the_loop(form_index: int, missing: tuple[int, ...]) -> None:
    """A gap drops its row and passes the state on (methods, volumes: 'drop the rows, never zero')."""
    series = make_panel(1, seed=form_index)[0] / 400
    series[list(missing)] = np.nan
    observed = ~np.isnan(series)
    points = ets.list_points(form_index)
    residual_maps, initial_maps = ets.build_operators(points, observed)
    for j in np.random.default_rng(form_index).choice(len(points.alpha), 4, replace=False):
        parameters = tuple(float(column[j]) for column in points[1:])
        initial = fit_initial_by_loop(parameters, ets.FORMS[form_index], series)
        errors = loop_filter(parameters, initial, series)
        np.testing.assert_allclose(initial_maps[j] @ series[observed], initial, atol=1e-8)
        np.testing.assert_allclose(residual_maps[j] @ series[observed], errors, atol=1e-8)


def test_statsmodels_gives_the_same_sse() -> None:
    """The equations are those of statsmodels: same parameters and initial states, same SSE."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    series = make_panel(1, seed=5)[0]
    points = ets.list_points(5)
    j = 217
    residual_maps, initial_maps = ets.build_operators(points, np.ones(36, bool))
    level, slope, *season = initial_maps[j] @ series
    model = ETSModel(
        series,
        error="add",
        trend="add",
        damped_trend=True,
        seasonal="add",
        seasonal_periods=12,
        initialization_method="known",
        initial_level=level,
        initial_trend=slope,
        initial_seasonal=season,
    )
    given_values = {
        "smoothing_level": points.alpha[j],
        "smoothing_trend": points.beta[j],
        "smoothing_seasonal": points.gamma[j],
        "damping_trend": points.phi[j],
        "initial_level": level,
        "initial_trend": slope,
    }
    # statsmodels counts the initial seasons backwards from the month before the first one.
    given_values |= {f"initial_seasonal.{i}": season[11 - i] for i in range(12)}
    start = np.array([given_values[name] for name in model.param_names])
    sse = float((model.smooth(start).resid ** 2).sum())
    assert sse == pytest.approx(float(((residual_maps[j] @ series) ** 2).sum()), rel=1e-6)


def test_initial_states_are_least_squares() -> None:
    """No other initial state gives a smaller SSE: residuals are orthogonal to the effect of every state."""
    points = ets.list_points(4)
    residual_maps, _ = ets.build_operators(points, np.ones(30, bool))
    again = residual_maps[:, :, :] @ make_panel(1, 30)[0]
    for j in (0, 100, 224):
        parameters = tuple(float(column[j]) for column in points[1:])
        zero = loop_filter(parameters, np.zeros(14), np.zeros(30))
        level = loop_filter(parameters, np.eye(14)[0], np.zeros(30)) - zero
        assert abs(again[j] @ level) < 1e-8 * np.linalg.norm(again[j]) * np.linalg.norm(level)


@pytest.mark.parametrize(
    ("months", "forms", "reason"),
    [
        (7, 2, "damped trend: k = 6, n − k − 1 = 0"),
        (8, 3, "all forms without a season"),
        (23, 3, "a season needs two years"),
        (24, 6, "two full years"),
    ],
)
def test_forms_by_length(months: int, forms: int, reason: str) -> None:
    assert len(np.unique(ets.build_bank((True,) * months).points.form)) == forms, reason


def test_season_needs_every_calendar_month() -> None:
    """Thirty observations, but never a May: no model with a season, instead of an arbitrary May."""
    pattern = tuple(month % 12 != 4 for month in range(36))
    assert ets.build_bank(pattern).points.form.max() == 2


def test_grid_has_864_points_and_k_counts_the_variance() -> None:
    """A,Ad,A: α, β, φ, γ, level, slope, eleven seasons, variance = 18, as R forecast::ets counts."""
    bank = ets.build_bank((True,) * 36)
    assert len(bank.parameter_count) == 864
    assert [form.parameter_count for form in ets.FORMS] == [3, 5, 6, 15, 17, 18]


def test_aicc_by_hand() -> None:
    """AICc of a log model counts the Jacobian, so that it compares with the additive one."""
    series, bank = make_panel(1, seed=3), ets.build_bank((True,) * 36)
    scaled = series / series.mean()
    residual_maps, _ = ets.build_operators(ets.list_points(1), np.ones(36, bool))
    j = 9 + 20  # after the nine points of A,N,N
    penalty = 2 * 5 + 2 * 5 * 6 / (36 - 5 - 1)
    additive = 36 * np.log(((residual_maps[20] @ scaled[0]) ** 2).sum()) + penalty
    logged = 36 * np.log(((residual_maps[20] @ np.log(scaled[0])) ** 2).sum()) + penalty
    scores = ets.score_panel(bank, series)[0]
    assert scores[j] == pytest.approx(additive, abs=1e-4)
    assert scores[864 + j] == pytest.approx(logged + 2 * np.log(scaled).sum(), abs=1e-4)


@QUICK
@given(seed=st.integers(0, 10_000), point=st.integers(0, 2 * 864 - 1))
def test_no_grid_point_beats_the_selected(seed: int, point: int) -> None:
    series, bank = make_panel(3, seed=seed), ets.build_bank((True,) * 36)
    fit = ets.fit_panel(bank, series)
    assert (fit.aicc <= ets.score_panel(bank, series)[:, point] + ets.AICC_TIE).all()


@QUICK
@given(seed=st.integers(0, 10_000), factor=st.floats(1e-3, 1e6), months=st.integers(7, 40))
def test_scaling_a_series_scales_its_forecast(seed: int, factor: float, months: int) -> None:
    """Minutes or hours: the unit of a prestatie must not change its growth."""
    panel = make_panel(3, months, seed)
    once, scaled = ets.ets_select(panel, 13), ets.ets_select(panel * factor, 13)
    np.testing.assert_allclose(scaled.lines, once.lines * factor, rtol=1e-7)


@QUICK
@given(seed=st.integers(0, 10_000), block_size=st.integers(1, 9))
def test_order_and_blocks_do_not_matter(seed: int, block_size: int) -> None:
    panel = make_mixed_panel()
    order = np.random.default_rng(seed).permutation(len(panel))
    once, again = ets.ets_select(panel, 21), ets.ets_select(panel[order], 21, block_size)
    assert (again.model == once.model[order]).all()
    np.testing.assert_allclose(again.lines, once.lines[:, order], rtol=1e-12, atol=1e-12)


@QUICK
@given(level=st.floats(-1e6, 1e6), months=st.integers(7, 40), horizon=st.integers(1, 36))
def test_a_constant_stays_exactly_constant(level: float, months: int, horizon: int) -> None:
    forecast = ets.ets_select(np.full((1, months), level), horizon)
    assert (forecast.lines == level).all()
    assert forecast.model.tolist() == ["constant"]


@QUICK
@given(
    series=st.lists(st.integers(0, 60).map(float), min_size=7, max_size=48),
    horizon=st.integers(1, 36),
)
def test_never_negative_and_bounds_in_order(series: list[float], horizon: int) -> None:
    """'Daarbij wordt voorkomen dat een trend kan doorzetten in negatieve waarden' (S004, annex A.2.1)."""
    lines = dict(zip(ets.LINES, ets.ets_select(np.array([series]), horizon).lines, strict=True))
    assert np.isfinite(list(lines.values())).all()
    assert min(line.min() for line in lines.values()) >= 0
    for lower, upper in (
        ("lower_95", "lower_80"),
        ("lower_80", "forecast"),
        ("forecast", "upper_80"),
        ("upper_80", "upper_95"),
    ):
        assert (lines[lower] <= lines[upper] + 1e-9).all()


@QUICK
@given(series=st.lists(st.floats(-1e6, 1e6), min_size=7, max_size=36), seed=st.integers(0, 99))
def test_appending_a_year_never_raises(series: list[float], seed: int) -> None:
    year = np.random.default_rng(seed).normal(size=12) * (1 + abs(series[-1]))
    for values in (series, [*series, *year]):
        assert np.isfinite(ets.ets_select(np.array([values]), 24).lines).all()


def test_a_straight_line_goes_on() -> None:
    """100, 103, … → 208 in the first forecast month, without bounds to speak of."""
    forecast = ets.ets_select((100.0 + 3 * MONTHS)[None, :], 12)
    np.testing.assert_allclose(forecast.lines[0, 0], 208 + 3 * np.arange(12), rtol=1e-9)
    np.testing.assert_allclose(forecast.lines[4], forecast.lines[3], rtol=1e-6)
    assert forecast.model.tolist() == ["A,A,N"]


def test_a_pure_season_comes_back() -> None:
    series = (80 + 20 * np.sin(2 * np.pi * MONTHS / 12))[None, :]
    np.testing.assert_allclose(ets.ets_select(series, 12).lines[0], series[:, :12], rtol=1e-6)


def test_a_constant_percentage_takes_a_log_model_and_never_reaches_zero() -> None:
    forecast = ets.ets_select((900 * 0.9**MONTHS)[None, :], 36)
    assert forecast.model.tolist() == ["log A,A,N"]
    np.testing.assert_allclose(forecast.lines[0, 0], 900 * 0.9 ** (36 + np.arange(36)), rtol=1e-6)


def test_zeros_and_negatives_exclude_log_models() -> None:
    panel = make_panel(40)
    panel[:20, 6] = 0.0
    panel[20:, 6] *= -1
    assert not any(name.startswith("log") for name in ets.ets_select(panel, 12).model)


def test_a_series_that_was_negative_may_stay_so() -> None:
    """Corrections can leave a code below zero; clipping would hide them."""
    assert (ets.ets_select((50.0 - 5 * MONTHS)[None, :], 3).lines[0] < -120).all()


def test_months_before_the_start_do_not_count() -> None:
    panel = make_panel(4, 30)
    padded = np.concatenate([np.full((4, 6), np.nan), panel], axis=1)
    np.testing.assert_array_equal(ets.ets_select(padded, 12).lines, ets.ets_select(panel, 12).lines)


def test_missing_last_months_shift_the_forecast_and_widen_it() -> None:
    """Two months not delivered: the forecast of month 3 is that of two months ago, month for month."""
    panel = make_panel(6)
    late = np.concatenate([panel, np.full((6, 2), np.nan)], axis=1)
    np.testing.assert_array_equal(ets.ets_select(late, 10).lines, ets.ets_select(panel, 12).lines[:, :, 2:])


def test_variance_of_the_steps_by_simulation() -> None:
    """Bounds of A,Ad,A: c_i is the effect of one innovation i months later (Hyndman et al. 2008, table 6.1)."""
    bank, series = ets.build_bank((True,) * 36), make_panel(1, seed=8)
    fit = ets.fit_panel(bank, series)
    chosen = ets.list_points(5)
    point = ets.Points(*(column[[333]] for column in chosen))
    fit = fit._replace(points=point, sigma=np.ones(1), logged=np.zeros(1, bool), scale=np.ones(1))
    lines = ets.forecast_fit(fit, 36, 0, 15)[:, 0]
    parameters = tuple(float(column[0]) for column in point[1:])
    pulse = np.zeros(15)
    pulse[0] = 1.0
    # A unit innovation in month 0, none after it: the volumes it leaves are the weights c_i.
    level, slope, season = parameters[0], parameters[1], np.zeros(12)
    season[0] = parameters[3]
    for month in range(1, 15):
        slope *= parameters[2]
        level += slope
        pulse[month] = level + season[month % 12]
    expected = np.sqrt(np.cumsum(pulse**2)) * 1.959964
    np.testing.assert_allclose(lines[4] - lines[0], expected, rtol=1e-6)


def test_bounds_cover_about_what_they_say() -> None:
    """Random walks with drift: 80 and 95 % bounds of the next month hold for 70–88 and 88–99 % of them."""
    rng = np.random.default_rng(4)
    walks = 500 + np.cumsum(rng.normal(0.5, 4, (400, 37)), axis=1)
    lines, coming = ets.ets_select(walks[:, :36], 1).lines[:, :, 0], walks[:, 36]
    assert 0.70 < np.mean((coming >= lines[1]) & (coming <= lines[2])) < 0.88
    assert 0.88 < np.mean((coming >= lines[3]) & (coming <= lines[4])) < 0.99


@pytest.mark.parametrize(
    ("values", "horizon", "message"),
    [
        (np.ones((1, 6)), 12, "fewer than 7"),
        (np.full((1, 36), np.nan), 12, "fewer than 7"),
        (np.array([[1.0, 2, 3, np.inf, 5, 6, 7]]), 12, "infinite"),
        (np.ones((1, 36)), 0, "horizon"),
        (np.ones(36), 12, "series × months"),
    ],
)
def test_unusable_panels_are_refused(values: np.ndarray, horizon: int, message: str) -> None:
    with pytest.raises(ets.EtsError, match=message):
        ets.ets_select(values, horizon)


def test_functions_refuse_what_they_cannot_answer() -> None:
    with pytest.raises(ets.EtsError, match="one form"):
        ets.build_operators(ets.Points(*(np.array([0, 1]) for _ in range(5))), np.ones(12, bool))
    with pytest.raises(ets.EtsError, match="7 observed months"):
        ets.build_bank((True,) * 6)
    with pytest.raises(ets.EtsError, match="constant"):
        ets.fit_panel(ets.build_bank((True,) * 12), np.ones((1, 12)))


def list_snapshot_rows() -> list[dict[str, str]]:
    forecast = ets.ets_select(make_mixed_panel(), 24)
    return [
        {
            "series": str(number),
            "step": str(step + 1),
            "model": str(forecast.model[number]),
            **{name: f"{line[number, step]:.9g}" for name, line in zip(ets.LINES, forecast.lines, strict=True)},
        }
        for number in range(12)
        for step in (0, 1, 11, 12, 23)
    ]


def test_numbers_are_those_of_the_snapshot() -> None:
    """A change of the model is a visible diff of numbers. Renew: python -m tests.unit.test_ets"""
    with SNAPSHOT.open(encoding="utf-8") as file:
        frozen = list(csv.DictReader(file))
    now = list_snapshot_rows()
    assert [(r["series"], r["step"], r["model"]) for r in now] == [(r["series"], r["step"], r["model"]) for r in frozen]
    for name in ets.LINES:
        np.testing.assert_allclose(
            [float(r[name]) for r in now], [float(r[name]) for r in frozen], rtol=1e-6, err_msg=name
        )


if __name__ == "__main__":
    with SNAPSHOT.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, fieldnames=["series", "step", "model", *ets.LINES], lineterminator="\n")
        writer.writeheader()
        writer.writerows(list_snapshot_rows())
