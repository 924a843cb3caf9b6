"""Words of findings: every check in both languages, from the same figures; numbers as the language writes them."""

import ast
import string
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest

from expectations.catalogue import RULES
from expectations.judging.finding import as_records, list_findings
from expectations.judging.sentences import LANGUAGES, list_parts, load_sentences, say_finding, words_of
from pipelines.alerts.send import NOTICES
from wlz.words.figures import pack_figures, unpack_figures

ROOT = Path(__file__).parents[2]
CHECKS = sorted({rule.check_id for rule in RULES} | {"contract", *NOTICES})


def figures_of(part: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(part) if name}


@pytest.mark.parametrize("check_id", CHECKS)
def test_every_check_says_the_same_in_both_languages(check_id: str) -> None:
    """The same parts, and in Dutch no figure that the English part does not have."""
    parts = list_parts(check_id, "en")
    assert parts
    assert list_parts(check_id, "nl") == parts
    for part in parts:
        english, dutch = (words_of(check_id, language)[part] for language in ("en", "nl"))
        assert figures_of(dutch) <= figures_of(english), part
    assert words_of(check_id, "nl")["expected"]


def test_no_words_without_a_check() -> None:
    shared = {parts["shared"] for parts in load_sentences("en").values() if "shared" in parts}
    for language in LANGUAGES:
        assert set(load_sentences(language)) - shared == {*CHECKS, "common"} - shared


@pytest.mark.parametrize(
    ("template", "english", "dutch"),
    [
        ("{euro:euro}", "€ 92.3 mln", "€ 92,3 mln"),
        ("{price:price}", "€ 0.9000", "€ 0,9000"),
        ("{ratio:ratio}", "0.017", "0,017"),
        ("{share:.1%}", "12.5%", "12,5 %"),
        ("{volume:,.0f}", "1,234", "1.234"),
        ("{volume:count one|more}", "1,234 more", "1.234 more"),
        ("{one:count one|more}", "1 one", "1 one"),
        ("{month:month}", "2018-03", "2018-03"),
        ("{months:months}", "2018-03, 2018-04", "2018-03, 2018-04"),
        ("{stated:exact}", "1,234.50", "1.234,50"),
        ("{code}", "12.345", "12.345"),
        ("{key:each value}", "5502 × (empty)", "5502 × (leeg)"),
        (
            "{near:each candidate}",
            "24 (off by 0.12) and 30.4 (off by 0.10)",
            "24 (0,12 ernaast) en 30,4 (0,10 ernaast)",
        ),
        ("{years:each year}", "2018: € 5.1 mln, 2019: € 12", "2018: € 5,1 mln, 2019: € 12"),
        ("{last:series}", "1,234, 5", "1.234, 5"),
        ("{nothing}", "(empty)", "(leeg)"),
    ],
)
def test_figures_as_each_language_writes_them(monkeypatch, template: str, english: str, dutch: str) -> None:
    figures = {
        "euro": 92_345_678.0,
        "price": 0.9,
        "ratio": 1 / 60,
        "share": 0.125,
        "volume": 1234.4,
        "one": 1,
        "month": date(2018, 3, 1),
        "months": [date(2018, 3, 1), date(2018, 4, 1)],
        "stated": "1234.50",
        "code": "12.345",
        "nothing": None,
        "key": ["5502", None],
        "near": [{"factor": 24.0, "distance": 0.12}, {"factor": 30.4, "distance": 0.1}],
        "years": [{"year": 2018, "eur": 5.1e6}, {"year": 2019, "eur": 12.0}],
        "last": [1234.4, 5.0],
    }
    common = {language: load_sentences(language)["common"] for language in LANGUAGES}
    said = {language: {"common": {**parts, "found": template}} for language, parts in common.items()}
    monkeypatch.setattr("expectations.judging.sentences.load_sentences", lambda language: said[language])
    assert say_finding("X", {"numbers": pack_figures(figures)}, "en") == english
    assert say_finding("X", {"numbers": pack_figures(figures)}, "nl") == dutch


def test_a_record_that_was_kept_reads_as_the_one_that_was_measured() -> None:
    measured = pl.DataFrame(
        [
            {
                "wlz_uitvoerder": "CZ",
                "prestatiecode": "H126",
                "findings_count": 1,
                "at_stake_eur": 1.0,
                "month": date(2018, 3, 1),
                "amount_eur": -324_000.0 / 7,
                "usual_eur": 1e6 / 3,
            }
        ]
    )
    (row,) = as_records("V01", measured).to_dicts()
    kept = {name: row[name] for name in ("wlz_uitvoerder", "prestatiecode", "wording", "numbers", "findings_count")}
    assert say_finding("V01", kept, "en") == row["observed"]
    assert row["observed"] == "uitvoerder CZ, prestatie H126, 2018-03: € -46,286 in all, usually about € 333,333"
    assert unpack_figures(row["numbers"])["month"] == "2018-03-01"


def test_figures_are_kept_so_that_they_can_be_queried_and_are_the_same_everywhere() -> None:
    """Sorted by name, floats on twelve digits, what is no number null: JSON that DuckDB reads."""
    figures = {"b": 0.1 + 0.2, "a": date(2018, 3, 1), "c": float("inf"), "d": Decimal("12.50"), "e": [date(2018, 4, 1)]}
    text = pack_figures(figures)
    assert text == '{"a": "2018-03-01", "b": 0.3, "c": null, "d": 12.5, "e": ["2018-04-01"]}'
    assert unpack_figures(text)["b"] == 0.3
    assert duckdb.execute(f"select ('{text}'::json->>'b')::double").fetchall() == [(0.3,)]
    assert unpack_figures(None) == {}


def test_the_rest_is_counted_and_not_named() -> None:
    rows = [{"found": f"f{n}", "findings_count": 1, "at_stake_eur": 1.0, "merged_count": 0} for n in range(3)]
    rest = {"found": None, "findings_count": 9, "at_stake_eur": 9.0, "merged_count": 7, "wording": "rest"}
    records = as_records("T", pl.DataFrame([*rows, rest], infer_schema_length=None))
    assert list_findings(records, 20) == "f0; f1; f2; and 7 more"
    assert list_findings(records, 2) == "f0; f1; and 8 more"


# ---- nothing is read back out of a sentence ----------------------------------------------------------------------

# The only modules of these rooms that may hold a regular expression, and what it looks at there.
MAY_SEARCH = {
    "expectations/judging/rule.py": "names of assumptions in what a rule expects, before anything is found",
    "pipelines/alerts/digest.py": "addresses, paths and provider codes that must not go out",
    "pipelines/alerts/channels.py": "addresses of the settings",
    "pipelines/alerts/told_before.py": "findings from before they were records",
}
SENTENCES = {"observed", "message"}
TEXT_METHODS = {"contains", "extract", "extract_all", "replace_all", "split", "partition", "startswith", "endswith"}


def modules() -> list[Path]:
    rooms = ("expectations", "pipelines/alerts")
    return sorted(path for room in rooms for path in (ROOT / room).rglob("*.py"))


def test_no_regular_expression_where_findings_are_handled() -> None:
    using = {
        path.relative_to(ROOT).as_posix()
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import) and any(name.name == "re" for name in node.names)
    }
    assert using <= set(MAY_SEARCH)


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_sentence_is_searched_or_cut(path: Path) -> None:
    """No method of text on ``observed`` or ``message``, as an attribute, a key or a column."""
    if path.name == "told_before.py":
        return
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TEXT_METHODS:
            names = {
                name
                for part in ast.walk(node.func.value)
                for name in (getattr(part, "attr", None), getattr(part, "id", None), getattr(part, "value", None))
                if isinstance(name, str)
            }
            found += [f"line {node.lineno}"] if names & SENTENCES else []
    assert found == []
