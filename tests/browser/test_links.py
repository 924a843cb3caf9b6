"""Every link of the site leads somewhere, down to the part of a page it names. Needs no browser."""

import shutil
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import duckdb
import pytest

from reports.site import build_site
from tests.browser.walk import list_pages

if TYPE_CHECKING:
    from tests.e2e.handmade import House

REFERENCES = ("aria-labelledby", "aria-describedby", "aria-controls", "for")


class Anchors(HTMLParser):
    """Addresses a page names, its ids, and the ids it refers to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src"):
                self.addresses.append(value or "")
            elif name == "id":
                self.ids.append(value or "")
            elif name in REFERENCES:
                self.references += (value or "").split()


@pytest.fixture(scope="module")
def anchors(site: Path) -> dict[Path, Anchors]:
    """What every page names, by its file."""
    return {site / page: Anchors((site / page).read_text(encoding="utf-8")) for page in list_pages(site)}


def find_broken(anchors: dict[Path, Anchors]) -> list[str]:
    """Addresses that lead nowhere: out of the site, to no file, or to no part of a page."""
    broken = []
    for page, named in anchors.items():
        for address in named.addresses:
            parts = urlsplit(address)
            if address == "data:,":
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            is_outside = bool(parts.scheme or parts.netloc) or not target.is_file()
            if is_outside or (parts.fragment and unquote(parts.fragment) not in anchors[target].ids):
                broken.append(f"{page.name}: {address}")
    return broken


def test_every_link_leads_somewhere(anchors: dict[Path, Anchors]):
    assert sum(len(named.addresses) for named in anchors.values()) > 100
    assert find_broken(anchors) == []


def test_a_broken_link_is_found(tmp_path: Path):
    links = ["b.html", "#hier", "#weg", "a.html#hier", "a.html#weg", "https://example.invalid/", "", "data:,"]
    page = tmp_path / "a.html"
    page.write_text("".join(f'<a id="hier{i or ""}" href="{link}"></a>' for i, link in enumerate(links)))
    named = {page: Anchors(page.read_text())}
    broken = [line.removeprefix("a.html: ") for line in find_broken(named)]
    assert broken == ["b.html", "#weg", "a.html#weg", "https://example.invalid/"]


def test_a_table_without_rows_offers_no_file(small_data: "House", tmp_path: Path):
    database = tmp_path / "wlz.duckdb"
    shutil.copy(small_data.database, database)
    with duckdb.connect(str(database)) as connection:
        connection.execute("DELETE FROM stored.data_quality")
    site = build_site(database, tmp_path / "reports", date(2018, 5, 1)).index.parent
    anchors = {site / page: Anchors((site / page).read_text(encoding="utf-8")) for page in list_pages(site)}
    assert find_broken(anchors) == []
    assert "Controles die niet slaagden: geen." in (site / "herkomst.html").read_text(encoding="utf-8")


def test_ids_are_unique_and_references_exist(anchors: dict[Path, Anchors]):
    for page, named in anchors.items():
        assert len(named.ids) == len(set(named.ids)), page
        assert set(named.references) <= set(named.ids), page


def test_every_page_and_file_can_be_reached(anchors: dict[Path, Anchors], site: Path):
    """From the list of reports, following links: no page nobody comes to, no table nobody can take along."""
    todo, seen = [site / "index.html", site / "index-en.html"], set()
    while todo:
        page = todo.pop()
        if page in seen:
            continue
        seen.add(page)
        if page in anchors:
            paths = [urlsplit(address).path for address in anchors[page].addresses]
            todo += [(page.parent / unquote(path)).resolve() for path in paths if path and path != ","]
    files = {path for path in site.rglob("*") if path.is_file() and path.name != "made-of.json"}
    assert files - seen == set()
