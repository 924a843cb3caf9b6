"""A column of months as people write them → dates and what they are dates of. No order of day and month is guessed.

In: dates, time stamps at midnight, text or whole numbers. Out: a date per row, the first day of what the row is of, and
the kind: `day` (a date), `month`, `quarter`, `year` or `week`. What the rows make of it is in `grain.py`.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

import polars as pl

from wlz.files.reading import is_text, refuse_rows, wrong_type

EXPECTED = "a month as 2018-05 or 2018-05-01"
_NAMES = (
    ("jan",), ("feb",), ("mar", "mrt", "maart"), ("apr",), ("may", "mei"), ("jun",), ("jul",), ("aug",), ("sep",),
    ("oct", "okt"), ("nov",), ("dec",),
)  # fmt: skip
_MONTH_OF = {name: f"{number:02}" for number, names in enumerate(_NAMES, start=1) for name in names}
_LETTERS = r"(jan|feb|mar|mrt|maart|apr|may|mei|jun|jul|aug|sep|oct|okt|nov|dec)[a-z]*\.?"
_SHORTEST_YEAR = 2  # of a year written as 18


class Dates(NamedTuple):
    """`days` as dates, of the `kind` that the text says; a date says nothing of that: `day`."""

    days: pl.Series
    kind: str


class _Notation(NamedTuple):
    pattern: str
    kind: str
    to_text: Callable[[pl.Series], pl.Series]  # text that is a date as 2018-05-01


def _parts(order: str) -> Callable[[pl.Series], pl.Series]:
    """Digits as named groups y, m and d of the pattern, in two or four digits → a date as text."""

    def to_text(text: pl.Series) -> pl.Series:
        found = text.str.extract_groups(order).struct.unnest()
        month = found["m"].str.zfill(2) if "m" in found.columns else pl.Series(["01"] * len(text))
        day = found["d"].str.zfill(2) if "d" in found.columns else pl.Series(["01"] * len(text))
        return pl.select(pl.concat_str(found["y"], month, day, separator="-")).to_series()

    return to_text


def _by_name(text: pl.Series) -> pl.Series:
    """`mei 2018`, `Jan-18`, `2018 May` → a date as text."""
    lower = text.str.to_lowercase()
    month = lower.str.extract(_LETTERS).replace_strict(_MONTH_OF, default=None)
    year = lower.str.extract(r"(\d{4}|\d{2})")
    whole = pl.when(year.str.len_chars() == _SHORTEST_YEAR).then(pl.lit("20") + year).otherwise(year)
    return pl.select(pl.concat_str(whole, month, pl.lit("01"), separator="-")).to_series()


def _quarter(text: pl.Series) -> pl.Series:
    year, quarter = text.str.extract(r"(\d{4})"), text.str.to_lowercase().str.extract(r"[qk]w?\s?(\d)")
    month = (quarter.cast(pl.Int32) * 3 - 2).cast(pl.String).str.zfill(2)
    return pl.select(pl.concat_str(year, month, pl.lit("01"), separator="-")).to_series()


def _week(text: pl.Series) -> pl.Series:
    iso = text.str.to_uppercase().str.replace(r"^(\d{4})-?W(\d{1,2})(-1)?$", "$1-W$2-1")
    return iso.str.to_date("%G-W%V-%u", strict=False).dt.strftime("%Y-%m-%d")


def number_month(name: str) -> int | None:
    """1 for `jan` and `Januari`; None for what is no name of a month.

    >>> [number_month(name) for name in ("mrt", "October", "omzet")]
    [3, 10, None]
    """
    found = re.fullmatch(_LETTERS, name.strip().lower())
    return int(_MONTH_OF[found[1]]) if found else None


def _notation(pattern: str, kind: str) -> _Notation:
    return _Notation(pattern, kind, _parts(pattern))


_NOTATIONS = (
    _notation(r"^(?P<y>\d{4})[-/.](?P<m>\d{1,2})$", "month"),
    _notation(r"^(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?$", "day"),
    _notation(r"^(?P<y>(?:19|20)\d{2})(?P<m>0[1-9]|1[0-2])$", "month"),
    _notation(r"^(?P<y>(?:19|20)\d{2})(?P<m>0[1-9]|1[0-2])(?P<d>\d{2})$", "day"),
    _notation(r"^(?P<y>\d{4})-?[Mm]{1,2}(?P<m>\d{1,2})$", "month"),
    _notation(r"^(?P<m>\d{1,2})[-/.](?P<y>\d{4})$", "month"),
    _notation(r"^(?P<y>(?:19|20)\d{2})$", "year"),
    _Notation(rf"(?i)^{_LETTERS}[ \-/']*(\d{{4}}|\d{{2}})$", "month", _by_name),
    _Notation(rf"(?i)^\d{{4}}[ \-/]*{_LETTERS}$", "month", _by_name),
    _Notation(r"(?i)^\d{4}[ \-]?[qk]w?\s?[1-4]$", "quarter", _quarter),
    _Notation(r"(?i)^[qk]w?\s?[1-4][ \-/]*\d{4}$", "quarter", _quarter),
    _Notation(r"(?i)^\d{4}-?w\d{1,2}(-1)?$", "week", _week),
)
_DAY_FIRST = r"^(?P<d>\d{1,2})[-/.](?P<m>\d{1,2})[-/.](?P<y>\d{4})(?:[T ]00:00(?::00)?)?$"
_MONTH_FIRST = _DAY_FIRST.replace("<d>", "<x>").replace("<m>", "<d>").replace("<x>", "<m>")
_ISO = r"^\d{4}-\d{2}(-\d{2})?$"
_SERIAL = r"^[2-6]\d{4}(\.0)?$"  # days since 1900, as a spreadsheet keeps them
_MOST_MONTH = 12


def read_dates(column: pl.Series) -> Dates:
    """Dates, time stamps at midnight, text or whole numbers → a date per row and what it is a date of.

    Raises PanelError for text that is none, two notations beside each other, days and months in an unknown order.

    >>> read_dates(pl.Series("month", ["mei 2018", "jun 2018"])).days.to_list()
    [datetime.date(2018, 5, 1), datetime.date(2018, 6, 1)]
    """
    if column.dtype.base_type() is pl.Datetime:
        column = column.dt.replace_time_zone(None)
        days = column.dt.date()
        wrong = (days.cast(column.dtype) != column).fill_null(False)
        refuse_rows(column, wrong, "the first of a month at midnight", "another time zone, or rows per day")
        found = Dates(days, "day")
    elif column.dtype == pl.Date:
        found = Dates(column, "day")
    elif is_text(column) or column.dtype.is_integer():
        found = _read_text(column)
    else:
        raise wrong_type(column, "dates, or text such as 2018-05")
    refuse_rows(column, found.days.is_null(), EXPECTED, "an empty line or field")
    return found


def _read_text(column: pl.Series) -> Dates:
    text = column.cast(pl.String).str.strip_chars()
    if text.str.contains(_ISO).all():  # nearly always, and quick
        is_short = text.str.len_chars() == len("2018-05")
        whole = pl.select(pl.when(is_short).then(text + "-01").otherwise(text)).to_series()
        return Dates(_parse(column, whole), "month" if is_short.all() else "day")
    known = text.drop_nulls()
    matched = [(int(known.str.contains(one.pattern).sum()), one) for one in _NOTATIONS]
    count, notation = max(matched, key=lambda pair: pair[0])
    by_day = int(known.str.contains(_DAY_FIRST).sum())
    if by_day > count:
        return Dates(_parse(column, _parts(_order(column, text))(text)), "day")
    if count == 0:
        serial = known.str.contains(_SERIAL).any()
        cause = "days counted since 1900, as a spreadsheet keeps dates" if serial else "another notation of dates"
        refuse_rows(column, text.is_not_null(), EXPECTED, cause, "write them as 2018-05")
    wrong = ~text.str.contains(notation.pattern).fill_null(True)
    refuse_rows(column, wrong, EXPECTED, "another notation of dates than in the other rows", "write all of them alike")
    return Dates(_parse(column, notation.to_text(text)), notation.kind)


def _parse(column: pl.Series, text: pl.Series) -> pl.Series:
    days = text.str.to_date("%Y-%m-%d", strict=False).alias(column.name)
    refuse_rows(column, days.is_null() & column.is_not_null(), EXPECTED, "another notation of dates")
    return days


def _order(column: pl.Series, text: pl.Series) -> str:
    """The pattern of day and month: one of them is above 12, or stands still while the other goes on."""
    wrong = ~text.str.contains(_DAY_FIRST).fill_null(True)
    refuse_rows(column, wrong, EXPECTED, "another notation of dates than in the other rows", "write all of them alike")
    found = text.drop_nulls().str.extract_groups(_DAY_FIRST).struct.unnest().select(pl.col("d", "m").cast(pl.Int32))
    first, second = found["d"], found["m"]
    if first.max() > _MOST_MONTH or (first.n_unique() == 1 and second.n_unique() > 1):  # type: ignore[operator]
        return _DAY_FIRST
    if second.max() > _MOST_MONTH or (second.n_unique() == 1 and first.n_unique() > 1):  # type: ignore[operator]
        return _MONTH_FIRST
    everywhere = text.is_not_null()
    cause = "days and months of which no row says which is which"
    refuse_rows(column, everywhere, EXPECTED, cause, "write them as 2018-05-01")
    return _DAY_FIRST
