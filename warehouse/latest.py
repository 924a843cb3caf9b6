"""The views people read, over the stored marts: with the newest month and the headline marked, or nothing but those.

Schema ``stored`` holds the rows. Schema ``marts`` is every mart with ``is_latest`` and ``is_headline``, computed when
it is read: what is newest changes with every month, and no row is written for it. Schema ``latest`` has of every mart
the newest month in the headline scenario. Which month is newest is decided in ``withdrawals.py``.
"""

import duckdb

from warehouse import duck, registry
from warehouse.columns import common
from warehouse.contract import Column, Table
from warehouse.tables.vintages import HEADLINE
from warehouse.withdrawals import newest_month_sql

STORED, MARTS, LATEST = "stored", "marts", "latest"


def stored_columns(*left_out: str) -> str:
    """For a SELECT: every column of a mart that is stored, whatever release published it, but those left out."""
    names = ", ".join(f"'{name}'" for name in (common.IS_LATEST.name, common.IS_HEADLINE.name, *left_out))
    return f"COLUMNS(lambda name: name NOT IN ({names}))"


def flags_of(table: Table) -> tuple[Column, ...]:
    """The columns a mart has when it is read and that nobody stores: those of months, and of scenarios."""
    if "delivery_month" not in table.column_names:
        return ()
    return (common.IS_LATEST, common.IS_HEADLINE) if "scenario" in table.column_names else (common.IS_LATEST,)


def create_schemas(connection: duckdb.DuckDBPyConnection) -> None:
    """The three schemas of the attached database ``wlz``, where they are not there yet."""
    for schema in (STORED, MARTS, LATEST):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS wlz.{schema}")


def create_views(connection: duckdb.DuckDBPyConnection) -> None:
    """Every view of the attached database ``wlz`` anew, with comments from the contracts, within a transaction.

    The SELECTs name no database, so that they hold under whatever name the file is attached.
    """
    connection.execute("USE wlz")
    for table in registry.marts().values():
        connection.execute(f"CREATE OR REPLACE VIEW {MARTS}.{table.name} AS {_with_flags(table)}")
        connection.execute(f"CREATE OR REPLACE VIEW {LATEST}.{table.name} AS {_newest_only(table)}")
        duck.comment_on(connection, "VIEW", MARTS, table, flags_of(table))
        duck.comment_on(connection, "VIEW", LATEST, table)
    connection.execute("USE memory")


def _with_flags(table: Table) -> str:
    columns = ", ".join(f'mart."{name}"' for name in table.column_names)
    flags = flags_of(table)
    if common.IS_LATEST in flags:
        columns += f", mart.delivery_month = ({newest_month_sql(STORED)}) AS {common.IS_LATEST.name}"
    if common.IS_HEADLINE in flags and table.of_one_scenario:
        columns += f", true AS {common.IS_HEADLINE.name}"
    elif common.IS_HEADLINE in flags:
        shown = f"SELECT delivery_month, scenario FROM {STORED}.{HEADLINE.name}"
        columns += f", (mart.delivery_month, mart.scenario) IN ({shown}) AS {common.IS_HEADLINE.name}"
    return f"SELECT {columns} FROM {STORED}.{table.name} AS mart"


def _newest_only(table: Table) -> str:
    columns = ", ".join(f'"{name}"' for name in table.column_names)
    conditions = " AND ".join(flag.name for flag in flags_of(table))
    return f"SELECT {columns} FROM {MARTS}.{table.name}" + (f" WHERE {conditions}" if conditions else "")
