"""How sure a completed month is: what would have been said at earlier deliveries, and what came out. Methods, lag, 5.

Errors are relative, actual ÷ said − 1, per uitvoerder (all its cells at once: what they have in common) and per cell
beyond that. Not here: Mack's standard error (`mack.py`), which needs no a priori.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri, stdtrit

from wlz.forecasting.ets import SEASON_MONTHS, BoolArray, FloatArray, IntArray
from wlz.runoff.completion import OPEN_MONTHS, Completion, Curve, Forecaster, complete_cells
from wlz.runoff.triangle import sum_labels
from wlz.words.robust import MAD_TO_DEVIATION

PAST_DELIVERIES = 12  # asked what they would have said
ERROR_LAGS = 12  # youngest lags with errors of their own: a budget year
MIN_DELIVERIES = 3  # of a triangle that is asked
OWN_WEIGHT = 6.0  # an uitvoerder's or cell's own errors count n ÷ (n + this)
USUAL_ERROR = 0.15  # of what is still to come, standard deviation, where nothing was measured yet
USUAL_WEIGHT = 0.1  # errors it counts for
HELD_DEVIATIONS = 2.5  # a past error counts up to this many robust deviations: one odd delivery is not the rule
ERROR_LIMIT = 1.0
LATER_LAG, LATER_RATIO = 4, 1.12  # from this lag on errors of the past have not been seen to their end: measured
# Past errors have somewhat heavier tails than the normal: Student's t, scaled so that its 80 % bound is the normal's.
FREEDOM = 15.0
T_SCALE = float(ndtri(0.9) / stdtrit(FREEDOM, 0.9))


class RetrospectiveErrors(NamedTuple):
    """How far R earlier deliveries were off, actual ÷ said − 1.

    Of completed months per lag: `uitvoerder` (R, G, ERROR_LAGS) and `cell` (R, N, ERROR_LAGS, beyond its uitvoerder's),
    NaN where not known. `size` (N,) a cell's mean month, in the unit of the triangle. `expected` (R, G) and
    `expected_cell` (R, N): the same of what was expected of the youngest month before anything of it was seen. An error
    made with fewer deliveries to learn from is scaled by the root of their number ÷ that of now.
    """

    uitvoerder: FloatArray
    cell: FloatArray
    size: FloatArray
    expected: FloatArray
    expected_cell: FloatArray

    def before(self, delivery: int) -> "RetrospectiveErrors":
        """Those of the deliveries before this one; the newest is 0."""
        later = delivery + 1
        return self._replace(**{name: getattr(self, name)[later:] for name in self._fields if name != "size"})


class Scatter(NamedTuple):
    """Relative standard deviation of a completed month: `common` (G, L) to all cells of an uitvoerder, `own` (N, L).

    Of a month of which nothing is known yet: `expected` (G,) and `expected_own` (N,).
    """

    common: FloatArray
    own: FloatArray
    expected: FloatArray
    expected_own: FloatArray


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
    rows: list[tuple[FloatArray, ...]] = []
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
        of_uitvoerder = _relative(actual_total[:, place], total[:, place], usable)
        own = _relative(now.completed[:, place], said.completed[:, place], usable) - of_uitvoerder[uitvoerder]
        prior = said.a_priori[:, -1:]
        expected = _relative(actual_total[:, place[:1]], sum_labels(prior, uitvoerder), usable[:1])
        expected_cell = _relative(now.completed[:, place[:1]], prior, usable[:1]) - expected[uitvoerder]
        learnt = float(np.sqrt(delivered[:until].sum() / delivered.sum()))
        rows.append((learnt * of_uitvoerder, learnt * own, learnt * expected[:, 0], learnt * expected_cell[:, 0]))
    size = now.completed[:, -SEASON_MONTHS:].mean(axis=1)
    shapes = ((groups, ERROR_LAGS), (cells, ERROR_LAGS), (groups,), (cells,))
    empty = tuple(np.zeros((0, *shape)) for shape in shapes)
    of_uitvoerder, own, expected, expected_cell = map(np.stack, zip(*rows, strict=True)) if rows else empty
    return RetrospectiveErrors(of_uitvoerder, own, size, expected, expected_cell)


def _relative(actual: FloatArray, said: FloatArray, usable: BoolArray) -> FloatArray:
    known = usable & (said * actual > 0)  # of one sign; a key may be nothing but corrections
    error = np.where(known, actual / np.where(known, said, 1.0) - 1.0, np.nan)
    return np.clip(error, -ERROR_LIMIT, ERROR_LIMIT)


def measure_scatter(errors: RetrospectiveErrors, p: FloatArray, uitvoerder: IntArray) -> Scatter:
    """Standard deviations of completed months, shrunk: an uitvoerder to the nation, a cell to what its size says.

    `p` (N, L) completeness. A lag without any error
    yet takes 15 % of what is still to come, and so do lags beyond the twelfth. The own variance of a cell goes with
    1 ÷ its size: v(cell) = φ ÷ size, φ measured over all cells.
    """
    lags, weight = p.shape[1], np.abs(errors.size)
    usual_total = _mean_by_size((USUAL_ERROR * np.abs(1 - p)) ** 2, weight, uitvoerder)
    common, own = usual_total.copy(), np.zeros((len(p), lags))
    for lag in range(min(ERROR_LAGS, lags)):
        common[:, lag] = _shrink_common(errors.uitvoerder[:, :, lag], float(usual_total[:, lag].mean()))
        own[:, lag] = _shrink_own(errors.cell[:, :, lag], weight)
    expected = _shrink_common(errors.expected, USUAL_ERROR**2)
    expected_own = _shrink_own(errors.expected_cell, weight)
    later = np.where(np.arange(lags) >= LATER_LAG, LATER_RATIO**2, 1.0)
    common, own = common * later, own * later
    limited = (np.minimum(np.sqrt(part), ERROR_LIMIT) for part in (own, expected, expected_own))
    return Scatter(np.sqrt(common), *limited)


def _mean_by_size(values: FloatArray, weight: FloatArray, uitvoerder: IntArray) -> FloatArray:
    """Mean of cells (N, L) by size, per uitvoerder."""
    total = sum_labels(values * weight[:, None], uitvoerder)
    return np.asarray(total / np.maximum(sum_labels(weight, uitvoerder), np.finfo(float).tiny)[:, None])


def _shrink_common(errors: FloatArray, usual: float) -> FloatArray:
    """Variance (G,) of errors (R, G); uitvoerders lean on the nation."""
    square = _hold(errors, np.ones(errors.shape[1])) ** 2
    known = ~np.isnan(square)
    count, total = known.sum(axis=0), np.where(known, square, 0.0).sum(axis=0)
    nation = (total.sum() + USUAL_WEIGHT * usual) / (count.sum() + USUAL_WEIGHT)
    return np.asarray((total + OWN_WEIGHT * nation) / (count + OWN_WEIGHT))


def _shrink_own(errors: FloatArray, weight: FloatArray) -> FloatArray:
    """Variance (N,) of errors (R, N); each leans on φ ÷ its size `weight` (N,)."""
    square = _hold(errors, np.sqrt(weight)) ** 2
    known = ~np.isnan(square)
    count, total = known.sum(axis=0), np.where(known, square, 0.0).sum(axis=0)
    phi = (total * weight).sum() / max(count.sum(), 1)
    by_size = np.where(weight > 0, phi / np.where(weight > 0, weight, 1.0), 0.0)
    return np.asarray((total + OWN_WEIGHT * by_size) / (count + OWN_WEIGHT))


def spread_scatter(scatter: Scatter, curve: Curve, uitvoerder: IntArray) -> tuple[FloatArray, FloatArray]:
    """Relative deviations (N, T) of every month at the last delivery: common to its uitvoerder, and of the cell alone.

    A delivery of which a share is held back lies between this lag and the one before, and how sure that share is adds
    to it. Before the first lag nothing is known.
    """
    months, lags = len(curve.season), curve.p.shape[1]
    lag = (months - 1 - np.arange(months))[None, :] - curve.lateness.behind[:, -1][uitvoerder][:, None]
    held, unsure = curve.lateness.held_at(lag, uitvoerder)

    def square(of_lag: FloatArray, of_none: FloatArray, at: IntArray) -> FloatArray:
        found = np.take_along_axis(of_lag, np.clip(at, 0, lags - 1), axis=1)
        return np.where(at < 0, of_none[:, None], np.where(at < lags, found, 0.0)) ** 2

    def between(of_lag: FloatArray, of_none: FloatArray) -> FloatArray:
        return (1 - held) * square(of_lag, of_none, lag) + held * square(of_lag, of_none, lag - 1)

    step = np.take_along_axis(np.diff(curve.p, axis=1, prepend=0.0), np.clip(lag, 0, lags - 1), axis=1)
    doubt = np.where((lag >= 0) & (lag < lags), unsure * step, 0.0)
    common = between(scatter.common[uitvoerder], scatter.expected[uitvoerder]) + doubt**2
    return np.sqrt(common), np.sqrt(between(scatter.own, scatter.expected_own))


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
