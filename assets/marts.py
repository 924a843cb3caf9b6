"""Assets of publishing: what the advice rests on, and the marts people query."""

import dagster as dg
import polars as pl

from assets.context import Warehouse, markdown_table, months_of, stage_asset, summarise
from warehouse.provenance import describe_inputs
from warehouse.publish import publish_marts
from warehouse.tables.quality import ADVICE_PROVENANCE


@stage_asset(ADVICE_PROVENANCE, group="publish", deps=["deliveries"])
def advice_provenance(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Deliveries, code and assumptions the advice rests on."""
    for month in months_of(context):
        advice = warehouse.advice(month)
        known = advice.chosen, advice.chosen_year_ago, advice.earlier_claims, advice.round
        inputs = describe_inputs(*known, warehouse.simulation)
        advice.save_for_all(ADVICE_PROVENANCE, inputs)
    shown = inputs.select("input_name", "input_version", "received_on", "rows_count")
    return dg.MaterializeResult(metadata=summarise(inputs) | {"inputs": dg.MetadataValue.md(markdown_table(shown))})


@stage_asset(
    None,
    group="publish",
    deps=[
        "utilisation",
        "utilisation_months",
        "forecast_bounds",
        "forecast_vintages",
        "realisation",
        "forecast_bridge",
        "backtest",
        "volumes",
        "volume_check",
        "prices",
        "extra_items",
        "pgb",
        "aids",
        "advice_provenance",
        "monitor_provider",
        "delivery_status",
        "cell_support",
    ],
)
def marts(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """The published database: a fresh copy with this month's rows, renamed over the old one."""
    for month in months_of(context):
        rows = publish_marts(warehouse.store, warehouse.database, month)
    published = pl.DataFrame({"mart": list(rows), "rows": list(rows.values())})
    return dg.MaterializeResult(
        metadata={"dagster/row_count": sum(rows.values()), "marts": dg.MetadataValue.md(markdown_table(published))}
    )
