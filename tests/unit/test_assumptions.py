"""Assumptions: every number with unit, range, source and date; a year's own file over the common one."""

import re
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from warehouse import settings, toml_files
from warehouse.settings import (
    assumptions_path,
    data_folder,
    load_assumptions,
    load_scenarios,
    nearest_year,
    tell_unread,
    unread_names,
)
from wlz.known.assumptions import OF_A_YEAR, AssumptionError, paid_shares, parse_assumptions

ENTRY = {"value": 0.86, "unit": "factor", "range": [0.5, 1.0], "source": "letter, p. 1", "date": date(2018, 5, 29)}
COMMON = 'fit_months = { value = 36, unit = "months", range = [24, 120], source = "letter A.2.1", date = 2018-05-29 }\n'
YEAR = 'reserve_eur = { value = 260, unit = "eur", range = [0, 1000], source = "letter p. 2", date = 2018-05-29 }\n'


@pytest.fixture
def reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A reference folder with a common file and that of 2018; returns the folder of the files."""
    folder = tmp_path / "assumptions"
    folder.mkdir()
    (folder / "common.toml").write_text(COMMON)
    (folder / "2018.toml").write_text(YEAR)
    monkeypatch.setattr(settings, "REFERENCE", tmp_path)
    monkeypatch.delenv("WLZ_ASSUMPTIONS", raising=False)
    return folder


def test_a_name_gives_its_number_and_keeps_what_a_reader_needs():
    found = parse_assumptions({"brutering_factor": ENTRY})
    assert (found["brutering_factor"], len(found), list(found)) == (0.86, 1, ["brutering_factor"])
    assert "brutering_factor" in found
    item = found.items_by_name["brutering_factor"]
    assert (item.unit, item.low, item.high, item.source) == ("factor", 0.5, 1.0, "letter, p. 1")


def test_a_missing_name_has_no_default():
    found = parse_assumptions({})
    with pytest.raises(AssumptionError, match="assumption brutering_factor is missing"):
        found["brutering_factor"]
    assert "brutering_factor" not in found


@pytest.mark.parametrize("value", [0.49, 1.01, -1, float("nan")])
def test_a_value_outside_its_range_is_refused(value):
    with pytest.raises(AssumptionError, match=r"brutering_factor: expected between 0\.5 and 1\.0, found"):
        parse_assumptions({"brutering_factor": {**ENTRY, "value": value}})


@pytest.mark.parametrize("value", [0.5, 1.0])
def test_the_ends_of_the_range_belong_to_it(value):
    assert parse_assumptions({"brutering_factor": {**ENTRY, "value": value}})["brutering_factor"] == value


@pytest.mark.parametrize("key", ENTRY)
def test_an_incomplete_assumption_is_refused(key):
    with pytest.raises(AssumptionError, match=f"brutering_factor: .*; missing {key}"):
        parse_assumptions({"brutering_factor": {name: value for name, value in ENTRY.items() if name != key}})


@pytest.mark.parametrize(
    "entry",
    [0.86, {**ENTRY, "value": "0,86"}, {**ENTRY, "range": [0.5]}, {**ENTRY, "range": 1}, {**ENTRY, "value": True}],
)
def test_an_assumption_that_is_not_written_as_one_is_refused(entry):
    with pytest.raises(AssumptionError, match=r"brutering_factor: expected .* found"):
        parse_assumptions({"brutering_factor": entry})


def test_the_year_stands_on_the_common_file_and_may_replace_a_number(reference):
    assert dict(load_assumptions(2018)) == {"fit_months": 36, "reserve_eur": 260}
    (reference / "2018.toml").write_text(YEAR + COMMON.replace("36", "48"))
    assert load_assumptions(2018)["fit_months"] == 48


def test_a_file_is_parsed_once_and_again_when_it_changed(reference, monkeypatch):
    load_assumptions(2018)
    with monkeypatch.context() as patch:
        patch.setattr(toml_files.tomllib, "loads", lambda text: pytest.fail("parsed twice"))
        assert load_assumptions(2018)["reserve_eur"] == 260
    (reference / "2018.toml").write_text(YEAR.replace("260", "270"))
    assert load_assumptions(2018)["reserve_eur"] == 270


def test_what_a_caller_changes_stays_with_the_caller(reference):
    settings._read_toml(reference / "2018.toml").clear()
    assert load_assumptions(2018)["reserve_eur"] == 260


def test_a_year_without_a_file_says_what_to_do(reference):
    with pytest.raises(AssumptionError) as refused:
        load_assumptions(2031)
    assert str(refused.value) == (
        "no assumptions for budget year 2031: expected the file reference/assumptions/2031.toml, or WLZ_ASSUMPTIONS to "
        "name another. Next: wlz year new 2031 --from 2018"
    )


@pytest.mark.parametrize("year", [2014, 2100, 9999])
def test_a_year_that_cannot_be_is_not_to_be_begun(reference, year):
    with pytest.raises(AssumptionError, match=f"no budget year {year}: expected one from 2015 to 2099. Next: mend"):
        load_assumptions(year)


@pytest.mark.parametrize(("year", "nearest"), [(2031, 2018), (2019, 2018), (2016, 2018)])
def test_a_new_year_begins_from_the_last_before_it_else_from_the_first(reference, year, nearest):
    assert nearest_year(year) == nearest
    (reference / "2018.toml").unlink()
    assert nearest_year(year) == "YEAR"


def test_another_file_can_be_named(reference, tmp_path, monkeypatch):
    other = tmp_path / "high_reserve.toml"
    other.write_text(YEAR.replace("260", "999"))
    monkeypatch.setenv("WLZ_ASSUMPTIONS", str(other))
    assert assumptions_path(2018) == other
    assert dict(load_assumptions(2018)) == {"fit_months": 36, "reserve_eur": 999}
    monkeypatch.setenv("WLZ_ASSUMPTIONS", str(tmp_path / "typo.toml"))
    with pytest.raises(AssumptionError, match=r"typo\.toml"):
        load_assumptions(2018)


@pytest.mark.parametrize("content", [b"fit_months = {", b"source = '\xe9'"])
def test_a_file_that_is_no_toml_is_named(reference, content):
    (reference / "2018.toml").write_bytes(content)
    with pytest.raises(AssumptionError, match=r"2018\.toml: not readable as TOML .* Next: mend the file"):
        load_assumptions(2018)


@pytest.mark.parametrize("path", sorted((settings.REFERENCE / "assumptions").glob("2*.toml")), ids=lambda p: p.stem)
def test_the_files_of_the_project_are_complete(path):
    """Every year has what the stages ask for: the same names as 2018."""
    found = load_assumptions(int(path.stem))
    assert set(found) >= set(load_assumptions(2018))
    assert all(item.source for item in found.items_by_name.values())


def test_a_year_before_2018_needs_a_share_of_both():
    """BWBR0030282 art. 7 has the NHC from 2011 on; no grow-in of the NIC is known, so it is an assumption."""
    growin = pl.DataFrame({"year": [2016, 2017], "nhc_paid_ratio": [0.7, 0.85]})
    found = paid_shares(growin, {"nic_paid_ratio_2015": 1.0, "nic_paid_ratio_2017": 0.5}, 2017)
    assert found.rows() == [(2017, 0.85, 0.5)]


def test_from_2018_on_both_are_paid_in_full_without_row_or_assumption():
    """Letter A.2.2: 100 % NIC in 2018; the grow-in of the NHC ends at 100 % in 2018."""
    nothing = pl.DataFrame(schema={"year": pl.Int32, "nhc_paid_ratio": pl.Float64})
    assert paid_shares(nothing, {}, 2017).is_empty()
    assert paid_shares(nothing, {}, 2020).rows() == [(year, 1.0, 1.0) for year in (2018, 2019, 2020)]
    assert paid_shares(nothing, {}, 2099)["year"].max() == 2099


def test_a_row_or_an_assumption_goes_before_the_rule():
    growin = pl.DataFrame({"year": [2025, 2026], "nhc_paid_ratio": [0.9, 1.0]})
    found = paid_shares(growin, {"nic_paid_ratio_2024": 0.8}, 2026)
    assert found.filter(pl.col("year") >= 2024).rows() == [(2024, 1.0, 0.8), (2025, 0.9, 1.0), (2026, 1.0, 1.0)]


# ---- what is not stated -------------------------------------------------------------------------------------------

OPEN = {key: value for key, value in ENTRY.items() if key != "value"} | {"state": "unknown"}


def test_a_number_is_stated_unless_it_says_otherwise():
    found = parse_assumptions({"a": ENTRY, "b": {**ENTRY, "state": "taken over"}, "c": {**ENTRY, "state": "unknown"}})
    assert [item.state for item in found.items_by_name.values()] == ["stated", "taken over", "unknown"]
    assert dict(found) == {"a": 0.86, "b": 0.86, "c": 0.86}  # one that is unknown but has a value is used


def test_an_unknown_number_without_a_value_is_refused_only_when_it_is_asked_for():
    found = parse_assumptions(
        {"brutering_factor": OPEN, "fit": ENTRY},
        {"brutering_factor": "reference/assumptions/2026.toml"},
        2026,
    )
    assert (list(found), len(found), "brutering_factor" in found) == (["fit"], 1, False)
    with pytest.raises(AssumptionError) as refused:
        found["brutering_factor"]
    assert str(refused.value) == (
        "assumption brutering_factor of 2026 is unknown: reference/assumptions/2026.toml holds no value; it is needed "
        "for what room of pgb is worth in zin, and the other way round. Next: state its value and source"
    )


def test_a_number_that_is_not_there_names_its_file_and_what_it_is_for(reference):
    with pytest.raises(AssumptionError) as refused:
        load_assumptions(2018)["aids_reserve_eur"]
    assert str(refused.value) == (
        "assumption aids_reserve_eur of 2018 is missing: expected in reference/assumptions/2018.toml; it is needed for "
        "the reserve that individually adapted aids are set against. Next: add it there"
    )


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({**ENTRY, "state": "guessed"}, "state: expected stated, taken over, unknown, found 'guessed'"),
        ({**ENTRY, "sorce": "x"}, "unknown sorce; known: value, unit, range, source, date, state"),
        ({**OPEN, "state": "taken over"}, "missing value"),
        ({**OPEN, "value": "unknown"}, "expected a number as value and range = [lowest, highest], found 'unknown'"),
        ({**OPEN, "value": 2}, "expected between 0.5 and 1.0, found 2"),
    ],
)
def test_a_state_that_is_none_or_a_misspelt_key_is_refused(entry, words):
    with pytest.raises(AssumptionError) as refused:
        parse_assumptions({"brutering_factor": entry})
    assert words in str(refused.value)
    assert "Next: mend the file" in str(refused.value)


def test_a_fault_in_a_number_names_the_file_it_stands_in(reference):
    (reference / "2018.toml").write_text(YEAR.replace("1000]", "100]"))
    with pytest.raises(AssumptionError, match=r"^reference/assumptions/2018\.toml, assumption reserve_eur: expected"):
        load_assumptions(2018)
    (reference / "2018.toml").write_text(YEAR)
    (reference / "common.toml").write_text(COMMON.replace("36", "360"))
    with pytest.raises(AssumptionError, match=r"^reference/assumptions/common\.toml, assumption fit_months: expected"):
        load_assumptions(2018)


# ---- names that nothing reads -------------------------------------------------------------------------------------


def test_a_number_of_an_older_release_is_named_and_passed_over(reference):
    older = YEAR.replace("reserve_eur", "old_threshold")
    more = YEAR.replace("reserve_eur", "redistribution_reserv_eur")
    (reference / "2018.toml").write_text(older + more + COMMON.replace("fit_months", "nic_paid_ratio_2013"))
    assert load_assumptions(2018)["fit_months"] == 36
    assert unread_names(2018) == ["old_threshold", "redistribution_reserv_eur"]
    assert tell_unread(2018) == (
        "reference/assumptions/2018.toml: passed over, nothing reads it in this version: old_threshold, "
        "redistribution_reserv_eur (nearest: redistribution_reserve_eur)"
    )
    (reference / "2018.toml").write_text(COMMON)
    assert tell_unread(2018) == ""


@pytest.mark.parametrize("table", ['[scenaro.high]\ndescription = "x"', "[[overide]]\nscenario = 'x'", "reserve = 3"])
def test_a_misspelt_table_is_no_number_of_an_older_release(reference, table):
    (reference / "2018.toml").write_text(YEAR + table)
    with pytest.raises(
        AssumptionError, match=r"2018\.toml: unknown \w+; known tables: scenario, override, extra_item; numbers of"
    ):
        load_assumptions(2018)


def test_a_misspelt_key_of_a_scenario_or_an_override_is_refused_with_the_known_ones(reference):
    scenario = '[scenario.letter]\ndescription = "x"\nengine = "ets_select"\n'
    (reference / "2018.toml").write_text(YEAR + scenario + "sorce = 'x'\n")
    with pytest.raises(
        AssumptionError, match=r"2018\.toml: scenario letter: unknown sorce; known: completes_lag, date,"
    ):
        load_scenarios(2018)
    (reference / "2018.toml").write_text(YEAR + scenario + "[[override]]\nauthr = 'x'\n")
    with pytest.raises(AssumptionError, match=r"2018\.toml: override 1: unknown authr; expected scenario,"):
        load_scenarios(2018)


def test_every_number_of_the_common_file_is_read_by_something():
    """So a name that is neither there nor a number of a year is of an older release, or misspelt."""
    root = settings.REFERENCE.parent
    program = "".join(
        path.read_text(encoding="utf-8")
        for room in ("wlz", "expectations", "assets", "pipelines")
        for path in sorted((root / room).rglob("*.py"))
    )
    composed = re.compile(r"nic_paid_ratio_\d{4}|suppression_min_(providers|holders)")
    unread = [name for name in load_assumptions(2018) if f'"{name}"' not in program and not composed.fullmatch(name)]
    assert unread == []
    assert set(OF_A_YEAR) == set(settings._read_toml(settings.REFERENCE / "assumptions" / "2018.toml"))


def test_the_data_folder_is_named_or_lies_below_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("WLZ_DATA", str(tmp_path / "elsewhere"))
    assert data_folder() == tmp_path / "elsewhere"
    monkeypatch.delenv("WLZ_DATA")
    monkeypatch.chdir(tmp_path)
    assert data_folder() == tmp_path / "data"
