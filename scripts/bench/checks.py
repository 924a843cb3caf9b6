"""Benchmarks of the checks: what they add to a run, and `wlz validate` up to ten million rows.

Called by `make bench`; alone it simulates what it needs and prints its section. Every command runs in a process of
its own, as people start it. Seconds of the checks are added up inside one run: two runs differ by more than the checks
take when anything else is at work. Memory is compared with a run in which nothing is measured and everything passes
(``--bare``). Linux only.
"""

import argparse
import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import polars as pl

from assets.context import Warehouse
from expectations.judging.delivery_view import DeliveryView
from expectations.judging.rule import Rule, RuleMetrics, TableView
from pipelines.cli.simulate import write_simulation
from pipelines.runner import run_month
from warehouse.settings import load_delivery_format

MONTH, BEFORE = date(2018, 5, 1), date(2018, 4, 1)
LINES = 10_000_000
# A process starts with the peak of the one that started it: a small one in between keeps what was simulated here out.
LAUNCHER = """
import os, subprocess, sys, time
started = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(os.waitstatus_to_exitcode(status), time.perf_counter() - started, usage.ru_maxrss)
"""


class Cost(NamedTuple):
    """What a command took, from its start to its end."""

    seconds: float
    peak_gib: float


class Runs(NamedTuple):
    """A run as it is, one without a check, and what measuring and judging took in the first."""

    whole: Cost
    bare: Cost
    seconds_of_checks: float


def measure(command: Sequence[str]) -> Cost:
    """Seconds and peak memory of a command in a process of its own. Fails when the command does."""
    told = subprocess.run([sys.executable, "-c", LAUNCHER, *command], stdout=subprocess.PIPE, check=True, text=True)
    code, seconds, kibibytes = told.stdout.split()
    assert code == "0", f"{' '.join(command)} failed"
    return Cost(float(seconds), int(kibibytes) / 1024**2)


def measure_runs(folder: Path) -> Runs:
    """`wlz run` of the last delivery, which is not in the lake yet, as it is and without a check."""
    note = folder / "seconds_of_checks"
    whole = _measure_run(folder, "--timed", str(note))
    return Runs(whole, _measure_run(folder, "--bare"), float(note.read_text(encoding="ascii")))


def _measure_run(folder: Path, *how: str) -> Cost:
    """On a linked copy of the lake, so that it may be repeated."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as copy:
        shutil.copytree(folder / "lake", Path(copy) / "lake", copy_function=os.link)
        places = ["--data", copy, "--deliveries", str(folder / "deliveries")]
        run = ["run", "--delivery-month", f"{MONTH:%Y-%m}", *places]
        return measure([sys.executable, __file__, *how, "--wlz", *run])


def _validate(*arguments: str) -> Cost:
    return measure([str(Path(sys.executable).with_name("wlz")), "validate", *arguments])


def validate_many(folder: Path) -> tuple[Cost, Cost]:
    """`wlz validate` of claims of ``LINES`` rows as Parquet, then of the same rows as CSV in the declared format."""
    write_simulation(folder, f"lines:{LINES}", MONTH, 1)
    parquet = folder / f"{MONTH:%Y-%m}" / "declaraties.parquet"
    csv = folder / "csv" / f"{MONTH:%Y-%m}" / "declaraties.csv"
    csv.parent.mkdir(parents=True)
    declared = load_delivery_format()
    rows = pl.scan_parquet(parquet)
    rows.sink_csv(csv, separator=declared.separator, decimal_comma=declared.decimal == ",")
    costs = _validate(str(parquet)), _validate(str(csv))
    shutil.rmtree(folder)
    return costs


def bench_checks(folder: Path, runs: Runs) -> list[str]:
    """The section on checks, from ``measure_runs`` on ``folder`` and what is measured on its deliveries."""
    added = Cost(runs.seconds_of_checks, runs.whole.peak_gib - runs.bare.peak_gib)
    deliveries = folder / "deliveries"
    of_month = str(deliveries / f"{MONTH:%Y-%m}")
    validated = _validate(of_month)
    compared = _validate(of_month, "--history", str(deliveries))
    many, many_csv = validate_many(folder / "many")
    rows = [
        ("**all checks of `wlz run` 2018-05 at letter scale** (goal ≤ 12 s, ≤ 0.5 GiB)", added),
        ("`wlz validate` of that month, all its kinds (goal ≤ 10 s)", validated),
        ("the same with `--history` (goal ≤ 10 s)", compared),
        (f"`wlz validate` of claims of {LINES:,} rows, Parquet (goal ≤ 30 s, ≤ 1.5 GiB)", many),
        (f"the same as CSV, {many_csv.seconds / many.seconds:.2f} times the seconds (goal the same)", many_csv),
    ]
    return [
        "## Checks",
        "",
        "Each in a process of its own, imports included. Of the run: the seconds of measuring and judging inside it,",
        f"its peak ({runs.whole.peak_gib:.2f} GiB) less that of a run without a check ({runs.bare.peak_gib:.2f} GiB).",
        "",
        "| command | seconds | peak memory, GiB |",
        "|---|---|---|",
        *(f"| {what} | {cost.seconds:.1f} | {cost.peak_gib:.2f} |" for what, cost in rows),
        "",
    ]


def leave_checks_out() -> None:
    """Rules that measure nothing and a judge that passes everything, Great Expectations left out."""
    from expectations.judging.finding import as_records
    from expectations.judging.results import passed_result

    def pass_all(rule: Rule, view: DeliveryView | TableView) -> RuleMetrics:
        passing = dict.fromkeys(rule.expectation.columns, rule.expectation.kwargs.get("min_value", 0))
        row = {**passing, "found": "not measured", "wording": "found", "findings_count": 0, "at_stake_eur": 0.0}
        frame = as_records("", pl.DataFrame([row]))
        return RuleMetrics(rule, view.checked_table, view.delivery_id, view.subject, frame)

    stand_in(pass_all, lambda group: [passed_result(metrics) for metrics in group])


def stand_in(measures: Callable[..., Any], judges: Callable[..., Any]) -> None:
    """Other functions in place of those that measure and judge, to the end of the process."""
    patch("expectations.judging.runner._judge_alike", judges).start()
    for module in ("expectations.judging.rule", "expectations.catalogue"):
        patch(f"{module}.measure", measures).start()


def time_checks(note: Path) -> None:
    """Add up the seconds of measuring and judging, and write them down at the end of the process."""
    from expectations.judging import rule, runner

    seconds = [0.0]

    def timed(action: Callable[..., Any]) -> Callable[..., Any]:
        def act(*arguments: object) -> Any:
            started = time.perf_counter()
            try:
                return action(*arguments)
            finally:
                seconds[0] += time.perf_counter() - started

        return act

    stand_in(timed(rule.measure), timed(runner._judge_alike))
    atexit.register(lambda: note.write_text(str(seconds[0]), encoding="ascii"))


def main() -> None:
    """Print the section on checks, or run ``wlz`` with checks that are timed or left out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bare", action="store_true", help="leave the checks out")
    parser.add_argument("--timed", type=Path, metavar="FILE", help="write the seconds of the checks to a file")
    parser.add_argument("--wlz", nargs=argparse.REMAINDER, help="arguments of wlz")
    options = parser.parse_args()
    if options.wlz is not None:
        from pipelines.cli import main as wlz

        if options.bare:
            leave_checks_out()
        if options.timed is not None:
            time_checks(options.timed)
        wlz(options.wlz)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "bench"
        write_simulation(folder / "deliveries", "letter", MONTH, 1)
        run_month(Warehouse(data_dir=str(folder)), BEFORE, falls_back=False, listener=lambda *_: None)
        print("\n".join(bench_checks(folder, measure_runs(folder))))


if __name__ == "__main__":
    main()
