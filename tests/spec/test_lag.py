"""Claims run-off as methods has it (lag, steps 1 to 6): small triangles in, what must come out.

Billing speed of step 3 is in `test_lag_speed.py`.
"""

from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wlz.known.headline import enough_deliveries
from wlz.known.rounds import choose_claims_history, make_round
from wlz.lag.complete import claims_for_prices, count_days
from wlz.lag.silent import find_silent_series
from wlz.runoff import (
    complete_cells,
    credibility_factors,
    effective_lag,
    month_of_year_effect,
    nowcast_interval,
    retrospective_errors,
)
from wlz.runoff.completion import fit_curve
from wlz.runoff.lateness import actual_versus_expected, diagonals
from wlz.runoff.retrospect import measure_scatter
from wlz.runoff.season import shift_completeness
from wlz.volumes.scenarios import put_completed

CURVE = np.array([0.3, 0.9, 0.97, 0.99, 1.0, 1.0])
MONTHS = 40


def level(history: np.ndarray, horizon: int) -> np.ndarray:
    """A forecaster that repeats the last known month."""
    known = np.nan_to_num(history)
    last = np.array([row[row > 0][-1] if (row > 0).any() else 0.0 for row in known])
    return np.repeat(last[:, None], horizon, axis=1)


def level_of_either_sign(history: np.ndarray, horizon: int) -> np.ndarray:
    """A forecaster that repeats the last known month, also one below 0."""
    last = np.array([row[~np.isnan(row)][-1] for row in history])
    return np.repeat(last[:, None], horizon, axis=1)


def triangles(size: np.ndarray, curve: np.ndarray = CURVE, months: int = MONTHS) -> np.ndarray:
    """Cells of a constant month `size` (N,) that come in by `curve` (L,) or (N, L), without noise."""
    shares = np.broadcast_to(curve, (len(size), curve.shape[-1]))
    values = size[:, None, None] * np.repeat(shares[:, None, :], months, axis=1)
    values[:, np.add.outer(np.arange(months), np.arange(curve.shape[-1])) > months - 1] = np.nan
    return values


def redeliver(values: np.ndarray, row: int, delivery: int) -> np.ndarray:
    """The cell repeats at this delivery what it said at the one before."""
    said = values.copy()
    for lag in range(values.shape[2]):
        care = delivery - lag
        if care >= 0:
            said[row, care, lag] = said[row, care, lag - 1] if lag else 0.0
    return said


# --- Step 1: credibility ------------------------------------------------------------------------------------------


def test_a_steady_cell_keeps_its_own_factor_and_a_jumpy_small_one_leans_on_its_uitvoerder() -> None:
    steady = np.array([[100.0, 200.0]] * 6)
    jumpy = np.array([[1.0, 1.0], [1.0, 5.0]] * 3)
    other = np.array([[100.0, 150.0]] * 6)
    values = np.stack([steady, jumpy, other])
    values[:, -1, 1] = np.nan
    found = credibility_factors(values, [np.zeros(3, int), np.array([0, 0, 1]), np.arange(3)])
    assert found.factor[0, 0] == pytest.approx(2.0, abs=0.01)
    assert found.factor[2, 0] == pytest.approx(1.5, abs=0.01)
    uitvoerder = float(found.levels[1][0, 0])
    own = float(jumpy[:-1, 1].sum() / jumpy[:-1, 0].sum())
    assert abs(found.factor[1, 0] - uitvoerder) < 0.2 * abs(own - uitvoerder)
    assert found.credibility[1, 0] < 0.2 < 0.8 < found.credibility[0, 0]


def test_buhlmann_straub_by_hand() -> None:
    """Two groups of weight 2, two ratios each: X = 2 and 4, within variance σ² = 1, between τ² = 3/2: Z = 3/4."""
    values = np.full((2, 3, 2), np.nan)
    values[0, :2] = [[1.0, 1.5], [1.0, 2.5]]
    values[1, :2] = [[1.0, 3.5], [1.0, 4.5]]
    values[:, 2, 0] = 1.0
    found = credibility_factors(values, [np.zeros(2, int), np.arange(2)])
    within = (4 * 0.25) / 2
    between = (2 * 1 + 2 * 1 - 1 * within) / (4 - 8 / 4)
    z = 2 * between / (2 * between + within)
    assert found.factor[:, 0] == pytest.approx([z * 2 + (1 - z) * 3, z * 4 + (1 - z) * 3])


def test_a_missing_child_takes_its_parent_and_a_lag_nobody_saw_is_one() -> None:
    values = np.full((2, 2, 3), np.nan)
    values[0, 0, :2] = [1.0, 2.0]
    found = credibility_factors(values, [np.zeros(2, int), np.arange(2)])
    assert found.factor.tolist() == [[2.0, 1.0], [2.0, 1.0]]
    assert found.credibility[1].tolist() == [0.0, 0.0]


# --- Step 2: month of the year ------------------------------------------------------------------------------------


def test_a_slow_july_is_seen_once_and_counts_for_two_thirds() -> None:
    """One year seen: n ÷ (n + ½) = 2/3 of ln odds(0.2) − ln odds(0.3); other months and later lags move nothing."""
    months = 24
    values = np.repeat(np.array([[[0.3, 0.9]]]), months, axis=1) * 100
    season = np.arange(months) % 12
    values[0, 6, 0] = 20.0
    ultimate = np.full((1, months), 100.0)
    ultimate[0, 18] = np.nan  # this year's July is not known yet
    effect = month_of_year_effect(values, ultimate, np.array([[0.3, 0.9]]), season, np.ones_like(values))
    away = np.log(0.2 / 0.8) - np.log(0.3 / 0.7)
    assert effect[6, 0] == pytest.approx(away / 1.5)
    assert np.abs(np.delete(effect, 6, axis=0)).max() == pytest.approx(0.0, abs=1e-12)
    moved = shift_completeness(np.array([0.3, 0.0, 1.0, 1.02]), np.full(4, away))
    assert moved.tolist() == pytest.approx([0.2, 0.0, 1.0, 1.02])


# --- Step 3: late deliverers and catching up ---------------------------------------------------------


def test_without_noise_actual_is_expected() -> None:
    values = triangles(np.array([100.0, 50.0]))
    ultimate = np.repeat([[100.0], [50.0]], MONTHS, axis=1)
    emergence = actual_versus_expected(values, np.repeat(CURVE[None], 2, axis=0), ultimate)
    assert emergence.ratio[:, 6:] == pytest.approx(1.0)


def test_who_repeats_a_delivery_is_behind_and_the_next_one_catches_up() -> None:
    values = redeliver(triangles(np.array([100.0, 50.0])), 0, MONTHS - 2)
    ultimate = np.repeat([[100.0], [50.0]], MONTHS, axis=1)
    found = effective_lag(values, actual_versus_expected(values, np.repeat(CURVE[None], 2, axis=0), ultimate))
    assert found.behind[:, -2:].tolist() == [[1, 0], [0, 0]]
    assert found.caught_up[:, -1].tolist() == [True, False]
    left_out = found.excluded((MONTHS, len(CURVE)))
    assert left_out[0, MONTHS - 3, 0]  # its ratio of lag 1 → 2 ends at the late delivery
    assert not left_out[1].any()


def test_two_deliveries_behind_count_double() -> None:
    values = redeliver(redeliver(triangles(np.array([100.0])), 0, MONTHS - 2), 0, MONTHS - 1)
    ultimate = np.full((1, MONTHS), 100.0)
    found = effective_lag(values, actual_versus_expected(values, CURVE[None], ultimate))
    assert found.behind[0, -3:].tolist() == [0, 1, 2]


def test_a_late_uitvoerder_is_completed_with_the_lag_of_its_last_delivery() -> None:
    """Taken at its nominal lag it would lose a month's claims; at the effective one nothing is lost."""
    size = np.array([100.0, 50.0, 25.0])
    values = redeliver(triangles(size), 0, MONTHS - 1)
    found = complete_cells(values, np.arange(3), 3, level)
    assert found.curve.lateness.behind[:, -1].tolist() == [1, 0, 0]
    assert found.completed[:, -6:] == pytest.approx(np.repeat(size[:, None], 6, axis=1), rel=1e-6)
    assert found.completeness[0, -1] == 0.0
    assert found.completeness[0, -2] == pytest.approx(CURVE[0], rel=1e-6)


def test_a_cell_without_older_months_is_completed_by_the_chain_ladder() -> None:
    values = triangles(np.array([100.0, 100.0]))
    values[1, :-1] = np.where(np.isnan(values[1, :-1]), np.nan, 0.0)
    found = complete_cells(values, np.zeros(2, int), 3, level)
    assert np.isnan(found.a_priori[1, -1])
    assert found.completed[1, -1] == pytest.approx(100.0, rel=1e-6)


def test_a_cell_of_corrections_only_is_completed_like_any_other_and_is_not_certain() -> None:
    rng = np.random.default_rng(3)
    values = triangles(np.array([-100.0, 100.0])) * np.exp(0.03 * rng.standard_normal((2, MONTHS, len(CURVE))))
    now = complete_cells(values, np.arange(2), 3, level_of_either_sign)
    assert now.completed[0, -1] == pytest.approx(-100.0, rel=0.1)
    errors = retrospective_errors(values, np.arange(2), 3, level_of_either_sign, now)
    assert measure_scatter(errors, now.curve.p, np.arange(2)).common[0, 0] > 0.001


# --- Step 4: completion ---------------------------------------------------------------------------------------------


def test_without_noise_every_month_is_completed_exactly() -> None:
    size = np.array([100.0, 50.0])
    curves = np.stack([CURVE, np.array([0.1, 0.8, 0.95, 0.99, 1.01, 1.0])])
    found = complete_cells(triangles(size, curves), np.arange(2), 3, level)
    assert found.completed == pytest.approx(np.repeat(size[:, None], MONTHS, axis=1), rel=1e-9)
    assert found.completeness[1, -5] == pytest.approx(1.01)  # later corrections take back


def test_true_zeros_stay_zero() -> None:
    values = triangles(np.array([100.0, 50.0]))
    values[1, -4:] = np.where(np.isnan(values[1, -4:]), np.nan, 0.0)
    found = complete_cells(values, np.zeros(2, int), 3, level)
    assert found.completed[1, -4] == 0.0


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), factor=st.floats(0.01, 100.0))
def test_scaling_volumes_scales_the_result_and_permuting_uitvoerders_permutes_it(seed: int, factor: float) -> None:
    rng = np.random.default_rng(seed)
    values = triangles(rng.uniform(10, 100, 4)) * rng.uniform(0.9, 1.1, (4, MONTHS, 1))
    uitvoerder = np.array([0, 0, 1, 1])
    plain = complete_cells(values, uitvoerder, 3, level)
    scaled = complete_cells(factor * values, uitvoerder, 3, level)
    assert scaled.completed == pytest.approx(factor * plain.completed, rel=1e-9)
    assert scaled.completeness == pytest.approx(plain.completeness, rel=1e-9)
    swapped = complete_cells(values[[2, 3, 0, 1]], uitvoerder, 3, level)
    assert swapped.completed == pytest.approx(plain.completed[[2, 3, 0, 1]], rel=1e-9)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_completed_is_at_least_declared_when_later_increments_are_not_negative(seed: int) -> None:
    rng = np.random.default_rng(seed)
    curve = np.sort(rng.uniform(0.05, 1.0, (3, 5)), axis=1)
    values = triangles(rng.uniform(10, 100, 3), np.concatenate([curve, np.ones((3, 1))], axis=1))
    found = complete_cells(values, np.arange(3), 3, level)
    assert (found.completed >= found.declared - 1e-9).all()


def test_a_silent_series_is_not_delivered_but_an_honest_zero_is_a_zero() -> None:
    steady = np.full(20, 50.0)
    late, single, ended, old = steady.copy(), np.tile([0.0, 90.0], 10), steady.copy(), steady.copy()
    late[-3:] = single[-3:] = ended[-3:] = 0.0
    old[-6:] = 0.0
    declared = np.stack([late, single, ended, old])
    known = np.tile(np.array([1.0] * 17 + [0.97, 0.9, 0.3]), (4, 1))
    found = find_silent_series(declared, known, np.array([False, False, True, False]))
    assert found.sum(axis=1).tolist() == [3, 0, 0, 0]


def test_days_that_count_in_a_month() -> None:
    """February 2018 has 28 days and 20 weekdays, March 31 and 22."""
    days = count_days([date(2018, 2, 1), date(2018, 3, 1)], ["14", "01"])
    assert days[0] == pytest.approx(np.array([28, 31]) / (365.25 / 12))
    assert days[1] == pytest.approx(np.array([20, 22]) / (365.25 / 12 * 5 / 7))


# --- Step 5: how sure ------------------------------------------------------------------------------------------------


def test_without_noise_earlier_deliveries_would_have_been_right() -> None:
    values = triangles(np.array([100.0, 50.0]))
    now = complete_cells(values, np.arange(2), 3, level)
    errors = retrospective_errors(values, np.arange(2), 3, level, now)
    assert errors.uitvoerder.shape[0] == 12
    assert np.nanmax(np.abs(errors.uitvoerder)) == pytest.approx(0.0, abs=1e-9)


def test_scatter_is_that_of_the_noise() -> None:
    rng = np.random.default_rng(2)
    values = triangles(np.full(30, 100.0), months=60)
    noise = np.exp(0.05 * rng.standard_normal((30, 60)))
    values[:, :, 0] *= noise
    now = complete_cells(values, np.arange(30), 3, level)
    scatter = measure_scatter(retrospective_errors(values, np.arange(30), 3, level, now), now.curve.p, np.arange(30))
    assert np.median(scatter.common[:, 0]) == pytest.approx(0.05 * CURVE[0], rel=0.4)
    bounds = nowcast_interval(np.array([100.0, 0.0]), np.array([0.1, 0.1]))
    assert bounds[:2, 0] == pytest.approx([87.18, 112.82], abs=0.01)
    assert bounds[:, 1].tolist() == [0.0] * 4


# --- Step 6 and the tables around it ---------------------------------------------------------------------------


def test_two_deliveries_of_the_year_are_enough() -> None:
    assert not enough_deliveries([date(2017, 12, 1), date(2018, 1, 1)], 2018)
    assert enough_deliveries([date(2018, 1, 1), date(2018, 2, 1)], 2018)


def register(*rows: tuple[str, str, date, str, str | None]) -> pl.DataFrame:
    """id, month, received, status, superseded by"""
    names = ["delivery_id", "month", "received_on", "delivery_status", "superseded_by"]
    return pl.DataFrame(rows, schema=names, orient="row").select(
        "delivery_id",
        pl.lit("declaraties").alias("kind"),
        pl.col("month").str.to_date("%Y-%m").alias("delivery_month"),
        "received_on",
        pl.datetime(2018, 6, 1).alias("registered_at"),
        "delivery_status",
        pl.col("superseded_by").cast(pl.String),
    )


def test_the_triangle_has_one_delivery_a_month_as_the_round_knew_them() -> None:
    known = register(
        ("a", "2018-03", date(2018, 3, 2), "superseded", "b"),
        ("b", "2018-03", date(2018, 6, 20), "accepted", None),
        ("c", "2018-04", date(2018, 4, 2), "accepted", None),
        ("d", "2018-04", date(2018, 4, 9), "refused", None),
        ("e", "2018-05", date(2018, 5, 2), "accepted", None),
    )
    may = choose_claims_history(known, make_round(date(2018, 5, 1)), date(2018, 5, 1), 25)
    assert may["delivery_id"].to_list() == ["a", "c", "e"]  # the correction of March came in June
    july = choose_claims_history(known, make_round(date(2018, 7, 1)), date(2018, 5, 1), 2)
    assert july["delivery_id"].to_list() == ["c", "e"]


def test_prices_rest_on_months_that_carry_enough_volume() -> None:
    """April, of which 20 % is known, says nothing about a price that January says; alone it has to do."""
    months = {"care_month": [date(2018, 1, 1), date(2018, 4, 1)]}
    region = pl.DataFrame(
        {"prestatiecode": ["P", "P", "Q"], "wlz_uitvoerder": "U", "declared_volume": [10.0, 2.0, 3.0]}
    ).with_columns(pl.Series("care_month", [*months["care_month"], date(2018, 4, 1)]))
    completed = region.select("prestatiecode", "wlz_uitvoerder", "care_month").with_columns(
        completeness_ratio=pl.Series([0.99, 0.2, 0.2])
    )
    kept = claims_for_prices(region, completed, 2018, 0.5)
    assert kept.select("prestatiecode", "declared_volume").rows() == [("P", 10.0), ("Q", 3.0)]


def test_completed_months_take_the_place_of_observed_and_forecast_ones() -> None:
    key = {"prestatiecode": "P", "wlz_uitvoerder": "U"}
    months = [date(2018, month, 1) for month in (3, 4, 5)]
    volumes = pl.DataFrame(
        {
            "care_month": months,
            "observed_volume": [9.5, None, None],
            "completed_volume": pl.Series([None] * 3, dtype=pl.Float64),
            "forecast_volume": [None, 11.0, 12.0],
        }
    ).with_columns(**{name: pl.lit(value) for name, value in key.items()})
    completed = pl.DataFrame(
        {"care_month": months[:2], "declared_volume": [9.0, 4.0], "completed_volume": [9.5, 10.5]}
    ).with_columns(**{name: pl.lit(value) for name, value in key.items()})
    found = put_completed(volumes, completed)
    assert found["observed_volume"].to_list() == [9.0, 4.0, None]
    assert found["completed_volume"].to_list() == [9.5, 10.5, None]
    assert found["forecast_volume"].to_list() == [None, None, 12.0]


def test_diagonals_and_curve_out_of_range() -> None:
    assert diagonals(np.array([[[1.0, 2.0], [3.0, np.nan]]]))[0, 1].tolist() == [3.0, 2.0]
    odd = np.array([[0.005, 0.9, 0.97, 0.99, 1.0, 1.0], CURVE])
    curve = fit_curve(triangles(np.array([1.0, 100.0]), odd), np.zeros(2, int), 3)
    assert curve.outside[0].tolist() == [True, False, False, False, False, False]
    assert curve.p[0, 0] == curve.p_uitvoerder[0, 0] == pytest.approx(0.297, abs=0.001)
