"""Forecasting engines by name. A new one is a file in this folder and a line in ENGINES."""

from wlz.forecasting.engines.combined import combined
from wlz.forecasting.engines.ets_average import ets_average
from wlz.forecasting.engines.half_growth import half_growth
from wlz.forecasting.engines.interface import Engine, EngineForecast
from wlz.forecasting.engines.recent_growth import recent_growth
from wlz.forecasting.engines.seasonal_naive import seasonal_naive
from wlz.forecasting.engines.select import ets_select
from wlz.forecasting.engines.statsmodels_search import search_statsmodels

ENGINES: dict[str, Engine] = {
    "ets_select": ets_select,
    "ets_average": ets_average,
    "recent_growth": recent_growth,
    "combined": combined,
    "half_growth": half_growth,
    "seasonal_naive": seasonal_naive,
    "statsmodels": search_statsmodels,
}
# Fast enough for every series of every run; `statsmodels` is a reference for a few.
RUN_ENGINES = tuple(name for name in ENGINES if name != "statsmodels")
DEFAULT_ENGINE = "combined"

__all__ = ["DEFAULT_ENGINE", "ENGINES", "RUN_ENGINES", "Engine", "EngineForecast"]
