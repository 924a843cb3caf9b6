"""The row of stage bounds: how sure, at every level, against the kader and for the year after."""

from wlz.bounds.bounds import AdviceInputs, bound_advice
from wlz.known.knowledge import Known
from wlz.known.stages import Computed, Tables, of_scenario
from wlz.pgb.pgb import build_pgb_stands
from wlz.pgb.stage import place_grants
from wlz.utilisation.stage import kader_of, share_regions, stand_of_kader
from wlz.volumes.stage import build_panels


def run_bounds(known: Known, tables: Tables) -> Computed:
    """FORECAST_BOUNDS, EXCEEDANCE and OUTLOOK of every scenario, on the same joint paths."""
    inputs = AdviceInputs(
        panels=build_panels(known, tables),
        scenarios=known.scenarios,
        engines=known.run_engines,
        volumes=tables["volumes"],
        prices=tables["prices"],
        revenue=tables["revenue"],
        extra_items=tables["extra_items"],
        utilisation=tables["utilisation"],
        region_shares=share_regions(known, tables),
        pgb=of_scenario(tables["pgb"], known.headline.scenario),
        pgb_stands=build_pgb_stands(place_grants(known)),
        budgets=stand_of_kader(known),
        prestaties=known.reference.prestaties,
        completed=tables["completed_series"],
        budget_year=known.budget_year,
        brutering_factor=known.assumptions["brutering_factor"],
        kader_after=kader_of(known, known.budget_year + 1),
    )
    found = bound_advice(inputs, int(known.assumptions["bound_paths_count"]))
    return Computed(
        {"forecast_bounds": found.bounds, "exceedance": found.exceedance, "utilisation_outlook": found.outlook}
    )
