"""Decisions of people on checks: a block overruled, rows released from quarantine. Recorded, never undone in silence.

Applied when deliveries are taken in and when a stage is judged; who may decide is not settled here.
"""

import difflib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import polars as pl

from expectations.catalogue import RULES
from expectations.intake.quarantine import PRICE_NOT_POSITIVE, ROWS_FILE, UNKNOWN_CODE, split_rows
from expectations.judging.results import RESULT_COLUMNS, CheckResult, tell_refusals
from warehouse.contract import Table
from warehouse.store import Store, month_label
from warehouse.tables.deliveries import KINDS
from warehouse.tables.quality import CHECK_DECISIONS, DATA_QUALITY
from wlz.known.reference import Reference
from wlz.words.faults import NoDataError, Spoken

ACCEPT, RELEASE = "accept", "release"
MAX_REASON = 500  # characters; a reason is read in a table, and a longer story has a place of its own
SETS_ROWS_APART = (UNKNOWN_CODE, PRICE_NOT_POSITIVE)
_CLOSEST = 3


class DecisionError(Spoken, ValueError):
    """A decision that cannot be taken; the message says what was found, what was expected and what to do."""


def read_decisions(store: Store) -> pl.DataFrame:
    """Every decision on record (CHECK_DECISIONS), oldest first."""
    frames = [store.read(CHECK_DECISIONS, month) for month in store.months(CHECK_DECISIONS)]
    return pl.concat(frames).sort("decided_at") if frames else CHECK_DECISIONS.empty()


def accepted_checks(decisions: pl.DataFrame) -> set[tuple[str, str]]:
    """Check and delivery of every block that a person overruled."""
    return set(decisions.filter(decision=ACCEPT).select("check_id", "delivery_id").iter_rows())


def released_checks(decisions: pl.DataFrame) -> dict[str, list[str]]:
    """delivery_id → check ids whose rows were released."""
    released = decisions.filter(decision=RELEASE).group_by("delivery_id").agg("check_id")
    return dict(released.iter_rows())


def newly_released(decisions: pl.DataFrame, register: pl.DataFrame) -> set[str]:
    """Deliveries with rows released since they were taken in: their files are to be read again."""
    released = decisions.filter(decision=RELEASE).select("delivery_id", "decided_at")
    later = released.join(register, on="delivery_id").filter(pl.col("decided_at") > pl.col("registered_at"))
    return set(later["delivery_id"])


def apply_acceptances(results: Sequence[CheckResult], decisions: pl.DataFrame) -> list[CheckResult]:
    """The results with those marked that a person accepted; a check that passed needs no acceptance.

    Of a delivery that is refused all the same, the other results say so.
    """
    accepted: Mapping[tuple[str, str], tuple[str, str]] = {
        (check_id, delivery_id): (author, reason)
        for check_id, delivery_id, author, reason in decisions.filter(decision=ACCEPT)
        .select("check_id", "delivery_id", "decided_by", "decision_reason")
        .iter_rows()
    }
    return tell_refusals(
        [
            result.accept(*accepted[key])
            if (key := (result.check_id, result.delivery_id)) in accepted and result.is_blocking
            else result
            for result in results
        ]
    )


def accept_check(store: Store, check_id: str, delivery_id: str, author: str, reason: str, now: datetime) -> CheckResult:
    """Record that a blocking result of a delivery is overruled; returns that result. It counts at the next run.

    Raises DecisionError when there is no such delivery or check, it did not block, or nothing could be computed from
    a delivery with this fault (unreadable, unknown zorgkantoor, double keys, months out of scope).
    """
    rule = next((rule for rule in RULES if rule.check_id == check_id), None)
    if rule is None:
        raise DecisionError(
            f"no check {check_id!r}; closest are {', '.join(_closest_checks(check_id))}. "
            "Next: docs/reference/checks.md lists all"
        )
    result, month = _latest_result(store, check_id, delivery_id)
    if not rule.can_be_accepted:
        raise DecisionError(
            f"{check_id} {rule.title} cannot be accepted: nothing can be computed from such a delivery. "
            f"Next: {rule.next_step}"
        )
    if result.severity != "block" or result.outcome == "passed":
        release = f". Rows it sets apart: wlz quarantine release {delivery_id} {check_id}"
        raise DecisionError(
            f"{check_id} on {delivery_id} holds nothing back: it is {result.severity} and {result.outcome}"
            + (release if check_id in SETS_ROWS_APART else "")
        )
    _record(
        store, ACCEPT, check_id, delivery_id, month, author, reason, now, result.findings_count, result.at_stake_eur
    )
    return result


def release_rows(
    store: Store,
    quarantine: Path,
    lists: Reference,
    check_id: str,
    delivery_id: str,
    author: str,
    reason: str,
    now: datetime,
) -> pl.DataFrame:
    """Record that the rows which ``check_id`` set apart in a delivery are to be used; returns those rows.

    They are used from the next run on. Raises DecisionError when there are none, or a code is still in no list: such
    rows have no series.
    """
    register = store.read_register().filter(delivery_id=delivery_id)
    if register.is_empty():
        raise DecisionError(f"no delivery {delivery_id!r}. Next: wlz quarantine list")
    kind, month, status = register.select("kind", "delivery_month", "delivery_status").row(0)
    path = quarantine / month_label(month) / kind / delivery_id / ROWS_FILE
    rows = pl.read_parquet(path).filter(check_id=check_id) if path.exists() else pl.DataFrame()
    if rows.is_empty():
        whole = " The whole delivery was refused: see wlz accept." if status == "refused" else ""
        raise DecisionError(f"{delivery_id} has no rows in quarantine for {check_id}.{whole} Next: wlz quarantine list")
    unknown = still_unknown(rows, KINDS[kind], lists)
    if unknown:
        raise DecisionError(
            f"these rows cannot be used: {'; '.join(unknown[:3])}. Next: add the code to prestaties.csv "
            f"of pack {lists.pack} (or the unit to units.csv) with its source, then release them"
        )
    amount = rows["amount_eur"].sum() if "amount_eur" in rows.columns else None
    _record(store, RELEASE, check_id, delivery_id, month, author, reason, now, rows.height, amount)
    return rows


def still_unknown(rows: pl.DataFrame, table: Table, lists: Reference) -> list[str]:
    """Why these rows have no series: the prestaties and units that are in no list, in words."""
    _, apart = split_rows(
        rows.select(table.column_names), table, lists.known_codes, lists.known_units, ended=lists.ended
    )
    found: list[str] = apart.filter(check_id=UNKNOWN_CODE)["reason"].unique().sort().to_list()
    return found


def _closest_checks(check_id: str) -> list[str]:
    """The ids most like this one; upper and lower case count as the same."""
    by_folded = {rule.check_id.casefold(): rule.check_id for rule in RULES}
    found = difflib.get_close_matches(check_id.casefold(), by_folded, n=_CLOSEST, cutoff=0)
    return [by_folded[folded] for folded in found]


def _latest_result(store: Store, check_id: str, delivery_id: str) -> tuple[CheckResult, date]:
    for month in reversed(store.months(DATA_QUALITY)):
        found = store.read(DATA_QUALITY, month).filter(check_id=check_id, delivery_id=delivery_id)
        if found.height:
            row = found.sort("revision").select(RESULT_COLUMNS).row(-1, named=True)
            return CheckResult(**row), month
    raise DecisionError(f"{check_id} never judged a delivery {delivery_id!r}. Next: wlz query, marts.data_quality")


def check_reason(reason: str) -> None:
    """Raises DecisionError for a reason that is longer than ``MAX_REASON``."""
    if len(reason) > MAX_REASON:
        raise DecisionError(
            f"--reason has {len(reason):,} characters, expected at most {MAX_REASON}. "
            "Next: say it shorter, and name where the whole story is"
        )


def _record(
    store: Store,
    decision: str,
    check_id: str,
    delivery_id: str,
    month: date,
    author: str,
    reason: str,
    now: datetime,
    rows_count: int,
    amount_eur: object,
) -> None:
    check_reason(reason)
    row = {
        "delivery_month": month,
        "decision": decision,
        "check_id": check_id,
        "delivery_id": delivery_id,
        "decided_by": author,
        "decision_reason": reason,
        "decided_at": now,
        "rows_count": rows_count,
        "amount_eur": amount_eur,
    }
    new = pl.DataFrame([row], schema=CHECK_DECISIONS.schema, strict=False)
    try:
        before = store.read(CHECK_DECISIONS, month)
    except NoDataError:
        before = CHECK_DECISIONS.empty()
    if before.join(new, on=list(CHECK_DECISIONS.key), how="semi").height:
        raise DecisionError(f"{check_id} on {delivery_id} was decided before (marts.check_decisions)")
    store.write(CHECK_DECISIONS, pl.concat([before, new]), month)
