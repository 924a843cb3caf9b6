"""Joint sample paths of a panel around a given point forecast: what could happen, to all series at once.

Here: paths that keep what series have in common. Not here: points (`engines/`), how wide they spread (`width.py`),
blocks and bounds (`sampling.py`), edge cases (`volumes/`).

The recipe (methods, volumes, intervals). Models are drawn per series by their weights. Residual blocks of twelve
months, the same months and the same sign for all series, give simulated years, of which only the ranks are kept: that
is the dependence. Ranks become normal scores, get a common factor, and are mapped to yearly sums
P · (1 + u · sign(z) · a · |z|^b): u is the difficulty of the series, a and b come from the panel's errors. Months
follow the simulated profile and add up to the year.
"""

import hashlib
from collections.abc import Iterator, Sequence
from statistics import NormalDist
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from wlz.forecasting.edge_cases import find_intermittent
from wlz.forecasting.engines.ets_average import AverageBank, build_average_bank, weigh_models
from wlz.forecasting.ets import (
    CONSTANT_TOLERANCE,
    LOG_LIMIT,
    MIN_OBSERVATIONS,
    SEASON_MONTHS,
    BoolArray,
    FloatArray,
    IntArray,
    group_by_pattern,
)
from wlz.forecasting.width import WidthMap
from wlz.words.faults import Spoken

PathArray = npt.NDArray[np.float32]  # (N, n, H): series × path × month

DRAWS = 20  # models per series
DEFAULT_PATHS = 1000
# One past year says little about ρ, so the common score has the tails of Student's t, up to a limit: with a power of it
# on top they would make the 95 % bound of a total say nothing.
COMMON_FREEDOM, COMMON_SCALE, COMMON_SCORE_LIMIT = 3.0, 0.9, 2.2
DEVIATION_FACTOR = 1.1  # simulated months around their profile
YEAR_LIMIT = 6.0  # a year is at most this many times the point
HISTORY_LIMIT = 5.0  # a simulated month at most this many times the largest month seen
YEAR_CORRELATION = 0.7  # of the scores of one year and the next
SECOND_YEAR_FACTOR = 1.6  # a relative error of the second year against the first
BLOCK_SIZE = 128  # series at once: 1,000 paths of twelve months are 6 MB
_SPLITMIX = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)


class Draws(NamedTuple):
    """K models drawn for each of N series, in model space.

    `forecast` (N, K, 12), `residual` (N, K, T), `impulse` (N, K, 12, 12), `logged` (N, K), `scale` (N,), and
    `deviation` (N,), the standard deviation of the year.
    """

    forecast: npt.NDArray[np.float32]
    residual: npt.NDArray[np.float32]
    impulse: npt.NDArray[np.float32]
    logged: BoolArray
    scale: FloatArray
    deviation: FloatArray

    def take(self, rows: slice) -> Self:
        """The draws of some of the series."""
        return self._replace(**{name: getattr(self, name)[rows] for name in self._fields})


def hash_id(name: str) -> int:
    """A whole number below 2⁶⁴ that belongs to an id, the same on every machine.

    >>> hash_id("Z053/CZ") == hash_id("Z053/CZ")
    True
    """
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


def draw_uniforms(ids: Sequence[str], count: int) -> FloatArray:
    """Uniform numbers (N, count) that depend on the id of a series alone, not on its place in the panel.

    >>> bool((draw_uniforms(["a", "b"], 3)[1] == draw_uniforms(["b"], 3)[0]).all())
    True
    """
    seeds = [hash_id(name) for name in ids]
    step, first, second = (np.uint64(constant) for constant in _SPLITMIX)
    state = np.array(seeds, dtype=np.uint64)[:, None] + step * np.arange(1, count + 1, dtype=np.uint64)
    state = (state ^ (state >> np.uint64(30))) * first
    state = (state ^ (state >> np.uint64(27))) * second
    state ^= state >> np.uint64(31)
    uniforms: FloatArray = (state >> np.uint64(11)).astype(np.float64) / 2.0**53
    return uniforms


def draw_models(values: FloatArray, uniforms: FloatArray) -> Draws:
    """DRAWS models for each of N series (N, T) by their weights; the mean where smoothing has nothing to go on.

    `uniforms` (N, DRAWS + 1) of `draw_uniforms`: the first places the systematic sample, the others order it, so
    that two series do not draw alike.
    """
    count, months = values.shape
    draws = Draws(
        np.zeros((count, DRAWS, SEASON_MONTHS), np.float32),
        np.zeros((count, DRAWS, months), np.float32),
        np.zeros((count, DRAWS, SEASON_MONTHS, SEASON_MONTHS), np.float32),
        np.zeros((count, DRAWS), np.bool_),
        np.maximum(np.nan_to_num(np.nanmean(np.abs(values), axis=1)), np.finfo(float).tiny),
        np.zeros(count),
    )
    observed = ~np.isnan(values)
    spread = np.nanmax(values, axis=1) - np.nanmin(values, axis=1)
    # One month says nothing about moving: it is no constant.
    moves = (spread > CONSTANT_TOLERANCE * np.nanmax(np.abs(values), axis=1)) | (observed.sum(axis=1) == 1)
    smoothed = moves & (observed.sum(axis=1) >= MIN_OBSERVATIONS)
    smoothed &= ~find_intermittent(values)  # a model of mostly zeros fits them too well
    _draw_means(values, observed, np.flatnonzero(moves & ~smoothed), draws)
    candidates = np.flatnonzero(smoothed)
    for rows, first, last in group_by_pattern(values[candidates]):
        chosen = candidates[rows]
        pattern = observed[chosen[0], first : last + 1]
        bank = build_average_bank(tuple(pattern.tolist()), months - 1 - last, SEASON_MONTHS)
        _draw_smoothed(values[chosen][:, first : last + 1][:, pattern], bank, uniforms[chosen], chosen, draws)
    return draws


def _draw_means(values: FloatArray, observed: BoolArray, rows: IntArray, draws: Draws) -> None:
    for row in rows:
        known = values[row, observed[row]] / draws.scale[row]
        rest = known - known.mean()
        draws.forecast[row] = known.mean()
        draws.residual[row] = np.resize(rest[::-1], values.shape[1])[::-1]
        draws.impulse[row] = np.eye(SEASON_MONTHS)
        monthly = np.sqrt((rest**2).sum() / max(len(rest) - 1, 1)) if len(rest) > 1 else 1.0
        draws.deviation[row] = draws.scale[row] * monthly * np.sqrt(SEASON_MONTHS * (1 + SEASON_MONTHS / len(known)))


def _draw_smoothed(compact: FloatArray, bank: AverageBank, uniforms: FloatArray, rows: IntArray, draws: Draws) -> None:
    """Fill `draws` for series of one pattern: a systematic sample of K models by weight."""
    weight, scaled, logs, _ = weigh_models(bank, compact)
    n, count = compact.shape[1], len(bank.penalty)
    model = _sample_models(weight, uniforms)
    months, horizon = draws.residual.shape[2], SEASON_MONTHS
    forecast_map = bank.forecast.reshape(n, count, horizon)
    deviation, level = np.empty(model.shape), np.empty(model.shape)
    flat = model.ravel()
    order = np.argsort(flat, kind="stable")
    found, starts = np.unique(flat[order], return_index=True)
    for index, places in zip(found, np.split(order, starts[1:]), strict=True):
        is_log, point = divmod(int(index), count)
        series, draw = places // DRAWS, places % DRAWS
        space = (logs if is_log else scaled)[series]
        forecast = space @ forecast_map[:, point]
        residual = space @ bank.residual[point].T
        residual *= np.sqrt(n / max(n - bank.parameter_count[point] + 1, n / 4))
        median = np.exp(np.clip(forecast, -LOG_LIMIT, HISTORY_LIMIT)) if is_log else np.maximum(forecast, 0.0)
        slope = median if is_log else np.ones_like(forecast)
        effect = ((slope @ bank.impulse[point]) ** 2).sum(axis=1)
        deviation[series, draw] = np.sqrt((residual**2).mean(axis=1) * effect)
        level[series, draw] = median.sum(axis=1)
        target = rows[series]
        draws.forecast[target, draw] = forecast
        # Months before the first observation repeat the residuals that are known, the latest ones last.
        draws.residual[target, draw] = residual[:, (np.arange(months) - months) % n]
        draws.impulse[target, draw] = bank.impulse[point]
        draws.logged[target, draw] = bool(is_log)
    variance = (np.minimum(deviation, 2 * SEASON_MONTHS) ** 2).mean(axis=1) + level.var(axis=1)
    draws.deviation[rows] = draws.scale[rows] * np.sqrt(variance)


def _sample_models(weight: FloatArray, uniforms: FloatArray) -> IntArray:
    """Model numbers (N, K): equally spaced points on the cumulated weights, in a random order."""
    cumulated = np.cumsum(weight, axis=1)
    cumulated[:, -1] = 2.0
    marks = (np.arange(DRAWS) + uniforms[:, :1]) / DRAWS
    model = np.stack([(cumulated < marks[:, draw : draw + 1]).sum(axis=1) for draw in range(DRAWS)], axis=1)
    return np.take_along_axis(model, uniforms[:, 1 : DRAWS + 1].argsort(axis=1), axis=1)


class Shocks(NamedTuple):
    """What all series share on each of n paths.

    First residual month and sign, common score, and the order in which paths are used again for the year after.
    """

    month: IntArray
    sign: npt.NDArray[np.float32]
    common: FloatArray
    again: IntArray
    score: FloatArray


class PathsError(Spoken, ValueError):
    """A number of paths that the models of a series cannot share evenly."""


def draw_shocks(paths: int, months: int, seed: int) -> Shocks:
    """The shared draws of `paths` paths on a history of `months`. Raises PathsError unless a multiple of 20."""
    if paths % DRAWS:
        raise PathsError(f"expected a number of paths that is a multiple of {DRAWS}, found {paths}")
    rng = np.random.default_rng(seed)
    start = rng.integers(0, months, paths)
    sign = rng.choice(np.array([-1, 1], np.float32), paths)
    score = np.array([NormalDist().inv_cdf((rank + 0.5) / paths) for rank in range(paths)])
    ranks = (np.arange(paths) + 0.5) / paths
    tails = np.clip(COMMON_SCALE * stdtrit(COMMON_FREEDOM, ranks), -COMMON_SCORE_LIMIT, COMMON_SCORE_LIMIT)
    common = rng.permutation(tails)
    return Shocks((start[:, None] + np.arange(SEASON_MONTHS)) % months, sign, common, rng.permutation(paths), score)


class Simulated(NamedTuple):
    """What N series have in common whatever their point.

    `deviation` (N, n, 12) of simulated months from their median, in units of the series, and `score` (N, n), the normal
    score of the simulated year among the series' own.
    """

    deviation: PathArray
    score: FloatArray


def simulate_block(draws: Draws, shocks: Shocks, may_be_negative: BoolArray) -> Simulated:
    """Simulated years of the series of `draws`, on the paths of `shocks`; never below 0 but where `may_be_negative`."""
    simulated = _simulate_year(draws, shocks)
    np.maximum(simulated, _floor(may_be_negative), out=simulated)
    score = np.empty(simulated.shape[:2])
    order = simulated.sum(axis=2).argsort(axis=1, kind="stable")
    np.put_along_axis(score, order, np.broadcast_to(shocks.score, score.shape), axis=1)
    simulated -= _middle(simulated)[:, None]
    return Simulated(simulated, score)


def spread_paths(
    simulated: Simulated,
    shocks: Shocks,
    point: FloatArray,
    difficulty: FloatArray,
    width: WidthMap,
    may_be_negative: BoolArray,
) -> PathArray:
    """Paths (N, n, H) around `point` (N, H).

    Each twelve months ahead are a year of their own: the second one wider by SECOND_YEAR_FACTOR and tied to the first
    by YEAR_CORRELATION. A series of difficulty 0 stays at its point on every path; nothing falls below 0 but where
    `may_be_negative`.
    """
    horizon = point.shape[1]
    deviation, floor = simulated.deviation, _floor(may_be_negative)
    score = np.sqrt(1 - width.common) * simulated.score + np.sqrt(width.common) * shocks.common
    out = np.empty((*simulated.score.shape, horizon), np.float32)
    for start in range(0, horizon, SEASON_MONTHS):
        year = slice(start, min(start + SEASON_MONTHS, horizon))
        if start:
            score = YEAR_CORRELATION * score + np.sqrt(1 - YEAR_CORRELATION**2) * score[:, shocks.again]
            deviation = deviation[:, shocks.again]
        of_year = difficulty * SECOND_YEAR_FACTOR ** (start // SEASON_MONTHS)
        out[:, :, year] = _map_year(
            point[:, year], deviation[:, :, : year.stop - year.start], score, of_year, width, floor
        )
    return out


def _middle(samples: PathArray) -> PathArray:
    """Upper median over n of (N, n, M): (N, M)."""
    half = samples.shape[1] // 2
    by_month = np.ascontiguousarray(samples.transpose(0, 2, 1))
    by_month.partition(half, axis=-1)
    middle: PathArray = by_month[..., half]
    return middle


def _floor(may_be_negative: BoolArray) -> npt.NDArray[np.float32]:
    return np.where(may_be_negative, -np.inf, 0.0).astype(np.float32)[:, None, None]


def _simulate_year(draws: Draws, shocks: Shocks) -> PathArray:
    """Years (N, n, 12) in units of the series, from residual blocks: path k·m … k·m + m − 1 follows draw k."""
    count, per_draw = len(draws.scale), len(shocks.sign) // DRAWS
    month = shocks.month.reshape(DRAWS, per_draw, SEASON_MONTHS)
    innovations = np.stack([draws.residual[:, draw][:, month[draw]] for draw in range(DRAWS)], axis=1)
    innovations *= shocks.sign.reshape(DRAWS, per_draw, 1)
    simulated = innovations @ draws.impulse.transpose(0, 1, 3, 2)
    simulated += draws.forecast[:, :, None]
    logged = simulated[draws.logged]
    simulated[draws.logged] = np.exp(np.clip(logged, -LOG_LIMIT, HISTORY_LIMIT))
    simulated *= draws.scale.astype(np.float32)[:, None, None, None]
    return np.asarray(simulated.reshape(count, len(shocks.sign), SEASON_MONTHS))


def _map_year(
    point: FloatArray,
    deviation: PathArray,
    score: FloatArray,
    difficulty: FloatArray,
    width: WidthMap,
    floor: npt.NDArray[np.float32],
) -> PathArray:
    """Months of one year on every path: the profile of the point, simulated deviations, and a sum by the width map."""
    size = point.sum(axis=1)
    error = np.sign(score) * width.factor * np.abs(score) ** width.curvature * difficulty[:, None]
    total = size[:, None] + np.abs(size)[:, None] * error
    total = np.clip(total, floor[:, :, 0], YEAR_LIMIT * np.abs(size)[:, None]).astype(np.float32)
    share = (point / np.where(size != 0, size, 1.0)[:, None]).astype(np.float32)
    months = deviation - share[:, None] * deviation.sum(axis=2, keepdims=True)
    months *= np.float32(DEVIATION_FACTOR) * (difficulty > 0).astype(np.float32)[:, None, None]
    months += share[:, None] * total[:, :, None]
    np.maximum(months, floor, out=months)
    months *= (point != 0)[:, None]  # a month after the end of a code stays empty
    signed = np.isinf(floor[:, 0, 0])
    sums: PathArray = months.sum(axis=2)
    months[~signed] *= (total[~signed] / np.maximum(sums[~signed], np.float32(1e-30)))[:, :, None]
    months[signed] += share[signed][:, None] * (total - sums)[signed][:, :, None]
    result: PathArray = months
    return result


def iterate_blocks(count: int, size: int = BLOCK_SIZE) -> Iterator[slice]:
    """Slices of at most `size` rows."""
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))
