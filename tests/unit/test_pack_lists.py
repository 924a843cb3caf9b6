"""Lists of a pack as people edit them: what cannot be right is refused in words, what is odd is asked about."""

import shutil
from pathlib import Path

import pytest
from click.testing import Result

from tests.e2e.handmade import invoke
from tests.unit.test_official_lists import TODAY
from warehouse.pack_files import import_list
from warehouse.packs import Pack, load_pack, load_reference, question_names
from warehouse.reference import ReferenceDataError, read_tariffs
from wlz.known.official_lists import ListError

HEADER = "prestatiecode;jaar;eenheid;max_tarief;nhc;nic"
HELD = "prestatiecode,year,unit_code,max_tariff_eur,nhc_eur,nic_eur,trust,source"


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    """A copy of the real list, to write into."""
    shutil.copytree(load_pack("vektis-2019").folder, tmp_path / "own")
    return load_pack(str(tmp_path / "own"))


def contents(pack: Pack) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in pack.folder.iterdir()}


def take_in(pack: Pack, *rows: str) -> Result:
    """`wlz reference import` of a file of tariffs with these rows."""
    path = pack.folder.parent / "t.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return invoke("reference", "import", str(path), "--into", str(pack.folder))


# ---- Tariffs as published ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("Z025;2019;etmaal;-88,66;0;0", "row 3: max_tariff -88.66 of Z025; expected an amount above 0"),
        ("Z025;2019;etmaal;0;0;0", "row 3: max_tariff 0 of Z025; expected an amount above 0"),
        ("Z025;2019;etmaal;nan;0;0", "row 3: max_tariff nan of Z025"),
        ("Z025;2019;etmaal;inf;0;0", "row 3: max_tariff inf of Z025"),
        ("Z025;2019;etmaal;;0;0", "row 3: Z025 has no maximum tariff"),
        ("Z025;2019;etmaal;88,66;-1;0", "row 3: nhc -1 of Z025; expected an amount of 0 or more"),
        ("Z025;26;etmaal;88,66;0;0", "row 3: year 26 of Z025; expected one from 2015 to 2099"),
        ("Z025;;etmaal;88,66;0;0", "row 3: the year of Z025 is 'empty'; expected one as 2026"),
        ("Z025;inf;etmaal;88,66;0;0", "row 3: the year of Z025 is 'inf'; expected one as 2026"),
        ("Z025;2019;etmaal;veel;0;0", "row 3: max_tariff is 'veel'; expected an amount such as 88,66"),
        (
            "Z041;2019;etmaal;101;0;0",
            "row 3: Z041 of 2019 in unit 14 is 101 (nhc 0, nic 0), and 100 (nhc 0, nic 0) in row 2; expected it once",
        ),
    ],
)
def test_a_file_with_a_tariff_that_cannot_be_right_is_refused_whole(pack: Pack, row: str, words: str) -> None:
    before = contents(pack)
    told = take_in(pack, "Z041;2019;etmaal;100;0;0", row)
    assert (told.exit_code, words in told.output, "Next: " in told.output) == (1, True, True), told.output
    assert "{" not in told.output
    assert contents(pack) == before


def test_no_pack_is_made_of_such_a_file(pack: Pack, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"{HEADER}\nZ025;2019;etmaal;-1;0;0\n", encoding="utf-8")
    how = ["--from", "vektis-2019", "--vouched-by", "A. Vos"]
    told = invoke("reference", "import", str(tmp_path / "t.csv"), "--into", str(tmp_path / "new"), *how)
    assert (told.exit_code, (tmp_path / "new").exists()) == (1, False)


def test_the_same_row_twice_is_one_tariff(pack: Pack) -> None:
    told = take_in(pack, "Z041;2019;etmaal;100;0;0", "Z041;2019;etmaal;100;0;0")
    assert (told.exit_code, "pack own: 1 tariffs" in told.output) == (0, True), told.output


def test_many_faults_are_counted_and_the_first_are_named(pack: Pack) -> None:
    told = take_in(pack, *(f"Z041;{year};etmaal;-1;0;0" for year in range(2015, 2023)))
    assert ("row 6: " in told.output, "row 7: " in told.output, "and 3 more" in told.output) == (True, False, True)


def test_what_is_odd_in_a_tariff_is_a_remark_with_its_row(pack: Pack) -> None:
    """Z025 is counted in etmalen: a dagdeel converts, a piece does not. 40 a dagdeel is 240 an etmaal."""
    told = take_in(
        pack, "Z02X;2019;etmaal;100;0;0", "Z025;2019;stuk;100;0;0", "Z041;2018;etmaal;100;0;0",
        "Z041;2019;etmaal;201;0;0", "Z043;2018;etmaal;240;0;0", "Z043;2019;dagdeel;40;0;0", "Z053;2019;etmaal;100;0;0",
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    assert "row 2: Z02X is not in the list; closest known Z02" in told.output
    assert "row 3: Z025 is in unit 81; the list counts it in 14, and it cannot be converted" in told.output
    assert "row 5: Z041 goes from 100 in 2018 to 201 in 2019, 2.01 times as much: is that so?" in told.output
    assert "Z043" not in told.output
    later = take_in(pack, "Z053;2020;etmaal;45;0;0", "Z041;2020;etmaal;402;0;0")
    assert "row 2: Z053 goes from 100 in 2019 to 45 in 2020, 0.45 times as much" in later.output
    assert "Z041" not in later.output


# ---- Tariffs as a pack holds them ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("Z025,2019,14,nan,0,0,official,t", "own/tariffs.csv, row 3: max_tariff nan of Z025; expected an amount"),
        ("Z025,2019,14,-3,0,0,official,t", "own/tariffs.csv, row 3: max_tariff -3 of Z025"),
        ("Z025,26,14,88.66,0,0,official,t", "own/tariffs.csv, row 3: year 26 of Z025"),
        ('Z025,2019,14,"88,66",0,0,official,t', "own/tariffs.csv, row 3, column max_tariff_eur: found '88,66'"),
        ("Z025,,14,88.66,0,0,official,t", "own/tariffs.csv, row 3, column year: found 'nothing'"),
        ("Z041,2019,14,101,0,0,official,t", "row 3: Z041 of 2019 in unit 14 is 101 (nhc 0, nic 0), and 100"),
        ("Z041,2019,04,4,0,0,official,t", "Z041 of 2019 stands there twice, rows 2, 3"),
    ],
)
def test_tariffs_edited_by_hand_are_refused_by_row(
    pack: Pack, monkeypatch: pytest.MonkeyPatch, row: str, words: str
) -> None:
    held = pack.folder / "tariffs.csv"
    held.write_text(f"{HELD}\nZ041,2019,14,100,0,0,official,t\n{row}\n", encoding="utf-8")
    said = refused_everywhere(pack, monkeypatch)
    assert words in said
    assert "Next: " in said


def test_tariffs_with_another_separator_are_refused_and_nothing_is_taken_in_beside_them(pack: Pack) -> None:
    held = pack.folder / "tariffs.csv"
    held.write_text(f"{HELD}\nZ041,2019,14,100,0,0,official,t\n".replace(",", ";"), encoding="utf-8")
    with pytest.raises(
        ReferenceDataError, match=r"no column prestatiecode, year, .* the separator is a comma, found ';'"
    ):
        read_tariffs(held)
    before = contents(pack)
    told = take_in(pack, "Z025;2019;etmaal;88,66;0;0")
    assert (told.exit_code, "own/tariffs.csv: no column" in told.output) == (1, True), told.output
    assert contents(pack) == before


def test_a_fault_of_an_import_is_a_list_error(pack: Pack, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"{HEADER}\nZ025;2019;etmaal;-1;0;0\n", encoding="utf-8")
    with pytest.raises(ListError, match=r"t\.csv, sheet text, row 2: max_tariff -1"):
        import_list(tmp_path / "t.csv", pack, TODAY)


# ---- Successors ----------------------------------------------------------------------------------------------------


def confirm(pack: Pack, old: str, new: str, share: str = "0.4") -> Result:
    """`wlz reference confirm`."""
    who = ["--author", "A. Vos", "--reason", "asked the uitvoerder"]
    return invoke("reference", "confirm", str(pack.folder), old, new, "--share", share, *who)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("H89X", "H881", "pack own does not know H89X; closest known H89"),
        ("H894", "H88X", "pack own does not know H88X; closest known H88"),
        ("H894", "H104", "pack own counts H894 in 14 and H104 in 01: volume carries over only in one unit"),
        (
            "H881",
            "H894",
            "says in successors.csv, row {row}, that H894 goes on as H881; H881 → H894 would make a circle",
        ),
    ],
)
def test_a_successor_that_cannot_be_one_is_refused(pack: Pack, old: str, new: str, words: str) -> None:
    assert confirm(pack, "H894", "H881").exit_code == 0
    before = contents(pack)
    lines = before["successors.csv"].decode().splitlines()
    row = next(number for number, line in enumerate(lines, 1) if line.startswith("H894,H881,0.4,confirmed"))
    told = confirm(pack, old, new)
    assert (told.exit_code, words.format(row=row) in told.output, "Next: " in told.output) == (1, True, True), (
        told.output
    )
    assert contents(pack) == before


def test_a_circle_over_a_third_code_is_refused_and_one_written_by_hand_is_told(pack: Pack) -> None:
    assert confirm(pack, "H894", "H881").exit_code == 0
    assert confirm(pack, "H881", "H882").exit_code == 0
    told = confirm(pack, "H882", "H894")
    assert (told.exit_code, "H894 would make a circle" in told.output) == (1, True), told.output
    with (pack.folder / "successors.csv").open("a", encoding="utf-8") as file:
        file.write("H104,H894,0.1,confirmed,A. Vos,x,x\n")
    assert "successor: H104 goes on as H894, but the list counts H104 in 01" in (
        invoke("reference", "check", str(pack.folder)).output
    )


# ---- Every list: columns, cells, words -----------------------------------------------------------------------------


def refused_everywhere(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> str:
    """What is said of a pack: the same when it is loaded, by `reference check`, `year check` and a run."""
    with pytest.raises(ReferenceDataError) as refused:
        load_reference(pack, 2018, TODAY)
    monkeypatch.setenv("WLZ_REFERENCE", str(pack.folder))
    for told in (invoke("reference", "check", str(pack.folder)), invoke("year", "check", "2018")):
        assert (told.exit_code, str(refused.value) in told.output) == (1, True), told.output
    (pack.folder.parent / "data" / "deliveries").mkdir(parents=True)
    told = invoke("run", "--delivery-month", "2018-05", "--data", str(pack.folder.parent / "data"))
    assert (told.exit_code, f"Nothing was published: {refused.value}" in told.output) == (1, True), told.output
    return str(refused.value)


def edit(pack: Pack, name: str, old: str, new: str) -> None:
    """Replaces a text of a list of the pack, the first time it stands there; a list of `reference/` is copied first."""
    text = pack.path(name).read_text(encoding="utf-8")
    assert old in text
    (pack.folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        (
            "roles.csv",
            "Z110,crisis",
            "Z110,crysis",
            "row 2, column role: found 'crysis', expected one of crisis, meerz",
        ),
        ("roles.csv", "Z110,crisis", ",crisis", "own/roles.csv, row 2, column prestatiecode: empty"),
        (
            "successors.csv",
            ",proposed,",
            ",porposed,",
            "row 2, column state: found 'porposed', expected one of proposed",
        ),
        ("validity.csv", "2018-12-31", "31-12-2018", "column valid_to: found '31-12-2018', expected 2018-12-31"),
        ("validity.csv", "2018-12-31", "gisteren", "column valid_to: found 'gisteren', expected a date as 2025-12-31"),
        (
            "validity.csv",
            "2018-12-31",
            "0218-12-31",
            "column valid_to: found '0218-12-31', expected a date as 2025-12-31, from 1950",
        ),
        ("validity.csv", "2015-01-01", "0001-01-01", "column valid_from: found '0001-01-01', expected a date"),
        ("validity.csv", "2015-01-01", "2115-01-01", "column valid_from: found '2115-01-01', expected a date"),
        (
            "region_crosswalk.csv",
            "2015-01-01",
            "0215-01-01",
            "own/region_crosswalk.csv, row 2, column valid_from: found",
        ),
        ("roles.csv", "Z110,crisis,,", "Z110,crisis,218,", "row 2, column first_year: found '218', expected a year"),
        ("nhc_ingroei.csv", "2011,100,0,", "211,100,0,", "own/nhc_ingroei.csv, row 2, column jaar: found '211'"),
        (
            "units.csv",
            ",true,",
            ",WAAR,",
            "own/units.csv, row 2, column allowed_for_wlz: found 'WAAR', expected true or",
        ),
        ("nhc_ingroei.csv", "2011,100,0,", "2011,100,nul,", "own/nhc_ingroei.csv, row 2, column pct_nhc: found 'nul'"),
        (
            "roles.csv",
            "Z110,crisis,,",
            "Z110,crisis,x,",
            "row 2, column first_year: found 'x', expected a year as 2025",
        ),
    ],
)
def test_a_cell_that_cannot_be_read_is_refused_by_row(
    pack: Pack, monkeypatch: pytest.MonkeyPatch, name: str, old: str, new: str, words: str
) -> None:
    edit(pack, name, old, new)
    said = refused_everywhere(pack, monkeypatch)
    assert words in said
    assert "Next: " in said


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("prestaties.csv", "unit_code"),
        ("validity.csv", "valid_to"),
        ("roles.csv", "last_year"),
        ("successors.csv", "state"),
        ("units.csv", "allowed_for_wlz"),
        ("regions.csv", "zorgkantoorregio"),
        ("region_crosswalk.csv", "valid_from"),
        ("region_uitvoerders.csv", "wlz_uitvoerder"),
        ("uitvoerders.csv", "alias"),
        ("nhc_ingroei.csv", "pct_nhc"),
    ],
)
def test_a_list_without_a_column_is_refused_in_words(
    pack: Pack, monkeypatch: pytest.MonkeyPatch, name: str, column: str
) -> None:
    edit(pack, name, column, "something")
    said = refused_everywhere(pack, monkeypatch)
    assert said.startswith(f"own/{name}: no column {column}; found ")
    assert said.endswith("Next: mend the header")


@pytest.mark.parametrize("name", ["prestaties.csv", "roles.csv", "regions.csv"])
def test_a_list_with_another_separator_is_refused_in_words(
    pack: Pack, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    text = pack.path(name).read_text(encoding="utf-8")
    header, first = text.splitlines()[:2]
    lines = [header.replace(",", ";"), first.replace(",", ";")]
    (pack.folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    said = refused_everywhere(pack, monkeypatch)
    assert f"own/{name}: no column " in said
    assert "; the separator is a comma, found ';'. Next: save the file with commas between its columns" in said


def test_empty_lines_at_the_end_of_a_list_are_no_rows(pack: Pack) -> None:
    before = load_reference(pack, 2018, TODAY)
    for name in ("roles.csv", "prestaties.csv", "validity.csv"):
        with (pack.folder / name).open("a", encoding="utf-8") as file:
            file.write("\n\n")
    assert load_reference(pack, 2018, TODAY).prestaties.equals(before.prestaties)


# ---- Names of uitvoerders ------------------------------------------------------------------------------------------

ASKED = "new name 'Zilveren Kruys', like 'Zilveren Kruis': is it the same uitvoerder?"


def test_a_new_name_very_like_another_is_asked_about(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(pack, "region_uitvoerders.csv", ",Zilveren Kruis,", ",Zilveren Kruys,")
    lines = (pack.folder / "region_uitvoerders.csv").read_text(encoding="utf-8").splitlines()
    row = next(number for number, line in enumerate(lines, 1) if "Kruys" in line)
    monkeypatch.setenv("WLZ_REFERENCE", str(pack.folder))
    check, year = invoke("reference", "check", str(pack.folder)), invoke("year", "check", "2018")
    assert check.exit_code == 0
    assert f"name: region_uitvoerders.csv, row {row}: {ASKED} Next: mend it" in check.output
    assert f"to confirm    new names of uitvoerders: region_uitvoerders.csv, row {row}: {ASKED}" in year.output


def test_a_name_that_is_another_or_has_the_old_one_for_an_alias_is_not(pack: Pack) -> None:
    edit(pack, "region_uitvoerders.csv", ",Zilveren Kruis,", ",Fictief,")
    assert question_names(load_reference(pack, 2018, TODAY)) == []
    text = load_pack("vektis-2019").path("region_uitvoerders.csv").read_text(encoding="utf-8")
    renamed = text.replace(",Zilveren Kruis,", ",Zilveren Kruis 2,")
    (pack.folder / "region_uitvoerders.csv").write_text(renamed, encoding="utf-8")
    names = pack.path("uitvoerders.csv").read_text(encoding="utf-8").replace("Zilveren Kruis,", "Zilveren Kruis 2,")
    (pack.folder / "uitvoerders.csv").write_text(names, encoding="utf-8")
    assert len(question_names(load_reference(pack, 2018, TODAY))) == 1
    names += "Zilveren Kruis 2,Zilveren Kruis,2015-01-01,,renamed\n"
    (pack.folder / "uitvoerders.csv").write_text(names, encoding="utf-8")
    assert question_names(load_reference(pack, 2018, TODAY)) == []


@pytest.mark.parametrize("name", ["vektis-2019", "simulation", "simulation-1"])
def test_the_packs_of_the_project_raise_no_question(name: str) -> None:
    assert question_names(load_reference(load_pack(name), 2018, TODAY)) == []
