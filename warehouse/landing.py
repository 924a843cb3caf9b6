"""The landing zone: delivered files → frames that follow their contract, or a refusal that says why.

The format of CSV files is declared (``reference/delivery_format.toml``), never guessed; types come from the contract,
never from the data. No rule about content is here beyond what makes a value a value of its type.
"""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from warehouse.contract import MONEY, Column, Table
from wlz.faults import DeliveryRefused, Fault

SUFFIXES = (".parquet", ".csv", ".csv.gz")
NEXT_STEP = "mend the file, deliver it again and repeat the run; nothing of it was loaded"
_MAX_FAULTS = 5


@dataclass(frozen=True)
class DeliveryFormat:
    """How CSV deliveries are written: separator, decimal mark, encoding, date format."""

    separator: str
    decimal: str
    encoding: str
    date_format: str


def find_delivery(folder: Path, kind: str) -> Path | None:
    """The delivered file of this kind in a month's folder, or None. Raises DeliveryRefused when there are two."""
    found = [folder / f"{kind}{suffix}" for suffix in SUFFIXES if (folder / f"{kind}{suffix}").exists()]
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise DeliveryRefused(
            [
                Fault(
                    "D01",
                    _label(found[0]),
                    None,
                    None,
                    f"{len(found)} files ({names})",
                    f"one file of kind {kind}",
                    "an old export left behind",
                    "remove the wrong one and repeat the run",
                )
            ]
        )
    return found[0] if found else None


def read_control(path: Path) -> dict[str, Any] | None:
    """Totals of ``<kind>.control.json`` beside a delivery (``rows`` and a total per column), or None without it."""
    control = path.parent / f"{path.name.split('.')[0]}.control.json"
    if not control.exists():
        return None
    try:
        content = json.loads(control.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise _refusal(
            control, None, None, "no readable JSON", "a JSON object with rows and totals", str(error)
        ) from None
    if not isinstance(content, dict):
        raise _refusal(
            control,
            None,
            None,
            type(content).__name__,
            "a JSON object with rows and totals",
            "another file under this name",
        )
    return content


def read_delivery(path: Path, table: Table, delivery_format: DeliveryFormat) -> pl.DataFrame:
    """A delivered file as a frame in the contract's columns and types, rows as delivered.

    Raises DeliveryRefused with up to five faults (file, row, column, found, expected, likely cause, next step) when
    the file is missing, empty, unreadable, in another encoding or format, has missing or unknown columns, or holds a
    value that is not of its type.
    """
    if not path.exists():
        raise _refusal(
            path, None, None, "no file", f"{table.name} as .parquet, .csv or .csv.gz", "it was not delivered yet"
        )
    if path.stat().st_size == 0:
        raise _refusal(path, None, None, "an empty file (0 bytes)", "a header and rows", "an export that broke off")
    raw = _read_parquet(path) if path.suffix == ".parquet" else _read_csv(path, delivery_format)
    _check_header(path, raw.columns, table, delivery_format)
    if raw.height == 0:
        raise _refusal(path, None, None, "a header without rows", "at least one row", "a filter that left nothing")
    first_row = 1 if path.suffix == ".parquet" else 2
    return _parse(path, raw, table, delivery_format, first_row)


def _label(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _refusal(path: Path, row: int | None, column: str | None, found: str, expected: str, cause: str) -> DeliveryRefused:
    return DeliveryRefused([Fault("D01", _label(path), row, column, found, expected, cause, NEXT_STEP)])


def _read_parquet(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path, hive_partitioning=False)
    except Exception as error:  # the reader raises many kinds, also for files cut short
        cause = str(error).splitlines()[0][:200]
        raise _refusal(
            path,
            None,
            None,
            "a file that is not readable as Parquet",
            "a whole Parquet file",
            f"a copy cut short ({cause})",
        ) from None


def _read_csv(path: Path, delivery_format: DeliveryFormat) -> pl.DataFrame:
    text = _decode(path, _uncompressed(path), delivery_format.encoding)
    if not text.strip():
        raise _refusal(path, None, None, "a file without text", "a header and rows", "an export that broke off")
    try:
        raw = pl.read_csv(io.BytesIO(text), separator=delivery_format.separator, infer_schema=False)
        if raw.width > 1 and raw[raw.columns[-1]].null_count():  # the reader fills rows that are too short
            _refuse_ragged_rows(path, text, delivery_format.separator)
        return raw
    except pl.exceptions.PolarsError as error:  # rows too long, unbalanced quotes
        _refuse_ragged_rows(path, text, delivery_format.separator)
        cause = str(error).splitlines()[0][:200]
        expected = f"rows with as many fields as the header, separated by '{delivery_format.separator}'"
        raise _refusal(
            path, None, None, "rows that do not fit the header", expected, f"a separator inside a value ({cause})"
        ) from None


def _refuse_ragged_rows(path: Path, text: bytes, separator: str) -> None:
    """Raises DeliveryRefused with the first rows that have another number of fields than the header."""
    rows = csv.reader(io.StringIO(text.decode("utf-8"), newline=""), delimiter=separator)
    width = len(next(rows))
    faults: list[Fault] = []
    for fields in rows:
        if len(fields) != width and len(faults) < _MAX_FAULTS:
            found, expected = f"{len(fields)} fields", f"{width} fields separated by '{separator}', as in the header"
            cause = "a separator inside a value, or a row cut short" if fields else "an empty line"
            faults.append(Fault("D01", _label(path), rows.line_num, None, found, expected, cause, NEXT_STEP))
    if faults:
        raise DeliveryRefused(faults)


def _uncompressed(path: Path) -> bytes:
    content = path.read_bytes()
    if path.suffix != ".gz":
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise _refusal(
            path, None, None, "a file that does not unpack", "a whole gzip file", f"a copy cut short ({error})"
        ) from None


def _decode(path: Path, content: bytes, encoding: str) -> bytes:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or content[:200].count(b"\x00") > 20:
        raise _refusal(
            path,
            1,
            None,
            "UTF-16",
            f"{encoding} as declared in delivery_format.toml",
            "a spreadsheet's 'Unicode text' export",
        )
    if b"\x00" in content:
        row = content[: content.index(b"\x00")].count(b"\n") + 1
        raise _refusal(path, row, None, "a null byte", "text", "a damaged copy")
    try:
        text = content.decode("utf-8-sig" if encoding == "utf-8" else "cp1252")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        found = f"a byte that is not {encoding} (0x{content[error.start]:02x})"
        cause = "an export in Windows-1252" if encoding == "utf-8" else "an export in another encoding"
        raise _refusal(path, row, None, found, f"{encoding} as declared in delivery_format.toml", cause) from None
    return text.encode("utf-8")


def _check_header(path: Path, found: list[str], table: Table, delivery_format: DeliveryFormat) -> None:
    expected = [column.source_name or column.name for column in table.columns]
    missing = [name for name in expected if name not in found]
    extra = [name for name in found if name not in expected]
    if not missing and not extra:
        return
    if len(found) == 1 and len(expected) > 1:
        cause = f"another separator than '{delivery_format.separator}', which is declared in delivery_format.toml"
        raise _refusal(path, 1, None, f"one column {found[0][:80]!r}", f"columns {', '.join(expected)}", cause)
    faults = [
        Fault(
            "D01",
            _label(path),
            1,
            name,
            "no such column",
            f"the columns {', '.join(expected)}",
            "a changed export",
            NEXT_STEP,
        )
        for name in missing
    ] + [
        Fault(
            "D01",
            _label(path),
            1,
            name,
            "a column that is not in the contract",
            f"only {', '.join(expected)}",
            "a changed export or a column added by hand",
            NEXT_STEP,
        )
        for name in extra
    ]
    raise DeliveryRefused(faults[:_MAX_FAULTS])


def _parse(
    path: Path, raw: pl.DataFrame, table: Table, delivery_format: DeliveryFormat, first_row: int
) -> pl.DataFrame:
    parsed, faults = [], []
    for column in table.columns:
        delivered = raw[column.source_name or column.name]
        values, expected = _parse_column(delivered, column, delivery_format)
        bad = values.is_null() & delivered.is_not_null()
        cause = _likely_cause(column, delivery_format, is_text=delivered.dtype == pl.String)
        if column.name not in table.nullable:
            bad |= delivered.is_null()
        bad |= _outside(values, column)
        if bad.any():
            faults += _faults_of(path, delivered, column, bad, expected, cause, first_row)
        parsed.append(values.alias(column.name))
    if faults:
        raise DeliveryRefused(sorted(faults, key=lambda fault: fault.row or 0)[:_MAX_FAULTS])
    return pl.DataFrame(parsed)


def _faults_of(
    path: Path, delivered: pl.Series, column: Column, bad: pl.Series, expected: str, cause: str, first_row: int
) -> list[Fault]:
    rows = bad.fill_null(False).arg_true().head(_MAX_FAULTS).to_list()
    total = int(bad.sum())
    more = f" ({total:,} rows in all)" if total > 1 else ""
    return [
        Fault(
            "D01",
            _label(path),
            first_row + row,
            str(delivered.name),
            "nothing" if delivered[row] is None else f"'{str(delivered[row])[:60]}'" + (more if row == rows[0] else ""),
            expected,
            cause,
            NEXT_STEP,
        )
        for row in rows
    ]


def _outside(values: pl.Series, column: Column) -> pl.Series:
    bad = pl.repeat(False, values.len(), eager=True)
    if column.allowed is not None:
        bad |= ~values.is_in(list(column.allowed)).fill_null(True)
    if column.pattern is not None:
        bad |= ~values.str.contains(f"^(?:{column.pattern})$").fill_null(True)
    if column.minimum is not None:
        bad |= (values < column.minimum).fill_null(False)
    if column.maximum is not None:
        bad |= (values > column.maximum).fill_null(False)
    if values.dtype == pl.String:
        bad |= (values.str.strip_chars() == "").fill_null(False)
    if values.dtype.is_float():
        bad |= ~values.is_finite().fill_null(True)
    if column.unit == "month" and values.dtype == pl.Date:
        bad |= (values.dt.day() != 1).fill_null(False)
    return bad


def _likely_cause(column: Column, delivery_format: DeliveryFormat, *, is_text: bool) -> str:
    if column.dtype.is_numeric() and not is_text:
        return "an export in another type, or a value that was computed and not rounded"
    if column.dtype.is_numeric():
        return f"another decimal mark than the declared '{delivery_format.decimal}', a thousands mark, or text"
    if column.dtype == pl.Date():
        return "another date format, or a cell changed by a spreadsheet"
    if column.allowed is not None:
        return "another spelling, or an empty choice"
    return "a cell left empty or changed by a spreadsheet"


def _parse_column(delivered: pl.Series, column: Column, delivery_format: DeliveryFormat) -> tuple[pl.Series, str]:
    """Values in the contract's type (null where they cannot be) and what was expected, in words."""
    if delivered.dtype != pl.String:
        return _parse_typed(delivered, column)
    mark = delivery_format.decimal
    if column.dtype == MONEY:
        expected = f"an amount such as -1234{mark}56: '{mark}' as decimal mark, no thousands mark, at most two decimals"
        return _number(delivered, rf"^-?[0-9]{{1,15}}(\{mark}[0-9]{{1,2}})?$", mark).cast(MONEY, strict=False), expected
    if column.dtype.is_float():
        expected = f"a number such as 1234{mark}5: '{mark}' as decimal mark, no thousands mark"
        return _number(delivered, rf"^-?[0-9]{{1,15}}(\{mark}[0-9]{{1,12}})?$", mark).cast(pl.Float64), expected
    if column.dtype.is_integer():
        return _number(delivered, r"^-?[0-9]{1,15}$", mark).cast(column.dtype, strict=False), "a whole number"
    if column.dtype == pl.Date():
        return _parse_dates(delivered, column, delivery_format.date_format)
    return delivered, _expected_text(column)


def _number(delivered: pl.Series, pattern: str, mark: str) -> pl.Series:
    frame = pl.DataFrame({"text": delivered})
    text = pl.col("text")
    return frame.select(pl.when(text.str.contains(pattern)).then(text.str.replace(mark, ".", literal=True))).to_series()


def _parse_dates(delivered: pl.Series, column: Column, date_format: str) -> tuple[pl.Series, str]:
    if column.unit == "month":
        right = delivered.str.contains(r"^[0-9]{4}-(0[1-9]|1[0-2])$")
        months = pl.DataFrame({"text": delivered, "right": right}).select(pl.when("right").then(pl.col("text") + "-01"))
        return months.to_series().str.to_date("%Y-%m-%d", strict=False), "a month as YYYY-MM"
    dates = delivered.str.to_date(date_format, strict=False, exact=True)
    as_declared = dates.dt.to_string(date_format) == delivered  # the reader also takes 2018-5-2 and +2018-05-02
    frame = pl.DataFrame({"day": dates, "right": as_declared})
    return frame.select(pl.when("right").then("day")).to_series(), f"a date as {date_format}"


def _parse_typed(delivered: pl.Series, column: Column) -> tuple[pl.Series, str]:
    """Typed values (Parquet): only conversions that lose nothing."""
    expected = "the first day of a month" if column.unit == "month" else f"type {column.dtype}"
    if delivered.dtype == column.dtype:
        return delivered, expected if column.allowed is None else _expected_text(column)
    if delivered.dtype == pl.Null:
        return delivered.cast(column.dtype), expected
    if column.dtype.is_numeric() and delivered.dtype.is_numeric():
        if column.dtype == MONEY:
            small = delivered.cast(pl.Float64).abs() < 1e15  # as many digits as in a CSV delivery; NaN is not small
            delivered = pl.select(pl.when(small).then(delivered)).to_series()
        values = delivered.cast(column.dtype, strict=False)
        lost = (values.cast(pl.Float64) - delivered.cast(pl.Float64)).abs() > 1e-6
        return pl.DataFrame({"v": values, "lost": lost}).select(
            pl.when(~pl.col("lost")).then("v")
        ).to_series(), f"{expected} without loss"
    if column.dtype == pl.Date() and isinstance(delivered.dtype, pl.Datetime):
        is_day = delivered.dt.time() == time(0)
        return pl.select(pl.when(is_day).then(delivered.dt.date())).to_series(), f"{expected} without a time of day"
    return pl.repeat(None, delivered.len(), dtype=column.dtype, eager=True), f"{expected}, not {delivered.dtype}"


def _expected_text(column: Column) -> str:
    if column.allowed is not None:
        return f"one of {', '.join(column.allowed)}"
    return f"text of the form {column.pattern}" if column.pattern else "a text"


def write_deliveries(out: Path, files: Iterable[tuple[date, str, pl.DataFrame, int]]) -> dict[str, int]:
    """Write (delivery month, kind, rows, part) as a landing zone; parts of one file are appended in their order."""
    counts = {"files": 0, "rows": 0}
    open_path, writer = None, None
    for month, kind, frame, part in files:
        path = out / f"{month:%Y-%m}" / f"{kind}.parquet"
        table = frame.to_arrow()
        if path != open_path:
            if writer is not None:
                writer.close()
            path.parent.mkdir(parents=True, exist_ok=True)
            open_path, writer = path, pq.ParquetWriter(path, table.schema, compression="zstd")
        assert writer is not None
        writer.write_table(table)
        counts["files"] += part == 0
        counts["rows"] += frame.height
    if writer is not None:
        writer.close()
    return counts


def write_truth(folder: Path, frames: Mapping[str, pl.DataFrame]) -> None:
    """Write the truth of a simulation, outside the landing zone."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        frame.write_parquet(folder / f"{name}.parquet")
