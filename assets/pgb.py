"""Asset of the stage pgb."""

import dagster as dg

from assets.context import Warehouse, months_of, stage_asset, summarise
from warehouse import reference
from warehouse.tables.pgb import PGB
from wlz.pgb.pgb import build_pgb_stands, forecast_pgb
from wlz.series import assign_regions


@stage_asset(PGB, group="pgb", deps=["deliveries"])
def pgb(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Stands of granted budgets per region and their forecast to December of the budget year."""
    for month in months_of(context):
        advice = warehouse.advice(month)
        grants = assign_regions(
            advice.read("pgb_verleningen"), reference.load_crosswalk(), reference.load_regions(), on="reference_date"
        )
        years_back = int(advice.assumptions["pgb_years_back"])
        forecast = forecast_pgb(build_pgb_stands(grants), budget_year=advice.round.budget_year, years_back=years_back)
        advice.save_for_all(PGB, forecast)
    return dg.MaterializeResult(metadata=summarise(forecast))
