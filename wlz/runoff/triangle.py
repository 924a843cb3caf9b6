"""Triangles of cumulative claims: rows of care month and delivery month in, one dense array for all keys out.

Here: the array, its axes and its latest diagonal. Not here: link ratios (`factors.py`), completion (`methods.py`),
files or text columns (`wlz/runoff/any_triangle.py`).
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl

from wlz.forecasting.ets import BoolArray, FloatArray, IntArray
from wlz.words.faults import Spoken
from wlz.words.months import month_date, month_number, number_months

CARE_MONTH, DELIVERY_MONTH = "care_month", "delivery_month"
SPAN_LIMIT_MONTHS = 1200  # of care months and of lags; more has a typing error in a month
FEW_LABELS = 64  # of which each is picked out by itself
BLOCK_SIZE = 256  # triangles worked on at once: their temporary arrays stay in the processor's cache


class LagError(Spoken, ValueError):
    """A triangle that cannot be built or completed: what, where, found, expected, likely cause, what next."""


class Triangle(NamedTuple):
    """`keys` N rows, sorted; `values` (N, T, L) cumulative, NaN = not observed, 0 = observed zero.

    Column t is care month `first_month` + t · step, column l is lag `first_lag` + l · step, both in months; a delivery
    is a diagonal t + l. Without key columns `keys` has no columns and one row (`pl.DataFrame(height=1)`), so N is
    always `keys.height` and no dummy column is carried.
    """

    keys: pl.DataFrame
    values: FloatArray
    first_month: date
    first_lag: int
    step_months: int = 1

    @property
    def care_months(self) -> list[date]:
        """Care month of every column t."""
        first = month_number(self.first_month)
        return [month_date(first + t * self.step_months) for t in range(self.values.shape[1])]

    @property
    def lags(self) -> list[int]:
        """Lag in months of every column l."""
        return [self.first_lag + place * self.step_months for place in range(self.values.shape[2])]


def build_triangle(
    frame: pl.DataFrame, keys: Sequence[str], *, value: str = "value", step_months: int | None = None
) -> Triangle:
    """Rows of `keys`, care_month, delivery_month (both dates, the first of the month) and `value` → a Triangle.

    One row per key, care month and delivery month in, cumulative to that delivery, in any order and any unit. No row,
    or null, is not observed; 0 is an observed zero. The step is the greatest common divisor of the differences between
    care months and between lags when not given: 12 for a triangle of years. Limit: a hundred years of care months or
    lags. Raises LagError for missing columns, no values, a row twice, delivery before care, values that are not finite,
    months that are not the first or do not fit the step.

    >>> months = {"care_month": [date(2018, 1, 1)] * 2, "delivery_month": [date(2018, 2, 1), date(2018, 3, 1)]}
    >>> build_triangle(pl.DataFrame({**months, "value": [5.0, 6.0]}), []).values
    array([[[5., 6.]]])
    """
    _refuse_columns(frame, [*keys, CARE_MONTH, DELIVERY_MONTH, value])
    rows = frame.select(*keys, number_months(CARE_MONTH), number_months(DELIVERY_MONTH), pl.col(value).cast(pl.Float64))
    _refuse_rows(frame, rows, keys, value)
    rows = rows.drop_nulls(value).with_columns((pl.col(DELIVERY_MONTH) - pl.col(CARE_MONTH)).alias("__lag__"))
    if rows.is_empty():
        raise LagError("no values: found no row with one, expected a number per care month and delivery month")
    care, lag = rows[CARE_MONTH].to_numpy(), rows["__lag__"].to_numpy()
    first, first_lag = int(care.min()), int(lag.min())
    step = step_months or int(np.gcd(np.gcd.reduce(care - first), np.gcd.reduce(lag - first_lag))) or 1
    _refuse_span(care, lag, step)
    names, place = _place_keys(rows, keys)
    values = np.full(
        (names.height, int(care.max() - first) // step + 1, int(lag.max() - first_lag) // step + 1), np.nan
    )
    values[place, (care - first) // step, (lag - first_lag) // step] = rows[value].to_numpy()
    return Triangle(names, values, month_date(first), first_lag, step)


def latest(values: FloatArray) -> FloatArray:
    """Last observed value of every care month: (N, T, L) → (N, T), NaN where nothing was observed.

    >>> latest(np.array([[[5.0, 6.0], [4.0, np.nan]]]))
    array([[6., 4.]])
    """
    place = latest_lag(values)
    found: FloatArray = np.take_along_axis(values, np.maximum(place, 0)[:, :, None], axis=2)[:, :, 0]
    return found


def latest_lag(values: FloatArray) -> IntArray:
    """Index l of the last observed value of every care month: (N, T, L) → (N, T), −1 where nothing was observed.

    >>> latest_lag(np.array([[[5.0, 6.0], [4.0, np.nan]]]))
    array([[1, 0]])
    """
    seen: BoolArray = ~np.isnan(values)
    last = values.shape[2] - 1 - np.argmax(seen[:, :, ::-1], axis=2)
    return np.where(seen.any(axis=2), last, -1)


def sum_labels(values: FloatArray, labels: IntArray) -> FloatArray:
    """Cells (N, …) added up per label (G, …); NaN where no cell was observed.

    >>> sum_labels(np.array([[1.0], [np.nan], [2.0]]), np.array([0, 1, 0])).tolist()
    [[3.0], [nan]]
    """
    groups, known = int(labels.max()) + 1, ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    if groups <= FEW_LABELS:  # much faster than adding at, and in the same order
        of_label = [labels == group for group in range(groups)]
        total = np.stack([filled[mine].sum(axis=0) for mine in of_label])
        seen = np.stack([known[mine].any(axis=0) for mine in of_label])
    else:
        total, seen = np.zeros((groups, *values.shape[1:])), np.zeros((groups, *values.shape[1:]), dtype=np.bool_)
        np.add.at(total, labels, filled)
        np.logical_or.at(seen, labels, known)
    return np.where(seen, total, np.nan)


def _place_keys(rows: pl.DataFrame, keys: Sequence[str]) -> tuple[pl.DataFrame, IntArray]:
    """Distinct keys, sorted, and for every row its place among them."""
    if not keys:
        return pl.DataFrame(height=1), np.zeros(rows.height, dtype=np.int64)
    names = rows.select(keys).unique().sort(keys)
    numbered = names.with_row_index("__place__")
    found = rows.select(keys).join(numbered, on=list(keys), how="left", nulls_equal=True, maintain_order="left")
    return names, found["__place__"].cast(pl.Int64).to_numpy()


def _refuse_columns(frame: pl.DataFrame, expected: Sequence[str]) -> None:
    missing = [name for name in expected if name not in frame.columns]
    if missing:
        found = ", ".join(map(repr, frame.columns[:8])) or "no columns"
        raise LagError(f"no column {', '.join(missing)}: found {found}, expected {', '.join(expected)}")


def _refuse_rows(frame: pl.DataFrame, rows: pl.DataFrame, keys: Sequence[str], value: str) -> None:
    """Raises LagError for the first row, counted from 1, that no triangle has."""
    axes = [*keys, CARE_MONTH, DELIVERY_MONTH]
    for name in (CARE_MONTH, DELIVERY_MONTH):
        wrong = frame[name].is_null() | (frame[name].dt.day() != 1)
        _refuse(frame, wrong, axes, f"{name} {{{name}}}", "the first of a month", "rows per day")
    early = rows[DELIVERY_MONTH] < rows[CARE_MONTH]
    found = f"delivery in {{{DELIVERY_MONTH}}}, before the care"
    _refuse(frame, early, axes, found, "a delivery in or after the care month", "the two months exchanged")
    _refuse(frame, ~rows[value].is_finite().fill_null(True), axes, f"{{{value}}}", "a number", "a division by zero")
    twice = rows.select(axes).is_duplicated()
    _refuse(frame, twice, axes, "more than one row", "one", "a column that should be a key, or a file twice")


def _refuse(frame: pl.DataFrame, wrong: pl.Series, axes: Sequence[str], found: str, expected: str, cause: str) -> None:
    count = int(wrong.sum())
    if count:
        row = int(wrong.arg_true()[0])
        named = frame.row(row, named=True)
        where = ", ".join(f"{name} {named[name]}" for name in axes)
        more = f" ({count:,} such rows)" if count > 1 else ""
        raise LagError(
            f"row {row + 1:,} below the header ({where}): found {found.format(**named)}{more}, expected {expected}. "
            f"Likely {cause}. Next: mend the row and run again"
        )


def _refuse_span(care: IntArray, lag: IntArray, step: int) -> None:
    """Raises LagError when months are a hundred years apart or do not lie on the grid of `step`."""
    for name, found in (("care months", care), ("lags", lag)):
        span = int(found.max() - found.min())
        if span >= SPAN_LIMIT_MONTHS:
            raise LagError(
                f"{name}: found {span:,} months between the first and the last, expected at most a hundred years. "
                "Likely a typing error in a year. Next: mend the month and run again"
            )
        if ((found - found.min()) % step).any():
            raise LagError(f"{name}: found differences that are no multiple of {step} months, expected steps of {step}")
