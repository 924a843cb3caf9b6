"""Months of claims that were told before and rose by more than the run-off explains (V09).

Compared per zorgkantoor, prestatie and care month with the delivery before, in months up to a year old of which nearly
all was known there. Twice everything is D05, a column in another scale D14 (``previous.py``, ``claim_columns.py``);
closed months are L08, of the youngest the rise is no sign by itself.
"""

import polars as pl

from expectations.claim_columns import measure_changed_claims
from expectations.judging.delivery_view import ClaimsView
from expectations.judging.finding import keep_largest, one_each
from expectations.judging.results import USED
from expectations.judging.rule import NO_FINDINGS, Escalation, Rule
from expectations.previous import ASK_AGAIN, measure_doubling
from wlz.words.months import MONTHS_PER_YEAR, number_months

YOUNGEST_LAG = 3  # in the delivery before: of younger months the rise says too little
YOUNG_RATIO = 2.5  # times the limit at that lag: a few percent still come in
MOVED_RATIO = 0.5  # of a rise, that the group lost: then care moved from code to code
DAYS_PER_YEAR = 365
SERIES = ["zorgkantoor_code", "prestatiecode"]
GROUP = ["zorgkantoor_code", "prestatiegroep", "care_month"]
PLACE = ["wlz_uitvoerder", "zorgkantoor_code"]


def measure_raised(view: ClaimsView) -> pl.DataFrame:
    """Zorgkantoren of which prestaties rose in months told before, by more than ``raised_ratio``.

    Judged are months of a lag of 3 up to ``closed_month_lag_months`` in the delivery before, counted from the last
    month that the zorgkantoor told there: one that was late has younger months; at lag 3 the limit is 2.5 times as
    high. What other prestaties of the group lost in the month is taken off, and all of it where that is most of the
    rise: care under another code is none. The euro is what was added; where the youngest of these months rose too, it is what a year at that level has too much.
    Told from ``series_warning_minimum_eur`` added; ``raised_year_ratio`` is the share added of the uitvoerder's last
    twelve months. Without an earlier delivery, where D05 or D14 tells of the uitvoerder, nothing is found.
    """
    if view.previous is None or view.previous_sums is None or view.previous_sums.is_empty():
        return keep_largest(pl.DataFrame())
    months = _risen_months(view)
    if months.is_empty() or measure_changed_claims(view)["findings_count"].sum():
        return keep_largest(pl.DataFrame())
    found = _by_zorgkantoor(view, months)
    doubled = measure_doubling(view)
    if doubled["findings_count"].sum():
        found = found.filter(~pl.col("wlz_uitvoerder").is_in(doubled["wlz_uitvoerder"].to_list()))
    return keep_largest(found)


def _risen_months(view: ClaimsView) -> pl.DataFrame:
    """Rows of SERIES and care month that rose: lag, before, now, and the euro that is too much."""
    assert view.previous is not None and view.previous_sums is not None, "asked by the caller"
    before, now = (_sum_months(rows) for rows in (view.previous_sums, view.sums))
    told = before.filter(pl.col("euro") > 0).group_by("zorgkantoor_code").agg(pl.col("care_month").max().alias("last"))
    lag = number_months("last") - number_months("care_month") + 1
    both = (
        before.join(now, on=[*SERIES, "care_month"], how="full", coalesce=True, suffix="_now")
        .with_columns(pl.col("euro", "euro_now").fill_null(0.0))
        .join(told, on="zorgkantoor_code")
        .with_columns(lag.alias("lag"))
        .filter(pl.col("lag").is_between(YOUNGEST_LAG, view.assumptions["closed_month_lag_months"]))
        .join(view.prestaties.select("prestatiecode", "prestatiegroep"), on="prestatiecode")
        .with_columns((pl.col("euro_now") - pl.col("euro")).alias("rise"))
    )
    limit = pl.col("euro") * view.assumptions["raised_ratio"]
    above = pl.when(pl.col("lag") == YOUNGEST_LAG).then(limit * YOUNG_RATIO).otherwise(limit)
    risen = (pl.col("euro") > 0) & (pl.col("rise") > above)
    lost = (-pl.col("rise")).filter(pl.col("rise") < 0).sum().over(GROUP)
    of_group = pl.col("rise").filter(risen).sum().over(GROUP)
    kept = pl.when(lost < MOVED_RATIO * of_group).then(1 - lost / of_group).otherwise(0.0)
    return both.with_columns((pl.col("rise") * kept).alias("added")).filter(risen & (kept > 0))


def _sum_months(rows: pl.DataFrame) -> pl.DataFrame:
    euro = pl.col("amount_eur").cast(pl.Float64).sum().alias("euro")
    return rows.group_by(*SERIES, "care_month").agg(euro)


def _by_zorgkantoor(view: ClaimsView, months: pl.DataFrame) -> pl.DataFrame:
    """One finding per zorgkantoor, with what was added and what that makes of a year."""
    assert view.previous is not None, "asked by the caller"
    recent = number_months(pl.lit(view.previous_month)) - number_months("care_month")
    place = view.previous.sort("care_month").unique("zorgkantoor_code", keep="last").select(PLACE)
    of_year = view.previous.filter(recent.is_between(2, MONTHS_PER_YEAR + 1))
    year = of_year.group_by("wlz_uitvoerder").agg(pl.col("amount_eur").sum().alias("year_eur"))
    per_series = months.group_by(SERIES).agg(
        pl.col("added").sum(),
        pl.col("euro").sum(),
        pl.col("euro_now").sum(),
        pl.col("care_month").min().alias("first"),
        pl.col("care_month").max().alias("last"),
        pl.len().alias("months"),
        pl.col("care_month").dt.month_end().dt.day().sum().alias("days"),
        (pl.col("lag").min() <= YOUNGEST_LAG + 1).alias("goes_on"),
    )
    at_level = pl.col("added") / pl.col("days") * DAYS_PER_YEAR
    a_year = pl.when("goes_on").then(pl.max_horizontal(at_level, "added")).otherwise("added")
    found = (
        per_series.with_columns(a_year.alias("a_year"))
        .group_by("zorgkantoor_code")
        .agg(
            pl.col("added", "euro").sum(),
            pl.col("a_year").sum().round(2).alias("at_stake_eur"),
            pl.col("first").min(),
            pl.col("last").max(),
            pl.col("months").max(),
            pl.len().alias("series_count"),
            pl.col("prestatiecode").sort_by("added").last().alias("largest"),
        )
        .filter(pl.col("added") >= view.assumptions["series_warning_minimum_eur"])
        .join(place, on="zorgkantoor_code")
        .join(year, on="wlz_uitvoerder", how="left")
    )
    of_uitvoerder = pl.col("added").sum().over("wlz_uitvoerder")
    return found.select(
        *PLACE,
        one_each(),
        "at_stake_eur",
        "first",
        "last",
        "months",
        "series_count",
        "largest",
        pl.lit(view.previous_month).alias("earlier"),
        (pl.col("added") / pl.col("euro")).alias("factor"),
        pl.col("added").alias("added_eur"),
        (of_uitvoerder / pl.col("year_eur")).fill_null(1.0).alias("raised_year_ratio"),
    )


RULES = (
    Rule(
        check_id="V09",
        title="months told before rose",
        why="Months of which nearly all is known stand still; when they rise, what is expected of the year rises with "
        "them, twelve months at a time.",
        kinds=("declaraties",),
        severity="warn",
        metrics=measure_raised,
        expectation=NO_FINDINGS,
        expected="prestaties of a zorgkantoor at most raised_ratio above the delivery before in months of a lag of 4 "
        "to 12 there, less than € series_warning_minimum_eur together",
        cause="rows delivered twice under another key, a settlement, or care that was claimed late",
        action=f"{USED}, with the higher amounts; refused where the rise is too large a part of a year",
        next_step=ASK_AGAIN,
        escalation=Escalation("raised_year_ratio", "raised_year_block_ratio"),
    ),
)
