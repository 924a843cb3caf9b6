"""Asset of the stage volumes, with the independent check of a sample by statsmodels."""

import dagster as dg
import polars as pl

from assets.checks import check_specs, judge_table
from assets.context import Advice, Warehouse, count_table, markdown_table, months_of, stage_asset, summarise
from expectations import volumes as volume_rules
from warehouse import reference
from warehouse.tables.series import SERIES
from warehouse.tables.volumes import VOLUME_CHECK, VOLUMES
from wlz.ets_check import check_with_statsmodels
from wlz.series import ended_codes, last_base_month
from wlz.volumes import forecast_volumes


@stage_asset(VOLUMES, group="volumes", deps=["series"])
def volumes(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Volume forecast per prestatie and uitvoerder to December of the budget year, with bounds per series."""
    for month in months_of(context):
        advice = warehouse.advice(month)
        forecast = forecast_advice_volumes(advice)
        advice.save(VOLUMES, forecast)
    return dg.MaterializeResult(metadata=summarise(forecast) | {"models": count_table(forecast, "model")})


@stage_asset(
    VOLUME_CHECK, group="volumes", deps=["volumes"], check_specs=check_specs(volume_rules.RULES, "volume_check")
)
def volume_check(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Twelve series refitted by statsmodels, an independent program: does the chosen model say the same?"""
    for month in months_of(context):
        advice = warehouse.advice(month)
        sample = int(advice.assumptions["check_sample_count"])
        checked = check_with_statsmodels(advice.load(VOLUMES), sample_size=sample)
        advice.save(VOLUME_CHECK, checked)
        judged = [judge_table(rule, checked, advice, "volume_check") for rule in volume_rules.RULES]
    disagreement = dg.MetadataValue.md(markdown_table(checked))
    return dg.MaterializeResult(metadata=summarise(checked) | {"disagreement": disagreement}, check_results=judged)


def forecast_advice_volumes(advice: Advice) -> pl.DataFrame:
    """The forecast of an advice from its series; letter: best exponential smoothing on the months old enough."""
    series = advice.load(SERIES).filter(pl.col("in_forecast_base")).rename({"declared_volume": "volume"})
    return forecast_volumes(
        series,
        first_month=series["care_month"].min(),
        last_month=advice.round.last_month,
        last_observed=last_base_month(series),
        ended=ended_codes(reference.load_prestaties()),
    )
