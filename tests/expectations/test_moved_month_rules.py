"""Months of claims told before that moved by more than the run-off explains (V09); three zorgkantoren, two prestaties.

The delivery of May 2018 stands beside that of April, which told months up to March 2018: January has lag 3 there.
"""

from collections.abc import Callable
from datetime import date

import polars as pl
import pytest

from expectations.judging.delivery_view import euro_by_month, sum_claims
from expectations.judging.results import CheckResult
from warehouse.contract import MONEY

APRIL = date(2018, 4, 1)
THIS_YEAR = pl.col("care_month") >= date(2018, 1, 1)
VGZ = pl.col("zorgkantoor_code") == "5508"
CODE = pl.col("prestatiecode")
Judged = Callable[..., CheckResult]


def times(claims: pl.DataFrame, factor: float, where: pl.Expr = pl.lit(True)) -> pl.DataFrame:  # noqa: B008
    """The claims with volume and amount of some rows multiplied."""
    return claims.with_columns(
        pl.when(where).then(pl.col("volume") * factor).otherwise("volume").alias("volume"),
        pl.when(where)
        .then(pl.col("amount_eur").cast(pl.Float64) * factor)
        .otherwise(pl.col("amount_eur").cast(pl.Float64))
        .cast(MONEY)
        .alias("amount_eur"),
    )


@pytest.fixture
def judged(check_rule: Judged, claims: pl.DataFrame, places: tuple[pl.DataFrame, pl.DataFrame]) -> Judged:
    """V09 on a delivery of May beside what April told: the clean claims unless others are given."""

    def run(frame: pl.DataFrame, earlier: pl.DataFrame = claims) -> CheckResult:
        known = earlier.filter(pl.col("care_month") < APRIL)
        previous = euro_by_month(known, *places).with_columns(pl.lit(APRIL).alias("delivery_month"))
        return check_rule("V09", frame, previous=previous, previous_sums=sum_claims(known), previous_month=APRIL)

    return run


def test_a_month_more_of_the_same_is_silent(judged, claims):
    assert judged(claims).outcome == "passed"


def test_a_first_delivery_is_silent(check_rule, claims):
    assert check_rule("V09", times(claims, 1.2)).outcome == "passed"


def test_months_of_this_year_raised_everywhere_are_named_per_zorgkantoor_with_their_year(judged, claims):
    """January of Z041 has 3,020 units at € 100: 20 % is € 60,400, over 365 of 31 days € 711,161; Z110 € 100."""
    result = judged(times(claims, 1.2, THIS_YEAR))
    assert result.findings_count == 3
    assert (
        "uitvoerder VGZ, zorgkantoor 5508: 2 prestaties (the largest Z041) rose by 20.0% in 2018-01" in result.message
    )
    year = (60_400 + 100) * 365 / 31
    assert float(result.at_stake_eur) == pytest.approx(3 * year, abs=0.1)


@pytest.mark.parametrize(("factor", "severity"), [(1.2, "warn"), (1.3, "block")])
def test_one_zorgkantoor_is_named_alone_and_refused_above_two_percent_of_its_year(judged, claims, factor, severity):
    """One month of twelve: 20 % of it is 1.6 % of the year, 30 % is 2.4 %."""
    result = judged(times(claims, factor, THIS_YEAR & VGZ))
    assert (result.findings_count, result.severity) == (1, severity)
    assert "zorgkantoor 5508" in result.message


def test_one_prestatie_is_named_alone(judged, claims):
    result = judged(times(claims, 1.2, THIS_YEAR & VGZ & (CODE == "Z041")))
    assert "1 prestatie (the largest Z041) rose by 20.0%" in result.message


def test_months_of_last_year_count_for_what_they_are(judged, claims):
    """Lag 4 to 12: April to December 2017. Nothing follows from it for other months but where the youngest moved."""
    last_year = pl.col("care_month").is_between(date(2017, 4, 1), date(2017, 11, 1))
    result = judged(times(claims, 1.2, last_year & VGZ))
    added = float(claims.filter(last_year & VGZ)["amount_eur"].sum()) * 0.2
    assert float(result.at_stake_eur) == pytest.approx(added, abs=0.1)
    assert result.is_blocking


@pytest.mark.parametrize("factor", [0.95, 0.8])
def test_months_that_fell_are_refused_where_they_are_too_much_of_a_year(judged, claims, factor):
    """A small fall is V02's; months that fell by more than a fifth, three or more of them, are D08's."""
    result = judged(times(claims, factor, pl.col("care_month") >= date(2017, 7, 1)))
    assert result.is_blocking is (factor == 0.8)
    assert ("fell by 20.0% in 2017-07 to 2018-01" in result.message) is (factor == 0.8)


def test_a_small_fall_is_left_to_v02(judged, claims):
    assert judged(times(claims, 0.85, THIS_YEAR & VGZ)).outcome == "passed"


# ---- silent twins ------------------------------------------------------------------------------------------------


def test_young_months_that_fill_up_are_silent(judged, claims):
    """February and March were half known in April, January for 95 %."""
    young = times(
        times(claims, 0.5, pl.col("care_month") > date(2018, 1, 1)), 0.95, pl.col("care_month") == date(2018, 1, 1)
    )
    assert judged(claims, young).outcome == "passed"


def test_a_zorgkantoor_that_was_late_and_caught_up_is_silent(judged, claims):
    """Its last month in April was January, half known, and December for 90 %."""
    late = claims.filter(~VGZ | (pl.col("care_month") <= date(2018, 1, 1)))
    late = times(late, 0.5, VGZ & (pl.col("care_month") == date(2018, 1, 1)))
    assert judged(claims, times(late, 0.9, VGZ & (pl.col("care_month") == date(2017, 12, 1)))).outcome == "passed"


def test_care_that_is_told_under_another_code_of_its_group_is_no_rise(judged, claims):
    """Z041 goes on under Z031, which was there: L05-family tells of that."""
    beside = claims.filter(CODE == "Z041").with_columns(prestatiecode=pl.lit("Z031"))
    both = pl.concat([claims, beside])
    moved = both.with_columns(
        pl.when(THIS_YEAR & (CODE == "Z041")).then(pl.lit("Z031")).otherwise(CODE).alias("prestatiecode")
    )
    assert judged(moved, both).outcome == "passed"
    assert judged(times(both, 1.9, THIS_YEAR & (CODE == "Z031")), both).findings_count == 3


@pytest.mark.parametrize("factor", [2.0, 100.0, 0.5])
def test_what_other_rules_refuse_is_not_told_twice(judged, claims, factor):
    """Doubled (D05), in another scale (D14), partial (D08)."""
    assert judged(times(claims, factor)).outcome == "passed"


def test_closed_months_are_left_to_l08(judged, claims):
    assert judged(times(claims, 1.2, pl.col("care_month") < date(2017, 4, 1))).outcome == "passed"


def test_a_zorgkantoor_or_month_without_a_row_is_left_to_l01_and_l05(judged, claims):
    assert judged(claims.filter(~VGZ)).outcome == "passed"
    assert judged(claims.filter(~(VGZ & (pl.col("care_month") == date(2017, 10, 1))))).outcome == "passed"
