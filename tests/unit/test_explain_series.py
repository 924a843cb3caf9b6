"""`wlz explain` of a series compares the same care months, and counts no month that was not delivered."""

from datetime import date

import polars as pl
import pytest

from pipelines.cli.text.explain import known_months, say_scenarios, say_volume

SCHEMA = {
    "scenario": pl.String, "care_month": pl.Date, "budget_year": pl.Int32, "observed_volume": pl.Float64,
    "completed_volume": pl.Float64, "forecast_volume": pl.Float64, "engine": pl.String, "model": pl.String,
    "flag": pl.String, "forecast_reason": pl.String,
}  # fmt: skip
Months = dict[str, tuple[float | None, float | None, float | None]]


def rows(scenario: str, months: Months) -> pl.DataFrame:
    """Months of one scenario: observed, completed, forecast."""
    made = [(scenario, date.fromisoformat(f"{month}-01"), 2018, *values, "ets_select", "A,N,A", None, "as always")
            for month, values in months.items()]  # fmt: skip
    return pl.DataFrame(made, schema=SCHEMA, orient="row")


def year(of: int, first: int, last: int, values: tuple[float | None, float | None, float | None]) -> Months:
    return {f"{of}-{number:02}": values for number in range(first, last + 1)}


OBSERVED = year(2017, 1, 12, (100.0, None, None))
LETTER = rows("letter", {**OBSERVED, **year(2018, 1, 12, (None, None, 110.0))})
COMPLETED = rows(
    "completed",
    {
        **year(2017, 1, 12, (100.0, 100.0, None)),
        **year(2018, 1, 4, (90.0, 120.0, None)),
        **year(2018, 5, 12, (None, None, 130.0)),
    },
)
BOTH = pl.concat([LETTER, COMPLETED])


def test_scenarios_are_compared_over_the_months_of_the_one_that_is_shown():
    """Completed has 4 completed months and 8 ahead: 4 × 120 + 8 × 130 beside 12 × 110, 8 × 110 beside 8 × 130."""
    assert say_scenarios(BOTH, "letter") == ["Scenario completed: 1,520 units in the same months (as always)."]
    assert say_scenarios(BOTH, "completed") == ["Scenario letter: 880 units in the same months (as always)."]


def test_a_scenario_that_lacks_months_is_compared_over_those_it_has():
    short = rows("high", year(2018, 1, 6, (None, None, 111.0)))
    assert say_scenarios(pl.concat([LETTER, short]), "letter") == [
        "Scenario high: 666 units in 6 of these months, 660 units in letter (as always)."
    ]


def test_the_year_before_is_that_of_the_same_months():
    """Eight months ahead stand beside May to December of 2017, never beside all twelve."""
    _, forecast = say_volume(COMPLETED, BOTH)
    assert forecast.startswith("Forecast: 8 months, 1,040 units, 800 units in the same months a year before (engine")
    _, forecast = say_volume(LETTER, BOTH)
    assert forecast.startswith("Forecast: 12 months, 1,320 units, 1,200 units in the same months a year before (engine")


SILENT = {**OBSERVED, "2017-11": (0.0, 95.0, None), "2017-12": (0.0, 96.0, None)}
CASES = {
    "nothing delivered in June": (
        {**OBSERVED, "2017-06": (None, None, None)},
        "the last twelve to 2017-12 1,100 units, 1 month not delivered and not counted",
        "; in the 11 months of them delivered a year before 1,210 units now and 1,100 units then",
    ),
    "silent at the end": (
        SILENT,
        "the last twelve to 2017-12 1,000 units, 2 months not delivered and not counted",
        "; in the 10 months of them delivered a year before 1,100 units now and 1,000 units then",
    ),
    "an honest zero": (
        {**OBSERVED, "2017-06": (0.0, 0.0, None)},
        "the last twelve to 2017-12 1,100 units",
        ", 1,100 units in the same months a year before",
    ),
    "a series of three months": (
        {month: OBSERVED[month] for month in ("2017-10", "2017-11", "2017-12")},
        "the last twelve to 2017-12 300 units",
        "; in the 3 months of them delivered a year before 330 units now and 300 units then",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_month_that_was_not_delivered_is_not_0(name):
    months, last_twelve, before = CASES[name]
    series = rows("letter", {**months, **year(2018, 1, 12, (None, None, 110.0))})
    volume, forecast = say_volume(series, series)
    assert volume.endswith(f", {last_twelve}.")
    assert f"units{before} (engine" in forecast


def test_a_month_that_another_scenario_takes_as_silent_is_not_known():
    silent = pl.concat([LETTER.with_columns(pl.when(pl.col("care_month") == date(2017, 12, 1)).then(0.0)
                                            .otherwise("observed_volume").alias("observed_volume")),
                        rows("completed", {"2017-12": (0.0, 99.0, None)})])  # fmt: skip
    assert known_months(silent.filter(scenario="letter"), silent)["care_month"].max() == date(2017, 11, 1)
