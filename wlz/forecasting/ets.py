"""Linear exponential smoothing for a whole panel: operators, grid, scores, selection, bounds.

Arrays in, arrays out: a series per row, months in columns, NaN where nothing was observed. Dates and frames belong
in `volumes/`, edge cases in `one_panel.py`, refits in `volumes/second_opinion.py`.
Why it is fast: an additive innovations model (Hyndman et al. 2008, chapter 2) reads

    e_t = y_t − l − φ·b − s        l ← l + φ·b + α·e_t     b ← φ·b + β·e_t     s ← s + γ·e_t

For fixed (α, β, φ, γ) everything is linear: the residuals are e = A·y − B·x₀ with initial states x₀. Least
squares gives x₀ = B⁺A·y and SSE = y′(P′P)y with P = (I − BB⁺)A. P depends on the parameters and on the months
observed, not on the series: the SSE of all series at all points is the matrix of products y_s·y_t times the
entries of P′P. Log-additive models are the same algebra on log(y).
"""

from collections.abc import Iterator
from functools import lru_cache
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
TextArray = npt.NDArray[np.str_]

SEASON_MONTHS = 12
STATE_COUNT = 2 + SEASON_MONTHS  # level, slope, one season per calendar month
MIN_OBSERVATIONS = 7  # below this a trend is extrapolated from noise; the caller takes a mean
MIN_SEASON_OBSERVATIONS = 24  # two full years: a season seen once is not a season
ALPHAS = (0.001, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 0.99)
BETA_SHARES = (0.001, 0.05, 0.15, 0.35, 0.7)  # β = share × α keeps the model in the usual region
GAMMA_SHARES = (0.001, 0.05, 0.15, 0.35, 0.7)  # γ = share × (1 − α), likewise
DAMPINGS = (0.85, 0.95)
SSE_FLOOR = 1e-8  # of the spread: residuals of 0.01 % of it count as a perfect fit, not as rounding to rank
AICC_TIE = 1e-4  # closer than this two points are equal and the simpler one (lower index) is taken
CONSTANT_TOLERANCE = 1e-12  # a range below this share of the largest value is rounding
LOG_LIMIT = 20.0  # exponents stay within ±20 (5e8 times the mean), so that nothing overflows
BLOCK_SIZE = 1024  # series scored at once: about 60 MB of products and scores at 36 months
_Z80, _Z95 = NormalDist().inv_cdf(0.90), NormalDist().inv_cdf(0.975)
# The lines of a forecast, with their normal quantile.
LINES = {"forecast": 0.0, "lower_80": -_Z80, "upper_80": _Z80, "lower_95": -_Z95, "upper_95": _Z95}


class EtsError(ValueError):
    """A panel that cannot be smoothed: wrong shape, too few observations, infinite values."""


class ModelForm(NamedTuple):
    """A form in the notation error, trend, season: `A,Ad,A` is additive, damped, additive season."""

    name: str
    trend: bool
    damped: bool
    season: bool

    @property
    def initial_count(self) -> int:
        """Starting states: eleven for the season, because the twelve sum to zero."""
        return 1 + self.trend + (SEASON_MONTHS - 1) * self.season

    @property
    def parameter_count(self) -> int:
        """The k of AICc: the variance counts too."""
        return 1 + self.trend + self.damped + self.season + self.initial_count + 1


# Simplest first: a tie in AICc goes to the lowest index.
FORMS = (
    ModelForm("A,N,N", trend=False, damped=False, season=False),
    ModelForm("A,A,N", trend=True, damped=False, season=False),
    ModelForm("A,Ad,N", trend=True, damped=True, season=False),
    ModelForm("A,N,A", trend=False, damped=False, season=True),
    ModelForm("A,A,A", trend=True, damped=False, season=True),
    ModelForm("A,Ad,A", trend=True, damped=True, season=True),
)


class Points(NamedTuple):
    """Smoothing parameters of J points, each (J,); `form` is an index of FORMS."""

    form: IntArray
    alpha: FloatArray
    beta: FloatArray
    phi: FloatArray
    gamma: FloatArray


class Bank(NamedTuple):
    """What one pattern of observed months needs, for J grid points and n observations.

    `parameter_count` (J,): k. `products` (J, n(n+1)/2): entries of P′P, off-diagonals doubled. `initial`
    (J, 14, n): observations → initial states (level, slope, season of the first 12 months). `observed` (T,).
    """

    points: Points
    parameter_count: IntArray
    products: FloatArray
    initial: FloatArray
    observed: BoolArray


class PanelFit(NamedTuple):
    """The chosen models of N series: `initial` and `final` states are (N, 14), all else (N,).

    States, SSE and sigma are in model space: series ÷ `scale`, logged where `logged`, minus `centre`.
    """

    logged: BoolArray
    points: Points
    initial: FloatArray
    final: FloatArray
    sse: FloatArray
    sigma: FloatArray
    aicc: FloatArray
    scale: FloatArray
    centre: FloatArray

    @property
    def model(self) -> TextArray:
        """Names such as `A,Ad,A` and `log A,N,N`."""
        names = np.array([form.name for form in FORMS])[self.points.form]
        return np.where(self.logged, np.char.add("log ", names), names)


class PanelForecast(NamedTuple):
    """`lines` (5, N, H) in units of the series, ordered as LINES (the point is the median); `model` (N,)."""

    lines: FloatArray
    model: TextArray


def list_points(form_index: int) -> Points:
    """Grid points of one form: 9 α × 5 β/α × 2 φ × 5 γ/(1−α), as far as the form has them.

    Returns J points in a fixed order; a parameter the form lacks is 0, φ is then 1. Together 864 points.

    >>> len(list_points(5).alpha)
    450
    """
    form = FORMS[form_index]
    betas = BETA_SHARES if form.trend else (0.0,)
    dampings = DAMPINGS if form.damped else (1.0,)
    gammas = GAMMA_SHARES if form.season else (0.0,)
    mesh = np.meshgrid(ALPHAS, betas, dampings, gammas, indexing="ij")
    alpha, beta, phi, gamma = (axis.ravel() for axis in mesh)
    return Points(np.full(len(alpha), form_index), alpha, beta * alpha, phi, gamma * (1 - alpha))


def run_filter(
    points: Points, initial: FloatArray, values: FloatArray, observed: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Residuals (n, J, C) and final states (14, J, C) of J models, each for C columns at once.

    `initial` (14, J, C); `values` (n, J or 1, C), observed months only; `observed` (T,). In a month without
    observation the state moves on without an innovation: a gap is neither zero nor interpolated. Season i is
    for months i, i + 12, … after the first.

    >>> run_filter(list_points(0), np.zeros((14, 9, 1)), np.ones((3, 1, 1)), np.ones(3, bool))[0].shape
    (3, 9, 1)
    """
    alpha, beta, phi, gamma = (p[:, None] for p in (points.alpha, points.beta, points.phi, points.gamma))
    level, slope, season = initial[0], initial[1], initial[2:].copy()
    residuals = np.empty((int(observed.sum()), *level.shape))
    row = 0
    for month, is_observed in enumerate(observed):
        slope = phi * slope
        level = level + slope
        if is_observed:
            phase = month % SEASON_MONTHS
            error = np.subtract(values[row], level + season[phase], out=residuals[row])
            level += alpha * error
            slope += beta * error
            season[phase] += gamma * error
            row += 1
    return residuals, np.concatenate([level[None], slope[None], season])


def build_operators(points: Points, observed: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Residual maps P (J, n, n) and initial-state maps (J, 14, n) of J points of one form.

    `observed` (T,) marks the n observed months. The filter runs once on the unit vectors of observations and
    initial states, for all points together. Raises EtsError if the points are of more than one form.

    >>> build_operators(list_points(1), np.ones(36, bool))[0].shape
    (45, 36, 36)
    """
    if (points.form != points.form[0]).any():
        raise EtsError("operators are built for points of one form at a time")
    form = FORMS[int(points.form[0])]
    n, to_states = int(observed.sum()), _spread_initial(form)
    columns = np.zeros((STATE_COUNT, len(points.alpha), n + form.initial_count))
    columns[:, :, n:] = to_states[:, None, :]
    residuals, _ = run_filter(points, columns, np.eye(n, n + form.initial_count)[:, None, :], observed)
    by_point = np.ascontiguousarray(residuals.transpose(1, 0, 2))
    from_values, from_states = by_point[:, :, :n], -by_point[:, :, n:]
    basis, triangle = np.linalg.qr(from_states)
    explained = basis.transpose(0, 2, 1) @ from_values
    return from_values - basis @ explained, to_states @ np.linalg.solve(triangle, explained)


def _spread_initial(form: ModelForm) -> FloatArray:
    """(14, free states). The twelfth season is minus the sum of the others, else level and season mix."""
    to_states = np.zeros((STATE_COUNT, form.initial_count))
    to_states[0, 0] = 1.0
    if form.trend:
        to_states[1, 1] = 1.0
    if form.season:
        first = 1 + form.trend
        to_states[2:-1, first:] = np.eye(SEASON_MONTHS - 1)
        to_states[-1, first:] = -1.0
    return to_states


def list_forms(observed: BoolArray) -> list[int]:
    """Forms these months can carry: AICc exists (n > k + 1), the season was seen in all its months."""
    n = int(observed.sum())
    phases = np.bincount(np.flatnonzero(observed) % SEASON_MONTHS, minlength=SEASON_MONTHS)
    seasonal = n >= MIN_SEASON_OBSERVATIONS and bool((phases > 0).all())
    admitted = [n > form.parameter_count + 1 and (seasonal or not form.season) for form in FORMS]
    return np.flatnonzero(admitted).tolist()


@lru_cache(maxsize=16)  # 8 MB each at 36 months, 18 MB at 60
def build_bank(pattern: tuple[bool, ...]) -> Bank:
    """Operators of the whole grid for one pattern of observed months (first and last one observed).

    Kept in memory for the 16 patterns used last. Raises EtsError below 7 observations.

    >>> build_bank((True,) * 36).products.shape
    (864, 666)
    """
    observed = np.array(pattern, dtype=np.bool_)
    n = int(observed.sum())
    if n < MIN_OBSERVATIONS:
        raise EtsError(f"a series needs {MIN_OBSERVATIONS} observed months, found {n}; take its mean instead")
    rows, columns = np.triu_indices(n)
    points, products, initial = [], [], []
    for form_index in list_forms(observed):
        of_form = list_points(form_index)
        residual_map, initial_map = build_operators(of_form, observed)
        gram = residual_map.transpose(0, 2, 1) @ residual_map
        points.append(of_form)
        products.append(gram[:, rows, columns] * np.where(rows == columns, 1.0, 2.0))
        initial.append(initial_map)
    joined = Points(*map(np.concatenate, zip(*points, strict=True)))
    counts = np.array([form.parameter_count for form in FORMS], dtype=np.int64)
    return Bank(joined, counts[joined.form], np.concatenate(products), np.concatenate(initial), observed)


def score_panel(bank: Bank, values: FloatArray) -> FloatArray:
    """AICc of N series (N, n observed months) at every grid point: (N, 2J), additive models, then log models.

    AICc = n·ln(SSE) + 2k + 2k(k+1)/(n−k−1) on the series ÷ mean |y|, plus 2·Σ ln y for log models (Jacobian:
    it makes both comparable). Infinite for log models of a series that is not positive throughout. k counts
    smoothing parameters, free initial states and the variance, as R `forecast::ets` does.

    >>> score_panel(build_bank((True,) * 7), np.array([[5.0, 6, 5, 7, 6, 5, 6]])).shape
    (1, 108)
    """
    scaled, logs, positive = to_model_space(values)
    n, k = values.shape[1], bank.parameter_count
    penalty = 2.0 * k + 2.0 * k * (k + 1) / (n - k - 1)
    jacobian = np.where(positive, 2 * logs.sum(axis=1), np.inf)
    additive = n * np.log(sum_squares(bank.products.T, scaled)) + penalty
    logged = n * np.log(sum_squares(bank.products.T, logs)) + penalty + jacobian[:, None]
    return np.concatenate([additive, logged], axis=1)


def to_model_space(values: FloatArray) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Series ÷ mean |y|, their logs (zeros where a month is not positive) and which rows are positive."""
    scaled = values / np.abs(values).mean(axis=1, keepdims=True)
    positive: BoolArray = np.all(scaled > np.exp(-LOG_LIMIT), axis=1)
    logs: FloatArray = np.log(np.where(positive[:, None], scaled, 1.0))
    return scaled, logs, positive


def sum_squares(products: FloatArray, values: FloatArray) -> FloatArray:
    """SSE (N, J): one product with the entries of P′P (n(n+1)/2, J). Centring keeps digits: all have a level."""
    centred = values - values.mean(axis=1, keepdims=True)
    rows, columns = np.triu_indices(values.shape[1])
    sums: FloatArray = (centred[:, rows] * centred[:, columns]) @ products
    np.maximum(sums, 0.0, out=sums)
    sums += SSE_FLOOR * (centred**2).sum(axis=1, keepdims=True) + np.finfo(np.float64).tiny
    return sums


def fit_panel(bank: Bank, values: FloatArray) -> PanelFit:
    """The model with the best AICc for each of N series (N, n observed months).

    Within AICC_TIE of the best the lowest index is taken, so that rounding in a matrix product cannot decide.
    SSE and states are then filtered series by series. σ² = SSE ÷ (n − k + 1), what is left after smoothing
    parameters and initial states: SSE ÷ n would forget that up to 17 numbers were fitted to 36 months. Raises
    EtsError for a constant series.

    >>> fit_panel(build_bank((True,) * 8), np.array([[1.0, 2, 3, 4, 5, 6, 7, 8]])).model[0]
    np.str_('A,A,N')
    """
    if (np.ptp(values, axis=1) == 0).any():
        raise EtsError("a constant series has no likelihood; its forecast is the constant")
    scores = score_panel(bank, values)
    chosen = (scores <= scores.min(axis=1, keepdims=True) + AICC_TIE).argmax(axis=1)
    logged, point = chosen >= len(bank.parameter_count), chosen % len(bank.parameter_count)
    scaled, logs, _ = to_model_space(values)
    modelled = np.where(logged[:, None], logs, scaled)
    centre = modelled.mean(axis=1)
    modelled -= centre[:, None]
    # einsum, not matmul: its sums per series do not depend on how many series stand beside it.
    initial = np.einsum("nkt,nt->nk", bank.initial[point], modelled)
    points = Points(*(parameter[point] for parameter in bank.points))
    residuals, final = run_filter(points, initial.T[:, :, None], modelled.T[:, :, None], bank.observed)
    sse = (residuals[:, :, 0] ** 2).sum(axis=0)
    sigma = np.sqrt(sse / (values.shape[1] - bank.parameter_count[point] + 1))
    aicc = np.take_along_axis(scores, chosen[:, None], axis=1)[:, 0]
    scale = np.abs(values).mean(axis=1)
    return PanelFit(logged, points, initial, final[:, :, 0].T, sse, sigma, aicc, scale, centre)


def forecast_fit(fit: PanelFit, month_count: int, skip: int, horizon: int) -> FloatArray:
    """Median and 80/95 % bounds of N fitted series for `horizon` months: (5, N, H), in the order of LINES.

    `month_count`: months from the first to the last observation; `skip`: from there to the first forecast;
    they widen the bounds. Variance of step h: σ²·(1 + Σ c_i²) over i < h, with
    c_i = α + β·(φ + … + φ^i) + γ·[i a multiple of 12] (Hyndman et al. 2008, table 6.1); normal quantiles, in
    log space for log models. Nothing is clipped. Limit: parameters count as known, so years vary more.

    >>> bank = build_bank((True,) * 8)
    >>> forecast_fit(fit_panel(bank, np.array([[1.0, 2, 3, 4, 5, 6, 7, 8]])), 8, 0, 2)[0].round(6)
    array([[ 9., 10.]])
    """
    points, level, slope = fit.points, fit.final[:, 0], fit.final[:, 1]
    middle, spread = np.empty((len(level), horizon)), np.empty((len(level), horizon))
    variance, damped_sum = np.ones(len(level)), np.zeros(len(level))
    for step in range(1, skip + horizon + 1):
        slope = points.phi * slope
        level = level + slope
        if step > skip:
            phase = (month_count + step - 1) % SEASON_MONTHS
            middle[:, step - skip - 1] = level + fit.final[:, 2 + phase] + fit.centre
            spread[:, step - skip - 1] = fit.sigma * np.sqrt(variance)
        damped_sum += points.phi**step
        same_month = step % SEASON_MONTHS == 0
        variance = variance + (points.alpha + points.beta * damped_sum + points.gamma * same_month) ** 2
    quantiles = np.array(list(LINES.values()))[:, None, None]
    lines = middle + quantiles * spread
    lines = np.where(fit.logged[:, None], np.exp(np.clip(lines, -LOG_LIMIT, LOG_LIMIT)), lines)
    return np.asarray(lines * fit.scale[:, None], dtype=np.float64)


def ets_select(values: FloatArray, horizon: int, block_size: int = BLOCK_SIZE) -> PanelForecast:
    """Forecast of a panel by automatic exponential smoothing: the method of the letter (S004, annex A.2.1).

    `values` (N, T): one series per row, the last column is the last observed month, NaN where there is no
    observation: before the start, in gaps, at the end. Returns the `horizon` months after the last column.
    Series positive throughout may take log models; one that was never negative is not forecast below 0; a
    constant stays exactly constant. Each series stands alone: neither order nor `block_size` matters. Raises
    EtsError for fewer than 7 observations, infinite values, or a horizon below 1.

    >>> ets_select(np.arange(1.0, 13.0)[None, :], horizon=2).lines[0].round(6)
    array([[13., 14.]])
    """
    _refuse_unusable(values, horizon)
    lines = np.empty((len(LINES), len(values), horizon))
    model = np.full(len(values), "constant", dtype="<U10")
    for rows, first, last in group_by_pattern(values):
        observed = ~np.isnan(values[rows[0], first : last + 1])
        compact = np.ascontiguousarray(values[rows, first : last + 1][:, observed])
        constant = np.ptp(compact, axis=1) <= CONSTANT_TOLERANCE * np.abs(compact).max(axis=1)
        lines[:, rows[constant]] = compact[constant, -1:]
        moving = np.flatnonzero(~constant)
        for start in range(0, len(moving), block_size):
            chosen = moving[start : start + block_size]
            fit = fit_panel(build_bank(tuple(observed.tolist())), compact[chosen])
            skip = values.shape[1] - 1 - last
            lines[:, rows[chosen]] = forecast_fit(fit, len(observed), skip, horizon)
            model[rows[chosen]] = fit.model
    never_negative = ~(values < 0).any(axis=1)
    lines[:, never_negative] = np.maximum(lines[:, never_negative], 0.0)
    return PanelForecast(lines, model)


def _refuse_unusable(values: FloatArray, horizon: int) -> None:
    if values.ndim != 2 or horizon < 1:
        raise EtsError(f"expected series × months and a horizon ≥ 1, found {values.shape}, {horizon}")
    if np.isinf(values).any():
        raise EtsError(f"infinite value in rows {np.flatnonzero(np.isinf(values).any(axis=1)).tolist()}")
    short = np.flatnonzero((~np.isnan(values)).sum(axis=1) < MIN_OBSERVATIONS)
    if len(short):
        raise EtsError(f"rows {short[:5].tolist()} have fewer than {MIN_OBSERVATIONS} observed months")


def group_by_pattern(values: FloatArray) -> Iterator[tuple[IntArray, int, int]]:
    """Rows with the same observed months, with their first and last observed column."""
    observed = ~np.isnan(values)
    patterns, group = np.unique(np.packbits(observed, axis=1), axis=0, return_inverse=True)
    for number in range(len(patterns)):
        rows = np.flatnonzero(group.ravel() == number)
        seen = np.flatnonzero(observed[rows[0]])
        yield rows, int(seen[0]), int(seen[-1])
