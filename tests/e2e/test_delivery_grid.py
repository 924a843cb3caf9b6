"""Whole deliveries with a fault: a sample of the grid of kinds and faults measured again; the page from its rows.

The grid itself is measured by `make evidence`. Sampled are a cell of every kind, and every fault at least once: each is
answered as the committed row says, and none moves the headline by more than it names.
"""

from pathlib import Path

import pytest

from scripts.evidence.deliveries import (
    FILE,
    PAGE,
    YEARS,
    Cell,
    is_wrong,
    list_cells,
    measure_cell,
    read_rows,
    write_page,
)
from scripts.evidence.delivery_faults import FAULTS
from scripts.evidence.delivery_worlds import YearWorld
from warehouse.tables.deliveries import KINDS

# What a missing stand would have raised nobody knows; of a na-ijl only who moved far is named (L09-moved).
NOBODY_KNOWS = {
    *((kind, fault) for kind in ("kader", "na_ijl") for fault in FAULTS if fault == "missing" or "again" in fault),
    ("na_ijl", "amounts / 100"),
    ("na_ijl", "sign turned"),
}
REFUSED = ("amounts x 1000", "amounts / 100", "amounts x 100", "columns renamed", "empty", "header only")


def _sample() -> list[Cell]:
    """One cell a kind and fault in turn, so that each of both occurs; all of 2018, whose world is the smallest."""
    faults = [one for one in FAULTS if one != "missing"]
    count = max(len(faults), len(KINDS))
    kinds = [one for one in KINDS if one != "nacalculatie_totaal"]  # first delivered in 2019
    cells = [Cell(YEARS[0], kinds[number % len(kinds)], faults[number % len(faults)]) for number in range(count)]
    return [cell for cell in cells if cell in read_rows()]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> YearWorld:
    """Deliveries of September 2018, the last two of each kind read."""
    world = YearWorld(YEARS[0], tmp_path_factory.mktemp("grid"))
    world.settle()
    return world


@pytest.mark.parametrize("cell", _sample(), ids=lambda cell: f"{cell.kind}-{cell.fault}")
def test_a_cell_is_answered_as_its_row_says(world: YearWorld, cell: Cell) -> None:
    row, known = measure_cell(world, cell), read_rows()[cell]
    assert (row["answer"], str(row.get("checks") or "")) == (known["answer"], known["checks"])
    assert not is_wrong({"moved_eur": 0, "named_eur": 0, "moved_ratio": 0, **row}) or cell[1:] in NOBODY_KNOWS


def test_no_cell_moves_the_headline_by_more_than_it_names() -> None:
    wrong = {(cell.kind, cell.fault) for cell, row in read_rows().items() if is_wrong(row)}
    assert wrong <= NOBODY_KNOWS


def test_another_scale_and_a_broken_file_are_always_refused() -> None:
    """But for a first delivery, beside which nothing stands, and na-ijl, whose percentages are named (L09-moved)."""
    rows = {
        cell: row for cell, row in read_rows().items() if cell.fault in REFUSED and row["answer"] != "not delivered"
    }
    let_in = {cell for cell, row in rows.items() if row["answer"] not in ("refused", "none")}
    assert {cell.kind for cell in let_in} <= {
        "na_ijl",
        "afspraken",
        "prognose_uitvraag",
        "overhevelingen",
        "nacalculatie_totaal",
    }
    assert all(float(rows[cell]["moved_ratio"] or 0) <= 0.0005 or rows[cell]["named_eur"] for cell in let_in)


def test_every_row_is_a_cell_of_every_kind_and_year() -> None:
    """A cell without a row is measured by the next `make evidence`."""
    assert set(read_rows()) <= set(list_cells(YEARS))
    assert {(cell.year, cell.kind) for cell in read_rows()} == {(year, kind) for year in YEARS for kind in KINDS}


def test_the_page_follows_from_its_rows(tmp_path: Path) -> None:
    """`python -m scripts.evidence.deliveries` writes it again."""
    assert FILE.exists()
    write_page(tmp_path / "page.md", list(read_rows().values()))
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == PAGE.read_text(encoding="utf-8")
