"""Where the months of the budget year lie in a history and in the forecast behind it. No figures here."""

from datetime import date
from typing import NamedTuple

import numpy as np

from wlz.words.months import MONTHS_PER_YEAR, months_between


class Calendar(NamedTuple):
    """Months of the budget year, and those of the year after.

    `observed`: columns of history, `ahead`: columns of the forecast; `first_month` is January of the budget year.
    """

    first_month: date
    observed: slice
    ahead: slice
    next_year: slice

    @property
    def ahead_months(self) -> list[date]:
        """The forecast months of the budget year."""
        count = self.ahead.stop - self.ahead.start
        return [date(self.first_month.year, MONTHS_PER_YEAR - count + 1 + step, 1) for step in range(count)]


def build_calendar(first_month: date, history_months: int, budget_year: int) -> Calendar:
    """Where the budget year and the year after lie in a history from `first_month` and the forecast behind it.

    >>> build_calendar(date(2015, 1, 1), 36, 2018).ahead
    slice(0, 12, None)
    """
    january = months_between(first_month, date(budget_year, 1, 1))
    starts = january + MONTHS_PER_YEAR * np.arange(3)
    this, after, end = np.clip(starts - history_months, 0, None).tolist()
    observed = np.clip(starts[:2], 0, history_months).tolist()
    return Calendar(date(budget_year, 1, 1), slice(*observed), slice(this, after), slice(after, end))
