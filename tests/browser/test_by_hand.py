"""What a reader does: the keyboard alone, sorting, choosing a prestatie, light or dark, the site on a web server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.walk import DESK, PHONE, Visit, list_pages

# Everything a reader must reach with Tab, each with a number of its own.
MARK = """() => {
  const parts = [...document.querySelectorAll("a[href], button, select, summary, [tabindex='0']")]
    .filter(part => part.checkVisibility({visibilityProperty: true}));
  parts.forEach((part, number) => { part.dataset.stop = number; });
  window.stops = [];
  document.addEventListener("focusin", event => {
    const style = getComputedStyle(event.target), box = event.target.getBoundingClientRect();
    const shown = box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    window.stops.push({number: event.target.dataset.stop, name: event.target.outerHTML.slice(0, 80), shown, ring});
  });
  return parts.map(part => part.outerHTML.slice(0, 80));
}"""
ON_TOP = """() => {
  const focused = document.activeElement, box = focused.getBoundingClientRect();
  const places = [box.left + 2, (box.left + box.right) / 2, box.right - 2].map(x => [x, (box.top + box.bottom) / 2]);
  const tops = places.map(place => document.elementFromPoint(...place));
  return {name: focused.textContent, on_top: tops.every(top => focused.contains(top))};
}"""
COLUMN = """(table, index) => [...table.tBodies[0].rows].map(row => {
  const cell = row.cells[index];
  return {value: cell.dataset.value, text: cell.textContent, total: row.classList.contains("total")};
})"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of its own in a browser without a network, on a desk."""
    context = browser.new_context(viewport=DESK, offline=True, reduced_motion="reduce")
    yield context.new_page()
    context.close()


def test_tab_reaches_everything_and_shows_where_it_is(page: Page, site: Path):
    for name in list_pages(site):
        page.goto((site / name).as_uri())
        names = page.evaluate(MARK)
        for _ in names:
            page.keyboard.press("Tab")
        stops = page.evaluate("() => window.stops")
        order = [int(stop["number"]) for stop in stops if stop["number"] is not None]
        assert order == list(range(len(names))), (name, [names[i] for i in set(range(len(names))) - set(order)][:5])
        assert [stop for stop in stops if not (stop["shown"] and stop["ring"])] == [], name


def test_on_a_phone_the_focus_is_not_under_the_names_of_the_rows(page: Page, report: Path):
    page.set_viewport_size(PHONE)
    page.goto((report / "index.html").as_uri())
    table = page.locator("#tabel-3")
    scroll = table.locator("xpath=..")
    assert scroll.evaluate("part => part.scrollWidth > part.clientWidth"), "the table fits: this test sees nothing"
    buttons = table.locator("thead button")
    buttons.first.focus()
    ways = [("Tab", buttons.count() - 1), ("Shift+Tab", buttons.count() - 1)]
    furthest = 0.0
    for key, times in ways:
        for _ in range(times):
            page.keyboard.press(key)
            seen = page.evaluate(ON_TOP)
            assert seen["on_top"], seen
            furthest = max(furthest, scroll.evaluate("part => part.scrollLeft"))
    assert furthest > 0
    assert table.locator("caption .title").bounding_box()["x"] >= 0


def test_the_first_tab_skips_to_the_content(page: Page, report: Path):
    page.goto((report / "index.html").as_uri())
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    box = focused.bounding_box()
    assert focused.get_attribute("class") == "skip"
    assert box is not None
    assert box["x"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.querySelector('main').contains(document.activeElement)")


def sort(page: Page, table: str, index: int, key: str = "Enter") -> tuple[str | None, list[dict[str, object]]]:
    """Sorts by a column with the keyboard; how the header says it is sorted, and the cells."""
    page.locator(f"#{table} thead th button").nth(index).focus()
    page.keyboard.press(key)
    state = page.locator(f"#{table} thead th").nth(index).get_attribute("aria-sort")
    return state, page.locator(f"#{table}").evaluate(COLUMN, index)


def numbers(cells: list[dict[str, object]]) -> list[float]:
    """Values of a column without the total; what is not shown has none."""
    return [float(str(cell["value"])) for cell in cells if not cell["total"] and cell["value"] != ""]


def test_enter_sorts_a_table_and_the_total_stays_last(page: Page, report: Path):
    page.goto((report / "index.html").as_uri())
    state, cells = sort(page, "tabel-3", 1)
    assert state == "ascending"
    assert numbers(cells) == sorted(numbers(cells))
    assert [cell["total"] for cell in cells] == [False] * (len(cells) - 1) + [True]
    state, cells = sort(page, "tabel-3", 1, "Space")
    assert state == "descending"
    assert numbers(cells) == sorted(numbers(cells), reverse=True)
    assert len(set(numbers(cells))) > 1
    assert cells[-1]["total"]
    state, cells = sort(page, "tabel-3", 0)
    assert state == "ascending"
    words = [str(cell["text"]) for cell in cells if not cell["total"]]
    assert words == sorted(words, key=str.casefold)
    sorted_by = page.locator("#tabel-3 thead th:not([aria-sort=none])")
    assert sorted_by.count() == 1


def test_unknown_and_hidden_cells_sort_last_both_ways(page: Page, report: Path):
    page.goto((report / "index.html").as_uri())
    page.locator("#tabel-3 tbody tr:first-child td").first.evaluate("cell => { cell.dataset.value = ''; }")
    for state in ("ascending", "descending"):
        said, cells = sort(page, "tabel-3", 1)
        assert said == state
        assert [cell["value"] == "" for cell in cells if not cell["total"]] == [False] * (len(cells) - 2) + [True]


@pytest.mark.parametrize("language", ["", "-en"])
def test_choosing_a_prestatie_changes_table_7(page: Page, report: Path, language: str):
    page.goto((report.with_name(f"{report.name}{language}") / "prijzen.html").as_uri())
    first = page.locator("#tabel-7 tbody").inner_text()
    choice, worked = page.locator("#prestatie"), page.locator(".worked").inner_text()
    sort(page, "tabel-7", 1)
    choice.focus()
    page.keyboard.press("ArrowDown")
    chosen = choice.input_value()
    cells = page.locator("#tabel-7").evaluate(COLUMN, 0)
    assert {cell["text"] for cell in cells} == {chosen}
    assert page.locator("#tabel-7 tbody").inner_text() != first
    assert page.locator(".worked").inner_text() != worked
    assert page.locator("#tabel-7 th[aria-sort=none]").count() == page.locator("#tabel-7 thead th").count()


@pytest.mark.parametrize("language", ["", "-en"])
def test_a_chosen_prestatie_sorts_by_its_numbers(page: Page, report: Path, language: str):
    page.goto((report.with_name(f"{report.name}{language}") / "prijzen.html").as_uri())
    known = page.locator("#tabel-7").evaluate(COLUMN, 8)
    choice = page.locator("#prestatie")
    start = choice.input_value()
    choice.select_option(index=0 if choice.evaluate("choice => choice.selectedIndex") else 1)
    choice.select_option(start)
    again = page.locator("#tabel-7").evaluate(COLUMN, 8)
    assert [cell["text"] for cell in again] == [cell["text"] for cell in known]
    rounded = [None if cell["value"] == "" else round(float(str(cell["value"])), 2) for cell in known]
    assert [None if cell["value"] == "" else float(str(cell["value"])) for cell in again] == rounded
    state, cells = sort(page, "tabel-7", 8)
    assert state == "ascending"
    assert numbers(cells) == sorted(numbers(cells))


def test_light_or_dark_is_kept(page: Page, address: str):
    page.context.set_offline(False)  # loopback counts as a network
    page.goto(f"{address}/2018-05/index.html")
    page.emulate_media(color_scheme="light")
    paper = "() => getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.locator("[data-theme-toggle]").focus()
    page.keyboard.press("Enter")
    dark = page.evaluate(paper)
    assert dark != light
    page.goto(f"{address}/2018-05/prijzen.html")
    assert page.evaluate(paper) == dark
    page.locator("[data-theme-toggle]").press("Enter")
    assert page.evaluate(paper) == light


def test_a_web_server_gives_the_same_pages(page: Page, site: Path, address: str, visits: dict[str, Visit]):
    page.context.set_offline(False)
    asked, answers = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("response", lambda response: answers.append(response.status))
    page.on("pageerror", lambda error: answers.append(str(error)))
    for name in list_pages(site):
        page.goto(f"{address}/{name}")
        page.evaluate("() => document.querySelectorAll('details').forEach(item => { item.open = true; })")
        tables = page.evaluate("() => [...document.querySelectorAll('table')].map(table => table.innerText)")
        assert [text.split()[:2] for text in tables] == [text.split()[:2] for text in visits[name].tables], name
    assert {url for url in asked if not url.startswith((address, "data:"))} == set()
    assert set(answers) <= {200, 304}
    assert len(asked) > len(visits)
