"""`make evidence` for whole deliveries: every kind × every fault × three years, what is said of it and what it moves.

    python -m scripts.evidence.deliveries

Rows are kept in docs/reference/evidence/deliveries.csv, written after every cell; a cell that is there is not measured
again (`--again` measures all). The page docs/reference/evidence-deliveries.md is made from them.
"""

import argparse
import csv
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from scripts.evidence.delivery_faults import FAULTS, OF_THE_FILE, OF_THE_ROWS, spoil_file
from scripts.evidence.delivery_worlds import CLAIMS, Computed, Judged, YearWorld
from scripts.evidence.lag import ROWS
from scripts.evidence.planted_defects import Spoken, list_news
from scripts.evidence.years import take_year
from warehouse.tables.deliveries import KINDS
from wlz.known.scenarios import COMPLETED, LETTER
from wlz.words.faults import Spoken

YEARS = (2018, 2019, 2026)
FILE = ROWS / "deliveries.csv"
MATERIAL_RATIO = 0.0005  # of the national expectation: what a cell may move without a word
COLUMNS = ("year", "kind", "fault", "answer", "checks", "named_eur", "moved_eur", "moved_ratio")
SET_APART = ("D02-rows", "P02")


class Cell(NamedTuple):
    """A fault in the last delivery of a kind of a year."""

    year: int
    kind: str
    fault: str


def list_cells(years: Sequence[int]) -> list[Cell]:
    """Every cell of the grid, year by year, so that a world is made once."""
    return [Cell(year, kind, fault) for year in years for kind in KINDS for fault in FAULTS]


def measure_cell(world: YearWorld, cell: Cell) -> dict[str, object]:
    """What is said of the fault and what it moves; `answer` is empty where the kind cannot have it."""
    about = dict(zip(("year", "kind", "fault"), cell, strict=True))
    rows = world.delivered.get(cell.kind)
    if rows is None:
        return about | {"answer": "not delivered"}
    if cell.fault == "missing":
        return about | _answer(world, cell, None, [])
    spoiled = spoil(world, cell, rows)
    if spoiled is None or (isinstance(spoiled, pl.DataFrame) and spoiled.equals(rows)):
        return about | {"answer": "none"}
    judged = world.arrive(cell.kind, spoiled)
    news = list_news(judged.results, world.clean[cell.kind].results)
    if judged.kept is None:
        told = [one for one in news if one.result.is_blocking]
        return about | _row("refused", told)
    return about | _answer(world, cell, judged, news)


def spoil(world: YearWorld, cell: Cell, rows: pl.DataFrame) -> pl.DataFrame | bytes | None:
    """The file of the cell: its rows, or its bytes where the file itself is at fault."""
    if cell.fault in OF_THE_FILE:
        return spoil_file(cell.fault, rows)
    before = world.before.get(cell.kind)
    if cell.fault.startswith("last file again") and before is None:
        return None
    return OF_THE_ROWS[cell.fault](rows, KINDS[cell.kind], rows if before is None else before)


def _answer(world: YearWorld, cell: Cell, judged: Judged | None, news: list[Spoken]) -> dict[str, object]:
    if cell.kind == CLAIMS and judged is None:
        return {"answer": "refused", "checks": "D01", "named_eur": None, "moved_eur": 0}
    try:
        computed = world.compute({cell.kind: judged})
    except Spoken as error:  # taken in, and no advice can be made of it: never right
        return _row("STOPS", news) | {"checks": f"{type(error).__name__}: {error}"[:120]}
    news = [*news, *list_news(computed.results, world.baseline.results)]
    moved = moved_eur(world.baseline, computed)
    of_year = world.baseline.room_eur()
    ratio = moved / sum(eur for name, eur in of_year.items() if name.startswith(COMPLETED) and "expected" in name)
    told = [one for one in news if one.result.severity != "info" or one.euro]
    apart = any(one.result.check_id in SET_APART for one in told)
    answer = "set apart" if apart else "named" if told else "rightly silent" if ratio <= MATERIAL_RATIO else "SILENT"
    return _row(answer, told) | {"moved_eur": round(moved), "moved_ratio": round(ratio, 6)}


def _row(answer: str, told: Sequence[Spoken]) -> dict[str, object]:
    known = [abs(one.euro) for one in told if one.euro is not None]
    return {
        "answer": answer,
        "checks": " ".join(one.result.check_id for one in told),
        "named_eur": round(sum(known)) if known else None,
        "moved_eur": 0 if answer == "refused" else None,
    }


def moved_eur(baseline: Computed, computed: Computed) -> float:
    """How far expectation and kader of the nation moved, zin and pgb without sign, in the scenario that moved most."""
    before, after = baseline.room_eur(), computed.room_eur()
    moved = {name: abs(after.get(name, 0.0) - eur) for name, eur in before.items()}
    return max(sum(eur for name, eur in moved.items() if name.startswith(one)) for one in (LETTER, COMPLETED))


def read_rows() -> dict[Cell, dict[str, str]]:
    """The rows that are there, by cell."""
    if not FILE.exists():
        return {}
    with FILE.open(encoding="utf-8", newline="") as file:
        return {Cell(int(row["year"]), row["kind"], row["fault"]): row for row in csv.DictReader(file)}


def measure(
    years: Sequence[int], kinds: Sequence[str], faults: Sequence[str], *, again: bool
) -> Iterator[dict[str, object]]:
    """Rows of the cells asked for that are not there yet."""
    known = {} if again else read_rows()
    for year in years:
        cells = [one for one in list_cells([year]) if one not in known and one.kind in kinds and one.fault in faults]
        if not cells:
            continue
        with tempfile.TemporaryDirectory() as folder:
            take_year(year, Path(folder) / "years")
            world = YearWorld(year, Path(folder) / "world")
            world.settle()
            for cell in cells:
                yield measure_cell(world, cell)
    os.environ.pop("WLZ_ASSUMPTIONS", None)


def write_rows(rows: dict[Cell, dict[str, object]]) -> None:
    """All rows, in the order of the grid."""
    order = {cell: number for number, cell in enumerate(list_cells(YEARS))}
    with FILE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows[cell] for cell in sorted(rows, key=lambda cell: order.get(cell, len(order))))


def main() -> None:
    """Measures what is missing and writes rows and page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--years", default="")
    parser.add_argument("--kinds", default="")
    parser.add_argument("--faults", default="")
    parser.add_argument("--again", action="store_true")
    asked = parser.parse_args()
    years = [int(one) for one in asked.years.split(",") if one] or list(YEARS)
    kinds = [one for one in asked.kinds.split(",") if one] or list(KINDS)
    faults = [one for one in asked.faults.split(",") if one] or list(FAULTS)
    rows: dict[Cell, dict[str, object]] = dict(read_rows())  # type: ignore[arg-type]
    for row in measure(years, kinds, faults, again=asked.again):
        print(*(f"{row.get(name, '')}" for name in COLUMNS), sep=" | ", flush=True)
        rows[Cell(int(str(row["year"])), str(row["kind"]), str(row["fault"]))] = row
        write_rows(rows)


if __name__ == "__main__":
    main()
