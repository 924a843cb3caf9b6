"""Benchmarks of the lag stage: textbook triangles beside another program, and what one more delivery costs.

Called by scripts/bench/__main__.py; alone it prints the section on triangles. The peer runs in .venv-peer
(scripts/bench/peer_chainladder.py) and is left out when that environment is not there.
"""

import json
import shutil
import subprocess
import time
from datetime import date
from pathlib import Path

import numpy as np

from assets.context import Warehouse
from pipelines.runner import run_month
from scripts.bench.memory import peak_gib, reset_peak
from wlz.runoff import (
    chain_ladder,
    completeness_from_factors,
    development_factors,
    latest,
    latest_lag,
    mack_standard_error,
)

COUNT, ORIGINS, AGES = 10_000, 36, 18
ROOT = Path(__file__).parents[2]
PEER = ROOT / ".venv-peer" / "bin" / "python"
PEER_SCRIPT = Path(__file__).parent / "peer_chainladder.py"


def invent(count: int) -> np.ndarray:
    """Monthly triangles that come in over a year and a half."""
    rng = np.random.default_rng(0)
    share = 1 - 0.7 ** np.arange(1, AGES + 1)
    values = rng.lognormal(10, 1, (count, ORIGINS, 1)) * share * rng.uniform(0.97, 1.03, (count, ORIGINS, AGES))
    values = np.maximum.accumulate(values, axis=2)
    values[:, np.add.outer(np.arange(ORIGINS), np.arange(AGES)) > ORIGINS - 1] = np.nan
    return values


def bench_triangles() -> list[str]:
    """Chain ladder with Mack's standard error on 10,000 triangles of 36 × 18, beside chainladder in the same run."""
    values = invent(COUNT)
    reset_peak()
    before = peak_gib()
    started = time.perf_counter()
    factors = development_factors(values)
    share = np.take_along_axis(completeness_from_factors(factors), latest_lag(values), axis=1)
    ultimate = chain_ladder(latest(values), share)
    plain = time.perf_counter() - started
    errors = mack_standard_error(values, factors)
    ours, peak = time.perf_counter() - started, peak_gib()
    assert np.isfinite(ultimate).all()
    assert np.isfinite(errors.total).all()
    lines = [
        "## Triangles",
        "",
        f"{COUNT:,} monthly triangles of {ORIGINS} × {AGES}, in one run (goal ≤ 0.5 s, ≤ 0.5 GiB).",
        "",
        "| program | seconds | peak memory, GiB | ratio |",
        "|---|---|---|---|",
        f"| factors and ultimates | {plain:.2f} | | |",
        f"| with Mack's standard error | **{ours:.2f}** | {peak:.2f}, of which {peak - before:.2f} for this | 1 |",
    ]
    if PEER.exists():
        command = [str(PEER), str(PEER_SCRIPT), "time", *map(str, (COUNT, ORIGINS, AGES))]
        said = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
        ratio = said["seconds"] / ours
        lines.append(f"| chainladder `MackChainladder` | {said['seconds']:.1f} | {said['gib']:.1f} | {ratio:,.0f} |")
    return [*lines, ""]


def bench_history(warehouse: Warehouse, scale: str, deliveries: int, months: list[date]) -> list[str]:
    """Seconds of a second run of each month (nothing to parse, engines forget) with all deliveries in the lake."""
    rows, base = [], 0.0
    for month in months:
        run_month(warehouse, month, falls_back=False, listener=lambda *_: None)
        shutil.rmtree(Path(warehouse.data_dir) / "cache", ignore_errors=True)
        started = time.perf_counter()
        outcome = run_month(warehouse, month, falls_back=False, listener=lambda *_: None)
        seconds = time.perf_counter() - started
        assert outcome.published
        base = base or seconds
        rows.append(f"| {month:%Y-%m} | {seconds:.1f} | {seconds / base:.2f} |")
    return [
        f"## One more delivery, {scale} scale, {deliveries} claims deliveries in the lake",
        "",
        "A run beyond the rows it parses, publishing included, nothing remembered of an earlier run; in a process that",
        "has imported everything.",
        "",
        "| delivery month | seconds | ratio to the first |",
        "|---|---|---|",
        *rows,
        "",
    ]


if __name__ == "__main__":
    print("\n".join(bench_triangles()))
