"""A mart has one SELECT, in a file or from its contract; what it reads is published, and what repeats stands once."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from warehouse import duck, registry
from warehouse.duck import QueryError
from warehouse.mart_sql import FOLDER, mart_sql, staged_sql, tables_read
from warehouse.publish import attach_lake, publish_marts
from warehouse.store import Store

MARTS = {name: table for name, table in registry.marts().items() if name != "example_queries"}
SQL_FILES = sorted(FOLDER.parent.rglob("*.sql"))
ROOM = (
    "utilisation_national", "utilisation_uitvoerder", "zin_uitvoerder", "zin_region", "pgb_uitvoerder", "pgb_region",
)  # fmt: skip


def test_a_mart_has_a_file_or_copies_a_table():
    files = {path.stem for path in FOLDER.glob("*.sql")}
    assert files == {name for name, table in MARTS.items() if not table.copies}
    assert sum(table.copies is not None for table in MARTS.values()) >= 16


@pytest.mark.parametrize("name", [name for name, table in MARTS.items() if table.copies])
def test_a_copy_has_all_columns_of_its_table(name):
    lake, sql = registry.lake()[MARTS[name].copies], mart_sql(name)
    assert MARTS[name].column_names == lake.column_names
    assert set(MARTS[name].key) == {*lake.key, "delivery_month"}
    assert sql.startswith(f"-- Grain: {lake.grain}.")
    assert sql.endswith(f"from lake.{lake.name}\n")


def test_what_marts_read_is_published_and_nothing_else():
    read = {table for name in MARTS for table in tables_read(name)}
    assert read == {name for name, table in registry.lake().items() if table.published}


def test_a_mart_rebuilt_whole_reads_all_months_and_no_other_does():
    spanned = {name for name, table in registry.lake().items() if table.spans_months}
    for name, table in MARTS.items():
        found = set(tables_read(name)) & spanned
        assert found == (set(tables_read(name)) if table.rebuilt_whole else set()), name


def test_tables_behind_a_staged_view_are_found():
    assert "lake." not in mart_sql("zin_uitvoerder")
    assert tables_read("zin_uitvoerder") == ["forecast_bounds", "utilisation"]
    assert duck.tables_of("with a as (select 1 as b) select * from a join lake.c on true") == [("lake", "c")]
    with pytest.raises(QueryError, match="syntax error"):
        duck.tables_of("select from where")


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_select_says_its_grain_or_question_and_has_no_long_lines(path: Path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("-- Question: " if path.parent.name == "queries" else "-- Grain: ")
    assert [line for line in lines if len(line) > 120] == []


@pytest.mark.parametrize("name", ROOM)
def test_a_mart_of_the_room_reads_in_one_breath(name):
    sql = mart_sql(name)
    assert "from staged.utilisation_with_bounds" in sql
    assert "join" not in sql
    assert sql.count("\n") <= 10


def test_staged_views_are_never_published(tmp_path):
    database = tmp_path / "wlz.duckdb"
    publish_marts(Store(tmp_path / "lake"), database, date(2018, 5, 1))
    with duckdb.connect(str(database), read_only=True) as connection:
        views = connection.execute("select view_name from duckdb_views() where not internal").fetchall()
        schemas = connection.execute(
            "select distinct schema_name from duckdb_tables() where database_name = 'wlz'"
        ).fetchall()
    assert {name for (name,) in views} == set(registry.marts())
    assert schemas == [("stored",)]
    assert set(staged_sql()) & set(MARTS) == set()


def test_a_staged_view_has_one_row_per_row_of_its_table(tmp_path):
    """Without bounds, as in a year that is over, the expectation stays and the bounds are empty."""
    with duckdb.connect() as connection:
        attach_lake(connection, Store(tmp_path / "lake"), date(2018, 5, 1))
        connection.execute(
            "insert into lake.utilisation (scenario, level, wlz_uitvoerder, zorgkantoorregio, part, expected_eur) "
            "values ('letter', 'national', 'Landelijk', 'Landelijk', 'zin', 12.5)"
        )
        found = connection.execute("select expected_eur, lower_80_eur from staged.utilisation_with_bounds").fetchall()
    assert [(str(expected), lower) for expected, lower in found] == [("12.50", None)]
