"""Diagnosis of one series somebody opens: trend and season, what the model left over, what every engine would say.

An array in, plain values and small frames out. For one series at a time, never in a run: the full search of
statsmodels takes seconds. Whatever cannot be said of a series is None, with the reason beside it. Methods, diagnostics.
"""

from datetime import date
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import polars as pl

from wlz.forecasting.engines import ENGINES
from wlz.forecasting.ets import (
    CONSTANT_TOLERANCE,
    FORMS,
    MIN_OBSERVATIONS,
    MIN_SEASON_OBSERVATIONS,
    SEASON_MONTHS,
    SSE_FLOOR,
    EtsError,
    FloatArray,
    IntArray,
    Points,
    build_bank,
    build_operators,
    fit_panel,
    group_by_pattern,
    run_filter,
    to_model_space,
)

LARGEST_DEVIATIONS = 2.5  # a residual beyond this stands out: about 1 month in 80 if residuals are normal
LAG_SHARE = 5  # a lag per five months (Hyndman & Athanasopoulos 2021, section 5.4) …
LAG_LIMIT = 2 * SEASON_MONTHS  # … at most two seasons, same source
SPARE_LAGS = 3  # lags beyond the smoothing parameters, at least: as R `forecast::checkresiduals`
NOISE_DRAWS = 999  # series of noise through the same filter: p is known to 0.001
STRENGTH_DRAWS = 199
STRENGTH_QUANTILE = 0.95  # of the strengths of noise: up to here a strength says nothing
NEGLIGIBLE_RATIO = 0.001  # of the mean observed volume: a forecast below it is 0, and divides nothing
SEED = 2018  # the same series gives the same p

NOTHING_OBSERVED = "nothing observed"
CONSTANT = "the series never moves"
GAPS = "months are missing"


class Strengths(NamedTuple):
    """STL strengths, 0 (none) to 1 (nothing else); `noise_…`: what 1 of 20 series of noise of this length exceeds."""

    trend: float | None = None
    season: float | None = None
    noise_trend: float | None = None
    noise_season: float | None = None
    reason: str | None = None


class Residuals(NamedTuple):
    """Residuals of the chosen model over its σ, (n,), in columns `months` of the series; `points`: the model (1,)."""

    months: IntArray
    standardised: FloatArray
    model: str | None = None
    points: Points | None = None
    reason: str | None = None


class LjungBox(NamedTuple):
    """p of the textbook (χ²), p against noise through the same filter, and the lags used."""

    p: float | None = None
    noise_p: float | None = None
    lags: int | None = None
    reason: str | None = None


class Diagnosis(NamedTuple):
    """What is known of one series; None where it cannot be said, `…_reason` says why.

    `model`: the choice of `ets_select`, of which `residuals` (care_month, standardised_residual) are. `largest`: those
    beyond 2.5, with `sign` above or below. `engines`: engine, model, `forecast_volume` of the next `horizon_months`,
    `difference_ratio` = engine ÷ `chosen_engine` − 1, reason. `disagreement_ratio` = statsmodels ÷ ets_select − 1.
    """

    first_month: date
    observed_count: int
    horizon_months: int
    trend_strength: float | None
    season_strength: float | None
    noise_trend_strength: float | None
    noise_season_strength: float | None
    strength_reason: str | None
    model: str | None
    ljung_box_p: float | None
    ljung_box_noise_p: float | None
    ljung_box_lags: int | None
    ljung_box_reason: str | None
    residuals: pl.DataFrame
    residuals_reason: str | None
    largest: pl.DataFrame
    chosen_engine: str
    engines: pl.DataFrame
    disagreement_ratio: float | None
    disagreement_reason: str | None


def diagnose_series(
    values: FloatArray, first_month: date, horizon: int = 12, *, chosen_engine: str = "ets_select"
) -> Diagnosis:
    """Everything this module knows about one series.

    `values` (T,): volumes from `first_month` on, in the unit of the prestatie, NaN where a month was not observed; the
    last one is the month before the first forecast month. `chosen_engine` is the one whose forecast is published.
    Limits: engines see the series alone and without the rules for ended, short or intermittent series of
    `edge_cases.py`, so a published volume may differ from each of them. `recent_growth` and what is built on it
    measure over the panel how far growth can be trusted; here they take the default for small panels. Raises EtsError
    for another shape, an infinite value, a horizon below 1, or an unknown engine.

    >>> diagnose_series(np.full(24, 5.0), date(2016, 1, 1)).ljung_box_reason
    'the series never moves'
    """
    if values.ndim != 1 or horizon < 1 or np.isinf(values).any():
        raise EtsError(f"expected one series of finite volumes and a horizon ≥ 1, found {values.shape}, {horizon}")
    if chosen_engine not in ENGINES:
        raise EtsError(f"unknown engine '{chosen_engine}'; known: {', '.join(ENGINES)}")
    strengths, residuals = measure_strengths(values), filter_residuals(values)
    dependence = check_dependence(residuals)
    by_month = _date_residuals(residuals, first_month)
    engines = compare_engines(values, horizon, chosen_engine)
    disagreement, disagreement_reason = _compare_search(engines, _negligible(values, horizon))
    return Diagnosis(
        first_month=first_month,
        observed_count=int((~np.isnan(values)).sum()),
        horizon_months=horizon,
        trend_strength=strengths.trend,
        season_strength=strengths.season,
        noise_trend_strength=strengths.noise_trend,
        noise_season_strength=strengths.noise_season,
        strength_reason=strengths.reason,
        model=residuals.model,
        ljung_box_p=dependence.p,
        ljung_box_noise_p=dependence.noise_p,
        ljung_box_lags=dependence.lags,
        ljung_box_reason=dependence.reason,
        residuals=by_month,
        residuals_reason=residuals.reason,
        largest=_pick_largest(by_month),
        chosen_engine=chosen_engine,
        engines=engines,
        disagreement_ratio=disagreement,
        disagreement_reason=disagreement_reason,
    )


def measure_strengths(values: FloatArray) -> Strengths:
    """Strength of trend and season: max(0, 1 − Var(R) ÷ Var(R + trend or season)) of y = trend + season + R.

    Wang, Smith & Hyndman 2006, as in Hyndman & Athanasopoulos 2021, section 4.3. The decomposition is STL with one
    season for all years (R `stl(s.window = "periodic")`): 36 months show every calendar month three times, too few to
    see a season change. In so few months noise looks like a season too (0.56 in 1 of 20 series of 36 months), hence
    `noise_trend` and `noise_season`. A strength is judged beside these only. None below 24 months, with a gap between
    the first and the last observed month, or for a constant.

    >>> measure_strengths(np.sin(np.arange(36) * np.pi / 6)).season.__round__(6)
    1.0
    """
    known = np.flatnonzero(~np.isnan(values))
    if len(known) == 0:
        return Strengths(reason=NOTHING_OBSERVED)
    whole = values[known[0] : known[-1] + 1]
    if np.isnan(whole).any():
        return Strengths(reason=GAPS)
    if len(whole) < MIN_SEASON_OBSERVATIONS:
        return Strengths(reason=f"fewer than {MIN_SEASON_OBSERVATIONS} months")
    if _is_constant(whole):
        return Strengths(reason=CONSTANT)
    return Strengths(*_decompose(whole), *_noise_strengths(len(whole)))


def _decompose(whole: FloatArray) -> tuple[float, float]:
    """Strength of trend and of season of a series that moves; a part that is rounding has strength 0."""
    from statsmodels.tsa.seasonal import STL

    scaled = (whole - whole.mean()) / whole.std()
    one_season = 10 * len(whole) + 1  # months of the same name averaged over all years; STL wants an odd number
    found = STL(scaled, period=SEASON_MONTHS, seasonal=one_season, seasonal_deg=0).fit()
    rest = np.asarray(found.resid, dtype=np.float64)
    strengths = []
    for part in (found.trend, found.seasonal):
        total = float(np.var(rest + part))
        strengths.append(max(0.0, 1.0 - float(np.var(rest)) / total) if total > SSE_FLOOR else 0.0)
    return strengths[0], strengths[1]


@lru_cache(maxsize=16)
def _noise_strengths(months: int) -> tuple[float, float]:
    """The strengths that 1 of 20 series of noise of so many months exceeds: trend, season."""
    draws = np.random.default_rng(SEED).normal(size=(STRENGTH_DRAWS, months))
    trend, season = np.quantile([_decompose(draw) for draw in draws], STRENGTH_QUANTILE, axis=0)
    return float(trend), float(season)


def filter_residuals(values: FloatArray) -> Residuals:
    """Residuals of the model `ets_select` chooses for one series (T,), each ÷ the σ of its bounds.

    One-step errors of the filter started at the fitted states, in log space for a log model; months without
    observation have none. Limit: the model was fitted to the same months, so a seasonal model on 36 months bends
    towards an odd one, and fewer stand out than would otherwise.

    >>> filter_residuals(np.array([5.0, -7, 6, -5, 7, -6, 5, -9])).model
    'A,N,N'
    """
    none = np.empty(0, dtype=np.int64), np.empty(0)
    observed_count = int((~np.isnan(values)).sum())
    if observed_count == 0:
        return Residuals(*none, reason=NOTHING_OBSERVED)
    if observed_count < MIN_OBSERVATIONS:
        return Residuals(*none, reason=f"fewer than {MIN_OBSERVATIONS} observed months")
    _, first, last = next(group_by_pattern(values[None, :]))
    observed = ~np.isnan(values[first : last + 1])
    compact = values[None, first : last + 1][:, observed]
    if _is_constant(compact[0]):
        return Residuals(*none, "constant", reason=CONSTANT)
    fit = fit_panel(build_bank(tuple(observed.tolist())), compact)
    scaled, logs, _ = to_model_space(compact)
    modelled = np.where(fit.logged[:, None], logs, scaled) - fit.centre[:, None]
    model = str(fit.model[0])
    if fit.sse[0] <= SSE_FLOOR * (modelled**2).sum():
        return Residuals(*none, model, reason=f"{model} fits every month exactly")
    found, _ = run_filter(fit.points, fit.initial.T[:, :, None], modelled.T[:, :, None], observed)
    return Residuals(first + np.flatnonzero(observed), found[:, 0, 0] / fit.sigma[0], model, fit.points)


def check_dependence(residuals: Residuals) -> LjungBox:
    """Ljung–Box on the residuals: do months still depend on each other when the model is done?

    Lags: min(24, n ÷ 5) as Hyndman & Athanasopoulos 2021, section 5.4, and at least three more than the model has
    smoothing parameters (R `forecast::checkresiduals`). `p` is the textbook's, χ² with lags − smoothing parameters.
    It calls a quarter of good seasonal models wrong, because twelve fitted starting states leave a pattern of their
    own in 36 residuals. `noise_p` compares the same statistic with normal noise through the same filter, starting
    states fitted again (`build_operators`): share of 999 draws at least as dependent; wrong in 4–6 %. Judge by that
    one. None with gaps: then a lag is no fixed number of months.

    >>> check_dependence(filter_residuals(np.full(24, 5.0))).reason
    'the series never moves'
    """
    if residuals.points is None:
        return LjungBox(reason=residuals.reason)
    count = len(residuals.months)
    if residuals.months[-1] - residuals.months[0] + 1 != count:
        return LjungBox(reason=GAPS)
    form = FORMS[int(residuals.points.form[0])]
    smoothing_count = 1 + form.trend + form.damped + form.season
    lags = max(min(LAG_LIMIT, count // LAG_SHARE), smoothing_count + SPARE_LAGS)
    if lags >= count:
        return LjungBox(reason=f"fewer than {lags + 1} months for {lags} lags")
    residual_map, _ = build_operators(residuals.points, np.ones(count, dtype=np.bool_))
    noise = np.random.default_rng(SEED).normal(size=(NOISE_DRAWS, count)) @ residual_map[0].T
    reference = sum_autocorrelations(noise, lags)
    statistic = sum_autocorrelations(residuals.standardised[None, :], lags)[0]
    noise_p = (1 + int((reference >= statistic).sum())) / (1 + NOISE_DRAWS)
    return LjungBox(_textbook_p(residuals.standardised, lags, smoothing_count), noise_p, lags)


def _textbook_p(residuals: FloatArray, lags: int, smoothing_count: int) -> float:
    from statsmodels.stats.diagnostic import acorr_ljungbox

    return float(acorr_ljungbox(residuals, lags=[lags], model_df=smoothing_count)["lb_pvalue"].iloc[0])


def sum_autocorrelations(residuals: FloatArray, lags: int) -> FloatArray:
    """Q = n(n + 2)·Σ r_k² ÷ (n − k) over the first `lags`, of N series (N, n): the statistic of Ljung & Box 1978.

    >>> sum_autocorrelations(np.array([[1.0, -1, 1, -1]]), 1)
    array([4.5])
    """
    centred = residuals - residuals.mean(axis=1, keepdims=True)
    count, spread = residuals.shape[1], (centred**2).sum(axis=1)
    total = np.zeros(len(residuals))
    for lag in range(1, lags + 1):
        total += ((centred[:, lag:] * centred[:, :-lag]).sum(axis=1) / spread) ** 2 / (count - lag)
    return np.asarray(count * (count + 2) * total, dtype=np.float64)


def _is_constant(observed: FloatArray) -> bool:
    return bool(np.ptp(observed) <= CONSTANT_TOLERANCE * np.abs(observed).max())


def _date_residuals(residuals: Residuals, first_month: date) -> pl.DataFrame:
    months = (np.datetime64(first_month, "M") + residuals.months).astype("datetime64[D]")
    return pl.DataFrame(
        {"care_month": pl.Series(months, dtype=pl.Date), "standardised_residual": residuals.standardised}
    )


def _pick_largest(by_month: pl.DataFrame) -> pl.DataFrame:
    residual = pl.col("standardised_residual")
    sign = pl.when(residual > 0).then(pl.lit("above")).otherwise(pl.lit("below"))
    return by_month.filter(residual.abs() > LARGEST_DEVIATIONS).with_columns(sign=sign)


def compare_engines(values: FloatArray, horizon: int, chosen_engine: str) -> pl.DataFrame:
    """One row per engine of the registry: what each would say of this series (T,) over `horizon` months.

    `difference_ratio` = engine ÷ chosen − 1; null, with a reason, when an engine does not take the series, or the
    chosen forecast is 0 or less and the other is not the same.

    >>> compare_engines(np.full(24, 5.0), 12, "ets_select")["forecast_volume"].unique().to_list()
    [60.0]
    """
    found = [_run_engine(name, values, horizon) for name in ENGINES]
    chosen = next(volume for name, (_, volume, _) in zip(ENGINES, found, strict=True) if name == chosen_engine)
    rows = []
    for name, (model, volume, reason) in zip(ENGINES, found, strict=True):
        ratio, ratio_reason = _divide(volume, chosen, _negligible(values, horizon))
        rows.append((name, model, volume, ratio, reason or ratio_reason))
    schema = {"engine": pl.String, "model": pl.String, "forecast_volume": pl.Float64, "difference_ratio": pl.Float64}
    return pl.DataFrame(rows, schema={**schema, "reason": pl.String}, orient="row")


def _run_engine(name: str, values: FloatArray, horizon: int) -> tuple[str | None, float | None, str | None]:
    """Model, volume, and why there is none."""
    if np.isnan(values).all():
        return None, None, NOTHING_OBSERVED
    try:
        found = ENGINES[name](values[None, :], horizon)
    except ValueError:
        if (~np.isnan(values)).sum() >= MIN_OBSERVATIONS:
            raise
        return None, None, f"fewer than {MIN_OBSERVATIONS} observed months"
    return str(found.model[0]), float(found.point[0].sum()), None


def _negligible(values: FloatArray, horizon: int) -> float:
    """The volume over `horizon` months up to which a forecast counts as none."""
    observed = values[~np.isnan(values)]
    return NEGLIGIBLE_RATIO * horizon * float(np.abs(observed).mean()) if len(observed) else 0.0


def _divide(volume: float | None, base: float | None, negligible: float) -> tuple[float | None, str | None]:
    """volume ÷ base − 1, or why not; two forecasts of nothing are the same."""
    if volume is None or base is None:
        return None, "nothing to compare with"
    if volume == base or max(abs(volume), abs(base)) <= negligible:
        return 0.0, None
    if base <= negligible:
        return None, "no ratio near or below 0"
    return volume / base - 1.0, None


def _compare_search(engines: pl.DataFrame, negligible: float) -> tuple[float | None, str | None]:
    """statsmodels ÷ ets_select − 1: the same models, searched by another program."""
    volumes = dict(engines.select("engine", "forecast_volume").iter_rows())
    reasons = dict(engines.select("engine", "reason").iter_rows())
    if volumes["ets_select"] is None:
        return None, reasons["ets_select"]
    return _divide(volumes["statsmodels"], volumes["ets_select"], negligible)
