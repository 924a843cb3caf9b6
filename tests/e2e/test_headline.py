"""Which scenario is shown first is decided once: the run, mart `headline`, the pages and `wlz explain` say the same.

And so is when a delivery is due: the sensor that tells people and the mart they read.
"""

import shutil
from datetime import date, datetime

import duckdb
import polars as pl
import pytest
from dagster import build_sensor_context

from assets.context import Warehouse
from pipelines import sensors
from reports.facts import load_facts
from reports.language import load_language
from reports.tables.beyond import build_backtest
from tests.e2e.handmade import House, furnish
from tests.old_database import lay_out_as_before
from warehouse import reference, settings
from warehouse.published_headline import read_headline

MAY, AUGUST = date(2018, 5, 1), date(2018, 8, 1)


@pytest.fixture
def of_another_time(small_data: House, tmp_path) -> House:
    """A copy of the database of May, to spoil."""
    shutil.copyfile(small_data.database, tmp_path / "wlz.duckdb")
    return House(tmp_path)


def test_the_mart_says_which_scenario_and_why(small_data: House, august: House) -> None:
    """The round of May 2018 names letter; no round names one for August, whose months are completed."""
    sql = "select delivery_month, scenario, engine, headline_reason from marts.headline"
    assert small_data.query(sql, None) == [(MAY, "letter", "ets_select", "named by the round")]
    assert august.query(sql, None) == [(AUGUST, "completed", "ets_average", "its months are completed for lag")]


def test_the_reliability_page_measures_the_engine_of_the_headline(august: House) -> None:
    """Completed forecasts with ets_average: the page showed the accuracy of combined, which it does not use."""
    facts = load_facts(august.database, AUGUST)
    assert (facts.headline, facts.headline_engine) == ("completed", "ets_average")
    shown = [row["wape_ratio"] for row in build_backtest(facts, load_language("nl")).rows if row["horizon_months"] == 1]
    of_engine = facts.of("backtest_accuracy").filter(engine="ets_average", horizon_months=1)
    assert sorted(shown) == of_engine["wape_ratio"].sort().to_list()
    assert (
        sorted(shown)
        != facts.of("backtest_accuracy").filter(engine="combined", horizon_months=1)["wape_ratio"].sort().to_list()
    )


@pytest.mark.parametrize(("world", "month"), [("small_data", MAY), ("august", AUGUST)])
def test_pages_and_explain_show_the_headline(world: str, month: date, request: pytest.FixtureRequest) -> None:
    house: House = request.getfixturevalue(world)
    first = read_headline(house.database, month)
    assert load_facts(house.database, month).headline == first.scenario
    series = "select prestatiecode || '/' || wlz_uitvoerder from marts.price_derivation order by 1 limit 1"
    [[code]] = house.query(series, first.scenario)
    told = house.wlz("explain", code)
    assert f"scenario {first.scenario}" in told.output.splitlines()[0]


def test_a_month_published_before_the_mart_was_keeps_its_headline(of_another_time: House) -> None:
    """What the round names, else completed: as pages and commands of that time had it."""
    with duckdb.connect(str(of_another_time.database)) as connection:
        connection.execute("DELETE FROM stored.headline")
    assert read_headline(of_another_time.database, MAY)[:2] == ("letter", "ets_select")
    with duckdb.connect(str(of_another_time.database)) as connection:
        lay_out_as_before(connection, "headline")
    assert read_headline(of_another_time.database, MAY)[:2] == ("letter", "ets_select")
    assert load_facts(of_another_time.database, MAY).headline == "letter"


def test_a_due_date_of_the_round_holds_for_the_sensor_and_the_mart(
    empty_house: House, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Claims of 2 May count until the 31st and are due on the 1st: late in the mart, told by the sensor on the 2nd."""
    folder = tmp_path / "reference"
    shutil.copytree(reference.REFERENCE, folder)
    (folder / "rounds" / "2018-05.toml").write_text(
        "[cut_off]\ndeclaraties = 2018-05-31\n[due]\ndeclaraties = 2018-05-01\n", encoding="utf-8"
    )
    for module in (settings, reference):
        monkeypatch.setattr(module, "REFERENCE", folder)
    furnish(empty_house).publish()
    status = empty_house.query("select distinct due_on, is_on_time from marts.delivery_status", None)
    assert status == [(date(2018, 5, 1), False)]
    monkeypatch.setattr(sensors, "now_in_amsterdam", lambda: datetime(2018, 5, 2, 7, tzinfo=sensors.AMSTERDAM))
    elsewhere = Warehouse(data_dir=str(tmp_path / "nothing delivered"))
    told: list[pl.DataFrame] = []
    monkeypatch.setattr(sensors, "send_notice", lambda **about: told.append(about["notice"]) or [])
    sensors.due_date_passed(build_sensor_context(), warehouse=elsewhere)
    assert [notice.observed for notice in told] == ["no declaraties of 2018-05, due on 2018-05-01"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[cutoff]\nkader = 2018-05-15", "2018-05.toml: unknown cutoff"),
        ("[page]\nheadline = 3", "2018-05.toml, page headline: expected a text in quotes, found 3"),
        ('[page]\nheadline = "completd"', "the round names 'completd' as headline; the scenarios of 2018 are"),
    ],
)
def test_a_fault_in_the_file_of_a_round_stops_the_run_before_anything_is_taken_in(
    empty_house: House, monkeypatch: pytest.MonkeyPatch, text: str, words: str
) -> None:
    """Not after half of the stages, under the name of the one that asked first."""
    house = furnish(empty_house)
    path = house.root / "2018-05.toml"
    path.write_text(text)
    monkeypatch.setattr(settings, "round_path", lambda month: path)
    result = house.run()
    assert result.exit_code == 1
    assert f"Nothing was published: {words}" in result.output
    assert house.register().is_empty()
