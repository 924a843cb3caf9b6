"""Rules on providers that are late (L12, L12-large), and providers that the rules on claims call wrong."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from expectations import monitor
from expectations.judging.results import CheckResult, list_findings_of
from expectations.judging.rule import measure_table
from expectations.judging.runner import judge
from warehouse.tables.monitor import MONITOR_PROVIDER
from warehouse.tables.quality import CHECK_FINDINGS

MAY = date(2018, 5, 1)
DELIVERY = "declaraties-2018-05-abc"
RULES = {rule.check_id: rule for rule in monitor.RULES}
LIMITS = {"provider_hidden_warn_eur": 1_000_000.0}


def provider(agb: str, flag: str | None, hidden: int) -> dict[str, object]:
    return {
        "delivery_month": MAY,
        "agb_code": agb,
        "zorgkantoor_code": "5508",
        "zorgkantoorregio": "Nijmegen",
        "wlz_uitvoerder": "VGZ",
        "last_care_month": date(2018, 3, 1),
        "late_months": 1,
        "usual_month_eur": 3_000_000,
        "came_in_eur": 100_000,
        "expected_in_eur": 2_900_000,
        "declared_open_eur": 4_000_000,
        "expected_open_eur": 6_800_000,
        "hidden_eur": hidden,
        "zorgkantoor_share_ratio": 0.125,
        "provider_flag": flag,
        "wrong_check_ids": None,
        "wrong_eur": None,
    }


@pytest.fixture
def judge_monitor() -> Callable[..., CheckResult]:
    """Result of a rule on rows of the monitor."""

    def run(check_id: str, *rows: dict[str, object]) -> CheckResult:
        frame = pl.DataFrame(list(rows), schema=MONITOR_PROVIDER.schema)
        (result,) = judge([measure_table(RULES[check_id], frame, "monitor_provider", DELIVERY, LIMITS)])
        return result

    return run


CLEAN = (provider("99000001", None, 0), provider("99000002", "wrong", 0), provider("99000003", "stopped", 0))


def test_late_provider_rule_names_who_is_late_and_what_it_hides(judge_monitor):
    result = judge_monitor("L12", *CLEAN, provider("99000004", "late", 2_800_000))
    assert (result.outcome, result.severity, result.findings_count) == ("failed", "info", 1)
    assert result.observed == (
        "VGZ, zorgkantoor 5508, provider 99000004: € 100,000 came in of € 2.9 mln expected, claims up to 2018-03 "
        "(months behind most others: 1), € 2.8 mln hidden (12.5% of the zorgkantoor)"
    )
    assert result.at_stake_eur == Decimal("2800000.00")
    assert result.findings["wlz_uitvoerder"].to_list() == ["VGZ"]


@pytest.mark.parametrize("check_id", ["L12", "L12-large"])
def test_late_provider_rules_accept_providers_that_are_not_late(judge_monitor, check_id):
    """Wrong units and prices are told by their own checks; a provider that stopped hides nothing."""
    result = judge_monitor(check_id, *CLEAN)
    assert (result.outcome, result.at_stake_eur) == ("passed", None)
    assert result.observed.startswith("3 providers at a zorgkantoor, none")


@pytest.mark.parametrize(("hidden", "outcome"), [(1_000_000, "passed"), (1_000_001, "failed")])
def test_large_absence_rule_warns_above_its_limit(judge_monitor, hidden, outcome):
    result = judge_monitor("L12-large", *CLEAN, provider("99000004", "late and wrong", hidden))
    assert (result.outcome, result.severity) == (outcome, "warn")
    assert judge_monitor("L12", provider("99000004", "late and wrong", hidden)).outcome == "failed"


def test_late_provider_rules_say_that_nothing_was_judged_without_providers(judge_monitor):
    assert judge_monitor("L12").observed == "claims delivered without provider, so nothing was judged"


def test_wrong_providers_are_those_the_rules_on_claims_name(check_rule, claims):
    """A provider in hours under the code of minutes: found in its claims, stored, and read back."""
    minutes = pl.col("agb_code") == "99000001"
    hours = pl.lit(60.0)
    base = claims.filter(pl.col("zorgkantoor_code") == "5508", pl.col("prestatiecode") == "Z041")
    as_minutes = base.with_columns(pl.lit("H104").alias("prestatiecode"), pl.lit("01").alias("unit_code"))
    providers = pl.concat(
        as_minutes.with_columns(pl.lit(f"9900000{number}").alias("agb_code")) for number in range(1, 6)
    )
    recent = minutes & (pl.col("care_month") >= date(2018, 1, 1))
    wrong = providers.with_columns(pl.when(recent).then(pl.col("volume") / hours).otherwise("volume").alias("volume"))
    result = check_rule("U01", wrong)
    assert result.outcome == "failed"
    findings = list_findings_of([result], MAY)
    named = monitor.find_wrong_providers(findings, result.delivery_id)
    assert named.select("agb_code", "zorgkantoor_code", "check_id").rows() == [("99000001", "5508", "U01")]
    assert named["at_stake_eur"][0] == float(result.at_stake_eur)
    assert monitor.find_wrong_providers(findings, "another delivery").is_empty()


def test_who_is_wrong_is_a_key_and_not_in_the_words():
    findings = pl.DataFrame(
        [
            {"check_id": "P01", "delivery_id": DELIVERY, "observed": "other words", "agb_code": "99000001"}
            | {"zorgkantoor_code": "5508", "at_stake_eur": 12}
        ],
        schema=CHECK_FINDINGS.schema,
    )
    assert monitor.find_wrong_providers(findings, DELIVERY).rows() == [("99000001", "5508", "P01", 12.0)]


def test_late_provider_rules_carry_the_provider(judge_monitor):
    result = judge_monitor("L12", *CLEAN, provider("99000004", "late", 2_800_000))
    (row,) = list_findings_of([result], MAY).to_dicts()
    assert (row["wlz_uitvoerder"], row["zorgkantoor_code"], row["agb_code"]) == ("VGZ", "5508", "99000004")


def test_findings_without_a_provider_mark_nobody():
    about = {"wlz_uitvoerder": "VGZ", "zorgkantoor_code": "5508"}
    rows = [
        about | {"check_id": "U01", "observed": "VGZ, zorgkantoor 5508, provider 99000001, prestatie Z041"},
        about | {"check_id": "D08", "observed": "missing", "agb_code": "99000001"},
    ]
    findings = pl.DataFrame([row | {"delivery_id": DELIVERY} for row in rows], schema=CHECK_FINDINGS.schema)
    assert monitor.find_wrong_providers(findings, DELIVERY).is_empty()
