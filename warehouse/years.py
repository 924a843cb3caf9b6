"""A budget year in files: what was read about it, and the skeleton of a new one written.

What a year needs is decided in `wlz/known/years.py`, what a new one holds in `wlz/known/new_year.py`.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from warehouse.landing import read_delivery
from warehouse.landing_zone import find_delivery, list_months
from warehouse.packs import choose_pack, load_reference, question_names
from warehouse.settings import (
    assumptions_path,
    data_folder,
    find_unread,
    load_assumptions,
    load_delivery_format,
    load_extra_items,
    load_round,
    load_scenarios,
    nearest_year,
    read_common,
    reference_folder,
    say_where,
    tables_of_year,
    unread_names,
)
from warehouse.tables.deliveries import DECLARATIES, KINDS
from wlz.extra_items.items import SETTLED_YEARS_BACK
from wlz.known.assumptions import AssumptionError, parse_assumptions
from wlz.known.new_year import ADVICE_MONTHS, render_round, render_year
from wlz.known.rounds import read_month
from wlz.known.scenarios import parse_scenarios
from wlz.known.year_facts import YearFacts
from wlz.words.faults import DeliveryRefused
from wlz.words.large_frames import as_text

_CLAIMS_KEY = ("zorgkantoor_code", "prestatiecode", "care_month")


def gather_facts(year: int, landing: Path | None) -> YearFacts:
    """What the files say about a budget year; with a landing zone also its newest delivery of each kind.

    Deliveries are those up to December of the year. Raises AssumptionError or PackError for a file that is wrong.
    """
    path = assumptions_path(year)
    if path.exists():
        assumptions, (scenarios, _), unread = load_assumptions(year), load_scenarios(year), unread_names(year)
    else:
        common = read_common()
        scenarios, unread = parse_scenarios(common.pop("scenario", {})), []
        for table in ("override", "extra_item"):
            common.pop(table, None)
        assumptions = parse_assumptions(common)
    pack = choose_pack(landing or data_folder() / "deliveries")
    lists = load_reference(pack, year, date(year, 1, 1))
    if path.exists():
        load_extra_items(year, lists.regions)  # refused here as a run would refuse them
    delivered, unreadable = (None, {}) if landing is None else _read_newest(landing, year)
    return YearFacts(
        year=year,
        file=say_where(path),
        has_file=path.exists(),
        from_year=nearest_year(year),
        numbers=assumptions.items_by_name,
        scenarios=scenarios,
        rounds=_read_rounds(year),
        nhc_growin=lists.nhc_growin,
        pack=pack.name,
        pack_years=(pack.first_year, pack.last_year),
        prestaties=lists.prestaties,
        crosswalk=lists.crosswalk,
        regions=lists.region_uitvoerders,
        settled_years=[year - back for back in SETTLED_YEARS_BACK],
        unread=unread,
        delivered=delivered,
        unreadable=unreadable,
        tariffs=lists.tariffs,
        new_names=question_names(lists),
    )


def _read_rounds(year: int) -> dict[str, int]:
    """Files of the rounds in a calendar year, and how many cut-offs each states."""
    paths = sorted((reference_folder() / "rounds").glob(f"{year}-[0-9][0-9].toml"))
    months = {path: month for path in paths if (month := read_month(path.stem)) is not None}
    return {say_where(path): len(load_round(month).cut_offs) for path, month in months.items()}


def _read_newest(landing: Path, year: int) -> tuple[dict[str, pl.DataFrame], dict[str, str]]:
    """Kind → its newest delivery in a landing zone up to December of a year, and kind → why that cannot be read."""
    found: dict[str, pl.DataFrame] = {}
    unreadable: dict[str, str] = {}
    for month, folder in reversed(list_months(landing)):
        for kind in KINDS if month.year <= year else ():
            if kind in found or kind in unreadable:
                continue
            try:
                path = find_delivery(folder, kind)
                if path is not None:
                    found[kind] = _read(path, kind)
            except DeliveryRefused as refused:
                unreadable[kind] = refused.faults[0].sentence()
    return found, unreadable


def _read(path: Path, kind: str) -> pl.DataFrame:
    """A delivery; of claims the sums per zorgkantoor, prestatie and care month."""
    rows = read_delivery(path, KINDS[kind], load_delivery_format(), coded=kind == DECLARATIES.name)
    if kind != DECLARATIES.name:
        return rows
    return as_text(rows.group_by(_CLAIMS_KEY).agg(pl.col("amount_eur").sum()))


# ---- a new one ----------------------------------------------------------------------------------------------------


def write_year(year: int, from_year: int, into: Path | None, today: date) -> tuple[list[Path], list[str]]:
    """Writes the skeleton of a year: its numbers taken over from another one, examples of its rounds.

    Returns the files written and what was left behind, a sentence each. `into` is a folder as ``reference/`` is, which
    it is by default. Raises AssumptionError when the file of the year is there already, or that of the other is not.
    """
    folder = into or reference_folder()
    path = folder / "assumptions" / f"{year}.toml"
    if path.exists():
        raise AssumptionError(
            f"{say_where(path)} is there already; nothing was written. Next: mend it, or wlz year check {year}"
        )
    tables, left_behind = _read_year(from_year, into)
    texts = {path: render_year(tables, year, from_year, today)}
    for month in ADVICE_MONTHS:
        of_round = folder / "rounds" / f"{year}-{month:02}.toml"
        if of_round.exists():
            left_behind.append(f"{say_where(of_round)} is there already and stays as it is")
        else:
            texts[of_round] = render_round(date(year, month, 1))
    for file, text in texts.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as written:
            written.write(text)
    return list(texts), left_behind


def _read_year(from_year: int, into: Path | None) -> tuple[Mapping[str, Any], list[str]]:
    """What the file of a year says that another one takes over, and what it does not."""
    places = [folder / "assumptions" / f"{from_year}.toml" for folder in (into, reference_folder()) if folder]
    source = next((place for place in places if place.exists()), None)
    if source is None:
        raise AssumptionError(
            f"no assumptions of {from_year} to begin from: expected {say_where(places[-1])}. "
            "Next: name a year that has a file with --from"
        )
    tables, common = tables_of_year(source), read_common()
    return tables, list(_leave_behind(tables, common, from_year))


def _leave_behind(tables: dict[str, Any], common: Mapping[str, Any], from_year: int) -> Iterator[str]:
    """Takes out of the tables what is not taken over; says what it was."""
    if overrides := tables.pop("override", []):
        yield f"{len(overrides)} of [[override]] of {from_year} not taken over: they were about its months"
    for name in find_unread(tables, common):
        del tables[name]
        yield f"{name} of {from_year} not taken over: nothing reads it in this version"
