"""Link ratios and development factors of cumulative triangles, and the completeness that follows from them.

Here: one triangle at a time, all N at once, as in the textbooks. Not here: factors that borrow from a parent, month of
the year, late deliverers (each a module of its own in this package); what is done with them (`methods.py`, `mack.py`).
"""

from typing import Literal, get_args

import numpy as np

from wlz.forecasting.ets import BoolArray, FloatArray, IntArray
from wlz.runoff.triangle import BLOCK_SIZE, LagError

Average = Literal["volume", "simple", "regression", "median"]


def link_ratios(values: FloatArray) -> FloatArray:
    """Growth from one lag to the next: (N, T, L) → (N, T, L − 1), NaN where either is not observed or the base is 0.

    >>> link_ratios(np.array([[[100.0, 150.0], [0.0, 5.0]]])).ravel()
    array([1.5, nan])
    """
    base = np.where(values[:, :, :-1] == 0, np.nan, values[:, :, :-1])
    ratios: FloatArray = values[:, :, 1:] / base
    return ratios


def used_pairs(values: FloatArray, n_diagonals: int | None = None, exclude: BoolArray | None = None) -> BoolArray:
    """Which steps l → l + 1 count: (N, T, L) → (N, T, L − 1). Both observed, not left out, on the last diagonals.

    `n_diagonals`: only steps that end on the last so many diagonals t + l + 1, counted back from the last one observed
    in the whole array. `exclude` (N, T, L − 1), or what broadcasts to it: True is left out. A base of 0 counts here.
    Raises LagError for fewer than one diagonal.
    """
    seen: BoolArray = ~np.isnan(values)
    used: BoolArray = seen[:, :, :-1] & seen[:, :, 1:]
    if n_diagonals is not None:
        if n_diagonals < 1:
            raise LagError(f"n_diagonals: found {n_diagonals}, expected at least 1")
        diagonal: IntArray = np.add.outer(np.arange(values.shape[1]), np.arange(values.shape[2]))
        last = int(diagonal[seen.any(axis=0)].max(initial=-1))
        used &= diagonal[:, 1:] > last - n_diagonals
    if exclude is not None:
        used &= ~exclude
    return used


def development_factors(
    values: FloatArray,
    *,
    average: Average = "volume",
    n_diagonals: int | None = None,
    exclude: BoolArray | None = None,
) -> FloatArray:
    """Average growth per lag step: cumulative (N, T, L) → (N, L − 1), NaN where no ratio exists.

    Over the used pairs C, C' of a column (`used_pairs`): `volume` ΣC' ÷ ΣC, in which a pair with a base of 0 counts;
    `simple` the mean of C' ÷ C; `regression` ΣCC' ÷ ΣC²; `median` of C' ÷ C. The last three have no ratio for a base of
    0. NaN also where the sum below is 0. Source: methods, lag 1; Mack 1993 for the three averages. Raises LagError for
    another average.

    >>> development_factors(np.array([[[100.0, 150.0], [300.0, 360.0], [50.0, np.nan]]]))
    array([[1.275]])
    """
    if average not in get_args(Average):
        raise LagError(f"average: found {average!r}, expected one of {', '.join(get_args(Average))}")
    used = used_pairs(values, n_diagonals, exclude)
    found = np.empty((values.shape[0], values.shape[2] - 1))
    for start in range(0, len(values), BLOCK_SIZE):
        rows = slice(start, start + BLOCK_SIZE)
        found[rows] = _average_pairs(values[rows, :, :-1], values[rows, :, 1:], used[rows], average)
    return found


def _average_pairs(base: FloatArray, grown: FloatArray, used: BoolArray, average: Average) -> FloatArray:
    if average == "simple":
        used = used & (base != 0)
        ratios = np.divide(grown, base, out=np.zeros(base.shape), where=used)
        return _divide(ratios.sum(axis=1), used.sum(axis=1).astype(float))
    if average == "median":
        used = used & (base != 0)
        return _median(np.divide(grown, base, out=np.full(base.shape, np.inf), where=used), used.sum(axis=1))
    base, grown = np.where(used, base, 0.0), np.where(used, grown, 0.0)
    if average == "regression":
        return _divide((base * grown).sum(axis=1), (base * base).sum(axis=1))
    return _divide(grown.sum(axis=1), base.sum(axis=1))


def _divide(top: FloatArray, bottom: FloatArray) -> FloatArray:
    """NaN where the bottom is 0."""
    ratio: FloatArray = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom != 0)
    return ratio


def _median(ratios: FloatArray, counts: IntArray) -> FloatArray:
    """Middle of the first `counts` (N, M) in order along axis 1 of (N, T, M); the others are infinite."""
    ordered = np.sort(ratios, axis=1)
    low, high = (counts - 1) // 2, counts // 2
    ends = [np.take_along_axis(ordered, np.maximum(at, 0)[:, None], axis=1)[:, 0] for at in (low, high)]
    return np.where(counts > 0, (ends[0] + ends[1]) / 2, np.nan)


def completeness_from_factors(factors: FloatArray, tail: float = 1.0) -> FloatArray:
    """Share of the ultimate known at each lag: factors (N, L − 1) → p (N, L), p_l = 1 ÷ (tail · ∏_{k≥l} f_k).

    A factor that is NaN (no ratio) counts as 1: nothing is known to come. The last share is 1 ÷ tail; a share may
    exceed 1 where corrections take back. NaN where the product is 0 or less: then no share leads to the ultimate.
    Raises LagError for a tail of 0 or less.

    >>> completeness_from_factors(np.array([[2.0, 1.25]]))
    array([[0.4, 0.8, 1. ]])
    """
    if not tail > 0:
        raise LagError(f"tail: found {tail}, expected a factor above 0")
    steps = np.concatenate([np.where(np.isnan(factors), 1.0, factors), np.full((len(factors), 1), tail)], axis=1)
    growth = np.cumprod(steps[:, ::-1], axis=1)[:, ::-1]
    share: FloatArray = np.divide(1.0, growth, out=np.full(growth.shape, np.nan), where=growth > 0)
    return share
