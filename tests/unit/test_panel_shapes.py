"""Panels as people have them: read right, or refused with the cause and the option that says which."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from tests.unit.test_panel_frame import make_rows
from wlz.files.panel import PanelError, PanelFrame, read_panel
from wlz.files.reading import Reading
from wlz.forecasting.any_panel import TOTAL_ID, forecast_frame
from wlz.words.months import add_months

FIRST = date(2015, 1, 1)
THREE_YEARS = {name: [float(100 + 10 * size + month % 7) for month in range(36)] for size, name in enumerate("abcdef")}
ROWS = make_rows(THREE_YEARS)


def read(frame: pl.DataFrame, **how: object) -> PanelFrame:
    return read_panel(frame, Reading(**how))  # type: ignore[arg-type]


def refused(frame: pl.DataFrame, **how: object) -> str:
    with pytest.raises(PanelError) as error:
        read(frame, **how)
    message = str(error.value)
    assert all(word in message for word in ("found", "expected", "Likely", "Next:")), message
    return message


def every(months: int, rows: pl.DataFrame = ROWS) -> pl.DataFrame:
    """Totals of so many months, dated on their first."""
    return rows.filter((pl.col("month").dt.month() - 1) % months == 0).with_columns(pl.col("value") * months)


def written(numbers: list[str]) -> pl.DataFrame:
    months = [f"{add_months(FIRST, at):%Y-%m}" for at in range(len(numbers))]
    return pl.DataFrame({"unique_id": "a", "month": months, "value": numbers})


# ---- grains ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("months", "grain"), [(2, "two months"), (3, "a quarter"), (6, "half a year"), (12, "a year")])
def test_totals_of_more_than_a_month_are_no_months(months: int, grain: str) -> None:
    message = refused(every(months))
    assert f"rows {months} months apart" in message
    assert f"totals of {grain}" in message
    assert read(every(months), as_is=True).values.shape[1] == 37 - months


def test_a_quarter_beside_months_is_named_with_its_series() -> None:
    mixed = pl.concat([ROWS.filter(pl.col("unique_id") != "b"), every(3, ROWS.filter(unique_id="b"))])
    message = refused(mixed)
    assert "series 'b': found rows 3 months apart" in message
    assert "--absent zero" in message
    zeros = read(mixed, absent="zero")
    assert (zeros.values[1] == 0).sum() == 24  # to the last month of the file
    assert np.isnan(read(mixed, absent="gap").values[1]).sum() == 24


def test_care_claimed_now_and_then_is_no_quarter() -> None:
    """Five rows, or rows at no fixed distance, beside series of months."""
    few = ROWS.filter(unique_id="b").filter(pl.int_range(pl.len()).is_in([0, 3, 6, 9, 12]))
    others = ROWS.filter(pl.col("unique_id") != "b")
    assert (~np.isnan(read(pl.concat([others, few])).values[1])).sum() == 5
    odd = ROWS.filter(unique_id="b").filter(pl.int_range(pl.len()).is_in([0, 1, 4, 6, 9, 10, 12, 14, 16]))
    assert (~np.isnan(read(pl.concat([others, odd])).values[1])).sum() == 9


@pytest.mark.parametrize("label", ["{y}Q{q}", "Q{q} {y}", "{y}-K{q}"])
def test_quarters_by_name_are_refused(label: str) -> None:
    months = [label.format(y=2015 + at // 4, q=at % 4 + 1) for at in range(8)]
    assert "found quarters" in refused(pl.DataFrame({"unique_id": "a", "month": months, "value": [1.0] * 8}))


def test_weeks_and_days_are_named() -> None:
    days = pl.date_range(FIRST, date(2015, 12, 28), "1d", eager=True)
    of_days = pl.DataFrame({"unique_id": "a", "month": days, "value": 1.0})
    assert "rows per day" in refused(of_days)
    assert "rows per week" in refused(of_days.filter(pl.col("month").dt.weekday() == 1))
    assert "found weeks" in refused(of_days.head(7).with_columns(month=pl.format("2015-W0{}", pl.int_range(1, 8))))


# ---- months and names --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form", ["%Y-%m", "%Y%m", "%Y/%m", "%Y/%m/%d", "%Y-%m-%dT00:00:00", "%d-%m-%Y", "%m/%d/%Y", "%b %Y", "%b-%y",
             "%Y %B", "%YM%m", "%m-%Y"],
)  # fmt: skip
def test_months_in_any_notation(form: str) -> None:
    text = ROWS.with_columns(pl.col("month").dt.strftime(form))
    assert np.array_equal(read(text).values, read(ROWS).values)
    assert read(text).first_month == FIRST


def test_dutch_names_of_months() -> None:
    found = read(written(["1"] * 3).with_columns(month=pl.Series(["mrt 2018", "mei 2018", "okt. 2018"])))
    assert (found.first_month, found.last_month) == (date(2018, 3, 1), date(2018, 10, 1))


def test_days_and_months_that_may_be_exchanged_are_refused() -> None:
    unclear = written(["1", "2", "3"]).with_columns(month=pl.Series(["01-02-2018", "02-03-2018", "03-04-2018"]))
    assert "days and months of which no row says which is which" in refused(unclear)


def test_months_on_their_last_day_or_on_one_other_day() -> None:
    for at_end in (
        ROWS.with_columns(pl.col("month").dt.month_end()),
        ROWS.with_columns(pl.col("month").dt.offset_by("14d")),
    ):
        found = read(at_end)
        assert np.array_equal(found.values, read(ROWS).values)
        assert "taken as the month of that day" in found.said[0]


def test_a_year_column_and_a_month_column() -> None:
    apart = ROWS.select(
        "unique_id", pl.col("month").dt.year().alias("Jaar"), pl.col("month").dt.month().alias("Maand"), "value"
    )
    assert np.array_equal(read(apart).values, read(ROWS).values)


def test_spaces_around_a_name_do_not_make_a_series() -> None:
    late = pl.col("month") >= date(2017, 7, 1)
    found = read(
        ROWS.with_columns(pl.when(late).then(pl.col("unique_id") + " ").otherwise("unique_id").alias("unique_id"))
    )
    assert np.array_equal(found.values, read(ROWS).values)
    assert "names with spaces around them" in found.said[0]
    both = pl.concat([ROWS, ROWS.head(1).with_columns(pl.col("unique_id") + " ")])
    assert "a name written in two ways ('a', 'a ')" in refused(both)


@pytest.mark.parametrize(("one", "other"), [("abc", "ABC"), ("007", "7"), ("a b", "a_b")])
def test_two_ways_of_writing_one_name(one: str, other: str) -> None:
    late = pl.col("month") >= date(2017, 1, 1)
    name = pl.when(late).then(pl.lit(other)).otherwise(pl.lit(one)).alias("unique_id")
    assert "one series, written in two ways" in refused(ROWS.filter(unique_id="a").with_columns(name))
    both = [ROWS.filter(unique_id="a").with_columns(unique_id=pl.lit(name)) for name in (one, other)]
    assert len(read(pl.concat(both)).ids) == 2  # each has its own months: two series


@pytest.mark.parametrize("years", [-10, 10, 12])
def test_a_slip_in_a_year(years: int) -> None:
    row = pl.int_range(pl.len()) == 10
    moved = ROWS.with_columns(
        pl.when(row).then(pl.col("month").dt.offset_by(f"{years}y")).otherwise("month").alias("month")
    )
    message = refused(moved)
    assert "series 'a'" in message
    assert "a typing error in a year" in message
    assert f"{2015 + years}-11" in message


def test_a_row_behind_a_hole_a_year_before() -> None:
    moved = (
        pl.when(pl.int_range(pl.len()) == 30).then(pl.col("month").dt.offset_by("1y")).otherwise("month").alias("month")
    )
    assert "month 2018-07" in refused(ROWS.with_columns(moved))


# ---- numbers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numbers", "decimal", "right"),
    [
        (["1.234,5", "7", "12,25"], ",", [1234.5, 7, 12.25]),
        (["1,234.5", "7", "1,234,567"], ".", [1234.5, 7, 1234567]),
        (["1 234,5", "7"], ",", [1234.5, 7]),
        (["1 234", "12\u00a0345", "7"], None, [1234, 12345, 7]),
        (["1'234.5", "7"], None, [1234.5, 7]),
        (["1.003", "2.5"], None, [1.003, 2.5]),
    ],
)
def test_marks_of_thousands_and_decimals(numbers: list[str], decimal: str | None, right: list[float]) -> None:
    assert read(written(numbers), decimal=decimal).values[0].tolist() == right


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        (["1,5", "2"], "--decimal ,"),
        (["1,234", "2"], "a thousands mark or a decimal comma"),
        (["950", "1.003", "1.056", "1.649"], "a point as thousands mark"),
        (["1.234.567", "2"], "a point as thousands mark"),
        (["(12)", "2"], "negative numbers in brackets"),
        (["12-", "2"], "a minus behind the number"),
        (["€ 12", "2"], "a sign of money"),
        (["-", "2"], "a dash or point"),
        (["#N/A", "2"], "an error of a spreadsheet"),
    ],
)
def test_marks_that_may_be_two_things(numbers: list[str], told: str) -> None:
    assert told in refused(written(numbers))


def test_points_before_three_digits_throughout_are_said() -> None:
    found = read(written(["1.003", "1.056", "1.649"]))
    assert found.values[0].tolist() == [1.003, 1.056, 1.649]
    assert "is read as decimals; if it marks thousands: --decimal ," in found.said[0]
    assert read(written(["1.003", "1.056", "1.649"]), decimal=",").values[0].tolist() == [1003, 1056, 1649]


# ---- what values are of ------------------------------------------------------------------------------------------


def test_running_totals_are_refused_and_taken_apart_when_named() -> None:
    year = ROWS.with_columns(pl.col("value").cum_sum().over("unique_id", pl.col("month").dt.year()))
    assert "rise since January" in refused(year)
    assert np.allclose(read(year, values="year-to-date").values, read(ROWS).values)
    ever = ROWS.with_columns(pl.col("value").cum_sum().over("unique_id"))
    assert "rise since the first month" in refused(ever)
    assert np.allclose(read(ever, values="cumulative").values, read(ROWS).values)


def test_a_growing_series_is_no_running_total() -> None:
    growing = {"a": [100.0 * 1.02**month for month in range(36)], "b": [50.0 + month for month in range(36)]}
    assert read(make_rows(growing)).values.tolist() == list(growing.values())


@pytest.mark.parametrize("months", [1, 2, 6])
@pytest.mark.parametrize("factor", [1000.0, 1 / 60])
def test_another_unit_from_some_month_on(months: int, factor: float) -> None:
    late = pl.col("month") >= add_months(FIRST, 36 - months)
    changed = pl.when(late).then(pl.col("value") * factor).otherwise("value").alias("value")
    message = refused(ROWS.with_columns(changed))
    assert f"month {add_months(FIRST, 36 - months):%Y-%m}" in message
    one = ROWS.with_columns(
        pl.when(late & (pl.col("unique_id") == "a")).then(pl.col("value") * factor).otherwise("value")
    )
    assert "'a': values 20 times" in read(one).doubts[0]


def test_rows_only_for_months_with_activity() -> None:
    seldom = ROWS.filter(pl.int_range(pl.len()).hash(3) % 3 != 0)
    message = refused(seldom)
    assert "rows only for months with activity" in message
    zeros = read(seldom, absent="zero").values
    assert np.nansum(zeros) == seldom["value"].sum()
    assert (zeros == 0).sum() > 50
    with_zero = seldom.with_columns(pl.when(pl.int_range(pl.len()) == 5).then(0.0).otherwise("value").alias("value"))
    read(with_zero)  # who writes zeros leaves none out
    assert "rows only for months with activity" in refused(seldom.filter(unique_id="a"))
    whole = ROWS.filter(pl.int_range(pl.len()) % 36 < 34)
    read(whole)  # a series that ended has no holes


@pytest.mark.parametrize("name", ["Totaal", "zz", "a-all"])
def test_a_total_among_its_parts_has_no_part_in_the_total(name: str) -> None:
    whole = ROWS.group_by("month", maintain_order=True).agg(pl.col("value").sum())
    panel = read(pl.concat([whole.select(unique_id=pl.lit(name), month="month", value="value"), ROWS]))
    assert panel.totals == (name,)
    plain, among = (
        forecast_frame(one, total=True, paths=20).filter(pl.col("month").is_null()) for one in (read(ROWS), panel)
    )
    expected = plain.filter(unique_id=TOTAL_ID)["forecast"][0]
    assert among.filter(unique_id=TOTAL_ID)["forecast"][0] == pytest.approx(expected)


def test_totals_of_groups_too() -> None:
    """By their names, and by their place before their parts."""
    north = (
        ROWS.filter(pl.col("unique_id").is_in(["a", "b"]))
        .group_by("month", maintain_order=True)
        .agg(pl.col("value").sum())
    )
    by_name = [north.select(unique_id=pl.lit("N"), month="month", value="value"),
               ROWS.with_columns(pl.when(pl.col("unique_id").is_in(["a", "b"])).then("N/" + pl.col("unique_id"))
                                 .otherwise("unique_id").alias("unique_id"))]  # fmt: skip
    assert read(pl.concat(by_name)).totals == ("N",)
    by_place = [ROWS.filter(unique_id="c"), north.select(unique_id=pl.lit("zzz"), month="month", value="value"),
                ROWS.filter(pl.col("unique_id") != "c")]  # fmt: skip
    assert read(pl.concat(by_place)).totals == ("zzz",)


def test_two_series_alike_are_no_total() -> None:
    same = ROWS.filter(unique_id="a").with_columns(unique_id=pl.lit("b"))
    panel = read(pl.concat([ROWS.filter(unique_id="a"), same]))
    assert panel.totals == ()
    assert panel.doubts == ("the same values in every month: 'a', 'b'",)
    assert read(ROWS).doubts == ()


# ---- columns -----------------------------------------------------------------------------------------------------


def test_columns_by_other_names_and_in_wide_tables() -> None:
    right = read(ROWS).values
    renamed = ROWS.rename({"unique_id": "Series", "month": "ds", "value": "y"})
    assert "month is column 'ds'" in read(renamed).said
    spaced = ROWS.rename({"unique_id": " Unique ID", "month": "\ufeffMonth", "value": "VALUE "})
    named = ROWS.rename({"unique_id": "x1", "month": "x2", "value": "x3"})
    by_month = ROWS.with_columns(pl.col("month").dt.strftime("%Y-%m")).pivot("month", index="unique_id", values="value")
    of_r = by_month.rename({name: f"X{name.replace('-', '.')}" for name in by_month.columns[1:]})
    by_series = ROWS.pivot("unique_id", index="month", values="value")
    for frame in (renamed, spaced, by_month, of_r, by_series):
        assert np.array_equal(read(frame).values, right)
    columns = {"unique_id": "x1", "month": "x2", "value": "x3"}
    assert np.array_equal(read(named, columns=columns).values, right)
    assert "--value x9: found" in refused(named, columns=columns | {"value": "x9"})


def test_two_columns_that_may_be_the_value() -> None:
    both = ROWS.rename({"value": "amount"}).with_columns(count=pl.lit(1.0))
    assert "name it with --value" in refused(both)
    assert np.array_equal(read(both, columns={"value": "amount"}).values, read(ROWS).values)


def test_one_row_per_month_needs_no_name() -> None:
    alone = ROWS.filter(unique_id="a").drop("unique_id").with_columns(source=pl.lit("us"))
    assert read(alone).ids == ["value"]
    two = alone.rename({"value": "paid"}).with_columns(claims=pl.col("paid") / 2)
    assert read(two).ids == ["claims", "paid"]


def test_groups_have_totals_of_their_own() -> None:
    region = pl.when(pl.col("unique_id") < "c").then(pl.lit("N")).otherwise(pl.lit("Z")).alias("region")
    panel = read_panel(ROWS.with_columns(region), groups=("region",))
    found = forecast_frame(panel, total=True, paths=200).filter(pl.col("month").is_null())
    sums = {name: found.filter(unique_id=name)["forecast"][0] for name in found["unique_id"]}
    north = sums[f"{TOTAL_ID}:region=N"]
    assert north == pytest.approx(sums["a"] + sums["b"])
    assert north + sums[f"{TOTAL_ID}:region=Z"] == pytest.approx(sums[TOTAL_ID])
    moving = ROWS.with_columns(
        pl.when(pl.col("month") > FIRST).then(pl.lit("N")).otherwise(pl.lit("Z")).alias("region")
    )
    with pytest.raises(PanelError, match="expected one group per series"):
        read_panel(moving, groups=("region",))
    with pytest.raises(PanelError, match="--total-by land"):
        read_panel(ROWS, groups=("land",))
