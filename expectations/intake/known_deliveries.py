"""What earlier deliveries said, for those that arrive after them: of this batch in memory, of earlier ones in the lake.

Only which delivery came before and what it said; whether the new one fits is judged by the rules.
"""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

import polars as pl

from expectations.judging.delivery_view import euro_by_month, regroup_euro, sum_claims
from warehouse.store import Store
from warehouse.tables.deliveries import DECLARATIES, DELIVERY_REGISTER, KINDS


class GoodClaims(NamedTuple):
    """Claims that no rule refuses: ``euro_by_month`` of them, their latest delivery date, and ``sum_claims`` of them.

    The sums are kept of the latest only.
    """

    euro: pl.DataFrame
    received_on: date | None
    sums: pl.DataFrame | None = None


@dataclass(frozen=True, eq=False)
class KnownDeliveries:
    """Good deliveries per delivery month: those read now, and those that the register calls accepted, in the lake.

    Without a lake the register is empty and nothing is read. ``read_now`` (claims) and ``rows_now`` (other kinds: their
    used rows, by kind and month) grow while a batch is read, month by month.
    """

    store: Store = field(default_factory=lambda: Store(Path("no-lake")))
    register: pl.DataFrame = field(default_factory=DELIVERY_REGISTER.empty)
    read_now: dict[date, GoodClaims] = field(default_factory=dict)
    rows_now: dict[tuple[str, date], pl.DataFrame] = field(default_factory=dict)

    @property
    def accepted(self) -> pl.DataFrame:
        """Rows of the register that are accepted claims."""
        return self.accepted_of(DECLARATIES.name)

    def accepted_of(self, kind: str) -> pl.DataFrame:
        """Rows of the register that are accepted deliveries of a kind."""
        return self.register.filter(kind=kind, delivery_status="accepted")

    def remember_claims(self, month: date, claims: GoodClaims) -> None:
        """Good claims, for those after them; of earlier ones no more than their euro is kept."""
        for earlier, one in self.read_now.items():
            self.read_now[earlier] = one._replace(sums=None)
        self.read_now[month] = claims

    def remember_rows(self, kind: str, month: date, rows: pl.DataFrame) -> None:
        """Rows of a good delivery of another kind, for those after it; an older one of the kind is let go."""
        for earlier in [key for key in self.rows_now if key[0] == kind]:
            del self.rows_now[earlier]
        self.rows_now[kind, month] = rows


def find_previous(
    known: KnownDeliveries, month: date, crosswalk: pl.DataFrame, regions: pl.DataFrame
) -> GoodClaims | None:
    """The latest good claims of a month before ``month``, their euro with its ``delivery_month``; None without any.

    Claims read now come in place of what the lake holds of their month. From the lake it is the accepted delivery:
    never one that was refused or superseded. Both by the uitvoerders of ``regions``, so that a region that moved in
    between is compared with itself.
    """
    in_lake = {row["delivery_month"]: row for row in known.accepted.iter_rows(named=True)}
    latest: date | None = max((one for one in {*in_lake, *known.read_now} if one < month), default=None)
    if latest is None:
        return None
    if latest in known.read_now:
        found = known.read_now[latest]
        found = found._replace(euro=regroup_euro(found.euro, crosswalk, regions))
    else:
        claims = known.store.scan_delivery(DECLARATIES, in_lake[latest]["delivery_id"], latest)
        sums = sum_claims(claims)
        found = GoodClaims(euro_by_month(sums, crosswalk, regions), in_lake[latest]["received_on"], sums)
    return found._replace(euro=found.euro.with_columns(pl.lit(latest).alias("delivery_month")))


def find_claimed(
    known: KnownDeliveries, month: date, crosswalk: pl.DataFrame, regions: pl.DataFrame
) -> pl.DataFrame | None:
    """Euro of the latest good claims of this month or an earlier one (``euro_by_month``); None without any."""
    found = find_previous(known, month.replace(day=28), crosswalk, regions)
    return None if found is None else found.euro


def find_before(known: KnownDeliveries, kind: str, month: date) -> pl.DataFrame | None:
    """Rows of the latest good delivery of another kind than claims of a month before ``month``; None without any."""
    in_lake = {row["delivery_month"]: row["delivery_id"] for row in known.accepted_of(kind).iter_rows(named=True)}
    months = {*in_lake, *(one for of_kind, one in known.rows_now if of_kind == kind)}
    latest: date | None = max((one for one in months if one < month), default=None)
    if latest is None:
        return None
    if (kind, latest) in known.rows_now:
        return known.rows_now[kind, latest]
    return known.store.scan_delivery(KINDS[kind], in_lake[latest], latest).collect()


def find_same_content(known: KnownDeliveries, month: date, content_hash: str) -> str | None:
    """The accepted claims of another month with the same bytes: their delivery_id."""
    same = known.accepted.filter(pl.col("delivery_month") != month, content_hash=content_hash)
    return same["delivery_id"][0] if same.height else None
