"""The months of an advice completed for lag: from snapshots of claims to completed volumes per series.

Here: cells of the advice (uitvoerder × prestatie group at one price per series, so that a new tariff is no run-off),
days that count in a month, series that fell silent, what goes into the tables. Not here: the method (`wlz/runoff/`),
volumes of the months ahead (`volumes/`).
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from wlz.forecasting.engines import Engine
from wlz.forecasting.ets import SEASON_MONTHS, BoolArray, FloatArray, IntArray
from wlz.forecasting.one_panel import forecast_treated, treat_history
from wlz.hand_overs import find_hand_overs
from wlz.lag.how_sure import measure_series, spread_own
from wlz.lag.said import LAGS, build_cells, build_series
from wlz.lag.silent import find_quiet_series, find_silent_series
from wlz.runoff.completion import (
    OPEN_MONTHS,
    UNSURE_MONTHS,
    Completion,
    Forecaster,
    complete_cells,
    complete_months,
    expect_months,
    forecast_known,
)
from wlz.runoff.retrospect import (
    RetrospectiveErrors,
    Scatter,
    measure_scatter,
    retrospective_errors,
    spread_scatter,
)
from wlz.runoff.triangle import LagError, sum_labels
from wlz.words.months import add_months, list_months, month_number
from wlz.words.vocabulary import SERIES_KEY

CELL_KEY = ["wlz_uitvoerder", "prestatiegroep"]
FIRST_WLZ_MONTH = date(2015, 1, 1)  # the Wlz took effect
CARE_MONTHS = 60  # looked at, youngest last
DELIVERIES = 25  # two years of them and the one they start from
DAY_UNIT = "14"  # etmaal: every day of the month counts; in other units its weekdays
MEAN_DAYS, MEAN_WEEKDAYS = 365.25 / 12, 365.25 / 12 * 5 / 7


class CompletedAdvice(NamedTuple):
    """All that the lag stage of one advice says.

    `series` is the frame of the table completed_series, `cells`, `completion`, `errors` and `scatter` what its curve
    and statistics are made from, `values` (uitvoerders, T, L) the triangles added up, `price` the euro per unit every
    series counts with, `price_level` (uitvoerders,) what the euro declared in the open months is of those volumes at
    that price: a new year's tariffs, mostly. `hand_overs` (FAMILY_SCHEMA) are codes that went on under another.
    """

    series: pl.DataFrame
    price: pl.DataFrame
    values: FloatArray
    cells: pl.DataFrame
    completion: Completion
    errors: RetrospectiveErrors
    scatter: Scatter
    claims_month: date
    price_level: FloatArray
    hand_overs: pl.DataFrame


def count_days(months: Sequence[date], unit_codes: Sequence[str]) -> FloatArray:
    """(N, M): days of each month ÷ a mean month for series in etmaal, weekdays ÷ their mean for the others.

    Public holidays are not left out: the months they fall in are the same each year but for Easter and Pentecost.
    """
    starts = np.array(months, dtype="datetime64[M]")
    first, after = starts.astype("datetime64[D]"), (starts + 1).astype("datetime64[D]")
    days = (after - first).astype(float) / MEAN_DAYS
    weekdays = np.busday_count(first, after) / MEAN_WEEKDAYS
    by_day = np.array([code == DAY_UNIT for code in unit_codes])
    return np.where(by_day[:, None], days[None, :], weekdays[None, :])


class SeriesPanel(NamedTuple):
    """Series of an advice over its care months.

    `keys` (N rows), `months` (T), `cell` (N,) row of its cell, `uitvoerder` (cells,) label, `declared` (N, T) volume,
    NaN before the first claim, `days` (N, T), `price` (N,) euro per unit.
    """

    keys: pl.DataFrame
    months: list[date]
    cell: IntArray
    uitvoerder: IntArray
    declared: FloatArray
    days: FloatArray
    price: FloatArray


def complete_advice(
    snapshots: pl.DataFrame,
    series: pl.DataFrame,
    prestaties: pl.DataFrame,
    *,
    claims_month: date,
    engine: Engine,
    ended: pl.DataFrame,
    links: pl.DataFrame,
) -> CompletedAdvice:
    """Complete every month of the delivery of `claims_month` that is still filling up.

    In: `snapshots` prestatiecode, wlz_uitvoerder, care_month, delivery_month, declared_volume of up to 25 deliveries,
    the last of them `claims_month`; `series` (SERIES) of that delivery; `prestaties` with group and unit; `ended`
    prestatiecode, end_month; `links` of codes that a list says go on under another. Out: per prestatie × uitvoerder ×
    care month declared and completed volume, the share normally known, the a priori, the method, how sure, and a flag:
    late_uitvoerder, billing_speed or silent_series. Raises LagError where the deliveries teach nothing of a month.
    """
    cells, panel = _build_panel(series, prestaties, claims_month)
    has_ended = panel.keys["prestatiecode"].is_in(ended["prestatiecode"].to_list()).to_numpy()
    counted = np.where(find_quiet_series(panel.declared, panel.cell, has_ended), 0.0, panel.price)
    of_series = panel.keys.with_columns(pl.Series("cell", panel.cell), pl.Series("price", counted))
    values = build_cells(snapshots, of_series, panel.months)
    weight = np.nan_to_num(panel.declared[:, -2 * SEASON_MONTHS :]).sum(axis=1) * panel.price
    days = _weigh_days(panel.days, weight, panel.cell, cells.height)
    last_month, by_cell = panel.months[-1].month - 1, forecast_known(engine)
    done = complete_cells(values, panel.uitvoerder, last_month, by_cell, days)
    _refuse_unlearnt(done)
    errors = retrospective_errors(values, panel.uitvoerder, last_month, by_cell, done, days)
    scatter = measure_scatter(errors, done.curve.p, panel.uitvoerder)
    handed = find_hand_overs(series, _known_shares(panel, done), prestaties, links)
    said = build_series(snapshots, panel.keys, panel.months)
    taken = _taken_over(panel, handed)
    frame = _complete_series(panel, done, scatter, said, engine, (_find_ends(panel, ended, handed), taken))
    prices = panel.keys.with_columns(pl.Series("price", panel.price))
    of_uitvoerder = sum_labels(values, panel.uitvoerder)
    levels = _price_levels(cells, prices, series)
    return CompletedAdvice(frame, prices, of_uitvoerder, cells, done, errors, scatter, claims_month, levels, handed)


def _refuse_unlearnt(done: Completion) -> None:
    """Raises LagError when nothing was learnt of how a month comes in: unknown is not complete."""
    unknown = np.asarray(np.isnan(done.completeness).any(axis=0))
    if unknown.any():
        youngest = int(np.argmax(unknown[::-1])) + 1
        raise LagError(
            f"scenario completed: found no two deliveries that say how months of lag {youngest} come in, expected at "
            "least one step from that lag on. Likely deliveries are missing, or repeat each other. Next: deliver the "
            "missing months, or wlz run --scenario letter"
        )


def _known_shares(panel: SeriesPanel, done: Completion) -> pl.DataFrame:
    """How much of every month of every series is normally known: prestatiecode, wlz_uitvoerder, care_month, ratio."""
    ratio = done.completeness[panel.cell]
    return pl.concat(
        panel.keys.with_columns(pl.lit(month).alias("care_month"), pl.Series("completeness_ratio", ratio[:, place]))
        for place, month in enumerate(panel.months)
    )


def _find_ends(panel: SeriesPanel, ended: pl.DataFrame, handed: pl.DataFrame) -> IntArray:
    """(N,) place of the last month with care of each series; behind the last month for one that goes on.

    A code ends by its list, or at an uitvoerder where another took over.
    """
    by_code = dict(ended.select("prestatiecode", "end_month").drop_nulls().iter_rows())
    by_series = {(code, name): end for code, name, end in handed.select(*SERIES_KEY, "end_month").iter_rows()}
    ends = [
        min((end for end in (by_code.get(code), by_series.get((code, name))) if end is not None), default=None)
        for code, name in panel.keys.select(SERIES_KEY).iter_rows()
    ]
    first, behind = month_number(panel.months[0]), len(panel.months)
    return np.array([behind if end is None else month_number(end) - first for end in ends], dtype=np.int64)


def _taken_over(panel: SeriesPanel, handed: pl.DataFrame) -> FloatArray:
    """(N, T) volume, in its own units, that others handed over to a series which ran on beside them."""
    taken = np.zeros(panel.declared.shape)
    row = {key: place for place, key in enumerate(panel.keys.select(SERIES_KEY).iter_rows())}
    of_link = ("prestatiecode", "successor", "wlz_uitvoerder", "end_month", "share", "volume_factor")
    for code, successor, name, end, share, factor in handed.select(of_link).iter_rows():
        until = month_number(end) - month_number(panel.months[0]) + 1
        old, new = row[code, name], row[successor, name]
        if (np.nan_to_num(panel.declared[new, max(until - SEASON_MONTHS, 0) : until]) > 0).all():
            taken[new, :until] += np.nan_to_num(panel.declared[old, :until]) * share * factor
    return taken


def _build_panel(
    series: pl.DataFrame, prestaties: pl.DataFrame, claims_month: date
) -> tuple[pl.DataFrame, SeriesPanel]:
    months = _months_before(claims_month, CARE_MONTHS)
    keys, declared = _spread_series(series, months)
    known = prestaties.select("prestatiecode", "prestatiegroep", "unit_code")
    described = keys.join(known, on="prestatiecode", how="left", maintain_order="left")
    cells = described.select(CELL_KEY).unique().sort(CELL_KEY)
    place = described.join(cells.with_row_index("cell"), on=CELL_KEY, how="left", maintain_order="left")
    return cells, SeriesPanel(
        keys,
        months,
        place["cell"].to_numpy().astype(np.int64),
        cells["wlz_uitvoerder"].rle_id().to_numpy().astype(np.int64),
        declared,
        count_days(months, described["unit_code"].to_list()),
        _reference_prices(keys, series, claims_month),
    )


def _months_before(claims_month: date, count: int) -> list[date]:
    """The last `count` care months before a delivery, but none before the Wlz took effect."""
    last = add_months(claims_month, -1)
    return list_months(max(add_months(last, 1 - count), FIRST_WLZ_MONTH), last)


def _spread_series(series: pl.DataFrame, months: Sequence[date]) -> tuple[pl.DataFrame, FloatArray]:
    """Keys, sorted, and declared volume (N, T); NaN before the first claim and for months not delivered."""
    inside = series.filter(pl.col("care_month").is_in(list(months)))
    keys = inside.select(SERIES_KEY).unique().sort(SERIES_KEY)
    column = {month: place for place, month in enumerate(months)}
    rows = inside.join(keys.with_row_index("row"), on=SERIES_KEY, how="left")
    values = np.full((keys.height, len(months)), np.nan)
    place = np.array([column[month] for month in rows["care_month"]])
    values[rows["row"].to_numpy(), place] = rows["declared_volume"].fill_null(np.nan).to_numpy()
    return keys, values


def _reference_prices(keys: pl.DataFrame, series: pl.DataFrame, claims_month: date) -> FloatArray:
    """Euro per unit of the last twelve months old enough, of all months where those are empty; 0 without any."""
    recent = pl.col("lag_months").is_between(OPEN_MONTHS + 1, OPEN_MONTHS + SEASON_MONTHS)
    amount, volume = pl.col("declared_amount_eur").cast(pl.Float64), pl.col("declared_volume")

    def price(rows: pl.Expr) -> pl.Expr:
        total, units = amount.filter(rows).sum(), volume.filter(rows).sum()
        return pl.when((total > 0) & (units > 0)).then(total / units)

    found = (
        series.sort([*SERIES_KEY, "care_month"])
        .group_by(SERIES_KEY, maintain_order=True)
        .agg(pl.coalesce(price(recent), price(pl.lit(True))).fill_null(0.0).alias("price"))
    )
    joined = keys.join(found, on=SERIES_KEY, how="left", maintain_order="left")
    return joined["price"].fill_null(0.0).to_numpy()


def _price_levels(cells: pl.DataFrame, prices: pl.DataFrame, series: pl.DataFrame) -> FloatArray:
    """Euro of the open months ÷ their volumes at the price of the series, per uitvoerder; 1 where that is not known."""
    recent = series.filter(pl.col("lag_months") <= OPEN_MONTHS).join(prices, on=SERIES_KEY)
    amount = pl.col("declared_amount_eur").cast(pl.Float64).sum()
    at_price = (pl.col("declared_volume") * pl.col("price")).sum()
    found = recent.sort([*SERIES_KEY, "care_month"]).group_by("wlz_uitvoerder", maintain_order=True)
    level = found.agg(pl.when((amount > 0) & (at_price > 0)).then(amount / at_price).alias("level"))
    names = cells.select("wlz_uitvoerder").unique(maintain_order=True)
    joined = names.join(level, on="wlz_uitvoerder", how="left", maintain_order="left")
    return joined["level"].fill_null(1.0).to_numpy()


def _weigh_days(days: FloatArray, weight: FloatArray, cell: IntArray, cells: int) -> FloatArray:
    """Days of a cell: the mean of its series by euro."""
    total, size = np.zeros((cells, days.shape[1])), np.zeros(cells)
    held = np.maximum(weight, 0.0) + np.finfo(float).tiny
    np.add.at(total, cell, days * held[:, None])
    np.add.at(size, cell, held)
    return total / size[:, None]


def _forecast_series(engine: Engine, last_month_of_year: int) -> Forecaster:
    """The engine with all edge cases of a panel; a series never seen before is 0."""

    def forecast(history: FloatArray, horizon: int) -> FloatArray:
        point = np.zeros((len(history), horizon))
        seen = (~np.isnan(history)).any(axis=1)
        ahead = horizon if horizon > UNSURE_MONTHS else 0
        month_of_year = (last_month_of_year - UNSURE_MONTHS - ahead) % SEASON_MONTHS
        found = forecast_treated(treat_history(history[seen]), engine, horizon, month_of_year=month_of_year)
        point[seen] = found.point
        return point

    return forecast


def _complete_series(
    panel: SeriesPanel,
    done: Completion,
    scatter: Scatter,
    said: FloatArray,
    engine: Engine,
    handed: tuple[IntArray, FloatArray],
) -> pl.DataFrame:
    """Bornhuetter–Ferguson per series with the completeness of its cell; rows from the first claim of each series.

    After the end of a series nothing more is expected: what was declared there stays as it is. `handed`: those ends,
    and what a series that ran on took over (`_taken_over`): its youngest months are expected from both.
    """
    ends, taken = handed
    declared, months = panel.declared, len(panel.months)
    completeness = done.completeness[panel.cell].copy()
    silent = find_silent_series(declared, completeness, ends < months)
    completeness[silent] = 0.0
    completeness[np.arange(months)[None, :] > ends[:, None]] = 1.0
    seen = np.nan_to_num(declared)
    started = np.maximum.accumulate(seen != 0, axis=1)
    forecaster = _forecast_series(engine, panel.months[-1].month - 1)
    per_day = np.where(started, seen + taken, np.nan) / panel.days
    a_priori = expect_months(per_day, completeness, forecaster) * panel.days - taken
    completed = np.where(started, complete_months(seen, completeness, a_priori), np.nan)
    behind = done.curve.lateness.behind[:, -1][panel.uitvoerder][panel.cell]
    common, own = _how_sure(panel, done, scatter, said, completed, completeness, silent)
    flag = _flag(panel, done, silent)
    by_prior = ~np.isnan(a_priori)
    method = np.where(
        by_prior, "bornhuetter_ferguson", np.where(months - np.arange(months) > LAGS, "declared", "chain_ladder")
    )
    values = {
        "declared_volume": declared,
        "completeness_ratio": completeness,
        "a_priori_volume": a_priori,
        "completed_volume": completed,
        "common_deviation_ratio": common,
        "own_deviation_ratio": own,
    }
    return _to_rows(panel, values, behind, started).with_columns(
        pl.Series("lag_method", method[started].tolist()),
        pl.Series("flag", [name or None for name in flag[started].tolist()], dtype=pl.String),
    )


def _how_sure(
    panel: SeriesPanel,
    done: Completion,
    scatter: Scatter,
    said: FloatArray,
    completed: FloatArray,
    completeness: FloatArray,
    silent: BoolArray,
) -> tuple[FloatArray, FloatArray]:
    """Relative deviations (N, T) of completed months: shared by the series of an uitvoerder, and of each alone.

    A month imputed for a silent series is as unsure as a forecast.
    """
    lateness, label = done.curve.lateness, panel.uitvoerder[panel.cell]
    months = len(panel.months)
    lag = months - 1 - np.arange(months)[None, :] - lateness.behind[:, -1][label][:, None]
    common = spread_scatter(scatter, done.curve, panel.uitvoerder)[0][panel.cell]
    common = np.where(silent, np.maximum(common, scatter.expected[label][:, None]), common)
    measured = measure_series(said, completed, panel.days, panel.price, (panel.cell, panel.uitvoerder), done.curve)
    return common, spread_own(measured, completeness, lag, lateness.held_at(lag, label)[0], silent)


def _flag(panel: SeriesPanel, done: Completion, silent: BoolArray) -> npt.NDArray[np.str_]:
    """(N, T) what is odd about a month: silent_series, late_uitvoerder, billing_speed, or nothing."""
    label, lag = panel.uitvoerder[panel.cell], len(panel.months) - np.arange(len(panel.months))
    late = (done.curve.lateness.behind[:, -1] > 0) | done.held.is_late[:, -1]
    speed = done.speed.shift != 0
    return np.select(
        [silent, late[label][:, None] & (lag <= LAGS), speed[label][:, None] & (lag <= OPEN_MONTHS + 1)],
        ["silent_series", "late_uitvoerder", "billing_speed"],
        default="",
    )


def _to_rows(
    panel: SeriesPanel, values: Mapping[str, FloatArray], behind: IntArray, started: BoolArray
) -> pl.DataFrame:
    """Arrays (N, T) as one row per series and month that has `started`; NaN is null."""
    row, column = np.nonzero(started)
    lag = len(panel.months) - column
    return panel.keys[row].with_columns(
        pl.Series("care_month", panel.months)[column],
        pl.Series("lag_months", lag, dtype=pl.Int32),
        pl.Series("effective_lag_months", lag - behind[row], dtype=pl.Int32),
        *(pl.Series(name, of_name[row, column]).fill_nan(None) for name, of_name in values.items()),
    )


def claims_for_prices(
    series_region: pl.DataFrame, completed: pl.DataFrame, budget_year: int, minimum_ratio: float
) -> pl.DataFrame:
    """Rows of SERIES_REGION whose months carry enough volume to say what care costs.

    Months of the budget year of which less than `minimum_ratio` is normally known are left out, unless a series has no
    other; the first claims of a month are not a sample of it.
    """
    known = completed.filter(pl.col("care_month").dt.year() == budget_year).select(
        *SERIES_KEY, "care_month", (pl.col("completeness_ratio") >= minimum_ratio).alias("carries")
    )
    joined = series_region.join(known, on=[*SERIES_KEY, "care_month"], how="left").with_columns(
        pl.col("carries").fill_null(True)
    )
    of_year = pl.col("care_month").dt.year() == budget_year
    has_volume = (pl.col("carries") & of_year & (pl.col("declared_volume") > 0)).any().over(SERIES_KEY)
    return joined.filter(~of_year | pl.col("carries") | ~has_volume).drop("carries")
