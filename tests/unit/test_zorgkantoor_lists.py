"""The UZOVI register and code list COD001 as people download them, taken into a pack: codes, names and ends."""

import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from tests.e2e.handmade import invoke
from tests.unit.test_official_lists import spreadsheet
from warehouse.pack_files import import_list, read_official_file
from warehouse.packs import load_pack, load_reference
from warehouse.reference import REFERENCE, read_list
from wlz.known.official_lists import ListError

TODAY = date(2026, 11, 30)
REGISTER = ["UZOVI-nummer", "Naam", "Concern", "Begindatum", "Einddatum"]
COD001 = ["Code", "Documentatie", "Ingangsdatum", "Expiratiedatum", "Mutatie"]


def register(path: Path, *rows: list[object], header: list[str] = REGISTER, head: int = 3) -> Path:
    """The register as published: a head of some lines, then insurers and zorgkantoren among each other."""
    return spreadsheet(path, Register=[*([f"kop {number}"] for number in range(head)), header, *rows])


@pytest.fixture
def pack(tmp_path: Path):
    shutil.copytree(load_pack("vektis-2019").folder, tmp_path / "own")
    return load_pack(str(tmp_path / "own"))


def crosswalk_of(pack) -> dict[str, dict[str, object]]:
    return {row["zorgkantoor_code"]: row for row in read_list(pack.path("region_crosswalk.csv")).iter_rows(named=True)}


def test_the_register_is_read_and_insurers_are_passed_over(tmp_path):
    path = register(
        tmp_path / "u.xlsx",
        ["0101", "Een verzekeraar", "X", "2006-01-01", None],
        [5501, "Zorgkantoor Groningen", "MENZIS", date(2006, 1, 1), None],
        ["5522", "Zorgkantoor Nieuwe Waterweg-Noord", "DSW", "01-01-2006", "31-12-2019"],
        [None] * 5,
    )
    found = read_official_file(path)
    assert found.form == "zorgkantoren"
    assert found.rows.select("zorgkantoor_code", "name", "valid_from", "valid_to").rows() == [
        ("5501", "Zorgkantoor Groningen", date(2006, 1, 1), None),
        ("5522", "Zorgkantoor Nieuwe Waterweg-Noord", date(2006, 1, 1), date(2020, 1, 1)),
    ]
    assert list(found.remarks) == ["1 row of numbers other than 55xx passed over: no zorgkantoren"]


@pytest.mark.parametrize("end", ["31-12-2019", "2020-01-01", date(2019, 12, 31), 43830, "20191231"])
def test_the_last_day_with_a_code_and_the_first_one_without_it_are_one_end(tmp_path, end):
    """Registers say 31 December, COD001 says 1 January; a crosswalk ends on the first day without the code."""
    found = read_official_file(register(tmp_path / "u.xlsx", ["5522", "NWN", "", "", end]))
    assert found.rows["valid_to"].to_list() == [date(2020, 1, 1)]


def test_a_list_of_codes_in_four_digits_is_one_of_zorgkantoren_and_never_of_prestaties(tmp_path):
    """COD001 has the columns of list 055: what its codes are tells them apart."""
    rows = [["5501", "Zorgkantoor Groningen", "2015-01-01", None, None], ["5533", "Zorgkantoor Friesland", "", "", ""]]
    found = read_official_file(register(tmp_path / "COD001.xlsx", *rows, header=COD001))
    assert (found.form, found.rows["zorgkantoor_code"].to_list()) == ("zorgkantoren", ["5501", "5533"])
    prestaties = register(
        tmp_path / "055.xlsx", ["Z025", "ZZP"], ["H104", "verpleging"], header=["Code", "Omschrijving"]
    )
    assert read_official_file(prestaties).form == "list 055"


def test_a_csv_without_dates_says_nothing_of_ends(tmp_path, pack):
    """5522 is closed in the pack since 2020; a list without a column of ends neither closes nor opens it."""
    (tmp_path / "u.csv").write_text("uzovi_code;naam\n5501;Zorgkantoor Groningen\n5522;Nieuwe Waterweg\n")
    before = crosswalk_of(pack)
    found, counts = import_list(tmp_path / "u.csv", pack, TODAY)
    assert counts == {"new without a region": 0, "newly closed": 0, "open again": 0, "other end": 0}
    assert crosswalk_of(pack) == before
    assert any("not named" in remark and "5502" in remark for remark in found.remarks)


def test_rows_that_cannot_be_right_are_named_and_passed_over(tmp_path):
    path = register(
        tmp_path / "u.xlsx",
        ["5501", "Zorgkantoor Groningen", "", "2020-01-01", "2019-01-01"],
        ["5502", "Zorgkantoor Friesland", "", "gisteren", None],
        ["5505", "Zorgkantoor Twente", "", "0215-01-01", None],
        ["5503", "Zorgkantoor Drenthe", "", "2015-01-01", "31-12-2018"],
        ["5503", "Zorgkantoor Drenthe", "", "2019-01-01", None],
        ["5504", "Zorgkantoor Zwolle", "", "", None],
        ["5504", "Zorgkantoor Zwolle", "", "", None],
        ["550", "te kort", "", "", None],
    )
    found = read_official_file(path)
    assert found.rows.select("zorgkantoor_code", "valid_to").rows() == [("5503", None), ("5504", None)]
    assert list(found.remarks) == [
        "row 5: 5501 ends on 2019-01-01 before it begins on 2020-01-01, passed over",
        "row 6: 5502 has 'gisteren', which is no date, passed over",
        "row 7: 5505 has '0215-01-01', which is no date, passed over",
        "row 9: 5503 stands in row 8 too; the period that ends last counts",
        "row 11: 5504 stands in row 10 too; the period that ends last counts",
        "1 row of numbers other than 55xx passed over: no zorgkantoren",
    ]


def test_an_import_closes_and_opens_codes_and_leaves_a_new_one_without_a_region(tmp_path, pack):
    """5531 closes, 5522 is open again, 5534 is new: no list says its region, and a name is never read for one."""
    path = register(
        tmp_path / "u.xlsx",
        ["5531", "Zorgkantoor Zuid-Limburg", "CZ", "2006-01-01", "31-12-2026"],
        ["5522", "Zorgkantoor Nieuwe Waterweg-Noord", "DSW", "2006-01-01", "31-12-9999"],
        ["5534", "Zorgkantoor Groningen Stad", "MENZIS", "2026-01-01", None],
        ["5533", "Zorgkantoor Friesland", "De Friesland", "2021-01-01", None],
    )
    found, counts = import_list(path, pack, TODAY)
    assert counts == {"new without a region": 1, "newly closed": 1, "open again": 1, "other end": 0}
    after = crosswalk_of(pack)
    assert after["5531"]["valid_to"] == date(2027, 1, 1)
    assert after["5531"]["source"].startswith("u.xlsx (sha256 ")
    assert (after["5522"]["valid_to"], "5534" in after) == (None, False)
    assert after["5533"]["valid_from"] == date(2020, 1, 1)
    names = {row["code"]: row for row in read_list(pack.path("zorgkantoor_codes.csv")).iter_rows(named=True)}
    assert (names["5534"]["name"], names["5534"]["valid_from"]) == ("Zorgkantoor Groningen Stad", date(2026, 1, 1))
    assert names["5501"]["name"] == "Zorgkantoor Groningen"
    told = "\n".join(found.remarks)
    assert "row 7: 5534 (Zorgkantoor Groningen Stad) is new and no list says its region" in told
    assert "row 8: 5533 begins on 2021-01-01 here, 2020-01-01 in the pack: its beginning stays" in told
    assert "row 6: 5522 has no end here and ended on 2020-01-01 in the pack: it is open again" in told
    assert "row 5: 5531 is closed from 2027-01-01 on" in told
    assert "region Zuid-Limburg has no code from 2027-01-01 on" in told
    assert load_reference(pack, 2026, date(2026, 1, 1)).crosswalk.height == len(after)


def test_an_end_before_a_code_began_is_told_and_not_taken(tmp_path, pack):
    """5533 begins in 2020: an end in 2019 would leave it no day at all."""
    path = register(tmp_path / "u.xlsx", ["5533", "Zorgkantoor Friesland", "", "", "31-12-2019"])
    found, counts = import_list(path, pack, TODAY)
    assert counts["newly closed"] == 0
    assert crosswalk_of(pack)["5533"]["valid_to"] is None
    assert any("5533 ends on 2020-01-01 here, before it begins" in remark for remark in found.remarks)


def test_the_same_list_twice_changes_nothing_more(tmp_path, pack):
    path = register(tmp_path / "u.xlsx", ["5531", "Zorgkantoor Zuid-Limburg", "CZ", "", "31-12-2026"])
    import_list(path, pack, TODAY)
    once = (pack.folder / "region_crosswalk.csv").read_bytes()
    _, counts = import_list(path, pack, TODAY)
    assert not any(counts.values())
    assert (pack.folder / "region_crosswalk.csv").read_bytes() == once


def test_the_list_that_comes_with_the_project_changes_nothing(pack):
    """COD001 itself: the crosswalk was made from it, its end of 5522 and its beginning of 5533 included."""
    before = crosswalk_of(pack)
    found, counts = import_list(REFERENCE / "zorgkantoor_codes.csv", pack, TODAY)
    assert (found.rows.height, list(found.remarks), any(counts.values())) == (33, [], False)
    assert crosswalk_of(pack) == before


def test_a_register_without_a_zorgkantoor_is_refused(tmp_path):
    path = register(tmp_path / "u.xlsx", ["0101", "Een verzekeraar", "X", "2006-01-01", None])
    with pytest.raises(ListError, match=r"no number 55xx below the header.*Next:"):
        read_official_file(path)


def test_the_concern_of_the_register_names_no_uitvoerder(tmp_path, pack):
    """Two uitvoerders share a concern name in 2019: who runs a region stays what region_uitvoerders.csv says."""
    before = load_reference(pack, 2019, date(2019, 1, 1))
    rows = [[code, name, "VRZ zorg-inkoop", "", None] for code, name in (("5516", "Amstelland"), ("5532", "IJssel"))]
    import_list(register(tmp_path / "u.xlsx", *rows), pack, TODAY)
    after = load_reference(pack, 2019, date(2019, 1, 1))
    assert after.regions.equals(before.regions)
    assert after.aliases.equals(before.aliases)
    assert not (pack.folder / "uitvoerders.csv").exists()


def test_a_pack_made_for_it_vouches_for_its_codes_no_longer_than_before(tmp_path):
    """Zorgkantoren were brought up to date, prestaties were not: the age of those is still told."""
    path = register(tmp_path / "u.xlsx", ["5501", "Zorgkantoor Groningen", "MENZIS", "", None])
    into = tmp_path / "lists" / "2026"
    told = invoke(
        "reference", "import", str(path), "--into", str(into), "--from", "vektis-2019", "--vouched-by", "A. Vos"
    )
    assert told.exit_code == 0, told.output
    assert "u.xlsx: zorgkantoren, 1 row; pack 2026: nothing new" in told.output
    made, like = load_pack(str(into)), load_pack("vektis-2019")
    assert (made.last_year, made.version, made.stand) == (like.last_year, like.version, like.stand)
    assert made.vouched_by == "A. Vos"
    assert isinstance(read_list(made.path("region_crosswalk.csv")), pl.DataFrame)
