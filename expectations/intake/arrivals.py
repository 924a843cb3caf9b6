"""Files on their way in: found in the landing zone, read, their rows split, measured by every rule that applies.

What is kept or refused is decided in ``take_in.py``; what a rule says is in the file of its stage.
"""

import difflib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from expectations.catalogue import DELIVERY_RULES, measure_delivery
from expectations.claim_prices import UNIT_CHECK, list_corrections
from expectations.intake.known_deliveries import (
    GoodClaims,
    KnownDeliveries,
    find_before,
    find_claimed,
    find_previous,
    find_same_content,
)
from expectations.intake.quarantine import split_rows
from expectations.judging.delivery_view import BudgetView, ClaimsView
from expectations.judging.finding import record_of
from expectations.judging.results import LARGEST_TOTAL_EUR, CheckResult, foresees_block
from expectations.judging.rule import Rule, RuleMetrics
from warehouse.landing import read_control, read_delivery
from warehouse.landing_zone import CONTROL, SUFFIXES, find_delivery, hash_file, label, list_months
from warehouse.packs import choose_pack, load_reference
from warehouse.settings import load_assumptions, load_delivery_format, load_round
from warehouse.store import month_label
from warehouse.tables.deliveries import DECLARATIES, KINDS, OVERHEVELINGEN
from wlz.known.reference import Reference
from wlz.known.rounds import FIRST_YEAR, LAST_YEAR
from wlz.words.faults import DeliveryRefused, Fault

Report = Callable[[str], None]
NEARLY = 0.85  # of the letters of a kind: pgb_verlening, and not prognose
FILE_NAMES = {f"{kind}{suffix}": kind for kind in KINDS for suffix in (*SUFFIXES, CONTROL)}
COMPARED_KINDS = ("kader", "beleidsregelwaarden", "herschikking")  # what claims and budgets are held against
JUDGED_FIRST = ("beleidsregelwaarden", "herschikking")  # of those, what is judged without the claims
BLOCKING_RULES = tuple(rule for rule in DELIVERY_RULES if rule.severity == "block" or rule.escalation is not None)
EVERY_ZORGKANTOOR = ("kader", "pgb_verleningen")  # kinds with a row for each that has claims


@dataclass
class Arrival:
    """One file on its way in."""

    kind: str
    month: date
    path: Path
    content_hash: str
    rows: int = 0
    amount_eur: object = None
    received_on: date | None = None
    kept: pl.DataFrame | None = None
    is_held: bool = False
    is_repeated: bool = False  # refused before, superseded and put back, or rows released: judged again
    quarantined: pl.DataFrame | None = None
    metrics: list[RuleMetrics] = field(default_factory=list)
    corrections: pl.DataFrame | None = None  # of units in claims, DELIVERY_UNIT_CORRECTIONS
    blocks: list[CheckResult] = field(default_factory=list)  # results that refuse it, once judged and not accepted

    @property
    def delivery_id(self) -> str:
        """Kind, month and content: the same file again has the same id."""
        return f"{self.kind}-{month_label(self.month)}-{self.content_hash[:12]}"


@dataclass(frozen=True)
class Surroundings:
    """What new files are held against: the round's assumptions, the newest readable budgets and tariffs, code lists.

    ``transfers``: every transfer of all readable overhevelingen, each as told last.
    """

    assumptions: Mapping[str, float]
    newest: Mapping[str, pl.DataFrame]
    lists: Reference
    transfers: pl.DataFrame = field(default_factory=OVERHEVELINGEN.empty)

    @property
    def crosswalk(self) -> pl.DataFrame:
        """Zorgkantoor code → region, dated."""
        return self.lists.crosswalk

    def lists_of(self, month: date) -> Reference:
        """The same lists with the uitvoerders of a delivery month: a delivery is judged alike whenever it is read."""
        return self.lists.on(load_round(month).placed_on)

    @property
    def kader_by_code(self) -> dict[str, float] | None:
        """Zin kader per zorgkantoor: whose claims are expected. None without a kader."""
        if "kader" not in self.newest:
            return None
        latest = self.newest["kader"].sort("budget_year", "stand_date").unique("zorgkantoor_code", keep="last")
        return dict(latest.select("zorgkantoor_code", pl.col("zin_budget_eur").cast(pl.Float64)).iter_rows())


def load_surroundings(
    landing: Path, through: date, accepted: Collection[str] = (), overruled: Collection[tuple[str, str]] = ()
) -> Surroundings:
    """The newest readable file of each of ``COMPARED_KINDS`` up to a month; a refused one gives way to an older.

    Tariffs and agreements are judged here, so that good claims are not held against what is refused; a kader is judged
    beside the claims, and counts as soon as it can be read. ``accepted``: deliveries known to be good; ``overruled``:
    check and delivery of which a person said so.
    """
    newest: dict[str, pl.DataFrame] = {}
    transfers = []
    last = load_round(through)
    lists = load_reference(choose_pack(landing), last.budget_year, last.placed_on)
    bare, known = Surroundings(load_assumptions(last.budget_year), {}, lists), KnownDeliveries()
    for month, folder in list_months(landing):
        for kind in (*COMPARED_KINDS, OVERHEVELINGEN.name) if month <= through else ():
            try:
                path = find_delivery(folder, kind)
                found = None if path is None else read_delivery(path, KINDS[kind], load_delivery_format())
            except DeliveryRefused:
                continue  # it is refused by its own check
            if found is None or path is None:
                continue
            if kind == OVERHEVELINGEN.name:
                transfers.append(found)
            elif kind not in JUDGED_FIRST or is_good(_arrival(kind, month, path), bare, known, accepted, overruled):
                newest[kind] = found
                known.remember_rows(kind, month, found)
    return replace(bare, newest=newest, transfers=join_transfers([*reversed(transfers), OVERHEVELINGEN.empty()]))


def _arrival(kind: str, month: date, path: Path) -> Arrival:
    return Arrival(kind, month, path, hash_file(path))


def is_good(
    arrival: Arrival,
    around: Surroundings,
    known: KnownDeliveries,
    accepted: Collection[str] = (),
    overruled: Collection[tuple[str, str]] = (),
) -> bool:
    """Whether no rule refuses a file that can be read, beside the good ones before it."""
    if arrival.delivery_id in accepted:
        return True
    read_arrival(arrival, around, known, rules=BLOCKING_RULES)
    blocks = [one.check_id for one in arrival.metrics if foresees_block(one)]
    return all((check_id, arrival.delivery_id) in overruled for check_id in blocks)


def join_transfers(told: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Transfers of several deliveries, the newest first: each once, as told last."""
    return pl.concat(told).unique(OVERHEVELINGEN.key, keep="first", maintain_order=True)


def month_folders(landing: Path, report: Report, latest: date = date.max) -> list[tuple[date, Path]]:
    """Folders of the landing zone with the month they are named after, oldest first; says what it passes over.

    That is what is no folder of a month, or of one after the ``latest`` that can have been delivered.
    """
    found = [(month, folder) for month, folder in list_months(landing) if month <= latest]
    months = {folder.name for _, folder in found}
    odd = [entry.name for entry in sorted(landing.iterdir()) if entry.name not in months]
    odd += [f"{folder.name}/{file.name}" for _, folder in found for file in sorted(folder.iterdir())
            if file.name not in FILE_NAMES]  # fmt: skip
    if odd:
        more = f" and {len(odd) - 5} more" if len(odd) > 5 else ""
        report(
            f"passed over in the landing zone: {', '.join(odd[:5])}{more}; "
            f"expected YYYY-MM/KIND.parquet, .csv or .csv.gz, from {FIRST_YEAR}-01 to {LAST_YEAR}-12"
        )
    return found


def find_misnamed(folder: Path, month: date) -> list[CheckResult]:
    """Files of a folder named nearly as a delivery: nothing of them is used, and each is a warning."""
    meant = [(file.name, meant_delivery(file.name)) for file in sorted(folder.iterdir())]
    return [_misnamed(found, *one, month) for found, one in meant if one is not None]


def meant_delivery(name: str) -> tuple[str, str] | None:
    """The kind a file was likely meant as, and the name expected of it; None for a delivery, or quite another file.

    Another case, another ending, words behind the kind, a letter more or less.

    >>> meant_delivery("Kader-definitief.xlsx")
    ('kader', 'kader.parquet, .csv or .csv.gz')
    """
    if name in FILE_NAMES or name.startswith((".", "~")):
        return None
    by_case = {one.casefold(): one for one in FILE_NAMES}
    if name.casefold() in by_case:
        return FILE_NAMES[by_case[name.casefold()]], by_case[name.casefold()]
    stem = name.casefold().split(".")[0].replace("-", "_").replace(" ", "_")
    begun = [kind for kind in KINDS if stem.startswith(kind)]
    near = begun or difflib.get_close_matches(stem, KINDS, 1, NEARLY)
    if not near:
        return None
    kind = max(near, key=len)
    return kind, f"{kind}{SUFFIXES[0]}, {' or '.join(SUFFIXES[1:])}"


def _misnamed(found: str, kind: str, expected: str, month: date) -> CheckResult:
    action = "Nothing of it is used"
    return CheckResult(
        check_id="D01",
        checked_table=kind,
        delivery_id=f"{kind}-{month_label(month)}-misnamed",
        title="The file is there and follows its contract",
        severity="warn",
        outcome="failed",
        findings_count=1,
        at_stake_eur=None,
        observed=f"a file {found}",
        expected=expected,
        message=f"D01 {month_label(month)}/{found} is passed over because of its name; expected {expected}. {action}. "
        f"Next: rename it to {expected} and repeat.",
        action=action,
        findings=record_of("D01", "misnamed", file=found),
    )


def find_arrivals(
    landing: Path, known: pl.DataFrame, through: date, again: Collection[str], report: Report, latest: date = date.max
) -> list[Arrival]:
    """Files to judge: new ones, and of the known ones those of which the ``delivery_status`` or the id is in ``again``.

    That is: refused ones that still lie there, ones put back (superseded), ones with rows newly released.
    """
    columns = ("kind", "delivery_month", "content_hash", "delivery_status")
    statuses = {(kind, month, digest): status for kind, month, digest, status in known.select(columns).iter_rows()}
    arrivals = []
    for month, folder in month_folders(landing, report, latest):
        for kind in KINDS if month <= through else ():
            path = first_delivery(folder, kind)
            if path is None:
                continue
            arrival = _arrival(kind, month, path)
            status = statuses.get((kind, month, arrival.content_hash))
            arrival.is_repeated = status is not None
            if status is None or status in again or arrival.delivery_id in again:
                arrivals.append(arrival)
    return arrivals


def first_delivery(folder: Path, kind: str) -> Path | None:
    """The delivered file of a kind, or the first of several (which is a fault of its own); None without any."""
    try:
        return find_delivery(folder, kind)
    except DeliveryRefused as refusal:
        return folder / refusal.faults[0].file.split("/")[-1]


def read_arrival(
    arrival: Arrival,
    around: Surroundings,
    known: KnownDeliveries,
    released: Collection[str] = (),
    rules: Sequence[Rule] = DELIVERY_RULES,
) -> None:
    """Parse, split and measure one arrival; a file that cannot be parsed is measured as such.

    ``released`` are checks of which a person released the rows. Arrivals are read in the order of their months: good
    claims are added to ``known``, for those of later months.
    """
    frame, control, faults = _parse(arrival.path, arrival.kind)
    if frame is not None:
        arrival.kept, arrival.quarantined = split_rows(
            frame, KINDS[arrival.kind], around.lists.known_codes, around.lists.known_units, released, around.lists.ended
        )
        arrival.rows = frame.height
        dated: date | None = frame["delivery_date"].max()  # type: ignore[assignment]
        arrival.received_on = dated or arrival.month  # without rows no date is told: known from its month on
        if "amount_eur" in frame.columns:
            total: Decimal | float = frame["amount_eur"].sum()
            arrival.amount_eur = total if abs(float(total)) < LARGEST_TOTAL_EUR else None
    content = {
        "kind": arrival.kind,
        "table": KINDS[arrival.kind],
        "delivery_id": arrival.delivery_id,
        "delivery_month": arrival.month,
        "file_name": f"{month_label(arrival.month)}/{arrival.path.name}",
        "frame": frame,
        "faults": faults,
        "control": control,
        "kept": arrival.kept,
        "quarantined": arrival.quarantined,
        "prestaties": around.lists.prestaties,
        "pack": around.lists.pack,
    }
    if arrival.kind != DECLARATIES.name:
        arrival.metrics = measure_delivery(_view_budget(content, around, known), rules)
        if arrival.kept is not None and not any(foresees_block(metrics) for metrics in arrival.metrics):
            known.remember_rows(arrival.kind, arrival.month, arrival.kept)
        return
    view = _view_claims(content, around, known, arrival.content_hash)
    arrival.metrics = measure_delivery(view, rules)
    if any(one.check_id == UNIT_CHECK and one.error is None for one in arrival.metrics):
        arrival.corrections = list_corrections(view)
    if frame is not None and not any(foresees_block(metrics) for metrics in arrival.metrics):
        known.remember_claims(arrival.month, GoodClaims(view.euro, arrival.received_on, view.sums))


def _parse(path: Path, kind: str) -> tuple[pl.DataFrame | None, dict[str, object] | None, Sequence[Fault]]:
    """Rows and control file; without rows the faults say why."""
    try:
        find_delivery(path.parent, kind)
        coded = kind == DECLARATIES.name  # the only kind with millions of rows
        return read_delivery(path, KINDS[kind], load_delivery_format(), coded=coded), read_control(path), ()
    except DeliveryRefused as refusal:
        return None, None, refusal.faults
    except OSError as error:  # of this file: the others are read all the same
        found, step = f"a file that cannot be read ({error.strerror})", "put it there again and repeat the run"
        return None, None, [Fault("D01", label(path), None, None, found, "a file", "a fault of the disk", step)]


def _view_claims(
    content: Mapping[str, Any], around: Surroundings, known: KnownDeliveries, content_hash: str
) -> ClaimsView:
    month = content["delivery_month"]
    regions = around.lists_of(month).regions
    previous = find_previous(known, month, around.crosswalk, regions)
    return ClaimsView(
        **content,
        crosswalk=around.crosswalk,
        regions=regions,
        assumptions=around.assumptions,
        kader_by_code=around.kader_by_code,
        previous=None if previous is None else previous.euro,
        previous_sums=None if previous is None else previous.sums,
        previous_month=None if previous is None or previous.euro.is_empty() else previous.euro["delivery_month"][0],
        previous_received_on=None if previous is None or previous.euro.is_empty() else previous.received_on,
        same_content_as=find_same_content(known, month, content_hash),
        tariffs=around.newest.get("beleidsregelwaarden"),
        agreements=around.newest.get("herschikking"),
    )


def _view_budget(content: Mapping[str, Any], around: Surroundings, known: KnownDeliveries) -> BudgetView:
    kind, month = content["kind"], content["delivery_month"]
    lists = around.lists_of(month)
    return BudgetView(
        **content,
        crosswalk=around.crosswalk,
        regions=lists.regions,
        names=lists.names,
        assumptions=around.assumptions,
        kader=around.newest.get("kader"),
        kader_by_code=around.kader_by_code,
        before=find_before(known, kind, month),
        claimed=find_claimed(known, month, around.crosswalk, lists.regions) if kind in EVERY_ZORGKANTOOR else None,
        transfers=around.transfers,
        agreed=around.newest.get("herschikking"),
    )
