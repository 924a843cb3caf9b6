"""Writers at once on one data folder, as real processes: what is lost with the lock of the folder, and without it.

    python -m scripts.evidence.at_once --times 20

Published months, rows of the register, and an intake beside a Dagster run. Without the lock is what shows that these
rounds can lose something at all. Whole runs at once are in tests/e2e/test_at_once.py.
"""

import argparse
import multiprocessing
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date, datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path

import dagster as dg

from assets.context import add_months
from expectations.intake.take_in import take_in
from pipelines.definitions import defs
from pipelines.resources import LockedWarehouse
from tests.e2e.handmade import House, claims, furnish
from tests.lake_rows import fill
from warehouse.lock import hold_folder
from warehouse.publish import publish_marts, published_months
from warehouse.store import Store

MONTHS = tuple(date(2018, month, 1) for month in (5, 6, 7))
NOW = datetime(2018, 8, 1)
WAITED = "waited"
WITHOUT = 5  # rounds without the lock: enough to see that something is lost
Work = Callable[[Path, date, bool], None]


def publish(folder: Path, month: date, with_lock: bool) -> None:
    """Publishes a month of a lake that has them all."""
    with _lock(folder, f"publish {month:%Y-%m}", with_lock):
        publish_marts(Store(folder / "lake"), folder / "wlz.duckdb", month)


def take(folder: Path, month: date, with_lock: bool) -> None:
    """Takes in the deliveries up to a month; the first also reads those of the months before."""
    with _lock(folder, f"take in {month:%Y-%m}", with_lock):
        take_in(folder / "deliveries", Store(folder / "lake"), folder / "quarantine", month, NOW, lambda _: None)


def take_or_dagster(folder: Path, month: date, with_lock: bool) -> None:
    """The last month as the step of a Dagster run, which takes the lock itself; the others as a command does."""
    if month != MONTHS[-1]:
        take(folder, month, with_lock)
        return
    with dg.DagsterInstance.ephemeral() as instance:
        add_months(instance, [month])
        job = defs.resolve_implicit_global_asset_job_def()
        keys = [key for key in defs.resolve_all_asset_keys() if key.path[0] in ("deliveries", "delivery_register")]
        job.get_subset(asset_selection=set(keys)).execute_in_process(
            partition_key=f"{month:%Y-%m}",
            instance=instance,
            resources={"warehouse": LockedWarehouse(data_dir=str(folder))},
        )


def _lock(folder: Path, doing: str, with_lock: bool) -> AbstractContextManager[None]:
    return hold_folder(folder, doing, lambda line: _note(folder, line)) if with_lock else nullcontext()


def _note(folder: Path, line: str) -> None:
    with (folder / WAITED).open("a", encoding="utf-8") as told:
        told.write(f"{line}\n")


def work_in_rounds(work: Work, folders: Sequence[Path], month: date, with_lock: bool, all_there: Barrier) -> None:
    """What one process does: in every round its month, when all processes are there."""
    for folder in folders:
        all_there.wait()
        try:
            work(folder, month, with_lock)
        except Exception as error:  # without the lock some fail: that is counted, and the next round begins
            _note(folder, f"failed: {type(error).__name__}")


def run_at_once(work: Work, template: Path, months: Sequence[date], times: int, with_lock: bool) -> list[Path]:
    """One process per month, all at once, in a fresh copy of the template per round; returns the folders."""
    context = multiprocessing.get_context("spawn")
    folders = [template.with_name(f"{template.name}-{number}") for number in range(times)]
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(template, folder)
    all_there = context.Barrier(len(months))
    processes = [
        context.Process(target=work_in_rounds, args=(work, folders, month, with_lock, all_there)) for month in months
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return folders


def make_lake(folder: Path) -> Path:
    """A lake in which every month has rows in every table."""
    for month in MONTHS:
        fill(Store(folder / "lake"), month)
    return folder


def make_landing(folder: Path) -> Path:
    """A landing zone with claims of every month, and what else a run needs."""
    house = furnish(House(folder))
    for number, month in enumerate(MONTHS[1:], start=1):
        rows = [*claims("Z025", volume=100 + number), *claims("Z041", volume=100)]
        house.deliver("declaraties", rows, month=f"{month:%Y-%m}", on=month.replace(day=3))
    return folder


def lost_months(folder: Path, months: Sequence[date]) -> bool:
    """Whether a month that was published is not there."""
    return published_months(folder / "wlz.duckdb") != [f"{month:%Y-%m}" for month in months]


def lost_rows(folder: Path, months: Sequence[date]) -> bool:
    """Whether the register lacks a delivery of the landing zone up to the last month."""
    store = Store(folder / "lake")
    wanted = len(list((folder / "deliveries").glob("*/*.csv")))
    wanted -= sum(month not in months for month in MONTHS)  # of months nobody took in
    register = store.read_register()
    return register.height != wanted or register["delivery_id"].n_unique() != wanted


def main() -> None:
    """Prints, per kind of work and number of processes, in how many rounds something was lost or failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--only", default="", help="One kind of work: publishing, 'taking in' or 'beside Dagster'.")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        lake, landing = make_lake(Path(scratch) / "lake"), make_landing(Path(scratch) / "landing")
        tried = (
            ("publishing", publish, lake, lost_months, MONTHS[:2]),
            ("publishing", publish, lake, lost_months, MONTHS),
            ("taking in", take, landing, lost_rows, MONTHS[:2]),
            ("taking in", take, landing, lost_rows, MONTHS),
            ("beside Dagster", take_or_dagster, landing, lost_rows, MONTHS),
        )
        print("| work | processes | lock | rounds | lost something | failed | was told to wait |")
        print("|---|---|---|---|---|---|---|", flush=True)
        for name, work, template, lost, months in (one for one in tried if asked.only in ("", one[0])):
            for with_lock in (True, False) if name != "beside Dagster" else (True,):
                times = asked.times if with_lock else min(asked.times, WITHOUT)
                folders = run_at_once(work, template, months, times, with_lock)
                told = [(folder / WAITED).read_text() if (folder / WAITED).exists() else "" for folder in folders]
                counts = (
                    sum(lost(folder, months) for folder in folders),
                    sum("failed" in text for text in told),
                    sum("Waiting: " in text for text in told),
                )
                cells = (name, len(months), "yes" if with_lock else "no", len(folders), *counts)
                print(f"| {' | '.join(map(str, cells))} |", flush=True)


if __name__ == "__main__":
    main()
