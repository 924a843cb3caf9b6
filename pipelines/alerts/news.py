"""What is news: findings of the last judgement of every check, held against what was told before.

Pure: frames and values in, values out. How it is worded is in ``digest.py``, sending and remembering in ``send.py``,
what was told before findings were records in ``told_before.py``.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from expectations.catalogue import RULES
from expectations.judging.finding import ABOUT, MAX_FINDINGS
from expectations.judging.results import NOT_USED
from expectations.judging.status import JUDGED, Judgement, is_solved, latest_judgements
from pipelines.alerts.records import BROKEN, NOBODY, About, Alert, Told
from pipelines.alerts.told_before import name_subject

GROWN = 2  # told again when the euro at stake is this many times what was told
ABOUT_PROVIDERS = "L12"  # checks on single providers: not told outside the house (catalogue of checks)
TOLD_SEVERITIES = ("block", "warn")  # info is on record (marts.data_quality), nobody is called for it
_NEXT_STEPS = {rule.check_id: rule.next_step for rule in RULES}
_OF_RESULT = ["delivery_month", *JUDGED, "delivery_id"]


@dataclass(frozen=True)
class Findings:
    """All that stands: findings, how many more each check counted without naming them, and what was judged when.

    ``released`` are checks and deliveries of which a person released the rows from quarantine; ``late_providers`` the
    deliveries in which single providers are late, whatever the severity. ``thresholds`` are the assumptions that the
    words of a check name.
    """

    alerts: list[Alert]
    unnamed_counts: Mapping[str, int] = field(default_factory=dict)
    judged: Mapping[tuple[str, str], Judgement] = field(default_factory=dict)
    released: Collection[tuple[str, str]] = ()
    late_providers: Collection[str] = ()
    thresholds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class News:
    """What to tell through one channel, and how much of what stands was told before."""

    new: list[Alert]
    worse: list[Alert]
    solved: list[Told]
    standing: list[Alert]
    released: list[Told] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.new or self.worse or self.gone)

    @property
    def gone(self) -> list[Told]:
        """What was told and no longer stands, solved or released."""
        return [*self.solved, *self.released]


def choose_messages(findings: Findings, told: Sequence[Told]) -> News:
    """Which findings to tell, given what was told through this channel.

    New is what was not told; worse is a block after a warning, a block on another delivery, or twice the euro. Solved
    is what was told and is not in a later judgement of the same check on the same table; a check that is broken, or
    that found more than it names, solves nothing. Released is what would be solved, but for a person who released the
    rows of that same delivery. What a person accepted is neither news nor solved.

    >>> choose_messages(Findings([]), []).is_empty
    True
    """
    before = {one.key: one for one in told if not one.is_waiting}
    new: list[Alert] = []
    worse: list[Alert] = []
    standing: list[Alert] = []
    for alert in findings.alerts:
        if alert.is_accepted:
            continue
        earlier = before.get(alert.key)
        (new if earlier is None else worse if _is_worse(alert, earlier) else standing).append(alert)
    present = {alert.key for alert in findings.alerts}
    gone = [one for one in before.values() if one.key not in present and _is_gone(one, findings.judged)]
    released = [one for one in gone if _is_released(one, findings)]
    return News(new, worse, [one for one in gone if one not in released], standing, released)


def _is_worse(alert: Alert, earlier: Told) -> bool:
    if alert.severity == "block" and (earlier.severity != "block" or earlier.delivery_id != alert.delivery_id):
        return True
    amount, before = alert.at_stake_eur, earlier.at_stake_eur
    return amount is not None and before is not None and amount > 0 and amount >= GROWN * before


def _is_gone(told: Told, judged: Mapping[tuple[str, str], Judgement]) -> bool:
    return is_solved(told.check_id, told.checked_table, told.delivery_month, judged)


def _is_released(gone: Told, findings: Findings) -> bool:
    """Whether the delivery is the same one and its rows were let in: nothing in them was mended."""
    judgement = findings.judged[gone.check_id, gone.checked_table]
    return judgement.delivery_id == gone.delivery_id and (gone.check_id, gone.delivery_id) in findings.released


def list_findings(
    quality: pl.DataFrame,
    check_findings: pl.DataFrame,
    register: pl.DataFrame,
    delivery_month: date,
    released: Collection[tuple[str, str]] = (),
) -> Findings:
    """What stands at a delivery month: the findings of the last judgement of every check on every table.

    ``quality`` and ``check_findings`` hold the months up to this one (DATA_QUALITY, CHECK_FINDINGS), ``register`` says
    which delivery came last: one that was put back counts from then. Results of severity info are left out, unless the
    check is broken.
    """
    latest = latest_judgements(quality.filter(pl.col("delivery_month") <= delivery_month), register)
    found = check_findings.join(latest, on=_OF_RESULT, how="semi").filter(pl.col("findings_count") > 0)
    before_records = pl.when(pl.col("finding_number") > MAX_FINDINGS).then("findings_count").otherwise(0)
    found = found.with_columns(pl.coalesce("merged_count", before_records))
    unnamed = found.filter(pl.col("merged_count") > 0)
    loud = (pl.col("outcome") == "broken") | (
        (pl.col("outcome") == "failed") & pl.col("severity").is_in(TOLD_SEVERITIES)
    )
    results = latest.filter(loud).drop("observed", "at_stake_eur", "findings_count")
    named = results.join(found.filter(merged_count=0), on=_OF_RESULT, how="inner")
    whole = latest.filter(loud).join(named, on=_OF_RESULT, how="anti")
    rows = pl.concat([named, whole], how="diagonal_relaxed")
    with_rest = set(unnamed.select(JUDGED).iter_rows())
    judged = {
        (check_id, table): Judgement(month, outcome != "broken" and (check_id, table) not in with_rest, delivery_id)
        for check_id, table, month, outcome, delivery_id in latest.select(
            *JUDGED, "delivery_month", "outcome", "delivery_id"
        ).iter_rows()
    }
    counted = unnamed.join(results, on=_OF_RESULT, how="semi").group_by("check_id").agg(pl.col("merged_count").sum())
    unnamed_counts = dict(counted.iter_rows())
    refused = set(register.filter(delivery_status="refused")["delivery_id"])
    alerts = [_as_alert(row, refused) for row in rows.iter_rows(named=True)]
    late = latest.filter(pl.col("check_id").str.starts_with(ABOUT_PROVIDERS), outcome="failed")
    return Findings(alerts, unnamed_counts, judged, released, set(late["delivery_id"]))


def _as_alert(row: Mapping[str, object], refused: Collection[str]) -> Alert:
    check_id, is_broken = str(row["check_id"]), row["outcome"] == "broken"
    is_of_refused = row["delivery_id"] in refused and row["severity"] != "block"
    amount = row["at_stake_eur"]
    about, subject = (NOBODY, BROKEN) if is_broken else _name(row)
    return Alert(
        check_id=check_id,
        checked_table=str(row["checked_table"]),
        delivery_id=str(row["delivery_id"]),
        delivery_month=row["delivery_month"],  # type: ignore[arg-type]
        severity=str(row["severity"]),
        about=about,
        subject=subject,
        wording=row["wording"],  # type: ignore[arg-type]
        numbers=row["numbers"],  # type: ignore[arg-type]
        findings_count=int(row["findings_count"] or 1),  # type: ignore[call-overload]
        observed=str(row["observed"] or ""),
        at_stake_eur=None if amount is None else float(amount),  # type: ignore[arg-type]
        title=str(row["title"]),
        expected=str(row["expected"] or ""),
        action=NOT_USED if is_of_refused else str(row["action"]),
        next_step=_NEXT_STEPS.get(check_id, ""),
        is_broken=is_broken,
        is_accepted=row["accepted_by"] is not None,
        is_of_refused=is_of_refused,
    )


def _name(row: Mapping[str, object]) -> tuple[About, str]:
    """Whom and what a finding is about; of one from before findings were records only its old subject is known."""
    if row["numbers"] is None and row["finding_number"] is not None:
        return NOBODY, name_subject(str(row["observed"]), row["wlz_uitvoerder"])
    month = row["care_month"]
    names = [str(row[name] or "") for name in ABOUT]
    return About._make([*names, f"{month:%Y-%m}" if isinstance(month, date) else ""]), ""
