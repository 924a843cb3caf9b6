"""Contract tables at rest: Parquet below ``lake/``, one folder per table, a partition replaced whole and atomically.

Every write goes through ``conform``. Nothing is computed here, and nothing is published (that is ``publish.py``).
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from warehouse.contract import Table, conform
from warehouse.tables.deliveries import DELIVERY_REGISTER
from warehouse.tables.series import DELIVERY_UNIT_CORRECTIONS
from wlz.known.rounds import read_month
from wlz.words.faults import NoDataError
from wlz.words.large_frames import as_text
from wlz.words.months import month_label as month_label


@dataclass(frozen=True)
class Store:
    """The lake below ``root`` (``WLZ_DATA/lake``). One writer at a time; readers see whole partitions only."""

    root: Path

    def write(self, table: Table, frame: pl.DataFrame, delivery_month: date) -> int:
        """Replace the partition of this delivery month; rows sorted by key, so that the same rows give the same file.

        Adds ``delivery_month`` where the contract has it. Returns the number of rows. Raises ContractError, and
        OSError when there is no room.
        """
        if "delivery_month" in table.column_names and "delivery_month" not in frame.columns:
            frame = frame.with_columns(pl.lit(delivery_month).alias("delivery_month"))
        checked = conform(frame, table).sort(table.key)
        replace_file(checked, self._partition(table, delivery_month))
        return checked.height

    def read(self, table: Table, delivery_month: date) -> pl.DataFrame:
        """The partition of a delivery month. Raises NoDataError when it was never written.

        Columns that were added to the contract since, and may be empty, are empty in one written before.
        """
        path = self._partition(table, delivery_month)
        if not path.exists():
            raise NoDataError(
                f"table {table.name} has nothing for {month_label(delivery_month)}; "
                f"run 'wlz run --delivery-month {month_label(delivery_month)}' first"
            )
        frame = pl.read_parquet(path, hive_partitioning=False)
        added = [one for one in table.columns if one.name in table.nullable and one.name not in frame.columns]
        if not added:
            return frame
        whole = frame.with_columns(pl.lit(None, dtype=one.dtype).alias(one.name) for one in added)
        return whole.select(name for name in table.column_names if name in whole.columns)

    def months(self, table: Table) -> list[date]:
        """Delivery months the table has a partition of, oldest first; a folder of no month is none."""
        folders = sorted((self.root / table.name).glob("delivery_month=*/data.parquet"))
        found = [read_month(file.parent.name.partition("=")[2]) for file in folders]
        return [month for month in found if month is not None]

    def has(self, table: Table, delivery_month: date) -> bool:
        """Whether the partition of a delivery month was written."""
        return self._partition(table, delivery_month).exists()

    def path(self, table: Table, delivery_month: date) -> Path:
        """Where the partition lies, for readers that scan Parquet themselves."""
        return self._partition(table, delivery_month)

    def hold_delivery(self, table: Table, frame: pl.DataFrame, delivery_id: str, delivery_month: date) -> None:
        """Put a parsed delivery beside its place until its checks are known; nobody reads it there."""
        replace_file(as_text(frame.select(table.column_names)), self._held(table, delivery_id, delivery_month))

    def settle_delivery(self, table: Table, delivery_id: str, delivery_month: date, *, accepted: bool) -> None:
        """Keep a held delivery under its id when it was accepted, else remove it. The same id again changes nothing."""
        held = self._held(table, delivery_id, delivery_month)
        if accepted:
            os.replace(held, self._delivery(table, delivery_id, delivery_month))
        else:
            held.unlink(missing_ok=True)

    def remove_delivery(self, table: Table, delivery_id: str, delivery_month: date) -> None:
        """Take a delivery out of the lake that was accepted at first; what was delivered lies where it lay."""
        self._delivery(table, delivery_id, delivery_month).unlink(missing_ok=True)

    def scan_delivery(self, table: Table, delivery_id: str, delivery_month: date) -> pl.LazyFrame:
        """An accepted delivery, lazily: claims can be larger than memory."""
        return pl.scan_parquet(self._delivery(table, delivery_id, delivery_month), hive_partitioning=False)

    def has_delivery(self, table: Table, delivery_id: str, delivery_month: date) -> bool:
        """Whether the rows of an accepted delivery are there."""
        return self._delivery(table, delivery_id, delivery_month).exists()

    def read_corrections(self, delivery_id: str, delivery_month: date) -> pl.DataFrame:
        """Unit corrections noted beside a claims delivery; none for one that was taken in before they were noted."""
        path = self._delivery(DELIVERY_UNIT_CORRECTIONS, delivery_id, delivery_month)
        return pl.read_parquet(path, hive_partitioning=False) if path.exists() else DELIVERY_UNIT_CORRECTIONS.empty()

    def read_register(self) -> pl.DataFrame:
        """Every delivery taken in or refused; empty at first."""
        path = self.root / DELIVERY_REGISTER.name / "register.parquet"
        return pl.read_parquet(path) if path.exists() else DELIVERY_REGISTER.empty()

    def write_register(self, rows: Sequence[pl.DataFrame]) -> None:
        """Replace the register by these rows. Raises ContractError when a delivery occurs twice."""
        register = conform(pl.concat(rows), DELIVERY_REGISTER).sort(
            "delivery_month", "kind", "registered_at", "delivery_id"
        )
        replace_file(register, self.root / DELIVERY_REGISTER.name / "register.parquet")

    def _partition(self, table: Table, delivery_month: date) -> Path:
        return self.root / table.name / f"delivery_month={month_label(delivery_month)}" / "data.parquet"

    def _held(self, table: Table, delivery_id: str, delivery_month: date) -> Path:
        return self._delivery(table, delivery_id, delivery_month).with_name(f".{delivery_id}.held")

    def _delivery(self, table: Table, delivery_id: str, delivery_month: date) -> Path:
        return self.root / table.name / f"delivery_month={month_label(delivery_month)}" / f"{delivery_id}.parquet"


def remove_leftovers(path: Path) -> None:
    """Remove what a killed process left half-written beside ``path``; files of processes that still run stay."""
    start = f".{path.name}."
    for leftover in path.parent.iterdir():
        process = leftover.name.removeprefix(start).partition(".")[0]
        if leftover.name.startswith(start) and process.isdigit() and not is_running(int(process)):
            leftover.unlink(missing_ok=True)


def is_running(process: int) -> bool:
    """Whether a process of this machine still runs, whosever it is."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def replace_file(frame: pl.DataFrame, path: Path) -> None:
    """Write beside and rename over: a crash leaves the old file whole. Raises OSError when there is no room."""
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        frame.write_parquet(beside, compression="zstd")
        os.replace(beside, path)
    except pl.exceptions.ComputeError as error:
        # The footer of the file is written by another library, which calls a full disk a transport error.
        if not any(words in str(error) for words in ("os error", "transport error")):
            raise
        raise OSError(f"{path.name}: {str(error).splitlines()[0]}") from None
    finally:
        beside.unlink(missing_ok=True)
