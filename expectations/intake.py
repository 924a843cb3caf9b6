"""Taking deliveries in: read, judge, keep or refuse. Nothing is lost: refused files and rows lie in quarantine.

A delivery is known by its content hash: the same file twice changes nothing, another file of the same kind and month
supersedes the earlier one for later rounds. What a rule says is in the file of its stage, not here.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

import polars as pl

from expectations.catalogue import measure_delivery
from expectations.previous import euro_by_month, find_previous
from expectations.quarantine import split_rows
from expectations.results import CheckResult, foresees_block, to_frame
from expectations.rules import DeliveryView, RuleMetrics
from expectations.runner import judge
from warehouse import reference
from warehouse.contract import MONEY
from warehouse.landing import SUFFIXES, find_delivery, read_control, read_delivery
from warehouse.settings import load_assumptions, load_delivery_format, load_round
from warehouse.store import Store, month_label
from warehouse.tables.deliveries import DECLARATIES, DELIVERY_REGISTER, KINDS
from warehouse.tables.quality import DATA_QUALITY
from wlz.faults import DeliveryRefused, Fault

DUE_EVERY_MONTH = ("declaraties",)
Report = Callable[[str], None]


@dataclass(frozen=True)
class Intake:
    """What came in: every result of the month's deliveries, and the deliveries refused now or for this month."""

    results: list[CheckResult] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    refused: list[CheckResult] = field(default_factory=list)
    quarantined: pl.DataFrame = field(default_factory=pl.DataFrame)


@dataclass
class _Arrival:
    """One new file on its way in."""

    kind: str
    month: date
    path: Path
    content_hash: str
    rows: int = 0
    amount_eur: object = None
    received_on: date | None = None
    kept: pl.DataFrame | None = None
    is_held: bool = False
    is_repeated: bool = False  # refused before, or superseded and put back: judged again
    quarantined: pl.DataFrame | None = None
    metrics: list[RuleMetrics] = field(default_factory=list)

    @property
    def delivery_id(self) -> str:
        return f"{self.kind}-{month_label(self.month)}-{self.content_hash[:12]}"


def take_in(landing: Path, store: Store, quarantine: Path, through: date, now: datetime, report: Report) -> Intake:
    """Take in every new file of the landing zone up to and including the month ``through``.

    Accepted deliveries go to the lake and the register, refused ones to quarantine with their reason; results of all
    checks go to ``data_quality``. Missing claims for ``through`` count as a refusal. A refused file that still lies
    there is judged again: a control total, a second file, a code list or a broken check may have been the fault.
    Returns what happened.
    """
    known = store.read_register()
    arrivals = _find_arrivals(landing, known, through, report)
    kader_by_code = _kader_by_code(landing, through)
    good_claims: dict[date, pl.DataFrame] = {}
    for arrival in arrivals:
        report(f"reading {month_label(arrival.month)}/{arrival.path.name}")
        previous = _previous(store, known, good_claims, arrival)
        _read(arrival, through, kader_by_code, previous)
        if arrival.kept is not None:
            _remember_claims(good_claims, arrival)
            store.hold_delivery(KINDS[arrival.kind], arrival.kept, arrival.delivery_id, arrival.month)
            arrival.kept, arrival.is_held = None, True  # a year of claims does not fit in memory at once
    results = judge([metrics for arrival in arrivals for metrics in arrival.metrics])
    for month in sorted({arrival.month for arrival in arrivals}):
        of_month = {arrival.delivery_id for arrival in arrivals if arrival.month == month}
        save_results(store, [result for result in results if result.delivery_id in of_month], month)
    for arrival in arrivals:
        if arrival.is_held:
            accepted = not _blocking(results, arrival.delivery_id)
            store.settle_delivery(KINDS[arrival.kind], arrival.delivery_id, arrival.month, accepted=accepted)
    register = _register(known, arrivals, results, now)
    for arrival in arrivals:
        _set_aside(arrival, results, quarantine)
    if arrivals:
        store.write_register([register])
    return _summarise(store, landing, register, arrivals, results, through)


def _month_folders(landing: Path, report: Report) -> list[tuple[date, Path]]:
    """Folders of the landing zone with the month they are named after, oldest first; says what it passes over."""
    found, odd = [], []
    expected = {f"{kind}{suffix}" for kind in KINDS for suffix in (*SUFFIXES, ".control.json")}
    for entry in sorted(landing.iterdir()):
        try:
            if len(entry.name) != len("2018-05") or not entry.is_dir():
                raise ValueError
            found.append((date.fromisoformat(f"{entry.name}-01"), entry))
            odd += [f"{entry.name}/{file.name}" for file in sorted(entry.iterdir()) if file.name not in expected]
        except ValueError:
            odd.append(entry.name)
    if odd:
        more = f" and {len(odd) - 5} more" if len(odd) > 5 else ""
        report(
            f"passed over in the landing zone: {', '.join(odd[:5])}{more}; "
            "expected YYYY-MM/KIND.parquet, .csv or .csv.gz"
        )
    return found


def _find_arrivals(landing: Path, known: pl.DataFrame, through: date, report: Report) -> list[_Arrival]:
    statuses = {
        (kind, month, digest): status
        for kind, month, digest, status in known.select(
            "kind", "delivery_month", "content_hash", "delivery_status"
        ).iter_rows()
    }
    arrivals = []
    for month, folder in _month_folders(landing, report):
        for kind in KINDS if month <= through else ():
            try:
                path = find_delivery(folder, kind)
            except DeliveryRefused as refusal:
                path = folder / refusal.faults[0].file.split("/")[-1]
            if path is None:
                continue
            digest = _hash(path)
            status = statuses.get((kind, month, digest))
            if status in (None, "refused", "superseded"):
                arrivals.append(_Arrival(kind, month, path, digest, is_repeated=status is not None))
    return arrivals


def _kader_by_code(landing: Path, through: date) -> dict[str, float] | None:
    """Zin kader per zorgkantoor in the newest readable kader: whose claims are expected. None without a kader."""
    for folder in sorted(landing.glob("[0-9][0-9][0-9][0-9]-[0-9][0-9]"), reverse=True):
        if folder.name <= month_label(through):
            try:
                path = find_delivery(folder, "kader")
                kader = read_delivery(path, KINDS["kader"], load_delivery_format()) if path else None
            except DeliveryRefused:
                kader = None  # it is refused by its own check; an older one will do here
            if kader is not None:
                latest = kader.sort("budget_year", "stand_date").unique("zorgkantoor_code", keep="last")
                budget = pl.col("zin_budget_eur").cast(pl.Float64)
                return dict(latest.select("zorgkantoor_code", budget).iter_rows())
    return None


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _previous(
    store: Store, known: pl.DataFrame, good_claims: dict[date, pl.DataFrame], arrival: _Arrival
) -> pl.DataFrame | None:
    """What new claims are compared with; None for other kinds."""
    if arrival.kind != DECLARATIES.name:
        return None
    places = reference.load_crosswalk(), reference.load_regions()
    return find_previous(store, known, good_claims, arrival.month, *places)


def _remember_claims(good_claims: dict[date, pl.DataFrame], arrival: _Arrival) -> None:
    """Keep the euro of good claims for the deliveries of later months in this batch."""
    is_good = not any(foresees_block(metrics) for metrics in arrival.metrics)
    if arrival.kind == DECLARATIES.name and arrival.kept is not None and is_good:
        euro = euro_by_month(arrival.kept, reference.load_crosswalk(), reference.load_regions())
        good_claims[arrival.month] = euro


def _read(
    arrival: _Arrival, through: date, kader_by_code: dict[str, float] | None, previous: pl.DataFrame | None
) -> None:
    """Parse and measure one arrival; a file that cannot be parsed is measured as such."""
    table = KINDS[arrival.kind]
    frame, control, faults = None, None, []
    try:
        find_delivery(arrival.path.parent, arrival.kind)
        frame = read_delivery(arrival.path, table, load_delivery_format())
        control = read_control(arrival.path)
    except DeliveryRefused as refusal:
        frame, faults = None, refusal.faults
    if frame is not None:
        prestaties = set(reference.load_prestaties()["prestatiecode"])
        units = set(reference.load_units().filter("allowed_for_wlz")["unit_code"])
        kept, quarantined = split_rows(frame, table, prestaties, units)
        arrival.kept, arrival.quarantined = kept, quarantined
        arrival.rows = frame.height
        arrival.received_on = frame["delivery_date"].max()  # type: ignore[assignment]
        if "amount_eur" in frame.columns:
            arrival.amount_eur = frame["amount_eur"].sum()
    view = replace(_view(arrival, frame, faults, control, through), kader_by_code=kader_by_code, previous=previous)
    arrival.metrics = measure_delivery(view)


def _view(
    arrival: _Arrival,
    frame: pl.DataFrame | None,
    faults: Sequence[Fault],
    control: dict[str, object] | None,
    through: date,
) -> DeliveryView:
    return DeliveryView(
        kind=arrival.kind,
        table=KINDS[arrival.kind],
        delivery_id=arrival.delivery_id,
        delivery_month=arrival.month,
        file_name=f"{month_label(arrival.month)}/{arrival.path.name}",
        frame=frame,
        crosswalk=reference.load_crosswalk(),
        regions=reference.load_regions(),
        assumptions=load_assumptions(load_round(through).budget_year),
        faults=faults,
        quarantined=arrival.quarantined,
        control=control,
    )


def _blocking(results: Sequence[CheckResult], delivery_id: str) -> list[CheckResult]:
    return [result for result in results if result.delivery_id == delivery_id and result.is_blocking]


def _register(
    known: pl.DataFrame, arrivals: Sequence[_Arrival], results: Sequence[CheckResult], now: datetime
) -> pl.DataFrame:
    """The register with the arrivals; an accepted one supersedes what its kind and month had before."""
    again = [arrival.delivery_id for arrival in arrivals if arrival.is_repeated]
    register = known.filter(~pl.col("delivery_id").is_in(again))
    for arrival in arrivals:
        blocks = _blocking(results, arrival.delivery_id)
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


def save_results(store: Store, results: Sequence[CheckResult], month: date) -> None:
    """Add results to ``data_quality`` of a month; the same check on the same delivery is replaced."""
    rows = to_frame(results, month)
    if store.has(DATA_QUALITY, month):
        rows = pl.concat([store.read(DATA_QUALITY, month).join(rows, on=list(DATA_QUALITY.key), how="anti"), rows])
    store.write(DATA_QUALITY, rows, month)


def _set_aside(arrival: _Arrival, results: Sequence[CheckResult], quarantine: Path) -> None:
    """Refused files and rows, with the reason beside them."""
    blocks = _blocking(results, arrival.delivery_id)
    rows = arrival.quarantined
    if not blocks and (rows is None or rows.is_empty()):
        return
    folder = quarantine / month_label(arrival.month) / arrival.kind / arrival.delivery_id
    folder.mkdir(parents=True, exist_ok=True)
    if rows is not None and rows.height:
        rows.write_parquet(folder / "rows.parquet")
    if blocks:
        shutil.copyfile(arrival.path, folder / arrival.path.name)
    reasons = [{"check_id": block.check_id, "message": block.message} for block in blocks]
    counted = (
        []
        if rows is None or rows.is_empty()
        else rows.group_by("check_id", "reason").len("rows").sort("reason").to_dicts()
    )
    text = json.dumps(
        {"delivery_id": arrival.delivery_id, "refused": reasons, "rows": counted}, indent=2, ensure_ascii=False
    )
    (folder / "reason.json").write_text(text, encoding="utf-8")


def _summarise(
    store: Store,
    landing: Path,
    register: pl.DataFrame,
    arrivals: Sequence[_Arrival],
    results: Sequence[CheckResult],
    through: date,
) -> Intake:
    """Results of the month's deliveries as they lie in the landing zone, new or known, and every refusal."""
    still_refused = {
        arrival.delivery_id
        for arrival in arrivals
        if arrival.is_repeated and arrival.month < through and _blocking(results, arrival.delivery_id)
    }  # of an earlier month, and reported then
    new = {arrival.delivery_id for arrival in arrivals} - still_refused
    month_results = [result for result in results if result.delivery_id in new]
    present = _present_ids(landing, through)
    before = present - new
    if before and store.has(DATA_QUALITY, through):
        rows = store.read(DATA_QUALITY, through).filter(pl.col("delivery_id").is_in(sorted(before)))
        month_results += [CheckResult(**row) for row in rows.drop("delivery_month").iter_rows(named=True)]
    month_results += [
        _missing(kind, landing, through)
        for kind in DUE_EVERY_MONTH
        if not any(i.startswith(f"{kind}-") for i in present)
    ]
    refused = [result for result in month_results if result.is_blocking]
    accepted = register.filter(pl.col("delivery_id").is_in(sorted(new)) & (pl.col("delivery_status") != "refused"))
    set_aside = register.filter(pl.col("delivery_id").is_in(sorted(new | present)) & (pl.col("quarantined_count") > 0))
    return Intake(
        month_results,
        accepted["delivery_id"].to_list(),
        refused,
        set_aside.select("delivery_id", "quarantined_count", pl.col("quarantined_eur").cast(MONEY)),
    )


def _present_ids(landing: Path, month: date) -> set[str]:
    folder = landing / month_label(month)
    found = set()
    for kind in KINDS:
        for path in sorted(folder.glob(f"{kind}.*")):
            if path.name in (f"{kind}.parquet", f"{kind}.csv", f"{kind}.csv.gz"):
                found.add(f"{kind}-{month_label(month)}-{_hash(path)[:12]}")
    return found


def _missing(kind: str, landing: Path, month: date) -> CheckResult:
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
        severity="block",
        outcome="failed",
        findings_count=1,
        at_stake_eur=None,
        observed="no file",
        expected="a delivery every month",
        message=fault.sentence(),
        action="The last accepted delivery is used",
    )
