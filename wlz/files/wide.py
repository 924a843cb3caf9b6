"""Wide tables → a row per series and month: a column per month, or a column per series."""

import re
from collections.abc import Mapping, Sequence

import polars as pl

from wlz.files.columns import MOST_MONTHS, MOST_WEEKS, YEAR_NAMES, bare, is_nameless, looks_numeric
from wlz.files.dates import number_month, read_dates
from wlz.files.reading import PanelError, name_some

FEWEST_MONTHS = 3  # headers that are months, before a table is one of months
FEWEST_OF_YEAR = 6  # headers that are months of a year, beside a column of years


def is_month(header: str) -> bool:
    """Whether a header is a month (or a date, quarter, year, week) and no name."""
    text = header.strip().removeprefix("X")  # R puts an X before a header that begins with a digit
    try:
        return not read_dates(pl.Series("header", [text])).days.is_null().any()
    except PanelError:
        return False


def unpivot_months(frame: pl.DataFrame, named: Mapping[str, str]) -> tuple[pl.DataFrame, list[str]] | None:
    """A table with a column per month → unique_id, month, value; None for another table.

    Raises PanelError where more than one column may be the name of a series.
    """
    months = [name for name in frame.columns if is_month(name)]
    if len(months) < FEWEST_MONTHS:
        return None
    others = [name for name in frame.columns if name not in months and not is_nameless(name)]
    wanted = [named["unique_id"]] if "unique_id" in named else others
    if len(wanted) > 1:
        raise PanelError(
            f"a column per month, and beside them found {name_some(others)}, expected one column with the name of the "
            "series. Likely levels in columns of their own. Next: name the column with --id"
        )
    index = [name for name in wanted if name in frame.columns]
    if not index and frame.height > 1:
        raise PanelError(
            f"a column per month and {frame.height:,} rows without a name, expected one column with the name of the "
            "series. Likely a column that was left out. Next: add it"
        )
    long = frame.select(*index, *months).unpivot(months, index=index or None, variable_name="month", value_name="value")
    named_long = long.rename({index[0]: "unique_id"}) if index else long.with_columns(unique_id=pl.lit("series"))
    bare_month = pl.col("month").str.strip_chars().str.strip_prefix("X")
    said = [f"read as a table with a column per month: {months[0].strip()} to {months[-1].strip()}"]
    return named_long.with_columns(bare_month), said


def join_years(frame: pl.DataFrame, *, weekly: bool) -> tuple[pl.DataFrame, list[str]]:
    """A row per year and a column per month (Jan to Dec, 1 to 12) or week (1 to 53) → a row per month; else as it is.

    Cells without a value are no rows: the year is not over, or has no week 53.
    """
    years = [name for name in frame.columns if bare(name) in YEAR_NAMES]
    if len(years) != 1:
        return frame, []
    found = {name: number for name in frame.columns if (number := _number_of(name, weekly=weekly)) is not None}
    if len(found) < FEWEST_OF_YEAR or len(set(found.values())) < len(found):
        return frame, []
    year = frame[years[0]].cast(pl.String).str.strip_chars()
    if year.is_null().any() or not year.str.contains(r"^(19|20)\d{2}$").all():
        return frame, []
    index = [name for name in frame.columns if name not in (*found, years[0])]
    named = frame.with_columns(year.alias(years[0])).rename({name: f"{number:02}" for name, number in found.items()})
    long = named.unpivot(
        [f"{number:02}" for number in found.values()],
        index=[*index, years[0]],
        variable_name="__part__",
        value_name="value",
    )
    sign = "-W" if weekly else "-"
    months = pl.concat_str(years[0], pl.lit(sign), "__part__").alias("month")
    text = pl.col("value").cast(pl.String).str.strip_chars()
    kept = long.filter(text.is_not_null() & ~text.is_in(["", "NA"])).with_columns(months).drop(years[0], "__part__")
    return kept, [f"read as a table with a row per {years[0]} and a column per {'week' if weekly else 'month'}"]


def _number_of(header: str, *, weekly: bool) -> int | None:
    """The number of a month or week in a year that a header says; None for another header."""
    text = bare(header)
    if weekly:
        digits = re.fullmatch(r"(?:w|wk|week)?_?(\d{1,2})", text)
        return int(digits[1]) if digits and 1 <= int(digits[1]) <= MOST_WEEKS else None
    digits = re.fullmatch(r"(?:m|month|maand)?_?(\d{1,2})", text)
    if digits:
        return int(digits[1]) if 1 <= int(digits[1]) <= MOST_MONTHS else None
    return number_month(text)


def unpivot_series(frame: pl.DataFrame, month: str, others: Sequence[str]) -> tuple[pl.DataFrame, list[str]] | None:
    """A table with a column of months and a column of numbers per series → unique_id, month, value; else None."""
    numeric = [name for name in others if not is_nameless(name) and looks_numeric(frame[name])]
    if not numeric or len(numeric) < len([name for name in others if not is_nameless(name)]):
        return None
    text = [frame[name].dtype == pl.String for name in numeric]
    same = frame.select(month, *numeric) if all(text) or not any(text) else frame.select(month, pl.col(numeric).cast(
        pl.String))  # fmt: skip
    long = same.unpivot(numeric, index=month, variable_name="unique_id", value_name="value")
    said = [f"read as a table with a column per series: {name_some(numeric)}"] if len(numeric) > 1 else []
    return long.rename({month: "month"}) if month != "month" else long, said
