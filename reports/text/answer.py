"""The answer of an advice, first thing on its page: enough or not, for whom, how sure, and what could be done about it.

Facts in, sentences out. Which sentence is said is decided on amounts as printed (millions without decimals), so that a
sentence never disagrees with the table beside it. No number is computed here but what print needs: sums of printed
rows are not made, bounds of the room are the kader minus bounds of the expectation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from reports.facts import Facts
from reports.hidden import hidden_names
from reports.language import Language
from reports.rounding import round_millions
from wlz.words.vocabulary import NATION

NAMED = 3  # uitvoerders named in a sentence; the others are counted
_MAIN = ("letter", "completed", "base")  # named before other ways of computing
SMALL = 0.0005  # a ratio that prints as 0,0 %
ALMOST_SURE, VERY_LIKELY, LIKELY, UNLIKELY = 0.95, 0.80, 0.60, 0.40


@dataclass(frozen=True)
class Sentence:
    """One sentence with its subject: what a page groups and what a test names."""

    about: str
    text: str


def write_answer(facts: Facts, language: Language) -> list[Sentence]:
    """The answer, most important first: verdict, how sure, for whom, transfer, reserve, other scenarios."""
    writers = (say_verdict, say_certainty, say_for_whom, say_transfer, say_reserve, say_scenarios)
    return [sentence for write in writers for sentence in write(facts, language)]


def say_headline(facts: Facts, language: Language) -> str:
    """The title of the page: one line that answers; and by which scenario, where the advice before had another."""
    title = _say_title(facts, language)
    if facts.headline_before in ("", facts.headline) or facts.month_before is None:
        return title
    return language.say(
        "answer.title_other_scenario",
        title=title,
        scenario=name_scenario(facts.headline, language),
        before=name_scenario(facts.headline_before, language),
        month=language.month(facts.month_before),
    )


def _say_title(facts: Facts, language: Language) -> str:
    zin, pgb = _national(facts, "zin"), _national(facts, "pgb")
    if zin is None:
        return language.say("answer.title_unknown", year=facts.budget_year)
    if _direction(zin["available_eur"]) == "shortage" and _direction(zin["available_after_transfer_eur"]) != "shortage":
        return language.say("answer.title_covered", year=facts.budget_year)
    kind = f"{_direction(zin['available_eur'])}_{_direction(pgb['available_eur']) if pgb else 'unknown'}"
    return language.say(f"answer.title_{kind}", year=facts.budget_year)


def say_verdict(facts: Facts, language: Language) -> list[Sentence]:
    """Room or shortage of zin and pgb, with their share of the kader."""
    said = []
    for part in ("zin", "pgb"):
        row = _national(facts, part)
        if row is None:
            continue
        amount, ratio = row["available_eur"], row["available_ratio"]
        text = language.say(
            f"answer.verdict_{part}_{_direction(amount)}",
            year=facts.budget_year,
            amount=language.euro(abs(amount)),
            percent=language.percent(abs(ratio), 1),
            expected=language.euro(row["expected_eur"]),
            kader=language.euro(row["budget_eur"]),
        )
        said.append(Sentence(f"verdict_{part}", text))
    return said


def say_certainty(facts: Facts, language: Language) -> list[Sentence]:
    """Chance that the zin kader is exceeded and the room between its 80 % bounds; nothing when the year is known."""
    zin = _national(facts, "zin")
    chance = facts.one("exceedance", wlz_uitvoerder=NATION, part="zin")
    if zin is None or chance is None or zin["available_lower_80_eur"] is None or chance["exceedance_ratio"] is None:
        return [Sentence("certainty", language.say("answer.certainty_none"))] if zin else []
    chance_said = Sentence(
        "chance",
        language.say(
            f"answer.chance_{_likelihood(chance['exceedance_ratio'])}",
            chance=language.percent(_inside(chance["exceedance_ratio"]), 0),
        ),
    )
    worst, best = (say_room(zin[name], language) for name in ("available_lower_80_eur", "available_upper_80_eur"))
    span = language.say("answer.span", worst=worst, best=best)
    return [chance_said, Sentence("span", span)]


def say_for_whom(facts: Facts, language: Language) -> list[Sentence]:
    """For which uitvoerders the zin kader is not enough, the largest shortage first, and who has room.

    Those whose amounts may not be shown are neither named nor counted, and the sentence says that they are not.
    """
    rows = facts.of("zin_uitvoerder").filter(pl.col("wlz_uitvoerder") != NATION, pl.col("available_eur").is_not_null())
    hidden = hidden_names(facts, "uitvoerder")
    ordered = (
        rows.filter(~pl.col("wlz_uitvoerder").is_in(sorted(hidden))).sort("available_eur", "wlz_uitvoerder").to_dicts()
    )
    if not ordered:
        return []
    short = [row for row in ordered if _direction(row["available_eur"]) == "shortage"]
    room = [row for row in reversed(ordered) if _direction(row["available_eur"]) == "surplus"]
    kind = "none" if not short else "all" if len(short) == len(ordered) and len(short) > 1 else "some"
    if hidden:
        kind = "hidden_none" if not short else "hidden_some"
    values = {"count": len(short), "all": len(ordered), "names": _names(short, language), "hidden": len(hidden)}
    said = [Sentence("for_whom", language.say(f"answer.for_whom_{kind}", **values))]
    if room and short:
        said.append(Sentence("room_at", language.say("answer.room_at", names=_names(room, language))))
    return said


def say_transfer(facts: Facts, language: Language) -> list[Sentence]:
    """What moving the pgb room to zin would bring, after brutering."""
    zin, pgb = _national(facts, "zin"), _national(facts, "pgb")
    if zin is None or pgb is None or _direction(zin["available_eur"]) != "shortage":
        return []
    value, left = zin["transfer_possible_eur"], zin["available_after_transfer_eur"]
    if not value or _direction(value) == "even":
        return [Sentence("transfer", language.say("answer.transfer_nothing"))]
    values = {
        "room": language.euro(pgb["available_eur"]),
        "value": language.euro(value),
        "left": language.euro(abs(left)),
        "percent": language.percent(abs(zin["available_after_transfer_ratio"]), 1),
    }
    kind = "short" if _direction(left) == "shortage" else "enough"
    return [Sentence("transfer", language.say(f"answer.transfer_{kind}", **values))]


def say_reserve(facts: Facts, language: Language) -> list[Sentence]:
    """Whether the herverdelingsmiddelen cover what is left; what to do about it only where the round's file says so."""
    zin = _national(facts, "zin")
    if zin is None or _direction(zin["available_after_transfer_eur"]) != "shortage":
        return []
    reserve, left = zin["redistribution_reserve_eur"], zin["reserve_left_eur"]
    if not reserve:
        return [Sentence("reserve", language.say("answer.reserve_none"))]
    enough = left is not None and _direction(left) != "shortage"
    values = {
        "reserve": language.euro(reserve),
        "needed": language.percent(zin["reserve_needed_ratio"], 0),
        "left": language.euro(abs(left)),
        "short": language.euro(abs(zin["available_after_transfer_eur"])),
    }
    said = [Sentence("reserve", language.say(f"answer.reserve_{'enough' if enough else 'short'}", **values))]
    judged = facts.page.get("release", {}).get(language.code)
    return [*said, *([Sentence("release", judged)] if judged else [])]


def say_scenarios(facts: Facts, language: Language) -> list[Sentence]:
    """The other ways of computing: which point the way of the headline and which do not, each with its room."""
    own = _national(facts, "zin")
    others = [name for name in (*_MAIN, *facts.scenarios) if name in facts.scenarios and name != facts.headline]
    rooms = [(name, facts.one("utilisation_national", name, part="zin")) for name in dict.fromkeys(others)]
    known = [(name, row) for name, row in rooms if row]
    if own is None:
        return []
    way = _direction(own["available_eur"])
    differ = [(name, row) for name, row in known if _direction(row["available_eur"]) != way]
    agree = [one for one in known if one not in differ]
    kind = "own" if not known else "agree" if not differ else "differ" if agree else "alone"
    text = language.say(
        f"answer.scenarios_{kind}",
        headline=name_scenario(facts.headline, language),
        count=len(agree),
        agree=_say_rooms(agree, language),
        others=_say_rooms(differ, language),
    )
    return [Sentence("scenarios", text), *_reserve_elsewhere(own, known, language)]


def _say_rooms(known: Sequence[tuple[str, dict[str, Any]]], language: Language) -> str:
    """'de methode van de brief komt op € 178 miljoen tekort en de rekenwijze laag op € 5 miljoen ruimte'."""
    said = [
        language.say(
            "answer.scenario_room",
            scenario=name_scenario(name, language),
            room=say_room(row["available_eur"], language),
        )
        for name, row in known
    ]
    return ", ".join(said[:-1]) + language.say("answer.and") + said[-1] if len(said) > 1 else "".join(said)


def _reserve_elsewhere(
    own: dict[str, Any], others: Sequence[tuple[str, dict[str, Any]]], language: Language
) -> list[Sentence]:
    """Another way of computing in which the herverdelingsmiddelen are not enough, while they are in the headline."""
    if not own["redistribution_reserve_eur"] or _direction(own["reserve_left_eur"]) == "shortage":
        return []
    return [
        Sentence(
            "reserve_elsewhere",
            language.say(
                "answer.reserve_elsewhere",
                scenario=name_scenario(name, language),
                left=language.euro(abs(row["reserve_left_eur"])),
            ),
        )
        for name, row in others
        if row["reserve_left_eur"] is not None and _direction(row["reserve_left_eur"]) == "shortage"
    ]


def name_scenario(name: str, language: Language) -> str:
    """A scenario in words, to stand after an article; one of the user's own keeps its name."""
    key = f"common.scenario_{name}"
    return language.say(key) if language.has(key) else language.say("common.scenario_other", name=name)


def _national(facts: Facts, part: str) -> dict[str, Any] | None:
    return facts.one("utilisation_national", part=part)


def _direction(amount: Decimal | None) -> str:
    """shortage, even or surplus, as the amount prints in millions."""
    printed = round_millions(amount, 0) or Decimal(0)
    return "even" if printed == 0 else "surplus" if printed > 0 else "shortage"


def say_room(amount: Decimal, language: Language) -> str:
    """'€ 178 miljoen tekort', '€ 30 miljoen ruimte'."""
    return language.say(f"answer.room_{_direction(amount)}", amount=language.euro(abs(amount)))


def _likelihood(chance: float) -> str:
    bounds = ((ALMOST_SURE, "almost_sure"), (VERY_LIKELY, "very_likely"), (LIKELY, "likely"), (UNLIKELY, "toss_up"))
    return next((name for bound, name in bounds if chance >= bound), "unlikely")


def _inside(chance: float) -> float:
    """A chance from a thousand paths is never printed as 0 or 100 %."""
    return min(max(chance, 0.01), 0.99)


def _names(rows: Sequence[dict[str, Any]], language: Language) -> str:
    """'VGZ (€ 94 miljoen), Menzis (€ 52 miljoen) en nog 4'."""
    shown = [
        language.say(
            "answer.named",
            name=row["wlz_uitvoerder"],
            amount=language.euro(abs(row["available_eur"])),
            percent=_small_percent(abs(row["available_ratio"]), language),
        )
        for row in rows[:NAMED]
    ]
    rest = len(rows) - len(shown)
    if rest:
        return language.say("answer.names_and_more", names=", ".join(shown), count=rest)
    return (
        shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + language.say("answer.and") + shown[-1] if shown else ""
    )


def _small_percent(ratio: float, language: Language) -> str:
    """One decimal, two where one would print nothing: € 1 mln of 4 billion is not 0,0%."""
    return language.percent(ratio, 1 if ratio >= SMALL or not ratio else 2)
