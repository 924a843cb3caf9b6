"""Opens pages in a browser without a network and writes down what a reader would meet: errors, width, contrast, print.

No judgement here: the tests decide what may be. Every page is opened once; what is asked of it follows in one order.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Route

DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
PAPER = {"width": 680, "height": 1000}  # A4 without its margins, in pixels of 1/96 inch
AXE = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
    "preload": False,  # style sheets are read as they are, not asked for a second time
}
# Parts that stick out of the paper. What is inside a part that scrolls counts by itself.
OUTSIDE_PAPER = """width => [...document.querySelectorAll("table, .scroll, svg, .tile, p, h1, h2")]
  .filter(part => part.getBoundingClientRect().width && !part.closest("[hidden]"))
  .filter(part => part.scrollWidth > width || part.getBoundingClientRect().right > width + 0.5)
  .map(part => `${part.tagName} ${part.id} ${part.textContent.slice(0, 30)}`)"""
# How many drawings each figure shows that has any: one of its two sizes.
DRAWINGS_SHOWN = """() => [...document.querySelectorAll(".figure")].map(figure => [...figure.querySelectorAll("svg")]
  .filter(svg => svg.getBoundingClientRect().height > 20 && svg.checkVisibility()).length)"""
COLOURS = """() => {
  const [body, root] = [document.body, document.documentElement].map(part => getComputedStyle(part));
  return [body.color, body.backgroundColor, root.getPropertyValue("--c-ink")];
}"""
TABLES = "() => [...document.querySelectorAll('table')].map(table => table.innerText.replace(/\\s*[↕↑↓]/g, ''))"
OPEN_ALL = "() => document.querySelectorAll('details').forEach(item => { item.open = true; })"


@dataclass
class Visit:
    """What was met on one page."""

    asked: list[str] = field(default_factory=list)  # addresses that are not files of the site
    errors: list[str] = field(default_factory=list)  # of the console, of scripts, of files that were not found
    violations: dict[str, list[str]] = field(default_factory=dict)  # of axe, by look
    overflow: int = 0  # width of the page on a phone
    outside_paper: list[str] = field(default_factory=list)
    drawings: dict[str, list[int]] = field(default_factory=dict)  # drawings each figure shows, by look
    colours: dict[str, list[str]] = field(default_factory=dict)  # ink, paper, ink of the drawings, by look
    tables: list[str] = field(default_factory=list)  # words of the tables, as shown


def list_pages(site: Path) -> list[str]:
    """Every page below the folder of reports."""
    return sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))


def walk(browser: Browser, site: Path, pages: Iterable[str]) -> dict[str, Visit]:
    """Opens pages from disk, one after the other, in one context that reaches nothing else."""
    context = browser.new_context(viewport=DESK, offline=True, reduced_motion="reduce")
    try:
        return {page: look(context, (site / page).as_uri()) for page in pages}
    finally:
        context.close()


def look(context: BrowserContext, address: str) -> Visit:
    """Everything about one page."""
    page, visit = context.new_page(), Visit()
    listen(page, visit)
    page.goto(address)
    page.evaluate(OPEN_ALL)
    visit.tables = page.evaluate(TABLES)
    page.evaluate(AXE_SCRIPT)
    for look_of_page, scheme, size in (("light", "light", DESK), ("dark", "dark", PHONE)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size(size)
        visit.violations[look_of_page] = find_violations(page)
        visit.drawings[look_of_page] = page.evaluate(DRAWINGS_SHOWN)
        visit.colours[look_of_page] = page.evaluate(COLOURS)
    visit.overflow = page.evaluate("() => document.documentElement.scrollWidth")
    print_page(page, visit)
    page.close()
    return visit


def listen(page: Page, visit: Visit) -> None:
    """Writes down errors, and requests to anything but files; those are stopped."""

    def stop_outside(route: Route, request: Request) -> None:
        if request.url.startswith("file:"):
            route.continue_()
        else:
            visit.asked.append(request.url)
            route.abort()

    def write_down(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            visit.errors.append(message.text)

    page.route("**/*", stop_outside)
    page.on("console", write_down)
    page.on("pageerror", lambda error: visit.errors.append(str(error)))
    page.on("requestfailed", lambda request: visit.errors.append(f"not found: {request.url}"))


def find_violations(page: Page) -> list[str]:
    """What axe objects to: rule, how many, the first part of the page concerned."""
    found: dict[str, Any] = page.evaluate("options => axe.run(options)", AXE)
    return [
        f"{one['id']} × {len(one['nodes'])}: {one['nodes'][0]['target']} {one['nodes'][0]['failureSummary']}"
        for one in found["violations"]
    ]


def print_page(page: Page, visit: Visit) -> None:
    """The page as on paper, for a reader whose screen is dark."""
    page.set_viewport_size(PAPER)
    page.evaluate("() => { document.documentElement.dataset.theme = 'dark'; }")
    page.emulate_media(media="print", color_scheme="light")
    visit.outside_paper = page.evaluate(OUTSIDE_PAPER, PAPER["width"])
    visit.drawings["print"] = page.evaluate(DRAWINGS_SHOWN)
    visit.colours["print"] = page.evaluate(COLOURS)
