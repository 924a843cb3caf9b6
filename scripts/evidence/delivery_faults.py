"""What may be wrong with a whole delivered file, planted in the file of any kind: for the grid of kinds and faults.

A fault is made from the contract of a kind alone, so a kind that comes later joins the grid by its table. Rows come in
and go out under their delivered headers; faults of the file itself are made in its bytes. Not here: what is said of it.
"""

import io
from collections.abc import Callable

import polars as pl

from warehouse.contract import MONEY, Column, Table
from warehouse.settings import load_delivery_format

Rows = pl.DataFrame
OF_THE_FILE = (
    "empty",
    "header only",
    "a third cut off",
    "last value cut",
    "columns renamed",
    "columns in another order",
)
TURNED = {"ja": "nee", "nee": "ja", "zin": "pgb", "pgb": "zin"}
ABSURD = 1_000.0
MINUTES = {"01": "04", "04": "01"}  # minutes and hours of COD218


def as_csv(rows: Rows) -> bytes:
    """Rows as the declared format writes them."""
    declared = load_delivery_format()
    text = io.BytesIO()
    numbers = [name for name, dtype in rows.schema.items() if dtype.is_float() or dtype.is_decimal()]
    as_text = [
        _decimal(pl.col(name), rows.schema[name]).str.replace(".", declared.decimal, literal=True) for name in numbers
    ]
    rows.with_columns(as_text).write_csv(text, separator=declared.separator)
    return text.getvalue()


def _decimal(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    return value.cast(pl.String) if dtype.is_decimal() else value.cast(pl.Decimal(38, 9)).cast(pl.String)


def spoil_file(fault: str, rows: Rows) -> bytes:
    """The bytes of the file with a fault of the file itself."""
    whole = as_csv(rows)
    lines = whole.splitlines(keepends=True)
    if fault == "empty":
        return b""
    if fault == "header only":
        return lines[0]
    if fault == "a third cut off":
        return b"".join(lines[: len(lines) - max(len(lines) // 3, 1)])
    if fault == "last value cut":
        return whole.rstrip()[:-1]
    if fault == "columns renamed":
        return as_csv(rows.rename({rows.columns[-1]: f"{rows.columns[-1]}_eur"}))
    return as_csv(rows.select(reversed(rows.columns)))


def _headers(table: Table, wanted: Callable[[Column], bool]) -> list[str]:
    return [column.source_name or column.name for column in table.columns if wanted(column)]


def amounts_of(table: Table) -> list[str]:
    """Headers of what is counted in euro; of a kind without euro those of its other numbers."""
    money = _headers(table, lambda one: one.dtype == MONEY or one.unit == "eur_per_unit")
    return money or _headers(table, lambda one: one.dtype.is_numeric() and one.unit != "year")


def _times(factor: float) -> Callable[[Rows, Table, Rows], Rows]:
    def change(rows: Rows, table: Table, before: Rows) -> Rows:
        return rows.with_columns(_scaled(name, rows.schema[name], factor) for name in amounts_of(table))

    return change


def _scaled(name: str, dtype: pl.DataType, factor: float) -> pl.Expr:
    scaled = pl.col(name).cast(pl.Float64) * factor
    return (scaled.round(2) if dtype.is_decimal() else scaled.round(0) if dtype.is_integer() else scaled).cast(dtype)


def _volumes(rows: Rows, table: Table, before: Rows) -> Rows | None:
    names = _headers(table, lambda one: one.unit == "volume")
    return rows.with_columns(pl.col(name) * 60 for name in names) if names else None


def _other_regions(rows: Rows, table: Table, before: Rows) -> Rows | None:
    """Codes of zorgkantoren, or names of uitvoerders, each in the place of the next."""
    names = _headers(table, lambda one: one.name.endswith("zorgkantoor_code") or one.name == "wlz_uitvoerder")
    if not names:
        return None
    known = sorted({value for name in names for value in rows[name].to_list()})
    moved = dict(zip(known, [*known[1:], known[0]], strict=True))
    return rows.with_columns(pl.col(name).replace(moved) for name in names)


def _month_on(rows: Rows, table: Table, before: Rows) -> Rows | None:
    """Months and dates of the rows one month later; the day of delivery stays."""
    months = _headers(table, lambda one: one.unit == "month")
    dates = _headers(table, lambda one: one.unit == "date" and one.name not in ("delivery_date", "valid_to"))
    if not months and not dates:
        return None
    on = [(pl.col(name) + "-01").str.to_date().dt.offset_by("1mo").dt.strftime("%Y-%m").alias(name) for name in months]
    later = [
        pl.when(pl.col(name).dt.month_end() == pl.col(name))
        .then(pl.col(name).dt.offset_by("1d").dt.month_end())
        .otherwise(pl.col(name).dt.offset_by("1mo"))
        .alias(name)
        for name in dates
    ]
    return rows.with_columns(*on, *later)


def _again(rows: Rows, table: Table, before: Rows) -> Rows:
    return before


def _again_dated_now(rows: Rows, table: Table, before: Rows) -> Rows:
    return before.with_columns(aanleverdatum=pl.lit(rows["aanleverdatum"].max(), dtype=pl.Date))


def _codes(change: Callable[[pl.Expr], pl.Expr]) -> Callable[[Rows, Table, Rows], Rows | None]:
    def spell(rows: Rows, table: Table, before: Rows) -> Rows | None:
        texts = _headers(table, lambda one: one.dtype == pl.String() and one.unit in ("code", "text", "flag"))
        return rows.with_columns(change(pl.col(name)) for name in texts) if texts else None

    return spell


def _prestaties(change: Callable[[pl.Expr], pl.Expr]) -> Callable[[Rows, Table, Rows], Rows | None]:
    def spell(rows: Rows, table: Table, before: Rows) -> Rows | None:
        return rows.with_columns(change(pl.col("prestatiecode"))) if "prestatiecode" in rows.columns else None

    return spell


def _absurd(rows: Rows, table: Table, before: Rows) -> Rows:
    """One row a thousand times too high: the largest of the newest period that is not above the middle of the kind."""
    names = [*amounts_of(table), *_headers(table, lambda one: one.unit == "volume")]
    row = rows.height - 1 - rows.height // 7
    is_row = pl.int_range(pl.len()) == row
    return rows.with_columns(
        pl.when(is_row).then(_scaled(name, rows.schema[name], ABSURD)).otherwise(name).alias(name) for name in names
    )


def _units(rows: Rows, table: Table, before: Rows) -> Rows | None:
    """Minutes as hours and days as dagdelen: every unit in the place of another one."""
    if "eenheid" not in rows.columns:
        return None
    known = sorted(rows["eenheid"].unique().to_list())
    return rows.with_columns(pl.col("eenheid").replace(dict(zip(known, [*known[1:], known[0]], strict=True))))


def _flags(rows: Rows, table: Table, before: Rows) -> Rows | None:
    names = _headers(table, lambda one: one.allowed is not None and set(one.allowed) <= set(TURNED))
    return rows.with_columns(pl.col(name).replace(TURNED) for name in names) if names else None


# Name → the rows with it; None where the kind has nothing it could be in.
OF_THE_ROWS: dict[str, Callable[[Rows, Table, Rows], Rows | None]] = {
    "last file again": _again,
    "last file again, dated now": _again_dated_now,
    "keys of another region": _other_regions,
    "dates one month on": _month_on,
    "amounts x 1000": _times(1000.0),
    "amounts / 100": _times(0.01),
    "amounts x 100": _times(100.0),
    "sign turned": _times(-1.0),
    "codes with spaces": _codes(lambda code: code + " "),
    "codes in lower case": _codes(lambda code: code.str.to_lowercase()),
    "prestaties with spaces": _prestaties(lambda code: code + " "),
    "one absurd row": _absurd,
    "units exchanged": _units,
    "volumes x 60": _volumes,
    "flags turned": _flags,
}
FAULTS = ("missing", *OF_THE_FILE, *OF_THE_ROWS)
