"""Taking deliveries in: read, judge, keep or refuse. Nothing is lost: refused files and rows lie in quarantine.

A delivery is known by its content hash: the same file twice changes nothing, another file of the same kind and month
supersedes the earlier one for later rounds. What a rule says is in the file of its stage, not here.
"""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import polars as pl

from expectations.intake.arrivals import (
    Arrival,
    Report,
    find_arrivals,
    find_misnamed,
    first_delivery,
    load_surroundings,
    month_folders,
    read_arrival,
)
from expectations.intake.decisions import (
    accepted_checks,
    apply_acceptances,
    newly_released,
    read_decisions,
    released_checks,
)
from expectations.intake.known_deliveries import KnownDeliveries
from expectations.intake.quarantine import ROWS_FILE
from expectations.judging.finding import record_of
from expectations.judging.results import RESULT_COLUMNS, CheckResult, list_findings_of, tell_refusals, to_frame
from expectations.judging.runner import judge
from warehouse.contract import MONEY
from warehouse.landing_zone import SUFFIXES, hash_file, odd_delivery
from warehouse.packs import last_month_possible
from warehouse.snapshots import forget_snapshots
from warehouse.store import Store, month_label
from warehouse.tables.deliveries import DELIVERY_REGISTER, KINDS
from warehouse.tables.quality import CHECK_FINDINGS, DATA_QUALITY
from warehouse.tables.series import DELIVERY_UNIT_CORRECTIONS
from wlz.words.faults import Fault

DUE_EVERY_MONTH = ("declaraties",)
_JUDGED_KEY = ["check_id", "checked_table", "delivery_id"]
_OF_JUDGING = ("revision", "judged_at", "check_status")  # when and how often a result was judged, and what came of it


@dataclass(frozen=True)
class Intake:
    """What came in: every result of the month's deliveries, and the deliveries refused now or for this month."""

    results: list[CheckResult] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    refused: list[CheckResult] = field(default_factory=list)
    quarantined: pl.DataFrame = field(default_factory=pl.DataFrame)


def take_in(
    landing: Path,
    store: Store,
    quarantine: Path,
    through: date,
    now: datetime,
    report: Report,
    *,
    judges_again: bool = True,
    rests_on_last: bool = False,
) -> Intake:
    """Take in every new file of the landing zone up to and including the month ``through``.

    Accepted deliveries go to the lake and the register, refused ones to quarantine with their reason; results of all
    checks go to ``data_quality``. Missing claims for ``through`` count as a refusal, unless a person asked that the
    advice ``rests_on_last``: then they are a warning. A refused file that still lies
    there is judged again: a control total, a second file, a code list or a broken check may have been the fault, or a
    person accepted it. A run that falls back does not judge them again (``judges_again``). Returns what happened.
    """
    known, decisions = store.read_register(), read_decisions(store)
    released = released_checks(decisions)
    again = {"superseded", *newly_released(decisions, known), *(["refused"] if judges_again else [])}
    latest = max(through, last_month_possible(landing, now.date()))
    arrivals = find_arrivals(landing, known, through, again, report, latest)
    good = known.filter(delivery_status="accepted")["delivery_id"].to_list()
    around = load_surroundings(landing, through, good, accepted_checks(decisions))
    claims = KnownDeliveries(store, known)
    for arrival in arrivals:
        report(f"reading {month_label(arrival.month)}/{arrival.path.name}")
        read_arrival(arrival, around, claims, released.get(arrival.delivery_id, ()))
        if arrival.kept is not None:
            store.hold_delivery(KINDS[arrival.kind], arrival.kept, arrival.delivery_id, arrival.month)
            if arrival.corrections is not None:
                store.hold_delivery(DELIVERY_UNIT_CORRECTIONS, arrival.corrections, arrival.delivery_id, arrival.month)
            arrival.kept, arrival.is_held = None, True  # a year of claims does not fit in memory at once
    results = apply_acceptances(judge([metrics for one in arrivals for metrics in one.metrics]), decisions)
    for arrival in arrivals:
        arrival.blocks = [one for one in results if one.delivery_id == arrival.delivery_id and one.is_blocking]
    for month in sorted({arrival.month for arrival in arrivals}):
        of_month = {arrival.delivery_id for arrival in arrivals if arrival.month == month}
        save_results(store, [result for result in results if result.delivery_id in of_month], month, now)
    for arrival in arrivals:
        _settle(arrival, store)
    register = _register(known, arrivals, now)
    for arrival in arrivals:
        _set_aside(arrival, quarantine)
    if arrivals:
        store.write_register([register])
    lacking = "warn" if rests_on_last else "block"
    return _summarise(store, landing, register, arrivals, results, through, now, lacking)


def _settle(arrival: Arrival, store: Store) -> None:
    """Rows that were held come into the lake, or go."""
    if arrival.is_held:
        tables = [KINDS[arrival.kind], *([] if arrival.corrections is None else [DELIVERY_UNIT_CORRECTIONS])]
        for table in tables:
            store.settle_delivery(table, arrival.delivery_id, arrival.month, accepted=not arrival.blocks)
        forget_snapshots(store, arrival.delivery_id, arrival.month)


def _register(known: pl.DataFrame, arrivals: Sequence[Arrival], now: datetime) -> pl.DataFrame:
    """The register with the arrivals; an accepted one supersedes what its kind and month had before."""
    again = [arrival.delivery_id for arrival in arrivals if arrival.is_repeated]
    register = known.filter(~pl.col("delivery_id").is_in(again))
    for arrival in arrivals:
        blocks = arrival.blocks
        if not blocks:
            same = (pl.col("kind") == arrival.kind) & (pl.col("delivery_month") == arrival.month)
            earlier = same & (pl.col("delivery_status") == "accepted")
            register = register.with_columns(
                pl.when(earlier).then(pl.lit(arrival.delivery_id)).otherwise("superseded_by").alias("superseded_by"),
                pl.when(earlier).then(pl.lit("superseded")).otherwise("delivery_status").alias("delivery_status"),
            )
        set_aside = arrival.quarantined if arrival.quarantined is not None else pl.DataFrame()
        row = {
            "delivery_id": arrival.delivery_id,
            "kind": arrival.kind,
            "delivery_month": arrival.month,
            "content_hash": arrival.content_hash,
            "received_on": arrival.received_on,
            "registered_at": now,
            "delivery_status": "refused" if blocks else "accepted",
            "rows_count": arrival.rows,
            "amount_eur": arrival.amount_eur,
            "quarantined_count": set_aside.height,
            "quarantined_eur": set_aside["amount_eur"].sum() if "amount_eur" in set_aside.columns else 0,
            "superseded_by": None,
            "file_name": f"{month_label(arrival.month)}/{arrival.path.name}",
            "check_id": blocks[0].check_id if blocks else None,
            "reason": " ".join(block.message for block in blocks) or None,
        }
        schema = dict(DELIVERY_REGISTER.schema)
        register = pl.concat([register, pl.DataFrame([row], schema=schema, strict=False)])
    return register


def refuse_later(store: Store, quarantine: Path, results: Sequence[CheckResult], now: datetime) -> None:
    """Refuse an accepted delivery because of what a stage found in it; the one it superseded stands again.

    ``results`` are the blocking results, all of one delivery. The reason lies in quarantine; the file is where it was
    delivered, and is judged again by the next run. Every other check on the delivery says from then on that nothing of
    it is used.
    """
    delivery_id = results[0].delivery_id
    register = store.read_register()
    of_delivery = pl.col("delivery_id") == delivery_id
    kind, month = register.filter(of_delivery).select("kind", "delivery_month").row(0)
    stands_again = pl.col("superseded_by").eq(delivery_id).fill_null(False)
    status = pl.when(of_delivery).then(pl.lit("refused")).when(stands_again).then(pl.lit("accepted"))
    reason = " ".join(result.message for result in results)
    store.write_register(
        [
            register.with_columns(
                status.otherwise("delivery_status").alias("delivery_status"),
                pl.when(stands_again).then(None).otherwise("superseded_by").alias("superseded_by"),
                pl.when(of_delivery).then(pl.lit(results[0].check_id)).otherwise("check_id").alias("check_id"),
                pl.when(of_delivery).then(pl.lit(reason)).otherwise("reason").alias("reason"),
            )
        ]
    )
    for table in (KINDS[kind], DELIVERY_UNIT_CORRECTIONS):
        store.remove_delivery(table, delivery_id, month)
    forget_snapshots(store, delivery_id, month)
    folder = quarantine / month_label(month) / kind / delivery_id
    set_apart = pl.read_parquet(folder / ROWS_FILE) if (folder / ROWS_FILE).exists() else None
    _write_reason(folder, delivery_id, results, set_apart)
    _tell_not_used(store, delivery_id, now)


def _tell_not_used(store: Store, delivery_id: str, now: datetime) -> None:
    """What every check on a delivery that a stage refused says of its use, as a new revision in ``data_quality``.

    When a repeated run takes the file in and refuses it again, the revision in between goes: it held for that run only.
    """
    judged = {month: store.read(DATA_QUALITY, month) for month in store.months(DATA_QUALITY)}
    latest = {month: latest_results(rows.filter(delivery_id=delivery_id)) for month, rows in judged.items()}
    told = iter(tell_refusals([one for results in latest.values() for one in results], [delivery_id]))
    for month, results in latest.items():
        if results:
            before = judged[month]
            revised = _revised(before, to_frame([next(told) for _ in results], month, now))
            said = [name for name in revised.columns if name not in ("judged_at", "check_status")]
            two_later = before.with_columns(pl.col("revision") + 2)
            returned = revised.join(two_later, on=said, how="semi", nulls_equal=True)
            between = returned.with_columns(pl.col("revision") - 1)
            key = [*_JUDGED_KEY, "revision"]
            kept = [before.join(between, on=key, how="anti"), revised.join(returned, on=key, how="anti")]
            store.write(DATA_QUALITY, pl.concat(kept), month)


def save_results(store: Store, results: Sequence[CheckResult], month: date, now: datetime) -> None:
    """Add results to ``data_quality`` of a month, and what they found to ``check_findings``.

    The same outcome as before leaves the row as it is; another one is a new revision beside it.
    """
    rows = to_frame(results, month, now)
    findings = list_findings_of(results, month)
    if store.has(DATA_QUALITY, month):
        before = store.read(DATA_QUALITY, month)
        rows = pl.concat([before, _revised(before, rows)])
    if store.has(CHECK_FINDINGS, month):
        judged = pl.DataFrame(
            [(one.check_id, one.checked_table, one.delivery_id) for one in results], _JUDGED_KEY, orient="row"
        )
        kept = store.read(CHECK_FINDINGS, month).join(judged, on=_JUDGED_KEY, how="anti")
        findings = pl.concat([kept, findings])
    store.write(DATA_QUALITY, rows, month)
    store.write(CHECK_FINDINGS, findings, month)


def _revised(before: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows that say something else than the last judgement of the same check, numbered on."""
    said = [name for name in rows.columns if name not in _OF_JUDGING]
    latest = before.sort("revision").unique(_JUDGED_KEY, keep="last")
    changed = rows.join(latest, on=said, how="anti", nulls_equal=True).drop("revision")
    numbers = latest.select(*_JUDGED_KEY, "revision")
    numbered = changed.join(numbers, on=_JUDGED_KEY, how="left").with_columns(pl.col("revision").fill_null(0) + 1)
    return numbered.select(rows.columns)


def latest_results(quality: pl.DataFrame) -> list[CheckResult]:
    """Rows of ``data_quality`` as results: the last judgement of every check."""
    latest = quality.sort("revision").unique(_JUDGED_KEY, keep="last", maintain_order=True)
    return [CheckResult(**row) for row in latest.select(RESULT_COLUMNS).iter_rows(named=True)]


def _set_aside(arrival: Arrival, quarantine: Path) -> None:
    """Refused files and rows, with the reason beside them."""
    blocks, rows = arrival.blocks, arrival.quarantined
    if not blocks and (rows is None or rows.is_empty()):
        return
    folder = quarantine / month_label(arrival.month) / arrival.kind / arrival.delivery_id
    folder.mkdir(parents=True, exist_ok=True)
    if rows is not None and rows.height:
        rows.write_parquet(folder / ROWS_FILE)
    if blocks and odd_delivery(arrival.path) is None:  # of anything else than a file nothing is copied
        shutil.copyfile(arrival.path, folder / arrival.path.name, follow_symlinks=False)
    _write_reason(folder, arrival.delivery_id, blocks, rows)


def _write_reason(folder: Path, delivery_id: str, blocks: Sequence[CheckResult], rows: pl.DataFrame | None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    reasons = [{"check_id": block.check_id, "message": block.message} for block in blocks]
    counted = (
        []
        if rows is None or rows.is_empty()
        else rows.group_by("check_id", "reason").len("rows").sort("reason").to_dicts()
    )
    text = json.dumps({"delivery_id": delivery_id, "refused": reasons, "rows": counted}, indent=2, ensure_ascii=False)
    (folder / "reason.json").write_text(text, encoding="utf-8")


def _summarise(
    store: Store,
    landing: Path,
    register: pl.DataFrame,
    arrivals: Sequence[Arrival],
    results: Sequence[CheckResult],
    through: date,
    now: datetime,
    lacking: str,
) -> Intake:
    """Results of the month's deliveries as they lie in the landing zone, new or known, and every refusal."""
    still_refused = {
        arrival.delivery_id
        for arrival in arrivals
        if arrival.is_repeated and arrival.month < through and arrival.blocks
    }  # of an earlier month, and reported then
    new = {arrival.delivery_id for arrival in arrivals} - still_refused
    month_results = [result for result in results if result.delivery_id in new]
    present = _present_ids(landing, through)
    before = present - new
    if before and store.has(DATA_QUALITY, through):
        rows = store.read(DATA_QUALITY, through).filter(pl.col("delivery_id").is_in(sorted(before)))
        month_results += latest_results(rows)
    missing = [
        _missing(kind, landing, through, lacking)
        for kind in DUE_EVERY_MONTH
        if not any(i.startswith(f"{kind}-") for i in present)
    ]
    if missing:
        save_results(store, missing, through, now)
    month_results += [*missing, *_save_misnamed(store, landing, missing, through, now)]
    refused_ids = register.filter(delivery_status="refused")["delivery_id"].to_list()  # by a stage too, since
    month_results = tell_refusals(month_results, refused_ids)
    refused = [result for result in month_results if result.is_blocking]
    accepted = register.filter(pl.col("delivery_id").is_in(sorted(new)) & (pl.col("delivery_status") != "refused"))
    set_aside = register.filter(pl.col("delivery_id").is_in(sorted(new | present)) & (pl.col("quarantined_count") > 0))
    return Intake(
        month_results,
        accepted["delivery_id"].to_list(),
        refused,
        set_aside.select("delivery_id", "quarantined_count", pl.col("quarantined_eur").cast(MONEY)),
    )


def _save_misnamed(
    store: Store, landing: Path, missing: Sequence[CheckResult], through: date, now: datetime
) -> list[CheckResult]:
    """Warnings on file names in another case, of every month so far: the file of an old month is lacked as well.

    On record are those of kinds that have no other file, or refusal, in their month.
    """
    found = []
    refused = {result.delivery_id.removesuffix("-missing") for result in missing}
    for month, folder in month_folders(landing, lambda _: None):
        results = find_misnamed(folder, month) if month <= through else []
        alone = [
            one
            for one in results
            if first_delivery(folder, one.checked_table) is None
            and one.delivery_id.removesuffix("-misnamed") not in refused
        ]
        if alone:
            save_results(store, list({one.checked_table: one for one in alone}.values()), month, now)
        found += results
    return found


def _present_ids(landing: Path, month: date) -> set[str]:
    folder = landing / month_label(month)
    found = set()
    for kind in KINDS:
        for path in (folder / f"{kind}{suffix}" for suffix in SUFFIXES):
            if os.path.lexists(path):
                found.add(f"{kind}-{month_label(month)}-{hash_file(path)[:12]}")
    return found


def _missing(kind: str, landing: Path, month: date, severity: str) -> CheckResult:
    file = f"{month_label(month)}/{kind}.parquet"
    fault = Fault(
        "D01",
        file,
        None,
        None,
        "no file",
        f"{kind} as .parquet, .csv or .csv.gz",
        "it was not delivered yet, or lies elsewhere",
        f"deliver it into {landing.name}/{month_label(month)} and repeat the run",
    )
    return CheckResult(
        check_id="D01",
        checked_table=kind,
        delivery_id=f"{kind}-{month_label(month)}-missing",
        title="The file is there and follows its contract",
        severity=severity,
        outcome="failed",
        findings_count=1,
        at_stake_eur=None,
        observed="no file",
        expected="a delivery every month",
        message=fault.sentence(),
        action="The last accepted delivery is used",
        findings=record_of("D01", "no_file"),
    )
