"""Independent check of the smoothing: statsmodels refits the chosen model form for a sample of series.

Never the production path, and not the whole search: one seasonal refit takes 0.3–0.4 s.
"""

import numpy as np
import polars as pl

from wlz.forecasting.engines.statsmodels_search import fit_form
from wlz.forecasting.ets import FORMS, SEASON_MONTHS, FloatArray, ModelForm
from wlz.words.vocabulary import SERIES_KEY

SAMPLE_SIZE = 12
SAMPLE_SEED = 2018
LOG_PREFIX = "log "
FORM_BY_NAME = {form.name: form for form in FORMS}


def check_with_statsmodels(
    volumes: pl.DataFrame, *, sample_size: int = SAMPLE_SIZE, seed: int = SAMPLE_SEED
) -> pl.DataFrame:
    """Yearly volume by our model beside the same form refitted by statsmodels `ETSModel`, for a sample.

    In: the rows of `forecast_volumes`. Out: one row per sampled series: `model`; `forecast_volume_year` (ours:
    first 12 forecast months or fewer); `check_volume_year` (the same months by maximum likelihood; log models
    on the log series); `difference_ratio` = ours ÷ check − 1; `reason`: null, why there is no check (a
    model without parameters, missing months, a code that ends), or that statsmodels did not converge. The
    sample depends on the seed and the sorted keys, not on the order of rows. Limit: with 14–18 parameters on
    36 months every program stops elsewhere; judge the distribution (within 1 % for most), not digits.

    >>> check_with_statsmodels(volumes)  # doctest: +SKIP
    """
    keys = volumes.select(SERIES_KEY).unique().sort(SERIES_KEY)
    drawn = np.random.default_rng(seed).choice(len(keys), size=min(sample_size, len(keys)), replace=False)
    rows = []
    for key in keys[np.sort(drawn).tolist()].iter_rows(named=True):
        one = volumes.filter(pl.col(name) == value for name, value in key.items()).sort("care_month")
        rows.append({**key, **_check_series(one)})
    schema = {name: volumes.schema[name] for name in SERIES_KEY}
    return pl.DataFrame(
        rows,
        schema={
            **schema,
            "model": pl.String,
            "forecast_volume_year": pl.Float64,
            "check_volume_year": pl.Float64,
            "difference_ratio": pl.Float64,
            "reason": pl.String,
        },
    )


def _check_series(one: pl.DataFrame) -> dict[str, object]:
    model, flag = one["model"][0], one["flag"][0]
    forecast = one["forecast_volume"].drop_nulls().head(SEASON_MONTHS).to_numpy()
    result: dict[str, object] = {"model": model, "forecast_volume_year": float(forecast.sum())}
    observed = one.filter(pl.col("observed_volume").is_not_null())
    months = one["care_month"].to_numpy().astype("datetime64[M]").astype(np.int64)
    if model.removeprefix(LOG_PREFIX) not in FORM_BY_NAME:
        return {**result, "reason": f"model '{model}' has nothing to refit"}
    if flag == "ended":
        return {**result, "reason": "the code ends within the forecast"}
    if np.ptp(months) + 1 != len(months):
        return {**result, "reason": "missing months, which ETSModel does not take"}
    check, converged = _refit(observed["observed_volume"].to_numpy(), model, len(forecast))
    check_year = float(check.sum())
    return {
        **result,
        "check_volume_year": check_year,
        "difference_ratio": float(forecast.sum()) / check_year - 1 if check_year else None,
        "reason": None if converged else "statsmodels did not converge",
    }


def _refit(observed: FloatArray, model: str, horizon: int) -> tuple[FloatArray, bool]:
    """Forecast of one series by maximum likelihood, starting states included, and whether it converged."""
    form: ModelForm = FORM_BY_NAME[model.removeprefix(LOG_PREFIX)]
    logged = model.startswith(LOG_PREFIX)
    # Divided by the mean, because the optimiser's tolerances are absolute.
    scale = float(np.abs(observed).mean())
    modelled = np.log(observed / scale) if logged else observed / scale
    fitted = fit_form(modelled, form)
    forecast = np.asarray(fitted.forecast(horizon), dtype=np.float64)
    forecast = (np.exp(forecast) if logged else forecast) * scale
    if observed.min() >= 0:
        forecast = np.maximum(forecast, 0.0)
    return forecast, bool(fitted.mle_retvals.get("converged", True))
