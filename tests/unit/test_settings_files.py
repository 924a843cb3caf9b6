"""Settings that would count for nothing are refused with the known ones and the nearest; so is what is no file."""

import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy.exc
from click.testing import CliRunner

from pipelines import runner
from pipelines.alerts.channels import find_channels
from pipelines.cli import main
from pipelines.runner import RunFailed, telling_history
from tests.unit.test_door import ODD, odd_at
from warehouse import packs, settings
from warehouse.packs import PackError, load_pack
from warehouse.settings import load_delivery_format, load_round
from warehouse.toml_files import SettingsError, read_toml
from wlz.known.assumptions import AssumptionError
from wlz.known.scenarios import parse_overrides, parse_scenarios

MAY = date(2018, 5, 1)
FORMAT = 'separator = ";"\ndecimal = ","\nencoding = "utf-8"\ndate_format = "%Y-%m-%d"\n'


@pytest.fixture
def reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of settings of its own; nothing in it."""
    (tmp_path / "reference" / "rounds").mkdir(parents=True)
    monkeypatch.setattr(settings, "REFERENCE", tmp_path / "reference")
    return tmp_path / "reference"


# --- What is no file ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", ODD, ids=lambda make: make.__name__)
def test_what_is_no_file_of_settings_is_told(tmp_path, make):
    path = tmp_path / "a" / "b" / "settings.toml"
    with odd_at(path, make), pytest.raises(SettingsError, match=f"^the file: found {ODD[make][:20]}"):
        read_toml(path, "the file")


@pytest.mark.parametrize("make", ODD, ids=lambda make: make.__name__)
def test_a_round_that_is_no_file_is_no_round_without_one(reference, make):
    """A link that leads nowhere was the same as no file: no cut-off counted."""
    with (
        odd_at(reference / "rounds" / "2018-05.toml", make),
        pytest.raises(AssumptionError, match=r"2018-05\.toml: found"),
    ):
        load_round(MAY)


@pytest.mark.parametrize("text", ["a = " + "[" * 100_000, "x = 1\x00", "[page]\n[page]\n"])
def test_what_is_no_toml_is_told(reference, text):
    (reference / "rounds" / "2018-05.toml").write_text(text)
    with pytest.raises(AssumptionError, match=r"2018-05\.toml: not readable"):
        load_round(MAY)


@pytest.mark.parametrize("make", ODD, ids=lambda make: make.__name__)
def test_an_assumption_file_that_is_none_stops_a_run_in_words(tmp_path, monkeypatch, make):
    path = tmp_path / "a" / "b" / "year.toml"
    (tmp_path / "deliveries").mkdir()
    monkeypatch.setenv("WLZ_ASSUMPTIONS", str(path))
    with odd_at(path, make):
        told = CliRunner().invoke(main, ["run", "--delivery-month", "2018-05", "--data", str(tmp_path)])
    assert (told.exit_code, f"WLZ_ASSUMPTIONS names {path}: {ODD[make][:20]}" in told.output) == (1, True)


COMMANDS = [
    ["run", "--delivery-month", "2018-05"],
    ["report", "--delivery-month", "2018-05"],
    ["tables"],
    ["query", "select 1"],
    ["quarantine", "list"],
    ["accept", "D08", "x", "--reason", "r", "--author", "a"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize(
    "make", [lambda path: path.write_text("x"), os.mkfifo, lambda path: path.symlink_to("nowhere")]
)
def test_a_data_folder_that_is_none_is_told(tmp_path, monkeypatch, command, make):
    make(tmp_path / "data")
    monkeypatch.setenv("WLZ_DATA", str(tmp_path / "data"))
    told = CliRunner().invoke(main, command)
    assert (told.exit_code, f"WLZ_DATA names {tmp_path / 'data'}: is no folder" in told.output) == (1, True)


def test_a_pack_that_is_a_file_is_told(tmp_path, monkeypatch):
    (tmp_path / "pack").write_text("x")
    (tmp_path / "deliveries").mkdir()
    monkeypatch.setenv("WLZ_REFERENCE", str(tmp_path / "pack"))
    told = CliRunner().invoke(main, ["run", "--delivery-month", "2018-05", "--data", str(tmp_path)])
    assert (told.exit_code, "or a folder with pack.toml" in told.output) == (1, True)


@pytest.mark.parametrize("named", [True, False])
def test_a_place_for_dagster_that_is_no_folder_is_told(tmp_path, monkeypatch, named):
    (tmp_path / "dagster").write_text("x")
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    if named:
        monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    with pytest.raises(RunFailed, match=r"is no folder\. Next: "):
        runner.dagster_home(tmp_path)


@pytest.mark.parametrize("cause", ["database or disk is full", "attempt to write a readonly database"])
def test_a_history_that_cannot_be_written_is_told(tmp_path, monkeypatch, cause):
    """Before the first step there is no step that could say it."""

    def refuse(data_dir: Path) -> None:
        raise sqlalchemy.exc.OperationalError("insert into runs", {}, Exception(cause))

    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.setattr(runner, "instance_for", refuse)
    with (
        pytest.raises(RunFailed, match=f"Dagster's history in .*: {cause}. Next: make room"),
        telling_history(tmp_path),
    ):
        pytest.fail("there is no instance")


# --- Months on the command line -----------------------------------------------------------------------------------


@pytest.mark.parametrize("month", ["0001-01", "0218-03", "2014-12", "2100-01", "2018-00", "9999-12"])
def test_a_month_that_cannot_be_is_wrong_use(tmp_path, month):
    for command in ("run", "report"):
        told = CliRunner().invoke(main, [command, "--delivery-month", month, "--data", str(tmp_path)])
        assert (told.exit_code, "months go from 2015-01 to 2099-12" in told.output) == (2, True)


@pytest.mark.parametrize("month", ["2030-01", "2099-12", "2028-02"])
def test_a_month_of_a_year_without_a_file_is_told(tmp_path, month):
    (tmp_path / "deliveries").mkdir()
    told = CliRunner().invoke(main, ["run", "--delivery-month", month, "--data", str(tmp_path)])
    assert (told.exit_code, f"no assumptions for budget year {month[:4]}" in told.output) == (1, True)


@pytest.mark.parametrize(
    "text",
    [
        "[cut_off]\nkader = 2081-05-15\n",
        "[cut_off]\nkader = 0218-05-15\n",
        "[cut_off]\ndeclaraties = 2008-05-02\n",
        "[due]\nkader = 2108-05-15\n",
        "published_on = 1018-05-29\n",
        "[page]\nnext_advice = 2081-08-31\n",
        "[page.consultation]\nheld_on = 2081-05-16\n",
    ],
)
def test_a_day_of_a_round_that_cannot_be_is_refused(reference, text):
    """A cut-off of 2081 was none at all; one of 0218 let nothing in."""
    (reference / "rounds" / "2018-05.toml").write_text(text)
    with pytest.raises(AssumptionError, match=r"2018-05\.toml, .*: expected a day from 2016-05-01 to 2020-05-31"):
        load_round(MAY)


# --- Keys that nothing reads --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            f'{FORMAT}decimals = "."\n',
            "unknown decimals; known: separator, decimal, encoding, date_format, largest_file_gb",
        ),
        (f'{FORMAT}Seperator = ","\n', "nearest to Seperator: separator"),
        (FORMAT.replace("date_format", "dateformat"), "nearest to dateformat: date_format"),
        (FORMAT.replace('separator = ";"\n', ""), "separator: expected a text in quotes, found None"),
        (FORMAT.replace('";"', '";;"'), "separator: expected one character"),
        (FORMAT.replace('","', "1"), "decimal: expected ',' or '.', found 1"),
        (f"{FORMAT}largest_file_gb = 0\n", "largest_file_gb: expected a number of GB above 0"),
        (f"{FORMAT}largest_file_gb = true\n", "largest_file_gb: expected a number of GB above 0"),
    ],
)
def test_a_format_that_says_something_else_is_refused(reference, text, words):
    (reference / "delivery_format.toml").write_text(text)
    with pytest.raises(AssumptionError) as refused:
        load_delivery_format()
    assert words in str(refused.value)


def test_a_format_of_an_earlier_release_is_read(reference):
    (reference / "delivery_format.toml").write_text(FORMAT)
    assert load_delivery_format().largest_file_bytes == 20 * 10**9
    (reference / "delivery_format.toml").write_text(f"{FORMAT}largest_file_gb = 0.5\n")
    assert load_delivery_format().largest_file_bytes == 5 * 10**8


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: f'licnce = "x"\n{text}', "unknown licnce; known: title, publisher"),
        (lambda text: f'licnce = "x"\n{text}', "nearest to licnce: licence"),
        (lambda text: text.replace("title", "titel"), "nearest to titel: title"),
        (lambda text: f"x = {'[' * 100_000}", "not readable"),
    ],
)
def test_a_pack_that_says_something_else_is_refused(tmp_path, change: Callable[[str], str], words):
    shutil.copytree(load_pack(packs.REAL).folder, tmp_path / "own")
    path = tmp_path / "own" / "pack.toml"
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(PackError) as refused:
        load_pack(str(tmp_path / "own"))
    assert words in str(refused.value)


BASE = {"base": {"description": "x", "engine": "combined"}}


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"indicatons": True}, "nearest to indicatons: indications"),
        ({"Engine": "combined"}, "nearest to Engine: engine"),
        ({"indications": "nee"}, "indications: expected true or false, found 'nee'"),
        ({"completes_lag": 0}, "completes_lag: expected true or false, found 0"),
        ({"date": "2018-05-01"}, "date: expected a date without quotes"),
        ({"description": 3}, "description: expected a text in quotes"),
        ({"yearly_growth_ratio": [{"ratio": 0.1, "sectr": "GZ"}]}, "nearest to sectr: sector"),
    ],
)
def test_a_scenario_that_says_something_else_is_refused(table, words):
    """'nee' in quotes was true."""
    with pytest.raises(AssumptionError) as refused:
        parse_scenarios({**BASE, "mine": {"description": "x", "on": "base", **table}})
    assert words in str(refused.value)


def test_a_misspelt_key_of_an_override_names_the_nearest():
    with pytest.raises(AssumptionError, match="nearest to volume_factr: volume_factor"):
        parse_overrides([{"volume_factr": 2}], [])


@pytest.mark.parametrize("month", ["0001-01", "0218-05", "2018-13", "2018-5", 201805])
def test_a_month_of_an_override_that_cannot_be_is_refused(month):
    """From 0001-01 on is always; nobody meant that."""
    override = {
        "scenario": "base", "prestatiecode": "Z025", "wlz_uitvoerder": "CZ", "reason": "r", "author": "a", "date": MAY,
        "volume_factor": 1.1, "from_month": month,
    }  # fmt: skip
    with pytest.raises(AssumptionError, match="from_month: expected YYYY-MM"):
        parse_overrides([override], parse_scenarios(BASE))


def test_a_misspelt_key_of_a_round_names_the_nearest(reference):
    (reference / "rounds" / "2018-05.toml").write_text("[cutoff]\nkader = 2018-05-15\n")
    with pytest.raises(AssumptionError, match=r"unknown cutoff; known: name, .*; nearest to cutoff: cut_off\. Next: "):
        load_round(MAY)


@pytest.mark.parametrize("name", ["WLZ_ALERT_WEBHOK", "WLZ_ALERT_WEBHOOKS", "WLZ_ALERT_EMIAL", "WLZ_SMTP_URI"])
def test_a_misspelt_setting_of_alerts_is_told_without_its_value(name):
    """Nothing was sent, and nothing said so."""
    channels, wrong = find_channels({name: "https://secret.example/key"})
    assert (channels, len(wrong)) == ([], 1)
    assert f"unknown {name}; known: WLZ_ALERT_WEBHOOK, " in wrong[0]
    assert f"nearest to {name}: WLZ_" in wrong[0]
    assert "secret" not in wrong[0]
