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

# Cells that once moved the headline by more than they named: what did not come or came as it was (D15), a na-ijl in
# another unit or sign (L09-moved).
MENDED = {
    "last file again, dated now": "kader",
    "amounts / 100": "na_ijl",
    "sign turned": "na_ijl",
}
NOT_COME = [Cell(YEARS[0], kind, "missing") for kind in ("kader", "na_ijl")]
CHEAP = {"columns in another order": "prognose_uitvraag"}  # no total rests on it, so nothing is computed again
REFUSED = ("amounts x 1000", "amounts / 100", "amounts x 100", "columns renamed", "empty", "header only")


def _sample() -> list[Cell]:
    """One cell a kind and fault in turn, so that each of both occurs; all of 2018, whose world is the smallest."""
    faults = [one for one in FAULTS if one != "missing"]
    count = max(len(faults), len(KINDS))
    kinds = [one for one in KINDS if one != "nacalculatie_totaal"]  # first delivered in 2019
    cells = [Cell(YEARS[0], kinds[number % len(kinds)], faults[number % len(faults)]) for number in range(count)]
    chosen = MENDED | CHEAP
    return [*NOT_COME, *(cell._replace(kind=chosen.get(cell.fault, cell.kind)) for cell in cells)]


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
    assert not is_wrong({"moved_eur": 0, "named_eur": 0, "moved_ratio": 0, **row})


def test_the_sample_has_every_fault_and_kind_of_the_year() -> None:
    sample = _sample()
    assert {cell.fault for cell in sample} == set(FAULTS)
    assert {cell.kind for cell in sample} == {kind for kind in KINDS if kind != "nacalculatie_totaal"}


def test_no_cell_moves_the_headline_by_more_than_it_names() -> None:
    assert [cell for cell, row in read_rows().items() if is_wrong(row)] == []


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


def test_every_cell_has_a_row() -> None:
    """A kind or fault that joins is measured by `python -m scripts.evidence.deliveries`."""
    assert set(read_rows()) == set(list_cells(YEARS))


def test_the_page_follows_from_its_rows(tmp_path: Path) -> None:
    """`python -m scripts.evidence.deliveries` writes it again."""
    assert FILE.exists()
    write_page(tmp_path / "page.md", list(read_rows().values()))
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == PAGE.read_text(encoding="utf-8")
