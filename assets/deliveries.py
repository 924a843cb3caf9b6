"""Asset of the stage deliveries: what came in, judged before anything is built on it."""

from datetime import UTC, datetime

import dagster as dg

from assets.checks import check_results, check_specs
from assets.context import Warehouse, markdown_table, months_of, stage_asset
from expectations.catalogue import DELIVERY_RULES
from expectations.intake.take_in import Intake, take_in
from warehouse.tables.deliveries import DELIVERY_REGISTER

FALLBACK_TAG = "wlz/fallback"


@stage_asset(DELIVERY_REGISTER, group="deliveries", check_specs=check_specs(DELIVERY_RULES, "deliveries"))
def deliveries(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Takes in the files of the landing zone; a refused delivery stops the run before anything is published.

    A repeated run (tag ``wlz/fallback``, or a retry) goes on with the last accepted deliveries.
    """
    now = datetime.now(UTC).replace(tzinfo=None)
    falls_back = FALLBACK_TAG in context.run.tags or "dagster/retry_number" in context.run.tags
    folders = warehouse.landing, warehouse.store, warehouse.quarantine
    taken = [
        take_in(*folders, month, now, context.log.info, judges_again=not falls_back) for month in months_of(context)
    ]
    register = warehouse.store.read_register()
    return dg.MaterializeResult(
        metadata={"dagster/row_count": register.height, **describe_intake(taken, warehouse)},
        check_results=check_results(taken, falls_back),
    )


def describe_intake(taken: list[Intake], warehouse: Warehouse) -> dict[str, object]:
    """What a person reads first: the newest deliveries with rows and euro, and what was refused."""
    register = warehouse.store.read_register().sort("registered_at", "delivery_id", descending=True).head(15)
    shown = register.select(
        "delivery_id", "delivery_status", "received_on", "rows_count", "amount_eur", "quarantined_eur"
    )
    refused = [result.message for intake in taken for result in intake.refused]
    return {
        "accepted now": sum(len(intake.accepted) for intake in taken),
        "refused": dg.MetadataValue.md("\n".join(f"- {message}" for message in refused) or "none"),
        "register": dg.MetadataValue.md(markdown_table(shown)),
    }
