"""Asset of the stage support: what the report leaves out, so that it gives nobody away. Internal."""

import dagster as dg
import polars as pl

from assets.context import Advice, Warehouse, count_table, months_of, stage_asset, summarise
from warehouse import reference
from warehouse.tables.deliveries import DECLARATIES
from warehouse.tables.prices import REVENUE
from warehouse.tables.support import CELL_SUPPORT
from warehouse.tables.utilisation import UTILISATION
from wlz.series import assign_regions
from wlz.support.support import count_holders, count_providers, list_amounts, list_claimants, suppress_report


@stage_asset(CELL_SUPPORT, group="support", deps=["deliveries", "revenue", "utilisation"])
def cell_support(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Providers or holders behind every cell of the report, and the cells it leaves out; one pattern for all."""
    for month in months_of(context):
        advice = warehouse.advice(month)
        support = find_support(advice)
        advice.save_for_all(CELL_SUPPORT, support)
    left_out = support.filter(pl.col("suppression").is_not_null())
    return dg.MaterializeResult(metadata=summarise(support) | {"left out": count_table(left_out, "level")})


def find_support(advice: Advice) -> pl.DataFrame:
    """The cells of the advice with their counts and what is left out; scenario letter is looked at first."""
    prestaties, crosswalk, regions = reference.load_prestaties(), reference.load_crosswalk(), reference.load_regions()
    grants = assign_regions(advice.read("pgb_verleningen"), crosswalk, regions, on="reference_date")
    others = [name for name in advice.scenario_names if name != advice.by_letter]
    return suppress_report(
        list_amounts(advice.load_all(UTILISATION), advice.load_all(REVENUE), prestaties),
        count_providers(list_claimants(advice.scan(DECLARATIES.name), crosswalk, regions), prestaties),
        count_holders(grants),
        [advice.by_letter, *others],
        advice.assumptions,
    )
