"""Invented rows for every table of the lake that the marts read."""

from datetime import date, datetime
from decimal import Decimal

import polars as pl

from warehouse import registry
from warehouse.contract import Column, Table
from warehouse.store import Store

PUBLISHED = [table for table in registry.lake().values() if table.published]


def value(column: Column, month: date, number: int) -> object:
    """A value the contract allows; ``number`` tells rows apart."""
    if column.name == "delivery_month":
        return month
    if column.allowed is not None:
        return column.allowed[0]
    if column.unit == "month":
        return date(2017, number % 12 + 1, 1)
    by_type: dict[object, object] = {
        pl.String: "letter" if column.name == "scenario" else f"{column.name} {number}",
        pl.Date: date(2018, 1, 1),
        pl.Datetime: datetime(2018, 5, 29, 0, number),
        pl.Boolean: True,
        pl.Float64: (0.5 + number) / 10,  # a share below 1 for as many rows as are made here
        pl.Decimal: Decimal(number),
    }
    whole = 2018 if column.unit == "year" else 60
    return by_type.get(column.dtype.base_type(), whole)


def rows(table: Table, month: date, count: int = 1) -> pl.DataFrame:
    """Invented rows of a lake table; one where a month has one row."""
    count = 1 if table.key == ("delivery_month",) else count
    made = [[value(column, month, number) for column in table.columns] for number in range(count)]
    frame = pl.DataFrame(made, schema=table.schema, orient="row")
    if table.key == ("scenario", "trust"):  # a key of a few words
        return frame.with_columns(pl.Series("trust", (table.column("trust").allowed or ())[:count]))
    return frame


def fill(store: Store, month: date, count: int = 1) -> Store:
    """Every table of the lake that the marts read."""
    for table in PUBLISHED:
        store.write(table, rows(table, month, count), month)
    return store
