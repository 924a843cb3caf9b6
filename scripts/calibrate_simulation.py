"""Solve the constants of the simulation so that scenario letter lands on the published advice of May 2018.

Run ``python scripts/calibrate_simulation.py`` (``--check`` only compares). It simulates the deliveries of the round
in memory, runs the line (``wlz/advice.py``) on them, and adjusts constants per uitvoerder (volume size, price scale,
crisis capacity, meerzorg) and per region (rise of the pgb stand) by secant steps, until every amount is as near to
``reference/mei-advies-2018/unrounded_*.csv`` as ``TOLERANCE_EUR`` says. The result is written to
``reference/simulation/calibration_letter.csv``. ``simulation`` only reads that file and never calls the pipeline.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from simulation import SimulationReference
from simulation.agreements import beleidsregelwaarden, herschikking, nacalculatie
from simulation.budgets import na_ijl, pgb_verleningen
from simulation.claims import Claims, claims_frame
from simulation.reference import load_simulation_reference
from simulation.run import prepare
from warehouse.lake import know_frames, settle_tables
from warehouse.packs import SIMULATED, load_pack, load_reference
from warehouse.settings import load_scenarios
from warehouse.tables.deliveries import KINDS
from warehouse.tables.lag import COMPLETED_SERIES
from warehouse.tables.volumes import BACKTEST
from wlz.advice import compute_advice
from wlz.known.knowledge import Known
from wlz.known.scenarios import LETTER
from wlz.series import aggregate_claims, sum_regions

ROUND_MONTH = date(2018, 5, 1)
YEAR_AGO = date(2017, 5, 1)
BUDGET_YEAR = 2018
TOLERANCE_EUR = {"price_scale": 500, "crisis_capacity_factor": 300, "meerzorg_factor": 300, "pgb_december_ratio": 50}
AIM_EUR = {"price_scale": 100, "crisis_capacity_factor": 50, "meerzorg_factor": 1, "pgb_december_ratio": 10}
MAXIMUM_STEPS = 12
SIZE_STEPS = 8
NEAR = 0.003  # how near to 1 price scales should come
LEAST_SLOPE_RATIO = 0.2  # of the slope so far
DECIMALS = 12
CALIBRATION = Path(__file__).parents[1] / "reference" / "simulation" / "calibration_letter.csv"

ITEM_OF = {
    "crisis_capacity_factor": "crisisbedden",
    "meerzorg_factor": "meerzorg",
    "na_ijl_percentage": "na_ijl",
}

Expected = dict[str, dict[str, float]]  # constant → key → euro it leads to


def to_contract(delivered: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Delivered headers → contract names; months as dates."""
    named = delivered.rename({column.source_name or column.name: column.name for column in KINDS[kind].columns})
    if "care_month" in named.columns:
        named = named.with_columns((pl.col("care_month") + "-01").str.to_date("%Y-%m-%d"))
    return named


def deliver(claims: Claims) -> Known:
    """What the round of May 2018 knew, simulated, for scenario letter."""
    world = claims.world
    delivered = {
        "declaraties": claims_frame(claims, ROUND_MONTH),
        "herschikking": herschikking(claims, date(2018, 2, 15)),
        "nacalculatie": nacalculatie(claims, date(2017, 6, 2)),
        "beleidsregelwaarden": beleidsregelwaarden(world, date(2018, 1, 2)),
        "na_ijl": na_ijl(world, date(2018, 5, 2)),
    }
    letter = [one for one in load_scenarios(BUDGET_YEAR)[0] if one.name == LETTER]
    named = {kind: to_contract(frame, kind) for kind, frame in delivered.items()}
    return know_frames(ROUND_MONTH, named, letter, year_ago=lambda: _sum_year_ago(claims))


def _sum_year_ago(claims: Claims) -> pl.DataFrame:
    """CLAIMS_SNAPSHOT of the claims of May 2017."""
    known = load_reference(load_pack(SIMULATED), YEAR_AGO.year, YEAR_AGO)
    year_ago = to_contract(claims_frame(claims, YEAR_AGO), "declaraties").lazy()
    return sum_regions(aggregate_claims(year_ago, known.crosswalk, known.regions, known.prestaties, YEAR_AGO))


def expected_zin(reference: SimulationReference) -> Expected:
    """Zin expectation and extra items per uitvoerder, as the line computes them from these constants."""
    known = deliver(prepare(reference, until=ROUND_MONTH))
    given = {"backtest": BACKTEST.empty(), "completed_series": COMPLETED_SERIES.empty()}
    advice = compute_advice(known, settle_tables(known), ["extra_items"], given)
    revenue, items = advice["revenue"], advice["extra_items"]
    zin = revenue.filter(pl.col("in_base"), pl.col("care_month").dt.year() == BUDGET_YEAR)
    of_item = {name: _sums(items.filter(pl.col("item") == name), "item_eur") for name in ITEM_OF.values()}
    return {
        "price_scale": _sums(zin, "forecast_amount_eur"),
        **{constant: of_item[name] for constant, name in ITEM_OF.items()},
    }


def _sums(rows: pl.DataFrame, column: str) -> dict[str, float]:
    grouped = rows.group_by("wlz_uitvoerder").agg(pl.col(column).sum().cast(pl.Float64))
    return dict(grouped.sort("wlz_uitvoerder").iter_rows())


def expected_pgb(reference: SimulationReference) -> Expected:
    """Expected pgb stand of December 2018 per region."""
    grants = pgb_verleningen(prepare(reference, until=ROUND_MONTH).world, date(2018, 3, 31))
    letter = [one for one in load_scenarios(BUDGET_YEAR)[0] if one.name == LETTER]
    known = know_frames(ROUND_MONTH, {"pgb_verleningen": to_contract(grants, "pgb_verleningen")}, letter)
    forecast = compute_advice(known, settle_tables(known), ["pgb"])["pgb"]
    december = forecast.filter(pl.col("month") == date(BUDGET_YEAR, 12, 1))
    return {
        "pgb_december_ratio": dict(
            december.select("zorgkantoorregio", pl.col("forecast_stand_eur").cast(pl.Float64)).iter_rows()
        )
    }


def published_targets(reference: SimulationReference) -> Expected:
    """Unrounded amounts every printed figure of the advice follows from."""
    columns = {
        "price_scale": "zin_expected_excl_extra_eur",
        "crisis_capacity_factor": "crisisbedden_eur",
        "meerzorg_factor": "meerzorg_eur",
        "na_ijl_percentage": "na_ijl_eur",
    }
    targets = {
        constant: dict(
            reference.published_uitvoerder.select("wlz_uitvoerder", pl.col(column).cast(pl.Float64)).iter_rows()
        )
        for constant, column in columns.items()
    }
    regions = reference.published_region.select("zorgkantoorregio", pl.col("pgb_expected_eur").cast(pl.Float64))
    targets["pgb_december_ratio"] = dict(regions.iter_rows())
    return targets


@dataclass
class Search:
    """One constant on its way to the value that leads to ``target`` euro: secant steps, the best value kept."""

    target: float
    aim: float
    value: float
    reached: float
    slope: float
    best: float
    best_gap: float

    @property
    def gap(self) -> float:
        """Euro still missing."""
        return self.target - self.reached

    def next_value(self) -> float:
        """The value to try now; where the aim is met with room to spare, the same again."""
        if abs(self.gap) <= self.aim / 10:
            return self.value
        return round(self.value + self.gap / self.slope, DECIMALS)

    def learn(self, value: float, reached: float) -> None:
        """Takes in what a value led to. A slope that is flat or points back is no guide and is not taken over."""
        change = value - self.value
        if abs(change) > 10**-DECIMALS:
            slope = (reached - self.reached) / change
            self.slope = slope if slope > LEAST_SLOPE_RATIO * self.slope else self.slope
        self.value, self.reached = value, reached
        if abs(self.gap) < self.best_gap:
            self.best, self.best_gap = value, abs(self.gap)


def solve(
    reference: SimulationReference,
    expected: Callable[[SimulationReference], Expected],
    constants: tuple[str, ...],
) -> SimulationReference:
    """Secant steps on all keys of the constants at once, until each amount is within ``AIM_EUR`` of its target."""
    targets, reached = published_targets(reference), expected(reference)
    searches = {
        (constant, key): Search(
            target := targets[constant][key],
            AIM_EUR[constant],
            value,
            euro := reached[constant][key],
            euro / value,
            value,
            abs(target - euro),
        )
        for constant in constants
        for key, value in reference.constants(constant).items()
    }
    for step in range(MAXIMUM_STEPS):
        worst = {c: max(abs(search.gap) for (name, _), search in searches.items() if name == c) for c in constants}
        print(f"step {step}: worst gap in euro " + ", ".join(f"{c} {gap:,.2f}" for c, gap in worst.items()), flush=True)
        if all(search.best_gap <= search.aim for search in searches.values()):
            break
        values = {place: search.next_value() for place, search in searches.items()}
        reached = expected(_with_values(reference, values))
        for (constant, key), search in searches.items():
            search.learn(values[constant, key], reached[constant][key])
    return _with_values(reference, {place: search.best for place, search in searches.items()})


def _with_values(reference: SimulationReference, values: dict[tuple[str, str], float]) -> SimulationReference:
    for constant in {constant for constant, _ in values}:
        of_constant = {key: value for (name, key), value in values.items() if name == constant}
        reference = reference.with_constants(constant, of_constant)
    return reference


def size_volumes(reference: SimulationReference) -> SimulationReference:
    """Sizes per uitvoerder that bring the zin expectation near its target at price scale 1.

    Volumes are drawn anew for every size, so this only comes near; the price scale does the rest.
    """
    targets = published_targets(reference)["price_scale"]
    reference = reference.with_constants("price_scale", dict.fromkeys(targets, 1.0))
    size = reference.constants("volume_size")
    best, best_miss = dict(size), dict.fromkeys(targets, float("inf"))
    for _ in range(SIZE_STEPS):
        reached = expected_zin(reference.with_constants("volume_size", size))["price_scale"]
        miss = {key: reached[key] / targets[key] - 1 for key in targets}
        print("price scale 1 misses by " + ", ".join(f"{key} {miss[key]:+.3%}" for key in targets), flush=True)
        for key in targets:
            if abs(miss[key]) < best_miss[key]:
                best[key], best_miss[key] = size[key], abs(miss[key])
        size = {key: round(best[key] if best_miss[key] < NEAR else size[key] / (1 + miss[key]), 4) for key in targets}
        if max(best_miss.values()) < NEAR:
            break
    return reference.with_constants("volume_size", best)


def report_gaps(reference: SimulationReference) -> bool:
    """Prints the gap of every amount; True when all are within ``TOLERANCE_EUR``."""
    targets = published_targets(reference)
    reached = {**expected_zin(reference), **expected_pgb(reference)}
    right = True
    for constant, amounts in reached.items():
        for key, amount in amounts.items():
            gap = amount - targets[constant][key]
            within = abs(gap) <= TOLERANCE_EUR.get(constant, TOLERANCE_EUR["meerzorg_factor"])
            right &= within
            print(f"{constant:24} {key:30} {amount:20,.2f} gap {gap:12,.2f} {'' if within else 'OUTSIDE'}")
    return right


def main() -> int:
    """Solve and write, or only check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only compare the committed constants with the advice")
    parser.add_argument("--only", choices=("zin", "pgb"), help="solve one part")
    arguments = parser.parse_args()
    reference = load_simulation_reference("letter")
    if not arguments.check:
        if arguments.only != "pgb":
            reference = size_volumes(reference)
            reference = solve(reference, expected_zin, ("price_scale", "crisis_capacity_factor", "meerzorg_factor"))
        if arguments.only != "zin":
            reference = solve(reference, expected_pgb, ("pgb_december_ratio",))
        solved = pl.col("constant") != "na_ijl_percentage"
        source = "solved by scripts/calibrate_simulation.py against the unrounded figures of the advice of May 2018"
        written = reference.calibration.with_columns(
            source=pl.when(solved).then(pl.lit(source)).otherwise(pl.col("source"))
        )
        written.write_csv(CALIBRATION)
    return 0 if report_gaps(reference) else 1


if __name__ == "__main__":
    sys.exit(main())
