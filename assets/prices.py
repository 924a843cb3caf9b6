"""Assets of the stage prices: the price of every prestatie, and the volumes valued at it."""

import dagster as dg
import polars as pl

from assets.checks import check_specs, judge_table
from assets.context import Warehouse, count_table, markdown_table, months_of, stage_asset, summarise
from expectations import prices as price_rules
from expectations.volumes import CLAIM_RULES
from warehouse import reference
from warehouse.tables.prices import PRICES, REVENUE
from warehouse.tables.series import SERIES, SERIES_REGION
from warehouse.tables.volumes import VOLUMES
from wlz.assumptions import paid_shares
from wlz.prices import derive_prices, value_volumes, volumes_without_price
from wlz.series import claims_by_year, claims_without_forecast, place_by_year
from wlz.volumes import sum_year_volumes


@stage_asset(PRICES, group="prices", deps=["series_region", "volumes"])
def prices(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Price per prestatie and uitvoerder by the decision rule, with every intermediate."""
    for month in months_of(context):
        advice = warehouse.advice(month)
        derived = derive_prices(
            claims=claims_by_year(advice.load(SERIES_REGION)),
            agreements=place_by_year(advice.read("herschikking"), reference.load_crosswalk(), reference.load_regions()),
            tariffs=advice.read("beleidsregelwaarden"),
            paid_shares=paid_shares(reference.load_nhc_growin(), advice.assumptions),
            volumes_year=sum_year_volumes(advice.load(VOLUMES), advice.round.budget_year),
            prestaties=reference.load_prestaties(),
            budget_year=advice.round.budget_year,
            assumptions=advice.assumptions,
        )
        advice.save(PRICES, derived)
    shown = ("prestatiecode", "wlz_uitvoerder", "price_source", "price_eur_per_unit", "unit_factor", "unit_evidence")
    corrected = derived.filter(pl.col("unit_factor") != 1).select(shown)
    tables = {
        "prices per source": count_table(derived, "price_source"),
        "prices with a corrected unit": dg.MetadataValue.md(markdown_table(corrected)),
    }
    return dg.MaterializeResult(metadata=summarise(derived) | tables)


@stage_asset(
    REVENUE,
    group="prices",
    deps=["series", "prices", "volumes"],
    check_specs=check_specs([*price_rules.RULES, *CLAIM_RULES], "revenue"),
)
def revenue(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Volume times price per prestatie, uitvoerder and month of the budget year, to the cent."""
    for month in months_of(context):
        advice = warehouse.advice(month)
        valued = value_volumes(
            advice.load(VOLUMES), advice.load(PRICES), reference.load_prestaties(), advice.round.budget_year
        )
        advice.save(REVENUE, valued)
        missing = volumes_without_price(advice.load(VOLUMES), advice.load(PRICES), advice.round.budget_year)
        unforecast = claims_without_forecast(advice.load(SERIES), valued, advice.round.budget_year)
        judged = [judge_table(rule, missing, advice, "revenue") for rule in price_rules.RULES]
        judged += [judge_table(rule, unforecast, advice, "revenue") for rule in CLAIM_RULES]
    return dg.MaterializeResult(metadata=summarise(valued), check_results=judged)
