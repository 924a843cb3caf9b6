"""Panels and triangles of weeks: read, forecast and completed as weeks, with sums that add up."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wlz
from wlz.files.reading import PanelError
from wlz.files.weeks import WeekNames, count_weeks
from wlz.forecasting.weekly import PART_DAYS, add_up, share_out, smooth_out
from wlz.runoff import LagError

MONDAY = date(2020, 1, 6)
SHARES = (0.3, 0.55, 0.75, 0.88, 0.95, 0.98, 1.0)


def seasonal(day: date) -> float:
    """A thousand a week with a season of a year, without noise."""
    return 1000 * (1 + 0.1 * np.cos(2 * np.pi * day.timetuple().tm_yday / 365.25))


def weeks_of(count: int, first: date = MONDAY) -> list[date]:
    return [first + timedelta(days=7 * place) for place in range(count)]


def panel_of(count: int = 208) -> pl.DataFrame:
    days = weeks_of(count)
    return pl.DataFrame({"unique_id": "a", "week": days, "value": [seasonal(day) for day in days]})


# ---- Reading -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame,
        lambda frame: frame.with_columns(pl.col("week").dt.strftime("%G-W%V")),
        lambda frame: frame.with_columns(pl.col("week").dt.offset_by("6d")).rename({"week": "week_ending"}),
        lambda frame: frame.with_columns(
            pl.col("week").dt.iso_year().alias("year"), pl.col("week").dt.week().alias("week")
        ),
        lambda frame: frame.rename({"week": "ds", "value": "y"}),
        lambda frame: frame.sample(fraction=1.0, shuffle=True, seed=1),
    ],
)
def test_weeks_are_read_however_they_are_written(change):
    found = wlz.forecast(change(panel_of()), freq="weekly", horizon=13)
    expected = wlz.forecast(panel_of(), freq="weekly", horizon=13)
    assert found["forecast"].to_list() == pytest.approx(expected["forecast"].to_list())
    assert found["week"].drop_nulls().diff().drop_nulls().unique().to_list() == [timedelta(days=7)]


def test_weeks_are_dated_as_in_the_file():
    sunday = panel_of().with_columns(pl.col("week").dt.offset_by("6d"))
    found = wlz.forecast(sunday, freq="weekly", horizon=2)
    assert found["week"].to_list() == [date(2024, 1, 7), date(2024, 1, 14), None]


def test_weeks_over_a_turn_of_the_year_follow_each_other():
    months = count_weeks(pl.Series("week", ["2020-W52", "2020-W53", "2021-W01"])).months
    assert [WeekNames(0).day(one) for one in months] == [date(2020, 12, 21), date(2020, 12, 28), date(2021, 1, 4)]


def moved(frame: pl.DataFrame, row: int) -> pl.DataFrame:
    here = pl.int_range(pl.len()) == row
    return frame.with_columns(pl.when(here).then(pl.col("week").dt.offset_by("2d")).otherwise("week").alias("week"))


REFUSED = {
    "months": (lambda frame: frame.with_columns(pl.col("week").dt.strftime("%Y-%m")), "found months"),
    "a day of another week day": (lambda frame: moved(frame, 7), "row 8 below the header"),
    "a week twice": (lambda frame: pl.concat([frame, frame.tail(1)]), "week 2023-12-25: found more than one row"),
    "every fourth week": (lambda frame: frame.gather_every(4), "found rows 4 weeks apart"),
    "running totals": (lambda frame: frame.with_columns(pl.col("value").cum_sum()), "since the first week"),
    "a few weeks": (lambda frame: frame.head(8), "weeks: found 8, expected at least 9"),
}


@pytest.mark.parametrize(("change", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_panel_of_weeks_is_refused_in_words_of_weeks(change, said):
    with pytest.raises(PanelError) as refused:
        wlz.forecast(change(panel_of()), freq="weekly")
    assert said in str(refused.value)
    assert "2200" not in str(refused.value), "no far month is ever shown"


@pytest.mark.parametrize("written", ["%Y-%m-%d", "%G-W%V"])
def test_weeks_given_as_months_are_refused_with_the_option_that_reads_them(written):
    frame = panel_of().with_columns(pl.col("week").dt.strftime(written)).rename({"week": "month"})
    with pytest.raises(PanelError, match="--freq weekly"):
        wlz.forecast(frame)


# ---- Forecasts ---------------------------------------------------------------------------------------------------


def test_a_season_without_noise_goes_on():
    found = wlz.forecast(panel_of(), freq="weekly", horizon=52)
    truth = [seasonal(day) for day in weeks_of(260)[208:]]
    assert found["forecast"].to_list()[:-1] == pytest.approx(truth, rel=0.003)
    assert found["forecast"][-1] == pytest.approx(sum(truth), rel=0.001)


def test_weeks_add_up_to_their_sum_and_series_to_their_total():
    both = pl.concat([panel_of(), panel_of().with_columns(pl.lit("b").alias("unique_id"), pl.col("value") * 2)])
    found = wlz.forecast(both, freq="weekly", horizon=20, total=True)
    for name in ("a", "b", "__total__"):
        rows = found.filter(unique_id=name)
        assert rows.drop_nulls("week")["forecast"].sum() == pytest.approx(rows["forecast"][-1], rel=1e-9)
    sums = found.filter(pl.col("week").is_null()).sort("unique_id")["forecast"].to_list()
    assert sums[0] == pytest.approx(sums[1] + sums[2], rel=1e-6)


def test_a_week_that_is_always_low_is_low_again():
    rng = np.random.default_rng(3)
    days = weeks_of(260)
    values = [1000.0 * (0.6 if day.isocalendar().week == 52 else 1.0) * np.exp(rng.normal(0, 0.02)) for day in days]
    frame = pl.DataFrame({"unique_id": "a", "week": days[:208], "value": values[:208]})
    found = wlz.forecast(frame, freq="weekly", horizon=52)
    low = found.drop_nulls("week").sort("forecast").row(0, named=True)
    assert low["week"].isocalendar().week == 52
    assert low["forecast"] == pytest.approx(600, rel=0.1)


def test_bounds_of_weeks_hold_what_comes():
    """Thirty series with noise, a season and a wandering level, of a form the method does not assume."""
    inside = {"80": [], "95": []}
    for seed in range(6):
        rng = np.random.default_rng(seed)
        time = np.arange(260)
        values = np.exp(
            rng.normal(6, 1, (30, 1)) + np.cumsum(rng.normal(0, 0.004, (30, 260)), axis=1)
            + rng.uniform(0, 0.2, (30, 1)) * np.cos(2 * np.pi * time / 52.18) + rng.normal(0, 0.05, (30, 260))
        )  # fmt: skip
        long = pl.DataFrame(
            {"unique_id": np.repeat([f"s{place:02}" for place in range(30)], 208), "week": weeks_of(208) * 30,
             "value": values[:, :208].ravel()}
        )  # fmt: skip
        found = wlz.forecast(long, freq="weekly", horizon=52).drop_nulls("week")
        truth = values[:, 208:].ravel()
        for level, held in inside.items():
            lower, upper = (found[f"{side}_{level}"].to_numpy() for side in ("lower", "upper"))
            held.append(float(((truth >= lower) & (truth <= upper)).mean()))
    assert 0.74 <= np.mean(inside["80"]) <= 0.88
    assert 0.92 <= np.mean(inside["95"]) <= 0.99


def test_last_weeks_that_are_not_complete_are_set_aside():
    rng = np.random.default_rng(1)
    days = weeks_of(158)
    frames = [
        pl.DataFrame({"unique_id": f"s{place}", "week": days, "value": 500 * np.exp(rng.normal(0, 0.03, 158))})
        for place in range(12)
    ]
    cut = pl.concat(frames).with_columns(
        pl.when(pl.col("week") == days[-1]).then(pl.col("value") * 0.4)
        .when(pl.col("week") == days[-2]).then(pl.col("value") * 0.8).otherwise("value").alias("value")
    )  # fmt: skip
    found = wlz.forecast(cut, freq="weekly", horizon=8, total=True)
    assert found.filter(pl.col("unique_id") == "__total__", pl.col("week").is_null())["forecast"][0] == pytest.approx(
        12 * 8 * 500, rel=0.02
    )
    assert found["week"].min() == days[-1] + timedelta(days=7)


def test_a_missing_week_is_a_gap_and_no_zero():
    whole, holed = panel_of(), panel_of().filter(pl.int_range(pl.len()).is_in([50, 120, 121]).not_())
    sums = [wlz.forecast(frame, freq="weekly")["forecast"][-1] for frame in (whole, holed)]
    assert sums[0] == pytest.approx(sums[1], rel=0.005)


@given(st.integers(9, 400))
def test_twelfths_hold_the_days_of_their_weeks(count):
    found = add_up(np.full((1, count), 7.0))
    assert found.shape == (1, int(count * 7 / PART_DAYS))
    assert found == pytest.approx(PART_DAYS)


@given(st.integers(0, 5), st.integers(1, 208))
def test_shares_of_weeks_are_those_of_days_for_an_even_course(skipped, horizon):
    shares = share_out(skipped, horizon)
    even = np.full(len(shares), PART_DAYS)
    assert even @ shares[:, :-1] == pytest.approx(7.0)
    assert even @ shares[:, -1] == pytest.approx(7.0 * horizon)


def test_the_smoothest_course_keeps_every_twelfth():
    rng = np.random.default_rng(2)
    ends = 7.0 * np.arange(1, 53)
    from wlz.forecasting.weekly import overlap_days

    days = overlap_days(ends, PART_DAYS * np.arange(1, 12))
    months = rng.uniform(10, 20, 11)
    weeks = months @ smooth_out(days)
    assert weeks @ (days / 7) == pytest.approx(months)


# ---- Triangles ---------------------------------------------------------------------------------------------------


def triangle_of(weeks: int = 40) -> pl.DataFrame:
    """The total grows by one a week; reports come on Wednesdays."""
    rows = [
        (MONDAY + timedelta(days=7 * week), MONDAY + timedelta(days=7 * (week + lag) + 2), (100 + week) * share)
        for week in range(weeks)
        for lag, share in enumerate(SHARES)
        if week + lag < weeks
    ]
    return pl.DataFrame(rows, schema=["reference_week", "report_date", "count"], orient="row")


def with_lags(frame: pl.DataFrame) -> pl.DataFrame:
    lag = (pl.col("report_date") - pl.col("reference_week")).dt.total_days() // 7
    return frame.with_columns(pl.col("reference_week").dt.strftime("%G-W%V"), lag=lag).drop("report_date")


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame,
        with_lags,
        lambda frame: with_lags(frame).pivot("lag", index="reference_week", values="count"),
        lambda frame: frame.rename({"reference_week": "care_week", "report_date": "delivery_week", "count": "value"}),
    ],
)
@pytest.mark.parametrize("method", ["bornhuetter_ferguson", "chain_ladder", "mack"])
def test_a_triangle_of_weeks_is_completed(change, method):
    found = wlz.complete(change(triangle_of()), freq="weekly", method=method)
    weeks = found.drop_nulls("care_week")
    assert weeks["care_week"].to_list() == weeks_of(40)
    assert weeks["completed"].to_list() == pytest.approx([100.0 + week for week in range(40)], rel=0.002)


def test_increments_and_keys_of_a_triangle_of_weeks():
    both = pl.concat([triangle_of().with_columns(region=pl.lit(name)) for name in ("north", "south")])
    first = pl.col("count").diff().over("region", "reference_week").fill_null(pl.col("count"))
    found = wlz.complete(both.with_columns(first), freq="weekly", values="increments")
    totals = found.filter(pl.col("care_week").is_null())
    assert totals["region"].to_list() == ["north", "south"]
    assert totals["completed"].to_list() == pytest.approx([sum(100 + week for week in range(40))] * 2, rel=0.001)


def test_a_season_of_twelve_is_never_taken_for_weeks():
    """With three years of weeks the method of months would look for months of the year."""
    rng = np.random.default_rng(4)
    frame = triangle_of(156).with_columns(pl.col("count") * np.exp(rng.normal(0, 0.01)))
    found = wlz.complete(frame, freq="weekly")
    assert found.drop_nulls("care_week")["completed"][-1] == pytest.approx(
        (100 + 155) * frame["count"][0] / (100 * SHARES[0]), rel=0.03
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda frame: pl.concat([frame, frame.head(1)]), r"care_week 2020-01-06, delivery_week 2020-01-06"),
        (lambda frame: frame.filter(pl.col("report_date") == pl.col("report_date").max()), "every care week"),
        (lambda frame: frame.with_columns(pl.col("reference_week").dt.strftime("%Y-%m")), "found months"),
    ],
)
def test_what_is_no_triangle_of_weeks_is_refused_in_words_of_weeks(change, said):
    with pytest.raises((LagError, PanelError), match=said):
        wlz.complete(change(triangle_of()), freq="weekly")


def test_a_triangle_of_weeks_given_as_months_is_refused_with_the_option_that_reads_it():
    with pytest.raises(PanelError, match="--freq weekly"):
        wlz.complete(triangle_of().rename({"reference_week": "care_month", "report_date": "delivery_month"}))
