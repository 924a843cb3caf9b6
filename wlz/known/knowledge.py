"""What one advice may see: its round, assumptions, code lists, scenarios, engines and the deliveries of its round.

Here: one record, handed to every stage. Not here: where deliveries lie and which one a round chooses of several
(`warehouse/lake.py`, `known/rounds.py`), and what earlier stages computed: a stage is handed that beside it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from wlz.forecasting.engines import RUN_ENGINES, Engine
from wlz.known.assumptions import Assumptions
from wlz.known.declared_items import OF_LETTER, DeclaredItem
from wlz.known.headline import Headline, choose_headline
from wlz.known.reference import Reference
from wlz.known.rounds import Round
from wlz.known.scenarios import LETTER, Scenario
from wlz.words.faults import NoDataError

Read = Callable[[], pl.DataFrame]


def nothing_known() -> pl.DataFrame:
    """A frame without rows and columns, for what an advice does not have."""
    return pl.DataFrame()


@dataclass(frozen=True)
class Known:
    """What one advice may see.

    `delivered`: per kind the chosen delivery in contract columns, without rows where there is none; `missing` then
    says of that kind why. `claims_month`: month of the claims delivery, from which lags count. `snapshots`: rows of
    CLAIMS_SNAPSHOT of every claims delivery the triangles are made of, this one last. `year_ago`: the snapshot of the
    claims delivery of twelve months earlier, no rows without one. `claims_before`: the claims delivery before this
    one, None without one. `wrong_providers`: whom the checks on claims call wrong. `earlier_revenue`: delivery month →
    REVENUE of earlier advices about a year. `unit_corrections`: what was put right in the claims. `extra_items`: those
    declared for the budget year. `claims_basis`: whether the claims are of the delivery month itself, and if not why.
    `due`: kinds of which a delivery was due, and what became of it (`find_due`).
    """

    round: Round
    claims_month: date
    assumptions: Assumptions
    reference: Reference
    scenarios: tuple[Scenario, ...]
    headline: Headline
    engines: Mapping[str, Engine]
    delivered: Mapping[str, pl.LazyFrame]
    overrides: pl.DataFrame
    indication_growth: pl.DataFrame
    missing: Mapping[str, str] = field(default_factory=dict)
    unit_corrections: pl.DataFrame = field(default_factory=nothing_known)
    claims_before: pl.LazyFrame | None = None
    snapshots: Read = nothing_known
    year_ago: Read = nothing_known
    wrong_providers: Read = nothing_known
    earlier_revenue: Callable[[int], Mapping[date, pl.DataFrame]] = lambda year: {}
    extra_items: tuple[DeclaredItem, ...] = OF_LETTER
    claims_basis: str = "own"
    due: pl.DataFrame = field(default_factory=nothing_known)

    @property
    def budget_year(self) -> int:
        """The year the advice is about."""
        return self.round.budget_year

    @property
    def scenario_names(self) -> list[str]:
        """The scenarios this advice computes."""
        return [one.name for one in self.scenarios]

    @property
    def letter_first(self) -> str:
        """Scenario letter, or the headline where it is not computed."""
        return LETTER if LETTER in self.scenario_names else self.headline.scenario

    @property
    def judged_first(self) -> str:
        """The scenario that rules judge: completed, else letter. What a round shows first changes no check."""
        return choose_headline(self.scenarios).scenario

    @property
    def rules_first(self) -> str:
        """The first scenario that uses the rules of ours; the headline when none does."""
        return next((one.name for one in self.scenarios if one.own_rules), self.headline.scenario)

    @property
    def completing(self) -> Scenario | None:
        """The scenario that completes its months for lag, if the run has one."""
        return next((one for one in self.scenarios if one.completes_lag), None)

    @property
    def run_engines(self) -> dict[str, Engine]:
        """Engines fast enough for every series of every run."""
        return {name: self.engines[name] for name in RUN_ENGINES}

    def completes_lag(self, scenario: str) -> bool:
        """Whether this scenario completes its months for lag."""
        return any(one.name == scenario and one.completes_lag for one in self.scenarios)

    def read(self, kind: str) -> pl.DataFrame:
        """The chosen delivery of a kind; no rows without one."""
        return self.delivered[kind].collect()

    def need(self, kind: str) -> pl.LazyFrame:
        """The same of a kind nothing can be computed without, lazily. Raises NoDataError when there is none."""
        if kind in self.missing:
            raise NoDataError(self.missing[kind])
        return self.delivered[kind]
