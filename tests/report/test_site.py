"""The site of a real run: every number on a page is the mart's, nothing hidden leaks, names do no harm."""

import csv
import io
import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import openpyxl
import pytest

from reports.facts import ReportError
from reports.site import build_site
from tests.old_database import lay_out_as_before

MAY = date(2018, 5, 1)
MILLION = Decimal(1_000_000)


class TableReader(HTMLParser):
    """Rows of every table of a page: text and data-value per cell."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, list[list[tuple[str, str | None]]]] = {}
        self._name = ""
        self._cell: list[str] | None = None
        self._value: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "table":
            self._name = given.get("id") or ""
            self.tables[self._name] = []
        elif tag == "tr" and self._name:
            self.tables[self._name].append([])
        elif tag in ("td", "th") and self._name:
            self._cell, self._value = [], given.get("data-value")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._cell is not None:
            text = "".join(self._cell).replace("\N{NO-BREAK SPACE}", " ").strip()
            self.tables[self._name][-1].append((text, self._value))
            self._cell = None
        elif tag == "table":
            self._name = ""

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)


def read_tables(page: Path) -> dict[str, list[list[tuple[str, str | None]]]]:
    reader = TableReader()
    reader.feed(page.read_text(encoding="utf-8"))
    return reader.tables


def read_csv(site: Path, name: str) -> list[list[str]]:
    text = (site / "csv" / f"{name}.csv").read_text(encoding="utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def dutch_millions(amount: Decimal, decimals: int) -> str:
    """The letter's rule, written once more: millions, halves away from zero, no minus zero."""
    rounded = (amount / MILLION).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    text = f"{abs(rounded) if rounded == 0 else rounded:,.{decimals}f}"
    return text.replace(",", "_").replace(".", ",").replace("_", ".")


@pytest.fixture(scope="module")
def site(small_data) -> Path:
    """The site that the run itself wrote."""
    return Path(small_data.database).parent / "reports" / "2018-05"


# Table → mart, condition, column with the name, value columns with decimals, in the order of the page.
LETTER = {
    2: ("utilisation_uitvoerder", "part = 'pgb'", "wlz_uitvoerder", {2: ("expected_eur", 0)}),
    3: (
        "zin_uitvoerder",
        "true",
        "wlz_uitvoerder",
        {1: ("expected_excl_extra_eur", 0), 2: ("expected_eur", 0), 3: ("budget_eur", 0), 4: ("available_eur", 0)},
    ),
    4: (
        "extra_items_uitvoerder",
        "true",
        "wlz_uitvoerder",
        {1: ("crisisbedden_eur", 2), 2: ("na_ijl_eur", 2), 3: ("meerzorg_eur", 2), 4: ("extra_items_eur", 1)},
    ),
    5: (
        "pgb_uitvoerder",
        "true",
        "wlz_uitvoerder",
        {1: ("granted_to_date_eur", 1), 2: ("expected_eur", 1), 3: ("budget_eur", 1), 4: ("available_eur", 1)},
    ),
    6: (
        "pgb_region",
        "true",
        "zorgkantoorregio",
        {1: ("granted_to_date_eur", 1), 2: ("expected_eur", 1), 3: ("budget_eur", 0), 4: ("available_eur", 0)},
    ),
}


@pytest.mark.parametrize("number", LETTER)
def test_tables_of_the_page_the_csv_and_the_workbook_are_the_mart(site, small_data, number):
    mart, condition, name_column, columns = LETTER[number]
    names = ", ".join(column for column, _ in columns.values())
    rows = small_data.query(
        f"SELECT {name_column}, {names} FROM marts.{mart} WHERE {condition} AND scenario = 'letter'"
    )
    wanted = {row[0]: row[1:] for row in rows}
    shown = {cells[0][0]: cells for cells in read_tables(site / "index.html")[f"tabel-{number}"][1:]}
    in_csv = {cells[0]: cells for cells in read_csv(site, f"tabel-{number}")[1:]}
    book = openpyxl.load_workbook(site / "wlz-kader-2018-05.xlsx", data_only=True)[f"tabel-{number}"]
    in_book = {cells[0]: cells for cells in book.iter_rows(min_row=4, values_only=True)}
    assert wanted.keys() <= shown.keys()
    assert shown.keys() == in_csv.keys() == in_book.keys()
    for name, amounts in wanted.items():
        for (place, (_, decimals)), amount in zip(columns.items(), amounts, strict=True):
            assert shown[name][place] == (dutch_millions(amount, decimals), str(amount))
            assert Decimal(in_csv[name][place].replace(",", ".")) == amount
            assert isinstance(in_book[name][place], (int, float))
            assert round(Decimal(in_book[name][place]), 2) == amount


def test_shares_are_of_unrounded_amounts(site, small_data):
    rows = small_data.query("SELECT wlz_uitvoerder, available_eur, budget_eur FROM marts.zin_uitvoerder")
    shown = {cells[0][0]: cells[5][0] for cells in read_tables(site / "index.html")["tabel-3"][1:]}
    for name, available, budget in rows:
        percent = (available * 100 / budget).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
        assert shown[name] == f"{percent:.2f}".replace(".", ",")


def test_the_first_screen_says_what_the_marts_say(site, small_data):
    rooms = dict(small_data.query("SELECT part, available_eur FROM marts.utilisation_national"))
    ((after, needed),) = small_data.query(
        "SELECT available_after_transfer_eur, reserve_needed_ratio FROM marts.utilisation_national WHERE part = 'zin'"
    )
    wanted = [f"€ {dutch_millions(rooms[part], 0)} mln" for part in ("zin", "pgb")]
    if rooms["zin"] < 0:
        wanted.append(f"€ {dutch_millions(after, 0)} mln")
        wanted.append(f"{Decimal(needed * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP)}%")
    page = (site / "index.html").read_text(encoding="utf-8").replace("\N{NO-BREAK SPACE}", " ")
    assert re.findall(r"<dd><strong>(.*?)</strong>", page) == wanted
    decimals = 0 if abs(rooms["zin"]) >= 10 * MILLION else 1  # as in a sentence
    assert f"€ {dutch_millions(abs(rooms['zin']), decimals)} miljoen {'tekort' if rooms['zin'] < 0 else 'over'}" in page


def test_a_downloaded_csv_of_invented_deliveries_says_so_in_its_name(site):
    """The file on disk keeps its name, for whoever reads it every month; the copy that is passed on is marked."""
    assert (site / "csv" / "tabel-3.csv").is_file()
    pattern = re.compile(r'href="([^"]*csv/([^"]+).csv)" download="([^"]+)"')
    links = [(page, *found) for page in site.rglob("*.html") for found in pattern.findall(page.read_text("utf-8"))]
    assert len(links) > 20
    for page, href, name, saved in links:
        assert (page.parent / href).is_file()
        assert saved == f"{name}-verzonnen.csv"


def test_minus_zero_is_nowhere(site):
    wrong = re.compile(r"(?<![\d.,-])-0(?:[.,]0+)?(?![\d.,])")
    for file in (one for one in site.rglob("*") if one.suffix in (".html", ".csv")):
        text = file.read_text(encoding="utf-8")
        texts = re.findall(r">([^<>]*)<", text) if file.suffix == ".html" else re.split(r"[;\r\n]", text)
        assert not [one for one in texts if wrong.fullmatch(one.strip())], file.name


def test_a_place_shows_its_own_rows(site, small_data):
    for name, declared in small_data.query(
        "SELECT zorgkantoorregio, declared_to_date_eur FROM marts.zin_region WHERE zorgkantoorregio <> 'Landelijk'"
    ):
        (file,) = [path for path in (site / "regio").glob("*.html") if f"regio {name}</h1>" in path.read_text("utf-8")]
        stand = next(rows for key, rows in read_tables(file).items() if key.startswith("stand-"))
        assert stand[1][1] == (dutch_millions(declared, 1), str(declared))


def test_the_simulation_is_named_on_every_page(site):
    for page in site.rglob("*.html"):
        assert "verzonnen aanleveringen" in page.read_text(encoding="utf-8"), page.name


def test_nothing_changed_nothing_written(site, small_data):
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*")}
    again = build_site(small_data.database, site.parent, MAY)
    assert not again.is_new
    assert before == {path: path.stat().st_mtime_ns for path in site.rglob("*")}


def test_a_build_that_breaks_off_leaves_the_site_as_it_was(small_data, tmp_path, monkeypatch):
    build_site(small_data.database, tmp_path, MAY)
    before = {path.name: path.read_bytes() for path in (tmp_path / "2018-05").rglob("*.html")}
    monkeypatch.setattr("reports.site.code_of_report", lambda: "other code")
    monkeypatch.setattr("reports.tables.export.write_workbook", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        build_site(small_data.database, tmp_path, MAY)
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "2018-05").rglob("*.html")}
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_month_that_is_not_published_says_which_are(small_data, tmp_path):
    with pytest.raises(ReportError, match=r"2018-04 is not published.*published: 2018-05"):
        build_site(small_data.database, tmp_path, date(2018, 4, 1))
    with pytest.raises(ReportError, match="published: nothing"):
        build_site(tmp_path / "none.duckdb", tmp_path, MAY)


def test_without_suppression_nothing_is_shown(spoiled, tmp_path):
    connection, database = spoiled
    connection.execute("DELETE FROM stored.cell_support")
    connection.close()
    with pytest.raises(ReportError, match="without saying which small groups may be shown"):
        build_site(database, tmp_path, MAY)
    with duckdb.connect(str(database)) as again:
        lay_out_as_before(again, "cell_support")
    with pytest.raises(ReportError, match="published by another version"):
        build_site(database, tmp_path, MAY)
    assert list(tmp_path.glob("2018-05")) == []


def test_a_month_published_before_the_room_at_its_bounds_was_is_named(spoiled, tmp_path):
    """Pages would say that every month of the year is known."""
    connection, database = spoiled
    connection.execute("UPDATE stored.utilisation_national SET available_lower_80_eur = NULL")
    connection.close()
    with pytest.raises(ReportError, match=r"2018-05 was published by an earlier version.*wlz run"):
        build_site(database, tmp_path, MAY)
    with duckdb.connect(str(database)) as again:
        shown = "* EXCLUDE (available_lower_80_eur), true AS is_latest, true AS is_headline"
        again.execute(
            f"CREATE OR REPLACE VIEW marts.utilisation_national AS SELECT {shown} FROM stored.utilisation_national"
        )
    with pytest.raises(ReportError, match="published by another version"):
        build_site(database, tmp_path, MAY)


def test_an_old_month_has_a_page_without_its_series(spoiled, tmp_path):
    """After thirteen months the published file keeps totals only."""
    connection, database = spoiled
    for mart in ("volume_forecast", "price_derivation", "lag_curve", "pgb_forecast", "backtest_accuracy"):
        connection.execute(f"DELETE FROM stored.{mart}")
    connection.execute("DELETE FROM stored.forecast_bounds WHERE level NOT IN ('national', 'uitvoerder')")
    connection.close()
    site = build_site(database, tmp_path, MAY).index.parent
    assert "tabel-3" in read_tables(site / "index.html")
    assert "tabel-7" not in read_tables(site / "prijzen.html")


def _rename(connection: duckdb.DuckDBPyConnection, column: str, old: str, new: str) -> None:
    found = connection.execute(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'marts' AND column_name = ?", [column]
    ).fetchall()
    for (table,) in found:
        connection.execute(f"UPDATE stored.{table} SET {column} = ? WHERE {column} = ?", [new, old])


HOSTILE = {
    "wlz_uitvoerder": ("<script>alert(1)</script>", "=cmd|' /C calc'!A0", '"><img src=x onerror=alert(1)>'),
    "zorgkantoorregio": ("@SUM(1)\tx", "naam " * 40, "../../etc/passwd"),
}


class Elements(HTMLParser):
    """Tags of a page, and the names of their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_hostile_names_are_only_names(spoiled, tmp_path):
    connection, database = spoiled
    for column, names in HOSTILE.items():
        known = connection.execute(
            f"SELECT DISTINCT {column} FROM marts.zin_region WHERE {column} <> 'Landelijk' ORDER BY 1"
        ).fetchall()
        for (old,), new in zip(known, names, strict=True):
            _rename(connection, column, old, new)
    connection.close()
    site = build_site(database, tmp_path / "reports", MAY).index.parent
    for page in site.rglob("*.html"):
        text, found = page.read_text(encoding="utf-8"), Elements()
        found.feed(text)
        assert "<script>" not in text
        assert "img" not in found.tags
        assert not [name for name in found.attributes if name.startswith("on")]
    assert all(path.resolve().is_relative_to(site.resolve()) for path in site.rglob("*"))
    assert all(len(path.name) < 100 for path in site.rglob("*"))
    assert not (tmp_path / "etc").exists()
    for table in ("tabel-3", "tabel-6", "regio"):
        for row in read_csv(site, table):
            assert not row[0].startswith(("=", "+", "-", "@", "\t"))
    book = openpyxl.load_workbook(site / "wlz-kader-2018-05.xlsx")
    shown = {str(cell.value) for (cell,) in book["tabel-3"].iter_rows(min_col=1, max_col=1)}
    assert set(HOSTILE["wlz_uitvoerder"]) <= shown
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)


def test_what_is_suppressed_is_in_no_file(spoiled, tmp_path):
    """De Friesland has one region, so all of it is hidden, and a second uitvoerder with it: as the pipeline decides."""
    connection, database = spoiled
    secrets: list[Decimal] = []
    for mart, columns in (
        ("pgb_region", "granted_to_date_eur, expected_eur, lower_80_eur, available_eur"),
        ("zin_region", "declared_to_date_eur, expected_eur, lower_80_eur, available_eur"),
        ("extra_items_uitvoerder", "crisisbedden_eur, meerzorg_eur, extra_items_eur"),
        ("exceedance", "expected_shortfall_eur, needed_for_80_eur, needed_for_95_eur"),
    ):
        found = connection.execute(
            f"SELECT {columns} FROM marts.{mart} WHERE scenario = 'letter' AND wlz_uitvoerder = 'De Friesland'"
        ).fetchall()
        secrets += [amount for row in found for amount in row if amount]
    connection.execute(
        "UPDATE stored.cell_support SET suppression = 'primary' WHERE level <> 'national' "
        "AND wlz_uitvoerder IN ('De Friesland', 'Salland')"
    )
    connection.close()
    site = build_site(database, tmp_path / "reports", MAY).index.parent
    tables = read_tables(site / "index.html")
    for table, name in (("tabel-2", "De Friesland"), ("tabel-3", "De Friesland"), ("tabel-6", "Friesland")):
        row = next(cells for cells in tables[table] if cells[0][0] == name)
        assert {text for text, _ in row[1:]} == {"x"}
        assert all(not value for _, value in row[1:])
    raw = {str(amount) for amount in secrets}
    raw |= {text.replace(".", ",") for text in raw}
    for file in site.rglob("*"):
        if file.suffix in (".html", ".csv"):
            text = file.read_text(encoding="utf-8")
            assert not [amount for amount in raw if amount in text], file.name
            assert not re.search(r"(De Friesland|Salland) \(€", text), file.name
    book = openpyxl.load_workbook(site / "wlz-kader-2018-05.xlsx")
    cells = [cell.value for sheet in book for line in sheet.iter_rows() for cell in line if cell.data_type == "n"]
    assert not {float(amount) for amount in secrets} & {round(value, 2) for value in cells if value is not None}
    lead = (site / "index.html").read_text(encoding="utf-8")
    assert "2 worden niet getoond" in lead  # and "geen enkele" is not claimed for those
    for page in ("regio/friesland.html", "uitvoerder/de-friesland.html"):
        text = (site / page).read_text(encoding="utf-8")
        assert "worden geen bedragen getoond" in text
        assert "<svg" not in text


def _sign(connection: duckdb.DuckDBPyConnection, number: int, author: str) -> None:
    connection.execute(
        f"""INSERT INTO stored.forecast_vintages SELECT * REPLACE ('2018-05-final-{number}' AS advice_id,
            'final' AS advice_state, '{author}' AS author, TIMESTAMP '2018-05-{28 + number} 10:00:00' AS frozen_at)
            FROM stored.forecast_vintages WHERE advice_id = '2018-05'"""
    )


def test_a_signed_advice_keeps_its_copy_and_carries_what_changed(spoiled, tmp_path):
    connection, database = spoiled
    reports = tmp_path / "reports"
    _sign(connection, 1, "A. Vos")
    connection.close()
    build_site(database, reports, MAY)
    copy = reports / "2018-05-final-1" / "index.html"
    signed = copy.read_text(encoding="utf-8")
    assert "Definitief vastgesteld als 2018-05-final-1 door A. Vos op 29 mei 2018." in signed
    assert 'class="erratum"' not in signed

    with duckdb.connect(str(database)) as again:
        again.execute(
            "UPDATE stored.forecast_vintages SET expected_eur = expected_eur + 1000000 WHERE advice_id = '2018-05'"
        )
        _sign(again, 2, "B. Kok")
    build_site(database, reports, MAY)
    replaced = copy.read_text(encoding="utf-8")
    assert "Advies 2018-05-final-1 is vervangen door 2018-05-final-2." in replaced
    assert re.search(
        r"Erratum bij 2018-05-final-1, Landelijk, zorg in natura: verwachte benutting was € [\d.]+,\d\d, is nu",
        replaced,
    )
    assert (reports / "2018-05-final-2" / "index.html").exists()
    elsewhere = (reports / "2018-05-final-1" / "zekerheid.html").read_text(encoding="utf-8")
    assert "het erratum staat op de eerste bladzijde" in elsewhere
    # But for the errata the signed page is untouched.
    assert re.sub(r"<!--erratum-->.*?<!--/erratum-->", "", replaced, flags=re.S) == re.sub(
        r"<!--erratum-->.*?<!--/erratum-->", "", signed, flags=re.S
    )


def test_the_list_of_reports_names_every_report(small_data, tmp_path):
    build_site(small_data.database, tmp_path, MAY)
    build_site(small_data.database, tmp_path, MAY, "en")
    assert 'href="2018-05/index.html"' in (tmp_path / "index.html").read_text(encoding="utf-8")
    english = (tmp_path / "2018-05-en" / "index.html").read_text(encoding="utf-8")
    assert "Care in kind (zin) is expected" in english
    assert "Tabel 3" not in english
    assert "Landelijk" not in english
    assert "Netherlands" in english
