"""Months of claims that were told before and moved by more than the run-off explains (V09).

Compared per zorgkantoor, prestatie and care month with the delivery before, in months up to a year old of which nearly
all was known there. Rises are told from a few percent on, falls only where they are too much: smaller ones are V02.
Twice everything is D05, a part missing D08, a column in another scale D14 (``previous.py``, ``claim_columns.py``);
closed months are L08, of the youngest the rise is no sign by itself.
"""

import polars as pl

from expectations.claim_columns import measure_changed_claims
from expectations.judging.delivery_view import ClaimsView
from expectations.judging.finding import keep_largest, one_each
from expectations.judging.results import USED
from expectations.judging.rule import NO_FINDINGS, Escalation, Rule
from expectations.previous import ASK_AGAIN, measure_doubling, measure_partial
from wlz.words.months import MONTHS_PER_YEAR, number_months

YOUNGEST_LAG = 3  # in the delivery before: of younger months the rise says too little
YOUNG_RATIO = 2.5  # times the limit of a rise at that lag: a few percent still come in
MOVED_RATIO = 0.5  # of a rise or fall, that the rest of the group moved back: then care went from code to code
DAYS_PER_YEAR = 365
SERIES = ["zorgkantoor_code", "prestatiecode"]
GROUP = ["zorgkantoor_code", "prestatiegroep", "care_month"]
PLACE = ["wlz_uitvoerder", "zorgkantoor_code"]


def measure_moved_months(view: ClaimsView) -> pl.DataFrame:
    """Zorgkantoren of which prestaties moved in months told before, by more than ``moved_months_ratio``.

    Judged are months of a lag of 3 up to ``closed_month_lag_months`` in the delivery before, counted from the last
    month that the zorgkantoor told there: one that was late has younger months. At lag 3 the limit of a rise is 2.5
    times as high. What other prestaties of the group moved back in the month is taken off, and all of it where that is
    half or more: care under another code is none. The euro is what was added or taken back; where the youngest of these
    months moved too, what a year at that level has more or less. ``moved_year_ratio`` is the share moved of the
    uitvoerder's last twelve months; falls are told above ``moved_months_block_ratio`` of it only. Told from
    ``series_warning_minimum_eur``; not of uitvoerders that D05 or D08 tells of, nor beside D14 or without an earlier
    delivery.
    """
    if view.previous is None or view.previous_sums is None or view.previous_sums.is_empty():
        return keep_largest(pl.DataFrame())
    both = _put_beside(view)
    found = pl.concat([_by_zorgkantoor(view, _moved_months(view, both, sign), sign) for sign in (1, -1)])
    is_fall = pl.col("wording") == "fell"
    found = found.filter(~is_fall | (pl.col("moved_year_ratio") > view.assumptions["moved_months_block_ratio"]))
    if found.is_empty() or view.once(measure_changed_claims)["findings_count"].sum():
        return keep_largest(pl.DataFrame())
    told = [one for one in map(view.once, (measure_doubling, measure_partial)) if one["findings_count"].sum()]
    elsewhere = [name for one in told for name in one["wlz_uitvoerder"]]
    return keep_largest(found.filter(~pl.col("wlz_uitvoerder").is_in(elsewhere)))


def _put_beside(view: ClaimsView) -> pl.DataFrame:
    """Judged months per SERIES: lag, prestatiegroep, euro before, euro_now; of months the zorgkantoor tells at all."""
    assert view.previous_sums is not None, "asked by the caller"
    oldest = view.assumptions["closed_month_lag_months"]
    before = _sum_months(view.previous_sums)
    told = before.filter(pl.col("euro") > 0).group_by("zorgkantoor_code").agg(pl.col("care_month").max().alias("last"))
    is_judged = number_months("care_month") > number_months(pl.lit(told["last"].min(), dtype=pl.Date)) - oldest
    before, now = before.filter(is_judged), _sum_months(view.sums.filter(is_judged))
    lag = number_months("last") - number_months("care_month") + 1
    return (
        before.join(now, on=[*SERIES, "care_month"], how="full", coalesce=True, suffix="_now")
        .with_columns(pl.col("euro", "euro_now").fill_null(0.0))
        .join(told, on="zorgkantoor_code")
        .with_columns(lag.alias("lag"))
        .filter(pl.col("lag").is_between(YOUNGEST_LAG, oldest))
        .join(now.select("zorgkantoor_code", "care_month").unique(), on=["zorgkantoor_code", "care_month"], how="semi")
        .join(view.prestaties.select("prestatiecode", "prestatiegroep"), on="prestatiecode")
    )


def _sum_months(rows: pl.DataFrame) -> pl.DataFrame:
    euro = pl.col("amount_eur").cast(pl.Float64).sum().alias("euro")
    return rows.group_by(*SERIES, "care_month").agg(euro)


def _moved_months(view: ClaimsView, both: pl.DataFrame, sign: int) -> pl.DataFrame:
    """Rows that rose (sign 1) or fell (−1) by more than the limit, with what of it is ``moved`` in euro."""
    step = sign * (pl.col("euro_now") - pl.col("euro"))
    limit = pl.col("euro") * view.assumptions["moved_months_ratio"]
    is_young_rise = (pl.col("lag") == YOUNGEST_LAG) & pl.lit(sign > 0)
    has_moved = (pl.col("euro") > 0) & (step > pl.when(is_young_rise).then(limit * YOUNG_RATIO).otherwise(limit))
    back = (-step).filter(step < 0).sum().over(GROUP)
    of_group = step.filter(has_moved).sum().over(GROUP)
    kept = pl.when(back < MOVED_RATIO * of_group).then(1 - back / of_group).otherwise(0.0)
    return both.with_columns((step * kept).alias("moved")).filter(has_moved, pl.col("moved") > 0)


def _by_zorgkantoor(view: ClaimsView, months: pl.DataFrame, sign: int) -> pl.DataFrame:
    """One finding per zorgkantoor, with what moved and what that makes of a year."""
    assert view.previous is not None, "asked by the caller"
    recent = number_months(pl.lit(view.previous_month)) - number_months("care_month")
    place = view.previous.sort("care_month").unique("zorgkantoor_code", keep="last").select(PLACE)
    of_year = view.previous.filter(recent.is_between(2, MONTHS_PER_YEAR + 1))
    year = of_year.group_by("wlz_uitvoerder").agg(pl.col("amount_eur").sum().alias("year_eur"))
    moved = (
        _add_up(months)
        .filter(pl.col("moved_eur") >= view.assumptions["series_warning_minimum_eur"])
        .join(place, on="zorgkantoor_code")
        .join(year, on="wlz_uitvoerder", how="left")
    )
    of_uitvoerder = pl.col("moved_eur").sum().over("wlz_uitvoerder")
    return moved.select(
        *PLACE,
        one_each(),
        "at_stake_eur",
        pl.lit("rose" if sign > 0 else "fell").alias("wording"),
        "first",
        "last",
        "series_count",
        "largest",
        pl.lit(view.previous_month).alias("earlier"),
        (pl.col("moved_eur") / pl.col("euro")).alias("moved_ratio"),
        "moved_eur",
        (of_uitvoerder / pl.col("year_eur")).fill_null(1.0).alias("moved_year_ratio"),
    )


def _add_up(months: pl.DataFrame) -> pl.DataFrame:
    """Per zorgkantoor: moved_eur, the euro before, at_stake_eur, first and last month, series_count, the largest."""
    at_level = pl.col("moved") / pl.col("days") * DAYS_PER_YEAR
    goes_on = pl.col("youngest") <= YOUNGEST_LAG + 1
    per_series = months.group_by(SERIES).agg(
        pl.col("moved", "euro").sum(),
        pl.col("care_month").min().alias("first"),
        pl.col("care_month").max().alias("last"),
        pl.col("care_month").dt.month_end().dt.day().cast(pl.Int64).sum().alias("days"),
        pl.col("lag").min().alias("youngest"),
    )
    a_year = pl.when(goes_on).then(pl.max_horizontal(at_level, "moved")).otherwise("moved")
    return per_series.group_by("zorgkantoor_code").agg(
        pl.col("moved").sum().alias("moved_eur"),
        pl.col("euro").sum(),
        a_year.sum().round(2).alias("at_stake_eur"),
        pl.col("first").min(),
        pl.col("last").max(),
        pl.len().alias("series_count"),
        pl.col("prestatiecode").sort_by("moved", "prestatiecode").last().alias("largest"),
    )


RULES = (
    Rule(
        check_id="V09",
        title="months told before moved",
        why="Months of which nearly all is known stand still; when they move, what is expected of the year moves with "
        "them, twelve months at a time.",
        kinds=("declaraties",),
        severity="warn",
        metrics=measure_moved_months,
        expectation=NO_FINDINGS,
        expected="prestaties of a zorgkantoor at most moved_months_ratio above the delivery before in months of a lag "
        "of 4 to 12 there, and less than moved_months_block_ratio of an uitvoerder's year below it",
        cause="rows delivered twice under another key, a settlement, rows that are missing, or care that was claimed "
        "late",
        action=f"{USED}, with the new amounts; refused where they are too large a part of a year",
        next_step=ASK_AGAIN,
        escalation=Escalation("moved_year_ratio", "moved_months_block_ratio"),
    ),
)
