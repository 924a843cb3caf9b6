"""The rows of stage vintages that need no other advice: which scenario is shown first, what came of settled years."""

import polars as pl

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


def run_headline(known: Known, tables: Tables) -> Computed:
    """HEADLINE: the scenario shown first, its engine, and why."""
    first = known.headline
    row = {"scenario": [first.scenario], "engine": [first.engine], "headline_reason": [first.reason]}
    return Computed({"headline": pl.DataFrame(row)})
