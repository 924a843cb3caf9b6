"""Claims in their place among the deliveries: repeated (D04), after a gap (D07-gap), out of order (D07-reversal).

Compared with the latest good delivery of an earlier month (``known_deliveries.find_previous``). What is in the rows is
judged elsewhere; an uitvoerder that repeats itself while others do not is check L02 (``lag.py``).
"""

from datetime import date
from typing import Any

import polars as pl

from expectations.judging.delivery_view import ClaimsView
from expectations.judging.finding import keep_largest
from expectations.judging.results import REFUSED
from expectations.judging.rule import NO_FINDINGS, Rule
from wlz.series import lag_months
from wlz.words.months import months_between

CLAIMS = ("declaraties",)
SUM_KEY = ["wlz_uitvoerder", "zorgkantoor_code", "care_month"]
HALF_A_CENT = 0.005  # sums are of whole cents, so a difference below this is none
USUAL_MONTHS = 12  # a year of care months evens out the season


def measure_repetition(view: ClaimsView) -> pl.DataFrame:
    """A delivery with the bytes of an accepted one of another month, or with all its sums.

    Sums are those of every wlz_uitvoerder, zorgkantoor and care month, of the rows that are not in quarantine, beside
    the latest good delivery of an earlier month; a new delivery date changes none of them. The euro is what the months
    since would have added: an estimate from the care months of the earlier delivery (``_euro_of_months``).
    """
    previous = _previous(view)
    added = None if previous is None else _euro_of_months(view, previous, _months_since(view, previous))
    if view.same_content_as is not None:
        return _one_finding(added, wording="bytes", same_content_as=view.same_content_as)
    if previous is None or not _says_the_same(view, previous):
        return keep_largest(pl.DataFrame())
    earlier = previous["delivery_month"][0]
    return _one_finding(added, wording="sums", sums_count=previous.height, earlier=earlier)


def measure_gap(view: ClaimsView) -> pl.DataFrame:
    """Calendar months without an accepted delivery between the latest good one of an earlier month and this one.

    The euro is what those months would have added: an estimate from the care months of the earlier delivery. It is in
    this delivery; what is lost is how the claims of those months came in.
    """
    previous = _previous(view)
    if previous is None:
        return keep_largest(pl.DataFrame(), "first")
    earlier: date = previous["delivery_month"][0]
    missing = pl.date_range(earlier, view.delivery_month, "1mo", closed="none", eager=True)
    if missing.is_empty():
        return keep_largest(pl.DataFrame(), earlier=earlier)
    euro = _euro_of_months(view, previous, missing.len())
    return _one_finding(euro, missing.len(), missing_months=missing.to_list(), earlier=earlier)


def measure_reversal(view: ClaimsView) -> pl.DataFrame:
    """The latest delivery date in the file, when it lies before that of the good delivery of an earlier month.

    A round takes the delivery with the latest date, so it would keep using the earlier one. The euro is the difference
    between the two: what the round would not see.
    """
    received, before = view.rows["delivery_date"].max(), view.previous_received_on
    if before is None or not isinstance(received, date) or received >= before:
        return keep_largest(pl.DataFrame())
    previous = _previous(view)
    if previous is None:
        return _one_finding(None, wording="unknown", received=received, before=before)
    hidden = _total(view.used_rows) - _total(previous)
    earlier = previous["delivery_month"][0]
    return _one_finding(round(abs(hidden), 2), received=received, earlier=earlier, before=before, hidden_eur=hidden)


def _one_finding(at_stake_eur: float | None, count: int = 1, **figures: Any) -> pl.DataFrame:
    return pl.DataFrame(
        [{"findings_count": count, "at_stake_eur": at_stake_eur, **figures}],
        schema_overrides={"findings_count": pl.Int64, "at_stake_eur": pl.Float64},
    )


def _total(rows: pl.DataFrame) -> float:
    return float(rows["amount_eur"].sum() or 0)


def _says_the_same(view: ClaimsView, previous: pl.DataFrame) -> bool:
    """Whether every sum is that of the earlier delivery; the total comes first, because it nearly always differs."""
    if abs(_total(view.used_rows) - _total(previous)) > HALF_A_CENT:
        return False
    now = view.euro
    signed = [(now, 1), (previous.select(now.columns), -1)]
    difference = pl.concat(frame.with_columns(pl.col("amount_eur") * sign) for frame, sign in signed)
    largest = difference.group_by(SUM_KEY).agg(pl.col("amount_eur").sum()).select(pl.col("amount_eur").abs().max())
    return bool(largest.item() <= HALF_A_CENT)


def _previous(view: ClaimsView) -> pl.DataFrame | None:
    return None if view.previous is None or view.previous.is_empty() else view.previous


def _months_since(view: ClaimsView, previous: pl.DataFrame) -> int:
    earlier: date = previous["delivery_month"][0]
    return months_between(earlier, view.delivery_month)


def _euro_of_months(view: ClaimsView, previous: pl.DataFrame, count: int) -> float | None:
    """Euro of so many care months after those of the earlier delivery; None when none of its months is complete.

    The mean of its last twelve complete months, carried on at their growth over the twelve before (where there are as
    many) from the middle of the twelve to the middle of the new ones.
    """
    complete = previous.with_columns(lag_months(previous["delivery_month"][0])).filter(
        pl.col("lag_months") >= view.assumptions["comparison_minimum_lag_months"]
    )
    by_month = complete.group_by("care_month").agg(pl.col("amount_eur").sum(), pl.col("lag_months").first())
    year = by_month.sort("care_month").tail(USUAL_MONTHS)
    if year.is_empty():
        return None
    before = by_month.sort("care_month").tail(2 * USUAL_MONTHS).head(-USUAL_MONTHS)
    growth, apart = 1.0, float(year["lag_months"].sum()) / year.height + (count - 1) / 2
    if before.height == USUAL_MONTHS and before["amount_eur"].sum() > 0:
        growth = max(float(year["amount_eur"].sum()) / float(before["amount_eur"].sum()), 0.0)
    carried_on: float = growth ** (apart / USUAL_MONTHS)
    return round(float(year["amount_eur"].sum()) / year.height * carried_on * count, 2)


RULES = (
    Rule(
        check_id="D04",
        title="duplicate delivery",
        why="An old file under a new date looks like a month without any care; the forecast would follow it down.",
        kinds=CLAIMS,
        severity="block",
        metrics=measure_repetition,
        expectation=NO_FINDINGS,
        expected="claims that differ from those of every accepted delivery of another month",
        cause="the file of an earlier month sent again",
        action=REFUSED,
        next_step="ask the Wlz-uitvoerder and Vektis for the delivery of this month",
    ),
    Rule(
        check_id="D07-gap",
        title="delivery missing in between",
        why="Without a delivery every month it is not known how claims came in, so the lag is learned from fewer.",
        kinds=CLAIMS,
        severity="warn",
        metrics=measure_gap,
        expectation=NO_FINDINGS,
        expected="one accepted delivery per calendar month",
        cause="a delivery that was never made, lies elsewhere, or was refused",
        action="The delivery is used; the curve of the lag does without the missing months",
        next_step="put the missing file into the folder of its month if it exists, and repeat the run",
    ),
    Rule(
        check_id="D07-reversal",
        title="delivery dated before an earlier one",
        why="A round uses the delivery with the latest date: this one would never be used, and nobody would notice.",
        kinds=CLAIMS,
        severity="block",
        metrics=measure_reversal,
        expectation=NO_FINDINGS,
        expected="a delivery date on or after that of the delivery of an earlier month",
        cause="a mistyped date, or the file of an earlier month in this folder",
        action=REFUSED,
        next_step="have the date mended, or put the file into the folder of its month",
    ),
)
