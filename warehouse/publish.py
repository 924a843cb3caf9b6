"""Publishing: the marts of one delivery month into a fresh copy of the database, renamed over the old one.

Analysts with the file open keep what they had; new ones see the new file; a crash leaves the old file whole.
Nothing is computed here: every mart is one SELECT over lake tables (``mart_sql.py``).
"""

import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from warehouse import duck, registry
from warehouse.contract import ContractError, Table
from warehouse.latest import STORED, create_schemas, create_views
from warehouse.mart_sql import mart_sql, staged_sql
from warehouse.store import Store
from warehouse.tables.marts import EXAMPLE_QUERIES
from warehouse.tables.vintages import ADVICE_WITHDRAWALS
from warehouse.upgrade import follow_contracts, published_columns

_FOLDER = Path(__file__).parent
_OF_THE_CODE = ("code_version", "inputs_hash")


def publish_marts(store: Store, database: Path, delivery_month: date) -> dict[str, int]:
    """Replace the rows of this delivery month in every mart; returns rows per mart.

    Raises ContractError when a mart does not follow its contract, OSError when there is no room; in both cases the
    published file is as it was.
    """
    database.parent.mkdir(parents=True, exist_ok=True)
    with duck.connect_beside(database) as connection:
        return _fill(connection, store, delivery_month)


def publish_withdrawals(store: Store, database: Path) -> None:
    """Say at once which advices are withdrawn: the mart of them anew from the lake, every other row as it is.

    Raises OSError when there is no room; the published file is then as it was. There must be one.
    """
    with duck.connect_beside(database) as connection:
        attach_lake(connection, store, date.min)
        connection.execute("BEGIN TRANSACTION")
        follow_contracts(connection)
        _replace_rows(connection, registry.marts()[ADVICE_WITHDRAWALS.name], date.min)
        create_views(connection)
        connection.execute("COMMIT")
        connection.execute("CHECKPOINT wlz")


def _fill(connection: duckdb.DuckDBPyConnection, store: Store, delivery_month: date) -> dict[str, int]:
    create_schemas(connection)
    attach_lake(connection, store, delivery_month)
    connection.execute("BEGIN TRANSACTION")
    follow_contracts(connection)
    for table in registry.marts().values():
        if table is EXAMPLE_QUERIES:
            _fill_examples(connection)
        else:
            _replace_rows(connection, table, delivery_month)
    create_views(connection)
    connection.execute("COMMIT")
    connection.execute("CHECKPOINT wlz")
    return {name: _count(connection, name) for name in registry.marts()}


def _count(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    found = connection.execute(f"SELECT count(*) FROM wlz.{STORED}.{name}").fetchone()
    return int(found[0]) if found else 0


def attach_lake(connection: duckdb.DuckDBPyConnection, store: Store, delivery_month: date) -> None:
    """What a mart's SELECT reads: ``lake.<table>``, this month or all months of it, empty without any; ``staged.*``."""
    connection.execute("ATTACH ':memory:' AS lake")
    for table in (table for table in registry.lake().values() if table.published):
        months = [month for month in store.months(table) if table.spans_months or month == delivery_month]
        if months:
            _view_partitions(connection, table, [store.path(table, month) for month in months])
        else:
            duck.create_table(connection, "lake.main", table)
    connection.execute("ATTACH ':memory:' AS staged")
    for name, sql in staged_sql().items():
        connection.execute(f"CREATE VIEW staged.{name} AS {sql}")


def _view_partitions(connection: duckdb.DuckDBPyConnection, table: Table, files: Sequence[Path]) -> None:
    """Partitions as one view, in the order of the contract; columns that came into it since, and may be empty, are."""
    source = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
    rows = f"SELECT * FROM read_parquet([{source}], hive_partitioning = false, union_by_name = true)"
    found = duck.described_columns(connection, rows)
    added = [one for one in table.columns if one.name in table.nullable and one.name not in found]
    if added or list(found) != table.column_names:
        columns = ", ".join(
            f'NULL::{duck.duck_type(one.dtype)} AS "{one.name}"' if one in added else f'"{one.name}"'
            for one in table.columns
            if one in added or one.name in found
        )
        rows = f"SELECT {columns} FROM ({rows})"
    connection.execute(f"CREATE VIEW lake.{table.name} AS {rows}")


def check_mart(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Does the SELECT give the contract's columns, in order and type? Raises ContractError with the difference."""
    found = duck.described_columns(connection, mart_sql(table.name))
    expected = {column.name: duck.duck_type(column.dtype) for column in table.columns}
    if found != expected or list(found) != list(expected):
        wrong = [
            f"{name}: expected {expected.get(name)}, found {found.get(name)}"
            for name in {**expected, **found}
            if expected.get(name) != found.get(name)
        ]
        raise ContractError(
            f"mart {table.name}: {'; '.join(wrong) or 'columns in another order'}. Mend marts/{table.name}.sql"
        )


def _replace_rows(connection: duckdb.DuckDBPyConnection, table: Table, delivery_month: date) -> None:
    check_mart(connection, table)
    target = f"wlz.{STORED}.{table.name}"
    condition = "" if table.rebuilt_whole else f"WHERE delivery_month = DATE '{delivery_month}'"
    connection.execute(f"DELETE FROM {target} {condition}")
    order = ", ".join(table.key)
    connection.execute(f"INSERT INTO {target} BY NAME SELECT * FROM ({mart_sql(table.name)}) ORDER BY {order}")
    if table.keep_vintages is not None:
        connection.execute(
            f"DELETE FROM {target} WHERE delivery_month NOT IN "
            f"(SELECT DISTINCT delivery_month FROM {target} ORDER BY delivery_month DESC LIMIT {table.keep_vintages})"
        )


def example_queries() -> list[tuple[str, str, str]]:
    """Name, question and SQL of every file in ``warehouse/queries``."""
    found = []
    for path in sorted((_FOLDER / "queries").glob("*.sql")):
        first, _, sql = path.read_text(encoding="utf-8").partition("\n")
        found.append((path.stem, first.removeprefix("-- Question: "), sql))
    return found


def _fill_examples(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"DELETE FROM wlz.{STORED}.{EXAMPLE_QUERIES.name}")
    connection.executemany(f"INSERT INTO wlz.{STORED}.{EXAMPLE_QUERIES.name} VALUES (?, ?, ?)", example_queries())


def list_marts(database: Path) -> pl.DataFrame:
    """Published marts: name, rows, delivery months and what they hold."""
    rows, published = [], published_columns(database)
    for table in (table for table in registry.marts().values() if table.name in published):
        months = "count(DISTINCT delivery_month)" if "delivery_month" in table.column_names else "NULL"
        counted = duck.run_query(
            database, f"SELECT count(*)::BIGINT AS n, ({months})::BIGINT AS m FROM marts.{table.name}"
        )
        rows.append((table.name, counted["n"][0], counted["m"][0], table.grain, table.letter or ""))
    return pl.DataFrame(rows, schema=["mart", "rows", "delivery_months", "grain", "letter"], orient="row")


def hash_marts(database: Path) -> pl.DataFrame:
    """SHA-256 over the sorted rows of every mart: the same figures from the same deliveries give the same hash.

    Left out is which code ran and when: time stamps, ``code_version``, ``inputs_hash`` and the input ``code``. Of a
    database that an earlier version published the columns that are there.
    """
    rows, published = [], published_columns(database)
    for table in (table for table in registry.marts().values() if table.name in published):
        there = [one for one in table.columns if one.name in published[table.name]]
        names = [one.name for one in there if one.unit != "timestamp" and one.name not in _OF_THE_CODE]
        columns = ", ".join(f'"{name}"' for name in names)
        condition = "WHERE input_name <> 'code'" if "input_name" in names else ""
        frame = duck.run_query(database, f"SELECT {columns} FROM marts.{table.name} {condition} ORDER BY ALL")
        rows.append((table.name, hashlib.sha256(frame.write_csv().encode()).hexdigest()))
    return pl.DataFrame(rows, schema=["mart", "sha256"], orient="row")


def published_months(database: Path) -> list[str]:
    """Delivery months of the published advices, '2018-05'; none without a database."""
    if not database.exists():
        return []
    found = duck.run_query(database, "SELECT DISTINCT delivery_month FROM marts.utilisation_national ORDER BY 1")
    return [f"{month:%Y-%m}" for month in found["delivery_month"]]


def published_inputs(database: Path, delivery_month: date) -> dict[str, tuple[str, str | None]]:
    """Input → version and content hash of the published advice of a month; empty when it is not published."""
    if not database.exists():
        return {}
    sql = "SELECT input_name, input_version, content_hash FROM marts.advice_provenance"
    rows = duck.run_query(database, f"{sql} WHERE delivery_month = DATE '{delivery_month}'").iter_rows()
    return {name: (version, content) for name, version, content in rows}
