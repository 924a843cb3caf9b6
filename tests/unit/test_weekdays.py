"""Months counted by their days from Monday to Friday: exact where series follow those, nothing else changed."""

from datetime import date

import numpy as np
import polars as pl
import pytest

import wlz
from wlz.files.reading import PanelError
from wlz.words.months import add_months

FIRST, KNOWN, AHEAD = date(2020, 1, 1), 40, 8


def weekdays_of(month: date) -> int:
    return int(np.busday_count(month, add_months(month, 1)))


def panel_of(per_day: dict[str, float], months: int = KNOWN) -> pl.DataFrame:
    rows = [
        (name, month, rate * weekdays_of(month))
        for name, rate in per_day.items()
        for month in (add_months(FIRST, place) for place in range(months))
    ]
    return pl.DataFrame(rows, schema=["unique_id", "month", "value"], orient="row")


def test_a_series_of_so_many_a_weekday_is_that_many_a_weekday():
    found = wlz.forecast(panel_of({"a": 10.0, "b": 3.0}), horizon=AHEAD, days="weekdays", total=True)
    months = [add_months(FIRST, KNOWN + place) for place in range(AHEAD)]
    for name, rate in (("a", 10.0), ("b", 3.0), ("__total__", 13.0)):
        rows = found.filter(unique_id=name)
        expected = [rate * weekdays_of(month) for month in months]
        assert rows["forecast"].to_list() == pytest.approx([*expected, sum(expected)], rel=1e-6)


def test_without_it_months_differ_from_their_days():
    plain = wlz.forecast(panel_of({"a": 10.0}), horizon=AHEAD).drop_nulls("month")
    expected = np.array([10.0 * weekdays_of(month) for month in plain["month"]])
    assert np.abs(plain["forecast"].to_numpy() / expected - 1).mean() > 0.02


def test_bounds_are_narrower_where_series_follow_weekdays_and_their_sums_add_up():
    rng = np.random.default_rng(5)
    rates = {f"s{place:02}": 10.0 for place in range(30)}
    noisy = panel_of(rates).with_columns(pl.col("value") * np.exp(rng.normal(0, 0.02, 30 * KNOWN)))
    by_day, plain = (wlz.forecast(noisy, horizon=AHEAD, days=days) for days in ("weekdays", None))
    width = [(pl.col("upper_80") - pl.col("lower_80")).sum()]
    assert by_day.drop_nulls("month").select(width).item() < 0.8 * plain.drop_nulls("month").select(width).item()
    sums = by_day.group_by("unique_id", maintain_order=True).agg(
        pl.col("forecast").filter(pl.col("month").is_not_null()).sum().alias("months"),
        pl.col("forecast").filter(pl.col("month").is_null()).first().alias("year"),
    )
    assert sums["months"].to_list() == pytest.approx(sums["year"].to_list(), rel=1e-9)


def test_last_months_that_are_not_complete_are_set_aside_as_ever():
    rows = panel_of({f"s{place:02}": 10.0 for place in range(12)})
    low = rows.with_columns(
        pl.when(pl.col("month") == pl.col("month").max()).then(pl.col("value") * 0.3).otherwise("value").alias("value")
    )
    found = wlz.forecast(low, horizon=2, days="weekdays").filter(unique_id="s00").drop_nulls("month")
    assert found["forecast"].to_list() == pytest.approx(
        [10.0 * weekdays_of(month) for month in found["month"]], rel=0.01
    )


@pytest.mark.parametrize(("days", "freq"), [("days", "monthly"), ("weekdays", "weekly")])
def test_other_days_and_weeks_are_refused(days, freq):
    weekly = panel_of({"a": 1.0}).with_columns(
        pl.Series("month", [date.fromordinal(FIRST.toordinal() + 7 * place) for place in range(KNOWN)])
    )
    with pytest.raises(PanelError, match="days"):
        wlz.forecast(weekly if freq == "weekly" else panel_of({"a": 1.0}), days=days, freq=freq)
