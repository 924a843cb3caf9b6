"""Reading the published marts for people: one delivery month, one scenario."""

from datetime import date
from pathlib import Path

import polars as pl

from warehouse.duck import run_query
from warehouse.latest import stored_columns


def read_marts(
    database: Path, names: tuple[str, ...], delivery_month: date, scenario: str = "letter"
) -> dict[str, pl.DataFrame]:
    """Mart name → its rows of one advice, read-only."""
    condition = f"delivery_month = DATE '{delivery_month}' AND scenario = '{scenario}'"
    columns = stored_columns()
    return {name: run_query(database, f"SELECT {columns} FROM marts.{name} WHERE {condition}") for name in names}
