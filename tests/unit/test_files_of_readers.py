"""What people with files of their own met: each kind is refused with its cause, or read right and said.

A panel of three series (1000, 2000 and 3000 with a season of a tenth, little noise), by month or by week: every file
has a known truth. Triangles: `test_triangles_of_readers.py`.
"""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

import wlz
from pipelines.cli.any_file import open_table
from tests.unit.test_triangles_of_readers import OF_WEEKS, triangle_of
from wlz.files.panel import read_panel
from wlz.files.reading import PanelError, Reading
from wlz.words.months import add_months

Change = Callable[[pl.DataFrame], pl.DataFrame]


def panel_of(weekly: bool, series: int = 3, years: int = 4) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    first = date(2020, 1, 6) if weekly else date(2020, 1, 1)
    days = [first + timedelta(days=7 * place) for place in range(52 * years)] if weekly else [
        add_months(first, place) for place in range(12 * years)]  # fmt: skip
    season = np.array([1 + 0.1 * np.cos(2 * np.pi * day.timetuple().tm_yday / 365.25) for day in days])
    frames = [
        pl.DataFrame({"unique_id": f"s{place}", "month": days,
                      "value": 1000.0 * (place + 1) * season * np.exp(rng.normal(0, 0.02, len(days)))})
        for place in range(series)
    ]  # fmt: skip
    return pl.concat(frames)


def forecast(frame: pl.DataFrame, weekly: bool, **how: object) -> pl.DataFrame:
    return wlz.forecast(frame, total=True, freq="weekly" if weekly else "monthly", **how)


def total(found: pl.DataFrame) -> float:
    unit = "week" if "week" in found.columns else "month"
    return found.filter(pl.col("unique_id") == "__total__", pl.col(unit).is_null())["forecast"].item()


# ---- Panels ------------------------------------------------------------------------------------------------------


def to_date(year: pl.Expr) -> Change:
    return lambda frame: frame.with_columns(pl.col("value").cum_sum().over("unique_id", year))


TO_DATE = {
    "months": (False, to_date(pl.col("month").dt.year())),
    "weeks by ISO year": (True, to_date(pl.col("month").dt.iso_year())),
    "weeks by calendar year": (True, to_date(pl.col("month").dt.year())),
}


@pytest.mark.parametrize(("weekly", "change"), TO_DATE.values(), ids=TO_DATE)
def test_year_to_date_is_refused_and_read_when_said(weekly, change):
    with pytest.raises(PanelError, match="year-to-date"):
        forecast(change(panel_of(weekly)), weekly)
    said = forecast(change(panel_of(weekly)), weekly, values="year-to-date")
    assert total(said) == pytest.approx(total(forecast(panel_of(weekly), weekly)), rel=0.02)


@pytest.mark.parametrize("weekly", [False, True])
@pytest.mark.parametrize("share", [0.55, 0.8, 0.95])
def test_another_unit_within_the_last_year_is_refused(weekly, share):
    frame = panel_of(weekly)
    since = frame["month"].unique().sort()[int((3 + share) * frame["month"].n_unique() / 4)]
    thousands = pl.when(pl.col("month") >= since).then(pl.col("value") * 1000).otherwise("value")
    changed = frame.with_columns(thousands.alias("value"))
    with pytest.raises(PanelError, match="another unit"):
        forecast(changed, weekly)


@pytest.mark.parametrize("weekly", [False, True])
def test_months_of_the_year_that_are_never_there_are_refused_and_zero_when_said(weekly):
    """Closed in summer, and no row for it: unknown, or nothing? With --absent zero summer is zero again."""
    frame = panel_of(weekly)
    closed = pl.col("month").dt.month().is_between(6, 8)
    with pytest.raises(PanelError, match="--absent zero"):
        forecast(frame.filter(~closed), weekly)
    found = forecast(frame.filter(~closed), weekly, absent="zero")
    truth = frame.filter(~closed, pl.col("month") >= frame["month"].max() - timedelta(days=364))["value"].sum()
    assert total(found) == pytest.approx(truth, rel=0.05)


@pytest.mark.parametrize("weekly", [False, True])
def test_a_month_without_a_row_is_zero_when_said_also_where_no_series_has_one(weekly):
    frame = panel_of(weekly, series=1)
    months = frame["month"].to_list()
    read = read_panel(
        frame.filter(~pl.col("month").is_in([months[20], months[21], months[30]])),
        Reading(absent="zero", freq="weekly" if weekly else "monthly"),
    )
    assert (read.values == 0).sum() == 3
    assert not np.isnan(read.values).any()


def with_sums(frame: pl.DataFrame, groups: dict[str, list[str]], *, first: bool = False) -> pl.DataFrame:
    sums = [
        frame.filter(pl.col("unique_id").is_in(parts)).group_by("month", maintain_order=True).agg(pl.col("value").sum())
        .select(unique_id=pl.lit(name), month="month", value="value")
        for name, parts in groups.items()
    ]  # fmt: skip
    return pl.concat([*sums, frame] if first else [frame, *sums])


SUMS = {
    "behind all": ({"North": ["s0", "s1"], "South": ["s2", "s3", "s4", "s5"]}, False),
    "before all": ({"North": ["s0", "s1"], "South": ["s2", "s3", "s4", "s5"]}, True),
    "one of two": ({"North": ["s0", "s1"]}, False),
    "parts apart": ({"odd": ["s1", "s3", "s5"]}, False),
    "with all": ({"North": ["s0", "s1"], "Totaal": ["s0", "s1", "s2", "s3", "s4", "s5"]}, False),
}


@pytest.mark.parametrize(("groups", "first"), SUMS.values(), ids=SUMS)
def test_sums_of_other_series_count_once_wherever_they_stand(groups, first):
    plain = panel_of(False, series=6)
    assert total(forecast(with_sums(plain, groups, first=first), False)) == pytest.approx(
        total(forecast(plain, False)), rel=0.01
    )


def test_series_that_only_resemble_a_sum_are_none():
    plain = panel_of(False, series=6)
    assert read_panel(plain).totals == ()
    near = with_sums(plain, {"s6": ["s0", "s1"]}).with_columns(
        pl.when(pl.col("unique_id") == "s6", pl.col("month").dt.month() == 3).then(pl.col("value") * 1.2)
        .otherwise("value").alias("value")
    )  # fmt: skip
    assert read_panel(near).totals == ()


def test_parts_that_stand_together_are_found_among_many_series():
    plain = panel_of(False, series=200)
    summed = with_sums(plain, {"region": [f"s{place}" for place in range(40, 61)]})
    assert read_panel(summed).totals == ("region",)


@pytest.mark.parametrize("months", [6, 7])
def test_six_months_of_zero_is_ended(months):
    frame = panel_of(False).with_columns(
        pl.when(pl.col("unique_id") == "s1", pl.col("month") >= add_months(date(2024, 1, 1), -months)).then(0.0)
        .otherwise("value").alias("value")
    )  # fmt: skip
    found = forecast(frame, False).filter(pl.col("unique_id") == "s1")
    assert found["forecast"].unique().to_list() == [0.0]
    assert found["model"].unique().to_list() == ["ended"]


@pytest.mark.parametrize("weeks", [1, 2, 3])
def test_a_new_weekly_series_is_short_and_not_silent(weeks):
    frame = panel_of(True)
    last = frame["month"].max() - timedelta(days=7 * (weeks - 1))
    found = forecast(frame.filter((pl.col("unique_id") != "s1") | (pl.col("month") >= last)), True)
    row = found.filter(pl.col("unique_id") == "s1", pl.col("week").is_null())
    assert "short" in row["model"].item()
    assert row["forecast"].item() == pytest.approx(52 * 2000, rel=0.2)


def test_more_low_months_than_can_be_set_aside_are_told():
    from pipelines.cli.forecast import tell_incomplete

    rng = np.random.default_rng(1)
    frame = panel_of(False, series=12).with_columns(
        pl.when(pl.col("month") >= date(2023, 5, 1)).then(pl.col("value") * rng.uniform(0.1, 0.15)).otherwise("value")
        .alias("value")
    )  # fmt: skip
    told = tell_incomplete(read_panel(frame))
    assert told is not None
    assert "leave out those that are not complete" in told


@pytest.mark.parametrize(
    ("groups", "said"), [(["North", ""], "an empty field"), (["N", "n"], "one way of writing"), (["N ", "N"], None)]
)
def test_groups_are_named_as_they_are_meant(groups, said):
    frame = panel_of(False, series=2).with_columns(
        region=pl.col("unique_id").replace_strict({"s0": groups[0], "s1": groups[1]})
    )
    if said:
        with pytest.raises(PanelError, match=said):
            wlz.forecast(frame, total_by="region")
    else:
        found = wlz.forecast(frame, total_by="region")
        assert found["unique_id"].unique().sort().to_list() == ["__total__:region=N", "s0", "s1"]


def test_a_group_of_totals_only_is_no_group():
    frame = with_sums(panel_of(False), {"Totaal": ["s0", "s1", "s2"]}).with_columns(
        region=pl.when(pl.col("unique_id") == "Totaal").then(pl.lit("all")).otherwise(pl.lit("N"))
    )
    found = wlz.forecast(frame, total_by=["region"])
    assert "__total__:region=all" not in found["unique_id"].to_list()


# ---- What is said ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("week", ["202113", "2021-13", "week 01 2021", "2021-W53", "2021-W00"])
def test_a_bad_week_is_refused_in_words_of_weeks(week):
    frame = pl.DataFrame({"unique_id": "a", "week": [week, *[f"2022-W{number:02}" for number in range(1, 13)]]})
    with pytest.raises(PanelError, match="2024-W05") as refused:
        wlz.forecast(frame.with_columns(value=1.0), freq="weekly")
    assert "2018-05" not in str(refused.value)


@pytest.mark.parametrize("name", ["week", "week_start", "week_ending"])
def test_a_file_of_weeks_without_the_option_is_told_of_it(name):
    with pytest.raises(PanelError, match="--freq weekly"):
        wlz.forecast(panel_of(True).rename({"month": name}))
    with pytest.raises(PanelError, match="--freq weekly"):
        wlz.complete(triangle_of(OF_WEEKS, 20, True).rename({"origin": "care_week", "dev": "week_of_report"}))


@pytest.mark.parametrize("titles", [1, 2])
def test_titles_above_the_header_of_a_workbook(tmp_path, titles):
    import xlsxwriter

    path = tmp_path / "panel.xlsx"
    rows = [[f"Titel {place}"] for place in range(titles)] + [["unique_id", "month", "value"]]
    rows += [["a", f"2020-{month:02}", 10 + month] for month in range(1, 13)]
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate(rows):
            sheet.write_row(place, 0, row)
    opened = open_table(path, ",")
    assert opened.frame.columns == ["unique_id", "month", "value"]
    assert opened.frame.height == 12
    assert "above the header" in opened.said[-1]


def test_a_note_below_an_empty_line(tmp_path):
    path = tmp_path / "panel.csv"
    rows = "".join(f"a,2020-{month:02},{10 + month}\n" for month in range(1, 13))
    path.write_text(f"unique_id,month,value\n{rows}\nBron: Vektis\n", encoding="utf-8")
    opened = open_table(path, ",")
    assert opened.frame.height == 12
    assert "Bron" in opened.said[-1]


def test_names_of_columns_and_grains_in_python():
    import pandas as pd

    frame = panel_of(False).to_pandas()
    frame["month"] = pd.to_datetime(frame["month"]).dt.to_period("M")
    assert wlz.forecast(frame, horizon=3).shape[0] == 12
    with pytest.raises(PanelError, match="'weekly'"):
        wlz.forecast(panel_of(False), freq="W")
    keyed = triangle_of().with_columns(key=pl.lit("a"))
    assert wlz.complete(keyed, keys="key").columns[0] == "key"


# ---- A row per year ----------------------------------------------------------------------------------------------

DUTCH = ("jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec")


def by_year(weekly: bool, header: Callable[[int], str], year: str = "year") -> pl.DataFrame:
    part = pl.col("month").dt.week() if weekly else pl.col("month").dt.month().cast(pl.Int8)
    of_year = pl.col("month").dt.iso_year() if weekly else pl.col("month").dt.year()
    numbered = panel_of(weekly).with_columns(of_year.alias(year), part.alias("part"))
    wide = numbered.pivot("part", index=["unique_id", year], values="value", sort_columns=False)
    return wide.rename({name: header(int(name)) for name in wide.columns[2:]})


HEADERS = {
    "Dutch names": (False, lambda number: DUTCH[number - 1], "jaar"),
    "English names": (False, lambda number: f"{date(2000, number, 1):%B}", "Year"),
    "numbers": (False, str, "year"),
    "M01": (False, lambda number: f"M{number:02}", "year"),
    "weeks": (True, str, "year"),
    "W1": (True, lambda number: f"W{number}", "jaar"),
}


@pytest.mark.parametrize(("weekly", "header", "year"), HEADERS.values(), ids=HEADERS)
def test_a_row_per_year_and_a_column_per_month_or_week(weekly, header, year):
    wide = by_year(weekly, header, year)
    found, plain = forecast(wide, weekly), forecast(panel_of(weekly), weekly)
    assert found["forecast"].to_list() == pytest.approx(plain["forecast"].to_list())


def test_a_year_that_is_not_over_ends_the_panel():
    wide = by_year(False, str)
    last = pl.col("year") == wide["year"].max()
    open_year = wide.with_columns(pl.when(last).then(None).otherwise(pl.col(str(month))).alias(str(month)) for month in
                                  (10, 11, 12))  # fmt: skip
    assert read_panel(open_year).last_month == date(2023, 9, 1)


# ---- A single spike ----------------------------------------------------------------------------------------------


def spiked(months: int, at: int, size: float = 1000.0) -> pl.DataFrame:
    values = [100.0 + place % 3 for place in range(months)]
    values[at] = size
    days = [add_months(date(2021, 1, 1), place) for place in range(months)]
    return pl.DataFrame({"unique_id": "a", "month": days, "value": values})


@pytest.mark.parametrize(("months", "at"), [(12, 6), (13, 12), (18, 9), (23, 11)])
def test_a_single_spike_in_a_season_seen_once_is_no_season_and_is_told(months, at):
    found = wlz.forecast(spiked(months, at))
    assert found["forecast"][-1] == pytest.approx(1212, rel=0.02)
    assert "taken for chance" in read_panel(spiked(months, at)).doubts[0]


def test_a_high_month_that_is_no_spike_and_one_that_came_twice_stay():
    assert wlz.forecast(spiked(12, 6, 250.0))["forecast"].max() > 240
    twice = spiked(24, 6).with_columns(pl.when(pl.int_range(pl.len()) == 18).then(1000.0).otherwise("value").alias(
        "value"))  # fmt: skip
    assert wlz.forecast(twice).drop_nulls("month")["forecast"].max() > 700
    assert read_panel(twice).doubts == ()
