"""Months: the days they end on. Working days stand in ``calendar.py``."""

import calendar
from datetime import date


def end_of_month(month: date) -> date:
    """Last day of the month.

    >>> end_of_month(date(2018, 2, 1))
    datetime.date(2018, 2, 28)
    """
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])
