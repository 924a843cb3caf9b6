"""Asset of the stage bridge: what moved the room since the advice before it."""

from datetime import date

import dagster as dg
import polars as pl

from assets.context import Warehouse, markdown_table, months_of, stage_asset, summarise
from warehouse.past_advices import neighbours, read_advice, read_transfers
from warehouse.settings import load_assumptions
from warehouse.store import Store
from warehouse.tables.vintages import FORECAST_BRIDGE
from wlz.utilisation.utilisation import UtilisationError
from wlz.vintages.bridge import BRIDGE_SCHEMA, BridgeError, build_bridge


@stage_asset(FORECAST_BRIDGE, group="bridge", deps=["utilisation", "revenue", "prices", "advice_provenance"])
def forecast_bridge(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """From the advice before it of the same year; renews the bridge of the one after it too, if that is in the lake."""
    for month in months_of(context):
        advice = warehouse.advice(month)
        before, after = neighbours(advice.store, month)
        bridge = compare_advices(context, advice.store, before, month)
        advice.save(FORECAST_BRIDGE, bridge)
        if after is not None:
            warehouse.advice(after).save(FORECAST_BRIDGE, compare_advices(context, advice.store, month, after))
    shown = bridge.filter(scenario=advice.headline, wlz_uitvoerder="Landelijk").select("component", "change_eur")
    table = {"what moved the room": dg.MetadataValue.md(markdown_table(shown))}
    return dg.MaterializeResult(metadata=summarise(bridge) | table)


def compare_advices(context: dg.AssetExecutionContext, store: Store, before: date | None, after: date) -> pl.DataFrame:
    """The bridge between two advices of the lake; no rows when there is none before, or when they do not compare.

    It explains an advice and holds none up: what is wrong with the other advice is said, and this one is published.
    """
    if before is None:
        return pl.DataFrame(schema=BRIDGE_SCHEMA)
    later = read_advice(store, after)
    factor = load_assumptions(later.budget_year)["brutering_factor"]
    try:
        return build_bridge(read_advice(store, before), later, read_transfers(store, after), brutering_factor=factor)
    except (BridgeError, UtilisationError) as error:
        context.log.warning(f"passed over, no bridge to {after:%Y-%m}: {error}")
        return pl.DataFrame(schema=BRIDGE_SCHEMA)
