"""How every delivery month of a data folder stands: delivered, refused, published, frozen, withdrawn, due. Reads only.

What it says is said by `wlz status`; nothing is decided here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from expectations.intake.arrivals import first_delivery, month_folders
from warehouse.duck import run_query
from warehouse.landing_zone import hash_file
from warehouse.lock import Owner, find_owner
from warehouse.published_headline import has_column
from warehouse.settings import load_round
from warehouse.store import Store, month_label
from warehouse.tables.deliveries import DECLARATIES, KINDS
from warehouse.tables.vintages import FORECAST_VINTAGES
from warehouse.withdrawals import newest_month, read_withdrawals
from wlz.known.assumptions import AssumptionError
from wlz.vintages.vintages import FINAL_MARK
from wlz.words.months import add_months

CLAIMS = DECLARATIES.name
# What became of the claims of a month; the first that fits.
ACCEPTED, REFUSED, WAITING, NONE = "accepted", "refused", "not taken in yet", "none"


@dataclass(frozen=True)
class MonthStanding:
    """One delivery month: what came, what became of it, and of its advice.

    ``claims`` is what became of its claims, ``claims_month`` the month whose claims its advice rests on, ``frozen`` the
    advice frozen last, ``due_on`` the day its claims are expected.
    """

    month: date
    claims: str
    kinds: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    is_published: bool = False
    is_newest: bool = False
    claims_month: date | None = None
    claims_basis: str = ""
    frozen: Mapping[str, Any] | None = None
    withdrawn: Mapping[str, Any] | None = None
    due_on: date | None = None

    @property
    def is_due(self) -> bool:
        """Whether its claims are still to come."""
        return self.claims == NONE and not self.is_published


@dataclass(frozen=True)
class FolderStanding:
    """A data folder: its months, oldest first, the newest advice, and who writes in it now."""

    months: list[MonthStanding]
    newest: date | None
    owner: Owner | None


def read_standing(data: Path, landing: Path) -> FolderStanding:
    """How the months of a data folder stand; the month after the last with claims is there as the one that is due.

    A folder that is empty or not there has no months. Raises QueryError for a database that cannot be read.
    """
    store, database = Store(data / "lake"), data / "wlz.duckdb"
    register, published, newest = store.read_register(), _read_published(database), newest_month(database)
    folders = dict(month_folders(landing, lambda _: None)) if landing.is_dir() else {}
    withdrawn = {
        row["delivery_month"]: row
        for row in read_withdrawals(store).filter(pl.col("stands_again_at").is_null()).to_dicts()
    }
    known = {*folders, *register["delivery_month"], *published, *withdrawn}
    found = []
    for month in sorted(known):
        kinds, claims = _judge_claims(folders.get(month), register.filter(delivery_month=month))
        of_month = register.filter(delivery_month=month, delivery_status="refused")
        found.append(
            MonthStanding(
                month,
                claims,
                kinds,
                of_month["delivery_id"].to_list(),
                month in published,
                month == newest,
                *published.get(month, (None, "")),
                _last_frozen(store, month),
                withdrawn.get(month),
                _due_on(month),
            )
        )
    with_claims = [one.month for one in found if one.claims != NONE]
    following = add_months(max(with_claims), 1) if with_claims else None
    if following is not None and following not in known:
        found.append(MonthStanding(following, NONE, due_on=_due_on(following)))
    return FolderStanding(sorted(found, key=lambda one: one.month), newest, find_owner(data))


def _judge_claims(folder: Path | None, register: pl.DataFrame) -> tuple[list[str], str]:
    """Kinds of which a file lies in the landing zone or was taken in, and what became of the claims."""
    lying = {kind: path for kind in KINDS if folder is not None and (path := first_delivery(folder, kind)) is not None}
    kinds = sorted({*lying, *register["kind"]})
    of_claims = register.filter(kind=CLAIMS)
    new = CLAIMS in lying and hash_file(lying[CLAIMS]) not in of_claims["content_hash"].to_list()
    statuses = set(of_claims["delivery_status"])
    if new:
        return kinds, WAITING
    if statuses & {"accepted", "superseded"}:
        return kinds, ACCEPTED
    return kinds, REFUSED if statuses else NONE


def _read_published(database: Path) -> dict[date, tuple[date | None, str]]:
    """Published month → month of the claims it rests on, and why; both unknown of one from before that was said."""
    if not database.exists():
        return {}
    months = run_query(database, "SELECT DISTINCT delivery_month FROM marts.utilisation_national")["delivery_month"]
    found: dict[date, tuple[date | None, str]] = dict.fromkeys(months, (None, ""))
    if has_column(database, "headline", "claims_basis"):
        sql = "SELECT delivery_month, claims_month, coalesce(claims_basis, '') AS basis FROM marts.headline"
        found |= {month: (of, basis) for month, of, basis in run_query(database, sql).iter_rows() if month in found}
    return found


def _last_frozen(store: Store, month: date) -> Mapping[str, Any] | None:
    if not store.has(FORECAST_VINTAGES, month):
        return None
    frozen = store.read(FORECAST_VINTAGES, month).filter(pl.col("advice_id").str.contains(FINAL_MARK, literal=True))
    last = frozen.sort("frozen_at").tail(1).select("advice_id", "author", "frozen_at").to_dicts()
    return last[0] if last else None


def _due_on(month: date) -> date | None:
    """Day the claims of a month are expected; None where its round cannot be read."""
    try:
        return load_round(month).due_on(CLAIMS)
    except AssumptionError:
        return None


def as_json(standing: FolderStanding) -> dict[str, Any]:
    """The same for machines: months as YYYY-MM, days as YYYY-MM-DD."""
    return {
        "newest": None if standing.newest is None else month_label(standing.newest),
        "locked_by": None if standing.owner is None else vars(standing.owner),
        "months": [_month_as_json(one) for one in standing.months],
    }


def _month_as_json(one: MonthStanding) -> dict[str, Any]:
    said = dict(vars(one)) | {"is_due": one.is_due}
    for name in ("month", "claims_month"):
        said[name] = None if said[name] is None else month_label(said[name])
    said["withdrawn"] = said["withdrawn"] and {
        name: said["withdrawn"][name] for name in ("withdrawn_by", "withdrawn_at", "withdrawal_reason")
    }
    return said
