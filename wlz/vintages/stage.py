"""The row of stage vintages that needs no other advice: what came of every year that is settled by now."""

from wlz.known.knowledge import Known
from wlz.known.stages import Computed, Tables
from wlz.pgb.pgb import build_pgb_stands
from wlz.pgb.stage import place_grants
from wlz.vintages.vintages import realise_years


def run_realisation(known: Known, tables: Tables) -> Computed:
    """REALISATION: what came of every budget year that is settled by this delivery."""
    lag = int(known.assumptions["letter_minimum_lag_months"])
    stands = build_pgb_stands(place_grants(known))
    return Computed({"realisation": realise_years(tables["series"], stands, known.reference.prestaties, lag)})
