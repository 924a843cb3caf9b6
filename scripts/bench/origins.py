"""Engines at histories that end at each of the four quarter ends, and what weights learnt per panel would be worth.

December first: that is how the May advice is used. Sections of docs/reference/benchmarks-forecasts.md.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from wlz.forecasting.engines import ENGINES, RUN_ENGINES
from wlz.forecasting.engines.combined import forecast_members

QUARTER_ENDS = {12: "December", 3: "March", 6: "June", 9: "September"}
FIT, YEAR, YEARS = 36, 12, 4  # months in and out; origins a year apart, as far as the series go
FEWEST_SERIES = 50
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)  # of smoothing beside growth
RESAMPLES = 2_000
Series = list[tuple[int, np.ndarray]]  # month of the year in which a series ends, and its values


class Split(NamedTuple):
    """History (N, 36) and the year after it (N, 12) at one origin."""

    past: np.ndarray
    ahead: np.ndarray


class Errors(NamedTuple):
    """In percent: WAPE of the yearly sums, absolute error and error of their total."""

    series: float
    total: float
    bias: float


def split(series: Series, month: int) -> Iterator[Split]:
    """Histories that end with a month of the year, the latest first."""
    for back in range(YEARS):
        past, ahead = [], []
        for last, values in series:
            end = len(values) - (last - month) % YEAR - YEAR * back
            if end >= FIT + YEAR:
                past.append(values[end - FIT - YEAR : end - YEAR])
                ahead.append(values[end - YEAR : end])
        if len(past) >= FEWEST_SERIES:
            yield Split(np.array(past, dtype=float), np.array(ahead, dtype=float))


def measure(point: np.ndarray, ahead: np.ndarray) -> Errors:
    """Errors of yearly sums (N,) or months (N, 12)."""
    expected, came = (part.sum(axis=1) if part.ndim > 1 else part for part in (point, ahead))
    bias = 100 * (expected.sum() / came.sum() - 1)
    return Errors(float(100 * np.abs(expected - came).sum() / came.sum()), float(abs(bias)), float(bias))


def bench_origins(panels: dict[str, Series]) -> list[str]:
    """Every engine at the four quarter ends: series and total."""
    lines = [
        "## At the four quarter ends",
        "",
        f"{FIT} months in, {YEAR} out, mean over up to {YEARS} origins a year apart; the month is the last of the "
        "history. WAPE of the yearly sum per series / absolute error of the total, %; in brackets the mean error of "
        "the total.",
        "",
    ]
    for name, series in panels.items():
        lines += [
            f"**{name}**",
            "",
            f"| engine | {' | '.join(QUARTER_ENDS.values())} | mean |",
            "|---|" + "---|" * (len(QUARTER_ENDS) + 1),
        ]
        splits = {month: list(split(series, month)) for month in QUARTER_ENDS}
        for engine in RUN_ENGINES:
            found = [
                np.mean([measure(ENGINES[engine](one.past, YEAR).point, one.ahead) for one in of_month], axis=0)
                for of_month in splits.values()
            ]
            shown = [f"{a:.2f} / {b:.2f} ({c:+.1f})" for a, b, c in [*found, np.mean(found, axis=0)]]
            lines.append(f"| `{engine}` | {' | '.join(shown)} |")
        lines.append("")
    return lines


def bench_weights(panels: dict[str, Series]) -> list[str]:
    """`combined` with the weight of its members that was best in the panel's last known year, beside half and half."""
    lines = [
        "## Weights learnt per panel",
        "",
        "`combined` takes half of smoothing and half of growth. Here the weight of smoothing (0 to 1 by quarters) that "
        "was best for the panel in the last year of its own history, learnt from the 24 months before it. WAPE of the "
        "yearly sum per series, %, all origins; the ratio with its 95 % interval (paired bootstrap over series).",
        "",
        "| panel | half and half | learnt | learnt ÷ half | weights chosen |",
        "|---|---|---|---|---|",
    ]
    for name, series in panels.items():
        fixed, learnt, came, chosen = [], [], [], []
        for month in QUARTER_ENDS:
            for one in split(series, month):
                weight = _best_weight(one.past)
                smooth, growth, _ = forecast_members(one.past, YEAR)
                fixed.append((smooth + growth).sum(axis=1) / 2)
                learnt.append((weight * smooth + (1 - weight) * growth).sum(axis=1))
                came.append(one.ahead.sum(axis=1))
                chosen.append(weight)
        of_half, of_learnt, actual = (np.concatenate(part) for part in (fixed, learnt, came))
        low, high = _interval(np.abs(of_learnt - actual), np.abs(of_half - actual))
        first, second = measure(of_half, actual).series, measure(of_learnt, actual).series
        counts = ", ".join(f"{weight:g} {chosen.count(weight)} times" for weight in WEIGHTS if weight in chosen)
        lines.append(
            f"| {name} | {first:.2f} | {second:.2f} | {second / first:.3f} ({low:.3f} … {high:.3f}) | {counts} |"
        )
    return [*lines, "", "So the weights stay fixed unless an interval lies wholly below 1.", ""]


def _best_weight(past: np.ndarray) -> float:
    smooth, growth, _ = forecast_members(past[:, :-YEAR], YEAR)
    came = past[:, -YEAR:].sum(axis=1)
    errors = [np.abs((one * smooth + (1 - one) * growth).sum(axis=1) - came).sum() for one in WEIGHTS]
    return WEIGHTS[int(np.argmin(errors))]


def _interval(ours: np.ndarray, theirs: np.ndarray) -> tuple[float, float]:
    draws = np.random.default_rng(0).integers(0, len(ours), (RESAMPLES, len(ours)))
    low, high = np.quantile(ours[draws].sum(axis=1) / theirs[draws].sum(axis=1), [0.025, 0.975])
    return float(low), float(high)
