"""What pages and the workbook say of scenarios, of a judgement of one round, and of themselves."""

import re
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from reports.facts import Facts
from reports.language import CODES, load_language
from reports.pages.advice import _zin_detail
from reports.pages.context import Context
from reports.site import mark_workbook
from reports.tables.beyond import build_inputs
from reports.tables.export import write_workbook
from reports.tables.table import Column, Table
from reports.text.answer import say_headline, say_reserve, say_scenarios
from tests.report.handmade_facts import frame, make_facts, national, provenance, room_row
from warehouse.settings import load_round_page

PGB = room_row(2206, 2236, 25)
DUTCH, ENGLISH = (load_language(code) for code in CODES)


def of_scenarios(**expected: float) -> Facts:
    """The zin expectation of each scenario against a kader of 18,711; the letter is shown first."""
    rows = [frame(national(room_row(value, 18711), PGB, transfer=26), name) for name, value in expected.items()]
    return make_facts(scenarios=tuple(sorted(expected)), utilisation_national=pl.concat(rows, how="vertical_relaxed"))


CASES = {
    "all the same way": ({"letter": 18888, "base": 18890, "low": 18750}, "dezelfde kant op: de betere", "Niet elke"),
    "only low another way": ({"letter": 18888, "base": 18890, "low": 18600}, "kant op: de rekenwijze laag komt",
                             "andere rekenwijzen wijzen dezelfde kant op"),
    "only one of the user's own": ({"letter": 18888, "base": 18890, "mine": 18600}, "kant op: de rekenwijze mine komt",
                                   "andere rekenwijzen wijzen dezelfde kant op"),
    "even as printed is no shortage": ({"letter": 18888, "low": 18711.2}, "Rekenwijzen verschillen", "dezelfde kant"),
    "all the others another way": ({"letter": 18888, "base": 18600, "low": 18500}, "Rekenwijzen verschillen", "Wel"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_scenarios_are_said_to_agree_only_when_all_do(name):
    expected, said, not_said = CASES[name]
    [sentence] = [one.text for one in say_scenarios(of_scenarios(**expected), DUTCH) if one.about == "scenarios"]
    assert said in sentence
    assert not_said not in sentence


WITHOUT_A_FILE = {
    "nl": ["niet aangeleverd", "na de peildatum aangeleverd"],
    "en": ["not delivered", "delivered after the cut-off"],
}


@pytest.mark.parametrize("language", [DUTCH, ENGLISH], ids=CODES)
def test_what_was_not_delivered_is_told_in_the_language_of_the_page(language):
    empty = dict.fromkeys(provenance()[0])
    missing = [
        empty | {"input_name": kind, "input_version": version}
        for kind, version in (("hulpmiddelen", "not delivered"), ("na_ijl", "delivered after the cut-off"))
    ]
    table = build_inputs(make_facts(advice_provenance=frame([*provenance(), *missing])), language)
    told = {row["input_name"]: row["input_version"] for row in table.rows}
    assert [told["hulpmiddelen"], told["na_ijl"]] == WITHOUT_A_FILE[language.code]
    assert told["declaraties"] == provenance()[0]["input_version"]


@pytest.mark.parametrize("language", [DUTCH, ENGLISH], ids=CODES)
def test_a_judgement_of_a_round_is_told_of_that_round_only(language):
    """The letter of May 2018 argued for using the reserve early; no other month says so by itself."""
    may, august = (load_round_page(date(2018, month, 1)) for month in (5, 8))
    of_may, of_august = (say_reserve(make_facts(page=page), language) for page in (may, august))
    assert [one.about for one in of_may] == ["reserve", "release"]
    assert of_may[1].text == may["release"][language.code]
    assert [one.about for one in of_august] == ["reserve"]


def switched(before: str, month: date | None) -> Facts:
    return replace(make_facts(), headline_before=before, month_before=month)


def test_a_change_of_headline_is_said_in_title_and_tile():
    facts = switched("completed", date(2018, 4, 1))
    assert say_headline(facts, DUTCH).endswith(
        "(volgens de methode van de brief; in april 2018 volgens de berekening met aangevulde maanden)"
    )
    assert say_headline(facts, ENGLISH).count("April 2018") == 1
    zin = facts.one("utilisation_national", part="zin")
    assert _zin_detail(Context(facts, DUTCH), zin).endswith("; andere rekenwijze dan in april 2018")


@pytest.mark.parametrize(("before", "month"), [("letter", date(2018, 4, 1)), ("", None)])
def test_the_same_headline_or_a_first_advice_says_nothing_of_it(before, month):
    facts, plain = switched(before, month), make_facts()
    assert say_headline(facts, DUTCH) == say_headline(plain, DUTCH)
    zin = facts.one("utilisation_national", part="zin")
    assert "rekenwijze" not in _zin_detail(Context(facts, DUTCH), zin)


def test_a_change_of_headline_makes_other_pages():
    assert switched("completed", date(2018, 4, 1)).fingerprint != make_facts().fingerprint


def sheet_texts(path: Path) -> list[str]:
    """Strings and page header of every sheet of a workbook."""
    with zipfile.ZipFile(path) as book:
        shared = book.read("xl/sharedStrings.xml").decode()
        sheets = sorted(name for name in book.namelist() if name.startswith("xl/worksheets/sheet"))
        return [shared, *(book.read(name).decode() for name in sheets)]


@pytest.mark.parametrize("is_simulated", [True, False])
def test_every_sheet_says_its_month_and_whether_it_is_invented(tmp_path, is_simulated):
    """A sheet is passed on, or printed, without the page that says so."""
    more = [dict.fromkeys(provenance()[0]) | {"input_name": "simulation", "input_version": "letter"}]
    facts = make_facts(advice_provenance=frame([*provenance(), *(more if is_simulated else [])]))
    tables = [Table(name, name, [Column("a", "A", "text")], [{"a": "b"}]) for name in ("een", "twee", "bronnen")]
    mark = mark_workbook(facts, DUTCH)
    assert "mei 2018" in mark
    assert mark.startswith("VERZONNEN") is is_simulated
    write_workbook(tmp_path / "book.xlsx", tables[:2], tables[2], DUTCH, mark)
    shared, *sheets = sheet_texts(tmp_path / "book.xlsx")
    assert len(sheets) == 3
    assert shared.count(mark) == 1
    number = shared.split("<si>").index(next(one for one in shared.split("<si>") if mark in one)) - 1
    for sheet in sheets:
        assert re.search(rf'<c r="A2"[^>]* t="s"><v>{number}</v></c>', sheet)
        assert f"&amp;L{mark}" in sheet
