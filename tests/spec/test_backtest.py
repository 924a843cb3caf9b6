"""Accuracy by hand (docs/explanation/backtest.md): two series of four years, engines that err by a known amount."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from wlz.forecasting.backtest import ACCURACY_SCHEMA, BacktestError, backtest_panel, choose_engines, list_origins
from wlz.forecasting.engines import EngineForecast
from wlz.volumes.backtest import backtest_series
from wlz.volumes.past_advices import compare_advice, settled_year


def always(value: float):
    """An engine that says the same for every month of every series."""

    def engine(values: np.ndarray, horizon: int) -> EngineForecast:
        return EngineForecast(np.full((len(values), horizon), value), np.full(len(values), "always"))

    return engine


def two_series(months: int = 48) -> np.ndarray:
    """100 a month and 50 a month, with a wiggle of ± 10 % that no engine of ours knows."""
    wiggle = 1 + 0.1 * np.tile([1.0, -1.0], months // 2)
    return np.array([100.0, 50.0])[:, None] * wiggle


def measure(level: str = "series", horizon: int | None = None, **options: object) -> dict[str, object]:
    found = backtest_panel(
        two_series(),
        ["a", "b"],
        month_of_year=11,
        engines={"always": always(80.0)},
        origins=1,
        **options,  # type: ignore[arg-type]
    )
    wanted = pl.col("horizon_months").is_null() if horizon is None else pl.col("horizon_months") == horizon
    return found.filter(wanted, level=level).row(0, named=True)


def test_wape_and_bias_of_the_year():
    """Said 960 and 960, came 1,200 and 600: errors −240 and +360, WAPE 600 ÷ 1,800, bias 120 ÷ 1,800."""
    found = measure()
    assert found["wape_ratio"] == pytest.approx(600 / 1800)
    assert found["bias_ratio"] == pytest.approx(120 / 1800)
    assert (found["origins_count"], found["units_count"]) == (1, 2)


def test_the_total_lets_errors_cancel():
    """1,920 said, 1,800 came."""
    found = measure("total")
    assert found["wape_ratio"] == pytest.approx(120 / 1800)
    assert found["units_count"] == 1


def test_a_month_is_measured_by_itself():
    """First month ahead: 110 and 55 came, 80 was said twice: |−30| + |25| of 165."""
    assert measure(horizon=1)["wape_ratio"] == pytest.approx(55 / 165)


def test_weights_turn_units_into_euro():
    """The second series at € 2 a unit counts 100 a month like the first, and the engine sees euro: 80 against 100."""
    found = measure(weights=np.array([1.0, 2.0]))
    assert found["wape_ratio"] == pytest.approx(480 / 2400)


def test_groups_are_summed_before_they_are_measured():
    found = measure("group", groups={"group": np.array([0, 0])})
    assert found["wape_ratio"] == measure("total")["wape_ratio"]


def test_mase_is_the_error_against_last_year_again():
    """A series that rises by 12 a year every month is missed by 12 by the same month of last year: an engine that errs
    by 6 has MASE 0.5, for the months and for the year."""
    rising = 100 + np.arange(48.0)[None] + np.zeros((1, 48))

    def errs_by_six(values: np.ndarray, horizon: int) -> EngineForecast:
        return EngineForecast(values[:, -12:] + 12 - 6.0, np.array(["six"]))

    found = backtest_panel(rising, ["a"], month_of_year=11, engines={"six": errs_by_six}, origins=1)
    of_series = found.filter(level="series")
    assert of_series["mase_ratio"].to_list() == pytest.approx([0.5] * 13)


def test_coverage_counts_and_the_score_fines_what_lies_outside():
    """An engine that is right on the whole is inside its own bounds; one that says ten times too much is not, and pays
    40 times the distance beyond its 95 % bounds."""
    rng = np.random.default_rng(0)
    values = 100 * np.exp(0.05 * rng.normal(size=(60, 48)))
    found = backtest_panel(
        values,
        [f"s{row}" for row in range(60)],
        month_of_year=11,
        engines={"right": always(100.0), "wrong": always(1000.0)},
        origins=1,
        fit_months=24,  # with a year more its bounds would know that it is wrong
    ).filter(pl.col("horizon_months").is_null(), level="series")
    right, wrong = (found.filter(engine=name).row(0, named=True) for name in ("right", "wrong"))
    assert right["coverage_95_ratio"] > 0.9
    assert wrong["coverage_95_ratio"] < 0.1
    assert wrong["interval_score_95_ratio"] > 10 * right["interval_score_95_ratio"]


def test_origins_are_a_year_apart_with_two_years_before():
    assert list_origins(48) == [36, 24]
    assert list_origins(47) == [35]
    assert list_origins(35) == []
    assert list_origins(84, 2) == [72, 60]


def test_too_little_history_says_how_much_is_needed():
    with pytest.raises(BacktestError, match="30 months are too few: expected a series with 24 observed months"):
        backtest_panel(np.ones((1, 30)), ["a"], month_of_year=5, engines={"always": always(1.0)})


def test_an_unknown_engine_is_named():
    with pytest.raises(BacktestError, match="unknown engine prophet; known: ets_select"):
        choose_engines(["combined", "prophet"])


# ---- the advice's own series, and past advices ------------------------------------------------------------------

PRESTATIES = pl.DataFrame(
    {
        "prestatiecode": ["Z1", "Z2", "M1"],
        "prestatiegroep": ["stay", "stay", "meerzorg"],
        "is_meerzorg": [False, False, True],
    }
)


def claims(months: int = 48) -> pl.DataFrame:
    """Z1 and Z2 of A, Z1 of B, meerzorg of A; € 2 a unit."""
    rows = [
        (code, uitvoerder, date(2014 + month // 12, month % 12 + 1, 1), volume, volume * 2)
        for code, uitvoerder, volume in (("Z1", "A", 100.0), ("Z2", "A", 50.0), ("Z1", "B", 30.0), ("M1", "A", 9.0))
        for month in range(months)
    ]
    names = ["prestatiecode", "wlz_uitvoerder", "care_month", "declared_volume", "declared_amount_eur"]
    return pl.DataFrame(rows, schema=names, orient="row")


def test_the_series_of_an_advice_are_measured_in_euro_per_level():
    found = backtest_series(
        claims(),
        last_observed=date(2017, 12, 1),
        fit_months=36,
        paths=100,
        engines=choose_engines(["seasonal_naive"]),
        prestaties=PRESTATIES,
    )
    year = found.filter(pl.col("horizon_months").is_null())
    assert dict(year.select("level", "units_count").iter_rows()) == {
        "series": 6,  # three series, meerzorg left out, at two origins
        "group": 4,
        "uitvoerder": 4,
        "national": 2,
    }
    assert year["wape_ratio"].to_list() == pytest.approx([0.0] * 4)


def test_without_enough_history_there_are_no_rows():
    found = backtest_series(
        claims(20),
        last_observed=date(2015, 8, 1),
        fit_months=36,
        paths=100,
        engines=choose_engines(["seasonal_naive"]),
        prestaties=PRESTATIES,
    )
    assert found.is_empty()
    assert dict(found.schema) == ACCURACY_SCHEMA


def test_a_past_advice_is_held_against_what_was_claimed():
    """Said of 2017: Z1/A 2,500, Z2/A 1,100, Z1/B 700; claimed 2,400, 1,200 and 720. Series err by 100, 100 and 20 of
    4,320; A errs by 0, B by 20; the nation by 20."""
    revenue = pl.DataFrame(
        {
            "scenario": ["letter"] * 4,
            "prestatiecode": ["Z1", "Z2", "Z1", "M1"],
            "wlz_uitvoerder": ["A", "A", "B", "A"],
            "care_month": [date(2017, 6, 1)] * 4,
            "forecast_amount_eur": [2500.0, 1100.0, 700.0, 99.0],
            "in_base": [True, True, True, False],
        }
    )
    found = compare_advice(revenue, claims(), PRESTATIES, 2017, "2017-05")
    assert found["engine"].unique().to_list() == ["advice 2017-05 letter"]
    wape = dict(found.select("level", "wape_ratio").iter_rows())
    assert wape == pytest.approx({"series": 220 / 4320, "uitvoerder": 20 / 4320, "national": 20 / 4320})
    assert found["bias_ratio"].to_list() == pytest.approx([-20 / 4320] * 3)


def test_a_year_is_settled_when_all_its_months_are_old_enough():
    assert settled_year(date(2017, 12, 1)) == 2017
    assert settled_year(date(2018, 11, 1)) == 2017
