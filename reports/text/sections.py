"""What an advice says beside its answer: what changed, what is out of the figures, how sure, what comes next."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from reports.facts import Facts
from reports.hidden import hidden_names
from reports.language import Language
from reports.rounding import round_millions, round_percentage
from reports.text.answer import NAMED, Sentence, name_scenario, say_room
from wlz.words.vocabulary import NATION

# Branches of the decision rule: measured this year, or approximated with the discount of the year before.
PRICED = {"measured": ["a"], "approximated": ["b", "c"]}


def say_since_last(facts: Facts, language: Language) -> list[Sentence]:
    """What moved the room since the advice before: the change, and its components from the largest on."""
    bridge = facts.of("forecast_bridge").filter(wlz_uitvoerder=NATION)
    if bridge.is_empty():
        return [Sentence("since_last", language.say("sections.first_advice", year=facts.budget_year))]
    first = bridge.row(0, named=True)
    before, after = first["available_before_eur"], first["available_after_eur"]
    kind = _sign(after - before)
    values = {
        "month": language.month(first["from_delivery_month"]),
        "change": language.euro(abs(after - before)),
        "before": say_room(before, language),
        "after": say_room(after, language),
        "scenario": name_scenario(facts.headline, language),
    }
    said = [Sentence("since_last", language.say(f"sections.since_last_{kind}", **values))]
    said += _say_moved(facts.of("forecast_bridge"), language)
    moved = bridge.filter(pl.col("change_eur") != 0).sort(pl.col("change_eur").abs(), descending=True).to_dicts()
    moved = [row for row in moved if _sign(row["change_eur"]) != "same"]
    for row in moved[:NAMED]:
        text = language.say(
            f"sections.moved_{'gain' if row['change_eur'] > 0 else 'loss'}",
            component=language.say(f"sections.component_{row['component']}"),
            amount=language.euro(abs(row["change_eur"])),
        )
        said.append(Sentence(f"moved_{row['component']}", text))
    return said


def _say_moved(bridge: pl.DataFrame, language: Language) -> list[Sentence]:
    """Who gained or lost regions since the advice before, with the room that went along; nothing when nobody did."""
    moved = bridge.filter(pl.col("component") == "moved", pl.col("change_eur") != 0, pl.col("wlz_uitvoerder") != NATION)
    if moved.is_empty():
        return []
    named = [
        language.say("sections.moved_of", who=who, amount=language.euro(euro))
        for who, euro in moved.sort("wlz_uitvoerder").select("wlz_uitvoerder", "change_eur").iter_rows()
    ]
    return [Sentence("moved_regions", language.say("sections.moved_regions", named="; ".join(named)))]


def say_late(facts: Facts, language: Language, wlz_uitvoerder: str | None = None) -> list[Sentence]:
    """Which uitvoerders delivered late or incompletely, never which provider."""
    used = facts.one("advice_provenance", input_name="declaraties")
    status = facts.marts["delivery_status"].filter(pl.col("wlz_uitvoerder") != NATION)
    if used is not None:
        status = status.filter(delivery_id=used["input_version"])
    if wlz_uitvoerder is not None:
        status = status.filter(wlz_uitvoerder=wlz_uitvoerder)
    if status.is_empty() or status["is_on_time"].is_null().all():
        return [Sentence("late", language.say("sections.late_unknown"))]
    late = status.filter((pl.col("late_months") > 0) | ~pl.col("is_on_time").fill_null(True)).sort("wlz_uitvoerder")
    said = [
        Sentence(
            "late",
            language.say(
                f"sections.late_{_lateness(row['late_months'])}",
                name=row["wlz_uitvoerder"],
                months=row["late_months"],
                received=language.day(row["received_on"]),
                due=language.day(row["due_on"]) if row["due_on"] else "–",
            ),
        )
        for row in late.to_dicts()
    ]
    if said:
        return said
    return [Sentence("late", language.say("sections.nobody_late" if wlz_uitvoerder is None else "sections.on_time"))]


def _lateness(months: int | None) -> str:
    return "delivery" if not months else "month" if months == 1 else "months"


def say_grants(facts: Facts, language: Language) -> list[Sentence]:
    """Grants are not spending: why the pgb expectation is a stand of decisions."""
    pgb = facts.one("pgb_uitvoerder", wlz_uitvoerder=NATION)
    if pgb is None:
        return []
    stands = facts.of("utilisation_monthly").filter(part="pgb", state="declared")["month"].sort()
    month = language.month(stands[-1]) if stands.len() else language.say("sections.unknown_month")
    text = language.say(
        "sections.grants",
        granted=language.euro(pgb["granted_to_date_eur"]),
        month=month,
        expected=language.euro(pgb["expected_eur"]),
    )
    return [Sentence("grants", text)]


def say_aids(facts: Facts, language: Language) -> list[Sentence]:
    """Aids adapted to one person, outside the kader: the expected year against what is reserved."""
    aids = facts.of("aids_monthly")
    if aids.is_empty():
        return [Sentence("aids", language.say("sections.aids_none"))]
    december = aids.filter(pl.col("month") == pl.col("month").max())
    expected, reserve = december["cumulative_eur"].sum(), december["reserve_eur"][0]
    kind = "unknown" if reserve is None else "over" if expected > reserve else "within"
    text = language.say(
        f"sections.aids_{kind}",
        year=facts.budget_year,
        expected=language.euro(expected),
        reserve=language.euro(reserve),
    )
    return [Sentence("aids", text)]


def say_uncertainty(facts: Facts, language: Language) -> list[Sentence]:
    """What makes the figures unsure at this moment of the year."""
    months = facts.of("utilisation_monthly").filter(part="zin")
    declared = months.drop_nulls("declared_month_eur").height
    forecast = months.filter(state="forecast").height
    key = "uncertainty" if declared else "uncertainty_no_claims"
    values = {"forecast": forecast, "declared": declared, "year": facts.budget_year}
    said = [Sentence("uncertainty", language.say(f"sections.{key}", **values))]
    sources = facts.of("price_derivation").filter(pl.col("price_source").is_not_null())
    if sources.height:
        share = {key: sources.filter(pl.col("price_source").is_in(codes)).height for key, codes in PRICED.items()}
        shares = {key: language.percent(count / sources.height, 0) for key, count in share.items()}
        said.append(Sentence("prices", language.say("sections.prices_measured", **shares)))
    said += _realised(facts, language)
    return said


def _realised(facts: Facts, language: Language) -> list[Sentence]:
    """How far earlier advices of a settled year were off, the largest miss of the nation."""
    known = facts.marts["forecast_vintages"].filter(
        pl.col("realised_eur").is_not_null(), wlz_uitvoerder=NATION, part="zin", scenario=facts.headline
    )
    if known.is_empty():
        return [Sentence("realised", language.say("sections.realised_none"))]
    worst = known.sort(pl.col("error_ratio").abs(), descending=True).row(0, named=True)
    text = language.say(
        "sections.realised",
        count=known.height,
        years=", ".join(str(year) for year in known["budget_year"].unique().sort()),
        month=language.month(worst["delivery_month"]),
        percent=language.percent(abs(worst["error_ratio"]), 1),
    )
    return [Sentence("realised", text)]


def say_consultation(facts: Facts, language: Language) -> list[Sentence]:
    """What the Wlz-uitvoerders said of the forecast, as the round file records it."""
    held: dict[str, Any] = facts.page.get("consultation", {})
    if not held.get("held_on"):
        return [Sentence("consultation", language.say("sections.consultation_none"))]
    text = language.say("sections.consultation", day=language.day(held["held_on"]), said=held.get(language.code, ""))
    return [Sentence("consultation", text.strip())]


def say_next(facts: Facts, language: Language) -> list[Sentence]:
    """When the next advice comes; every month brings a computation of its own."""
    when = facts.page.get("next_advice")
    key = "sections.next_advice" if when else "sections.next_month"
    return [Sentence("next", language.say(key, day=language.day(when) if when else ""))]


def hidden_uitvoerders(facts: Facts) -> dict[str, set[str]]:
    """Part of the kader → uitvoerders whose amounts may not be shown."""
    return {part: hidden_names(facts, "uitvoerder", part) for part in ("zin", "pgb")}


def is_signed(facts: Facts) -> bool:
    """Whether somebody froze an advice of this month."""
    states = facts.marts["forecast_vintages"].filter(delivery_month=facts.delivery_month)["advice_state"]
    return "final" in states.to_list()


def say_signature(facts: Facts, language: Language) -> list[Sentence]:
    """Who froze the advice, and whether what is shown is still what was signed."""
    rows = facts.marts["forecast_vintages"].filter(delivery_month=facts.delivery_month, scenario=facts.headline)
    finals = rows.filter(advice_state="final").sort("frozen_at")
    if finals.is_empty():
        return [Sentence("signature", language.say("sections.not_signed"))]
    last = finals.row(-1, named=True)
    values = {"advice": last["advice_id"], "author": last["author"], "day": language.day(last["frozen_at"].date())}
    errata = [
        Sentence("erratum", text)
        for text in list_corrections(rows, last["advice_id"], language, hidden_uitvoerders(facts))
    ]
    signed = language.say("sections.signed", **values)
    if errata:
        signed = f"{signed} {language.say('sections.signed_changed')}"
    return [Sentence("signature", signed), *errata]


def list_corrections(rows: pl.DataFrame, signed: str, language: Language, hidden: Mapping[str, set[str]]) -> list[str]:
    """What the current figures say otherwise than the signed advice: the erratum, line by line, the nation first.

    In: rows of forecast_vintages of one delivery month and scenario; ``hidden`` per part the uitvoerders that may not
    be shown.
    """
    key = ["wlz_uitvoerder", "part"]
    was, now = rows.filter(advice_id=signed), rows.filter(advice_state="current")
    both = was.join(now, on=key, suffix="_now").sort(
        pl.col("wlz_uitvoerder") != NATION, "wlz_uitvoerder", pl.col("part") != "zin"
    )
    lines = []
    for row in both.to_dicts():
        if row["wlz_uitvoerder"] in hidden.get(row["part"], set()):
            continue
        for column in ("expected_eur", "budget_eur", "available_eur"):
            before, after = row[column], row[f"{column}_now"]
            if before != after:
                lines.append(
                    language.say(
                        "sections.erratum",
                        advice=signed,
                        place=row["wlz_uitvoerder"],
                        part=language.say(f"common.{row['part']}"),
                        what=language.say(f"sections.column_{column}"),
                        before=f"€ {language.number(before, 2)}",
                        after=f"€ {language.number(after, 2)}",
                    )
                )
    return lines


def say_simulated(facts: Facts, language: Language) -> list[Sentence]:
    """That the deliveries are invented: said on every page that shows their figures."""
    return [Sentence("simulated", language.say("sections.simulated"))] if facts.is_simulated else []


def say_standing(facts: Facts, language: Language) -> list[Sentence]:
    """That the advice was withdrawn, and that it rests on claims of another month: said on every page."""
    said = say_withdrawn(facts, language)
    if facts.claims_basis != "own" and facts.claims_month is not None:
        months = {"month": language.month(facts.delivery_month), "claims": language.month(facts.claims_month)}
        said.append(Sentence("rests", language.say(f"sections.rests_{facts.claims_basis}", **months)))
    return said


def say_withdrawn(facts: Facts, language: Language) -> list[Sentence]:
    """By whom the advice was withdrawn, when and why; nothing for one that stands."""
    row = facts.withdrawal
    if not row:
        return []
    who = {"author": row["withdrawn_by"], "reason": row["withdrawal_reason"]}
    return [Sentence("withdrawn", language.say("sections.withdrawn", day=language.day(row["withdrawn_at"]), **who))]


def say_outlook(facts: Facts, language: Language) -> list[Sentence]:
    """The year after the budget year, at this year's prices; its room where its kader is known, and what is missing."""
    row = facts.one("utilisation_outlook", wlz_uitvoerder=NATION)
    if row is None or row["growth_ratio"] is None:
        return []
    printed = round_percentage(row["growth_ratio"], 1) or 0
    kind = "same" if printed == 0 else "more" if printed > 0 else "less"
    text = language.say(
        f"sections.outlook_{kind}",
        year=facts.budget_year + 1,
        expected=language.euro(row["expected_excl_extra_eur"]),
        growth=language.percent(abs(row["growth_ratio"]), 1),
    )
    said = [Sentence("outlook", text)]
    values = {"year": facts.budget_year + 1, "extra": language.euro(row.get("extra_items_eur"))}
    if row.get("extra_items_eur") is not None:
        said.append(Sentence("outlook_extra", language.say("sections.outlook_extra", **values)))
    if row.get("available_eur") is not None:
        room = say_room(row["available_eur"], language)
        said.append(Sentence("outlook_room", language.say("sections.outlook_room", room=room, **values)))
    if row.get("missing_parts"):
        parts = ", ".join(part.replace("_", "-") for part in row["missing_parts"].split(", "))
        said.append(Sentence("outlook_missing", language.say("sections.outlook_missing", parts=parts, **values)))
    return said


def texts(sentences: Sequence[Sentence]) -> list[str]:
    """The sentences alone."""
    return [sentence.text for sentence in sentences]


def _sign(amount: Any) -> str:
    printed = round_millions(amount, 1) or 0
    return "same" if printed == 0 else "more" if printed > 0 else "less"
