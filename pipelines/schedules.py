"""When the monthly advice runs by itself."""

import dagster as dg

from assets.context import add_months
from pipelines.jobs import monthly_advice


# Claims are delivered in the first days of a month (the round of May 2018: on the 2nd); the fifth leaves room for that.
@dg.schedule(job=monthly_advice, cron_schedule="0 6 5 * *", execution_timezone="Europe/Amsterdam")
def monthly_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """The advice on this month's delivery, on the fifth at six in the morning."""
    month = f"{context.scheduled_execution_time:%Y-%m}"
    add_months(context.instance, [context.scheduled_execution_time.date().replace(day=1)])
    return dg.RunRequest(run_key=month, partition_key=month)
