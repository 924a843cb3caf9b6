"""Volumes of the coming months: engines by name, edge cases, the forecast of a whole panel.

One series per prestatie and Wlz-uitvoerder, months as first-of-month dates, volumes in the unit of the
prestatie. The smoothing is in `ets.py`; lag completion (`lag.py`) comes before, prices (`prices.py`) and the
bounds of sums (`bounds.py`) after. A flag says which rule was applied, not what to do about it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl

from wlz.ets import (
    LINES,
    MIN_OBSERVATIONS,
    SEASON_MONTHS,
    BoolArray,
    FloatArray,
    IntArray,
    PanelForecast,
    TextArray,
    ets_select,
)

Engine = Callable[[FloatArray, int], PanelForecast]

# (series × months, NaN = not observed; horizon) → forecast. Every row holds at least 7 observed months.
ENGINES: dict[str, Engine] = {
    "ets_select": ets_select,
}

SERIES_KEY = ["prestatiecode", "wlz_uitvoerder"]
VOLUME_COLUMNS = ["observed_volume", *(f"{line}_volume" for line in LINES)]
# In order of precedence: a series carries the first that applies.
FLAGS = ("ended", "short", "intermittent", "growth_outside", "gap")
INTERMITTENT_ZERO_RATIO = 0.5  # methods, volumes, edge cases
ENDED_ZERO_MONTHS = 6  # silent for half a year
ENDED_ZERO_MONTHS_IN_YEAR = 2  # silent since January: one empty month is no evidence, two are
GROWTH_RANGE_RATIO = (0.5, 2.0)  # of the same months a year before; checks, F01


class VolumesError(ValueError):
    """Series or a period that cannot be forecast; the message names rows and what was expected."""


class _Panel(NamedTuple):
    """N series (rows of `keys`, sorted) × T months from `first_month`; NaN = not observed."""

    keys: pl.DataFrame
    values: FloatArray
    first_month: date


def forecast_volumes(
    series: pl.DataFrame,
    *,
    first_month: date,
    last_month: date,
    last_observed: date,
    engine: str = "ets_select",
    ended: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Monthly volumes per prestatie and Wlz-uitvoerder up to `last_month` (S004, annex A.2.1).

    In: one row per prestatiecode, wlz_uitvoerder, care_month with `volume` (Float64, unit of the prestatie;
    null is a month not delivered, 0 a month without care). Only months in `first_month` … `last_observed`
    enter the fit; zeros before the first care are cut. `ended`: prestatiecode, end_month (last with care).

    Out: one row per series and month, observed or in (`last_observed`, `last_month`]: `observed_volume` (null
    in forecast months); `forecast_volume` and its 80 and 95 % bounds (null in observed months); `engine`,
    `model`, `flag` (null or one of FLAGS), the same on all rows of a series; sorted by series and month.

    Edge cases (methods, volumes): 1–6 observations → mean, `short`; half or more zeros → mean of the last 12
    observations, `intermittent`; ended → 0 with bounds 0, `ended`; a year outside × 0.5–2 of the one before
    → kept, `growth_outside`; missing months are skipped, never zero, `gap`. Below 0 only where history is.

    Limit: bounds are per series and month, and take the model as known; a series without an observation in
    the period has no rows. Raises VolumesError for an unknown engine, duplicate rows, a care_month that is
    not the first of a month, a volume that is not finite, a `last_month` not after `last_observed`.

    >>> forecast_volumes(series, first_month=date(2015, 1, 1), last_observed=date(2017, 12, 1),
    ...                  last_month=date(2019, 12, 1))  # doctest: +SKIP
    """
    if engine not in ENGINES:
        raise VolumesError(f"unknown engine '{engine}'; known: {', '.join(ENGINES)}")
    horizon = _count_months(last_observed, last_month)
    if horizon < 1 or last_observed < first_month:
        raise VolumesError(
            f"expected first_month ≤ last_observed < last_month, found {first_month}, {last_observed}, {last_month}"
        )
    panel = _build_panel(series, first_month, last_observed)
    open_months = _count_open_months(panel.keys, ended, last_observed, horizon)
    lines, model, flag = _forecast_panel(panel, open_months, horizon, ENGINES[engine])
    return _to_frame(panel, lines, engine, model, flag)


def _count_months(start: date, end: date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month


def _build_panel(series: pl.DataFrame, first_month: date, last_observed: date) -> _Panel:
    """Series × months of the period, leading zeros cut; a series of zeros only is kept whole."""
    observed = series.filter(
        pl.col("care_month").is_between(first_month, last_observed), pl.col("volume").is_not_null()
    )
    _refuse_wrong_rows(observed)
    keys = observed.select(SERIES_KEY).unique().sort(SERIES_KEY)
    month_number = pl.col("care_month").dt.year().cast(pl.Int64) * 12 + pl.col("care_month").dt.month()
    placed = observed.join(keys.with_row_index("row"), on=SERIES_KEY).select(
        "row", (month_number - first_month.year * 12 - first_month.month).alias("column"), "volume"
    )
    values = np.full((len(keys), _count_months(first_month, last_observed) + 1), np.nan)
    values[placed["row"].to_numpy(), placed["column"].to_numpy()] = placed["volume"].to_numpy()
    has_care = ~np.isnan(values) & (values != 0)
    started = np.maximum.accumulate(has_care, axis=1) | ~has_care.any(axis=1, keepdims=True)
    return _Panel(keys, np.where(started, values, np.nan), first_month)


def _refuse_wrong_rows(observed: pl.DataFrame) -> None:
    key = [*SERIES_KEY, "care_month"]
    for problem, wrong in (
        ("more than one row for a series and month", observed.filter(observed.select(key).is_duplicated())),
        (
            "a care_month that is not the first of a month",
            observed.filter(pl.col("care_month").dt.day() != 1),
        ),
        ("a volume that is not a finite number", observed.filter(~pl.col("volume").is_finite())),
    ):
        if len(wrong):
            example = wrong.sort(key).row(0, named=True)
            raise VolumesError(f"series: {problem} in {len(wrong)} rows, such as {example}")


def _count_open_months(keys: pl.DataFrame, ended: pl.DataFrame | None, last_observed: date, horizon: int) -> IntArray:
    """Forecast months in which each series can still have care: 0 for a code that has ended."""
    if ended is None:
        return np.full(len(keys), horizon, dtype=np.int64)
    if ended["prestatiecode"].is_duplicated().any():
        twice = ended.filter(ended["prestatiecode"].is_duplicated())["prestatiecode"].unique().sort()
        raise VolumesError(f"ended: more than one end_month for {twice.to_list()[:5]}")
    by_code = dict(ended.select("prestatiecode", "end_month").drop_nulls().iter_rows())
    ends = [by_code.get(code) for code in keys["prestatiecode"]]
    left = [horizon if end is None else _count_months(last_observed, end) for end in ends]
    return np.clip(np.array(left, dtype=np.int64), 0, horizon)


def _forecast_panel(
    panel: _Panel, open_months: IntArray, horizon: int, engine: Engine
) -> tuple[FloatArray, TextArray, TextArray]:
    """Lines (5, N, H), model and flag (N,) of every series: each by the rule that holds for it."""
    values = panel.values
    observed = ~np.isnan(values)
    month_of_year = (panel.first_month.month - 1 + values.shape[1] - 1) % SEASON_MONTHS
    silent = _find_silent(values, january=values.shape[1] - 1 - month_of_year)
    is_ended = silent | (open_months == 0)
    is_short = observed.sum(axis=1) < MIN_OBSERVATIONS
    is_intermittent = (values == 0).sum(axis=1) >= INTERMITTENT_ZERO_RATIO * observed.sum(axis=1)
    takes_mean = ~is_ended & (is_short | is_intermittent)
    takes_engine = ~is_ended & ~takes_mean

    lines = np.zeros((len(LINES), len(values), horizon))
    model = np.where(is_ended, "ended", "mean").astype("<U16")
    lines[:, takes_mean] = _forecast_mean(values[takes_mean])[:, :, None]
    if takes_engine.any():
        forecast = engine(values[takes_engine], horizon)
        lines[:, takes_engine], model[takes_engine] = forecast.lines, forecast.model
    closed = np.arange(horizon) >= open_months[:, None]
    lines[:, closed] = 0.0

    started = np.maximum.accumulate(observed, axis=1)
    conditions = {
        "ended": is_ended | (open_months < horizon),
        "short": is_short,
        "intermittent": is_intermittent,
        "growth_outside": _find_growth_outside(values, lines[0], month_of_year),
        "gap": (started & ~observed).any(axis=1),
    }
    return lines, model, np.select([conditions[name] for name in FLAGS], FLAGS, default="")


def _find_silent(values: FloatArray, january: int) -> BoolArray:
    """Series without care any more: zero for 6 observed months, or since January of the last observed year.

    The second needs two zeros and a silence longer than any before it: a code used now and then is often
    silent in January and February without having ended.
    """
    columns = np.arange(values.shape[1])
    zero, has_care = values == 0, ~np.isnan(values) & (values != 0)
    last_care = np.where(has_care.any(axis=1), values.shape[1] - 1 - has_care[:, ::-1].argmax(axis=1), -1)
    silence = (zero & (columns > last_care[:, None])).sum(axis=1)
    run, longest = np.zeros(len(values), dtype=np.int64), np.zeros(len(values), dtype=np.int64)
    for column in columns:
        run = np.where(has_care[:, column], 0, run + zero[:, column])
        longest = np.where(column < last_care, np.maximum(longest, run), longest)
    zeros_in_year = (zero & (columns >= january)).sum(axis=1)
    since_january = (last_care < january) & (zeros_in_year >= ENDED_ZERO_MONTHS_IN_YEAR) & (silence > longest)
    silent: BoolArray = since_january | (silence >= ENDED_ZERO_MONTHS)
    return silent


def _forecast_mean(values: FloatArray) -> FloatArray:
    """Mean of the last 12 observations with normal bounds: (5, N).

    Standard deviation s·√(1 + 1/n); with one observation s is the volume itself, for want of anything better.
    """
    observed = ~np.isnan(values)
    from_end = np.cumsum(observed[:, ::-1], axis=1)[:, ::-1]
    used = np.where(observed & (from_end <= SEASON_MONTHS), values, np.nan)
    count = (~np.isnan(used)).sum(axis=1)
    # Held between smallest and largest, so that the mean of equal volumes is exactly that volume.
    mean = np.clip(np.nansum(used, axis=1) / count, np.nanmin(used, axis=1), np.nanmax(used, axis=1))
    squares = np.nansum((used - mean[:, None]) ** 2, axis=1)
    deviation = np.where(count > 1, np.sqrt(squares / np.maximum(count - 1, 1)), np.abs(mean))
    lines: FloatArray = mean + np.array(list(LINES.values()))[:, None] * deviation * np.sqrt(1 + 1 / count)
    never_negative = ~(values < 0).any(axis=1)
    lines[:, never_negative] = np.maximum(lines[:, never_negative], 0.0)
    return lines


def _find_growth_outside(values: FloatArray, forecast: FloatArray, month_of_year: int) -> BoolArray:
    """Series of which a calendar year with forecast months leaves × 0.5–2 of the same months a year before.

    Months unknown in either year count in neither; a year without volume before it cannot be judged.
    """
    timeline = np.concatenate([values, forecast], axis=1)
    outside = np.zeros(len(values), dtype=np.bool_)
    # January of the year of the first forecast month.
    start = values.shape[1] - (month_of_year + 1) % SEASON_MONTHS
    for january in range(start, timeline.shape[1], SEASON_MONTHS):
        first = max(january, SEASON_MONTHS)
        year = timeline[:, first : january + SEASON_MONTHS]
        before = timeline[:, first - SEASON_MONTHS : first - SEASON_MONTHS + year.shape[1]]
        known = ~np.isnan(year) & ~np.isnan(before)
        total = np.where(known, year, 0.0).sum(axis=1)
        total_before = np.where(known, before, 0.0).sum(axis=1)
        low, high = (bound * total_before for bound in GROWTH_RANGE_RATIO)
        outside |= (total_before > 0) & ((total < low) | (total > high))
    return outside


def _to_frame(panel: _Panel, lines: FloatArray, engine: str, model: TextArray, flag: TextArray) -> pl.DataFrame:
    """Panel and forecast as one sorted frame, a row per series and observed or forecast month."""
    count, observed_months = panel.values.shape
    month_count = observed_months + lines.shape[2]
    columns = {}
    for name in VOLUME_COLUMNS:
        columns[name] = np.full((count, month_count), np.nan)
    columns["observed_volume"][:, :observed_months] = panel.values
    for name, line in zip(VOLUME_COLUMNS[1:], lines, strict=True):
        columns[name][:, observed_months:] = line
    months = pl.Series((np.datetime64(panel.first_month, "M") + np.arange(month_count)).astype("datetime64[D]"))
    present = ~np.isnan(columns["observed_volume"]) | ~np.isnan(columns["forecast_volume"])
    row, column = np.nonzero(present)
    labels = panel.keys.with_columns(
        engine=pl.lit(engine),
        model=pl.Series(model.tolist(), dtype=pl.String),
        flag=pl.Series([name or None for name in flag.tolist()], dtype=pl.String),
    )[row]
    return labels.select(
        *SERIES_KEY,
        months[column].alias("care_month"),
        *(pl.Series(name, columns[name][present]).fill_nan(None) for name in VOLUME_COLUMNS),
        "engine",
        "model",
        "flag",
    )


def sum_year_volumes(volumes: pl.DataFrame, budget_year: int) -> pl.DataFrame:
    """Volume of the budget year per prestatie × uitvoerder, observed months and forecast: ``forecast_year_volume``."""
    month_volume = pl.coalesce("observed_volume", "forecast_volume")
    of_year = volumes.filter(pl.col("care_month").dt.year() == budget_year).sort([*SERIES_KEY, "care_month"])
    return of_year.group_by(SERIES_KEY, maintain_order=True).agg(month_volume.sum().alias("forecast_year_volume"))
