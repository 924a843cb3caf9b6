"""What became of the rows of kinds that hold amounts or shares per region, uitvoerder or month: kader, pgb and more."""

from datetime import date

import polars as pl

from wlz.aids import DECLARED_MODEL, MEAN_OF_LAST_MODEL, MEAN_OF_YEAR_MODEL
from wlz.balance.traced import LEFT_OUT, USED, Fate, amount_of, hold_against, tally, total_eur
from wlz.extra_items.items import DELIVERED, DERIVED, IN_MONTHS, OLDER
from wlz.known.declared_items import LAG
from wlz.known.knowledge import Known
from wlz.known.rounds import LAG_REFERENCE_YEARS_BACK
from wlz.known.stages import Tables, of_scenario
from wlz.known.uitvoerders import match_uitvoerders
from wlz.pgb.pgb import SILENT_MONTHS
from wlz.pgb.stage import place_grants
from wlz.series import assign_regions
from wlz.words.months import MONTHS_PER_YEAR, month_number, number_months

EARLIER_STAND, OTHER_YEAR = "earlier_stand", "other_year"
KADER, KADER_AFTER, STANDS, AID_MONTHS = "kader_of_the_year", "kader_of_the_year_after", "stands", "months_of_the_year"
_PLACE_MONTH = ["zorgkantoorregio", "month"]


def trace_kader(known: Known, tables: Tables) -> pl.DataFrame:
    """The latest stand of every zorgkantoor; euro of the budget year as `utilisation` sets the expectation against."""
    kader = assign_regions(known.read("kader"), known.reference.crosswalk, known.reference.regions, on="stand_date")
    regions = tables["utilisation"].filter(scenario=known.headline.scenario, level="region")
    outlook = tables["utilisation_outlook"].drop_nulls("budget_eur")
    year, is_latest = (
        pl.col("budget_year"),
        pl.col("stand_date") == pl.col("stand_date").max().over("zorgkantoor_code", "budget_year"),
    )
    is_after = (year == known.budget_year + 1) & pl.col("wlz_uitvoerder").is_in(outlook["wlz_uitvoerder"].implode())
    is_shown = pl.col("zorgkantoorregio").is_in(regions["zorgkantoorregio"].implode())
    fates = (
        Fate(LEFT_OUT, EARLIER_STAND, year.is_in([known.budget_year, known.budget_year + 1]) & ~is_latest),
        Fate(USED, KADER, (year == known.budget_year) & is_shown),
        Fate(USED, KADER_AFTER, is_after),
        Fate(LEFT_OUT, OTHER_YEAR, year != known.budget_year),
    )
    traced = tally(kader, amount_of("kader"), fates)
    return hold_against(traced, [KADER], total_eur(regions["budget_eur"]))


def trace_grants(known: Known, tables: Tables) -> pl.DataFrame:
    """Pgb stands; euro as table `pgb` has them."""
    first = date(known.budget_year - int(known.assumptions["pgb_years_back"]), 1, 1)
    grants = place_grants(known).with_columns(
        month=pl.col("reference_date").dt.month_start(), year=pl.col("reference_date").dt.year()
    )
    is_own = pl.col("budget_year") == pl.col("year")
    in_reach = pl.col("month").is_between(first, known.round.last_month)
    stands = of_scenario(tables["pgb"], known.headline.scenario).drop_nulls("granted_stand_eur")
    rows = (
        grants.join(_incomplete_months(grants.filter(is_own)), on=_PLACE_MONTH, how="left")
        .join(stands.select(*_PLACE_MONTH, "granted_stand_eur"), on=_PLACE_MONTH, how="left")
        .with_columns(
            last_date=pl.col("reference_date").filter(is_own).max().over("zorgkantoor_code", "month"),
            last_month=pl.col("month").filter(is_own & in_reach).max().over("zorgkantoorregio"),
        )
    )
    latest = rows.filter(is_own, in_reach)["last_month"].max() or first
    silence = month_number(latest) - number_months("last_month")  # type: ignore[arg-type]
    fates = (
        Fate(LEFT_OUT, "other_budget_year", ~is_own),
        Fate(LEFT_OUT, OTHER_YEAR, ~in_reach),
        Fate(LEFT_OUT, EARLIER_STAND, pl.col("reference_date") < pl.col("last_date")),
        Fate(LEFT_OUT, "incomplete_month", pl.col("is_incomplete")),
        Fate(USED, STANDS, pl.col("granted_stand_eur").is_not_null()),
        Fate(LEFT_OUT, "region_ended", silence > SILENT_MONTHS),
    )
    traced = tally(rows, amount_of("pgb_verleningen"), fates)
    return hold_against(traced, [STANDS], total_eur(stands["granted_stand_eur"]))


def _incomplete_months(grants: pl.DataFrame) -> pl.DataFrame:
    """Months of a region in which a zorgkantoor is missing that reported before and after it in the same year."""
    of_code = grants.select("zorgkantoorregio", "zorgkantoor_code", "year", "month").unique()
    reach = of_code.group_by("zorgkantoorregio", "zorgkantoor_code", "year").agg(
        pl.col("month").min().alias("first"), pl.col("month").max().alias("last")
    )
    due = (
        of_code.select(*_PLACE_MONTH, "year")
        .unique()
        .join(reach, on=["zorgkantoorregio", "year"])
        .filter(pl.col("month").is_between("first", "last"))
    )
    missing = due.join(of_code, on=["zorgkantoor_code", *_PLACE_MONTH], how="anti")
    return missing.select(_PLACE_MONTH).unique().with_columns(is_incomplete=pl.lit(True))


def trace_aids(known: Known, tables: Tables) -> pl.DataFrame:
    """Aids; euro of the budget year as table `aids` has them. Earlier months count where they are forecast from."""
    aids = of_scenario(tables["aids"], known.headline.scenario)
    declared = aids.drop_nulls("declared_eur").select("aid_kind", "month", is_declared=True)
    models = aids.select("aid_kind", "model").unique("aid_kind")
    rows = (
        known.read("hulpmiddelen")
        .join(declared, on=["aid_kind", "month"], how="left")
        .join(models, on="aid_kind", how="left")
        .with_columns(months_newer=pl.col("month").rank("ordinal", descending=True).over("aid_kind") - 1)
    )
    is_early = pl.col("month") < date(known.budget_year, 1, 1)
    of_year_only = pl.col("model").is_in([MEAN_OF_YEAR_MODEL, DECLARED_MODEL])
    is_old = (pl.col("model") == MEAN_OF_LAST_MODEL) & (pl.col("months_newer") >= MONTHS_PER_YEAR)
    fates = (
        Fate(USED, AID_MONTHS, pl.col("is_declared")),
        Fate(LEFT_OUT, OTHER_YEAR, (pl.col("month") > known.round.last_month) | (is_early & of_year_only)),
        Fate(LEFT_OUT, "older_months", is_early & is_old),
        Fate(USED, "months_before", is_early & pl.col("model").is_not_null()),
    )
    traced = tally(rows, amount_of("hulpmiddelen"), fates)
    return hold_against(traced, [AID_MONTHS], total_eur(aids["declared_eur"]))


def trace_lag_shares(known: Known, tables: Tables) -> pl.DataFrame:
    """Na-ijl, rows only: used where a scenario takes the share of that year from it."""
    delivered = match_uitvoerders(known.read("na_ijl"), known.reference.names, ["reference_year"])
    items = tables["extra_items"].filter(item="na_ijl")
    taken = items.filter(pl.col("item_method").is_in([DELIVERED, OLDER]))
    taken = taken.select("wlz_uitvoerder", reference_year="ratio_year", is_taken=True).unique()
    rows = delivered.join(taken, on=["wlz_uitvoerder", "reference_year"], how="left")
    year, limit = pl.col("reference_year"), known.budget_year - LAG_REFERENCE_YEARS_BACK
    newest = year.filter(pl.col("is_used") & (year <= limit)).max().over("wlz_uitvoerder")
    methods = {method: items.filter(item_method=method)["wlz_uitvoerder"].implode() for method in (IN_MONTHS, DERIVED)}
    whose = pl.col("wlz_uitvoerder")
    fates = (
        Fate(LEFT_OUT, "unknown_uitvoerder", whose.is_null()),
        Fate(LEFT_OUT, "named_twice", ~pl.col("is_used")),
        Fate(USED, "share_of_late_claims", pl.col("is_taken")),
        Fate(LEFT_OUT, OTHER_YEAR, (year > limit) | (year < newest)),
        Fate(LEFT_OUT, "derived_first", (year < limit) & whose.is_in(methods[DERIVED])),
        Fate(LEFT_OUT, "months_completed", whose.is_in(methods[IN_MONTHS])),
        Fate(LEFT_OUT, "no_claims", ~whose.is_in(tables["prices"]["wlz_uitvoerder"].implode())),
        Fate(LEFT_OUT, "not_declared", pl.lit(LAG not in [one.method for one in known.extra_items])),
    )
    return tally(rows, amount_of("na_ijl"), fates)


def trace_indications(known: Known, tables: Tables) -> pl.DataFrame:
    """Indications, rows only: used where a scenario grows with them."""
    placed = assign_regions(known.read("indicaties"), known.reference.crosswalk, known.reference.regions, on="month")
    key = ["wlz_uitvoerder", "sector"]
    rows = placed.join(known.indication_growth.select(*key, has_growth=True), on=key, how="left")
    back = number_months(pl.col("month").max().over(key)) - number_months("month")
    is_asked = pl.lit(any(one.uses_indications for one in known.scenarios))
    fates = (
        Fate(LEFT_OUT, "no_scenario", ~is_asked),
        Fate(LEFT_OUT, "older_months", back >= 24),
        Fate(USED, "growth", pl.col("has_growth")),
        Fate(LEFT_OUT, "too_few_months", pl.col("has_growth").is_null()),
    )
    return tally(rows, amount_of("indicaties"), fates)
