"""Assets of the stage utilisation."""

import dagster as dg
import polars as pl

from assets.checks import check_specs, judge_table
from assets.context import Advice, Warehouse, markdown_table, months_of, stage_asset, summarise
from expectations import utilisation as utilisation_rules
from warehouse import reference
from warehouse.tables.extra_items import EXTRA_ITEMS
from warehouse.tables.pgb import PGB
from warehouse.tables.prices import REVENUE
from warehouse.tables.series import SERIES, SERIES_REGION
from warehouse.tables.utilisation import UTILISATION, UTILISATION_MONTHS
from wlz.series import assign_regions, claims_by_month, claims_to_date, last_base_month
from wlz.utilisation.path import monthly_path
from wlz.utilisation.utilisation import confront, latest_budgets, region_shares


@stage_asset(
    UTILISATION,
    group="utilisation",
    check_specs=check_specs(utilisation_rules.RULES, "utilisation"),
    deps=["revenue", "extra_items", "pgb", "series", "series_region"],
)
def utilisation(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Expectation against the kader per region, uitvoerder and nation, with transfer and reserve."""
    for month in months_of(context):
        advice = warehouse.advice(month)
        year = advice.round.budget_year
        last_month = last_base_month(advice.load(SERIES))
        shares = region_shares(
            advice.load(SERIES_REGION), last_month=last_month, months=int(advice.assumptions["region_share_months"])
        )
        scenarios = [
            confront(
                revenue=advice.load(REVENUE, scenario),
                extra_items=advice.load(EXTRA_ITEMS, scenario),
                pgb=advice.load(PGB, scenario),
                budgets=latest_budgets(placed_kader(advice), budget_year=year),
                claims_to_date=claims_to_date(advice.load(SERIES_REGION), year),
                region_shares=shares,
                assumptions=advice.assumptions,
            ).with_columns(scenario=pl.lit(scenario))
            for scenario in advice.scenario_names
        ]
        advice.save(UTILISATION, pl.concat(scenarios))
        confronted = advice.load(UTILISATION)
        judged = judge_table([(rule, confronted) for rule in utilisation_rules.RULES], advice, "utilisation")
    shown = ("wlz_uitvoerder", "part", "expected_excl_extra_eur", "expected_eur", "budget_eur", "available_eur")
    totals = confronted.filter(pl.col("level") != "region").select(*shown, "available_ratio")
    table_one = {"expectation against the kader": dg.MetadataValue.md(markdown_table(totals))}
    return dg.MaterializeResult(metadata=summarise(confronted) | table_one, check_results=judged)


@stage_asset(UTILISATION_MONTHS, group="utilisation", deps=["revenue", "extra_items", "pgb"])
def utilisation_months(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """National path through the year against the kader."""
    for month in months_of(context):
        advice = warehouse.advice(month)
        year = advice.round.budget_year
        declared = claims_by_month(advice.load(SERIES_REGION), reference.load_prestaties(), year)
        paths = [
            monthly_path(
                revenue=advice.load(REVENUE, scenario),
                extra_items=advice.load(EXTRA_ITEMS, scenario),
                pgb=advice.load(PGB, scenario),
                budgets=latest_budgets(placed_kader(advice), budget_year=advice.round.budget_year),
                declared=declared,
            ).with_columns(scenario=pl.lit(scenario))
            for scenario in advice.scenario_names
        ]
        advice.save(UTILISATION_MONTHS, pl.concat(paths))
    path = advice.load(UTILISATION_MONTHS)
    return dg.MaterializeResult(metadata=summarise(path))


def placed_kader(advice: Advice) -> pl.DataFrame:
    """The kader as the round knew it, with region and uitvoerder."""
    crosswalk, regions = reference.load_crosswalk(), reference.load_regions()
    return assign_regions(advice.scan("kader").collect(), crosswalk, regions, on="stand_date")
