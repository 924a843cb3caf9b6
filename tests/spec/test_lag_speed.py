"""Billing speed (lag, step 3): who bills faster or slower than usual, and who only seems to."""

import numpy as np
import pytest

from tests.spec.test_lag import CURVE, MONTHS, level, triangles
from tests.spec.test_lag_held_back import CURVES, mean_of_year, noisy
from tests.spec.test_lag_held_back import MONTHS as MONTHS_NOISY
from wlz.runoff import complete_cells, find_drift, find_speed_change
from wlz.runoff.judging import leave_out_deciding, weigh_median
from wlz.runoff.lateness import Speed
from wlz.runoff.season import shift_completeness, to_logit


def test_changed_billing_speed_is_seen_and_does_not_move_the_completed_months() -> None:
    values = triangles(np.array([100.0, 50.0]))
    values[0, -1, 0] = 70.0  # of the youngest month, usually 30
    values[0, -2, 1] = 97.5
    rng = np.random.default_rng(0)
    values[:, :-1, 0] *= np.exp(0.02 * rng.standard_normal((2, MONTHS - 1)))
    found = complete_cells(values, np.arange(2), 3, level)
    assert found.speed.since.tolist() == [1, 0]
    assert found.speed.shift[0] == pytest.approx(np.log(0.7 / 0.3) - np.log(0.3 / 0.7), abs=0.3)
    assert found.completed[0, -1] == pytest.approx(100.0, rel=0.02)


def test_a_group_that_begins_is_no_change_of_speed() -> None:
    """Found by a reader: a young group made its uitvoerder look complete, and 583 to come became 10."""
    values = triangles(np.array([100.0, 100.0, 50.0]))
    alone = complete_cells(values[[0, 2]], np.array([0, 1]), 3, level)
    values[1, :-3] = np.where(np.isnan(values[1, :-3]), np.nan, 0.0)
    found = complete_cells(values, np.array([0, 0, 1]), 3, level)
    assert found.speed.since.tolist() == [0, 0]
    assert found.completed[[0, 2]] == pytest.approx(alone.completed, rel=1e-6)
    assert found.completed[1, -3:] == pytest.approx(100.0, rel=0.01)


def test_a_group_of_more_than_half_that_jumps_is_no_change_of_speed() -> None:
    """Stay with treatment is 61 % of every uitvoerder: four times its claims said that all bill faster.

    The two other groups are completed as without the jump, but for the one link ratio it adds to the common curve.
    """
    values = triangles(np.array([610.0, 230.0, 160.0]))
    rng = np.random.default_rng(0)
    values[:, :-1, 0] *= np.exp(0.02 * rng.standard_normal((3, MONTHS - 1)))
    usual = complete_cells(values, np.zeros(3, int), 3, level)
    values[0, -1, 0] *= 4
    values[0, -2, 1] *= 4
    found = complete_cells(values, np.zeros(3, int), 3, level)
    assert found.speed.since.tolist() == [0]
    assert found.completed[1:] == pytest.approx(usual.completed[1:], rel=0.01)


def test_a_group_of_more_than_half_and_the_others_change_speed_together() -> None:
    """30 of 100 becomes 70 in all three groups; the smallest alone at that pace is none."""
    for groups, since in (([0, 1, 2], 1), ([2], 0)):
        values = triangles(np.array([610.0, 230.0, 160.0]))
        rng = np.random.default_rng(0)
        values[:, :-1, 0] *= np.exp(0.02 * rng.standard_normal((3, MONTHS - 1)))
        values[groups, -1, 0] *= 70 / 30
        values[groups, -2, 1] *= 97.5 / (100 * CURVE[1])
        assert complete_cells(values, np.zeros(3, int), 3, level).speed.since.tolist() == [since]


def test_the_middle_cell_by_euro_speaks_for_its_uitvoerder() -> None:
    away = np.array([[0.0], [2.0], [9.0], [1.0]])
    weight = np.array([[1.0], [5.0], [1.0], [7.0]])
    labels = np.array([0, 0, 0, 1])
    assert weigh_median(away, weight, labels).tolist() == [[2.0], [1.0]]
    away[1] = np.nan
    assert weigh_median(away, weight, labels)[0, 0] == 0.0


def test_a_cell_of_more_than_half_is_left_out_beside_others() -> None:
    """5 of 8 decides, 4 of 8 does not, and a cell without others speaks for itself."""
    away = np.array([[2.0, 2.0, 2.0], [0.5, np.nan, 0.5], [9.0, np.nan, 9.0]])
    weight = np.array([[5.0, 5.0, 4.0], [2.0, 2.0, 3.0], [1.0, 1.0, 1.0]])
    found = leave_out_deciding(away, weight, np.zeros(3, dtype=np.int64))
    np.testing.assert_array_equal(found, [[np.nan, 2.0, 2.0], *away[1:]])


def test_a_change_of_speed_is_one_that_the_others_have_to_the_same_side() -> None:
    usual = np.full(4, 0.15)
    found = Speed(np.array([1.5, 1.5, -1.0, 0.0]), np.array([3, 3, 2, 0]), usual)
    others = Speed(np.array([0.8, -0.8, 0.0, 0.9]), np.array([2, 2, 0, 1]), usual)
    confirmed = found.confirm(others)
    assert confirmed.shift.tolist() == [1.5, 0.0, 0.0, 0.0]
    assert confirmed.since.tolist() == [3, 0, 0, 0]


def test_usual_scatter_is_no_change_of_speed() -> None:
    rng = np.random.default_rng(1)
    share = 1 / (1 + np.exp(-(-0.8 + 0.15 * rng.standard_normal((200, 20)))))
    assert (find_speed_change(to_logit(share) - to_logit(np.full((200, 20), 0.31))).since > 0).mean() < 0.02


def drifting(curve: np.ndarray, per_delivery: float, seed: int) -> np.ndarray:
    """Two uitvoerders; the odds of the share known move by this much a delivery for a year at the first."""
    values = noisy([100.0, 50.0], curve, seed)
    for back in range(12):
        for lag in range(6):
            delivery = MONTHS_NOISY - 1 - back
            share = values[:1, delivery - lag, lag] / 100.0
            values[0, delivery - lag, lag] = (
                100.0 * shift_completeness(share, np.full(1, per_delivery * (12 - back)))[0]
            )
    return values


@CURVES
@pytest.mark.parametrize("per_delivery", [-0.04, -0.02, 0.02, 0.04])
def test_claims_that_come_in_ever_later_or_sooner_are_followed(curve: np.ndarray, per_delivery: float) -> None:
    """The curve is that of the middle of a year of deliveries: half a year of drift is put on it."""
    found = [complete_cells(drifting(curve, per_delivery, seed), np.arange(2), 3, mean_of_year) for seed in range(8)]
    drift = np.mean([one.curve.drift for one in found], axis=0)
    assert drift == pytest.approx([5.5 * per_delivery, 0.0], abs=0.3 * 5.5 * abs(per_delivery))
    years = [one.completed[:, -12:].sum(axis=1) for one in found]
    assert np.mean(years, axis=0) == pytest.approx([1200.0, 600.0], rel=0.2 * abs(per_delivery))


def test_a_drift_is_none_in_noise_of_one_odd_delivery_and_of_too_few() -> None:
    rng = np.random.default_rng(0)
    noise = 0.05 * rng.standard_normal((200, 12))
    assert (np.abs(find_drift(noise)) < 0.1).mean() > 0.97
    odd = np.zeros((12, 12))
    odd[np.arange(12), np.arange(12)] = 1.0
    assert find_drift(odd).tolist() == [0.0] * 12
    few = np.full((1, 12), np.nan)
    few[0, -7:] = -0.1 * np.arange(7)
    assert find_drift(few).tolist() == [0.0]
