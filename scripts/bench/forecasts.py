"""`make bench SERIES=FOLDER`: engines, bounds and speed on public monthly series.

Writes docs/reference/benchmarks-forecasts.md.

FOLDER holds monthly_series.parquet (unique_id, month, value, dataset: the M3 and tourism competitions),
r_ets_input.parquet and r_ets_reference.csv (what R forecast::ets makes of 90 of them). They are not part of the
project. Absolute times differ between machines; ratios, taken in one run, do not.
"""

import argparse
import platform
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl

from scripts.bench.origins import bench_origins, bench_weights
from wlz.forecasting import ets
from wlz.forecasting.engines import ENGINES, RUN_ENGINES
from wlz.forecasting.engines.ets_average import BLOCK_SIZE, build_average_bank
from wlz.forecasting.paths import draw_shocks
from wlz.forecasting.sampling import Panel, fit_uncertainty, measure_traits, sample_blocks, take_bounds

DOCS = Path(__file__).parents[2] / "docs" / "reference" / "benchmarks-forecasts.md"
PEER = Path(__file__).parent / "peer_statsforecast.py"
FIT, YEAR = 36, 12
ORIGINS = 8
GROUPS = 500
RESAMPLES = 2_000
STATSMODELS_SERIES = 20
Result = TypeVar("Result")


class Data:
    """Series per dataset, as arrays of their own length."""

    def __init__(self, folder: Path) -> None:
        frame = pl.read_parquet(folder / "monthly_series.parquet").sort("unique_id", "month")
        self.series = {
            name: {key: part["value"].to_numpy() for (key,), part in of_set.group_by("unique_id", maintain_order=True)}
            for (name,), of_set in frame.group_by("dataset", maintain_order=True)
        }
        self.dated = {
            name: [
                (part["month"][-1].month, part["value"].to_numpy())
                for _, part in of_set.group_by("unique_id", maintain_order=True)
            ]
            for (name,), of_set in frame.group_by("dataset", maintain_order=True)
        }

    def panel(self, name: str, origin: int = 0) -> tuple[np.ndarray, np.ndarray, list[str]]:
        """36 months in, 12 out, `origin` years before the end, of every series long enough."""
        back = YEAR * origin
        chosen = {key: v for key, v in self.series[name].items() if len(v) >= FIT + YEAR + back}
        ends = {key: len(v) - back for key, v in chosen.items()}
        past = np.array([v[ends[key] - YEAR - FIT : ends[key] - YEAR] for key, v in chosen.items()])
        ahead = np.array([v[ends[key] - YEAR : ends[key]] for key, v in chosen.items()])
        return past, ahead, list(chosen)


def cpu_of(action: Callable[[], Result]) -> tuple[float, float, Result]:
    """CPU seconds, wall seconds, result."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = action()
    return time.process_time() - cpu, time.perf_counter() - wall, result


def point_of(engine: str, past: np.ndarray) -> np.ndarray:
    """The year ahead by an engine."""
    return ENGINES[engine](past, YEAR).point


def wape(point: np.ndarray, actual: np.ndarray) -> float:
    """Of the yearly sum, in percent."""
    return float(100 * np.abs(point.sum(axis=1) - actual.sum(axis=1)).sum() / actual.sum())


def run_peer(python: Path, values: np.ndarray) -> tuple[np.ndarray, float, str]:
    """Point forecasts of statsforecast AutoETS, its CPU seconds and version."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "panel.npz", Path(folder) / "out.npz"
        np.savez(source, values=values)
        subprocess.run([str(python), str(PEER), str(source), str(target)], check=True)
        found = np.load(target)
        return found["point"], float(found["cpu"]), str(found["version"])


def bench_accuracy(data: Data, python: Path) -> list[str]:
    """WAPE of the yearly sum of every engine beside AutoETS; CPU per series in the same run."""
    lines = [
        "## Accuracy",
        "",
        "All series of at least 48 months, the last 48 split 36 in, 12 out. WAPE of the yearly sum, %. CPU in ms "
        "per series, "
        "operators included.",
        "",
    ]
    for name in data.series:
        past, ahead, _ = data.panel(name)
        peer, peer_cpu, version = run_peer(python, past)
        rows = [(f"statsforecast {version} `AutoETS`", wape(peer, ahead), 1000 * peer_cpu / len(past))]
        points = {}
        for engine in RUN_ENGINES:
            cpu, _, found = cpu_of(partial(point_of, engine, past))
            points[engine] = found
            rows.append((f"`{engine}`", wape(found, ahead), 1000 * cpu / len(past)))
        best = rows[0]
        lines += [
            f"**{name}**, {len(past):,} series",
            "",
            "| engine | WAPE | against AutoETS | CPU ms |",
            "|---|---|---|---|",
        ]
        lines += [f"| {label} | {w:.2f} | {100 * (w / best[1] - 1):+.1f} % | {ms:.3g} |" for label, w, ms in rows]
        low, high = bootstrap_ratio(points["combined"], peer, ahead)
        ours = next(ms for label, _, ms in rows if label == "`combined`")
        lines += [
            "",
            f"`combined` against `AutoETS`: {100 * (low - 1):+.1f} … {100 * (high - 1):+.1f} % (95 % interval, "
            f"paired bootstrap "
            f"over series). CPU: `AutoETS` takes {best[2] / ours:,.0f} times that of `combined`.",
            "",
            *compare_statsmodels(past, points["ets_select"]),
        ]
    return lines


def bootstrap_ratio(ours: np.ndarray, theirs: np.ndarray, actual: np.ndarray) -> tuple[float, float]:
    """95 % interval of our WAPE ÷ theirs, the same resampled series for both."""
    errors = [np.abs(point.sum(axis=1) - actual.sum(axis=1)) for point in (ours, theirs)]
    draws = np.random.default_rng(0).integers(0, len(actual), (RESAMPLES, len(actual)))
    ratio = errors[0][draws].sum(axis=1) / errors[1][draws].sum(axis=1)
    low, high = np.quantile(ratio, [0.025, 0.975])
    return float(low), float(high)


def compare_statsmodels(past: np.ndarray, select: np.ndarray) -> list[str]:
    """The full search of statsmodels on every so many-th series."""
    rows = np.arange(0, len(past), max(1, len(past) // STATSMODELS_SERIES))[:STATSMODELS_SERIES]
    cpu, _, found = cpu_of(partial(point_of, "statsmodels", past[rows]))
    difference = np.abs(found.sum(axis=1) / select[rows].sum(axis=1) - 1)
    return [
        f"Engine `statsmodels` on {len(rows)} of them: {1000 * cpu / len(rows):,.0f} ms of CPU a series; yearly "
        f"sum within 1 % "
        f"of `ets_select` for {100 * (difference < 0.01).mean():.0f} %, within 10 % for "
        f"{100 * (difference < 0.1).mean():.0f} %.",
        "",
    ]


def interval_score(lower: np.ndarray, upper: np.ndarray, actual: np.ndarray) -> float:
    """Of the 95 % bounds ÷ mean actual (Gneiting and Raftery 2007)."""
    missed = np.maximum(lower - actual, 0) + np.maximum(actual - upper, 0)
    return float((upper - lower + 40 * missed).sum() / np.abs(actual).sum())


def cover(bounds: np.ndarray, actual: np.ndarray) -> list[float]:
    """Cover of the 80 and 95 % bounds (4, …) in percent, interval score of the latter."""
    inside = [100 * ((actual >= bounds[low]) & (actual <= bounds[low + 1])).mean() for low in (0, 2)]
    return [*inside, interval_score(bounds[2], bounds[3], actual)]


def measure_cover(past: np.ndarray, ahead: np.ndarray, ids: list[str], seed: int) -> dict[str, list[float]]:
    """Cover per level of the joint bounds, and of the bounds of the models alone, series taken as independent."""
    engine = ENGINES["combined"]
    traits = measure_traits(ids, past)
    panel = Panel(ids, past, engine(past, YEAR).point)
    known = fit_uncertainty(panel, engine, traits)
    shocks = draw_shocks(1000, FIT, 0)
    paths = np.concatenate(list(sample_blocks(panel, known, shocks, lambda _, drawn: drawn)))
    years, actual, point = paths.sum(axis=2), ahead.sum(axis=1), panel.point.sum(axis=1)
    normal = np.array([-1.2816, 1.2816, -1.96, 1.96])[:, None]
    found = {
        "series, year": cover(take_bounds(years[:, :, None])[:, :, 0], actual),
        "series, month": cover(take_bounds(paths), ahead),
        "models alone: series, year": cover(point + normal * traits[0].deviation, actual),
    }
    rng = np.random.default_rng(seed)
    for size in (25, 100):
        groups = [rng.choice(len(past), size, replace=False) for _ in range(GROUPS)]
        sums = np.array([actual[group].sum() for group in groups])
        drawn = np.array([years[group].sum(axis=0) for group in groups])
        found[f"sums of {size} series"] = cover(take_bounds(drawn[:, :, None])[:, :, 0], sums)
        centre = np.array([point[group].sum() for group in groups])
        spread = np.array([np.sqrt((traits[0].deviation[group] ** 2).sum()) for group in groups])
        found[f"models alone: sums of {size}"] = cover(centre + normal * spread, sums)
    return found


def bench_cover(data: Data) -> list[str]:
    """Cover of the bounds on eight yearly origins per dataset."""
    lines = [
        "## Bounds",
        "",
        f"`combined`, 36 months in, mean over {ORIGINS} yearly origins; {GROUPS} random groups per origin. Cover "
        f"of the 80 and "
        "95 % bounds in %, and interval score of the latter ÷ mean actual. *Models alone*: normal bounds of the "
        "drawn models, "
        "series independent.",
        "",
        "| level | " + " | ".join(f"{name}: 80 | 95 | score" for name in data.series) + " | both: 80 | 95 | score |",
        "|---|" + "---|---|---|" * (len(data.series) + 1),
    ]
    means = {}
    for name in data.series:
        measured = [measure_cover(*data.panel(name, origin), origin) for origin in range(ORIGINS)]
        means[name] = {level: np.mean([one[level] for one in measured], axis=0) for level in measured[0]}
    for level in next(iter(means.values())):
        cells = [means[name][level] for name in data.series]
        shown = [f"{a:.0f} | {b:.0f} | {c:.2f}" for a, b, c in [*cells, np.mean(cells, axis=0)]]
        lines.append(f"| {level} | " + " | ".join(shown) + " |")
    return [*lines, ""]


def bench_r(folder: Path) -> list[str]:
    """`ets_select` beside R forecast::ets on the frozen results: yearly sums, and who has the better AICc."""
    values = pl.read_parquet(folder / "r_ets_input.parquet").filter(pl.col("part") == "train").sort("unique_id", "t")
    reference = pl.read_csv(folder / "r_ets_reference.csv")
    one = reference.unique("unique_id", keep="first").sort("unique_id")
    months = {key: part["y"].to_numpy() for (key,), part in values.group_by("unique_id", maintain_order=True)}
    past = np.stack([months[key] for key in one["unique_id"]])
    ours = ets.ets_select(past, YEAR)
    theirs = reference.group_by("unique_id").agg(pl.col("mean").sum()).sort("unique_id")["mean"].to_numpy()
    difference = ours.lines[0].sum(axis=1) / theirs - 1
    fit = ets.fit_panel(ets.build_bank((True,) * FIT), past)
    aicc = fit.aicc + 2 * FIT * np.log(fit.scale)  # ours is of the series ÷ its mean, R's of the series
    lines = [
        "## Beside R",
        "",
        f"`ets_select` and R `forecast::ets` 8.20 on {len(past)} series: yearly sum within 1 % for "
        f"{100 * (np.abs(difference) < 0.01).mean():.1f} %, within 10 % for "
        f"{100 * (np.abs(difference) < 0.1).mean():.1f} %. "
        "The ten that differ most, and who has the better AICc (lower):",
        "",
        "| series | ours | R | yearly sum, ours ÷ R | AICc ours | AICc R | better |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in np.argsort(-np.abs(difference))[:10]:
        r = one.row(int(row), named=True)
        better = "ours" if aicc[row] < r["aicc"] else "R"
        lines.append(
            f"| {r['unique_id']} | {ours.model[row]} | {r['model']} | {1 + difference[row]:.3f} | {aicc[row]:.1f} | "
            f"{r['aicc']:.1f} | {better} |"
        )
    return [*lines, ""]


def make_panel(count: int) -> np.ndarray:
    """Invented positive series with growth, season and noise."""
    rng, month = np.random.default_rng(0), np.arange(FIT)
    panel = np.empty((count, FIT))
    for start in range(0, count, 100_000):
        rows = slice(start, min(start + 100_000, count))
        size = rows.stop - rows.start
        season = 0.2 * np.sin(2 * np.pi * (month / 12 + rng.random((size, 1))))
        growth = 0.01 * rng.normal(size=(size, 1)) * month
        panel[rows] = np.exp(5 + rng.normal(size=(size, 1)) + season + growth + 0.05 * rng.normal(size=(size, FIT)))
    return panel


def time_products(count: int) -> float:
    """Seconds of the bare matrix products of `ets_average` on so many series, shapes as there, one NumPy call each."""
    banks = [build_average_bank((True,) * months, 0, YEAR) for months in range(FIT, FIT - 13, -3)]
    rng = np.random.default_rng(0)
    inputs = [
        (rng.random((BLOCK_SIZE, b.products.shape[0])), rng.random((BLOCK_SIZE, b.forecast.shape[0]))) for b in banks
    ]
    started, blocks = time.perf_counter(), -(-count // BLOCK_SIZE)
    for _ in range(blocks):
        for bank, (pairs, months) in zip(banks, inputs, strict=True):
            for _ in range(2):  # the series and its logarithm
                pairs @ bank.products
                months @ bank.forecast
    return time.perf_counter() - started


def bench_speed() -> list[str]:
    """Cost per series from a thousand to a million, and joint paths for 2,400."""
    ENGINES["combined"](make_panel(300), YEAR)
    lines = [
        "## Speed",
        "",
        "Point forecasts of `combined`, 36 months in, 12 out; beside the bare matrix products of the same shapes "
        "in the same run.",
        "",
        "| series | wall s | CPU ms per series | bare products, s | ratio | peak memory, GiB |",
        "|---|---|---|---|---|---|",
    ]
    for count in (1_000, 10_000, 100_000, 1_000_000):
        panel = make_panel(count)
        cpu, wall, _ = cpu_of(partial(point_of, "combined", panel))
        bare = time_products(count)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        lines.append(
            f"| {count:,} | {wall:.2f} | {1000 * cpu / count:.3f} | {bare:.2f} | {wall / bare:.1f} | {peak:.2f} |"
        )
        del panel
    return [*lines, "", *bench_parts(), *bench_paths()]


def bench_parts() -> list[str]:
    """Where the time beyond the products goes, on 20,000 series."""
    import cProfile
    import pstats

    profile = cProfile.Profile()
    panel = make_panel(20_000)
    profile.enable()
    ENGINES["combined"](panel, YEAR)
    profile.disable()
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    spent: dict[str, float] = {}
    for (_, _, name), (_, _, own, _, _) in stats.items():
        spent[name] = spent.get(name, 0.0) + own
    whole = sum(spent.values())
    products = time_products(20_000)
    named = {
        "matrix products (measured bare)": products,
        "average_forecast less its products: clip, exp, weights": spent.get("average_forecast", 0.0),
        "sum_squares: pairs of months": spent.get("sum_squares", 0.0),
        "weigh_models: logarithms, softmax": spent.get("weigh_models", 0.0),
    }
    shown = "; ".join(f"{name} {value:.2f} s" for name, value in named.items())
    return [
        f"Of {whole:.2f} s on 20,000 series, own time per function, products included where they are called: {shown}.",
        "",
    ]


def bench_paths() -> list[str]:
    """Joint paths of 2,400 series with bounds of series, 40 groups and the total."""
    panel = make_panel(2_400)
    ids = [f"s{row}" for row in range(len(panel))]
    member = np.eye(41, dtype=np.float32)[np.arange(2_400) % 40].T
    member[40] = 1.0

    def run() -> None:
        engine = ENGINES["combined"]
        of_panel = Panel(ids, panel, engine(panel, YEAR).point)
        known = fit_uncertainty(of_panel, engine)
        sums = np.zeros((41, 1000, YEAR), np.float32)

        def consume(rows: slice, drawn: np.ndarray) -> np.ndarray:
            take_bounds(np.concatenate([drawn, np.cumsum(drawn, axis=2)], axis=2))
            added: np.ndarray = (member[:, rows] @ drawn.reshape(len(drawn), -1)).reshape(sums.shape)
            return added

        for part in sample_blocks(of_panel, known, draw_shocks(1000, FIT, 0), consume):
            sums += part
        take_bounds(np.concatenate([sums, np.cumsum(sums, axis=2)], axis=2))

    cpu, wall, _ = cpu_of(run)
    return [
        "Joint paths: 2,400 series × 1,000 paths × 12 months, point, width from one past year, bounds per month, "
        "cumulative "
        f"and year of every series, 40 groups and the total: {wall:.1f} s wall, {cpu:.1f} s CPU (goal ≤ 8 s).",
        "",
    ]


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of the public series")
    parser.add_argument("--peer", type=Path, required=True, help="python of the environment with statsforecast")
    arguments = parser.parse_args()
    data = Data(arguments.folder)
    page = [
        "# Benchmarks of the forecasts",
        "",
        f"Written by `make bench SERIES=FOLDER` on {date.today()}, Python {platform.python_version()}, NumPy "
        f"{np.__version__}, on "
        "public series of the M3 and tourism competitions.",
        "",
        *bench_accuracy(data, arguments.peer),
        *bench_origins(data.dated),
        *bench_weights(data.dated),
        *bench_cover(data),
        *bench_r(arguments.folder),
        *bench_speed(),
    ]
    DOCS.write_text("\n".join(page).rstrip() + "\n", encoding="utf-8")
    print("\n".join(page))


if __name__ == "__main__":
    main()
