"""Deliveries that were due: of which kind an advice could expect a newer one, and what became of it.

Due is what the file of a round names under `[due]`, and what came a year before: a kind that was delivered in May is
awaited in May of the next year. What came with the first deliveries of all is history put in, and sets no date; a kind
nobody ever delivered and no round names is not awaited. Which delivery an advice uses is decided in `rounds.py`; the
euro that rest on it are added up in `utilisation/awaited.py`.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from wlz.known.rounds import Round, choose_deliveries
from wlz.words.months import add_months, end_of_month

# Kinds an advice rests on whole; claims are told by the intake (D01), and what else is read moves no total.
AWAITED = ("kader", "pgb_verleningen", "na_ijl", "nacalculatie", "herschikking", "beleidsregelwaarden")
STANDS_IN = {"nacalculatie": "nacalculatie_totaal"}  # delivered in its place since agreements per prestatie ended
ARRIVED, ABSENT, LATE, REFUSED = "arrived", "absent", "late", "refused"
DUE_SCHEMA: dict[str, Any] = {
    "kind": pl.String,
    "due_on": pl.Date,
    "since": pl.Date,
    "state": pl.String,
    "came_on": pl.Date,
    "cut_off": pl.Date,
    "used_month": pl.Date,
}


class _Row(NamedTuple):
    """A delivery of the register, as far as it matters here."""

    kind: str
    month: date
    received_on: date
    is_refused: bool

    @property
    def last_month(self) -> date:
        """The month of its folder or of its date, whichever is later."""
        return max(self.month, self.received_on.replace(day=1))


def find_due(register: pl.DataFrame, advice_round: Round, earlier: Sequence[Round] = ()) -> pl.DataFrame:
    """Awaited kinds of which a delivery was due by their cut-off: DUE_SCHEMA, a row per kind, in the order of AWAITED.

    In: the register; ``earlier`` are rounds before this one that have a file. ``due_on`` is the last day that one of
    them, or this round, names for the kind, or on which it came a year before; ``since`` the month from which on one
    counts as that, the month before unless the kind is due then too. ``state``: arrived (what the advice uses is of
    ``since`` or later), late (``came_on``, after the cut-off), refused (in an earlier month; one of the month itself is
    told where it is refused, and has no row here), else absent. ``used_month``: delivery month of what the advice uses,
    empty without any.
    """
    rows = [
        _Row(kind, month, received_on or end_of_month(month), status == "refused")
        for kind, month, received_on, status in register.filter(
            pl.col("delivery_month") <= advice_round.delivery_month
        ).select("kind", "delivery_month", "received_on", "delivery_status").iter_rows()
    ]  # fmt: skip
    chosen = choose_deliveries(register, advice_round, AWAITED)
    began = min((row.month for row in rows), default=advice_round.delivery_month)
    used = {
        kind: _Row(kind, month, received_on, is_refused=False)
        for kind, month, received_on in chosen.select("kind", "delivery_month", "received_on").iter_rows()
    }
    found = []
    for kind in AWAITED:
        of_kind = [row for row in rows if row.kind == kind]
        repeated = [row for row in of_kind if row.month > began and not row.is_refused]
        stated = [one.due[kind] for one in (*earlier, advice_round) if kind in one.due]
        days = [*stated, *(_a_year_on(row.received_on) for row in repeated)]
        due_on = max((day for day in days if day <= advice_round.cut_off(kind)), default=None)
        if due_on is None:
            continue
        since = _count_from(due_on, days)
        stand_ins = [row for row in rows if row.kind == STANDS_IN.get(kind)]
        state, came_on = _judge(used.get(kind), of_kind, stand_ins, since, advice_round)
        if state:
            month = used[kind].month if kind in used else None
            found.append((kind, due_on, since, state, came_on, advice_round.cut_off(kind), month))
    return pl.DataFrame(found, schema=DUE_SCHEMA, orient="row")


def _count_from(due_on: date, days: Iterable[date]) -> date:
    """The month from which on a delivery is the one that was due: it may come in the month before, if none is due then.

    >>> _count_from(date(2019, 5, 15), [date(2019, 1, 15), date(2019, 5, 15)])
    datetime.date(2019, 4, 1)
    """
    before = add_months(due_on, -1)
    return due_on.replace(day=1) if before in {day.replace(day=1) for day in days} else before


def _a_year_on(day: date) -> date:
    """The same day a year later; of 29 February the 28th."""
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year + 1, day=28 if is_leap_day else day.day)


def _judge(
    used: _Row | None, of_kind: Iterable[_Row], stand_ins: Iterable[_Row], since: date, advice_round: Round
) -> tuple[str, date | None]:
    """What became of a delivery that was due, and when it came where it was late; '' where that is told already."""
    if used is not None and used.last_month >= since:
        return ARRIVED, None
    if any(not row.is_refused and row.last_month >= since for row in stand_ins):
        return ARRIVED, None
    after = [row for row in of_kind if row.last_month >= since]
    if came := [row.received_on for row in after if not row.is_refused]:
        return LATE, min(came)
    if any(row.month == advice_round.delivery_month for row in after):
        return "", None
    return (REFUSED if after else ABSENT), None
