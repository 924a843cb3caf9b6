"""Claims run-off: care declared so far → care as it will be declared, with how sure that is (methods, lag).

Here: triangles and what is computed from them, in any unit. Not here: which claims go into a triangle
(`wlz/series.py`), tables of anybody's (`wlz/runoff/any_triangle.py`).
"""

from wlz.runoff.completion import Completion, complete_cells, fit_curve
from wlz.runoff.credibility import Credible, credibility_factors
from wlz.runoff.factors import (
    Average,
    completeness_from_factors,
    development_factors,
    link_ratios,
    used_pairs,
)
from wlz.runoff.gaps import completeness_learnt, fill_gaps
from wlz.runoff.lateness import actual_versus_expected, effective_lag, find_drift, find_speed_change
from wlz.runoff.mack import SIGMA_RULES, MackError, SigmaRule, mack_standard_error
from wlz.runoff.methods import SMALLEST_SHARE, benktander, bornhuetter_ferguson, cape_cod, chain_ladder
from wlz.runoff.retrospect import measure_scatter, nowcast_interval, retrospective_errors, spread_scatter
from wlz.runoff.season import month_of_year_effect
from wlz.runoff.triangle import LagError, Triangle, build_triangle, latest, latest_lag

__all__ = [
    "SIGMA_RULES",
    "SMALLEST_SHARE",
    "Average",
    "Completion",
    "Credible",
    "LagError",
    "MackError",
    "SigmaRule",
    "Triangle",
    "actual_versus_expected",
    "benktander",
    "bornhuetter_ferguson",
    "build_triangle",
    "cape_cod",
    "chain_ladder",
    "complete_cells",
    "completeness_from_factors",
    "completeness_learnt",
    "credibility_factors",
    "development_factors",
    "effective_lag",
    "fill_gaps",
    "find_drift",
    "find_speed_change",
    "fit_curve",
    "latest",
    "latest_lag",
    "link_ratios",
    "mack_standard_error",
    "measure_scatter",
    "month_of_year_effect",
    "nowcast_interval",
    "retrospective_errors",
    "spread_scatter",
    "used_pairs",
]
