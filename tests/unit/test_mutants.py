"""The mutator: what is mutated in a small source and how, which mutants are chosen, who judges, and the page."""

import csv
from pathlib import Path

import pytest

from scripts.mutants.judge import KILLED, Verdict, read_verdict
from scripts.mutants.mutate import Mutant, choose_mutants, compile_mutant, find_mutants
from scripts.mutants.nearest import Judges
from scripts.mutants.page import COLUMNS, EQUIVALENT, PAGE, ROWS, key_of, read_rows, render_page, room_of, write_rows

SOURCE = '''"""A year has 12 months."""
from typing import TYPE_CHECKING, Literal

__all__ = ["share", 1]
if TYPE_CHECKING:
    LIMIT = 3


def share(part: "int | float", whole: Literal[1, 2] = 2, *, exact: bool = True) -> "int | None":
    """At most 1."""
    if part >= whole and not exact:
        return -1
    text = "of " + "all"
    return part / whole - 0.5
'''


def mutants_of(source: str) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [
        (one[0].kind, one[0].text, one[0].before, tuple(mutant.after for mutant in one))
        for one in find_mutants("wlz/share.py", source)
    ]


def run_mutant(source: str, before: str, after: str) -> dict:
    """The names of the source when this mutant has run."""
    found = [mutant for options in find_mutants("wlz/share.py", source) for mutant in options]
    (mutant,) = [one for one in found if (one.before, one.after) == (before, after)]
    names: dict = {}
    exec(compile_mutant(mutant, source, "share.py"), names)
    return names


def test_what_computes_is_mutated_and_nothing_else():
    """Not words, annotations, ``__all__``, what is for types only, nor text put together."""
    definition = 'def share(part: "int | float", whole: Literal[1, 2] = 2, *, exact: bool = True) -> "int | None":'
    assert sorted(mutants_of(SOURCE)) == sorted(
        [
            ("constant", definition, "2", ("3", "1")),
            ("flag", definition, "True", ("False",)),
            ("operator", "if part >= whole and not exact:", "and", ("or",)),
            ("comparison", "if part >= whole and not exact:", ">=", (">", "<")),
            ("operator", "if part >= whole and not exact:", "not", ("",)),
            ("operator", "return -1", "-", ("",)),
            ("constant", "return -1", "1", ("2", "0")),
            ("operator", "return part / whole - 0.5", "-", ("+",)),
            ("operator", "return part / whole - 0.5", "/", ("*",)),
            ("constant", "return part / whole - 0.5", "0.5", ("1.0", "0.25")),
        ]
    )


@pytest.mark.parametrize(
    ("before", "after", "arguments", "exact", "mutated"),
    [
        ("/", "*", (3, 4), 0.25, 11.5),  # 3/4 − 0.5, 3×4 − 0.5
        ("-", "+", (3, 4), 0.25, 1.25),  # 0.75 + 0.5
        ("0.5", "0.25", (3, 4), 0.25, 0.5),  # 0.75 − 0.25
        ("2", "1", (3,), 1.0, 2.5),  # 3/2 − 0.5, 3/1 − 0.5
        (">=", ">", (2, 2), 0.5, 0.5),  # exact: no limit either way
    ],
)
def test_a_mutant_computes_with_its_one_change(before, after, arguments, exact, mutated):
    names: dict = {}
    exec(compile(SOURCE, "share.py", "exec"), names)
    assert names["share"](*arguments) == exact
    assert run_mutant(SOURCE, before, after)["share"](*arguments) == mutated


def test_flags_words_and_signs_turn_round():
    """Beyond the whole the answer is −1, if not exact."""
    names: dict = {}
    exec(compile(SOURCE, "share.py", "exec"), names)
    assert (names["share"](3, 2), names["share"](3, 2, exact=False)) == (1.0, -1)
    assert run_mutant(SOURCE, "True", "False")["share"](3, 2) == -1
    assert run_mutant(SOURCE, "and", "or")["share"](3, 2) == -1
    assert run_mutant(SOURCE, "not", "")["share"](3, 2) == -1
    assert run_mutant(SOURCE, ">=", ">")["share"](2, 2, exact=False) == 0.5
    assert run_mutant(SOURCE, "1", "2")["share"](3, 2, exact=False) == -2


def test_a_sign_is_found_where_it_stands():
    """On its line, and behind text that is longer in bytes than in letters; two of the same line are told apart."""
    source = 'def sums(a, b):\n    é = "€"; c = a + b + (\n        a\n        * b\n    )\n    return c\n'
    places = [(one[0].line, one[0].column, one[0].before) for one in find_mutants("wlz/sums.py", source)]
    assert sorted(places) == [(2, 15, "+"), (2, 19, "+"), (4, 0, "*")]


@pytest.fixture
def two_files(tmp_path: Path) -> list[Path]:
    (tmp_path / "wlz").mkdir()
    for name in ("one", "two"):
        lines = [f"def {name}_{number}(x):\n    return x * {number} + 1\n" for number in range(20)]
        (tmp_path / "wlz" / f"{name}.py").write_text("\n".join(lines))
    return sorted((tmp_path / "wlz").glob("*.py"))


def test_the_choice_hangs_on_the_seed_and_grows(two_files, tmp_path):
    """Of one seed 20 are the first 20 of 40, one per place; another seed chooses others."""
    few = choose_mutants(tmp_path, two_files, 15, 20)
    many = choose_mutants(tmp_path, two_files, 15, 40)
    assert many[:20] == few
    assert len({(one.file, one.site) for one in many}) == 40
    assert {one.file for one in many} == {"wlz/one.py", "wlz/two.py"}
    assert choose_mutants(tmp_path, two_files, 16, 20) != few


def test_a_line_more_above_leaves_the_choice(two_files, tmp_path):
    before = choose_mutants(tmp_path, two_files, 15, 30)
    two_files[0].write_text('"""Words."""\n\n' + two_files[0].read_text())
    after = choose_mutants(tmp_path, two_files, 15, 30)
    assert [one.key for one in after] == [one.key for one in before]
    assert [one.line for one in after] == [one.line + 2 * one.file.endswith("one.py") for one in before]


def test_judges_come_nearest_first(tmp_path):
    """Two test files import the mutated one, a third imports its user inside a test, a fourth knows nothing of it."""
    words = {
        "wlz/one.py": "",
        "wlz/two.py": "from wlz import one\n",
        "tests/conftest.py": "",
        "tests/spec/test_one.py": "from wlz.one import x\n",
        "tests/unit/test_one.py": "import wlz.one\n",
        "tests/unit/test_two.py": "def test_two():\n    from wlz.two import y\n",
        "tests/spec/test_three.py": "from tests.unit import test_two\n",
        "tests/e2e/test_one.py": "from wlz.one import x\n",
        "tests/spec/frames.py": "from wlz.one import x\n",
    }
    for name, text in words.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    known = Judges(tmp_path)
    ones = ["tests/spec/test_one.py", "tests/unit/test_one.py"]
    assert known.judges == ["tests/spec/test_one.py", "tests/spec/test_three.py", *ones[1:], "tests/unit/test_two.py"]
    fastest_first = ["tests/spec/test_three.py", "tests/unit/test_two.py", "tests/unit/test_one.py", ones[0]]
    turns = known.turns("wlz/one.py", fastest_first)
    assert turns == [ones[::-1], ["tests/unit/test_two.py"], ["tests/spec/test_three.py"]]
    before = known.hash_of("tests/spec/test_three.py")
    (tmp_path / "wlz/one.py").write_text("x = 1\n")
    assert Judges(tmp_path).hash_of("tests/spec/test_three.py") != before


def test_the_first_test_that_fails_kills():
    told = [
        "ran wlz/one.py:f",
        "at tests/spec/test_one.py::test_a",
        "killed tests/spec/test_one.py::test_a",
        "broken 1",
    ]
    assert read_verdict(told, ended_well=True, seconds=2.0) == Verdict(
        KILLED, "tests/spec/test_one.py::test_a", 2.0, ["wlz/one.py:f"]
    )


def test_a_mutant_that_hangs_or_crashes_is_killed_by_the_test_that_ran():
    told = ["at tests/spec/test_one.py::test_a", "at tests/spec/test_one.py::test_b"]
    assert read_verdict(told, ended_well=False, seconds=9.0)[:2] == (KILLED, "tests/spec/test_one.py::test_b")
    assert read_verdict([], ended_well=False, seconds=9.0)[:2] == (KILLED, "reading the tests")
    assert read_verdict(told, ended_well=True, seconds=9.0)[:2] == ("broken", "tests/spec/test_one.py::test_b")


def row(verdict: str, file: str, before: str, after: str) -> dict[str, str]:
    mutant = Mutant(file, 7, "share", "operator", f"return a {before} b | c", 9, before, after, 0)
    known = {name: str(getattr(mutant, name)) for name in COLUMNS if name in Mutant._fields}
    return {"seed": "15", **known, "verdict": verdict, "test": ""}


def test_the_page_counts_what_is_not_equivalent(tmp_path):
    """9 of 10 that count are killed: 90.0 %; the eleventh is equivalent and has its reason."""
    rows = [row("killed", "wlz/lag/complete.py", "*", str(number)) for number in range(9)]
    rows += [row("survived", "wlz/aids.py", "/", "*"), row("equivalent", "wlz/aids.py", "<", "<=")]
    path = tmp_path / "mutants.csv"
    write_rows(rows, path)
    page = render_page(read_rows(path), {key_of(rows[-1]): "never equal"})
    assert "Seed 15, 11 mutants: 9 killed, 1 survived, 1 equivalent" in page
    assert "**Killed: 9 of 10 (90.0%); goal ≥ 90%: met.**" in page
    assert "| `wlz/aids` | 0 | 1 | 1 |" in page
    assert "| `wlz/lag` | 9 | 0 | 0 |" in page
    assert "| `wlz/aids.py` | `share` | `return a / b \\| c` | `/` → `*` | 7 |" in page
    assert "| `<` → `<=` | never equal |" in page
    assert "(80.0%); goal ≥ 90%: not met" in render_page(rows[5:10], {})
    assert [room_of(file) for file in ("wlz/lag/tables.py", "wlz/series.py")] == ["wlz/lag", "wlz/series"]


def test_the_committed_page_is_made_from_the_committed_rows():
    """`make mutants` writes both. Every equivalent one has its reason."""
    reasons = {key_of(one): one["reason"] for one in read_rows(EQUIVALENT)}
    assert PAGE.read_text("utf-8") == render_page(read_rows(ROWS), reasons)
    assert all(len(reason) > 20 for reason in reasons.values())
    with ROWS.open(encoding="utf-8", newline="") as file:
        assert tuple(csv.DictReader(file).fieldnames or ()) == COLUMNS
