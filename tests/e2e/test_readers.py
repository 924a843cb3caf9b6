"""People who read while a month is published, a publication that is killed, and the commands they read with."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import click
import duckdb
import polars as pl
import pytest

from pipelines.cli import main
from tests.e2e.handmade import House, claims, invoke
from warehouse import registry

REPOSITORY = Path(__file__).parents[2]
EXPECTED = (
    "select cast(expected_eur as double) from marts.utilisation_national where part = 'zin' and scenario = 'letter'"
)
BEFORE, AFTER = 48_000.0, 72_000.0  # 2 × 2 × 12,000; with Z025 at 200 a month 2 × (24,000 + 12,000)

# Opens the database once, then answers the same query on that connection every time a line comes in.
READER = f"""
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
for line in sys.stdin:
    print(connection.execute({EXPECTED!r}).fetchone()[0], flush=True)
"""

# Publishes the month and stops at a named moment, where the test kills it.
PUBLISHER = """
import sys, time
from datetime import date
from pathlib import Path
from warehouse import duck, publish
from warehouse.store import Store

def stop(*arguments):
    print("there", flush=True)
    time.sleep(60)

root, moment = Path(sys.argv[1]), sys.argv[2]
if moment == "before the rename":
    duck.os.replace = stop
elif moment == "in the middle":
    publish._count = stop
    real = publish._replace_rows
    publish._replace_rows = lambda connection, table, month: (
        stop() if table.name == "volume_forecast" else real(connection, table, month)
    )
publish.publish_marts(Store(root / "lake"), root / "wlz.duckdb", date(2018, 5, 1))
"""


@contextmanager
def child(script: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process of its own; ended with the block."""
    command = [sys.executable, "-c", script, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as process:
        try:
            yield process
        finally:
            process.kill()


def ask(reader: subprocess.Popen[str]) -> float:
    """The answer of a reading process."""
    assert reader.stdin is not None
    assert reader.stdout is not None
    reader.stdin.write("again\n")
    reader.stdin.flush()
    return float(reader.stdout.readline())


def deliver_more(house: House) -> None:
    house.deliver("declaraties", [*claims("Z025", volume=200), *claims("Z041")])


# --- Reading while publishing -------------------------------------------------------------------------------------


def test_readers_keep_their_answers_until_they_reconnect(house: House) -> None:
    """One reader in another process, one in the process that publishes; neither is in the way."""
    with child(READER, str(house.database)) as old_reader:
        assert ask(old_reader) == BEFORE
        connection = duckdb.connect(str(house.database), read_only=True)
        assert connection.execute(EXPECTED).fetchone() == (BEFORE,)
        deliver_more(house)
        house.publish()
        assert ask(old_reader) == BEFORE
        assert connection.execute(EXPECTED).fetchone() == (BEFORE,)
        with child(READER, str(house.database)) as new_reader:
            assert ask(new_reader) == AFTER
        connection.close()
        with duckdb.connect(str(house.database), read_only=True) as reconnected:
            assert reconnected.execute(EXPECTED).fetchone() == (AFTER,)
        assert ask(old_reader) == BEFORE


@pytest.mark.parametrize("moment", ["in the middle", "before the rename"])
def test_a_killed_publication_leaves_the_old_file(house: House, moment: str) -> None:
    content = house.database.read_bytes()
    with child(PUBLISHER, str(house.root), moment) as publisher:
        assert publisher.stdout is not None
        assert publisher.stdout.readline().strip() == "there"
        assert len(house.half_written()) >= 1
        os.kill(publisher.pid, signal.SIGKILL)
        assert publisher.wait(timeout=10) == -signal.SIGKILL
    assert house.database.read_bytes() == content
    assert house.query(EXPECTED) == [(BEFORE,)]


def test_the_month_can_be_published_after_a_kill(house: House) -> None:
    """What the killed publication left behind is removed by the next one."""
    with child(PUBLISHER, str(house.root), "before the rename") as publisher:
        assert publisher.stdout is not None
        publisher.stdout.readline()
    assert len(house.half_written()) == 1
    deliver_more(house)
    assert house.publish().query(EXPECTED) == [(AFTER,)]
    assert house.half_written() == []


@pytest.mark.client
def test_an_older_client_reads_the_file(base_house: House) -> None:
    """DuckDB 1.5: the answers, the types and the comments."""
    python = os.environ.get("WLZ_OLD_DUCKDB_PYTHON")
    if not python:
        pytest.skip("WLZ_OLD_DUCKDB_PYTHON is not set: it names a Python with DuckDB 1.5 to read the file with")
    script = (
        "import sys, json, duckdb\n"
        "connection = duckdb.connect(sys.argv[1], read_only=True)\n"
        f"expected = connection.execute({EXPECTED!r}).fetchone()[0]\n"
        "tables = connection.execute(\"select view_name, comment from duckdb_views() where schema_name = 'marts'\")\n"
        "print(json.dumps([duckdb.__version__, expected, dict(tables.fetchall())]))\n"
    )
    answer = subprocess.run([python, "-c", script, str(base_house.database)], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    version, expected, comments = json.loads(answer.stdout)
    assert version.startswith("1.5")
    assert expected == BEFORE
    assert comments.keys() == set(registry.marts())
    assert all(comments.values())


# --- wlz query ----------------------------------------------------------------------------------------------------

QUERY = (
    "select delivery_month, wlz_uitvoerder, part, expected_eur, available_ratio, "
    "nullif(lower_80_eur, 24000) as lower_80_eur "  # numbers and nothing in one column
    "from marts.utilisation_uitvoerder where scenario = 'letter' order by wlz_uitvoerder, part"
)
COLUMNS = ["delivery_month", "wlz_uitvoerder", "part", "expected_eur", "available_ratio", "lower_80_eur"]
ANSWER = [
    ("2018-05-01", name, part, amount * number, ratio, None if amount * number == 24_000 else amount * number)
    for name, number in (("De Friesland", 1), ("Landelijk", 2), ("Menzis", 1))
    for part, amount, ratio in (("pgb", 1_000.0, 1 / 3), ("zin", 24_000.0, 0.04))
]


def as_answer(rows: list[dict[str, object]]) -> list[tuple[object, ...]]:
    """Rows of any format with text, numbers and nothing alike."""
    numbers = {"expected_eur", "available_ratio", "lower_80_eur"}
    return [
        tuple(
            None if value in (None, "") else round(float(str(value)), 9) if name in numbers else str(value)
            for name, value in row.items()
        )
        for row in rows
    ]


def read_sheet(path: Path) -> list[dict[str, object]]:
    """Rows of the first sheet of a workbook, dates as YYYY-MM-DD."""
    space = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(path) as book:
        shared = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        texts = ["".join(item.itertext()) for item in shared.findall("m:si", space)]
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    table: list[list[object]] = []
    for row in sheet.findall(".//m:row", space):
        values: list[object] = [None] * len(COLUMNS)
        for cell in row.findall("m:c", space):
            value = cell.findtext("m:v", None, space)
            column = ord(cell.attrib["r"][0]) - ord("A")
            values[column] = texts[int(value)] if cell.attrib.get("t") == "s" and value is not None else value
        table.append(values)
    header, *rows = table
    named = [dict(zip(map(str, header), row, strict=True)) for row in rows]
    day_zero = pl.date(1899, 12, 30)
    for row in named:
        days = int(float(str(row["delivery_month"])))
        row["delivery_month"] = pl.select(day_zero + pl.duration(days=days)).item()
    return named


def test_every_format_gives_the_same_answer(base_house: House, tmp_path: Path) -> None:
    expected = as_answer([dict(zip(COLUMNS, row, strict=True)) for row in ANSWER])
    printed = base_house.wlz("query", QUERY, "--format", "csv").stdout
    assert as_answer(list(csv.DictReader(io.StringIO(printed)))) == expected
    assert as_answer(json.loads(base_house.wlz("query", QUERY, "--format", "json").stdout)) == expected
    for shape in ("csv", "json", "parquet", "xlsx"):
        out = tmp_path / f"answer.{shape}"
        assert base_house.wlz("query", QUERY, "--format", shape, "--out", str(out)).exit_code == 0
        assert out.stat().st_size > 0
    assert as_answer(pl.read_parquet(tmp_path / "answer.parquet").to_dicts()) == expected
    assert as_answer(read_sheet(tmp_path / "answer.xlsx")) == expected
    assert (tmp_path / "answer.csv").read_text(encoding="utf-8") == printed
    table = base_house.wlz("query", QUERY).stdout
    assert "De Friesland" in table
    assert table.splitlines()[-1] == "6 rows"


@pytest.mark.parametrize(
    "sql",
    [
        "delete from marts.zin_uitvoerder",
        "insert into marts.example_queries values ('a', 'b', 'c')",
        "create table marts.mine (a int)",
        "drop table marts.zin_uitvoerder",
        "update marts.zin_uitvoerder set budget_eur = 0",
        "copy marts.zin_uitvoerder to 'stolen.csv'",
        "attach 'other.duckdb'",
        "install httpfs",
        "set threads = 1",
        "select 1; select 2",
        "select * from read_csv('pyproject.toml')",
        "select * from marts.no_such_mart",
        "selekt 1",
        "",
    ],
)
def test_a_query_that_does_more_than_read_is_refused(base_house: House, sql: str) -> None:
    content = base_house.database.stat()
    result = base_house.wlz("query", sql)
    assert result.exit_code == 2
    assert "the query did not run: " in result.stderr
    assert result.stdout == ""
    after = base_house.database.stat()
    assert (after.st_size, after.st_mtime_ns) == (content.st_size, content.st_mtime_ns)


def test_the_examples_in_the_database_run(base_house: House) -> None:
    examples = base_house.query("select query_name, sql_text from marts.example_queries")
    assert len(examples) >= 5
    for name, sql in examples:
        answer = base_house.wlz("query", sql, "--format", "csv")
        assert answer.exit_code == 0, name
        rows = answer.stdout.splitlines()
        assert len(rows) == len(set(rows)), f"{name} says the same once per scenario"
    [largest] = [sql for name, sql in examples if name == "largest_prestaties"]
    assert {row[-1] for row in base_house.query(largest, None)} == {12_000.0}  # of one year and one scenario


# --- Wrong use ----------------------------------------------------------------------------------------------------


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command, also those below a group, and the group itself."""
    yield path
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


@pytest.mark.parametrize("path", sorted(commands(main)), ids=lambda path: " ".join(("wlz", *path)))
def test_every_help_has_an_example(path: tuple[str, ...]) -> None:
    result = invoke(*path, "--help")
    assert result.exit_code == 0
    example = " ".join(("Example: wlz", *path))
    assert example in " ".join(result.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["publish"], "No such command 'publish'"),
        (["run"], "Missing option '--delivery-month'"),
        (["run", "--delivery-month", "mei 2018"], "expected a month as YYYY-MM, such as 2018-05; found 'mei 2018'"),
        (["run", "--delivery-month", "2018-13"], "expected a month as YYYY-MM"),
        (["run", "--delivery-month", "2016-12", "--data", "EMPTY"], "2016-12 lies before the first, 2017-01"),
        (["run", "--delivery-month", "2018-05", "--data", "EMPTY"], "no landing zone"),
        (["run", "--delivery-month", "2018-05", "--deliveries", "EMPTY"], "does not exist"),
        (["run", "--delivery-month", "2018-05", "--scenario", "dream"], "'dream'"),
        (["tables", "--data", "EMPTY"], "no published database"),
        (["query", "select 1", "--data", "EMPTY"], "no published database"),
        (["query", "select 1", "--format", "parquet", "--data", "EMPTY"], "--format parquet needs --out FILE"),
        (["query", "select 1", "--format", "xml", "--data", "EMPTY"], "'xml'"),
        (["query"], "Missing argument 'SQL'"),
        (["explain", "no_such_table"], "no table 'no_such_table'; there are"),
        (["explain", "Z053/CZ", "--data", "EMPTY"], "no published database"),
        (["simulate", "--out", "EMPTY", "--scale", "huge"], "huge"),
        (["simulate", "--out", "EMPTY", "--scale", "small", "--defect", "rain"], "rain"),
        (["simulate", "--out", "EMPTY", "--seed", "-1"], "-1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_use_ends_with_2_and_says_why(tmp_path: Path, arguments: list[str], words: str) -> None:
    empty = tmp_path / "empty"
    result = invoke(*(str(empty) if argument == "EMPTY" else argument for argument in arguments))
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.split())
    assert result.stdout == ""
    assert not empty.exists()


def test_a_series_that_is_not_published_is_wrong_use(base_house: House) -> None:
    result = base_house.wlz("explain", "Z999/Menzis")
    assert result.exit_code == 2
    assert "no series Z999/Menzis in the latest advice" in result.stderr
    assert "10.00" in base_house.wlz("explain", "Z025/Menzis").stdout


@pytest.mark.parametrize("shape", ["csv", "json", "parquet", "xlsx"])
def test_a_file_that_cannot_be_written_is_wrong_use(base_house: House, tmp_path: Path, shape: str) -> None:
    out = tmp_path / "no such folder" / f"answer.{shape}"
    result = base_house.wlz("query", "select 1 as one", "--format", shape, "--out", str(out))
    assert result.exit_code == 2
    assert str(out.parent) in result.stderr
