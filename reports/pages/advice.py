"""The advice page: the answer first, then the structure of the letter, every figure with its table."""

from typing import Any

import polars as pl

from reports import charts as figures
from reports.hidden import hidden_names
from reports.pages.context import Context, Draw
from reports.pages.model import Block, Figure, Page, Section, Tile
from reports.tables import beyond
from reports.tables.letter import build_letter_table
from reports.tables.table import Table
from reports.text import answer, left_out, sections
from reports.text.items import say_extra_items
from reports.text.sections import texts
from wlz.words.vocabulary import NATION

# Subjects of the lead, a paragraph each; what else is said stands in the section it is about.
LEAD = (
    ("verdict_zin", "verdict_pgb"),
    ("chance", "span", "certainty"),
    ("for_whom",),
    ("transfer", "reserve", "reserve_elsewhere"),
    (
        *(
            "since_last",
            "quarantined",
            "refused",
            "overruled",
            "released",
            "too_late",
            "not_delivered",
            "carried_forward",
        ),
        *("item_left_out", "left_out", "signature"),
    ),
)


def build_advice_page(context: Context) -> Page:
    """The first page of a delivery month."""
    facts, language = context.facts, context.language
    said = answer.write_answer(facts, language)
    heading = answer.say_headline(facts, language)
    signature = sections.say_signature(facts, language)
    return Page(
        path="index.html",
        title=heading,
        heading=heading,
        lead=_lead(context, said),
        tiles=[tile for tile in _tiles(context) if tile],
        errata=[sentence.text for sentence in signature if sentence.about == "erratum"],
        sections=[
            _transfer(context, said),
            _changed(context),
            _left_out(context),
            _total(context),
            _zin(context, said),
            _extra(context),
            _pgb(context),
            _aids(context),
            _certainty(context),
            Section(
                "consultatie", context.say("section_consultation"), texts(sections.say_consultation(facts, language))
            ),
            Section(
                "vervolg",
                context.say("section_next"),
                texts([*sections.say_outlook(facts, language), *sections.say_next(facts, language), signature[0]]),
            ),
        ],
    )


def _lead(context: Context, said: list[answer.Sentence]) -> list[str]:
    """Short paragraphs: how much, how sure, for whom, what can be done, what changed and what is left out."""
    facts, language = context.facts, context.language
    told = [*said, *sections.say_since_last(facts, language)[:1], *left_out.say_left_out(facts, language)]
    told += sections.say_signature(facts, language) if sections.is_signed(facts) else []
    paragraphs = [" ".join(item.text for item in told if item.about in group) for group in LEAD]
    return [text for text in paragraphs if text]


def _tiles(context: Context) -> list[Tile | None]:
    facts, language = context.facts, context.language
    zin, pgb = (facts.one("utilisation_national", part=part) for part in ("zin", "pgb"))
    tiles = [context.room_tile(context.say("tile_zin"), zin, _zin_detail(context, zin))]
    share = language.percent(pgb["available_ratio"], 1) if pgb else ""
    tiles.append(context.room_tile(context.say("tile_pgb"), pgb, context.say("tile_pgb_detail", percent=share)))
    if zin and zin["available_after_transfer_eur"] is not None and zin["available_eur"] < 0:
        after = {"available_eur": zin["available_after_transfer_eur"]}
        percent = language.percent(zin["available_after_transfer_ratio"], 1)
        tiles.append(
            context.room_tile(context.say("tile_after"), after, context.say("tile_after_detail", percent=percent))
        )
    if zin and zin["redistribution_reserve_eur"] and zin["reserve_needed_ratio"]:
        needed = f"{language.percent(zin['reserve_needed_ratio'], 0)}%"
        detail = context.say("tile_reserve_detail", reserve=language.euro(zin["redistribution_reserve_eur"]))
        tiles.append(Tile(context.say("tile_reserve"), needed, detail, is_short=zin["reserve_left_eur"] < 0))
    return tiles


def _zin_detail(context: Context, zin: dict[str, Any] | None) -> str:
    """Share of the kader and the room at its bounds; and that the advice before was computed another way."""
    facts, detail = context.facts, _room_detail(context, zin)
    if not detail or facts.headline_before in ("", facts.headline) or facts.month_before is None:
        return detail
    return context.say("tile_other_scenario", detail=detail, month=context.language.month(facts.month_before))


def _room_detail(context: Context, zin: dict[str, Any] | None) -> str:
    if zin is None:
        return ""
    percent = context.language.percent(zin["available_ratio"], 1)
    if zin["available_lower_80_eur"] is None:
        return context.say("tile_pgb_detail", percent=percent)
    worst, best = (context.language.millions(zin[f"available_{end}_80_eur"]) for end in ("lower", "upper"))
    return context.say("tile_zin_detail", percent=percent, worst=worst, best=best)


def _transfer(context: Context, said: list[answer.Sentence]) -> Section:
    chosen = [
        item for item in said if item.about in ("transfer", "reserve", "release", "scenarios", "reserve_elsewhere")
    ]
    return Section("overheveling", context.say("section_transfer"), texts(chosen))


def _changed(context: Context) -> Section:
    facts, language = context.facts, context.language
    blocks: list[Block] = []
    bridge = facts.of("forecast_bridge").filter(wlz_uitvoerder=NATION)
    if bridge.height:
        title = context.say("figure_bridge", month=language.month(bridge["from_delivery_month"][0]))
        table = beyond.build_bridge(facts, language)
        blocks.append(context.figure("figuur-brug", title, "forecast_bridge", figures.draw_bridge, bridge, table=table))
    return Section("veranderd", context.say("section_changed"), texts(sections.say_since_last(facts, language)), blocks)


def _left_out(context: Context) -> Section:
    said = [
        *left_out.say_left_out(context.facts, context.language),
        *sections.say_late(context.facts, context.language),
    ]
    return Section("buiten-de-cijfers", context.say("section_left_out"), texts(said))


def _letter(context: Context, number: int, level: str = "") -> Table:
    """A table of the letter with links to its places and without those that may not be shown."""
    links = {"uitvoerder": context.uitvoerder_links, "region": context.region_links}.get(level, {})
    hidden = {part: hidden_names(context.facts, level, part) for part in ("zin", "pgb")} if level else {}
    return build_letter_table(number, context.facts, context.language, hidden=hidden, links=links)


def _months(context: Context, number: int, key: str, draw: Draw, part: str | None) -> Figure:
    """A figure of cumulative months with its table."""
    title = context.say(key)
    table = beyond.build_months(context.facts, context.language, f"figuur-{number}-tabel", title, part)
    months = context.facts.of("utilisation_monthly")
    return context.figure(f"figuur-{number}", title, "utilisation_monthly", draw, months, table=table)


def _total(context: Context) -> Section:
    blocks: list[Block] = [
        _letter(context, 1),
        _months(context, 1, "figure_total", figures.draw_monthly_total, None),
        _letter(context, 2, "uitvoerder"),
    ]
    return Section("kader", context.say("section_total"), [context.say("about_total")], blocks)


def _room(context: Context, number: int, key: str, part: str) -> Figure:
    mart = f"{part}_uitvoerder"
    rows = context.without_hidden(context.facts.of(mart), "uitvoerder", part)
    draw = figures.draw_room_zin if part == "zin" else figures.draw_room_pgb
    return context.figure(f"figuur-{number}", context.say(key), mart, draw, rows)


def _zin(context: Context, said: list[answer.Sentence]) -> Section:
    blocks: list[Block] = [
        _months(context, 3, "figure_zin_months", figures.draw_monthly_zin, "zin"),
        _room(context, 4, "figure_room_zin", "zin"),
        _letter(context, 3, "uitvoerder"),
    ]
    for_whom = texts([item for item in said if item.about in ("for_whom", "room_at")])
    return Section("zin", context.say("section_zin"), for_whom, blocks)


def _extra(context: Context) -> Section:
    facts, language = context.facts, context.language
    zin, extra = facts.of("zin_uitvoerder"), facts.of("extra_items_uitvoerder")
    shown = [context.without_hidden(rows, "uitvoerder", "zin") for rows in (zin, extra)]
    mart = "extra_items_uitvoerder"
    blocks: list[Block] = [
        context.figure("figuur-2", context.say("figure_composition"), mart, figures.draw_composition, zin, extra),
        context.figure("figuur-5", context.say("figure_extra"), mart, figures.draw_extra_per_uitvoerder, *shown),
        _letter(context, 4, "uitvoerder"),
    ]
    return Section("extra-posten", context.say("section_extra"), texts(say_extra_items(facts, language)), blocks)


def _pgb(context: Context) -> Section:
    facts, language = context.facts, context.language
    regions = context.without_hidden(facts.of("pgb_region"), "region", "pgb")
    regions = regions.filter(pl.col("zorgkantoorregio") != NATION)
    blocks: list[Block] = [
        _months(context, 6, "figure_pgb_months", figures.draw_monthly_pgb, "pgb"),
        _room(context, 7, "figure_room_pgb", "pgb"),
        _letter(context, 5, "uitvoerder"),
        context.figure("figuur-8", context.say("figure_pgb_map"), "pgb_region", figures.draw_pgb_map, regions),
        _letter(context, 6, "region"),
    ]
    return Section("pgb", context.say("section_pgb"), texts(sections.say_grants(facts, language)), blocks)


def _aids(context: Context) -> Section:
    facts, language = context.facts, context.language
    title = context.say("figure_aids")
    table = beyond.build_aids(facts, language, title)
    figure = context.figure("figuur-9", title, "aids_monthly", figures.draw_aids, facts.of("aids_monthly"), table=table)
    return Section("hulpmiddelen", context.say("section_aids"), texts(sections.say_aids(facts, language)), [figure])


def _certainty(context: Context) -> Section:
    facts, language = context.facts, context.language
    chances = facts.of("exceedance")
    shown = [context.without_hidden(chances.filter(part=part), "uitvoerder", part) for part in ("zin", "pgb")]
    zin = facts.marts["utilisation_national"].filter(part="zin")
    blocks: list[Block] = [
        context.figure(
            "figuur-kans", context.say("figure_exceedance"), "exceedance", figures.draw_exceedance, pl.concat(shown),
            table=beyond.build_exceedance(facts, language),
        ),
        context.figure(
            "figuur-rekenwijzen", context.say("figure_scenarios"), "utilisation_national", figures.draw_scenarios, zin,
            table=beyond.build_scenarios(facts, language),
        ),
    ]  # fmt: skip
    return Section(
        "zekerheid", context.say("section_certainty"), texts(sections.say_uncertainty(facts, language)), blocks
    )
