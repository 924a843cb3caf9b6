"""A sudden level: the youngest completed months of a series against the three before them (check V03-level).

In: completed volumes per prestatie × uitvoerder × care month. Not here: the last month as a forecast sees it, which is
check V03 (`volumes/`); a level that stays, V04.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from wlz.forecasting.ets import SEASON_MONTHS, BoolArray, FloatArray
from wlz.lag.complete import CompletedAdvice, count_days
from wlz.words.figures import pack_figures
from wlz.words.robust import MAD_TO_DEVIATION
from wlz.words.vocabulary import SERIES_KEY

JUDGED_MONTHS = 2  # youngest months judged, lag 1 and 2; each month is looked at twice
MONTHS_BEFORE = 3
SEASON_YEARS = 2  # years before of which the same months say how a series moves then
MIN_HISTORY = 12  # moves of the series itself, so that its own scatter is known
SHOWN_MONTHS = 4
LEVEL_SCHEMA: dict[str, pl.DataType] = {
    "wlz_uitvoerder": pl.String(),
    "prestatiecode": pl.String(),
    "care_month": pl.Date(),
    "level_z": pl.Float64(),
    "wording": pl.String(),
    "numbers": pl.String(),
    "at_stake_eur": pl.Float64(),
    "national_ratio": pl.Float64(),
}


def find_sudden_levels(
    found: CompletedAdvice, prestaties: pl.DataFrame, assumptions: Mapping[str, float]
) -> pl.DataFrame:
    """Series of which a month of lag 1 or 2 left its level: columns of LEVEL_SCHEMA, the larger z of the two.

    Volumes per day: x_t = ln(y_t ÷ median of y_{t−3} … y_{t−1}), less the usual move of the series: the median of its
    earlier x or, where nearer, the mean of x a year and two years before (day care of August falls every year). z is
    that over the MAD of the earlier x × 1.4826 (at least `sudden_level_floor`; × √(1 + 1/n) beside n years) and the
    usual error of the completed month, as √(a² + b²): a month of which a third is known may be off by more than care
    ever moves. Told above `sudden_level_robust_sd` and from `series_warning_minimum_eur`. Euro: the volume above or
    below the level in the months told, at the price of now; `national_ratio` is its share of a year of the
    nation. Not judged: a month of 0 or less among the four, fewer than twelve earlier moves, a code that has ended.
    """
    keys, months, volume, deviation = _spread(found)
    units = keys.join(
        prestaties.select("prestatiecode", "unit_code", "valid_to"),
        on="prestatiecode",
        how="left",
        maintain_order="left",
    )
    days = count_days(months, units["unit_code"].to_list())
    if len(months) < MIN_HISTORY + MONTHS_BEFORE + JUDGED_MONTHS:
        return pl.DataFrame(schema=LEVEL_SCHEMA)
    z, level = _judge_youngest(volume, days, deviation, assumptions)
    price = _current_prices(found, keys)
    is_far = np.abs(z) > assumptions["sudden_level_robust_sd"]
    euro = np.where(is_far, np.abs(volume[:, -JUDGED_MONTHS:] - level) * price[:, None], 0.0).sum(axis=1)
    year = float((np.nan_to_num(volume[:, -SEASON_MONTHS:]) * price[:, None]).sum())
    has_ended = (units["valid_to"] < months[-1]).fill_null(False).to_numpy()
    told = np.flatnonzero(is_far.any(axis=1) & (euro >= assumptions["series_warning_minimum_eur"]) & ~has_ended)
    worst = np.argmax(np.abs(z), axis=1)
    at = len(months) - JUDGED_MONTHS + worst
    said = [
        _describe(
            months, int(at[row]), volume[row], float(level[row, worst[row]]), float(z[row, worst[row]]), is_far[row]
        )
        for row in told
    ]
    return keys[told].select(
        "wlz_uitvoerder",
        "prestatiecode",
        pl.Series("care_month", [months[place] for place in at[told]], dtype=pl.Date),
        pl.Series("level_z", z[told, worst[told]], dtype=pl.Float64),
        pl.Series("wording", [wording for wording, _ in said], dtype=pl.String),
        pl.Series("numbers", [pack_figures(figures) for _, figures in said], dtype=pl.String),
        pl.Series("at_stake_eur", euro[told], dtype=pl.Float64),
        pl.Series("national_ratio", euro[told] / year if year > 0 else None, dtype=pl.Float64),
    )


def _current_prices(found: CompletedAdvice, keys: pl.DataFrame) -> FloatArray:
    """Euro per unit of each series at the price level its uitvoerder has in the open months."""
    names = found.cells["wlz_uitvoerder"].unique(maintain_order=True)
    level = pl.DataFrame({"wlz_uitvoerder": names, "level": found.price_level})
    prices = keys.join(found.price, on=SERIES_KEY, how="left", maintain_order="left").join(
        level, on="wlz_uitvoerder", how="left", maintain_order="left"
    )
    return prices.select((pl.col("price") * pl.col("level")).fill_null(0.0))["price"].to_numpy()


def _judge_youngest(
    volume: FloatArray, days: FloatArray, deviation: FloatArray, assumptions: Mapping[str, float]
) -> tuple[FloatArray, FloatArray]:
    """z of the youngest months, 0 where not judged, and the volume that is their level: (N, JUDGED_MONTHS) each."""
    move, before = _moves(volume / days)
    history = move[:, :-JUDGED_MONTHS]
    middle = _nan_median(history)[:, None]
    scatter = MAD_TO_DEVIATION * _nan_median(np.abs(history - middle))[:, None]
    scatter = np.maximum(scatter, assumptions["sudden_level_floor"])
    now, open_error = move[:, -JUDGED_MONTHS:], deviation[:, -JUDGED_MONTHS:]
    season, years = _moves_of_season(move)
    usual_z = (now - middle) / np.hypot(scatter, open_error)
    season_z = (now - season) / np.hypot(scatter * np.sqrt(1 + 1 / np.maximum(years, 1)), open_error)
    is_season = np.abs(season_z) < np.abs(usual_z)  # never where no year is known: a comparison with NaN
    z = np.nan_to_num(np.where(is_season, season_z, usual_z))
    z[(~np.isnan(history)).sum(axis=1) < MIN_HISTORY] = 0.0
    usual = np.where(is_season, season, middle)
    return z, before[:, -JUDGED_MONTHS:] * np.exp(usual) * days[:, -JUDGED_MONTHS:]


def _moves_of_season(move: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean x of the judged months in the two years before, NaN without one, and the number of years: (N, 2) each."""
    count = move.shape[1]
    starts = [count - JUDGED_MONTHS - SEASON_MONTHS * year for year in range(1, SEASON_YEARS + 1)]
    seen = np.stack([move[:, start : start + JUDGED_MONTHS] for start in starts if start >= 0])
    years = (~np.isnan(seen)).sum(axis=0).astype(np.float64)
    return np.nansum(seen, axis=0) / np.where(years > 0, years, np.nan), years


def _spread(found: CompletedAdvice) -> tuple[pl.DataFrame, list[date], FloatArray, FloatArray]:
    """Series, months, completed volume and its relative usual error, (N, T), NaN where a series has no row."""
    rows = found.series
    keys = rows.select(SERIES_KEY).unique().sort(SERIES_KEY)
    months = rows["care_month"].unique().sort()
    place = rows.select(
        *SERIES_KEY,
        pl.col("care_month").rank("dense").alias("column") - 1,
    ).join(keys.with_row_index("row"), on=SERIES_KEY, how="left", maintain_order="left")
    at = place["row"].to_numpy(), place["column"].to_numpy()
    volume, deviation = np.full((2, keys.height, months.len()), np.nan)
    volume[at] = rows["completed_volume"].to_numpy()
    deviation[at] = np.hypot(rows["common_deviation_ratio"].to_numpy(), rows["own_deviation_ratio"].to_numpy())
    return keys, months.to_list(), volume, deviation


def _moves(per_day: FloatArray) -> tuple[FloatArray, FloatArray]:
    """x and the median it stands on, (N, T − 3); NaN where one of the four months is not above 0."""
    positive = np.where(per_day > 0, per_day, np.nan)
    last = positive.shape[1] - MONTHS_BEFORE
    before = np.sort(np.stack([positive[:, start : start + last] for start in range(MONTHS_BEFORE)]), axis=0)
    median = np.where(np.isnan(before).any(axis=0), np.nan, before[MONTHS_BEFORE // 2])
    return np.log(positive[:, MONTHS_BEFORE:] / median), median


def _nan_median(values: FloatArray) -> FloatArray:
    """Median along axis 1 without NaN; NaN where nothing else is."""
    known = (~np.isnan(values)).sum(axis=1)
    ordered = np.sort(values, axis=1)
    low, high = (
        np.take_along_axis(ordered, place[:, None], axis=1)[:, 0]
        for place in (np.maximum(known - 1, 0) // 2, np.minimum(known // 2, values.shape[1] - 1))
    )
    return (low + high) / 2


def _describe(
    months: Sequence[date], at: int, volume: FloatArray, level: float, z: float, is_far: BoolArray
) -> tuple[str, dict[str, Any]]:
    """Wording and figures of one series: its month `at`, and whether the other judged month is far off too."""
    year_ago = volume[at - SEASON_MONTHS] if at >= SEASON_MONTHS else np.nan
    first = len(months) - JUDGED_MONTHS
    others = [months[first + int(place)] for place in np.flatnonzero(is_far) if first + place != at]
    figures = {
        "month": months[at],
        "volume": float(volume[at]),
        "level_volume": level,
        "level_z": z,
        "shown_months": SHOWN_MONTHS,
        "last_volumes": volume[max(at - SHOWN_MONTHS + 1, 0) : at + 1].tolist(),
        "year_ago_volume": None if np.isnan(year_ago) else float(year_ago),
        "too_month": others[0] if others else None,
    }
    season = "no_year_ago" if np.isnan(year_ago) else "year_ago"
    return f"level {season}{' too' if others else ''}", figures
