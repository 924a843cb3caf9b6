"""What earlier claims said, for those that arrive after them: of this batch in memory, of earlier ones in the lake.

Only which delivery came before and what it said; whether the new one fits is judged by the rules.
"""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

import polars as pl

from expectations.judging.delivery_view import euro_by_month, regroup_euro
from warehouse.store import Store
from warehouse.tables.deliveries import DECLARATIES, DELIVERY_REGISTER


class GoodClaims(NamedTuple):
    """Claims that no rule refuses: ``euro_by_month`` of them, and their latest delivery date."""

    euro: pl.DataFrame
    received_on: date | None


@dataclass(frozen=True, eq=False)
class KnownClaims:
    """Good claims per delivery month: those read now, and those that the register calls accepted, in the lake.

    Without a lake the register is empty and nothing is read. ``read_now`` grows while a batch is read, month by month.
    """

    store: Store = field(default_factory=lambda: Store(Path("no-lake")))
    register: pl.DataFrame = field(default_factory=DELIVERY_REGISTER.empty)
    read_now: dict[date, GoodClaims] = field(default_factory=dict)

    @property
    def accepted(self) -> pl.DataFrame:
        """Rows of the register that are accepted claims."""
        return self.register.filter(kind=DECLARATIES.name, delivery_status="accepted")


def find_previous(known: KnownClaims, month: date, crosswalk: pl.DataFrame, regions: pl.DataFrame) -> GoodClaims | None:
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
        found = GoodClaims(euro_by_month(claims, crosswalk, regions), in_lake[latest]["received_on"])
    return found._replace(euro=found.euro.with_columns(pl.lit(latest).alias("delivery_month")))


def find_same_content(known: KnownClaims, month: date, content_hash: str) -> str | None:
    """The accepted claims of another month with the same bytes: their delivery_id."""
    same = known.accepted.filter(pl.col("delivery_month") != month, content_hash=content_hash)
    return same["delivery_id"][0] if same.height else None
