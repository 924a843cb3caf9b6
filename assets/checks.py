"""Rules of ``expectations/`` as Dagster asset checks: one check per rule, blocking where the rule blocks."""

from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg
import polars as pl

from assets.context import Advice
from expectations.catalogue import DELIVERY_RULES
from expectations.intake.decisions import apply_acceptances, read_decisions
from expectations.intake.take_in import Intake, refuse_later, save_results
from expectations.judging.results import CheckResult, tell_refusals
from expectations.judging.rule import Rule, measure_table
from expectations.judging.runner import judge

MESSAGES_SHOWN = 5


def check_name(check_id: str) -> str:
    """The rule's id as Dagster allows it: D02-rows → D02_rows."""
    return check_id.replace("-", "_")


def _may_block(rule: Rule) -> bool:
    return rule.severity == "block" or rule.escalation is not None


def check_specs(rules: Sequence[Rule], asset: str) -> list[dg.AssetCheckSpec]:
    """The rules as checks of an asset."""
    return [
        dg.AssetCheckSpec(
            check_name(rule.check_id),
            asset=asset,
            description=f"{rule.title}. {rule.why}",
            blocking=_may_block(rule),
        )
        for rule in rules
    ]


def judge_table(judged: Sequence[tuple[Rule, pl.DataFrame]], advice: Advice, asset: str) -> list[dg.AssetCheckResult]:
    """Judge tables of a stage, each by its rule; results go to ``data_quality`` and to Dagster.

    A block refuses the claims delivery the advice rests on, so that a run that falls back rests on the one before it.
    """
    claims = advice.chosen.filter(kind="declaraties")["delivery_id"][0]
    measured = [measure_table(rule, frame, asset, claims, advice.assumptions) for rule, frame in judged]
    refused = advice.store.read_register().filter(delivery_status="refused")["delivery_id"].to_list()
    results = tell_refusals(apply_acceptances(judge(measured), read_decisions(advice.store)), refused)
    now = datetime.now(UTC).replace(tzinfo=None)
    save_results(advice.store, results, advice.round.delivery_month, now)
    blocking = [result for result in results if result.is_blocking]
    if blocking:
        refuse_later(advice.store, advice.quarantine, blocking, now)
    return [_as_dagster(result.check_id, [result], falls_back=False, asset=asset) for result in results]


def check_results(taken: Sequence[Intake], falls_back: bool) -> list[dg.AssetCheckResult]:
    """One result per rule over all deliveries of the run's months.

    A run that falls back rests on deliveries that were accepted before: what was refused is reported, and stops
    nothing any more.
    """
    results = [result for intake in taken for result in intake.results]
    return [
        _as_dagster(rule.check_id, [r for r in results if r.check_id == rule.check_id], falls_back)
        for rule in DELIVERY_RULES
    ]


def _as_dagster(
    check_id: str, results: Sequence[CheckResult], falls_back: bool, asset: str = "deliveries"
) -> dg.AssetCheckResult:
    failed = [result for result in results if result.outcome != "passed"]
    blocks = any(result.is_blocking for result in failed) and not falls_back
    euro = sum((result.at_stake_eur or 0 for result in failed), start=0)
    return dg.AssetCheckResult(
        passed=all(result.severity == "info" for result in failed),
        asset_key=asset,
        check_name=check_name(check_id),
        severity=dg.AssetCheckSeverity.ERROR if blocks else dg.AssetCheckSeverity.WARN,
        description=_describe(failed) or f"{len(results)} judged",
        metadata={"judged": len(results), "failed": len(failed), "euro at stake": float(euro)},
    )


def _describe(failed: Sequence[CheckResult]) -> str:
    """The messages of a check, newest delivery first, at most a few with a count of the rest."""
    ordered = sorted(failed, key=lambda result: result.delivery_id, reverse=True)
    more = (
        f" And {len(ordered) - MESSAGES_SHOWN} more; see marts.data_quality." if len(ordered) > MESSAGES_SHOWN else ""
    )
    return " ".join(result.message for result in ordered[:MESSAGES_SHOWN]) + more
