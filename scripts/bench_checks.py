"""Benchmarks of the checks: what they add to a run, and `wlz validate` up to ten million rows.

Called by scripts/bench.py; alone it simulates what it needs and prints its section. Every command runs in a process of
its own, as people start it. ``--bare`` starts one without checks: nothing is measured and everything passes, so that
two runs differ in nothing else. Linux only.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

import polars as pl

from assets.context import Warehouse
from expectations.rules import Rule, RuleMetrics
from pipelines.cli.simulate import write_simulation
from pipelines.runner import run_month

MONTH, BEFORE = date(2018, 5, 1), date(2018, 4, 1)
LINES = 10_000_000


class Cost(NamedTuple):
    """What a command took, from its start to its end."""

    seconds: float
    peak_gib: float


def measure(arguments: Sequence[str], *, bare: bool = False) -> Cost:
    """Seconds and peak memory of ``wlz`` with these arguments. Fails when the command does."""
    script = [str(Path(__file__)), "--bare"] if bare else [str(Path(sys.executable).with_name("wlz"))]
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *script, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, f"wlz {' '.join(arguments)} failed"
    return Cost(time.perf_counter() - started, usage.ru_maxrss / 1024**2)


def measure_runs(folder: Path) -> tuple[Cost, Cost]:
    """`wlz run` of the last delivery, which is not in the lake yet, with every check and without any."""
    return _measure_run(folder, bare=False), _measure_run(folder, bare=True)


def _measure_run(folder: Path, *, bare: bool) -> Cost:
    """On a linked copy of the lake, so that it may be repeated."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as copy:
        shutil.copytree(folder / "lake", Path(copy) / "lake", copy_function=os.link)
        places = ["--data", copy, "--deliveries", str(folder / "deliveries")]
        return measure(["run", "--delivery-month", f"{MONTH:%Y-%m}", *places], bare=bare)


def bench_checks(folder: Path, runs: tuple[Cost, Cost]) -> list[str]:
    """The section on checks, from ``measure_runs`` on ``folder`` and what is measured on its deliveries."""
    run, bare = runs
    added = Cost(run.seconds - bare.seconds, run.peak_gib - bare.peak_gib)
    deliveries = folder / "deliveries"
    of_month = str(deliveries / f"{MONTH:%Y-%m}")
    validated = measure(["validate", of_month])
    compared = measure(["validate", of_month, "--history", str(deliveries)])
    write_simulation(folder / "many", f"lines:{LINES}", MONTH, 1)
    many = measure(["validate", str(folder / "many" / f"{MONTH:%Y-%m}" / "declaraties.parquet")])
    shutil.rmtree(folder / "many")
    rows = [
        ("`wlz run` 2018-05 at letter scale, every check", run),
        ("the same without a check", bare),
        ("**what the checks add** (goal ≤ 12 s, ≤ 0.5 GiB)", added),
        ("`wlz validate` of that month, all its kinds (goal ≤ 10 s)", validated),
        ("the same with `--history` (goal ≤ 10 s)", compared),
        (f"`wlz validate` of claims of {LINES:,} rows (goal ≤ 30 s, ≤ 1.5 GiB)", many),
    ]
    return [
        "## Checks",
        "",
        "Each in a process of its own, imports included.",
        "",
        "| command | seconds | peak memory, GiB |",
        "|---|---|---|",
        *(f"| {what} | {cost.seconds:.1f} | {cost.peak_gib:.2f} |" for what, cost in rows),
        "",
    ]


def run_without_checks(arguments: Sequence[str]) -> None:
    """``wlz`` with rules that measure nothing and a judge that passes everything, Great Expectations left out."""
    from expectations import rules, runner
    from expectations.results import passed_result
    from pipelines.cli import main as wlz

    def pass_all(rule: Rule, _subject: object, unmeasured: RuleMetrics, _assumptions: object) -> RuleMetrics:
        passing = dict.fromkeys(rule.expectation.columns, rule.expectation.kwargs.get("min_value", 0))
        row = {**passing, "observed": "not measured", "findings_count": 0, "at_stake_eur": 0.0}
        return replace(unmeasured, frame=pl.DataFrame([row]))

    rules._measure = pass_all
    runner._judge_alike = lambda group: [passed_result(metrics) for metrics in group]
    wlz(list(arguments))


def main() -> None:
    """Print the section on checks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bare", nargs=argparse.REMAINDER, help="arguments of wlz, to be run without checks")
    arguments = parser.parse_args().bare
    if arguments is not None:
        run_without_checks(arguments)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "bench"
        write_simulation(folder / "deliveries", "letter", MONTH, 1)
        run_month(Warehouse(data_dir=str(folder)), BEFORE, falls_back=False, listener=lambda *_: None)
        print("\n".join(bench_checks(folder, measure_runs(folder))))


if __name__ == "__main__":
    main()
