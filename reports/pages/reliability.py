"""How sure: chances, how claims come in, who is late, what came of earlier advices."""

import polars as pl

from reports import charts as figures
from reports.pages.context import Context
from reports.pages.model import Block, Page, Section
from reports.tables import beyond
from reports.text.sections import say_late, say_uncertainty, texts
from wlz.words.vocabulary import NATION


def build_reliability_page(context: Context) -> Page:
    """How far the outcome can be from the forecast, and why."""
    facts, language = context.facts, context.language
    return Page(
        path="zekerheid.html",
        title=context.say("heading_reliability"),
        heading=context.say("heading_reliability"),
        lead=[context.say("lead_reliability"), *texts(say_uncertainty(facts, language))],
        sections=[
            Section("laat", context.say("section_late"), texts(say_late(facts, language)), _late(context)),
            Section("binnenkomen", context.say("section_lag"), [context.say("caution")], _lag(context)),
            Section("eerder", context.say("section_past"), blocks=_past(context)),
        ],
    )


def _late(context: Context) -> list[Block]:
    facts, language = context.facts, context.language
    used = facts.one("advice_provenance", input_name="declaraties")
    status = facts.marts["delivery_status"].filter(delivery_id=used["input_version"] if used else "")
    title = context.say("figure_late")
    table = beyond.build_status(facts, language)
    return [context.figure("figuur-laat", title, "delivery_status", figures.draw_late, status, table=table)]


def _lag(context: Context) -> list[Block]:
    curves = context.facts.marts["lag_curve"]
    hidden = {owner for owner, group in context.hidden("group", "zin") if group in curves["prestatiegroep"]}
    curves = curves.filter(~pl.col("wlz_uitvoerder").is_in(sorted(hidden)))
    if curves.is_empty():
        return []
    title = context.say("figure_lag", group=curves["prestatiegroep"][0])
    table = beyond.build_lag(context.language, curves)
    return [
        context.figure(
            "figuur-inloop", title, "lag_curve", figures.draw_lag_curves, curves.drop("prestatiegroep"), table=table
        )
    ]


def _past(context: Context) -> list[Block]:
    facts, language = context.facts, context.language
    rows = facts.of("forecast_vintages").filter(wlz_uitvoerder=NATION, part="zin", budget_year=facts.budget_year)
    title = context.say("figure_vintages")
    table = beyond.build_vintages(facts, language)
    figure = context.figure("figuur-adviezen", title, "forecast_vintages", figures.draw_vintages, rows, table=table)
    return [figure, beyond.build_backtest(facts, language)]
