"""An advice on simulated deliveries without files: what its round would choose of them, for the line in memory.

A whole run judges every delivery and writes every table as well; where only the method is measured this gives the same
tables in a quarter of the seconds of CPU (held against a run in ``tests/e2e/test_line_is_the_run.py``).
"""

from collections.abc import Collection
from datetime import date
from functools import lru_cache

import polars as pl

from scripts.calibrate_simulation import to_contract
from simulation.claims import Claims
from simulation.inputs import FIRST_DELIVERY_MONTH
from simulation.kinds import KINDS, build_file, due_months
from warehouse.lake import know_frames
from warehouse.packs import SIMULATED, load_pack, load_reference
from warehouse.settings import load_round, load_scenarios
from warehouse.tables.deliveries import DECLARATIES
from wlz.known.knowledge import Known
from wlz.known.reference import Reference
from wlz.lag.complete import DELIVERIES
from wlz.series import aggregate_claims, sum_regions
from wlz.words.months import add_months, list_months

CLAIMS = DECLARATIES.name


class SimulatedDeliveries:
    """The deliveries of one drawn world; each is built when an advice first needs it."""

    def __init__(self, claims: Claims) -> None:
        self.claims = claims
        self.frame = lru_cache(maxsize=32)(self._frame)

    def _frame(self, kind: str, month: date) -> pl.DataFrame:
        """A delivery in contract columns."""
        return to_contract(build_file(self.claims, month, kind).frame, kind)

    def know(self, month: date, scenarios: Collection[str]) -> Known:
        """What the advice of a delivery month knows, in these scenarios of its year."""
        advice_round = load_round(month)
        delivered = {CLAIMS: self.frame(CLAIMS, month)}
        for kind in KINDS:
            for earlier in reversed(due_months(kind, month)) if kind != CLAIMS else ():
                frame = self.frame(kind, earlier)
                if frame["delivery_date"].max() <= advice_round.cut_off(kind):  # type: ignore[operator]
                    delivered[kind] = frame
                    break
        chosen = [one for one in load_scenarios(advice_round.budget_year)[0] if one.name in scenarios]
        lists = load_reference(load_pack(SIMULATED), advice_round.budget_year, advice_round.placed_on)
        deliveries = list_months(max(FIRST_DELIVERY_MONTH, add_months(month, 1 - DELIVERIES)), month)
        year_ago = add_months(month, -12)
        return know_frames(
            month,
            delivered,
            chosen,
            reference=lists,
            snapshots=lambda: pl.concat(self._snapshot(lists, one) for one in deliveries),
            year_ago=lambda: pl.DataFrame() if year_ago < FIRST_DELIVERY_MONTH else self._snapshot(lists, year_ago),
        )

    def _snapshot(self, lists: Reference, month: date) -> pl.DataFrame:
        """CLAIMS_SNAPSHOT of a claims delivery, with the lists of the advice."""
        claims = self.frame(CLAIMS, month).lazy()
        summed = sum_regions(aggregate_claims(claims, lists.crosswalk, lists.regions, lists.prestaties, month))
        return summed.with_columns(pl.lit(month).alias("delivery_month"))
