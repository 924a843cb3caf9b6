"""A panel from anybody's file: what is read and refused, and what a forecast of it keeps to whatever is in it."""

import re
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from wlz.files.panel import TOTAL_ID, PanelError, PanelFrame, read_panel
from wlz.forecasting.any_panel import (
    FORECAST_SCHEMA,
    HISTORY_MONTHS,
    LINE_NAMES,
    NO_FORECAST,
    count_edge_cases,
    forecast_frame,
)
from wlz.forecasting.engines import RUN_ENGINES
from wlz.words.months import add_months

FIRST = date(2015, 1, 1)
QUICK = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


def make_rows(series: dict[str, list[float | None]], first: date = FIRST) -> pl.DataFrame:
    """One row per series and month, from `first` on."""
    rows = [
        (name, add_months(first, step), value) for name, known in series.items() for step, value in enumerate(known)
    ]
    return pl.DataFrame(rows, schema={"unique_id": pl.String, "month": pl.Date, "value": pl.Float64}, orient="row")


def make_values(count: int = 6, months: int = 40, seed: int = 1) -> np.ndarray:
    """Positive series with a season and noise."""
    rng = np.random.default_rng(seed)
    season = 0.3 * np.sin(2 * np.pi * (np.arange(months) / 12 + rng.random((count, 1))))
    return np.exp(rng.normal(5, 1, (count, 1)) + season + 0.1 * rng.normal(size=(count, months)))


def make_panel(values: np.ndarray, first: date = FIRST) -> PanelFrame:
    return PanelFrame([f"s{row:02}" for row in range(len(values))], values, first)


def spoil(values: np.ndarray, seed: int) -> np.ndarray:
    """Gaps, zeros, late starts and early ends; every panel keeps one whole series."""
    rng, (count, months) = np.random.default_rng(seed), values.shape
    values = values.copy()
    values[rng.random(values.shape) < 0.1] = np.nan
    values[rng.random(values.shape) < 0.1] = 0.0
    for row in range(count):
        if rng.random() < 0.3:
            values[row, : rng.integers(0, months)] = np.nan
        if rng.random() < 0.3:
            values[row, months - rng.integers(0, months) :] = [np.nan, 0.0][rng.integers(2)]
    values[0] = np.exp(0.1 * rng.normal(size=months))
    return values


def assert_sound(forecast: pl.DataFrame, count: int, horizon: int) -> None:
    """The columns promised, a row per series and month and one for the year, bounds in order around the point."""
    assert dict(forecast.schema) == FORECAST_SCHEMA
    assert forecast.height == count * (horizon + 1)
    assert forecast["month"].null_count() == count
    known = forecast.drop_nulls("forecast")
    assert known.select(pl.col(LINE_NAMES).is_finite().all()).row(0) == (True,) * 5
    for lower, upper in (("lower_95", "lower_80"), ("lower_80", "forecast"), ("forecast", "upper_80")):
        assert (known[lower] <= known[upper]).all()
    assert (known["upper_80"] <= known["upper_95"]).all()
    silent = forecast.filter(pl.col("forecast").is_null())
    assert set(silent["model"]) <= {NO_FORECAST}
    assert silent.select(pl.col(LINE_NAMES).is_null().all()).row(0) == (True,) * 5


# ---- reading -----------------------------------------------------------------------------------------------------


def test_rows_become_series_by_months():
    panel = read_panel(
        pl.DataFrame(
            {
                "unique_id": ["b", "a", "b", "a"],
                "month": ["2018-03", "2018-01", "2018-01-01", "2018-02"],
                "value": ["4", "1.5", "NA", ""],
                "note": ["not", "looked", "at", None],
            }
        )
    )
    assert panel.ids == ["a", "b"]
    assert panel.first_month == date(2018, 1, 1)
    assert panel.last_month == date(2018, 3, 1)
    np.testing.assert_array_equal(panel.values, [[1.5, np.nan, np.nan], [np.nan, np.nan, 4.0]])


@pytest.mark.parametrize(
    "months",
    [
        pl.Series([date(2018, 1, 1), date(2018, 2, 1)]),
        pl.Series([datetime(2018, 1, 1), datetime(2018, 2, 1)]),
        pl.Series([datetime(2018, 1, 1), datetime(2018, 2, 1)]).dt.replace_time_zone("Europe/Amsterdam"),
        pl.Series(["2018-01", "2018-02"]),
        pl.Series([" 2018-01-01", "2018-02 "]),
        pl.Series(["2018-01", "2018-02"], dtype=pl.Categorical),
    ],
    ids=lambda series: str(series.dtype),
)
@pytest.mark.parametrize(
    "values",
    [
        pl.Series([1, 20]),
        pl.Series([1.0, 20.0]),
        pl.Series([1, 20], dtype=pl.UInt8),
        pl.Series([Decimal("1.00"), Decimal("20.00")]),
        pl.Series(["1", " 2.0e1 "]),
    ],
    ids=lambda series: str(series.dtype),
)
def test_types_that_are_read(months, values):
    panel = read_panel(pl.DataFrame({"unique_id": [7, 7], "month": months, "value": values}))
    assert panel.ids == ["7"]
    np.testing.assert_array_equal(panel.values, [[1.0, 20.0]])


def test_months_without_any_value_are_no_history():
    rows = make_rows({"a": [None, None, 3.0, 4.0, None], "b": [None, None, None, 1.0, None]})
    panel = read_panel(rows)
    assert (panel.first_month, panel.last_month) == (date(2015, 3, 1), date(2015, 4, 1))


ROWS = {"unique_id": ["a", "a"], "month": ["2018-01", "2018-02"], "value": ["1", "2"]}
REFUSED = {
    "missing columns": (
        {"unique_id": ["a"], "datum": ["2018-01"]},
        r"no column month, value: found 'unique_id', 'datum'",
    ),
    "one column": ({"unique_id;month;value": ["a;2018-01;1"]}, r"Likely other headers, or another separator"),
    "no rows": ({name: [] for name in ROWS}, r"no rows: found a header only"),
    "no values": (ROWS | {"value": ["", "NA"]}, r"no values: found 2 rows without one"),
    "null values": (ROWS | {"value": [None, None]}, r"no values"),
    "twice": (ROWS | {"month": ["2018-01", "2018-01-01"]}, r"series 'a', month 2018-01: .* \(1, 2 below the header"),
    "twice, one empty": (ROWS | {"month": ["2018-01"] * 2, "value": ["1", ""]}, r"more than one row"),
    "no id": (ROWS | {"unique_id": ["a", None]}, r"column unique_id, row 2 below the header: found nothing"),
    "blank id": (ROWS | {"unique_id": [" ", "a"]}, r"row 1 below the header: found ' '"),
    "id of the total": (ROWS | {"unique_id": ["a", TOTAL_ID]}, r"found '__total__', expected another name"),
    "id no text": (ROWS | {"unique_id": [1.0, 2.0]}, r"column unique_id: found Float64"),
    "no month": (ROWS | {"month": ["2018-01", None]}, r"column month, row 2 .* found nothing"),
    "mid month": (ROWS | {"month": ["2018-01", "2018-02-28"]}, r"row 2 .* '2018-02-28', expected the first of a month"),
    "two days of a month": (ROWS | {"month": [date(2018, 1, 1), date(2018, 1, 2)]}, r"found rows per day \(2018-01-01"),
    "mid month, date": (ROWS | {"month": [date(2018, 1, 1), date(2018, 2, 2)]}, r"row 2 .* found 2018-02-02"),
    "with a time": (ROWS | {"month": [datetime(2018, 1, 1), datetime(2018, 2, 1, 1)]}, r"row 2 .* at midnight"),
    "Dutch date": (ROWS | {"month": ["2018-01", "01-02-2018"]}, r"'01-02-2018', expected a month as 2018-05"),
    "month 13": (ROWS | {"month": ["2018-01", "2018-13"]}, r"found '2018-13'"),
    "no date": (ROWS | {"month": ["one", "two"]}, r"row 1 below the header \(and 1 more rows\): found 'one'"),
    "month a number": (ROWS | {"month": [43101, 43132]}, r"found 43101, .* days counted since 1900"),
    "month with decimals": (ROWS | {"month": [201801.0, 201802.0]}, r"column month: found Float64"),
    "a slip in a year": (ROWS | {"month": ["2018-01", "0218-02"]}, r"from 0218-02-01 to 2018-01-01, expected at most"),
    "decimal comma": (ROWS | {"value": ["1,5", "2"]}, r"found '1,5', .* Likely a decimal comma"),
    "text": (ROWS | {"value": ["1", "two"]}, r"column value, row 2 .* found 'two', expected a number"),
    "NaN as text": (ROWS | {"value": ["NaN", "2"]}, r"found 'NaN'"),
    "infinity as text": (ROWS | {"value": ["1", "inf"]}, r"found 'inf'"),
    "overflow": (ROWS | {"value": ["1", "1e999"]}, r"found '1e999', expected a number between"),
    "NaN": (ROWS | {"value": [1.0, float("nan")]}, r"row 2 .* found nan"),
    "infinity": (ROWS | {"value": [float("-inf"), 1.0]}, r"row 1 .* found -inf"),
    "too large": (ROWS | {"value": [1e31, 1.0]}, r"expected a number between"),
    "yes or no": (ROWS | {"value": [True, False]}, r"column value: found Boolean, expected numbers"),
}


@pytest.mark.parametrize(("columns", "told"), REFUSED.values(), ids=REFUSED)
def test_refused_panel_says_what_and_what_next(columns, told):
    with pytest.raises(PanelError) as refused:
        read_panel(pl.DataFrame(columns))
    message = str(refused.value)
    assert re.search(told, message), message
    assert all(word in message for word in ("found", "expected", "Likely", "Next:")), message


# ---- forecasting -------------------------------------------------------------------------------------------------


def test_year_row_is_the_sum_of_the_months_and_its_bounds_are_narrower():
    forecast = forecast_frame(make_panel(make_values()), total=True)
    assert_sound(forecast, 7, 12)
    months, year = forecast.drop_nulls("month"), forecast.filter(pl.col("month").is_null())
    added = months.group_by("unique_id", maintain_order=True).agg(pl.col(LINE_NAMES).sum())
    np.testing.assert_allclose(year["forecast"], added["forecast"])
    assert (year["lower_80"] > added["lower_80"]).all()
    assert (year["upper_95"] < added["upper_95"]).all()
    assert months["month"].unique().sort().to_list() == [add_months(date(2018, 5, 1), step) for step in range(12)]
    assert forecast["engine"].unique().to_list() == ["combined"]


def test_total_is_the_sum_of_the_points_with_bounds_of_joint_paths():
    forecast = forecast_frame(make_panel(make_values(30)), total=True)
    total, series = forecast.filter(unique_id=TOTAL_ID), forecast.filter(pl.col("unique_id") != TOTAL_ID)
    summed = series.group_by("month").agg(pl.col(LINE_NAMES).sum()).sort("month", nulls_last=True)
    np.testing.assert_allclose(total["forecast"], summed["forecast"])
    width, width_summed = total["upper_95"] - total["lower_95"], summed["upper_95"] - summed["lower_95"]
    assert (width < 0.6 * width_summed).all()  # series do not all err to the same side
    assert total["model"].unique().to_list() == ["sum of 30 series"]
    assert_frame_equal(series, forecast_frame(make_panel(make_values(30))))


@pytest.mark.parametrize("engine", RUN_ENGINES)
@pytest.mark.parametrize(("months", "horizon"), [(1, 12), (8, 1), (12, 17), (13, 24), (30, 5), (80, 30)])
def test_every_engine_takes_every_length(engine, months, horizon):
    values = spoil(make_values(8, months, months), months)
    forecast = forecast_frame(make_panel(values), engine=engine, horizon=horizon, total=True, paths=100)
    assert_sound(forecast, 9, horizon)
    assert (forecast["lower_95"].drop_nulls() >= 0).all()


def test_statsmodels_takes_the_width_of_our_own_search():
    panel = make_panel(make_values(2, 20))
    forecast = forecast_frame(panel, engine="statsmodels", paths=100)
    assert_sound(forecast, 2, 12)
    assert forecast["engine"].unique().to_list() == ["statsmodels"]


def test_one_series_alone():
    assert_sound(forecast_frame(make_panel(make_values(1)), total=True), 2, 12)


@pytest.mark.parametrize("value", [0.0, 0.1, 7.0, 1e9 / 3, -2.5])
@pytest.mark.parametrize("months", [2, 11, 40])
def test_constant_is_forecast_constant_with_bounds_at_it(value, months):
    forecast = forecast_frame(make_panel(np.full((2, months), value)), horizon=14, total=True)
    of_month = forecast.drop_nulls("month").with_columns(count=pl.when(unique_id=TOTAL_ID).then(2).otherwise(1))
    for name in LINE_NAMES:
        np.testing.assert_allclose(of_month[name], value * of_month["count"], rtol=1e-12)
        assert (forecast[name] == forecast["forecast"]).all()


def test_one_month_is_no_constant():
    """A single month says nothing about how much the next ones differ."""
    year = forecast_frame(make_panel(np.array([[np.nan] * 35 + [100.0]]))).filter(pl.col("month").is_null())
    assert year["model"].item() == "mean (short)"
    assert year["lower_80"].item() < 0.7 * 1200 < 1.3 * 1200 < year["upper_80"].item()


def test_less_history_gives_wider_bounds():
    """Twenty series alike, half of them known for the last months only."""
    widths = []
    for known in (3, 8, 40):
        values = make_values(20)
        values[:10, : 40 - known] = np.nan
        year = forecast_frame(make_panel(values)).filter(pl.col("month").is_null())[:10]
        widths.append(((year["upper_80"] - year["lower_80"]) / year["forecast"]).median())
    assert widths[2] < widths[1]
    assert widths[2] < widths[0]


def test_edge_rule_stands_in_the_model():
    values = make_values(8)
    values[1, :36] = np.nan
    values[2, 20:] = 0.0
    values[3, :38:2] = 0.0
    values[3, 1::4] = 0.0
    values[4, 17] = np.nan
    values[5, 30:] = np.nan  # ten months: forecast across the gap
    values[6, 28:] = np.nan  # twelve: nothing of last year is known
    values[7] -= 2 * values[7].mean()
    forecast = forecast_frame(make_panel(values), total=True)
    models = dict(forecast.filter(pl.col("month").is_null()).select("unique_id", "model").iter_rows())
    assert models == {
        "s00": "average + growth",
        "s01": "mean (short)",
        "s02": "ended",
        "s03": "mean (intermittent)",
        "s04": "average + growth (gap)",
        "s05": "average + growth (gap)",
        "s06": NO_FORECAST,
        "s07": "average + growth (negative)",
        TOTAL_ID: "sum of 7 of 8 series",
    }
    assert count_edge_cases(forecast) == {
        "gap": 2,
        "ended": 1,
        "intermittent": 1,
        "negative": 1,
        "short": 1,
        "silent": 1,
    }
    assert forecast.filter(unique_id="s02").select(LINE_NAMES).sum_horizontal().sum() == 0.0
    assert_sound(forecast, 9, 12)


def test_only_the_last_sixty_months_count():
    values = make_values(4, 100)
    whole, recent = (
        forecast_frame(make_panel(part, add_months(FIRST, 100 - part.shape[1])))
        for part in (values, values[:, -HISTORY_MONTHS:])
    )
    assert_frame_equal(whole, recent)


def test_seed_moves_the_bounds_and_not_the_point():
    first, same, other = (forecast_frame(make_panel(make_values()), seed=seed) for seed in (1, 1, 2))
    assert_frame_equal(first, same)
    assert_frame_equal(first.select("forecast"), other.select("forecast"))
    assert not (first["lower_80"] == other["lower_80"]).any()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"engine": "oracle"}, "found 'oracle'"),
        ({"horizon": 0}, "found 0 months"),
        ({"horizon": 61}, "found 61 months"),
    ],
)
def test_wrong_question(asked, told):
    with pytest.raises(PanelError, match=told):
        forecast_frame(make_panel(make_values(1)), **asked)


@pytest.mark.parametrize("values", [np.zeros((0, 12)), np.full((2, 24), np.nan)])
def test_nothing_to_forecast(values):
    with pytest.raises(PanelError, match="no series"):
        forecast_frame(make_panel(values))


# ---- properties --------------------------------------------------------------------------------------------------


@QUICK
@given(seed=st.integers(0, 10_000), months=st.integers(1, 45), power=st.integers(-8, 8))
def test_scaling_the_panel_scales_everything(seed, months, power):
    """By a power of two to the last digit; other factors round differently and may tip a tie."""
    values = spoil(make_values(4, months, seed), seed)
    plain, scaled = (
        forecast_frame(make_panel(factor * values), horizon=14, total=True, paths=100) for factor in (1.0, 2.0**power)
    )
    assert_frame_equal(plain.with_columns(pl.col(LINE_NAMES) * 2.0**power), scaled, check_exact=True)


def test_another_unit_gives_the_same_forecast():
    values = make_values(12)
    plain, scaled = (forecast_frame(make_panel(factor * values), total=True) for factor in (1.0, 60.0))
    assert_frame_equal(plain.with_columns(pl.col(LINE_NAMES) * 60.0), scaled, rel_tol=1e-3)


@QUICK
@given(seed=st.integers(0, 10_000), order=st.randoms(use_true_random=False))
def test_order_of_rows_changes_nothing(seed, order):
    values = spoil(make_values(5, 30, seed), seed)
    rows = make_rows({f"s{row}": [None if np.isnan(v) else v for v in known] for row, known in enumerate(values)})
    shuffled = rows[order.sample(range(rows.height), rows.height)]
    plain, other = (forecast_frame(read_panel(part), total=True, paths=100) for part in (rows, shuffled))
    assert plain.write_csv() == other.write_csv()


@QUICK
@given(seed=st.integers(0, 10_000), months=st.integers(1, 50), engine=st.sampled_from(RUN_ENGINES))
def test_a_year_more_of_history_never_breaks(seed, months, engine):
    values = spoil(make_values(4, months + 12, seed), seed)
    for part in (values[:, 12:], values):
        forecast = forecast_frame(make_panel(part), engine=engine, horizon=13, total=True, paths=100)
        assert_sound(forecast, 5, 13)


@QUICK
@given(seed=st.integers(0, 10_000), deviation=st.floats(0.0, 3.0))
def test_bounds_hold_the_point_however_wild_the_series(seed, deviation):
    values = make_values(3, 36, seed) * np.exp(deviation * np.random.default_rng(seed).normal(size=(3, 36)))
    values[2] -= values[2].mean()
    assert_sound(forecast_frame(make_panel(values), horizon=18, total=True, paths=100), 4, 18)
