"""A delivery judged before it is sent or taken in: no warehouse, nothing written, nothing moved.

Without earlier deliveries the rules that need none (``catalogue.OFFLINE_RULES``); with a folder of earlier deliveries
every rule on a delivery. What a stage of a run finds (late uitvoerders, prices of the year) needs a run.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from expectations.catalogue import DELIVERY_RULES, OFFLINE_RULES
from expectations.intake.arrivals import (
    EVERY_ZORGKANTOOR,
    JUDGED_FIRST,
    Arrival,
    Surroundings,
    find_misnamed,
    first_delivery,
    is_good,
    join_transfers,
    load_surroundings,
    meant_delivery,
    read_arrival,
)
from expectations.intake.known_deliveries import GoodClaims, KnownDeliveries
from expectations.judging.delivery_view import euro_by_month, sum_claims
from expectations.judging.results import CheckResult, tell_refusals
from expectations.judging.runner import judge
from warehouse.landing import read_delivery
from warehouse.landing_zone import SUFFIXES, hash_file, list_months
from warehouse.packs import choose_pack, load_reference
from warehouse.settings import load_assumptions, load_delivery_format, load_round
from warehouse.store import month_label
from warehouse.tables.deliveries import DECLARATIES, KINDS, OVERHEVELINGEN
from wlz.known.assumptions import AssumptionError
from wlz.known.reference import Reference
from wlz.known.rounds import FIRST_YEAR, LAST_YEAR, read_month
from wlz.words.faults import DeliveryRefused, Spoken
from wlz.words.months import add_months

SCHEMA_VERSION = 1


class ValidationError(Spoken, ValueError):
    """There is nothing to validate; the message says what was found and what was expected."""


@dataclass(frozen=True)
class Validation:
    """What was judged: the files with their rows and euro, and one result per rule and file."""

    files: list[Arrival]
    results: list[CheckResult]
    with_history: bool

    @property
    def findings(self) -> list[CheckResult]:
        """Results that did not pass: blocks first, then by euro."""
        failed = [result for result in self.results if result.outcome != "passed"]
        return sorted(failed, key=lambda result: (not result.is_blocking, -float(result.at_stake_eur or 0)))

    @property
    def would_be_refused(self) -> bool:
        """Whether a run would refuse one of the files."""
        return any(result.is_blocking for result in self.results)


def validate_path(path: Path, history: Path | None) -> Validation:
    """Judge a delivered file, or every delivery in a folder; ``history`` is a landing zone with earlier deliveries.

    Raises ValidationError when no file is named after a kind, or the month of a delivery cannot be told.
    """
    arrivals = find_files(path)
    month = max(arrival.month for arrival in arrivals)
    try:
        around, unknown_year = _surroundings(arrivals, history, month, _lists(path, history, month)), None
    except AssumptionError as error:  # of a year without assumptions only what cannot be read can be judged
        around, unknown_year = Surroundings({}, {}, _lists(path, history, month)), error
    rules = OFFLINE_RULES if history is None else DELIVERY_RULES
    known = KnownDeliveries()
    if history is not None:
        _remember_history(known, around, history, month, {arrival.kind for arrival in arrivals})
    for arrival in arrivals:
        read_arrival(arrival, around, known, rules=rules)
        arrival.kept = None
        if unknown_year is not None and arrival.received_on is not None:
            raise ValidationError(f"{arrival.path.name}, {month_label(arrival.month)}: {unknown_year}")
    results = tell_refusals(judge([metrics for arrival in arrivals for metrics in arrival.metrics]))
    if path.is_dir():
        results += find_misnamed(path, month)
    return Validation(arrivals, results, history is not None)


def find_files(path: Path) -> list[Arrival]:
    """The delivered files at a path with their month: of the folder's name (YYYY-MM), else of the delivery date."""
    if path.is_dir():
        found = [(kind, file) for kind in KINDS if (file := first_delivery(path, kind)) is not None]
        if not found:
            misnamed = find_misnamed(path, date.today())
            names = "".join(f"; {one.observed} should be {one.expected}" for one in misnamed)
            raise ValidationError(
                f"{path.resolve().name or path}: found no delivery, "
                f"expected files such as declaraties.parquet, .csv or .csv.gz{names}"
            )
    else:
        found = [(path.name.split(".")[0], path)]
        if path.name not in {f"{kind}{suffix}" for kind in KINDS for suffix in SUFFIXES}:
            meant = meant_delivery(path.name)
            expected = meant[1] if meant else f"KIND.parquet, .csv or .csv.gz with one of {', '.join(KINDS)}"
            raise ValidationError(f"{path.name}: the name says which kind it is; expected {expected}")
    return [Arrival(kind, _month_of(file, kind), file, hash_file(file)) for kind, file in found]


def _month_of(file: Path, kind: str) -> date:
    folder = file.parent.resolve().name
    named = read_month(folder)
    if named is not None:
        return named
    if folder.count("-") == 1 and folder.replace("-", "").isdecimal():  # meant as one
        span = f"months go from {FIRST_YEAR}-01 to {LAST_YEAR}-12"
        raise ValidationError(f"{folder}: no delivery month, so a run passes it over; {span}. Next: rename the folder")
    try:
        delivered = read_delivery(file, KINDS[kind], load_delivery_format(), coded=True)["delivery_date"].max()
    except DeliveryRefused:
        return date.today().replace(day=1)  # it cannot be read: whatever its month, that is the finding
    assert isinstance(delivered, date)
    return delivered.replace(day=1)


def _lists(path: Path, history: Path | None, month: date) -> Reference:
    """The lists a run would take: of the landing zone the files lie in (DIR/YYYY-MM/KIND.csv), or that is named."""
    folder = path if path.is_dir() else path.parent
    of_month = load_round(month)
    return load_reference(choose_pack(history or folder.resolve().parent), of_month.budget_year, of_month.placed_on)


def _surroundings(arrivals: Sequence[Arrival], history: Path | None, month: date, lists: Reference) -> Surroundings:
    if history is None:
        return Surroundings(load_assumptions(load_round(month).budget_year), {}, lists)
    around = load_surroundings(history, month)
    for arrival in arrivals:
        if arrival.kind in (*around.newest, OVERHEVELINGEN.name):
            try:
                own = read_delivery(arrival.path, KINDS[arrival.kind], load_delivery_format())
            except DeliveryRefused:
                continue
            if arrival.kind == OVERHEVELINGEN.name:
                around = replace(around, transfers=join_transfers([own, around.transfers]))
            elif arrival.kind not in JUDGED_FIRST or _fits(arrival, around):
                around = replace(around, newest={**around.newest, arrival.kind: own})
    return around


def _fits(arrival: Arrival, around: Surroundings) -> bool:
    """Whether tariffs or agreements are good enough to hold claims against, beside those in the history."""
    known = KnownDeliveries()
    known.remember_rows(arrival.kind, add_months(arrival.month, -1), around.newest[arrival.kind])
    once = Arrival(arrival.kind, arrival.month, arrival.path, arrival.content_hash)
    return is_good(once, around, known)


def _remember_history(
    known: KnownDeliveries, around: Surroundings, history: Path, month: date, kinds: Collection[str]
) -> None:
    """The latest readable deliveries of earlier months that those of these kinds are compared with."""
    wanted = {*kinds, *([DECLARATIES.name] if set(kinds) & set(EVERY_ZORGKANTOOR) else [])}
    for earlier, folder in reversed(list_months(history)):
        for kind in sorted(wanted) if earlier < month else ():
            file, is_claims = first_delivery(folder, kind), kind == DECLARATIES.name
            if file is None:
                continue
            try:
                found = read_delivery(file, KINDS[kind], load_delivery_format(), coded=is_claims)
            except DeliveryRefused:
                continue
            wanted.remove(kind)
            if is_claims:
                received_on: date | None = found["delivery_date"].max()  # type: ignore[assignment]
                regions = around.lists_of(earlier).regions
                sums = sum_claims(found)
                euro = euro_by_month(sums, around.crosswalk, regions)
                known.remember_claims(earlier, GoodClaims(euro, received_on, sums))
            else:
                known.remember_rows(kind, earlier, found)


def as_json(validation: Validation) -> dict[str, object]:
    """The validation for machines (docs/reference/validate.schema.json). Amounts are euro as numbers."""
    return {
        "schema_version": SCHEMA_VERSION,
        "would_be_refused": validation.would_be_refused,
        "compared_with_history": validation.with_history,
        "files": [
            {
                "kind": arrival.kind,
                "file": arrival.path.name,
                "delivery_month": month_label(arrival.month),
                "sha256": arrival.content_hash,
                "rows_count": arrival.rows,
                "amount_eur": _number(arrival.amount_eur),
                "quarantined_count": 0 if arrival.quarantined is None else arrival.quarantined.height,
                "quarantined_eur": _quarantined_eur(arrival.quarantined),
            }
            for arrival in validation.files
        ],
        "checks_count": len(validation.results),
        "findings": [
            {
                "check_id": result.check_id,
                "title": result.title,
                "kind": result.checked_table,
                "severity": result.severity,
                "outcome": result.outcome,
                "refuses": result.is_blocking,
                "findings_count": result.findings_count,
                "at_stake_eur": _number(result.at_stake_eur),
                "observed": result.observed,
                "expected": result.expected,
                "message": result.message,
            }
            for result in validation.findings
        ],
    }


def _number(amount: object) -> float | None:
    return None if amount is None else float(str(amount))


def _quarantined_eur(rows: pl.DataFrame | None) -> float | None:
    if rows is None or "amount_eur" not in rows.columns:
        return None
    return float(rows["amount_eur"].sum())
