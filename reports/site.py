"""The report of one delivery month as a static site: pages, tables as CSV, one workbook; written whole or not at all.

``DATA/reports/<delivery_month>/``: ``index.html`` and its pages, ``csv/``, ``static/``, one workbook. A site made from
the same rows by the same code is left as it is. No page asks anything of a server or another address.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from reports.archive import keep_signed, list_reports
from reports.facts import Facts, load_facts
from reports.language import CODES, Language, load_language
from reports.pages.model import Figure, Link, Page, PriceExample
from reports.tables.table import SUPPRESSED, Table, header, print_cell
from reports.text.answer import name_scenario, say_headline
from reports.text.sections import say_simulated, say_standing, texts
from warehouse.provenance import code_version

FOLDER = Path(__file__).parent
STAMP = "made-of.json"
LATEST = "index.html"
FINAL_MARK = "-final-"


@dataclass(frozen=True)
class Site:
    """A site that was made, or found to be what it would be."""

    index: Path
    is_new: bool
    pages_count: int


def build_site(database: Path, folder: Path, delivery_month: date, language_code: str = "nl") -> Site:
    """Write the report of a delivery month below ``folder`` and the list of all reports beside it.

    Raises ReportError when the month is not published. Another language goes into a folder of its own.

    >>> build_site(database, Path("data/reports"), date(2018, 5, 1)).index.name  # doctest: +SKIP
    'index.html'
    """
    facts, language = load_facts(database, delivery_month), load_language(language_code)
    name = f"{delivery_month:%Y-%m}" + ("" if language_code == "nl" else f"-{language_code}")
    target = folder / name
    made_of = {"facts": facts.fingerprint, "code": code_of_report(), "language": language_code, "map": map_in_use()}
    known = _read_stamp(target)
    if known.get("made_of") == made_of:
        keep_signed(folder, target, facts, language)
        return Site(target / LATEST, False, int(known["pages_count"]))
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=f".{name}-") as scratch:
        new = Path(scratch) / "site"
        count = _write_site(new, facts, language)
        stamp = {"made_of": made_of, "pages_count": count, "title": say_headline(facts, language)}
        stamp |= {"month": language.month(delivery_month), "is_simulated": facts.is_simulated}
        stamp |= {"withdrawn": _withdrawn(facts, language)}
        (new / STAMP).write_text(json.dumps(stamp, indent=1, ensure_ascii=False), encoding="utf-8")
        _replace(target, new, Path(scratch) / "old")
    keep_signed(folder, target, facts, language)
    _write_archive(folder, language)
    return Site(target / LATEST, True, count)


def _label(report: dict[str, Any], language: Language) -> str:
    """'mei 2018', and for a signed copy under which id it was frozen."""
    if FINAL_MARK not in report["folder"]:
        return str(report["month"])
    advice = report["folder"].removesuffix(f"-{language.code}")
    return f"{report['month']}, {language.say('page.archive_final', advice=advice)}"


def _withdrawn(facts: Facts, language: Language) -> str:
    """'ingetrokken op 20 juni 2018' for the list of reports; empty for an advice that stands."""
    row = facts.withdrawal
    return language.say("page.archive_withdrawn", day=language.day(row["withdrawn_at"])) if row else ""


def build_sites(database: Path, folder: Path, delivery_month: date) -> Site:
    """The report of a month in Dutch, and in every other language it was made in before: none of them goes stale."""
    site = build_site(database, folder, delivery_month)
    for code in CODES[1:]:
        if (folder / f"{delivery_month:%Y-%m}-{code}").exists():
            build_site(database, folder, delivery_month, code)
    return site


def map_in_use() -> str:
    """SHA-256 of the user's map; empty without one. A file that is missing shows when it is drawn."""
    named = os.environ.get("WLZ_MAP", "")
    return hashlib.sha256(Path(named).read_bytes()).hexdigest() if named and Path(named).is_file() else named


def _write_archive(folder: Path, language: Language) -> None:
    """``index.html`` beside the reports: a list of all of them."""
    made = [report for report in list_reports(folder) if report["made_of"]["language"] == language.code]
    # A signed copy keeps the stamp of the day it was signed: whether its month stands is said by the month's own pages.
    taken_back = {_month_of(one): one.get("withdrawn", "") for one in made if FINAL_MARK not in one["folder"]}
    reports = [one | {"label": _label(one, language), "withdrawn": taken_back.get(_month_of(one), "")} for one in made]
    standing = [one for one in reports if not one["withdrawn"]]
    page = (
        _environment()
        .get_template("archive.html.j2")
        .render(language=language, say=language.say, reports=reports, newest=(standing or reports)[0]["folder"])
    )
    name = LATEST if language.code == "nl" else f"index-{language.code}.html"
    scratch = folder / f".{name}"
    scratch.write_text(page, encoding="utf-8")
    scratch.replace(folder / name)


def _month_of(report: dict[str, Any]) -> str:
    return str(report["folder"])[: len("2018-05")]


def _replace(target: Path, new: Path, aside: Path) -> None:
    """The new folder in the old one's place: nobody finds half a site."""
    if target.exists():
        target.rename(aside)
    try:
        new.rename(target)
    except OSError:
        if aside.exists():
            aside.rename(target)
        raise


def _read_stamp(target: Path) -> dict[str, Any]:
    try:
        stamp: dict[str, Any] = json.loads((target / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp


@cache
def code_of_report() -> str:
    """SHA-256 over everything a page is made with."""
    digest = hashlib.sha256()
    for file in sorted(path for path in FOLDER.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        digest.update(file.relative_to(FOLDER).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def list_pages(facts: Facts, language: Language) -> Iterator[Page]:
    """Every page of the site, one at a time: the main ones, then those of uitvoerders and regions."""
    from reports.pages.advice import build_advice_page
    from reports.pages.context import Context
    from reports.pages.places import build_places_page, build_region_page, build_uitvoerder_page
    from reports.pages.prices import build_prices_page
    from reports.pages.provenance import build_provenance_page
    from reports.pages.reliability import build_reliability_page

    context = Context(facts, language)
    for build in (
        build_advice_page,
        build_prices_page,
        build_reliability_page,
        build_places_page,
        build_provenance_page,
    ):
        yield build(context)
    for name in facts.uitvoerders:
        yield build_uitvoerder_page(context, name)
    for name in context.regions:
        yield build_region_page(context, name)


def _write_site(target: Path, facts: Facts, language: Language) -> int:
    from reports.charts.style import palette_css
    from reports.tables.beyond import build_inputs
    from reports.tables.export import write_csv, write_workbook
    from reports.tables.prices import build_prices

    shutil.copytree(FOLDER / "static", target / "static")
    with (target / "static" / "style.css").open("a", encoding="utf-8") as style:
        style.write(palette_css())
    write_page = _page_writer(facts, language)
    tables: dict[str, Table] = {}
    in_book: dict[str, Table] = {}  # of the main pages: a sheet for each of forty places would hide them
    count = 0
    for page in list_pages(facts, language):
        path = target / page.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(write_page(page), encoding="utf-8")
        tables |= {table.identity: table for table in page.tables}
        if page.root == "":
            in_book |= {table.identity: tables[table.identity] for table in page.tables}
        count += 1
    if "tabel-7" in tables:
        # On the page only the rows of one prestatie.
        tables["tabel-7"] = in_book["tabel-7"] = build_prices(facts, language)
    (target / "csv").mkdir()
    for table in tables.values():
        (target / "csv" / f"{table.identity}.csv").write_bytes(b"\xef\xbb\xbf" + write_csv(table, language).encode())
    sources = build_inputs(facts, language)
    in_book.pop(sources.identity, None)
    write_workbook(
        target / workbook_name(facts), list(in_book.values()), sources, language, mark_workbook(facts, language)
    )
    return count


def mark_workbook(facts: Facts, language: Language) -> str:
    """What every sheet says of itself: its month, the scenario, and whether the deliveries are invented."""
    values = {"month": language.month(facts.delivery_month), "scenario": name_scenario(facts.headline, language)}
    return language.say("tables.sheet_simulated" if facts.is_simulated else "tables.sheet_mark", **values)


def workbook_name(facts: Facts) -> str:
    """File of the workbook: 'wlz-kader-2018-05.xlsx'."""
    return f"wlz-kader-{facts.delivery_month:%Y-%m}.xlsx"


def list_menu(facts: Facts, language: Language) -> list[Link]:
    """The main pages and the workbook."""
    pages = ("index.html", "prijzen.html", "zekerheid.html", "plaatsen.html", "herkomst.html", workbook_name(facts))
    keys = ("advice", "prices", "reliability", "places", "provenance", "downloads")
    return [Link(href, language.say(f"page.menu_{key}")) for href, key in zip(pages, keys, strict=True)]


def _environment() -> Any:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"cell": print_cell, "header": header, "sort_key": _sort_key}
    return environment


def _page_writer(facts: Facts, language: Language) -> Any:
    """A function from a page to its HTML."""
    from markupsafe import Markup

    environment = _environment()
    # A file that was downloaded is passed on without its page; a line inside it would be read as figures.
    environment.globals["csv_mark"] = f"-{language.say('tables.csv_simulated')}" if facts.is_simulated else ""
    blocks: Any = environment.get_template("blocks.html.j2").module

    def block_html(block: Figure | Table | PriceExample, root: str) -> Markup:
        kinds = {Figure: blocks.figure, Table: blocks.table, PriceExample: blocks.prices}
        return Markup(kinds[type(block)](block, language, root))

    environment.filters["block_html"] = block_html
    template = environment.get_template("page.html.j2")
    shared = {
        "language": language,
        "say": language.say,
        "month": language.month(facts.delivery_month),
        "menu": list_menu(facts, language),
        "notices": texts([*say_standing(facts, language), *say_simulated(facts, language)]),
        "code_version": code_version(),
        "archive": LATEST if language.code == "nl" else f"index-{language.code}.html",
    }

    def write_page(page: Page) -> str:
        # An amount never breaks after its sign.
        return str(template.render(page=page, root=page.root, **shared)).replace("€ ", "€\N{NO-BREAK SPACE}")

    return write_page


def _sort_key(value: Any) -> str:
    """What a table sorts by: the unrounded number; nothing for a dash or a suppressed cell."""
    return "" if value is None or value is SUPPRESSED else str(value)
