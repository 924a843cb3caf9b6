"""Claims beside the delivery before: a column that changed throughout (D14), and one row far from its series (V08)."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from expectations.judging.delivery_view import sum_claims
from expectations.judging.results import CheckResult
from warehouse.contract import MONEY

Check = Callable[..., CheckResult]
APRIL = date(2018, 4, 1)
LAST = date(2018, 4, 1)  # of the care months in the delivery before


@pytest.fixture
def judged(check_rule: Check, claims: pl.DataFrame) -> Callable[[pl.DataFrame], CheckResult]:
    """D14 on a delivery of May, after the clean claims as April told them."""
    before = sum_claims(claims.filter(pl.col("care_month") <= LAST))
    return lambda frame: check_rule("D14", frame, previous_sums=before, previous_month=APRIL)


def euro(factor: float) -> pl.Expr:
    return (pl.col("amount_eur").cast(pl.Float64) * factor).cast(MONEY)


def test_a_month_more_of_the_same_is_silent(judged, claims):
    assert judged(claims).outcome == "passed"


@pytest.mark.parametrize("factor", [60.0, 1000.0, 0.01, 2.0])
def test_volumes_in_another_scale_are_refused(judged, claims, factor):
    result = judged(claims.with_columns(pl.col("volume") * factor))
    assert result.is_blocking
    assert "column aantal is" in result.message


@pytest.mark.parametrize("factor", [1000.0, 100.0, 0.01, 10.0])
def test_amounts_in_another_scale_are_refused(judged, claims, factor):
    result = judged(claims.with_columns(euro(factor)))
    assert result.is_blocking
    assert "column bedrag is" in result.message


@pytest.mark.parametrize("factor", [2.0, 1.95, 0.5, 0.1])
def test_claims_twice_as_much_or_less_are_left_to_their_own_checks(judged, claims, factor):
    """A doubled (D05) or partial (D08) delivery: its prices stand."""
    assert judged(claims.with_columns(pl.col("volume") * factor, euro(factor))).outcome == "passed"


@pytest.mark.parametrize("factor", [3.0, 1000.0])
def test_claims_many_times_as_much_are_refused(judged, claims, factor):
    assert judged(claims.with_columns(pl.col("volume") * factor, euro(factor))).is_blocking


def test_volumes_and_amounts_turned_together_are_refused(judged, claims):
    result = judged(claims.with_columns(-pl.col("volume"), euro(-1.0)))
    assert result.is_blocking
    assert "column aantal has its sign turned" in result.message


def test_another_unit_throughout_is_refused_with_the_euro_of_what_stood(judged, claims):
    """24 months old enough (2016-01 to 2017-12) of € 100 × Σ(3000 + 20m) in 2016 and 2017 + € 500 × 24, three times."""
    result = judged(claims.with_columns(unit_code=pl.lit("81")))
    assert result.is_blocking
    each = 2 * 100 * sum(3000 + 20 * month for month in range(1, 13)) + 24 * 500
    assert result.at_stake_eur == Decimal(3 * each)


def test_care_months_moved_by_one_are_refused(judged, claims):
    moved = claims.filter(pl.col("care_month") <= LAST).with_columns(pl.col("care_month").dt.offset_by("1mo"))
    result = judged(moved)
    assert result.is_blocking
    assert "column zorgmaand is one month later" in result.message


def test_zorgkantoren_exchanged_within_an_uitvoerder_are_refused(check_rule, claims, places):
    """5508 and 5518 in each other's place, one of them twice as large; of € 15.1 mln told before half of it moved."""
    large = claims.with_columns(
        pl.when(pl.col("zorgkantoor_code") == "5518").then(euro(2.0)).otherwise("amount_eur").alias("amount_eur")
    )
    exchanged = large.with_columns(pl.col("zorgkantoor_code").replace({"5508": "5518", "5518": "5508"}))
    before = sum_claims(large.filter(pl.col("care_month") <= LAST))
    result = check_rule("D14", exchanged, previous_sums=before, previous_month=APRIL)
    assert result.is_blocking
    assert "column zorgkantoorcode names another zorgkantoor" in result.message


def test_a_correction_of_old_months_is_no_change_of_a_column(judged, claims):
    """A tenth of 2016 taken back in one zorgkantoor."""
    old = (pl.col("care_month") < date(2017, 1, 1)) & (pl.col("zorgkantoor_code") == "5522")
    corrected = claims.with_columns(
        pl.when(old).then(pl.col("volume") * 0.9).otherwise("volume").alias("volume"),
        pl.when(old).then(euro(0.9)).otherwise("amount_eur").alias("amount_eur"),
    )
    assert judged(corrected).outcome == "passed"


def test_the_first_delivery_has_nothing_before_it(check_rule, claims):
    assert check_rule("D14", claims).outcome == "passed"


FEBRUARY = pl.col("care_month") == date(2018, 2, 1)
ONE = FEBRUARY & (pl.col("zorgkantoor_code") == "5508") & (pl.col("prestatiecode") == "Z041")


@pytest.mark.parametrize(
    ("volume", "amount"), [(1000.0, 1.0), (1.0, 1000.0), (1000.0, 1000.0), (-1000.0, -1000.0), (25.0, 25.0)]
)
def test_one_row_far_from_its_series_is_refused(check_rule, claims, volume, amount):
    """Z041 of Nijmegen in February 2018: 3,040 units of € 100; a year of VGZ is about € 3.8 mln."""
    wrong = claims.with_columns(
        pl.when(ONE).then(pl.col("volume") * volume).otherwise("volume").alias("volume"),
        pl.when(ONE).then(euro(amount)).otherwise("amount_eur").alias("amount_eur"),
    )
    result = check_rule("V08", wrong)
    assert result.is_blocking
    assert result.findings_count == 1
    assert "uitvoerder VGZ, zorgkantoor 5508" in result.message


def test_clean_claims_have_no_such_row(check_rule, claims):
    assert check_rule("V08", claims).outcome == "passed"


def test_a_small_series_that_jumps_moves_no_year(check_rule, claims):
    """Z110 at 30 times its 10 units of € 50 is € 15,000, 0.4 % of the year of VGZ."""
    small = FEBRUARY & (pl.col("prestatiecode") == "Z110")
    wrong = claims.with_columns(
        pl.when(small).then(300.0).otherwise("volume").alias("volume"),
        pl.when(small).then(euro(30.0)).otherwise("amount_eur").alias("amount_eur"),
    )
    assert check_rule("V08", wrong).outcome == "passed"


def test_nineteen_times_the_median_is_left_to_other_checks(check_rule, claims):
    wrong = claims.with_columns(
        pl.when(ONE).then(pl.col("volume") * 19.0).otherwise("volume").alias("volume"),
        pl.when(ONE).then(euro(19.0)).otherwise("amount_eur").alias("amount_eur"),
    )
    assert check_rule("V08", wrong).outcome == "passed"


def test_a_series_of_one_month_is_passed_over(check_rule, claims):
    """A code that begins in January is no row out of its series."""
    new = claims.filter(ONE).with_columns(prestatiecode=pl.lit("Z051"))
    assert check_rule("V08", pl.concat([claims, new])).outcome == "passed"
