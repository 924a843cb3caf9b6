"""Assets of the stage monitor: providers that are late or wrong, and how each claims delivery came in. Internal."""

from datetime import date

import dagster as dg
import polars as pl

from assets.context import Recorded, Warehouse, record_asset, stage_asset
from warehouse.contract import Table
from warehouse.lake import AdviceInLake
from warehouse.settings import load_round
from warehouse.store import Store
from warehouse.tables.deliveries import DECLARATIES, KADER
from warehouse.tables.lag import COMPLETED_SERIES
from warehouse.tables.monitor import DELIVERY_STATUS
from warehouse.tables.quality import CHECK_FINDINGS, DATA_QUALITY
from warehouse.tables.series import SERIES
from wlz.monitor import (
    TOTALS_SCHEMA,
    completed_of,
    count_findings,
    find_places,
    measure_completeness,
    report_deliveries,
    sum_uitvoerders,
)

monitor_provider = stage_asset("monitor_provider", judges=("monitor_provider",), counted=("provider_flag",))


@record_asset(
    DELIVERY_STATUS,
    room="monitor",
    reads=(
        "delivery_register", "declaraties", "kader", "completed_series", "series", "monitor_provider", "volume_check",
        "revenue", "utilisation", "forecast_vintages",
    ),
)  # fmt: skip
def delivery_status(advice: AdviceInLake, warehouse: Warehouse, context: dg.AssetExecutionContext) -> Recorded:
    """The claims deliveries of the month per uitvoerder; earlier months too when the table lacks one of theirs."""
    store, month = advice.store, advice.round.delivery_month
    claims = store.read_register().filter(pl.col("kind") == DECLARATIES.name, pl.col("delivery_month") <= month)
    for earlier, deliveries in claims.group_by("delivery_month", maintain_order=True):
        known = read_month(store, DELIVERY_STATUS, earlier[0])
        if earlier[0] == month or not says_the_same(known, deliveries):
            store.write(DELIVERY_STATUS, report_month(advice, deliveries, earlier[0]), earlier[0])
    return Recorded(read_month(store, DELIVERY_STATUS, month))


def says_the_same(known: pl.DataFrame, deliveries: pl.DataFrame) -> bool:
    """Whether the table has exactly these deliveries in their present status."""
    columns = ["delivery_id", "delivery_status"]
    return known.select(columns).unique().sort(columns).equals(deliveries.select(columns).sort(columns))


def report_month(advice: AdviceInLake, deliveries: pl.DataFrame, month: date) -> pl.DataFrame:
    """The claims deliveries of one month, as ``report_deliveries`` has them."""
    store, expected = advice.store, advice.deliveries.read(KADER.name)["zorgkantoor_code"].unique()
    lists = advice.deliveries.lists.on(load_round(month).placed_on)
    places = find_places(lists.crosswalk, lists.regions, month)
    in_lake = pl.col("delivery_status") != "refused"
    totals = [
        sum_uitvoerders(store.scan_delivery(DECLARATIES, name, month), places, expected).with_columns(
            delivery_id=pl.lit(name)
        )
        for name in deliveries.filter(in_lake)["delivery_id"]
    ]
    of_kader = places.filter(pl.col("zorgkantoor_code").is_in(expected.implode())).select("wlz_uitvoerder").unique()
    unknown = deliveries.filter(~in_lake).select("delivery_id").join(of_kader, how="cross")
    completed = completed_of(read_month(store, COMPLETED_SERIES, month), month)
    open_lag = int(advice.assumptions["provider_complete_lag_months"]) - 1
    return report_deliveries(
        deliveries,
        load_round(month).due_on(DECLARATIES.name),
        pl.concat([pl.DataFrame(schema=TOTALS_SCHEMA), *totals, unknown], how="diagonal_relaxed"),
        measure_completeness(completed, read_month(store, SERIES, month), open_lag),
        count_findings(read_month(store, CHECK_FINDINGS, month), read_month(store, DATA_QUALITY, month)),
    )


def read_month(store: Store, table: Table, month: date) -> pl.DataFrame:
    """The partition of a month; no rows when it was never written."""
    return store.read(table, month) if store.has(table, month) else table.empty()
