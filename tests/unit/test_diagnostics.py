"""Diagnosis of one series: known cases, everything that cannot be said, and what a person reads."""

import warnings
from datetime import date

import numpy as np
import polars as pl
import pytest

from pipelines.cli.diagnose import NOTHING_TO_DIAGNOSE, diagnose_published
from pipelines.cli.text.diagnosis import render_diagnosis
from warehouse import duck, registry
from wlz.forecasting import diagnosis as diagnostics
from wlz.forecasting.diagnosis import check_dependence, diagnose_series, filter_residuals, measure_strengths
from wlz.forecasting.engines import ENGINES
from wlz.forecasting.ets import EtsError, ets_select, fit_panel, group_by_pattern

FIRST = date(2015, 1, 1)
MONTHS = np.arange(36)
SEASON = 1000 + 100 * np.sin(2 * np.pi * MONTHS / 12)


@pytest.fixture(autouse=True)
def _no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.fixture
def quick_engines(monkeypatch):
    """The registry without the full search, for tests that are not about it."""
    monkeypatch.setattr(diagnostics, "ENGINES", {**ENGINES, "statsmodels": ENGINES["half_growth"]})


def make_noise(months: int = 36, seed: int = 5) -> np.ndarray:
    return 1000 + 30 * np.random.default_rng(seed).normal(size=months)


def make_dependent(share: float, months: int = 60, seed: int = 5) -> np.ndarray:
    """Months that depend on the one before by `share`: AR(1) around a level."""
    shocks = 30 * np.random.default_rng(seed).normal(size=months)
    for month in range(1, months):
        shocks[month] += share * shocks[month - 1]
    return 1000 + shocks


# ---- strengths ---------------------------------------------------------------------------------------------------


def test_pure_season_has_season_alone():
    found = measure_strengths(SEASON)
    assert found.season == pytest.approx(1.0)
    assert found.trend == 0.0


def test_straight_line_has_trend_alone():
    found = measure_strengths(10.0 + 3 * MONTHS)
    assert found.trend == pytest.approx(1.0, abs=1e-4)
    assert found.season == 0.0


def test_noise_is_no_stronger_than_noise():
    found = measure_strengths(make_noise())
    assert found.trend <= found.noise_trend < 0.4
    assert found.season <= found.noise_season < 0.6
    assert measure_strengths(make_noise(120)).season < 0.2


def test_strengths_do_not_depend_on_level_and_unit():
    values = SEASON + make_noise()
    assert measure_strengths(7 * values - 1e5)[:2] == pytest.approx(measure_strengths(values)[:2])


# ---- residuals ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [make_noise(), SEASON * np.exp(0.02 * make_noise() / 30), make_noise() - 1000])
def test_residuals_are_those_of_the_chosen_model(values):
    found = filter_residuals(values)
    assert found.model == ets_select(values[None], 1).model[0]
    fit = fit_panel(diagnostics.build_bank((True,) * 36), values[None])
    assert (found.standardised**2).sum() == pytest.approx(fit.sse[0] / fit.sigma[0] ** 2)


def test_gap_has_no_residual_and_months_keep_their_place():
    values = make_noise()
    values[:3] = values[10] = values[-1] = np.nan
    found = filter_residuals(values)
    assert found.months.tolist() == [month for month in range(3, 35) if month != 10]
    assert next(group_by_pattern(values[None]))[1:] == (3, 34)
    assert check_dependence(found).reason == "months are missing"


def test_odd_month_stands_out_with_its_sign(quick_engines):
    values = make_noise()
    values[20] -= 300
    found = diagnose_series(values, FIRST)
    assert found.largest.select("care_month", "sign").rows() == [(date(2016, 9, 1), "below")]
    assert found.residuals.height == 36
    assert found.residuals["care_month"][0] == FIRST


# ---- dependence --------------------------------------------------------------------------------------------------


def test_noise_depends_on_nothing():
    found = check_dependence(filter_residuals(make_noise()))
    assert found.p > 0.05
    assert found.noise_p > 0.05
    assert found.lags == 7


def test_months_that_depend_on_each_other_are_found():
    found = check_dependence(filter_residuals(make_dependent(-0.7)))
    assert found.p < 0.01
    assert found.noise_p < 0.01
    assert found.lags == 12


def test_lags_leave_three_degrees_of_freedom():
    found = filter_residuals(make_noise(12) - 1000)
    assert found.model == "A,N,N"
    assert check_dependence(found).lags == 1 + 3  # 12 ÷ 5 would be 2


def test_statistic_is_that_of_statsmodels():
    from statsmodels.stats.diagnostic import acorr_ljungbox

    residuals = make_dependent(0.5)
    expected = acorr_ljungbox(residuals, lags=[8])["lb_stat"].iloc[0]
    assert diagnostics.sum_autocorrelations(residuals[None], 8)[0] == pytest.approx(expected)


def test_good_seasonal_models_are_not_accused():
    """The textbook calls a quarter of them wrong; beside noise through the same filter it is one in twenty."""
    rng = np.random.default_rng(11)
    found = [check_dependence(filter_residuals(SEASON + 25 * rng.normal(size=36))) for _ in range(60)]
    assert np.mean([one.p < 0.05 for one in found]) > 0.15
    assert np.mean([one.noise_p < 0.05 for one in found]) < 0.10


# ---- engines -----------------------------------------------------------------------------------------------------


def test_every_engine_says_its_volume():
    values = make_noise()
    found = diagnose_series(values, FIRST, chosen_engine="combined")
    volumes = dict(found.engines.select("engine", "forecast_volume").iter_rows())
    ratios = dict(found.engines.select("engine", "difference_ratio").iter_rows())
    assert list(volumes) == list(ENGINES)
    assert volumes["seasonal_naive"] == pytest.approx(values[-12:].sum())
    assert ratios["combined"] == 0.0
    assert ratios["ets_select"] == pytest.approx(volumes["ets_select"] / volumes["combined"] - 1)
    assert found.disagreement_ratio == pytest.approx(volumes["statsmodels"] / volumes["ets_select"] - 1)
    assert abs(found.disagreement_ratio) < 0.01  # both take the level


def test_horizon_is_what_is_summed(quick_engines):
    found = diagnose_series(np.full(36, 5.0), FIRST, 6)
    assert found.engines["forecast_volume"].unique().to_list() == [30.0]


# ---- what cannot be said -----------------------------------------------------------------------------------------

GAPS = np.where(np.isin(MONTHS, (5, 17)), np.nan, make_noise())
CASES = {
    "constant": (np.full(36, 5.0), "the series never moves", "the series never moves"),
    "zeros": (np.zeros(36), "the series never moves", "the series never moves"),
    "gaps": (GAPS, "months are missing", "months are missing"),
    "end missing": (np.append(make_noise(), [np.nan, np.nan]), None, None),
    "short": (make_noise(18), "fewer than 24 months", None),
    "seven": (make_noise(7), "fewer than 24 months", None),
    "five": (make_noise(5), "fewer than 24 months", "fewer than 7 observed months"),
    "two": (make_noise(2), "fewer than 24 months", "fewer than 7 observed months"),
    "empty": (np.empty(0), "nothing observed", "nothing observed"),
    "unobserved": (np.full(36, np.nan), "nothing observed", "nothing observed"),
    "negative": (make_noise() - 1000, None, None),
    "all negative": (-make_noise(), None, None),
    "exact": (10.0 + 3 * MONTHS, None, "A,A,N fits every month exactly"),
    "intermittent": (np.where(MONTHS % 5 == 0, 3.0, 0.0), None, None),
    "ended": (np.where(MONTHS > 25, 0.0, make_noise()), None, None),
    "one month": (np.where(MONTHS == 35, 1e6, 0.0), None, None),
}


@pytest.mark.parametrize("case", CASES)
def test_edge_case_has_a_reason_and_a_text(case, quick_engines):
    values, no_strength, no_test = CASES[case]
    found = diagnose_series(values, FIRST)
    assert found.strength_reason == no_strength
    assert (found.trend_strength is None) == (found.season_strength is None) == (no_strength is not None)
    assert found.ljung_box_reason == no_test
    assert (found.ljung_box_p is None) == (found.ljung_box_noise_p is None) == (no_test is not None)
    assert (found.disagreement_ratio is None) == (found.disagreement_reason is not None)
    none = found.engines.filter(pl.col("forecast_volume").is_null() | pl.col("difference_ratio").is_null())
    assert none["reason"].null_count() == 0
    text = render_diagnosis(found)
    assert max(len(line) for line in text.splitlines()) <= 100
    assert "nan" not in text
    assert "None" not in text


@pytest.mark.parametrize("case", ["zeros", "gaps", "seven", "negative"])
def test_edge_case_passes_the_full_search(case):
    assert (
        diagnose_series(CASES[case][0], FIRST)
        .engines.filter(engine="statsmodels")["forecast_volume"]
        .is_not_null()
        .all()
    )


def test_forecast_of_nothing_divides_nothing(quick_engines):
    found = diagnose_series(CASES["ended"][0], FIRST)
    assert found.engines.filter(engine="seasonal_naive")["reason"].to_list() == ["no ratio near or below 0"]


@pytest.mark.parametrize(
    ("values", "horizon", "engine"),
    [(np.ones((2, 12)), 12, "combined"), (np.array([1.0, np.inf]), 12, "combined"), (np.ones(12), 0, "combined"),
     (np.ones(12), 12, "crystal_ball")],
)  # fmt: skip
def test_unusable_call_is_refused(values, horizon, engine):
    with pytest.raises(EtsError):
        diagnose_series(values, FIRST, horizon, chosen_engine=engine)


# ---- what a person reads -----------------------------------------------------------------------------------------


def test_text_of_a_quiet_series(quick_engines):
    text = render_diagnosis(diagnose_series(make_noise(), FIRST, chosen_engine="combined"))
    assert "Diagnosis of 36 observed months from 2015-01" in text
    assert "Trend: none to be seen (strength" in text
    assert "Residuals look like noise (p 0." in text
    assert "beside combined" in text
    assert sum("│" in line for line in text.splitlines()) == 37


def test_text_of_a_series_with_something_wrong(quick_engines):
    values = make_dependent(-0.7)
    values[50] += 400
    text = render_diagnosis(diagnose_series(values, FIRST))
    assert "Months that stand out, in deviations from what the model expected: 2019-03 +" in text
    assert "The last 40 of 60 months:" in text
    assert [line[2:9] for line in text.splitlines() if "stands out" in line] == ["2019-03"]
    assert "▶" in text
    dependent = render_diagnosis(diagnose_series(make_dependent(-0.7), FIRST))
    assert "Months still depend on each other (p 0.0" in dependent


def test_season_that_the_model_lacks_is_told(quick_engines):
    found = diagnose_series(SEASON + make_noise(), FIRST)
    assert "yet the model has none" not in render_diagnosis(found._replace(model="A,N,A"))
    assert "yet the model has none" in render_diagnosis(found._replace(model="log A,N,N"))


@pytest.mark.parametrize(("ratio", "told"), [(0.14, True), (-0.14, True), (0.09, False)])
def test_disagreement_is_told_beyond_a_tenth(ratio, told, quick_engines):
    found = diagnose_series(make_noise(), FIRST)._replace(disagreement_ratio=ratio)
    assert (
        f"Disagreement: statsmodels, searching the same models, says {ratio:+.0%}" in render_diagnosis(found)
    ) == told


def test_diagnosis_reads_the_published_months(tmp_path, quick_engines):
    database = publish_series(tmp_path, [("letter", None), ("best", 34)])
    text = diagnose_published(database, "Z053", "CZ")
    assert "Diagnosis of 35 observed months from 2015-01" in text  # letter; the other scenario has a month less
    assert "beside ets_select" in text
    assert diagnose_published(database, "Z053", "O'Neill") == NOTHING_TO_DIAGNOSE


def test_diagnosis_without_scenario_letter(tmp_path, quick_engines):
    text = diagnose_published(publish_series(tmp_path, [("best", 34)]), "Z053", "CZ")
    assert "Diagnosis of 34 observed months" in text
    assert "beside combined" in text


def publish_series(folder, scenarios):
    """A mart with one series of 36 months, month 7 not delivered; an older advice beside it."""
    rows = [
        {
            "scenario": scenario,
            "delivery_month": delivered,
            "prestatiecode": "Z053",
            "wlz_uitvoerder": "CZ",
            "care_month": date(2015 + month // 12, month % 12 + 1, 1),
            "observed_volume": None if month in (7, set_aside) else float(volume),
            "engine": "ets_select" if scenario == "letter" else "combined",
        }
        for scenario, set_aside in scenarios
        for delivered in (date(2018, 4, 1), date(2018, 5, 1))
        for month, volume in enumerate(make_noise())
    ]
    names = ", ".join(rows[0])
    path = folder / "wlz.duckdb"
    with duck.connect_writer(path) as connection:
        connection.execute("CREATE SCHEMA wlz.marts")
        duck.create_table(connection, "wlz.marts", registry.marts()["volume_forecast"])
        insert = f"INSERT INTO wlz.marts.volume_forecast ({names}) VALUES ({', '.join('?' * len(rows[0]))})"
        connection.executemany(insert, [list(row.values()) for row in rows])
        duck.create_table(connection, "wlz.marts", registry.marts()["utilisation_national"])
        months = "SELECT DISTINCT delivery_month FROM wlz.marts.volume_forecast"
        connection.execute(f"INSERT INTO wlz.marts.utilisation_national BY NAME {months}")
    return path
