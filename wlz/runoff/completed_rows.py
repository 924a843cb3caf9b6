"""What was found of a triangle as rows: one per key and care month, a total per key, weeks by their dates."""

from typing import NamedTuple

import numpy as np
import polars as pl

from wlz.files.weeks import WeekNames
from wlz.forecasting.ets import FloatArray, IntArray
from wlz.runoff.triangle import Triangle, latest

BOUND_NAMES = ("lower_80", "upper_80", "lower_95", "upper_95")


class Found(NamedTuple):
    """What a method says of N keys and T care months, with how sure it is; NaN is unknown."""

    completed: FloatArray
    completeness: FloatArray
    error: FloatArray  # (N, T) standard error
    total_error: FloatArray  # (N,)
    bounds: FloatArray  # (4, N, T)
    total_bounds: FloatArray  # (4, N)
    factors: FloatArray


def to_rows(triangle: Triangle, found: Found, method: str) -> pl.DataFrame:
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
    sums = np.nansum(declared, axis=1), np.where(seen, found.completed, 0.0).sum(axis=1)
    of_total = {
        "declared": sums[0],
        "completed": sums[1],
        "completeness_ratio": np.where(sums[1] != 0, sums[0] / np.where(sums[1] != 0, sums[1], 1.0), np.nan),
        **{name: found.total_bounds[place] for place, name in enumerate(BOUND_NAMES)},
        "standard_error": found.total_error,
    }
    monthly = label_keys(keys, row, by_month).with_columns(care_month=pl.Series(months, dtype=pl.Date)[column])
    totals = label_keys(keys, np.arange(keys.height), of_total).with_columns(care_month=pl.lit(None, dtype=pl.Date))
    both = pl.concat([monthly, totals.select(monthly.columns)]).with_columns(method=pl.lit(method))
    columns = [*keys.columns, "care_month", *by_month, "method"]
    return both.select(columns).sort([*keys.columns, "care_month"], nulls_last=True)


def label_keys(keys: pl.DataFrame, row: IntArray, values: dict[str, FloatArray]) -> pl.DataFrame:
    """Numbers of keys by name, each beside the key of its `row`; NaN is nothing."""
    numbers = pl.DataFrame({name: pl.Series(of_name).fill_nan(None) for name, of_name in values.items()})
    return numbers if not keys.width else pl.concat([keys[row], numbers], how="horizontal")


def in_weeks(rows: pl.DataFrame, factors: pl.DataFrame, weeks: WeekNames) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Results with the dates of weeks, under the names of weeks."""
    days = [None if month is None else weeks.day(month) for month in rows["care_month"]]
    dated = rows.with_columns(pl.Series("care_month", days, dtype=pl.Date)).rename({"care_month": "care_week"})
    return dated, factors.rename({"lag_months": "lag_weeks", "to_lag_months": "to_lag_weeks"})
