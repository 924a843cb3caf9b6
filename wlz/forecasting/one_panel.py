"""One panel, one engine, all edge cases: what `volumes/`, the backtest and a panel from a file have in common.

Arrays only: N series × T months, NaN = not observed, the last column is the month before the first forecast month.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from wlz.forecasting import edge_cases
from wlz.forecasting.engines import Engine
from wlz.forecasting.ets import MIN_OBSERVATIONS, BoolArray, FloatArray, IntArray, TextArray

# In order of precedence: a series carries the first that applies.
FLAGS = (
    "ended",
    "short",
    "intermittent",
    "replaced",
    "incomplete_last_month",
    "jump",
    "level_shift",
    "growth_outside",
    "gap",
    "negative",
)
SET_ASIDE_FLAGS = ("incomplete_last_month", "jump")  # the last month counts as what was expected of it
EDGE_MODELS = ("ended", "mean")


class Treated(NamedTuple):
    """`history` (N, T) as an engine may see it, and which series each flag of FLAGS applies to, (N,) each."""

    history: FloatArray
    flags: dict[str, BoolArray]


class Forecast(NamedTuple):
    """`point` (N, H), `model` (N,), and the flags with what the forecast added to them."""

    point: FloatArray
    model: TextArray
    flags: dict[str, BoolArray]

    @property
    def flag(self) -> TextArray:
        """The first flag that applies to each series, empty where none does."""
        return np.select([self.flags[name] for name in FLAGS], FLAGS, default="")


def find_set_aside(flags: Mapping[str, BoolArray]) -> BoolArray:
    """Series (N,) of which the last month counts as what was expected of it."""
    found: BoolArray = np.any([flags[name] for name in SET_ASIDE_FLAGS], axis=0)
    return found


def treat_history(values: FloatArray, *, own_rules: bool = True) -> Treated:
    """Zeros before the first value cut, an odd last month replaced by what was expected of it, oddities named.

    So is a single spike in a season seen once (`calm_spike`). Without `own_rules` (scenario letter) nothing is
    replaced, and incomplete_last_month, jump, level_shift and negative are not looked for.
    """
    history = cut_leading_zeros(values)
    observed = ~np.isnan(history)
    started = np.maximum.accumulate(observed, axis=1)
    nothing = np.zeros(len(values), dtype=np.bool_)
    flags = dict.fromkeys(FLAGS, nothing) | {
        "short": observed.sum(axis=1) < MIN_OBSERVATIONS,
        "intermittent": edge_cases.find_intermittent(history),
        "gap": np.any(started & ~observed, axis=1),
    }
    if own_rules:
        incomplete, jump, expected = edge_cases.find_odd_last_month(history)
        incomplete &= ~edge_cases.find_silent(history, january=history.shape[1])  # it has ended: no month is missing
        flags |= {"incomplete_last_month": incomplete, "jump": jump, "negative": np.any(history < 0, axis=1)}
        history[incomplete | jump, -1] = expected[incomplete | jump]
        history = edge_cases.calm_spike(history)
        flags["level_shift"] = edge_cases.find_level_shift(history)[0] > 0
    return Treated(history, flags)


def cut_leading_zeros(values: FloatArray) -> FloatArray:
    """Zeros before the first care are no observations; a series of zeros only is kept whole.

    >>> cut_leading_zeros(np.array([[0.0, 0.0, 3.0, 0.0]]))
    array([[nan, nan,  3.,  0.]])
    """
    has_care = ~np.isnan(values) & (values != 0)
    started = np.maximum.accumulate(has_care, axis=1) | ~has_care.any(axis=1, keepdims=True)
    return np.where(started, values, np.nan)


def forecast_treated(
    treated: Treated,
    engine: Engine,
    horizon: int,
    *,
    month_of_year: int,
    open_months: IntArray | None = None,
    own_rules: bool = True,
) -> Forecast:
    """The engine's forecast where it applies, the rule's where one does.

    `month_of_year` of the last column, 0 is January. `open_months` (N,): forecast months before a code ends (None: all
    of them). 1–6 observations → their mean; half or more zeros → mean of the last 12 observations; silent or ended →
    0; with `own_rules` a calendar year outside × 0.5–2 of the one before is held at the nearer end. Never below 0 but
    where history is.
    """
    values, flags = treated.history, dict(treated.flags)
    left = np.full(len(values), horizon, dtype=np.int64) if open_months is None else open_months
    is_ended = edge_cases.find_silent(values, january=values.shape[1] - 1 - month_of_year) | (left == 0)
    takes_mean = ~is_ended & (flags["short"] | flags["intermittent"])
    takes_engine = ~is_ended & ~takes_mean
    point = np.zeros((len(values), horizon))
    model = np.where(is_ended, *EDGE_MODELS).astype("<U24")
    if takes_mean.any():
        point[takes_mean] = edge_cases.mean_of_last_year(values[takes_mean])[:, None]
    if takes_engine.any():
        found = engine(values[takes_engine], horizon)
        point[takes_engine], model[takes_engine] = found.point, found.model
    never_negative = ~np.any(values < 0, axis=1)
    point[never_negative] = np.maximum(point[never_negative], 0.0)
    # Growth is that of whole years: one in which a code ends is short because it ends, not because it shrinks.
    flags["growth_outside"], factor = edge_cases.find_growth_outside(values, point, month_of_year)
    flags["ended"] = is_ended | (left < horizon)
    point = point * factor if own_rules else point
    point[np.arange(horizon) >= left[:, None]] = 0.0
    return Forecast(point, model, flags)
