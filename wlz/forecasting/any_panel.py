"""The volume method on anybody's panel: a frame of series and months in, a frame of forecasts and bounds out.

In: `unique_id`, `month`, `value`, one row per series and month, in any unit; other columns are left alone. Out: one row
per series and forecast month, and one per series with the sum over the horizon. Files are read and written elsewhere
(`wlz/files/panel.py`, `pipelines/cli/forecast.py`); codes, units and money have no part in it.
"""

from datetime import date
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from wlz.files.panel import TOTAL_ID, PanelError, PanelFrame
from wlz.forecasting.engines import DEFAULT_ENGINE, ENGINES
from wlz.forecasting.ets import MIN_SEASON_OBSERVATIONS, SEASON_MONTHS, BoolArray, FloatArray
from wlz.forecasting.incomplete import find_incomplete_months
from wlz.forecasting.one_panel import Forecast, forecast_treated, treat_history
from wlz.forecasting.paths import DEFAULT_PATHS, PathArray, draw_shocks
from wlz.forecasting.sampling import BOUND_NAMES, MAX_PAST_YEARS, Panel, fit_uncertainty, sample_blocks, take_bounds
from wlz.words.months import add_months

LINE_NAMES = ("forecast", *BOUND_NAMES)
FORECAST_SCHEMA: dict[str, pl.DataType] = {
    "unique_id": pl.String(),
    "month": pl.Date(),
    **dict.fromkeys(LINE_NAMES, pl.Float64()),
    "engine": pl.String(),
    "model": pl.String(),
}
# What the bounds can learn from: two years of history before each of three past years.
HISTORY_MONTHS = MIN_SEASON_OBSERVATIONS + MAX_PAST_YEARS * SEASON_MONTHS
SILENT_MONTHS = SEASON_MONTHS  # without a value: no month of last year is known
NO_FORECAST = "no forecast (silent)"
MEAN_WEEKDAYS = 365.25 * 5 / 7 / SEASON_MONTHS  # of a month
HORIZON_LIMIT = 60  # months ahead; behind it bounds are wider than the forecast
# The full search takes seconds a series and year: its width is learnt from our own search, which chooses alike.
WIDTH_ENGINES = {"statsmodels": "ets_select"}


class Drawing(NamedTuple):
    """How paths are drawn: whose width, the seed, how many, and how many months are drawn before the first shown.

    `shares` (H, C): what of the H months drawn falls in each of the C columns shown; None shows the months themselves,
    with their sum behind them.
    """

    engine: str
    seed: int
    paths: int
    skipped: int
    shares: FloatArray | None = None

    def show(self, months: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Months (…, H) of points or paths → the columns that are shown (…, C)."""
        if self.shares is not None:
            return np.asarray(months @ self.shares)
        return np.concatenate([months, months.sum(axis=-1, keepdims=True)], axis=-1)


class Lines(NamedTuple):
    """`series` (5, N, C) and `sums` (5, S, C) in the order of LINE_NAMES, the sum over the horizon last."""

    series: FloatArray
    sums: FloatArray


class Course(NamedTuple):
    """Lines of all series and of the sums asked for, `model` of each series, `sums` by name with what they are of."""

    lines: Lines
    model: list[str]
    sums: dict[str, str]


def forecast_frame(
    panel: PanelFrame,
    *,
    engine: str = DEFAULT_ENGINE,
    horizon: int = SEASON_MONTHS,
    total: bool = False,
    seed: int = 0,
    paths: int = DEFAULT_PATHS,
    as_is: bool = False,
    by_weekday: bool = False,
) -> pl.DataFrame:
    """Forecast and bounds of every series, columns of FORECAST_SCHEMA, sorted by series; the year row has no month.

    `horizon` months after the last column, for everybody: a series that ends earlier is forecast across its gap. Edge
    cases as in a run (`one_panel.py`), after last months that are not complete in nearly all series
    (`incomplete.py`; not with `as_is`): those are forecast too, and not shown. The first edge case that applies stands
    in `model`, as in `mean (short)`. A series without a value in the last 12 months has no forecast (null) and no part
    in a total: engines would repeat its last known year with bounds that know nothing of the silence. The year row is
    the sum over the horizon with the bounds of that sum; with `total` the series `__total__`, and per group of the
    panel `__total__:column=group`, have those of joint paths. Where the point lies outside the sampled bounds (very
    skewed months) the nearer bound is the point. `by_weekday`: months are forecast per day from Monday to Friday, for
    series that follow those.

    Limits: the last 60 months count; `statsmodels` is slow and has the width of `ets_select`; beyond two years ahead
    the width is not measured. Raises PanelError for an unknown engine, a horizon outside 1–60, no series.
    """
    refuse_wrong_use(engine, horizon)
    skipped = 0 if as_is else find_incomplete_months(panel.values[:, -HISTORY_MONTHS:]).months
    known = panel.values[:, : panel.values.shape[1] - skipped]
    shares = None
    if by_weekday:
        weekdays = count_weekdays(panel.first_month, panel.values.shape[1] + horizon)
        known, shown = known / weekdays[: known.shape[1]], weekdays[panel.values.shape[1] :]
        shares = np.concatenate([np.diag(shown), shown[:, None]], axis=1)
    drawing = Drawing(WIDTH_ENGINES.get(engine, engine), seed, paths, skipped, shares)
    ends = add_months(panel.last_month, -skipped)
    course = forecast_lines(panel, known, engine, skipped + horizon, drawing, month_of_year=ends.month - 1, total=total)
    return to_frame(panel, course, [add_months(panel.last_month, 1 + step) for step in range(horizon)], engine)


def count_weekdays(first_month: date, count: int) -> FloatArray:
    """Days from Monday to Friday in each of so many months, beside those of a mean month.

    >>> count_weekdays(date(2018, 2, 1), 2).round(3).tolist()
    [0.92, 1.012]
    """
    begins = np.datetime64(first_month, "M") + np.arange(count + 1)
    days = np.busday_count(begins[:-1].astype("datetime64[D]"), begins[1:].astype("datetime64[D]"))
    return np.asarray(days / MEAN_WEEKDAYS, dtype=np.float64)


def forecast_lines(
    panel: PanelFrame,
    known: FloatArray,
    engine: str,
    ahead: int,
    drawing: Drawing,
    *,
    month_of_year: int,
    total: bool,
) -> Course:
    """Series (N, T) by an engine `ahead` months on, edge cases and sums included, in the columns that are shown.

    `month_of_year` of the last column known, 0 is January. Raises PanelError for a panel without a series to forecast.
    """
    values = known[:, -HISTORY_MONTHS:]
    rows = np.flatnonzero(~np.isnan(values[:, -SILENT_MONTHS:]).all(axis=1))
    if not len(rows):
        raise PanelError("no series: found none with a value in the last 12 months, expected at least one")
    ids, treated = [panel.ids[row] for row in rows], treat_history(values[rows])
    found = forecast_treated(treated, ENGINES[engine], ahead, month_of_year=month_of_year)
    sums = list_sums(panel, total)
    parts = {name: part[rows] for name, part in sums.items()}
    drawn = _draw_lines(Panel(ids, treated.history, found.point), parts, drawing)
    lines = np.full((len(LINE_NAMES), len(values), drawn.series.shape[2]), np.nan)
    lines[:, rows] = drawn.series
    model = np.full(len(values), NO_FORECAST, dtype=object)
    model[rows] = name_models(found)
    labels = {name: _label_sum(int(part[rows].sum()), int(part.sum())) for name, part in sums.items()}
    return Course(Lines(lines, drawn.sums), model.tolist(), labels)


def to_frame(panel: PanelFrame, course: Course, months: list[date], engine: str) -> pl.DataFrame:
    """Rows of FORECAST_SCHEMA: the series, then the sums, each with its months and then the year without a month."""
    frame = _to_rows(panel.ids, course.lines.series, course.model, months, engine)
    if not course.sums:
        return frame
    summed = _to_rows(list(course.sums), course.lines.sums, list(course.sums.values()), months, engine)
    return pl.concat([frame, summed])


def refuse_wrong_use(engine: str, horizon: int) -> None:
    """Raises PanelError for an engine that is none, and a horizon of too many months."""
    if engine not in ENGINES:
        raise PanelError(f"engine: found {engine!r}, expected one of {', '.join(ENGINES)}")
    if not 1 <= horizon <= HORIZON_LIMIT:
        raise PanelError(f"horizon: found {horizon} months, expected 1 to {HORIZON_LIMIT}")


def list_sums(panel: PanelFrame, total: bool) -> dict[str, BoolArray]:
    """Name of every sum asked for → which series are its parts; those that are sums of others are no part of any.

    The total of all first, then `__total__:column=group` for the columns of groups, in the order of their names.
    """
    is_part = np.array([name not in panel.totals for name in panel.ids])
    sums: dict[str, BoolArray] = {TOTAL_ID: is_part} if total else {}
    for column, groups in panel.groups.items():
        of_series = np.array(groups, dtype=object)
        named = {f"{TOTAL_ID}:{column}={group}": is_part & (of_series == group) for group in sorted(set(groups))}
        sums |= {name: part for name, part in named.items() if part.any()}
    return sums


def _label_sum(counted: int, parts: int) -> str:
    return f"sum of {counted}{'' if counted == parts else f' of {parts}'} series"


def name_models(found: Forecast) -> list[str]:
    """The model of each series with the first edge rule that applies: `average + growth (gap)`, `ended`."""
    pairs = zip(found.model.tolist(), found.flag.tolist(), strict=True)
    return [f"{model} ({flag})" if flag and flag != model else str(model) for model, flag in pairs]


def count_edge_cases(forecast: pl.DataFrame) -> dict[str, int]:
    """How many series of a forecast each edge rule applies to, most frequent first."""
    unit = "week" if "week" in forecast.columns else "month"
    of_series = forecast.filter(pl.col(unit).is_null(), ~pl.col("unique_id").str.starts_with(TOTAL_ID))
    flag = pl.coalesce(pl.col("model").str.extract(r"\(([a-z_]+)\)$"), pl.col("model").str.extract("^(ended)$"))
    counted = of_series.select(flag.alias("flag")).drop_nulls().group_by("flag").len()
    return dict(counted.sort(["len", "flag"], descending=[True, False]).iter_rows())


def _draw_lines(panel: Panel, parts: dict[str, BoolArray], drawing: Drawing) -> Lines:
    """Point and bounds per series and of sums of them; blocks of series, of which only sums are kept."""
    shown = panel.point[:, drawing.skipped :]
    point, engine = drawing.show(shown), ENGINES[drawing.engine]
    uncertainty = fit_uncertainty(panel, engine)
    # The others stay at their point on every path; left out, they do so to the last digit.
    moves = (uncertainty.difficulty > 0) & (panel.point != 0).any(axis=1)
    moving = np.flatnonzero(moves)
    bounds = np.repeat(point[None], len(BOUND_NAMES), axis=0)
    chosen = Panel([panel.ids[int(row)] for row in moving], panel.history[moving], panel.point[moving])
    sums = {name: np.tile(shown[part & ~moves].sum(axis=0), (drawing.paths, 1)) for name, part in parts.items()}

    def read_off(block: slice, drawn: PathArray) -> tuple[slice, FloatArray, list[FloatArray]]:
        ahead = drawn[:, :, drawing.skipped :]
        within = [ahead if part[moving[block]].all() else ahead[part[moving[block]]] for part in parts.values()]
        summed = [of_part.sum(axis=0, dtype=np.float64) for of_part in within]
        return block, take_bounds(drawing.show(ahead)), summed

    shocks = draw_shocks(drawing.paths, panel.history.shape[1], drawing.seed)
    for block, of_block, summed in sample_blocks(chosen, uncertainty.take(moving), shocks, read_off):
        bounds[:, moving[block]] = of_block
        for name, of_part in zip(parts, summed, strict=True):
            sums[name] += of_part
    totals = [
        _enclose_sum(point[part].sum(axis=0), drawing.show(sums[name]), (part & moves).any())
        for name, part in parts.items()
    ]
    return Lines(_enclose(point, bounds), np.stack(totals, axis=1) if totals else np.empty((len(LINE_NAMES), 0, 0)))


def _enclose_sum(point: FloatArray, paths: FloatArray, moves: bool) -> FloatArray:
    """A sum of series with the bounds of its paths; without a series that moves those are the sum."""
    return _enclose(point, take_bounds(paths) if moves else np.repeat(point[None], len(BOUND_NAMES), axis=0))


def _enclose(point: FloatArray, bounds: FloatArray) -> FloatArray:
    """Point and bounds in one array, the bounds moved to the point where it lies outside them."""
    lower_80, upper_80, lower_95, upper_95 = bounds
    lower_80, upper_80 = np.minimum(lower_80, point), np.maximum(upper_80, point)
    return np.stack([point, lower_80, upper_80, np.minimum(lower_95, lower_80), np.maximum(upper_95, upper_80)])


def _to_rows(ids: list[str], lines: FloatArray, model: list[str], months: list[date], engine: str) -> pl.DataFrame:
    """Rows per series: its months, then the year without a month. `lines` (5, N, C)."""
    columns = lines.shape[2]
    unknown: BoolArray = np.isnan(lines)
    numbers = {name: pl.Series(lines[place].ravel()) for place, name in enumerate(LINE_NAMES)}
    frame = pl.DataFrame(
        {
            "unique_id": np.repeat(np.array(ids, dtype=object), columns).tolist(),
            "month": [*months, None] * len(ids),
            **numbers,
            "engine": [engine] * unknown[0].size,
            "model": np.repeat(np.array(model, dtype=object), columns).tolist(),
        },
        schema=FORECAST_SCHEMA,
    )
    return frame.with_columns(pl.col(LINE_NAMES).fill_nan(None))
