"""The rows of stage utilisation: the expectation against the kader, at the end of the year and through it."""

import polars as pl

from wlz.known.knowledge import Known
from wlz.known.stages import Computed, Tables, of_scenario, per_scenario
from wlz.series import assign_regions, claims_by_month, claims_to_date, last_base_month
from wlz.utilisation.awaited import value_awaited
from wlz.utilisation.path import monthly_path
from wlz.utilisation.regions import region_shares
from wlz.utilisation.utilisation import confront, latest_budgets


def run_utilisation(known: Known, tables: Tables) -> Computed:
    """UTILISATION: expectation against the kader per region, uitvoerder and nation, with transfer and reserve.

    Judged: the rows of the scenario that rules judge, and deliveries that were due and are not there.
    """
    shares, budgets = share_regions(known, tables), stand_of_kader(known)
    declared = claims_to_date(tables["series_region"], known.budget_year)
    confronted = per_scenario(
        known.scenario_names,
        lambda name: confront(
            revenue=of_scenario(tables["revenue"], name),
            extra_items=of_scenario(tables["extra_items"], name),
            pgb=of_scenario(tables["pgb"], name),
            budgets=budgets,
            claims_to_date=declared,
            region_shares=shares,
            assumptions=known.assumptions,
        ),
    )
    return Computed({"utilisation": confronted}, {"awaited": value_awaited(known, tables, confronted)})


def run_months(known: Known, tables: Tables) -> Computed:
    """UTILISATION_MONTHS: the national path through the year against the kader."""
    declared = claims_by_month(tables["series_region"], known.reference.prestaties, known.budget_year)
    budgets = stand_of_kader(known)
    paths = per_scenario(
        known.scenario_names,
        lambda name: monthly_path(
            revenue=of_scenario(tables["revenue"], name),
            extra_items=of_scenario(tables["extra_items"], name),
            pgb=of_scenario(tables["pgb"], name),
            budgets=budgets,
            declared=declared,
        ),
    )
    return Computed({"utilisation_months": paths})


def stand_of_kader(known: Known) -> pl.DataFrame:
    """The kader of the budget year as the round knew it, per region. Raises NoDataError when none was delivered."""
    kader = known.need("kader").collect()
    placed = assign_regions(kader, known.reference.crosswalk, known.reference.regions, on="stand_date")
    return latest_budgets(placed, budget_year=known.budget_year)


def kader_of(known: Known, year: int) -> pl.DataFrame:
    """The kader of another year per region, in the columns of `stand_of_kader`; no rows while none was delivered."""
    kader = known.read("kader").filter(pl.col("budget_year") == year)
    placed = assign_regions(kader, known.reference.crosswalk, known.reference.regions, on="stand_date")
    return placed.clear() if kader.is_empty() else latest_budgets(placed, budget_year=year)


def share_regions(known: Known, tables: Tables) -> pl.DataFrame:
    """Shares of the regions in what each prestatie was claimed for, in the last months old enough."""
    return region_shares(
        tables["series_region"],
        last_month=last_base_month(tables["series"]),
        months=int(known.assumptions["region_share_months"]),
    )
