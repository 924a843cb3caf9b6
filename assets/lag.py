"""Asset of the stage lag: the months of the budget year completed, the curve behind them, how they were revised."""

import dagster as dg
import polars as pl

from assets.checks import check_specs, judge_table
from assets.context import Advice, Warehouse, markdown_table, months_of, stage_asset, summarise
from expectations import lag as lag_rules
from warehouse import reference
from warehouse.tables.lag import COMPLETED_SERIES, LAG_CURVE, REVISION_STATISTICS
from warehouse.tables.series import SERIES
from wlz.known.scenarios import COMPLETED
from wlz.lag.complete import CompletedAdvice, complete_advice
from wlz.lag.findings import MORE_FINDINGS_SCHEMA, list_more_findings
from wlz.lag.tables import list_curve, list_findings, revision_statistics
from wlz.series import ended_codes


@stage_asset(
    COMPLETED_SERIES, group="lag", deps=["series"], check_specs=check_specs(lag_rules.RULES, "completed_series")
)
def completed_series(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Declared months completed for lag; writes lag_curve and revision_statistics. No rows before two deliveries."""
    for month in months_of(context):
        advice = warehouse.advice(month)
        found = complete_lag(advice, warehouse)
        save_lag(advice, found)
        findings = pl.DataFrame(schema=MORE_FINDINGS_SCHEMA) if found is None else find_all(advice, found)
        judged = judge_table([(rule, findings) for rule in lag_rules.RULES], advice, "completed_series")
    completed = advice.load_all(COMPLETED_SERIES)
    shown = {"findings": dg.MetadataValue.md(markdown_table(findings))}
    return dg.MaterializeResult(metadata=summarise(completed) | shown, check_results=judged)


def complete_lag(advice: Advice, warehouse: Warehouse) -> CompletedAdvice | None:
    """What the lag stage says of an advice; None when no scenario of the run completes its months."""
    scenario = next((one for one in advice.scenarios if one.completes_lag), None)
    if scenario is None:
        return None
    return complete_advice(
        advice.snapshots(),
        advice.load(SERIES),
        reference.load_prestaties(),
        claims_month=advice.claims_month,
        engine=warehouse.remember_engine(scenario.engine),
        ended=ended_codes(reference.load_prestaties()),
    )


def find_all(advice: Advice, found: CompletedAdvice) -> pl.DataFrame:
    """What is odd about how claims came in: findings of the curve, and of revisions, levels and cover."""
    more = list_more_findings(found, advice.snapshots(), reference.load_prestaties(), advice.assumptions)
    return pl.concat([list_findings(found), more], how="diagonal")


def save_lag(advice: Advice, found: CompletedAdvice | None) -> None:
    """The three tables of the stage, without rows when nothing was completed."""
    if found is None:
        for table in (COMPLETED_SERIES, LAG_CURVE, REVISION_STATISTICS):
            advice.store.write(table, table.empty(), advice.round.delivery_month)
        return
    frames = {
        COMPLETED_SERIES.name: (COMPLETED_SERIES, found.series),
        LAG_CURVE.name: (LAG_CURVE, list_curve(found)),
        REVISION_STATISTICS.name: (REVISION_STATISTICS, revision_statistics(found)),
    }
    for table, frame in frames.values():
        advice.save(table, frame.with_columns(scenario=pl.lit(COMPLETED)))
