"""The volume method on anybody's panel: a frame of series and months in, a frame of forecasts and bounds out.

In: `unique_id`, `month`, `value`, one row per series and month, in any unit; other columns are left alone. Out: one row
per series and forecast month, and one per series with the sum over the horizon. Files are read and written elsewhere
(`pipelines/cli/forecast.py`); codes, units and money have no part in it.
"""

from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl

from wlz.forecasting.engines import DEFAULT_ENGINE, ENGINES
from wlz.forecasting.ets import MIN_SEASON_OBSERVATIONS, SEASON_MONTHS, BoolArray, FloatArray
from wlz.forecasting.one_panel import Forecast, forecast_treated, treat_history
from wlz.forecasting.paths import DEFAULT_PATHS, PathArray, draw_shocks
from wlz.forecasting.sampling import BOUND_NAMES, MAX_PAST_YEARS, Panel, fit_uncertainty, sample_blocks, take_bounds
from wlz.words.faults import Spoken
from wlz.words.months import add_months, month_date, number_months

COLUMNS = ("unique_id", "month", "value")
LINE_NAMES = ("forecast", *BOUND_NAMES)
FORECAST_SCHEMA: dict[str, pl.DataType] = {
    "unique_id": pl.String(),
    "month": pl.Date(),
    **dict.fromkeys(LINE_NAMES, pl.Float64()),
    "engine": pl.String(),
    "model": pl.String(),
}
TOTAL_ID = "__total__"
# What the bounds can learn from: two years of history before each of three past years.
HISTORY_MONTHS = MIN_SEASON_OBSERVATIONS + MAX_PAST_YEARS * SEASON_MONTHS
SILENT_MONTHS = SEASON_MONTHS  # without a value: no month of last year is known
NO_FORECAST = "no forecast (silent)"
HORIZON_LIMIT = 60  # months ahead; behind it bounds are wider than the forecast
SPAN_LIMIT_MONTHS = 1200  # a longer panel has a typing error in a month
VALUE_LIMIT = 1e30  # sample paths are kept in single precision
# The full search takes seconds a series and year: its width is learnt from our own search, which chooses alike.
WIDTH_ENGINES = {"statsmodels": "ets_select"}
_MONTH = r"^\d{4}-\d{2}(-\d{2})?$"
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_NOTHING = ("", "NA")  # text that means no observation; NA is how R writes it


class PanelError(Spoken, ValueError):
    """A panel that cannot be read or forecast: what, where, found, expected, likely cause, what next."""


class PanelFrame(NamedTuple):
    """`ids` sorted, `values` (N, T) with NaN for a month without observation, `first_month` of the first column.

    The last column is the last month in which any series has a value.
    """

    ids: list[str]
    values: FloatArray
    first_month: date

    @property
    def last_month(self) -> date:
        """Month of the last column."""
        return add_months(self.first_month, self.values.shape[1] - 1)


class Lines(NamedTuple):
    """`series` (5, N, H + 1) and `total` (5, H + 1) in the order of LINE_NAMES, the sum over the horizon last."""

    series: FloatArray
    total: FloatArray


def read_panel(frame: pl.DataFrame) -> PanelFrame:
    """One row per series and month → series × months.

    `unique_id` text or whole number; `month` a date, a time stamp at midnight, or text 2018-05 or 2018-05-01, always
    the first of the month; `value` any number, or text with a decimal point. Null (in text also nothing or `NA`) is a
    month without observation, as is a month without a row. Raises PanelError for missing columns, no rows, rows twice,
    ids, months or values that are none, the id `__total__`.

    >>> read_panel(pl.DataFrame({"unique_id": ["a", "a"], "month": ["2018-01", "2018-03"], "value": [1, 2]})).values
    array([[ 1., nan,  2.]])
    """
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        found = ", ".join(map(repr, frame.columns[:8])) or "no columns"
        raise PanelError(
            f"no column {', '.join(missing)}: found {found}, expected {', '.join(COLUMNS)}. Likely other headers, or "
            "another separator. Next: rename the columns or name the separator, and run again"
        )
    if frame.is_empty():
        raise PanelError(
            "no rows: found a header only, expected a row per series and month. Likely an export that came out empty. "
            "Next: export again"
        )
    ids, months = _read_ids(frame["unique_id"]), read_months(frame["month"])
    rows = pl.DataFrame({"unique_id": ids, "month": months, "value": read_values(frame["value"])})
    _refuse_duplicates(rows)
    known = rows.drop_nulls("value")
    if known.is_empty():
        raise PanelError(
            f"no values: found {rows.height} rows without one, expected a number in some of them. Likely an empty "
            "column. Next: export again"
        )
    numbers = known.select(number_months("month")).to_series()
    first, last = (int(value) for value in (numbers.to_numpy().min(), numbers.to_numpy().max()))
    first_month = month_date(first)
    if last - first >= SPAN_LIMIT_MONTHS:
        last_month = add_months(first_month, last - first)
        raise PanelError(
            f"column month: found months from {first_month} to {last_month}, "
            "expected at most a hundred years. Likely a typing error in a year. Next: mend the month and run again"
        )
    names = ids.unique().sort()
    place = {name: row for row, name in enumerate(names)}
    values = np.full((len(names), last - first + 1), np.nan)
    values[[place[name] for name in known["unique_id"]], (numbers - first).to_numpy()] = known["value"].to_numpy()
    return PanelFrame(names.to_list(), values, first_month)


def _read_ids(column: pl.Series) -> pl.Series:
    if not (column.dtype.is_integer() or column.dtype in (pl.String, pl.Categorical, pl.Enum)):
        raise _wrong_type(column, "text or whole numbers")
    ids = column.cast(pl.String)
    _refuse(ids, ids.is_null() | (ids.str.strip_chars() == ""), "the name of a series", "an empty line or field")
    _refuse(ids, ids == TOTAL_ID, "another name", "a total among the series; that name is kept for the total here")
    return ids


def read_months(column: pl.Series) -> pl.Series:
    """Dates, time stamps at midnight or text 2018-05 or 2018-05-01 → dates, the first of a month. Raises PanelError."""
    expected = "a month as 2018-05 or 2018-05-01"
    if column.dtype.base_type() is pl.Datetime:
        column = column.dt.replace_time_zone(None)
        months = column.dt.date()
        wrong = (months.cast(column.dtype) != column).fill_null(False)
        _refuse(column, wrong, "the first of a month at midnight", "another time zone, or rows per day")
    elif column.dtype == pl.Date:
        months = column
    elif column.dtype in (pl.String, pl.Categorical, pl.Enum):
        text = column.cast(pl.String).str.strip_chars()
        is_short = text.str.len_chars() == len("2018-05")
        whole = pl.select(pl.when(is_short).then(text + "-01").otherwise(text)).to_series()
        months = whole.str.to_date("%Y-%m-%d", strict=False)
        wrong = (~text.str.contains(_MONTH) | months.is_null()).fill_null(False)
        _refuse(column, wrong, expected, "another notation of dates")
    else:
        raise _wrong_type(column, "dates, or text such as 2018-05")
    _refuse(column, months.is_null(), expected, "an empty line or field")
    _refuse(column, months.dt.day() != 1, "the first of a month", "rows per day or week; add them up per month first")
    return months.alias("month")


def read_values(column: pl.Series) -> pl.Series:
    """Numbers, or text with a decimal point (nothing or NA is null) → floats of any size up to VALUE_LIMIT.

    Raises PanelError.
    """
    if column.dtype in (pl.String, pl.Categorical, pl.Enum):
        text = column.cast(pl.String).str.strip_chars()
        text = pl.select(pl.when(~text.is_in(_NOTHING)).then(text)).to_series()
        wrong = ~text.str.contains(_NUMBER).fill_null(True)
        comma = text.filter(wrong).str.contains(",", literal=True).any()
        cause = "a decimal comma or thousands mark" if comma else "text in a column of numbers; leave a gap empty"
        _refuse(column, wrong, "a number with a decimal point, or nothing", cause)
        values = text.cast(pl.Float64)
    elif column.dtype.is_numeric() or column.dtype == pl.Null:
        values = column.cast(pl.Float64)
    else:
        raise _wrong_type(column, "numbers")
    outside = (~values.is_finite() | (values.abs() > VALUE_LIMIT)).fill_null(False)
    expected = f"a number between −{VALUE_LIMIT:.0e} and {VALUE_LIMIT:.0e}, or nothing"
    _refuse(column, outside, expected, "a division by zero before the export; leave a gap empty")
    return values


def _wrong_type(column: pl.Series, expected: str) -> PanelError:
    return PanelError(
        f"column {column.name}: found {column.dtype}, expected {expected}. Likely another column under this name, or a "
        "wrong type at the export. Next: convert the column and run again"
    )


def _refuse(column: pl.Series, wrong: pl.Series, expected: str, cause: str) -> None:
    """Raises PanelError naming the first wrong row, counted from 1 below the header, and how many there are."""
    count = int(wrong.sum())
    if count:
        row = wrong.arg_true()[0]
        more = f" (and {count - 1:,} more rows)" if count > 1 else ""
        found = column[row]
        shown = "nothing" if found is None else repr(found) if isinstance(found, str) else str(found)
        raise PanelError(
            f"column {column.name}, row {row + 1:,} below the header{more}: found {shown}, expected {expected}. Likely "
            f"{cause}. Next: mend the row and run again"
        )


def _refuse_duplicates(rows: pl.DataFrame) -> None:
    twice = rows.with_row_index("row", offset=1).filter(rows.select("unique_id", "month").is_duplicated())
    if not twice.is_empty():
        name, month = twice.select("unique_id", "month").row(0)
        places = ", ".join(str(row) for row in twice.filter(unique_id=name, month=month)["row"][:5])
        raise PanelError(
            f"series {name!r}, month {month:%Y-%m}: found more than one row ({places} below the header; "
            f"{twice.height:,} such rows in all), expected one. Likely a level that is not in unique_id, or a file "
            "twice. Next: add the rows up or take one of them, and run again"
        )


def forecast_frame(
    panel: PanelFrame,
    *,
    engine: str = DEFAULT_ENGINE,
    horizon: int = SEASON_MONTHS,
    total: bool = False,
    seed: int = 0,
    paths: int = DEFAULT_PATHS,
) -> pl.DataFrame:
    """Forecast and bounds of every series, columns of FORECAST_SCHEMA, sorted by series; the year row has no month.

    `horizon` months after the last column, for everybody: a series that ends earlier is forecast across its gap. Edge
    cases as in a run (`one_panel.py`); the first that applies stands in `model`, as in `mean (short)`. A series without
    a value in the last 12 months has no forecast (null) and no part in the total: engines would repeat its last known
    year with bounds that know nothing of the silence. The year row is the sum over the horizon with the bounds of that
    sum; with `total` the series `__total__` has those of joint paths. Where the point lies outside the sampled bounds
    (very skewed months) the nearer bound is the point.

    Limits: the last 60 months count; `statsmodels` is slow and has the width of `ets_select`; beyond two years ahead
    the width is not measured. Raises PanelError for an unknown engine, a horizon outside 1–60, no series.
    """
    if engine not in ENGINES:
        raise PanelError(f"engine: found {engine!r}, expected one of {', '.join(ENGINES)}")
    if not 1 <= horizon <= HORIZON_LIMIT:
        raise PanelError(f"horizon: found {horizon} months, expected 1 to {HORIZON_LIMIT}")
    values = panel.values[:, -HISTORY_MONTHS:]
    rows = np.flatnonzero(~np.isnan(values[:, -SILENT_MONTHS:]).all(axis=1))
    if not len(rows):
        raise PanelError("no series: found none with a value in the last 12 months, expected at least one")
    ids, treated = [panel.ids[row] for row in rows], treat_history(values[rows])
    month_of_year = panel.last_month.month - 1
    found = forecast_treated(treated, ENGINES[engine], horizon, month_of_year=month_of_year)
    drawn = _draw_lines(Panel(ids, treated.history, found.point), WIDTH_ENGINES.get(engine, engine), seed, paths)
    lines = np.full((len(LINE_NAMES), len(values), horizon + 1), np.nan)
    lines[:, rows] = drawn.series
    model = np.full(len(values), NO_FORECAST, dtype=object)
    model[rows] = name_models(found)
    frame = _to_frame(panel.ids, lines, model.tolist(), add_months(panel.last_month, 1), engine)
    if total:
        of = "" if len(rows) == len(values) else f" of {len(values)}"
        label = f"sum of {len(rows)}{of} series"
        summed = _to_frame([TOTAL_ID], drawn.total[:, None], [label], add_months(panel.last_month, 1), engine)
        frame = pl.concat([frame, summed])
    return frame


def name_models(found: Forecast) -> list[str]:
    """The model of each series with the first edge rule that applies: `average + growth (gap)`, `ended`."""
    pairs = zip(found.model.tolist(), found.flag.tolist(), strict=True)
    return [f"{model} ({flag})" if flag and flag != model else str(model) for model, flag in pairs]


def count_edge_cases(forecast: pl.DataFrame) -> dict[str, int]:
    """How many series of a forecast each edge rule applies to, most frequent first."""
    of_series = forecast.filter(pl.col("month").is_null(), pl.col("unique_id") != TOTAL_ID)
    flag = pl.coalesce(pl.col("model").str.extract(r"\(([a-z_]+)\)$"), pl.col("model").str.extract("^(ended)$"))
    counted = of_series.select(flag.alias("flag")).drop_nulls().group_by("flag").len()
    return dict(counted.sort(["len", "flag"], descending=[True, False]).iter_rows())


def _draw_lines(panel: Panel, engine: str, seed: int, paths: int) -> Lines:
    """Point and bounds per series and of their total; blocks of series, of which only sums are kept."""
    point = _with_sum(panel.point)
    uncertainty = fit_uncertainty(panel, ENGINES[engine])
    # The others stay at their point on every path; left out, they do so to the last digit.
    moving = np.flatnonzero((uncertainty.difficulty > 0) & (panel.point != 0).any(axis=1))
    bounds = np.repeat(point[None], len(BOUND_NAMES), axis=0)
    chosen = Panel([panel.ids[int(row)] for row in moving], panel.history[moving], panel.point[moving])
    still = np.delete(panel.point, moving, axis=0).sum(axis=0)
    sums = np.tile(still, (paths, 1))

    def read_off(block: slice, drawn: PathArray) -> tuple[slice, FloatArray, FloatArray]:
        year = drawn.sum(axis=2, keepdims=True)
        return block, take_bounds(np.concatenate([drawn, year], axis=2)), drawn.sum(axis=0, dtype=np.float64)

    shocks = draw_shocks(paths, panel.history.shape[1], seed)
    for block, of_block, summed in sample_blocks(chosen, uncertainty.take(moving), shocks, read_off):
        bounds[:, moving[block]] = of_block
        sums += summed
    total = point.sum(axis=0)
    of_total = take_bounds(_with_sum(sums)) if len(moving) else np.repeat(total[None], len(BOUND_NAMES), axis=0)
    return Lines(_enclose(point, bounds), _enclose(total, of_total))


def _with_sum(months: FloatArray) -> FloatArray:
    return np.concatenate([months, months.sum(axis=1, keepdims=True)], axis=1)


def _enclose(point: FloatArray, bounds: FloatArray) -> FloatArray:
    """Point and bounds in one array, the bounds moved to the point where it lies outside them."""
    lower_80, upper_80, lower_95, upper_95 = bounds
    lower_80, upper_80 = np.minimum(lower_80, point), np.maximum(upper_80, point)
    return np.stack([point, lower_80, upper_80, np.minimum(lower_95, lower_80), np.maximum(upper_95, upper_80)])


def _to_frame(ids: list[str], lines: FloatArray, model: list[str], first_month: date, engine: str) -> pl.DataFrame:
    """Rows per series: its months, then the year without a month. `lines` (5, N, H + 1)."""
    columns = lines.shape[2]
    months = [*(add_months(first_month, step) for step in range(columns - 1)), None]
    unknown: BoolArray = np.isnan(lines)
    numbers = {name: pl.Series(lines[place].ravel()) for place, name in enumerate(LINE_NAMES)}
    frame = pl.DataFrame(
        {
            "unique_id": np.repeat(np.array(ids, dtype=object), columns).tolist(),
            "month": months * len(ids),
            **numbers,
            "engine": [engine] * unknown[0].size,
            "model": np.repeat(np.array(model, dtype=object), columns).tolist(),
        },
        schema=FORECAST_SCHEMA,
    )
    return frame.with_columns(pl.col(LINE_NAMES).fill_nan(None))
