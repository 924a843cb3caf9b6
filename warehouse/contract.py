"""Contracts: what data look like at rest. A column is described once, a table names the columns it holds.

Everything else follows from here: the parser of deliveries, the check on write, the comments in the database,
the column schema in Dagster, the base of the expectation suites, the data dictionary.
No rule about content belongs here (those are in ``expectations/``), and no path (those are in ``store.py``).
"""

from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from wlz.words.faults import Spoken
from wlz.words.vocabulary import MONEY as MONEY

# Unit → what a column name must contain, so that a reader of SQL sees the unit. None: no rule.
UNIT_MARK: dict[str, str | None] = {
    "eur": "_eur",
    "eur_per_unit": "_eur_per_unit",
    "ratio": "_ratio",
    "factor": "_factor",
    "count": "_count",
    "volume": "volume",
    "months": "_months",
    "percent": "_percentage",
    "date": None,
    "month": "month",
    "year": "year",
    "code": None,
    "number": None,
    "text": None,
    "flag": None,
    "timestamp": "_at",
}


class ContractError(Spoken, ValueError):
    """Data do not follow their contract. The message says table, column, expected, found and likely cause."""


@dataclass(frozen=True)
class Column:
    """One column, described once for the whole project.

    ``unit`` is a key of ``UNIT_MARK``. ``source_name`` is the header in the delivered file, if the column is
    delivered. ``allowed`` is the closed list of values, ``pattern`` a regular expression a text must match,
    ``minimum``/``maximum`` an inclusive range. ``largest``: no single delivered value lies further from 0; a table that
    adds values up may hold more. A ``month`` is a date on the first of the month. ``ahead_months``: how far after the
    delivery that told it a date, month or year may lie; 0: up to its day, less: over before it; None where that says
    nothing.
    """

    name: str
    dtype: pl.DataType
    unit: str
    description: str
    label_nl: str
    source_name: str | None = None
    allowed: tuple[str, ...] | None = None
    pattern: str | None = None
    minimum: float | date | None = None
    maximum: float | date | None = None
    largest: float | None = None
    ahead_months: int | None = None

    @property
    def reach(self) -> str:
        """The range in words, to be put after what is expected; empty without one."""
        low = -self.largest if self.minimum is None and self.largest is not None else self.minimum
        high = self.largest if self.maximum is None else self.maximum
        form = "" if self.dtype == pl.Date() or self.unit == "year" else ",.0f"
        if low is None or high is None:
            ends = (("at least", low), ("at most", high))
            return "".join(f", {word} {end:{form}}" for word, end in ends if end is not None)
        return f", from {low:{form}} to {high:{form}}"


@dataclass(frozen=True)
class Table:
    """A table: its grain, its ordered columns, its key. ``layer`` is delivery, lake or mart.

    ``letter`` names the table or figure of the advice of May 2018 a mart carries. ``keep_vintages`` is how many
    delivery months the published file keeps (None: all); a mart ``rebuilt_whole`` is replaced for all months at once.
    A lake table is ``published`` when a mart reads it, and ``spans_months`` when that mart reads all months of it:
    what a run says of other months then shows at once. A mart that ``copies`` a lake table needs no SELECT of its own.
    A delivery that ``may_be_empty`` is one also without rows: there was nothing of its kind. The years of one that
    ``is_settled`` are over when it is delivered.
    A table ``of_one_scenario`` says the same beside every scenario: it goes with whichever is shown first.
    """

    name: str
    stage: str
    layer: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    description: str
    nullable: frozenset[str] = field(default_factory=frozenset)
    known_issues: tuple[str, ...] = ()
    letter: str | None = None
    keep_vintages: int | None = None
    rebuilt_whole: bool = False
    published: bool = False
    spans_months: bool = False
    copies: str | None = None
    may_be_empty: bool = False
    is_settled: bool = False
    of_one_scenario: bool = False

    @property
    def column_names(self) -> list[str]:
        """Column names in contract order."""
        return [column.name for column in self.columns]

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Polars type per column, in contract order."""
        return {column.name: column.dtype for column in self.columns}

    def column(self, name: str) -> Column:
        """The column called ``name``. Raises ContractError when the table has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise ContractError(f"table {self.name} has no column {name}; it has {', '.join(self.column_names)}")

    def with_columns(self, *columns: Column, **changes: object) -> "Table":
        """The same table with columns added at the end; used by tests that change a contract."""
        return replace(self, columns=(*self.columns, *columns), **changes)  # type: ignore[arg-type]

    def empty(self) -> pl.DataFrame:
        """A frame without rows that follows the contract."""
        return pl.DataFrame(schema=self.schema)


def conform(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """The frame in the contract's columns, order and types; checked, never repaired.

    Grain and rows stay as they are. Floats become Decimal(18, 2) where the contract says money: half-even to the
    cent, once. Raises ContractError with table, column, expected and found when a column is missing or extra, a
    type cannot be reached without loss, a value is null, outside its range or list, or the key is not unique.

    >>> conform(frame_of_prices, PRICES)  # doctest: +SKIP
    """
    missing = [name for name in table.column_names if name not in frame.columns]
    extra = [name for name in frame.columns if name not in table.column_names]
    if missing or extra:
        raise ContractError(
            f"table {table.name}: expected columns {', '.join(table.column_names)}; "
            f"missing {', '.join(missing) or 'none'}, extra {', '.join(extra) or 'none'}. "
            f"Likely the stage {table.stage} and its contract were not changed together."
        )
    frame = frame.select(_cast(frame, column, table) for column in table.columns)
    for column in table.columns:
        _check_values(frame, column, table)
    _check_key(frame, table)
    return frame


def _cast(frame: pl.DataFrame, column: Column, table: Table) -> pl.Expr:
    found = frame.schema[column.name]
    expr = pl.col(column.name)
    if found == column.dtype:
        return expr
    if column.dtype == MONEY and found.is_float():
        return expr.round(2, mode="half_to_even").cast(MONEY)
    both_numeric = found.is_numeric() and column.dtype.is_numeric()
    if not (both_numeric or found == pl.Null or (found == pl.String and column.dtype == pl.Categorical)):
        raise ContractError(
            f"table {table.name}, column {column.name}: expected {column.dtype}, found {found}. "
            f"Likely the stage {table.stage} computes another thing than its contract says."
        )
    return expr.cast(column.dtype)


def _check_values(frame: pl.DataFrame, column: Column, table: Table) -> None:
    values = frame[column.name]
    where = f"table {table.name}, column {column.name}"
    if column.name not in table.nullable and values.null_count():
        first = _example(frame, values.is_null())
        raise ContractError(f"{where}: expected a value in every row, found {values.null_count()} empty. {first}")
    if column.allowed is not None:
        bad = values.is_not_null() & ~values.is_in(list(column.allowed))
        if bad.any():
            raise ContractError(f"{where}: expected one of {', '.join(column.allowed)}. {_example(frame, bad)}")
    if values.dtype.is_float():
        bad = values.is_nan() | values.is_infinite()
        if bad.any():
            raise ContractError(f"{where}: expected a finite number. {_example(frame, bad)}")
    for bound, bad in _out_of_range(values, column):
        if bad.any():
            raise ContractError(f"{where}: expected {bound}. {_example(frame, bad)}")
    if column.unit == "month" and values.dtype == pl.Date:
        bad = values.dt.day() != 1
        if bad.any():
            raise ContractError(f"{where}: expected the first day of a month. {_example(frame, bad)}")


def _out_of_range(values: pl.Series, column: Column) -> list[tuple[str, pl.Series]]:
    found = []
    if column.minimum is not None:
        found.append((f"at least {column.minimum}", values < column.minimum))
    if column.maximum is not None:
        found.append((f"at most {column.maximum}", values > column.maximum))
    return found


def _check_key(frame: pl.DataFrame, table: Table) -> None:
    if not table.key or frame.height < 2:
        return
    doubled = frame.select(table.key).is_duplicated()
    if doubled.any():
        raise ContractError(
            f"table {table.name}: expected one row per {' × '.join(table.key)}, found {doubled.sum()} rows that "
            f"share a key. {_example(frame.select(table.key), doubled)}"
        )


def _example(frame: pl.DataFrame, rows: pl.Series) -> str:
    return f"First: {frame.filter(rows.fill_null(False)).head(1).to_dicts()}"
