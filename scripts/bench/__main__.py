"""`make bench`: measures a month at letter scale and the smoothing engine, and writes docs/reference/benchmarks.md.

Absolute times differ between machines; the ratios, taken in one run, do not. Linux only (peak memory per stage is the
kernel's high-water mark, reset before each stage).
"""

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from assets.context import Warehouse
from pipelines.cli.simulate import write_simulation
from pipelines.runner import run_month
from scripts.bench import checks as bench_checks
from scripts.bench import lag as bench_lag
from scripts.bench import report as bench_report
from scripts.bench.memory import peak_gib, reset_peak
from warehouse.landing import read_delivery
from warehouse.settings import load_delivery_format
from warehouse.tables.deliveries import DECLARATIES
from warehouse.tables.series import SERIES
from wlz.forecasting.ets import ets_select

MONTH, BEFORE = date(2018, 5, 1), date(2018, 4, 1)
DOCS = Path(__file__).parents[2] / "docs" / "reference" / "benchmarks.md"
STATSMODELS_SERIES = 6
HORIZON = 12


class Stages:
    """Hears a run's stages and notes seconds and peak memory of each."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, float, float]] = []
        self.started = 0.0

    def __call__(self, stage: str, text: str) -> None:
        """(stage, text) as ``pipelines.logs`` sends them."""
        if text == "started":
            reset_peak()
            self.started = time.perf_counter()
        elif text.startswith("done in"):
            self.rows.append((stage, time.perf_counter() - self.started, peak_gib()))


def timed(action: Callable[[], object]) -> tuple[float, float, object]:
    """Wall seconds, CPU seconds and result."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = action()
    return time.perf_counter() - wall, time.process_time() - cpu, result


def bench_run(folder: Path) -> tuple[list[str], Warehouse, bench_checks.Runs]:
    """Simulate at letter scale, take in sixteen deliveries, then measure the run of the seventeenth.

    Returns its lines, the warehouse, and what `wlz run` took from the shell, with checks and without.
    """
    simulated, _, counts = timed(lambda: write_simulation(folder / "deliveries", "letter", MONTH, 1))
    warehouse = Warehouse(data_dir=str(folder))
    first, _, _ = timed(lambda: run_month(warehouse, BEFORE, falls_back=False, listener=lambda *_: None))
    runs = bench_checks.measure_runs(folder)
    stages = Stages()
    total, _, _ = timed(lambda: run_month(warehouse, MONTH, falls_back=False, listener=stages))
    most = max(peak for _, _, peak in stages.rows)
    checks = sum(seconds for stage, seconds, _ in stages.rows if stage == "volume_check")
    lines = [
        "## A month at letter scale",
        "",
        f"{counts['rows']:,} delivered rows in 17 claims deliveries; sixteen are in the lake, "  # type: ignore[index]
        "the seventeenth is parsed afresh.",
        "",
        "| step | seconds | peak memory, GiB |",
        "|---|---|---|",
        f"| simulate all deliveries | {simulated:.1f} | |",
        f"| run 2018-04, which takes in sixteen deliveries | {first:.1f} | |",
        *(f"| {stage} | {seconds:.2f} | {peak:.2f} |" for stage, seconds, peak in stages.rows),
        f"| run 2018-05, all stages in a process that has imported everything | {total:.1f} | {most:.2f} |",
        f"| the same without the check by statsmodels | {total - checks:.1f} | |",
        "| **`wlz run --delivery-month 2018-05` from the shell**, all checks (≤ 2 GiB) | "
        f"**{runs.whole.seconds:.1f}** | **{runs.whole.peak_gib:.2f}** |",
        "",
    ]
    return lines, warehouse, runs


def bench_engine(warehouse: Warehouse) -> list[str]:
    """CPU per series of ``ets_select`` on the run's own series, beside the search of statsmodels on a few of them."""
    series = warehouse.store.read(SERIES, MONTH).filter("in_forecast_base")
    wide = series.pivot("care_month", index=["prestatiecode", "wlz_uitvoerder"], values="declared_volume").drop_nulls()
    values = wide.drop("prestatiecode", "wlz_uitvoerder").to_numpy().astype(float)
    _, ours, _ = timed(lambda: ets_select(values, HORIZON))
    sample = values[(values > 0).all(axis=1)][:: max(1, len(values) // STATSMODELS_SERIES)][:STATSMODELS_SERIES]
    _, theirs, _ = timed(lambda: [search_statsmodels(one) for one in sample])
    mine, other = 1000 * ours / len(values), 1000 * theirs / len(sample)
    return [
        "## Exponential smoothing, CPU per series",
        "",
        "Full search over trend and season on 36 months, 12 months ahead, in one run.",
        "",
        "| program | series | ms of CPU per series | ratio |",
        "|---|---|---|---|",
        f"| `ets_select` (goal ≤ 1 ms), operators included | {len(values):,} | {mine:.2f} | 1 |",
        f"| statsmodels `ETSModel`, every form, plain and log | {len(sample)} | {other:,.0f} | {other / mine:,.0f} |",
        "",
    ]


def search_statsmodels(values: np.ndarray) -> float:
    """Best AICc over none/additive/damped trend × none/additive season, on the series and on its logarithm."""
    import warnings

    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    best = np.inf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for y in (values, np.log(values)):
            for trend, damped in ((None, False), ("add", False), ("add", True)):
                for season in (None, "add"):
                    model = ETSModel(y, trend=trend, damped_trend=damped, seasonal=season, seasonal_periods=12)
                    best = min(best, model.fit(disp=False).aicc)
    return best


def bench_parsing(folder: Path) -> list[str]:
    """Rows parsed per second from Parquet and from CSV in the declared format."""
    parquet = folder / "deliveries" / "2018-05" / "declaraties.parquet"
    declared = load_delivery_format()
    seconds, _, frame = timed(lambda: read_delivery(parquet, DECLARATIES, declared))
    csv = write_csv(frame, folder)  # type: ignore[arg-type]
    csv_seconds, _, again = timed(lambda: read_delivery(csv, DECLARATIES, declared))
    assert frame.equals(again)  # type: ignore[attr-defined]
    rows = frame.height  # type: ignore[attr-defined]
    return [
        "## Parsing a claims delivery",
        "",
        "| format | rows | rows per second |",
        "|---|---|---|",
        f"| Parquet | {rows:,} | {rows / seconds:,.0f} |",
        f"| CSV (`;`, decimal comma) | {rows:,} | {rows / csv_seconds:,.0f} |",
        "",
    ]


def write_csv(frame: pl.DataFrame, folder: Path) -> Path:
    """The delivery as a CSV file in the declared format."""
    headers = {column.name: column.source_name or column.name for column in DECLARATIES.columns}
    shown = frame.with_columns(pl.col("care_month").dt.strftime("%Y-%m")).rename(headers)
    path = folder / "declaraties.csv"
    shown.write_csv(path, separator=";", decimal_comma=True)
    return path


def bench_small_history() -> list[str]:
    """What month 36 costs beside months 3 and 17, small scale: the simulation ends there."""
    last = date(2019, 12, 1)
    with tempfile.TemporaryDirectory() as folder:
        write_simulation(Path(folder) / "deliveries", "small", last, 1)
        warehouse = Warehouse(data_dir=folder)
        run_month(warehouse, last, falls_back=False, listener=lambda *_: None)
        return bench_lag.bench_history(warehouse, "small", 36, [date(2017, 3, 1), MONTH, last])


def main() -> None:
    """Measure and write docs/reference/benchmarks.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="folder for the simulated data (default: a temporary one)")
    folder = parser.parse_args().keep
    with tempfile.TemporaryDirectory() as temporary:
        where = folder or Path(temporary)
        run_lines, warehouse, runs = bench_run(where)
        lines = [
            "# Benchmarks",
            "",
            f"Written by `make bench` on {date.today()}, Python {platform.python_version()}, {os.cpu_count()} cores. "
            "Deliveries are simulated.",
            "",
            *run_lines,
            *bench_checks.bench_checks(where, runs),
            *bench_report.bench_report(where),
            *bench_engine(warehouse),
            *bench_parsing(where),
            *bench_lag.bench_triangles(),
            *bench_lag.bench_history(warehouse, "letter", 17, [date(2017, 3, 1), MONTH]),
            *bench_small_history(),
        ]
    DOCS.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
    print(DOCS.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
