"""Development factors by Bühlmann–Straub credibility: nation → uitvoerder → cell. Methods, lag, step 1.

A cell with much euro and steady ratios keeps its own factor, a small or jumpy one leans on its parent. Not here:
textbook averages (`factors.py`), the effect of the month of the year (`season.py`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from wlz.forecasting.ets import BoolArray, FloatArray, IntArray
from wlz.runoff.factors import used_pairs

N_DIAGONALS = 12


class Credible(NamedTuple):
    """Factors and what they rest on, per cell and lag: (N, L − 1) each.

    `factor`, `credibility` Z of the finest level, `ratios` (how many it rests on at that level). `levels` (one (G, L −
    1) array per level, coarse to fine): the factors of every group.
    """

    factor: FloatArray
    credibility: FloatArray
    ratios: IntArray
    levels: list[FloatArray]


def credibility_factors(
    values: FloatArray,
    hierarchy: Sequence[IntArray],
    *,
    n_diagonals: int | None = N_DIAGONALS,
    exclude: BoolArray | None = None,
) -> Credible:
    """Development factors of N cells (N, T, L) that borrow strength along `hierarchy`.

    `hierarchy`: labels (N,) of the group of each cell, coarse to fine; the coarsest is volume weighted as it is.
    `exclude` (N, T, L − 1): ratios left out at every level. Per level and lag X = Σ C[l+1] ÷ Σ C[l] with weight
    w = Σ C[l]; σ² within groups, τ² between those of one parent (floored at 0), Z = w·τ² ÷ (w·τ² + σ²), and the factor
    is Z·X + (1 − Z)·parent (Bühlmann and Straub 1970). A group without a ratio takes its parent; a lag without any
    ratio at all has factor 1, one at which nothing was known yet of what came later an infinite one.

    >>> values = np.array([[[1.0, 2.0], [3.0, np.nan]]])
    >>> credibility_factors(values, [np.zeros(1, int)]).factor
    array([[2.]])
    """
    base, after = values[:, :, :-1], values[:, :, 1:]
    used = used_pairs(values, n_diagonals, exclude)
    base, after = np.where(used, base, 0.0), np.where(used, after, 0.0)
    parent = np.ones((1, values.shape[2] - 1))
    parent_of = np.zeros(len(values), dtype=np.int64)
    levels: list[FloatArray] = []
    weight_z = ratios = np.zeros_like(parent)
    for depth, labels in enumerate(hierarchy):
        groups = int(labels.max()) + 1
        of_base, of_after = _sum_groups(base, labels, groups), _sum_groups(after, labels, groups)
        of_parent = np.zeros(groups, dtype=np.int64)
        of_parent[labels] = parent_of
        factor, weight_z, ratios = _mix(of_base, of_after, parent, of_parent, is_top=depth == 0)
        levels.append(factor)
        parent, parent_of = factor, labels
    return Credible(parent[parent_of], weight_z[parent_of], ratios[parent_of].astype(np.int64), levels)


def _sum_groups(values: FloatArray, labels: IntArray, groups: int) -> FloatArray:
    summed = np.zeros((groups, *values.shape[1:]))
    np.add.at(summed, labels, values)
    return summed


def _mix(
    base: FloatArray, after: FloatArray, parent: FloatArray, of_parent: IntArray, *, is_top: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Factor, Z and number of ratios (G, L − 1) of one level from its sums (G, T, L − 1)."""
    signed, total = base.sum(axis=1), after.sum(axis=1)
    known = signed != 0
    weight = np.abs(signed)  # of a key of nothing but corrections the sums are below 0, their ratio is not
    own = np.where(known, total / np.where(known, signed, 1.0), 0.0)
    ratios = (base != 0).sum(axis=1).astype(np.float64)
    above = parent[of_parent]
    if is_top:
        later = np.where(total > 0, np.inf, above)
        return np.where(known, own, later), known.astype(np.float64), ratios
    with np.errstate(divide="ignore", invalid="ignore"):
        scatter = np.where(base != 0, np.abs(base) * (after / base - own[:, None]) ** 2, 0.0).sum(axis=1)
    freedom = np.maximum(ratios - 1, 0.0).sum(axis=0)
    within = np.where(freedom > 0, scatter.sum(axis=0) / np.maximum(freedom, 1.0), 0.0)
    parents = len(parent)
    of_weight, of_square, children = (np.zeros((parents, weight.shape[1])) for _ in range(3))
    np.add.at(of_weight, of_parent, weight)
    np.add.at(of_square, of_parent, weight**2)
    np.add.at(children, of_parent, known.astype(np.float64))
    spread = (weight * np.where(known & np.isfinite(above), own - above, 0.0) ** 2).sum(axis=0)
    weighed = of_weight > 0
    scale = np.where(weighed, of_weight - of_square / np.where(weighed, of_weight, 1.0), 0.0).sum(axis=0)
    apart = spread - np.maximum(children - 1, 0).sum(axis=0) * within
    between = np.where(scale > 0, np.maximum(apart / np.where(scale > 0, scale, 1.0), 0.0), 0.0)
    credit = weight * between
    z = np.where(credit > 0, credit / np.where(credit > 0, credit + within, 1.0), 0.0)
    return z * own + (1 - z) * above, z, ratios
