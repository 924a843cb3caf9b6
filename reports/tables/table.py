"""A table as data: columns with their unit, rows with unrounded values, cells that may not be shown.

Everything that shows a table (page, CSV, workbook, terminal) starts from this, so that they cannot differ. Rounding
happens when a cell is printed; the value behind it stays whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from reports.language import Language
from wlz.words.vocabulary import NATION


class Suppressed(Enum):
    """A cell that rests on too few providers or holders, or would give such a cell away: shown as x, never as 0."""

    CELL = "x"


SUPPRESSED = Suppressed.CELL
Value = Decimal | float | int | str | date | Suppressed | None


@dataclass(frozen=True)
class Column:
    """A column: key of its value, header, unit and decimals as printed, the mart and column its values come from.

    ``unit`` is how it prints: mln (euro in millions), eur, percent (of a ratio), price (euro per unit), number, text,
    month or day.
    """

    key: str
    label: str
    unit: str
    decimals: int = 0
    source: str = ""

    @property
    def is_number(self) -> bool:
        """Whether its cells are numbers: set flush right, and stored as numbers in a workbook."""
        return self.unit not in ("text", "month", "day")


@dataclass(frozen=True)
class Table:
    """A table ready to be shown. ``identity`` names its file and its place on a page; ``total`` is the bold row."""

    identity: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Value]]
    note: str = ""
    source: str = ""
    total: str | None = None
    links: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not self.rows

    @property
    def has_suppressed(self) -> bool:
        """Whether a cell is not shown, which the page then explains."""
        return any(value is SUPPRESSED for row in self.rows for value in row.values())

    def is_total(self, row: Mapping[str, Value]) -> bool:
        """Whether the row is the total."""
        return self.total is not None and row[self.columns[0].key] == self.total


def print_cell(value: Any, column: Column, language: Language) -> str:
    """A cell as people read it; a dash for nothing, an x for what may not be shown.

    >>> print_cell(Decimal("-177613321.71"), Column("room", "Ruimte", "mln"), load_language("nl"))  # doctest: +SKIP
    '-178'
    """
    if value is SUPPRESSED:
        return Suppressed.CELL.value
    if value is None:
        return language.number(None)
    if column.unit == "mln":
        return language.millions(value, column.decimals)
    if column.unit == "percent":
        return language.percent(value, column.decimals)
    if column.unit == "month":
        return language.month(value)
    if column.unit == "day":
        return language.day(value)
    if column.unit == "text":
        return name_place(str(value), language)
    return language.number(value, column.decimals)


def name_place(text: str, language: Language) -> str:
    """The nation in the words of the language; every other text as it is."""
    return language.say("common.national") if text == NATION else text


def header(column: Column, language: Language) -> str:
    """The header with its unit: 'Beschikbare ruimte (€ mln)'."""
    unit = language.say(f"tables.unit_{column.unit}")
    return f"{column.label} ({unit})" if unit else column.label
