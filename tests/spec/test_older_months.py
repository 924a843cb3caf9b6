"""Months that are older than those judged and as wrong: `claim_units.add_older_months` (checks U01 to U04)."""

import polars as pl
import pytest

from tests.spec.test_claim_units import DELIVERY, PRICE, VOLUME, claimed, judge, shift
from wlz.claims.units import add_older_months


def since(month: str) -> pl.Expr:
    return pl.col("care_month") >= pl.lit(f"{month}-01").str.to_date()


def test_older_months_at_the_wrong_price_are_counted_beside_what_is_judged() -> None:
    """Hours under the code of minutes since July 2016: half a year more than the months that are judged."""
    wrong = shift(claimed(), 60.0, 1 / 60, since("2016-07"))
    found = add_older_months(judge(wrong), wrong, DELIVERY, 1.25)
    assert found["older_eur"].to_list() == pytest.approx([6 * VOLUME * PRICE])


def test_older_months_at_another_price_are_not() -> None:
    wrong = shift(claimed(), 60.0, 1 / 60, since("2017-01"))
    assert add_older_months(judge(wrong), wrong, DELIVERY, 1.25)["older_eur"].to_list() == [None]


def test_a_volume_that_is_too_high_says_nothing_of_older_months() -> None:
    wrong = shift(claimed(), 1.0, 60.0)
    found = add_older_months(judge(wrong), wrong, DELIVERY, 1.25)
    assert found.select("status", "older_eur").rows() == [("volume_factor_60", None)]
