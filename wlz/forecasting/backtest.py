"""How good the forecasts are on the panel's own past: rolling origins, one year apart, all engines.

At each origin an engine sees the months up to it and forecasts twelve more, with the edge cases and bounds of a run.
Errors are measured per month ahead and on the year, per series and on sums of series. Not here: what past advices said
(`past_advices`, at the end, compares them with what came out), and drawing conclusions.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from wlz.forecasting.engines import ENGINES, Engine
from wlz.forecasting.ets import MIN_SEASON_OBSERVATIONS, SEASON_MONTHS, FloatArray
from wlz.forecasting.one_panel import forecast_treated, treat_history
from wlz.forecasting.paths import PathArray, draw_shocks
from wlz.forecasting.sampling import Panel, fit_uncertainty, measure_traits, sample_variants, take_bounds
from wlz.words.faults import Spoken

FIT_MONTHS = 36  # the window of the letter
DEFAULT_PATHS = 400
YEAR_COLUMN = SEASON_MONTHS  # behind the twelve months
ACCURACY_SCHEMA: dict[str, pl.DataType] = {
    "engine": pl.String(),
    "level": pl.String(),
    "horizon_months": pl.Int32(),
    "origins_count": pl.Int64(),
    "units_count": pl.Int64(),
    "wape_ratio": pl.Float64(),
    "bias_ratio": pl.Float64(),
    "mase_ratio": pl.Float64(),
    "coverage_80_ratio": pl.Float64(),
    "coverage_95_ratio": pl.Float64(),
    "interval_score_95_ratio": pl.Float64(),
}


class BacktestError(Spoken, ValueError):
    """No origin can be tested; the message says how many months there are and how many are needed."""


class Outcome(NamedTuple):
    """What one engine said of one origin at one level, all (U, 13): twelve months, then the year.

    `bounds` (4, U, 13); `scale` (U,): mean absolute seasonal difference before the origin, for MASE.
    """

    actual: FloatArray
    point: FloatArray
    bounds: FloatArray
    scale: FloatArray


def list_origins(months: int, wanted: int | None = None) -> list[int]:
    """Columns before which a forecast of twelve months is tested, newest first: yearly, with two years before each.

    >>> list_origins(48), list_origins(60, 1)
    ([36, 24], [48])
    """
    origins = list(range(months - SEASON_MONTHS, MIN_SEASON_OBSERVATIONS - 1, -SEASON_MONTHS))
    return origins if wanted is None else origins[:wanted]


def backtest_panel(
    values: FloatArray,
    ids: Sequence[str],
    *,
    month_of_year: int,
    engines: Mapping[str, Engine],
    origins: int | None = None,
    weights: FloatArray | None = None,
    groups: Mapping[str, npt.NDArray[np.int64]] | None = None,
    fit_months: int = FIT_MONTHS,
    paths: int = DEFAULT_PATHS,
    seed: int = 0,
) -> pl.DataFrame:
    """Accuracy per engine × level × horizon (null: the year), columns of ACCURACY_SCHEMA.

    `values` (N, T), NaN = not observed; `month_of_year` of the last column, 0 is January. `weights` (N,): euro per
    unit of each series, so that sums mean something (default 1); `groups`: level → number of the sum each series
    belongs to. A series counts at an origin with 24 observed months before it and all twelve after it. WAPE = Σ|e| ÷
    Σ|actual|, bias = Σ(point − actual) ÷ Σ|actual|, MASE = mean |e| ÷ mean absolute seasonal difference, over series
    or sums that have one; coverage = share of actuals inside; interval score of Gneiting and Raftery (2007) for 95 %
    ÷ mean actual. Origins are pooled. Raises BacktestError when no origin has a series.
    """
    scaled = values * (np.ones(len(values)) if weights is None else weights)[:, None]
    found: dict[tuple[str, str], list[Outcome]] = {}
    for cut in list_origins(values.shape[1], origins):
        past, ahead = scaled[:, max(cut - fit_months, 0) : cut], scaled[:, cut : cut + SEASON_MONTHS]
        usable = ((~np.isnan(past)).sum(axis=1) >= MIN_SEASON_OBSERVATIONS) & ~np.isnan(ahead).any(axis=1)
        if not usable.any():
            continue
        origin = _Origin(past[usable], ahead[usable], [ids[int(row)] for row in np.flatnonzero(usable)], groups, usable)
        month = (month_of_year - (values.shape[1] - cut)) % SEASON_MONTHS
        for key, outcome in _test_origin(origin, engines, month, paths, seed).items():
            found.setdefault(key, []).append(outcome)
    if not found:
        raise BacktestError(
            f"{values.shape[1]} months are too few: expected a series with {MIN_SEASON_OBSERVATIONS} observed months "
            f"before an origin and {SEASON_MONTHS} after it"
        )
    rows = [row for (name, level), outcomes in found.items() for row in _score(name, level, outcomes)]
    return pl.DataFrame(rows, schema=ACCURACY_SCHEMA, orient="row")


class _Origin(NamedTuple):
    past: FloatArray
    ahead: FloatArray
    ids: list[str]
    groups: Mapping[str, npt.NDArray[np.int64]] | None
    usable: npt.NDArray[np.bool_]

    def levels(self) -> dict[str, npt.NDArray[np.int64]]:
        """Level → number of the sum of each series, numbered from 0 without holes."""
        named = {} if self.groups is None else {name: codes[self.usable] for name, codes in self.groups.items()}
        compact = {name: np.unique(codes, return_inverse=True)[1].ravel() for name, codes in named.items()}
        return compact | {"total": np.zeros(len(self.past), dtype=np.int64)}


def _test_origin(
    origin: _Origin, engines: Mapping[str, Engine], month: int, paths: int, seed: int
) -> dict[tuple[str, str], Outcome]:
    """(engine, level) → outcome; treated history, traits and simulated years serve all engines."""
    treated = treat_history(origin.past)
    traits = measure_traits(origin.ids, treated.history)
    variants = {}
    for name, engine in engines.items():
        point = forecast_treated(treated, engine, SEASON_MONTHS, month_of_year=month).point
        variants[name] = (point, fit_uncertainty(Panel(origin.ids, treated.history, point), engine, traits))
    levels = origin.levels()
    shape = (paths, SEASON_MONTHS)
    sums = {(n, level): np.zeros((c.max() + 1, *shape), np.float32) for n in engines for level, c in levels.items()}
    bounds = {name: np.empty((4, len(origin.ids), SEASON_MONTHS + 1)) for name in engines}

    def read_off(rows: slice, name: str, drawn: PathArray) -> tuple[slice, FloatArray, dict[str, PathArray]]:
        year = drawn.sum(axis=2, keepdims=True)
        of_levels = {level: _sum_block(drawn, codes[rows]) for level, codes in levels.items()}
        return rows, take_bounds(np.concatenate([drawn, year], axis=2)), of_levels

    shocks = draw_shocks(paths, treated.history.shape[1], seed)
    for found in sample_variants(treated.history, variants, shocks, read_off):
        for name, (rows, of_series, of_levels) in found.items():
            bounds[name][:, rows] = of_series
            for level, block in of_levels.items():
                sums[name, level][np.unique(levels[level][rows])] += block
    scale = _seasonal_scale(origin.past)
    outcomes = {}
    for name, (point, _) in variants.items():
        outcomes[name, "series"] = Outcome(_with_year(origin.ahead), _with_year(point), bounds[name], scale)
        for level, codes in levels.items():
            drawn = sums[name, level]
            summed = take_bounds(np.concatenate([drawn, drawn.sum(axis=2, keepdims=True)], axis=2))
            actual, expected, past = (_add_up(part, codes) for part in (origin.ahead, point, treated.history))
            outcomes[name, level] = Outcome(_with_year(actual), _with_year(expected), summed, _seasonal_scale(past))
    return outcomes


def _sum_block(drawn: PathArray, codes: npt.NDArray[np.int64]) -> PathArray:
    """Sums of a block's paths per code that occurs in it, in the order of the codes."""
    found, place = np.unique(codes, return_inverse=True)
    member = (place.ravel() == np.arange(len(found))[:, None]).astype(np.float32)
    summed: PathArray = (member @ drawn.reshape(len(drawn), -1)).reshape(len(found), *drawn.shape[1:])
    return summed


def _add_up(values: FloatArray, codes: npt.NDArray[np.int64]) -> FloatArray:
    sums = np.zeros((codes.max() + 1, values.shape[1]))
    np.add.at(sums, codes, np.nan_to_num(values))
    return sums


def _with_year(months: FloatArray) -> FloatArray:
    return np.concatenate([months, months.sum(axis=1, keepdims=True)], axis=1)


def _seasonal_scale(past: FloatArray) -> FloatArray:
    """Mean absolute difference with the same month a year before (N,); NaN where it is zero or unknown."""
    difference = np.abs(past[:, SEASON_MONTHS:] - past[:, :-SEASON_MONTHS])
    known = ~np.isnan(difference)
    total = np.where(known, difference, 0.0).sum(axis=1)
    return np.where(total > 0, total / np.maximum(known.sum(axis=1), 1), np.nan)


def _score(engine: str, level: str, outcomes: Sequence[Outcome]) -> list[tuple[object, ...]]:
    actual, point = (np.concatenate([getattr(one, name) for one in outcomes]) for name in ("actual", "point"))
    bounds = np.concatenate([one.bounds for one in outcomes], axis=1)
    scale = np.concatenate([one.scale for one in outcomes])
    error, size = point - actual, np.abs(actual).sum(axis=0)
    safe = np.where(size > 0, size, np.nan)
    lower_80, upper_80, lower_95, upper_95 = bounds
    inside_80 = ((actual >= lower_80) & (actual <= upper_80)).mean(axis=0)
    inside_95 = ((actual >= lower_95) & (actual <= upper_95)).mean(axis=0)
    missed = np.maximum(lower_95 - actual, 0.0) + np.maximum(actual - upper_95, 0.0)
    score = (upper_95 - lower_95 + 2 / 0.05 * missed).sum(axis=0) / safe
    months = np.where(np.arange(SEASON_MONTHS + 1) == YEAR_COLUMN, SEASON_MONTHS, 1)
    relative = np.abs(error) / (scale[:, None] * months)
    has_scale = ~np.isnan(scale)
    mase = relative[has_scale].mean(axis=0) if has_scale.any() else np.full(SEASON_MONTHS + 1, np.nan)
    rows: list[tuple[object, ...]] = []
    for column in range(SEASON_MONTHS + 1):
        measured = (
            np.abs(error[:, column]).sum() / safe[column],
            error[:, column].sum() / safe[column],
            mase[column],
            inside_80[column],
            inside_95[column],
            score[column],
        )
        horizon = None if column == YEAR_COLUMN else column + 1
        rows.append((engine, level, horizon, len(outcomes), len(actual), *(_or_null(value) for value in measured)))
    return rows


def _or_null(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def choose_engines(names: Sequence[str]) -> dict[str, Engine]:
    """Engines of the registry by name. Raises BacktestError for an unknown one, or none."""
    if not names:
        raise BacktestError(f"no engine named; expected some of {', '.join(ENGINES)}")
    unknown = [name for name in names if name not in ENGINES]
    if unknown:
        raise BacktestError(f"unknown engine {', '.join(unknown)}; known: {', '.join(ENGINES)}")
    return {name: ENGINES[name] for name in names}
