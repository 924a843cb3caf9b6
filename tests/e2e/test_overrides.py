"""Scenarios of one's own, overrides, and runs of a few scenarios: what the published figures become, to the cent."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.handmade import House, claims
from wlz.forecasting.engines import ENGINES, Engine, EngineForecast
from wlz.forecasting.ets import FloatArray

pytestmark = pytest.mark.long

D = Decimal
YEAR_FILE = Path(__file__).parents[2] / "reference" / "assumptions" / "2018.toml"
INFLOW = """
[scenario.inflow]
description = "10 % more volume a year"
on = "base"
yearly_growth_ratio = 0.10
"""
OVERRIDE = """
[[override]]
scenario = "base"
prestatiecode = "Z025"
wlz_uitvoerder = "Menzis"
from_month = "2018-07"
volume_factor = 1.5
reason = "two providers start in July"
author = "J. de Vries"
date = 2018-05-14
"""
OF_INFLOW = """
[[override]]
scenario = "inflow"
prestatiecode = "Z041"
wlz_uitvoerder = "De Friesland"
from_month = "2018-12"
to_month = "2018-12"
month_volume = 200
reason = "a new house"
author = "A. Jansen"
date = 2018-05-15
"""
Assume = Callable[[str], None]


def write_assumptions(folder: Path, text: str) -> str:
    """The assumptions of 2018 with text behind them."""
    path = folder / "assumptions.toml"
    path.write_text(YEAR_FILE.read_text(encoding="utf-8") + text, encoding="utf-8")
    return str(path)


@pytest.fixture
def assume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Assume:
    """Makes the assumptions of 2018 with text behind them those of the next runs."""
    return lambda text: monkeypatch.setenv("WLZ_ASSUMPTIONS", write_assumptions(tmp_path, text))


@pytest.fixture(scope="module")
def overridden(base_house: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    """The base set with a scenario of its own and two overrides. Do not write to it."""
    folder = tmp_path_factory.mktemp("overridden")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WLZ_ASSUMPTIONS", write_assumptions(folder, INFLOW + OVERRIDE + OF_INFLOW))
        return base_house.copy(folder / "data").publish()


def expected(house: House) -> dict[tuple[str, str], Decimal]:
    """Zin per scenario and uitvoerder."""
    rows = house.query("select scenario, wlz_uitvoerder, expected_eur from marts.zin_uitvoerder", None)
    return {(scenario, name): amount for scenario, name, amount in rows}


# --- The base set in every scenario -------------------------------------------------------------------------------


def test_every_scenario_of_a_constant_series(base_house: House) -> None:
    """24,000.00 an uitvoerder in letter and base; ± 1.5 % is 360.00. Without indicaties there is no such scenario."""
    year = {"letter": D(24000), "base": D(24000), "high": D(24360), "low": D(23640)}
    assert base_house.scenarios == ["letter", "base", "high", "low"]
    found = expected(base_house)
    for scenario, amount in year.items():
        assert found[scenario, "Menzis"] == found[scenario, "De Friesland"] == amount
        assert found[scenario, "Landelijk"] == 2 * amount


def test_a_constant_series_is_certain_at_every_level(base_house: House) -> None:
    """It never moved: the bounds are the expectation, the chance to exceed a kader of 25,000.00 is 0."""
    unsure = base_house.query(
        "select * from marts.forecast_bounds where lower_95_eur <> expected_eur or upper_95_eur <> expected_eur", None
    )
    assert unsure == []
    chances = base_house.query("select distinct exceedance_ratio, needed_for_95_eur from marts.exceedance", None)
    assert chances == [(0.0, D(0))]
    outlook = "select scenario, expected_excl_extra_eur from marts.utilisation_outlook where wlz_uitvoerder = 'Menzis'"
    grown = {"letter": D(24000), "base": D(24000), "high": D("24725.40"), "low": D("23285.40")}  # × 1.015²
    assert dict(base_house.query(outlook, None)) == grown


# --- Overrides ----------------------------------------------------------------------------------------------------


def test_an_override_moves_its_scenario_by_exactly_its_euro(overridden: House) -> None:
    """Z025 of Menzis: 6 months × 50 more × € 10.00 = 3,000.00 in base; 10 % on top of that in inflow.

    inflow, De Friesland: 24,000.00 × 1.1 = 26,400.00; December 200 instead of 110 is 900.00 more.
    """
    found = expected(overridden)
    menzis = {scenario: amount for (scenario, name), amount in found.items() if name == "Menzis"}
    friesland = {scenario: amount for (scenario, name), amount in found.items() if name == "De Friesland"}
    assert menzis == {
        "letter": D("24000.00"),
        "base": D("27000.00"),
        "inflow": D("29700.00"),
        "high": D("27405.00"),
        "low": D("26595.00"),
    }
    assert friesland == {
        "letter": D("24000.00"),
        "base": D("24000.00"),
        "inflow": D("27300.00"),
        "high": D("24360.00"),
        "low": D("23640.00"),
    }
    [[bounds]] = overridden.query(
        "select expected_eur from marts.forecast_bounds where level = 'uitvoerder' and period = 'year' "
        "and part = 'zin' and wlz_uitvoerder = 'Menzis'",
        "inflow",
    )
    assert bounds == D("29700.00")


def test_the_reason_stands_in_the_months_it_changed(overridden: House) -> None:
    reason = "two providers start in July (J. de Vries, 2018-05-14)"
    sql = "select wlz_uitvoerder, prestatiecode, min(care_month), count(*) from marts.volume_forecast "
    [(name, code, first, months)] = overridden.query(
        f"{sql} where forecast_reason = '{reason}' and year(care_month) = 2018 group by all", "base"
    )
    assert (name, code, f"{first:%Y-%m}", months) == ("Menzis", "Z025", "2018-07", 6)
    assert overridden.query(f"select count(*) from marts.volume_forecast where forecast_reason = '{reason}'") == [(0,)]
    of_inflow = "select month(care_month), forecast_volume from marts.volume_forecast where forecast_reason like"
    assert overridden.query(f"{of_inflow} 'a new house (A. Jansen%'", "inflow") == [(12, 200.0)]
    [(missing,)] = overridden.query("select count(*) from marts.volume_forecast where forecast_reason is null", None)
    assert missing == 0
    explained = overridden.wlz("explain", "Z025/Menzis").stdout
    assert "Scenario base: 1,500 units in the same months (" in explained
    assert f"; from 2018-07 {reason})." in explained


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (OVERRIDE.replace("two providers start in July", ""), "override 1: reason is missing"),
        (OVERRIDE + OF_INFLOW.replace('author = "A. Jansen"\n', "").replace("inflow", "base"), "override 2: author is"),
        (OVERRIDE.replace('"base"', '"dream"'), "override 1, scenario 'dream': expected a scenario of this file"),
        (OVERRIDE.replace("Z025", "Z999"), "override of Z999/Menzis by J. de Vries: no such series"),
        (INFLOW.replace("0.10", "3.0"), "scenario inflow, yearly_growth_ratio: expected within ±0.25, found 3.0"),
    ],
)
def test_what_counts_for_nothing_stops_the_run(house: House, assume: Assume, text: str, words: str) -> None:
    """Exit 1 and a sentence; what was published before stays."""
    before = house.database.read_bytes()
    assume(text)
    result = house.run()
    assert result.exit_code == 1
    assert "Nothing was published: " in result.stderr
    assert words in " ".join(result.stderr.split())
    assert house.database.read_bytes() == before
    assert house.half_written() == []


# --- A few scenarios, another engine ------------------------------------------------------------------------------


def run_with(house: House, *options: str) -> House:
    result = house.wlz("run", "--delivery-month", "2018-05", *options)
    assert result.exit_code == 0, result.output
    return house


def test_one_scenario_is_published_with_the_one_it_stands_on(house: House) -> None:
    """Its figures are those of a whole run; without options all of them come back."""
    whole, hashes = expected(house), house.advice_hashes()
    run_with(house, "--scenario", "high")
    assert house.scenarios == ["base", "high"]
    assert expected(house) == {key: amount for key, amount in whole.items() if key[0] in ("base", "high")}
    of_marts = "select table_name from duckdb_columns() where column_name = 'scenario' and schema_name = 'marts'"
    for (mart,) in house.query(of_marts, None):
        found = {name for (name,) in house.query(f"select distinct scenario from marts.{mart}", None)}
        assert found <= {"base", "high"}, mart
    explained = house.wlz("explain", "Z025/Menzis")
    assert explained.exit_code == 0
    assert "scenario base" in explained.stdout
    assert run_with(house).advice_hashes() == hashes


def test_a_scenario_without_its_delivery_is_said_to_be_left_out(house: House) -> None:
    result = house.wlz("run", "--delivery-month", "2018-05", "--scenario", "indications", "--scenario", "letter")
    assert result.exit_code == 0, result.output
    assert "scenario indications is left out" in result.stdout
    assert house.scenarios == ["letter", "base"]


def test_another_engine_stands_in_the_rows_of_all_but_the_letter(house: House) -> None:
    run_with(house, "--engine", "half_growth")
    rows = house.query("select distinct scenario, engine from marts.volume_forecast order by all", None)
    assert rows == [("base", "half_growth"), ("high", "half_growth"), ("letter", "ets_select"), ("low", "half_growth")]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--scenario", "dream"), "no scenario 'dream'; there are letter, base, completed, high, indications, low"),
        (("--engine", "magic"), "no engine 'magic' for a run; there are "),
        (("--engine", "statsmodels"), "no engine 'statsmodels' for a run; there are "),
    ],
)
def test_a_name_that_does_not_exist_is_wrong_use(house: House, options: tuple[str, ...], words: str) -> None:
    before = house.database.read_bytes()
    result = house.wlz("run", "--delivery-month", "2018-05", *options)
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.split())
    assert house.database.read_bytes() == before


# --- Nothing is fitted twice --------------------------------------------------------------------------------------


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the engines that computed something, in order."""
    names: list[str] = []

    def counting(name: str, engine: Engine) -> Engine:
        def counted(values: FloatArray, horizon: int) -> EngineForecast:
            names.append(name)
            return engine(values, horizon)

        return counted

    for name, engine in list(ENGINES.items()):
        monkeypatch.setitem(ENGINES, name, counting(name, engine))
    return names


def test_a_second_run_does_not_fit_again(house: House, asked: list[str]) -> None:
    hashes = house.advice_hashes()
    house.publish()
    assert asked == []
    wave = 100 + 10 * np.sin(np.arange(36))
    rows = [row for n, volume in enumerate(wave) for row in claims("Z025", volume=round(float(volume), 1))[n::36]]
    house.deliver("declaraties", [*rows, *claims("Z041")])
    assert house.publish().advice_hashes() != hashes
    assert {"ets_select", "combined"} <= set(asked)
    asked.clear()
    house.publish()
    assert asked == []


def test_without_its_cache_a_run_says_the_same(house: House, asked: list[str]) -> None:
    """Any file of it may be removed at any time."""
    hashes = house.advice_hashes()
    files = sorted((house.root / "cache").rglob("*.npz"))
    assert files
    for path in files:
        path.unlink()
    assert house.publish().advice_hashes() == hashes
    assert asked
