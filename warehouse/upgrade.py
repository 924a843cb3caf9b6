"""A database that an earlier version published, brought to today's contract where it lies; its rows stay as they are.

New columns are filled where they follow from what was published, else they are empty until the month is run again. The
lake needs no such thing: ``Store.read`` and ``attach_lake`` read what an earlier version wrote.
"""

from pathlib import Path

import duckdb

from warehouse import duck, registry
from warehouse.contract import Table
from warehouse.latest import MARTS, STORED, create_schemas, create_views, flags_of
from warehouse.published_headline import headline_before
from warehouse.tables.bounds import FORECAST_BOUNDS
from warehouse.tables.vintages import HEADLINE
from wlz.bounds.room import BOUNDS, ROOM_BOUNDS, room_at_bounds

# The kader of a place, which the mart of the bounds does not hold. Grain: month × scenario × part × place.
_KADER = " UNION ALL ".join(
    f"SELECT delivery_month, scenario, '{part}' AS part, wlz_uitvoerder, {region} AS zorgkantoorregio, budget_eur "
    f"FROM wlz.{STORED}.{part}_{level}"
    for part in ("zin", "pgb")
    for level, region in (("region", "zorgkantoorregio"), ("uitvoerder", "'Landelijk'"))
)
_BOUNDS_WITH_KADER = f"""
    SELECT bounds.rowid, kader.budget_eur, {", ".join(BOUNDS)}
    FROM wlz.{STORED}.forecast_bounds AS bounds
    JOIN ({_KADER}) AS kader USING (delivery_month, scenario, part, wlz_uitvoerder, zorgkantoorregio)
    WHERE bounds.period = 'year' AND bounds.level IN ('region', 'uitvoerder', 'national')
"""


def upgrade_database(database: Path) -> list[str]:
    """Marts of an earlier version that got today's columns, in a copy renamed over the file; none when all follow.

    Raises OSError when the folder cannot be written; the published file is then as it was.
    """
    behind = behind_contract(database)
    if not behind:
        return []
    with duck.connect_beside(database) as connection:
        connection.execute("BEGIN TRANSACTION")
        follow_contracts(connection)
        create_views(connection)
        connection.execute("COMMIT")
        connection.execute("CHECKPOINT wlz")
    return behind


def behind_contract(database: Path) -> list[str]:
    """Marts of a published database whose columns are not those of the contract, or that it does not have."""
    if not database.exists():
        return []
    found = published_columns(database)
    return [
        name
        for name, table in registry.marts().items()
        if found.get(name) != [*table.column_names, *(flag.name for flag in flags_of(table))]
    ]


def published_columns(database: Path) -> dict[str, list[str]]:
    """Columns of every published mart, in their order."""
    rows = duck.run_query(
        database,
        "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'marts' "
        "ORDER BY table_name, column_index",
    )
    return {str(name): part["column_name"].to_list() for (name,), part in rows.group_by("table_name")}


def follow_contracts(connection: duckdb.DuckDBPyConnection) -> None:
    """Every mart of the attached database ``wlz`` as today's contract says; one that is not there is made, empty."""
    create_schemas(connection)
    for table in registry.marts().values():
        _store_table(connection, table)
        _follow_contract(connection, table)
        duck.create_table(connection, f"wlz.{STORED}", table)
    for table in registry.marts().values():
        if set(ROOM_BOUNDS) <= set(table.column_names):
            _fill_room(connection, table)
    _name_headlines(connection)


def _store_table(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Rows of a mart that an earlier version published as a table, where views stand now, go to the stored ones."""
    if _is_table(connection, MARTS, table.name):
        connection.execute(f"CREATE TABLE wlz.{STORED}.{table.name} AS SELECT * FROM wlz.{MARTS}.{table.name}")
        connection.execute(f"DROP TABLE wlz.{MARTS}.{table.name}")


def _is_table(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> bool:
    sql = "SELECT count(*) FROM duckdb_tables() WHERE database_name = 'wlz' AND schema_name = ? AND table_name = ?"
    return connection.execute(sql, [schema, name]).fetchone() != (0,)


def _follow_contract(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Give a mart published under an earlier contract today's columns: shared ones keep their rows, new ones are empty.

    A column that left the contract leaves the mart.
    """
    if not _is_table(connection, STORED, table.name):
        return
    found = duck.described_columns(connection, f"SELECT * FROM wlz.{STORED}.{table.name}")
    expected = {column.name: duck.duck_type(column.dtype) for column in table.columns}
    if list(found.items()) == list(expected.items()):
        return
    connection.execute(f"ALTER TABLE wlz.{STORED}.{table.name} RENAME TO {table.name}_before")
    duck.create_table(connection, f"wlz.{STORED}", table)
    shared = ", ".join(f'"{name}"' for name in expected if name in found)
    stored = f"wlz.{STORED}.{table.name}"
    connection.execute(f"INSERT INTO {stored} BY NAME SELECT {shared} FROM {stored}_before")
    connection.execute(f"DROP TABLE wlz.{STORED}.{table.name}_before")


def _fill_room(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """The room of the kader at the bounds of the year, of rows published without it that have kader and bounds."""
    mart = f"wlz.{STORED}.{table.name}"
    rows = f"SELECT rowid, budget_eur, {', '.join(BOUNDS)} FROM {mart}"
    if table.name == FORECAST_BOUNDS.name:
        rows = _BOUNDS_WITH_KADER
    empty = f"SELECT rowid FROM {mart} WHERE {ROOM_BOUNDS[0]} IS NULL AND {BOUNDS[0]} IS NOT NULL"
    found = connection.sql(f"SELECT * FROM ({rows}) WHERE rowid IN ({empty})").pl()
    if found.is_empty():
        return
    connection.register("filled", found.with_columns(room_at_bounds("budget_eur")))
    values = ", ".join(f"{name} = filled.{name}" for name in ROOM_BOUNDS)
    connection.execute(f"UPDATE {mart} SET {values} FROM filled WHERE {table.name}.rowid = filled.rowid")
    connection.unregister("filled")


def _name_headlines(connection: duckdb.DuckDBPyConnection) -> None:
    """Which scenario was shown first, for months published before mart ``headline`` was."""
    advices = connection.sql(
        "SELECT delivery_month, budget_year, list(DISTINCT scenario ORDER BY scenario) "
        f"FROM wlz.{STORED}.utilisation_national ANTI JOIN wlz.{STORED}.{HEADLINE.name} USING (delivery_month) "
        "GROUP BY ALL"
    ).fetchall()
    for month, year, scenarios in advices:
        engines = connection.execute(
            f"SELECT scenario, any_value(engine) FROM wlz.{STORED}.volume_forecast WHERE delivery_month = ? GROUP BY 1",
            [month],
        ).fetchall()
        shown = headline_before(month, scenarios, dict(engines))
        columns = "(delivery_month, budget_year, scenario, engine, headline_reason)"
        sql = f"INSERT INTO wlz.{STORED}.{HEADLINE.name} {columns} VALUES (?, ?, ?, ?, ?)"
        connection.execute(sql, [month, year, *shown])
