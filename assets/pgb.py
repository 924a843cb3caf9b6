"""Asset of the stage pgb."""

import dagster as dg

from assets.context import MONTHS, Warehouse, column_schema, months_of, summarise
from warehouse import reference
from warehouse.tables.pgb import PGB
from wlz.pgb import build_pgb_stands, forecast_pgb
from wlz.series import assign_regions


@dg.asset(
    deps=["deliveries"],
    partitions_def=MONTHS,
    group_name="pgb",
    backfill_policy=dg.BackfillPolicy.single_run(),
    metadata=column_schema(PGB),
)
def pgb(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Stands of granted budgets per region and their forecast to December of the budget year."""
    for month in months_of(context):
        advice = warehouse.advice(month)
        grants = assign_regions(
            advice.read("pgb_verleningen"), reference.load_crosswalk(), reference.load_regions(), on="reference_date"
        )
        years_back = int(advice.assumptions["pgb_years_back"])
        forecast = forecast_pgb(build_pgb_stands(grants), budget_year=advice.round.budget_year, years_back=years_back)
        advice.save(PGB, forecast)
    return dg.MaterializeResult(metadata=summarise(forecast))
