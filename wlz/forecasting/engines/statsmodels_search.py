"""Engine `statsmodels`: the full search with statsmodels' `ETSModel`: an independent reference, never in a run.

A seasonal model takes 0.3–0.4 s a series, so this is for a handful of series: a person who looks closely, a benchmark.
"""

import warnings
from typing import Any

import numpy as np

from wlz.forecasting.engines.interface import EngineForecast
from wlz.forecasting.ets import FORMS, MIN_OBSERVATIONS, MIN_SEASON_OBSERVATIONS, SEASON_MONTHS, FloatArray, ModelForm


def search_statsmodels(values: FloatArray, horizon: int) -> EngineForecast:
    """Best AICc over no, additive and damped trend × no and additive season, on the series and on its logarithm.

    Gaps are not taken by `ETSModel`: only the months after the last gap count. A series that never moves, or with
    fewer than 7 such months, keeps its mean.

    >>> search_statsmodels(np.full((1, 24), 5.0), 1).point
    array([[5.]])
    """
    point = np.empty((len(values), horizon))
    names = []
    for row, one in enumerate(values):
        point[row], name = _search_series(one, horizon)
        names.append(name)
    return EngineForecast(point, np.array(names, dtype=np.str_))


def _search_series(one: FloatArray, horizon: int) -> tuple[FloatArray, str]:
    known = np.flatnonzero(~np.isnan(one))
    if len(known) == 0:
        return np.zeros(horizon), "nothing observed"
    last = int(known[-1])
    gaps = np.flatnonzero(np.isnan(one[:last]))
    whole = one[gaps[-1] + 1 if len(gaps) else 0 : last + 1]
    skip = len(one) - 1 - last
    if len(whole) < MIN_OBSERVATIONS or np.ptp(whole) == 0:
        return np.full(horizon, whole.mean()), "mean"
    best: tuple[float, str, FloatArray] = (np.inf, "mean", np.full(horizon, whole.mean()))
    scale = float(np.abs(whole).mean())
    for logged in (False, True) if whole.min() > 0 else (False,):
        modelled = np.log(whole / scale) if logged else whole / scale
        for form in FORMS:
            if form.season and len(whole) < MIN_SEASON_OBSERVATIONS:
                continue
            fitted = fit_form(modelled, form)
            score = float(fitted.aicc) + (2 * modelled.sum() if logged else 0.0)
            if score < best[0]:
                ahead = np.asarray(fitted.forecast(skip + horizon), dtype=np.float64)[skip:]
                ahead = (np.exp(ahead) if logged else ahead) * scale
                best = (score, f"{'log ' if logged else ''}{form.name}", ahead)
    point = np.maximum(best[2], 0.0) if whole.min() >= 0 else best[2]
    return point, best[1]


def fit_form(modelled: FloatArray, form: ModelForm) -> Any:
    """statsmodels' fit of one form to one series in model space (divided by its mean, logged or not)."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # convergence is told by whoever reads the fit
        return ETSModel(
            modelled,
            error="add",
            trend="add" if form.trend else None,
            damped_trend=form.damped,
            seasonal="add" if form.season else None,
            seasonal_periods=SEASON_MONTHS if form.season else None,
        ).fit(disp=False)
