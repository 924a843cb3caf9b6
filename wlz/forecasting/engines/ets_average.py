"""Engine `ets_average`: all exponential smoothing models of a coarse grid at once, weighted by how likely each is.

The algebra is that of `forecasting/ets.py`. The grid is coarse (140 points), because an average forgives it; the weight
of a point is exp(−0.3·BIC) ÷ the number of grid points of its form, so that every form is equally likely beforehand.
The mean over windows of the last T, T−3, … T−12 months keeps one odd first year from deciding. Methods, volumes.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from wlz.forecasting.engines.interface import EngineForecast, fill_last_year, repeat_year
from wlz.forecasting.engines.recent_growth import grow_factor, measure_growth
from wlz.forecasting.ets import (
    CONSTANT_TOLERANCE,
    FORMS,
    LOG_LIMIT,
    MIN_SEASON_OBSERVATIONS,
    SEASON_MONTHS,
    BoolArray,
    FloatArray,
    IntArray,
    Points,
    build_operators,
    group_by_pattern,
    list_forms,
    run_filter,
    sum_squares,
    to_model_space,
)

ALPHAS = (0.001, 0.1, 0.3, 0.6, 0.99)
SHARES = (0.001, 0.1, 0.5)  # β = share × α, γ = share × (1 − α)
DAMPING = 0.95
TEMPERATURE = 0.6
WINDOWS = 5
WINDOW_STEP = 3
GUARD_BASE, GUARD_PER_NOISE, GUARD_LIMIT = 0.1, 2.0, 0.9  # yearly sum within growth · (1 ± min(0.1 + 2s, 0.9))
BLOCK_SIZE = 256  # series at once: scores and forecasts of a window stay within the processor's cache
LOG_FORECAST_LIMIT = 5.0  # a log model forecasts at most e⁵ times the mean


class AverageBank(NamedTuple):
    """What one pattern of n observed months needs, for J grid points.

    `products` (n(n+1)/2, J): entries of P′P; `forecast` (n, J·H): observations → H forecasts per point; `penalty` and
    `log_prior` (J,); `form` (J,) an index of FORMS; `residual` (J, n, n) is P; `impulse` (J, H, H): innovations of the
    forecast months → path.
    """

    products: FloatArray
    forecast: FloatArray
    penalty: FloatArray
    log_prior: FloatArray
    parameter_count: IntArray
    form: IntArray
    residual: FloatArray
    impulse: FloatArray


def list_coarse_points(form_index: int) -> Points:
    """Grid points of one form: 5 α × 3 β/α × 3 γ/(1−α), as far as the form has them; φ = 0.95. Together 140.

    >>> sum(len(list_coarse_points(index).alpha) for index in range(6))
    140
    """
    form = FORMS[form_index]
    mesh = np.meshgrid(ALPHAS, SHARES if form.trend else (0.0,), SHARES if form.season else (0.0,), indexing="ij")
    alpha, beta, gamma = (axis.ravel() for axis in mesh)
    phi = np.full(len(alpha), DAMPING if form.damped else 1.0)
    return Points(np.full(len(alpha), form_index), alpha, beta * alpha, phi, gamma * (1 - alpha))


@lru_cache(maxsize=32)
def build_average_bank(pattern: tuple[bool, ...], skip: int, horizon: int) -> AverageBank:
    """Operators of the coarse grid for one pattern of observed months, the first forecast `skip` months after it.

    >>> build_average_bank((True,) * 36, 0, 12).forecast.shape
    (36, 1680)
    """
    observed = np.array(pattern, dtype=np.bool_)
    n = int(observed.sum())
    rows, columns = np.triu_indices(n)
    doubled = np.where(rows == columns, 1.0, 2.0)
    parts = []
    for form_index in list_forms(observed):
        points = list_coarse_points(form_index)
        residual, initial = build_operators(points, observed)
        gram = residual.transpose(0, 2, 1) @ residual
        forecast, impulse = _forecast_maps(points, initial, observed, skip, horizon)
        count = FORMS[form_index].parameter_count
        size = len(points.alpha)
        parts.append(
            (
                gram[:, rows, columns] * doubled,
                forecast,
                np.full(size, count * np.log(n)),
                np.full(size, -np.log(size)),
                np.full(size, count),
                points.form,
                residual,
                impulse,
            )
        )
    products, maps, penalty, prior, counts, form, residuals, impulses = map(np.concatenate, zip(*parts, strict=True))
    flat = np.ascontiguousarray(maps.transpose(2, 0, 1).reshape(n, -1))
    return AverageBank(np.ascontiguousarray(products.T), flat, penalty, prior, counts, form, residuals, impulses)


def _forecast_maps(
    points: Points, initial: FloatArray, observed: BoolArray, skip: int, horizon: int
) -> tuple[FloatArray, FloatArray]:
    """Observations → forecasts (J, H, n), and innovations → path (J, H, H), unit lower triangular."""
    n = int(observed.sum())
    _, state = run_filter(points, initial.transpose(1, 0, 2), np.eye(n)[:, None, :], observed)
    level, slope, season = state[0], state[1], state[2:]
    phi = points.phi[:, None]
    forecast = np.empty((len(points.alpha), horizon, n))
    for step in range(skip + horizon):
        slope = phi * slope
        level = level + slope
        if step >= skip:
            forecast[:, step - skip] = level + season[(len(observed) + step) % SEASON_MONTHS]
    steps = np.arange(1, horizon)
    damped = np.cumsum(points.phi[:, None] ** steps, axis=1)
    answer = (
        points.alpha[:, None] + points.beta[:, None] * damped + points.gamma[:, None] * (steps % SEASON_MONTHS == 0)
    )
    impulse = np.zeros((len(points.alpha), horizon, horizon))
    for month in range(horizon):
        impulse[:, month, month] = 1.0
        impulse[:, month + 1 :, month] = answer[:, : horizon - month - 1]
    return forecast, impulse


def weigh_models(bank: AverageBank, values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Weights (N, 2J) of the additive, then the log models of N series (N, n); also scaled, logs and mean |y|."""
    scaled, logs, positive = to_model_space(values)
    n, count = values.shape[1], len(bank.penalty)
    score = np.full((len(values), 2 * count), -np.inf)
    half = -0.5 * TEMPERATURE
    score[:, :count] = half * (n * np.log(sum_squares(bank.products, scaled)) + bank.penalty) + bank.log_prior
    if positive.any():
        logged = logs[positive]
        of_logs = n * np.log(sum_squares(bank.products, logged)) + bank.penalty + 2 * logged.sum(axis=1, keepdims=True)
        score[positive, count:] = half * of_logs + bank.log_prior
    score -= score.max(axis=1, keepdims=True)
    np.exp(score, out=score)
    score /= score.sum(axis=1, keepdims=True)
    return score, scaled, logs, np.abs(values).mean(axis=1)


def average_forecast(bank: AverageBank, values: FloatArray, horizon: int) -> FloatArray:
    """Weighted mean of all models' medians, (N, H), for N series (N, n) that move; never below 0 where history is."""
    weight, scaled, logs, scale = weigh_models(bank, values)
    count = len(bank.penalty)
    lowest = np.where((values < 0).any(axis=1), -np.inf, 0.0)
    plain = (scaled @ bank.forecast).reshape(len(values), count, horizon)
    np.maximum(plain, lowest[:, None, None], out=plain)
    point = np.einsum("nj,njh->nh", weight[:, :count], plain)
    if weight[:, count:].any():
        of_logs = (logs @ bank.forecast).reshape(len(values), count, horizon)
        np.clip(of_logs, -LOG_LIMIT, LOG_FORECAST_LIMIT, out=of_logs)
        np.exp(of_logs, out=of_logs)
        point += np.einsum("nj,njh->nh", weight[:, count:], of_logs)
    return np.asarray(point * scale[:, None], dtype=np.float64)


def list_windows(pattern: BoolArray) -> list[BoolArray]:
    """The last T, T−3, … T−12 months of a pattern, as far as they hold 24 observations and begin with one."""
    windows = [pattern]
    for cut in range(WINDOW_STEP, WINDOW_STEP * WINDOWS, WINDOW_STEP):
        window = pattern[cut:]
        if window.sum() >= MIN_SEASON_OBSERVATIONS:
            windows.append(window[int(window.argmax()) :])
    return windows


def average_windows(values: FloatArray, horizon: int) -> FloatArray:
    """Mean over the windows of the weighted forecast: (N, H). Constant series are their constant."""
    point = np.empty((len(values), horizon))
    for rows, first, last in group_by_pattern(values):
        pattern: BoolArray = ~np.isnan(values[rows[0], first : last + 1])
        skip = values.shape[1] - 1 - last
        windows = list_windows(pattern)
        banks = [build_average_bank(tuple(window.tolist()), skip, horizon) for window in windows]
        for start in range(0, len(rows), BLOCK_SIZE):
            chosen = rows[start : start + BLOCK_SIZE]
            compact = np.ascontiguousarray(values[chosen, first : last + 1][:, pattern])
            point[chosen] = _average_block(compact, windows, banks, horizon)
    return point


def _average_block(compact: FloatArray, windows: list[BoolArray], banks: list[AverageBank], horizon: int) -> FloatArray:
    total = np.zeros((len(compact), horizon))
    for window, bank in zip(windows, banks, strict=True):
        part = compact[:, -int(window.sum()) :]
        still = np.ptp(part, axis=1) <= CONSTANT_TOLERANCE * np.abs(part).max(axis=1)
        if not still.any():
            total += average_forecast(bank, part, horizon)
        else:
            total[still] += part[still, -1:]
            total[~still] += average_forecast(bank, part[~still], horizon)
    return total / len(windows)


def guard_year(forecast: FloatArray, growth: FloatArray, noise: FloatArray) -> FloatArray:
    """Scale each year of a forecast so that its sum stays within growth · (1 ± min(0.1 + 2s, 0.9)), all (N, H)."""
    band = np.minimum(GUARD_BASE + GUARD_PER_NOISE * np.where(np.isfinite(noise), noise, 1.0), GUARD_LIMIT)
    guarded = forecast.copy()
    for start in range(0, forecast.shape[1], SEASON_MONTHS):
        year = slice(start, start + SEASON_MONTHS)
        sums, anchor = forecast[:, year].sum(axis=1), growth[:, year].sum(axis=1)
        width = (1 + start // SEASON_MONTHS) * band * np.abs(anchor)
        wanted = np.clip(sums, anchor - width, anchor + width)
        usable = np.abs(sums) > 0
        scaled = forecast[:, year] * (wanted / np.where(usable, sums, 1.0))[:, None]
        spread = np.broadcast_to(wanted[:, None] / forecast[:, year].shape[1], scaled.shape)
        guarded[:, year] = np.where(usable[:, None], scaled, spread)
    return guarded


def ets_average(values: FloatArray, horizon: int) -> EngineForecast:
    """Weighted average of exponential smoothing models, held near last year's growth.

    Raises EtsError for a series with fewer than 7 observed months or an infinite value.

    >>> ets_average(np.full((1, 36), 5.0), 2).point
    array([[5., 5.]])
    """
    measured = measure_growth(values)
    growth = repeat_year(fill_last_year(values), horizon) * grow_factor(measured)[:, None]
    point = guard_year(average_windows(values, horizon), growth, measured.noise)
    return EngineForecast(point, np.full(len(values), "average of 140 models"))
