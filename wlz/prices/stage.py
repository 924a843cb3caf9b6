"""The rows of stage prices: the price of every prestatie, and the volumes valued at it."""

import polars as pl

from wlz.known.assumptions import paid_shares
from wlz.known.knowledge import Known
from wlz.known.reference import undelivered_tariffs
from wlz.known.stages import Computed, Tables, of_scenario, per_scenario
from wlz.lag.complete import claims_for_prices
from wlz.prices.code_trust import find_list_age, sum_by_trust
from wlz.prices.list_tariffs import flag_list_tariffs
from wlz.prices.prices import derive_prices, join_expected, value_volumes, volumes_without_price
from wlz.prices.uncertainty import price_deviations
from wlz.series import claims_by_year, claims_without_forecast, place_by_year, year_before_by_month
from wlz.volumes.not_followed import list_not_followed
from wlz.volumes.scenarios import list_flagged
from wlz.volumes.volumes import sum_year_volumes


def run_prices(known: Known, tables: Tables) -> Computed:
    """PRICES: by the decision rule, with every intermediate and how uncertain each is, in every scenario.

    Scenarios that stand on another have its prices: they differ in volume only.
    """
    derived = per_scenario(
        [one.name for one in known.scenarios if one.on is None], lambda name: _price_scenario(known, tables, name)
    )
    same = {one.name: one.on or one.name for one in known.scenarios}
    shared = [of_scenario(derived, on).with_columns(scenario=pl.lit(name)) for name, on in same.items()]
    return Computed({"prices": pl.concat(shared)})


def _price_scenario(known: Known, tables: Tables, scenario: str) -> pl.DataFrame:
    """Prices of one scenario, and how they would be without the claims of the budget year."""
    year, region = known.budget_year, tables["series_region"]
    if known.completes_lag(scenario):
        minimum = known.assumptions["price_minimum_completeness_ratio"]
        region = claims_for_prices(region, tables["completed_series"], year, minimum)
    claims = claims_by_year(region)
    volumes_year = sum_year_volumes(of_scenario(tables["volumes"], scenario), year)
    crosswalk, regions = known.reference.crosswalk, known.reference.regions
    agreements, delivered = known.read("herschikking"), known.read("beleidsregelwaarden")
    of_list = undelivered_tariffs(known.reference.tariffs, delivered)
    tariffs = pl.concat([delivered.select(of_list.columns), of_list], how="vertical_relaxed")

    def derive(claims_used: pl.DataFrame) -> pl.DataFrame:
        derived = derive_prices(
            claims=claims_used,
            agreements=place_by_year(agreements, crosswalk, regions),
            tariffs=tariffs,
            paid_shares=paid_shares(known.reference.nhc_growin, known.assumptions, year),
            volumes_year=volumes_year,
            prestaties=known.reference.prestaties,
            budget_year=year,
            assumptions=known.assumptions,
        )
        return flag_list_tariffs(derived, of_list, year)

    derived = derive(claims)
    without_claims = derive(claims.filter(pl.col("year") != year))
    deviations = price_deviations(derived, without_claims, year_before_by_month(tables["series"], year))
    return derived.join(deviations, on=["prestatiecode", "wlz_uitvoerder"], how="left")


def run_revenue(known: Known, tables: Tables) -> Computed:
    """REVENUE: volume × price per prestatie, uitvoerder and month of the budget year, to the cent, in every scenario.

    CODE_TRUST: what of it rests on which trust of the list of codes.
    Judged: volumes without a price, prices beside the euro that rest on them, claims that no forecast holds, the age of
    the list of codes (all of the scenario that rules judge), ended codes that a scenario does not follow, and series to
    which a rule of ours was applied.
    """
    year, series = known.budget_year, tables["series"]

    def of(table: str, scenario: str) -> pl.DataFrame:
        return of_scenario(tables[table], scenario)

    valued = per_scenario(
        known.scenario_names,
        lambda name: value_volumes(of("volumes", name), of("prices", name), known.reference.prestaties, year),
    )
    first, ruled = known.judged_first, known.rules_first
    of_first, of_rules = of_scenario(valued, first), of_scenario(valued, ruled)
    judged = {
        "missing_prices": volumes_without_price(of("volumes", first), of("prices", first), year),
        "prices_with_euro": join_expected(of("prices", first), of_first),
        "claims_without_forecast": claims_without_forecast(series, of_first, year),
        "list_age": find_list_age(known.reference, of_first, year),
        "not_followed": list_not_followed(
            valued.filter(pl.col("scenario").is_in([one.name for one in known.scenarios if not one.own_rules])),
            series,
            known.reference.prestaties,
            known.reference.successors,
            year,
        ),
        "flagged_series": list_flagged(of("volumes", ruled), of_rules, series, year),
    }
    listed = known.reference.prestaties
    trusted = per_scenario(known.scenario_names, lambda name: sum_by_trust(of_scenario(valued, name), listed))
    return Computed({"revenue": valued, "code_trust": trusted}, judged)
