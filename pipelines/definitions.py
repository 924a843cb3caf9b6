"""The code location: assets, the monthly job, its schedule, sensors, the resource. Only wiring, nothing is computed."""

import dagster as dg

from assets import (
    aids,
    balance,
    bounds,
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

STAGES = (
    deliveries,
    series,
    lag,
    volumes,
    prices,
    extra_items,
    pgb,
    aids,
    utilisation,
    bounds,
    vintages,
    monitor,
    support,
    balance,
    marts,
    report,
)


def list_assets() -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """The steps of every stage, and the tables that no step of their own writes."""
    found = [value for stage in STAGES for value in vars(stage).values() if isinstance(value, dg.AssetsDefinition)]
    return [*found, deliveries.claims_snapshot, vintages.advice_withdrawals]


def count_steps() -> int:
    """How many steps a month takes."""
    return sum(isinstance(one, dg.AssetsDefinition) for one in list_assets())


defs = dg.Definitions(
    assets=list_assets(),
    jobs=[monthly_advice],
    schedules=[monthly_schedule],
    sensors=SENSORS,
    resources={"warehouse": make_warehouse()},
    loggers={"stages": stage_lines},
    executor=dg.in_process_executor,
)
