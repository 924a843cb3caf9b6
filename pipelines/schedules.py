"""When the monthly advice runs by itself."""

import dagster as dg

from assets.context import Warehouse, add_months
from expectations.intake.own_claims import lacks_claims
from pipelines.jobs import monthly_advice


# Claims are delivered in the first days of a month (the round of May 2018: on the 2nd); the fifth leaves room for that.
@dg.schedule(job=monthly_advice, cron_schedule="0 6 5 * *", execution_timezone="Europe/Amsterdam")
def monthly_schedule(context: dg.ScheduleEvaluationContext, warehouse: Warehouse) -> dg.RunRequest | dg.SkipReason:
    """The advice on this month's delivery, on the fifth at six in the morning; nothing without claims of this month.

    When they come later the sensor for new deliveries starts the month.
    """
    day = context.scheduled_execution_time.date().replace(day=1)
    month = f"{day:%Y-%m}"
    if lacks_claims(warehouse.landing, warehouse.store, [day]):
        return dg.SkipReason(f"no claims of {month} yet: sensor new_delivery starts the month when they come")
    add_months(context.instance, [day])
    return dg.RunRequest(run_key=month, partition_key=month)
