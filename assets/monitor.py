"""Assets of the stage monitor: providers that are late or wrong, and how each claims delivery came in. Internal."""

from datetime import date

import dagster as dg
import polars as pl

from assets.checks import check_specs, judge_table
from assets.context import Advice, Warehouse, count_table, months_of, stage_asset, summarise
from expectations import monitor as monitor_rules
from warehouse import reference
from warehouse.contract import Table
from warehouse.settings import load_round
from warehouse.store import Store
from warehouse.tables.deliveries import DECLARATIES, KADER
from warehouse.tables.lag import COMPLETED_SERIES
from warehouse.tables.monitor import DELIVERY_STATUS, MONITOR_PROVIDER
from warehouse.tables.quality import CHECK_FINDINGS, DATA_QUALITY
from warehouse.tables.series import SERIES
from wlz.monitor import (
    PROVIDER_SCHEMA,
    TOTALS_SCHEMA,
    completed_of,
    count_findings,
    find_places,
    first_month_needed,
    measure_completeness,
    monitor_providers,
    report_deliveries,
    sum_providers,
    sum_uitvoerders,
)
from wlz.words.calendar import claims_due


@stage_asset(
    MONITOR_PROVIDER,
    group="monitor",
    deps=["deliveries"],
    check_specs=check_specs(monitor_rules.RULES, "monitor_provider"),
)
def monitor_provider(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Providers beside what is usual at this delivery; no rows when claims are delivered without provider."""
    for month in months_of(context):
        advice = warehouse.advice(month)
        advice.store.write(MONITOR_PROVIDER, watch_providers(advice), month)
        monitor = advice.load_all(MONITOR_PROVIDER)
        judged = judge_table([(rule, monitor) for rule in monitor_rules.RULES], advice, "monitor_provider")
    flags = {"providers": count_table(monitor, "provider_flag")}
    return dg.MaterializeResult(metadata=summarise(monitor) | flags, check_results=judged)


def watch_providers(advice: Advice) -> pl.DataFrame:
    """The claims of the advice beside the accepted delivery before it, per provider and zorgkantoor."""
    store, month = advice.store, advice.claims_month
    first = first_month_needed(month, advice.assumptions)
    earlier = advice.claims_history.filter(pl.col("delivery_month") < month).tail(1)
    before = [
        sum_providers(store.scan_delivery(DECLARATIES, row["delivery_id"], row["delivery_month"]), first)
        for row in earlier.iter_rows(named=True)
    ]
    return monitor_providers(
        sum_providers(advice.scan(DECLARATIES.name), first),
        pl.concat([pl.DataFrame(schema=PROVIDER_SCHEMA), *before]),
        find_places(reference.load_crosswalk(), reference.load_regions(), month),
        monitor_rules.find_wrong_providers(
            read_month(store, CHECK_FINDINGS, month), advice.claims_history["delivery_id"][-1]
        ),
        month,
        advice.assumptions,
    )


@stage_asset(
    DELIVERY_STATUS,
    group="monitor",
    deps=["monitor_provider", "completed_series", "volumes", "volume_check", "prices", "extra_items", "utilisation"],
)
def delivery_status(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """The claims deliveries of the month per uitvoerder; earlier months too when the table lacks one of theirs."""
    for month in months_of(context):
        advice, store = warehouse.advice(month), warehouse.store
        claims = store.read_register().filter(pl.col("kind") == DECLARATIES.name, pl.col("delivery_month") <= month)
        for earlier, deliveries in claims.group_by("delivery_month", maintain_order=True):
            known = read_month(store, DELIVERY_STATUS, earlier[0])
            if earlier[0] == month or not says_the_same(known, deliveries):
                store.write(DELIVERY_STATUS, report_month(advice, deliveries, earlier[0]), earlier[0])
    status = read_month(store, DELIVERY_STATUS, month)
    return dg.MaterializeResult(metadata=summarise(status) | {"states": count_table(status, "delivery_state")})


def says_the_same(known: pl.DataFrame, deliveries: pl.DataFrame) -> bool:
    """Whether the table has exactly these deliveries in their present status."""
    columns = ["delivery_id", "delivery_status"]
    return known.select(columns).unique().sort(columns).equals(deliveries.select(columns).sort(columns))


def report_month(advice: Advice, deliveries: pl.DataFrame, month: date) -> pl.DataFrame:
    """The claims deliveries of one month, as ``report_deliveries`` has them."""
    store, expected = advice.store, advice.read(KADER.name)["zorgkantoor_code"].unique()
    places = find_places(reference.load_crosswalk(), reference.load_regions(), month)
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
        load_round(month).cut_offs.get(DECLARATIES.name, claims_due(month)),
        pl.concat([pl.DataFrame(schema=TOTALS_SCHEMA), *totals, unknown], how="diagonal_relaxed"),
        measure_completeness(completed, read_month(store, SERIES, month), open_lag),
        count_findings(read_month(store, CHECK_FINDINGS, month), read_month(store, DATA_QUALITY, month)),
    )


def read_month(store: Store, table: Table, month: date) -> pl.DataFrame:
    """The partition of a month; no rows when it was never written."""
    return store.read(table, month) if store.has(table, month) else table.empty()
