"""All reports beside each other: the list of months, signed advices kept as they were, errata in those replaced.

A signed advice (``wlz run --final``) keeps a copy of its site under its own id. When the figures of its month change
afterwards its first page says so, line by line, and every other page refers to it: else the copy stays as signed.
"""

import html
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

from reports.facts import Facts
from reports.language import Language
from reports.text.sections import hidden_uitvoerders, list_corrections, say_withdrawn, texts

MARKER, END = "<!--erratum-->", "<!--/erratum-->"
KEY = ["wlz_uitvoerder", "part"]
AMOUNTS = ["expected_excl_extra_eur", "expected_eur", "budget_eur", "available_eur"]


def keep_signed(folder: Path, site: Path, facts: Facts, language: Language) -> list[Path]:
    """Copy the site of an advice that was signed just now; write errata into those whose figures were replaced.

    That its month was withdrawn stands on every page of a copy. Returns the folders of signed advices. Only the last
    signed one can still be what is shown; a copy is never made of figures that nobody signed.
    """
    rows = facts.marts["forecast_vintages"].filter(delivery_month=facts.delivery_month)
    finals = rows.filter(advice_state="final").sort("frozen_at")["advice_id"].unique(maintain_order=True).to_list()
    banner = texts(say_withdrawn(facts, language))
    kept = []
    for advice_id in finals:
        copy = folder / f"{advice_id}{'' if language.code == 'nl' else f'-{language.code}'}"
        if not copy.exists() and advice_id == finals[-1] and _is_shown(rows, advice_id):
            _copy(site, copy)
        if copy.exists():
            kept.append(copy)
            lines = _errata(facts, rows.filter(scenario=facts.headline), advice_id, finals[-1], language)
            elsewhere = [language.say("sections.corrected_elsewhere")] if lines else []
            for page in copy.rglob("*.html"):
                _write_errata(page, [*banner, *(lines if page == copy / "index.html" else elsewhere)])
    return kept


def _is_shown(rows: pl.DataFrame, advice_id: str) -> bool:
    """Whether the current figures are exactly those that were signed."""
    columns = ["scenario", *KEY, *AMOUNTS]
    signed, current = (
        rows.filter(condition).select(columns).sort(columns[:3])
        for condition in (pl.col("advice_id") == advice_id, pl.col("advice_state") == "current")
    )
    return signed.equals(current)


def _copy(site: Path, copy: Path) -> None:
    with tempfile.TemporaryDirectory(dir=copy.parent, prefix=f".{copy.name}-") as scratch:
        shutil.copytree(site, Path(scratch) / "site")
        (Path(scratch) / "site").rename(copy)


def _errata(facts: Facts, rows: pl.DataFrame, advice_id: str, last: str, language: Language) -> list[str]:
    replaced = [] if advice_id == last else [language.say("sections.replaced", advice=advice_id, by=last)]
    return [*replaced, *list_corrections(rows, advice_id, language, hidden_uitvoerders(facts))]


def _write_errata(page: Path, lines: list[str]) -> None:
    """The lines between the marks of the page; earlier ones are replaced, nothing else is touched."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(MARKER)
    after = rest.partition(END)[2] if END in rest else rest
    told = "".join(f'\n<p class="erratum" role="note">{html.escape(line)}</p>' for line in lines)
    new = f"{before}{MARKER}{told}{END}{after}"
    if new != text:
        scratch = page.with_suffix(".new")
        scratch.write_text(new, encoding="utf-8")
        scratch.replace(page)


def list_reports(folder: Path) -> list[dict[str, Any]]:
    """Every report below ``folder``, youngest first: its folder, delivery month, headline and the language."""
    found = []
    for stamp in sorted(folder.glob("*/made-of.json"), reverse=True):
        try:
            made = json.loads(stamp.read_text(encoding="utf-8"))
        except ValueError:
            continue
        found.append({"folder": stamp.parent.name, **made})
    return found
