"""Assets of the stage deliveries: what came in, kind by kind, judged before anything is built on it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import dagster as dg
import polars as pl

from assets.checks import pass_on
from assets.context import MONTHS, OWNERS, Warehouse, describe, key_of, monthly_step, months_of, table_spec
from assets.metadata import as_markdown, describe_table
from expectations.catalogue import DELIVERY_RULES
from expectations.intake.own_claims import refuse_without_claims
from expectations.intake.take_in import Intake, take_in
from expectations.judging.results import CheckResult
from warehouse.provenance import code_version
from warehouse.tables.deliveries import DELIVERY_REGISTER, KINDS
from warehouse.tables.lag import CLAIMS_SNAPSHOT
from warehouse.tables.quality import CHECK_DECISIONS, CHECK_FINDINGS, DATA_QUALITY
from warehouse.tables.series import DELIVERY_UNIT_CORRECTIONS

FALLBACK_TAG = "wlz/fallback"
REST_TAG = "wlz/rest-on-last"  # a person asked for an advice on the last claims: its month has none of its own
REGISTER = DELIVERY_REGISTER.name
INTAKE = take_in.__module__
KIND_SPECS = [
    dg.AssetSpec(
        key_of(kind),
        description=table.description,
        group_name="deliveries",
        kinds={"parquet"},
        owners=OWNERS,
        metadata=describe_table(table, "deliveries", INTAKE),
    )
    for kind, table in KINDS.items()
]
# Written by the intake and added to by every stage that judges; a decision of a person is written by `wlz`.
KEPT = (DELIVERY_REGISTER, DELIVERY_UNIT_CORRECTIONS, DATA_QUALITY, CHECK_FINDINGS, CHECK_DECISIONS)
SPECS = [*KIND_SPECS, *(table_spec(table, "deliveries", (), INTAKE) for table in KEPT)]


def _take_in_deliveries(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[dg.MaterializeResult[Any]]:
    """Takes in the files of the landing zone; a refused delivery stops the run before anything is published.

    A repeated run (tag ``wlz/fallback``, or a retry) goes on with the last accepted deliveries. A month without claims
    of its own, taken in or refused, stops before anything is taken in, unless a person asked for it (tag
    ``wlz/rest-on-last``).
    """
    now = datetime.now(UTC).replace(tzinfo=None)
    rests = REST_TAG in context.run.tags
    if not rests:
        refuse_without_claims(warehouse.landing, warehouse.store, months_of(context))
    falls_back = FALLBACK_TAG in context.run.tags or "dagster/retry_number" in context.run.tags
    folders = warehouse.landing, warehouse.store, warehouse.quarantine
    judged: dict[date, list[CheckResult]] = {}
    for month in months_of(context):
        taken = take_in(*folders, month, now, context.log.info, judges_again=not falls_back, rests_on_last=rests)
        judged[month] = taken.results
        describe_month(context, warehouse, month, taken)
    yield from pass_on(context, [spec.key for spec in SPECS], judged, REGISTER, falls_back=falls_back)


def describe_month(context: dg.AssetExecutionContext, warehouse: Warehouse, month: date, taken: Intake) -> None:
    """What a person reads first: per kind the delivery the advice of the month uses, and what was refused."""
    advice = warehouse.advice(month)
    register = warehouse.store.read_register()
    shown = register.sort("registered_at", "delivery_id", descending=True).select(
        "delivery_id", "delivery_status", "received_on", "rows_count", "amount_eur", "quarantined_eur"
    )
    describe(
        context,
        key_of(REGISTER),
        month,
        {
            "dagster/row_count": register.height,
            "accepted now": len(taken.accepted),
            "refused": dg.MetadataValue.md("\n".join(f"- {one.message}" for one in taken.refused) or "none"),
            "register": as_markdown(shown, rows=15),
        },
    )
    for kind in KINDS:
        used = advice.deliveries.chosen.filter(pl.col("kind") == kind)
        late = advice.deliveries.late.filter(kind=kind)["received_on"]
        about = _describe_kind(used)
        if len(late):
            about["delivery"] = f"delivered on {late[0]}, after the cut-off of {advice.round.cut_off(kind)}"
        describe(context, key_of(kind), month, about)


def _describe_kind(used: pl.DataFrame) -> dict[str, object]:
    """The chosen delivery of one kind; says when there is none."""
    if used.is_empty():
        return {"delivery": "none known to the round"}
    row = used.row(0, named=True)
    amount = {} if row["amount_eur"] is None else {"total amount_eur": f"€ {row['amount_eur']:,.2f}"}
    return {
        "dagster/row_count": row["rows_count"],
        "delivery": row["delivery_id"],
        "received on": str(row["received_on"]),
        "quarantined rows": row["quarantined_count"],
        **amount,
    }


deliveries = monthly_step("deliveries", SPECS, {REGISTER: DELIVERY_RULES})(_take_in_deliveries)
# Added up when a stage first asks for it, and kept by content: no step of its own writes it.
claims_snapshot = dg.AssetSpec(
    key_of(CLAIMS_SNAPSHOT.name),
    deps=[key_of("declaraties"), key_of(DELIVERY_UNIT_CORRECTIONS.name)],
    description=CLAIMS_SNAPSHOT.description,
    group_name="lag",
    kinds={"polars", "parquet"},
    owners=OWNERS,
    code_version=code_version(),
    partitions_def=MONTHS,
    metadata=describe_table(CLAIMS_SNAPSHOT, "lag", "warehouse.snapshots"),
)
