"""Files as they end: cut off, or whole with nothing in them; of some kinds none is a delivery."""

import gzip
from pathlib import Path

import polars as pl
import pytest

from pipelines.cli.any_file import read_table
from tests.unit.door_desk import AIDS, MAY, ONE_TRANSFER, TRANSFERS, Desk, validate
from tests.unit.landing_files import DECLARED, HEADER, ROW, put, read, refuse
from warehouse.landing import read_delivery
from warehouse.tables.deliveries import KINDS
from wlz.words.faults import DeliveryRefused


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


# --- Whole files --------------------------------------------------------------------------------------------------

WHOLE = f"{HEADER}\n{ROW}\n{ROW}\n"


@pytest.mark.parametrize("missing", [1, 2, 4, 9, len(ROW) - 1, len(ROW)])
def test_a_file_cut_off_anywhere_in_its_last_line_is_refused(tmp_path, missing):
    """Also in the middle of its last value, which then still reads as one."""
    cut = WHOLE[:-missing]
    for name, content in (("declaraties.csv", cut.encode()), ("declaraties.csv.gz", gzip.compress(cut.encode()))):
        (fault,) = refuse(tmp_path, content, name=name)
        assert fault.row == 3
        assert fault.found == f"a last line without a line end ('{cut.splitlines()[-1][:60]}')"
        assert "deliver" in fault.next_step


@pytest.mark.parametrize("kind", ["kader", "na_ijl", "overhevelingen", "pgb_verleningen"])
def test_a_last_row_with_fewer_fields_is_refused(tmp_path, kind):
    table = KINDS[kind]
    header = ";".join(column.source_name or column.name for column in table.columns)
    (fault,) = refuse(tmp_path, f"{header}\n2018-05-02;1\n", table=table)
    assert (fault.row, fault.found) == (2, "2 fields")


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_the_tools_for_any_file_read_one_without_a_last_line_end(tmp_path, end):
    """`wlz forecast` and `wlz complete` read what people make by hand; only deliveries are judged by their end."""
    path = tmp_path / "series.csv"
    path.write_bytes(f"unique_id,month,value\nA,2018-01,1\nA,2018-02,23{end}".encode())
    assert read_table(path, ",").rows() == [("A", "2018-01", "1"), ("A", "2018-02", "23")]


def test_lines_of_an_old_machine_are_named(tmp_path):
    (fault,) = refuse(tmp_path, WHOLE.replace("\n", "\r"))
    assert fault.found == "lines that end in a carriage return alone"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("name", ["declaraties.parquet", "declaraties.csv.gz"])
def test_a_packed_file_cut_off_is_refused(tmp_path, name, share):
    path = put(tmp_path, b"", name)
    if name.endswith("gz"):
        path.write_bytes(gzip.compress(f"{HEADER}\n{ROW * 40}\n".encode()))
    else:
        pl.DataFrame({"aantal": range(10_000)}).write_parquet(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(DeliveryRefused):
        read_delivery(path, KINDS["declaraties"], DECLARED)


def test_validate_says_the_same_of_a_file_cut_off(desk):
    path = desk.put(AIDS[:-2], "hulpmiddelen.csv")
    assert [one.check_id for one in desk.take_in().refused if one.checked_table == "hulpmiddelen"] == ["D01"]
    code, said = validate(path)
    assert (code, "a last line without a line end" in said, "would be refused" in said) == (1, True, True)


# --- Deliveries without rows --------------------------------------------------------------------------------------

MAY_BE_EMPTY = {"overhevelingen", "prognose_uitvraag", "indicaties"}


def header_of(kind: str) -> str:
    return ";".join(column.source_name or column.name for column in KINDS[kind].columns) + "\n"


@pytest.mark.parametrize("kind", KINDS)
def test_of_some_kinds_none_is_a_delivery(tmp_path, kind):
    table = KINDS[kind]
    assert table.may_be_empty == (kind in MAY_BE_EMPTY)
    path = put(tmp_path, b"", f"{kind}.parquet")
    pl.DataFrame(schema={c.source_name or c.name: c.dtype for c in table.columns}).write_parquet(path)
    if table.may_be_empty:
        assert dict(read(tmp_path, header_of(kind), table=table).schema) == table.schema
        assert read_delivery(path, table, DECLARED).equals(table.empty())
        return
    (fault,) = refuse(tmp_path, header_of(kind), table=table)
    assert fault.found == "a header without rows"
    with pytest.raises(DeliveryRefused, match="a header without rows"):
        read_delivery(path, table, DECLARED)


@pytest.mark.parametrize("kind", sorted(MAY_BE_EMPTY))
def test_a_delivery_of_none_is_taken_in_from_its_month_on(desk, kind):
    path = desk.put(header_of(kind), f"{kind}.csv")
    taken = desk.take_in()
    assert [one.message for one in taken.refused if one.checked_table == kind] == []
    assert [one.message for one in taken.results if one.checked_table == kind and one.outcome != "passed"] == []
    row = desk.store.read_register().filter(kind=kind).row(0, named=True)
    assert (row["delivery_status"], row["rows_count"], row["received_on"]) == ("accepted", 0, MAY)
    code, said = validate(path)
    assert (code, "0 rows" in said) == (0, True)


def test_a_delivery_of_none_takes_the_place_of_one_with_rows_and_gives_it_back(desk):
    desk.put(ONE_TRANSFER, "overhevelingen.csv")
    desk.take_in()
    desk.put(TRANSFERS, "overhevelingen.csv")
    desk.take_in()
    register = desk.store.read_register().sort("registered_at")
    assert register.select("rows_count", "delivery_status").rows() == [(1, "superseded"), (0, "accepted")]
    desk.put(ONE_TRANSFER, "overhevelingen.csv")
    desk.take_in()
    assert dict(desk.store.read_register().select("rows_count", "delivery_status").iter_rows())[1] == "accepted"


@pytest.mark.parametrize(("rows", "code"), [(0, 0), (3, 1)])
def test_a_control_file_counts_the_rows_of_none(desk, rows, code):
    path = desk.put(TRANSFERS, "overhevelingen.csv")
    desk.put(f'{{"rows": {rows}, "bedrag": 0}}', "overhevelingen.control.json")
    assert validate(path)[0] == code
