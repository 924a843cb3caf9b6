"""The code location: assets, the monthly job, its schedule, sensors, the resource. Only wiring, nothing is computed."""

import dagster as dg

from assets import (
    aids,
    backtest,
    bounds,
    bridge,
    deliveries,
    extra_items,
    lag,
    marts,
    monitor,
    pgb,
    prices,
    report,
    series,
    support,
    utilisation,
    vintages,
    volumes,
)
from pipelines.jobs import monthly_advice
from pipelines.logs import stage_lines
from pipelines.resources import make_warehouse
from pipelines.schedules import monthly_schedule
from pipelines.sensors import SENSORS

defs = dg.Definitions(
    assets=dg.load_assets_from_modules(
        [
            deliveries,
            series,
            lag,
            backtest,
            volumes,
            prices,
            extra_items,
            pgb,
            aids,
            utilisation,
            bounds,
            vintages,
            bridge,
            monitor,
            support,
            marts,
            report,
        ]
    ),
    jobs=[monthly_advice],
    schedules=[monthly_schedule],
    sensors=SENSORS,
    resources={"warehouse": make_warehouse()},
    loggers={"stages": stage_lines},
    executor=dg.in_process_executor,
)
