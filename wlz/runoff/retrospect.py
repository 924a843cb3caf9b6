"""How sure a completed month is: what would have been said at earlier deliveries, and what came out. Methods, lag, 5.

Errors are relative, actual ÷ said − 1, per uitvoerder (all its cells at once: what they have in common) and per cell
beyond that. Not here: Mack's standard error (`mack.py`), which needs no a priori.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from wlz.forecasting.ets import SEASON_MONTHS, BoolArray, FloatArray, IntArray
from wlz.runoff.completion import OPEN_MONTHS, Completion, Forecaster, complete_cells, sum_labels
from wlz.words.robust import MAD_TO_DEVIATION

PAST_DELIVERIES = 12  # asked what they would have said
ERROR_LAGS = 12  # youngest lags with errors of their own: a budget year
MIN_DELIVERIES = 3  # of a triangle that is asked
OWN_WEIGHT = 6.0  # an uitvoerder's or cell's own errors count n ÷ (n + this)
USUAL_ERROR = 0.30  # of what is still to come, standard deviation, where nothing was measured yet
USUAL_WEIGHT = 2.0  # errors it counts for
HELD_DEVIATIONS = 2.5  # a past error counts up to this many robust deviations: one odd delivery is not the rule
ERROR_LIMIT = 1.0
# Past errors have heavier tails than the normal: Student's t, scaled so that its 80 % bound is the normal's.
FREEDOM = 5.0
T_SCALE = 1.2815515655446004 / 1.4758840488244815


class RetrospectiveErrors(NamedTuple):
    """How far completed months were off, per lag, as standard deviations.

    `uitvoerder` (R, G, ERROR_LAGS) and `cell` (R, N, ERROR_LAGS, beyond its uitvoerder's), NaN where not known; `size`
    (N,) a cell's mean month, in the unit of the triangle.
    """

    uitvoerder: FloatArray
    cell: FloatArray
    size: FloatArray


class Scatter(NamedTuple):
    """Relative standard deviation of a completed month: `common` (G, L) to all cells of an uitvoerder, `own` (N, L)."""

    common: FloatArray
    own: FloatArray


def retrospective_errors(
    values: FloatArray,
    uitvoerder: IntArray,
    last_month_of_year: int,
    forecaster: Forecaster,
    now: Completion,
    calendar: FloatArray | None = None,
) -> RetrospectiveErrors:
    """Errors of the last twelve deliveries, had they been completed by the same method with what was known then.

    A month counts as known once it is four deliveries old. The curve of each past delivery rests on the deliveries up
    to it, so nothing of later looks in. A delivery of an uitvoerder that was late counts with the lag it then had.
    """
    cells, months, lags = values.shape
    groups = int(uitvoerder.max()) + 1
    of_uitvoerder, of_cell = [], []
    known_until = months - OPEN_MONTHS
    actual_total = sum_labels(now.completed, uitvoerder)
    delivered: BoolArray = np.asarray(~np.isnan(values[:, np.arange(months), 0]).all(axis=0))
    for back in range(1, PAST_DELIVERIES + 1):
        until = months - back
        if until < 2 * SEASON_MONTHS or delivered[:until].sum() < MIN_DELIVERIES:
            break
        if not delivered[until - 1]:
            continue
        then = values[:, :until].copy()
        then[:, np.add.outer(np.arange(until), np.arange(lags)) > until - 1] = np.nan
        of_then = None if calendar is None else calendar[:, :until]
        said = complete_cells(then, uitvoerder, (last_month_of_year - back) % SEASON_MONTHS, forecaster, of_then)
        place = until - 1 - np.arange(ERROR_LAGS)
        usable: BoolArray = np.asarray((place < known_until) & (place >= 0))
        total = sum_labels(said.completed, uitvoerder)
        of_uitvoerder.append(_relative(actual_total[:, place], total[:, place], usable))
        own = _relative(now.completed[:, place], said.completed[:, place], usable)
        of_cell.append(own - of_uitvoerder[-1][uitvoerder])
    size = now.completed[:, -SEASON_MONTHS:].mean(axis=1)
    empty = np.zeros((0, groups, ERROR_LAGS)), np.zeros((0, cells, ERROR_LAGS))
    if not of_uitvoerder:
        return RetrospectiveErrors(*empty, size)
    return RetrospectiveErrors(np.stack(of_uitvoerder), np.stack(of_cell), size)


def _relative(actual: FloatArray, said: FloatArray, usable: BoolArray) -> FloatArray:
    known = usable & (said * actual > 0)  # of one sign; a key may be nothing but corrections
    error = np.where(known, actual / np.where(known, said, 1.0) - 1.0, np.nan)
    return np.clip(error, -ERROR_LIMIT, ERROR_LIMIT)


def measure_scatter(errors: RetrospectiveErrors, p: FloatArray, uitvoerder: IntArray) -> Scatter:
    """Standard deviations of completed months, shrunk: an uitvoerder to the nation, a cell to what its size says.

    `p` (N, L) completeness. A lag without any error yet takes a tenth of what is still to come, and so do lags beyond
    the twelfth. The own variance of a cell goes with 1 ÷ its size: v(cell) = φ ÷ size, φ measured over all cells.
    """
    groups, lags = errors.uitvoerder.shape[1], p.shape[1]
    usual = (USUAL_ERROR * np.abs(1 - p)) ** 2
    weight = np.abs(errors.size)
    usual_total = (
        sum_labels(usual * weight[:, None], uitvoerder)
        / np.maximum(sum_labels(weight, uitvoerder), np.finfo(float).tiny)[:, None]
    )
    common, own = usual_total.copy(), np.zeros((len(p), lags))
    for lag in range(min(ERROR_LAGS, lags)):
        square = _hold(errors.uitvoerder[:, :, lag], np.ones(groups)) ** 2
        known = ~np.isnan(square)
        count, total = known.sum(axis=0), np.where(known, square, 0.0).sum(axis=0)
        nation = (total.sum() + USUAL_WEIGHT * usual_total[:, lag].mean()) / (count.sum() + USUAL_WEIGHT)
        common[:, lag] = (total + OWN_WEIGHT * nation) / (count + OWN_WEIGHT)
        square = _hold(errors.cell[:, :, lag], np.sqrt(weight)) ** 2
        known = ~np.isnan(square)
        count, total = known.sum(axis=0), np.where(known, square, 0.0).sum(axis=0)
        phi = (total * weight).sum() / max(count.sum(), 1)
        by_size = np.where(weight > 0, phi / np.where(weight > 0, weight, 1.0), 0.0)
        own[:, lag] = (total + OWN_WEIGHT * by_size) / (count + OWN_WEIGHT)
    return Scatter(np.sqrt(common), np.minimum(np.sqrt(own), ERROR_LIMIT))


def _hold(errors: FloatArray, scale: FloatArray) -> FloatArray:
    """Errors (R, K) held within 2.5 robust deviations of errors × `scale`, taken over all of them."""
    scaled = errors * scale
    known = ~np.isnan(scaled)
    if not known.any():
        return errors
    limit = HELD_DEVIATIONS * MAD_TO_DEVIATION * float(np.median(np.abs(scaled[known])))
    held = np.clip(scaled, -limit, limit)
    return np.where(scale > 0, held / np.where(scale > 0, scale, 1.0), errors)


def nowcast_interval(completed: FloatArray, deviation: FloatArray, declared: FloatArray | None = None) -> FloatArray:
    """80 and 95 % bounds of completed months (…): (4, …) lower 80, upper 80, lower 95, upper 95.

    `deviation` relative standard deviation; quantiles of Student's t with 5 degrees of freedom, scaled so that 80 %
    bounds are those of the normal. Never below 0 where `completed` is not.

    >>> nowcast_interval(np.array([100.0]), np.array([0.1])).round(1).ravel().tolist()
    [87.2, 112.8, 77.7, 122.3]
    """
    levels = [T_SCALE * float(stdtrit(FREEDOM, share)) for share in (0.10, 0.90, 0.025, 0.975)]
    bounds = np.stack([completed * (1 + level * deviation) for level in levels])
    return np.where(completed >= 0, np.maximum(bounds, 0.0), np.sort(bounds, axis=0))
