"""What pages and the line say of extra items: carried forward, left out, declared beside the three of the letter."""

from decimal import Decimal

import polars as pl
import pytest

from pipelines.cli.text import tables
from reports.facts import Facts
from reports.language import load_language
from reports.letter_tables import TABLES, fit_columns
from reports.tables.letter import build_letter_table
from reports.text.items import say_extra_items
from reports.text.left_out import say_left_out
from reports.text.sections import say_outlook
from tests.report.handmade_facts import frame, make_facts, money

NATION = "Landelijk"


def methods(*rows: tuple[str, str, int | None, float | None, float | None]) -> pl.DataFrame:
    """item, item_method, ratio_year, and millions: item, claims"""
    return frame(
        [
            {
                "wlz_uitvoerder": NATION,
                "item": item,
                "item_method": method,
                "ratio_year": year,
                "item_eur": money(amount),
                "claims_forecast_eur": money(claims),
            }
            for item, method, year, amount, claims in rows
        ]
    )


def told(facts: Facts, code: str) -> list[str]:
    return [sentence.text for sentence in say_left_out(facts, load_language(code))]


CARRIED = methods(
    ("crisisbedden", "carried_forward", 2016, 28.0, 100.0),
    ("meerzorg", "carried_forward", 2016, 250.0, 200.0),
    ("na_ijl", "older_delivered", 2015, 8.0, None),
)
LEFT = methods(
    ("crisisbedden", "left_out", None, None, 100.0),
    ("meerzorg", "from_claims", None, 200.0, 200.0),
    ("na_ijl", "left_out", None, None, None),
)


def test_carried_items_are_told_with_year_and_euro_the_largest_first() -> None:
    assert told(make_facts(extra_item_methods=CARRIED), "nl") == [
        "Meerzorg: over 2017 is nog niets afgerekend of afgesproken; € 250 miljoen is doorgetrokken met afgerekend ÷ "
        "gedeclareerd tot en met 2016.",
        "Crisisbedden: over 2017 is nog niets afgerekend of afgesproken; € 28 miljoen is doorgetrokken met "
        "afgerekend ÷ gedeclareerd tot en met 2016.",
        "Na-ijl: over het eigen peiljaar is geen percentage bekend; € 8,0 miljoen rust op dat van 2015.",
    ]
    assert told(make_facts(extra_item_methods=CARRIED), "en")[0] == (
        "Meerzorg: nothing of 2017 is settled or agreed yet; € 250 million is carried forward by settled ÷ claimed up "
        "to 2016."
    )


def test_left_out_items_are_told_with_the_euro_of_their_claims() -> None:
    assert told(make_facts(extra_item_methods=LEFT), "nl") == [
        "Meerzorg: niets is bekend dan declaraties; € 200 miljoen is daarmee te laag.",
        "Crisisbedden is weggelaten: er is geen jaar bekend om € 100 miljoen aan declaraties mee te vergelijken.",
        "Na-ijl is weggelaten: er is niets van bekend.",
    ]


@pytest.mark.parametrize("items", [CARRIED, LEFT])
@pytest.mark.parametrize(("code", "words"), [("nl", "niets buiten de cijfers"), ("en", "Nothing was left out")])
def test_nobody_says_nothing_was_left_out(items: pl.DataFrame, code: str, words: str) -> None:
    assert any(words in text for text in told(make_facts(), code))
    assert not any(words in text for text in told(make_facts(extra_item_methods=items), code))


FOURTH = frame(
    [
        {
            "wlz_uitvoerder": NATION,
            "crisisbedden_eur": None,
            "na_ijl_eur": money(8.01),
            "meerzorg_eur": money(253.04),
            "other_items_eur": money(12),
            "extra_items_eur": money(273.05),
        }
    ]
)


def test_fourth_item_stands_in_table_4_and_in_words() -> None:
    facts = make_facts(
        extra_items_uitvoerder=FOURTH,
        extra_item_methods=methods(
            ("quality_money", "fixed", None, 12.0, None), ("meerzorg", "grown", None, 253.04, 240)
        ),
    )
    table = build_letter_table(4, facts, load_language("nl"))
    assert [column.key for column in table.columns] == [
        "name",
        "crisisbedden_mln",
        "na_ijleffect_mln",
        "meerzorg_mln",
        "overige_mln",
        "totaal_mln",
    ]
    assert (table.rows[-1]["crisisbedden_mln"], table.rows[-1]["overige_mln"]) == (None, Decimal("12000000"))
    said = [sentence.text for sentence in say_extra_items(facts, load_language("nl"))]
    assert said[1] == "Quality money telt mee voor € 12 miljoen, zoals opgegeven voor dit jaar."
    assert "– voor crisisbedden" in said[0]


@pytest.mark.parametrize("others", [None, 0.0])
def test_table_4_of_a_year_without_others_is_that_of_the_letter(others: float | None) -> None:
    mart = FOURTH.with_columns(pl.lit(money(others), dtype=pl.Decimal(18, 2)).alias("other_items_eur"))
    assert fit_columns(TABLES[3], mart) is TABLES[3]
    assert fit_columns(TABLES[3], mart.drop("other_items_eur")) is TABLES[3]


@pytest.mark.parametrize(
    ("items", "lines"),
    [
        (
            CARRIED,
            [
                "Carried forward: crisisbedden € 28,000,000.00, on settled ÷ claimed up to 2016.",
                "Carried forward: meerzorg € 250,000,000.00, on settled ÷ claimed up to 2016.",
                "Carried forward: na_ijl € 8,000,000.00, on the percentage of 2015.",
            ],
        ),
        (
            LEFT,
            [
                "Left out: crisisbedden; nothing is known of it beside € 100,000,000.00 of claims.",
                "Too low: meerzorg € 200,000,000.00, on claims alone; nothing settled or agreed is known.",
                "Left out: na_ijl; nothing is known of it.",
            ],
        ),
        (methods(("meerzorg", "grown", None, 1.0, 1.0)), []),
    ],
)
def test_lines_at_the_end_of_a_run(monkeypatch, tmp_path, items: pl.DataFrame, lines: list[str]) -> None:
    monkeypatch.setattr(tables, "read_marts", lambda *_: {"extra_item_methods": items})
    assert tables.render_items(tmp_path, items["delivery_month"][0]) == lines


def test_year_after_says_its_room_and_what_is_missing() -> None:
    row = {
        "wlz_uitvoerder": NATION,
        "expected_excl_extra_eur": money(19000),
        "growth_ratio": 0.02,
        "extra_items_eur": money(300),
        "available_eur": money(-100),
        "missing_parts": "pgb, na_ijl",
    }
    said = [one.text for one in say_outlook(make_facts(utilisation_outlook=frame([row])), load_language("nl"))]
    assert said[1:] == [
        "Extra posten die meegroeien met de declaraties komen in 2019 uit op € 300 miljoen.",
        "Tegen het zin-kader van 2019 is dat € 100 miljoen tekort.",
        "Van 2019 is nog niet bekend, en zit in geen van deze bedragen: pgb, na-ijl.",
    ]
