"""What an advice says in each situation: the whole text, read by a person and kept as a snapshot.

``snapshots/situations_nl.md`` and ``_en.md`` hold every sentence. A change of words or of a decision is a visible diff;
write them anew with ``python -m tests.report.test_situations`` and read what changed.
"""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from reports.facts import Facts
from reports.language import CODES, load_language
from reports.text import answer, items, left_out, sections
from tests.report.handmade_facts import (
    CHECK,
    CLAIMS,
    bridge,
    frame,
    make_facts,
    money,
    national,
    provenance,
    realised,
    room_row,
    signed,
    status,
    with_rooms,
)

SNAPSHOTS = Path(__file__).parent / "snapshots"
PGB = room_row(2206, 2236, 25)
SHORT = room_row(18888, 18711)


def _checks(**changed: object) -> pl.DataFrame:
    return pl.DataFrame([CHECK | changed], infer_schema_length=None)


def _outlook(growth: float) -> pl.DataFrame:
    row = {"wlz_uitvoerder": "Landelijk", "expected_excl_extra_eur": 18_596_000_000, "growth_ratio": growth}
    return frame([row])


SITUATIONS: dict[str, Facts] = {
    "shortage, transfer not enough, reserve enough, first advice": make_facts(),
    "surplus in both": make_facts(
        utilisation_national=with_rooms(room_row(18500, 18711), PGB),
        zin_uitvoerder=frame([room_row(3900, 3953, 50, wlz_uitvoerder="CZ")]),
        exceedance=frame([{"wlz_uitvoerder": "Landelijk", "part": "zin", "exceedance_ratio": 0.12}]),
    ),
    "shortage in both, nothing to transfer": make_facts(
        utilisation_national=with_rooms(SHORT, room_row(2250, 2236, 25)),
        zin_uitvoerder=frame([room_row(2517, 2466, 50, wlz_uitvoerder=name) for name in ("Menzis", "VGZ")]),
    ),
    "transfer enough": make_facts(
        utilisation_national=with_rooms(room_row(18730, 18711), PGB, transfer=26),
        exceedance=frame([{"wlz_uitvoerder": "Landelijk", "part": "zin", "exceedance_ratio": 0.52}]),
    ),
    "reserve not enough": make_facts(
        utilisation_national=with_rooms(room_row(19061, 18711), PGB, transfer=26),
        exceedance=frame([{"wlz_uitvoerder": "Landelijk", "part": "zin", "exceedance_ratio": 0.87}]),
    ),
    "no reserve known": make_facts(utilisation_national=with_rooms(SHORT, PGB, transfer=26, reserve=None)),
    "even as printed": make_facts(
        utilisation_national=with_rooms(room_row(18710.7, 18711), room_row(2236, 2236, 25)),
        zin_uitvoerder=frame([room_row(3953.2, 3953, 50, wlz_uitvoerder="CZ")]),
    ),
    "one uitvoerder late": make_facts(delivery_status=pl.DataFrame(status(late_months=2))),
    "delivery after its due date": make_facts(delivery_status=pl.DataFrame(status(received=date(2018, 5, 9)))),
    "not known who was late": make_facts(delivery_status=pl.DataFrame(status()).clear()),
    "January, no claims of the year yet": make_facts(
        utilisation_monthly=make_facts()
        .marts["utilisation_monthly"]
        .with_columns(pl.lit(None, pl.Decimal(18, 2)).alias("declared_month_eur"))
    ),
    "rows released by a person": make_facts(
        check_decisions=pl.DataFrame(
            {
                "decision": ["release"],
                "delivery_id": [CLAIMS],
                "check_id": ["P02"],
                "rows_count": [12],
                "amount_eur": [5_000_000],
                "decided_by": ["A. Vos"],
                "decision_reason": ["Confirmed by the sender."],
                "decided_at": [date(2018, 5, 3)],
            }
        )
    ),
    "a year ahead that costs less": make_facts(utilisation_outlook=_outlook(-0.0012)),
    "a year ahead that costs the same": make_facts(utilisation_outlook=_outlook(-0.0001)),
    "blocking check overruled": make_facts(
        data_quality=_checks(check_status="accepted", accepted_by="A. Vos", accept_reason="Confirmed by the sender.")
    ),
    "a delivery refused": make_facts(data_quality=_checks(delivery_id="declaraties-2018-05-bbbb")),
    "rows set apart": make_facts(
        advice_provenance=frame(provenance(quarantined_count=5876, quarantined_eur=12_345_678))
    ),
    "a kind not delivered": make_facts(
        advice_provenance=frame(
            [*provenance(), dict.fromkeys(provenance()[0]) | {"input_name": "na_ijl", "input_version": "not delivered"}]
        )
    ),
    "a kind delivered after its cut-off": make_facts(
        advice_provenance=frame(
            [
                *provenance(),
                dict.fromkeys(provenance()[0])
                | {"input_name": "herschikking", "input_version": "delivered after the cut-off"}
                | {"received_on": date(2018, 5, 2), "cut_off_date": date(2018, 2, 15)},
            ]
        )
    ),
    "more room than the advice before": make_facts(
        forecast_bridge=bridge(-240, volume=50, price=-12.4, kader=25, pgb=0)
    ),
    "less room than the advice before": make_facts(
        forecast_bridge=bridge(-20, volume=-100.5, lag=-27, extra_items=0.01)
    ),
    "realisation known": make_facts(
        forecast_vintages=realised((date(2017, 5, 1), 18100, 18000), (date(2017, 8, 1), 17950, 18000))
    ),
    "signed": make_facts(forecast_vintages=signed(18888, ("A. Vos", 18888))),
    "signed, figures changed since": make_facts(forecast_vintages=signed(18890.5, ("A. Vos", 18888))),
    "every month known": make_facts(
        utilisation_national=frame(
            [
                row | {"available_lower_80_eur": None, "available_upper_80_eur": None}
                for row in national(SHORT, PGB, transfer=26)
            ]
        )
    ),
    "scenarios disagree": make_facts(
        scenarios=("base", "completed", "letter"),
        utilisation_national=pl.concat(
            [
                frame(national(SHORT, PGB, transfer=26)),
                frame(national(room_row(19061, 18711), PGB, transfer=26), "completed"),
                frame(national(room_row(18600, 18711), PGB), "base"),
            ],
            how="vertical_relaxed",
        ),
    ),
    "only one of four scenarios points another way": make_facts(
        scenarios=("base", "completed", "letter", "low"),
        utilisation_national=pl.concat(
            [
                frame(national(SHORT, PGB, transfer=26)),
                frame(national(room_row(19061, 18711), PGB, transfer=26), "completed"),
                frame(national(room_row(18890, 18711), PGB, transfer=26), "base"),
                frame(national(room_row(18600, 18711), PGB), "low"),
            ],
            how="vertical_relaxed",
        ),
    ),
    "every scenario points the same way": make_facts(
        scenarios=("completed", "letter", "low"),
        utilisation_national=pl.concat(
            [
                frame(national(SHORT, PGB, transfer=26)),
                frame(national(room_row(19061, 18711), PGB, transfer=26), "completed"),
                frame(national(room_row(18750, 18711), PGB, transfer=26), "low"),
            ],
            how="vertical_relaxed",
        ),
    ),
    "what its round says of the reserve": make_facts(
        page={"release": {"nl": "Dat pleit voor een deel nu.", "en": "That speaks for a part now."}}
    ),
    "simulated, consulted, next advice known": make_facts(
        advice_provenance=frame(
            [*provenance(), dict.fromkeys(provenance()[0]) | {"input_name": "simulation", "input_version": "letter"}]
        ),
        page={
            "next_advice": date(2018, 8, 31),
            "consultation": {"held_on": date(2018, 5, 16), "nl": "Zij herkennen het beeld.", "en": "They agree."},
        },
    ),
}
WRITERS = (
    sections.say_since_last,
    left_out.say_left_out,
    sections.say_late,
    items.say_extra_items,
    sections.say_grants,
    sections.say_aids,
    sections.say_uncertainty,
    sections.say_consultation,
    sections.say_outlook,
    sections.say_next,
    sections.say_signature,
    sections.say_simulated,
)


def tell(facts: Facts, code: str) -> list[str]:
    language = load_language(code)
    said = answer.write_answer(facts, language)
    for write in WRITERS:
        said += write(facts, language)
    return [f"**{answer.say_headline(facts, language)}**", *(f"- {item.about}: {item.text}" for item in said)]


def tell_all(code: str) -> str:
    """The first situation whole, of the others what is said otherwise, and what is no longer said."""
    first = tell(next(iter(SITUATIONS.values())), code)
    parts = []
    for name, facts in SITUATIONS.items():
        now = tell(facts, code)
        lines = now if not parts else [line for line in now if line not in first]
        gone = {line.partition(":")[0] for line in first} - {line.partition(":")[0] for line in now}
        silent = sorted(about.removeprefix("- ") for about in gone if about.startswith("- "))
        parts.append("\n".join([f"## {name}", "", *lines, *([f"- (not said: {', '.join(silent)})"] if silent else [])]))
    return "# What an advice says\n\n" + "\n\n".join(parts) + "\n"


@pytest.mark.parametrize("code", CODES)
def test_every_situation_says_what_a_person_approved(code):
    assert tell_all(code) == (SNAPSHOTS / f"situations_{code}.md").read_text(encoding="utf-8")


def said(name: str, about: str, code: str = "nl") -> str:
    """The one sentence of a situation about a subject."""
    found = [line for line in tell(SITUATIONS[name], code) if line.startswith(f"- {about}: ")]
    assert len(found) == 1, f"{name}: {about} said {len(found)} times"
    return found[0].removeprefix(f"- {about}: ")


def test_the_letter_reads_as_the_letter():
    """Source: the letter, p. 1: € 178 mln short (0,9%), pgb € 30 mln over (1,3%), 26 after brutering, 152 (0,8%)."""
    name = "shortage, transfer not enough, reserve enough, first advice"
    assert "€ 177 miljoen tekort" in said(name, "verdict_zin")  # 18.711 − 18.888 of whole millions
    assert "0,9%" in said(name, "verdict_zin")
    assert "€ 30 miljoen over, 1,3%" in said(name, "verdict_pgb")
    assert "€ 26 miljoen waard" in said(name, "transfer")
    assert "€ 151 miljoen, 0,8%" in said(name, "transfer")


def test_a_chance_is_never_nothing_or_certain():
    sure = make_facts(exceedance=frame([{"wlz_uitvoerder": "Landelijk", "part": "zin", "exceedance_ratio": 1.0}]))
    assert "99%" in answer.say_certainty(sure, load_language("nl"))[0].text


def test_the_room_at_the_bounds_is_read_and_not_computed():
    """What the mart says is told, whatever kader and bounds stand beside it."""
    told = {"available_lower_80_eur": money(-321), "available_upper_80_eur": money(45)}
    facts = make_facts(utilisation_national=frame([row | told for row in national(SHORT, PGB)]))
    span = answer.say_certainty(facts, load_language("en"))[1].text
    assert "a shortage of € 321 million and room of € 45 million" in span


def test_no_sentence_prints_minus_zero_or_an_unfilled_value():
    for code in CODES:
        told = tell_all(code)
        assert "-0 " not in told
        assert "-0," not in told.replace("-0,9", "")
        assert "{" not in told
        assert "None" not in told.replace("None of the", "")


def test_both_languages_have_the_same_phrases_with_the_same_values():
    import string

    nl, en = (load_language(code).phrases for code in CODES)
    assert nl.keys() == en.keys()
    names = {
        code: {
            key: {field for _, field, _, _ in string.Formatter().parse(text) if field} for key, text in found.items()
        }
        for code, found in (("nl", nl), ("en", en))
    }
    assert names["nl"] == names["en"]


def test_an_uitvoerder_that_is_late_is_named_and_no_provider_is():
    late = said("one uitvoerder late", "late")
    assert "VGZ" in late
    assert "2 maand" in late
    assert CLAIMS not in late


if __name__ == "__main__":
    SNAPSHOTS.mkdir(exist_ok=True)
    for language_code in CODES:
        (SNAPSHOTS / f"situations_{language_code}.md").write_text(tell_all(language_code), encoding="utf-8")
