"""Delivered values → values of their contract's type, in the declared format; nothing is guessed.

Files, headers and refusals are in ``landing.py``; which values a column allows is in its contract.
"""

from dataclasses import dataclass
from datetime import date, time

import polars as pl

from warehouse.contract import MONEY, Column

_DAY = {"days": 1, "ms": 86_400 * 10**3, "us": 86_400 * 10**6, "ns": 86_400 * 10**9}  # by the unit of a date or moment


@dataclass(frozen=True)
class DeliveryFormat:
    """How CSV deliveries are written: separator, decimal mark, encoding, date format; and how large any file may be."""

    separator: str
    decimal: str
    encoding: str
    date_format: str
    largest_file_bytes: int = 20 * 10**9


def find_outside(values: pl.Series, column: Column) -> pl.Series:
    """Which values lie outside the list, form or range of their column; missing ones do not."""
    bad = pl.repeat(False, values.len(), eager=True)
    if column.allowed is not None:
        bad |= ~values.is_in(list(column.allowed)).fill_null(True)
    if column.pattern is not None:
        bad |= ~values.str.contains(f"^(?:{column.pattern})$").fill_null(True)
    if column.minimum is not None:
        bad |= (values < column.minimum).fill_null(False)
    if column.maximum is not None:
        bad |= (values > column.maximum).fill_null(False)
    if column.largest is not None:
        bad |= (values.abs() > column.largest).fill_null(False)
    if values.dtype == pl.String:
        bad |= (values.str.strip_chars() == "").fill_null(False)
    if values.dtype.is_float():
        bad |= ~values.is_finite().fill_null(True)
    if column.unit == "month" and values.dtype == pl.Date:
        bad |= (values.dt.day() != 1).fill_null(False)
    return bad


def likely_cause(column: Column, delivery_format: DeliveryFormat, *, is_text: bool) -> str:
    """What most often makes a value of this column wrong, in words; ``is_text``: it was delivered as text."""
    if column.dtype.is_numeric() and not is_text:
        return "an export in another type, or a value that was computed and not rounded"
    if column.dtype.is_numeric():
        return f"another decimal mark than the declared '{delivery_format.decimal}', a thousands mark, or text"
    if column.dtype == pl.Date():
        return "another date format, or a cell changed by a spreadsheet"
    if column.allowed is not None:
        return "another spelling, or an empty choice"
    return "a cell left empty or changed by a spreadsheet"


def parse_column(delivered: pl.Series, column: Column, delivery_format: DeliveryFormat) -> tuple[pl.Series, str]:
    """Values in the contract's type (null where they cannot be) and what was expected, in words."""
    if delivered.dtype != pl.String:
        return _parse_typed(delivered, column)
    mark = delivery_format.decimal
    if column.dtype == MONEY:
        expected = f"an amount such as -1234{mark}56: '{mark}' as decimal mark, no thousands mark, at most two decimals"
        return _number(delivered, rf"^-?[0-9]{{1,15}}(\{mark}[0-9]{{1,2}})?$", mark).cast(MONEY, strict=False), expected
    if column.dtype.is_float():
        expected = f"a number such as 1234{mark}5: '{mark}' as decimal mark, no thousands mark"
        return _number(delivered, rf"^-?[0-9]{{1,15}}(\{mark}[0-9]{{1,12}})?$", mark).cast(pl.Float64), expected
    if column.dtype.is_integer():
        return _number(delivered, r"^-?[0-9]{1,15}$", mark).cast(column.dtype, strict=False), "a whole number"
    if column.dtype == pl.Date():
        return _parse_dates(delivered, column, delivery_format.date_format)
    return delivered, _expected_text(column)


def _number(delivered: pl.Series, pattern: str, mark: str) -> pl.Series:
    frame = pl.DataFrame({"text": delivered})
    text = pl.col("text")
    return frame.select(pl.when(text.str.contains(pattern)).then(text.str.replace(mark, ".", literal=True))).to_series()


def _parse_dates(delivered: pl.Series, column: Column, date_format: str) -> tuple[pl.Series, str]:
    if column.unit == "month":
        right = delivered.str.contains(r"^[0-9]{4}-(0[1-9]|1[0-2])$")
        months = pl.DataFrame({"text": delivered, "right": right}).select(pl.when("right").then(pl.col("text") + "-01"))
        return months.to_series().str.to_date("%Y-%m-%d", strict=False), "a month as YYYY-MM"
    dates = delivered.str.to_date(date_format, strict=False, exact=True)
    as_declared = dates.dt.to_string(date_format) == delivered  # the reader also takes 2018-5-2 and +2018-05-02
    frame = pl.DataFrame({"day": dates, "right": as_declared})
    return frame.select(pl.when("right").then("day")).to_series(), f"a date as {date_format}"


def in_calendar(delivered: pl.Series) -> pl.Series:
    """Dates and times with those empty that lie outside the years 1 to 9999: the reader panics when it shows them."""
    if not _is_calendar(delivered.dtype):
        return delivered
    per_day = _DAY[getattr(delivered.dtype, "time_unit", "days")]
    low, high = ((day - date(1970, 1, 1)).days * per_day for day in (date(1, 1, 2), date(9999, 12, 30)))
    physical = delivered.to_physical()
    within = physical.is_between(max(low, -(2**63)), min(high, 2**63 - 1))
    return pl.select(pl.when(within).then(delivered)).to_series().alias(delivered.name)


def _is_calendar(dtype: pl.DataType) -> bool:
    return dtype in (pl.Date, pl.Datetime)


def show_value(delivered: pl.Series, row: int) -> str:
    """A delivered value as it stands; of a date or time that no calendar holds its number."""
    one = delivered[row : row + 1]
    if one.dtype.is_temporal() and (in_calendar(one).null_count() or not _is_calendar(one.dtype)):
        return f"{one.to_physical()[0]} as {one.dtype}"
    return str(one[0])


def _parse_typed(delivered: pl.Series, column: Column) -> tuple[pl.Series, str]:
    """Typed values (Parquet): only conversions that lose nothing."""
    expected = "the first day of a month" if column.unit == "month" else f"type {column.dtype}"
    delivered = in_calendar(delivered)
    if delivered.dtype == column.dtype:
        return delivered, expected if column.allowed is None else _expected_text(column)
    if delivered.dtype == pl.Null:
        return delivered.cast(column.dtype), expected
    if column.dtype.is_numeric() and delivered.dtype.is_numeric():
        if column.dtype == MONEY:
            small = delivered.cast(pl.Float64).abs() < 1e15  # as many digits as in a CSV delivery; NaN is not small
            delivered = pl.select(pl.when(small).then(delivered)).to_series()
        values = delivered.cast(column.dtype, strict=False)
        lost = (values.cast(pl.Float64) - delivered.cast(pl.Float64)).abs() > 1e-6
        return pl.DataFrame({"v": values, "lost": lost}).select(
            pl.when(~pl.col("lost")).then("v")
        ).to_series(), f"{expected} without loss"
    if column.dtype == pl.Date() and isinstance(delivered.dtype, pl.Datetime):
        is_day = delivered.dt.time() == time(0)
        return pl.select(pl.when(is_day).then(delivered.dt.date())).to_series(), f"{expected} without a time of day"
    return pl.repeat(None, delivered.len(), dtype=column.dtype, eager=True), f"{expected}, not {delivered.dtype}"


def _expected_text(column: Column) -> str:
    if column.allowed is not None:
        return f"one of {', '.join(column.allowed)}"
    return f"text of the form {column.pattern}" if column.pattern else "a text"
