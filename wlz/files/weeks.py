"""Weeks (``--freq weekly``), counted as months of far years: what reads, judges and completes months can do weeks.

A week is numbered from Monday 5 January 1970; its number is that of a month from the year 2100 on, which no file has.
Inside, weeks are such months; dates and words are put back where something is written or said (`WeekNames`).
"""

import re
from datetime import date, timedelta
from typing import NamedTuple

import polars as pl

from wlz.files.columns import MOST_WEEKS, join_year_and
from wlz.files.dates import EXPECTED, read_dates
from wlz.files.reading import PanelError
from wlz.words.months import MONTHS_PER_YEAR, month_number

WEEKLY = "weekly"
DAYS_IN_WEEK = 7
MONDAY = date(1970, 1, 5)
FIRST_YEAR = 2100  # of the months that stand for weeks
_FIRST_NUMBER = FIRST_YEAR * MONTHS_PER_YEAR
_FAR_MONTH = re.compile(r"\b(2[1-9]\d{2}|[3-9]\d{3})-(\d{2})(-01)?\b")
_WORD = re.compile(r"(?<![-\w])(months?|month_)(?![-\w])")
_ROLES = {"care_month": "care_week", "delivery_month": "delivery_week"}
WEEK_NAMES = ("week", "weeknr", "week_number", "isoweek", "iso_week", "epiweek", "epi_week", "mmwr_week")
WEEK_DATES = ("week_start", "week_starting", "weekstart", "week_end", "week_ending", "weekending", "week_date")
COLUMN_NAMES = (*WEEK_NAMES, *WEEK_DATES)
WAY_OUT = "--freq weekly takes rows per week"


class WeekNames(NamedTuple):
    """Which day of its week a file dates a week on (0 is Monday), and what a far month is called by it."""

    weekday: int

    def day(self, month: date) -> date:
        """The date of the week that a far month stands for.

        >>> WeekNames(0).day(count_weeks(pl.Series("week", ["2024-W02"])).months[0])
        datetime.date(2024, 1, 8)
        """
        return MONDAY + timedelta(days=DAYS_IN_WEEK * (month_number(month) - _FIRST_NUMBER) + self.weekday)

    def say(self, text: str) -> str:
        """A sentence about far months as one about weeks."""
        text = _FAR_MONTH.sub(lambda found: f"{self.day(date(int(found[1]), int(found[2]), 1))}", text)
        for role, name in _ROLES.items():
            text = text.replace(role, name)
        return _WORD.sub(lambda found: found[0].replace("month", "week"), text)


class Weeks(NamedTuple):
    """`months` that stand for the weeks of a column, by the `names` they have there; `said` what was understood."""

    months: pl.Series
    names: WeekNames
    said: list[str]


def count_weeks(column: pl.Series, *, any_day: bool = False) -> Weeks:
    """Weeks as 2024-W05, or days that are all on one day of the week → far months.

    `any_day`: of deliveries, which may come on any day of their week. Raises PanelError for months, quarters and years,
    and for days on more than one day of the week.
    """
    try:
        dates = read_dates(column)
    except PanelError as error:
        raise PanelError(_of_weeks(str(error))) from None
    if dates.kind not in ("week", "day"):
        raise PanelError(
            f"column {column.name}: found {dates.kind}s ('{column[0]}'), expected weeks as 2024-W05, or dates. Likely "
            f"totals per {dates.kind}. Next: leave out --freq weekly, or deliver them per week"
        )
    days = dates.days
    weekday = days.dt.weekday() - 1
    on = weekday.mode().min()
    other = weekday != on
    if other.any() and not any_day:
        row = int(other.arg_true()[0])
        raise PanelError(
            f"column {column.name}, row {row + 1:,} below the header (and {int(other.sum()) - 1:,} more rows): found "
            f"{days[row]:%A %d %B %Y}, expected the same day of the week in every row, as in most of them. Likely rows "
            "per day or per month. Next: add days up per week; leave out --freq weekly for months"
        )
    number = (pl.lit(days) - MONDAY).dt.total_days() // DAYS_IN_WEEK + _FIRST_NUMBER
    months = pl.select(pl.date(number // MONTHS_PER_YEAR, number % MONTHS_PER_YEAR + 1, 1)).to_series()
    said = [] if dates.kind == "week" or other.any() else [f"weeks are dated on a {days.filter(~other)[0]:%A}"]
    return Weeks(months.alias(column.name), WeekNames(0 if dates.kind == "week" or other.any() else int(on)), said)  # type: ignore[arg-type]


def _of_weeks(text: str) -> str:
    """The refusal of a column of dates, as one of weeks."""
    return (
        text.replace(EXPECTED, "a week as 2024-W05 or 2024-01-29")
        .replace("another notation of dates", "a week that its year does not have (ISO 8601), or another notation")
        .replace("as 2018-05-01", "as 2024-01-29")
        .replace("as 2018-05", "as 2024-W05")
    )


def join_year_and_week(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """A column of years and one of ISO weeks 1 to 53 → one column `month` as 2024-W05; else the frame as it is."""
    joined, of = join_year_and(frame, WEEK_NAMES, MOST_WEEKS, "-W")
    return joined, [f"month is made of columns {of}, read as weeks of ISO 8601"] if of else []
