"""Asset of the stage aids: individually adapted aids, declared and extrapolated to the year."""

from assets.context import stage_asset

aids = stage_asset("aids", shown=("aid_kind", "month", "declared_eur", "forecast_eur"))
