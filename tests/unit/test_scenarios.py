"""Scenarios by hand: what a file may say, growth on top, indications, and what a person puts in a forecast's place."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from wlz.known.assumptions import AssumptionError
from wlz.known.scenarios import (
    OVERRIDE_SCHEMA,
    Growth,
    Scenario,
    apply_overrides,
    follow_indications,
    grow_volumes,
    indication_growth,
    parse_overrides,
    parse_scenarios,
)

LETTER = {"description": "S004", "engine": "ets_select"}
BASE = {"description": "ours", "engine": "combined"}
HIGH = {"description": "more", "on": "base", "yearly_growth_ratio": 0.02}
CODES = pl.DataFrame(
    {
        "prestatiecode": ["Z053", "H104", "Z900"],
        "sector": ["VV", "GGZ", None],
        "prestatiegroep": ["verblijf", "begeleiding", None],
    }
)
VOLUMES = {
    "prestatiecode": pl.String,
    "wlz_uitvoerder": pl.String,
    "care_month": pl.Date,
    "observed_volume": pl.Float64,
    "forecast_volume": pl.Float64,
    "model": pl.String,
}
Row = tuple[str, str, date, float | None, float | None, str]


def month(text: str) -> date:
    return date.fromisoformat(f"{text}-01")


def volumes(*rows: tuple[str, float | None, float | None], code: str = "Z053", who: str = "CZ") -> pl.DataFrame:
    """Month, observed, forecast of one series, as `forecast_panel` gives them."""
    made: list[Row] = [(code, who, month(text), observed, ahead, "A,N,N") for text, observed, ahead in rows]
    return pl.DataFrame(made, schema=VOLUMES, orient="row")


def forecasts(frame: pl.DataFrame) -> dict[str, float]:
    """Month → forecast, of the months that have one."""
    ahead = frame.select("care_month", "forecast_volume").drop_nulls()
    return {f"{at:%Y-%m}": volume for at, volume in ahead.iter_rows()}


# --- The file -----------------------------------------------------------------------------------------------------


def test_scenarios_others_build_on_come_first_and_the_letter_before_all() -> None:
    found = parse_scenarios({"a": {"description": "a", "on": "base"}, "high": HIGH, "base": BASE, "letter": LETTER})
    assert [one.name for one in found] == ["letter", "base", "a", "high"]
    assert found[3] == Scenario("high", "more", "", "base", 0.02, uses_indications=False)
    assert [one.own_rules for one in found] == [False, True, True, True]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("fast", "scenario mine: expected a description"),
        ({"engine": "combined"}, "scenario mine: expected a description"),
        ({**BASE, "growth": 0.1}, "scenario mine: unknown growth; known: .*yearly_growth_ratio"),
        ({"description": "x"}, "either an engine or on = another scenario"),
        ({**BASE, "on": "base"}, "either an engine or on = another scenario"),
        ({"description": "x", "engine": "magic"}, "engine 'magic': expected one of .*combined"),
        ({"description": "x", "engine": "statsmodels"}, "engine 'statsmodels': expected one of"),  # too slow for a run
        ({**HIGH, "yearly_growth_ratio": 0.26}, "expected within ±0.25, found 0.26"),
        ({**HIGH, "yearly_growth_ratio": -0.3}, "expected within ±0.25, found -0.3"),
        ({**HIGH, "yearly_growth_ratio": "2 %"}, "expected within ±0.25, found '2 %'"),
        ({**BASE, "yearly_growth_ratio": 0.02}, "growth and indications need on = another scenario"),
        ({**BASE, "indications": True}, "growth and indications need on = another scenario"),
        ({"description": "x", "on": "nobody"}, "on 'nobody': expected a scenario with an engine of its own.*base"),
        ({"description": "x", "on": "high"}, "on 'high': expected a scenario with an engine of its own"),
        ({"description": "x", "on": "mine"}, "on 'mine': expected a scenario with an engine of its own"),
    ],
)
def test_a_scenario_that_is_not_one_is_refused(table: Any, words: str) -> None:
    with pytest.raises(AssumptionError, match=words):
        parse_scenarios({"base": BASE, "high": HIGH, "mine": table})


OVERRIDE = {
    "scenario": "base",
    "prestatiecode": "Z053",
    "wlz_uitvoerder": "CZ",
    "from_month": "2018-07",
    "volume_factor": 1.5,
    "reason": "two providers start",
    "author": "J. de Vries",
    "date": date(2018, 5, 14),
}


def override(**changes: Any) -> pl.DataFrame:
    """One override of scenario base; a change to None leaves the key out."""
    table = {name: value for name, value in {**OVERRIDE, **changes}.items() if value is not None}
    return parse_overrides([table], parse_scenarios({"base": BASE}))


def test_an_override_becomes_a_row() -> None:
    row = override().row(0, named=True)
    assert override().schema == pl.Schema(OVERRIDE_SCHEMA)
    assert row == dict.fromkeys(OVERRIDE_SCHEMA) | OVERRIDE | {"from_month": date(2018, 7, 1)}
    assert parse_overrides([], []).is_empty()


@pytest.mark.parametrize("key", ["scenario", "prestatiecode", "wlz_uitvoerder", "reason", "author", "date"])
@pytest.mark.parametrize("value", [None, ""])
def test_an_override_without_its_particulars_is_none(key: str, value: str | None) -> None:
    with pytest.raises(AssumptionError, match=f"override 1: {key} is missing"):
        override(**{key: value})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scenario": "dream"}, "override 1, scenario 'dream': expected a scenario of this file"),
        ({"volume_factor": None}, "expected one of month_volume, volume_factor, engine, found none"),
        ({"month_volume": 3.0}, "expected one of .*, found month_volume, volume_factor"),
        ({"from_mnth": "2018-07"}, "unknown from_mnth; expected scenario, .*from_month"),
        ({"volume_factor": "double"}, "volume_factor: expected a number of 0 or more, found 'double'"),
        ({"volume_factor": -1.0}, "volume_factor: expected a number of 0 or more, found -1.0"),
        ({"volume_factor": None, "month_volume": True}, "month_volume: expected a number of 0 or more, found True"),
        ({"to_month": "2018-06"}, "from_month 2018-07 lies after to_month 2018-06"),
        ({"volume_factor": None, "engine": "magic"}, "engine 'magic': expected one of .*statsmodels"),
        ({"date": "2018-05-14"}, "date: expected a date without quotes, found '2018-05-14'"),
        ({"from_month": "July"}, "from_month: expected YYYY-MM, found 'July'"),
        ({"to_month": "2018-13"}, "to_month: expected YYYY-MM, found '2018-13'"),
    ],
)
def test_an_override_that_says_something_else_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(AssumptionError, match=words):
        override(**changes)


def test_the_message_says_which_override() -> None:
    tables = [OVERRIDE, {**OVERRIDE, "reason": ""}]
    with pytest.raises(AssumptionError, match="override 2: reason"):
        parse_overrides(tables, parse_scenarios({"base": BASE}))


# --- Growth -------------------------------------------------------------------------------------------------------


def test_growth_counts_once_in_the_first_year_and_twice_in_the_next() -> None:
    """100 × 1.02 = 102 in 2018, 100 × 1.02² = 104.04 in 2019; a month of 2017 that was set aside is not of the year."""
    grown = grow_volumes(
        volumes(
            ("2017-11", 90.0, None),
            ("2017-12", None, 95.0),
            ("2018-01", None, 100.0),
            ("2018-12", None, 100.0),
            ("2019-01", None, 100.0),
        ),
        [Growth(0.02)],
        2018,
        CODES,
    )
    assert forecasts(grown) == pytest.approx(
        {"2017-12": 95.0, "2018-01": 102.0, "2018-12": 102.0, "2019-01": 104.04}, rel=1e-12
    )
    assert grown["observed_volume"].to_list() == [90.0, None, None, None, None]


PARTS = [{"sector": "GGZ", "ratio": 0.02}, {"wlz_uitvoerder": "CZ", "ratio": 0.01}]


def test_growth_of_parts_is_read_and_of_nothing_is_none() -> None:
    high = {**HIGH, "yearly_growth_ratio": PARTS}
    found = parse_scenarios({"base": BASE, "high": high, "flat": {**HIGH, "yearly_growth_ratio": 0}})
    assert {one.name: one.growth for one in found} == {
        "base": (),
        "flat": (),
        "high": (Growth(0.02, sector="GGZ"), Growth(0.01, wlz_uitvoerder="CZ")),
    }


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([{"ratio": 0.02}], "yearly_growth_ratio 1: expected at least one of sector, prestatiegroep, wlz_uitvoerder"),
        ([{"sector": "GGZ"}], "yearly_growth_ratio 1: expected ratio and some of sector"),
        ([*PARTS, {"sektor": "GGZ", "ratio": 0.1}], "yearly_growth_ratio 3: expected ratio and some of sector"),
        ([{"sector": 3, "ratio": 0.1}], "in quotes"),
        ([{"sector": "GGZ", "ratio": 2}], "yearly_growth_ratio 1: expected within ±0.25, found 2"),
        ([0.02], "yearly_growth_ratio 1: expected ratio and some of sector"),
        (True, "expected within ±0.25, found True"),
    ],
)
def test_growth_of_parts_that_is_wrong_is_refused(parts: Any, words: str) -> None:
    with pytest.raises(AssumptionError, match=words):
        parse_scenarios({"base": BASE, "high": {**HIGH, "yearly_growth_ratio": parts}})


def test_a_series_grows_by_all_that_fit_it() -> None:
    """100 in the second year: ggz of CZ 1.02² × 1.01², ggz of DSW 1.02², vv and no sector of CZ 1.01²."""
    year = ("2019-01", None, 100.0)
    frames = [volumes(year, code=code, who=who) for code, who in (("H104", "CZ"), ("H104", "DSW"), ("Z053", "CZ"))]
    growth = [Growth(**part) for part in PARTS]
    grown = grow_volumes(pl.concat([*frames, volumes(year, code="Z900")]), growth, 2018, CODES)
    right = [100 * 1.02**2 * 1.01**2, 100 * 1.02**2, 100 * 1.01**2, 100 * 1.01**2]
    assert grown["forecast_volume"].to_list() == pytest.approx(right)
    assert grown.columns == list(VOLUMES)


def test_growth_of_a_group_of_one_uitvoerder() -> None:
    frames = pl.concat([volumes(("2018-01", None, 100.0), code="H104", who=who) for who in ("CZ", "DSW")])
    grown = grow_volumes(frames, [Growth(0.1, prestatiegroep="begeleiding", wlz_uitvoerder="DSW")], 2018, CODES)
    assert grown["forecast_volume"].to_list() == pytest.approx([100.0, 110.0])


def test_growth_that_fits_no_series_is_refused() -> None:
    with pytest.raises(AssumptionError, match=r"sector 'ggz': no such series; it would count for nothing.*sector: GGZ"):
        grow_volumes(volumes(("2018-01", None, 1.0), code="H104"), [Growth(0.1, sector="ggz")], 2018, CODES)


# --- Indications --------------------------------------------------------------------------------------------------


def indicated(who: str, sector: str, months: int, count: int, before: int) -> list[tuple[str, str, date, int]]:
    """`before` people a month in the year before last, `count` in the last one, ending in April 2018."""
    ends = pl.date_range(date(2016, 5, 1), date(2018, 4, 1), "1mo", eager=True).to_list()[-months:]
    split = len(ends) - 12
    return [(who, sector, at, before if place < split else count) for place, at in enumerate(ends)]


INDICATIONS = {"wlz_uitvoerder": pl.String, "sector": pl.String, "month": pl.Date, "indication_count": pl.Int64}


def test_growth_of_indications_is_the_last_year_over_the_one_before() -> None:
    """CZ: 12 × 110 ÷ 12 × 100 = 1.1, added over regions. DSW: 23 months are no two years. VGZ: nobody before."""
    half = indicated("CZ", "vv", 24, 55, 50)
    rows = [*half, *half, *indicated("DSW", "vv", 23, 5, 5), *indicated("VGZ", "gz", 24, 5, 0)]
    found = indication_growth(pl.DataFrame(rows, schema=INDICATIONS, orient="row"))
    assert found.rows() == [("CZ", "vv", pytest.approx(1.1)), ("VGZ", "gz", None)]
    assert indication_growth(pl.DataFrame(schema=INDICATIONS)).is_empty()


def follow(*frames: pl.DataFrame, growth: float = 1.1) -> pl.DataFrame:
    """Z053 is vv, H104 is gz; only vv of CZ has indications."""
    ratios = pl.DataFrame({"wlz_uitvoerder": ["CZ"], "sector": ["vv"], "indication_growth_ratio": [growth]})
    sectors = pl.DataFrame({"prestatiecode": ["Z053", "H104"], "sector": ["vv", "gz"]})
    return follow_indications(pl.concat(frames), ratios, sectors)


def test_a_month_is_that_of_last_year_times_the_growth() -> None:
    """50 × 1.1 = 55; a year on again: 50 × 1.1² = 60.5. A month not known a year before keeps its forecast."""
    found = follow(
        volumes(("2017-01", 50.0, None), ("2018-01", None, 70.0), ("2018-02", None, 71.0), ("2019-01", None, 72.0))
    )
    assert forecasts(found) == pytest.approx({"2018-01": 55.0, "2018-02": 71.0, "2019-01": 60.5})
    assert found["model"].unique().to_list() == ["last year × indications"]


def test_an_ended_code_stays_at_zero_and_a_series_without_indications_keeps_its_forecast() -> None:
    ended = volumes(("2017-01", 50.0, None), ("2018-01", None, 0.0))
    of_gz = volumes(("2017-01", 50.0, None), ("2018-01", None, 70.0), code="H104")
    elsewhere = volumes(("2017-01", 50.0, None), ("2018-01", None, 70.0), who="DSW")
    assert forecasts(follow(ended)) == {"2018-01": 0.0}
    for kept in (of_gz, elsewhere):
        assert follow(kept).equals(kept)


def test_the_order_of_rows_changes_nothing() -> None:
    frame = volumes(*((f"2017-{n:02}", float(n), None) for n in range(1, 13)), ("2018-01", None, 9.0))
    assert follow(frame.sample(fraction=1.0, shuffle=True, seed=1)).equals(follow(frame))


# --- Overrides ----------------------------------------------------------------------------------------------------

AHEAD = volumes(("2018-05", 40.0, None), *((f"2018-{n:02}", None, 100.0) for n in range(6, 10)))


def overruled(*tables: dict[str, Any]) -> pl.DataFrame:
    rows = [{**{key: value for key, value in OVERRIDE.items() if key != "from_month"}, **table} for table in tables]
    given = [{key: value for key, value in row.items() if value is not None} for row in rows]
    return apply_overrides(AHEAD, parse_overrides(given, parse_scenarios({"base": BASE})))


def volumes_of(found: pl.DataFrame) -> list[float | None]:
    return found["forecast_volume"].to_list()


def test_an_override_of_known_months_is_refused() -> None:
    """An observed month stays as it was claimed: overruling it would count for nothing, so it is said."""
    with pytest.raises(AssumptionError, match="none of its months is forecast; it would count for nothing"):
        overruled({"from_month": "2018-05", "to_month": "2018-05"})


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({}, [150, 150, 150, 150]),  # × 1.5 in every month not known
        ({"from_month": "2018-08"}, [100, 100, 150, 150]),
        ({"to_month": "2018-06"}, [150, 100, 100, 100]),
        ({"from_month": "2018-07", "to_month": "2018-08"}, [100, 150, 150, 100]),
        ({"volume_factor": None, "month_volume": 7.0, "from_month": "2018-09"}, [100, 100, 100, 7]),
        ({"volume_factor": None, "month_volume": 0.0}, [0, 0, 0, 0]),
        ({"volume_factor": 0.0, "to_month": "2018-07"}, [0, 0, 100, 100]),
        ({"volume_factor": None, "engine": "ets_average"}, [100, 100, 100, 100]),  # run by the caller
    ],
)
def test_an_override_changes_the_months_it_names(table: dict[str, Any], expected: list[float]) -> None:
    found = overruled(table)
    assert volumes_of(found) == [None, *expected]
    assert found["observed_volume"].equals(AHEAD["observed_volume"])


def test_the_reason_stands_in_the_months_it_changes_with_who_and_when() -> None:
    reasons = overruled({"from_month": "2018-08"})["override_reason"].to_list()
    assert reasons == [None, None, None, *["two providers start (J. de Vries, 2018-05-14)"] * 2]
    of_engine = overruled({"volume_factor": None, "engine": "ets_average"})["override_reason"].to_list()
    assert of_engine == [None, *reasons[-1:] * 4]
    assert apply_overrides(AHEAD, parse_overrides([], []))["override_reason"].null_count() == AHEAD.height


def test_a_later_override_goes_before_an_earlier_one() -> None:
    """First 10 a month, then × 1.5 from August: 15 there, with the reason of the second."""
    ten = {"volume_factor": None, "month_volume": 10.0, "reason": "ten"}
    found = overruled(ten, {"from_month": "2018-08"})
    assert volumes_of(found) == [None, 10.0, 10.0, 15.0, 15.0]
    assert [reason and reason[:3] for reason in found["override_reason"]] == [None, "ten", "ten", "two", "two"]
    assert volumes_of(overruled({"from_month": "2018-08"}, ten)) == [None, 10.0, 10.0, 10.0, 10.0]


@pytest.mark.parametrize("key", ["prestatiecode", "wlz_uitvoerder"])
def test_an_override_of_an_unknown_series_is_refused(key: str) -> None:
    words = "by J. de Vries: no such series; it would count for nothing"
    with pytest.raises(AssumptionError, match=words):
        overruled({key: "X"})
