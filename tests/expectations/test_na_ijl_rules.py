"""Percentages of na-ijl beside the delivery before: moved, gone, of another year (L09-moved).

Kaders of € 1 mln (VGZ), 2 mln (CZ) and 0.4 mln (DSW).
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from expectations.judging.results import CheckResult
from warehouse.tables.deliveries import KINDS

Check = Callable[..., CheckResult]
MAY = date(2018, 5, 15)


def frame(kind: str, rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    """Rows of a kind in contract columns."""
    return pl.DataFrame(rows, schema=KINDS[kind].schema, orient="row")


def test_na_ijl_in_another_unit_or_gone_is_named_with_its_euro(check_rule: Check) -> None:
    """VGZ 0.10 %, CZ 0.08 % of kaders of € 1 and 2 mln: a hundredth of it moves VGZ by 0.099 % and CZ by 0.0792 %.

    Beside that a right percentage might have moved by 0.05 % the other way: € 500 and € 1,000.
    """
    rows = [(MAY, 2016, "VGZ", 0.10), (MAY, 2016, "CZ", 0.08)]
    now = frame("na_ijl", rows)
    before = now.with_columns(reference_year=pl.lit(2015, pl.Int32))
    assert check_rule("L09-moved", now, "na_ijl", before=before).outcome == "passed"
    result = check_rule("L09-moved", now.with_columns(pl.col("lag_percentage") / 100), "na_ijl", before=before)
    assert (result.is_blocking, result.at_stake_eur) == (False, Decimal("4074.00"))
    ended = pl.concat([before, frame("na_ijl", [(MAY, 2015, "Salland", 0.1325)])])
    assert check_rule("L09-moved", now, "na_ijl", before=ended).outcome == "passed"
    gone = check_rule("L09-moved", now.head(1), "na_ijl", before=before)
    assert gone.at_stake_eur == Decimal("2600.00")


@pytest.mark.parametrize(
    ("change", "euro"),
    [
        (lambda percent: percent / 100, "2286.00"),
        (lambda percent: -percent, "3700.00"),
        (lambda percent: percent * 0, "2300.00"),
    ],
    ids=["a hundredth", "the other sign", "nothing"],
)
def test_what_the_others_moved_is_named_with_the_one_that_is_far(
    check_rule: Check, change: Callable[[pl.Expr], pl.Expr], euro: str
) -> None:
    """VGZ 0.10 % of € 1 mln is far; CZ, 0.02 % of € 2 mln, never moves by 0.05 %, and moves with it.

    A hundredth: VGZ 0.099 + 0.05, CZ 0.0198 + 0.02; the other sign: 0.20 + 0.05 and 0.04 + 0.02 (not more than it is).
    """
    now = frame("na_ijl", [(MAY, 2016, "VGZ", 0.10), (MAY, 2016, "CZ", 0.02)])
    before = now.with_columns(reference_year=pl.lit(2015, pl.Int32))
    result = check_rule("L09-moved", now.with_columns(change(pl.col("lag_percentage"))), "na_ijl", before=before)
    assert result.at_stake_eur == Decimal(euro)
    assert "uitvoerder VGZ: " in result.observed
    assert "1 other by less, or told for the first time" in result.observed


def test_one_that_had_no_percentage_before_is_named_beside_those_that_moved(check_rule: Check) -> None:
    """A concession that passed on: CZ is told for the first time, and what is right of it nobody knows: up to 0.15 %.

    VGZ from 0.10 to −0.10 % of € 1 mln: 0.20 + 0.05 %; CZ −0.08 % of € 2 mln: 0.08 + 0.15 %.
    """
    now = frame("na_ijl", [(MAY, 2016, "VGZ", -0.10), (MAY, 2016, "CZ", -0.08)])
    before = frame("na_ijl", [(MAY, 2015, "VGZ", 0.10)])
    assert check_rule("L09-moved", now, "na_ijl", before=before).at_stake_eur == Decimal("7100.00")
    right = now.with_columns(pl.col("lag_percentage").abs())
    assert check_rule("L09-moved", right, "na_ijl", before=before).outcome == "passed"


def test_percentages_that_all_move_a_little_are_no_finding(check_rule: Check) -> None:
    """0.10 and 0.02 % where 0.06 and 0.05 % stood: 0.04 and 0.03 %."""
    now = frame("na_ijl", [(MAY, 2016, "VGZ", 0.10), (MAY, 2016, "CZ", 0.02)])
    before = frame("na_ijl", [(MAY, 2015, "VGZ", 0.06), (MAY, 2015, "CZ", 0.05)])
    assert check_rule("L09-moved", now, "na_ijl", before=before).outcome == "passed"


@pytest.mark.parametrize("before", [None, [(MAY, 2015, "VGZ", 0.10)]], ids=["first", "after 2015"])
def test_na_ijl_of_a_year_that_no_advice_takes_yet_is_named(
    check_rule: Check, before: list[tuple[date, int, str, float]] | None
) -> None:
    """The advice of 2018 takes 2016. VGZ 0.10 and CZ 0.02 % of € 1 and 2 mln, and 0.05 % beside each."""
    earlier = None if before is None else frame("na_ijl", before)
    later = frame("na_ijl", [(MAY, 2017, "VGZ", 0.10), (MAY, 2017, "CZ", 0.02)])
    result = check_rule("L09-moved", later, "na_ijl", before=earlier)
    assert (result.outcome, result.is_blocking, result.at_stake_eur) == ("failed", False, Decimal("2900.00"))
    assert "told of 2017, while the advice of this year takes 2016" in result.observed
    both = pl.concat([later, later.with_columns(reference_year=pl.lit(2016, pl.Int32))])
    assert check_rule("L09-moved", both, "na_ijl").outcome == "passed"
