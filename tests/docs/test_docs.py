"""The documents say what is there: commands parse, links lead somewhere, names are those of the code."""

import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from pipelines.cli import main
from pipelines.cli.text.explain import explain_table
from scripts.layout import files_without_a_word, first_line, render_layout
from scripts.line_page import render_line, render_readme, render_rooms
from tests.docs.pages import PAGES, ROOMS, ROOT, fenced_blocks, ids, read, without_code
from warehouse import duck, reference
from warehouse.latest import create_views
from warehouse.registry import all_columns, all_tables
from warehouse.tables.deliveries import KINDS
from warehouse.upgrade import follow_contracts
from wlz.advice import TABLES
from wlz.known.assumptions import parse_assumptions

TEXTS = [*PAGES, ROOT / ".pre-commit-config.yaml", ROOT / "Makefile"]
TO_BE_MADE = ("assumptions/2026.toml", "rounds/2026-02.toml", "rounds/2026-05.toml")
NOT_THERE_YET = "### Not there yet"
# Dutch words that occur in names of columns, tables, kinds and their values. A new one is added here and explained.
DUTCH = {
    "afspraken", "agb", "beleidsregelwaarden", "brw", "budgetjaar", "crisisbedden", "declaraties", "ggz", "gz",
    "herschikking", "hulpmiddelen", "ijl", "indicaties", "jaarrekeningen", "kader", "kassier", "meerzorg", "mobiliteit",
    "nacalculatie", "nhc", "nic", "omzetafspraak", "overhevelingen", "peildatum", "persoonsgebonden", "pgb",
    "prestatiecode", "prestaties", "prognose", "uitvoerder", "uitvraag", "verleningen", "vv", "wlz", "zin",
    "zorgkantoor", "zorgkantoorregio",
}  # fmt: skip
# Terms that stand in no name but in every text.
EXPLAINED_TOO = (
    "BRW", "bruteringseffect", "contracteerruimte", "herverdelingsmiddelen", "kortingspercentage", "na-ijl",
    "reservering", "verleningsbeschikking", "Wlz-uitvoerder", "zorgaanbieder", "as-of", "round", "vintage", "AICc",
    "discount ratio", "Westland Schiedland Delfland", "Amsteland/Meerlanden",
)  # fmt: skip
REGISTRIES = (
    "pypi.org",
    "pythonhosted.org",
    "anaconda.org",
    "conda.io",
    "registry.npmjs.org",
    "index-url",
    "files.python",
)
MACHINE_PATH = re.compile(r"(?<![\w.$\]])/(work|tmp|root|home|Users|opt|mnt)/", re.IGNORECASE)


# ---- commands ----------------------------------------------------------------------------------------------------


def shell_commands(page: Path) -> list[str]:
    """Lines of shell blocks, and lines elsewhere that start with wlz."""
    lines = [
        line.strip().removeprefix("$ ")
        for language, block in fenced_blocks(read(page))
        for line in block.splitlines()
        if language in ("sh", "bash", "shell", "console") or line.startswith("wlz ")
    ]
    return [line for line in lines if line and not line.startswith("#")]


def split_command(line: str) -> list[str]:
    """Words of one command: no variables in front, no comment, redirection or pipe behind."""
    words = shlex.split(line, comments=True)
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words = words[1:]
    for position, word in enumerate(words):
        if word in ("|", ">", ">>", "2>", "&&", ";"):
            return words[:position]
    return words


def parse_wlz(words: list[str]) -> None:
    """Raises click.UsageError when the command, an option or a value is not known. Executes nothing."""
    command = main.commands.get(words[0])
    if command is None:
        raise click.UsageError(f"no command wlz {words[0]}; there are {', '.join(main.commands)}")
    if isinstance(command, click.Group) and len(words) > 1:
        if words[1] not in command.commands:
            raise click.UsageError(f"no command wlz {words[0]} {words[1]}; there are {', '.join(command.commands)}")
        command, words = command.commands[words[1]], words[1:]
    try:
        command.make_context(words[0], words[1:])
    except click.BadParameter as error:
        if "does not exist" not in error.message:  # folders of an example need not be here
            raise
    except click.exceptions.Exit:  # --help
        pass


WLZ_COMMANDS = [
    pytest.param(words[1:], id=f"{ids(page)}: {' '.join(words)[:90]}")
    for page in PAGES
    for words in map(split_command, shell_commands(page))
    if words and words[0] in ("wlz", ".venv/bin/wlz")
]


@pytest.mark.parametrize("words", WLZ_COMMANDS)
def test_command_parses(words):
    assert parse_wlz(words) is None  # raises UsageError for a command or option that does not exist


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["run", "--month", "2018-05"],
        ["run", "--delivery-month", "May"],
        ["simulate"],
        ["year", "begin", "2026"],
        ["year", "new", "2026"],
        ["year", "check", "18"],
    ],
)
def test_wrong_command_does_not_parse(words):
    with pytest.raises(click.UsageError):
        parse_wlz(words)


def test_readme_and_how_to_have_commands():
    pages = {param.id.split(":")[0] for param in WLZ_COMMANDS}
    assert {
        "README.md",
        "docs/first-hour/walkthrough.md",
        "docs/how-to/new-month.md",
        "docs/how-to/refused-delivery.md",
    } <= pages


def test_readme_has_both_make_commands():
    commands = [line.split("#")[0].strip() for line in shell_commands(ROOT / "README.md")]
    assert {"make demo", "make test"} <= set(commands)


def test_make_targets_exist():
    targets = set(re.findall(r"^([a-z]+):", read(ROOT / "Makefile"), flags=re.MULTILINE))
    named = {match for page in PAGES for match in re.findall(r"(?:`|^)make ([a-z]+)", read(page), flags=re.MULTILINE)}
    assert named <= targets, f"documents name make targets that are not there: {sorted(named - targets)}"


def test_programs_of_the_examples_are_declared():
    project = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]
    declared = " ".join([*project["dependencies"], *project["optional-dependencies"]["dev"]])
    programs = {words[0] for page in PAGES for words in map(split_command, shell_commands(page)) if words}
    ours = {program.removeprefix(".venv/bin/") for program in programs if program.startswith(".venv/bin/")}
    unknown = {name for name in ours if name not in ("wlz", "python") and name.split("-webserver")[0] not in declared}
    assert not unknown


def test_pages_name_only_commands_that_exist():
    for page in (page for page in PAGES if "do not edit" not in read(page)):
        named = set(re.findall(r"`(?:\.venv/bin/)?wlz (\w+)", read(page)))
        assert named <= set(main.commands), f"{ids(page)} names wlz {', '.join(sorted(named - set(main.commands)))}"


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory) -> Path:
    """The published database without rows, from the contracts alone."""
    path = tmp_path_factory.mktemp("marts") / "wlz.duckdb"
    with duck.connect_writer(path) as connection:
        follow_contracts(connection)
        create_views(connection)
    return path


@pytest.mark.parametrize("words", [param for param in WLZ_COMMANDS if param.values[0][0] == "query"])
def test_query_runs(words, empty_database):
    assert duck.run_query(empty_database, words[1]).is_empty()


@pytest.mark.parametrize("words", [param for param in WLZ_COMMANDS if param.values[0][0] == "explain"])
def test_explained_table_exists(words):
    assert "/" in words[1] or explain_table(words[1])


# ---- links, addresses, paths -------------------------------------------------------------------------------------


def anchors(text: str) -> set[str]:
    """Anchors of the headings of a page, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(read(page))):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        assert path.exists(), f"{ids(page)} links to {target}"
        if anchor and path.suffix == ".md":
            assert anchor in anchors(read(path)), f"{ids(page)} links to {target}"


@pytest.mark.parametrize("path", TEXTS, ids=ids)
def test_no_registry_and_no_machine_path(path):
    text = read(path)
    assert not [word for word in REGISTRIES if word in text.replace("--no-emit-index-url", "")]
    assert not MACHINE_PATH.findall(text)


def test_quoted_messages_are_those_of_the_program():
    """What a how-to tells people to look for is what they see."""
    program = "".join(read(path) for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))
    program += read(ROOT / "expectations" / "sentences" / "en.toml")
    page = read(ROOT / "docs" / "how-to" / "refused-delivery.md")
    for message in (
        "rests on the last accepted claims:",
        "Refused, nothing new published:",
        "Refused, nothing published: no claims delivery was accepted for the round of",
        "as .parquet, .csv or .csv.gz",
        "expected care months from 2015-01 up to the delivery month".removeprefix("expected "),
        "a number such as 1234",
        "a byte that is not",
        "no such column",
        "a column that is not in the contract",
        "where the control file says".removeprefix("where the "),
        "the check is broken",
    ):
        assert message in program, f"the program no longer says: {message}"
        assert message in " ".join(page.split()), f"refused-delivery.md no longer says: {message}"


def test_quoted_messages_of_a_new_year_are_those_of_the_program():
    program = "".join(read(path) for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))
    page = read(ROOT / "docs" / "how-to" / "new-year.md")
    quoted = re.findall(r"^\| `([^`]+)` \|", page.split("## If a run stops")[1], flags=re.MULTILINE)
    assert len(quoted) == 6
    spoken = " ".join(program.replace('"\n', "").replace('f"', "").split())
    for message in quoted:
        for words in re.split(r"…|2026", message):
            assert words.strip() in spoken or words.strip() in ("of", "assumption"), f"no longer said: {words!r}"


def test_the_number_of_the_how_to_of_a_year_is_one():
    (text,) = [block for language, block in fenced_blocks(read(ROOT / "docs/how-to/new-year.md")) if language == "toml"]
    assert parse_assumptions(tomllib.loads(text))["brutering_factor"] == 0.88


def test_paths_named_in_the_documents_exist():
    """`wlz/prices/prices.py` and the like, in any page, are files of the project."""
    pattern = re.compile(rf"`((?:{'|'.join(ROOMS)}|tests|docs|reference|scripts)/[\w/.-]+\.\w+)`")
    named = {(ids(page), name) for page in PAGES for name in pattern.findall(read(page))}
    missing = {(page, name) for page, name in named if not (ROOT / name).exists() and "YYYY" not in name}
    assert missing <= {  # those to be made
        ("docs/how-to/new-month.md", "reference/rounds/2018-06.toml"),
        *(("docs/how-to/new-year.md", f"reference/{file}") for file in TO_BE_MADE),
    }


# ---- layout ------------------------------------------------------------------------------------------------------


def test_layout_is_generated_from_the_files():
    assert read(ROOT / "docs" / "reference" / "layout.md") == render_layout(), "make docs"


def test_the_picture_of_the_line_is_that_of_its_rows():
    assert read(ROOT / "docs" / "reference" / "line.md") == render_line(), "make docs"
    assert read(ROOT / "README.md") == render_readme(), "make docs"
    shown = render_rooms()
    assert all(table in shown for table in TABLES)


def test_every_file_and_folder_says_what_it_is_for():
    assert files_without_a_word() == []


def test_a_file_says_its_first_sentence(tmp_path):
    module, query = tmp_path / "a.py", tmp_path / "b.sql"
    module.write_text('"""One thing, in\ntwo lines. Another thing.\n\nMore."""\n', encoding="utf-8")
    query.write_text("-- Grain: a row per uitvoerder. Letter, table 2.\nselect 1\n", encoding="utf-8")
    assert first_line(module) == "One thing, in two lines"
    assert first_line(query) == "Grain: a row per uitvoerder"


# ---- glossary ----------------------------------------------------------------------------------------------------

GLOSSARY = read(ROOT / "GLOSSARY.md")
GLOSSARY_WORDS = set(re.split(r"[\W_]+", GLOSSARY.lower()))


def words_of_names() -> set[str]:
    """Words of table and column names and of closed lists of values."""
    tables = all_tables()
    names = {table.name for table in tables} | set(all_columns())
    names |= {value for column in all_columns().values() for value in column.allowed or ()}
    return {word.lower() for name in names for word in re.split(r"[_\W]+", name) if word}


def test_every_dutch_word_in_a_name_is_in_the_glossary():
    used = words_of_names() & DUTCH
    assert {"kader", "zin", "pgb", "meerzorg", "herschikking"} <= used
    assert sorted(word for word in used if word not in GLOSSARY_WORDS) == []


def test_every_header_of_a_delivered_file_is_in_the_glossary():
    headers = {column.source_name for table in KINDS.values() for column in table.columns if column.source_name}
    assert {"aantal", "bedrag", "zorgmaand"} <= headers
    wanted = {word for header in headers for word in header.lower().split("_")}
    assert sorted(wanted - GLOSSARY_WORDS) == []


def test_every_kind_of_delivery_is_in_the_glossary():
    assert [kind for kind in KINDS if kind not in GLOSSARY] == []


@pytest.mark.parametrize("term", EXPLAINED_TOO)
def test_glossary_explains(term):
    assert term.lower() in GLOSSARY.lower()


def test_spelling_of_regions_is_that_of_the_reference():
    regions = reference.load_regions().select("zorgkantoorregio", "name_official").rows()
    for name, official in regions:
        if name in ("Westland Schiedland Delfland", "Amsteland/Meerlanden", "Zuid Oost-Brabant"):
            assert f'"{name}"\n({official})' in GLOSSARY or f'"{name}" ({official})' in GLOSSARY


# ---- decisions, changelog, licence -------------------------------------------------------------------------------


def test_every_decision_has_its_parts():
    decisions = sorted((ROOT / "docs" / "explanation" / "adr").glob("*.md"))
    assert [path.name[:4] for path in decisions] == [f"{number:04}" for number in range(1, len(decisions) + 1)]
    for path in decisions:
        text = read(path)
        assert all(f"## {part}" in text for part in ("Context", "Decision", "Consequences")), path.name
        assert f"explanation/adr/{path.name}" in read(ROOT / "docs" / "index.md"), path.name


def test_every_dependency_is_explained():
    project = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[<>=\[]", requirement)[0].strip() for requirement in wanted}
    rows = set(
        re.findall(
            r"^\| ([\w-]+) \| .+ \| .+ \|$", read(ROOT / "docs/explanation/adr/0007-dependencies.md"), re.MULTILINE
        )
    )
    assert names == rows - {"package"}


def test_changelog_has_the_version_and_its_numbers():
    version = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]["version"]
    section = read(ROOT / "CHANGELOG.md").split(f"## [{version}]")[1].split("\n## ")[0]
    assert "### Numbers" in section


def test_licence_is_complete():
    text = read(ROOT / "LICENSE")
    assert text.startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2")
    assert re.findall(r"^(\d+)\. \w", text, flags=re.MULTILINE) == [str(number) for number in range(1, 16)]
    assert text.rstrip().endswith("new EUPL version.")
    assert len(text.split()) == 2237  # words of the official English text
