"""Assumptions: every number with unit, range, source and date; a year's own file over the common one."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from warehouse import settings
from warehouse.settings import assumptions_path, data_folder, load_assumptions
from wlz.known.assumptions import AssumptionError, paid_shares, parse_assumptions

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
        patch.setattr(settings.tomllib, "loads", lambda text: pytest.fail("parsed twice"))
        assert load_assumptions(2018)["reserve_eur"] == 260
    (reference / "2018.toml").write_text(YEAR.replace("260", "270"))
    assert load_assumptions(2018)["reserve_eur"] == 270


def test_what_a_caller_changes_stays_with_the_caller(reference):
    settings._read_toml(reference / "2018.toml").clear()
    assert load_assumptions(2018)["reserve_eur"] == 260


def test_a_year_without_a_file_says_what_to_do(reference):
    with pytest.raises(AssumptionError, match=r"budget year 2031: expected the file 2031\.toml in assumptions"):
        load_assumptions(2031)


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


def test_years_without_a_share_of_the_nic_are_left_out():
    growin = pl.DataFrame({"year": [2017, 2018, 2030], "nhc_paid_ratio": [0.85, 1.0, 1.0]})
    found = paid_shares(growin, {"nic_paid_ratio_2018": 1.0, "nic_paid_ratio_2017": 0.5})
    assert found.rows() == [(2017, 0.85, 0.5), (2018, 1.0, 1.0)]


def test_the_data_folder_is_named_or_lies_below_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("WLZ_DATA", str(tmp_path / "elsewhere"))
    assert data_folder() == tmp_path / "elsewhere"
    monkeypatch.delenv("WLZ_DATA")
    monkeypatch.chdir(tmp_path)
    assert data_folder() == tmp_path / "data"
