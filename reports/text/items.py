"""What an advice says of the extra items: how much, what was carried forward from which year, what was left out."""

from typing import Any

import polars as pl

from reports.facts import Facts
from reports.language import Language
from reports.text.answer import Sentence
from wlz.words.vocabulary import NATION

OF_LETTER = ("crisisbedden", "meerzorg", "na_ijl")
# How an item came about → what is said of it and the subject of the sentence; of the others nothing needs saying.
_SOURCES = {
    "carried_forward": ("item_carried", "carried_forward"),
    "older_delivered": ("item_older", "carried_forward"),
    "from_claims": ("item_from_claims", "item_left_out"),
    "left_out": ("item_left_out", "item_left_out"),
}


def say_extra_items(facts: Facts, language: Language) -> list[Sentence]:
    """Crisis beds, meerzorg, na-ijl and what was declared beside them: part of the zin expectation, not from claims."""
    row, zin = (
        facts.one("extra_items_uitvoerder", wlz_uitvoerder=NATION),
        facts.one("utilisation_national", part="zin"),
    )
    if row is None or zin is None:
        return []
    text = language.say(
        "sections.extra_items",
        total=language.euro(row["extra_items_eur"]),
        expected=language.euro(zin["expected_eur"]),
        **{name: language.euro(row[f"{name}_eur"]) for name in OF_LETTER},
    )
    return [Sentence("extra_items", text), *_say_others(facts, language), *say_item_sources(facts, language)]


def _say_others(facts: Facts, language: Language) -> list[Sentence]:
    others = _of_nation(facts).filter(~pl.col("item").is_in(OF_LETTER)).sort("item")
    return [
        Sentence(
            "other_item",
            language.say(
                "sections.other_item", item=name_item(row["item"], language), amount=language.euro(row["item_eur"])
            ),
        )
        for row in others.to_dicts()
    ]


def say_item_sources(facts: Facts, language: Language) -> list[Sentence]:
    """A sentence per item that rests on an earlier year, on claims alone, or on nothing; the largest first."""
    told = _of_nation(facts).filter(pl.col("item_method").is_in(list(_SOURCES)))
    size = pl.coalesce("item_eur", "claims_forecast_eur").abs()
    return [
        _say_source(row, facts, language)
        for row in told.sort(size, "item", descending=[True, False], nulls_last=True).to_dicts()
    ]


def _say_source(row: dict[str, Any], facts: Facts, language: Language) -> Sentence:
    words, about = _SOURCES[row["item_method"]]
    if row["item_method"] == "left_out" and not row["claims_forecast_eur"]:
        words = "item_unknown"
    text = language.say(
        f"sections.{words}",
        item=name_item(row["item"], language),
        amount=language.euro(row["item_eur"]),
        claims=language.euro(row["claims_forecast_eur"]),
        year=row["ratio_year"],
        before=facts.budget_year - 1,
    )
    return Sentence(about, text)


def name_item(item: str, language: Language) -> str:
    """An item at the beginning of a sentence; one that was declared by the name it was given."""
    word = language.say(f"charts.{item}") if item in OF_LETTER else item.replace("_", " ")
    return word[:1].upper() + word[1:]


def _of_nation(facts: Facts) -> pl.DataFrame:
    return facts.of("extra_item_methods").filter(wlz_uitvoerder=NATION)
