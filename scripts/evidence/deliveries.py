"""`make evidence` for whole deliveries: every kind × every fault × three years, what is said of it and what it moves.

    python -m scripts.evidence.deliveries

Rows are kept in docs/reference/evidence/deliveries.csv, written after every cell; a cell that is there is not measured
again (`--again` measures all). The page docs/reference/evidence-deliveries.md is made from them.
"""

import argparse
import csv
import os
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from scripts.evidence.delivery_faults import FAULTS, OF_THE_FILE, OF_THE_ROWS, spoil_file
from scripts.evidence.delivery_worlds import CLAIMS, Computed, Judged, YearWorld
from scripts.evidence.lag import DOCS, ROWS
from scripts.evidence.planted_defects import Spoken as Told
from scripts.evidence.planted_defects import list_news
from scripts.evidence.years import take_year
from warehouse.tables.deliveries import KINDS
from wlz.known.scenarios import COMPLETED, LETTER
from wlz.words import faults

YEARS = (2018, 2019, 2026)
FILE, PAGE = ROWS / "deliveries.csv", DOCS / "evidence-deliveries.md"
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


def _answer(world: YearWorld, cell: Cell, judged: Judged | None, news: list[Told]) -> dict[str, object]:
    if cell.kind == CLAIMS and judged is None:
        return {"answer": "refused", "checks": "D01", "named_eur": None, "moved_eur": 0}
    try:
        computed = world.compute({cell.kind: judged})
    except faults.Spoken as error:  # taken in, and no advice can be made of it: never right
        return _row("STOPS", news) | {"checks": f"{type(error).__name__}: {error}"[:120]}
    news = [*news, *list_news(computed.results, world.baseline.results)]
    moved = moved_eur(world.baseline, computed)
    of_year = world.baseline.room_eur()
    ratio = moved / sum(eur for name, eur in of_year.items() if name.startswith(COMPLETED) and "expected" in name)
    told = [one for one in news if one.result.severity != "info" or one.euro]
    apart = any(one.result.check_id in SET_APART for one in told)
    answer = "set apart" if apart else "named" if told else "rightly silent" if ratio <= MATERIAL_RATIO else "SILENT"
    return _row(answer, told) | {"moved_eur": round(moved), "moved_ratio": round(ratio, 6)}


def _row(answer: str, told: Sequence[Told]) -> dict[str, object]:
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


def write_page(path: Path, rows: Collection[Mapping[str, object]]) -> None:
    """docs/reference/evidence-deliveries.md from the rows alone."""
    asked = [row for row in rows if row["answer"] not in ("none", "not delivered")]
    wrong = [row for row in asked if is_wrong(row)]
    page = [
        *INTRODUCTION,
        f"Cells: {len(asked)}; {', '.join(f'{answer} {count}' for answer, count in _count(asked).items())}.",
        f"Moved by more than {MATERIAL_RATIO:.2%} of the expectation and by more than is named: {len(wrong)}.",
        "",
        *_table(asked),
    ]
    if wrong:
        page += ["", "## Moved by more than is named", "", "| year | kind | fault | moved | named |"]
        page += ["|---|---|---|---|---|", *(_wrong_cell(row) for row in wrong)]
    path.write_text("\n".join([*page, ""]), encoding="utf-8")


def _wrong_cell(row: Mapping[str, object]) -> str:
    moved, named = _mln(row["moved_eur"]), _mln(row["named_eur"])
    return f"| {row['year']} | {row['kind']} | {row['fault']} | {moved} | {named} |"


INTRODUCTION = (
    "# Evidence: whole deliveries with a fault",
    "",
    "Written by `python -m scripts.evidence.deliveries`: small simulated worlds (seed 1) as they lie in September of",
    f"{', '.join(map(str, YEARS))}; the last file of every kind with a fault in all of it, judged as on arrival after",
    "the file before it, and the advice (scenarios letter and completed) computed in memory. *Moved* is how far",
    "expectation and kader of the nation moved, zin and pgb without sign; *named* is the euro of what was said that",
    "the clean file is not told. A file that is refused gives way to the one before it, and the run says so. What did",
    "not come, or came with the stand from before, is named by D15 with all that rests on the older one; a na-ijl",
    "counts in scenario letter only. Rows: `docs/reference/evidence/deliveries.csv`; `make evidence` measures the",
    "cells that are missing.",
    "",
)


def is_wrong(row: Mapping[str, object]) -> bool:
    """Whether a cell moved the headline by more than it names, and more than nothing."""
    moved, named = (float(str(row.get(name) or 0)) for name in ("moved_eur", "named_eur"))
    ratio = float(str(row.get("moved_ratio") or 0))
    return row["answer"] in ("SILENT", "STOPS") or (ratio > MATERIAL_RATIO and moved > named)


def _count(rows: Collection[Mapping[str, object]]) -> dict[str, int]:
    answers = [str(row["answer"]) for row in rows]
    return {answer: answers.count(answer) for answer in sorted(set(answers))}


def _mln(euro: object) -> str:
    return "not known" if euro in (None, "") else f"€ {float(str(euro)) / 1e6:,.1f} mln"


def _table(rows: Collection[Mapping[str, object]]) -> list[str]:
    """A line per kind and fault: the answer of each year, with the checks that spoke and what it moved."""
    lines = [f"| kind | fault | {' | '.join(map(str, YEARS))} |", f"|---|---|{'---|' * len(YEARS)}"]
    by_cell = {(row["kind"], row["fault"], int(str(row["year"]))): row for row in rows}
    for kind in KINDS:
        for fault in FAULTS:
            cells = [by_cell.get((kind, fault, year)) for year in YEARS]
            if any(cells):
                lines.append(f"| {kind} | {fault} | {' | '.join(_cell(cell) for cell in cells)} |")
    return lines


def _cell(row: Mapping[str, object] | None) -> str:
    if row is None:
        return "–"
    checks = f" ({', '.join(str(row['checks']).split(' '))})" if row["checks"] and row["answer"] != "STOPS" else ""
    moved = float(str(row.get("moved_eur") or 0))
    return f"{row['answer']}{checks}" + (f", moved {_mln(moved)}" if moved >= 50_000 else "")


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
    write_page(PAGE, list(read_rows().values()))


if __name__ == "__main__":
    main()
