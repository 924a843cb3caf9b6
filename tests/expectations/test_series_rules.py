"""Rules on the run of one delivery over months: absent uitvoerder (L01), missing month (L05)."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from expectations.intake.quarantine import split_rows
from warehouse.settings import load_assumptions
from warehouse.tables.deliveries import DECLARATIES

FEW_BLOCKS = {**load_assumptions(2018), "missing_month_block_ratio": 0.5}
VGZ, DAY_CARE = pl.col("zorgkantoor_code") == "5508", pl.col("prestatiecode") == "Z041"


def without(claims: pl.DataFrame, month: date, where: pl.Expr = VGZ & DAY_CARE) -> pl.DataFrame:
    return claims.filter(~(where & (pl.col("care_month") == month)))


def test_absence_rule_flags_an_uitvoerder_without_rows(check_rule, claims):
    result = check_rule("L01", claims.filter(~VGZ))
    assert (result.outcome, result.severity, result.findings_count) == ("failed", "warn", 1)
    assert "VGZ, Nijmegen (zorgkantoor 5508): 0 rows" in result.message
    assert result.at_stake_eur == Decimal("1000000.00")  # its zin kader
    assert not result.is_blocking


def test_absence_rule_expects_only_regions_of_the_delivery_month(check_rule, claims):
    result = check_rule("L01", claims)  # De Friesland has a code from 2020 only
    assert (result.outcome, result.observed) == ("passed", "3 as expected")


def test_missing_month_is_flagged_with_its_euro(check_rule, claims):
    result = check_rule("L05", without(claims, date(2017, 6, 1)))
    assert (result.outcome, result.findings_count) == ("failed", 1)
    assert result.at_stake_eur == Decimal("312000.00")  # mean of May and July
    assert (
        "uitvoerder VGZ, prestatie Z041, 2017-06: no volume, usually about 3,120 units; expected volume"
        in result.message
    )


def test_month_of_zero_volume_is_missing_too(check_rule, claims, change_rows):
    hit = VGZ & DAY_CARE & (pl.col("care_month") == date(2017, 6, 1))
    assert check_rule("L05", change_rows(claims, hit, volume=0.0, amount_eur=0.0)).outcome == "failed"


def test_missing_month_blocks_above_its_share_of_revenue(check_rule, claims):
    planted = without(claims, date(2017, 6, 1))
    result = check_rule("L05", planted)
    assert (result.severity, result.is_blocking) == ("block", True)  # a twelfth of the year
    assert result.action.startswith("The delivery is refused")
    limits = {"missing_month_minimum_lag_months": 4, "control_total_tolerance_eur": 0.01}
    result = check_rule("L05", planted, assumptions={**limits, "missing_month_block_ratio": 0.1})
    assert (result.outcome, result.severity, result.is_blocking) == ("failed", "warn", False)
    assert result.action.startswith("The delivery is used")


@pytest.mark.parametrize(
    ("planted", "words"),
    [
        ({"prestatiecode": "X999"}, "1 row of an unknown prestatie in this month in quarantine (€ 312,000)"),
        ({"unit_code": "31"}, "1 row of it in quarantine (€ 312,000)"),
        ({"volume": -3120.0}, "1 row of it in quarantine (€ 312,000)"),
    ],
)
def test_a_month_set_apart_is_said_and_its_euro_left_to_that_rule(check, claims, change_rows, planted, words):
    """The row of June 2017 is there and cannot be used: nothing is missing that the rule on rows does not count.

    Nor does it refuse the delivery, though a month of twelve is more than what may be missing.
    """
    june = VGZ & DAY_CARE & (pl.col("care_month") == date(2017, 6, 1))
    delivered = change_rows(claims, june, **planted)
    kept, apart = split_rows(delivered, DECLARATIES, {"Z041", "Z110"}, {"14"})
    results = check(delivered, kept=kept, quarantined=apart, assumptions=FEW_BLOCKS)
    told = results["L05"]
    assert f"no volume, usually about 3,120 units; {words}; expected volume in every month" in told.message
    assert (told.is_blocking, told.at_stake_eur) == (False, Decimal("0.00"))
    assert not check(delivered, kept=kept, quarantined=apart)["L05"].is_blocking
    assert check(delivered.filter(~june))["L05"].is_blocking
    assert results["D02-rows" if "volume" not in planted else "P02"].at_stake_eur == Decimal("312000.00")


def test_a_month_partly_set_apart_keeps_the_rest_of_its_euro(check_rule, claims, change_rows):
    """Of two missing series of June the rows of an unknown prestatie are worth less than both: shared by their euro."""
    june = VGZ & (pl.col("care_month") == date(2017, 6, 1))
    other = claims.filter(VGZ & DAY_CARE).with_columns(prestatiecode=pl.lit("Z110"), volume=pl.col("volume") / 2)
    both = pl.concat([claims.filter(~(VGZ & ~DAY_CARE)), other])
    lost = change_rows(both, june & DAY_CARE, prestatiecode="X999").filter(
        ~(june & ~pl.col("prestatiecode").eq("X999"))
    )
    kept, apart = split_rows(lost, DECLARATIES, {"Z041", "Z110"}, {"14"})
    result = check_rule("L05", lost, kept=kept, quarantined=apart, assumptions=FEW_BLOCKS)
    assert (result.findings_count, result.at_stake_eur) == (2, Decimal("312000.00"))  # of € 624,000 missing


def test_second_gap_nearby_does_not_hide_the_first(check_rule, claims):
    planted = without(without(claims, date(2017, 6, 1)), date(2017, 8, 1))
    assert check_rule("L05", planted).findings_count == 2


@pytest.mark.parametrize(("month", "outcome"), [(date(2018, 1, 1), "failed"), (date(2018, 2, 1), "passed")])
def test_young_months_may_be_empty(check_rule, claims, month, outcome):
    assert check_rule("L05", without(claims, month)).outcome == outcome


def test_months_still_filling_up_do_not_hide_a_gap(check_rule, claims, change_rows):
    young = VGZ & (pl.col("care_month") >= date(2018, 3, 1))
    filling = change_rows(claims, young, volume=10.0, amount_eur=1000.0)
    assert check_rule("L05", without(filling, date(2018, 1, 1))).outcome == "failed"


def test_series_that_stops_is_not_a_missing_month(check_rule, claims):
    stopped = claims.filter(~(VGZ & DAY_CARE & (pl.col("care_month") > date(2017, 6, 1))))
    assert check_rule("L05", stopped).outcome == "passed"


def test_small_series_may_have_honest_zeros(check_rule, claims):
    small = VGZ & (pl.col("prestatiecode") == "Z110")
    assert check_rule("L05", without(claims, date(2017, 6, 1), small)).outcome == "passed"


def test_unsteady_series_may_have_honest_zeros(check_rule, claims, change_rows):
    month = pl.col("care_month").dt.month()
    uneven = claims.with_columns(
        pl.when(VGZ).then(pl.col("volume") * (month % 3 + 1)).otherwise("volume").alias("volume")
    )
    assert check_rule("L05", without(uneven, date(2017, 6, 1))).outcome == "passed"
