"""Suppression: which cells of a table with totals are left out, so that no small one can be worked out from the rest.

Here: cells and what adds up to what → secondary cells, by the linear programmes that Kelly, Golden and Assad gave for
cell suppression (Networks 22, 1992). Not here: which cells are small, and which totals are printed (``support.py``).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack

ROLES = ("free", "primary", "hidden", "fixed")
LEAST_EUR = 1.0  # an amount of some cents, or of none, is still not to be known to the cent
MOVED = 1e-6  # of the protection asked for; below it a cell of a solution stands still
WIDEST = 1e6  # in units of that protection: wider movements are never needed and only spoil the arithmetic

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


class SuppressionError(ValueError):
    """Cells and equations that do not belong together. The message names the first cell."""


class _Need(NamedTuple):
    """How far (euro) a cell must be able to lie above (side 0) or below (side 1) its value."""

    side: int
    cell: int
    amount: float


@dataclass(frozen=True)
class _Table:
    values: FloatArray
    roles: NDArray[np.str_]
    sums: csr_array  # one row per equation: −1 for its total, +1 for every part

    @property
    def is_primary(self) -> BoolArray:
        return np.asarray(self.roles == "primary")

    @property
    def is_fixed(self) -> BoolArray:
        return np.asarray(self.roles == "fixed")


def suppress_cells(
    cells: pl.DataFrame, equations: pl.DataFrame, *, protection_ratio: float, leave_impossible: bool = False
) -> pl.DataFrame:
    """The cells with ``suppression``: primary, secondary or null.

    In: ``cells`` cell_id, value (euro), role; ``equations`` equation, total_id, cell_id: one row per part of a total.
    Roles: primary (to be protected), hidden (left out already, free to use), free (may be left out at the price of its
    value), fixed (is shown whatever happens; also what everybody knows to be empty). Rows out as they came in.

    Protected means: who knows all cells shown, all equations and which amounts are not negative cannot narrow the
    cell down to less than ``protection_ratio`` of its value (at least a euro) above and below it, though not below 0.
    Per primary cell, largest first, and per side: the cheapest change of the other cells that keeps every sum and
    moves the cell by that much; the cells that move become secondary, those left out already cost nothing. Then each
    secondary cell, largest first, is shown again if every primary cell stays protected without it. The pattern is
    small, not smallest. Where a cell cannot be protected every cell is left out, fixed ones too; with
    ``leave_impossible`` it is passed over. Raises SuppressionError for a cell that is doubled or not there.

    >>> suppress_cells(cells, equations, protection_ratio=0.15)  # doctest: +SKIP
    """
    table = _read_table(cells, equations)
    needed = _needed(table.values, protection_ratio)
    hidden = table.is_primary | (table.roles == "hidden")
    proofs: dict[_Need, FloatArray] = {}
    for target in _largest_first(table, table.is_primary):
        for side in (0, 1):
            need = _Need(side, int(target), float(needed[side, target]))
            if need.amount == 0 or need in proofs:
                continue
            moves = _move(table, need, table.is_fixed, hidden)
            if moves is None and not leave_impossible:
                return _mark(cells, np.ones_like(hidden))
            if moves is not None:
                hidden |= moves != 0
                proofs |= {met: moves for met in _needs_met(table, needed, moves) if met not in proofs}
    return _mark(cells, _show_again(table, hidden, proofs))


def _read_table(cells: pl.DataFrame, equations: pl.DataFrame) -> _Table:
    if (doubled := cells.filter(pl.col("cell_id").is_duplicated())).height:
        raise SuppressionError(f"cell {doubled['cell_id'][0]} stands in the table {doubled.height} times")
    if not (unknown := cells.filter(~pl.col("role").is_in(ROLES).fill_null(False) | ~_is_number())).is_empty():
        raise SuppressionError(f"cell without a value or a role of {', '.join(ROLES)}: {unknown.row(0, named=True)}")
    numbers = cells.select("cell_id").with_row_index("column")
    totals = equations.select("equation", pl.col("total_id").alias("cell_id"), pl.lit(-1.0).alias("sign")).unique()
    entries = pl.concat([totals, equations.select("equation", "cell_id", pl.lit(1.0).alias("sign"))])
    placed = entries.join(numbers, on="cell_id", how="left").with_columns(
        (pl.col("equation").rank("dense") - 1).alias("row")
    )
    if (homeless := placed.filter(pl.col("column").is_null())).height:
        raise SuppressionError(f"equation {homeless['equation'][0]} names cell {homeless['cell_id'][0]}: not there")
    rows = int(placed["row"].n_unique())
    where = placed["row"].to_numpy(), placed["column"].to_numpy()
    sums = csr_array((placed["sign"].to_numpy(), where), shape=(rows, cells.height))
    return _Table(cells["value"].cast(pl.Float64).to_numpy(), cells["role"].to_numpy().astype(np.str_), sums)


def _is_number() -> pl.Expr:
    return pl.col("value").cast(pl.Float64).is_finite().fill_null(False)


def _needed(values: FloatArray, protection_ratio: float) -> FloatArray:
    """How far a cell must be able to lie above (row 0) and below (row 1) its value."""
    width = np.maximum(protection_ratio * np.abs(values), LEAST_EUR)
    return np.stack([width, np.where(values >= 0, np.minimum(width, values), width)])


def _largest_first(table: _Table, chosen: BoolArray) -> NDArray[np.int64]:
    found = np.flatnonzero(chosen)
    return found[np.argsort(-np.abs(table.values[found]), kind="stable")]


def _needs_met(table: _Table, needed: FloatArray, moves: FloatArray) -> list[_Need]:
    """What one change of the cells proves: every primary cell that it moves far enough."""
    met = (np.stack([moves, -moves]) >= needed) & (needed > 0) & table.is_primary
    return [_Need(int(side), int(cell), float(needed[side, cell])) for side, cell in np.argwhere(met)]


def _move(table: _Table, need: _Need, is_still: BoolArray, costs_nothing: BoolArray) -> FloatArray | None:
    """The cheapest change of the cells that keeps the sums and moves one cell as far as needed; None without any.

    Cells that may move are pairs of a rise and a fall, in units of what is needed.
    """
    free = np.flatnonzero(~is_still)
    values, count = table.values[free], free.size
    price = np.where(costs_nothing[free], 0.0, np.maximum(np.abs(values), LEAST_EUR))
    fall = np.where(values >= 0, np.minimum(values / need.amount, WIDEST), WIDEST)
    most, least = np.concatenate([np.full(count, WIDEST), fall]), np.zeros(2 * count)
    cell = int(np.searchsorted(free, need.cell))
    wanted, other = (cell, cell + count) if need.side == 0 else (cell + count, cell)
    least[wanted], most[wanted], most[other] = 1.0, 1.0, 0.0
    sums = table.sums[:, free]
    found = linprog(
        np.tile(price / price.max(initial=LEAST_EUR), 2) * 1e4,  # spread around 1, where the solver is exact
        A_eq=hstack([sums, -sums]) if sums.shape[0] else None,
        b_eq=np.zeros(sums.shape[0]) if sums.shape[0] else None,
        bounds=np.stack([least, most], axis=1),
        method="highs",
    )
    if found.status != 0:  # no such change, or none found: then nothing is promised
        return None
    change = found.x[:count] - found.x[count:]
    moves = np.zeros_like(table.values)
    moves[free] = np.where(np.abs(change) > MOVED, change, 0.0) * need.amount
    return moves


def _show_again(table: _Table, hidden: BoolArray, proofs: dict[_Need, FloatArray]) -> BoolArray:
    """What stays left out once every secondary cell is shown whose part in the proofs others can take over."""
    given = table.is_primary | (table.roles == "hidden")
    for cell in _largest_first(table, hidden & ~given):
        without = hidden.copy()
        without[cell] = False
        instead: dict[_Need, FloatArray] = {}
        for need in [need for need, moves in proofs.items() if moves[cell] != 0]:
            moves = _move(table, need, ~without, given)
            if moves is None:
                break
            instead[need] = moves
        else:
            hidden, proofs = without, proofs | instead
    return hidden


def _mark(cells: pl.DataFrame, hidden: BoolArray) -> pl.DataFrame:
    first = pl.col("role").is_in(["primary", "hidden"])
    left_out = pl.when(first).then(pl.lit("primary")).when(pl.Series(hidden)).then(pl.lit("secondary"))
    return cells.with_columns(left_out.alias("suppression"))
