"""What `wlz quarantine list` says: a line per entry, short enough to look over. The whole text is in `show`."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from expectations.catalogue import RULES
from expectations.intake.decisions import RELEASE, read_decisions
from expectations.intake.quarantine import ROWS_FILE
from expectations.judging.shapes import format_euro
from warehouse.store import Store, month_label

REASON_WIDTH = 60  # characters; with the other columns a line of a wide terminal
HEADERS = ("delivery", "file", "rule", "rows", "euro", "state", "reason")
_RIGHT = ("rows", "euro")
_TITLES = {rule.check_id: rule.title for rule in RULES}


class Entry(NamedTuple):
    """A delivery that was refused, or the rows of one that a rule set apart or a person released."""

    delivery_id: str
    file: str
    rules: str
    rows: int
    amount_eur: Any
    state: str
    reason: str

    @property
    def cells(self) -> tuple[str, ...]:
        """The entry as it is printed, in the order of ``HEADERS``."""
        euro = "" if self.amount_eur is None else format_euro(self.amount_eur)
        reason = " ".join(self.reason.split())
        short = reason if len(reason) <= REASON_WIDTH else f"{reason[: REASON_WIDTH - 1].rstrip()}…"
        return self.delivery_id, self.file, self.rules, f"{self.rows:,}", euro, self.state, short


def list_entries(store: Store, quarantine: Path) -> list[Entry]:
    """Refused deliveries, then rows set apart, then releases; each newest first."""
    register = store.read_register().sort("delivery_month", "delivery_id", descending=True)
    refused = register.filter(delivery_status="refused")
    apart = register.filter(register["quarantined_count"] > 0, delivery_status="accepted")
    released = read_decisions(store).filter(decision=RELEASE).sort("decided_at", descending=True)
    files = dict(register.select("delivery_id", "file_name").iter_rows())
    return [
        *(_refused(row, _reasons(quarantine, row)) for row in refused.iter_rows(named=True)),
        *(entry for row in apart.iter_rows(named=True) for entry in _apart(row, quarantine)),
        *(_released(row, files) for row in released.iter_rows(named=True)),
    ]


def render_entries(entries: Sequence[Entry]) -> str:
    """The entries in columns under their headers, a line each."""
    lines = [HEADERS, *(entry.cells for entry in entries)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(HEADERS))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if name in _RIGHT else cell.ljust(width)
            for name, cell, width in zip(HEADERS, line, widths, strict=True)
        ).rstrip()
        for line in lines
    )


def folder_of(quarantine: Path, row: Mapping[str, Any]) -> Path:
    """Where a delivery of the register lies in quarantine, if anything of it does."""
    return quarantine / month_label(row["delivery_month"]) / str(row["kind"]) / str(row["delivery_id"])


def _reasons(quarantine: Path, row: Mapping[str, Any]) -> list[str]:
    """The rules that refused a delivery; the first of them when its folder is gone."""
    path = folder_of(quarantine, row) / "reason.json"
    if not path.exists():
        return [row["check_id"]]
    return [one["check_id"] for one in json.loads(path.read_text(encoding="utf-8"))["refused"]]


def _refused(row: Mapping[str, Any], rules: Sequence[str]) -> Entry:
    reason = "; ".join(_TITLES.get(rule, rule) for rule in rules)
    return _entry(row, ", ".join(rules), row["rows_count"], row["amount_eur"], "refused", reason)


def _apart(row: Mapping[str, Any], quarantine: Path) -> Iterator[Entry]:
    """An entry per rule that set rows apart; one for all when their file is gone."""
    path = folder_of(quarantine, row) / ROWS_FILE
    if not path.exists():
        yield _entry(row, "", row["quarantined_count"], row["quarantined_eur"], "set apart", "the rows are gone")
        return
    rows = pl.read_parquet(path)
    for (rule,), of_rule in rows.group_by("check_id", maintain_order=True):
        amount = of_rule["amount_eur"].sum() if "amount_eur" in of_rule.columns else None
        reasons = of_rule["reason"].unique().sort().to_list()
        yield _entry(row, str(rule), of_rule.height, amount, "set apart", "; ".join(reasons))


def _released(row: Mapping[str, Any], files: Mapping[str, str]) -> Entry:
    told = {"delivery_id": row["delivery_id"], "file_name": files.get(row["delivery_id"], "")}
    state = f"released {row['decided_at']:%Y-%m-%d}"
    reason = f"{row['decided_by']}: {row['decision_reason']}"
    return _entry(told, row["check_id"], row["rows_count"], row["amount_eur"], state, reason)


def _entry(row: Mapping[str, Any], rules: str, rows: int, amount: object, state: str, reason: str) -> Entry:
    """The month is in the id of the delivery, so of its file the name is enough."""
    name = str(row["file_name"]).rpartition("/")[2]
    return Entry(str(row["delivery_id"]), name, rules, rows, amount, state, reason)
