"""The overview of uitvoerders and regions, and a page for each: what a zorgkantoor publishes every month."""

from typing import Any

from reports import charts as figures
from reports.hidden import hidden_names
from reports.pages.context import Context
from reports.pages.model import Block, Link, Page, Section, Tile
from reports.rounding import round_millions
from reports.tables import beyond
from reports.tables.places import build_position, build_regions
from reports.text.sections import say_late, texts
from wlz.words.vocabulary import NATION


def build_places_page(context: Context) -> Page:
    """The way to every uitvoerder and region, with where they stand."""
    links = [Link(path, name, _summary(context, name)) for name, path in context.uitvoerder_links.items()]
    return Page(
        path="plaatsen.html",
        title=context.say("heading_places"),
        heading=context.say("heading_places"),
        lead=[context.say("lead_places"), context.say("caution")],
        sections=[
            Section("uitvoerders", context.say("section_places"), links=links),
            Section("regios", context.say("section_regions"), blocks=[build_regions(context)]),
        ],
    )


def _summary(context: Context, name: str) -> str:
    row = context.facts.one("zin_uitvoerder", wlz_uitvoerder=name)
    if row is None or context.is_hidden("uitvoerder", name, "zin"):
        return context.say("tile_suppressed")
    return f"zin {context.mln(row['available_eur'])}"


def build_uitvoerder_page(context: Context, name: str) -> Page:
    """One Wlz-uitvoerder: where it stands, its months, its regions, its groups of prestaties."""
    facts, language = context.facts, context.language
    zin = None if context.is_hidden("uitvoerder", name, "zin") else facts.one("zin_uitvoerder", wlz_uitvoerder=name)
    pgb = None if context.is_hidden("uitvoerder", name, "pgb") else facts.one("pgb_uitvoerder", wlz_uitvoerder=name)
    chance = facts.one("exceedance", wlz_uitvoerder=name, part="zin") if zin else None
    blocks: list[Block] = [build_position(context, name, zin, pgb, "zin_uitvoerder")]
    months = facts.marts["bounds_cumulative"].filter(wlz_uitvoerder=name).sort("month")
    if zin:
        title, slug = context.say("figure_months", name=name), context.slugs.slug(name)
        blocks.append(
            context.figure(
                "figuur-maanden", title, "forecast_bounds", figures.draw_months_of, months,
                table=beyond.build_course(language, f"maanden-{slug}", "forecast_bounds", months, title),
                budget_eur=zin["budget_eur"],
            )
        )  # fmt: skip
    groups = beyond.build_groups(facts, language, name, f"groepen-{context.slugs.slug(name)}")
    return Page(
        path=context.uitvoerder_path(name),
        title=name,
        heading=context.say("heading_uitvoerder", name=name),
        lead=[
            *_lead(context, name, zin, pgb),
            " ".join(texts(say_late(facts, language, name))),
            context.say("caution"),
        ],
        tiles=_tiles(context, zin, pgb, chance),
        sections=[
            Section("stand", context.say("section_stand"), blocks=blocks),
            Section("regios", context.say("section_regions"), blocks=[build_regions(context, name)]),
            Section("groepen", context.say("section_groups"), blocks=[groups]),
        ],
    )


def build_region_page(context: Context, name: str) -> Page:
    """One zorgkantoorregio: claimed and approved to date, pgb granted, the year expected."""
    facts = context.facts
    zin, pgb = (_region_row(context, mart, name, part) for mart, part in (("zin_region", "zin"), ("pgb_region", "pgb")))
    owners = facts.of("pgb_region").filter(zorgkantoorregio=name)["wlz_uitvoerder"].unique().sort().to_list()
    blocks: list[Block] = [build_position(context, name, zin, pgb, "zin_region")]
    if pgb:
        months = facts.of("pgb_forecast").filter(zorgkantoorregio=name).sort("month")
        title = context.say("figure_pgb_region", name=name)
        table = beyond.build_course(context.language, f"pgb-{context.slugs.slug(name)}", "pgb_forecast", months, title)
        blocks.append(
            context.figure(
                "figuur-pgb", title, "pgb_forecast", figures.draw_pgb_example, months, table=table
            )
        )  # fmt: skip
    links = [Link(context.uitvoerder_path(owner), owner) for owner in owners if owner != NATION]
    late = [text for owner in owners for text in texts(say_late(facts, context.language, owner))]
    return Page(
        path=context.region_path(name),
        title=name,
        heading=context.say("heading_region", name=name),
        lead=[*_lead(context, name, zin, pgb), " ".join(dict.fromkeys(late)), context.say("caution")],
        tiles=_tiles(context, zin, pgb, None),
        sections=[Section("stand", context.say("section_stand"), blocks=blocks, links=links)],
    )


def _region_row(context: Context, mart: str, name: str, part: str) -> dict[str, Any] | None:
    """The row of a region over all its uitvoerders; None when it may not be shown."""
    rows = context.facts.of(mart).filter(zorgkantoorregio=name)
    if rows.is_empty() or name in hidden_names(context.facts, "region", part):
        return None
    return rows.row(0, named=True)


def _lead(context: Context, name: str, zin: dict[str, Any] | None, pgb: dict[str, Any] | None) -> list[str]:
    if zin is None and pgb is None:
        return [context.say("suppressed_lead", name=name)]
    said = []
    for row, key in ((zin, "position"), (pgb, "position_pgb")):
        if row is None or row["available_eur"] is None:
            continue
        amount = row["available_eur"]
        printed = round_millions(amount, 1) or 0
        kind = "even" if printed == 0 else "surplus" if printed > 0 else "shortage"
        percent = context.language.percent(
            abs(row["available_ratio"]) if row["available_ratio"] is not None else None, 1
        )
        said.append(context.say(f"{key}_{kind}", name=name, amount=context.language.euro(abs(amount)), percent=percent))
    return [" ".join(said)] if said else []


def _tiles(
    context: Context, zin: dict[str, Any] | None, pgb: dict[str, Any] | None, chance: dict[str, Any] | None
) -> list[Tile]:
    language, year = context.language, context.facts.budget_year
    tiles: list[Tile | None] = []
    for row, room, to_date, column in (
        (zin, "tile_zin", "tile_declared", "declared_to_date_eur"),
        (pgb, "tile_pgb", "tile_granted", "granted_to_date_eur"),
    ):
        if row is None:
            tiles.append(Tile(context.say(room), "x", context.say("tile_suppressed")))
            continue
        percent = language.percent(row["available_ratio"], 1)
        tiles.append(context.room_tile(context.say(room), row, context.say("tile_pgb_detail", percent=percent), 1))
        expected = context.say("tile_expected_detail", year=year, expected=language.millions(row["expected_eur"]))
        tiles.append(Tile(context.say(to_date), context.mln(row[column]), expected))
    if chance and chance["exceedance_ratio"] is not None:
        needed = context.say("tile_chance_detail", needed=language.millions(chance["needed_for_80_eur"]))
        share = f"{language.percent(chance['exceedance_ratio'], 0)}%"
        tiles.append(Tile(context.say("tile_chance"), share, needed, is_short=chance["exceedance_ratio"] > 0.5))
    return [tile for tile in tiles if tile]
