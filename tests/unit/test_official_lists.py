"""Official lists as people download them: heads, odd rows and typing errors of the real ones, built here."""

import hashlib
import shutil
from datetime import date, datetime
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from tests.e2e.handmade import claims, invoke, write_delivery
from warehouse import reference
from warehouse.pack_files import import_list, read_official_file, sum_newest_claims
from warehouse.packs import Import, PackError, load_pack, load_reference
from warehouse.reference import read_list
from wlz.known.official_lists import ListError
from wlz.known.pack_checks import check_claims, check_lists
from wlz.known.reference import nearest_code

TODAY = date(2026, 11, 30)
KOPPELTABEL_HEADER = [
    "Prestatiecode", "Omschrijving prestatie", "ZZP-codes", "Tijdseenheid", "Functiecodes", "Begindatum", "Einddatum",
    "Prestatiegroep", "Declaratiewijze",
]  # fmt: skip


def spreadsheet(path: Path, **sheets: list[list[object]]) -> Path:
    """A workbook with these rows per sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def koppeltabel(path: Path, *rows: list[object], head: int = 5) -> Path:
    """The Koppeltabel as published: two sheets with words, then the table below a head of some lines."""
    lines: list[list[object]] = [[f"regel {number} van de kop"] for number in range(head)]
    return spreadsheet(path, Leeswijzer=[["Toelichting"]], Mutaties=[], Koppeltabel=[*lines, KOPPELTABEL_HEADER, *rows])


def row(code: str, unit: str, end: object = None, group: object = 36, begin: object = date(2018, 1, 1)) -> list[object]:
    return [code, f"wat {code} is", "028 029", unit, None, begin, end, group, "2"]


@pytest.fixture
def pack(tmp_path: Path):
    """A copy of the real list, to write into."""
    shutil.copytree(load_pack("vektis-2019").folder, tmp_path / "own")
    return load_pack(str(tmp_path / "own"))


@pytest.mark.parametrize("head", [0, 5, 18])
def test_the_koppeltabel_is_read_below_its_head(tmp_path, head):
    path = koppeltabel(
        tmp_path / "k.xlsx", row("Z025", "etmaal"), row("H894", "per etmaal", date(2018, 12, 31)), head=head
    )
    found = read_official_file(path)
    assert found.form == "koppeltabel"
    assert found.rows.select("prestatiecode", "unit_code", "valid_to", "group_number").rows() == [
        ("H894", "14", date(2018, 12, 31), "36"),
        ("Z025", "14", None, "36"),
    ]


@pytest.mark.parametrize(
    "end", ["31-12-2018", "2018-12-31", "20181231", datetime(2018, 12, 31), 43465, "31/12/2018", "2018-12-31 00:00:00"]
)
def test_a_date_is_read_as_people_write_it(tmp_path, end):
    found = read_official_file(koppeltabel(tmp_path / "k.xlsx", row("H894", "etmaal", end)))
    assert found.rows["valid_to"].to_list() == [date(2018, 12, 31)]


@pytest.mark.parametrize("end", [None, "", "31-12-9999", "n.v.t.", date(2099, 12, 31)])
def test_an_end_far_away_is_no_end(tmp_path, end):
    assert (
        read_official_file(koppeltabel(tmp_path / "k.xlsx", row("H894", "etmaal", end))).rows["valid_to"].item() is None
    )


def test_odd_rows_are_named_and_passed_over_or_put_right(tmp_path):
    rows = [row(" z025", "Etmaal"), [None] * 9, ["Totaal aantal codes: 480", *[None] * 8], row("H126", "minuut")]
    found = read_official_file(koppeltabel(tmp_path / "k.xlsx", *rows))
    assert found.rows["prestatiecode"].to_list() == ["H126", "Z025"]
    assert list(found.remarks) == [
        "row 7: ' z025' read as Z025",
        "row 9: Totaal aantal codes: 480 is no code, passed over",
    ]


def test_of_several_periods_the_open_one_counts_and_of_two_units_neither(tmp_path):
    rows = [
        row("Z025", "etmaal", date(2017, 12, 31), begin=date(2011, 1, 1)), row("Z025", "etmaal"),
        row("H104", "minuut"), row("H104", "uur"), row("S894", "etmaal", date(2018, 12, 31)),
    ]  # fmt: skip
    found = read_official_file(koppeltabel(tmp_path / "k.xlsx", *rows))
    assert found.rows.select("prestatiecode", "valid_to").rows() == [("S894", date(2018, 12, 31)), ("Z025", None)]
    assert list(found.remarks) == ["H104 has units 01, 04: ambiguous, passed over"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (row("Z025", "maand"), "row 7: unit 'maand' is not known; known: minuut"),
        (row("Z025", "etmaal", "gisteren"), "row 7: 'gisteren' is no date"),
        (row("Z025", "etmaal", "31-12-0218"), "row 7: '31-12-0218' is no date"),
        (row("Z025", "etmaal", "0001-01-01"), "row 7: '0001-01-01' is no date"),
        (row("Z025", "etmaal", 2018), "row 7: '2018' is no date"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named(tmp_path, change, words):
    with pytest.raises(ListError) as refused:
        read_official_file(koppeltabel(tmp_path / "k.xlsx", change))
    assert words in str(refused.value)


def test_a_file_that_is_no_list_is_refused_in_words(tmp_path):
    with pytest.raises(ListError, match="no sheet has the columns of a known list"):
        read_official_file(spreadsheet(tmp_path / "other.xlsx", Blad1=[["a", "b"], [1, 2]]))
    (tmp_path / "broken.xlsx").write_bytes(b"no spreadsheet")
    with pytest.raises(ListError, match=r"broken.xlsx: not readable as a list"):
        read_official_file(tmp_path / "broken.xlsx")
    with pytest.raises(ListError, match="no such file"):
        read_official_file(tmp_path / "absent.xlsx")
    with pytest.raises(ListError, match="a header and no codes below it"):
        read_official_file(koppeltabel(tmp_path / "empty.xlsx"))


def test_an_import_says_what_is_new_and_keeps_what_the_list_does_not_name(tmp_path, pack):
    """Z025 goes on, ZN103 is new in a group whose known codes are alike, H104 ends, H126 is not in the list."""
    rows = [row(code, "etmaal", group=34) for code in ("Z033", "Z043", "Z053", "Z063")]
    rows += [
        row("ZN103", "etmaal", group=34),
        row("ZX1", "stuk", group=77),
        row("H104", "minuut", date(2025, 12, 31), 6),
    ]
    path = koppeltabel(tmp_path / "k.xlsx", *rows)
    _, counts = import_list(path, pack, TODAY)
    assert counts == {"new": 2, "changed unit": 0, "newly ended": 1, "without a unit": 0}
    codes = {one["prestatiecode"]: one for one in read_list(pack.path("prestaties.csv")).iter_rows(named=True)}
    assert codes["ZN103"]["prestatiegroep"] == "ZZP VV incl. behandeling"
    assert (codes["ZN103"]["leveringsvorm"], codes["ZN103"]["sector"]) == ("verblijf", "VV")
    assert (codes["ZX1"]["prestatiegroep"], codes["ZX1"]["sector"]) == ("Overige afspraken", None)
    assert codes["ZN103"]["trust"] == "official"
    assert codes["ZN103"]["source"].startswith("k.xlsx (sha256 ")
    assert codes["H126"]["trust"] == "converted"
    lists = load_reference(pack, 2026, TODAY)
    assert lists.ended["H104"] == date(2025, 12, 31)
    assert "ZN103" in lists.known_codes


def test_list_055_adds_codes_that_wait_for_a_unit(tmp_path, pack):
    """It has no units and no ends: a new code is known by name, and set apart until the Koppeltabel says its unit."""
    rows = [[f"kop {number}"] for number in range(18)] + [["Code", "Omschrijving"], ["ZN103", "nieuw"], ["H894", "oud"]]
    _, counts = import_list(spreadsheet(tmp_path / "055.xlsx", Blad1=rows), pack, TODAY)
    assert counts == {"new": 1, "changed unit": 0, "newly ended": 0, "without a unit": 1}
    lists = load_reference(pack, 2026, TODAY)
    assert "ZN103" not in lists.known_codes
    assert lists.ended["H894"] == date(2018, 12, 31)
    found = check_lists(
        *(read_list(pack.path(name)) for name in ("prestaties.csv", "validity.csv", "roles.csv", "successors.csv"))
    )
    assert ("without unit", "ZN103") in found.select("kind", "prestatiecode").rows()


@pytest.mark.parametrize("mark", [";", ","])
def test_tariffs_are_read_from_the_template(tmp_path, pack, mark):
    amount = "88,66" if mark == ";" else "88.66"
    lines = [
        "prestatiecode;jaar;eenheid;max_tarief;nhc;nic",
        f"Z025;2019;etmaal;{amount};26,93;1,87",
        "Z041;2019;14;100;;",
    ]
    text = "\n".join(lines).replace("26,93;1,87", "26,93;1,87" if mark == ";" else "26.93;1.87").replace(";", mark)
    (tmp_path / "t.csv").write_text(text)
    for _ in range(2):  # twice is once
        _, counts = import_list(tmp_path / "t.csv", pack, TODAY)
        assert counts == {"tariffs": 2}
    written = pl.read_csv(pack.folder / "tariffs.csv")
    assert written.select("prestatiecode", "year", "max_tariff_eur", "nhc_eur", "nic_eur").rows() == [
        ("Z025", 2019, 88.66, 26.93, 1.87),
        ("Z041", 2019, 100.0, 0.0, 0.0),
    ]


def landing_of(tmp_path: Path) -> Path:
    """Claims of May 2019: Z025 in order, H894 after its end, Z995 in hours, X1 in no list, ZMZ02 without a role."""
    rows = [
        *claims("Z025", last="2019-04"), *claims("H894", first="2018-12", last="2019-01", codes=["5501"]),
        *claims("Z995", unit="04", first="2019-01", last="2019-01", codes=["5501"]),
        *claims("X1", first="2019-02", last="2019-02", codes=["5501"], volume=7.0),
        *claims("ZMZ02", first="2019-03", last="2019-03", codes=["5501"], volume=500.0),
    ]  # fmt: skip
    write_delivery(tmp_path / "deliveries", "declaraties", rows, month="2019-05", on=date(2019, 5, 2))
    return tmp_path / "deliveries"


def test_a_pack_is_held_against_claims_with_the_euro_of_each(tmp_path, pack):
    file, summed = sum_newest_claims(landing_of(tmp_path))
    assert file.parent.name == "2019-05"
    found = check_claims(load_reference(pack, 2019, TODAY), summed, 2018)
    assert found.select("kind", "prestatiecode", "euro").rows() == [
        ("newer", "", 2 * 4 * 1000.0 + 1000 + 70 + 5000 + 1000),
        ("no role", "ZMZ02", 5000.0),
        ("unknown", "ZMZ02", 5000.0),
        ("ended", "H894", 1000.0),
        ("unknown", "X1", 70.0),
    ]


def test_check_ends_with_1_where_claims_do_not_fit_and_with_0_where_they_do(tmp_path, pack):
    told = invoke("reference", "check", str(pack.folder), "--deliveries", str(landing_of(tmp_path)))
    assert told.exit_code == 1
    assert "no role: ZMZ02 looks like meerzorg and has no such role in roles.csv (€ 5,000)" in told.output
    write_delivery(tmp_path / "clean", "declaraties", claims("Z025"), month="2018-05", on=date(2018, 5, 2))
    told = invoke("reference", "check", str(pack.folder), "--deliveries", str(tmp_path / "clean"))
    assert told.exit_code == 0
    assert "nothing amiss" in told.output


def test_a_successor_is_confirmed_by_a_person_with_its_share(pack):
    who = ["--author", "A. Vos", "--reason", "asked the uitvoerder"]
    told = invoke("reference", "confirm", str(pack.folder), "H894", "H881", "--share", "0.4", *who)
    assert "H894 goes on as H881 40.0%" in told.output
    assert "60.0% of H894 goes on nowhere" in told.output
    rows = read_list(pack.path("successors.csv")).filter(prestatiecode="H894", successor="H881")
    assert rows.select("share", "state", "author", "reason").row(0) == (
        0.4, "confirmed", "A. Vos", "asked the uitvoerder"
    )  # fmt: skip
    assert load_reference(pack, 2019, TODAY).prestaties.filter(prestatiecode="H894")["successor"].item() == "H881"
    too_much = invoke("reference", "confirm", str(pack.folder), "H894", "H882", "--share", "0.7", *who)
    assert too_much.exit_code == 1
    assert "are 1.100 together; expected at most 1" in too_much.output
    unknown = invoke("reference", "confirm", str(pack.folder), "H894", "X999", "--share", "0.1", *who)
    assert (unknown.exit_code, "does not know X999" in unknown.output) == (1, True)
    assert read_list(pack.path("successors.csv")).filter(prestatiecode="H894", state="confirmed").height == 1


def test_import_makes_a_pack_of_its_own_and_says_what_next(tmp_path):
    path = koppeltabel(tmp_path / "k.xlsx", row("ZN103", "etmaal"))
    into = tmp_path / "lists" / "2026"
    nobody = invoke("reference", "import", str(path), "--into", str(into), "--from", "vektis-2019")
    assert (nobody.exit_code, into.exists()) == (2, False)
    told = invoke(
        "reference", "import", str(path), "--into", str(into), "--from", "vektis-2019", "--vouched-by", "A. Vos",
        "--stand", "2026-01-01",
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    assert "koppeltabel, 1 row; pack 2026: 1 new" in told.output
    made = load_pack(str(into))
    assert (made.last_year, made.vouched_by, made.stand) == (2026, "A. Vos", date(2026, 1, 1))
    again = invoke("reference", "import", str(path), "--into", str(into), "--from", "vektis-2019", "--vouched-by", "B")
    assert (again.exit_code, "is there already" in again.output) == (1, True)


def test_changing_a_pack_that_came_with_the_project_is_said(tmp_path, pack, monkeypatch):
    """A copy of one, in a folder of somebody's own, is theirs to change."""
    shutil.copytree(reference.REFERENCE / "packs", tmp_path / "reference" / "packs")
    monkeypatch.setattr(reference, "REFERENCE", tmp_path / "reference")
    path = koppeltabel(tmp_path / "k.xlsx", row("ZN103", "etmaal"))
    who = ("--share", "0.4", "--author", "A. Vos", "--reason", "asked")
    for name, is_said in (("vektis-2019", True), (str(pack.folder), False)):
        imported = invoke("reference", "import", str(path), "--into", name)
        confirmed = invoke("reference", "confirm", name, "H894", "H881", *who)
        for told in (imported, confirmed):
            assert (told.exit_code, "came with the project" in told.output) == (0, is_said), told.output


def test_a_pack_that_is_not_whole_is_refused(tmp_path, pack):
    (pack.folder / "roles.csv").unlink()
    with pytest.raises(PackError, match=r"roles.csv missing"):
        load_pack(str(pack.folder))
    with pytest.raises(
        PackError, match=r"expected one of simulation, simulation-1, vektis-2019, or a folder with pack\.toml"
    ):
        load_pack("nothing")
    (pack.folder / "pack.toml").write_text("title = 3\n")
    (pack.folder / "roles.csv").write_text("prestatiecode,role,first_year,last_year,reason,source\n")
    with pytest.raises(PackError, match=r"pack.toml, title: expected str, found 3"):
        load_pack(str(pack.folder))


@pytest.mark.parametrize(("code", "nearest"), [("Z057", "Z053"), ("H1O4", "H104"), (None, None), ("999", None)])
def test_the_nearest_code_begins_the_same(code, nearest):
    assert nearest_code(code, ["Z053", "Z905", "H057", "H104"]) == nearest


# ---- Which files a pack was made of --------------------------------------------------------------------------------


def test_a_pack_says_which_files_were_taken_into_it(tmp_path, pack):
    """The whole hash, so that the file can be asked for again; what the pack said before stays, its comments too."""
    before = (pack.folder / "pack.toml").read_text(encoding="utf-8")
    codes, tariffs = koppeltabel(tmp_path / "k.xlsx", row("ZN103", "etmaal")), tmp_path / 't "1".csv'
    tariffs.write_text("prestatiecode;jaar;eenheid;max_tarief\nZ025;2019;etmaal;88,66\n")
    for path in (codes, tariffs):
        import_list(path, pack, TODAY)
    assert (pack.folder / "pack.toml").read_text(encoding="utf-8").startswith(before)
    again = load_pack(str(pack.folder))
    assert again.imports == (
        Import("k.xlsx", "koppeltabel", hashlib.sha256(codes.read_bytes()).hexdigest(), TODAY),
        Import('t "1".csv', "tariffs", hashlib.sha256(tariffs.read_bytes()).hexdigest(), TODAY),
    )
    assert (again.title, again.last_year) == (pack.title, pack.last_year)


def test_the_same_file_twice_is_one_and_a_changed_one_is_another(tmp_path, pack):
    path = koppeltabel(tmp_path / "k.xlsx", row("ZN103", "etmaal"))
    for day in (TODAY, date(2026, 12, 1)):
        import_list(path, load_pack(str(pack.folder)), day)
    assert [one.imported_on for one in load_pack(str(pack.folder)).imports] == [TODAY]
    import_list(koppeltabel(tmp_path / "k.xlsx", row("ZN104", "etmaal")), load_pack(str(pack.folder)), TODAY)
    assert len({one.sha256 for one in load_pack(str(pack.folder)).imports}) == 2


def test_a_pack_made_of_another_one_keeps_what_was_taken_into_that(tmp_path, pack):
    import_list(koppeltabel(tmp_path / "k.xlsx", row("ZN103", "etmaal")), pack, TODAY)
    later, into = koppeltabel(tmp_path / "later.xlsx", row("ZN104", "etmaal")), tmp_path / "lists" / "2027"
    told = invoke(
        "reference", "import", str(later), "--into", str(into), "--from", str(pack.folder), "--vouched-by", "A. Vos"
    )
    assert told.exit_code == 0, told.output
    assert [one.file for one in load_pack(str(into)).imports] == ["k.xlsx", "later.xlsx"]
    digest = hashlib.sha256(later.read_bytes()).hexdigest()
    assert f"sha256 {digest}" in told.output
    checked = invoke("reference", "check", str(into))
    assert f"taken in: koppeltabel from later.xlsx, sha256 {digest}" in checked.output


def test_a_file_that_cannot_be_read_is_not_recorded(tmp_path, pack):
    (tmp_path / "broken.xlsx").write_bytes(b"no spreadsheet")
    with pytest.raises(ListError):
        import_list(tmp_path / "broken.xlsx", pack, TODAY)
    assert load_pack(str(pack.folder)).imports == ()


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("imports = 3\n", r"imports: expected tables \[\[imports\]\], found 3"),
        ('[[imports]]\nfile = "a"\n', r"imports, number 1: expected file, form, sha256, imported_on"),
        ('[[imports]]\nfile = "a"\nform = "tariffs"\nsha256 = "zz"\nimported_on = 2026-11-30\n', "found sha256 'zz'"),
        ('[[imports]]\nfile = 1\nform = "tariffs"\nsha256 = "zz"\nimported_on = 2026-11-30\n', "found file 1"),
    ],
)
def test_a_record_of_imports_that_is_wrong_is_named(pack, entry, words):
    said = pack.folder / "pack.toml"
    said.write_text(said.read_text(encoding="utf-8") + entry, encoding="utf-8")
    with pytest.raises(PackError, match=rf"pack\.toml, .*{words}.*Next:"):
        load_pack(str(pack.folder))
