"""All bounds of one advice: one family of scenarios after another, and zin and pgb side by side.

A family is a scenario with an engine of its own and those that stand on it. It is sampled once (`valued_paths.py`
says from what), turned into euro and read off block by block (`read_off.py`), added up to every level (`levels.py`);
then come the chances (`exceedance.py`) and the year after (`outlook.py`). Pgb is the same in all (`pgb.py`).
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl

from wlz.bounds.calendar import build_calendar
from wlz.bounds.exceedance import measure_exceedance
from wlz.bounds.levels import ScenarioTables, add_up, bound_levels, expect_levels, spread_extra_items
from wlz.bounds.outlook import NO_KADER, look_ahead
from wlz.bounds.pgb import PgbBounds, bound_pgb
from wlz.bounds.read_off import EURO_BOUNDS, LEVEL_KEY, VOLUME_BOUNDS, ScenarioPaths, sample_family
from wlz.bounds.room import state_room
from wlz.bounds.valued_paths import CompletedMonths, Sampling, Seen, Valuation, build_levels, complete_shares
from wlz.forecasting.engines import Engine
from wlz.forecasting.ets import FloatArray
from wlz.forecasting.paths import draw_shocks
from wlz.forecasting.sampling import Panel, fit_uncertainty
from wlz.known.scenarios import Scenario
from wlz.pgb.paths import simulate_pgb
from wlz.prices.uncertainty import MATERIAL_DEVIATION, MEASURED, UNMEASURED
from wlz.volumes.volumes import VolumePanel
from wlz.words.months import add_months, months_between
from wlz.words.vocabulary import PLACE, SERIES_KEY

SEED = 0
ROW_COLUMNS = [
    "scenario",
    "part",
    *LEVEL_KEY,
    "period",
    "month",
    "expected_volume",
    *VOLUME_BOUNDS,
    "expected_eur",
    *EURO_BOUNDS,
    "uncertainty",
]


class AdviceInputs(NamedTuple):
    """Stage tables of one advice, all scenarios unless said otherwise.

    `panels` by `Scenario.panel`; `completed`: COMPLETED_SERIES, without rows when nothing was completed.
    """

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
    kader_after: pl.DataFrame = NO_KADER  # of the year after, no rows while it is not known

    def of_scenario(self, name: str) -> ScenarioTables:
        """The tables of one scenario."""
        return ScenarioTables(*(getattr(self, table).filter(scenario=name) for table in ScenarioTables._fields))


class AdviceBounds(NamedTuple):
    """Frames of the tables forecast_bounds, exceedance and utilisation_outlook, without their vintage."""

    bounds: pl.DataFrame
    exceedance: pl.DataFrame
    outlook: pl.DataFrame


def bound_advice(inputs: AdviceInputs, paths: int, seed: int = SEED) -> AdviceBounds:
    """Bounds, exceedance and outlook of every scenario of an advice, on `paths` joint paths."""
    year = inputs.budget_year
    pgb = bound_pgb(simulate_pgb(inputs.pgb, inputs.pgb_stands, budget_year=year, paths=paths, seed=seed), inputs.pgb)
    found: dict[str, AdviceBounds] = {}
    for owner in [one for one in inputs.scenarios if one.on is None]:
        sampling = describe_sampling(inputs, owner, paths, seed)
        for scenario, read in sample_family(sampling).items():
            found[scenario] = bound_scenario(inputs, scenario, sampling, read, pgb)
    with_pgb = [pgb.rows.with_columns(scenario=pl.lit(scenario)).select(ROW_COLUMNS) for scenario in found]
    rows = pl.concat([*(one.bounds for one in found.values()), *with_pgb])
    chances, after = ([getattr(one, table) for one in found.values()] for table in ("exceedance", "outlook"))
    return AdviceBounds(state_room(rows, inputs.utilisation), pl.concat(chances), pl.concat(after))


def describe_sampling(inputs: AdviceInputs, owner: Scenario, paths: int, seed: int) -> Sampling:
    """What the paths of a scenario with an engine of its own, and of those that stand on it, rest on.

    They begin behind the panel's history; with completed months in January of the budget year, since these are not
    certain.
    """
    panel = inputs.panels[owner.panel]
    months, completed = panel.history.shape[1], None
    january = months_between(panel.first_month, date(inputs.budget_year, 1, 1))
    in_january = owner.completes_lag and january <= months
    start = january if in_january else months
    if in_january:
        names = ("completed_volume", "common_deviation_ratio", "own_deviation_ratio")
        of_year = inputs.completed.filter(pl.col("care_month").dt.year() == inputs.budget_year)
        completed = CompletedMonths(*_spread(of_year, panel, *(pl.col(name) for name in names)))
    last = add_months(panel.first_month, start - 1)
    ahead = inputs.volumes.filter(pl.col("care_month") > last)
    (base,) = _spread(ahead.filter(scenario=owner.name), panel, pl.coalesce("completed_volume", "computed_volume"))
    # What the panel's paths lie around: its own forecast months, per day where it counts so.
    point = base[:, months - start :]
    if panel.days is not None:
        point = point / panel.days[:, months : months + point.shape[1]]
    of_engine = Panel(panel.ids, panel.history, point)
    expected = pl.coalesce("completed_volume", "forecast_volume")
    family = [one.name for one in inputs.scenarios if owner.name in (one.name, one.on)]
    series = _price_series(inputs, owner)
    price, deviation = (series[name].to_numpy() for name in ("price_eur_per_unit", "price_deviation_ratio"))
    calendar = build_calendar(panel.first_month, start, inputs.budget_year)
    seen = np.nansum(panel.known[:, calendar.observed], axis=1)
    shares = complete_shares(series, inputs.region_shares)
    return Sampling(
        panel=of_engine,
        uncertainty=fit_uncertainty(of_engine, inputs.engines[owner.engine]),
        shocks=draw_shocks(paths, months, seed),
        base=base,
        points={name: _spread(ahead.filter(scenario=name), panel, expected)[0] for name in family},
        days=panel.days_ahead,
        completed=completed,
        seen=Seen(seen, seen * price),
        valuation=Valuation(price, deviation),
        calendar=calendar,
        series=series,
        shares=shares,
        levels=build_levels(series, shares),
        seed=seed,
    )


def _spread(rows: pl.DataFrame, panel: VolumePanel, *values: pl.Expr) -> list[FloatArray]:
    """Values of rows per series and care month as arrays (N, months) in the order of the panel; 0 without a row."""
    months = rows.select(pl.col("care_month").unique().sort())
    grid = panel.keys.select(SERIES_KEY).with_row_index("row").join(months, how="cross")
    filled = grid.join(rows, on=[*SERIES_KEY, "care_month"], how="left").sort("row", "care_month")
    shape = (panel.keys.height, -1)
    return [filled.select(value.fill_null(0.0)).to_series().to_numpy().reshape(shape) for value in values]


def _price_series(inputs: AdviceInputs, owner: Scenario) -> pl.DataFrame:
    """Every series of a panel, in its order, with its group and its price; a price that hardly scatters is certain."""
    priced = inputs.prices.filter(scenario=owner.name)
    priced = priced.select(*SERIES_KEY, "price_eur_per_unit", "price_deviation_ratio")
    deviation = pl.col("price_deviation_ratio").fill_null(0.0)
    series = describe_groups(inputs.panels[owner.panel].keys, inputs.prestaties)
    return series.join(priced, on=SERIES_KEY, how="left", maintain_order="left").with_columns(
        pl.col("price_eur_per_unit").fill_null(0.0),
        pl.when(deviation >= MATERIAL_DEVIATION).then(deviation).otherwise(0.0).alias("price_deviation_ratio"),
    )


def describe_groups(keys: pl.DataFrame, prestaties: pl.DataFrame) -> pl.DataFrame:
    """Rows of prestatiecode and wlz_uitvoerder with prestatiegroep, in_base (not meerzorg) and is_mixed.

    Volumes of a mixed group cannot be added: its series count in more than one unit.
    """
    known = prestaties.select("prestatiecode", "prestatiegroep", "unit_code", (~pl.col("is_meerzorg")).alias("in_base"))
    is_mixed = pl.col("unit_code").n_unique().over("prestatiegroep") > 1
    return keys.join(known, on="prestatiecode", how="left", maintain_order="left").with_columns(
        pl.when(pl.col("prestatiegroep").is_not_null()).then(is_mixed).alias("is_mixed")
    )


def bound_scenario(
    inputs: AdviceInputs, scenario: str, sampling: Sampling, read: ScenarioPaths, pgb: PgbBounds
) -> AdviceBounds:
    """Rows of one scenario, its chances and the year after, all from the same paths."""
    tables = inputs.of_scenario(scenario)
    extra = spread_extra_items(tables, len(sampling.shocks.sign), sampling.seed)
    levels = add_up(read, sampling, extra)
    bounds = pl.concat([read.series, bound_levels(levels, sampling.calendar)])
    expected = expect_levels(tables, sampling, extra)
    rows = put_beside_point(bounds, expected, tables.utilisation)
    zin = {
        uitvoerder: of_level.cumulative[:, -1]
        for (level, uitvoerder, _, _), of_level in levels.items()
        if level in ("uitvoerder", "national") and sampling.calendar.ahead_months  # a year that is over is certain
    }
    chances = measure_exceedance(zin, pgb.year, inputs.budgets, inputs.brutering_factor)
    outlook = look_ahead(levels, tables, inputs.budget_year, inputs.kader_after)
    of_scenario = pl.lit(scenario).alias("scenario")
    rows = rows.with_columns(of_scenario).select(ROW_COLUMNS)
    return AdviceBounds(rows, chances.with_columns(of_scenario), outlook.with_columns(of_scenario))


def put_beside_point(bounds: pl.DataFrame, expected: pl.DataFrame, utilisation: pl.DataFrame) -> pl.DataFrame:
    """Bounds and what is expected; years of regions, uitvoerders and the nation to the cent as published.

    In: rows of BOUNDS_SCHEMA, those of `expect_levels` and UTILISATION of one scenario. Out: the rows with
    `expected_volume`, `expected_eur`, `uncertainty` and part zin. Months before a series or a group begins have no
    volume and no row here: a code that takes over is sampled from January of a year in which it comes later. Bounds
    hold the point: of a code rarely used the mean may lie beyond the ninetieth of a hundred paths.
    """
    published = utilisation.filter(part="zin").select(
        "level", *PLACE, pl.col("expected_eur").cast(pl.Float64).alias("published_eur")
    )
    joined = bounds.join(expected, on=[*LEVEL_KEY, "period", "month"], how="left", nulls_equal=True).join(
        published, on=["level", *PLACE], how="left"
    )
    joined = joined.filter(pl.col("expected_eur").is_not_null() | ~pl.col("level").is_in(["series", "group"]))
    is_december = pl.col("month") == pl.col("month").max()
    whole_year = (pl.col("period") == "year") | ((pl.col("period") == "cumulative") & is_december)
    amount = pl.when(whole_year).then(pl.coalesce("published_eur", "expected_eur")).otherwise("expected_eur")
    has_items = pl.col("level").is_in(["region", "uitvoerder", "national"])
    held = pl.when(has_items).then(pl.lit(f"{MEASURED}; not: {UNMEASURED}")).otherwise(pl.lit("volume, price"))
    with_point = joined.with_columns(
        amount.fill_null(0.0).alias("expected_eur"),
        pl.col("volume").alias("expected_volume"),
        held.alias("uncertainty"),
        part=pl.lit("zin"),
    )
    holding = []
    for names, point in ((EURO_BOUNDS, "expected_eur"), (VOLUME_BOUNDS, "expected_volume")):
        for name in names:
            reach = pl.min_horizontal if name.startswith("lower") else pl.max_horizontal
            holding.append(pl.when(pl.col(name).is_not_null()).then(reach(name, point)).alias(name))
    return with_point.with_columns(holding)
