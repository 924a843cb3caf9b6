"""The few DuckDB functions: connections with our settings, types and DDL from contracts. The only duckdb import."""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from warehouse.contract import Column, Table
from warehouse.store import remove_leftovers
from wlz.words.faults import Spoken

# Clients up to DuckDB 1.5 read this; the default of 2.0 they cannot.
STORAGE_VERSION = "v1.2.0"


class QueryError(Spoken):
    """A query could not run. The message is DuckDB's own, without its trace."""


@contextmanager
def connect_reader(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to the published database: no writing, no other files, no progress bar."""
    with duckdb.connect(str(path), read_only=True) as connection:
        try:
            connection.execute("SET enable_progress_bar = false")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
        except duckdb.InvalidInputException as error:
            if "locked" not in str(error):  # another reader of this process has set and locked the same
                raise
        yield connection


@contextmanager
def connect_writer(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that may write ``path`` (attached as ``wlz``), in a format that older clients can read."""
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"ATTACH '{_quoted(path)}' AS wlz (STORAGE_VERSION '{STORAGE_VERSION}')")
        yield connection
        connection.execute("DETACH wlz")  # not after an error: a broken transaction would hide what went wrong


@contextmanager
def connect_beside(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a copy of the database, renamed over it when the block ends well; a new one without any.

    Raises OSError when there is no room or the folder cannot be written; the file is then as it was.
    """
    remove_leftovers(database)
    beside = database.with_name(f".{database.name}.{os.getpid()}.next")
    try:
        if database.exists():
            shutil.copyfile(database, beside)
        with connect_writer(beside) as connection:
            yield connection
        os.replace(beside, database)
    except (duckdb.IOException, duckdb.TransactionException) as error:  # a full disk may show when it commits
        raise OSError(str(error).splitlines()[0].replace(beside.name, database.name)) from None
    finally:
        for leftover in (beside, beside.with_name(beside.name + ".wal")):
            leftover.unlink(missing_ok=True)


def run_query(path: Path, sql: str) -> pl.DataFrame:
    """Rows of one read-only query on the published database. Raises QueryError with the database's own words."""
    try:
        with connect_reader(path) as connection:
            return connection.sql(sql).pl() if _returns_rows(connection, sql) else pl.DataFrame()
    except duckdb.Error as error:
        raise QueryError(" ".join(line.strip() for line in str(error).splitlines()[:3] if line.strip())) from None
    except pl.exceptions.PolarsError as error:
        cause = str(error).splitlines()[0]
        raise QueryError(
            f"a column has a type that cannot be shown ({cause}); cast it, for example to VARCHAR"
        ) from None


def _returns_rows(connection: duckdb.DuckDBPyConnection, sql: str) -> bool:
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise QueryError(f"expected one statement, found {len(statements)}")
    allowed = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN, duckdb.StatementType.PRAGMA}
    if statements[0].type not in allowed:
        raise QueryError(f"this database is read-only: expected a SELECT, found {statements[0].type.name}")
    return True


def duck_type(dtype: pl.DataType) -> str:
    """The DuckDB type of a contract type. Raises KeyError for a type no contract may use.

    >>> duck_type(pl.Decimal(18, 2))
    'DECIMAL(18,2)'
    """
    if isinstance(dtype, pl.Decimal):
        return f"DECIMAL({dtype.precision},{dtype.scale})"
    names: dict[Any, str] = {
        pl.Date: "DATE",
        pl.Int32: "INTEGER",
        pl.Int64: "BIGINT",
        pl.Float64: "DOUBLE",
        pl.String: "VARCHAR",
        pl.Boolean: "BOOLEAN",
        pl.Datetime: "TIMESTAMP",
    }
    return names[dtype.base_type()]


def create_table(connection: duckdb.DuckDBPyConnection, schema: str, table: Table) -> None:
    """An empty table as the contract says. An existing one stays."""
    columns = ", ".join(f'"{column.name}" {duck_type(column.dtype)}' for column in table.columns)
    connection.execute(f"CREATE TABLE IF NOT EXISTS {schema}.{table.name} ({columns})")


def comment_on(
    connection: duckdb.DuckDBPyConnection, kind: str, schema: str, table: Table, more: Sequence[Column] = ()
) -> None:
    """Comments of a TABLE or VIEW and its columns, from the contract; ``more`` are columns it has beside those."""
    about = f"{table.description} Grain: {table.grain}."
    if table.letter:
        about += f" Letter: {table.letter}."
    connection.execute(f"COMMENT ON {kind} {schema}.{table.name} IS '{_escaped(about)}'")
    for column in (*table.columns, *more):
        text = f"{column.label_nl}. {column.description} Unit: {column.unit}."
        connection.execute(f"COMMENT ON COLUMN {schema}.{table.name}.\"{column.name}\" IS '{_escaped(text)}'")


def described_columns(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, str]:
    """Column name → DuckDB type of a query, without running it."""
    return {row[0]: row[1] for row in connection.execute(f"DESCRIBE {query}").fetchall()}


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """One connection for parsing: opening one takes longer than all that is parsed."""
    return duckdb.connect(":memory:")


def tables_of(query: str) -> list[tuple[str, str]]:
    """Schema and name of every table or view a SELECT reads, its own CTEs left out. Nothing is run or looked up.

    Raises QueryError for what is no SELECT.
    """
    found = _parser().execute("SELECT json_serialize_sql(?::VARCHAR)", [query]).fetchone()
    parsed = json.loads(found[0]) if found else {}
    if parsed.get("error"):
        raise QueryError(parsed["error_message"])
    nodes, read = [parsed], []
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            if node.get("type") == "BASE_TABLE" and node["schema_name"]:
                read.append((node["schema_name"], node["table_name"]))
            nodes += node.values()
        elif isinstance(node, list):
            nodes += node
    return read


def _escaped(text: str) -> str:
    return text.replace("'", "''")


def _quoted(path: Path) -> str:
    return _escaped(str(path))
