"""Every page of the site in a browser without a network: in light and dark, on a phone, on paper, without scripts."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.walk import DESK, OPEN_ALL, PHONE, TABLES, Visit, list_pages, walk

LARGEST_PAGE = 1_500_000  # bytes
LIGHT_INK = "#1f2933"
# Every fault the walk can see, on one page.
FAULTY = """<!doctype html><html><head><title>Fout</title><style>@media print { p { color: #eee } }</style></head><body>
<img src="http://example.invalid/x.png"><img src="gone.png" alt="weg"><script>console.error("mis"); nothing();</script>
<p style="color:#aaa;background:#fff">Bleek</p><table id="breed"><tr><td style="min-width:900px">1</td></tr></table>
<div class="figure"><div class="wide" hidden><svg viewBox="0 0 9 9"></svg></div></div></body></html>"""


def found(visits: dict[str, Visit], name: str) -> dict[str, object]:
    """Pages on which the walk wrote something down, with what it was."""
    return {page: value for page, visit in visits.items() if (value := getattr(visit, name))}


def test_the_walk_sees_every_kind_of_fault(browser: Browser, tmp_path: Path):
    (tmp_path / "faulty.html").write_text(FAULTY, encoding="utf-8")
    visit = walk(browser, tmp_path, ["faulty.html"])["faulty.html"]
    assert visit.asked == ["http://example.invalid/x.png"]
    seen = " ".join(visit.errors)
    assert all(sign in seen for sign in ("mis", "nothing is not defined", "gone.png"))
    for look in ("light", "dark"):
        rules = " ".join(visit.violations[look])
        assert all(rule in rules for rule in ("color-contrast", "image-alt", "html-has-lang"))
    assert visit.overflow > PHONE["width"]
    assert any("breed" in part for part in visit.outside_paper)
    assert visit.drawings["light"] == [0]


def test_every_page_is_walked(visits: dict[str, Visit], site: Path):
    assert set(visits) == set(list_pages(site))
    for name in ("index.html", "index-en.html", "2018-05/index.html", "2018-05-en/index.html", "2018-05/prijzen.html"):
        assert name in visits
    assert any("/regio/" in page for page in visits)
    assert any("/uitvoerder/" in page for page in visits)


def test_no_page_asks_anything_of_another_address(visits: dict[str, Visit]):
    assert found(visits, "asked") == {}


def test_no_page_has_an_error(visits: dict[str, Visit]):
    assert found(visits, "errors") == {}


@pytest.mark.parametrize("look", ["light", "dark"])
def test_axe_objects_to_nothing(visits: dict[str, Visit], look: str):
    objections = {page: visit.violations[look] for page, visit in visits.items() if visit.violations[look]}
    assert objections == {}


def test_no_page_is_wider_than_a_phone(visits: dict[str, Visit]):
    assert {page: visit.overflow for page, visit in visits.items() if visit.overflow > PHONE["width"]} == {}


def test_nothing_sticks_out_of_the_paper(visits: dict[str, Visit]):
    assert found(visits, "outside_paper") == {}


@pytest.mark.parametrize("look", ["light", "dark", "print"])
def test_every_figure_shows_one_drawing(visits: dict[str, Visit], look: str):
    shown = {page: visit.drawings[look] for page, visit in visits.items() if visit.drawings[look]}
    assert shown["2018-05/index.html"]
    assert {page: counts for page, counts in shown.items() if set(counts) != {1}} == {}


def test_dark_is_dark_and_paper_is_light(visits: dict[str, Visit]):
    for page, visit in visits.items():
        light, dark, paper = (visit.colours[look] for look in ("light", "dark", "print"))
        assert light[1] == paper[1] == "rgb(255, 255, 255)", page
        assert light[2] == paper[2] == LIGHT_INK, f"{page}: a dark screen must not print dark drawings"
        assert dark[1] != light[1] and dark[2] != light[2], page  # noqa: PT018 - one thing: both follow


def test_no_page_is_large(site: Path):
    sizes = {page: (site / page).stat().st_size for page in list_pages(site)}
    assert {page: size for page, size in sizes.items() if size > LARGEST_PAGE} == {}


def test_every_page_reads_without_scripts(browser: Browser, site: Path, visits: dict[str, Visit]):
    context = browser.new_context(viewport=DESK, offline=True, java_script_enabled=False)
    page = context.new_page()
    for name, visit in visits.items():
        page.goto((site / name).as_uri())
        page.evaluate(OPEN_ALL)  # what a reader does with a click, scripts or not
        assert page.evaluate(TABLES) == visit.tables, name
        assert page.locator("button:visible, select:visible, label:visible").count() == 0, name
        assert page.locator("h1:visible").count() == 1, name
    context.close()
    assert sum(bool(re.search(r"\d", text)) for visit in visits.values() for text in visit.tables) > len(visits)


def test_the_answer_is_on_the_first_screen(browser: Browser, report: Path):
    page = browser.new_page(viewport=DESK)
    for name in (report, report.with_name(f"{report.name}-en")):
        page.goto((name / "index.html").as_uri())
        for part in ("h1", ".tiles", ".lead p:nth-child(1)", ".lead p:nth-child(2)"):
            box = page.locator(part).bounding_box()
            assert box is not None, f"{name}: no {part}"
            assert box["y"] + box["height"] <= DESK["height"], f"{name}: {part} is below the first screen"
    page.close()


def test_a_page_becomes_a_pdf(browser: Browser, report: Path):
    page = browser.new_page()
    page.goto((report / "index.html").as_uri())
    pdf = page.pdf(format="A4", prefer_css_page_size=True)
    page.close()
    assert pdf.startswith(b"%PDF-")
    sizes = set(re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf))
    assert {(round(float(width)), round(float(height))) for width, height in sizes} == {(595, 842)}
    assert 3 <= len(re.findall(rb"/Type /Page\b", pdf)) <= 20
