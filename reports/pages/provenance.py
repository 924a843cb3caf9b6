"""Provenance: for every mart shown from which deliveries, rows, rules, code and assumptions it comes; failed checks."""

from reports.pages.context import Context
from reports.pages.model import Block, Page, Section
from reports.tables import beyond
from reports.tables.balance import build_balance, say_balance
from reports.tables.codes import build_trust
from reports.tables.files import build_files

# Kinds of delivery a mart rests on beside code and assumptions, and the page of its rules.
EVERY = ("declaraties", "herschikking", "nacalculatie", "beleidsregelwaarden", "na_ijl", "pgb_verleningen", "kader",
         "overhevelingen")  # fmt: skip
ZIN = ("declaraties", "herschikking", "nacalculatie", "beleidsregelwaarden", "na_ijl", "kader", "overhevelingen")
PGB = ("pgb_verleningen", "kader", "overhevelingen")
MARTS: dict[str, tuple[tuple[str, ...], str]] = {
    "utilisation_national": (EVERY, "utilisation"),
    "utilisation_uitvoerder": (EVERY, "utilisation"),
    "utilisation_monthly": (EVERY, "utilisation"),
    "zin_uitvoerder": (ZIN, "utilisation"),
    "zin_region": (ZIN, "utilisation"),
    "extra_items_uitvoerder": (("declaraties", "herschikking", "nacalculatie", "na_ijl"), "extra_items"),
    "extra_item_methods": (("declaraties", "herschikking", "nacalculatie", "na_ijl"), "extra_items"),
    "pgb_uitvoerder": (PGB, "pgb"),
    "pgb_region": (PGB, "pgb"),
    "pgb_forecast": (("pgb_verleningen",), "pgb"),
    "aids_monthly": (("hulpmiddelen",), "aids"),
    "exceedance": (EVERY, "bounds"),
    "forecast_bounds": (ZIN, "bounds"),
    "forecast_bridge": (EVERY, "bridge"),
    "forecast_vintages": (EVERY, "vintages"),
    "backtest_accuracy": (("declaraties",), "backtest"),
    "code_trust": (("declaraties", "herschikking", "beleidsregelwaarden"), "prices"),
    "price_derivation": (("declaraties", "herschikking", "beleidsregelwaarden"), "prices"),
    "volume_forecast": (("declaraties",), "volumes"),
    "lag_curve": (("declaraties",), "lag"),
    "delivery_status": (("declaraties",), "monitor"),
    "delivery_balance": (EVERY, "balance"),
    "advice_provenance": (EVERY, "deliveries"),
    "data_quality": (EVERY, "deliveries"),
}


def build_provenance_page(context: Context) -> Page:
    """The deliveries, the checks, and a section per mart that the pages show: the links of figures land there."""
    facts, language = context.facts, context.language
    balance = build_balance(facts, language)
    tables = (beyond.build_inputs(facts, language), build_trust(facts, language), build_files(facts, language))
    inputs: list[Block] = [table for table in tables if not table.is_empty]
    return Page(
        path="herkomst.html",
        title=context.say("heading_provenance"),
        heading=context.say("heading_provenance"),
        lead=[context.say("lead_provenance")],
        sections=[
            Section("waarop", context.say("section_inputs"), blocks=inputs),
            Section(
                "regels",
                context.say("section_balance"),
                [say_balance(facts, language)],
                [] if balance.is_empty else [balance],
            ),
            Section("bevindingen", context.say("section_checks"), blocks=[beyond.build_checks(facts, language)]),
            Section("figuren", context.say("section_figures")),
            *(_describe(context, mart) for mart in MARTS),
        ],
    )


def _describe(context: Context, mart: str) -> Section:
    facts = context.facts
    versions = dict(facts.of("advice_provenance").select("input_name", "input_version").iter_rows())
    kinds, rules = MARTS[mart]
    used = [versions[kind] for kind in kinds if kind in versions]
    failed = facts.marts["data_quality"].filter(facts.marts["data_quality"]["delivery_id"].is_in(used))
    checks = ", ".join(failed["check_id"].unique().sort().to_list())
    paragraphs = [
        context.say(
            "rests_on",
            scenario=facts.headline,
            rule=f"docs/explanation/{rules}.md",
            inputs=", ".join(used) or "–",
            code=versions.get("code", "–"),
            assumptions=versions.get("assumptions", "–"),
        )
    ]
    if mart in facts.rows_counts:
        paragraphs.append(context.say("rests_on_rows", rows=context.language.number(facts.rows_counts[mart])))
    paragraphs.append(context.say("rests_on_checks" if checks else "rests_on_no_checks", checks=checks))
    return Section(f"bron-{mart}", f"marts.{mart}", paragraphs, is_minor=True)
