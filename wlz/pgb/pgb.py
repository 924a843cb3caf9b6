"""pgb: monthly stands of granted budgets and their forecast to December (letter, annex A.2.3).

Here: stand per report region, its forecast, the plain benchmark beside it. Not here: reserveringen
(they end up in later grants, so forecasting them too would count twice), the kader and what is left of it
(``utilisation/``), the smoothing itself (``forecasting/ets.py``), bounds (``paths.py``).
"""

from datetime import date

import numpy as np
import polars as pl

from wlz.forecasting.ets import (
    FORMS,
    MIN_OBSERVATIONS,
    MIN_SEASON_OBSERVATIONS,
    Bank,
    BoolArray,
    FloatArray,
    Points,
    build_bank,
    ets_select,
    fit_panel,
    forecast_fit,
)
from wlz.words.faults import Spoken
from wlz.words.months import MONTHS_PER_YEAR
from wlz.words.vocabulary import MONEY

SILENT_MONTHS = 12  # a region without a stand for longer than this, while others have one, has ended
OBSERVED_MODEL = "observed to December"
LAST_YEAR_MODEL = "short series: path of last year"
OTHERS_MODEL = "short series: path of the other regions"
FLAT_MODEL = "short series: last stand"


class PgbError(Spoken, ValueError):
    """No stand to forecast from. The message says which months were looked at."""


def build_pgb_stands(grants: pl.DataFrame) -> pl.DataFrame:
    """Stand per report region and month, of the budget year the month lies in.

    In: pgb_verleningen with the region joined: reference_date, zorgkantoor_code, zorgkantoorregio, wlz_uitvoerder,
    budget_year, granted_eur. Rows about another year than that of the reference date are dropped: a grant for next
    year says nothing about this year's stand. Of several reference dates in a month the last one per zorgkantoor
    counts; zorgkantoren of a region are added. Out: zorgkantoorregio, wlz_uitvoerder, month, granted_eur, sorted.
    A month in which a zorgkantoor is missing between two months of the same year in which it did report is null for
    the region, not a lower sum. Limit: a zorgkantoor missing at the end of the year's reports cannot be told from one
    that was folded into another.

    >>> build_pgb_stands(grants).columns  # doctest: +SKIP
    ['zorgkantoorregio', 'wlz_uitvoerder', 'month', 'granted_eur']
    """
    of_code = (
        grants.filter(pl.col("budget_year") == pl.col("reference_date").dt.year())
        .sort("reference_date")
        .group_by("zorgkantoorregio", "zorgkantoor_code", pl.col("reference_date").dt.month_start().alias("month"))
        .agg(pl.col("wlz_uitvoerder", "granted_eur").last())
    )
    reporting = of_code.group_by("zorgkantoorregio", "zorgkantoor_code", pl.col("month").dt.year().alias("year")).agg(
        pl.col("month").min().alias("first"), pl.col("month").max().alias("last")
    )
    months = of_code.select("zorgkantoorregio", "month", pl.col("month").dt.year().alias("year")).unique()
    expected = (
        months.join(reporting, on=["zorgkantoorregio", "year"], how="inner")
        .filter(pl.col("month").is_between("first", "last"))
        .group_by("zorgkantoorregio", "month")
        .agg(pl.len().alias("code_count"))
    )
    complete = (pl.len() == pl.col("code_count").first()) & (pl.col("granted_eur").null_count() == 0)
    return (
        of_code.join(expected, on=["zorgkantoorregio", "month"], how="left")
        .sort("zorgkantoor_code")
        .group_by("zorgkantoorregio", "month")
        .agg(
            pl.col("wlz_uitvoerder").last(),
            pl.when(complete).then(pl.col("granted_eur").sum()).cast(MONEY).alias("granted_eur"),
        )
        .select("zorgkantoorregio", "wlz_uitvoerder", "month", "granted_eur")
        .sort("zorgkantoorregio", "month")
    )


def forecast_pgb(stands: pl.DataFrame, *, budget_year: int, years_back: int) -> pl.DataFrame:
    """Stand of every region for every month from January (budget_year − years_back) to December of the budget year.

    In: stands of ``build_pgb_stands``. Out, per zorgkantoorregio × month: granted_stand_eur where it was observed,
    forecast_stand_eur after the region's last stand, model; months without a stand before the last one stay empty. The
    uitvoerder is that of the latest stand. Expected utilisation of the year is the December row. Rule: exponential
    smoothing per region from January two years back, among the models with trend and season, by AICc: the letter
    counts on both (growth, and a January below December; A.2.3). Left to AICc alone,
    27 stands rarely pay for a season, and then December is forecast at about the stand of March. Below 24 stands a
    region follows its own path of last year, else that of the others. Regions may end in different months; one silent
    for over 12 months is taken as ended and left out. Raises PgbError when there is no stand at all.

    >>> forecast_pgb(stands, budget_year=2018, years_back=2)  # doctest: +SKIP
    """
    first, december = date(budget_year - years_back, 1, 1), date(budget_year, 12, 1)
    known = stands.filter(pl.col("month").is_between(first, december), pl.col("granted_eur").is_not_null())
    if known.is_empty():
        raise PgbError(
            f"no stand of pgb grants between {first:%Y-%m} and {december:%Y-%m}; expected one a month. "
            "Next: deliver pgb_verleningen; an advice needs declaraties, kader and pgb_verleningen"
        )
    latest = known["month"].max()
    regions = (
        known.sort("month")
        .group_by("zorgkantoorregio")
        .agg(pl.col("wlz_uitvoerder").last(), pl.col("month").last().alias("last_month"))
        .filter(pl.col("last_month").dt.offset_by(f"{SILENT_MONTHS}mo") >= latest)
        .drop("last_month")
    )
    months = pl.DataFrame({"month": pl.date_range(first, december, "1mo", eager=True)})
    grid = (
        regions.join(months, how="cross")
        .join(known.select("zorgkantoorregio", "month", "granted_eur"), on=["zorgkantoorregio", "month"], how="left")
        .sort("zorgkantoorregio", "month")
    )
    values = grid["granted_eur"].cast(pl.Float64).to_numpy().reshape(regions.height, months.height)
    points, models = _forecast_panel(np.array(values, dtype=np.float64))
    return grid.select(
        "zorgkantoorregio",
        "wlz_uitvoerder",
        "month",
        pl.col("granted_eur").cast(MONEY).alias("granted_stand_eur"),
        _to_euro("forecast_stand_eur", points),
        pl.Series("model", np.repeat(models, months.height).tolist(), dtype=pl.String),
    )


def _forecast_panel(values: FloatArray) -> tuple[FloatArray, list[str]]:
    """Points (N, T) with NaN up to each series' last stand, and the model of each.

    Series alike in their last month are smoothed together; short ones follow a known path.
    """
    observed = ~np.isnan(values)
    month_count = values.shape[1]
    last = month_count - 1 - observed[:, ::-1].argmax(axis=1)
    long_enough = observed.sum(axis=1) >= MIN_SEASON_OBSERVATIONS
    points = np.full(values.shape, np.nan)
    models = np.full(len(values), OBSERVED_MODEL, dtype=object)
    for end in np.unique(last[long_enough & (last < month_count - 1)]):
        rows = np.flatnonzero(long_enough & (last == end))
        points[rows, end + 1 :], models[rows] = _smooth(values[rows, : end + 1], month_count - 1 - int(end))
    others = np.where(observed, values, points)[long_enough]
    for row in np.flatnonzero(~long_enough & (last < month_count - 1)):
        end = int(last[row])
        points[row, end + 1 :], models[row] = _follow_path(values[row, : end + 1], others[:, end:], month_count)
    return points, [str(model) for model in models]


def _smooth(values: FloatArray, horizon: int) -> tuple[FloatArray, list[str]]:
    """Points (N, horizon) and models of series whose last column is observed.

    With trend and season where the observed months allow it and the series moves.
    """
    points = np.empty((len(values), horizon))
    models = np.empty(len(values), dtype=object)
    done = np.zeros(len(values), dtype=np.bool_)
    observed: BoolArray = ~np.isnan(values)
    moves = np.nanmax(values, axis=1) > np.nanmin(values, axis=1)
    for pattern in np.unique(observed, axis=0):
        rows = np.flatnonzero((observed == pattern).all(axis=1) & moves)
        months = pattern[int(pattern.argmax()) :]
        bank = _keep_trend_and_season(build_bank(tuple(months.tolist())))
        if len(rows) and len(bank.parameter_count):
            fit = fit_panel(bank, np.ascontiguousarray(values[rows][:, pattern]))
            points[rows] = np.maximum(forecast_fit(fit, len(months), 0, horizon)[0], 0.0)
            models[rows], done[rows] = fit.model, True
    if not done.all():
        found = ets_select(values[~done], horizon)
        points[~done], models[~done] = found.lines[0], found.model
    return points, [str(model) for model in models]


def _keep_trend_and_season(bank: Bank) -> Bank:
    keep = np.isin(bank.points.form, [index for index, form in enumerate(FORMS) if form.trend and form.season])
    points = Points(*(getattr(bank.points, name)[keep] for name in ("form", "alpha", "beta", "phi", "gamma")))
    return Bank(points, bank.parameter_count[keep], bank.products[keep], bank.initial[keep], bank.observed)


def _follow_path(stands: FloatArray, others: FloatArray, month_count: int) -> tuple[FloatArray, str]:
    """Points (months to December) and model of a series too short for a season; ``others`` from its last month on."""
    ahead = month_count - len(stands)
    last_year = np.full(ahead + 1, np.nan)
    if len(stands) > MONTHS_PER_YEAR and ahead <= MONTHS_PER_YEAR:
        last_year = stands[len(stands) - 1 - MONTHS_PER_YEAR : len(stands) + ahead - MONTHS_PER_YEAR]
    path = others[~np.isnan(others).any(axis=1)].sum(axis=0)
    for candidate, model in ((last_year, LAST_YEAR_MODEL), (path, OTHERS_MODEL)):
        if candidate[0] > 0 and not np.isnan(candidate).any():
            return stands[-1] * candidate[1:] / candidate[0], model
    if (~np.isnan(stands)).sum() >= MIN_OBSERVATIONS:
        found = ets_select(stands[None, :], ahead)
        return found.lines[0, 0], str(found.model[0])
    return np.full(ahead, stands[-1]), FLAT_MODEL


def _to_euro(name: str, line: FloatArray) -> pl.Series:
    """A line of the panel as a column of cents, rounded half-even once; NaN is null."""
    return pl.Series(name, line.ravel()).fill_nan(None).round(2, mode="half_to_even").cast(MONEY)


def benchmark_pgb(stands: pl.DataFrame, *, budget_year: int, years_back: int) -> pl.DataFrame:
    """December as anybody can compute it: the latest stand × December ÷ same-month stand of earlier years.

    In: stands of ``build_pgb_stands``. Out, per region with a stand in the budget year: zorgkantoorregio,
    wlz_uitvoerder, latest_month, granted_to_date_eur, growth_factor (mean over the earlier years that have both
    stands), benchmark_eur. Factor and benchmark are null without such a year. Shown beside the forecast in the
    backtest; never the advice.

    >>> benchmark_pgb(stands, budget_year=2018, years_back=2)  # doctest: +SKIP
    """
    known = stands.filter(pl.col("granted_eur").is_not_null()).with_columns(
        pl.col("month").dt.year().alias("year"), pl.col("month").dt.month().alias("month_number")
    )
    latest = (
        known.filter(pl.col("year") == budget_year)
        .sort("month")
        .group_by("zorgkantoorregio")
        .agg(
            pl.col("wlz_uitvoerder", "month_number").last(),
            pl.col("month").last().alias("latest_month"),
            pl.col("granted_eur").last().alias("granted_to_date_eur"),
        )
    )
    earlier = known.filter(pl.col("year").is_between(budget_year - years_back, budget_year - 1))
    stand = pl.col("granted_eur").cast(pl.Float64)
    decembers = earlier.filter(pl.col("month_number") == 12).select("zorgkantoorregio", "year", stand.alias("december"))
    factors = (
        earlier.select("zorgkantoorregio", "year", "month_number", stand.alias("same_month"))
        .filter(pl.col("same_month") > 0)
        .join(decembers, on=["zorgkantoorregio", "year"], how="inner")
        .group_by("zorgkantoorregio", "month_number")
        .agg((pl.col("december") / pl.col("same_month")).sort().mean().alias("growth_factor"))
    )
    december_eur = (pl.col("granted_to_date_eur").cast(pl.Float64) * pl.col("growth_factor")).round(2, "half_to_even")
    return (
        latest.join(factors, on=["zorgkantoorregio", "month_number"], how="left")
        .with_columns(december_eur.cast(MONEY).alias("benchmark_eur"))
        .drop("month_number")
        .sort("zorgkantoorregio")
    )
