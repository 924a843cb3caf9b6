"""What became of the rows of the claims an advice rests on."""

import polars as pl

from wlz.balance.traced import USED, Fate, hold_against, tally, total_eur
from wlz.known.knowledge import Known
from wlz.known.stages import Tables
from wlz.series import assign_regions
from wlz.words.vocabulary import SERIES_KEY

OF_YEAR, OTHER_YEARS, SUMS_ONLY = "claims_of_the_year", "claims_of_other_years", "sums_only"
_CELL = ["prestatiecode", "zorgkantoorregio", "care_month"]


def trace_claims(known: Known, tables: Tables) -> pl.DataFrame:
    """Claims by where they stand: rows by their key in `series_region`, euro as that table and `utilisation` have them.

    Volumes that add up to 0 before the first care of a series are in the sums of the claims and in no series. What the
    claims of the budget year come to is held against the declared amount of all regions.
    """
    counted = pl.len().alias("rows_count"), pl.col("amount_eur").sum().alias("delivered_eur")
    keys = ["zorgkantoor_code", "prestatiecode", "care_month"]
    claims = known.need("declaraties").group_by(keys).agg(counted).collect()
    placed = assign_regions(claims, known.reference.crosswalk, known.reference.regions, on="care_month")
    cells = placed.group_by([*_CELL, "wlz_uitvoerder"]).agg(pl.col("rows_count", "delivered_eur").sum())
    in_region = tables["series_region"].group_by(_CELL).agg(pl.col("declared_amount_eur").sum())
    in_series = tables["series"].drop_nulls("declared_amount_eur").select(*SERIES_KEY, "care_month", is_series=True)
    rows = cells.join(in_region, on=_CELL, how="full", coalesce=True).join(
        in_series, on=[*SERIES_KEY, "care_month"], how="left"
    )
    is_of_year = pl.col("care_month").dt.year() == known.budget_year
    is_in_region = pl.col("declared_amount_eur").is_not_null()
    fates = (
        Fate(USED, SUMS_ONLY, is_in_region & pl.col("is_series").is_null()),
        Fate(USED, OF_YEAR, is_in_region & is_of_year),
        Fate(USED, OTHER_YEARS, is_in_region),
    )
    traced = tally(rows, pl.col("delivered_eur"), fates, pl.col("rows_count").fill_null(0))
    of_sums = rows.filter(is_in_region & pl.col("is_series").is_null())
    of_regions = tables["utilisation"].filter(scenario=known.headline.scenario, level="region", part="zin")
    in_sums = {own: total_eur(of_sums.filter(is_of_year == own)["delivered_eur"]) for own in (True, False)}
    of_year = total_eur(of_regions["declared_to_date_eur"]) - in_sums[True]
    others = total_eur(tables["series_region"].filter(~is_of_year)["declared_amount_eur"]) - in_sums[False]
    return hold_against(hold_against(traced, [OF_YEAR], of_year), [OTHER_YEARS], others)
