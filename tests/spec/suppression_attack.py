"""The outsider: knows every cell shown, all sums and which amounts are not negative, and works out the others.

Built from the amounts themselves, apart from the code under test.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import polars as pl
from scipy.optimize import linprog

TOTAL = "Landelijk"
Cell = tuple[str, str, str, str | None]  # level, wlz_uitvoerder, zorgkantoorregio, prestatiegroep
Sums = list[tuple[Cell, list[Cell]]]
NATION: Cell = ("national", TOTAL, TOTAL, None)


def uitvoerder(name: str) -> Cell:
    return ("uitvoerder", name, TOTAL, None)


def region(name: str, place: str) -> Cell:
    return ("region", name, place, None)


def group(name: str, care: str) -> Cell:
    return ("group", name, TOTAL, care)


def printed_sums(cells: Collection[Cell]) -> Sums:
    """Every total of the report with the cells it is the sum of."""

    def parts(level: str, name: str | None = None, care: str | None = None) -> list[Cell]:
        return sorted(
            (c for c in cells if c[0] == level and name in (None, c[1]) and care in (None, c[3]) and c[1] != TOTAL),
            key=str,
        )

    national_groups = sorted((c for c in cells if c[0] == "group" and c[1] == TOTAL), key=str)
    sums: Sums = [(NATION, parts("uitvoerder")), (NATION, parts("region")), (NATION, national_groups)]
    for total in parts("uitvoerder"):
        sums += [(total, parts("region", total[1])), (total, parts("group", total[1]))]
    sums += [(total, parts("group", None, total[3])) for total in national_groups]
    return [(total, found) for total, found in sums if found]


def work_out(amounts: Mapping[Cell, float], sums: Sums, hidden: Collection[Cell]) -> dict[Cell, tuple[float, float]]:
    """The lowest and the highest amount each hidden cell can have."""
    unknown = sorted(hidden, key=str)
    column = {cell: number for number, cell in enumerate(unknown)}
    left, right = [], []
    for total, parts in sums:
        row, known = np.zeros(len(unknown)), 0.0
        for cell, sign in [(total, -1.0), *((part, 1.0) for part in parts)]:
            if cell in column:
                row[column[cell]] += sign
            else:
                known += sign * amounts[cell]
        if row.any():
            left.append(row)
            right.append(-known)
    bounds = [(0.0, None) if amounts[cell] >= 0 else (None, None) for cell in unknown]
    return {cell: (_extreme(column[cell], left, right, bounds, 1), _extreme(column[cell], left, right, bounds, -1))
            for cell in unknown}  # fmt: skip


def _extreme(column: int, left: Sequence, right: Sequence[float], bounds: Sequence, side: int) -> float:
    """Lowest (side 1) or highest (side -1); in units of the largest amount, where the solver is exact."""
    scale = max([1.0, *map(abs, right)])
    aim = np.zeros(len(bounds))
    aim[column] = side
    equal = {"A_eq": np.array(left), "b_eq": np.array(right) / scale} if left else {}
    found = linprog(aim, **equal, bounds=list(bounds), method="highs")
    assert found.status in (0, 3), found.message  # 3: without end
    return side * float(found.fun) * scale if found.status == 0 else -side * np.inf


def cells_of(frame: pl.DataFrame, amount: str) -> dict[Cell, float]:
    """Rows with the columns of a cell as a mapping to their amount."""
    columns = ["level", "wlz_uitvoerder", "zorgkantoorregio", "prestatiegroep"]
    return {tuple(row[:4]): float(row[4]) for row in frame.select(*columns, amount).iter_rows()}


def is_protected(range_eur: tuple[float, float], amount: float, ratio: float) -> bool:
    """Whether the range reaches far enough on both sides, as far as the amount may be lower at all."""
    width = max(ratio * abs(amount), 1.0)
    below = min(width, amount) if amount >= 0 else width
    slack = 1e-4 * width
    return range_eur[1] >= amount + width - slack and range_eur[0] <= amount - below + slack
