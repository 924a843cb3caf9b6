"""Bounds of the pgb stands: joint paths that start at the last stand and whose width is learnt from earlier years."""

from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.budgets import pgb_verleningen
from simulation.inputs import read_settings
from simulation.reference import load_simulation_reference
from simulation.world import build_world
from warehouse import reference as library
from warehouse.tables.deliveries import KINDS
from wlz.pgb.paths import (
    COMMON_DEFAULT,
    COMMON_DEFAULT_YEARS,
    GAP_SHARE,
    OWN_DEFAULT,
    REGION_LIMIT,
    PgbPaths,
    find_constant,
    learn_spread,
    simulate_pgb,
)
from wlz.pgb.pgb import PgbError, build_pgb_stands, forecast_pgb
from wlz.series import assign_regions

EUR = pl.Decimal(18, 2)
MARCH, DECEMBER = date(2018, 3, 1), date(2018, 12, 1)
LEVELS = [0.025, 0.1, 0.9, 0.975]


def make_stands(
    region: str,
    uitvoerder: str = "Menzis",
    *,
    first: date = date(2016, 1, 1),
    last: date = MARCH,
    level: float = 80e6,
    rises: tuple[float, ...] = (0.08, 0.09, 0.085),
) -> pl.DataFrame:
    """A stand that rises evenly by `rises` (2016, 2017, 2018) from January to December and falls back in January."""
    months = pl.date_range(first, last, "1mo", eager=True)
    euro = [level * 1.04 ** (m.year - 2016) * (1 + rises[m.year - 2016] * (m.month - 1) / 11) for m in months]
    return pl.DataFrame(
        {
            "zorgkantoorregio": region,
            "wlz_uitvoerder": uitvoerder,
            "month": months,
            "granted_eur": pl.Series([Decimal(f"{value:.2f}") for value in euro], dtype=EUR),
        }
    )


def make_panel(count: int = 8, own: float = 0.01, common: float = 0.0, **kind: date) -> pl.DataFrame:
    """Regions whose rise of 2017 differs from that of 2016 by `common`, ± up to `own`."""
    apart = np.linspace(-own, own, count)
    return pl.concat(
        make_stands(
            f"Regio {number}",
            "CZ" if number % 2 else "VGZ",
            rises=(0.08, 0.08 + common + float(apart[number]), 0.08),
            level=(1 + number) * 20e6,
            **kind,
        )
        for number in range(count)
    )


def simulate(stands: pl.DataFrame, *, paths: int = 400, seed: int = 0, budget_year: int = 2018) -> PgbPaths:
    forecast = forecast_pgb(stands, budget_year=budget_year, years_back=2)
    return simulate_pgb(forecast, stands, budget_year=budget_year, paths=paths, seed=seed)


def half_width(samples: np.ndarray) -> float:
    """Of the 95 % bounds in the last month, relative to the middle."""
    lower, middle, upper = np.quantile(samples[..., -1], [0.025, 0.5, 0.975])
    return float((upper - lower) / 2 / middle)


def test_regions_months_and_uitvoerders_are_those_of_the_budget_year():
    paths = simulate(pl.concat([make_stands("Twente"), make_stands("Drenthe", "Zilveren Kruis")]), paths=100)
    assert paths.regions == ["Drenthe", "Twente"]
    assert paths.uitvoerders == ["Zilveren Kruis", "Menzis"]
    assert paths.months == [date(2018, month, 1) for month in range(1, 13)]
    assert paths.euro.shape == (2, 100, 12)
    assert paths.euro.dtype == np.float64


def test_what_was_observed_is_certain_and_the_middle_is_the_forecast_at_every_level():
    stands = make_panel()
    forecast = forecast_pgb(stands, budget_year=2018, years_back=2)
    for count in (400, 401):
        paths = simulate_pgb(forecast, stands, budget_year=2018, paths=count)
        of_year = forecast.filter(pl.col("month").dt.year() == 2018).sort("zorgkantoorregio", "month")
        known = of_year.select(pl.coalesce("granted_stand_eur", "forecast_stand_eur").cast(pl.Float64))
        point = known.to_numpy().reshape(8, 12)
        assert (paths.euro[:, :, :3] == point[:, None, :3]).all()
        np.testing.assert_allclose(np.median(paths.euro, axis=1), point, rtol=1e-12)
        np.testing.assert_allclose(np.median(paths.euro.sum(axis=0), axis=0), point.sum(axis=0), rtol=1e-12)


def test_bounds_widen_with_the_months_ahead():
    paths = simulate(make_panel())
    lower, upper = np.quantile(paths.euro[:, :, 3:], [0.025, 0.975], axis=1)
    width = (upper - lower) / np.median(paths.euro[:, :, 3:], axis=1)
    assert (np.diff(width.mean(axis=0)) > 0).all()
    assert (width[:, 0] < width[:, -1] / 2).all()


def test_what_is_one_regions_own_cancels_out_in_a_sum_and_what_is_common_does_not():
    own = simulate(make_panel(own=0.04))
    assert half_width(own.euro.sum(axis=0)) < 0.7 * np.mean([half_width(one) for one in own.euro])
    common = simulate(make_panel(own=0.0, common=0.04))
    alone = np.mean([half_width(one) for one in common.euro])
    assert half_width(common.euro.sum(axis=0)) == pytest.approx(alone, rel=0.05)
    assert half_width(common.euro.sum(axis=0)) > 1.5 * half_width(own.euro.sum(axis=0))


def test_the_common_part_is_the_default_and_the_years_seen():
    """A rise of 2017 that is 0.03 above that of 2016 in all regions, from March to December."""
    starts, ends = np.array([0.0, 0.2]), np.array([0.10, 0.33])
    logs = np.full((5, 36), np.nan)
    for year in range(2):
        logs[:, 12 * year + 2 : 12 * year + 12] = starts[year] + (ends[year] - starts[year]) * np.arange(10) / 9
    logs[:, 26] = 0.4
    point = np.full((5, 36), np.nan)
    point[:, 27:] = np.exp(0.4 + 0.115 * np.arange(1, 10) / 9)  # the mean of both rises
    spread = learn_spread(np.exp(logs), point, np.arange(5), 26)
    seen = (0.03 / 9 * np.arange(1, 10)) ** 2
    default = COMMON_DEFAULT**2 * np.arange(1, 10)
    expected = np.sqrt((COMMON_DEFAULT_YEARS * default + seen) / (COMMON_DEFAULT_YEARS + 1))
    np.testing.assert_allclose(spread.common, expected, rtol=1e-9)
    assert (spread.own < 1e-6).all()


def test_without_a_second_year_the_defaults_count():
    stands = make_panel(first=date(2017, 1, 1))
    forecast = forecast_pgb(stands, budget_year=2018, years_back=2)
    point = forecast["forecast_stand_eur"].cast(pl.Float64).fill_null(np.nan).to_numpy().reshape(8, 36)[:, 12:]
    stand = forecast["granted_stand_eur"].cast(pl.Float64).fill_null(np.nan).to_numpy().reshape(8, 36)[:, 12:]
    spread = learn_spread(stand, point, np.arange(8), 14)
    root = np.sqrt(np.arange(1, 10))
    np.testing.assert_allclose(spread.own, np.tile(OWN_DEFAULT * root, (8, 1)), rtol=1e-9)
    np.testing.assert_allclose(spread.common, COMMON_DEFAULT * root, rtol=1e-9)


def test_a_new_region_is_no_surer_than_the_default():
    steady = make_panel(own=0.0005)
    new = make_stands("Nieuw", "CZ", first=date(2018, 1, 1), level=10e6)
    paths = simulate(pl.concat([steady, new]))
    width = dict(zip(paths.regions, map(half_width, paths.euro), strict=True))
    assert width["Nieuw"] > 2 * OWN_DEFAULT * 3
    assert width["Nieuw"] > 1.3 * width["Regio 0"]


def test_a_region_that_changed_more_than_others_is_wider_within_limits():
    wild = make_stands("Wild", rises=(0.02, 0.30, 0.08))
    paths = simulate(pl.concat([make_panel(own=0.01), wild]))
    width = dict(zip(paths.regions, map(half_width, paths.euro), strict=True))
    assert width["Wild"] > 1.5 * width["Regio 4"]
    calm = simulate(make_panel(own=0.01))
    assert half_width(paths.euro[0]) < 1.5 * half_width(calm.euro[0])  # the others hardly notice
    assert REGION_LIMIT > 1


def test_a_forecast_that_departs_from_the_past_is_less_sure():
    """One stand that is far too low: whoever is right, December may lie anywhere in between."""
    stands = make_panel()
    fallen = stands.with_columns(
        pl.when(pl.col("zorgkantoorregio") == "Regio 4", pl.col("month") == MARCH)
        .then((pl.col("granted_eur").cast(pl.Float64) * 0.7).round(2).cast(EUR))
        .otherwise("granted_eur")
        .alias("granted_eur")
    )
    forecast = forecast_pgb(fallen, budget_year=2018, years_back=2)
    region = forecast.filter(pl.col("zorgkantoorregio") == "Regio 4")
    low = float(region.filter(pl.col("month") == MARCH)["granted_stand_eur"][0])
    gap = np.log(float(region["forecast_stand_eur"][-1]) / low) - 0.06
    paths = simulate_pgb(forecast, fallen, budget_year=2018, paths=400)
    assert gap > 0.05
    assert half_width(paths.euro[4]) > GAP_SHARE * gap
    assert half_width(paths.euro[4]) > 2 * half_width(simulate(stands).euro[4])


def test_only_a_stand_that_was_the_same_for_two_years_is_certain():
    flat = make_stands("Vast").with_columns(pl.lit(Decimal("5.00")).cast(EUR).alias("granted_eur"))
    paths = simulate(pl.concat([make_panel(), flat]))
    assert (paths.euro[paths.regions.index("Vast")] == 5.0).all()
    young = flat.filter(pl.col("month") >= date(2017, 1, 1))
    paths = simulate(pl.concat([make_panel(), young]))
    assert half_width(paths.euro[paths.regions.index("Vast")]) > 0.01
    assert find_constant(np.array([[5.0] * 24, [5.0] * 23 + [6.0], [np.nan] + [5.0] * 23])).tolist() == [1, 0, 0]


def test_gaps_take_the_neighbour_as_in_the_monthly_path():
    stands = make_panel().with_columns(
        pl.when(~pl.col("month").is_in([date(2018, 1, 1), date(2017, 6, 1)])).then("granted_eur").alias("granted_eur")
    )
    paths = simulate(stands)
    assert (paths.euro[:, :, 0] == paths.euro[:, :, 1]).all()
    assert not np.isnan(paths.euro).any()


def test_regions_may_end_in_different_months_even_in_the_year_before():
    paths = simulate(pl.concat([make_panel(), make_stands("Laat", last=date(2017, 10, 1))]))
    width = dict(zip(paths.regions, map(half_width, paths.euro), strict=True))
    assert width["Laat"] > width["Regio 4"] > 0
    assert np.ptp(paths.euro[paths.regions.index("Laat"), :, 0]) > 0
    paths = simulate(pl.concat([make_panel(), make_stands("Klaar", last=DECEMBER)]))
    width = dict(zip(paths.regions, map(half_width, paths.euro), strict=True))
    assert width["Regio 4"] > width["Klaar"] == 0


def test_stands_of_later_months_are_not_looked_at():
    known, later = make_panel(), make_panel(last=DECEMBER)
    forecast = forecast_pgb(known, budget_year=2018, years_back=2)
    one, other = (simulate_pgb(forecast, stands, budget_year=2018, paths=50) for stands in (known, later))
    assert (one.euro == other.euro).all()


def test_a_later_stand_of_one_region_is_not_looked_at_either():
    """The forecast knows five euro up to February; that March, known of the others, had six changes nothing of it."""
    flat = make_stands("Vast", last=date(2018, 2, 1)).with_columns(
        pl.lit(Decimal("5.00")).cast(EUR).alias("granted_eur")
    )
    later = make_stands("Vast", first=date(2018, 3, 1), last=date(2018, 3, 1)).with_columns(
        pl.lit(Decimal("6.00")).cast(EUR).alias("granted_eur")
    )
    forecast = forecast_pgb(pl.concat([make_panel(), flat]), budget_year=2018, years_back=2)
    paths = simulate_pgb(forecast, pl.concat([make_panel(), flat, later]), budget_year=2018, paths=50)
    assert (paths.euro[paths.regions.index("Vast")] == 5.0).all()


def test_one_region_alone_and_stands_of_zero_have_paths():
    assert half_width(simulate(make_stands("Alleen")).euro[0]) > 0.01
    nothing = make_stands("Niets", first=date(2018, 1, 1)).with_columns(
        pl.lit(Decimal(0)).cast(EUR).alias("granted_eur")
    )
    assert (simulate(pl.concat([make_panel(), nothing])).euro[0] == 0).all()


def test_without_the_budget_year_or_with_one_path_it_says_so():
    stands = make_panel(last=date(2017, 12, 1))
    forecast = forecast_pgb(stands, budget_year=2017, years_back=1)
    with pytest.raises(PgbError, match="no month of 2018 in the forecast"):
        simulate_pgb(forecast, stands, budget_year=2018)
    with pytest.raises(ValueError, match="at least 2 paths"):
        simulate_pgb(forecast, stands, budget_year=2017, paths=1)


PANEL = make_panel(own=0.03)
FORECAST = forecast_pgb(PANEL, budget_year=2018, years_back=2)


@given(order=st.permutations(range(PANEL.height)), seed=st.integers(0, 5))
@settings(max_examples=15, deadline=None)
def test_the_order_of_rows_changes_nothing_and_the_seed_does(order: list[int], seed: int):
    shuffled = PANEL[order]
    one = simulate_pgb(FORECAST, PANEL, budget_year=2018, paths=60, seed=seed)
    other = simulate_pgb(
        FORECAST.sample(fraction=1.0, shuffle=True, seed=1), shuffled, budget_year=2018, paths=60, seed=seed
    )
    assert one.regions == other.regions
    assert (one.euro == other.euro).all()
    assert (one.euro != simulate_pgb(FORECAST, PANEL, budget_year=2018, paths=60, seed=seed + 1).euro).any()


@given(factor=st.sampled_from([0.25, 0.5, 2.0, 3.0, 10.0]))
@settings(max_examples=5, deadline=None)
def test_twice_the_stands_are_twice_the_paths(factor: float):
    scaled = PANEL.with_columns((pl.col("granted_eur").cast(pl.Float64) * factor).cast(pl.Decimal(18, 2)))
    euro = ("granted_stand_eur", "forecast_stand_eur")
    larger = FORECAST.with_columns(pl.col(*euro).cast(pl.Float64) * factor)
    one = simulate_pgb(FORECAST, PANEL, budget_year=2018, paths=60)
    other = simulate_pgb(larger, scaled, budget_year=2018, paths=60)
    np.testing.assert_allclose(other.euro, factor * one.euro, rtol=1e-6)


@given(rises=st.lists(st.floats(-0.95, 3.0), min_size=6, max_size=6), seed=st.integers(0, 99))
@settings(max_examples=15, deadline=None)
def test_whatever_the_past_paths_are_finite_not_negative_and_certain_where_observed(rises: list[float], seed: int):
    stands = pl.concat(
        make_stands(f"Regio {place}", rises=(rises[2 * place], rises[2 * place + 1], 0.05)) for place in range(3)
    )
    paths = simulate(stands, paths=41, seed=seed)
    assert np.isfinite(paths.euro).all()
    assert (paths.euro >= 0).all()
    assert (np.ptp(paths.euro[:, :, :3], axis=1) == 0).all()


def shake(stands: pl.DataFrame, seed: int, own: float, common: float) -> pl.DataFrame:
    """Stands times a walk of each region and one of all: every year rises differently."""
    rng = np.random.default_rng([2018, seed])
    months, regions = stands["month"].n_unique(), stands["zorgkantoorregio"].n_unique()
    steps = own * rng.standard_normal((regions, months)) + common * rng.standard_normal(months)
    ordered = stands.sort("zorgkantoorregio", "month")
    factor = pl.Series(np.exp(np.cumsum(steps, axis=1)).ravel())
    return ordered.with_columns((pl.col("granted_eur").cast(pl.Float64) * factor).round(2).cast(EUR))


def deliver_stands(seed: int) -> pl.DataFrame:
    """Stands of January 2016 to December 2018 of the simulation at letter scale."""
    world = build_world(load_simulation_reference("letter"), read_settings("letter", DECEMBER, seed, (), ()))
    delivered = pgb_verleningen(world, date(2018, 12, 31))
    grants = delivered.rename({one.source_name or one.name: one.name for one in KINDS["pgb_verleningen"].columns})
    placed = assign_regions(grants, library.load_crosswalk(), library.load_regions(), on="reference_date")
    return build_pgb_stands(placed)


@pytest.mark.parametrize(("own", "common"), [(0.0, 0.0), (0.003, 0.0015)])
def test_bounds_hold_the_december_stand_of_the_simulation(own: float, common: float):
    """As simulated (years alike, so bounds are wide) and with years that differ."""
    inside: dict[str, list[np.ndarray]] = {"region": [], "uitvoerder": [], "national": []}
    for seed in range(1, 5):
        stands = shake(deliver_stands(seed), seed, own, common)
        paths = simulate(stands.filter(pl.col("month") <= MARCH), paths=500, seed=seed)
        truth = stands.filter(pl.col("month") == DECEMBER)["granted_eur"].cast(pl.Float64).to_numpy()
        names = np.array(paths.uitvoerders)
        mixing = {
            "region": np.eye(len(names)),
            "uitvoerder": np.array([names == name for name in sorted(set(names))], dtype=float),
            "national": np.ones((1, len(names))),
        }
        for level, weights in mixing.items():
            bounds = np.quantile(weights @ paths.euro[:, :, -1], LEVELS, axis=1)
            actual = weights @ truth
            inside[level].append(
                np.stack([(actual >= bounds[0]) & (actual <= bounds[3]), (actual >= bounds[1]) & (actual <= bounds[2])])
            )
    held = {level: np.concatenate(found, axis=1).mean(axis=1) for level, found in inside.items()}
    for level in ("region", "uitvoerder"):
        assert held[level][0] >= 0.95
        assert held[level][1] >= 0.78
    assert held["national"][0] >= 0.75
