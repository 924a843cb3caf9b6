"""From a panel with its point forecast to blocks of joint sample paths, and from paths to bounds.

Here: what the engine's own past says about its errors, blocks worked off side by side, quantiles. Not here: how a
path comes about (`paths.py`, `width.py`), euro, regions and the kader (`bounds/`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, NamedTuple, Self, TypeVar

import numpy as np
import numpy.typing as npt

from wlz.forecasting.engines import Engine
from wlz.forecasting.engines.combined import measure_gap
from wlz.forecasting.ets import MIN_SEASON_OBSERVATIONS, SEASON_MONTHS, BoolArray, FloatArray, IntArray
from wlz.forecasting.paths import (
    BLOCK_SIZE,
    DRAWS,
    Draws,
    PathArray,
    Shocks,
    draw_models,
    draw_uniforms,
    iterate_blocks,
    simulate_block,
    spread_paths,
)
from wlz.forecasting.width import WidthMap, learn_width, measure_difficulty

BOUND_LEVELS = {"lower_80": 0.10, "upper_80": 0.90, "lower_95": 0.025, "upper_95": 0.975}
BOUND_NAMES = tuple(BOUND_LEVELS)
WORKERS = 2  # NumPy lets go of the interpreter, so two blocks run at once
FEATURE_BLOCK = 512
MAX_PAST_YEARS = 3  # years back from which errors are learnt

Result = TypeVar("Result")


class Panel(NamedTuple):
    """N series: `ids` (N,), `history` (N, T) as the engine saw it (NaN = not observed), `point` (N, H)."""

    ids: Sequence[str]
    history: FloatArray
    point: FloatArray


class Traits(NamedTuple):
    """What an engine has no part in, (N,) each: `deviation` of the drawn models' year, `gap` of the members."""

    deviation: FloatArray
    gap: FloatArray


class Uncertainty(NamedTuple):
    """How sure a panel's point is: `difficulty` u (N,), the panel's `width`, and what places its random numbers."""

    uniforms: FloatArray
    difficulty: FloatArray
    width: WidthMap
    may_be_negative: BoolArray

    def take(self, rows: IntArray) -> Self:
        """The same for some of the series; the width stays that of the whole panel."""
        return self._replace(
            uniforms=self.uniforms[rows],
            difficulty=self.difficulty[rows],
            may_be_negative=self.may_be_negative[rows],
        )


def past_cuts(months: int) -> list[int]:
    """How many months of a history to take: all, then without the last one to three years, at least 24."""
    cuts = [months - back * SEASON_MONTHS for back in range(MAX_PAST_YEARS + 1)]
    return [cut for cut in cuts if cut == months or cut >= MIN_SEASON_OBSERVATIONS]


def measure_traits(ids: Sequence[str], history: FloatArray) -> list[Traits]:
    """Traits of a panel now and as it was at each of `past_cuts`; the same for all engines, so computed once."""
    uniforms = draw_uniforms(ids, DRAWS + 1)
    found = []
    for cut in past_cuts(history.shape[1]):
        past = history[:, :cut]
        known = np.flatnonzero((~np.isnan(past)).any(axis=1))
        deviation, gap = np.zeros(len(past)), np.zeros(len(past))
        for rows in iterate_blocks(len(known), FEATURE_BLOCK):
            deviation[known[rows]] = draw_models(past[known[rows]], uniforms[known[rows]]).deviation
        gap[known] = measure_gap(past[known])
        found.append(Traits(deviation, gap))
    return found


def fit_uncertainty(panel: Panel, engine: Engine, traits: Sequence[Traits] | None = None) -> Uncertainty:
    """Difficulty of every series and the width of the panel's errors, by asking `engine` one to three years back.

    A past year counts for a series with 24 observed months before it, all its own months and a positive point. With
    less history the usual widths are taken (methods, volumes, intervals). `traits` of `measure_traits` save computing
    them again for a second engine.
    """
    traits = measure_traits(panel.ids, panel.history) if traits is None else traits
    errors, widths = [np.zeros((0, len(panel.ids)))], [np.zeros((0, len(panel.ids)))]
    for cut, trait in list(zip(past_cuts(panel.history.shape[1]), traits, strict=True))[1:]:
        past, actual = panel.history[:, :cut], panel.history[:, cut : cut + SEASON_MONTHS].sum(axis=1)
        usable = ((~np.isnan(past)).sum(axis=1) >= MIN_SEASON_OBSERVATIONS) & ~np.isnan(actual)
        error, width = np.zeros((1, len(past))), np.zeros((1, len(past)))
        if usable.any():
            year = np.maximum(engine(past[usable], SEASON_MONTHS).point.sum(axis=1), 0.0)
            difficulty = measure_difficulty(past[usable], year, trait.gap[usable], trait.deviation[usable])
            error[0, usable], width[0, usable] = actual[usable] - year, year * difficulty
        errors.append(error)
        widths.append(width)
    months = min(SEASON_MONTHS, panel.point.shape[1])
    year = panel.point[:, :months].sum(axis=1) * (SEASON_MONTHS / months)
    return Uncertainty(
        draw_uniforms(panel.ids, DRAWS + 1),
        measure_difficulty(panel.history, year, traits[0].gap, traits[0].deviation),
        learn_width(np.concatenate(errors), np.concatenate(widths)),
        np.any(panel.history < 0, axis=1),
    )


def sample_blocks(
    panel: Panel, uncertainty: Uncertainty, shocks: Shocks, consume: Callable[[slice, PathArray], Result]
) -> Iterator[Result]:
    """What `consume` makes of the paths (B, n, H) of each block of series, in order; never all paths at once."""

    def work(task: tuple[slice, Draws]) -> Result:
        rows, draws = task
        negative, difficulty = uncertainty.may_be_negative[rows], uncertainty.difficulty[rows]
        simulated = simulate_block(draws, shocks, negative)
        return consume(
            rows, spread_paths(simulated, shocks, panel.point[rows], difficulty, uncertainty.width, negative)
        )

    yield from _work_off(panel.history, uncertainty.uniforms, work)


def sample_variants(
    history: FloatArray,
    variants: Mapping[str, tuple[FloatArray, Uncertainty]],
    shocks: Shocks,
    consume: Callable[[slice, str, PathArray], Result],
) -> Iterator[dict[str, Result]]:
    """As `sample_blocks`, for several points of one history, which share what is simulated.

    `variants`: name → point (N, H) and its uncertainty.
    """
    first = next(iter(variants.values()))[1]

    def work(task: tuple[slice, Draws]) -> dict[str, Result]:
        rows, draws = task
        negative = first.may_be_negative[rows]
        simulated = simulate_block(draws, shocks, negative)
        found = {}
        for name, (point, known) in variants.items():
            paths = spread_paths(simulated, shocks, point[rows], known.difficulty[rows], known.width, negative)
            found[name] = consume(rows, name, paths)
        return found

    yield from _work_off(history, first.uniforms, work)


def _work_off(
    history: FloatArray, uniforms: FloatArray, work: Callable[[tuple[slice, Draws]], Result]
) -> Iterator[Result]:
    """What `work` makes of each block of series with its drawn models, in order; two blocks side by side.

    The numbers are those of one after the other. Models are drawn for more series at once than are simulated, which is
    faster.
    """

    def draw_blocks() -> Iterator[tuple[slice, Draws]]:
        for outer in iterate_blocks(len(history), FEATURE_BLOCK):
            draws = draw_models(history[outer], uniforms[outer])
            for inner in iterate_blocks(len(draws.scale), BLOCK_SIZE):
                yield slice(outer.start + inner.start, outer.start + inner.stop), draws.take(inner)

    todo = draw_blocks()
    with ThreadPoolExecutor(WORKERS) as pool:
        waiting = [pool.submit(work, task) for task in islice(todo, WORKERS)]
        while waiting:
            done = waiting.pop(0).result()
            waiting += [pool.submit(work, task) for task in islice(todo, 1)]
            yield done


def take_bounds(samples: npt.NDArray[Any]) -> FloatArray:
    """80 and 95 % bounds of samples (…, n, M) over n: (4, …, M), in the order of BOUND_NAMES.

    >>> take_bounds(np.arange(101.0)[:, None])[:, 0].tolist()
    [10.0, 90.0, 2.5, 97.5]
    """
    return sort_bounds(np.moveaxis(samples, -2, -1))


def sort_bounds(samples: npt.NDArray[Any]) -> FloatArray:
    """As `take_bounds`, of samples (…, M, n) over n."""
    ordered = np.sort(samples, axis=-1)
    count = ordered.shape[-1]
    bounds = []
    for level in BOUND_LEVELS.values():
        place = level * (count - 1)
        low = int(place)
        high = min(low + 1, count - 1)
        below = ordered[..., low].astype(np.float64)
        bounds.append(below + (place - low) * (ordered[..., high] - below))  # equal samples give exactly their value
    return np.stack(bounds)
