"""What should not be in a data folder, found and moved aside: never deleted, never repaired by guessing.

A finding says in words what lies where and what to do next. The landing zone is its senders': of it is told only.
"""

import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

import polars as pl

from warehouse import registry
from warehouse.duck import QueryError
from warehouse.lock import this_process
from warehouse.packs import last_month_possible
from warehouse.past_advices import advice_months
from warehouse.provenance import SIMULATION
from warehouse.publish import published_inputs, published_months
from warehouse.store import Store, is_running, month_label
from warehouse.tables.deliveries import KINDS
from warehouse.tables.lag import CLAIMS_SNAPSHOT
from warehouse.tables.quality import ADVICE_PROVENANCE
from warehouse.tables.series import DELIVERY_UNIT_CORRECTIONS
from warehouse.withdrawals import withdrawn_months, withdrawn_months_of
from wlz.known.rounds import read_month

ASIDE = "aside"
RECORD, ROWS = "why.json", "register_rows.parquet"
MEND = "wlz doctor --mend moves it aside"
_PARTITION = "delivery_month="
_YEAR = re.compile(r"\d{4}")
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_UNFINISHED = re.compile(r"\..+\.(?P<process>\d+)\.(new|next|next\.wal|npz)|\..+\.held")
_BESIDE_TABLES = {"alerts"}  # in the lake, and no table of a contract
_MOST_PASSES = 5


@dataclass(frozen=True)
class Oddity:
    """One thing that should not be there: in words, and what to move: files, folders, rows of the register by id."""

    what: str
    next_step: str = MEND
    paths: tuple[Path, ...] = ()
    rows: tuple[str, ...] = ()

    @property
    def can_be_moved(self) -> bool:
        """Whether moving something aside mends it; else a person does the next step."""
        return bool(self.paths or self.rows)


class Folder:
    """A data folder as it is looked at once: its lake, register and database."""

    def __init__(self, data: Path, landing: Path, today: date) -> None:
        self.data, self.landing, self.today = data, landing, today
        self.store, self.database = Store(data / "lake"), data / "wlz.duckdb"

    @cached_property
    def register(self) -> pl.DataFrame:
        """Every delivery taken in or refused."""
        return self.store.read_register()

    @cached_property
    def kept_ids(self) -> set[str]:
        """Deliveries of which the rows lie in the lake."""
        return set(self.register.filter(pl.col("delivery_status") != "refused")["delivery_id"])

    def is_possible(self, label: str) -> bool:
        """Whether '2018-05' can be a delivery month: one of the Wlz, and none that the intake would not let in.

        What the lake says was simulated counts as well: its landing zone may lie elsewhere, or be gone.
        """
        month = read_month(label)
        if month is None:
            return False
        return month <= last_month_possible(self.landing, self.today) or self.is_simulated

    @cached_property
    def is_simulated(self) -> bool:
        """Whether an advice of the lake rests on simulated deliveries; one that cannot be read says nothing."""
        paths = [self.store.path(ADVICE_PROVENANCE, month) for month in self.store.months(ADVICE_PROVENANCE)]
        return any(SIMULATION in _read_input_names(path) for path in paths)

    def name(self, path: Path) -> str:
        """A path as people know it: below the data folder."""
        return path.relative_to(self.data).as_posix()


def _read_input_names(path: Path) -> set[str]:
    try:
        return set(pl.read_parquet(path, columns=["input_name"])["input_name"])
    except (pl.exceptions.PolarsError, OSError):
        return set()


def examine(data: Path, landing: Path, today: date) -> list[Oddity]:
    """What should not be in a data folder; nothing in one that is right, empty or not there.

    What rests on a file that cannot be read, or on a month that cannot be, is looked at once that is moved aside.
    """
    folder = Folder(data, landing, today)
    if not data.is_dir():
        return []
    first = [one for look in _FIRST for one in look(folder)]
    if any(one.can_be_moved for one in first):
        return first
    return [*first, *(one for look in _THEN for one in look(folder))]


def mend(data: Path, landing: Path, today: date, now: datetime) -> tuple[list[Oddity], list[Oddity], Path | None]:
    """Move aside what can be moved, until nothing is left that can: what was moved, what is for a person, and where.

    Everything lies below ``aside/<time>`` as it lay, with ``why.json`` beside it. Raises OSError.
    """
    aside, moved = data / ASIDE / f"{now:%Y-%m-%dT%H%M%S}", []
    for _ in range(_MOST_PASSES):
        found = [one for one in examine(data, landing, today) if one.can_be_moved]
        if not found:
            break
        for one in found:
            _move(one, data, aside)
        moved += found
        _record(moved, data, aside, now)
    return moved, examine(data, landing, today), aside if moved else None


def _move(oddity: Oddity, data: Path, aside: Path) -> None:
    for path in oddity.paths:
        if path.exists():  # else it lay in a folder that was moved
            target = _free(aside / path.relative_to(data))
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, target)
    if oddity.rows:
        _move_rows(Store(data / "lake"), oddity.rows, aside)


def _free(target: Path) -> Path:
    """A name that nothing has: what was moved before stays as it is."""
    numbered = (target.with_name(f"{target.name}.{number}") for number in range(1, 1_000_000))
    return target if not target.exists() else next(one for one in numbered if not one.exists())


def _move_rows(store: Store, ids: Iterable[str], aside: Path) -> None:
    """Rows of the register aside; a delivery that one of them superseded stands again."""
    register = store.read_register()
    gone = pl.col("delivery_id").is_in(list(ids))
    aside.mkdir(parents=True, exist_ok=True)
    register.filter(gone).write_parquet(_free(aside / ROWS))
    again = pl.col("superseded_by").is_in(list(ids)).fill_null(False)
    status = pl.when(again).then(pl.lit("accepted")).otherwise("delivery_status")
    by = pl.when(again).then(None).otherwise("superseded_by")
    kept = register.filter(~gone).with_columns(status.alias("delivery_status"), by.alias("superseded_by"))
    store.write_register([kept])


def _record(moved: Iterable[Oddity], data: Path, aside: Path, now: datetime) -> None:
    said = [
        {"what": one.what, "files": [path.relative_to(data).as_posix() for path in one.paths], "register": one.rows}
        for one in moved
    ]
    who = this_process("wlz doctor --mend")
    text = {"moved_at": f"{now:%Y-%m-%d %H:%M:%S} UTC", "by": who.user, "host": who.host, "moved": said}
    (aside / RECORD).write_text(json.dumps(text, indent=2, ensure_ascii=False), encoding="utf-8")


# ---- what is looked at ---------------------------------------------------------------------------------------------


def _find_unfinished(folder: Folder) -> Iterator[Oddity]:
    """What a killed run left half-written, and deliveries that were held and never settled."""
    places = (folder.data, *(folder.data / name for name in ("lake", "cache", "quarantine")))
    for place in places:
        for path in sorted(place.glob("*" if place == folder.data else "**/*")):
            found = _UNFINISHED.fullmatch(path.name)
            if found is None or (found["process"] and is_running(int(found["process"]))):
                continue
            what = "half-written part that a run left" if found["process"] else "delivery held and never settled"
            yield Oddity(f"{folder.name(path)}: {what}", paths=(path,))
    for path in sorted((folder.data / "reports").glob(".*")):
        yield Oddity(f"{folder.name(path)}: half-written pages that a run left", paths=(path,))


def _find_odd_months(folder: Folder) -> Iterator[Oddity]:
    """Partitions, quarantine and register rows of months that cannot be."""
    partitions = (path for path in sorted((folder.data / "lake").glob("*/*")) if path.is_dir())
    others = (path for path in sorted((folder.data / "quarantine").glob("*")) if path.is_dir())
    for path in (*partitions, *others):
        label = path.name.removeprefix(_PARTITION)
        has_mark = path.name.startswith(_PARTITION) or path.parent.name == "quarantine"
        if path.parent.name not in _BESIDE_TABLES and not (has_mark and folder.is_possible(label)):
            yield Oddity(f"{folder.name(path)}: {label} cannot be a delivery month", paths=(path,))


def _find_unreadable(folder: Folder) -> Iterator[Oddity]:
    for path in sorted((folder.data / "lake").glob("**/[!.]*.parquet")):
        try:
            pl.read_parquet_schema(path)
        except (pl.exceptions.PolarsError, OSError) as error:
            yield Oddity(f"{folder.name(path)}: cannot be read ({type(error).__name__})", paths=(path,))


def _find_bad_database(folder: Folder) -> Iterator[Oddity]:
    try:
        published_months(folder.database)
    except QueryError:
        wal = folder.database.with_name(folder.database.name + ".wal")
        what = f"{folder.database.name}: cannot be read as published marts; every month is to be run again"
        yield Oddity(what, paths=tuple(path for path in (folder.database, wal) if path.exists()))


def _find_odd_rows(folder: Folder) -> Iterator[Oddity]:
    """Rows of the register of months that cannot be, or of deliveries whose rows are not in the lake."""
    columns = ("delivery_id", "kind", "delivery_month", "delivery_status")
    for delivery_id, kind, month, status in folder.register.select(columns).iter_rows():
        table = KINDS.get(kind)
        if not folder.is_possible(f"{month:%Y-%m}".zfill(len("2018-05"))):
            yield Oddity(f"register, {delivery_id}: its month cannot be a delivery month", rows=(delivery_id,))
        elif status != "refused" and (table is None or not folder.store.has_delivery(table, delivery_id, month)):
            what = f"register, {delivery_id}: {status}, and the lake has no rows of it"
            yield Oddity(what, f"{MEND}, and the next run takes its file in anew", rows=(delivery_id,))


def _find_unregistered(folder: Folder) -> Iterator[Oddity]:
    """Parts of the lake that nobody registered, and folders that are no table."""
    tables = {**registry.lake(), **registry.deliveries()}
    for path in sorted(path for path in (folder.data / "lake").glob("*") if not path.name.startswith(".")):
        table = tables.get(path.name)
        if table is None and path.name not in _BESIDE_TABLES:
            yield Oddity(f"{folder.name(path)}: no table of this version", paths=(path,))
        for part in sorted(path.glob(f"{_PARTITION}*/[!.]*")) if table is not None else ():
            if not _is_registered(part, path.name, folder):
                yield Oddity(f"{folder.name(part)}: a part that nothing registered", paths=(part,))


def _is_registered(part: Path, table: str, folder: Folder) -> bool:
    if table in KINDS or table == DELIVERY_UNIT_CORRECTIONS.name:
        return part.stem in folder.kept_ids and part.suffix == ".parquet"
    if table == CLAIMS_SNAPSHOT.name:
        return part.stem.rpartition("-")[0] in folder.kept_ids
    return part.name == "data.parquet"


def _find_orphans_in_quarantine(folder: Folder) -> Iterator[Oddity]:
    known = set(folder.register["delivery_id"])
    for path in sorted((folder.data / "quarantine").glob("*/*/*")):
        if path.name not in known:
            yield Oddity(f"{folder.name(path)}: in quarantine, and not in the register", paths=(path,))


def _find_behind(folder: Folder) -> Iterator[Oddity]:
    """Advices of the lake that the published marts do not show, or show as they were before."""
    published = published_months(folder.database)
    for month in advice_months(folder.store):
        label = month_label(month)
        again = f"wlz run --delivery-month {label}"
        if label not in published:
            yield Oddity(f"{label}: computed and not published; a run broke off", again)
            continue
        rows = folder.store.read(ADVICE_PROVENANCE, month).select("input_name", "input_version", "content_hash")
        inputs = {name: (version, content) for name, version, content in rows.iter_rows()}
        if inputs != published_inputs(folder.database, month):
            yield Oddity(f"{label}: {folder.database.name} is older than the lake; a run broke off", again)


def _find_lost(folder: Folder) -> Iterator[Oddity]:
    """Published months that the lake does not have, and withdrawals that are told nowhere."""
    there = set(map(month_label, advice_months(folder.store)))
    published = published_months(folder.database)
    for label in published:
        if label not in there:
            what = f"{label}: published, and the lake has no whole advice of it"
            yield Oddity(what, f"wlz run --delivery-month {label}")
    shown = set(withdrawn_months_of(folder.database))
    for month in sorted(withdrawn_months(folder.store)):
        label = month_label(month)
        if label in published and month not in shown:
            what = f"{label}: withdrawn, and {folder.database.name} does not say so"
            yield Oddity(what, f"wlz withdraw {label} again, with the same reason")
        elif label in published and not _says_withdrawn(folder.data / "reports" / label):
            yield Oddity(f"{label}: withdrawn, and its pages do not say so", f"wlz report --delivery-month {label}")


def _says_withdrawn(pages: Path) -> bool:
    """Whether the list of reports knows that an advice was withdrawn; pages that are not there mislead nobody."""
    try:
        return bool(json.loads((pages / "made-of.json").read_text(encoding="utf-8")).get("withdrawn"))
    except (OSError, ValueError):
        return True


def _find_odd_deliveries(folder: Folder) -> Iterator[Oddity]:
    """Folders of the landing zone that look like a month and are none: told, for they are their senders'."""
    for path in sorted(folder.landing.glob("*")) if folder.landing.is_dir() else ():
        if not path.is_dir() or (_MONTH.fullmatch(path.name) and folder.is_possible(path.name)):
            continue
        if _YEAR.search(path.name):
            cannot = "cannot be a delivery month" if _MONTH.fullmatch(path.name) else "is no month as YYYY-MM"
            what = f"{folder.landing.name}/{path.name}: {path.name} {cannot}"
            yield Oddity(what, "rename the folder to the month of its delivery, or take it out")


_Look = Callable[[Folder], Iterator[Oddity]]
_FIRST: tuple[_Look, ...] = (_find_unfinished, _find_odd_months, _find_unreadable, _find_bad_database)
_THEN: tuple[_Look, ...] = (
    _find_odd_rows,
    _find_unregistered,
    _find_orphans_in_quarantine,
    _find_behind,
    _find_lost,
    _find_odd_deliveries,
)
