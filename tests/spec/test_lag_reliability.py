"""What the lag stage must say of its own reliability: Mack's tests (L10) and cover of earlier intervals (L11)."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.spec.test_lag_checks import World, change_last_delivery, make_world
from wlz.lag.findings import judged_ratios, measure_cover
from wlz.runoff import link_ratios
from wlz.runoff.mack_tests import calendar_year_test, factor_correlation_test
from wlz.runoff.retrospect import RetrospectiveErrors

RAA = Path(__file__).parents[1] / "data" / "chainladder_peer" / "raa.json"


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(2)


# --- L10: Mack's tests ----------------------------------------------------------------------------------------------


def test_mack_tests_on_the_published_triangle() -> None:
    """Reinsurance Association of America: Mack 1994, appendices G and H: T 0.070 within ±0.127; Z 14, E(Z) 12.875 and a
    variance of 3.978. The peer package chainladder 0.10.1 has the same statistics."""
    values = np.array(json.loads(RAA.read_text())["values"][0], dtype=float)
    ratios = link_ratios(values[None])[0]
    calendar, memory = calendar_year_test(ratios), factor_correlation_test(ratios)
    assert calendar.statistic == 14
    assert (calendar.lower + calendar.upper) / 2 == pytest.approx(12.875)
    assert ((calendar.upper - calendar.lower) / 4) ** 2 == pytest.approx(3.978, abs=0.001)
    assert memory.statistic == pytest.approx(0.069558, abs=1e-6)
    assert memory.upper == pytest.approx(0.12747, abs=1e-5)
    assert not calendar.is_outside
    assert not memory.is_outside


def test_a_triangle_too_small_is_not_tested() -> None:
    for ratios in (np.full((3, 3), np.nan), np.array([[1.1, np.nan], [np.nan, np.nan]]), np.ones((4, 3))):
        assert not calendar_year_test(ratios).is_outside
        assert not factor_correlation_test(ratios).is_outside


def test_deliveries_that_swing_together_and_ratios_with_a_memory_are_told(world: World) -> None:
    """Every second delivery of one uitvoerder is behind by a share of what was to come: Z falls to nothing."""
    values = world.found.values.copy()
    months, lags = values.shape[1:]
    delivery = np.add.outer(np.arange(months), np.arange(lags))
    values[0] = np.where(delivery % 2 == 0, values[0] * (1 - 0.02 * (np.arange(lags) < 14)), values[0])
    planted = world._replace(found=world.found._replace(values=values)).findings("calendar")
    name = world.found.cells["wlz_uitvoerder"][0]
    [told] = planted.filter(wlz_uitvoerder=name)["observed"]
    assert told.startswith(f"{name}: Z ")
    assert "outside" in told
    assert planted["at_stake_eur"].null_count() == planted.height


def test_the_tests_look_at_what_the_curve_rests_on(world: World) -> None:
    ratios = judged_ratios(world.found)
    assert ratios.shape[::2] == (4, 12)
    ends_at = np.add.outer(np.arange(ratios.shape[1]), np.arange(1, 13))
    assert sorted(np.unique(ends_at[~np.isnan(ratios[0])])) == list(range(ratios.shape[1] - 12, ratios.shape[1]))


# --- L11: cover -----------------------------------------------------------------------------------------------------


def errors(recent: float, before: float, deliveries: int = 12) -> RetrospectiveErrors:
    """Two uitvoerders of one cell each; the first was off by `recent` at the last six deliveries, `before` earlier."""
    sign = np.where(np.arange(deliveries) % 2, 1.0, -1.0)[:, None]
    size, none = np.full((deliveries, 2, 12), before), np.zeros((deliveries, 2, 12))
    size[:6, 0] = recent
    return RetrospectiveErrors(size * sign[:, :, None], none, np.ones(2), none[:, :, 0], none[:, :, 0])


def test_recent_errors_outside_what_was_said_are_counted() -> None:
    p, label = np.ones((2, 12)), np.arange(2)
    off = measure_cover(errors(0.05, 0.01), p, label)
    assert off.shape == (6, 2, 12)
    assert (off[:, 1] <= 1).all()
    assert (off[-1, 0] > 1).all()
    assert (measure_cover(errors(0.01, 0.01), p, label) <= 1).all()


def test_three_deliveries_before_one_are_needed() -> None:
    p, label = np.ones((2, 12)), np.arange(2)
    assert len(measure_cover(errors(0.01, 0.01, deliveries=3), p, label)) == 0
    assert len(measure_cover(errors(0.01, 0.01, deliveries=5), p, label)) == 2


def test_intervals_that_seldom_held_are_told_with_how_far_to_widen(world: World) -> None:
    """The first uitvoerder's last six deliveries were off five times as far as before."""
    was = world.found.errors
    wide = was.uitvoerder.copy()
    wide[:6, 0] = 0.2 * np.where(np.arange(6) % 2, 1.0, -1.0)[:, None]
    planted = world._replace(found=world.found._replace(errors=was._replace(uitvoerder=wide)))
    [cover] = planted.findings("cover").iter_rows(named=True)
    assert cover["wlz_uitvoerder"] == world.found.cells["wlz_uitvoerder"][0]
    assert "of the last 6 deliveries lie in their 95 % interval" in cover["observed"]
    assert cover["observed"].endswith(" times as wide holds 95 %")
    assert cover["at_stake_eur"] > 0


def test_intervals_are_not_judged_by_months_that_this_delivery_moved(world: World) -> None:
    """As above, of an uitvoerder whose closed months changed: it is in doubt what came out, not the interval."""
    was = world.found.errors
    name = world.found.cells["wlz_uitvoerder"][0]
    wide = was.uitvoerder.copy()
    wide[:6, 0] = 0.2 * np.where(np.arange(6) % 2, 1.0, -1.0)[:, None]
    moved = world._replace(found=world.found._replace(errors=was._replace(uitvoerder=wide)))
    closed = (pl.col("wlz_uitvoerder") == name) & (pl.col("care_month") < date(2017, 8, 1))
    assert moved.findings("cover").height == 1
    assert change_last_delivery(moved, closed, 1.05).findings("cover").is_empty()
