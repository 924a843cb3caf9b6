"""A delivery of claims beside the one before it: doubled (D05) or partial (D08).

Compared per uitvoerder and care month in euro, in months that are old enough to stand still. Whole uitvoerders and
zorgkantoren that are absent are check L01 (``series.py``); what is late or slow is not judged here.
"""

import polars as pl

from expectations.judging.delivery_view import ClaimsView
from expectations.judging.finding import keep_largest, one_each
from expectations.judging.results import REFUSED
from expectations.judging.rule import NO_FINDINGS, Rule
from wlz.words.months import number_months

CLAIMS = ("declaraties",)
DOUBLED_RISE_RATIO = 1.0  # twice what it was
MONTH_KEY = ("wlz_uitvoerder", "care_month")
ASK_AGAIN = (
    "ask the Wlz-uitvoerder and Vektis for a new delivery; if the earlier delivery was the wrong one, "
    "put a good one in its place and repeat the run: this one is then judged again"
)


def measure_doubling(view: ClaimsView) -> pl.DataFrame:
    """Uitvoerders with most older months, and at least ``comparison_minimum_months``, at twice the delivery before.

    Twice is a rise of 100 % within ``doubled_rise_tolerance_ratio``, with all zorgkantoren and with those of both
    deliveries alone: one that was absent and is back, or took over the rows of another, doubles nothing. Older months
    have a lag of at least ``comparison_minimum_lag_months`` in the delivery before: the latest good one of an earlier
    delivery month. The euro is what was added to those months, and at the same factor to the younger ones. Without an
    earlier delivery nothing is found.
    """
    if view.previous is None:
        return keep_largest(pl.DataFrame())
    rise = pl.col("amount_eur") / pl.col("earlier_amount_eur") - 1
    is_twice = (rise - DOUBLED_RISE_RATIO).abs() <= view.assumptions["doubled_rise_tolerance_ratio"]
    now = view.euro
    in_both = _older_months(view, _with_codes_of(view.previous, now), _with_codes_of(now, view.previous))
    doubled_in_both = in_both.filter(is_twice).select(*MONTH_KEY, pl.lit(True).alias("in_both"))
    months = _older_months(view, view.previous, now).join(doubled_in_both, on=MONTH_KEY, how="left")
    months = months.with_columns((is_twice & pl.col("in_both").fill_null(False)).alias("is_hit"))
    return keep_largest(_findings(view, months, now, needs_most=True))


def measure_partial(view: ClaimsView) -> pl.DataFrame:
    """Uitvoerders of which at least ``comparison_minimum_months`` older months fell against the delivery before.

    A fall is more than ``partial_fall_ratio``; a month without any row has fallen too. Older months have a lag of at
    least ``comparison_minimum_lag_months`` in the delivery before: the latest good one of an earlier delivery month.
    Zorgkantoren without a single row in this delivery are left out of the one before: they are check L01. The euro is
    what is missing in those months; where most of them fell, at the same factor in the younger ones too. Without an
    earlier delivery nothing is found.
    """
    if view.previous is None:
        return keep_largest(pl.DataFrame())
    has_fallen = pl.col("amount_eur") < (1 - view.assumptions["partial_fall_ratio"]) * pl.col("earlier_amount_eur")
    now = view.euro
    months = _older_months(view, _with_codes_of(view.previous, now), now).with_columns(has_fallen.alias("is_hit"))
    return keep_largest(_findings(view, months, now, needs_most=False))


def _with_codes_of(euro: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """The rows of zorgkantoren that occur in the other delivery too."""
    return euro.join(other.select("zorgkantoor_code").unique(), on="zorgkantoor_code", how="semi")


def _older_months(view: ClaimsView, previous: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """Per wlz_uitvoerder and older care month of the delivery before: earlier_amount_eur, and amount_eur now (or 0)."""
    lag = number_months("delivery_month") - number_months("care_month")
    return (
        previous.filter(lag >= view.assumptions["comparison_minimum_lag_months"])
        .group_by(*MONTH_KEY, "delivery_month")
        .agg(pl.col("amount_eur").sum().alias("earlier_amount_eur"))
        .filter(pl.col("earlier_amount_eur") > 0)
        .join(now.group_by(MONTH_KEY).agg(pl.col("amount_eur").sum()), on=MONTH_KEY, how="left")
        .with_columns(pl.col("amount_eur").fill_null(0.0))
    )


def _findings(view: ClaimsView, months: pl.DataFrame, now: pl.DataFrame, *, needs_most: bool) -> pl.DataFrame:
    """One finding per uitvoerder with enough months of ``is_hit``: how many, which, the factor and the euro.

    Months too young to compare are not judged; where most others are hit their euro is counted at the same factor.
    """
    hit, is_most = pl.col("is_hit"), pl.col("hits") * 2 > pl.col("months")
    younger = (
        now.join(
            months.group_by("wlz_uitvoerder").agg(pl.col("care_month").max().alias("last_month")), on="wlz_uitvoerder"
        )
        .filter(pl.col("care_month") > pl.col("last_month"))
        .group_by("wlz_uitvoerder")
        .agg(pl.col("amount_eur").sum().alias("younger_eur"))
    )
    older = (pl.col("amount_eur") - pl.col("earlier_amount_eur")).abs()
    as_much = pl.when(is_most & (pl.col("amount_eur") > 0)).then(
        pl.col("younger_eur") * (1 - 1 / pl.col("factor")).abs()
    )
    found = (
        months.group_by("wlz_uitvoerder")
        .agg(
            pl.len().alias("months"),
            hit.sum().alias("hits"),
            pl.col("care_month").filter(hit).min().alias("first"),
            pl.col("care_month").filter(hit).max().alias("last"),
            pl.col("amount_eur", "earlier_amount_eur").filter(hit).sum(),
            pl.col("delivery_month").first().alias("earlier"),
        )
        .filter(pl.col("hits") >= view.assumptions["comparison_minimum_months"])
        .filter(pl.lit(not needs_most) | is_most)
        .join(younger, on="wlz_uitvoerder", how="left")
        .with_columns((pl.col("amount_eur") / pl.col("earlier_amount_eur")).alias("factor"))
        .with_columns((older + as_much.otherwise(0.0).fill_null(0.0)).round(2).alias("at_stake_eur"))
        .sort("wlz_uitvoerder")
    )
    figures = ("hits", "months", "first", "last", "factor", "earlier")
    euro = pl.col("at_stake_eur").alias("euro")
    return found.select("wlz_uitvoerder", one_each(), "at_stake_eur", *figures, euro)


RULES = (
    Rule(
        check_id="D05",
        title="doubled delivery",
        why="A delivery that holds everything twice, for one uitvoerder or all, doubles what is expected of the year.",
        kinds=CLAIMS,
        severity="block",
        metrics=measure_doubling,
        expectation=NO_FINDINGS,
        expected="older months about as high as in the last good delivery of an earlier month",
        cause="an extract loaded twice, or two put together",
        action=REFUSED,
        next_step=ASK_AGAIN,
    ),
    Rule(
        check_id="D08",
        title="partial delivery",
        why="Care that was declared before does not vanish: what is missing would lower the year without a word.",
        kinds=CLAIMS,
        severity="block",
        metrics=measure_partial,
        expectation=NO_FINDINGS,
        expected="older months at most partial_fall_ratio below the last good delivery of an earlier month",
        cause="a file that was cut off, or an extract of part of the rows",
        action=REFUSED,
        next_step=ASK_AGAIN,
    ),
)
