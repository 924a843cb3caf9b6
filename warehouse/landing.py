"""The landing zone: delivered files → frames that follow their contract, or a refusal that says why.

The format of CSV files is declared (``reference/delivery_format.toml``), never guessed; types come from the contract,
never from the data. No rule about content is here beyond what makes a value a value of its type.
"""

import codecs
import csv
import gzip
import io
import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from warehouse.contract import Column, Table
from warehouse.landing_zone import find_control, label, odd_delivery
from warehouse.parquet_files import verify_parquet
from warehouse.regular_files import tell_odd
from warehouse.values import DeliveryFormat, find_outside, likely_cause, parse_column, show_value
from wlz.words.faults import DeliveryRefused, Fault
from wlz.words.large_frames import encode_text

NEXT_STEP = "mend the file, deliver it again and repeat the run; nothing of it was loaded"
_MAX_FAULTS = 5
_BYTES_AT_ONCE = 16 * 2**20
MAXIMUM_UNPACKING_RATIO = 100  # claims pack 10 to 20 times; a file of zeros a thousand times
MINIMUM_UNPACKED_BYTES = 64 * 2**20  # small files may pack better


@dataclass(frozen=True)
class _Delivered:
    """A file as delivered: its headers, its number of rows, and a way to read one column at a time."""

    columns: list[str]
    height: int
    read: Callable[[str], pl.Series]


def read_control(path: Path) -> dict[str, Any] | None:
    """Totals of ``<kind>.control.json`` beside a delivery (``rows`` and a total per column), or None without it."""
    control, expected = find_control(path), "a JSON object with rows and totals"
    if control is None:
        return None
    if odd := tell_odd(control):
        raise _refusal(control, None, None, odd, expected, "another thing under this name")
    try:
        content = json.loads(control.read_text(encoding="utf-8"))
    except (ValueError, RecursionError, OSError) as error:
        cause = "brackets in brackets without end" if isinstance(error, RecursionError) else str(error)
        raise _refusal(control, None, None, "no readable JSON", expected, cause) from None
    if not isinstance(content, dict):
        raise _refusal(control, None, None, type(content).__name__, expected, "another file under this name")
    return content


def read_delivery(path: Path, table: Table, delivery_format: DeliveryFormat, *, coded: bool = False) -> pl.DataFrame:
    """A delivered file as a frame in the contract's columns and types, rows as delivered.

    ``coded``: text as codes of categories (``wlz.words.large_frames``), so that ten million claims take half a
    gigabyte.

    Raises DeliveryRefused with up to five faults (file, row, column, found, expected, likely cause, next step) when
    the file is missing, empty, unreadable, in another encoding or format, has missing or unknown columns, or holds a
    value that is not of its type.
    """
    expected = f"{table.name} as .parquet, .csv or .csv.gz"
    if not os.path.lexists(path):
        raise _refusal(path, None, None, "no file", expected, "it was not delivered yet")
    if odd := odd_delivery(path):
        raise _refusal(path, None, None, odd, f"{expected}: the file itself", "a slip while the files were put there")
    if path.stat().st_size == 0:
        raise _refusal(path, None, None, "an empty file (0 bytes)", "a header and rows", "an export that broke off")
    raw = _read_parquet(path) if path.suffix == ".parquet" else _read_csv(path, delivery_format)
    _check_header(path, raw.columns, table, delivery_format)
    if raw.height == 0 and not table.may_be_empty:
        raise _refusal(path, None, None, "a header without rows", "at least one row", "a filter that left nothing")
    first_row = 1 if path.suffix == ".parquet" else 2
    try:
        return _parse(path, raw, table, delivery_format, first_row, coded=coded)
    except pl.exceptions.PanicException as error:  # the readers stop on values that nobody foresaw
        raise _unreadable(path, error) from None


def _refusal(path: Path, row: int | None, column: str | None, found: str, expected: str, cause: str) -> DeliveryRefused:
    return DeliveryRefused([Fault("D01", label(path), row, column, found, expected, cause, NEXT_STEP)])


def _read_parquet(path: Path) -> _Delivered:
    def read(columns: list[str] | None, rows: int | None = None) -> pl.DataFrame:
        try:
            return pl.read_parquet(path, columns=columns, n_rows=rows, hive_partitioning=False)
        except (Exception, pl.exceptions.PanicException) as error:
            raise _unreadable(path, error) from None

    try:
        rows = verify_parquet(path)
    except (Exception, pl.exceptions.PanicException) as error:  # many kinds, also for files cut short
        raise _unreadable(path, error) from None
    return _Delivered(read(None, 0).columns, rows, lambda name: read([name]).to_series())


def _unreadable(path: Path, error: BaseException) -> DeliveryRefused:
    cause = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    return _refusal(
        path,
        None,
        None,
        "a file that is not readable as Parquet",
        "a whole Parquet file",
        f"a copy cut short ({cause})",
    )


def _read_csv(path: Path, delivery_format: DeliveryFormat) -> _Delivered:
    text = _decode(path, _uncompressed(path), delivery_format.encoding)
    if not text or text.isspace():
        raise _refusal(path, None, None, "a file without text", "a header and rows", "an export that broke off")
    _refuse_open_end(path, text)
    try:
        raw = _pack_rows(text, delivery_format.separator)
        if len(raw.columns) > 1 and raw.read(raw.columns[-1]).null_count():  # the reader fills rows that are too short
            _refuse_ragged_rows(path, text, delivery_format.separator)
        return raw
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:  # rows too long, unbalanced quotes
        _refuse_ragged_rows(path, text, delivery_format.separator)
        cause = str(error).splitlines()[0][:200]
        expected = f"rows with as many fields as the header, separated by '{delivery_format.separator}'"
        raise _refusal(
            path, None, None, "rows that do not fit the header", expected, f"a separator inside a value ({cause})"
        ) from None


def _refuse_open_end(path: Path, text: bytes) -> None:
    """Raises DeliveryRefused when the last line has no end: what was cut off in a value still reads as one."""
    if text.endswith(b"\n"):
        return
    if b"\n" not in text and text.endswith(b"\r"):
        found, cause = "lines that end in a carriage return alone", "an export in the manner of old Macintoshes"
        raise _refusal(path, None, None, found, "lines that end in a line feed", cause)
    last = text[text.rfind(b"\n") + 1 :][:60].decode("utf-8", "replace")
    fault = Fault(
        "D01",
        label(path),
        text.count(b"\n") + 1,
        None,
        f"a last line without a line end ('{last}')",
        "every line with its end",
        "a file that was cut off on its way: what is missing cannot be seen",
        "have it delivered again, or end the last line if the sender says that it is whole; nothing of it was loaded",
    )
    raise DeliveryRefused([fault])


def _pack_rows(text: bytes, separator: str) -> _Delivered:
    """The fields as text, packed while they are read: of ten million claims 0.06 GB, unpacked 1.3; columns one by one.

    Raises PolarsError when rows do not fit the header.
    """
    packed = io.BytesIO()
    rows = pl.scan_csv(io.BytesIO(text), separator=separator, infer_schema=False)
    rows.sink_parquet(packed, compression="lz4", statistics=False)

    def read(columns: list[int] | None, rows: int | None = None) -> pl.DataFrame:
        packed.seek(0)
        return pl.read_parquet(packed, columns=columns, n_rows=rows)

    names = read(None, 0).columns
    packed.seek(0)
    height = int(pq.read_metadata(packed).num_rows)
    return _Delivered(names, height, lambda name: read([names.index(name)]).to_series())


def _refuse_ragged_rows(path: Path, text: bytes, separator: str) -> None:
    """Raises DeliveryRefused with the first rows that have another number of fields than the header."""
    rows = csv.reader(io.StringIO(text.decode("utf-8"), newline=""), delimiter=separator)
    width = len(next(rows))
    faults: list[Fault] = []
    for start, fields in _read_records(path, rows):
        if start != rows.line_num:
            raise _open_quote(path, start)
        if len(fields) != width and len(faults) < _MAX_FAULTS:
            found, expected = f"{len(fields)} fields", f"{width} fields separated by '{separator}', as in the header"
            cause = "a separator inside a value, or a row cut short" if fields else "an empty line"
            faults.append(Fault("D01", label(path), rows.line_num, None, found, expected, cause, NEXT_STEP))
    if faults:
        raise DeliveryRefused(faults)


def _read_records(path: Path, rows: Any) -> Iterator[tuple[int, list[str]]]:
    """Records of a CSV reader with the line each begins on. Raises DeliveryRefused where a field has no end."""
    while True:
        start = rows.line_num + 1
        try:
            fields = next(rows)
        except StopIteration:
            return
        except csv.Error:  # a field of more than 128 kB: the rest of the file is taken for one value
            raise _open_quote(path, start) from None
        yield start, fields


def _open_quote(path: Path, row: int) -> DeliveryRefused:
    return _refusal(
        path,
        row,
        None,
        "a value over more than one line",
        "every row on a line of its own",
        "a quote that is not closed",
    )


def _uncompressed(path: Path) -> bytes:
    content = path.read_bytes()
    if path.suffix != ".gz":
        return content
    limit = max(MINIMUM_UNPACKED_BYTES, len(content) * MAXIMUM_UNPACKING_RATIO)
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            text = packed.read(limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise _refusal(
            path, None, None, "a file that does not unpack", "a whole gzip file", f"a copy cut short ({error})"
        ) from None
    if len(text) > limit:
        found = f"a file that unpacks to more than {MAXIMUM_UNPACKING_RATIO} times its size"
        raise _refusal(path, None, None, found, "a packed CSV file", "a damaged file, or one made to fill the memory")
    return text


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
        if encoding == "utf-8":
            for _ in _decode_in_pieces(content, "utf-8"):
                pass
            return content.removeprefix(codecs.BOM_UTF8)
        recoded = io.BytesIO()
        for text in _decode_in_pieces(content, "cp1252"):
            recoded.write(text.encode("utf-8"))
        return recoded.getvalue()
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        found = f"a byte that is not {encoding} (0x{content[error.start]:02x})"
        cause = "an export in Windows-1252" if encoding == "utf-8" else "an export in another encoding"
        raise _refusal(path, row, None, found, f"{encoding} as declared in delivery_format.toml", cause) from None


def _decode_in_pieces(content: bytes, codec: str) -> Iterator[str]:
    """The text piece by piece: as a whole it would take up to four times the file.

    Raises UnicodeDecodeError with the place of the wrong byte in the file.
    """
    decoder, whole = codecs.getincrementaldecoder(codec)(), memoryview(content)
    for start in range(0, len(content), _BYTES_AT_ONCE):
        end = start + _BYTES_AT_ONCE
        pending = len(decoder.getstate()[0])  # the first bytes of a character cut in two
        try:
            yield decoder.decode(whole[start:end], final=end >= len(content))
        except UnicodeDecodeError as error:
            before = start - pending
            raise UnicodeDecodeError(codec, content, before + error.start, before + error.end, error.reason) from None


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
            label(path),
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
            label(path),
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
    path: Path, raw: _Delivered, table: Table, delivery_format: DeliveryFormat, first_row: int, *, coded: bool
) -> pl.DataFrame:
    parsed, faults = [], []
    for column in table.columns:
        delivered = raw.read(column.source_name or column.name)
        values, expected = parse_column(delivered, column, delivery_format)
        bad = values.is_null() & delivered.is_not_null()
        cause = likely_cause(column, delivery_format, is_text=delivered.dtype == pl.String)
        if column.name not in table.nullable:
            bad |= delivered.is_null()
        outside = find_outside(values, column)
        bad |= outside
        if bad.any():
            reach = column.reach if outside.any() or column.dtype == pl.Date() else ""
            faults += _faults_of(path, delivered, column, bad, f"{expected}{reach}", cause, first_row)
        parsed.append((encode_text(values) if coded else values).alias(column.name))
    if faults:
        raise DeliveryRefused(sorted(faults, key=lambda fault: fault.row or 0)[:_MAX_FAULTS])
    return pl.DataFrame(parsed)


def _faults_of(
    path: Path, delivered: pl.Series, column: Column, bad: pl.Series, expected: str, cause: str, first_row: int
) -> list[Fault]:
    rows = bad.fill_null(False).arg_true().head(_MAX_FAULTS).to_list()
    total, empty = int(bad.sum()), delivered.is_null()
    more = f" ({total:,} rows in all)" if total > 1 else ""
    return [
        Fault(
            "D01",
            label(path),
            first_row + row,
            str(delivered.name),
            "nothing" if empty[row] else f"'{show_value(delivered, row)[:60]}'" + (more if row == rows[0] else ""),
            expected,
            cause,
            NEXT_STEP,
        )
        for row in rows
    ]


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
