"""Delivered files of claims for the landing zone: a good one, one with another cell, and what refuses it."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from warehouse.contract import Table
from warehouse.landing import read_delivery
from warehouse.settings import load_delivery_format
from warehouse.tables.deliveries import DECLARATIES
from warehouse.values import DeliveryFormat
from wlz.words.faults import DeliveryRefused, Fault

DECLARED = load_delivery_format()
HEADER = "aanleverdatum;zorgkantoorcode;agb_code;prestatiecode;zorgmaand;eenheid;aantal;bedrag"
ROW = "2018-05-02;5501;12345678;Z025;2017-12;14;10,5;-100,25"
GOOD = (date(2018, 5, 2), "5501", "12345678", "Z025", date(2017, 12, 1), "14", 10.5, Decimal("-100.25"))


def put(folder: Path, content: str | bytes, name: str = "declaraties.csv") -> Path:
    """A delivered file in the folder of May 2018."""
    path = folder / "2018-05" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def read(
    folder: Path,
    content: str | bytes,
    *,
    table: Table = DECLARATIES,
    name: str | None = None,
    declared: DeliveryFormat = DECLARED,
) -> pl.DataFrame:
    return read_delivery(put(folder, content, name or f"{table.name}.csv"), table, declared)


def refuse(*arguments: object, **named: object) -> list[Fault]:
    """The faults of a delivery that must be refused."""
    with pytest.raises(DeliveryRefused) as refused:
        read(*arguments, **named)  # type: ignore[arg-type]
    return refused.value.faults


def with_cell(column: str, value: str) -> str:
    """A good delivery with this cell in its second row, line 3 of the file."""
    cells = dict(zip(HEADER.split(";"), ROW.split(";"), strict=True)) | {column: value}
    return "\n".join([HEADER, ROW, ";".join(cells.values()), ROW, ""])
