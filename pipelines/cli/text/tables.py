"""Tables of the advice in the terminal, beside the published figures. Numbers come from the published marts only."""

import textwrap
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl

from reports.language import Language, load_language
from reports.letter_tables import (
    TABLES,
    PrintedTable,
    build_letter_tables,
    compare_with_published,
    summarise_comparison,
)
from reports.marts import read_marts
from reports.rounding import format_dutch, round_millions, round_percentage
from reports.tables.table import Table, header, print_cell
from warehouse.duck import run_query
from warehouse.provenance import AFTER_CUT_OFF, NOT_DELIVERED
from warehouse.reference import load_published
from wlz.words.counts import format_count
from wlz.words.vocabulary import NATION

PUBLISHED = {
    1: "tabel_1_landelijk",
    2: "tabel_2_uitvoerder",
    3: "tabel_3_zin_uitvoerder",
    4: "tabel_4_extra_posten",
    5: "tabel_5_pgb_uitvoerder",
    6: "tabel_6_pgb_regio",
}
HEADER_WIDTH = 14
DISCLAIMER = (
    "These deliveries are simulated, and calibrated so that the method lands on the published figures.\n"
    "That the tables agree shows that the arithmetic and the published figures fit together;\n"
    "it says nothing about how good the forecast is."
)


def render_demo(database: Path, delivery_month: date) -> str:
    """Tables 1 and 3 beside the published ones, the transfer, and how many figures of tables 1–6 agree."""
    marts = read_marts(database, tuple(layout.mart for layout in TABLES), delivery_month)
    tables = build_letter_tables(marts)
    comparison = compare_with_published(tables, {number: load_published(name) for number, name in PUBLISHED.items()})
    one, three = (render_table(table, comparison) for table in tables if table.layout.number in (1, 3))
    transfer = render_transfer(marts["utilisation_national"], load_published("overheveling"))
    return "\n\n".join(["", one, transfer, three, render_summary(comparison), DISCLAIMER, ""])


def render_transfer(national: pl.DataFrame, published: pl.DataFrame) -> str:
    """What is left of the zin shortage when the pgb room is transferred, beside the letter's own sentence."""
    zin, pgb = (national.filter(part=part).row(0, named=True) for part in ("zin", "pgb"))
    letter = published.row(0, named=True)
    room, value = round_millions(pgb["available_eur"], 0), round_millions(zin["transfer_possible_eur"], 0)
    left = round_millions(zin["available_after_transfer_eur"], 0)
    left_percentage = round_percentage(zin["available_after_transfer_ratio"], 1)
    return (
        f"Transfer of the pgb room: {room} is worth {value} in zin (letter {letter['waarde_in_zin_mln']}); "
        f"room left in zin {left}, {left_percentage} % of the kader "
        f"(letter {letter['resterende_ruimte_zin_mln']}, {letter['resterende_ruimte_zin_pct']} %); "
        f"{zin['reserve_needed_ratio']:.0%} of the herverdelingsmiddelen would cover it."
    )


def render_rules(database: Path, delivery_month: date) -> str:
    """Which rules of ours, beyond a model, shaped the forecast: per scenario how many series, and their euro."""
    sql = f"""
        SELECT volumes.scenario, volumes.flag, count(*)::BIGINT AS series, sum(bounds.expected_eur)::DOUBLE AS eur
        FROM (
            SELECT DISTINCT scenario, prestatiecode, wlz_uitvoerder, flag
            FROM marts.volume_forecast WHERE delivery_month = DATE '{delivery_month}' AND flag IS NOT NULL
        ) AS volumes
        LEFT JOIN marts.forecast_bounds AS bounds
            ON bounds.delivery_month = DATE '{delivery_month}' AND bounds.scenario = volumes.scenario
            AND bounds.level = 'series' AND bounds.period = 'year'
            AND bounds.prestatiecode = volumes.prestatiecode AND bounds.wlz_uitvoerder = volumes.wlz_uitvoerder
        WHERE volumes.scenario IN ('letter', 'base', 'completed')
        GROUP BY ALL ORDER BY volumes.scenario DESC, volumes.flag
    """
    counted = run_query(database, sql)
    if counted.is_empty():
        return "No rule of ours changed a forecast."
    lines = ["Series forecast by a rule, or flagged (marts.volume_forecast, flag; marts.data_quality):"]
    for (scenario,), of_scenario in counted.group_by("scenario", maintain_order=True):
        named = [
            f"{flag} {count:,} (€ {(eur or 0.0) / 1e6:,.1f} mln)"
            for flag, count, eur in of_scenario.select("flag", "series", "eur").iter_rows()
        ]
        lines.append(f"  {scenario}: {', '.join(named)}")
    return "\n".join(lines)


def render_certainty(database: Path, delivery_month: date) -> str:
    """How sure: per scenario zin of the nation with its bounds, and the chance that the kader is exceeded."""
    sql = f"""
        SELECT national.scenario, national.expected_eur, national.lower_80_eur, national.upper_80_eur,
            national.lower_95_eur, national.upper_95_eur, exceedance.exceedance_ratio, exceedance.needed_for_80_eur
        FROM marts.utilisation_national AS national
        JOIN marts.exceedance AS exceedance
            ON exceedance.delivery_month = national.delivery_month AND exceedance.scenario = national.scenario
            AND exceedance.part = national.part AND exceedance.wlz_uitvoerder = 'Landelijk'
        WHERE national.delivery_month = DATE '{delivery_month}' AND national.part = 'zin'
        ORDER BY national.scenario <> 'completed', national.scenario <> 'letter', national.scenario <> 'base',
            national.scenario
    """
    headers = ["", "zin (€ mln)", "80 % from", "to", "95 % from", "to", "chance over kader", "needed for 80 %"]
    rows = []
    for row in run_query(database, sql).iter_rows():
        amounts = [_millions(value) for value in row[1:6]]
        rows.append([row[0], *amounts, f"{row[6]:.0%}", _millions(row[7])])
    if not rows:
        return "No bounds: every month of the year is known."
    return "How sure, by scenario\n" + _columns(headers, rows)


def _millions(value: Decimal | None) -> str:
    return format_dutch(round_millions(value, 0), 0)


# Kinds without which a part of the expectation is 0 or rests on claims alone; the others have no part in it.
WITHOUT = {
    "nacalculatie": "crisis beds and meerzorg rest on agreements, or are carried forward",
    "herschikking": "prices fall back to claims of the year before",
    "beleidsregelwaarden": "prices of the year before are kept (no_brw) where the list of codes has no tariff",
    "na_ijl": "na-ijl is derived from earlier deliveries, or left out",
    "hulpmiddelen": "no aids are shown",
    "indicaties": "scenario indications is left out",
}


def render_missing(database: Path, delivery_month: date, scenario: str = "letter") -> list[str]:
    """A line per kind that was not delivered, or too late, and matters: what the advice does without it."""
    inputs = read_marts(database, ("advice_provenance",), delivery_month, scenario)["advice_provenance"]
    missing = inputs.filter(input_version=NOT_DELIVERED)["input_name"].to_list()
    came_late = inputs.filter(input_version=AFTER_CUT_OFF).select("input_name", "received_on", "cut_off_date")
    late = {name: days for name, *days in came_late.iter_rows()}
    said = {kind: f"Not delivered: {kind}" for kind in missing}
    day = load_language("en").day
    said |= {
        kind: f"{kind} was delivered on {day(on)}, after the cut-off of {day(cut_off)}"
        for kind, (on, cut_off) in late.items()
    }
    return [f"{said[kind]}; {without}." for kind, without in WITHOUT.items() if kind in said]


def render_left_out(database: Path, delivery_month: date, scenario: str = "letter") -> list[str]:
    """A line per delivery of the advice with rows in quarantine, and one per block that a person overruled."""
    inputs = read_marts(database, ("advice_provenance",), delivery_month, scenario)["advice_provenance"]
    apart = inputs.filter(pl.col("quarantined_count") > 0).sort("input_name")
    lines = [
        f"Out of the figures: {format_count(count, 'row')} of {version}, € {euro:,.2f}, in quarantine "
        "(see wlz quarantine list)."
        for version, count, euro in apart.select(
            "input_version", "quarantined_count", pl.col("quarantined_eur").fill_null(0)
        ).iter_rows()
    ]
    overruled = run_query(
        database,
        "SELECT DISTINCT check_id, title, delivery_id, accepted_by, accept_reason FROM marts.data_quality "
        f"WHERE check_status = 'accepted' AND delivery_month = DATE '{delivery_month}' ORDER BY ALL",
    )
    return lines + [
        f"Used although {check_id} ({title}) refused it: {delivery_id}, accepted by {author}: {reason}."
        for check_id, title, delivery_id, author, reason in overruled.iter_rows()
        if delivery_id in inputs["input_version"].to_list()
    ]


# How an extra item came about → what the line says of it.
ITEM_SOURCES = {
    "carried_forward": "Carried forward: {item} € {amount:,.2f}, on settled ÷ claimed up to {year}.",
    "older_delivered": "Carried forward: {item} € {amount:,.2f}, on the percentage of {year}.",
    "from_claims": "Too low: {item} € {amount:,.2f}, on claims alone; nothing settled or agreed is known.",
    "left_out": "Left out: {item}; nothing is known of it{beside}.",
}


def render_items(database: Path, delivery_month: date, scenario: str = "letter") -> list[str]:
    """A line per extra item that rests on an earlier year, on claims alone, or on nothing."""
    methods = read_marts(database, ("extra_item_methods",), delivery_month, scenario)["extra_item_methods"]
    told = methods.filter(pl.col("wlz_uitvoerder") == NATION, pl.col("item_method").is_in(list(ITEM_SOURCES)))
    return [
        ITEM_SOURCES[method].format(item=item, year=year, amount=amount or 0, beside=_beside(claims))
        for item, method, year, amount, claims in told.sort("item", "item_method", "ratio_year")
        .select("item", "item_method", "ratio_year", "item_eur", "claims_forecast_eur")
        .iter_rows()
    ]


def _beside(claims: Decimal | None) -> str:
    return f" beside € {claims:,.2f} of claims" if claims else ""


def render_table(table: PrintedTable, comparison: pl.DataFrame) -> str:
    """One table, each figure as "ours | letter"; the last column has the differences, in last printed digits."""
    layout = table.layout
    rows = []
    for row in table.rows:
        found = comparison.filter((pl.col("table") == layout.number) & (pl.col("row") == row.name))
        letter = dict(zip(found["column"], found["published_printed"], strict=True))
        steps = dict(zip(found["column"], found["difference_in_last_digits"], strict=True))
        pairs = zip(layout.columns, row.printed, strict=True)
        cells = [f"{printed} | {letter.get(column.name, 'none')}" for column, printed in pairs]
        differs = [f"{column.label_nl} {steps[column.name]:+}" for column in layout.columns if steps.get(column.name)]
        rows.append([row.name, *cells, "; ".join(differs) or "0"])
    headers = ["", *(column.label_nl for column in layout.columns), "difference"]
    return f"Tabel {layout.number}. {layout.title_nl} (€ mln; ours | letter)\n" + _columns(headers, rows)


def _columns(headers: list[str], rows: list[list[str]]) -> str:
    """Aligned columns under headers that are folded, so that a table fits a terminal of 100 characters."""
    folded = [textwrap.wrap(header, HEADER_WIDTH) for header in headers]
    height = max(len(lines) for lines in folded)
    head = [
        [lines[index - height] if index >= height - len(lines) else "" for lines in folded] for index in range(height)
    ]
    shown = [*head, *rows]
    widths = [max(len(row[index]) for row in shown) for index in range(len(headers))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if index in (0, len(row) - 1) else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in shown
    )


def render_summary(comparison: pl.DataFrame) -> str:
    """One sentence: how many printed figures of tables 1–6 come out to the digit."""
    total = summarise_comparison(comparison).filter(pl.col("table").is_null()).row(0, named=True)
    figures, exact, off = total["figures_count"], total["exact_count"], total["off_count"] + total["absent_count"]
    return (
        f"Of {figures} printed figures in tables 1–6, {exact} ({100 * exact / figures:.1f} %) come out to the digit, "
        f"{total['within_one_count']} within one last digit, {off} further off; "
        f"stands and kaders that differ: {total['inputs_off_count']}."
    )


def render_plain(table: Table, language: Language) -> str:
    """A table of the report in the terminal: the same cells as on its page."""
    headers = [header(column, language) for column in table.columns]
    rows = [[print_cell(row[column.key], column, language) for column in table.columns] for row in table.rows]
    note = f"\n{language.say('tables.suppressed_note')}" if table.has_suppressed else ""
    return f"{table.title}\n{_columns(headers, rows)}{note}"
