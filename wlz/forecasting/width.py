"""How far off a year can be: difficulty of a series, and the width of a panel's errors learnt from its own past.

The numbers behind `paths.py`. Fitted on yearly sums of public series (M3, tourism, claims), 24 to 36 months in;
methods, volumes, intervals.
"""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from wlz.forecasting.engines.interface import pair_months
from wlz.forecasting.ets import SEASON_MONTHS, FloatArray

# How the error of a year grows with: model deviation, deviation of seasonal differences, distance of the members,
# growth, size. Fitted on M3, tourism and public claims (methods, volumes, intervals).
ELASTICITIES = np.array([0.35, 0.30, 0.10, 0.07, -0.06])
FEATURE_CAP = 2.0
GAP_SHARE = 0.33  # u is at least this share of the distance of the members
USUAL_80, USUAL_95 = 0.79, 1.52  # usual quantiles of |error| ÷ (u·P)
OWN_WEIGHT = 0.5  # of the panel's own quantiles, in logs
SAFETY = 1.1
CURVATURE_RANGE = (1.0, 1.8)
COMMON_PRIOR, COMMON_PRIOR_YEARS, COMMON_LIMIT = 0.03, 1.0, 0.5
MIN_PAIRS = 6  # months known a year apart; below this seasonal differences say too little
MIN_PANEL = 20  # series below which the panel's own errors say too little
_Z80, _Z95 = NormalDist().inv_cdf(0.90), NormalDist().inv_cdf(0.975)


class WidthMap(NamedTuple):
    """From normal score to relative error in units of u: `factor` · |z|^`curvature`; `common` is ρ."""

    factor: float
    curvature: float
    common: float


@np.errstate(over="ignore")  # relative to a year of nothing everything is large, and capped
def measure_difficulty(values: FloatArray, year: FloatArray, gap: FloatArray, deviation: FloatArray) -> FloatArray:
    """u of N series: the usual size of a relative error of the year. 0 for a series that never moved.

    `year` (N,) the yearly point sum P, `gap` the distance of the members of `combined` in euro or units, `deviation`
    of `draw_models`. A year of which fewer than twelve months were ever seen is harder: × 12 ÷ the months seen (a
    single one already counts as unknown altogether). Limit: fitted on yearly sums of series of 24 to 36 months; below
    that only tried on simulated series.
    """
    size = np.maximum(np.abs(year), np.finfo(float).tiny)
    apart = np.minimum(np.abs(gap) / size, FEATURE_CAP)
    now, before = (side[:, -SEASON_MONTHS:] for side in pair_months(values))
    wander = np.minimum(_measure_wander(values, now - before), FEATURE_CAP)
    total, total_before = now.sum(axis=1), before.sum(axis=1)
    known = total_before > 0
    growth = np.where(known, total / np.where(known, total_before, 1.0) - 1.0, 0.0)
    positive = year > 0
    middle = np.log(size[positive]).mean() if positive.any() else 0.0
    features = np.stack(
        [
            np.log(np.minimum(deviation / size, FEATURE_CAP) + 0.005),
            np.log(wander + 0.005),
            np.log(apart + 0.005),
            np.log(np.minimum(np.abs(growth), FEATURE_CAP) + 0.01),
            np.log(size) - middle,
        ],
        axis=1,
    )
    difficulty = np.maximum(np.exp(features @ ELASTICITIES), GAP_SHARE * apart)
    count = (~np.isnan(values)).sum(axis=1)
    difficulty *= np.where(count > 1, SEASON_MONTHS / np.clip(count, 1, SEASON_MONTHS), 1.0)
    return np.where(deviation > 0, difficulty, 0.0)


def _measure_wander(values: FloatArray, differences: FloatArray) -> FloatArray:
    """Deviation of the last seasonal differences ÷ mean |y| of the last year, (N,).

    With fewer than MIN_PAIRS pairs of months √2 × the deviation of the months themselves ÷ their mean |y|, season and
    all; a single month deviates by all of itself. Too little history must not look like certainty.
    """
    known = ~np.isnan(values)
    size, count = np.where(known, np.abs(values), 0.0), known.sum(axis=1)
    mean = np.where(known, values, 0.0).sum(axis=1) / np.maximum(count, 1)
    rest = np.where(known, values - mean[:, None], 0.0)
    own = np.where(count > 1, np.sqrt((rest**2).sum(axis=1) / np.maximum(count - 1, 1)), np.abs(mean))
    pairs = (known[:, SEASON_MONTHS:] & known[:, :-SEASON_MONTHS])[:, -SEASON_MONTHS:].sum(axis=1)
    level = size.sum(axis=1) / np.maximum(count, 1)
    of_year = size[:, -SEASON_MONTHS:].sum(axis=1) / np.maximum(known[:, -SEASON_MONTHS:].sum(axis=1), 1)
    young = pairs < MIN_PAIRS
    seasonal = differences.std(axis=1) if differences.shape[1] else own
    level = np.maximum(np.where(young, level, of_year), np.finfo(float).tiny)
    wander: FloatArray = np.where(young, np.sqrt(2.0) * own, seasonal) / level
    return wander


def learn_width(errors: FloatArray, widths: FloatArray) -> WidthMap:
    """a, b and ρ from the errors of the panel's own past years.

    `errors` (years, N) actual − point of the year, `widths` (years, N) u·P at that time; 0 where unusable. Without
    20 usable series the usual values. ρ = (0.03 + Σ min(r², ½)) ÷ (1 + years), r = Σerror ÷ (a·Σu·P) of a year.
    """
    usable = widths > 0
    own_80, own_95 = USUAL_80, USUAL_95
    weight = 0.0
    if usable.sum() >= MIN_PANEL:
        own_80, own_95 = np.quantile(np.abs(errors[usable]) / widths[usable], [0.8, 0.95])
        own_80, own_95 = max(own_80, 1e-6), max(own_95, 1e-6)
        weight = OWN_WEIGHT
    at_80 = SAFETY * own_80**weight * USUAL_80 ** (1 - weight)
    at_95 = SAFETY * own_95**weight * USUAL_95 ** (1 - weight)
    curvature = float(np.clip(np.log(at_95 / at_80) / np.log(_Z95 / _Z80), *CURVATURE_RANGE))
    factor = float(np.sqrt(at_80 * at_95) / np.sqrt(_Z80 * _Z95) ** curvature)
    common, seen = COMMON_PRIOR_YEARS * COMMON_PRIOR, 0.0
    for error, width, use in zip(errors, widths, usable, strict=True):
        if use.sum() >= MIN_PANEL:
            common += min((error[use].sum() / (factor * width[use].sum())) ** 2, COMMON_LIMIT)
            seen += 1
    return WidthMap(factor, curvature, common / (COMMON_PRIOR_YEARS + seen))
