"""The outcome of a check and its sentence for people. How an outcome is reached is in ``runner.py``."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from decimal import Decimal

import polars as pl

from expectations.judging.finding import ABOUT, MAX_FINDINGS, list_findings
from expectations.judging.rule import NO_FINDINGS, RuleMetrics
from expectations.judging.shapes import format_euro
from warehouse.contract import MONEY, conform
from warehouse.tables.quality import CHECK_FINDINGS, DATA_QUALITY

REFUSED = "The delivery is refused; the last accepted one is used"
USED = "The delivery is used"
NOT_USED = "Nothing of it is used: the delivery is refused"
LARGEST_TOTAL_EUR = 1e15  # what an amount at rest can hold; a larger sum comes from damaged numbers and is not known
_FINDINGS_IN_MESSAGE = 3


@dataclass(frozen=True)
class CheckResult:
    """One check on one delivery or table: a row of ``data_quality`` without its month.

    ``findings`` are the records behind it (see ``finding.py``).
    """

    check_id: str
    checked_table: str
    delivery_id: str
    title: str
    severity: str
    outcome: str
    findings_count: int
    at_stake_eur: Decimal | None
    observed: str | None
    expected: str | None
    message: str
    action: str
    accepted_by: str | None = None
    accept_reason: str | None = None
    findings: pl.DataFrame | None = field(default=None, compare=False, repr=False)

    @property
    def is_blocking(self) -> bool:
        """Whether nothing may be built on this delivery: a block that failed, or could not be judged, and stands."""
        return self.severity == "block" and self.outcome in ("failed", "broken") and self.accepted_by is None

    def accept(self, author: str, reason: str) -> "CheckResult":
        """The same finding, overruled by a person: it stays on record and holds nothing back."""
        accepted = self.with_action(f"Used all the same: accepted by {author} ({reason})")
        return replace(accepted, accepted_by=author, accept_reason=reason)

    def with_action(self, action: str) -> "CheckResult":
        """The same finding with other words for what was done about it."""
        message = self.message.replace(f"{self.action}.", f"{action}.") if self.action else self.message
        return replace(self, action=action, message=message)


RESULT_COLUMNS = [one.name for one in fields(CheckResult) if one.name != "findings"]  # as kept in data_quality


def passed_result(metrics: RuleMetrics) -> CheckResult:
    """The result when every metric was as expected; ``observed`` says what was measured."""
    rule = metrics.rule
    observed = metrics.frame["observed"][0] if metrics.frame.height == 1 else f"{metrics.frame.height:,} as expected"
    message = f"{rule.check_id} {rule.title}: {metrics.subject} is as expected ({observed})."
    return _result(metrics, rule.severity, "passed", 0, None, observed, message, USED)


def failed_result(metrics: RuleMetrics, findings: pl.DataFrame) -> CheckResult:
    """The result when the expectation turned rows of the metrics down: words, count, euro and what follows.

    The severity becomes block when a finding lies above the rule's escalation threshold.
    """
    rule = metrics.rule
    severity = "block" if escalates(metrics, findings) else rule.severity
    action = REFUSED if severity != rule.severity else rule.action
    known = findings["at_stake_eur"].drop_nulls()
    total = float(known.cast(pl.Float64).sum())
    at_stake = Decimal(f"{total:.2f}") if known.len() and abs(total) < LARGEST_TOTAL_EUR else None
    stake = "The amount at stake is not known" if at_stake is None else f"About {format_euro(at_stake)} is at stake"
    likely = f"Likely {rule.cause}. " if rule.cause else ""
    found = list_findings(findings, _FINDINGS_IN_MESSAGE)
    expected = "" if _says_expected(findings) else f"; expected {metrics.expected or rule.expected}"
    message = (
        f"{rule.check_id} {rule.title}: {metrics.subject}: {found}{expected}. "
        f"{likely}{stake}. {action}. Next: {rule.next_step}."
    )
    observed = list_findings(findings, MAX_FINDINGS)
    count = int(findings["findings_count"].sum())
    result = _result(metrics, severity, "failed", count, at_stake, observed, message, action)
    return replace(result, findings=findings)


def broken_result(metrics: RuleMetrics, cause: str) -> CheckResult:
    """The result when the check itself did not work: it says nothing about the data."""
    rule = metrics.rule
    blocks = rule.severity == "block"
    action = f"{REFUSED}, until the check works" if blocks else f"{USED} without this check"
    message = (
        f"{rule.check_id} {rule.title}: the check is broken and says nothing about {metrics.subject}: {cause}. "
        f"{action}. Next: mend the check (how-to/add-a-check) and repeat the run; the data may well be right."
    )
    return _result(metrics, rule.severity, "broken", 0, None, cause, message, action)


def tell_refusals(results: Sequence[CheckResult], refused: Collection[str] = ()) -> list[CheckResult]:
    """The results, of which those that refuse nothing themselves no longer say that a refused delivery is used.

    Refused is a delivery with a blocking result among these, or one of ``refused`` (delivery ids).
    """
    by: dict[str, list[str]] = {delivery_id: [] for delivery_id in refused}
    for one in results:
        if one.is_blocking:
            by.setdefault(one.delivery_id, []).append(one.check_id)
    return [
        one if one.is_blocking or one.delivery_id not in by else one.with_action(_not_used(one, by[one.delivery_id]))
        for one in results
    ]


def _not_used(result: CheckResult, check_ids: Sequence[str]) -> str:
    by = f" by {', '.join(dict.fromkeys(check_ids))}" if check_ids else ""
    accepted = result.accepted_by
    return f"{NOT_USED}{by}" + (f", though {accepted} accepted this ({result.accept_reason})" if accepted else "")


def to_frame(results: Sequence[CheckResult], delivery_month: date, judged_at: datetime) -> pl.DataFrame:
    """Results as rows of the contract ``data_quality``, one per check and delivery. Raises ContractError."""
    known = {"delivery_month": delivery_month, "judged_at": judged_at, "revision": 1}
    rows = [{**known, **{name: getattr(result, name) for name in RESULT_COLUMNS}} for result in results]
    return conform(pl.DataFrame(rows, schema=DATA_QUALITY.schema), DATA_QUALITY)


def _says_expected(findings: pl.DataFrame) -> bool:
    """Whether a finding named in the message is a fault in a file, which says itself what was expected."""
    return "fault_expected" in findings.columns and bool(
        findings["fault_expected"].head(_FINDINGS_IN_MESSAGE).is_not_null().any()
    )


def list_findings_of(results: Sequence[CheckResult], delivery_month: date) -> pl.DataFrame:
    """The findings behind the failed results as rows of the contract ``check_findings``, largest first per result."""
    frames = []
    at_stake = pl.when(pl.col("at_stake_eur").cast(pl.Float64).abs() < LARGEST_TOTAL_EUR).then(
        pl.col("at_stake_eur").cast(pl.Float64)
    )
    for result in results:
        if result.findings is None:
            continue
        known = (pl.lit(getattr(result, name)).alias(name) for name in ("check_id", "checked_table", "delivery_id"))
        frames.append(
            result.findings.select(
                pl.lit(delivery_month).alias("delivery_month"),
                *known,
                pl.int_range(1, pl.len() + 1).alias("finding_number"),
                *ABOUT,
                "care_month",
                "observed",
                pl.col("findings_count").cast(pl.Int64),
                "merged_count",
                at_stake.round(2, mode="half_to_even").cast(MONEY).alias("at_stake_eur"),
                "wording",
                "numbers",
            )
        )
    return conform(pl.concat(frames), CHECK_FINDINGS) if frames else CHECK_FINDINGS.empty()


def escalates(metrics: RuleMetrics, findings: pl.DataFrame) -> bool:
    """Whether these findings turn a warning into a block: one lies above the rule's escalation threshold."""
    escalation = metrics.rule.escalation
    if escalation is None or metrics.block_above is None:
        return False
    largest = findings[escalation.column].max()
    return isinstance(largest, int | float) and largest > metrics.block_above


def foresees_block(metrics: RuleMetrics) -> bool:
    """Whether these metrics will refuse the delivery, known before they are judged.

    It is certain when a blocking rule could not be measured, or metrics lie outside the range that the rule allows.
    Expectations that are no range are left to the judge: for those the answer is no.
    """
    rule, limits = metrics.rule, metrics.rule.expectation.kwargs
    if metrics.error is not None:
        return rule.severity == "block"
    if rule.expectation.type != NO_FINDINGS.type:
        return False
    value = pl.col(limits["column"])
    above = value > limits["max_value"] if "max_value" in limits else pl.lit(False)
    below = value < limits["min_value"] if "min_value" in limits else pl.lit(False)
    findings = metrics.frame.filter(above | below)
    return findings.height > 0 and (rule.severity == "block" or escalates(metrics, findings))


def _result(
    metrics: RuleMetrics,
    severity: str,
    outcome: str,
    findings_count: int,
    at_stake_eur: Decimal | None,
    observed: str,
    message: str,
    action: str,
) -> CheckResult:
    return CheckResult(
        check_id=metrics.rule.check_id,
        checked_table=metrics.checked_table,
        delivery_id=metrics.delivery_id,
        title=metrics.rule.title,
        severity=severity,
        outcome=outcome,
        findings_count=findings_count,
        at_stake_eur=at_stake_eur,
        observed=observed,
        expected=metrics.expected or metrics.rule.expected,
        message=message,
        action=action,
    )
