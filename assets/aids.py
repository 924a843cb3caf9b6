"""Asset of the stage aids."""

import dagster as dg

from assets.context import Warehouse, months_of, stage_asset, summarise
from warehouse.tables.aids import AIDS
from wlz.aids import forecast_aids


@stage_asset(AIDS, group="aids", deps=["deliveries"])
def aids(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Individually adapted aids, declared and extrapolated to the year."""
    for month in months_of(context):
        advice = warehouse.advice(month)
        forecast = forecast_aids(
            advice.read("hulpmiddelen"),
            budget_year=advice.round.budget_year,
            reserve_eur=advice.assumptions["aids_reserve_eur"],
            minimum_months=int(advice.assumptions["aids_minimum_months"]),
        )
        advice.save_for_all(AIDS, forecast)
    return dg.MaterializeResult(metadata=summarise(forecast))
