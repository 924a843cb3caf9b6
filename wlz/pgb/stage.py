"""The row of stage pgb: stands of granted budgets, forecast to December."""

import polars as pl

from wlz.known.knowledge import Known
from wlz.known.stages import Computed, Tables, same_in_all
from wlz.pgb.pgb import build_pgb_stands, forecast_pgb
from wlz.series import assign_regions


def run_pgb(known: Known, tables: Tables) -> Computed:
    """PGB: stands per region and their forecast to December of the budget year."""
    years_back = int(known.assumptions["pgb_years_back"])
    forecast = forecast_pgb(build_pgb_stands(place_grants(known)), budget_year=known.budget_year, years_back=years_back)
    return Computed({"pgb": same_in_all(known.scenario_names, forecast)})


def place_grants(known: Known) -> pl.DataFrame:
    """The grants as the round knew them, with region and uitvoerder."""
    return assign_regions(
        known.read("pgb_verleningen"), known.reference.crosswalk, known.reference.regions, on="reference_date"
    )
