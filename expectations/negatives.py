"""Totals below zero: months of an uitvoerder (V01) and a year of the nation (V01-national), per prestatie.

Single rows below zero are corrections and normal; so is a fall against the delivery before up to a point (V02, in
``lag.py``).
"""

import polars as pl

from expectations.judging.delivery_view import ClaimsView
from expectations.judging.finding import keep_largest, one_each
from expectations.judging.results import REFUSED
from expectations.judging.rule import NO_FINDINGS, Rule
from wlz.words.months import MONTHS_PER_YEAR
from wlz.words.vocabulary import SERIES_BY_UITVOERDER

CLAIMS = ("declaraties",)
NEIGHBOURS = 3  # months before, and after, whose mean is what the month may have been


def measure_negative_months(view: ClaimsView) -> pl.DataFrame:
    """Care months of an uitvoerder × prestatie below zero after all corrections.

    Of a lag of ``negative_minimum_lag_months`` and more. The euro is how far the month lies from what it may have been:
    the mean of up to three months before and after it, old enough and not below zero, or nothing without any.
    """
    oldest_open = pl.lit(view.delivery_month).dt.offset_by(f"-{int(view.assumptions['negative_minimum_lag_months'])}mo")
    months = view.monthly.filter(pl.col("care_month") <= oldest_open)
    below = months.filter(pl.col("amount_eur") < 0)
    window = pl.int_ranges(-NEIGHBOURS, NEIGHBOURS + 1, dtype=pl.Int64)
    beside = (
        below.select(*SERIES_BY_UITVOERDER, "care_month")
        .with_columns(window.alias("apart"))
        .explode("apart")
        .with_columns(pl.col("care_month").dt.offset_by(pl.format("{}mo", "apart")).alias("neighbour"))
        .join(
            months.filter(pl.col("amount_eur") >= 0),
            left_on=[*SERIES_BY_UITVOERDER, "neighbour"],
            right_on=[*SERIES_BY_UITVOERDER, "care_month"],
        )
        .group_by(*SERIES_BY_UITVOERDER, "care_month")
        .agg(pl.col("amount_eur").mean().alias("usual_eur"))
    )
    found = below.join(beside, on=[*SERIES_BY_UITVOERDER, "care_month"], how="left").with_columns(
        pl.col("usual_eur").fill_null(0.0)
    )
    at_stake = (pl.col("usual_eur") - pl.col("amount_eur")).alias("at_stake_eur")
    month = pl.col("care_month").alias("month")
    return keep_largest(found.select(*SERIES_BY_UITVOERDER, one_each(), at_stake, month, "amount_eur", "usual_eur"))


def measure_negative_year(view: ClaimsView) -> pl.DataFrame:
    """Prestaties of which the nation's last twelve care months add up to less than zero; the euro is that sum.

    Sums nearer to zero than ``negative_year_minimum_eur`` are left to V01: they are no reason to refuse a delivery.
    """
    lag = pl.lit(view.delivery_month)
    year = view.monthly.filter(
        pl.col("care_month").is_between(lag.dt.offset_by(f"-{MONTHS_PER_YEAR}mo"), lag, closed="left")
    )
    found = (
        year.group_by("prestatiecode")
        .agg(pl.col("amount_eur").sum(), pl.col("wlz_uitvoerder").sort_by("amount_eur").first())
        .filter(pl.col("amount_eur") <= -view.assumptions["negative_year_minimum_eur"], pl.col("amount_eur") < 0)
        .sort("prestatiecode")
    )
    at_stake = (-pl.col("amount_eur")).alias("at_stake_eur")
    return keep_largest(found.select(*SERIES_BY_UITVOERDER, one_each(), at_stake, "amount_eur"))


RULES = (
    Rule(
        check_id="V01",
        title="negative total",
        why="Nobody gives back care: a month below zero has more corrections in it than claims, and lowers the season.",
        kinds=CLAIMS,
        severity="warn",
        metrics=measure_negative_months,
        expectation=NO_FINDINGS,
        expected="every month of a lag of 4 or more at zero or above, per uitvoerder and prestatie",
        cause="a correction booked twice, in the wrong month, or with the wrong sign",
        action="The delivery is used; the month stays below zero in the series",
        next_step="ask the Wlz-uitvoerder which correction it was, and deliver again",
    ),
    Rule(
        check_id="V01-national",
        title="negative year of a prestatie",
        why="A prestatie that costs less than nothing over a year of all uitvoerders has its signs reversed.",
        kinds=CLAIMS,
        severity="block",
        metrics=measure_negative_year,
        expectation=NO_FINDINGS,
        expected="every prestatie at zero or above over the last twelve months of the nation, € 10,000 apart",
        cause="amounts with the sign reversed, or corrections delivered without the claims they correct",
        action=REFUSED,
        next_step="ask Vektis for a delivery with the claims themselves",
    ),
)
