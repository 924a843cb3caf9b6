"""A panel from anybody's file: rows of series and months, or a wide table → an array of series × months.

What is unambiguous is read and said; what may be two things is refused with the option that says which.
"""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl

from wlz.files import grain, suspects
from wlz.files.columns import PANEL_ROLES, bare, find_columns, is_nameless, join_year_and_month
from wlz.files.dates import read_dates
from wlz.files.names import TOTAL_ID, read_names, refuse_alike
from wlz.files.numbers import VALUE_LIMIT, read_said, read_values
from wlz.files.reading import PanelError, Reading, name_some
from wlz.files.weeks import COLUMN_NAMES, WAY_OUT, WEEKLY, WeekNames, count_weeks, join_year_and_week
from wlz.files.wide import join_years, unpivot_months, unpivot_series
from wlz.words.months import add_months, month_date, month_label, number_months

COLUMNS = ("unique_id", "month", "value")
OPTIONS = {"unique_id": "--id", "month": "--month", "value": "--value"}
SPAN_LIMIT_MONTHS = 1200  # a longer panel has a typing error in a month
AS_GIVEN = Reading()
Floats = suspects.Floats


class PanelFrame(NamedTuple):
    """`ids` sorted, `values` (N, T) with NaN for a month without observation, `first_month` of the first column.

    The last column is the last month in which any series has a value. `said` is what was understood of the file,
    `doubts` what is odd and was taken as it is, `totals` the series that are sums of others, `groups` per column of
    groups the group of every series. Of a panel of weeks (`weeks`) months stand for them (`weeks.py`).
    """

    ids: list[str]
    values: Floats
    first_month: date
    said: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()
    groups: Mapping[str, list[str]] = {}
    weeks: WeekNames | None = None

    @property
    def last_month(self) -> date:
        """Month of the last column."""
        return add_months(self.first_month, self.values.shape[1] - 1)

    def label(self, month: date) -> str:
        """A month as 2018-05, or the day of the week it stands for."""
        return self.weeks.day(month).isoformat() if self.weeks else month_label(month)


def read_panel(frame: pl.DataFrame, reading: Reading = AS_GIVEN, groups: tuple[str, ...] = ()) -> PanelFrame:
    """One row per series and month, or a wide table → series × months.

    Columns `unique_id` (text or whole number), `month` (a date, or text such as 2018-05) and `value` (a number) by
    these or usual other names, or as `reading` names them; others are left alone, but for `groups`: columns with the
    group of a series. Null (in text also nothing or `NA`) is a month without observation, as is a month without a row
    unless `reading` says that it is zero. Raises PanelError for what cannot be read, and for what may be another thing
    than values of months.

    >>> read_panel(pl.DataFrame({"unique_id": ["a", "a"], "month": ["2018-01", "2018-03"], "value": [1, 2]})).values
    array([[ 1., nan,  2.]])
    """
    _refuse_empty(frame)
    long, said = _to_long(frame, reading)
    _refuse_missing_groups(frame, long, groups)
    if reading.freq != WEEKLY:
        return _read_long(long, said, reading, groups, None)
    weeks = count_weeks(long["month"])
    far = long.with_columns(weeks.months.alias("month"))
    try:
        found = _read_long(far, [*said, *weeks.said], reading, groups, weeks.names)
    except PanelError as error:
        raise PanelError(weeks.names.say(str(error))) from None
    told, doubts = (tuple(weeks.names.say(line) for line in lines) for lines in (found.said, found.doubts))
    return found._replace(said=told, doubts=doubts, weeks=weeks.names)


def _refuse_empty(frame: pl.DataFrame) -> None:
    if frame.is_empty():
        raise (
            PanelError(
                "no rows: found a header only, expected a row per series and month. Likely an export that came out "
                "empty. Next: export again"
            )
            if set(COLUMNS) <= set(frame.columns)
            else _missing(frame, [one for one in COLUMNS if one not in frame])
        )


def _read_long(
    long: pl.DataFrame, said: list[str], reading: Reading, groups: tuple[str, ...], weeks: WeekNames | None
) -> PanelFrame:
    names, of_names = read_names(long["unique_id"])
    dates = read_dates(long["month"])
    months, of_months = grain.to_months(long["month"], dates, names)
    said = [*said, *of_names, *of_months, *(read_said(long["value"]) if reading.decimal is None else [])]
    rows = pl.DataFrame({"unique_id": names, "month": months, "value": read_values(long["value"], reading.decimal)})
    _refuse_duplicates(rows, long["unique_id"])
    known = rows.drop_nulls("value")
    if known.is_empty():
        raise PanelError(
            f"no values: found {rows.height} rows without one, expected a number in some of them. Likely an empty "
            "column. Next: export again"
        )
    if not reading.as_is:
        refuse_alike(known)
        suspects.refuse_slip_in_year(known)
        if reading.absent is None:
            grain.refuse_other_grain(known)
    panel, order = _spread(rows, known)
    panel = panel._replace(weeks=weeks)
    panel, doubts, totals = _judge(panel, order, reading, has_empty=rows["value"].null_count() > 0)
    of_group = _groups(long.with_columns(unique_id=names), list(panel.names), groups)
    return PanelFrame(
        list(panel.names), panel.values, panel.first_month, tuple(said), tuple(doubts), tuple(totals), of_group
    )


def _judge(
    panel: suspects.Panel, order: list[int], reading: Reading, *, has_empty: bool
) -> tuple[suspects.Panel, list[str], list[str]]:
    """The panel of monthly values, what is odd about it, and its totals."""
    if reading.absent == "zero":
        panel = panel._replace(values=_with_zeros(panel.values))
    if reading.values is not None:
        panel = panel._replace(values=suspects.take_differences(panel, reading.values))
        return panel, [], suspects.find_totals(panel, order)
    if reading.as_is:
        return panel, [], []
    suspects.refuse_running_totals(panel)
    doubts = suspects.find_other_scale(panel)
    if reading.absent is None and not has_empty:  # who writes empty values leaves no rows out
        suspects.refuse_activity_only(panel)
    doubts += [*suspects.find_copies(panel), *suspects.find_spikes(panel)]
    return panel, doubts, suspects.find_totals(panel, order)


def _with_zeros(values: Floats) -> Floats:
    """0 for months without a row from the first of a series on, to the last of the file."""
    first = np.argmax(~np.isnan(values), axis=1)
    inside = np.arange(values.shape[1]) >= first[:, None]
    return np.where(inside & np.isnan(values), 0.0, values)


def _to_long(frame: pl.DataFrame, reading: Reading) -> tuple[pl.DataFrame, list[str]]:
    """The columns of the contract and those of groups, from a long or a wide table."""
    is_weekly = reading.freq == WEEKLY
    frame, of_years = join_years(frame, weekly=is_weekly)
    frame, said = join_year_and_week(frame) if is_weekly else join_year_and_month(frame)
    said = [*of_years, *said]
    roles = PANEL_ROLES | ({"month": (*COLUMN_NAMES, *PANEL_ROLES["month"])} if is_weekly else {})
    found, of_columns = find_columns(frame.columns, roles, reading.columns, OPTIONS)
    if "month" not in found or "value" not in found:
        wide = unpivot_months(frame, found) if "month" not in found else None
        if wide is not None:
            return wide[0], [*said, *wide[1]]
    others = [name for name in frame.columns if name not in found.values() and not is_nameless(name)]
    if "month" in found and "unique_id" not in found and not frame[found["month"]].is_duplicated().any():
        alone = _of_one_row_per_month(frame, found, others)
        if alone is not None:
            return alone[0], [*said, *of_columns, *alone[1]]
    missing = [role for role in COLUMNS if role not in found]
    if missing:
        raise _missing(frame, missing)
    kept = [name for name in others if name not in COLUMNS]
    return frame.rename({name: role for role, name in found.items()}, strict=False).select(*COLUMNS, *kept), [
        *said,
        *of_columns,
    ]


def _of_one_row_per_month(
    frame: pl.DataFrame, found: Mapping[str, str], others: list[str]
) -> tuple[pl.DataFrame, list[str]] | None:
    """One row per month and no names of series: the value column is the series, or each column of numbers is one."""
    if "value" in found:
        return frame.select(
            pl.lit(found["value"]).alias("unique_id"), month=pl.col(found["month"]), value=pl.col(found["value"])
        ), []
    varying = [name for name in others if frame[name].n_unique() > 1]
    return unpivot_series(frame, found["month"], varying)


def _missing(frame: pl.DataFrame, roles: list[str]) -> PanelError:
    """Which columns are not there, and the option that names them; or the separator that the header shows."""
    lacking = [one for one in COLUMNS if one not in frame.columns] or roles
    found = ", ".join(map(repr, frame.columns[:8])) or "no columns"
    sign = next((one for one in (";", "\t", "|", ",") if frame.width == 1 and one in frame.columns[0]), None)
    if sign == ";":
        step = "name the separator: --separator ';',"
    elif sign:
        step = "write the file with , or ; between its fields,"
    else:
        step = f"rename the columns or name them ({', '.join(OPTIONS[one] for one in roles)}),"
        step += f" {WAY_OUT}," if "month" in roles and any(bare(one) in COLUMN_NAMES for one in frame.columns) else ""
    return PanelError(
        f"no column {', '.join(lacking)}: found {found}, expected {', '.join(COLUMNS)}. Likely other headers, or "
        f"another separator. Next: {step} and run again"
    )


def _refuse_missing_groups(frame: pl.DataFrame, long: pl.DataFrame, groups: tuple[str, ...]) -> None:
    for name in groups:
        if name not in long.columns:
            raise PanelError(
                f"--total-by {name}: found {name_some(frame.columns, 8)}, expected a column of a table with a row per "
                "series and month. Likely a typing error. Next: name one of the columns"
            )


def _groups(long: pl.DataFrame, names: list[str], groups: tuple[str, ...]) -> dict[str, list[str]]:
    """Per column of groups the group of every series. Raises PanelError for a series in two groups, or in none."""
    found = {}
    for name in groups:
        bare = pl.col(name).cast(pl.String).str.strip_chars()
        text = pl.when(bare != "").then(bare)
        of_series = long.group_by("unique_id").agg(text.unique().sort().alias("group"))
        several = of_series.filter((pl.col("group").list.len() > 1) | pl.col("group").list.first().is_null())
        if not several.is_empty():
            series, of_it = several.sort("unique_id").row(0)
            where = name_some(["an empty field" if one is None else str(one) for one in of_it])
            raise PanelError(
                f"--total-by {name}: found series {series!r} in {where}, expected one group per series. Likely a group "
                "that changes in time, or an empty field. Next: give it one group"
            )
        written = of_series.select(pl.col("group").list.first()).to_series().unique()
        alike = written.to_frame().filter(pl.len().over(pl.col("group").str.to_lowercase()) > 1)["group"].sort()
        if len(alike):
            raise PanelError(
                f"--total-by {name}: found {name_some(alike.to_list())}, expected one way of writing a group. Likely "
                "one group written in two ways. Next: write its name alike"
            )
        group = dict(of_series.select("unique_id", pl.col("group").list.first()).iter_rows())
        found[name] = [group[one] for one in names]
    return found


def _spread(rows: pl.DataFrame, known: pl.DataFrame) -> tuple[suspects.Panel, list[int]]:
    """Rows → an array, and the rows of the array in the order of the file."""
    numbers = known.select(number_months("month")).to_series()
    first, last = int(numbers.min()), int(numbers.max())  # type: ignore[arg-type]
    if last - first >= SPAN_LIMIT_MONTHS:
        raise PanelError(
            f"column month: found months from {month_date(first)} to {month_date(last)}, "
            "expected at most a hundred years. Likely a typing error in a year. Next: mend the month and run again"
        )
    in_file = rows["unique_id"].unique(maintain_order=True)
    names = in_file.sort()
    place = pl.DataFrame({"unique_id": names}).with_row_index("place")
    at = known.select("unique_id").join(place, on="unique_id", how="left", maintain_order="left")["place"].to_numpy()
    values = np.full((len(names), last - first + 1), np.nan)
    values[at, (numbers - first).to_numpy()] = known["value"].to_numpy()
    order = pl.DataFrame({"unique_id": in_file}).join(place, on="unique_id", how="left", maintain_order="left")
    return suspects.Panel(names.to_list(), values, month_date(first)), order["place"].to_list()


def _refuse_duplicates(rows: pl.DataFrame, written: pl.Series) -> None:
    twice = rows.with_row_index("row", offset=1).with_columns(written=written.cast(pl.String))
    twice = twice.filter(rows.select("unique_id", "month").is_duplicated())
    if not twice.is_empty():
        name, month = twice.select("unique_id", "month").row(0)
        same = twice.filter(unique_id=name, month=month)
        places = ", ".join(str(row) for row in same["row"][:5])
        ways = same["written"].unique(maintain_order=True).to_list()
        cause = f"a name written in two ways ({name_some(ways)})" if len(ways) > 1 else (
            "a level that is not in unique_id, or a file twice")  # fmt: skip
        raise PanelError(
            f"series {name!r}, month {month:%Y-%m}: found more than one row ({places} below the header; "
            f"{twice.height:,} such rows in all), expected one. Likely {cause}. Next: add the rows up or take one of "
            "them, and run again"
        )


__all__ = ["COLUMNS", "TOTAL_ID", "VALUE_LIMIT", "PanelError", "PanelFrame", "Reading", "read_panel"]
