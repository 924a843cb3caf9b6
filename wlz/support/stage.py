"""The row of stage support: how many providers or holders stand behind every cell, and the cells left out."""

from wlz.known.knowledge import Known
from wlz.known.stages import Computed, Tables, same_in_all
from wlz.pgb.stage import place_grants
from wlz.support.support import count_holders, count_providers, list_amounts, list_claimants, suppress_report


def run_support(known: Known, tables: Tables) -> Computed:
    """CELL_SUPPORT: one pattern for all scenarios; scenario letter is looked at first."""
    reference, first = known.reference, known.letter_first
    claimants = list_claimants(known.need("declaraties"), reference.crosswalk, reference.regions)
    support = suppress_report(
        list_amounts(tables["utilisation"], tables["revenue"], reference.prestaties),
        count_providers(claimants, reference.prestaties),
        count_holders(place_grants(known)),
        [first, *(name for name in known.scenario_names if name != first)],
        known.assumptions,
    )
    return Computed({"cell_support": same_in_all(known.scenario_names, support)})
