"""Asset of the stage extra_items."""

import dagster as dg
import polars as pl

from assets.context import Advice, Warehouse, markdown_table, months_of, stage_asset, summarise
from warehouse import reference
from warehouse.snapshots import read_snapshot
from warehouse.tables.extra_items import EXTRA_ITEMS
from warehouse.tables.prices import PRICES, REVENUE
from warehouse.tables.series import SERIES_REGION
from wlz.extra_items import build_extra_items, derive_lag_ratio
from wlz.series import claims_by_year, place_by_year, sum_years


@stage_asset(EXTRA_ITEMS, group="extra_items", deps=["series_region", "prices", "revenue"])
def extra_items(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Crisis beds, meerzorg and na-ijl per uitvoerder, with their intermediates."""
    for month in months_of(context):
        advice = warehouse.advice(month)
        derived = derived_lag_ratio(advice)
        items = pl.concat([items_of(advice, scenario, derived) for scenario in advice.scenario_names])
        advice.save(EXTRA_ITEMS, items)
    items = items.filter(scenario=advice.headline)
    shown = markdown_table(items.select("wlz_uitvoerder", "item", "prestatiecode", "item_eur", "flag"))
    return dg.MaterializeResult(metadata=summarise(items) | {"items": dg.MetadataValue.md(shown)})


def items_of(advice: Advice, scenario: str, derived: pl.DataFrame) -> pl.DataFrame:
    """The extra items of one scenario."""
    crosswalk, regions = reference.load_crosswalk(), reference.load_regions()
    items = build_extra_items(
        settlements=place_by_year(advice.read("nacalculatie"), crosswalk, regions),
        agreements=place_by_year(advice.read("herschikking"), crosswalk, regions),
        prices=advice.load(PRICES, scenario),
        claims=claims_by_year(advice.load(SERIES_REGION)),
        revenue=advice.load(REVENUE, scenario),
        prestaties=reference.load_prestaties(),
        delivered=advice.read("na_ijl"),
        derived=derived,
        budget_year=advice.round.budget_year,
        lag_in_months=advice.completes_lag(scenario),
    )
    return items.with_columns(scenario=pl.lit(scenario))


def derived_lag_ratio(advice: Advice) -> pl.DataFrame:
    """Na-ijl from two claims deliveries one year apart; without rows when the earlier one is unknown."""
    now = claims_by_year(advice.load(SERIES_REGION))
    if advice.chosen_year_ago.is_empty():
        return derive_lag_ratio(now.clear(), now.clear(), advice.round.budget_year - 2)
    earlier = read_snapshot(advice.store, advice.chosen_year_ago.row(0, named=True))
    return derive_lag_ratio(now, sum_years(earlier), advice.round.budget_year - 2)
