"""Assets of the stage volumes, with the independent check of a sample by statsmodels."""

from datetime import date

import dagster as dg
import polars as pl

from assets.checks import check_specs, judge_table
from assets.context import Advice, Warehouse, count_table, markdown_table, months_of, stage_asset, summarise
from expectations import volumes as volume_rules
from warehouse import reference
from warehouse.tables.lag import COMPLETED_SERIES
from warehouse.tables.series import SERIES
from warehouse.tables.volumes import BACKTEST, VOLUME_CHECK, VOLUMES
from wlz.forecasting.engines import ENGINES
from wlz.known.scenarios import BASE, COMPLETED, LETTER
from wlz.lag.complete import completed_panel
from wlz.series import ended_codes, last_base_month, replaced_codes
from wlz.volumes.scenarios import forecast_scenarios
from wlz.volumes.second_opinion import check_with_statsmodels
from wlz.volumes.volumes import VolumePanel, build_panel


@stage_asset(VOLUMES, group="volumes", deps=["series", "completed_series", "backtest"])
def volumes(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Volume forecast per prestatie and uitvoerder to December of the year after, in every scenario."""
    for month in months_of(context):
        advice = warehouse.advice(month)
        scenarios, overrides = advice.settings
        forecast = forecast_scenarios(
            advice_panels(advice),
            scenarios,
            last_month=advice.round.last_month.replace(year=advice.round.budget_year + 1),
            budget_year=advice.round.budget_year,
            engines={name: warehouse.remember_engine(name) for name in ENGINES},
            ended=ended_codes(reference.load_prestaties()),
            successors=replaced_codes(reference.load_prestaties()),
            overrides=overrides,
            indication_growth=advice.growth_of_indications,
            sectors=reference.load_prestaties(),
            accuracy=advice.load_all(BACKTEST),
            completed=advice.load_all(COMPLETED_SERIES),
        )
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
        checked = check_with_statsmodels(advice.load(VOLUMES, advice.by_letter), sample_size=sample)
        advice.save(VOLUME_CHECK, checked)
        judged = judge_table([(rule, checked) for rule in volume_rules.RULES], advice, "volume_check")
    disagreement = dg.MetadataValue.md(markdown_table(checked))
    return dg.MaterializeResult(metadata=summarise(checked) | {"disagreement": disagreement}, check_results=judged)


def advice_panels(advice: Advice) -> dict[str, VolumePanel]:
    """The panels of the scenarios by name: the letter's, that with the rules of ours, and the completed one if any."""
    panels = {LETTER: advice_panel(advice, own_rules=False), BASE: advice_panel(advice, own_rules=True)}
    completed = advice.load_all(COMPLETED_SERIES)
    if completed.is_empty():
        return panels
    built = completed_panel(
        completed,
        advice.load(SERIES),
        reference.load_prestaties(),
        last_month=date(advice.round.budget_year + 1, 12, 1),
        successors=replaced_codes(reference.load_prestaties()),
    )
    return panels | {COMPLETED: built}


def advice_panel(advice: Advice, own_rules: bool) -> VolumePanel:
    """The series of an advice as a panel of the months old enough, with or without the rules of ours."""
    series = advice.load(SERIES).filter(pl.col("in_forecast_base")).rename({"declared_volume": "volume"})
    return build_panel(
        series,
        first_month=series["care_month"].min(),
        last_observed=last_base_month(series),
        successors=replaced_codes(reference.load_prestaties()),
        own_rules=own_rules,
    )
