"""Engine `ets_select`: the one model with the best AICc, as the letter does (S004, annex A.2.1). Scenario `letter`."""

from wlz.forecasting import ets
from wlz.forecasting.engines.interface import EngineForecast
from wlz.forecasting.ets import FloatArray


def ets_select(values: FloatArray, horizon: int) -> EngineForecast:
    """Median forecast of the chosen model; the bounds of the model alone are in `ets.ets_select`.

    >>> ets_select(np.arange(1.0, 13.0)[None, :], 2).point.round(6)
    array([[13., 14.]])
    """
    found = ets.ets_select(values, horizon)
    return EngineForecast(found.lines[0], found.model)
