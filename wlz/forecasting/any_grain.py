"""A panel of months or of weeks, by the method for it."""

import polars as pl

from wlz.files.panel import PanelError, PanelFrame
from wlz.forecasting.any_panel import HISTORY_MONTHS, forecast_frame
from wlz.forecasting.engines import DEFAULT_ENGINE
from wlz.forecasting.ets import SEASON_MONTHS
from wlz.forecasting.incomplete import Incomplete, find_incomplete_months
from wlz.forecasting.weekly import DEFAULT_WEEKS, HORIZON_LIMIT_WEEKS, WEEKS_IN_YEAR, forecast_weeks


def forecast_panel(
    panel: PanelFrame,
    *,
    engine: str = DEFAULT_ENGINE,
    horizon: int | None = None,
    total: bool = False,
    seed: int = 0,
    as_is: bool = False,
    days: str | None = None,
) -> pl.DataFrame:
    """Forecast and bounds of every series: `forecast_frame` of months, `forecast_weeks` of weeks; a year if not said.

    `days`: "weekdays" counts months by their days from Monday to Friday. Raises PanelError as those do, and for days of
    weeks.
    """
    if days not in (None, "weekdays"):
        raise PanelError(f"days: found {days!r}, expected 'weekdays', or nothing")
    if panel.weeks is None:
        months = SEASON_MONTHS if horizon is None else horizon
        by_weekday = days is not None
        return forecast_frame(
            panel, engine=engine, horizon=months, total=total, seed=seed, as_is=as_is, by_weekday=by_weekday
        )
    if days is not None:
        raise PanelError(
            "days: found weekdays of a panel of weeks, expected months. Every week has five. Next: leave out --days"
        )
    weeks = DEFAULT_WEEKS if horizon is None else horizon
    return forecast_weeks(panel, engine=engine, horizon=weeks, total=total, seed=seed, as_is=as_is)


def find_incomplete(panel: PanelFrame) -> Incomplete:
    """Last months, or weeks, in which nearly all series are low at once."""
    if panel.weeks is None:
        return find_incomplete_months(panel.values[:, -HISTORY_MONTHS:])
    return find_incomplete_months(panel.values, season=WEEKS_IN_YEAR)


__all__ = ["HORIZON_LIMIT_WEEKS", "find_incomplete", "forecast_panel"]
