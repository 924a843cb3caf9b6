"""What a budget year needs: every number, list and delivery, what for, and what happens without it.

``NEEDS`` is the one list of it; `wlz year check` prints it. How a thing is asked for is in `year_answers.py`; files are
read in `warehouse/years.py`; the skeleton of a new year is `new_year.py`.
"""

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from wlz.known import year_answers as ask
from wlz.known.assumptions import OF_A_YEAR, TAKEN_OVER
from wlz.known.year_facts import MISSING, NOT_ASKED, THERE, Answer, YearFacts

STOPS, MOVES, LEAVES_OUT = "a run stops", "figures move", "a part is left out"


class Need(NamedTuple):
    """One thing a budget year needs: what for, what happens without it, and how it is asked for."""

    name: str
    needed_for: str
    without_it: str
    next_step: str
    ask: Callable[[YearFacts], Answer | None]
    is_delivered: bool = False


class Line(NamedTuple):
    """A need and its answer, as it is told."""

    need: str
    state: str
    found: str
    needed_for: str
    without_it: str
    at_stake_eur: float | None
    next_step: str

    @property
    def is_open(self) -> bool:
        """Whether it is not stated and would stop a run or move a figure; what no euro rests on moves none."""
        if self.state == MISSING and self.without_it == STOPS:
            return True
        return self.state in (MISSING, TAKEN_OVER) and self.without_it != LEAVES_OUT and self.at_stake_eur != 0


def check_year(facts: YearFacts) -> list[Line]:
    """A line per thing the year needs, in the order of ``NEEDS``; what does not concern the year has none."""
    answered = [(need, _ask(need, facts)) for need in NEEDS]
    return [_line(need, answer, facts) for need, answer in answered if answer is not None]


def _line(need: Need, answer: Answer, facts: YearFacts) -> Line:
    goes_on = answer.is_usable or answer.state == TAKEN_OVER
    without = MOVES if need.without_it == STOPS and goes_on else need.without_it
    words = {"year": facts.year, "before": facts.year - 1, "file": facts.file, "old": facts.from_year}
    is_told = answer.state in (THERE, NOT_ASKED) or (need.is_delivered and _kind(need) in facts.unreadable)
    step = "" if is_told else need.next_step.format(**words)
    name = need.name.format(**words)
    return Line(name, answer.state, answer.found, need.needed_for, without, answer.at_stake_eur, step)


def _kind(need: Need) -> str:
    return need.name.split()[0]


def _ask(need: Need, facts: YearFacts) -> Answer | None:
    if need.is_delivered and facts.delivered is None:
        return Answer(NOT_ASKED, "no deliveries were named")
    if need.is_delivered and _kind(need) in facts.unreadable:
        return Answer(MISSING, facts.unreadable[_kind(need)])
    return need.ask(facts)


def _deliver(kind: str, rows: str) -> str:
    return f"put {kind} with rows of {rows} into the landing zone"


NEEDS = (
    Need("assumptions", "every figure: the numbers of the year", STOPS,
         "wlz year new {year} --from {old}", ask.ask_file),
    *(
        Need(name, one.needed_for, STOPS, f"state {name} with its source in {{file}}", ask.ask_number(name))
        for name, one in OF_A_YEAR.items()
    ),
    Need("names", "nothing: they count for nothing", LEAVES_OUT, "mend or remove them in {file}", ask.ask_unread),
    Need("scenarios", "the ways of computing", STOPS, "add a table [scenario.NAME] to {file}", ask.ask_scenarios),
    Need("rounds", "which delivery of each kind counts", MOVES, "", ask.ask_rounds),
    Need("shares of NHC and NIC in {before}", "prices from before, freed of NHC and NIC", STOPS,
         "add a row {before} to reference/nhc_ingroei.csv and nic_paid_ratio_{before} to {file}", ask.ask_shares),
    Need("codes", "which claims count, their unit and group", MOVES,
         "take a list that vouches for {year} and name it with WLZ_REFERENCE", ask.ask_pack),
    Need("roles", "crisis beds and meerzorg, counted apart", MOVES,
         "add the codes to roles.csv of the pack, each with its reason", ask.ask_roles),
    Need("regions of the codes", "the region of every delivered row", STOPS,
         "add the codes with their dates to reference/region_crosswalk.csv", ask.ask_crosswalk),
    Need("uitvoerders of the regions", "every figure per uitvoerder", MOVES,
         "bring reference/region_uitvoerders.csv up to date for {year}", ask.ask_uitvoerders),
    Need("new names of uitvoerders", "every figure per uitvoerder", LEAVES_OUT, "", ask.ask_names),
    Need("declaraties", "volumes and prices", STOPS, "put declaraties into the landing zone", ask.ask_claims, True),
    Need("kader of {year}", "what spending is set against", STOPS,
         _deliver("kader", "budgetjaar {year}"), ask.ask_kader, True),
    Need("pgb_verleningen", "the pgb forecast", STOPS, _deliver("pgb_verleningen", "{year}"), ask.ask_pgb, True),
    *(
        Need(f"beleidsregelwaarden of {name}", "prices of what the year has no claims of yet", MOVES,
             _deliver("beleidsregelwaarden", name), ask.ask_tariffs(back), True)
        for back, name in ((0, "{year}"), (1, "{before}"))
    ),
    Need("herschikking of {before}", "the same prices: agreed, else claimed", MOVES,
         _deliver("herschikking", "{before}"), ask.ask_agreements, True),
    Need("nacalculatie", "what crisis beds and meerzorg cost beside their claims", MOVES,
         "put nacalculatie of the years before into the landing zone", ask.ask_settled, True),
    Need("na_ijl", "claims still to come, where months are not completed", MOVES,
         "put na_ijl into the landing zone; without it it is derived from deliveries a year apart, else 0",
         ask.ask_na_ijl, True),
    Need("hulpmiddelen", "individually adapted aids", LEAVES_OUT,
         "put hulpmiddelen into the landing zone", ask.ask_aids, True),
    Need("indicaties", "scenario indications", LEAVES_OUT,
         "put two years of indicaties into the landing zone", ask.ask_indications, True),
)  # fmt: skip


def describe_lines(year: int, lines: Collection[Line]) -> dict[str, Any]:
    """The lines for machines: amounts are euro as numbers, `at_stake_eur` null where it is not known."""
    return {
        "schema_version": 1,
        "year": year,
        "everything_stated": not any(line.is_open for line in lines),
        "needs": [line._asdict() | {"is_open": line.is_open} for line in lines],
    }
