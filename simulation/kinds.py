"""Which kinds of delivery are due in a month, and the file of each.

Only the calendar is here; what a file holds stands in ``claims.py``, ``agreements.py`` and ``budgets.py``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from simulation import agreements, budgets
from simulation.agreements import LAST_YEAR_AGREED
from simulation.claims import Claims, claims_frame
from simulation.inputs import FIRST_DELIVERY_MONTH, SimulatedFile
from simulation.later_codes import tell_by_day
from wlz.words.months import end_of_month, list_months

CLAIMS = "declaraties"
_QUARTERS = (1, 4, 7, 10)


@dataclass(frozen=True)
class Kind:
    """When a kind is delivered and how its rows come about, from the drawn world and the delivery month."""

    is_due: Callable[[date], bool]
    build: Callable[[Claims, date], pl.DataFrame]


def _always(month: date) -> bool:
    return True


def _second(month: date) -> date:
    return month + timedelta(days=1)


def _fifteenth(month: date) -> date:
    return month + timedelta(days=14)


def _kader_stand(month: date) -> bool:
    """January; May from 2018 on, with the transfers; October from 2018 on, with the herverdelingsmiddelen."""
    return month.month == 1 or (month.month in (5, 10) and month.year >= 2018)


def _in_may_from_2018(month: date) -> bool:
    return month.month == 5 and month.year >= 2018


KINDS: dict[str, Kind] = {
    CLAIMS: Kind(_always, claims_frame),
    "pgb_verleningen": Kind(_always, lambda claims, month: budgets.pgb_verleningen(claims.world, end_of_month(month))),
    "hulpmiddelen": Kind(_always, lambda claims, month: budgets.hulpmiddelen(claims.world, _fifteenth(month))),
    "beleidsregelwaarden": Kind(
        lambda month: month.month == 1,
        lambda claims, month: agreements.beleidsregelwaarden(claims.world, _second(month)),
    ),
    "kader": Kind(
        _kader_stand,
        lambda claims, month: budgets.kader(claims.world, _fifteenth(month)),
    ),
    "nacalculatie": Kind(
        lambda month: month == FIRST_DELIVERY_MONTH or (month.month == 6 and month.year - 1 <= LAST_YEAR_AGREED),
        lambda claims, month: agreements.nacalculatie(claims, _second(month)),
    ),
    "nacalculatie_totaal": Kind(
        lambda month: month.month == 6 and month.year - 1 > LAST_YEAR_AGREED,
        lambda claims, month: agreements.nacalculatie_totaal(claims, _second(month)),
    ),
    "afspraken": Kind(
        lambda month: month.month == 1 and month.year >= 2018,
        lambda claims, month: agreements.afspraken(claims, _second(month)),
    ),
    "herschikking": Kind(
        lambda month: month.month == 2, lambda claims, month: agreements.herschikking(claims, _fifteenth(month))
    ),
    "na_ijl": Kind(lambda month: month.month == 5, lambda claims, month: budgets.na_ijl(claims.world, _second(month))),
    "overhevelingen": Kind(
        _in_may_from_2018, lambda claims, month: budgets.overhevelingen(claims.world, _fifteenth(month))
    ),
    "prognose_uitvraag": Kind(
        _in_may_from_2018,
        lambda claims, month: agreements.prognose_uitvraag(claims, _second(month), month - timedelta(days=1)),
    ),
    "jaarrekeningen": Kind(
        lambda month: month.month == 6, lambda claims, month: agreements.jaarrekeningen(claims, _second(month))
    ),
    "indicaties": Kind(
        lambda month: month.month in _QUARTERS, lambda claims, month: budgets.indicaties(claims.world, _second(month))
    ),
}


def build_file(claims: Claims, month: date, kind: str) -> SimulatedFile:
    """The file of one kind in a delivery month."""
    reference, frame = claims.world.reference, KINDS[kind].build(claims, month)
    return SimulatedFile(month, kind, tell_by_day(reference, kind, frame))


def build_files(claims: Claims, month: date, *, with_claims: bool = True) -> list[SimulatedFile]:
    """Every file that is due in a month, claims first."""
    due = [kind for kind, one in KINDS.items() if one.is_due(month) and (with_claims or kind != CLAIMS)]
    return [build_file(claims, month, kind) for kind in due]


def due_months(kind: str, until: date) -> list[date]:
    """Delivery months of a kind up to ``until``, oldest first."""
    return [month for month in list_months(FIRST_DELIVERY_MONTH, until) if KINDS[kind].is_due(month)]
