"""How late a delivery is, is a share (lag, step 3): part held back, once or for good, and who only seems late."""

import numpy as np
import pytest

from tests.spec.test_lag import triangles
from wlz.runoff import complete_cells
from wlz.runoff.held_back import LATE_SHARE, OtherSpeed, weigh_lateness
from wlz.runoff.season import shift_completeness

REAL = np.array([0.584, 0.870, 0.937, 0.961, 0.973, 0.979, 0.983, 0.987, 0.989, 0.991, 0.993, 0.994, 1.0])  # DAMIR
SIMULATED = np.array([0.3, 0.93, 0.98, 0.995, 0.999, 1.0])
CURVES = pytest.mark.parametrize("curve", [REAL, SIMULATED])
MONTHS = 40
YEAR = 12


def mean_of_year(history: np.ndarray, horizon: int) -> np.ndarray:
    """A forecaster that repeats the mean of the last twelve months."""
    return np.repeat(np.nanmean(history[:, -YEAR:], axis=1)[:, None], horizon, axis=1)


def noisy(size: list[float], curve: np.ndarray, seed: int = 0, months: int = MONTHS) -> np.ndarray:
    """Cells of a constant month; the odds of the share known scatter by 3 % from delivery to delivery."""
    rng = np.random.default_rng(seed)
    values = triangles(np.array(size), curve, months)
    delivery = np.add.outer(np.arange(months), np.arange(len(curve)))
    odds = np.exp(0.03 * rng.standard_normal(months + len(curve)))[delivery]
    share = np.minimum(curve, 0.9999)
    moved = np.where(curve < 1, share / (1 - share) * odds / (1 + share / (1 - share) * odds), 1.0)
    return values / curve * moved


def hold_back(
    values: np.ndarray, rows: list[int], delivery: int, shares: np.ndarray, said: np.ndarray | None = None
) -> np.ndarray:
    """Of what is new at each lag this share stays out of one delivery of these cells; the last share for older lags.

    `said`: what is delivered so far, where earlier deliveries held something back that this one makes good.
    """
    said = values.copy() if said is None else said.copy()
    for lag in range(min(values.shape[2], delivery + 1)):
        care, share = delivery - lag, shares[min(lag, len(shares) - 1)]
        before = values[rows, care, lag - 1] if lag else 0.0
        said[rows, care, lag] = values[rows, care, lag] - share * (values[rows, care, lag] - before)
    return said


@CURVES
@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9, 1.0])
def test_part_of_what_is_new_held_back_moves_no_completed_month(curve: np.ndarray, share: float) -> None:
    values = hold_back(noisy([100.0, 50.0], curve), [0], MONTHS - 1, np.array([share]))
    found = complete_cells(values, np.arange(2), 3, mean_of_year)
    assert found.completed[0, -4:] == pytest.approx(100.0, rel=0.08)
    assert found.completed[0, -YEAR:].sum() == pytest.approx(1200.0, rel=0.015)
    assert found.completed[1, -YEAR:].sum() == pytest.approx(600.0, rel=0.015)
    if share == 1.0:  # the same values as in the delivery before
        assert found.curve.lateness.behind[:, -1].tolist() == [1, 0]
    elif share >= 0.3:
        assert found.held.share[0, -1, 0] == pytest.approx(share, abs=0.15)
        assert found.held.is_late[:, -1].tolist() == [True, False]
        assert found.curve.lateness.deviation[0, 0] > 0.005


@CURVES
@pytest.mark.parametrize("since", [1, 2, 4])
def test_a_third_of_the_youngest_month_that_comes_later_for_good(curve: np.ndarray, since: int) -> None:
    """Older months are whole: the youngest alone is late, delivery after delivery."""
    said = values = noisy([100.0, 50.0], curve)
    for back in range(since):
        said = hold_back(values, [0], MONTHS - 1 - back, np.array([1 / 3, 0.0]), said)
    found = complete_cells(said, np.arange(2), 3, mean_of_year)
    assert found.completed[0, -4:] == pytest.approx(100.0, rel=0.08)
    assert found.completed[0, -4:-1] == pytest.approx(100.0, rel=0.03)
    assert found.completed[0, -YEAR:].sum() == pytest.approx(1200.0, rel=0.015)


@CURVES
def test_the_delivery_after_is_right_and_has_caught_up(curve: np.ndarray) -> None:
    values = hold_back(noisy([100.0, 50.0], curve), [0], MONTHS - 2, np.array([0.6]))
    found = complete_cells(values, np.arange(2), 3, mean_of_year)
    assert found.completed[0, -YEAR:].sum() == pytest.approx(1200.0, rel=0.005)
    assert found.completed[0, -4:] == pytest.approx(100.0, rel=0.05)
    assert found.curve.lateness.caught_up[:, -1].tolist() == [True, False]


@CURVES
@pytest.mark.parametrize("makes_good", [True, False])
def test_half_held_back_twice_in_a_row(curve: np.ndarray, makes_good: bool) -> None:
    """The second time half of what is new, or half of all that was outstanding: also of what was held back before."""
    said = values = noisy([100.0, 50.0], curve)
    for back in (1, 0):
        said = hold_back(values if makes_good else said, [0], MONTHS - 1 - back, np.array([0.5]), said)
    found = complete_cells(said, np.arange(2), 3, mean_of_year)
    assert found.completed[0, -4:] == pytest.approx(100.0, rel=0.08)
    assert found.completed[0, -YEAR:].sum() == pytest.approx(1200.0, rel=0.015)


@CURVES
def test_a_month_behind_for_good_stays_so(curve: np.ndarray) -> None:
    """One delivery repeats, and from then on each brings what the one before should have: still a month behind."""
    said = values = noisy([100.0, 50.0], curve)
    for back in (2, 1, 0):
        said = hold_back(values, [0], MONTHS - 1 - back, np.array([1.0]), said)
    found = complete_cells(said, np.arange(2), 3, mean_of_year)
    assert found.completed[0, -YEAR:].sum() == pytest.approx(1200.0, rel=0.015)
    assert found.completed[0, -4:] == pytest.approx(100.0, rel=0.08)


@pytest.mark.parametrize("shift", [-1.0, -0.7, 0.7, 1.0])
@pytest.mark.parametrize("since", [1, 2, 3, 6])
@CURVES
def test_another_speed_for_good_moves_no_completed_month(curve: np.ndarray, since: int, shift: float) -> None:
    """All open lags move by the same log odds, delivery after delivery; found by a run, whose year came out 2 % low."""
    values = noisy([100.0, 50.0], curve)
    for delivery in range(MONTHS - since, MONTHS):
        for lag in range(4):
            moved = shift_completeness(values[:1, delivery - lag, lag] / 100.0, np.full(1, shift))
            values[0, delivery - lag, lag] = 100.0 * moved[0]
    found = complete_cells(values, np.arange(2), 3, mean_of_year)
    assert found.completed[0, -YEAR:].sum() == pytest.approx(1200.0, rel=0.015)
    assert found.completed[0, -4:] == pytest.approx(100.0, rel=0.08)
    if curve is SIMULATED or since > 2:  # of the flatter curve two deliveries look like half held back: the same months
        assert not found.held.is_late[:, -since:].any()
        assert found.speed.since.tolist() == [since, 0]


def test_another_speed_after_a_delivery_of_nothing() -> None:
    """The delivery before the change brings nothing new and cannot be judged: what follows is speed all the same."""
    values = noisy([100.0, 50.0], SIMULATED)
    for delivery in (MONTHS - 2, MONTHS - 1):
        for lag in range(4):
            moved = shift_completeness(values[:1, delivery - lag, lag] / 100.0, np.full(1, -1.6))
            values[0, delivery - lag, lag] = 100.0 * moved[0]
    values = hold_back(values, [0], MONTHS - 3, np.array([1.0]))
    found = complete_cells(values, np.arange(2), 3, mean_of_year)
    assert not found.held.is_late[0, -1]
    assert found.completed[0, -YEAR:].sum() == pytest.approx(1200.0, rel=0.015)


@CURVES
def test_on_time_nothing_is_held_back(curve: np.ndarray) -> None:
    wrong = 0
    for seed in range(20):
        found = complete_cells(noisy([100.0, 50.0], curve, seed), np.arange(2), 3, mean_of_year)
        wrong += int(found.held.is_late[:, -1].sum())
        assert found.completed[:, -YEAR:].sum() == pytest.approx(1800.0, rel=0.006)
    assert wrong == 0


def test_a_group_that_stops_is_not_held_back_claims() -> None:
    """One of three groups has no new month: the middle of the groups is on time."""
    values = noisy([100.0, 90.0, 80.0, 50.0], REAL)
    values[0, -1, 0] = 0.0
    whole = noisy([100.0, 90.0, 80.0, 50.0], REAL)
    usual, found = (complete_cells(one, np.array([0, 0, 0, 1]), 3, mean_of_year) for one in (whole, values))
    assert not found.held.is_late[:, -1].any()
    assert found.completed[2] == pytest.approx(usual.completed[2], rel=0.02)


def test_a_late_delivery_says_nothing_of_the_curve() -> None:
    late = hold_back(noisy([100.0, 50.0], REAL), [0], MONTHS - 5, np.array([0.8]))
    usual, found = (
        complete_cells(values, np.arange(2), 3, mean_of_year) for values in (noisy([100.0, 50.0], REAL), late)
    )
    assert found.curve.p_uitvoerder[0, :3] == pytest.approx(usual.curve.p_uitvoerder[0, :3], rel=0.01)
    assert found.held.is_late[0, MONTHS - 5]


def test_how_sure_a_share_is_follows_from_how_sure_the_month_is() -> None:
    """Half of what is usual: near one half held back; the less sure the level of the month, the less sure the share."""
    ratio = np.ones((1, 10, 1))
    ratio[0, -1] = 0.5
    p, none = np.full((1, 10, 1), 0.6), OtherSpeed(np.zeros(1), np.full(1, 0.15))
    found = [weigh_lateness(ratio, p, np.full((1, 10, 1), doubt), none) for doubt in (0.01, 0.05)]
    assert [one.share[0, -1, 0] for one in found] == pytest.approx([0.5, 0.5], abs=0.08)
    assert found[0].deviation[0, -1, 0] < found[1].deviation[0, -1, 0]
    assert not found[0].is_late[0, :-1].any()
    assert found[0].share[0, :-1].max() < LATE_SHARE
