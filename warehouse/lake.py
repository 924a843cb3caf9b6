"""One advice in the lake: what it computes and may know, its tables loaded and saved under its vintage.

Reading and writing only. What is decided stands in `wlz/known/`, what is computed in the stages; which deliveries an
advice rests on is looked up in `chosen.py`, files are the business of `store.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import Any

import polars as pl

from warehouse.chosen import CLAIMS, ChosenDeliveries
from warehouse.contract import ContractError, Table, conform
from warehouse.packs import SIMULATED, Pack, load_pack, load_reference
from warehouse.registry import table_named
from warehouse.settings import load_assumptions, load_extra_items, load_round, load_round_page, load_scenarios
from warehouse.store import Store
from warehouse.tables.deliveries import KINDS
from warehouse.tables.prices import REVENUE
from warehouse.tables.quality import DATA_QUALITY
from warehouse.tables.series import DELIVERY_UNIT_CORRECTIONS, SERIES
from warehouse.tables.utilisation import UTILISATION
from warehouse.withdrawals import withdrawn_months
from wlz.advice import Settle
from wlz.forecasting.engines import ENGINES, Engine
from wlz.known.assumptions import Assumptions
from wlz.known.headline import (
    Headline,
    check_named,
    choose_headline,
    choose_scenarios,
    enough_deliveries,
    keep_possible,
    without_completion,
)
from wlz.known.knowledge import Known, Read, nothing_known
from wlz.known.rounds import Round, say_basis
from wlz.known.scenarios import (
    COMPLETED,
    INDICATION_GROWTH_SCHEMA,
    LETTER,
    OVERRIDE_SCHEMA,
    Scenario,
    indication_growth,
)
from wlz.known.uitvoerders import changed_hands, places_of
from wlz.monitor import WRONG_SCHEMA
from wlz.series import assign_regions
from wlz.words.faults import NoDataError


class AdviceInLake:
    """One advice of the lake: a round, the deliveries it knows, the scenarios that can be computed from them."""

    def __init__(
        self, store: Store, delivery_month: date, pack: Pack, wanted: Sequence[str] = (), engine: str = ""
    ) -> None:
        self.store, self.wanted, self.engine = store, wanted, engine
        self.round: Round = load_round(delivery_month)
        self.deliveries = ChosenDeliveries(store, self.round, pack)

    @cached_property
    def assumptions(self) -> Assumptions:
        """Assumptions of the budget year."""
        return load_assumptions(self.round.budget_year)

    @cached_property
    def settings(self) -> tuple[list[Scenario], pl.DataFrame]:
        """Scenarios asked for, those others build on first, and all overrides of the year."""
        scenarios, overrides = load_scenarios(self.round.budget_year)
        return choose_scenarios(scenarios, self.wanted, self.engine), overrides

    @cached_property
    def growth_of_indications(self) -> pl.DataFrame:
        """Growth of the CIZ indications per uitvoerder and sector; no rows when there are not two years of them."""
        if not self.deliveries.has("indicaties"):
            return pl.DataFrame(schema=INDICATION_GROWTH_SCHEMA)
        lists = self.deliveries.lists
        placed = assign_regions(self.deliveries.read("indicaties"), lists.crosswalk, lists.regions, on="month")
        return indication_growth(placed)

    @cached_property
    def scenarios(self) -> list[Scenario]:
        """The scenarios this advice computes. Raises NoDataError when none of those asked for can be."""
        has_indications = not self.growth_of_indications.is_empty()
        return keep_possible(self.settings[0], has_indications=has_indications, completes=self.completes)

    @property
    def named_first(self) -> str:
        """The scenario its round names for the page, empty without one. Raises AssumptionError for one not of its year.

        A settings file is read whole before a run begins, so this can be asked without any delivery.
        """
        named: str = load_round_page(self.round.delivery_month).get("headline", "")
        check_named(named, load_scenarios(self.round.budget_year)[0], self.round.budget_year)
        return named

    @property
    def headline(self) -> Headline:
        """The scenario shown first."""
        return choose_headline(self.scenarios, self.named_first)

    @property
    def judged_first(self) -> str:
        """The scenario that rules judge: completed, else letter. What a round shows first changes no check."""
        return choose_headline(self.scenarios).scenario

    @cached_property
    def absent(self) -> str | None:
        """Who check L01 found absent in the claims of the advice; None when nobody, or when it was accepted."""
        month = self.deliveries.claims_month
        if not self.store.has(DATA_QUALITY, month):
            return None
        delivery = self.deliveries.choose(CLAIMS)[0]
        judged = self.store.read(DATA_QUALITY, month).filter(check_id="L01", delivery_id=delivery)
        latest = judged.sort("revision").tail(1).filter(pl.col("accepted_by").is_null(), outcome="failed")
        return latest["observed"][0] if latest.height else None

    @property
    def completes(self) -> bool:
        """Whether the months of the budget year can be completed: two deliveries of it, nobody absent (check L01)."""
        year, months = self.round.budget_year, self.deliveries.claims_history["delivery_month"].to_list()
        return self.absent is None and self.deliveries.claims_month.year == year and enough_deliveries(months, year)

    @property
    def without_completion(self) -> str | None:
        """Why months are not completed though a scenario would; None when they are, or none would."""
        if self.completes:
            return None
        months = self.deliveries.claims_history["delivery_month"].to_list()
        return without_completion(self.settings[0], self.headline.scenario, months, self.round.budget_year, self.absent)

    @property
    def earlier_claims(self) -> pl.DataFrame:
        """The earlier deliveries of that history, where a scenario of this run learns from them; else no rows."""
        earlier = self.deliveries.claims_history.filter(pl.col("delivery_month") != self.deliveries.claims_month)
        return earlier if any(one.completes_lag for one in self.scenarios) else earlier.clear()

    @property
    def letter_first(self) -> str:
        """Scenario letter, or the headline where it is not computed."""
        return LETTER if LETTER in [one.name for one in self.scenarios] else self.headline.scenario

    def know(self, engines: Mapping[str, Engine], wrong_providers: Read = nothing_known) -> Known:
        """What this advice may see, for the stages. Raises NoDataError without claims."""
        chosen = self.deliveries
        claims_month = chosen.claims_month  # without claims there is nothing to advise on
        return Known(
            round=self.round,
            claims_month=claims_month,
            assumptions=self.assumptions,
            reference=chosen.lists,
            scenarios=tuple(self.scenarios),
            headline=self.headline,
            engines=engines,
            delivered={kind: chosen.scan(kind) if chosen.has(kind) else KINDS[kind].empty().lazy() for kind in KINDS},
            overrides=self.settings[1],
            indication_growth=self.growth_of_indications,
            missing={kind: chosen.nothing_known(kind) for kind in KINDS if not chosen.has(kind)},
            unit_corrections=chosen.read_unit_corrections(),
            claims_before=chosen.claims_before(),
            snapshots=chosen.read_snapshots,
            year_ago=chosen.read_year_ago,
            wrong_providers=wrong_providers,
            earlier_revenue=self._read_earlier_revenue,
            extra_items=load_extra_items(self.round.budget_year, chosen.lists.regions),
            claims_basis=say_basis(chosen.register, self.round.delivery_month, claims_month),
            due=chosen.due,
        )

    def _read_earlier_revenue(self, year: int) -> dict[date, pl.DataFrame]:
        before = (one for one in self.store.months(REVENUE) if one < self.round.delivery_month and one.year == year)
        months = sorted(set(before) - withdrawn_months(self.store))
        return {month: self._read_revenue(month) for month in months}

    def _read_revenue(self, month: date) -> pl.DataFrame:
        """Revenue of an earlier advice, of the uitvoerders that run the same regions in this one."""
        places = places_of(self.store.read(UTILISATION, month))
        changed = changed_hands(places, self.deliveries.lists.regions)
        return self.store.read(REVENUE, month).filter(~pl.col("wlz_uitvoerder").is_in(changed))

    def save(self, table: Table, frame: pl.DataFrame | None) -> pl.DataFrame:
        """Writes a stage's frame under this advice's vintage (None: without rows); returns the rows as saved."""
        month = self.round.delivery_month
        self.store.write(table, stamp(table, frame, self.round), month)
        return self.store.read(table, month)

    def save_for_all(self, table: Table, frame: pl.DataFrame) -> pl.DataFrame:
        """As ``save``, once for every scenario."""
        names = pl.DataFrame({"scenario": [one.name for one in self.scenarios]})
        return self.save(table, frame.join(names, how="cross"))

    def load(self, table: Table, scenario: str = "") -> pl.DataFrame:
        """A stage's frame of this advice; of one scenario where the stage has several (default: the headline)."""
        frame = self.load_all(table)
        if "scenario" not in frame.columns or table is SERIES:
            return frame
        return frame.filter(pl.col("scenario") == (scenario or self.headline.scenario))

    def load_all(self, table: Table) -> pl.DataFrame:
        """A stage's frame of this advice, all scenarios."""
        return self.store.read(table, self.round.delivery_month)

    def load_if_there(self, table: Table) -> pl.DataFrame:
        """The same; no rows when it was never written for this month."""
        return self.load_all(table) if self.store.has(table, self.round.delivery_month) else table.empty()


def stamp(table: Table, frame: pl.DataFrame | None, advice_round: Round) -> pl.DataFrame:
    """A stage's frame with its vintage: delivery month, and budget year and scenario where it has none of its own.

    Only the columns of the contract and those the frame had: the check on write names what is too much.
    """
    if frame is None:
        return table.empty()
    vintage = {
        "delivery_month": pl.lit(advice_round.delivery_month),
        "budget_year": pl.lit(advice_round.budget_year, dtype=pl.Int32),
        "scenario": pl.lit(LETTER),
    }
    added = {name: value for name, value in vintage.items() if name == "delivery_month" or name not in frame.columns}
    stamped = frame.with_columns(value.alias(name) for name, value in added.items())
    return stamped.select(name for name in stamped.columns if name in table.column_names or name in frame.columns)


def settle(table: Table, frame: pl.DataFrame | None, advice_round: Round) -> pl.DataFrame:
    """A stage's frame as its table holds it, without a lake: stamped, checked, in the contract's columns and order."""
    return conform(stamp(table, frame, advice_round), table).sort(table.key)


def settle_tables(known: Known) -> Settle:
    """How the line in memory gives a frame what its table has at rest: ``settle`` by the table's name."""
    return lambda name, frame: settle(table_named(name), frame, known.round)


def know_frames(
    delivery_month: date, delivered: Mapping[str, pl.DataFrame], scenarios: Sequence[Scenario], **more: Any
) -> Known:
    """What an advice knows of deliveries held in memory, in contract columns by kind: for the line without a lake.

    ``more`` replaces any other field of ``Known``. Assumptions, round and, of the simulated
    world, code lists are read as for a run. Raises
    ContractError for a kind that is none, and NoDataError without a scenario.
    """
    for kind in delivered:
        if kind not in KINDS:
            raise ContractError(f"no kind of delivery {kind!r}; there are {', '.join(KINDS)}")
    if not scenarios:
        raise NoDataError("no scenario was handed over. Next: name some of load_scenarios(year)")
    advice_round = load_round(delivery_month)
    known = Known(
        round=advice_round,
        claims_month=delivery_month,
        assumptions=load_assumptions(advice_round.budget_year),
        reference=load_reference(load_pack(SIMULATED), advice_round.budget_year, advice_round.placed_on),
        scenarios=tuple(scenarios),
        headline=choose_headline(scenarios),
        engines=ENGINES,
        delivered={kind: delivered.get(kind, table.empty()).lazy() for kind, table in KINDS.items()},
        overrides=pl.DataFrame(schema=OVERRIDE_SCHEMA),
        indication_growth=pl.DataFrame(schema=INDICATION_GROWTH_SCHEMA),
        missing={
            kind: f"no delivery of {kind} was handed over. Next: add it" for kind in KINDS if kind not in delivered
        },
        unit_corrections=DELIVERY_UNIT_CORRECTIONS.empty(),
        snapshots=_no_snapshots,
        wrong_providers=lambda: pl.DataFrame(schema=WRONG_SCHEMA),
        extra_items=load_extra_items(advice_round.budget_year),
    )
    return replace(known, **more)


def _no_snapshots() -> pl.DataFrame:
    raise NoDataError(f"scenario {COMPLETED} learns from snapshots. Next: hand `snapshots` over, or leave it out")
