"""All bounds of one advice: scenarios that stand on one engine are sampled once, zin and pgb are put side by side.

Wiring of pure functions: `bounds.py` samples, `levels.py` makes rows, `pgb/paths.py` does pgb, `exceedance.py`
the chances.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from wlz.bounds.exceedance import measure_exceedance
from wlz.bounds.levels import LevelKey, LevelPaths, bound_levels, collect_levels, expect_levels, observed_levels
from wlz.bounds.pgb import bound_pgb, sum_pgb
from wlz.bounds.room import state_room
from wlz.bounds.valued_paths import (
    EURO_BOUNDS,
    MONTHS,
    VOLUME_BOUNDS,
    Calendar,
    CompletedMonths,
    Valuation,
    build_calendar,
    build_levels,
    complete_shares,
    sample_scenarios,
)
from wlz.forecasting.engines import Engine
from wlz.forecasting.ets import FloatArray
from wlz.forecasting.paths import draw_shocks
from wlz.forecasting.sampling import BOUND_NAMES, Panel, fit_uncertainty, take_bounds
from wlz.known.scenarios import Scenario
from wlz.pgb.paths import simulate_pgb
from wlz.prices.uncertainty import MATERIAL_DEVIATION, MEASURED, UNMEASURED, draw_extra_items, extra_item_deviations
from wlz.volumes.volumes import VolumePanel
from wlz.words.vocabulary import NATION, SERIES_KEY

SEED = 0
LEVEL_COLUMNS = ["part", "level", "wlz_uitvoerder", "zorgkantoorregio", "prestatiegroep", "prestatiecode"]
ROW_COLUMNS = [
    "scenario",
    *LEVEL_COLUMNS,
    "period",
    "month",
    "expected_volume",
    *VOLUME_BOUNDS,
    "expected_eur",
    *EURO_BOUNDS,
    "uncertainty",
]


class AdviceInputs(NamedTuple):
    """Stage tables of one advice, all scenarios unless said otherwise. `panels` by `Scenario.panel`; `completed`:
    COMPLETED_SERIES, without rows when nothing was completed."""

    panels: Mapping[str, VolumePanel]
    scenarios: Sequence[Scenario]
    engines: Mapping[str, Engine]
    volumes: pl.DataFrame
    prices: pl.DataFrame
    revenue: pl.DataFrame
    extra_items: pl.DataFrame
    utilisation: pl.DataFrame
    region_shares: pl.DataFrame
    pgb: pl.DataFrame  # of one scenario: it is the same in all
    pgb_stands: pl.DataFrame
    budgets: pl.DataFrame
    prestaties: pl.DataFrame
    completed: pl.DataFrame
    budget_year: int
    brutering_factor: float


class AdviceBounds(NamedTuple):
    """Frames of the tables forecast_bounds, exceedance and utilisation_outlook, without their vintage."""

    bounds: pl.DataFrame
    exceedance: pl.DataFrame
    outlook: pl.DataFrame


def bound_advice(inputs: AdviceInputs, paths: int, seed: int = SEED) -> AdviceBounds:
    """Bounds, exceedance and outlook of every scenario of an advice, on `paths` joint paths."""
    pgb = simulate_pgb(inputs.pgb, inputs.pgb_stands, budget_year=inputs.budget_year, paths=paths, seed=seed)
    pgb_rows = bound_pgb(pgb, inputs.pgb)
    pgb_year = {name: stands[:, -1] for name, stands in sum_pgb(pgb).items()}
    found = []
    for owner in [one for one in inputs.scenarios if one.on is None]:
        family = [one.name for one in inputs.scenarios if owner.name in (one.name, one.on)]
        found += _bound_family(inputs, owner, family, paths, seed, pgb_year)
    with_pgb = [pgb_rows.with_columns(scenario=pl.lit(one.scenario)).select(ROW_COLUMNS) for one in found]
    rows = pl.concat([*(one.rows for one in found), *with_pgb])
    return AdviceBounds(
        state_room(rows, inputs.utilisation),
        pl.concat([one.exceedance for one in found]),
        pl.concat([one.outlook for one in found]),
    )


class _ScenarioBounds(NamedTuple):
    scenario: str
    rows: pl.DataFrame
    exceedance: pl.DataFrame
    outlook: pl.DataFrame


def _bound_family(
    inputs: AdviceInputs,
    owner: Scenario,
    family: Sequence[str],
    paths: int,
    seed: int,
    pgb_year: Mapping[str, npt.NDArray[np.float64]],
) -> list[_ScenarioBounds]:
    """A scenario with an engine of its own, and those that stand on it."""
    volume_panel = inputs.panels[owner.panel]
    start = _start_of(volume_panel, owner, inputs)
    calendar = build_calendar(volume_panel.first_month, start.history_months, inputs.budget_year)
    base = _points(inputs.volumes, owner.name, volume_panel, start, "computed_volume")
    panel = Panel(volume_panel.ids, volume_panel.history, _panel_point(base, volume_panel, start))
    series = _describe_series(volume_panel.keys, inputs.prestaties)
    region_shares = complete_shares(series, inputs.region_shares)
    levels = build_levels(series, region_shares)
    valuation = _value(volume_panel.keys, inputs.prices.filter(scenario=owner.name))
    known, months = volume_panel.known[:, calendar.observed], panel.history.shape[1]
    sampled = sample_scenarios(
        panel,
        fit_uncertainty(panel, inputs.engines[owner.engine]),
        draw_shocks(paths, months, seed),
        series=series,
        points={name: _points(inputs.volumes, name, volume_panel, start) for name in family},
        valuation=valuation,
        calendar=calendar,
        observed=known,
        levels=levels,
        seed=seed,
        base=base,
        days=volume_panel.days_ahead,
        completed=start.completed,
    )
    rows, found = {name: placed[0] for name, placed in levels.items()}, []
    for name in family:
        mine = {table: getattr(inputs, table).filter(pl.col("scenario") == name) for table in _PER_SCENARIO}
        shares, items = _extra_shares(mine["utilisation"]), mine["extra_items"]
        of_levels = collect_levels(
            sampled.sums[name],
            observed=observed_levels(sampled.sums[name], rows, known, valuation.price),
            extra=draw_extra_items(items, extra_item_deviations(items), paths, seed),
            extra_shares=shares,
            calendar=calendar,
        )
        bounds = pl.concat([sampled.series[name], bound_levels(of_levels, calendar)])
        expected = expect_levels(mine["revenue"], items, series, region_shares, shares)
        done = _finish(bounds, expected, mine["utilisation"], name)
        found.append(_put_together(inputs, name, done, of_levels, calendar, mine, pgb_year))
    return found


def _put_together(
    inputs: AdviceInputs,
    name: str,
    rows: pl.DataFrame,
    levels: Mapping[LevelKey, LevelPaths],
    calendar: Calendar,
    mine: Mapping[str, pl.DataFrame],
    pgb_year: Mapping[str, npt.NDArray[np.float64]],
) -> _ScenarioBounds:
    """Rows of one scenario with its chances and the year after, from the same paths."""
    chances = _exceed(levels, calendar, pgb_year, inputs, name)
    return _ScenarioBounds(name, rows, chances, _look_ahead(levels, mine, inputs, name))


_PER_SCENARIO = ("volumes", "revenue", "extra_items", "utilisation")


class _Start(NamedTuple):
    """Where the paths of a scenario begin: `history_months` of the panel before them, and the months of the budget year
    that are completed (None without any)."""

    history_months: int
    completed: CompletedMonths | None


def _start_of(panel: VolumePanel, owner: Scenario, inputs: AdviceInputs) -> _Start:
    """Behind the panel's history; with completed months in January of the budget year, since these are not certain."""
    months = panel.history.shape[1]
    january = (inputs.budget_year - panel.first_month.year) * MONTHS + 1 - panel.first_month.month
    if not owner.completes_lag or january > months:
        return _Start(months, None)
    of_year = inputs.completed.filter(pl.col("care_month").dt.year() == inputs.budget_year)
    return _Start(january, _spread_completed(of_year, panel))


def _spread_completed(of_year: pl.DataFrame, panel: VolumePanel) -> CompletedMonths:
    """Completed months as arrays in the order of the panel; a month a series does not have is a certain 0."""
    months = of_year.select(pl.col("care_month").unique().sort())
    grid = panel.keys.select(SERIES_KEY).with_row_index("row").join(months, how="cross")
    filled = grid.join(of_year, on=[*SERIES_KEY, "care_month"], how="left").sort("row", "care_month")
    names = ("completed_volume", "common_deviation_ratio", "own_deviation_ratio")
    shape = (panel.keys.height, -1)
    return CompletedMonths(*(filled[name].fill_null(0.0).to_numpy().reshape(shape) for name in names))


def _points(
    volumes: pl.DataFrame, scenario: str, panel: VolumePanel, start: _Start, column: str = "forecast_volume"
) -> FloatArray:
    """Months of a scenario behind its start, (N, H): completed or forecast."""
    last = pl.lit(panel.first_month).dt.offset_by(f"{start.history_months - 1}mo")
    ahead = volumes.filter(pl.col("scenario") == scenario, pl.col("care_month") > last)
    months = ahead.select(pl.col("care_month").unique().sort())
    grid = panel.keys.select(SERIES_KEY).with_row_index("row").join(months, how="cross")
    filled = grid.join(ahead, on=[*SERIES_KEY, "care_month"], how="left").sort("row", "care_month")
    value = filled.select(pl.coalesce("completed_volume", column).fill_null(0.0)).to_series()
    points: FloatArray = value.to_numpy().reshape(panel.keys.height, -1)
    return points


def _panel_point(base: FloatArray, panel: VolumePanel, start: _Start) -> FloatArray:
    """What the panel's paths lie around: its own forecast months, per day where it counts so."""
    history = panel.history.shape[1]
    ahead = base[:, history - start.history_months :]
    return ahead if panel.days is None else ahead / panel.days[:, history : history + ahead.shape[1]]


def _describe_series(keys: pl.DataFrame, prestaties: pl.DataFrame) -> pl.DataFrame:
    known = prestaties.select("prestatiecode", "prestatiegroep", "unit_code", (~pl.col("is_meerzorg")).alias("in_base"))
    return keys.join(known, on="prestatiecode", how="left", maintain_order="left")


def _value(keys: pl.DataFrame, prices: pl.DataFrame) -> Valuation:
    of_series = keys.join(
        prices.select(*SERIES_KEY, "price_eur_per_unit", "price_deviation_ratio"),
        on=SERIES_KEY,
        how="left",
        maintain_order="left",
    )
    price, deviation = (of_series[name].fill_null(0.0) for name in ("price_eur_per_unit", "price_deviation_ratio"))
    material = deviation.to_numpy() >= MATERIAL_DEVIATION
    return Valuation(price.to_numpy(), np.where(material, deviation.to_numpy(), 0.0))


def _extra_shares(utilisation: pl.DataFrame) -> dict[tuple[str, str], float]:
    """(uitvoerder, region) → share of the extra items, as the expectation was divided."""
    regions = utilisation.filter(pl.col("level") == "region", pl.col("part") == "zin")
    amount = pl.col("extra_items_eur").cast(pl.Float64)
    whole = amount.sum().over("wlz_uitvoerder")
    share = pl.when(whole != 0).then(amount / whole).otherwise(0.0)
    rows = regions.select("wlz_uitvoerder", "zorgkantoorregio", share.alias("share"))
    return {(uitvoerder, region): value for uitvoerder, region, value in rows.iter_rows()}


def _finish(bounds: pl.DataFrame, expected: pl.DataFrame, utilisation: pl.DataFrame, scenario: str) -> pl.DataFrame:
    """Bounds and what is expected; years of regions, uitvoerders and the nation to the cent as published."""
    key = ["level", "wlz_uitvoerder", "zorgkantoorregio", "prestatiegroep", "prestatiecode", "period", "month"]
    published = utilisation.filter(pl.col("part") == "zin").select(
        "level", "wlz_uitvoerder", "zorgkantoorregio", pl.col("expected_eur").cast(pl.Float64).alias("published_eur")
    )
    joined = bounds.join(expected, on=key, how="left", nulls_equal=True).join(
        published, on=["level", "wlz_uitvoerder", "zorgkantoorregio"], how="left"
    )
    whole_year = (pl.col("period") == "year") | (
        (pl.col("period") == "cumulative") & (pl.col("month") == pl.col("month").max())
    )
    amount = pl.when(whole_year).then(pl.coalesce("published_eur", "expected_eur")).otherwise("expected_eur")
    extra = pl.col("level").is_in(["region", "uitvoerder", "national"])
    held = pl.when(extra).then(pl.lit(f"{MEASURED}; not: {UNMEASURED}")).otherwise(pl.lit("volume, price"))
    with_point = joined.with_columns(
        amount.fill_null(0.0).alias("expected_eur"),
        pl.col("volume").alias("expected_volume"),
        held.alias("uncertainty"),
        part=pl.lit("zin"),
        scenario=pl.lit(scenario),
    )
    return _hold_point(with_point).select(ROW_COLUMNS)


def _hold_point(rows: pl.DataFrame) -> pl.DataFrame:
    """Bounds that hold the point: of a code rarely used the mean may lie beyond the ninetieth of a hundred paths."""
    moved = []
    for names, point in ((EURO_BOUNDS, "expected_eur"), (VOLUME_BOUNDS, "expected_volume")):
        for name in names:
            reach = pl.min_horizontal if name.startswith("lower") else pl.max_horizontal
            moved.append(pl.when(pl.col(name).is_not_null()).then(reach(name, point)).alias(name))
    return rows.with_columns(moved)


def _exceed(
    levels: Mapping[LevelKey, LevelPaths],
    calendar: Calendar,
    pgb_year: Mapping[str, npt.NDArray[np.float64]],
    inputs: AdviceInputs,
    scenario: str,
) -> pl.DataFrame:
    if calendar.ahead.stop == calendar.ahead.start:  # the year is over: nothing to be unsure of
        return measure_exceedance({}, {}, _total_budgets(inputs.budgets), 1.0).with_columns(scenario=pl.lit(scenario))
    zin = {
        uitvoerder: paths.cumulative[:, -1]
        for (level, uitvoerder, _, _), paths in levels.items()
        if level in ("uitvoerder", "national")
    }
    measured = measure_exceedance(zin, pgb_year, _total_budgets(inputs.budgets), inputs.brutering_factor)
    return measured.with_columns(scenario=pl.lit(scenario))


def _total_budgets(budgets: pl.DataFrame) -> pl.DataFrame:
    amounts = [pl.col(name).sum() for name in ("zin_budget_eur", "pgb_budget_eur")]
    per_uitvoerder = budgets.group_by("wlz_uitvoerder").agg(amounts)
    nation = budgets.select(pl.lit(NATION).alias("wlz_uitvoerder"), *amounts)
    return pl.concat([per_uitvoerder, nation])


def _look_ahead(
    levels: Mapping[LevelKey, LevelPaths], mine: Mapping[str, pl.DataFrame], inputs: AdviceInputs, scenario: str
) -> pl.DataFrame:
    """The year after per uitvoerder and nation, valued like the budget year; the mean of its paths is not the point,
    so the expectation is that of the volumes."""
    in_base, budget_year = mine["revenue"].filter("in_base").sort([*SERIES_KEY, "care_month"]), inputs.budget_year
    prices = in_base.filter(pl.col("month_volume") != 0)
    amount, volume = pl.col("forecast_amount_eur").sum().cast(pl.Float64), pl.col("month_volume").sum()
    price = prices.group_by(SERIES_KEY, maintain_order=True).agg((amount / volume).alias("price"))
    year = pl.col("care_month").dt.year()
    after = mine["volumes"].filter(year == budget_year + 1).join(price, on=SERIES_KEY, how="inner")
    value = (pl.col("forecast_volume") * pl.col("price")).sum().round(2)  # to the cent: sums of floats differ behind it
    said = after.group_by("wlz_uitvoerder").agg(value.alias("expected"))
    this_year = in_base.group_by("wlz_uitvoerder").agg(amount.alias("this_year")).sort("wlz_uitvoerder")
    both = this_year.join(said, on="wlz_uitvoerder", how="left", maintain_order="left")
    both = both.with_columns(pl.col("expected").fill_null(0.0))
    both = pl.concat([both, both.select(pl.lit(NATION).alias("wlz_uitvoerder"), pl.col("this_year", "expected").sum())])
    rows = []
    for (level, uitvoerder, _, _), paths in levels.items():
        if level in ("uitvoerder", "national"):
            rows.append((uitvoerder, *take_bounds(paths.year_after[:, None])[:, 0].tolist()))
    bounds = pl.DataFrame(rows, schema=["wlz_uitvoerder", *(f"{name}_eur" for name in BOUND_NAMES)], orient="row")
    growth = pl.when(pl.col("this_year") != 0).then(pl.col("expected") / pl.col("this_year") - 1)
    return both.join(bounds, on="wlz_uitvoerder", how="inner").select(
        "wlz_uitvoerder",
        pl.col("expected").alias("expected_excl_extra_eur"),
        *EURO_BOUNDS,
        pl.col("this_year").alias("this_year_excl_extra_eur"),
        growth.alias("growth_ratio"),
        pl.lit(budget_year + 1, dtype=pl.Int32).alias("budget_year"),
        pl.lit(scenario).alias("scenario"),
    )
