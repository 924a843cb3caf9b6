"""Months as numbers, once: how far apart, a month further, every month from one to another, a month as text.

A month is the first of it, as a date. Not here: working days (`calendar.py`), when a delivery is due
(`known/rounds.py`).
"""

from datetime import date

import polars as pl

MONTHS_PER_YEAR = 12


def month_number(month: date) -> int:
    """Months since the year 0: a number that can be counted with.

    >>> month_number(date(2018, 5, 1)) - month_number(date(2017, 12, 1))
    5
    """
    return month.year * MONTHS_PER_YEAR + month.month - 1


def month_date(number: int) -> date:
    """First day of the month with this number.

    >>> month_date(month_number(date(2018, 5, 31)))
    datetime.date(2018, 5, 1)
    """
    return date(number // MONTHS_PER_YEAR, number % MONTHS_PER_YEAR + 1, 1)


def number_months(month: str | pl.Expr) -> pl.Expr:
    """``month_number`` of every date of a column, as Int64; null stays null."""
    dates = (pl.col(month) if isinstance(month, str) else month).dt
    return dates.year().cast(pl.Int64) * MONTHS_PER_YEAR + dates.month().cast(pl.Int64) - 1


def add_months(month: date, count: int) -> date:
    """The first of the month `count` months later, or earlier when it is negative.

    >>> add_months(date(2018, 11, 1), 2)
    datetime.date(2019, 1, 1)
    """
    return month_date(month_number(month) + count)


def months_between(earlier: date, later: date) -> int:
    """How many months `later` is after `earlier`; negative when it is before it.

    >>> months_between(date(2017, 12, 1), date(2018, 5, 1))
    5
    """
    return month_number(later) - month_number(earlier)


def list_months(first: date, last: date) -> list[date]:
    """All months from `first` to `last`, both included; none when `last` is before `first`.

    >>> [month_label(month) for month in list_months(date(2017, 12, 1), date(2018, 2, 1))]
    ['2017-12', '2018-01', '2018-02']
    """
    return [month_date(number) for number in range(month_number(first), month_number(last) + 1)]


def end_of_month(month: date) -> date:
    """Last day of the month.

    >>> end_of_month(date(2018, 2, 1))
    datetime.date(2018, 2, 28)
    """
    return date.fromordinal(add_months(month, 1).toordinal() - 1)


def month_label(month: date) -> str:
    """2018-05-01 → '2018-05', as folders and commands write months."""
    return f"{month:%Y-%m}"
