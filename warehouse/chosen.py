"""The deliveries one advice rests on: which of each kind its round chooses, and their rows.

Which delivery a round may see is decided in `wlz/known/rounds.py`; here they are looked up in the lake and read.
"""

from datetime import date
from functools import cached_property

import polars as pl

from warehouse.packs import Pack, load_reference
from warehouse.settings import load_round, load_rounds_before
from warehouse.snapshots import read_snapshot
from warehouse.store import Store
from warehouse.tables.deliveries import DECLARATIES, KINDS
from wlz.known.due import find_due
from wlz.known.reference import Reference
from wlz.known.rounds import FIRST_YEAR, LAST_YEAR, Round, choose_claims_history, choose_deliveries, find_late
from wlz.lag.complete import DELIVERIES
from wlz.words.faults import NoDataError
from wlz.words.months import month_label

CLAIMS = DECLARATIES.name
_WHICH = ("kind", "delivery_id", "delivery_month")


class ChosenDeliveries:
    """Every delivery as one round knows it. Looked up when first asked for, and then kept."""

    def __init__(self, store: Store, advice_round: Round, pack: Pack) -> None:
        self.store, self.round, self.pack = store, advice_round, pack

    @cached_property
    def lists(self) -> Reference:
        """What the pack says for the budget year, with the uitvoerders of the day the round is placed on."""
        return load_reference(self.pack, self.round.budget_year, self.round.placed_on)

    @cached_property
    def register(self) -> pl.DataFrame:
        """Every delivery taken in or refused, without months that none can be of: earlier versions took those in."""
        possible = pl.col("delivery_month").is_between(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 1))
        return self.store.read_register().filter(possible)

    @cached_property
    def chosen(self) -> pl.DataFrame:
        """Per kind the delivery the round uses (register columns and cut_off_date)."""
        return choose_deliveries(self.register, self.round, KINDS)

    @property
    def late(self) -> pl.DataFrame:
        """Kinds of which everything came after the cut-off: kind, received_on."""
        return find_late(self.register, self.round, KINDS)

    @cached_property
    def due(self) -> pl.DataFrame:
        """Kinds of which a delivery was due, and what became of it (DUE_SCHEMA)."""
        return find_due(self.register, self.round, load_rounds_before(self.round.delivery_month))

    @cached_property
    def _by_kind(self) -> dict[str, tuple[str, date]]:
        """Kind → id and month of its chosen delivery."""
        return {kind: (one, month) for kind, one, month in self.chosen.select(_WHICH).iter_rows()}

    @property
    def claims_month(self) -> date:
        """Month of the claims delivery the round uses: lags count from it, also when a newer one was refused."""
        month: date = self.choose(CLAIMS)[1]
        return month

    @cached_property
    def claims_history(self) -> pl.DataFrame:
        """The claims deliveries whose snapshots make the triangles, oldest first; the last is the one of the advice."""
        history = choose_claims_history(self.register, self.round, self.claims_month, DELIVERIES)
        used = self.chosen.filter(pl.col("kind") == CLAIMS).select(history.columns)
        return pl.concat([history.filter(pl.col("delivery_month") != self.claims_month), used])

    @cached_property
    def chosen_year_ago(self) -> pl.DataFrame:
        """The claims delivery of twelve months earlier as its own round knew it: one row, or none."""
        month = self.round.delivery_month
        earlier = load_round(month.replace(year=month.year - 1))
        register = self.register.filter(pl.col("delivery_month") == earlier.delivery_month)
        return choose_deliveries(register, earlier, [CLAIMS])

    def scan(self, kind: str) -> pl.LazyFrame:
        """The chosen delivery of a kind, lazily. Raises NoDataError when none is known at the cut-off."""
        return self.store.scan_delivery(KINDS[kind], *self.choose(kind))

    def read(self, kind: str) -> pl.DataFrame:
        """The chosen delivery of a kind; without one an empty frame (provenance then says it was not there)."""
        return self.scan(kind).collect() if self.has(kind) else KINDS[kind].empty()

    def read_unit_corrections(self) -> pl.DataFrame:
        """What was put right in the chosen claims. Raises NoDataError as ``scan`` does."""
        return self.store.read_corrections(*self.choose(CLAIMS))

    def has(self, kind: str) -> bool:
        """Whether the round chooses a delivery of this kind."""
        return kind in self._by_kind

    def choose(self, kind: str) -> tuple[str, date]:
        """Id and month of the chosen delivery of a kind. Raises NoDataError when there is none."""
        if kind not in self._by_kind:
            raise NoDataError(self.nothing_known(kind))
        return self._by_kind[kind]

    def nothing_known(self, kind: str) -> str:
        """Why there is no delivery of a kind, and what to do."""
        accepted = self.register.filter(pl.col("kind") == kind, pl.col("delivery_status") != "refused")
        earliest = accepted["received_on"].sort().head(1).to_list()
        known = f"; the earliest accepted one is dated {earliest[0]}" if earliest else ""
        stated = kind in self.round.cut_offs
        in_file = (
            f", or the cut-off in the file of the round of {month_label(self.round.delivery_month)}" if stated else ""
        )
        return (
            f"no accepted delivery of {kind} on or before the cut-off {self.round.cut_off(kind)}{known}. "
            f"Next: put {kind} of that date into the landing zone, or mend its aanleverdatum{in_file}; repeat the run"
        )

    def claims_before(self) -> pl.LazyFrame | None:
        """The claims delivery before that of the advice; None without one."""
        before = self.claims_history.filter(pl.col("delivery_month") < self.claims_month).tail(1)
        scans = [
            self.store.scan_delivery(DECLARATIES, row["delivery_id"], row["delivery_month"])
            for row in before.iter_rows(named=True)
        ]
        return scans[0] if scans else None

    def read_snapshots(self) -> pl.DataFrame:
        """What each delivery of the history said (CLAIMS_SNAPSHOT)."""
        return pl.concat(
            [read_snapshot(self.store, row, self.lists) for row in self.claims_history.iter_rows(named=True)]
        )

    def read_year_ago(self) -> pl.DataFrame:
        """What the claims delivery of twelve months earlier said; no rows when there is none."""
        rows = self.chosen_year_ago
        return pl.DataFrame() if rows.is_empty() else read_snapshot(self.store, rows.row(0, named=True), self.lists)
