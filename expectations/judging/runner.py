"""Judging: the only module that imports Great Expectations and pandas, and the only step from Polars to pandas.

Great Expectations reads no Polars and takes seconds to import, so it is imported when the first frame is judged, and it
judges small metrics frames only: one validation for all rules and deliveries that are judged alike.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import polars as pl
import polars.selectors as cs

from expectations.judging.results import CheckResult, broken_result, failed_result, passed_result
from expectations.judging.rule import ExpectationSpec, Rule, RuleMetrics, error_text

_GX_SEVERITY = {"block": "critical", "warn": "warning", "info": "info"}
_ROW = "metric_row"


@dataclass(frozen=True)
class _Verdict:
    """What a validation said: rows turned down, rows without a metric, or why it could not judge at all."""

    failing: frozenset[int] = frozenset()
    unmeasured: frozenset[int] = frozenset()
    cause: str | None = None
    told_apart: bool = True


def judge(results: Sequence[RuleMetrics]) -> list[CheckResult]:
    """A result per measured rule and delivery, in the order given. Never raises: what cannot be judged is ``broken``.

    >>> judge([measure(rule, view) for view in views for rule in rules_for(view.kind)])  # doctest: +SKIP
    """
    judged: dict[int, CheckResult] = {}
    alike: dict[object, list[int]] = {}
    for position, metrics in enumerate(results):
        if metrics.error is not None:
            judged[position] = broken_result(metrics, metrics.error)
        elif metrics.frame.is_empty():
            judged[position] = _judge_alike([metrics])[0]
        else:
            alike.setdefault(_way_of_judging(metrics.rule), []).append(position)
    for positions in alike.values():
        judged.update(zip(positions, _judge_alike([results[position] for position in positions]), strict=True))
    return [judged[position] for position in range(len(results))]


def _way_of_judging(rule: Rule) -> object:
    """Rules with the same expectation and severity are judged in one validation: it costs as much as one of them."""
    kwargs = {name: repr(value) for name, value in rule.expectation.kwargs.items()}
    return rule.expectation.type, tuple(sorted(kwargs.items())), rule.severity


def _judge_alike(group: Sequence[RuleMetrics]) -> list[CheckResult]:
    """Results of rules judged alike: all in one validation, one by one when it cannot tell which one is at fault."""
    verdict = _validate(group)
    if len(group) > 1 and (verdict.cause is not None or not verdict.told_apart):
        return [result for metrics in group for result in _judge_alike([metrics])]
    results, first = [], 0
    for metrics in group:
        rows = range(first, first + metrics.frame.height)
        results.append(_result_of(metrics, verdict, rows))
        first += metrics.frame.height
    return results


def _result_of(metrics: RuleMetrics, verdict: _Verdict, rows: range) -> CheckResult:
    if verdict.cause is not None:
        return broken_result(metrics, verdict.cause)
    if verdict.unmeasured.intersection(rows):
        columns = ", ".join(metrics.rule.expectation.columns)
        return broken_result(metrics, f"a metric is empty ({columns}), so nothing was judged")
    failing = [row - rows.start for row in rows if row in verdict.failing]
    try:
        return failed_result(metrics, metrics.frame[failing]) if failing else passed_result(metrics)
    except Exception as error:  # a mistake in the rule's own words
        return broken_result(metrics, error_text(error))


def _validate(group: Sequence[RuleMetrics]) -> _Verdict:
    rule = group[0].rule
    try:
        frame = _joint_frame(group)
        outcomes = _run_expectations(frame, rule, len(group))
    except Exception as error:  # a wrong expectation type or argument, or a frame that does not fit
        return _Verdict(cause=error_text(error))
    exceptions = [text for outcome in outcomes if (text := _exception_in(outcome.exception_info))]
    if exceptions:
        return _Verdict(cause=f"{rule.expectation.type} raised: {exceptions[0]}")
    row_count, *not_null, judged = outcomes
    if not row_count.success:
        return _Verdict(cause="the metrics frame has no rows, so nothing was judged")
    unmeasured = frozenset(row for outcome in not_null for row in _unexpected_rows(outcome) or ())
    failing = _unexpected_rows(judged)
    if failing is None:  # judged as a whole: one outcome for every row
        rows = frozenset() if judged.success else frozenset(range(frame.height))
        return _Verdict(failing=rows, unmeasured=unmeasured, told_apart=False)
    return _Verdict(failing=failing, unmeasured=unmeasured)


def _joint_frame(group: Sequence[RuleMetrics]) -> pl.DataFrame:
    columns = list(dict.fromkeys(group[0].rule.expectation.columns))
    frames = [
        metrics.frame.with_columns(pl.lit(metrics.delivery_id).alias("delivery_id")).select(
            "delivery_id", *(name for name in columns if name in metrics.frame.columns)
        )
        for metrics in group
    ]
    joint = pl.concat(frames, how="diagonal_relaxed").with_columns(cs.decimal().cast(pl.Float64))
    return joint.with_row_index(_ROW)


def _run_expectations(frame: pl.DataFrame, rule: Rule, minimum_rows: int) -> list[Any]:
    """Outcomes in the order of the suite: row count, a value in every judged column, the rule's own expectation."""
    gx, batch_definition = _great_expectations()
    specs = [
        ExpectationSpec("ExpectTableRowCountToBeBetween", {"min_value": minimum_rows}),
        *(ExpectationSpec("ExpectColumnValuesToNotBeNull", {"column": name}) for name in rule.expectation.columns),
        rule.expectation,
    ]
    severity = _GX_SEVERITY[rule.severity]
    expectations = [
        getattr(gx.expectations, spec.type)(**spec.kwargs, severity=severity, meta={"position": position})
        for position, spec in enumerate(specs)
    ]
    batch = batch_definition.get_batch({"dataframe": frame.to_pandas()})
    form = {"result_format": "COMPLETE", "unexpected_index_column_names": ["delivery_id", _ROW]}
    suite = gx.ExpectationSuite(name=f"{rule.expectation.type} {severity}", expectations=expectations)
    outcomes = batch.validate(suite, result_format=form).results
    if len(outcomes) != len(specs):
        raise RuntimeError(f"expected {len(specs)} outcomes from Great Expectations, found {len(outcomes)}")
    return sorted(outcomes, key=lambda outcome: outcome.expectation_config.meta["position"])


@cache
def _great_expectations() -> tuple[Any, Any]:
    """The library and one in-memory place for frames, once per process: no files, no bars, nothing sent out."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    asset = context.data_sources.add_pandas("metrics").add_dataframe_asset("metrics")
    return gx, asset.add_batch_definition_whole_dataframe("metrics")


def _unexpected_rows(outcome: Any) -> frozenset[int] | None:
    """Rows the expectation turned down; None when it judges the frame as a whole."""
    if "unexpected_index_list" not in outcome.result:
        return None
    return frozenset(int(row[_ROW]) for row in outcome.result["unexpected_index_list"] or ())


def _exception_in(info: Mapping[str, Any] | None) -> str | None:
    """The first exception message; the library reports it flat or once per metric."""
    if not info:
        return None
    entries = [info] if "raised_exception" in info else list(info.values())
    for entry in entries:
        if entry.get("raised_exception"):
            return str(entry.get("exception_message") or "no message").strip().splitlines()[0][:300]
    return None
