"""`make evidence` for the checks: every planted defect at three sizes, and what clean deliveries are told.

    python -m scripts.evidence.checks --year 2018

Rows per seed are kept in docs/reference/evidence/checks_*.csv; the page docs/reference/evidence-checks.md is made from
them, and a page each for other years than 2018. A quarter of an hour a year on two cores.
"""

import argparse
import multiprocessing
import os
import tempfile
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

YEAR, LAST_MONTH = 2018, 5  # of the pages without a year in their name; of the last delivery
CLEAN_MONTHS = 12
SIZES = ("small", "medium", "large")
DOCS = Path(__file__).parents[2] / "docs" / "reference"
ROWS = DOCS / "evidence"
KEYS = {
    "defects": ["scale", "seed", "check_id", "defect", "size_number"],
    "clean_rules": ["scale", "seed", "check_id", "kind"],
    "clean_months": ["scale", "seed", "delivery_month"],
}
EVERY_FINDING = 1_000_000
CHUNKS = 2  # of the catalogue of defects, per seed: a process each
# What a finding of a rule is one of. Rules that are not here judge a delivery as a whole.
JUDGED = {
    "rows": ("D02", "D02-rows", "D03", "D06", "P02"),
    "zorgkantoren": ("L01", "G01", "G02", "A01"),
    "uitvoerders": ("D05", "D08", "L02", "L03", "L04", "L06", "L09", "L10", "L11"),
    "series": (
        *("L05-family", "L05-silent", "L07", "L08", "V02", "V03", "V03-level", "V04", "V05", "V05-ended", "V06", "F01"),
        *("P03", "P04", "P05", "P06", "P07", "U-agreed", "U-agreed-unused"),
    ),
    "months of series": ("L05", "V01"),
    "prestaties": ("V01-national",),
    "providers": ("L12", "L12-large"),
    "prestaties of providers": ("U01", "U02", "U03", "U04", "U-scale", "U-volume", "P01"),
}
UNITS = {check_id: unit for unit, check_ids in JUDGED.items() for check_id in check_ids}
Rows = dict[str, list[dict[str, Any]]]


class Job(NamedTuple):
    """One world in a process of its own: its clean months, or the defects of one chunk."""

    what: str
    scale: str
    seed: int
    year: int
    chunk: int = 0

    @property
    def until(self) -> date:
        """Month of the last delivery."""
        return date(self.year, LAST_MONTH, 1)


def do_job(job: Job) -> Rows:
    """Rows of one job."""
    from scripts.evidence.later_years import later_years

    with tempfile.TemporaryDirectory() as folder, later_years(job.year, Path(folder)):
        return (measure_clean if job.what == "clean" else measure_defects)(job, Path(folder))


def suffix_of(year: int) -> str:
    """What the names of the files of another year than the first end in."""
    return "" if year == YEAR else f"-{year}"


def files_of(year: int) -> dict[str, Path]:
    """Where the rows of a year are kept."""
    return {name: ROWS / f"checks_{name}{suffix_of(year)}.csv" for name in KEYS}


def measure_defects(job: Job, folder: Path) -> Rows:
    """One row per defect and size of this chunk."""
    from scripts.evidence.checked_worlds import World
    from scripts.evidence.planted_defects import describe_planting, judge_plantings
    from simulation.defects import DEFECTS

    world = World(job.scale, job.seed, job.until, folder)
    names = list(DEFECTS)[job.chunk :: CHUNKS]
    plantings = [world.plant(name, size) for name in names for size in SIZES]
    rows = [
        {"scale": job.scale, "seed": job.seed, "size_number": SIZES.index(planting.size)}
        | describe_planting(world, planting, news)
        for planting, news in zip(plantings, judge_plantings(plantings), strict=True)
    ]
    return {"defects": rows}


def measure_clean(job: Job, folder: Path) -> Rows:
    """Rows per rule, added up over the months, and rows per month, added up over the rules."""
    from expectations.judging.runner import judge
    from scripts.evidence.checked_worlds import CLAIMS, World, judge_forecast
    from simulation.kinds import KINDS
    from wlz.words.months import month_date, month_number

    first = month_date(month_number(job.until) - CLEAN_MONTHS + 1)
    world = World(job.scale, job.seed, job.until, folder, rules_from=first)
    wrong = world.wrong_on_purpose
    judged = []
    with patch(
        "expectations.judging.finding.MAX_FINDINGS", EVERY_FINDING
    ):  # all are named, so that the true ones are counted
        for month in [month for month in world.months if month >= first]:
            claims = world.clean(month)
            others = [world.clean(month, kind) for kind, one in KINDS.items() if kind != CLAIMS and one.is_due(month)]
            measured = [*claims.metrics, *world.clean_stages(month), *judge_forecast(world, month)]
            for delivered, metrics in ((claims, measured), *((one, one.metrics) for one in others)):
                judged += [(month, delivered.counts, one) for one in metrics]
    results = judge([metrics for _, _, metrics in judged])
    known = {"scale": job.scale, "seed": job.seed}
    rows = [
        known | {"delivery_month": f"{month:%Y-%m}"} | describe_clean(result, counts, wrong)
        for (month, counts, _), result in zip(judged, results, strict=True)
    ]
    return {"clean": rows}


def describe_clean(result: Any, counts: dict[str, int], wrong: Collection[tuple[str, str]]) -> dict[str, Any]:
    """One result on a clean delivery: its findings, those that are true because of how the world was made."""
    unit = UNITS.get(result.check_id, "deliveries")
    told = [] if result.findings is None else result.findings.select("wlz_uitvoerder", "prestatiecode").rows()
    return {
        "check_id": result.check_id,
        "kind": result.checked_table,
        "severity": result.severity,
        "is_blocking": result.is_blocking,
        "is_broken": result.outcome == "broken",
        "is_failed": result.outcome == "failed",
        "findings": result.findings_count,
        "true_findings": sum(series in wrong for series in told),
        "at_stake_eur": float(result.at_stake_eur or 0),
        "unit": unit,
        "judged": counts.get(unit, counts["rows"] if unit == "uitvoerders" else 1),
    }


def run_jobs(jobs: Sequence[Job]) -> Rows:
    """Every job, as many at a time as there are cores; each in one thread, so that they do not wait for each other."""
    for name in ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
    rows: Rows = {}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        running = {pool.submit(do_job, job): job for job in jobs}
        for done in as_completed(running):
            for name, found in done.result().items():
                rows.setdefault(name, []).extend(found)
            job = running[done]
            print(f"{job.year}: {job.what}, {job.scale}, seed {job.seed}, part {job.chunk + 1} done", flush=True)
    return rows


def write_rows(rows: Rows, files: Mapping[str, Path]) -> None:
    """The rows as CSV beside the page: defects as they are, clean results added up per rule and per month."""
    import polars as pl

    tables = {}
    if "defects" in rows:
        tables["defects"] = pl.DataFrame(rows["defects"], infer_schema_length=None)
    if "clean" in rows:
        results = pl.DataFrame(rows["clean"], infer_schema_length=None)
        sums = pl.col("is_failed", "is_blocking", "is_broken", "findings", "true_findings", "at_stake_eur").sum()
        tables["clean_rules"] = results.group_by("scale", "seed", "check_id", "kind", "unit").agg(
            pl.col("severity").min(),
            pl.len().alias("results"),
            pl.col("findings").max().alias("most_in_a_month"),
            sums,
            pl.col("judged").sum(),
        )
        is_info = pl.col("severity") == "info"
        tables["clean_months"] = results.group_by("scale", "seed", "delivery_month").agg(
            pl.len().alias("results"),
            pl.col("is_blocking", "is_broken").sum(),
            *(
                pl.col(name).filter(which).sum().alias(f"{label}_{name}")
                for label, which in (("warn", ~is_info), ("info", is_info))
                for name in ("is_failed", "findings", "true_findings")
            ),
        )
    for name, table in tables.items():
        rounded = table.sort(KEYS[name]).with_columns(
            pl.col(column).round(4 if column.endswith("_ratio") else 2)
            for column, dtype in table.schema.items()
            if dtype == pl.Float64
        )
        rounded.drop("size_number", strict=False).write_csv(files[name])


def main() -> None:
    """Simulate, plant, judge, write the rows and the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--letter", type=int, default=5, help="clean seeds at letter scale")
    parser.add_argument("--small", type=int, default=20, help="clean seeds at small scale")
    parser.add_argument("--defects", type=int, default=1, help="seeds with defects at letter scale")
    parser.add_argument("--page", action="store_true", help="write the page again from the rows that are there")
    parser.add_argument("--year", type=int, nargs="+", default=[2018, 2019, 2026], help="budget years, as seen in May")
    asked = parser.parse_args()
    from scripts.evidence.checks_page import write_page

    for year in asked.year:
        if not asked.page:
            defects = [(seed + 1, chunk) for seed in range(asked.defects) for chunk in range(CHUNKS)]
            clean = [("letter", asked.letter), ("small", asked.small)]
            jobs = [
                *(Job("defects", "letter", seed, year, chunk) for seed, chunk in defects),
                *(Job("clean", scale, seed + 1, year) for scale, seeds in clean for seed in range(seeds)),
            ]
            ROWS.mkdir(exist_ok=True)
            write_rows(run_jobs(jobs), files_of(year))
        write_page(DOCS / f"evidence-checks{suffix_of(year)}.md", files_of(year), year)


if __name__ == "__main__":
    main()
