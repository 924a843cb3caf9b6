"""Simulated deliveries judged in memory by the rules of a run: as they are, or with a defect planted in them.

Here: a world of known truth, what a delivery of it leaves behind, the stages that judge claims. No Dagster and no lake.
Which figures are made of the results stands in evidence_checks.py; the end-to-end test of the defects uses this too.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import polars as pl

from expectations import catalogue
from expectations import prices as price_rules
from expectations.intake.arrivals import Arrival, Reader, Surroundings, hash_file, load_surroundings
from expectations.judging.results import foresees_block
from expectations.judging.rule import Rule, RuleMetrics, measure_table
from expectations.volumes import CLAIM_RULES, FLAG_RULES
from simulation.defects import DEFECTS, plant_defects, touched_files
from simulation.inputs import FIRST_DELIVERY_MONTH, SimulatedFile, months_between
from simulation.kinds import build_file, build_files, due_months
from simulation.reference import load_simulation_reference
from simulation.run import prepare
from warehouse import reference
from warehouse.landing import write_deliveries
from warehouse.settings import load_assumptions, load_round, load_scenarios
from warehouse.store import Store
from warehouse.tables.deliveries import DECLARATIES, DELIVERY_REGISTER, KINDS
from wlz.forecasting.engines import ENGINES
from wlz.known.assumptions import paid_shares
from wlz.lag.complete import (
    DELIVERIES,
    CompletedAdvice,
    claims_for_prices,
    complete_advice,
    completed_panel,
    enough_deliveries,
)
from wlz.lag.findings import list_more_findings
from wlz.lag.tables import list_findings
from wlz.monitor import WRONG_SCHEMA, find_places, first_month_needed, monitor_providers, sum_providers
from wlz.prices.prices import derive_prices, join_expected, value_volumes, volumes_without_price
from wlz.series import (
    aggregate_claims,
    build_series,
    claims_by_year,
    claims_without_forecast,
    ended_codes,
    last_base_month,
    place_by_year,
    replaced_codes,
    sum_regions,
)
from wlz.volumes.scenarios import list_flagged, put_completed
from wlz.volumes.volumes import VolumePanel, build_panel, forecast_panel, sum_year_volumes
from wlz.words.large_frames import as_text

CLAIMS = DECLARATIES.name
NO_LAKE = Store(Path("no-lake"))  # read only where the register names a delivery, and it names none
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
        for month in self.months:
            files = build_files(self.claims, month, with_claims=False)
            write_deliveries(self.landing, ((month, file.kind, file.frame, 0) for file in files))
        self._around: dict[date, Surroundings] = {}
        self._clean: dict[tuple[date, str], Delivered] = {}
        self._stages: dict[date, list[RuleMetrics]] = {}
        self._completed: dict[date, pl.DataFrame | None] = {}

    @property
    def landing(self) -> Path:
        """Clean files of every kind but claims."""
        return self.folder / "deliveries"

    @property
    def months(self) -> list[date]:
        """Delivery months, oldest first."""
        return months_between(FIRST_DELIVERY_MONTH, self.until)

    @property
    def wrong_on_purpose(self) -> list[str]:
        """How findings begin that are true of a clean world: series that are late, stopped, or agreed in hours."""
        cells = self.claims.world.cells
        wrong = {*cells.late, *cells.stopped, *cells.hours_as_minutes, *cells.hours, *self._agreed_in_hours()}
        return [text for name, code in sorted(wrong) for text in (f"{name}, {code}:", f"{code}/{name}:")]

    def _agreed_in_hours(self) -> list[tuple[str, str]]:
        """Series with an agreement in hours under the code of minutes: at a price that no minute has."""
        places = find_places(reference.load_crosswalk(), reference.load_regions(), self.until)
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
            file = build_file(self.claims, month, kind)
            self._clean[month, kind] = self.take_in(file, self.history(month) if kind == CLAIMS else [], rules)
        return self._clean[month, kind]

    def history(self, month: date) -> list[Delivered]:
        """Clean claims of the months before one."""
        return [self.clean(one) for one in self.months if one < month]

    def clean_stages(self, month: date) -> list[RuleMetrics]:
        """What the stages lag and monitor measured on the clean claims of a month."""
        if month not in self._stages:
            accepted = [*self.history(month), self.clean(month)]
            found = complete_claims(accepted)
            self._completed[month] = None if found is None else found.series
            of_lag = [] if found is None else judge_lag(accepted, found)
            self._stages[month] = [*of_lag, *judge_monitor(accepted)]
        return self._stages[month]

    def completed(self, month: date) -> pl.DataFrame | None:
        """COMPLETED_SERIES of the clean claims of a month; None before the year has two deliveries."""
        self.clean_stages(month)
        return self._completed[month]

    def take_in(self, file: SimulatedFile, before: Sequence[Delivered], rules: Sequence[Rule]) -> Delivered:
        """One file written, read and measured as on arrival; budgets and the like as a run of the last month does."""
        around = self.surroundings(file.delivery_month if file.kind == CLAIMS else self.until)
        reader = Reader(NO_LAKE, DELIVERY_REGISTER.empty(), around, {}, rules)
        for one in before:
            if one.euro is not None and one.received_on is not None:
                reader.good_claims[one.month], reader.good_dates[one.month] = one.euro, one.received_on
        arrival = _arrive(self.folder / "judged", file)
        reader.read(arrival)
        done = Delivered(file.delivery_month, arrival.metrics, {"deliveries": 1, "rows": arrival.rows})
        kept, done.received_on = None if arrival.kept is None else as_text(arrival.kept), arrival.received_on
        if kept is not None and "zorgkantoor_code" in kept.columns:
            done.counts["zorgkantoren"] = kept["zorgkantoor_code"].n_unique()
        if file.kind == CLAIMS and kept is not None and not any(map(foresees_block, arrival.metrics)):
            _keep_claims(done, kept, arrival.corrections, reader.good_claims[file.delivery_month], around.assumptions)
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
            files, truth = plant_defects(wrong, [build_file(wrong, month, kind)])
            truths.append(truth)
            history += [self.take_in(file, history, catalogue.DELIVERY_RULES) for file in files]
        spoiled, clean = history[-1].metrics, self.clean(last, kind).metrics
        if with_stages and history[-1].snapshot is not None:
            stages = judge_stages(history)
            spoiled, clean = [*spoiled, *stages], [*clean, *self.clean_stages(last)]
        return Planting(name, size, spoiled, clean, pl.concat(truths))


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
    places = reference.load_crosswalk(), reference.load_regions()
    done.euro = euro
    done.regions = aggregate_claims(kept.lazy(), *places, reference.load_prestaties(), done.month, corrections)
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


def judge_stages(history: Sequence[Delivered]) -> list[RuleMetrics]:
    """The rules of the stages lag and monitor on the last of these claims deliveries."""
    accepted = [one for one in history if one.snapshot is not None]
    found = complete_claims(accepted)
    return [*([] if found is None else judge_lag(accepted, found)), *judge_monitor(accepted)]


def _rules_of(kind: str) -> list[Rule]:
    return [rule for rule in catalogue.TABLE_RULES if kind in rule.kinds]


def _measure_all(
    rules: Sequence[Rule], frame: pl.DataFrame, month: date, assumptions: Mapping[str, float]
) -> list[RuleMetrics]:
    return [measure_table(rule, frame, rule.kinds[0], f"{CLAIMS}-{month:%Y-%m}", assumptions) for rule in rules]


def complete_claims(accepted: Sequence[Delivered]) -> CompletedAdvice | None:
    """The months of the last delivery completed; None before the budget year has two deliveries of its own."""
    last = accepted[-1]
    year = load_round(last.month).budget_year
    if not enough_deliveries([one.month for one in accepted], year):
        return None
    return complete_advice(
        _snapshots(accepted),
        _series(last, load_assumptions(year)),
        reference.load_prestaties(),
        claims_month=last.month,
        engine=ENGINES[_completed_engine(year)],
        ended=ended_codes(reference.load_prestaties()),
    )


def _snapshots(accepted: Sequence[Delivered]) -> pl.DataFrame:
    return pl.concat([one.snapshot for one in accepted[-DELIVERIES:] if one.snapshot is not None])


def _completed_engine(year: int) -> str:
    return next(one.engine for one in load_scenarios(year)[0] if one.completes_lag)


def judge_lag(accepted: Sequence[Delivered], found: CompletedAdvice) -> list[RuleMetrics]:
    """The rules on the months already delivered."""
    assumptions = load_assumptions(load_round(found.claims_month).budget_year)
    more = list_more_findings(found, _snapshots(accepted), reference.load_prestaties(), assumptions)
    findings = pl.concat([list_findings(found), more], how="diagonal")
    return _measure_all(_rules_of("completed_series"), findings, found.claims_month, assumptions)


def _regions(last: Delivered) -> pl.DataFrame:
    assert last.regions is not None, "claims that a stage judges were accepted"
    return last.regions


def _series(last: Delivered, assumptions: Mapping[str, float]) -> pl.DataFrame:
    lag, window = int(assumptions["letter_minimum_lag_months"]), int(assumptions["fit_months"])
    return build_series(_regions(last), last.month, lag, window)


def judge_monitor(history: Sequence[Delivered]) -> list[RuleMetrics]:
    """The rules on single providers: the last delivery beside the accepted one before it."""
    said = [(one.month, one.providers) for one in history if one.providers is not None]
    if len(said) < 2:
        return []
    (_, before), (month, now) = said[-2:]
    assumptions = load_assumptions(load_round(month).budget_year)
    places = find_places(reference.load_crosswalk(), reference.load_regions(), month)
    nobody = pl.DataFrame(schema=WRONG_SCHEMA)
    monitor = monitor_providers(now, before, places, nobody, month, assumptions)
    return _measure_all(_rules_of("monitor_provider"), monitor, month, assumptions)


def judge_forecast(world: World, month: date) -> list[RuleMetrics]:
    """The rules on volumes and prices of a clean month: those of the scenario shown first, and the flags of base."""
    last, year, completed = world.clean(month), load_round(month).budget_year, world.completed(month)
    assumptions, prestaties = load_assumptions(year), reference.load_prestaties()
    series = _series(last, assumptions)
    flagged, first = _forecast(series, year, own_rules=True), _forecast_first(series, year, completed)
    prices = _price(world, last, first, completed)
    valued, ruled = (value_volumes(one, prices, prestaties, year) for one in (first, flagged))
    judged = (
        (price_rules.RULES, volumes_without_price(first, prices, year)),
        (price_rules.PRICE_RULES, join_expected(prices, valued)),
        (CLAIM_RULES, claims_without_forecast(series, valued, year)),
        (FLAG_RULES, list_flagged(flagged, ruled, series, year)),
    )
    return [one for rules, frame in judged for one in _measure_all(rules, frame, month, assumptions)]


def _forecast_first(series: pl.DataFrame, year: int, completed: pl.DataFrame | None) -> pl.DataFrame:
    """Volumes of scenario completed, or of letter where nothing is completed yet."""
    if completed is None:
        return _forecast(series, year, own_rules=False)
    panel = completed_panel(
        completed,
        series,
        reference.load_prestaties(),
        last_month=date(year + 1, 12, 1),
        successors=replaced_codes(reference.load_prestaties()),
    )
    return put_completed(_forecast_panel(panel, year, _completed_engine(year), own_rules=True), completed)


def _forecast(series: pl.DataFrame, year: int, *, own_rules: bool) -> pl.DataFrame:
    """Volumes by the engine of the letter, with or without the rules of ours."""
    observed = series.filter("in_forecast_base").rename({"declared_volume": "volume"})
    first = observed["care_month"].min()
    assert isinstance(first, date), "claims have months old enough"
    panel = build_panel(
        observed,
        first_month=first,
        last_observed=last_base_month(series),
        successors=replaced_codes(reference.load_prestaties()),
        own_rules=own_rules,
    )
    return _forecast_panel(panel, year, ENGINE, own_rules=own_rules)


def _forecast_panel(panel: VolumePanel, year: int, engine: str, *, own_rules: bool) -> pl.DataFrame:
    return forecast_panel(
        panel,
        last_month=date(year + 1, 12, 1),
        engine=engine,
        run_engine=ENGINES[engine],
        ended=ended_codes(reference.load_prestaties()),
        successors=replaced_codes(reference.load_prestaties()),
        own_rules=own_rules,
    )


def _price(world: World, last: Delivered, volumes: pl.DataFrame, completed: pl.DataFrame | None) -> pl.DataFrame:
    year, newest = load_round(last.month).budget_year, world.surroundings(last.month).newest
    assumptions, known = load_assumptions(year), _regions(last)
    if completed is not None:
        known = claims_for_prices(known, completed, year, assumptions["price_minimum_completeness_ratio"])
    agreements = newest.get("herschikking", KINDS["herschikking"].empty())
    return derive_prices(
        claims=claims_by_year(known),
        agreements=place_by_year(agreements, reference.load_crosswalk(), reference.load_regions()),
        tariffs=newest["beleidsregelwaarden"],
        paid_shares=paid_shares(reference.load_nhc_growin(), assumptions),
        volumes_year=sum_year_volumes(volumes, year),
        prestaties=reference.load_prestaties(),
        budget_year=year,
        assumptions=assumptions,
    )
