"""Assets of the stage bounds: bounds at every level, chances against the kader, the year after, from joint paths."""

from assets.context import stage_asset

forecast_bounds = stage_asset("forecast_bounds")
