"""Rules on a stage's tables: engines that disagree (F02), volume without a price (P05); who has a kader (L01)."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from expectations import prices, utilisation, volumes
from expectations.judging.results import CheckResult
from expectations.judging.rule import Rule, measure_table
from expectations.judging.runner import judge
from expectations.volumes import CLAIM_RULES, FLAG_RULES
from warehouse.settings import load_assumptions
from warehouse.tables.volumes import VOLUME_CHECK

ASSUMPTIONS = dict(load_assumptions(2018))

(DISAGREEMENT,) = volumes.RULES
(MISSING_PRICE,) = prices.RULES


def judge_one(rule: Rule, frame: pl.DataFrame) -> CheckResult:
    (result,) = judge([measure_table(rule, frame, rule.kinds[0], "declaraties-2018-05-abc", ASSUMPTIONS)])
    assert result.outcome != "broken", result.message
    return result


# --- F02 ----------------------------------------------------------------------------------------------------------


def volume_check(*differences: float | None) -> pl.DataFrame:
    """A refit of Z025 per difference; None is a series that could not be refitted."""
    rows = [
        (
            date(2018, 5, 1),
            "letter",
            "Z025",
            f"uitvoerder {number}",
            "AAA",
            1000.0,
            None if difference is None else 1000.0 / (1 + difference),
            difference,
            "too short" if difference is None else None,
        )
        for number, difference in enumerate(differences)
    ]
    return pl.DataFrame(rows, schema=VOLUME_CHECK.schema, orient="row")


def test_disagreement_rule_flags_a_series_that_differs_by_more_than_ten_percent():
    result = judge_one(DISAGREEMENT, volume_check(0.02, 0.25, -0.01))
    assert (result.outcome, result.severity, result.findings_count) == ("failed", "info", 1)
    assert "Z025/uitvoerder 1: ours 1,000, statsmodels 800 (25.0 %)" in result.message
    assert not result.is_blocking
    assert result.action == "The forecast is used"


@pytest.mark.parametrize("differences", [(0.02, -0.01), (0.1, -0.1), (0.05, None)])
def test_disagreement_rule_accepts_series_within_ten_percent(differences):
    result = judge_one(DISAGREEMENT, volume_check(*differences))
    assert (result.outcome, result.findings_count) == ("passed", 0)


def test_disagreement_rule_looks_at_both_directions():
    assert judge_one(DISAGREEMENT, volume_check(-0.11)).outcome == "failed"


@pytest.mark.parametrize("check", [volume_check(), volume_check(None, None)])
def test_disagreement_rule_accepts_a_small_demo_without_a_refit(check):
    result = judge_one(DISAGREEMENT, check)
    assert (result.outcome, result.observed) == ("passed", "no series could be refitted")


# --- P05 ----------------------------------------------------------------------------------------------------------


def without_price(*amounts: str | None) -> pl.DataFrame:
    """A series without a price per amount it would cost at the national mean; None when there is no mean either."""
    rows = [("Z041", f"uitvoerder {n}", 1200.4, amount and Decimal(amount)) for n, amount in enumerate(amounts)]
    schema = {
        "prestatiecode": pl.String,
        "wlz_uitvoerder": pl.String,
        "forecast_year_volume": pl.Float64,
        "amount_at_stake_eur": pl.Decimal(18, 2),
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_missing_price_rule_flags_a_volume_without_a_price_and_its_euro():
    result = judge_one(MISSING_PRICE, without_price("120040.00"))
    assert (result.outcome, result.severity, result.findings_count) == ("failed", "warn", 1)
    assert result.at_stake_eur == Decimal("120040.00")
    assert "Z041/uitvoerder 0: 1,200 units without a price" in result.message
    assert "About € 120,040 is at stake" in result.message
    assert not result.is_blocking


def test_missing_price_rule_accepts_a_price_for_every_volume():
    result = judge_one(MISSING_PRICE, without_price())
    assert (result.outcome, result.observed, result.at_stake_eur) == ("passed", "every volume has a price", None)


def test_missing_price_rule_counts_all_and_names_the_dearest_first():
    amounts = [f"{1000 * number}.00" for number in range(1, 26)]
    result = judge_one(MISSING_PRICE, without_price(*amounts))
    assert (result.findings_count, result.at_stake_eur) == (25, sum(Decimal(amount) for amount in amounts))
    assert result.observed.startswith("Z041/uitvoerder 24: ")
    assert result.observed.endswith("and 5 more")


def test_missing_price_rule_flags_a_volume_nobody_has_a_price_for():
    result = judge_one(MISSING_PRICE, without_price(None))
    assert (result.outcome, result.at_stake_eur) == ("failed", None)
    assert "The amount at stake is not known" in result.message


# --- L01: zorgkantoren with a kader ------------------------------------------------------------------------------

NIJMEGEN, HAAGLANDEN, WESTLAND = "5508", "5518", "5522"
WITHOUT_NIJMEGEN = pl.col("zorgkantoor_code") != NIJMEGEN


def test_absence_rule_flags_a_zorgkantoor_with_a_kader(check_rule, claims):
    result = check_rule("L01", claims.filter(WITHOUT_NIJMEGEN), kader_by_code={NIJMEGEN: 5.0, HAAGLANDEN: 7.0})
    assert (result.outcome, result.findings_count) == ("failed", 1)
    assert result.at_stake_eur == Decimal("5.00")  # all of its kader
    assert "VGZ, Nijmegen (zorgkantoor 5508): 0 rows" in result.message


def test_absence_rule_accepts_a_zorgkantoor_without_a_kader(check_rule, claims):
    """A delivery of two zorgkantoren with the kader of those two, as in small examples: nobody is missing."""
    codes = {HAAGLANDEN: 1.0, WESTLAND: 1.0}
    result = check_rule("L01", claims.filter(WITHOUT_NIJMEGEN), kader_by_code=codes)
    assert (result.outcome, result.observed) == ("passed", "2 as expected")


def test_absence_rule_without_any_kader_expects_every_zorgkantoor_of_the_day(check_rule, claims):
    """Also 5519, which the clean claims do not have; not 5533, which starts in 2020."""
    result = check_rule("L01", claims.filter(WITHOUT_NIJMEGEN), kader_by_code=None)
    assert (result.outcome, result.findings_count) == ("failed", 2)
    assert "5508" in result.observed
    assert "5519" in result.observed
    assert "5533" not in result.observed


def test_absence_rule_asks_nothing_of_a_code_that_no_longer_holds(check_rule, claims):
    """A kader that still names 5533 before 2020 expects no claims of it: D02 would refuse them."""
    assert check_rule("L01", claims, kader_by_code={HAAGLANDEN: 1.0, "5533": 1.0}).outcome == "passed"


def test_absence_rule_flags_a_zorgkantoor_that_stopped(check_rule, claims):
    """Eight silent months would otherwise be forecast as if nothing had happened."""
    stopped = claims.filter(WITHOUT_NIJMEGEN | (pl.col("care_month") <= date(2017, 9, 1)))
    result = check_rule("L01", stopped)
    assert (result.outcome, result.at_stake_eur) == ("failed", Decimal("250000.00"))
    assert "nothing after 2017-09" in result.message


# --- V05: claims without a forecast, K02: expectation without a kader ---------------------------------------------


def test_unforecast_claims_rule_flags_a_new_code_with_its_euro():
    claimed = pl.DataFrame(
        {"prestatiecode": ["H906"], "wlz_uitvoerder": ["CZ"], "declared_amount_eur": [Decimal("1500000.00")]},
        schema_overrides={"declared_amount_eur": pl.Decimal(18, 2)},
    )
    result = judge([measure_table(CLAIM_RULES[0], claimed, "revenue", "d1", ASSUMPTIONS)])[0]
    assert (result.outcome, result.severity, result.at_stake_eur) == ("failed", "warn", Decimal("1500000.00"))
    assert "H906/CZ: € 1.5 mln claimed, forecast 0;" in result.message
    clean = judge([measure_table(CLAIM_RULES[0], claimed.clear(), "revenue", "d1", ASSUMPTIONS)])[0]
    assert clean.outcome == "passed"


def test_flags_of_series_are_told_in_euro_as_elsewhere():
    flagged = pl.DataFrame(
        [("Z041", "CZ", "level_shift", 2_345_678.9, 12_345.6, 2_345_678.9)],
        ["prestatiecode", "wlz_uitvoerder", "flag", "expected_eur", "last_year_eur", "at_stake_eur"],
        orient="row",
    )
    rule = next(rule for rule in FLAG_RULES if rule.check_id == "V04")
    (result,) = judge([measure_table(rule, flagged, "revenue", "d1", {"forecast_jump_minimum_eur": 1.0})])
    assert "Z041/CZ: level_shift, € 2.3 mln expected, € 12,346 last year;" in result.message


def test_missing_kader_rule_flags_a_region_without_one():
    rows = pl.DataFrame(
        {
            "level": ["region", "region"],
            "zorgkantoorregio": ["Nijmegen", "Haaglanden"],
            "part": ["zin", "zin"],
            "expected_eur": [Decimal("12000.00"), Decimal("5.00")],
            "budget_eur": [Decimal("0.00"), Decimal("10.00")],
        },
        schema_overrides={"expected_eur": pl.Decimal(18, 2), "budget_eur": pl.Decimal(18, 2)},
    )
    result = judge([measure_table(utilisation.RULES[0], rows, "utilisation", "d1", ASSUMPTIONS)])[0]
    assert (result.outcome, result.findings_count, result.at_stake_eur) == ("failed", 1, Decimal("12000.00"))
    assert "Nijmegen, zin: € 12,000 expected;" in result.message
    clean = judge([measure_table(utilisation.RULES[0], rows.tail(1), "utilisation", "d1", ASSUMPTIONS)])[0]
    assert clean.outcome == "passed"
