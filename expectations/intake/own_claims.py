"""Whether a delivery month has claims of its own, taken in or refused: without them it has no advice by itself.

Asked before anything is taken in, so that a month somebody mistyped leaves nothing behind. What a person may ask
instead is that the advice rests on the last claims (``--rest-on-last``).
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl

from expectations.intake.arrivals import first_delivery, month_folders
from warehouse.store import Store, month_label
from warehouse.tables.deliveries import DECLARATIES
from wlz.words.counts import format_count
from wlz.words.faults import Spoken

CLAIMS = DECLARATIES.name
_NAMED = 6  # months, or files, that a sentence names; the others are counted


class NoOwnClaimsError(Spoken):
    """A month without claims of its own; the message says what lies there, which months have claims, and what next."""


def months_with_claims(landing: Path, store: Store) -> list[date]:
    """Delivery months with claims in the landing zone or in the register, accepted or refused; oldest first."""
    taken_in = store.read_register().filter(pl.col("kind") == CLAIMS)["delivery_month"]
    folders = month_folders(landing, lambda _: None) if landing.is_dir() else []
    lying = [month for month, folder in folders if first_delivery(folder, CLAIMS) is not None]
    return sorted({*taken_in, *lying})


def lacks_claims(landing: Path, store: Store, months: Sequence[date]) -> list[date]:
    """Those of these months that have no claims of their own."""
    known = set(months_with_claims(landing, store))
    return [month for month in months if month not in known]


def refuse_without_claims(landing: Path, store: Store, months: Sequence[date]) -> None:
    """Raises NoOwnClaimsError for the first of these months that has no claims of its own."""
    for month in lacks_claims(landing, store, months)[:1]:
        raise NoOwnClaimsError(_say(landing, store, month))


def _say(landing: Path, store: Store, month: date) -> str:
    label = month_label(month)
    folder = landing / label
    files = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    lies = f"{_name(files)} without claims" if files else "nothing"
    known = [month_label(one) for one in months_with_claims(landing, store)]
    rest = f"; an advice of {label} on the claims of {known[-1]} is made with --rest-on-last" if known else ""
    there = f"claims there are of {_name(known[::-1])}" if known else "there are no claims of any month yet"
    return (
        f"{label} has no delivery of claims: {landing.name}/{label} holds {lies}; {there}. Likely a mistyped month, or "
        f"claims that have not come yet. Next: run a month that has claims, or deliver {CLAIMS} of {label}{rest}"
    )


def _name(names: Sequence[str]) -> str:
    more = f" and {format_count(len(names) - _NAMED, 'other')}" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
