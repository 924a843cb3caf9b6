"""Assets of publishing: what the advice rests on, and the marts people query."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import dagster as dg

from assets.checks import monthly_check
from assets.context import MONTHS, OWNERS, Recorded, Warehouse, describe, key_of, monthly_step, months_of, record_asset
from assets.metadata import column_schema
from expectations.intake.settle import settle_statuses
from warehouse import registry
from warehouse.lake import AdviceInLake
from warehouse.mart_sql import tables_read
from warehouse.provenance import code_version, describe_inputs
from warehouse.publish import publish_marts
from warehouse.tables.quality import ADVICE_PROVENANCE

# What runs before anything is published but is read by no mart: a block of its checks must stop the publishing too.
JUDGED_BEFORE = ("volume_check", "revenue", "series", "cell_support", "delivery_status")


@record_asset(ADVICE_PROVENANCE, room="deliveries", reads=("delivery_register",))
def advice_provenance(advice: AdviceInLake, warehouse: Warehouse, context: dg.AssetExecutionContext) -> Recorded:
    """Deliveries, code and assumptions the advice rests on."""
    deliveries = advice.deliveries
    known = deliveries.chosen, deliveries.chosen_year_ago, advice.earlier_claims, advice.round
    inputs = describe_inputs(*known, warehouse.pack, warehouse.simulation, deliveries.late)
    return Recorded(advice.save_for_all(ADVICE_PROVENANCE, inputs))


def mart_keys() -> list[dg.AssetKey]:
    """The assets of the marts."""
    return [dg.AssetKey(["marts", name]) for name in registry.marts()]


def mart_specs() -> list[dg.AssetSpec]:
    """An asset per mart; what it rests on is read from its own SELECT."""
    before = [key_of(name) for name in JUDGED_BEFORE]
    return [
        dg.AssetSpec(
            key,
            deps=sorted({*before, *(key_of(name) for name in tables_read(table.name))}),
            description=table.description,
            group_name="publish",
            kinds={"duckdb"},
            owners=OWNERS,
            code_version=code_version(),
            metadata=column_schema(table) | {"contract": "warehouse/tables/marts.py"},
        )
        for key, table in zip(mart_keys(), registry.marts().values(), strict=True)
    ]


SPECS = mart_specs()
RESTS = monthly_check(
    "own_claims",
    ["marts", "utilisation_national"],
    MONTHS,
    "The advice rests on the claims of its own delivery month. A month that fell back does not.",
)


def _publish(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[dg.MaterializeResult[Any]]:
    """The published database: a fresh copy with this month's rows, renamed over the old one."""
    outcomes = []
    for month in months_of(context):
        settle_statuses(warehouse.store)
        rows = publish_marts(warehouse.store, warehouse.database, month)
        for name, count in rows.items():
            describe(context, dg.AssetKey(["marts", name]), month, {"dagster/row_count": count})
        outcomes.append(_own_claims(warehouse, month))
    is_asked = RESTS.key in context.selected_asset_check_keys and len(outcomes) == 1
    for key in context.selected_asset_keys:
        mine = outcomes if key == RESTS.asset_key and is_asked else []
        yield dg.MaterializeResult(asset_key=key, check_results=mine)


def _own_claims(warehouse: Warehouse, month: date) -> dg.AssetCheckResult:
    claims_month = warehouse.advice(month).deliveries.claims_month
    return dg.AssetCheckResult(
        passed=claims_month == month,
        asset_key=RESTS.asset_key,
        check_name=RESTS.name,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"rests on the claims of {claims_month:%Y-%m}",
        metadata={"severity": "info"},
    )


marts = monthly_step("marts", SPECS, {}, [RESTS])(_publish)
