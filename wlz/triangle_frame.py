"""The lag method on anybody's triangle: a frame of care and delivery months in, completed months with bounds out.

In: any key columns, `care_month`, `delivery_month` and `value`, cumulative, in any unit. Out: a row per key and care
month and a total per key. Files are read and written elsewhere (`pipelines/cli/complete.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from wlz.engines import ENGINES
from wlz.ets import SEASON_MONTHS, FloatArray, IntArray
from wlz.lag import (
    Completion,
    LagError,
    Triangle,
    benktander,
    bornhuetter_ferguson,
    build_triangle,
    cape_cod,
    chain_ladder,
    complete_cells,
    completeness_from_factors,
    credibility_factors,
    development_factors,
    latest,
    latest_lag,
    mack_standard_error,
    measure_scatter,
    nowcast_interval,
    retrospective_errors,
    used_pairs,
)
from wlz.lag.completion import complete_months

AXES = ("care_month", "delivery_month", "value")
METHODS = ("bornhuetter_ferguson", "chain_ladder", "benktander", "cape_cod", "mack")
DEFAULT_METHOD = "bornhuetter_ferguson"
MACK_NAME = "mack (sigma: mack)"
BOUND_NAMES = ("lower_80", "upper_80", "lower_95", "upper_95")
SCORES = (-1.2815515655446004, 1.2815515655446004, -1.959963984540054, 1.959963984540054)
FULL_MONTHS, FULL_DELIVERIES = 2 * SEASON_MONTHS, 13  # for month of the year, late deliveries and retrospective errors
N_DIAGONALS = 12
OLD_LAGS = 4
A_PRIORI_ENGINE = "ets_average"


class CompletedTriangle(NamedTuple):
    """`rows` and `factors` as `wlz complete` writes them."""

    rows: pl.DataFrame
    factors: pl.DataFrame


class _Found(NamedTuple):
    completed: FloatArray
    completeness: FloatArray
    error: FloatArray  # (N, T) standard error
    total_error: FloatArray  # (N,)
    bounds: FloatArray  # (4, N, T)
    total_bounds: FloatArray  # (4, N)
    factors: FloatArray


def complete_frame(
    frame: pl.DataFrame, keys: Sequence[str] | None = None, method: str = DEFAULT_METHOD
) -> CompletedTriangle:
    """Every care month of every key completed, with 80 and 95 % bounds.

    `frame`: columns of `keys` (default: all but the three axes), care_month and delivery_month (dates, or text 2018-05
    or 2018-05-01) and value. `mack`: the textbook chain ladder on all deliveries with Mack's standard error. The other
    methods: factors by credibility over the last twelve deliveries (all keys → first key → each), and with two years of
    months and thirteen deliveries the whole lag method (`wlz/lag/completion.py`) with bounds from earlier deliveries;
    with less Mack's standard error. Raises LagError for a frame that is no triangle, or has one delivery only.

    >>> complete_frame(pl.read_csv("triangle.csv")).rows.columns[:3]  # doctest: +SKIP
    ['care_month', 'declared', 'completed']
    """
    if method not in METHODS:
        raise LagError(f"method: found {method!r}, expected one of {', '.join(METHODS)}")
    names = [name for name in frame.columns if name not in AXES] if keys is None else list(keys)
    triangle = build_triangle(_read_months(frame, names), names)
    if (~np.isnan(triangle.values)).sum(axis=2).max() < 2:
        raise LagError(
            "found one delivery of every care month, expected at least two: from one nothing can be learnt about what "
            "comes later. Next: add earlier deliveries"
        )
    found = _complete_by_mack(triangle) if method == "mack" else _complete_by_lag(triangle, method)
    label = MACK_NAME if method == "mack" else method
    return CompletedTriangle(_to_rows(triangle, found, label), _list_factors(triangle, found.factors, method))


def _read_months(frame: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Months as dates, values as numbers. Raises LagError for text that is neither."""
    missing = [name for name in (*keys, *AXES) if name not in frame.columns]
    if missing:
        raise LagError(
            f"no column {', '.join(missing)}: found {', '.join(frame.columns[:8]) or 'no columns'}, expected "
            f"{', '.join([*keys, *AXES])}. Likely other headers or another separator. Next: rename the columns"
        )
    read = frame
    for name in ("care_month", "delivery_month"):
        if frame.schema[name] == pl.String:
            text = pl.col(name).str.strip_chars()
            full = pl.when(text.str.len_chars() == len("2018-05")).then(text + "-01").otherwise(text)
            read = read.with_columns(full.str.to_date("%Y-%m-%d", strict=False).alias(name))
        elif not frame.schema[name].is_temporal():
            raise LagError(f"column {name}: found {frame.schema[name]}, expected months such as 2018-05")
        else:
            read = read.with_columns(pl.col(name).cast(pl.Date))
        _refuse_text(frame[name], read[name].is_null() & frame[name].is_not_null(), name, "a month such as 2018-05")
    if frame.schema["value"] == pl.String:
        text = pl.col("value").str.strip_chars()
        known = pl.when(~text.is_in(["", "NA"])).then(text)
        read = read.with_columns(known.cast(pl.Float64, strict=False).alias("value"))
        blank = frame["value"].str.strip_chars().is_in(["", "NA"]).fill_null(True)
        _refuse_text(frame["value"], read["value"].is_null() & ~blank, "value", "a number with a decimal point")
    elif not frame.schema["value"].is_numeric():
        raise LagError(f"column value: found {frame.schema['value']}, expected numbers")
    return read


def _refuse_text(text: pl.Series, wrong: pl.Series, name: str, expected: str) -> None:
    if wrong.any():
        row = int(wrong.arg_true()[0])
        raise LagError(f"row {row + 1:,} below the header, column {name}: found {text[row]!r}, expected {expected}")


def _complete_by_mack(triangle: Triangle) -> _Found:
    values = triangle.values
    factors = development_factors(values)
    share = np.take_along_axis(completeness_from_factors(factors), np.maximum(latest_lag(values), 0), axis=1)
    declared = latest(values)
    completed = chain_ladder(declared, share)
    errors = mack_standard_error(values, factors)
    bounds = _bound_reserve(declared, completed, errors.month)
    total = np.nansum(declared, axis=1), np.nansum(completed, axis=1)
    return _Found(completed, share, errors.month, errors.total, bounds, _bound_reserve(*total, errors.total), factors)


def _bound_reserve(declared: FloatArray, completed: FloatArray, error: FloatArray) -> FloatArray:
    """Lognormal bounds of what is still to come; normal where that is not above 0."""
    reserve = completed - declared
    positive = (reserve > 0) & (error > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(np.log1p((np.where(positive, error, 0.0) / np.where(positive, reserve, 1.0)) ** 2))
        middle = np.log(np.where(positive, reserve, 1.0)) - spread**2 / 2
        return np.stack(
            [
                np.where(positive, declared + np.exp(middle + score * spread), completed + score * error)
                for score in SCORES
            ]
        )


def _complete_by_lag(triangle: Triangle, method: str) -> _Found:
    values, uitvoerder = triangle.values, _label_first_key(triangle.keys)
    monthly = triangle.step_months == 1 and triangle.first_lag in (0, 1)
    deliveries = len({t + lag for t, lag in zip(*np.nonzero(~np.isnan(values).all(axis=0)), strict=True)})
    if monthly and values.shape[1] >= FULL_MONTHS and deliveries >= FULL_DELIVERIES and _ends_on_diagonal(values):
        return _complete_fully(triangle, uitvoerder, method)
    hierarchy = [np.zeros(len(values), dtype=np.int64), uitvoerder, np.arange(len(values))]
    factors = credibility_factors(values, hierarchy, n_diagonals=_diagonals(values)).factor
    share = np.take_along_axis(completeness_from_factors(factors), np.maximum(latest_lag(values), 0), axis=1)
    declared = latest(values)
    completed = _apply(method, declared, share, _expect_mean(values, declared, share))
    errors = mack_standard_error(values, development_factors(values))
    month, total = np.nan_to_num(errors.month), np.nan_to_num(errors.total)
    sums = np.nansum(declared, axis=1), np.nansum(completed, axis=1)
    return _Found(
        completed,
        share,
        month,
        total,
        _bound_reserve(declared, completed, month),
        _bound_reserve(*sums, total),
        factors,
    )


def _diagonals(values: FloatArray) -> int | None:
    """The last twelve deliveries, where deliveries are diagonals of one step; else all of them."""
    return N_DIAGONALS if _ends_on_diagonal(values) else None


def _ends_on_diagonal(values: FloatArray) -> bool:
    """Whether the last delivery is the diagonal of the youngest care month at its first lag."""
    months, lags = values.shape[1:]
    beyond = np.add.outer(np.arange(months), np.arange(lags)) > months - 1
    return bool(np.isnan(values[:, beyond]).all() and not np.isnan(values[:, -1, 0]).all())


def _label_first_key(keys: pl.DataFrame) -> IntArray:
    """Rows that share the first key column have one label; without key columns there is one row."""
    if not keys.width:
        return np.zeros(keys.height, dtype=np.int64)
    return np.asarray(keys[keys.columns[0]].rle_id().to_numpy().astype(np.int64))


def _expect_mean(values: FloatArray, declared: FloatArray, share: FloatArray) -> FloatArray:
    """A priori (N, T): mean chain-ladder ultimate of the care months at least four lags old among the last twelve."""
    ultimate = chain_ladder(declared, share)
    old = np.where(latest_lag(values) >= OLD_LAGS, ultimate, np.nan)[:, -SEASON_MONTHS:]
    used = np.where(np.isnan(old).all(axis=1, keepdims=True), np.nan, np.nan_to_num(old))
    count = (~np.isnan(old)).sum(axis=1)
    mean = np.where(count > 0, np.nansum(used, axis=1) / np.maximum(count, 1), np.nanmean(ultimate, axis=1))
    return np.repeat(np.nan_to_num(mean)[:, None], values.shape[1], axis=1)


def _apply(method: str, declared: FloatArray, share: FloatArray, a_priori: FloatArray) -> FloatArray:
    by_ratio = chain_ladder(declared, share)
    if method == "chain_ladder":
        return np.where(np.isnan(by_ratio), declared, by_ratio)
    if method == "benktander":
        found = benktander(declared, share, a_priori)
    elif method == "cape_cod":
        found = cape_cod(declared, share, np.ones_like(declared))[0]
    else:
        found = bornhuetter_ferguson(declared, share, a_priori)
    return np.where(np.isnan(found), by_ratio, found)


def _complete_fully(triangle: Triangle, uitvoerder: IntArray, method: str) -> _Found:
    """The lag method of the advice, with bounds from what earlier deliveries would have said."""
    values = triangle.values
    last = triangle.care_months[-1].month - 1
    engine = ENGINES[A_PRIORI_ENGINE]

    def forecast(history: FloatArray, horizon: int) -> FloatArray:
        return engine(history, horizon).point

    done: Completion = complete_cells(values, uitvoerder, last, forecast)
    completed = complete_months(done.declared, done.completeness, done.a_priori)
    if method != DEFAULT_METHOD:
        completed = _apply(
            method, done.declared, done.completeness, np.where(np.isnan(done.a_priori), completed, done.a_priori)
        )
    errors = retrospective_errors(values, uitvoerder, last, forecast, done)
    scatter = measure_scatter(errors, done.curve.p, uitvoerder)
    months, lags = values.shape[1:]
    behind = done.curve.lateness.behind[:, -1][uitvoerder]
    place = np.clip(months - 1 - np.arange(months)[None, :] - behind[:, None], 0, lags - 1)
    known = (months - 1 - np.arange(months)) < lags
    common = np.where(known, np.take_along_axis(scatter.common[uitvoerder], place, axis=1), 0.0)
    own = np.where(known, np.take_along_axis(scatter.own, place, axis=1), 0.0)
    deviation = np.sqrt(common**2 + own**2)
    total = completed.sum(axis=1)
    size = np.abs(completed)
    spread = np.sqrt((size * common).sum(axis=1) ** 2 + ((size * own) ** 2).sum(axis=1))
    relative = np.where(total != 0, spread / np.where(total != 0, np.abs(total), 1.0), 0.0)
    return _Found(
        completed,
        done.completeness,
        size * deviation,
        spread,
        nowcast_interval(completed, deviation),
        nowcast_interval(total, relative),
        done.curve.credible.factor,
    )


def _to_rows(triangle: Triangle, found: _Found, method: str) -> pl.DataFrame:
    """A row per key and observed care month, then the total of the key (care_month null)."""
    keys, months, declared = triangle.keys, triangle.care_months, latest(triangle.values)
    seen = ~np.isnan(declared)
    row, column = np.nonzero(seen)
    by_month = {
        "declared": declared[row, column],
        "completed": found.completed[row, column],
        "completeness_ratio": found.completeness[row, column],
        **{name: found.bounds[place][row, column] for place, name in enumerate(BOUND_NAMES)},
        "standard_error": found.error[row, column],
    }
    sums = np.nansum(declared, axis=1), np.nansum(np.where(seen, found.completed, 0.0), axis=1)
    of_total = {
        "declared": sums[0],
        "completed": sums[1],
        "completeness_ratio": np.where(sums[1] != 0, sums[0] / np.where(sums[1] != 0, sums[1], 1.0), np.nan),
        **{name: found.total_bounds[place] for place, name in enumerate(BOUND_NAMES)},
        "standard_error": found.total_error,
    }
    monthly = _frame(keys, row, by_month).with_columns(care_month=pl.Series(months, dtype=pl.Date)[column])
    totals = _frame(keys, np.arange(keys.height), of_total).with_columns(care_month=pl.lit(None, dtype=pl.Date))
    both = pl.concat([monthly, totals.select(monthly.columns)]).with_columns(method=pl.lit(method))
    columns = [*keys.columns, "care_month", *by_month, "method"]
    return both.select(columns).sort([*keys.columns, "care_month"], nulls_last=True)


def _frame(keys: pl.DataFrame, row: IntArray, values: dict[str, FloatArray]) -> pl.DataFrame:
    numbers = pl.DataFrame({name: pl.Series(of_name).fill_nan(None) for name, of_name in values.items()})
    return numbers if not keys.width else pl.concat([keys[row], numbers], how="horizontal")


def _list_factors(triangle: Triangle, factors: FloatArray, method: str) -> pl.DataFrame:
    """Development factors per key and lag, and how many link ratios each rests on."""
    keys, lags = triangle.keys, triangle.lags
    count = keys.height
    share = completeness_from_factors(factors)[:, :-1]
    pairs = used_pairs(triangle.values, None if method == "mack" else _diagonals(triangle.values)).sum(axis=1)
    row = np.repeat(np.arange(count), len(lags) - 1)
    numbers = _frame(
        keys,
        row,
        {"development_factor": factors.ravel(), "completeness_ratio": share.ravel()},
    )
    return numbers.with_columns(
        pl.Series("lag_months", np.tile(lags[:-1], count), dtype=pl.Int64),
        pl.Series("to_lag_months", np.tile(lags[1:], count), dtype=pl.Int64),
        pl.Series("ratios_count", pairs.ravel(), dtype=pl.Int64),
    ).select(*keys.columns, "lag_months", "to_lag_months", "development_factor", "completeness_ratio", "ratios_count")
