"""Deliveries that are missing (lag, step 1): ratios of any width; what nothing is learnt of is empty."""

import warnings
from datetime import date

import numpy as np
import polars as pl
import pytest

from tests.spec.test_lag import CURVE, MONTHS, level, triangles
from wlz.lag.complete import _refuse_unlearnt
from wlz.runoff import LagError, complete_cells, fill_gaps
from wlz.runoff.any_triangle import complete_frame
from wlz.runoff.gaps import completeness_learnt, span_curve
from wlz.words.months import add_months

LONG = np.array([0.5, 0.8, 0.9, 0.95, 0.97, 0.98, 0.985, 0.99, 0.995, 0.998, 0.999, 1.0])


def skip(values: np.ndarray, deliveries: list[int]) -> np.ndarray:
    """The same without these deliveries, which are diagonals."""
    left = values.copy()
    left[:, np.isin(np.add.outer(np.arange(values.shape[1]), np.arange(values.shape[2])), deliveries)] = np.nan
    return left


@pytest.mark.parametrize(
    "missing",
    [
        list(range(MONTHS - 2, 0, -2)),  # every second one
        [number for number in range(MONTHS - 1) if (MONTHS - 1 - number) % 3],  # two of three
        [MONTHS - 2],
        list(range(MONTHS - 5, MONTHS - 1)),  # four in a row before the last
    ],
)
def test_months_are_completed_without_some_of_the_deliveries(missing: list[int]) -> None:
    size = np.array([100.0, 50.0])
    curves = np.stack([CURVE, np.array([0.2, 0.8, 0.95, 0.99, 1.0, 1.0])])
    found = complete_cells(skip(triangles(size, curves), missing), np.arange(2), 3, level)
    assert found.completed[:, -12:] == pytest.approx(np.repeat(size[:, None], 12, axis=1), rel=0.06)
    assert found.completed[:, -12:].sum(axis=1) == pytest.approx(12 * size, rel=0.01)
    assert found.completeness[0, -1] == pytest.approx(CURVE[0], abs=0.06)


def test_a_wide_step_is_spread_as_the_curve_has_it() -> None:
    """Another month says 50, 80, 100: of 30 more in two lags 60 ÷ 100 … three fifths came in the first."""
    values = np.array([[[50.0, np.nan, 100.0], [25.0, 40.0, 50.0]]])
    assert fill_gaps(values)[0, 0].tolist() == [50.0, 80.0, 100.0]
    assert fill_gaps(values[:, 1:]) is not None
    whole = triangles(np.array([100.0]))
    assert fill_gaps(whole) is whole
    np.testing.assert_allclose(span_curve(whole), CURVE)


def test_ladders_that_never_meet_lead_to_one_curve() -> None:
    """Deliveries every third month: from lag 0 to 3 to 6, from 1 to 4 to 7; each is right from the far end on."""
    every_third = [number for number in range(MONTHS) if (MONTHS - 1 - number) % 3]
    values = skip(triangles(np.array([1000.0]), LONG), every_third)
    np.testing.assert_allclose(span_curve(values), LONG, rtol=0.003)


def test_what_nothing_was_learnt_of_is_unknown() -> None:
    """Of the steps 0 → 1 and 2 → 3 there are ratios, of 1 → 2 none: lags 0 and 1 are unknown, 2 and 3 are not."""
    factors = np.array([[2.0, 1.0, 1.25]])
    np.testing.assert_allclose(completeness_learnt(factors, np.array([3, 0, 2])), [[np.nan, np.nan, 0.8, 1.0]])
    np.testing.assert_allclose(completeness_learnt(factors, np.array([3, 1, 0])), [[0.4, 0.8, 0.8, 1.0]])
    assert np.isnan(completeness_learnt(factors, np.zeros(3, dtype=np.int64))).all()


def test_nothing_learnt_completes_nothing() -> None:
    """One delivery only: no completeness of 1, no month completed."""
    values = skip(triangles(np.array([100.0])), list(range(MONTHS - 1)))
    found = complete_cells(values, np.zeros(1, dtype=np.int64), 3, level)
    assert np.isnan(found.completeness[0, -6:]).all()
    assert np.isnan(found.completed[0, -6:]).all()


def frame(months: int, keep: list[int], shares: np.ndarray) -> pl.DataFrame:
    """Care months of 1,000 as known at the deliveries whose number modulo 12 is in `keep`."""
    first = date(2021, 1, 1)
    rows = [
        (add_months(first, care), add_months(first, delivery), 1000 * shares[min(delivery - care, len(shares) - 1)])
        for delivery in range(months)
        for care in range(max(delivery - len(shares) + 1, 0), delivery + 1)
        if delivery % 12 in keep
    ]
    return pl.DataFrame(rows, schema=["care_month", "delivery_month", "value"], orient="row")


def test_quarterly_deliveries_of_monthly_care_are_completed_from_steps_of_three() -> None:
    rows = complete_frame(frame(36, [2, 5, 8, 11], LONG)).rows
    total = rows.filter(pl.col("care_month").is_null())
    assert total["completed"].item() == pytest.approx(36_000, rel=0.003)
    assert rows.filter(care_month=date(2023, 12, 1))["completed"].item() == pytest.approx(1000, rel=0.005)


def test_a_first_lag_of_nothing_is_completed_by_what_is_expected_and_without_bounds() -> None:
    """Nothing is ever known at lag 0: its completeness is 0, not that of lag 1, and no ratio says how sure it is."""
    shares = np.array([0.0, 0.5, 0.8, 1.0])
    rows = complete_frame(frame(12, list(range(12)), shares)).rows
    youngest = rows.filter(care_month=date(2021, 12, 1)).row(0, named=True)
    assert youngest["completeness_ratio"] == 0.0
    assert youngest["completed"] == pytest.approx(1000, rel=0.01)
    assert youngest["lower_95"] is None
    assert rows.filter(pl.col("care_month").is_null())["lower_95"].item() is None


def test_an_advice_of_which_nothing_was_learnt_is_refused_with_what_to_do() -> None:
    values = skip(triangles(np.array([100.0])), list(range(MONTHS - 1)))
    done = complete_cells(values, np.zeros(1, dtype=np.int64), 3, level)
    with pytest.raises(LagError, match=r"lag 1 come in.*wlz run --scenario letter"):
        _refuse_unlearnt(done)


def test_two_deliveries_of_which_the_first_held_nothing_of_the_youngest_months() -> None:
    """Link ratios from nothing: no share is unknown and nothing warns; young months are as expected."""
    values = np.full((2, 12, 8), np.nan)
    for delivery, known in ((9, 6), (11, 12)):
        for lag in range(8):
            values[:, delivery - lag, lag] = np.where(delivery - lag < known, 100.0, 0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = complete_cells(values, np.arange(2), 3, level)
    assert not np.isnan(found.completeness).any()
    assert np.isfinite(found.completed).all()
