"""Simulated deliveries judged in memory by the rules of a run: as they are, or with a defect planted in them.

Here: a world of known truth, what a delivery of it leaves behind, the stages that judge claims. No Dagster and no lake.
Which figures are made of the results stands in evidence_checks.py; the end-to-end test of the defects uses this too.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from itertools import product
from pathlib import Path

import polars as pl

from expectations import catalogue
from expectations.intake.arrivals import Arrival, Surroundings, load_surroundings, read_arrival
from expectations.intake.known_deliveries import GoodClaims, KnownDeliveries
from expectations.judging.results import foresees_block
from expectations.judging.rule import Rule, RuleMetrics, measure_table
from simulation.claims import BILLING_SHIFTS
from simulation.defects import DEFECTS, plant_defects, touched_files
from simulation.inputs import FIRST_DELIVERY_MONTH, SimulatedFile
from simulation.kinds import build_file, build_files, due_months
from simulation.reference import load_simulation_reference
from simulation.run import prepare
from warehouse.lake import know_frames, settle_tables
from warehouse.landing import write_deliveries
from warehouse.landing_zone import hash_file
from warehouse.packs import SIMULATED, asked_of_simulation, load_pack, load_reference, mark_simulated
from warehouse.settings import load_assumptions, load_round, load_scenarios
from warehouse.tables.deliveries import DECLARATIES
from warehouse.tables.volumes import BACKTEST
from wlz.advice import Advice, compute_advice
from wlz.known.headline import choose_scenarios, enough_deliveries, keep_possible
from wlz.known.knowledge import Known
from wlz.known.reference import Reference
from wlz.known.scenarios import BASE, COMPLETED, LETTER
from wlz.lag.complete import DELIVERIES
from wlz.monitor import WRONG_SCHEMA, find_places, first_month_needed, sum_providers
from wlz.series import aggregate_claims, sum_regions
from wlz.words.large_frames import as_text
from wlz.words.months import add_months, list_months

CLAIMS = DECLARATIES.name
HISTORY = 28  # deliveries of claims that are read: a year that is judged, and what the stages of its first month need
PLANTED = 3  # the last deliveries of claims that a defect may be in
ENGINE = "ets_select"  # that of the letter; base takes it here too: its rules are wanted, not its engine
MINUTES, NO_MINUTE_EUR = "01", 10.0  # the dearest minute of care costs less than two euro


@dataclass(eq=False)
class Delivered:
    """One delivered file after reading: what the rules measured, how much there was to judge, what later ones need.

    ``euro``, ``regions``, ``snapshot`` and ``providers`` are empty for other kinds than claims, and for claims that a
    rule refuses.
    """

    month: date
    metrics: list[RuleMetrics]
    counts: dict[str, int]
    received_on: date | None = None
    euro: pl.DataFrame | None = None
    regions: pl.DataFrame | None = None
    snapshot: pl.DataFrame | None = None
    providers: pl.DataFrame | None = None


@dataclass(frozen=True)
class Planting:
    """A defect in its last delivery: what was measured there, the euro of the truth, the twin without the defect."""

    name: str
    size: str
    spoiled: list[RuleMetrics]
    clean: list[RuleMetrics]
    truth: pl.DataFrame = field(compare=False)

    @property
    def planted_eur(self) -> float:
        """Euro of the truth: what the last delivery hides or adds, or all of it where none is in the last delivery."""
        last = DEFECTS[self.name].touched[self.size][0] == 0
        rows = self.truth.filter(pl.col("delivery_month") == pl.col("delivery_month").max()) if last else self.truth
        return float(rows["amount_eur"].sum())


class World:
    """Deliveries of one seed up to a month, each judged once; ``folder`` holds the files while they are read."""

    def __init__(self, scale: str, seed: int, until: date, folder: Path, rules_from: date | None = None) -> None:
        self.claims = prepare(load_simulation_reference(scale), scale=scale, until=until, seed=seed)
        self.until, self.folder = until, folder
        self.rules_from = rules_from or until  # older deliveries are history only
        mark_simulated(self.landing, asked_of_simulation(scale, until, seed), complete=True)  # read with its codes
        for month in list_months(FIRST_DELIVERY_MONTH, until):
            files = build_files(self.claims, month, with_claims=False)
            write_deliveries(self.landing, ((month, file.kind, file.frame, 0) for file in files))
        self._around: dict[date, Surroundings] = {}
        self._clean: dict[tuple[date, str], Delivered] = {}
        self._stages: dict[date, list[RuleMetrics]] = {}
        self._built: dict[tuple[date, str], SimulatedFile] = {}

    @property
    def landing(self) -> Path:
        """Clean files of every kind but claims."""
        return self.folder / "deliveries"

    @property
    def months(self) -> list[date]:
        """Delivery months of claims, oldest first."""
        return list_months(max(FIRST_DELIVERY_MONTH, add_months(self.until, 1 - HISTORY)), self.until)

    @property
    def wrong_on_purpose(self) -> set[tuple[str, str]]:
        """Uitvoerder and prestatie of what is true of a clean world: late, stopped, agreed in hours, ended."""
        cells = self.claims.world.cells
        late = {*cells.late, *cells.stopped, *cells.hours_as_minutes, *cells.hours, *self._agreed_in_hours()}
        return {*late, *self._ended()}

    def _ended(self) -> list[tuple[str, str]]:
        """Series of which the list says that the code ended, and that were claimed in the world."""
        lists = lists_of(self.until)
        ended = [code for code, day in lists.ended.items() if day < self.until]
        return list(product(lists.regions["wlz_uitvoerder"].unique(), ended))

    def _agreed_in_hours(self) -> list[tuple[str, str]]:
        """Series with an agreement in hours under the code of minutes: at a price that no minute has."""
        lists = lists_of(self.until)
        places = find_places(lists.crosswalk, lists.regions, self.until)
        price = pl.col("amount_eur").cast(pl.Float64) / pl.col("volume")
        wrong = (
            self.surroundings(self.until)
            .newest["herschikking"]
            .filter(pl.col("unit_code") == MINUTES, price > NO_MINUTE_EUR)
        )
        return wrong.join(places, on="zorgkantoor_code").select("wlz_uitvoerder", "prestatiecode").unique().rows()

    def surroundings(self, month: date) -> Surroundings:
        """Budgets, tariffs and agreements known in a month."""
        if month not in self._around:
            self._around[month] = load_surroundings(self.landing, month)
        return self._around[month]

    def clean(self, month: date, kind: str = CLAIMS) -> Delivered:
        """The file as it should be; claims after those of the months before."""
        if (month, kind) not in self._clean:
            is_judged = kind != CLAIMS or month >= self.rules_from
            rules = catalogue.DELIVERY_RULES if is_judged else ()
            file = self.built(month, kind)
            self._clean[month, kind] = self.take_in(file, self.history(month) if kind == CLAIMS else [], rules)
        return self._clean[month, kind]

    def built(self, month: date, kind: str) -> SimulatedFile:
        """The clean file; of claims only those that defects are planted in are kept, a million rows each."""
        if kind == CLAIMS and month < add_months(self.until, 1 - PLANTED):
            return build_file(self.claims, month, kind)
        if (month, kind) not in self._built:
            self._built[month, kind] = build_file(self.claims, month, kind)
        return self._built[month, kind]

    def history(self, month: date) -> list[Delivered]:
        """Clean claims of the months before one."""
        return [self.clean(one) for one in self.months if one < month]

    def clean_stages(self, month: date) -> list[RuleMetrics]:
        """What the stages lag and monitor measured on the clean claims of a month."""
        if month not in self._stages:
            self._stages[month] = judge_stages([*self.history(month), self.clean(month)])
        return self._stages[month]

    def take_in(self, file: SimulatedFile, before: Sequence[Delivered], rules: Sequence[Rule]) -> Delivered:
        """One file written, read and measured as on arrival; budgets and the like as a run of the last month does."""
        around = self.surroundings(file.delivery_month if file.kind == CLAIMS else self.until)
        known = KnownDeliveries()
        for one in before:
            if one.euro is not None:
                known.read_now[one.month] = GoodClaims(one.euro, one.received_on)
        arrival = _arrive(self.folder / "judged", file)
        read_arrival(arrival, around, known, rules=rules)
        done = Delivered(file.delivery_month, arrival.metrics, {"deliveries": 1, "rows": arrival.rows})
        kept, done.received_on = None if arrival.kept is None else as_text(arrival.kept), arrival.received_on
        if kept is not None and "zorgkantoor_code" in kept.columns:
            done.counts["zorgkantoren"] = kept["zorgkantoor_code"].n_unique()
        if file.kind == CLAIMS and kept is not None and not any(map(foresees_block, arrival.metrics)):
            _keep_claims(done, kept, arrival.corrections, known.read_now[file.delivery_month].euro, around.assumptions)
        return done

    def plant(self, name: str, size: str, *, with_stages: bool = True) -> Planting:
        """A defect in the files it touches, judged to its last delivery; stages where that delivery is not refused."""
        kind = DEFECTS[name].kind
        settings = replace(self.claims.world.settings, defects=(f"{name}:{size}",))
        wrong = replace(self.claims, world=replace(self.claims.world, settings=settings))
        last = due_months(kind, self.until)[-1]
        first = min(month for month, _ in touched_files(settings))
        months = [month for month in due_months(kind, self.until) if month >= first]
        history = self.history(first) if kind == CLAIMS else []
        truths = []
        for month in months:
            file = build_file(wrong, month, kind) if name in BILLING_SHIFTS else self.built(month, kind)
            files, truth = plant_defects(wrong, [file])
            truths.append(truth)
            history += [self.take_in(file, history, catalogue.DELIVERY_RULES) for file in files]
        spoiled, clean = history[-1].metrics, self.clean(last, kind).metrics
        if with_stages and history[-1].snapshot is not None:
            stages = judge_stages(history)
            spoiled, clean = [*spoiled, *stages], [*clean, *self.clean_stages(last)]
        return Planting(name, size, spoiled, clean, pl.concat(truths))


@lru_cache
def lists_of(month: date) -> Reference:
    """What the pack of simulated worlds says for an advice of a month."""
    advice_round = load_round(month)
    return load_reference(load_pack(SIMULATED), advice_round.budget_year, advice_round.placed_on)


def _arrive(folder: Path, file: SimulatedFile) -> Arrival:
    """The file in a landing zone, with its control file if it has one."""
    month = file.delivery_month
    write_deliveries(folder, [(month, file.kind, file.frame, 0)])
    path = folder / f"{month:%Y-%m}" / f"{file.kind}.parquet"
    control = path.with_name(f"{file.kind}.control.json")
    control.unlink(missing_ok=True)
    if file.control is not None:
        control.write_text(json.dumps(dict(file.control)), encoding="utf-8")
    return Arrival(file.kind, month, path, hash_file(path))


def _keep_claims(
    done: Delivered,
    kept: pl.DataFrame,
    corrections: pl.DataFrame | None,
    euro: pl.DataFrame,
    assumptions: Mapping[str, float],
) -> None:
    """What later deliveries and the stages need of accepted claims, and how much there is to judge in them."""
    lists = lists_of(done.month)
    places = lists.crosswalk, lists.regions
    done.euro = euro
    done.regions = aggregate_claims(kept.lazy(), *places, lists.prestaties, done.month, corrections)
    done.snapshot = sum_regions(done.regions).with_columns(pl.lit(done.month).alias("delivery_month"))
    done.providers = sum_providers(kept.lazy(), first_month_needed(done.month, assumptions))
    provider = ["zorgkantoor_code", "agb_code"]
    done.counts |= {
        "uitvoerders": euro["wlz_uitvoerder"].n_unique(),
        "series": done.snapshot.n_unique(["prestatiecode", "wlz_uitvoerder"]),
        "months of series": done.snapshot.height,
        "prestaties": done.snapshot["prestatiecode"].n_unique(),
        "providers": done.providers.n_unique(provider),
        "prestaties of providers": kept.n_unique([*provider, "prestatiecode"]),
    }


def know_claims(accepted: Sequence[Delivered], newest: Mapping[str, pl.DataFrame] | None = None) -> Known:
    """What an advice on the last of these claims deliveries knows: base with the engine of the letter, and completed.

    Of the claims only the sums that the monitor looks at; what they add up to is given to the line as its table.
    """
    last, before = accepted[-1], accepted[:-1]
    year = load_round(last.month).budget_year
    completes = enough_deliveries([one.month for one in accepted], year)
    wanted = choose_scenarios(load_scenarios(year)[0], (LETTER, BASE, COMPLETED), "")
    scenarios = [
        one._replace(engine=ENGINE) if one.name == BASE else one
        for one in keep_possible(wanted, has_indications=False, completes=completes)
    ]
    sums = {CLAIMS: _sums_of(last)}
    return know_frames(
        last.month,
        {**(newest or {}), **sums},
        scenarios,
        claims_before=_sums_of(before[-1]).lazy() if before else None,
        snapshots=lambda: _snapshots(accepted),
        wrong_providers=lambda: pl.DataFrame(schema=WRONG_SCHEMA),
    )


def compute_stages(
    accepted: Sequence[Delivered], wanted: Sequence[str], newest: Mapping[str, pl.DataFrame] | None = None
) -> Advice:
    """Stages of the line on the last of these claims deliveries; no backtest is made for them."""
    known = know_claims(accepted, newest)
    given = {"series_region": _regions(accepted[-1]), "backtest": BACKTEST.empty()}
    return compute_advice(known, settle_tables(known), wanted, given)


def _snapshots(accepted: Sequence[Delivered]) -> pl.DataFrame:
    return pl.concat([one.snapshot for one in accepted[-DELIVERIES:] if one.snapshot is not None])


def _regions(last: Delivered) -> pl.DataFrame:
    assert last.regions is not None, "claims that a stage judges were accepted"
    return last.regions


def _sums_of(one: Delivered) -> pl.DataFrame:
    assert one.providers is not None, "claims that a stage judges were accepted"
    return one.providers


def judge_stages(history: Sequence[Delivered]) -> list[RuleMetrics]:
    """The rules of the stages lag and monitor on the last of these claims deliveries."""
    accepted = [one for one in history if one.snapshot is not None]
    advice = compute_stages(accepted, ["completed_series", *(["monitor_provider"] if len(accepted) > 1 else [])])
    return judge_computed(advice, accepted[-1].month)


def judge_computed(advice: Advice, month: date) -> list[RuleMetrics]:
    """The rules of the catalogue on what was computed: on frames beside the tables, else on the table of a rule."""
    assumptions = load_assumptions(load_round(month).budget_year)
    beside = {name: frame for judged in advice.judged.values() for name, frame in judged.items()}
    frames = {**advice, **beside}
    return [
        measure_table(rule, frames[of], rule.kinds[0], f"{CLAIMS}-{month:%Y-%m}", assumptions)
        for of, rules in catalogue.JUDGED.items()
        if of in frames
        for rule in rules
    ]


def judge_forecast(world: World, month: date) -> list[RuleMetrics]:
    """The rules on volumes and prices of a clean month: those of the scenario shown first, and the flags of base."""
    accepted = [*world.history(month), world.clean(month)]
    advice = compute_stages(accepted, ["revenue"], world.surroundings(month).newest)
    advice.judged = {"revenue": advice.judged["revenue"]}
    return judge_computed(advice, month)
