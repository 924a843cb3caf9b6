"""What is not in the figures of an advice, or in them although a check refused it; the euro of each."""

import polars as pl

from reports.facts import Facts
from reports.language import Language
from reports.text.answer import Sentence
from reports.text.checks import say_check
from reports.text.items import say_item_sources
from warehouse.provenance import AFTER_CUT_OFF, NOT_DELIVERED

# Kinds of delivery without which a part of the expectation is missing.
NEEDED = ("beleidsregelwaarden", "herschikking", "hulpmiddelen", "na_ijl", "nacalculatie", "pgb_verleningen")


def say_left_out(facts: Facts, language: Language) -> list[Sentence]:
    """What is not in the figures, or in them although a check refused it; the euro of each."""
    inputs = facts.of("advice_provenance")
    said = []
    for row in inputs.filter(pl.col("quarantined_count") > 0).sort("quarantined_eur", descending=True).to_dicts():
        text = language.say(
            "sections.quarantined",
            count=language.number(row["quarantined_count"]),
            kind=_kind(row["input_name"]),
            amount=language.euro(row["quarantined_eur"]),
        )
        said.append(Sentence("quarantined", text))
    said += [*_refused(facts, language), *_overruled(facts, inputs, language), *_released(facts, language)]
    said += _too_late(inputs, language)
    missing = inputs.filter(input_version=NOT_DELIVERED)["input_name"].to_list()
    if left := [kind for kind in NEEDED if kind in missing]:
        said.append(
            Sentence("not_delivered", language.say("sections.not_delivered", kinds=", ".join(map(_kind, left))))
        )
    said += say_item_sources(facts, language)
    return said or [Sentence("left_out", language.say("sections.nothing_left_out"))]


def _too_late(inputs: pl.DataFrame, language: Language) -> list[Sentence]:
    """Kinds of which everything came after the cut-off, each with both days."""
    late = inputs.filter(pl.col("input_name").is_in(NEEDED), input_version=AFTER_CUT_OFF).sort("input_name")
    return [
        Sentence(
            "too_late",
            language.say(
                "sections.too_late",
                kind=_kind(row["input_name"]),
                received=language.day(row["received_on"]),
                cut_off=language.day(row["cut_off_date"]),
            ),
        )
        for row in late.to_dicts()
    ]


def _refused(facts: Facts, language: Language) -> list[Sentence]:
    """Deliveries of this month that a check refused, and that nobody accepted."""
    checks = facts.marts["data_quality"]
    used = facts.of("advice_provenance")["input_version"].to_list()
    refused = checks.filter(
        pl.col("severity") == "block", pl.col("check_status") == "open", ~pl.col("delivery_id").is_in(used)
    ).unique("delivery_id", keep="first", maintain_order=True)
    rests_on = facts.one("advice_provenance", input_name="declaraties")
    return [
        Sentence(
            "refused",
            language.say(
                "sections.refused",
                delivery=row["delivery_id"],
                check=row["check_id"],
                title=say_check(row["check_id"], row["title"], language),
                rests_on=rests_on["input_version"] if rests_on else "–",
            ),
        )
        for row in refused.drop_nulls("delivery_id").to_dicts()
    ]


def _overruled(facts: Facts, inputs: pl.DataFrame, language: Language) -> list[Sentence]:
    used = inputs["input_version"].to_list()
    accepted = facts.marts["data_quality"].filter(pl.col("check_status") == "accepted")
    return [
        Sentence(
            "overruled",
            language.say(
                "sections.overruled",
                check=row["check_id"],
                title=say_check(row["check_id"], row["title"], language),
                delivery=row["delivery_id"],
                author=row["accepted_by"],
                reason=row["accept_reason"],
            ),
        )
        for row in accepted.to_dicts()
        if row["delivery_id"] in used
    ]


def _released(facts: Facts, language: Language) -> list[Sentence]:
    """Rows that a person took out of quarantine: they count again."""
    released = facts.marts["check_decisions"].filter(decision="release").sort("delivery_id", "check_id", "decided_at")
    return [
        Sentence(
            "released",
            language.say(
                "sections.released",
                count=language.number(row["rows_count"]),
                delivery=row["delivery_id"],
                amount=language.euro(row["amount_eur"]),
                author=row["decided_by"],
                reason=row["decision_reason"],
            ),
        )
        for row in released.to_dicts()
    ]


def _kind(name: str) -> str:
    """A kind of delivery as a word: na-ijl, pgb-verleningen."""
    return name.replace("_", "-")
