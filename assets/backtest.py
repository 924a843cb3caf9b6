"""Asset of the stage backtest: every engine on the panel's own past, and past advices beside what came out."""

import dagster as dg
import polars as pl

from assets.context import Advice, Warehouse, markdown_table, months_of, stage_asset, summarise
from warehouse import reference
from warehouse.tables.prices import REVENUE
from warehouse.tables.series import SERIES
from warehouse.tables.volumes import BACKTEST
from wlz.series import last_base_month
from wlz.vintages.past_advices import compare_advice, settled_year
from wlz.volumes.backtest import backtest_series


@stage_asset(BACKTEST, group="backtest", deps=["series"])
def backtest(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Accuracy per engine, level and horizon on the months old enough, as many yearly origins as there are."""
    for month in months_of(context):
        advice = warehouse.advice(month)
        measured = backtest_series(
            advice.load(SERIES),
            last_observed=last_base_month(advice.load(SERIES)),
            fit_months=int(advice.assumptions["fit_months"]),
            paths=int(advice.assumptions["backtest_paths_count"]),
            engines=warehouse.run_engines(),
            prestaties=reference.load_prestaties(),
        )
        advice.save_for_all(BACKTEST, pl.concat([measured, past_advices(advice, warehouse)]))
    shown = measured.filter(pl.col("horizon_months").is_null()).sort("level", "wape_ratio")
    return dg.MaterializeResult(metadata=summarise(measured) | {"year": dg.MetadataValue.md(markdown_table(shown))})


def past_advices(advice: Advice, warehouse: Warehouse) -> pl.DataFrame:
    """Earlier advices in the lake of which the year is settled by now, against the claims of that year."""
    series, prestaties = advice.load(SERIES), reference.load_prestaties()
    year = settled_year(last_base_month(series))
    found = [compare_advice(REVENUE.empty(), series, prestaties, year, "")]
    for month in advice.store.months(REVENUE):
        if month < advice.round.delivery_month and month.year == year:
            revenue = advice.store.read(REVENUE, month)
            found.append(compare_advice(revenue, series, prestaties, year, f"{month:%Y-%m}"))
    return pl.concat(found)
