"""One site in both languages and one browser for all tests here. Without a browser they skip, and say what is missing.

Playwright's loop runs in the thread of the tests: the browser is closed after this folder, before tests elsewhere
start loops of their own.
"""

import os
import shutil
from collections.abc import Iterator
from datetime import date
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, sync_playwright

from reports.site import build_site
from tests.browser.walk import Visit, list_pages, walk

if TYPE_CHECKING:
    from tests.e2e.handmade import House

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Read on import: settings of the person who runs the tests are out of reach once they run.
CHROMIUM = next(filter(None, map(shutil.which, (os.environ.get("WLZ_CHROMIUM", ""), *NAMES))), None)
MISSING = f"no browser: none of {', '.join(NAMES)} is on the path and WLZ_CHROMIUM names none"


@pytest.fixture(scope="package")
def site(small_data: "House", tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of reports of the small simulated advice, in both languages."""
    folder = tmp_path_factory.mktemp("browser") / "reports"
    made = small_data.root / "reports"
    if made.exists():  # what the run wrote is left as it is when it is what would be written
        shutil.copytree(made, folder)
    for language in ("nl", "en"):
        build_site(small_data.database, folder, date(2018, 5, 1), language)
    return folder


@pytest.fixture(scope="package")
def report(site: Path) -> Path:
    """The Dutch report of the month."""
    return site / "2018-05"


@pytest.fixture(scope="package")
def browser(site: Path) -> Iterator[Browser]:
    """A browser of the system, started once the site stands: running a month starts loops of its own."""
    if CHROMIUM is None:
        pytest.skip(MISSING)
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield started
        started.close()


@pytest.fixture(scope="package")
def visits(browser: Browser, site: Path) -> dict[str, Visit]:
    """What was seen on every page of the site, by the page's path: each is opened once."""
    return walk(browser, site, list_pages(site))


@pytest.fixture(scope="package")
def address(site: Path) -> Iterator[str]:
    """The same folder from a web server on loopback."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None:
            """Nothing to the terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
