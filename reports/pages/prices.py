"""Volumes and prices: figures 10 to 12, and table 7 for any prestatie."""

import json
from typing import Any

import polars as pl

from reports import charts as figures
from reports.pages.context import Context
from reports.pages.model import Block, Figure, Page, PriceExample, Section
from reports.rounding import round_for_print
from reports.tables import beyond, prices
from reports.tables.table import SUPPRESSED, Table, print_cell
from wlz.words.vocabulary import NATION

EXAMPLE = "Z025"  # the prestatie of table 7 in the letter


def build_prices_page(context: Context) -> Page:
    """How volumes are forecast and prices come about."""
    facts, language = context.facts, context.language
    branches = prices.count_price_sources(facts)
    tree: list[Block] = [
        context.figure(
            "figuur-12", context.say("figure_price_tree"), "price_derivation", figures.draw_price_tree, branches,
            table=prices.build_price_sources(facts, language),
        ),
    ]  # fmt: skip
    example = build_price_example(context)
    return Page(
        path="prijzen.html",
        title=context.say("heading_prices"),
        heading=context.say("heading_prices"),
        lead=[context.say("lead_prices")],
        sections=[
            Section("aantallen", context.say("section_volumes"), blocks=[*_volumes(context), *_pgb_example(context)]),
            Section(
                "prijzen",
                context.say("section_prices"),
                [context.say("price_rule")],
                [*tree, *([example] if example else [])],
            ),
        ],
    )


def _volumes(context: Context) -> list[Block]:
    """Figures 10 and 11: the largest series and the least sure one of those that count."""
    volumes = context.facts.marts["volume_forecast"]
    if volumes.is_empty():
        return []
    key = ["prestatiecode", "wlz_uitvoerder"]
    hidden = context.hidden("series", "zin")
    sizes = context.facts.marts["bounds_year"].filter(level="series").select(*key, "expected_eur")
    shown = volumes.select(key).unique().join(sizes, on=key, how="left").sort("expected_eur", *key, descending=True)
    blocks: list[Block] = []
    for number, phrase, row in zip(
        (10, 11), ("figure_volume_large", "figure_volume_unsure"), shown.to_dicts(), strict=False
    ):
        code, name = row["prestatiecode"], row["wlz_uitvoerder"]
        if (name, code) in hidden:
            continue
        months = volumes.filter(prestatiecode=code, wlz_uitvoerder=name).sort("care_month")
        blocks.append(_volume_figure(context, number, context.say(phrase, code=code, name=name), months))
    return blocks


def _volume_figure(context: Context, number: int, title: str, months: pl.DataFrame) -> Figure:
    table = beyond.build_course(context.language, f"figuur-{number}-tabel", "volume_forecast", months, title)
    return context.figure(
        f"figuur-{number}", title, "volume_forecast", figures.draw_volume_example, months, table=table
    )  # fmt: skip


def _pgb_example(context: Context) -> list[Block]:
    """Figure 13: the largest region that may be shown."""
    facts = context.facts
    regions = context.without_hidden(facts.of("pgb_region"), "region", "pgb")
    regions = regions.filter(pl.col("zorgkantoorregio") != NATION).sort(
        "expected_eur", "zorgkantoorregio", descending=[True, False], nulls_last=True
    )
    if regions.is_empty():
        return []
    name = regions["zorgkantoorregio"][0]
    months = facts.of("pgb_forecast").filter(zorgkantoorregio=name).sort("month")
    title = context.say("figure_pgb_example", name=name)
    table = beyond.build_course(context.language, "figuur-13-tabel", "pgb_forecast", months, title)
    return [context.figure("figuur-13", title, "pgb_forecast", figures.draw_pgb_example, months, table=table)]


def build_price_example(context: Context) -> PriceExample | None:
    """Table 7 with a choice of prestatie; the whole table is in the CSV and the workbook."""
    whole = prices.build_prices(context.facts, context.language)
    if whole.is_empty:
        return None
    by_code: dict[str, list[Any]] = {}
    for row in whole.rows:
        by_code.setdefault(str(row["prestatiecode"]), []).append(row)
    chosen = EXAMPLE if EXAMPLE in by_code else next(iter(by_code))
    worked = {code: explain_price(context, rows) for code, rows in by_code.items()}
    printed = {
        code: {
            "rows": [
                [print_cell(row[column.key], column, context.language) for column in whole.columns] for row in rows
            ],
            "worked": worked[code],
        }
        for code, rows in by_code.items()
    }
    shown = Table(
        whole.identity, whole.title, whole.columns, by_code[chosen], whole.note, whole.source
    )  # fmt: skip
    # No "<" can end the script element or open another one.
    data = json.dumps(printed, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return PriceExample("prijsvoorbeeld", list(by_code), chosen, shown, worked[chosen], data)


def explain_price(context: Context, rows: list[dict[str, Any]]) -> str:
    """The steps of table 7 for the first uitvoerder whose price is derived; else that none had to be."""
    steps = (
        "previous_price_eur_per_unit", "previous_max_tariff_eur_per_unit", "discount_ratio", "max_tariff_eur_per_unit",
        "nhc_eur_per_unit", "nic_eur_per_unit", "price_eur_per_unit",
    )  # fmt: skip
    derived = [
        row
        for row in rows
        if row["price_source"] in ("b", "c") and all(row[key] not in (None, SUPPRESSED) for key in steps)
    ]
    if not derived:
        return context.say("worked_a", code=rows[0]["prestatiecode"])
    row, number = derived[0], context.language.number
    net = row["discount_ratio"] * row["max_tariff_eur_per_unit"]
    return context.say(
        "worked",
        code=row["prestatiecode"],
        name=row["wlz_uitvoerder"],
        previous=number(row["previous_price_eur_per_unit"], 2),
        previous_max=number(row["previous_max_tariff_eur_per_unit"], 2),
        discount=context.language.percent(row["discount_ratio"], 2),
        max=number(row["max_tariff_eur_per_unit"], 2),
        net=number(round_for_print(net, 2), 2),
        nhc=number(row["nhc_eur_per_unit"], 2),
        nic=number(row["nic_eur_per_unit"], 2),
        price=number(row["price_eur_per_unit"], 2),
    )
