"""What people with triangles of their own met: each kind is refused with its cause, or read right and said.

36 care months (60 care weeks) of 1000 each, by a pattern of nine (eight) lags: every file has a known truth.
"""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

import wlz
from wlz.files.reading import PanelError
from wlz.words.months import add_months

PATTERN = (0.05, 0.3, 0.25, 0.15, 0.1, 0.06, 0.04, 0.03, 0.02)
OF_WEEKS = (0.25, 0.25, 0.2, 0.12, 0.08, 0.05, 0.03, 0.02)


def triangle_of(pattern: tuple[float, ...] = PATTERN, months: int = 36, weekly: bool = False) -> pl.DataFrame:
    """Cumulative, care months by lag, 1000 each; lags as far as known."""
    known = np.cumsum(pattern)
    rows = [
        (add_months(date(2021, 1, 1), care) if not weekly else date(2021, 1, 4) + timedelta(days=7 * care), lag,
         1000.0 * known[min(lag, len(known) - 1)])
        for care in range(months) for lag in range(min(months - care, len(pattern) + 5))
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=["origin", "dev", "value"], orient="row")


def complete(frame: pl.DataFrame, weekly: bool = False, **how: object) -> list[float]:
    found = wlz.complete(frame, freq="weekly" if weekly else "monthly", **how)
    unit = "care_week" if weekly else "care_month"
    return found.drop_nulls(unit)["completed"].to_list()


def fill(frame: pl.DataFrame, how: str) -> pl.DataFrame:
    """The whole rectangle, the half not yet known with zeros or with what was known."""
    wide = frame.pivot("dev", index="origin", values="value")
    lags = wide.columns[1:]
    if how == "zeros":
        return wide.fill_null(0.0)
    known = wide.select(lags).to_numpy()
    for place in range(1, known.shape[1]):
        known[:, place] = np.where(np.isnan(known[:, place]), known[:, place - 1], known[:, place])
    return pl.concat([wide.select("origin"), pl.DataFrame(known, schema=lags)], how="horizontal")


@pytest.mark.parametrize("how", ["zeros", "carried forward"])
@pytest.mark.parametrize("weekly", [False, True])
@pytest.mark.parametrize("shape", ["wide", "long"])
def test_the_half_that_is_not_known_yet_is_left_out_however_it_is_filled(how, weekly, shape):
    plain = triangle_of(OF_WEEKS if weekly else PATTERN, 60 if weekly else 36, weekly)
    filled = fill(plain, how)
    if shape == "long":
        filled = filled.unpivot(index="origin", variable_name="dev", value_name="value")
    assert complete(filled, weekly) == pytest.approx([1000.0] * (60 if weekly else 36), rel=0.02)


def test_a_filled_triangle_of_years():
    known = np.cumsum([0.1, 0.2, 0.2, 0.15, 0.1, 0.1, 0.05, 0.05, 0.03, 0.02])
    rows = [(2010 + year, lag, 100 * known[lag] if year + lag < 10 else 0.0) for year in range(10) for lag in range(10)]
    frame = pl.DataFrame(rows, schema=["origin", "dev", "value"], orient="row")
    for method in ("bornhuetter_ferguson", "mack"):
        assert complete(frame, method=method) == pytest.approx([100.0] * 10, rel=0.02)


def test_increments_filled_with_zeros():
    frame = triangle_of().with_columns(pl.col("value").diff().over("origin").fill_null(pl.col("value")))
    filled = fill(frame, "zeros")
    assert complete(filled, values="increments") == pytest.approx([1000.0] * 36, rel=0.02)


def test_older_care_months_that_ended_are_no_filling():
    """Only care months of 2021, told until the end of 2023: long after nothing came in any more."""
    whole = np.cumsum(PATTERN)
    rows = [
        (add_months(date(2021, 1, 1), care), add_months(date(2021, 1, 1), care + lag), 1000.0 * whole[min(lag, 8)])
        for care in range(12) for lag in range(24)
    ]  # fmt: skip
    frame = pl.DataFrame(rows, schema=["care_month", "delivery_month", "value"], orient="row")
    assert complete(frame) == pytest.approx([1000.0] * 12, rel=1e-6)


@pytest.mark.parametrize("weekly", [False, True])
@pytest.mark.parametrize("lost", [[30], [30, 33]])
def test_increments_of_which_a_delivery_is_missing_are_refused(weekly, lost):
    frame = triangle_of(OF_WEEKS if weekly else PATTERN, 36, weekly).with_columns(
        pl.col("value").diff().over("origin").fill_null(pl.col("value")), place=pl.col("origin").rank("dense")
    )
    kept = frame.filter(~(pl.col("place") + pl.col("dev")).is_in(lost)).drop("place")
    with pytest.raises(PanelError, match="a delivery that is missing"):
        complete(kept, weekly, values="increments")


VALUES = {
    "of every row": lambda frame: frame.with_columns(count=pl.col("value") / 10 + pl.col("dev") * 0.01),
    "of every care month": lambda frame: frame.with_columns(premium=pl.col("origin").rank("dense") * 7.0 + 100),
    "both": lambda frame: frame.with_columns(
        count=pl.col("value") / 10 + pl.col("dev") * 0.01, premium=pl.col("origin").rank("dense") * 7.0 + 100
    ),
}


@pytest.mark.parametrize("change", VALUES.values(), ids=VALUES)
def test_a_second_value_is_no_key(change):
    found = wlz.complete(change(triangle_of()))
    assert found.columns[0] == "care_month"
    assert found.drop_nulls("care_month")["completed"].to_list() == pytest.approx([1000.0] * 36, rel=0.02)


def test_a_premium_beside_a_wide_triangle_is_no_key():
    wide = triangle_of().pivot("dev", index="origin", values="value")
    found = wlz.complete(wide.with_columns(premium=pl.int_range(100, 100 + wide.height)))
    assert found.drop_nulls("care_month")["completed"].to_list() == pytest.approx([1000.0] * 36, rel=0.02)


def test_a_remark_in_every_row_is_refused_and_true_keys_stay():
    frame = triangle_of()
    with pytest.raises(PanelError, match="a remark"):
        wlz.complete(frame.with_columns(note=pl.format("row {}", pl.int_range(pl.len()))))
    keyed = pl.concat([frame.with_columns(region=pl.lit(name), code=pl.lit(number)) for name, number in (
        ("N", 1), ("Z", 2))])  # fmt: skip
    assert wlz.complete(keyed).columns[:3] == ["region", "code", "care_month"]


@pytest.mark.parametrize(("weekly", "days"), [(True, 7), (False, 30)])
def test_lags_in_days_are_refused(weekly, days):
    frame = triangle_of(OF_WEEKS if weekly else PATTERN, 36, weekly).with_columns(pl.col("dev") * days)
    with pytest.raises(PanelError, match="lags in days"):
        complete(frame, weekly)


@pytest.mark.parametrize(("months", "every"), [(36, 2), (48, 2), (48, 3), (60, 2)])
def test_deliveries_every_second_or_third_month_complete_the_youngest_too(months, every):
    frame = triangle_of(months=months).with_columns(place=pl.col("origin").rank("dense") - 1)
    kept = frame.filter((months - 1 - pl.col("place") - pl.col("dev")) % every == 0).drop("place")
    assert complete(kept) == pytest.approx([1000.0] * months, rel=0.03)


@pytest.mark.parametrize("header", ["Dev {}", "Lag{}", "M{}", "d{}", "month {}", "lag_{}", "X{}", "{}"])
def test_lags_in_headers_however_they_are_called(header):
    wide = triangle_of().pivot("dev", index="origin", values="value")
    named = wide.rename({name: header.format(name) for name in wide.columns[1:]})
    assert complete(named) == pytest.approx([1000.0] * 36, rel=0.02)


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.rename({"origin": "week_ending"}),
        lambda frame: frame.with_columns(
            year=pl.col("origin").dt.iso_year(), week=pl.col("origin").dt.week()
        ).drop("origin"),
        lambda frame: frame.with_columns(pl.col("origin").dt.strftime("%G-W%V-1")),
    ],
)  # fmt: skip
def test_care_weeks_however_they_are_called(change):
    assert complete(change(triangle_of(OF_WEEKS, 60, True)), True) == pytest.approx([1000.0] * 60, rel=0.02)
