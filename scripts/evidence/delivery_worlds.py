"""A world of one year in memory: its deliveries judged as on arrival, and the advice on them computed by the line.

Here: files built, read and judged one at a time, and the headline with one of them replaced. Which faults are planted
stands in delivery_faults.py, what is made of the answers in deliveries.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import polars as pl

from expectations import catalogue
from expectations.intake.arrivals import Arrival, load_surroundings, read_arrival
from expectations.intake.known_deliveries import KnownDeliveries
from expectations.judging.results import CheckResult
from expectations.judging.rule import Rule, measure_table
from expectations.judging.runner import judge
from simulation.inputs import FIRST_DELIVERY_MONTH
from simulation.kinds import build_file, build_files, due_months
from simulation.reference import load_simulation_reference
from simulation.run import prepare
from warehouse.lake import know_frames, settle_tables
from warehouse.landing import write_deliveries
from warehouse.landing_zone import hash_file
from warehouse.packs import SIMULATED, asked_of_simulation, load_pack, load_reference, mark_simulated
from warehouse.settings import load_assumptions, load_round, load_rounds_before, load_scenarios
from warehouse.tables.deliveries import DECLARATIES, KINDS
from warehouse.tables.series import DELIVERY_UNIT_CORRECTIONS
from warehouse.tables.volumes import BACKTEST
from wlz.advice import LINE, Advice, compute_advice
from wlz.known.due import find_due
from wlz.known.headline import choose_scenarios
from wlz.known.scenarios import COMPLETED, LETTER
from wlz.lag.complete import DELIVERIES
from wlz.monitor import first_month_needed, sum_providers
from wlz.series import aggregate_claims, sum_regions
from wlz.words.large_frames import as_text
from wlz.words.months import add_months, end_of_month, list_months

CLAIMS = DECLARATIES.name
MONTH = 9  # the advice of September: every kind that a year has is due by then


@dataclass(eq=False)
class Judged:
    """A file as it was judged: results of the rules on deliveries, and the rows that would be used (None: refused)."""

    results: list[CheckResult]
    kept: pl.DataFrame | None
    corrections: pl.DataFrame | None = None


@dataclass(eq=False)
class Computed:
    """An advice on the deliveries: its tables, what the rules on them say."""

    advice: Advice
    results: list[CheckResult] = field(default_factory=list)

    def room_eur(self) -> dict[str, float]:
        """Expected and kader of the nation per scenario and part."""
        rows = self.advice["utilisation"].filter(level="national")
        return {
            f"{row['scenario']} {row['part']} {name}": float(row[name])
            for row in rows.iter_rows(named=True)
            for name in ("expected_eur", "budget_eur")
        }


class YearWorld:
    """The deliveries of a small world as they lie in September of a year, clean ones read once."""

    def __init__(self, year: int, folder: Path, seed: int = 1) -> None:
        self.month, self.folder = date(year, MONTH, 1), folder
        self.claims = prepare(load_simulation_reference("small"), scale="small", until=self.month, seed=seed)
        mark_simulated(self.landing, asked_of_simulation("small", self.month, seed), complete=True)
        for month in list_months(FIRST_DELIVERY_MONTH, self.month):
            files = build_files(self.claims, month, with_claims=False)
            write_deliveries(self.landing, ((month, file.kind, file.frame, 0) for file in files))
        self.around = load_surroundings(self.landing, self.month)
        self.lists = load_reference(load_pack(SIMULATED), year, load_round(self.month).placed_on)
        self.known = KnownDeliveries()
        self.delivered: dict[str, pl.DataFrame] = {}
        self.before: dict[str, pl.DataFrame] = {}
        self.older: dict[str, Judged] = {}
        self.clean: dict[str, Judged] = {}
        self.snapshots = [
            self._snapshot(month) for month in list_months(add_months(self.month, 1 - DELIVERIES), self.month)[:-1]
        ]

    @property
    def landing(self) -> Path:
        """Clean files of every kind but claims."""
        return self.folder / "deliveries"

    def last_month(self, kind: str, back: int = 0) -> date | None:
        """The month of the last delivery of a kind, or of one before it; None without one."""
        due = due_months(kind, self.month)
        return due[-1 - back] if len(due) > back else None

    def rows(self, kind: str, back: int = 0) -> pl.DataFrame | None:
        """Its rows under their delivered headers."""
        month = self.last_month(kind, back)
        return None if month is None else build_file(self.claims, month, kind).frame

    def _snapshot(self, month: date) -> pl.DataFrame:
        """What claims of a month said, added up as the lag stage reads it; no rule judges them."""
        path = self._write(CLAIMS, month, build_file(self.claims, month, CLAIMS).frame)
        judged = self.judge(CLAIMS, path, self.known, ())
        assert judged.kept is not None, "clean claims are read"
        return sum_regions(self._regions(judged)).with_columns(pl.lit(month).alias("delivery_month"))

    def _regions(self, judged: Judged) -> pl.DataFrame:
        assert judged.kept is not None
        lists = self.lists
        corrections = DELIVERY_UNIT_CORRECTIONS.empty() if judged.corrections is None else judged.corrections
        return aggregate_claims(
            as_text(judged.kept).lazy(), lists.crosswalk, lists.regions, lists.prestaties, self.month, corrections
        )

    def _write(self, kind: str, month: date, rows: pl.DataFrame | bytes) -> Path:
        folder = self.folder / "judged" / f"{month:%Y-%m}"
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob(f"{kind}.*"):
            old.unlink()
        if isinstance(rows, bytes):
            path = folder / f"{kind}.csv"
            path.write_bytes(rows)
            return path
        write_deliveries(self.folder / "judged", [(month, kind, rows, 0)])
        return folder / f"{kind}.parquet"

    def judge(
        self, kind: str, path: Path, known: KnownDeliveries, rules: Sequence[Rule] = catalogue.DELIVERY_RULES
    ) -> Judged:
        """A file as on arrival."""
        arrival = Arrival(kind, date.fromisoformat(f"{path.parent.name}-01"), path, hash_file(path))
        read_arrival(arrival, self.around, known, rules=rules)
        results = judge(arrival.metrics) if arrival.metrics else []
        kept = None if any(one.is_blocking for one in results) else arrival.kept
        return Judged(results, kept, arrival.corrections)

    def arrive(self, kind: str, rows: pl.DataFrame | bytes, back: int = 0) -> Judged:
        """A file in place of the last one of its kind, or of the one before it, after what came before it."""
        month = self.last_month(kind, back)
        assert month is not None
        known = replace(self.known, read_now=dict(self.known.read_now), rows_now=dict(self.known.rows_now))
        return self.judge(kind, self._write(kind, month, rows), known)

    def settle(self) -> None:
        """Reads the clean deliveries: of each kind the one before the last as what is known, then the last one."""
        for kind in KINDS:
            for back in (1, 0):
                rows, month = self.rows(kind, back), self.last_month(kind, back)
                if rows is None or month is None:
                    continue
                if back:
                    self.judge(kind, self._write(kind, month, rows), self.known, ())
                    self.before[kind] = rows
                else:
                    self.clean[kind] = self.arrive(kind, rows)
                    self.delivered[kind] = rows
        self.baseline = self.compute({})

    def compute(self, replaced: Mapping[str, Judged | None]) -> Computed:
        """The advice with some of the last deliveries replaced (None: there is none, the one before it counts)."""
        used = {**self.clean, **replaced}
        frames = {kind: self._used_rows(kind, judged) for kind, judged in used.items()}
        claims = used[CLAIMS] or self.clean[CLAIMS]
        regions = self._regions(claims)
        snapshot = sum_regions(regions).with_columns(pl.lit(self.month).alias("delivery_month"))
        first = first_month_needed(self.month, load_assumptions(self.month.year))
        assert claims.kept is not None, "refused claims are not replaced"
        frames[CLAIMS] = sum_providers(as_text(claims.kept).lazy(), first)
        scenarios = choose_scenarios(load_scenarios(self.month.year)[0], (LETTER, COMPLETED), "")
        known = know_frames(
            self.month,
            {kind: frame for kind, frame in frames.items() if frame is not None},
            scenarios,
            snapshots=lambda: pl.concat([*self.snapshots, snapshot]),
            due=find_due(self._register(used), load_round(self.month), load_rounds_before(self.month)),
        )
        given: dict[str, pl.DataFrame] = {"series_region": regions, "backtest": BACKTEST.empty()}
        if replaced and CLAIMS not in replaced:
            changed = _changed_tables(replaced)
            given |= {name: frame for name, frame in self.baseline.advice.items() if name not in changed}
        advice = compute_advice(known, settle_tables(known), ["utilisation"], given)
        return Computed(advice, self._judge(advice))

    def _register(self, used: Mapping[str, Judged | None]) -> pl.DataFrame:
        """The register as it would be with these last deliveries; older ones came at the end of their month."""
        rows = []
        for kind in KINDS:
            for month in due_months(kind, self.month):
                is_last, judged = month == self.last_month(kind), used.get(kind)
                if is_last and judged is None:
                    continue
                kept = judged.kept if is_last and judged is not None else None
                dated = None if kept is None else kept["delivery_date"].max()
                status = "refused" if is_last and kept is None else "accepted"
                rows.append((f"{kind}-{month:%Y-%m}", kind, month, dated or end_of_month(month), status, month, None))
        names = ("delivery_id", "kind", "delivery_month", "received_on", "delivery_status", "registered_at")
        types = (pl.String, pl.String, pl.Date, pl.Date, pl.String, pl.Date)
        return pl.DataFrame(
            rows, schema=dict(zip((*names, "superseded_by"), (*types, pl.String), strict=True)), orient="row"
        )

    def _used_rows(self, kind: str, judged: Judged | None) -> pl.DataFrame | None:
        if judged is not None and judged.kept is not None:
            return as_text(judged.kept)
        if kind not in self.before:
            return None
        if kind not in self.older:
            month = self.last_month(kind, 1)
            assert month is not None
            path = self._write(kind, month, self.before[kind])
            self.older[kind] = self.judge(kind, path, KnownDeliveries(), ())
        kept = self.older[kind].kept
        assert kept is not None, "clean deliveries are read"
        return as_text(kept)

    def _judge(self, advice: Advice) -> list[CheckResult]:
        assumptions = load_assumptions(self.month.year)
        beside = {name: frame for judged in advice.judged.values() for name, frame in judged.items()}
        frames = {**{stage: advice[stage] for stage in advice.judged if stage in advice}, **beside}
        return judge(
            [
                measure_table(rule, frame.filter(scenario=COMPLETED) if "scenario" in frame.columns else frame,
                              of, f"{CLAIMS}-{self.month:%Y-%m}", assumptions)
                for of, frame in frames.items()
                for rule in catalogue.JUDGED.get(of, ())
            ]
        )  # fmt: skip


def _changed_tables(kinds: Mapping[str, object]) -> set[str]:
    """Tables of the line that rest on one of these kinds."""
    changed = set(kinds)
    for stage in LINE:
        if changed & set(stage.reads):
            changed |= set(stage.writes)
    return changed
