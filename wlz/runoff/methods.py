"""From declared to completed: chain ladder, Bornhuetter–Ferguson, Benktander, Cape Cod.

Here: arithmetic on what was declared and the share normally known by then, cell by cell. Not here: where that share
comes from (`factors.py`), how sure the result is (`mack.py`).

All take `latest`, cumulative declared at the last delivery, and `p`, the completeness ratio at its lag: (N, T) both, or
any shapes that broadcast. NaN in, NaN out. Units are those of `latest`.
"""

import numpy as np

from wlz.forecasting.ets import FloatArray
from wlz.runoff.triangle import LagError

SMALLEST_SHARE = 1e-6  # of the ultimate; a smaller one says nothing about it and must not divide


def chain_ladder(latest: FloatArray, p: FloatArray) -> FloatArray:
    """Ultimate C ÷ p.

    NaN where p is below SMALLEST_SHARE, negative or NaN, except for a declared 0, which stays 0 whatever p. Weak where
    p is small: one euro too many becomes 1 ÷ p euro. Source: methods, lag 4.

    >>> chain_ladder(np.array([[40.0, 0.0, 7.0]]), np.array([[0.8, 0.5, 0.0]]))
    array([[50.,  0., nan]])
    """
    latest, p = np.broadcast_arrays(latest, p)
    ultimate: FloatArray = np.divide(latest, p, out=np.full(p.shape, np.nan), where=p >= SMALLEST_SHARE)
    ultimate[latest == 0] = 0.0
    return ultimate


def bornhuetter_ferguson(latest: FloatArray, p: FloatArray, a_priori: FloatArray) -> FloatArray:
    """Ultimate C + (1 − p) · a_priori: what is not yet known comes from a prior ultimate `a_priori` (N, T).

    No division, so p may be 0 (then C + a_priori). Source: Bornhuetter and Ferguson 1972; methods, lag 4.

    >>> bornhuetter_ferguson(np.array([[40.0]]), np.array([[0.8]]), np.array([[60.0]]))
    array([[52.]])
    """
    ultimate: FloatArray = latest + (1.0 - p) * a_priori
    return ultimate


def benktander(latest: FloatArray, p: FloatArray, a_priori: FloatArray, iterations: int = 2) -> FloatArray:
    """Bornhuetter–Ferguson repeated with its own result as the prior; one iteration is Bornhuetter–Ferguson.

    With more iterations it goes to the chain ladder where 0 < p < 2. Source: Benktander 1976; Mack 2000. Raises
    LagError for fewer than one iteration.

    >>> benktander(np.array([[40.0]]), np.array([[0.8]]), np.array([[60.0]]))
    array([[50.4]])
    """
    if iterations < 1:
        raise LagError(f"iterations: found {iterations}, expected at least 1")
    ultimate = a_priori
    for _ in range(iterations):
        ultimate = bornhuetter_ferguson(latest, p, ultimate)
    return ultimate


def cape_cod(latest: FloatArray, p: FloatArray, exposure: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Ultimate (N, T) and expected amount per unit of exposure (N,): ΣC ÷ Σ(exposure · p), then Bornhuetter–Ferguson.

    `exposure` (N, T), such as days in the month or insured persons. Care months of which C, p or the exposure is NaN
    have no part in the sums. The expectation is NaN where Σ(exposure · p) is 0 or less. Source: Stanard 1985, Bühlmann.

    >>> ultimate, expected = cape_cod(np.array([[40.0, 10.0]]), np.array([[0.8, 0.2]]), np.array([[1.0, 1.0]]))
    >>> ultimate, expected
    (array([[50., 50.]]), array([50.]))
    """
    latest, p, exposure = np.broadcast_arrays(latest, p, exposure)
    expected = exposure * p
    known = ~np.isnan(latest) & ~np.isnan(expected)
    base = np.where(known, expected, 0.0).sum(axis=-1)
    declared = np.where(known, latest, 0.0).sum(axis=-1)
    ratio = np.divide(declared, base, out=np.full(base.shape, np.nan), where=base > 0)
    return bornhuetter_ferguson(latest, p, exposure * ratio[..., None]), ratio
