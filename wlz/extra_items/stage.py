"""The row `extra_items`: the items of the year, each by its method, in every scenario."""

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from wlz.extra_items.fixed import fixed_amounts
from wlz.extra_items.items import crisis_beds, derive_lag_ratio, meerzorg, na_ijl, shape_items
from wlz.known.declared_items import CRISIS_BEDS, LAG, MEERZORG, OF_LETTER, DeclaredItem, pay_patterns
from wlz.known.knowledge import Known
from wlz.known.rounds import LAG_REFERENCE_YEARS_BACK
from wlz.known.stages import Computed, Tables, of_scenario, per_scenario
from wlz.known.uitvoerders import match_uitvoerders
from wlz.series import claims_by_year, place_by_year, sum_years
from wlz.utilisation.stage import stand_of_kader
from wlz.words.months import MONTHS_PER_YEAR, add_months

NO_KADER = pl.DataFrame(schema={"wlz_uitvoerder": pl.String, "zin_budget_eur": pl.Float64})


class Sources(NamedTuple):
    """What the items of an advice are made of, the same in every scenario.

    `settlements`, `agreements`: nacalculatie and herschikking with their uitvoerder; `claims`: `claims_by_year`;
    `delivered`, `derived`: shares of late claims; `kader`: only where an item is split by it.
    """

    settlements: pl.DataFrame
    agreements: pl.DataFrame
    claims: pl.DataFrame
    prestaties: pl.DataFrame
    delivered: pl.DataFrame
    derived: pl.DataFrame
    kader: pl.DataFrame = NO_KADER


def build_extra_items(
    sources: Sources,
    *,
    prices: pl.DataFrame,
    revenue: pl.DataFrame,
    budget_year: int,
    lag_in_months: bool,
    declared: Sequence[DeclaredItem] = OF_LETTER,
) -> pl.DataFrame:
    """The declared items of every uitvoerder in ``revenue``, sorted: crisis beds per code, the others in one row.

    ``lag_in_months`` says that the months were completed for lag already; na-ijl then counts for nothing, flagged.
    """
    settled, agreed, claims, prestaties = sources[:4]
    items = []
    for item in declared:
        if item.method == CRISIS_BEDS:
            items.append(crisis_beds(settled, agreed, prices, claims, revenue, prestaties, budget_year))
        elif item.method == MEERZORG:
            items.append(meerzorg(settled, agreed, claims, revenue, prestaties, budget_year))
        elif item.method == LAG:
            items.append(na_ijl(revenue, sources.delivered, sources.derived, budget_year, lag_in_months=lag_in_months))
        else:
            of_year = revenue.filter(pl.col("care_month").dt.year() == budget_year)
            uitvoerders = of_year["wlz_uitvoerder"].unique().sort().to_list()
            items.append(shape_items(fixed_amounts(item, uitvoerders, sources.kader)))
    patterns = pl.col("item").replace_strict(pay_patterns(declared), return_dtype=pl.String)
    stacked = pl.concat([shape_items(pl.DataFrame()), *items]).with_columns(pay_pattern=patterns)
    return stacked.sort("wlz_uitvoerder", "item", "prestatiecode", nulls_last=True)


def run_extra_items(known: Known, tables: Tables) -> Computed:
    """EXTRA_ITEMS of every scenario, with intermediates. Judged: the rows of the scenario that rules judge."""
    crosswalk, regions = known.reference.crosswalk, known.reference.regions
    now = claims_by_year(tables["series_region"])
    delivered = match_uitvoerders(known.read("na_ijl"), known.reference.names, ["reference_year"])
    is_split = any(item.national_eur is not None for item in known.extra_items)
    sources = Sources(
        settlements=place_by_year(known.read("nacalculatie"), crosswalk, regions),
        agreements=place_by_year(known.read("herschikking"), crosswalk, regions),
        claims=now,
        prestaties=known.reference.prestaties,
        delivered=delivered.filter("is_used"),
        derived=derive_lag(known, tables["series_region"]),
        kader=stand_of_kader(known).select(NO_KADER.columns) if is_split else NO_KADER,
    )
    items = per_scenario(
        known.scenario_names,
        lambda name: build_extra_items(
            sources,
            prices=of_scenario(tables["prices"], name),
            revenue=of_scenario(tables["revenue"], name),
            budget_year=known.budget_year,
            lag_in_months=known.completes_lag(name),
            declared=known.extra_items,
        ),
    )
    of_letter = of_scenario(tables["revenue"], known.letter_first)
    return Computed({"extra_items": items}, {"na_ijl_names": value_na_ijl(delivered, of_letter, known.budget_year)})


def value_na_ijl(delivered: pl.DataFrame, revenue: pl.DataFrame, budget_year: int) -> pl.DataFrame:
    """Delivered na-ijl that could count in this advice, with the revenue it is a share of: ``expected_eur``.

    In: ``match_uitvoerders`` of the delivery; REVENUE of one scenario. Of every delivered name the latest year up to
    two before the budget year. Expected revenue is that of the uitvoerder meant; of the nation where it means nobody.
    """
    could = delivered.filter(pl.col("reference_year") <= budget_year - LAG_REFERENCE_YEARS_BACK)
    latest = could.sort("delivered_name", "reference_year").unique("delivered_name", keep="last", maintain_order=True)
    in_base = revenue.filter(pl.col("care_month").dt.year() == budget_year, "in_base")
    own = in_base.group_by("wlz_uitvoerder").agg(pl.col("forecast_amount_eur").sum().cast(pl.Float64).alias("own_eur"))
    expected = pl.when(pl.col("wlz_uitvoerder").is_null()).then(own["own_eur"].sum()).otherwise("own_eur")
    return (
        latest.join(own, on="wlz_uitvoerder", how="left").with_columns(expected.alias("expected_eur")).drop("own_eur")
    )


def derive_lag(known: Known, series_region: pl.DataFrame) -> pl.DataFrame:
    """The share of late claims in the reference year, from the claims of this round and of a year ago.

    Of its months only those that were old enough for the forecast a year ago: of younger ones most was still to come,
    and the share is added to months of the age the forecast rests on. In May these are all twelve.
    """
    reference_year = known.budget_year - LAG_REFERENCE_YEARS_BACK
    earlier = known.year_ago()
    if earlier.is_empty():
        nothing = claims_by_year(series_region.clear())
        return derive_lag_ratio(nothing, nothing, reference_year)
    last = add_months(known.claims_month, -MONTHS_PER_YEAR - int(known.assumptions["letter_minimum_lag_months"]))
    old_enough = pl.col("care_month") <= last
    now = claims_by_year(series_region.filter(old_enough))
    return derive_lag_ratio(now, sum_years(earlier.filter(old_enough)), reference_year)
