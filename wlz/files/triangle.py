"""A triangle from anybody's file: long or wide, by delivery or by lag, cumulative or increments → rows of a triangle.

Out: key columns, `care_month`, `delivery_month` (dates, the first of a month) and `value`, cumulative. What is
unambiguous is read and said; what may be two things is refused with the option that says which.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from wlz.files.columns import bare, find_columns, is_nameless, looks_numeric
from wlz.files.dates import Dates, read_dates
from wlz.files.numbers import read_said, read_values
from wlz.files.reading import AS_IS, PanelError, Reading
from wlz.files.weeks import WAY_OUT, WEEK_DATES, WEEKLY, WeekNames, count_weeks, join_year_and_week
from wlz.files.wide import FEWEST_MONTHS, is_month
from wlz.words.months import month_date, number_months

CARE, DELIVERY, VALUE, LAG = "care_month", "delivery_month", "value", "lag"
AXES = (CARE, DELIVERY, VALUE)
OPTIONS = {CARE: "--care-month", DELIVERY: "--delivery-month", VALUE: "--value", LAG: "--lag"}
ROLES = {
    CARE: ("origin", "origin_period", "accident_year", "accident_month", "accident_date", "ay", "zorgmaand",
           "event_month", "event_date", "reference_date", "underwriting_year"),
    DELIVERY: ("delivery", "delivery_date", "evaluation", "evaluation_date", "valuation", "valuation_date",
               "report_date", "report_month", "reported", "aanlevermaand", "aanleverdatum", "calendar"),
    VALUE: ("values", "cumulative", "paid", "incurred", "claims", "amount", "bedrag", "waarde", "count", "aantal"),
    LAG: ("dev", "development", "development_lag", "dev_lag", "age", "delay", "lag_months"),
}  # fmt: skip
# R puts an X before a digit.
_LAG_HEADER = r"^(?:[Xx]|(?i:dev|lag|delay|month|maand|week|d|m|w))?[ ._]?(\d{1,3})$"
DAYS_IN_WEEK = 7
FALLS, FALL_SHARE, MOST_FALLS = 0.02, 0.25, 0.4  # a step that falls by more; of so many, and of so many anyhow
LATE_SHARE = 0.7  # of the largest value of a care month, at its end
FEWEST_STEPS = 4
SAME = 1e-9
DAYS_IN_MONTH = 30
ONE_OF_MANY = 0.2  # of the deliveries or care months that are left of others once a column is a key: it is a value


WEEK_ROLES = {
    CARE: ("care_week", "origin_week", "event_week", "reference_week", "onset_week", "week", *WEEK_DATES),
    DELIVERY: ("delivery_week", "report_week", "reporting_week", "reported_week"),
    LAG: ("lag_weeks", "delay_weeks"),
}  # fmt: skip


class TriangleRows(NamedTuple):
    """`frame` with the columns of `keys`, care_month, delivery_month and value; `said` what was understood.

    Of a triangle of weeks months stand for them, by the names in `weeks`.
    """

    frame: pl.DataFrame
    keys: list[str]
    said: list[str]
    weeks: WeekNames | None = None


def read_triangle(frame: pl.DataFrame, keys: Sequence[str] | None, reading: Reading) -> TriangleRows:
    """Rows of a triangle from a table; `keys` None: every other column with a name. Raises PanelError."""
    weekly = reading.freq == WEEKLY
    frame, joined = _join_weeks(frame) if weekly else (frame, [])
    long, found, said = _to_long(frame, keys, reading)
    said = [*joined, *said]
    axes = (*AXES, LAG) if LAG in found else AXES
    names = [name for name in long.columns if name not in axes] if keys is None else list(keys)
    long = long.with_columns(
        pl.col(names).cast(pl.String).str.strip_chars() if _is_texts(long, names) else pl.col(names)
    )
    weeks = count_weeks(long[CARE]) if weekly else None
    care, of_care = (weeks.months, weeks.said) if weeks else _to_months(long[CARE])
    value = read_values(long[VALUE], reading.decimal).alias(VALUE)
    if DELIVERY in found:
        column = long[DELIVERY]
        delivery, of_delivery = (count_weeks(column, any_day=True).months, []) if weekly else _to_months(column)
    else:
        delivery, of_delivery = _add_lags(care, long[LAG], DAYS_IN_WEEK if weekly else DAYS_IN_MONTH)
    said += [*of_care, *of_delivery, *(read_said(long[VALUE]) if reading.decimal is None else [])]
    rows = pl.DataFrame([*long.select(names).get_columns(), care.alias(CARE), delivery.alias(DELIVERY), value])
    if keys is None:
        names, left_out = leave_out_values(rows, names)
        rows, said = rows.select(*names, *AXES), [*said, *left_out]
    return TriangleRows(rows, names, said, weeks.names if weeks else None)


def _join_weeks(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Columns of year and ISO week as the care week."""
    joined, said = join_year_and_week(frame)
    return joined.rename({"month": CARE}, strict=False) if said else joined, said


def leave_out_values(rows: pl.DataFrame, names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Key columns without those that are values: of numbers, and another one in nearly every row or care month.

    Raises PanelError for text of that kind: a remark or number of a row would make a triangle of every row.
    """
    kept, said = list(names), list[str]()
    for name in names:
        others = [one for one in kept if one != name]
        whole = _width(rows, others)
        if whole.deliveries <= 1 or max(whole.deliveries, whole.months) < FEWEST_STEPS:
            continue  # of one delivery, or a few rows, nothing is said
        apart = _width(rows, kept)
        by_row = whole.deliveries >= 2 and apart.deliveries < 1 + ONE_OF_MANY * (whole.deliveries - 1)
        by_month = whole.months >= FEWEST_STEPS and apart.months < 1 + ONE_OF_MANY * (whole.months - 1)
        if not (by_row or by_month):
            continue
        if not looks_numeric(rows[name]):
            raise PanelError(
                f"column {name}: found another one in nearly every {'row' if by_row else 'care month'} "
                f"({rows[name][0]!r} and on), expected a key that care months and deliveries have in common. Likely a "
                "remark, or a number of a row. Next: name the keys with --keys, or leave the column out"
            )
        kept.remove(name)
        said.append(f"column {name!r} is left out: it is a value and no key (--keys takes it as one)")
    return kept, said


class _Width(NamedTuple):
    """How many deliveries a care month has, and how many care months a key, in the middle."""

    deliveries: float
    months: float


def _width(rows: pl.DataFrame, keys: Sequence[str]) -> _Width:
    by_month = rows.group_by([*keys, CARE]).agg(pl.col(DELIVERY).n_unique().alias("len"))
    by_key = by_month.group_by(keys).len() if keys else by_month.select(pl.len())
    return _Width(float(by_month["len"].mean() or 0), float(by_key["len"].mean() or 0))  # type: ignore[arg-type]


def list_roles(reading: Reading) -> dict[str, tuple[str, ...]]:
    """Usual names of the columns, with those of weeks where a file is of weeks."""
    if reading.freq != WEEKLY:
        return ROLES
    return {role: (*WEEK_ROLES.get(role, ()), *names) for role, names in ROLES.items()}


def is_triangle(frame: pl.DataFrame, reading: Reading) -> bool:
    """Whether a table has care months and deliveries or lags: in columns, or a column per lag."""
    axes = (CARE, DELIVERY, LAG)
    named = {role: name for role, name in reading.columns.items() if role in axes}
    try:
        found, _ = find_columns(frame.columns, {role: list_roles(reading)[role] for role in axes}, named, OPTIONS)
    except PanelError:
        return False
    if CARE in found and {DELIVERY, LAG} & set(found):
        return True
    lags = [name for name in frame.columns if re.match(_LAG_HEADER, name.strip())]
    return len(lags) >= FEWEST_MONTHS and not any(is_month(name) for name in lags)


def _is_texts(frame: pl.DataFrame, names: Sequence[str]) -> bool:
    return all(frame.schema[name] == pl.String for name in names) and bool(names)


def _to_long(
    frame: pl.DataFrame, keys: Sequence[str] | None, reading: Reading
) -> tuple[pl.DataFrame, dict[str, str], list[str]]:
    """Columns of the contract from a long or wide table; which of them were found; what was understood."""
    free = [name for name in frame.columns if name not in (keys or [])]
    found, said = find_columns(free, list_roles(reading), reading.columns, OPTIONS)
    lag = found.pop(LAG) if DELIVERY in found and LAG in found else None
    is_long = {CARE, VALUE} <= set(found) and bool({DELIVERY, LAG} & set(found))
    wide = None if is_long else _unpivot(frame, found)
    if wide is not None:
        long, axis, first, last = wide
        said.append(f"read as a table with a column per {axis}: {first} to {last}")
        return long, {CARE: CARE, VALUE: VALUE, (LAG if axis == "lag" else DELIVERY): ""}, said
    spare = [lag] if lag is not None and looks_numeric(frame[lag]) else []  # text under such a name is a key
    spare += find_numeric_keys(frame, [name for name in free if name not in found.values()]) if keys is None else []
    said += [f"column {name!r} is left out: it is no key" for name in spare]
    missing = [name for name in (*(keys or []), CARE, VALUE) if name not in (*found, *frame.columns)]
    if not {DELIVERY, LAG} & set(found):
        missing.append(DELIVERY)
    if missing:
        raise _missing(frame, [*(keys or []), *AXES], missing)
    left = [name for name in frame.columns if name not in spare and not is_nameless(name)]
    return frame.select(left).rename({name: role for role, name in found.items()}), found, said


def _missing(frame: pl.DataFrame, expected: list[str], missing: list[str]) -> PanelError:
    named = [OPTIONS[one] for one in missing if one in OPTIONS]
    step = f"rename the columns, or name them ({', '.join(named)})" if named else "rename the columns"
    if CARE in missing and any("week" in bare(one) for one in frame.columns):
        step = f"{WAY_OUT}; {step}"
    return PanelError(
        f"no column {', '.join(missing)}: found {', '.join(map(repr, frame.columns[:8])) or 'no columns'}, "
        f"expected {', '.join(expected)}. Likely other headers or another separator. Next: {step}, or name the "
        "separator, and run again"
    )


def _unpivot(frame: pl.DataFrame, found: dict[str, str]) -> tuple[pl.DataFrame, str, str, str] | None:
    """A table with a column per lag, or per delivery month, and one of care months → rows; None for another."""
    lags = [name for name in frame.columns if re.match(_LAG_HEADER, name.strip())]
    months = [name for name in frame.columns if is_month(name)]
    columns, axis = (months, "delivery month") if len(months) >= len(lags) else (lags, "lag")
    if len(columns) < FEWEST_MONTHS:
        return None
    others = [name for name in frame.columns if name not in columns and not is_nameless(name)]
    care = found.get(CARE) or next((name for name in others if _are_months(frame[name])), None)
    nameless = [name for name in frame.columns if is_nameless(name)]
    if care is None and nameless and _are_months(frame[nameless[0]]):
        care = nameless[0]  # R writes the names of rows without a header
    if care is None:
        return None
    index = [care, *(name for name in others if name != care)]
    name = LAG if axis == "lag" else DELIVERY
    long = frame.select(*index, *columns).unpivot(columns, index=index, variable_name=name, value_name=VALUE)
    text = pl.col(name).str.strip_chars()
    cleaned = text.str.extract(_LAG_HEADER) if axis == "lag" else text.str.strip_prefix("X")
    long = long.with_columns(cleaned).filter(pl.col(VALUE).is_not_null()).rename({care: CARE})
    return long, axis, columns[0].strip(), columns[-1].strip()


def _are_months(column: pl.Series) -> bool:
    try:
        read_dates(column.drop_nulls())
    except PanelError:
        return False
    return column.null_count() == 0


def _to_months(column: pl.Series) -> tuple[pl.Series, list[str]]:
    """The first of the month of every row; years and quarters are their first month.

    Days may be those of deliveries, once a month. Raises PanelError for weeks, and for two days of one month.
    """
    dates: Dates = read_dates(column)
    days = dates.days
    firsts = days.dt.truncate("1mo")
    if dates.kind == "week":
        raise _weekly(column)
    if (firsts == days).all():
        return days, []
    distinct = days.unique().sort()
    if distinct.dt.truncate("1mo").is_duplicated().any():
        apart = distinct.diff().dt.total_days().drop_nulls()
        if (apart % DAYS_IN_WEEK == 0).all():
            raise _weekly(column)
        twice = distinct.filter(distinct.dt.truncate("1mo").is_duplicated())
        raise PanelError(
            f"column {column.name}: found {twice[0]} and {twice[1]} in one month, expected the first of a month, or "
            "one day per month. Likely rows per day or week. Next: keep one of them per month, and run again"
        )
    return firsts, [
        f"{column.name}: days within a month are taken as their month ({distinct.dt.strftime('%Y-%m-%d')[0]} and on)"
    ]


def _weekly(column: pl.Series) -> PanelError:
    return PanelError(
        f"column {column.name}: found weeks ({column[0]} and on), expected months. Likely a triangle of weeks. Next: "
        f"add weeks up per month; {WAY_OUT}"
    )


def _add_lags(care: pl.Series, column: pl.Series, days: int) -> tuple[pl.Series, list[str]]:
    """Delivery months from lags: in months where all lie on the step of the care months, else in steps.

    Raises PanelError for lags in days, which all are a multiple of those in a month or week (`days`).
    """
    lags = read_values(column)
    if lags.is_null().any() or (lags % 1 != 0).any() or (lags < 0).any():
        raise PanelError(
            f"column {column.name}: found lags that are no whole numbers from 0 on, expected 0, 1, 2 or 12, 24, 36. "
            "Likely another column under this name. Next: name the column with --lag"
        )
    distinct = lags.cast(pl.Int64).unique()
    if len(distinct) >= FEWEST_STEPS and (distinct % days == 0).all():
        unit = "weeks" if days == DAYS_IN_WEEK else "months"
        raise PanelError(
            f"column {column.name}: found lags that are all a multiple of {days} (0, {days} and on), expected {unit}. "
            f"Likely lags in days. Next: divide them by {days}"
        )
    whole, months = lags.cast(pl.Int64), pl.DataFrame({CARE: care}).select(number_months(CARE)).to_series()
    step = int(np.gcd.reduce(months.to_numpy() - months.min())) or 1
    in_months = step == 1 or bool((whole % step == 0).all() and whole.max() > step)  # type: ignore[operator]
    shifted = months + whole * (1 if in_months else step)
    unit = "months" if in_months else f"steps of {step} months"
    return pl.Series(DELIVERY, [month_date(int(one)) for one in shifted]), [f"lags are counted in {unit}"]


def add_up_lags(frame: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Increments → cumulative; a delivery without a row of a care month it could hold brought nothing."""
    axes = [*keys, CARE]
    deliveries = frame.select(pl.col(DELIVERY).unique())
    began = frame.group_by(axes).agg(pl.col(DELIVERY).min().alias("__first__"))
    grid = began.join(deliveries, how="cross").filter(pl.col(DELIVERY) >= pl.col("__first__")).drop("__first__")
    whole = grid.join(frame, on=[*axes, DELIVERY], how="left", nulls_equal=True)
    return (
        whole.sort([*axes, DELIVERY])
        .with_columns(pl.col(VALUE).fill_null(0.0).cum_sum().over(axes))
        .select(*axes, DELIVERY, VALUE)
    )


def refuse_increments(frame: pl.DataFrame, keys: Sequence[str]) -> None:
    """Raises PanelError where values fall from delivery to delivery as cumulative ones do not."""
    steps = _steps(frame, keys)
    if steps.height < FEWEST_STEPS:
        return
    falls = (pl.col("step") < -FALLS * pl.col("before").abs()).mean()
    latest = (pl.col("last") / pl.col("most")).median()
    share, left = steps.select(falls.alias("falls"), latest.alias("left")).row(0)
    if share > MOST_FALLS or (share > FALL_SHARE and left is not None and left < LATE_SHARE):
        raise PanelError(
            f"column {VALUE}: found values that fall in {share:.0%} of the steps from one delivery to the next, "
            "expected all that was known at each delivery. Likely increments: what came in between two deliveries. "
            f"Next: --values increments adds them up; {AS_IS}"
        )


def refuse_cumulative(frame: pl.DataFrame, keys: Sequence[str]) -> None:
    """Raises PanelError where values said to be increments never fall and end near their largest: cumulative ones."""
    steps = _steps(frame, keys)
    if steps.height < FEWEST_STEPS:
        return
    never = steps.select((pl.col("step") >= 0).mean()).item()
    near = steps.select(((pl.col("step").abs() < 0.5 * pl.col("before").abs()) & (pl.col("before") > 0)).mean()).item()
    if never == 1.0 and near > FALL_SHARE:
        raise PanelError(
            f"column {VALUE}: found values that never fall from one delivery to the next, expected what came in "
            f"between two deliveries (--values increments). Likely cumulative already. Next: leave --values out; "
            f"{AS_IS}"
        )


def _steps(frame: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Steps from one delivery of a care month to its next: step, before; last and most of the care month."""
    axes = [*keys, CARE]
    ordered = frame.drop_nulls(VALUE).sort([*axes, DELIVERY])
    with_last = ordered.with_columns(
        pl.col(VALUE).diff().over(axes).alias("step"),
        pl.col(VALUE).shift().over(axes).alias("before"),
        pl.col(VALUE).last().over(axes).alias("last"),
        pl.col(VALUE).max().over(axes).alias("most"),
        pl.len().over(axes).alias("count"),
    )
    return with_last.filter(pl.col("step").is_not_null(), pl.col("count") >= FEWEST_STEPS)


def refuse_missing_increments(frame: pl.DataFrame, keys: Sequence[str]) -> None:
    """Raises PanelError where a delivery between the first and the last has no row: what it brought is in no sum."""
    numbers = frame.select(number_months(DELIVERY)).to_series().unique().sort()
    steps = numbers.diff().drop_nulls()
    if len(steps) < FEWEST_STEPS:
        return
    usual = int(steps.mode().min())  # type: ignore[arg-type]
    gaps = steps.to_numpy() > usual
    if gaps.any():
        lacking = month_date(int(numbers[int(np.flatnonzero(gaps)[0])]) + usual)
        others = int((steps.to_numpy()[gaps] // usual - 1).sum()) - 1
        more = f" and {others} more deliveries" if others else ""
        raise PanelError(
            f"column {DELIVERY}: found no row of {lacking:%Y-%m}{more} between "
            "the first and the last, expected what came in at each. Likely a delivery that is missing: what it brought "
            f"is in no sum after it. Next: add it, or give what was known in all (without --values increments); {AS_IS}"
        )


def find_numeric_keys(frame: pl.DataFrame, keys: Sequence[str]) -> list[str]:
    """Key columns that hold a different number in nearly every row: more likely a second value than a key."""
    return [
        name for name in keys
        if looks_numeric(frame[name]) and frame.height > 10 and frame[name].n_unique() > 0.8 * frame.height
    ]  # fmt: skip
