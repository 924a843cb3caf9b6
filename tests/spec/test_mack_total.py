"""Mack's standard error of a total, by hand from the paper, where rows have a base of 0 or are equally young.

Formula 7 for a care month i, σ²_k and f_k of columns, C of a month on its way (in hats where it is expected):

    s.e.²(C_iL) = C_iL² · Σ_k σ²_k/f²_k · (1/C_ik + 1/Σ_j C_jk)     k from the last lag of i on

and formula 11 for the total: those squares, and for every two months i ≠ j

    C_iL · C_jL · Σ_k σ²_k/f²_k · 1/Σ_n C_nk                        k from the later of both last lags on,

twice. Every such term is above 0: the total is never surer than as if its months were independent.
"""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from wlz.runoff import development_factors, mack_standard_error

TAYLOR_ASHE = json.loads((Path(__file__).parents[1] / "data" / "chainladder_peer" / "genins.json").read_text())


def rows_of_taylor_ashe() -> list[list[float]]:
    """The ten rows, each as far as it is known."""
    values = np.array(TAYLOR_ASHE["values"], dtype=float)
    return [[one for one in row if not np.isnan(one)] for row in values.reshape(values.shape[-2:])]


def triangle_of(rows: list[list[float]]) -> np.ndarray:
    triangle = np.full((1, len(rows), max(map(len, rows))), np.nan)
    for place, row in enumerate(rows):
        triangle[0, place, : len(row)] = row
    return triangle


def by_hand(rows: list[list[float]], divisors: list[int] | None = None) -> tuple[float, list[float]]:
    """Standard error of the total and of every row, term by term; `divisors` of σ² instead of n − 1."""
    width = max(map(len, rows))
    factor, variance, base = [], [], []
    for k in range(width - 1):
        pairs = [(row[k], row[k + 1]) for row in rows if len(row) > k + 1]
        base.append(sum(before for before, _ in pairs))
        factor.append(sum(after for _, after in pairs) / base[k])
        with_base = [(before, after) for before, after in pairs if before > 0]
        squares = sum(before * (after / before - factor[k]) ** 2 for before, after in with_base)
        divisor = divisors[k] if divisors else len(with_base) - 1
        if len(with_base) > 1:
            variance.append(squares / divisor)
        elif k == 1:
            variance.append(variance[0])
        else:
            variance.append(min(variance[k - 1] ** 2 / variance[k - 2], variance[k - 2], variance[k - 1]))
    whole = []
    for row in rows:
        path = list(row)
        while len(path) < width:
            path.append(path[-1] * factor[len(path) - 1])
        whole.append(path)
    last = [len(row) - 1 for row in rows]
    relative = [variance[k] / factor[k] ** 2 for k in range(width - 1)]
    squares = [
        path[-1] ** 2 * sum(relative[k] * (1 / path[k] + 1 / base[k]) for k in range(start, width - 1))
        for path, start in zip(whole, last, strict=True)
    ]
    common = sum(
        2 * whole[i][-1] * whole[j][-1] * sum(relative[k] / base[k] for k in range(max(last[i], last[j]), width - 1))
        for i, j in combinations(range(len(rows)), 2)
    )
    return float(np.sqrt(sum(squares) + common)), [float(np.sqrt(one)) for one in squares]


def ours(rows: list[list[float]]) -> tuple[float, list[float]]:
    values = triangle_of(rows)
    found = mack_standard_error(values, development_factors(values))
    return float(found.total[0]), found.month[0].tolist()


def zeroed() -> list[list[float]]:
    """Taylor and Ashe with the first cell of the third and sixth row set to 0."""
    rows = rows_of_taylor_ashe()
    rows[2][0] = rows[5][0] = 0.0
    return rows


def equally_young() -> list[list[float]]:
    """The last three rows of Taylor and Ashe, the youngest twice."""
    rows = rows_of_taylor_ashe()
    return [rows[7], rows[8], rows[9], rows[9]]


@pytest.mark.parametrize(
    ("rows", "total"),
    [(rows_of_taylor_ashe(), 2_447_095), (zeroed(), 3_061_785), (equally_young(), 647_835)],
    ids=["as published", "two bases of 0", "two rows equally young"],
)
def test_total_is_that_of_the_paper(rows, total):
    expected, months = by_hand(rows)
    found, of_month = ours(rows)
    assert round(expected) == total
    assert found == pytest.approx(expected, rel=1e-9)
    assert of_month == pytest.approx(months, rel=1e-9)


def test_rows_that_are_equally_young_share_all_that_is_unsure_of_the_factors():
    """333,229 cannot be: the three rows alone, as if they had nothing in common, are 491,349 unsure."""
    total, months = ours(equally_young())
    assert [round(one, 1) for one in months] == [0.0, 234_192.7, 305_432.5, 305_432.5]
    independent = float(np.sqrt(np.square(months).sum()))
    assert round(independent) == 491_349
    assert 333_229 < independent < total < sum(months)


def test_a_row_with_a_base_of_0_is_no_observation_of_the_scatter():
    """2,894,040 divides the squares of seven rows by 8, as if nine had been seen."""
    rows = zeroed()
    counted = [len([row for row in rows if len(row) > k + 1]) - 1 for k in range(9)]
    assert counted[0] == 8
    assert round(by_hand(rows, counted)[0]) == 2_894_040


def test_the_scatter_is_right_on_the_average_when_rows_of_0_are_not_counted():
    """Mack's model: from a base of 0 nothing comes. Nine rows, two of them 0: divided by 6 σ² is 4, by 8 it is 3."""
    rng = np.random.default_rng(11)
    base = np.array([300.0, 350.0, 0.0, 310.0, 440.0, 0.0, 400.0, 360.0, 380.0])
    found = []
    for _ in range(3000):
        grown = np.where(base > 0, 3.5 * base + rng.normal(0, 2.0, 9) * np.sqrt(base), 0.0)
        rows = [[before, after] for before, after in zip(base, grown, strict=True)]
        values = triangle_of(rows)
        found.append(float(mack_standard_error(values, development_factors(values)).sigma[0, 0]) ** 2)
    assert np.mean(found) == pytest.approx(4.0, rel=0.05)
    assert np.mean(found) * 6 / 8 == pytest.approx(3.0, rel=0.05)
