"""Judging: many deliveries in one pass, broken checks, empty metrics, speed."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest

from expectations.catalogue import RULES, check_deliveries, measure_delivery, rules_for
from expectations.judging.finding import as_records, keep_largest
from expectations.judging.results import format_euro, tell_refusals, to_frame
from expectations.judging.rule import (
    NO_FINDINGS,
    SEVERITIES,
    Escalation,
    ExpectationSpec,
    Rule,
    RuleMetrics,
    fill_thresholds,
    measure,
)
from expectations.judging.runner import judge
from warehouse.tables.quality import DATA_QUALITY
from wlz.words.counts import format_count

ONE_FINDING = pl.DataFrame([{"found": "something", "findings_count": 1, "at_stake_eur": 2.0}])
CLEAN = pl.DataFrame([{"found": "all well", "findings_count": 0, "at_stake_eur": 0.0}])
RULE = Rule(
    check_id="T01",
    title="planted rule",
    why="To see the judge at work.",
    kinds=("declaraties",),
    severity="block",
    metrics=lambda view: CLEAN,
    expectation=NO_FINDINGS,
    expected="no findings",
    action="Nothing",
    next_step="nothing",
)


def metrics_of(frame: pl.DataFrame, delivery_id: str = "a", rule: Rule = RULE, **changes: object) -> RuleMetrics:
    records = as_records(rule.check_id, frame)
    return RuleMetrics(rule, "declaraties", delivery_id, f"delivery {delivery_id}", records, **changes)


def outcomes(*measured: RuleMetrics) -> list[str]:
    return [result.outcome for result in judge(measured)]


def test_each_delivery_gets_its_own_outcome_in_the_order_given():
    other = replace(RULE, check_id="T02", severity="info")
    results = judge(
        [metrics_of(CLEAN), metrics_of(ONE_FINDING, "b", other), metrics_of(ONE_FINDING, "c"), metrics_of(CLEAN, "d")]
    )
    assert [result.outcome for result in results] == ["passed", "failed", "failed", "passed"]
    assert [(result.check_id, result.severity) for result in results][:2] == [("T01", "block"), ("T02", "info")]
    assert [result.is_blocking for result in results] == [False, False, True, False]


def test_a_warning_on_a_refused_delivery_does_not_say_it_is_used():
    warn = replace(RULE, check_id="T02", severity="warn", action="The delivery is used")
    judged = judge([metrics_of(ONE_FINDING), metrics_of(ONE_FINDING, rule=warn), metrics_of(ONE_FINDING, "b", warn)])
    block, warning, of_another = tell_refusals(judged)
    assert (block, of_another) == (judged[0], judged[2])
    assert warning.action == "Nothing of it is used: the delivery is refused by T01"
    assert "at stake. Nothing of it is used: the delivery is refused by T01. Next:" in warning.message
    assert "The delivery is used" not in warning.message
    (refused_later,) = tell_refusals(judged[2:], ["b"])
    assert refused_later.action == "Nothing of it is used: the delivery is refused"
    (overruled,) = tell_refusals([judged[0].accept("A. Vos", "known")], ["a"])
    assert overruled.action.endswith("is refused, though A. Vos accepted this (known)")


@pytest.mark.parametrize(("count", "words"), [(0, "0 rows"), (1, "1 row"), (0.6, "1 row"), (5876, "5,876 rows")])
def test_a_count_has_its_plural(count, words):
    assert format_count(count, "row") == words


def test_nothing_to_judge_gives_nothing():
    assert judge([]) == []
    assert to_frame([], date(2018, 5, 1), datetime(2018, 5, 29)).schema == DATA_QUALITY.schema


def test_a_rule_that_raises_is_broken_and_says_so(make_view, claims):
    def crash(view):
        raise ZeroDivisionError("division by zero")

    (result,) = judge([measure(replace(RULE, metrics=crash), make_view(claims))])
    assert (result.outcome, result.severity, result.is_blocking) == ("broken", "block", True)
    assert "ZeroDivisionError: division by zero" in result.message
    assert "says nothing about delivery declaraties-2018-05-abc" in result.message


def test_a_broken_warning_does_not_block(make_view, claims):
    rule = replace(RULE, severity="warn", metrics=lambda view: pl.DataFrame({"x": [1]}))
    (result,) = judge([measure(rule, make_view(claims))])
    assert (result.outcome, result.is_blocking) == ("broken", False)
    assert "lack findings_count, at_stake_eur" in result.message


def test_a_missing_assumption_breaks_the_rule_that_needs_it(make_view, claims):
    whole = make_view(claims).assumptions
    without = {name: value for name, value in whole.items() if name != "missing_month_block_ratio"}
    results = check_deliveries([make_view(claims, assumptions=without)])
    assert {result.check_id for result in results if result.outcome == "broken"} == {"L05"}


@pytest.mark.parametrize(
    "expectation",
    [
        ExpectationSpec("ExpectColumnValuesToBeBetween", {"column": "found", "max_value": 0}),  # text, not a number
        ExpectationSpec("ExpectColumnValuesToBeBetween", {"column": "absent", "max_value": 0}),
        ExpectationSpec("ExpectColumnValuesToBeBetween", {"column": "findings_count"}),  # refused by the library
        ExpectationSpec("ExpectNoSuchThing", {"column": "findings_count"}),
    ],
)
def test_an_exception_in_the_library_is_broken_never_failed_or_passed(expectation):
    rule = replace(RULE, expectation=expectation)
    assert outcomes(metrics_of(CLEAN, "a", rule), metrics_of(ONE_FINDING, "b", rule)) == ["broken", "broken"]


def test_an_exception_for_one_delivery_leaves_the_others_judged():
    text = CLEAN.with_columns(pl.lit("text").alias("findings_count"))
    assert outcomes(metrics_of(CLEAN), metrics_of(text, "b"), metrics_of(ONE_FINDING, "c")) == [
        "passed",
        "broken",
        "failed",
    ]


def test_empty_metrics_never_pass():
    results = judge([metrics_of(CLEAN), metrics_of(CLEAN.clear(), "b"), metrics_of(ONE_FINDING, "c")])
    assert [result.outcome for result in results] == ["passed", "broken", "failed"]
    assert "no rows, so nothing was judged" in results[1].message
    assert outcomes(metrics_of(CLEAN.clear())) == ["broken"]


def test_an_empty_metric_never_passes():
    unmeasured = CLEAN.with_columns(pl.lit(None, dtype=pl.Int64).alias("findings_count"))
    assert outcomes(metrics_of(CLEAN), metrics_of(unmeasured, "b")) == ["passed", "broken"]
    assert outcomes(metrics_of(unmeasured)) == ["broken"]


def test_an_expectation_on_the_whole_frame_is_judged_per_delivery():
    needs = ExpectationSpec("ExpectColumnDistinctValuesToContainSet", {"column": "found", "value_set": ["all well"]})
    rule = replace(RULE, expectation=needs)
    assert outcomes(metrics_of(ONE_FINDING, "a", rule), metrics_of(CLEAN, "b", rule)) == ["failed", "passed"]


def test_a_sentence_without_its_figure_makes_the_check_broken(make_view, claims):
    rule = replace(RULE, check_id="D06", metrics=lambda view: ONE_FINDING)  # D06 asks for a row and a month
    assert outcomes(measure(rule, make_view(claims))) == ["broken"]


def test_a_care_month_is_a_figure_unless_the_rule_declares_it(make_view, claims):
    by_month = ONE_FINDING.with_columns(pl.lit(date(2018, 3, 1)).alias("care_month"))
    rule = replace(RULE, metrics=lambda view: by_month)
    assert outcomes(measure(rule, make_view(claims))) == ["broken"]
    measured = measure(replace(rule, month_matters=True), make_view(claims))
    assert (measured.error, measured.frame["care_month"].to_list()) == (None, [date(2018, 3, 1)])


def test_severity_rises_above_the_threshold_only():
    rule = replace(RULE, severity="warn", escalation=Escalation("ratio", "limit"))
    frame = ONE_FINDING.with_columns(pl.lit(0.01).alias("ratio"))
    above, below = judge(
        [metrics_of(frame, "a", rule, block_above=0.005), metrics_of(frame, "b", rule, block_above=0.01)]
    )
    assert (above.severity, above.is_blocking) == ("block", True)
    assert (below.severity, below.is_blocking) == ("warn", False)


def test_euro_of_the_findings_is_added_and_named():
    frame = pl.concat([ONE_FINDING, ONE_FINDING.with_columns(pl.lit(92_300_000.5).alias("at_stake_eur")), CLEAN])
    (result,) = judge([metrics_of(frame)])
    assert (result.findings_count, result.at_stake_eur) == (2, Decimal("92300002.50"))
    assert "About € 92.3 mln is at stake" in result.message
    assert format_euro(Decimal("1234.5")) == "€ 1,234"


def test_message_names_check_delivery_found_expected_action_and_next_step(check_rule, claims):
    message = check_rule("D03", pl.concat([claims, claims.head(1)])).message
    for part in ("D03", "declaraties-2018-05-abc", "2018-05/declaraties.parquet", "expected", "€", "refused", "Next:"):
        assert part in message


def test_results_become_rows_of_the_contract(check, claims):
    results = list(check(pl.concat([claims, claims.head(1)])).values())
    frame = to_frame(results, date(2018, 5, 1), datetime(2018, 5, 29))
    assert frame.schema == DATA_QUALITY.schema
    assert frame.filter(pl.col("outcome") == "failed")["check_id"].to_list() == ["D03"]


def test_findings_are_sorted_by_euro_and_capped():
    findings = pl.DataFrame(
        {
            "found": [f"f{number}" for number in range(30)],
            "findings_count": 1,
            "at_stake_eur": pl.Series(range(30)) * 1.0,
        }
    )
    kept = keep_largest(findings)
    assert kept.height == 21
    assert kept["found"].to_list()[0] == "f29"
    assert kept["merged_count"].to_list() == [*[0] * 20, 10]
    assert kept.row(20, named=True) == {
        "found": None,
        "findings_count": 10,
        "at_stake_eur": 45.0,
        "merged_count": 10,
        "wording": "rest",
    }
    assert as_records("T01", kept)["observed"].to_list()[-1] == "10 more"


def test_declarations_are_sound():
    import great_expectations as gx

    assert len({rule.check_id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.severity in SEVERITIES
        assert getattr(gx.expectations, rule.expectation.type)(**rule.expectation.kwargs)


def test_rules_are_loaded_without_great_expectations_and_pandas():
    code = "import sys, expectations.catalogue; sys.exit(bool({'great_expectations', 'pandas'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_library_is_told_to_send_nothing():
    judge([metrics_of(CLEAN)])
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"


def test_judging_is_fast(make_view, claims):
    judge([metrics_of(CLEAN)])  # the import is not counted
    start = time.process_time()  # of this process: another worker may be busy
    judge(measure_delivery(make_view(claims)))
    one = time.process_time() - start
    measured = [m for number in range(17) for m in measure_delivery(make_view(claims, delivery_id=f"d{number}"))]
    start = time.process_time()
    assert len(judge(measured)) == 17 * len(rules_for("declaraties"))
    assert one < 2
    assert time.process_time() - start < 4


def test_people_read_values_not_names_of_assumptions(check_rule, claims, make_view):
    """The threshold stands in the message and in data_quality as the assumptions have it; the page keeps its name."""
    view = make_view(claims)
    assert fill_thresholds("at most partial_fall_ratio below € some_name", view.assumptions) == (
        "at most 20 % below € some_name"
    )
    result = check_rule("D08", claims)
    assert "at most 20 % below" in result.expected
