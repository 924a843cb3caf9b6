"""Rules of ``expectations/`` as Dagster asset checks: one per rule and delivery month, blocking where it blocks."""

import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from expectations.intake.decisions import apply_acceptances, read_decisions
from expectations.intake.take_in import refuse_later, save_results
from expectations.judging.results import CheckResult, tell_refusals
from expectations.judging.rule import Rule, measure_table
from expectations.judging.runner import judge
from warehouse.lake import AdviceInLake

MESSAGES_SHOWN = 5


def check_name(check_id: str) -> str:
    """The rule's id as Dagster allows it: D02-rows → D02_rows."""
    return check_id.replace("-", "_")


def monthly_check(
    name: str,
    asset: str | Sequence[str],
    months: dg.PartitionsDefinition[str],
    description: str,
    *,
    blocking: bool = False,
) -> dg.AssetCheckSpec:
    """A check whose outcome belongs to a delivery month: that of May stays when June runs.

    Dagster calls partitions of checks a preview; the tests hold this on the version we pin.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return dg.AssetCheckSpec(name, asset=asset, description=description, blocking=blocking, partitions_def=months)


def check_specs(rules: Sequence[Rule], asset: str, months: dg.PartitionsDefinition[str]) -> list[dg.AssetCheckSpec]:
    """The rules as checks of an asset."""
    return [
        monthly_check(
            check_name(rule.check_id),
            asset,
            months,
            f"{rule.title}. {rule.why}",
            blocking=rule.severity == "block" or rule.escalation is not None,
        )
        for rule in rules
    ]


def judge_frames(
    judged: Sequence[tuple[Rule, pl.DataFrame]], advice: AdviceInLake, quarantine: Path, table: str
) -> list[CheckResult]:
    """Judge frames of a stage, each by its rule; what was found goes to ``data_quality``.

    A block refuses the claims delivery the advice rests on, so that a run that falls back rests on the one before it.
    """
    if not judged:
        return []
    claims = advice.deliveries.choose("declaraties")[0]
    measured = [measure_table(rule, frame, table, claims, advice.assumptions) for rule, frame in judged]
    refused = advice.store.read_register().filter(delivery_status="refused")["delivery_id"].to_list()
    results = tell_refusals(apply_acceptances(judge(measured), read_decisions(advice.store)), refused)
    now = datetime.now(UTC).replace(tzinfo=None)
    save_results(advice.store, results, advice.round.delivery_month, now)
    blocking = [result for result in results if result.is_blocking]
    if blocking:
        refuse_later(advice.store, quarantine, blocking, now)
    return results


def pass_on(
    context: dg.AssetExecutionContext,
    keys: Sequence[dg.AssetKey],
    judged: Mapping[date, Sequence[CheckResult]],
    asset: str,
    *,
    falls_back: bool = False,
    more: Sequence[dg.AssetCheckResult] = (),
) -> Iterator[dg.MaterializeResult[Any]]:
    """The assets of a step as written, and the outcome of every rule that judged anything; ``judged`` by month.

    A rule that had nothing to judge has no outcome: "not judged" is not "passed". In a run over many months every
    month gets its own outcome; the run's own holds what blocks.
    """
    results = [result for of_month in judged.values() for result in of_month]
    outcomes = list(outcomes_of(results, asset, falls_back))
    if len(judged) > 1:
        for month, of_month in judged.items():
            for outcome in outcomes_of(of_month, asset, falls_back):
                context.instance.report_runless_asset_event(_of_month(outcome, month))
        outcomes = [one for one in outcomes if one.severity == dg.AssetCheckSeverity.ERROR and not one.passed]
    for key in keys:
        if key in context.selected_asset_keys:
            mine = [*outcomes, *more] if key == dg.AssetKey([asset]) else []
            yield dg.MaterializeResult(asset_key=key, check_results=_selected(context, mine))


def _selected(context: dg.AssetExecutionContext, outcomes: Sequence[dg.AssetCheckResult]) -> list[dg.AssetCheckResult]:
    """Those the run asked for: a person may have selected some checks of a step only."""
    asked: Collection[dg.AssetCheckKey] = context.selected_asset_check_keys
    names = {key.name for key in asked}
    return [one for one in outcomes if one.check_name in names]


def outcomes_of(results: Sequence[CheckResult], asset: str, falls_back: bool = False) -> Iterator[dg.AssetCheckResult]:
    """One outcome per rule among these results.

    A run that falls back rests on deliveries that were accepted before: what was refused is reported, and stops
    nothing any more. A finding of severity info that touches euro is no pass either.
    """
    for check_id in dict.fromkeys(result.check_id for result in results):
        of_rule = [result for result in results if result.check_id == check_id]
        failed = [result for result in of_rule if result.outcome != "passed"]
        blocks = any(result.is_blocking for result in failed) and not falls_back
        euro = sum((result.at_stake_eur or 0 for result in failed), start=0)
        severities = {result.severity for result in failed}
        yield dg.AssetCheckResult(
            passed=not failed or (severities == {"info"} and not euro),
            asset_key=asset,
            check_name=check_name(check_id),
            severity=dg.AssetCheckSeverity.ERROR if blocks else dg.AssetCheckSeverity.WARN,
            description=_describe(failed) or f"{len(of_rule)} judged",
            metadata={
                "judged": len(of_rule),
                "failed": len(failed),
                "euro at stake": float(euro),
                "severity": ", ".join(sorted(severities)) or "none",
            },
        )


def _of_month(outcome: dg.AssetCheckResult, month: date) -> dg.AssetCheckEvaluation:
    return dg.AssetCheckEvaluation(
        asset_key=outcome.asset_key,  # type: ignore[arg-type]
        check_name=str(outcome.check_name),
        passed=outcome.passed,
        metadata=outcome.metadata,
        severity=outcome.severity,
        description=outcome.description,
        partition=f"{month:%Y-%m}",
    )


def _describe(failed: Sequence[CheckResult]) -> str:
    """The messages of a check, newest delivery first, at most a few with a count of the rest."""
    ordered = sorted(failed, key=lambda result: result.delivery_id, reverse=True)
    more = (
        f" And {len(ordered) - MESSAGES_SHOWN} more; see marts.data_quality." if len(ordered) > MESSAGES_SHOWN else ""
    )
    return " ".join(result.message for result in ordered[:MESSAGES_SHOWN]) + more
