"""What one row is of: a month, or a day, week, quarter or year that somebody took for one. Never turned into months.

Nothing is added up or spread here: which months a week or a quarter lies in would be guessed.
"""

import polars as pl

from wlz.files.dates import Dates
from wlz.files.reading import AS_IS, PanelError, name_some
from wlz.files.weeks import WAY_OUT
from wlz.words.months import month_label, number_months

DAYS_IN_WEEK = 7
GRAINS = {2: "two months", 3: "a quarter", 4: "four months", 6: "half a year", 12: "a year"}
FEWEST_ROWS, FEWEST_BESIDE_OTHERS = 3, 6  # of a series, before the distance of its rows says something
REGULAR_SHARE = 0.8  # of its distances are the same one
_KINDS = {"quarter": "quarters", "year": "years", "week": "weeks"}


def to_months(column: pl.Series, dates: Dates, names: pl.Series) -> tuple[pl.Series, list[str]]:
    """The first of the month of every row, and what was understood. Raises PanelError for rows of another grain.

    Months may be dated on their first day, all on their last (as FRED and pandas do), or all on one other day, once a
    month and series.
    """
    if dates.kind in _KINDS:
        raise PanelError(
            f"column {column.name}: found {_KINDS[dates.kind]} ('{column[0]}'), expected months. Likely totals per "
            f"{_KINDS[dates.kind][:-1]}. Next: deliver them per month"
            + (f"; {WAY_OUT}" if dates.kind == "week" else "")
        )
    days, said = dates.days.alias("month"), list[str]()
    firsts = days.dt.truncate("1mo")
    if (days == firsts).all():
        return days, said
    at_end = (days == days.dt.month_end()).all()
    number = days.dt.day()
    rows = pl.DataFrame({"name": names, "month": firsts, "day": days})
    if (at_end or number.n_unique() == 1) and not rows.select("name", "month").is_duplicated().any():
        when = "last day" if at_end else f"day {number[0]}"
        return firsts, [f"months are dated on their {when}, and taken as the month of that day"]
    _refuse_days(column, rows)
    wrong = days != firsts
    row = int(wrong.arg_true()[0])
    more = f" (and {int(wrong.sum()) - 1:,} more rows)" if wrong.sum() > 1 else ""
    raise PanelError(
        f"column {column.name}, row {row + 1:,} below the header{more}: found {_shown(column, row)}, expected the "
        "first of a month, or all rows on their last day. Likely rows per day or week; add them up per month first. "
        "Next: mend the row and run again"
    )


def _shown(column: pl.Series, row: int) -> str:
    return repr(column[row]) if column.dtype == pl.String else str(column[row])


def _refuse_days(column: pl.Series, rows: pl.DataFrame) -> None:
    """Raises PanelError where series have rows a day or a week apart."""
    apart = (
        rows.sort("name", "day").select((pl.col("day").diff().over("name")).dt.total_days()).to_series().drop_nulls()
    )
    apart = apart.filter(apart > 0)
    if apart.is_empty() or apart.median() > 2 * DAYS_IN_WEEK:  # type: ignore[operator]
        return
    unit = "week" if (apart % DAYS_IN_WEEK == 0).all() else "day"
    name, day = rows.select("name", "day").row(0)
    count = rows.filter(name=name).height
    raise PanelError(
        f"column {column.name}: found rows per {unit} ({day}, series {name!r}, {count:,} rows), expected the first of "
        "a month, one row per month. Likely rows per day or week. Next: add them up per month, and run again"
        + (f"; {WAY_OUT}" if unit == "week" else "")
    )


def refuse_other_grain(rows: pl.DataFrame) -> None:
    """Raises PanelError where the rows of series lie two, three, four, six or twelve months apart.

    `rows`: unique_id and month, one row per series and month. All of them: totals per quarter or year were given as
    months. Some beside monthly ones: grains are mixed; those need six rows, since care is now and then claimed once a
    quarter.
    """
    steps = (
        rows.select("unique_id", number_months("month").alias("number"))
        .sort("unique_id", "number")
        .with_columns(pl.col("number").diff().over("unique_id").alias("step"))
        .drop_nulls("step")
    )
    usual = pl.col("step").mode().min()
    found = steps.group_by("unique_id").agg(
        pl.len().alias("steps"), usual.alias("step"), (pl.col("step") == usual).mean().alias("share")
    )
    regular = found.filter(pl.col("share") >= REGULAR_SHARE, pl.col("steps") >= FEWEST_ROWS - 1)
    coarse = regular.filter(pl.col("step").is_in(list(GRAINS)))
    if coarse.is_empty():
        return
    if not (regular["step"] == 1).any():
        step = int(coarse["step"].mode().min())  # type: ignore[arg-type]
        first = month_label(rows["month"].min())  # type: ignore[arg-type]
        raise PanelError(
            f"column month: found rows {step} months apart (from {first} on), expected one per month. "
            f"Likely totals of {GRAINS[step]}, which are no months. Next: deliver them per month; where the months "
            f"between are unknown, {AS_IS}"
        )
    mixed = coarse.filter(pl.col("steps") >= FEWEST_BESIDE_OTHERS - 1).sort("unique_id")
    if not mixed.is_empty():
        step = mixed["step"][0]
        names = name_some(mixed.filter(step=step)["unique_id"].to_list())
        raise PanelError(
            f"series {names}: found rows {step} months apart beside series with a row per month, expected a row per "
            f"month. Likely totals of {GRAINS[step]}, or rows only for months with activity. Next: deliver them per "
            "month; for rows that are left out where nothing was, --absent zero; for unknown months, --absent gap"
        )
