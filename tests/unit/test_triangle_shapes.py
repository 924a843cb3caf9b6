"""Triangles as people have them: read right, or refused with the cause and the option that says which."""

from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.unit.test_triangle_frame import FIRST, make_rows
from wlz.files.reading import PanelError, Reading
from wlz.runoff import LagError
from wlz.runoff.any_triangle import CompletedTriangle, complete_frame
from wlz.words.months import add_months

ROWS = make_rows(30).filter(who="A", what="x").drop("who", "what")
KEYED = make_rows(30)
RIGHT = complete_frame(ROWS).rows


def complete(frame: pl.DataFrame, keys: list[str] | None = None, **how: object) -> CompletedTriangle:
    return complete_frame(frame, keys, reading=Reading(**how))  # type: ignore[arg-type]


def refused(frame: pl.DataFrame, **how: object) -> str:
    with pytest.raises((PanelError, LagError)) as error:
        complete(frame, **how)
    message = str(error.value)
    assert all(word in message for word in ("found", "expected", "Next:")), message
    return message


def with_lags(rows: pl.DataFrame, first: int = 0) -> pl.DataFrame:
    months = (pl.col("delivery_month").dt.year() - pl.col("care_month").dt.year()) * 12 + (
        pl.col("delivery_month").dt.month().cast(pl.Int32) - pl.col("care_month").dt.month().cast(pl.Int32)
    )
    return rows.with_columns((months - 1 + first).alias("dev")).drop("delivery_month")


def in_increments(rows: pl.DataFrame, keys: tuple[str, ...] = ()) -> pl.DataFrame:
    over = [*keys, "care_month"]
    ordered = rows.sort([*over, "delivery_month"])
    return ordered.with_columns(pl.col("value").diff().over(over).fill_null(pl.col("value")))


def test_increments_are_refused_and_added_up_when_named() -> None:
    assert "what came in between two deliveries" in refused(in_increments(ROWS))
    assert_frame_equal(complete(in_increments(ROWS), values="increments").rows, RIGHT)
    keys = ("who", "what")
    added = complete(in_increments(KEYED, keys), values="increments").rows
    assert_frame_equal(added, complete_frame(KEYED).rows)
    without_zero = in_increments(ROWS).filter(pl.col("value").abs() > 0.5)  # what brought nothing has no row
    assert complete(without_zero, values="increments").rows["completed"][-1] == pytest.approx(
        RIGHT["completed"][-1], rel=0.01
    )


def test_cumulative_values_called_increments() -> None:
    growing = make_rows(30, noise=0.0).filter(who="A", what="x").drop("who", "what")
    assert "cumulative already" in refused(growing, values="increments")


def test_corrections_are_no_increments() -> None:
    """A tenth of the steps falls a little; one month is taken back."""
    falls = ROWS.with_columns(pl.when(pl.int_range(pl.len()) % 10 == 3).then(pl.col("value") * 0.97).otherwise("value"))
    assert complete(falls).rows["completed"][-1] == pytest.approx(RIGHT["completed"][-1], rel=0.02)


@pytest.mark.parametrize("first", [0, 1])
def test_lags_instead_of_deliveries(first: int) -> None:
    found = complete(with_lags(ROWS, first).rename({"care_month": "origin"}))
    assert found.rows["completed"][-1] == pytest.approx(RIGHT["completed"][-1])
    assert any("lags are counted in months" in line for line in found.said)


@pytest.mark.parametrize("unit", [1, 12])
def test_years_by_lag_in_years_or_in_months(unit: int) -> None:
    years = make_rows(8, step=12, first_lag=0).filter(who="A", what="x").drop("who", "what")
    ages = (pl.col("delivery_month").dt.year() - pl.col("care_month").dt.year() + 1) * unit
    by_age = years.select(origin=pl.col("care_month").dt.year(), dev=ages, value="value")
    assert complete(by_age).rows["completed"][-1] == pytest.approx(complete_frame(years).rows["completed"][-1])


def test_a_column_per_lag_and_per_delivery() -> None:
    by_lag = (
        with_lags(ROWS).with_columns(pl.col("dev").cast(pl.String)).pivot("dev", index="care_month", values="value")
    )
    of_r = by_lag.rename({name: f"X{name}" for name in by_lag.columns[1:]}).rename({"care_month": "origin"})
    by_delivery = ROWS.with_columns(pl.col("delivery_month").dt.strftime("%Y-%m")).pivot(
        "delivery_month", index="care_month", values="value"
    )
    for frame in (by_lag, of_r, by_delivery):
        found = complete(frame)
        assert found.rows["completed"][-1] == pytest.approx(RIGHT["completed"][-1])
        assert any("read as a table with a column per" in line for line in found.said)


def test_columns_by_other_names_and_by_option() -> None:
    usual = ROWS.rename({"care_month": "Accident_Month", "delivery_month": "valuation", "value": "paid"})
    assert_frame_equal(complete(usual).rows, RIGHT)
    odd = ROWS.rename({"care_month": "a", "delivery_month": "b", "value": "c"})
    columns = {"care_month": "a", "delivery_month": "b", "value": "c"}
    assert_frame_equal(complete(odd, columns=columns).rows, RIGHT)
    assert "no column care_month" in refused(odd)
    two = usual.with_columns(incurred=pl.col("paid") * 1.1)
    assert "name it with --value" in refused(two)
    named = complete(two, columns={"value": "paid"})
    assert_frame_equal(named.rows, RIGHT)
    assert "column 'incurred' is left out: it is no key" in named.said


def test_days_of_deliveries_are_their_month() -> None:
    days = ROWS.with_columns(pl.col("delivery_month").dt.offset_by("11d"), pl.col("care_month").dt.month_end())
    assert_frame_equal(complete(days).rows, RIGHT)
    weekly = pl.concat([ROWS, ROWS.with_columns(pl.col("delivery_month").dt.offset_by("7d"))])
    assert "found" in refused(weekly.with_columns(pl.col("delivery_month").dt.offset_by("1d")))


def test_a_copied_last_delivery_teaches_nothing() -> None:
    last = ROWS["delivery_month"].max()
    before = ROWS.filter(pl.col("delivery_month") < last)
    copy = before.filter(pl.col("delivery_month") == pl.col("delivery_month").max()).with_columns(
        delivery_month=pl.lit(last)
    )
    found = complete(pl.concat([before, copy]))
    assert_frame_equal(found.rows, complete_frame(before).rows)
    assert "is a copy of" in found.said[0]
    still = make_rows(30, noise=0.0).filter(pl.col("delivery_month") <= date(2016, 1, 1))
    assert not any("copy" in line for line in complete(still).said)


@pytest.mark.parametrize("factor", [1000.0, 60.0, 0.001])
@pytest.mark.parametrize("back", [0, 5])
def test_a_delivery_in_another_unit(factor: float, back: int) -> None:
    """The last one, or all from one on."""
    first = add_months(FIRST, 30 - back)
    changed = (
        pl.when(pl.col("delivery_month") >= first).then(pl.col("value") * factor).otherwise("value").alias("value")
    )
    assert "another unit" in refused(ROWS.with_columns(changed))
    complete(ROWS.with_columns(changed), as_is=True)


def test_quarters_beside_months() -> None:
    quarters = ROWS.filter((pl.col("care_month") >= date(2016, 7, 1)) | (pl.col("care_month").dt.month() % 3 == 1))
    assert "steps of 3 and of 1 months" in refused(quarters)


def test_first_deliveries_without_a_row_are_zero_where_that_is_usual() -> None:
    """At the first lag the even months have nothing; the youngest month has no row at all, and is there."""
    first = pl.col("delivery_month") == pl.col("care_month").dt.offset_by("1mo")
    even = pl.col("care_month").dt.month() % 2 == 0
    zeros = ROWS.with_columns(pl.when(first & even).then(0.0).otherwise("value").alias("value"))
    found = complete(zeros.filter(pl.col("value") != 0))
    assert_frame_equal(found.rows, complete_frame(zeros).rows)
    assert "read as 0" in found.said[0]
    once = ROWS.filter(~(first & (pl.col("care_month") == date(2016, 2, 1))))
    assert not any("read as 0" in line for line in complete(once).said)


def test_a_key_that_ended_gets_no_new_months() -> None:
    ended = KEYED.filter((pl.col("who") != "B") | (pl.col("care_month") < date(2017, 5, 1)))
    found = complete(ended).rows.filter(who="B").drop_nulls("care_month")
    assert found.height == 28
    assert found["completed"].to_numpy() == pytest.approx(60.0, rel=0.1)


@pytest.mark.parametrize("noise", [0.0, 0.03])
@pytest.mark.parametrize("growth", [0.9, 1.15, 1.4])
def test_a_growing_book_of_years_has_an_a_priori_that_grows(growth: float, noise: float) -> None:
    years = make_rows(10, step=12, first_lag=0, noise=noise).filter(who="A", what="x").drop("who", "what")
    year = pl.col("care_month").dt.year() - FIRST.year
    grown = years.with_columns(pl.col("value") * pl.lit(growth).pow(year))
    total = complete(grown).rows["completed"][-1]
    exact = sum(100.0 * growth**one for one in range(10))
    ladder = complete_frame(grown, method="mack").rows["completed"][-1]
    assert total == pytest.approx(exact if noise == 0 else ladder, rel=0.002 if noise == 0 else 0.05)


def test_mack_says_nothing_of_what_it_has_no_ratio_for() -> None:
    """A first lag that is always 0, and a step nobody was observed over."""
    first = pl.col("delivery_month") == pl.col("care_month").dt.offset_by("1mo")
    zero = ROWS.with_columns(pl.when(first).then(0.0).otherwise("value").alias("value"))
    found = complete_frame(zero, method="mack").rows
    assert found["completed"].null_count() == 2  # the youngest month and the total
    assert found["completeness_ratio"][-2] == 0.0
    odd = ROWS.filter(pl.col("delivery_month").dt.month() % 2 == 0)
    apart = complete_frame(odd, method="mack").rows
    assert apart["completed"].null_count() == apart.height
    assert not (apart["completeness_ratio"] == 1).any()
