"""Asset of the stage bounds: bounds at every level, chances against the kader and the year after, from joint paths."""

import dagster as dg

from assets.context import Advice, Warehouse, markdown_table, months_of, stage_asset, summarise
from assets.utilisation import placed_kader
from assets.volumes import advice_panels
from warehouse import reference
from warehouse.tables.bounds import EXCEEDANCE, FORECAST_BOUNDS, OUTLOOK
from warehouse.tables.extra_items import EXTRA_ITEMS
from warehouse.tables.lag import COMPLETED_SERIES
from warehouse.tables.pgb import PGB
from warehouse.tables.prices import PRICES, REVENUE
from warehouse.tables.series import SERIES, SERIES_REGION
from warehouse.tables.utilisation import UTILISATION
from warehouse.tables.volumes import VOLUMES
from wlz.bounds.bounds import AdviceInputs, bound_advice
from wlz.pgb.pgb import build_pgb_stands
from wlz.series import assign_regions, last_base_month
from wlz.utilisation.utilisation import latest_budgets, region_shares


@stage_asset(FORECAST_BOUNDS, group="bounds", deps=["revenue", "extra_items", "pgb", "utilisation"])
def forecast_bounds(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Bounds of every level and period; writes exceedance and utilisation_outlook too, which rest on the same paths."""
    for month in months_of(context):
        advice = warehouse.advice(month)
        found = bound_advice(gather_inputs(advice, warehouse), int(advice.assumptions["bound_paths_count"]))
        advice.save(FORECAST_BOUNDS, found.bounds)
        advice.save(EXCEEDANCE, found.exceedance)
        advice.save(OUTLOOK, found.outlook)
    chances = found.exceedance.filter(scenario=advice.headline).drop("scenario")
    tables = {"chance that the kader is exceeded": dg.MetadataValue.md(markdown_table(chances))}
    return dg.MaterializeResult(metadata=summarise(found.bounds) | tables)


def gather_inputs(advice: Advice, warehouse: Warehouse) -> AdviceInputs:
    """What the bounds of an advice rest on: the tables of the stages before."""
    series = advice.load(SERIES)
    months = int(advice.assumptions["region_share_months"])
    grants = assign_regions(
        advice.read("pgb_verleningen"), reference.load_crosswalk(), reference.load_regions(), on="reference_date"
    )
    return AdviceInputs(
        panels=advice_panels(advice),
        scenarios=advice.scenarios,
        engines=warehouse.run_engines(),
        volumes=advice.load_all(VOLUMES),
        prices=advice.load_all(PRICES),
        revenue=advice.load_all(REVENUE),
        extra_items=advice.load_all(EXTRA_ITEMS),
        utilisation=advice.load_all(UTILISATION),
        region_shares=region_shares(advice.load(SERIES_REGION), last_month=last_base_month(series), months=months),
        pgb=advice.load(PGB),
        pgb_stands=build_pgb_stands(grants),
        budgets=latest_budgets(placed_kader(advice), budget_year=advice.round.budget_year),
        prestaties=reference.load_prestaties(),
        completed=advice.load_all(COMPLETED_SERIES),
        budget_year=advice.round.budget_year,
        brutering_factor=advice.assumptions["brutering_factor"],
    )
