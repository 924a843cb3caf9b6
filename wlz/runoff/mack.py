"""Standard error of the chain ladder without a distribution (Mack 1993): process and parameter error.

Here: the error per care month and of the total of one triangle, all N at once. Not here: errors measured on earlier
deliveries, which is what the bounds of a run rest on; errors between triangles, taken as independent nowhere here.
"""

from typing import Literal, NamedTuple, get_args

import numpy as np

from wlz.forecasting.ets import BoolArray, FloatArray, IntArray
from wlz.runoff.factors import completeness_from_factors, used_pairs
from wlz.runoff.methods import chain_ladder
from wlz.runoff.triangle import BLOCK_SIZE, LagError, latest, latest_lag

SigmaRule = Literal["mack", "log_linear"]
SIGMA_RULES = get_args(SigmaRule)


class MackError(NamedTuple):
    """Standard errors in the unit of the values: `month` (N, T), `total` (N,); `sigma` (N, L − 1) of the columns."""

    month: FloatArray
    total: FloatArray
    sigma: FloatArray


def mack_standard_error(values: FloatArray, factors: FloatArray, *, sigma_rule: SigmaRule = "mack") -> MackError:
    """Standard error of the chain-ladder reserve, per care month and in total.

    In: cumulative (N, T, L) and its volume factors (N, L − 1) over all diagonals.

    σ²_k = Σ C(C'/C − f)² ÷ (n − 1) over the n pairs with a base above 0. A column with one pair takes its σ from those
    before it: `mack` the smallest of σ⁴_{k−1}/σ²_{k−2}, σ²_{k−2}, σ²_{k−1}; `log_linear` the line through ln σ of the
    columns that have one. With one column before it, that one; with none NaN, and so are the errors that need it.
    A column without a pair, or with the factor NaN, adds nothing: nothing is known to come.

    NaN for a care month without a value; the total is over the others. No tail. Source: Mack, ASTIN Bulletin 23 (1993),
    formulas 7 and 11. Raises LagError for another rule.

    >>> triangle = np.array([[[100.0, 150.0, 160.0], [110.0, 170.0, np.nan], [120.0, np.nan, np.nan]]])
    >>> mack_standard_error(triangle, np.array([[320 / 210, 160 / 150]])).total.round(3)
    array([12.298])
    """
    if sigma_rule not in SIGMA_RULES:
        raise LagError(f"sigma_rule: found {sigma_rule!r}, expected one of {', '.join(SIGMA_RULES)}")
    variance, volume, counts = _measure_columns(values, factors)
    fill = _fill_by_mack if sigma_rule == "mack" else _fill_log_linear
    variance = fill(variance, counts)
    month, total = _spread_errors(values, factors, np.where(counts > 0, variance, 0.0), volume)
    return MackError(month, total, np.sqrt(variance))


def _measure_columns(values: FloatArray, factors: FloatArray) -> tuple[FloatArray, FloatArray, IntArray]:
    """σ² (NaN below two pairs), volume ΣC and number of pairs of every column, each (N, L − 1)."""
    shape = factors.shape
    variance, volume, counts = np.full(shape, np.nan), np.zeros(shape), np.zeros(shape, dtype=np.int64)
    for start in range(0, len(values), BLOCK_SIZE):
        rows = slice(start, start + BLOCK_SIZE)
        base, grown = values[rows, :, :-1], values[rows, :, 1:]
        used: BoolArray = used_pairs(values[rows]) & (base > 0)
        base = np.where(used, base, 0.0)
        missed = np.where(used, grown, 0.0) - np.where(np.isnan(factors[rows]), 0.0, factors[rows])[:, None] * base
        squares = np.divide(missed * missed, base, out=np.zeros(base.shape), where=used).sum(axis=1)
        volume[rows], counts[rows] = base.sum(axis=1), used.sum(axis=1)
        np.divide(squares, counts[rows] - 1, out=variance[rows], where=counts[rows] > 1)
    counts[np.isnan(factors)] = 0
    return variance, volume, counts


def _fill_by_mack(variance: FloatArray, counts: IntArray) -> FloatArray:
    """σ² of a column with one pair from the two before it, from left to right."""
    filled = variance.copy()
    for column in range(1, filled.shape[1]):
        before = filled[:, column - 1]
        earlier = filled[:, column - 2] if column > 1 else np.full(len(filled), np.nan)
        falling = np.divide(before * before, earlier, out=np.full(len(filled), np.nan), where=earlier > 0)
        rows = (counts[:, column] == 1) & np.isnan(filled[:, column])
        filled[rows, column] = np.fmin(falling, np.fmin(earlier, before))[rows]
    return filled


def _fill_log_linear(variance: FloatArray, counts: IntArray) -> FloatArray:
    """σ² of a column with one pair from the least-squares line through ln σ² of the columns with a σ above 0."""
    known = variance > 0
    column = np.arange(variance.shape[1], dtype=float)
    height = np.log(variance, out=np.zeros(variance.shape), where=known)
    number = np.maximum(known.sum(axis=1), 1)
    middle, level = known @ column / number, height.sum(axis=1) / number
    away = np.where(known, column - middle[:, None], 0.0)
    spread = (away * away).sum(axis=1)
    slope = np.divide((away * height).sum(axis=1), spread, out=np.zeros(len(variance)), where=spread > 0)
    line = np.exp(level[:, None] + slope[:, None] * (column - middle[:, None]))
    line[~known.any(axis=1)] = np.nan
    return np.where((counts == 1) & np.isnan(variance), line, variance)


def _spread_errors(
    values: FloatArray, factors: FloatArray, variance: FloatArray, volume: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Errors per care month (N, T) and of the total (N,).

    With Ĉ_k = U · p_k from the last lag on, process error is U Σ σ²_k/(f²_k p_k) and parameter error
    U² Σ σ²_k/(f²_k S_k); of the total the latter is Σ_k σ²_k/(f²_k S_k) · (sum of U of the months still open at k)².
    """
    step = np.where(np.isnan(factors), 1.0, factors)
    share, at = completeness_from_factors(factors), latest_lag(values)
    relative = np.divide(variance, step * step, out=np.zeros(step.shape), where=step != 0)
    process = relative / share[:, :-1]
    parameter = np.divide(relative, volume, out=np.zeros(step.shape), where=volume > 0)
    known = at >= 0
    place = np.maximum(at, 0)
    ultimate = chain_ladder(latest(values), np.take_along_axis(share, place, axis=1))
    process_on, parameter_on = (np.take_along_axis(_sum_behind(part), place, axis=1) for part in (process, parameter))
    amount = np.maximum(ultimate, 0.0)
    inner = np.where(amount != 0, amount * process_on, 0.0)
    month = np.sqrt(inner + np.where(amount != 0, amount * amount * parameter_on, 0.0))
    summed = np.where(known, amount, 0.0)
    opened = np.zeros((len(values), share.shape[1]))
    np.add.at(opened, (np.arange(len(values))[:, None], place), summed)
    still_open = np.cumsum(opened, axis=1)[:, :-1]
    of_total = np.where(still_open != 0, parameter * still_open * still_open, 0.0)
    total = np.sqrt(np.where(known, inner, 0.0).sum(axis=1) + of_total.sum(axis=1))
    return np.where(known, month, np.nan), total


def _sum_behind(parts: FloatArray) -> FloatArray:
    """Σ_{k≥l} per lag: (N, L − 1) → (N, L), the last 0."""
    summed = np.cumsum(parts[:, ::-1], axis=1)[:, ::-1]
    return np.concatenate([summed, np.zeros((len(parts), 1))], axis=1)
