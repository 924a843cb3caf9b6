"""Triangles as arrays: what is read into one, and every average and error beside a plain loop over one triangle.

Published results and another program: tests/spec/test_chain_ladder.py.
"""

import warnings
from collections.abc import Callable
from datetime import date
from math import sqrt

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from wlz.runoff import (
    LagError,
    Triangle,
    build_triangle,
    cape_cod,
    chain_ladder,
    completeness_from_factors,
    development_factors,
    latest,
    latest_lag,
    link_ratios,
    mack_standard_error,
)
from wlz.runoff.triangle import BLOCK_SIZE
from wlz.words.months import add_months

FIRST = date(2016, 1, 1)
QUICK = settings(max_examples=40, deadline=None, derandomize=True)
Cell = tuple[str, int, int, float | None]  # key, care month and delivery month counted from FIRST, value


def make_rows(cells: list[Cell]) -> pl.DataFrame:
    rows = [(key, add_months(FIRST, care), add_months(FIRST, delivery), value) for key, care, delivery, value in cells]
    schema = {"key": pl.String, "care_month": pl.Date, "delivery_month": pl.Date, "value": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def list_cells(triangle: Triangle) -> set[Cell]:
    """The observed cells of a triangle, as make_rows takes them."""
    [offset] = {(triangle.first_month.year - FIRST.year) * 12 + triangle.first_month.month - FIRST.month}
    found = set()
    for place, month, lag in np.argwhere(~np.isnan(triangle.values)).tolist():
        care = offset + month * triangle.step_months
        delivery = care + triangle.first_lag + lag * triangle.step_months
        found.add((triangle.keys.row(place)[0], care, delivery, triangle.values[place, month, lag]))
    return found


def draw_triangles(seed: int, count: int = 3, months: int = 7, lags: int = 6, gaps: float = 0.1) -> np.ndarray:
    """Growing triangles with gaps, zeros and months that end earlier or later than the diagonal."""
    rng = np.random.default_rng(seed)
    values = np.cumsum(rng.uniform(0.5, 10, (count, months, lags)), axis=2)
    values[np.add.outer(np.arange(months), np.arange(lags)) + np.zeros((count, 1, 1)) > months - 1] = np.nan
    values[rng.random(values.shape) < gaps] = np.nan
    values[rng.random(values.shape) < gaps / 2] = 0.0
    return values


# --- Rows into a triangle -----------------------------------------------------------------------------------------


def test_rows_become_a_triangle():
    triangle = build_triangle(
        make_rows([("b", 3, 4, 1.0), ("a", 1, 2, 5.0), ("a", 1, 4, 0.0), ("a", 2, 3, None)]), ["key"]
    )
    assert triangle.keys["key"].to_list() == ["a", "b"]
    assert (triangle.first_month, triangle.first_lag, triangle.step_months) == (date(2016, 2, 1), 1, 2)
    assert triangle.care_months == [date(2016, 2, 1), date(2016, 4, 1)]
    assert triangle.lags == [1, 3]
    nan = np.nan
    np.testing.assert_array_equal(triangle.values, [[[5, 0], [nan, nan]], [[nan, nan], [1, nan]]])


@pytest.mark.parametrize(
    ("care", "lags", "step"),
    [
        ((0, 1, 2), (1, 2), 1),
        ((0, 12, 24), (11, 23), 12),  # years, delivered at their end
        ((0, 12, 24), (2, 5, 8), 3),  # years, delivered per quarter
        ((0, 3, 9), (0, 6), 3),
        ((0,), (4,), 1),
        ((0, 6), (4,), 6),
    ],
)
def test_step_is_found(care, lags, step):
    rows = make_rows([("a", month, month + lag, 1.0) for month in care for lag in lags])
    triangle = build_triangle(rows, ["key"])
    assert triangle.step_months == step
    assert list_cells(triangle) == {("a", month, month + lag, 1.0) for month in care for lag in lags}
    assert set(care) <= {(month.year - FIRST.year) * 12 + month.month - 1 for month in triangle.care_months}
    assert set(lags) <= set(triangle.lags)


def test_step_can_be_given():
    rows = make_rows([("a", 0, 11, 1.0), ("a", 12, 23, 1.0)])
    assert build_triangle(rows, ["key"], step_months=3).values.shape == (1, 5, 1)
    with pytest.raises(LagError, match="no multiple of 5 months"):
        build_triangle(rows, ["key"], step_months=5)


cells = st.dictionaries(
    st.tuples(st.sampled_from("abc"), st.integers(0, 30), st.integers(0, 20)), st.floats(-1e6, 1e6), min_size=1
).map(lambda found: [(key, care, care + lag, value) for (key, care, lag), value in found.items()])


@QUICK
@given(cells, st.randoms(use_true_random=False))
def test_every_row_is_a_cell_in_any_order(rows, random):
    triangle = build_triangle(make_rows(rows), ["key"])
    assert list_cells(triangle) == set(rows)
    random.shuffle(rows)
    again = build_triangle(make_rows(rows), ["key"])
    np.testing.assert_array_equal(again.values, triangle.values)
    assert again[2:] == triangle[2:]


def test_no_key_two_keys_and_another_value():
    rows = make_rows([("a", 0, 1, 1.0), ("b", 0, 2, 2.0)])
    without = build_triangle(rows, [])
    assert (without.keys.shape, without.values.shape) == ((1, 0), (1, 1, 2))
    two = build_triangle(rows.with_columns(who=pl.Series([None, 7]), amount=pl.col("value") * 3), ["who", "key"],
                         value="amount")  # fmt: skip
    assert two.keys.rows() == [(None, "a"), (7, "b")]
    assert latest(two.values).ravel().tolist() == [3.0, 6.0]


REFUSED: dict[str, tuple[Callable[[pl.DataFrame], pl.DataFrame], str]] = {
    "a delivery twice": (lambda rows: pl.concat([rows, rows[:1]]), "key a, care_month 2016-01-01, delivery_month"),
    "null twice": (lambda rows: pl.concat([rows, rows[:1].with_columns(value=None)]), "more than one row"),
    "delivered before the care": (
        lambda rows: rows.with_columns(delivery_month=pl.lit(date(2015, 12, 1))),
        "row 1 below the header",
    ),
    "not a number": (lambda rows: rows.with_columns(value=float("nan")), r"found nan \(2 such rows\)"),
    "endless": (lambda rows: rows.with_columns(value=float("-inf")), "found -inf"),
    "half a month": (lambda rows: rows.with_columns(care_month=pl.lit(date(2016, 1, 2))), "expected the first of"),
    "no month": (lambda rows: rows.with_columns(delivery_month=pl.lit(None, pl.Date)), "expected the first of"),
    "no column": (lambda rows: rows.drop("value"), "no column value"),
    "nothing known": (lambda rows: rows.with_columns(value=pl.lit(None, pl.Float64)), "no values"),
    "no rows": (lambda rows: rows.clear(), "no values"),
    "the year 3016": (
        lambda rows: pl.concat([rows, make_rows([("a", 12_000, 12_001, 1.0)])]),
        "at most a hundred years",
    ),
}


@pytest.mark.parametrize(("change", "told"), REFUSED.values(), ids=REFUSED)
def test_no_triangle(change, told):
    with pytest.raises(LagError, match=told):
        build_triangle(change(make_rows([("a", 0, 1, 1.0), ("a", 0, 2, 2.0)])), ["key"])


def test_last_observation_looks_across_gaps():
    nan = np.nan
    values = np.array([[[1.0, nan, 3.0, nan], [nan, nan, nan, nan], [0.0, nan, nan, nan]]])
    assert latest_lag(values).tolist() == [[2, -1, 0]]
    np.testing.assert_array_equal(latest(values), [[3.0, nan, 0.0]])


# --- Averages beside a loop ---------------------------------------------------------------------------------------


def average_by_loop(values: np.ndarray, lag: int, average: str, last: int | None = None) -> float:
    """The textbook over one triangle (T, L) and one step of lag."""
    ends = [month + at for month, at in np.argwhere(~np.isnan(values))]
    pairs = [
        (values[month, lag], values[month, lag + 1])
        for month in range(len(values))
        if not np.isnan(values[month, lag : lag + 2]).any() and (last is None or month + lag + 1 > max(ends) - last)
    ]
    if average == "volume":
        base = sum(c for c, _ in pairs)
        return sum(d for _, d in pairs) / base if base else np.nan
    pairs = [(c, d) for c, d in pairs if c != 0]
    if not pairs:
        return np.nan
    if average == "regression":
        return sum(c * d for c, d in pairs) / sum(c * c for c, _ in pairs)
    return float({"simple": np.mean, "median": np.median}[average]([d / c for c, d in pairs]))


@pytest.mark.parametrize("average", ["volume", "simple", "regression", "median"])
@QUICK
@given(st.integers(0, 10_000), st.sampled_from([None, 1, 3]))
def test_averages_are_those_of_the_textbook(average, seed, last):
    [values] = draw_triangles(seed, count=1, gaps=0.25)
    found = development_factors(values[None], average=average, n_diagonals=last)[0]
    expected = [average_by_loop(values, lag, average, last) for lag in range(values.shape[1] - 1)]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_left_out_pairs_are_as_if_not_observed():
    values = draw_triangles(5, gaps=0.0)
    exclude = np.zeros((1, 7, 5), dtype=bool)
    exclude[0, 2, 1] = exclude[0, 0, :] = True
    found = development_factors(values, average="simple", exclude=exclude)
    ratios = np.where(exclude, np.nan, link_ratios(values))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # mean of an empty column
        np.testing.assert_allclose(found, np.nanmean(ratios, axis=1))


def test_wrong_options_are_refused():
    values = draw_triangles(1)
    with pytest.raises(LagError, match="expected one of volume, simple"):
        development_factors(values, average="mean")  # type: ignore[arg-type]
    with pytest.raises(LagError, match="n_diagonals: found 0"):
        development_factors(values, n_diagonals=0)
    with pytest.raises(LagError, match="tail: found 0"):
        completeness_from_factors(np.ones((1, 2)), tail=0)


def test_completeness_with_a_tail_without_a_ratio_and_without_sense():
    nan = np.nan
    np.testing.assert_allclose(completeness_from_factors(np.array([[2.0, nan]]), tail=1.25), [[0.4, 0.8, 0.8]])
    np.testing.assert_allclose(completeness_from_factors(np.array([[0.5, 1.0]])), [[2.0, 1.0, 1.0]])
    np.testing.assert_array_equal(completeness_from_factors(np.array([[2.0, 0.0]])), [[nan, nan, 1.0]])


def test_cape_cod_by_hand():
    """Declared 30 + 10 of what is 0.75 and 0.25 known at exposures 2 and 4: 40 ÷ 2.5 = 16 per unit."""
    ultimate, ratio = cape_cod(
        np.array([[30.0, 10.0, np.nan]]), np.array([[0.75, 0.25, 0.1]]), np.array([[2.0, 4.0, 9.0]])
    )
    assert ratio.tolist() == [16.0]
    np.testing.assert_allclose(ultimate, [[38.0, 58.0, np.nan]])
    assert np.isnan(cape_cod(np.ones((1, 2)), np.zeros((1, 2)), np.ones((1, 2)))[1]).all()


# --- Mack beside a loop -------------------------------------------------------------------------------------------


def mack_by_loop(values: np.ndarray, factors: np.ndarray, sigma: np.ndarray) -> tuple[list[float], float]:
    """Mack 1993, formula 7 with its product written out for every month and pair of months, of one triangle (T, L)."""
    months, lags = values.shape
    step = np.where(np.isnan(factors), 1.0, factors)
    width = np.where(np.isnan(factors), 0.0, sigma)
    at = [int(np.flatnonzero(~np.isnan(line)).max(initial=-1)) for line in values]
    seen = ~np.isnan(values)
    volume = [values[seen[:, k] & seen[:, k + 1], k].sum() for k in range(lags - 1)]
    square = [(width[k] / step[k]) ** 2 if width[k] else 0.0 for k in range(lags - 1)]
    ultimate = [values[i, at[i]] * np.prod(step[at[i] :]) if at[i] >= 0 else 0.0 for i in range(months)]
    process = [
        ultimate[i] ** 2
        * sum(square[k] / (values[i, at[i]] * np.prod(step[at[i] : k])) for k in range(at[i], lags - 1))
        if ultimate[i] > 0 else 0.0 for i in range(months)
    ]  # fmt: skip
    both = [
        [
            ultimate[i] * ultimate[j]
            * sum(square[k] / volume[k] for k in range(max(at[i], at[j]), lags - 1) if volume[k] > 0)
            if ultimate[i] > 0 and ultimate[j] > 0 else 0.0 for j in range(months)
        ] for i in range(months)
    ]  # fmt: skip
    return [sqrt(process[i] + both[i][i]) for i in range(months)], sqrt(sum(process) + sum(map(sum, both)))


@QUICK
@given(st.integers(0, 10_000), st.sampled_from(["mack", "log_linear"]))
def test_errors_are_those_of_the_formula_whatever_the_shape(seed, rule):
    """Also with gaps, and where months end at other lags than the diagonal."""
    values = draw_triangles(seed)
    factors = development_factors(values)
    assume((np.nan_to_num(factors, nan=1.0) > 0).all())  # where all is taken back there is no share, and no error
    found = mack_standard_error(values, factors, sigma_rule=rule)
    for row in range(len(values)):
        month, total = mack_by_loop(values[row], factors[row], found.sigma[row])
        known = ~np.isnan(latest(values[row : row + 1])[0])
        np.testing.assert_allclose(found.month[row][known], np.array(month)[known], rtol=1e-9)
        assert np.isnan(found.month[row][~known]).all()
        assert found.total[row] == pytest.approx(total, rel=1e-9)


def test_sigma_by_hand_and_by_rule():
    """σ² of the first two columns from their pairs; of the last, with one pair, by the rule asked for."""
    nan = np.nan
    values = np.array(
        [[[10.0, 20.0, 30.0, 33.0], [10.0, 30.0, 36.0, nan], [10.0, 25.0, nan, nan], [12.0, nan, nan, nan]]]
    )
    first = (10 * 0.25 + 10 * 0.25 + 0) / 2  # ratios 2, 3 and 2.5 around 2.5
    second = 20 * (1.5 - 66 / 50) ** 2 + 30 * (1.2 - 66 / 50) ** 2
    factors = development_factors(values)
    by_mack = mack_standard_error(values, factors).sigma[0] ** 2
    np.testing.assert_allclose(by_mack, [first, second, min(second**2 / first, first, second)])
    by_line = mack_standard_error(values, factors, sigma_rule="log_linear").sigma[0] ** 2
    np.testing.assert_allclose(by_line, [first, second, second**2 / first])


def test_no_error_where_nothing_says_how_sure():
    """One care month alone: factors but no scatter. No error for what is open, none needed for what is not."""
    nan = np.nan
    values = np.array([[[10.0, 20.0, 30.0], [nan, nan, nan]], [[10.0, 20.0, 30.0], [5.0, nan, nan]]])
    factors = development_factors(values)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = mack_standard_error(values, factors)
        by_line = mack_standard_error(values, factors, sigma_rule="log_linear")
    for errors in (found, by_line):
        assert np.isnan(errors.sigma).all()
        np.testing.assert_array_equal(errors.month, [[0.0, nan], [0.0, nan]])
        np.testing.assert_array_equal(errors.total, [0.0, nan])


def test_steady_growth_has_no_error():
    shares = np.array([0.25, 0.5, 1.0])
    values = np.array([[100.0], [80.0], [60.0]]) * shares
    values[np.add.outer(np.arange(3), np.arange(3)) > 2] = np.nan
    errors = mack_standard_error(values[None], development_factors(values[None]))
    assert errors.total.tolist() == [0.0]
    assert errors.sigma.tolist() == [[0.0, 0.0]]


# --- Many at once -------------------------------------------------------------------------------------------------


def complete(values: np.ndarray) -> tuple[np.ndarray, ...]:
    factors = development_factors(values)
    share = np.take_along_axis(completeness_from_factors(factors), np.maximum(latest_lag(values), 0), axis=1)
    return factors, chain_ladder(latest(values), share), *mack_standard_error(values, factors)


def test_many_triangles_are_the_same_as_each_alone_and_order_does_not_matter():
    values = draw_triangles(2, count=2 * BLOCK_SIZE + 3, months=6, lags=5)
    order = np.random.default_rng(0).permutation(len(values))
    together, shuffled = complete(values), complete(values[order])
    for whole, other in zip(together, shuffled, strict=True):
        np.testing.assert_array_equal(other, whole[order])
    for row in (0, BLOCK_SIZE - 1, BLOCK_SIZE, 2 * BLOCK_SIZE + 2):
        for whole, alone in zip(together, complete(values[row : row + 1]), strict=True):
            np.testing.assert_allclose(alone[0], whole[row], rtol=1e-12)


def test_the_values_are_left_as_they_were():
    values = draw_triangles(4)
    before = values.copy()
    complete(values)
    np.testing.assert_array_equal(values, before)
