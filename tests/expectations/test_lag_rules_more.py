"""Rules on what the lag stage found (L08, L10, L11, V02, V03-level) and on the na-ijl as delivered (L09)."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from expectations import extra_items, lag
from expectations.judging.delivery_view import DeliveryView
from expectations.judging.results import CheckResult, list_findings_of
from expectations.judging.rule import Rule, measure, measure_table
from expectations.judging.runner import judge
from warehouse.settings import load_assumptions
from warehouse.tables.deliveries import KINDS
from wlz.lag.findings import MORE_FINDINGS_SCHEMA
from wlz.words.figures import pack_figures

MAY = date(2018, 5, 1)
LAG_RULES = {rule.check_id: rule for rule in lag.RULES}
KIND_OF = {
    "L08": "late_change",
    "L10": "calendar",
    "L11": "cover",
    "L14": "moved_level",
    "V02": "fall",
    "V03-level": "sudden_level",
}
SILENT = pack_figures({"since": date(2018, 1, 1), "expected_volume": 600.0})
NA_IJL = extra_items.RULES[0]


def found(finding: str, euro: float | None = 1000.0, national_ratio: float | None = None) -> pl.DataFrame:
    """What `list_more_findings` tells of one uitvoerder, beside a finding of another kind."""
    rows = [
        (finding, "DSW", None, "clean", pack_figures({}), euro, national_ratio),
        ("silent", "CZ", "Z110", None, SILENT, 60_000.0, None),
    ]
    return pl.DataFrame(rows, schema=MORE_FINDINGS_SCHEMA, orient="row")


def judge_lag(check_id: str, findings: pl.DataFrame) -> CheckResult:
    metrics = measure_table(
        LAG_RULES[check_id], findings, "completed_series", "declaraties-2018-05-abc", load_assumptions(2018)
    )
    (result,) = judge([metrics])
    assert result.outcome != "broken", result.message
    return result


# --- The lag stage --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check_id", KIND_OF)
def test_a_finding_fails_its_own_rule_and_is_booked_on_its_uitvoerder(check_id: str) -> None:
    result = judge_lag(check_id, found(KIND_OF[check_id], 60_000.0, national_ratio=0.001))
    assert (result.outcome, result.findings_count) == ("failed", 1)
    assert result.severity == ("info" if check_id == "L10" else "warn")
    assert result.observed == "none found"  # the words of this wording: those of real findings are in tests/spec
    assert result.at_stake_eur == Decimal("60000.00")
    assert list_findings_of([result], MAY)["wlz_uitvoerder"].to_list() == ["DSW"]


@pytest.mark.parametrize("check_id", KIND_OF)
def test_findings_of_other_kinds_pass(check_id: str) -> None:
    result = judge_lag(check_id, found("drift"))
    assert (result.outcome, result.observed) == ("passed", "none found")


@pytest.mark.parametrize(("euro", "outcome"), [(49_999.0, "passed"), (50_000.0, "failed")])
def test_intervals_that_lack_little_are_not_told(euro: float, outcome: str) -> None:
    assert judge_lag("L11", found("cover", euro)).outcome == outcome


def test_every_older_rule_books_its_findings_too() -> None:
    result = judge_lag("L05-silent", found("fall"))
    (row,) = list_findings_of([result], MAY).to_dicts()
    assert (row["wlz_uitvoerder"], row["prestatiecode"]) == ("CZ", "Z110")
    assert row["observed"] == "CZ, Z110: nothing since 2018-01, taken as not delivered (600 units)"


@pytest.mark.parametrize(("national_ratio", "severity"), [(0.004, "warn"), (0.006, "block")])
def test_a_sudden_level_of_half_a_percent_of_the_nation_blocks(national_ratio: float, severity: str) -> None:
    result = judge_lag("V03-level", found("sudden_level", 1e8, national_ratio))
    assert result.severity == severity
    assert result.is_blocking is (severity == "block")


def test_mack_tests_have_no_euro() -> None:
    result = judge_lag("L10", found("calendar", None))
    assert result.at_stake_eur is None
    assert "The amount at stake is not known" in result.message


# --- L09 ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def judge_na_ijl(make_view: Callable[..., DeliveryView]) -> Callable[..., CheckResult]:
    """The result of L09 on percentages of CZ and DSW."""

    def run(cz: float, dsw: float, **changes: object) -> CheckResult:
        rows = [(date(2018, 5, 2), 2016, "CZ", cz), (date(2018, 5, 2), 2016, "DSW", dsw)]
        frame = pl.DataFrame(rows, schema=KINDS["na_ijl"].schema, orient="row")
        view = make_view(frame, "na_ijl", assumptions=load_assumptions(2018), **changes)
        (result,) = judge([measure(NA_IJL, view)])
        assert result.outcome != "broken", result.message
        return result

    return run


@pytest.mark.parametrize(("cz", "dsw"), [(0.0, 0.147511), (-0.10, 0.15)])
def test_percentages_of_the_letter_pass(judge_na_ijl: Callable[..., CheckResult], cz: float, dsw: float) -> None:
    assert judge_na_ijl(cz, dsw).outcome == "passed"


@pytest.mark.parametrize(("percentage", "severity"), [(0.6, "warn"), (-0.6, "warn"), (1.5, "block"), (-1.5, "block")])
def test_a_percentage_outside_history_has_its_share_of_the_kader(
    judge_na_ijl: Callable[..., CheckResult], percentage: float, severity: str
) -> None:
    """CZ has the zorgkantoor with a kader of € 2 mln."""
    result = judge_na_ijl(percentage, 0.1)
    assert (result.outcome, result.severity, result.findings_count) == ("failed", severity, 1)
    assert result.observed == f"uitvoerder CZ, 2016: {percentage} %"
    assert result.at_stake_eur == Decimal(f"{abs(percentage) / 100 * 2_000_000:.2f}")
    assert list_findings_of([result], MAY)["wlz_uitvoerder"].to_list() == ["CZ"]


def test_without_a_kader_the_euro_is_not_known(judge_na_ijl: Callable[..., CheckResult]) -> None:
    result = judge_na_ijl(0.6, 0.1, kader_by_code=None)
    assert (result.outcome, result.at_stake_eur) == ("failed", None)


def test_rules_name_a_next_step_and_what_was_done() -> None:
    rules: list[Rule] = [LAG_RULES[check_id] for check_id in KIND_OF]
    assert all(rule.action and rule.next_step and rule.why for rule in [*rules, NA_IJL])
