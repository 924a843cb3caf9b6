"""The landing zone: what a delivered file may look like, and what a person reads when it may not."""

import codecs
import csv
import gzip
import io
import subprocess
import sys
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.landing_files import DECLARED, GOOD, HEADER, ROW, put, read, refuse, with_cell
from warehouse import landing
from warehouse import settings as reference_settings
from warehouse.contract import MONEY, Column, Table
from warehouse.landing import read_control, read_delivery, write_deliveries, write_truth
from warehouse.landing_zone import find_delivery
from warehouse.settings import load_delivery_format
from warehouse.tables.deliveries import DECLARATIES, KINDS, NA_IJL
from warehouse.values import DeliveryFormat
from wlz.known.assumptions import AssumptionError
from wlz.words.faults import DeliveryRefused

WINDOWS = DeliveryFormat(";", ",", "windows-1252", "%Y-%m-%d")


# --- Every delivered type -----------------------------------------------------------------------------------------

TEXTS = st.text("aZ0 é€;|,.'\"=+-", min_size=1, max_size=12).filter(str.strip)


def cells(column: Column, table: Table) -> st.SearchStrategy[object]:
    """Values the contract allows in a column."""
    kinds: list[tuple[bool, Callable[[], st.SearchStrategy[object]]]] = [
        (column.allowed is not None, lambda: st.sampled_from(column.allowed or ())),
        (column.pattern is not None, lambda: st.from_regex(rf"\A(?:{column.pattern})\Z")),
        (column.dtype == pl.String(), lambda: TEXTS),
        (
            column.unit == "month",
            lambda: st.dates(date(2000, 1, 1), date(2030, 1, 1)).map(lambda day: day.replace(day=1)),
        ),
        (column.dtype == pl.Date(), lambda: st.dates(column.minimum, column.maximum)),  # type: ignore[arg-type]
        (column.dtype == MONEY, lambda: st.integers(*bounds(column, 10**17 - 1)).map(lambda n: Decimal(n) / 100)),
        (
            column.dtype.is_float(),
            lambda: st.integers(*bounds(column, 10**11)).map(lambda n: n / 1000 if n % 2 else float(n % 97)),
        ),
        (column.dtype.is_integer(), lambda: st.integers(*bounds(column, 2**31 - 1))),
    ]
    strategy = next(make() for applies, make in kinds if applies)
    return st.none() | strategy if column.name in table.nullable else strategy


def bounds(column: Column, size: int) -> tuple[int, int]:
    """Lowest and highest whole number of a column (in cents for money), within its range; a percentage within 100."""
    size = size if column.largest is None else min(size, int(column.largest))
    low = -size if column.minimum is None else int(column.minimum)
    return (low, size) if column.maximum is None else (low, int(column.maximum))


def frames(table: Table) -> st.SearchStrategy[pl.DataFrame]:
    row = st.tuples(*(cells(column, table) for column in table.columns))
    return st.lists(row, min_size=1, max_size=4).map(
        lambda rows: pl.DataFrame(rows, schema=table.schema, orient="row", strict=False)
    )


def as_csv(frame: pl.DataFrame, table: Table, declared: DeliveryFormat) -> bytes:
    """The frame as the declared format writes it, by another writer than Polars."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=declared.separator, lineterminator="\r\n")
    writer.writerow(column.source_name or column.name for column in table.columns)
    for row in frame.iter_rows():
        writer.writerow(cell(v, column, declared) for v, column in zip(row, table.columns, strict=True))
    return text.getvalue().encode("utf-8" if declared.encoding == "utf-8" else "cp1252")


def cell(value: object, column: Column, declared: DeliveryFormat) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()[:7] if column.unit == "month" else value.isoformat()
    if isinstance(value, float):
        return f"{value:.3f}".replace(".", declared.decimal)
    return str(value).replace(".", declared.decimal) if isinstance(value, Decimal) else str(value)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_every_kind_comes_back_as_it_was_written(tmp_path, kind, data):
    """Any valid frame: as CSV in the declared format, the same in Windows-1252 with points, and as Parquet."""
    table = KINDS[kind]
    frame = data.draw(frames(table))
    assert read(tmp_path, as_csv(frame, table, DECLARED), table=table).equals(frame)
    other = DeliveryFormat("|", ".", "windows-1252", "%Y-%m-%d")
    assert read(tmp_path, as_csv(frame, table, other), table=table, declared=other).equals(frame)
    delivered = frame.rename({column.name: column.source_name or column.name for column in table.columns})
    path = tmp_path / "2018-05" / f"{kind}.parquet"
    delivered.write_parquet(path)
    assert read_delivery(path, table, DECLARED).equals(frame)


def test_columns_may_come_in_another_order(tmp_path):
    turned = "".join(";".join(reversed(line.split(";"))) + "\n" for line in (HEADER, ROW))
    assert read(tmp_path, turned).rows() == [GOOD]


def test_types_come_from_the_contract_and_never_from_the_data(tmp_path):
    """Codes with leading zeros stay text, also when every one of them looks like a number."""
    content = f"{HEADER}\n{ROW.replace('12345678', '00000012').replace('Z025', '0041')}\n"
    assert read(tmp_path, content).row(0)[2:4] == ("00000012", "0041")


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+31", "-1", "Z0'25", "Z0,25", "é€"])
def test_text_stays_text(tmp_path, text):
    """Formula strings of a spreadsheet are neither computed nor repaired; unknown codes go to quarantine later."""
    assert read(tmp_path, with_cell("prestatiecode", text))["prestatiecode"].to_list() == ["Z025", text, "Z025"]


# --- Encodings and packing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        codecs.BOM_UTF8 + f"{HEADER}\n{ROW}\n".encode(),
        f"{HEADER}\r\n{ROW}\r\n".encode(),
        f"{HEADER}\n{ROW.replace('Z025', chr(34) + 'Z025' + chr(34))}\n".encode(),
    ],
    ids=["byte order mark", "lines of Windows", "quotes"],
)
def test_ways_of_writing_that_are_the_same(tmp_path, content):
    assert read(tmp_path, content).rows() == [GOOD]
    assert read(tmp_path, gzip.compress(content), name="declaraties.csv.gz").rows() == [GOOD]


LATE = "aanleverdatum;referentiejaar;wlz_uitvoerder;percentage\n2018-05-02;2017;Coöperatie €;0,10\n"


def test_windows_1252_is_read_when_declared_and_refused_when_not(tmp_path):
    read_back = read(tmp_path, LATE.encode("cp1252"), table=NA_IJL, declared=WINDOWS)
    assert read_back["wlz_uitvoerder"].to_list() == ["Coöperatie €"]
    (fault,) = refuse(tmp_path, LATE.encode("cp1252"), table=NA_IJL)
    assert (fault.row, fault.found) == (2, "a byte that is not utf-8 (0xf6)")
    assert fault.cause == "an export in Windows-1252"
    (fault,) = refuse(tmp_path, LATE.encode("cp1252").replace(b"\xf6", b"\x81"), table=NA_IJL, declared=WINDOWS)
    assert (fault.found, fault.cause) == ("a byte that is not windows-1252 (0x81)", "an export in another encoding")


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_a_file_decoded_in_pieces_reads_alike(tmp_path, monkeypatch, size):
    """Characters that a piece cuts in two, and a wrong byte in the last piece, of which the row stays right."""
    monkeypatch.setattr(landing, "_BYTES_AT_ONCE", size)
    for content, declared in ((LATE.encode(), DECLARED), (LATE.encode("cp1252"), WINDOWS)):
        read_back = read(tmp_path, content, table=NA_IJL, declared=declared)
        assert read_back["wlz_uitvoerder"].to_list() == ["Coöperatie €"]
    (fault,) = refuse(tmp_path, LATE.encode() + b"2018-05-02;2017;Zuid\xe2\x82;0,10\n", table=NA_IJL)
    assert (fault.row, fault.found) == (3, "a byte that is not utf-8 (0xe2)")
    (fault,) = refuse(tmp_path, LATE.encode() + b"2018-05-02;2017;Zuid\xe2\x82", table=NA_IJL)
    assert (fault.row, fault.found) == (3, "a byte that is not utf-8 (0xe2)")


def test_fields_with_quotes_and_line_ends_keep_their_order_in_a_large_file(tmp_path):
    """Above the size the reader takes at once."""
    names = [f"Coöperatie {number};\n" if number % 3 else "Zuid" for number in range(200_000)]
    lines = (f'2018-05-02;2017;"{name}";0,{number % 10}0' for number, name in enumerate(names))
    content = "\n".join([LATE.splitlines()[0], *lines, ""])
    assert read(tmp_path, content, table=NA_IJL)["wlz_uitvoerder"].to_list() == names


PEAK = """
import re, sys
from pathlib import Path
from tests.unit.landing_files import DECLARED
from warehouse.landing import read_delivery
from warehouse.tables.deliveries import DECLARATIES
for file in sys.argv[1:]:
    read_delivery(Path(file), DECLARATIES, DECLARED, coded=True)
    print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory as Linux tells it")
def test_a_large_csv_takes_little_more_than_twice_its_size(tmp_path):
    """Its text, and the fields packed; held as fields it took four times its size."""
    small = put(tmp_path / "small", f"{HEADER}\n{ROW}\n")
    large = put(tmp_path / "large", f"{HEADER}\n" + f"{ROW}\n" * 2_000_000)
    command = [sys.executable, "-c", PEAK, str(small), str(large)]
    before, after = (int(line) * 1024 for line in subprocess.check_output(command).split())
    assert after - before < 3.2 * large.stat().st_size


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_refused_with_and_without_its_mark(tmp_path, encoding):
    (fault,) = refuse(tmp_path, f"{HEADER}\n{ROW}\n".encode(encoding))
    assert (fault.row, fault.found) == (1, "UTF-16")


def test_a_null_byte_is_refused_with_its_row(tmp_path):
    (fault,) = refuse(tmp_path, with_cell("prestatiecode", "Z0\x0025"))
    assert (fault.row, fault.found, fault.cause) == (3, "a null byte", "a damaged copy")


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("declaraties.csv.gz", gzip.compress(f"{HEADER}\n{ROW * 50}".encode())[:-12], "a file that does not unpack"),
        ("declaraties.csv.gz", b"no gzip at all", "a file that does not unpack"),
        ("declaraties.csv.gz", gzip.compress(b"", mtime=0), "a file without text"),
        ("declaraties.csv", b"\n\n", "a file without text"),
        ("declaraties.csv", b"", "an empty file (0 bytes)"),
        ("declaraties.csv", f"{HEADER}\n".encode(), "a header without rows"),
        ("declaraties.parquet", b"PAR1 cut short", "a file that is not readable as Parquet"),
    ],
)
def test_a_file_that_broke_off_is_refused(tmp_path, name, content, found):
    (fault,) = refuse(tmp_path, content, name=name)
    assert (fault.file, fault.found) == (f"2018-05/{name}", found)


def test_a_missing_file_is_said_so(tmp_path):
    with pytest.raises(DeliveryRefused, match="not delivered yet"):
        read_delivery(tmp_path / "2018-05" / "kader.csv", KINDS["kader"], DECLARED)


# --- Rows and headers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "fields"), [(f"{ROW};x", 9), (ROW.rpartition(";")[0], 7), ("", 0), (ROW.replace("Z025", "Z;025"), 9)]
)
def test_ragged_rows_are_refused_with_their_row(tmp_path, line, fields):
    (fault,) = refuse(tmp_path, "\n".join([HEADER, ROW, line, ROW, ""]))
    assert (fault.row, fault.found) == (3, f"{fields} fields")
    assert fault.expected == "8 fields separated by ';', as in the header"


def test_an_open_quote_is_refused(tmp_path):
    (fault,) = refuse(tmp_path, with_cell("prestatiecode", '"Z025'))
    assert fault.file == "2018-05/declaraties.csv"
    assert (fault.row, fault.cause) == (3, "a quote that is not closed")


@pytest.mark.parametrize("row", [4, 5_000, 29_990])
def test_an_open_quote_among_many_rows_is_refused_where_it_stands(tmp_path, row):
    """The rest of the file is one value to the reader: shorter or longer than it takes, the fault is in this row."""
    lines = [HEADER, *[ROW] * 30_000]
    lines[row - 1] = ROW.replace("Z025", '"Z025')
    (fault,) = refuse(tmp_path, "\n".join([*lines, ""]))
    assert (fault.row, fault.cause) == (row, "a quote that is not closed")


def test_another_separator_than_declared_is_refused(tmp_path):
    content = f"{HEADER}\n{ROW}\n".replace(",", ".").replace(";", ",")
    (fault,) = refuse(tmp_path, content)
    assert fault.found.startswith("one column 'aanleverdatum,zorgkantoorcode")
    assert "another separator than ';'" in fault.cause


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        (HEADER.replace("aantal", "Aantal"), {"aantal", "Aantal"}),
        (HEADER.replace("aantal", "bedrag"), {"aantal", "bedrag_duplicated_0"}),
        (f"{HEADER};opmerking", {"opmerking"}),
        (HEADER.replace(";agb_code", ""), {"agb_code"}),
    ],
)
def test_missing_and_unknown_columns_are_named(tmp_path, header, columns):
    width = header.count(";") + 1
    faults = refuse(tmp_path, f"{header}\n{';'.join((ROW + ';x').split(';')[:width])}\n")
    assert {fault.column for fault in faults} == columns
    assert {fault.row for fault in faults} == {1}


# --- Which file ---------------------------------------------------------------------------------------------------


def test_one_file_per_kind(tmp_path):
    assert find_delivery(tmp_path, "kader") is None
    first = put(tmp_path, "x", "kader.csv")
    put(tmp_path, "x", "kader_old.csv")
    assert find_delivery(first.parent, "kader") == first
    put(tmp_path, "x", "kader.csv.gz")
    with pytest.raises(DeliveryRefused) as refused:
        find_delivery(first.parent, "kader")
    (fault,) = refused.value.faults
    assert fault.found == "2 files (kader.csv, kader.csv.gz)"
    assert fault.next_step == "remove the wrong one and repeat the run"


def test_control_totals(tmp_path):
    delivery = put(tmp_path, "x", "kader.csv.gz")
    assert read_control(delivery) is None
    put(tmp_path, '{"rows": 2}', "kader.control.json")
    assert read_control(delivery) == {"rows": 2}
    for wrong in ("[1]", "{", b"\xff\xfe"):
        put(tmp_path, wrong, "kader.control.json")
        with pytest.raises(DeliveryRefused, match=r"kader\.control\.json: found .* a JSON object"):
            read_control(delivery)


@pytest.mark.parametrize(
    ("line", "words"), [('encoding = "utf8"', "encoding: expected 'utf-8'"), ('decimal = "·"', "decimal: expected ','")]
)
def test_a_declared_format_the_parser_does_not_know_is_refused(tmp_path, monkeypatch, line, words):
    """'utf8' would otherwise be read as Windows-1252 and spoil every name with an accent."""
    text = (reference_settings.REFERENCE / "delivery_format.toml").read_text(encoding="utf-8")
    name = line.split(" ")[0]
    changed = [line if old.startswith(name) else old for old in text.splitlines()]
    (tmp_path / "delivery_format.toml").write_text("\n".join(changed), encoding="utf-8")
    monkeypatch.setattr(reference_settings, "REFERENCE", tmp_path)
    with pytest.raises(AssumptionError, match=words):
        load_delivery_format()


def test_a_landing_zone_is_written_in_parts_that_are_one_file(tmp_path):
    frame = pl.DataFrame([GOOD], schema=DECLARATIES.schema, orient="row")
    delivered = frame.rename({column.name: column.source_name or column.name for column in DECLARATIES.columns})
    files: Iterable[tuple[date, str, pl.DataFrame, int]] = [
        (date(2018, 4, 1), "declaraties", delivered, 0),
        (date(2018, 5, 1), "declaraties", delivered, 0),
        (date(2018, 5, 1), "declaraties", delivered, 1),
    ]
    assert write_deliveries(tmp_path, files) == {"files": 2, "rows": 3}
    assert write_deliveries(tmp_path, []) == {"files": 0, "rows": 0}
    path = find_delivery(tmp_path / "2018-05", "declaraties")
    assert path is not None
    assert read_delivery(path, DECLARATIES, DECLARED).rows() == [GOOD, GOOD]
    write_truth(tmp_path / "truth", {"volumes": frame})
    assert pl.read_parquet(tmp_path / "truth" / "volumes.parquet").equals(frame)
