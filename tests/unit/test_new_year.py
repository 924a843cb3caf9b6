"""The skeleton of a new year: what is taken over and marked, what stays behind, and that nothing is overwritten."""

import shutil
import tomllib
from datetime import date
from pathlib import Path

import pytest

from warehouse import reference, settings
from warehouse.settings import load_assumptions, load_round, load_scenarios
from warehouse.tables.deliveries import KINDS
from warehouse.years import write_year
from wlz.known.assumptions import OF_A_YEAR, AssumptionError
from wlz.known.new_year import ADVICE_MONTHS, render_round, render_year
from wlz.known.rounds import check_round

TODAY = date(2026, 1, 5)
LETTER = {"value": 0.86, "unit": "factor", "range": [0.5, 1.0], "source": 'p. 1, "14 %"', "date": date(2018, 5, 29)}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the reference folder that files may be written to."""
    shutil.copytree(reference.REFERENCE, tmp_path / "reference")
    monkeypatch.setattr(settings, "REFERENCE", tmp_path / "reference")
    monkeypatch.setattr(reference, "REFERENCE", tmp_path / "reference")
    return tmp_path / "reference"


def render(tables, year=2026, from_year=2019):
    return tomllib.loads(render_year(tables, year, from_year, TODAY))


def test_a_number_is_taken_over_with_where_it_comes_from():
    found = render({"brutering_factor": LETTER})["brutering_factor"]
    assert found == {
        **LETTER, "source": 'taken over from 2019: p. 1, "14 %"', "date": TODAY, "state": "taken over",
    }  # fmt: skip


def test_taken_over_twice_names_the_last_year_and_the_one_it_was_stated_for():
    once = render({"a": LETTER})
    twice = render(once, 2027, 2026)
    assert twice["a"]["source"] == 'taken over from 2026 (of 2019): p. 1, "14 %"'
    assert render(twice, 2028, 2027)["a"]["source"] == 'taken over from 2027 (of 2019): p. 1, "14 %"'


def test_what_was_unknown_stays_unknown_and_without_a_value():
    unknown = {key: value for key, value in LETTER.items() if key != "value"} | {"state": "unknown"}
    found = render({"brutering_factor": unknown})["brutering_factor"]
    assert (found["state"], "value" in found) == ("unknown", False)


def test_a_number_every_year_states_and_the_other_one_lacks_is_there_as_unknown():
    found = render({"brutering_factor": LETTER})
    assert set(found) == set(OF_A_YEAR)
    assert found["aids_reserve_eur"] == {
        "unit": "eur",
        "range": [0, 1_000_000_000],
        "source": "not in the file of 2019; needed for the reserve that individually adapted aids are set against",
        "date": TODAY,
        "state": "unknown",
    }


def test_tables_and_numbers_named_after_a_year_stay_as_they_are():
    paid = {**LETTER, "value": 0.9}
    scenario = {"description": "2 % more — „ggz”\n", "on": "base", "yearly_growth_ratio": 0.02, "indications": False}
    tables = {"nic_paid_ratio_2019": paid, "scenario": {"high": scenario, "of 2026": {**scenario, "date": TODAY}}}
    found = render(tables | {"brutering_factor": LETTER})
    assert found["nic_paid_ratio_2019"] == paid
    assert found["scenario"] == tables["scenario"]


def test_the_file_of_a_new_year_is_read_and_says_what_to_do(folder):
    written, left_behind = write_year(2026, 2019, None, TODAY)
    names = ["assumptions/2026.toml", *(f"rounds/2026-0{month}.toml" for month in (2, 5, 8))]
    assert [path.relative_to(folder).as_posix() for path in written] == names
    assert left_behind == []
    numbers = load_assumptions(2026)
    assert dict(numbers) == dict(load_assumptions(2019))
    states = {name: numbers.items_by_name[name].state for name in OF_A_YEAR}
    assert states == {
        "brutering_factor": "taken over", "redistribution_reserve_eur": "unknown", "aids_reserve_eur": "unknown",
    }  # fmt: skip
    assert [one.name for one in load_scenarios(2026)[0]] == [one.name for one in load_scenarios(2019)[0]]
    assert (
        written[0].read_text(encoding="utf-8").startswith("# Assumptions of budget year 2026, on top of common.toml.")
    )


def test_overrides_and_names_nothing_reads_stay_behind_and_are_named(folder):
    file = folder / "assumptions" / "2019.toml"
    override = (
        '[[override]]\nscenario = "base"\nprestatiecode = "Z025"\nwlz_uitvoerder = "CZ"\nvolume_factor = 1.1\n'
        'reason = "x"\nauthor = "y"\ndate = 2019-05-01\n[scenario.mine]\ndescription = "m"\nengine = "combined"\n'
    )
    old = 'old_threshold = { value = 1, unit = "eur", range = [0, 2], source = "x", date = 2018-01-01 }\n'
    file.write_text(file.read_text(encoding="utf-8") + old + override, encoding="utf-8")
    _, left_behind = write_year(2026, 2019, None, TODAY)
    assert left_behind == [
        "1 of [[override]] of 2019 not taken over: they were about its months",
        "old_threshold of 2019 not taken over: nothing reads it in this version",
    ]
    scenarios, overrides = load_scenarios(2026)
    assert "mine" in [one.name for one in scenarios]
    assert overrides.is_empty()


def test_nothing_is_overwritten(folder):
    (folder / "rounds" / "2026-05.toml").write_text('name = "mine"\n')
    written, left_behind = write_year(2026, 2019, None, TODAY)
    assert "2026-05.toml" not in [path.name for path in written]
    assert left_behind == ["reference/rounds/2026-05.toml is there already and stays as it is"]
    assert load_round(date(2026, 5, 1)).name == "mine"
    before = {path: path.read_bytes() for path in folder.rglob("*.toml")}
    with pytest.raises(AssumptionError, match=r"reference/assumptions/2026\.toml is there already; nothing was"):
        write_year(2026, 2018, None, TODAY)
    assert {path: path.read_bytes() for path in folder.rglob("*.toml")} == before


def test_a_year_without_a_file_is_nothing_to_begin_from(folder):
    with pytest.raises(AssumptionError, match=r"no assumptions of 2031 to begin from: expected reference/"):
        write_year(2032, 2031, None, TODAY)
    assert not (folder / "assumptions" / "2032.toml").exists()


def test_into_another_folder_and_on_from_there(folder, tmp_path):
    mine = tmp_path / "mine"
    write_year(2026, 2019, mine, TODAY)
    write_year(2027, 2026, mine, TODAY)
    assert sorted(path.name for path in (mine / "assumptions").iterdir()) == ["2026.toml", "2027.toml"]
    assert not (folder / "assumptions" / "2026.toml").exists()
    said = tomllib.loads((mine / "assumptions" / "2027.toml").read_text(encoding="utf-8"))
    assert said["brutering_factor"]["source"].startswith("taken over from 2026 (of 2019): ")


@pytest.mark.parametrize("month", ADVICE_MONTHS)
def test_the_example_of_a_round_counts_for_nothing_until_it_is_uncommented(month):
    text = render_round(date(2026, month, 1))
    assert tomllib.loads(text) == {}
    lines = text.splitlines()[2:]
    uncommented = tomllib.loads("\n".join(line.removeprefix("#").removeprefix(" ") for line in lines))
    check_round(uncommented, "2026.toml", tuple(KINDS))
    assert set(uncommented) == {"name", "budget_year", "cut_off", "due", "page"}
    assert uncommented["budget_year"] == 2026
