"""Pieces of the lag method, each with its sum: odds of a share, what came in, errors of one sign, averages."""

import math

import numpy as np
import pytest

from wlz.forecasting.ets import FloatArray
from wlz.runoff.factors import development_factors
from wlz.runoff.judging import weigh_median
from wlz.runoff.lateness import Emergence, Lateness, actual_versus_expected, effective_lag
from wlz.runoff.retrospect import _relative
from wlz.runoff.season import month_of_year_effect, shift_completeness, to_logit
from wlz.runoff.triangle import sum_labels

NAN = math.nan


def test_odds_of_none_and_of_all_are_held() -> None:
    """ln(0.8 ÷ 0.2) = ln 4; none and all are taken at 0.001 and 0.999: ∓ ln 999."""
    found = to_logit(np.array([0.8, 0.0, 1.0, 1.3]))
    assert found == pytest.approx([math.log(4), -math.log(999), math.log(999), math.log(999)])


def test_a_shift_multiplies_the_odds() -> None:
    """Odds of 0.5 are 1; twice that is 2 ÷ 3. Odds of 0.8 are 4; half of that is 2 ÷ 3. None and all stay."""
    double, half = math.log(2), -math.log(2)
    found = shift_completeness(
        np.array([0.5, 0.8, 0.0, 1.0, 0.9995, 0.7]), np.array([double, half, 1.0, 1.0, 1.0, 0.0])
    )
    assert found == pytest.approx([2 / 3, 2 / 3, 0.0, 1.0, 0.9995, 0.7])


@pytest.mark.parametrize("euro", [100.0, 0.01])
def test_the_effect_of_a_month_is_its_mean_and_counts_by_its_years(euro: float) -> None:
    """July knew 0.5 where the curve says 0.8, in two years: ln 1 − ln 4 = −ln 4, times 2 ÷ (2 + ½) = 0.8.

    Of two uitvoerders one of three times the size that is on the curve: a quarter of it. Euro or cents do not matter.
    """
    months = np.array([6, 6])
    ultimate = np.array([[euro, euro], [3 * euro, 3 * euro]])
    values = np.stack([ultimate * np.array([[0.5], [0.8]]), ultimate], axis=2)
    p = np.array([[0.8, 1.0], [0.8, 1.0]])
    usable = np.ones(values.shape)
    effect = month_of_year_effect(values, ultimate, p, months, usable)
    assert effect[6, 0] == pytest.approx(-math.log(4) / 4 * 2 / 2.5)
    assert effect[6, 1] == 0.0
    assert not effect[np.arange(12) != 6].any()
    usable[1] = 0.0
    assert month_of_year_effect(values, ultimate, p, months, usable)[6, 0] == pytest.approx(-math.log(4) * 2 / 2.5)


def test_nothing_expected_has_no_ratio() -> None:
    """30 of 20 is 1.5; of nothing expected, or less, there is no ratio, whatever came in."""
    came_in, expected = np.array([[30.0, 5.0, -5.0, 0.0, 5.0]]), np.array([[20.0, 0.0, 0.0, 0.0, -1.0]])
    np.testing.assert_array_equal(Emergence(came_in, expected).ratio, [[1.5, NAN, NAN, NAN, NAN]])


def test_what_came_in_against_the_curve() -> None:
    """A month is 100, half known at first, four fifths after two deliveries, all after three.

    The third delivery brings 50 of its own month, 30 of the one before and 20 of the one before that: 100 of 100. In
    the fourth the new month has 40 and the one before 75 in all: 40 + 25 + 20 + 0 = 85 of 100. Nothing lies before the
    first delivery, so it has no sums.
    """
    values = np.array([[[50, 80, 100, 100], [50, 80, 100, NAN], [50, 75, NAN, NAN], [40, NAN, NAN, NAN]]])
    p, ultimate = np.array([[0.5, 0.8, 1.0, 1.0]]), np.full((1, 4), 100.0)
    found = actual_versus_expected(values, p, ultimate)
    assert found.actual.tolist() == [[0.0, 80.0, 100.0, 85.0]]
    assert found.expected[0] == pytest.approx([0.0, 80.0, 100.0, 100.0])


def repeat_last(values: FloatArray) -> FloatArray:
    """The same triangle whose last delivery repeats the one before it."""
    repeated = values.copy()
    months = values.shape[1]
    for month in range(months):
        lag = months - 1 - month
        repeated[:, month, lag] = repeated[:, month, lag - 1] if lag else 0.0
    return repeated


def test_a_repeated_delivery_is_behind_and_one_with_a_new_month_is_not() -> None:
    """Months all known at once have nothing more to come in: what repeats is judged by the new month alone."""
    whole = np.array([[[100.0, 100.0, 100.0], [100.0, 100.0, NAN], [100.0, NAN, NAN]]])
    unknown = Emergence(np.full((1, 3), NAN), np.zeros((1, 3)))
    assert effective_lag(whole, unknown).behind.tolist() == [[0, 0, 0]]
    assert effective_lag(repeat_last(whole), unknown).behind.tolist() == [[0, 0, 1]]
    half = repeat_last(whole)
    half[0, 0, 2] = 130.0  # something of an older month did come in
    assert effective_lag(half, unknown).behind.tolist() == [[0, 0, 0]]


def test_deliveries_are_left_out_as_if_they_had_caught_up() -> None:
    """Of four deliveries the second was late: steps that end at it or start from it are out; so are steps to the last,
    which is left out beside it, but not steps from it, of which there are none."""
    late = Lateness(np.array([[0, 1, 0, 0]]), np.zeros((1, 4), dtype=bool))
    first = late.excluded((4, 3))[0]
    assert first.tolist() == [[True, True], [True, False], [False, False], [False, False]]
    more = late.leave_out(np.array([[False, False, False, True]]))
    assert more.excluded((4, 3))[0].tolist() == [[True, True], [True, True], [True, False], [False, False]]
    assert more.caught_up.tolist() == [[False, False, False, True]]
    caught = Lateness(late.behind, np.array([[False, False, True, False]]))
    assert caught.leave_out(np.array([[False, False, False, True]])).caught_up.tolist() == [[False, False, True, True]]


def test_errors_are_of_one_sign() -> None:
    """110 where 100 was said is 0.1, −90 where −100 was said is −0.1; 0, another sign and unused ones are none."""
    actual = np.array([[110.0, -90.0, 0.5, -5.0, 110.0, 0.0]])
    said = np.array([[100.0, -100.0, -0.5, 5.0, 100.0, 100.0]])
    usable = np.array([True, True, True, True, False, True])
    np.testing.assert_allclose(_relative(actual, said, usable), [[0.1, -0.1, NAN, NAN, NAN, NAN]])


def test_a_pair_left_out_adds_nothing() -> None:
    """(60 + 40) ÷ (30 + 20) = 2 without the third month, 200 ÷ 50 alone would be 4; the mean is of two ratios."""
    values = np.array([[[30.0, 60.0], [20.0, 40.0], [50.0, 200.0]]])
    exclude = np.array([[[False], [False], [True]]])
    for average in ("volume", "simple", "regression", "median"):
        assert development_factors(values, average=average, exclude=exclude).tolist() == [[2.0]]
    assert development_factors(values).tolist() == [[3.0]]


def test_cells_are_added_up_per_uitvoerder() -> None:
    """1 + 2 and 3 + 0 for two cells of one uitvoerder, 5 and nothing observed for the other; in three axes as well."""
    values = np.array([[1.0, 3.0], [5.0, NAN], [2.0, NAN]])
    labels = np.array([0, 1, 0])
    np.testing.assert_array_equal(sum_labels(values, labels), [[3.0, 3.0], [5.0, NAN]])
    np.testing.assert_array_equal(sum_labels(values[:, :, None], labels)[:, :, 0], [[3.0, 3.0], [5.0, NAN]])


def test_the_weighted_middle_of_each_uitvoerder() -> None:
    """Weights 1, 1 and 3 of the values 4, 2 and 9: half of 5 is reached at 9. Of 2 and 6 2 is nearer to 0.

    The second column has no value of the heaviest, so of 1 and 5 the first; the other uitvoerder has its own.
    """
    values = np.array([[4.0, 1.0], [7.0, 8.0], [2.0, 5.0], [9.0, NAN]])
    weight, labels = np.array([[1.0, 1.0], [1.0, 1.0], [1.0, 1.0], [3.0, 3.0]]), np.array([0, 1, 0, 0])
    assert weigh_median(values, weight, labels).tolist() == [[9.0, 1.0], [7.0, 8.0]]
    even = weigh_median(np.array([[6.0], [2.0]]), np.ones((2, 1)), np.zeros(2, dtype=np.int64))
    assert even.tolist() == [[2.0]]
