"""The rows of stage vintages that need no other advice: which scenario is shown first, what came of settled years."""

from datetime import date

import polars as pl

from wlz.known.knowledge import Known
from wlz.known.stages import Computed, Tables
from wlz.known.uitvoerders import changed_hands
from wlz.pgb.pgb import build_pgb_stands
from wlz.pgb.stage import place_grants
from wlz.series import build_series
from wlz.vintages.vintages import realise_years, settled_years
from wlz.words.vocabulary import PLACE


def run_realisation(known: Known, tables: Tables) -> Computed:
    """REALISATION: what came of every budget year that is settled by this delivery.

    By the uitvoerders of 1 January of that year, as its advices had them, whoever runs a region now. One that gained
    or lost a region within the year is empty: its advices before and after the move are about two things.
    """
    lag = int(known.assumptions["letter_minimum_lag_months"])
    stands = build_pgb_stands(place_grants(known))
    found = realise_years(tables["series"], stands, known.reference.prestaties, lag)
    for year in settled_years(tables["series"], lag):
        first, last = (known.reference.on(date(year, *day)).regions for day in ((1, 1), (12, 31)))
        others = found.filter(pl.col("budget_year") != year)
        if changed_hands(first, known.reference.regions):
            placed = first.select(PLACE)
            series, stands_then = (
                frame.drop("wlz_uitvoerder").join(placed, on="zorgkantoorregio", how="left", maintain_order="left")
                for frame in (tables["series_region"], stands)
            )
            built = build_series(series, known.claims_month, lag, int(known.assumptions["fit_months"]))
            realised = realise_years(built, stands_then, known.reference.prestaties, lag)
            found = pl.concat([others, realised.filter(budget_year=year)])
        moved = pl.col("wlz_uitvoerder").is_in(changed_hands(first, last)) & (pl.col("budget_year") == year)
        found = found.with_columns(pl.when(~moved).then("realised_eur").alias("realised_eur"))
    return Computed({"realisation": found.sort("budget_year", "wlz_uitvoerder", "part")})


def run_headline(known: Known, tables: Tables) -> Computed:
    """HEADLINE: the scenario shown first, its engine, and why; the claims the advice rests on."""
    first = known.headline
    row = {
        "scenario": [first.scenario],
        "engine": [first.engine],
        "headline_reason": [first.reason],
        "claims_month": [known.claims_month],
        "claims_basis": [known.claims_basis],
    }
    return Computed({"headline": pl.DataFrame(row)})
