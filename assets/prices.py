"""Assets of the stage prices: the price of every prestatie, and the volumes valued at it."""

import dagster as dg
import polars as pl

from assets.checks import check_specs, judge_table
from assets.context import Advice, Warehouse, count_table, markdown_table, months_of, stage_asset, summarise
from expectations import prices as price_rules
from expectations.volumes import CLAIM_RULES, FLAG_RULES
from warehouse import reference
from warehouse.tables.lag import COMPLETED_SERIES
from warehouse.tables.prices import PRICES, REVENUE
from warehouse.tables.series import SERIES, SERIES_REGION
from warehouse.tables.volumes import VOLUMES
from wlz.known.assumptions import paid_shares
from wlz.lag.complete import claims_for_prices
from wlz.prices.prices import derive_prices, join_expected, value_volumes, volumes_without_price
from wlz.prices.uncertainty import price_deviations
from wlz.series import claims_by_year, claims_without_forecast, place_by_year, year_before_by_month
from wlz.volumes.scenarios import list_flagged
from wlz.volumes.volumes import sum_year_volumes


@stage_asset(PRICES, group="prices", deps=["series_region", "completed_series", "volumes"])
def prices(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Price per prestatie and uitvoerder by the decision rule, with every intermediate and how uncertain it is."""
    for month in months_of(context):
        advice = warehouse.advice(month)
        derived = pl.concat([price_scenario(advice, one.name) for one in advice.scenarios if one.on is None])
        same = {one.name: one.on or one.name for one in advice.scenarios}
        shared = [derived.filter(scenario=on).with_columns(scenario=pl.lit(name)) for name, on in same.items()]
        advice.save(PRICES, pl.concat(shared))
    shown = ("prestatiecode", "wlz_uitvoerder", "price_source", "price_eur_per_unit", "unit_factor", "unit_evidence")
    corrected = derived.filter(pl.col("unit_factor") != 1, scenario=advice.headline).select(shown)
    tables = {
        "prices per source": count_table(derived, "price_source"),
        "prices with a corrected unit": dg.MetadataValue.md(markdown_table(corrected)),
    }
    return dg.MaterializeResult(metadata=summarise(derived) | tables)


def price_scenario(advice: Advice, scenario: str) -> pl.DataFrame:
    """Prices of one scenario. Those that stand on it have the same: they differ in volume only."""
    year, known = advice.round.budget_year, advice.load(SERIES_REGION)
    if advice.completes_lag(scenario):
        minimum = advice.assumptions["price_minimum_completeness_ratio"]
        known = claims_for_prices(known, advice.load_all(COMPLETED_SERIES), year, minimum)
    claims = claims_by_year(known)
    volumes_year = sum_year_volumes(advice.load(VOLUMES, scenario), year)

    def derive(known_claims: pl.DataFrame) -> pl.DataFrame:
        return derive_prices(
            claims=known_claims,
            agreements=place_by_year(advice.read("herschikking"), reference.load_crosswalk(), reference.load_regions()),
            tariffs=advice.read("beleidsregelwaarden"),
            paid_shares=paid_shares(reference.load_nhc_growin(), advice.assumptions),
            volumes_year=volumes_year,
            prestaties=reference.load_prestaties(),
            budget_year=year,
            assumptions=advice.assumptions,
        )

    derived = derive(claims)
    without_claims = derive(claims.filter(pl.col("year") != year))
    deviations = price_deviations(derived, without_claims, year_before_by_month(advice.load(SERIES), year))
    joined = derived.join(deviations, on=["prestatiecode", "wlz_uitvoerder"], how="left")
    return joined.with_columns(scenario=pl.lit(scenario))


@stage_asset(
    REVENUE,
    group="prices",
    deps=["series", "prices", "volumes"],
    check_specs=check_specs([*price_rules.RULES, *price_rules.PRICE_RULES, *CLAIM_RULES, *FLAG_RULES], "revenue"),
)
def revenue(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Volume times price per prestatie, uitvoerder and month of the budget year, to the cent, in every scenario."""
    for month in months_of(context):
        advice = warehouse.advice(month)
        year = advice.round.budget_year
        valued = pl.concat(
            [
                value_volumes(
                    advice.load(VOLUMES, scenario), advice.load(PRICES, scenario), reference.load_prestaties(), year
                ).with_columns(scenario=pl.lit(scenario))
                for scenario in advice.scenario_names
            ]
        )
        advice.save(REVENUE, valued)
        missing = volumes_without_price(advice.load(VOLUMES), advice.load(PRICES), year)
        unforecast = claims_without_forecast(advice.load(SERIES), valued.filter(scenario=advice.headline), year)
        ruled = advice.with_rules
        of_rules = valued.filter(scenario=ruled)
        flagged = list_flagged(advice.load(VOLUMES, ruled), of_rules, advice.load(SERIES), year)
        priced = join_expected(advice.load(PRICES), valued.filter(scenario=advice.headline))
        tables = (
            (price_rules.RULES, missing),
            (price_rules.PRICE_RULES, priced),
            (CLAIM_RULES, unforecast),
            (FLAG_RULES, flagged),
        )
        judged = judge_table([(rule, table) for rules, table in tables for rule in rules], advice, "revenue")
    return dg.MaterializeResult(metadata=summarise(valued), check_results=judged)
