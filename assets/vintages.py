"""Assets of the stage vintages: every advice ever made, and what came of the years they were about."""

from datetime import UTC, datetime

import dagster as dg

from assets.checks import check_specs, judge_table
from assets.context import Warehouse, count_table, markdown_table, months_of, stage_asset, summarise
from expectations.volumes import ADVICE_RULES
from warehouse import reference
from warehouse.past_advices import neighbours
from warehouse.provenance import sum_up_inputs
from warehouse.tables.bounds import FORECAST_BOUNDS
from warehouse.tables.quality import ADVICE_PROVENANCE
from warehouse.tables.series import SERIES
from warehouse.tables.utilisation import UTILISATION
from warehouse.tables.vintages import FORECAST_VINTAGES, REALISATION
from wlz.pgb.pgb import build_pgb_stands
from wlz.series import assign_regions
from wlz.vintages.moves import list_advice_moves
from wlz.vintages.vintages import list_vintage, realise_years, renew_vintages


@stage_asset(
    FORECAST_VINTAGES,
    group="vintages",
    deps=["utilisation", "forecast_bounds", "advice_provenance"],
    check_specs=check_specs(ADVICE_RULES, "forecast_vintages"),
)
def forecast_vintages(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """This computation of the advice beside the frozen ones; with a final author it is frozen too."""
    now = datetime.now(UTC).replace(tzinfo=None)
    for month in months_of(context):
        advice = warehouse.advice(month)
        inputs = sum_up_inputs(advice.load(ADVICE_PROVENANCE))
        current = list_vintage(advice.load_all(UTILISATION), advice.load_all(FORECAST_BOUNDS), **inputs)
        was_run = advice.store.has(FORECAST_VINTAGES, month)
        known = advice.load_all(FORECAST_VINTAGES) if was_run else FORECAST_VINTAGES.empty()
        vintages = renew_vintages(known, current, author=warehouse.final_author, frozen_at=now)
        advice.save(FORECAST_VINTAGES, vintages)
        before, _ = neighbours(advice.store, month)
        has_earlier = before is not None and advice.store.has(FORECAST_VINTAGES, before)
        earlier = advice.store.read(FORECAST_VINTAGES, before) if has_earlier else FORECAST_VINTAGES.empty()
        moves = list_advice_moves(current, earlier, advice.headline)
        judged = judge_table([(rule, moves) for rule in ADVICE_RULES], advice, "forecast_vintages")
    shown = {"advices": count_table(vintages, "advice_id")}
    return dg.MaterializeResult(metadata=summarise(vintages) | shown, check_results=judged)


@stage_asset(REALISATION, group="vintages", deps=["series"])
def realisation(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """What came of every budget year that is settled by this delivery."""
    for month in months_of(context):
        advice = warehouse.advice(month)
        lag = int(advice.assumptions["letter_minimum_lag_months"])
        grants = assign_regions(
            advice.read("pgb_verleningen"), reference.load_crosswalk(), reference.load_regions(), on="reference_date"
        )
        realised = realise_years(advice.load(SERIES), build_pgb_stands(grants), reference.load_prestaties(), lag)
        advice.store.write(REALISATION, realised, month)
    shown = realised.filter(wlz_uitvoerder="Landelijk")
    return dg.MaterializeResult(metadata=summarise(realised) | {"nation": dg.MetadataValue.md(markdown_table(shown))})
