"""A published database in the layout of before there were views: every mart a table of schema marts."""

import duckdb


def lay_out_as_before(connection: duckdb.DuckDBPyConnection, *without: str) -> None:
    """Takes the views out and puts the stored rows where they were; marts in ``without`` were not there yet."""
    names = connection.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'stored'").fetchall()
    connection.execute("DROP SCHEMA latest CASCADE")
    connection.execute("DROP SCHEMA marts CASCADE")
    connection.execute("CREATE SCHEMA marts")
    for (name,) in names:
        if name not in without:
            connection.execute(f"CREATE TABLE marts.{name} AS SELECT * FROM stored.{name}")
    connection.execute("DROP SCHEMA stored CASCADE")
