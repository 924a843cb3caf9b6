"""Anybody's triangle completed: what is read and refused, and what holds for any triangle and method."""

from datetime import date, datetime

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from wlz.files.panel import PanelError
from wlz.runoff import LagError
from wlz.runoff.any_triangle import BOUND_NAMES, METHODS, ROW_NAMES, complete_frame
from wlz.words.months import add_months

FIRST = date(2015, 1, 1)
SHARE = (0.3, 0.9, 0.97, 1.0)
SIZES = {("A", "x"): 100.0, ("A", "y"): 40.0, ("B", "x"): 60.0}


def make_rows(months: int = 30, *, first_lag: int = 1, step: int = 1, noise: float = 0.01) -> pl.DataFrame:
    """Two keys, three triangles, known for 30, 90, 97 and 100 % after one to four deliveries."""
    rng = np.random.default_rng(3)
    rows = [
        (*key, add_months(FIRST, month * step), add_months(FIRST, (month + lag) * step + first_lag),
         SHARE[min(lag, 3)] * size * (1 + noise * rng.normal()))
        for key, size in SIZES.items() for month in range(months) for lag in range(months - month)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=["who", "what", "care_month", "delivery_month", "value"], orient="row")


def months_of(rows: pl.DataFrame, who: str = "A", what: str = "x") -> pl.DataFrame:
    return rows.filter(who=who, what=what).drop_nulls("care_month")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("months", "first_lag", "step"), [(30, 1, 1), (30, 0, 1), (8, 1, 1), (8, 11, 12)])
def test_any_method_completes_any_triangle(method, months, first_lag, step):
    found = complete_frame(make_rows(months, first_lag=first_lag, step=step), method=method).rows
    assert found.columns == ["who", "what", "care_month", *ROW_NAMES]
    assert found.height == 3 * (months + 1)
    assert not any(found[name].is_nan().any() for name in ROW_NAMES[:-1])
    assert found["completed"].null_count() == 0
    for key, size in SIZES.items():
        assert months_of(found, *key)["completed"].to_numpy() == pytest.approx(size, rel=0.15)
    known = found.drop_nulls("standard_error")
    lower_80, upper_80, lower_95, upper_95 = (known[name] for name in BOUND_NAMES)
    assert ((lower_95 <= lower_80) & (lower_80 <= known["completed"])).all()
    assert ((upper_80 <= upper_95) & (known["completed"] <= upper_80)).all()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("months", [8, 30])
def test_total_is_the_sum_of_its_months(method, months):
    found = complete_frame(make_rows(months), method=method).rows
    total = found.filter(pl.col("care_month").is_null()).sort("who", "what")
    summed = found.drop_nulls("care_month").group_by("who", "what").agg(pl.col("declared", "completed").sum())
    assert_frame_equal(total.select(summed.columns), summed.sort("who", "what"))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("months", [8, 30])
def test_unit_and_order_of_rows_do_not_matter(method, months):
    rows = make_rows(months)
    plain = complete_frame(rows, method=method).rows
    other = complete_frame(rows.with_columns(pl.col("value") * 1000).sample(fraction=1, shuffle=True, seed=1),
                           method=method).rows  # fmt: skip
    numbers = [name for name in ROW_NAMES[:-1] if name != "completeness_ratio"]
    assert_frame_equal(other.with_columns(pl.col(numbers) / 1000), plain, rel_tol=1e-6, abs_tol=1e-6)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("months", [8, 30])
def test_a_key_that_declared_nothing_stays_at_zero(method, months):
    rows = make_rows(months)
    empty = rows.filter(who="B").with_columns(what=pl.lit("empty"), value=pl.lit(0.0))
    found = complete_frame(pl.concat([rows, empty]), method=method).rows
    names = ["declared", "completed"] if method == "mack" else ["declared", "completed", *BOUND_NAMES]
    zeros = found.filter(what="empty")
    assert zeros.height == months + 1
    assert zeros.select(pl.col(names).fill_null(0.0).abs().sum()).row(0) == (0.0,) * len(names)
    assert zeros["completed"].null_count() == 0


def test_months_by_age_are_bornhuetter_ferguson_then_chain_ladder():
    rows = make_rows()
    default, ladder = (months_of(complete_frame(rows, method=name).rows) for name in METHODS[:2])
    same = (default["completed"] - ladder["completed"]).abs() < 1e-9
    assert same[:-3].all()
    assert not same[-3:].any()


def test_mack_of_one_key_does_not_depend_on_another():
    rows = make_rows(8)
    both = complete_frame(rows, method="mack").rows
    alone = complete_frame(rows.filter(who="B"), method="mack").rows
    assert_frame_equal(both.filter(who="B"), alone)


def test_key_delivered_once_has_no_false_certainty():
    rows = make_rows(8)
    late = rows.filter(who="B").filter(pl.col("delivery_month") == pl.col("delivery_month").max())
    rows = pl.concat([rows.filter(who="A"), late])
    by_mack = complete_frame(rows, method="mack").rows.filter(who="B")
    assert by_mack["declared"].null_count() == 0
    assert by_mack["completed"].null_count() == by_mack.height
    by_parent = complete_frame(rows).rows.filter(who="B")  # learns the factors of A
    assert months_of(by_parent, "B")["completed"][-1] == pytest.approx(60.0, rel=0.2)
    for found in (by_mack, by_parent):
        assert found.select(pl.col("standard_error", *BOUND_NAMES).is_null().all()).row(0) == (True,) * 5


def test_key_behind_with_its_deliveries_keeps_what_it_declared():
    """B has not delivered the last time: its months are as complete as at the delivery before, not zero."""
    rows = make_rows()
    cut = rows.filter((pl.col("who") == "A") | (pl.col("delivery_month") < pl.col("delivery_month").max()))
    found = months_of(complete_frame(cut).rows, "B")
    assert found.height == 29  # the youngest month of B is in no row
    assert found["completed"].to_numpy() == pytest.approx(60.0, rel=0.1)
    assert found["completeness_ratio"][-1] == pytest.approx(0.3, abs=0.1)
    total = complete_frame(cut).rows.filter(pl.col("care_month").is_null(), who="B")
    assert total["completed"][0] == pytest.approx(found["completed"].sum())
    assert total["lower_95"][0] < total["completed"][0] < total["upper_95"][0]


def test_one_cell_that_stops_is_not_taken_back_to_zero():
    rows = make_rows()
    gone = (pl.col("what") == "y") & (pl.col("delivery_month") > add_months(FIRST, 27))
    found = complete_frame(rows.filter(~gone)).rows
    stopped = months_of(found, "A", "y").filter(pl.col("care_month") < add_months(FIRST, 23))
    assert stopped["completed"].to_numpy() == pytest.approx(40.0, rel=0.1)


@pytest.mark.parametrize("method", METHODS)
def test_keys_with_hardly_anything_beside_others_are_completed(method):
    """One row, one care month that is long complete, zeros: too little to forecast from; without news a key is late."""
    few = [
        ("B", "one row", 29, 1, 5.0),
        *(("C", "one month", 3, lag + 1, 50.0 * SHARE[min(lag, 3)]) for lag in range(5)),
        *(("D", "nothing", month, lag, 0.0) for month in range(30) for lag in range(1, 31 - month)),
    ]
    shape = pl.DataFrame(
        [(*key, add_months(FIRST, month), add_months(FIRST, month + lag), value) for *key, month, lag, value in few],
        schema=make_rows(1).schema, orient="row",
    )  # fmt: skip
    found = complete_frame(pl.concat([make_rows(), shape]), method=method).rows
    assert not any(found[name].is_nan().any() or found[name].is_infinite().any() for name in ROW_NAMES[:-1])
    assert found.filter(what="one month")["completed"].to_list() == pytest.approx([50.0] * 2, rel=0.15)
    assert found.filter(what="nothing")["completed"].to_list() == [0.0] * 31
    assert found.filter(what="one row")["completed"].null_count() == (2 if method == "mack" else 0)


@pytest.mark.parametrize("method", METHODS)
def test_one_care_month_alone_has_no_false_certainty(method):
    """Ratios but no scatter: completed by its factors; an error of 0 only where nothing is to come."""
    rows = make_rows(8).filter(who="B").filter(pl.col("care_month") == FIRST)
    [month, total] = complete_frame(rows, method=method).rows.to_dicts()
    assert month["completed"] == total["completed"] == month["declared"]
    assert month["standard_error"] == total["standard_error"] == 0.0
    assert month["lower_95"] == month["upper_95"] == month["completed"]
    young = pl.concat([rows, make_rows(8).filter(pl.col("who") == "B", pl.col("care_month") == add_months(FIRST, 7))])
    last = complete_frame(young, method=method).rows.filter(pl.col("care_month") == add_months(FIRST, 7))
    assert last["completed"][0] == pytest.approx(60.0, rel=0.1)
    assert last.select(pl.col("standard_error", *BOUND_NAMES).is_null().all()).row(0) == (True,) * 5


def test_factors_and_what_they_rest_on():
    found = complete_frame(make_rows(30, noise=0.0)).factors.filter(who="A", what="x")
    assert found["lag_months"].to_list() == list(range(1, 30))
    assert found["to_lag_months"].to_list() == list(range(2, 31))
    assert found["development_factor"][:3].to_list() == pytest.approx([3.0, 0.97 / 0.9, 1 / 0.97])
    assert found["completeness_ratio"][:4].to_list() == pytest.approx(SHARE)
    assert found["ratios_count"].to_list() == [12] * 18 + list(range(11, 0, -1))
    assert complete_frame(make_rows(30), method="mack").factors["ratios_count"][:2].to_list() == [29, 28]


def test_keys_none_one_two_and_months_of_any_type():
    rows = make_rows(8)
    alone = rows.filter(who="B")
    none = complete_frame(alone.drop("who", "what")).rows
    assert none.columns == ["care_month", *ROW_NAMES]
    one = complete_frame(alone.drop("what"), ["who"]).rows
    assert_frame_equal(one.drop("who"), none)
    assert_frame_equal(complete_frame(alone.drop("what")).rows, one)
    for of_type in (pl.col("care_month", "delivery_month").dt.strftime("%Y-%m"),
                    pl.col("care_month", "delivery_month").dt.strftime("%Y-%m-%d"),
                    pl.col("care_month", "delivery_month").cast(pl.Datetime)):  # fmt: skip
        assert_frame_equal(complete_frame(rows.with_columns(of_type)).rows, complete_frame(rows).rows)
    numbered = rows.with_row_index("")  # as R numbers rows
    assert_frame_equal(complete_frame(numbered).rows, complete_frame(rows).rows)
    text = rows.with_columns(pl.col("value").cast(pl.String))
    assert_frame_equal(complete_frame(text).rows, complete_frame(rows).rows)


def test_missing_rows_and_nulls_are_the_same():
    rows = make_rows(30)
    gap = pl.int_range(pl.len()) % 17 == 5
    assert_frame_equal(complete_frame(rows.filter(~gap)).rows,
                       complete_frame(rows.with_columns(value=pl.when(~gap).then("value"))).rows)  # fmt: skip


@pytest.mark.parametrize(("change", "keys", "told"), [
    (lambda rows: rows.clear(), None, "no values"),
    (lambda rows: rows.with_columns(value=None), None, "no values"),
    (lambda rows: rows.with_columns(value=float("inf")), None, "found inf"),
    (lambda rows: rows.with_columns(care_month=pl.lit(datetime(2018, 1, 1, 3))), None, "at midnight"),
    (lambda rows: rows.with_columns(care_month=pl.lit(5)), None, "found 5, expected a month"),
    (lambda rows: rows.with_columns(care_month=pl.lit(5.0)), None, "expected dates"),
    (lambda rows: rows.with_columns(value=pl.lit(True)), None, "expected numbers"),
    (lambda rows: rows.with_columns(delivery_month=pl.lit(date(2010, 1, 1))), None, "before the care"),
    (lambda rows: rows.rename({"who": "method"}), None, "called as a column of the result"),
    (lambda rows: rows, ["who", "who"], "different columns"),
    (lambda rows: rows, ["care_month"], "called as a column of the result"),
    (lambda rows: rows, ["who"], "more than one row"),
    (lambda rows: rows, ["whom"], "no column whom"),
    (lambda rows: rows.with_columns(who=pl.concat_list("who")), None, "with lists"),
])  # fmt: skip
def test_refused_in_a_sentence(change, keys, told):
    with pytest.raises((LagError, PanelError)) as error:
        complete_frame(change(make_rows(8)), keys)
    assert told in str(error.value)
    assert "expected" in str(error.value)


def test_key_names_of_our_own_are_free():
    rows = make_rows(8).rename({"who": "lag", "what": "row"})
    assert complete_frame(rows).rows.columns[:2] == ["lag", "row"]
