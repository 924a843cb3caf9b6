"""Tables of uitvoerders and regions: one place against its kader, regions beside each other."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reports.facts import Facts
from reports.tables.table import SUPPRESSED, Column, Table
from wlz.words.vocabulary import NATION

if TYPE_CHECKING:
    from reports.pages.context import Context

# Columns of a place: of zin, then of pgb, with the mart column behind each.
PARTS = (
    ("zin", (("zin_declared", "declared_to_date_eur"), ("zin_expected", "expected_eur"), ("zin_budget", "budget_eur"),
             ("zin_available", "available_eur"))),
    ("pgb", (("pgb_granted", "granted_to_date_eur"), ("pgb_expected", "expected_eur"), ("pgb_budget", "budget_eur"),
             ("pgb_available", "available_eur"))),
)  # fmt: skip
POSITION = ("to_date_eur", "expected_eur", "lower_80_eur", "upper_80_eur", "budget_eur", "available_eur")


def build_position(
    context: "Context", name: str, zin: dict[str, Any] | None, pgb: dict[str, Any] | None, source: str
) -> Table:
    """One place: zin and pgb as rows; a part that may not be shown is suppressed whole."""
    language = context.language
    columns = [
        Column("part", language.say("tables.part"), "text"),
        *(Column(key, language.say(f"tables.{key}"), "mln", 1) for key in POSITION),
        Column("available_ratio", language.say("tables.available_ratio"), "percent", 2),
    ]
    rows = []
    for part, row, to_date in (("zin", zin, "declared_to_date_eur"), ("pgb", pgb, "granted_to_date_eur")):
        cells: dict[str, Any] = {column.key: SUPPRESSED for column in columns}
        if row is not None:
            cells = {key: row[to_date if key == "to_date_eur" else key] for key in (*POSITION, "available_ratio")}
        rows.append({**cells, "part": language.say(f"common.{part}")})
    slug = context.slugs.slug(name)
    return Table(f"stand-{slug}", language.say("tables.title_stand", name=name), columns, rows, source=source)


def build_regions(context: "Context", wlz_uitvoerder: str | None = None) -> Table:
    """Regions beside each other, of one uitvoerder or of all, with the total of those."""
    facts, language = context.facts, context.language
    owner = wlz_uitvoerder or NATION
    columns = [
        Column("zorgkantoorregio", language.say("tables.zorgkantoorregio"), "text"),
        *(Column(key, language.say(f"tables.{key}"), "mln", 1) for _, keys in PARTS for key, _ in keys),
    ]
    rows = [
        {"zorgkantoorregio": name, **_cells(context, name, _of_region(facts, name), "region")}
        for name in _regions_of(context, wlz_uitvoerder)
    ]
    totals = {part: facts.one(f"{part}_uitvoerder", wlz_uitvoerder=owner) for part, _ in PARTS}
    rows.append({"zorgkantoorregio": owner, **_cells(context, owner, totals, "uitvoerder")})
    identity = f"regio-{context.slugs.slug(wlz_uitvoerder)}" if wlz_uitvoerder else "regio"
    title = (
        language.say("tables.title_regio_uitvoerder", name=wlz_uitvoerder)
        if wlz_uitvoerder
        else language.say("tables.title_regio")
    )
    return Table(identity, title, columns, rows, source="zin_region", total=owner, links=context.region_links)


def _of_region(facts: Facts, name: str) -> dict[str, dict[str, Any] | None]:
    return {part: facts.one(f"{part}_region", zorgkantoorregio=name) for part, _ in PARTS}


def _cells(context: "Context", name: str, found: Mapping[str, dict[str, Any] | None], level: str) -> dict[str, Any]:
    """Cells of one place, zin then pgb; a part that may not be shown is suppressed whole."""
    cells: dict[str, Any] = {}
    for part, keys in PARTS:
        row, hidden = found[part] or {}, context.is_hidden(level, name, part)
        cells |= {key: SUPPRESSED if hidden else row.get(column) for key, column in keys}
    return cells


def _regions_of(context: "Context", wlz_uitvoerder: str | None) -> list[str]:
    if wlz_uitvoerder is None:
        return context.regions
    rows = context.facts.of("zin_region").filter(wlz_uitvoerder=wlz_uitvoerder)["zorgkantoorregio"].to_list()
    rows += context.facts.of("pgb_region").filter(wlz_uitvoerder=wlz_uitvoerder)["zorgkantoorregio"].to_list()
    return sorted({name for name in rows if name != NATION}, key=str.casefold)
