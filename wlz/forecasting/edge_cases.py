"""What is odd about a series, and what is done about it before any engine sees it. Methods, volumes, edge cases.

Arrays in, arrays out: N series × T months, NaN = not observed. Each rule says which series it found; what an engine
makes of them is not its business. Codes, dates, overrides and flags are in `volumes/`.
"""

import numpy as np

from wlz.forecasting.engines.interface import pair_months
from wlz.forecasting.ets import (
    MIN_OBSERVATIONS,
    MIN_SEASON_OBSERVATIONS,
    SEASON_MONTHS,
    BoolArray,
    FloatArray,
    IntArray,
)
from wlz.words.robust import MAD_TO_DEVIATION

INTERMITTENT_ZERO_RATIO = 0.5
ENDED_ZERO_MONTHS = 6  # silent for half a year
ENDED_ZERO_MONTHS_IN_YEAR = 2  # silent since January: one empty month is no evidence, two are
GROWTH_RANGE_RATIO = (0.5, 2.0)  # of the same months a year before; checks, F01
TREND_MONTHS = 6  # before a month: their growth over the year before says what the month should be
HISTORY_MONTHS = 12  # of such errors, to know what is usual
USUAL_ERROR_FLOOR = 0.03  # robust deviation of ln(month ÷ expected), at least
OUTLIER_DEVIATIONS = 5.0
INCOMPLETE_RATIO = 0.7  # a last month below this share of what is expected, and unusually so, is not complete
JUMP_RATIO = 1.5  # above this, and unusually so: one month is no evidence of a new level
SPIKE_FACTOR = 3.0  # a month is this many times any other of its year
SHIFT_MONTHS = (3, 8)  # as many months in a row at another level are one
SHIFT_RATIO = 1.5  # in the middle of those months


def find_silent(values: FloatArray, january: int) -> BoolArray:
    """Series without care any more: zero for 6 observed months, or since January (column) of the last year.

    The second needs two zeros and a silence longer than any before it: a code used now and then is often silent in
    January and February without having ended.
    """
    columns = np.arange(values.shape[1])
    zero, has_care = values == 0, ~np.isnan(values) & (values != 0)
    last_care = np.where(has_care.any(axis=1), values.shape[1] - 1 - has_care[:, ::-1].argmax(axis=1), -1)
    silence = (zero & (columns > last_care[:, None])).sum(axis=1)
    run, longest = np.zeros(len(values), dtype=np.int64), np.zeros(len(values), dtype=np.int64)
    for column in columns:
        run = np.where(has_care[:, column], 0, run + zero[:, column])
        longest = np.where(column < last_care, np.maximum(longest, run), longest)
    zeros_in_year = (zero & (columns >= january)).sum(axis=1)
    since_january = (last_care < january) & (zeros_in_year >= ENDED_ZERO_MONTHS_IN_YEAR) & (silence > longest)
    silent: BoolArray = since_january | (silence >= ENDED_ZERO_MONTHS)
    return silent


def find_intermittent(values: FloatArray) -> BoolArray:
    """Half or more of the observed months are zero."""
    found: BoolArray = (values == 0).sum(axis=1) >= INTERMITTENT_ZERO_RATIO * (~np.isnan(values)).sum(axis=1)
    return found


def mean_of_last_year(values: FloatArray) -> FloatArray:
    """Mean of the last 12 observed months (N,); of equal volumes exactly that volume."""
    observed = ~np.isnan(values)
    from_end = np.cumsum(observed[:, ::-1], axis=1)[:, ::-1]
    used = np.where(observed & (from_end <= SEASON_MONTHS), values, np.nan)
    mean = np.nansum(used, axis=1) / np.maximum((~np.isnan(used)).sum(axis=1), 1)
    return np.asarray(np.clip(mean, np.nanmin(used, axis=1), np.nanmax(used, axis=1)), dtype=np.float64)


def find_odd_last_month(values: FloatArray) -> tuple[BoolArray, BoolArray, FloatArray]:
    """Series of which the last month is far below, and far above, what was to be expected; and what was expected.

    Expected is the same month a year before × the growth of the six months before. Odd is a ratio below 0.7 or above
    1.5 that also lies 5 robust deviations outside the errors of the twelve months before. An incomplete month is the
    largest single risk of a forecast, a month that is too high the second. Limit: needs 25 observed months; a series
    that often errs by a third is never found.
    """
    count, months = values.shape
    nothing = np.zeros(count, dtype=np.bool_)
    if months < 2 * SEASON_MONTHS + 1:
        return nothing, nothing.copy(), values[:, -1].copy()
    columns = range(months - 1, max(months - 1 - HISTORY_MONTHS, SEASON_MONTHS + TREND_MONTHS) - 1, -1)
    errors = np.stack([_month_error(values, column) for column in columns], axis=1)
    usual = _robust_deviation(errors[:, 1:])
    latest = errors[:, 0]
    unusual = np.abs(latest) > OUTLIER_DEVIATIONS * usual
    judged = unusual & ((~np.isnan(errors[:, 1:])).sum(axis=1) >= TREND_MONTHS)
    expected = np.where(judged, _expect_month(values, months - 1), values[:, -1])
    return judged & (latest < np.log(INCOMPLETE_RATIO)), judged & (latest > np.log(JUMP_RATIO)), expected


def _expect_month(values: FloatArray, column: int) -> FloatArray:
    """The same month a year before × the growth of the six months before over the year before; NaN if unknown."""
    now, year_ago = (side[:, -TREND_MONTHS - 1 :] for side in pair_months(values[:, : column + 1]))
    total, total_ago = now[:, :-1].sum(axis=1), year_ago[:, :-1].sum(axis=1)
    expected = values[:, column - SEASON_MONTHS] * total / np.where(total_ago > 0, total_ago, np.nan)
    return np.asarray(expected, dtype=np.float64)


def _month_error(values: FloatArray, column: int) -> FloatArray:
    """ln(month ÷ expected) per series; NaN where it cannot be said. A zero month counts as a thousandth."""
    expected = _expect_month(values, column)
    usable = (expected > 0) & (values[:, column] >= 0)
    safe = np.where(usable, expected, 1.0)
    ratio = np.where(usable, np.maximum(values[:, column], 0.001 * safe) / safe, np.nan)
    return np.asarray(np.log(ratio), dtype=np.float64)


def _robust_deviation(errors: FloatArray) -> FloatArray:
    known = ~np.isnan(errors)
    filled = np.sort(np.where(known, np.abs(errors), np.inf), axis=1)
    middle = np.maximum((known.sum(axis=1) - 1) // 2, 0)
    median = np.take_along_axis(filled, middle[:, None], axis=1)[:, 0]
    return np.asarray(np.maximum(MAD_TO_DEVIATION * median, USUAL_ERROR_FLOOR), dtype=np.float64)


def calm_spike(values: FloatArray) -> FloatArray:
    """N series (N, T) without a single spike in a season seen once: a month three times any other is no season yet.

    Of series with seven to 23 known months; in its place comes the median of the other months of the last year.

    >>> calm_spike(np.array([[5.0, 6.0, 5.0, 90.0, 5.0, 6.0, 5.0, 6.0, 5.0, 6.0, 5.0, 6.0]]))[0, 3]
    np.float64(5.0)
    """
    count = (~np.isnan(values)).sum(axis=1)
    rows = np.flatnonzero((count >= MIN_OBSERVATIONS) & (count < MIN_SEASON_OBSERVATIONS))
    year = values[rows, -SEASON_MONTHS:]
    known = ~np.isnan(year)
    ordered = np.sort(np.where(known, year, -np.inf), axis=1)
    if not len(rows) or year.shape[1] < 2:
        return values
    enough = (known.sum(axis=1) >= MIN_OBSERVATIONS) & (ordered[:, -2] > 0)
    spikes = np.flatnonzero(enough & (ordered[:, -1] >= SPIKE_FACTOR * ordered[:, -2]))
    if not len(spikes):
        return values
    calmed = values.copy()
    for place in spikes:
        column = values.shape[1] - year.shape[1] + int(np.nanargmax(year[place]))
        others = np.delete(year[place], np.nanargmax(year[place]))
        calmed[rows[place], column] = np.nanmedian(others)
    return calmed


def find_level_shift(values: FloatArray) -> tuple[IntArray, FloatArray]:
    """Months at a new level at the end of each series (0: none), and the level before × this = the new one.

    It is told and not repaired: lifting the history to the new level made forecasts of such series worse on public
    data (M3 and tourism, eight origins), because about half of such a shift goes back within the year.

    The last 3 to 8 months are a new level when each differs from the same month a year before × last growth by the
    same sign, by more than half in the middle, and 5 robust deviations outside what was usual in the year before.
    The longest such stretch counts. Limit: needs 24 observed months before it.
    """
    count, total = values.shape
    length, factor = np.zeros(count, dtype=np.int64), np.ones(count)
    for months in range(SHIFT_MONTHS[0], SHIFT_MONTHS[1] + 1):
        start = total - months
        if start < 2 * SEASON_MONTHS:
            break
        now, ago = (side[:, start - 2 * SEASON_MONTHS : start - SEASON_MONTHS] for side in pair_months(values))
        sums, sums_ago = now.sum(axis=1), ago.sum(axis=1)
        growth = np.where(sums_ago > 0, sums / np.where(sums_ago > 0, sums_ago, 1.0), np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            usual = _robust_deviation(np.log(now / (growth[:, None] * ago)))
            moved = np.log(
                values[:, start:] / (growth[:, None] * values[:, start - SEASON_MONTHS : total - SEASON_MONTHS])
            )
        usable = np.isfinite(moved).all(axis=1) & ((~np.isnan(values[:, :start])).sum(axis=1) >= 2 * SEASON_MONTHS)
        moved = np.where(usable[:, None], moved, 0.0)
        middle = np.median(moved, axis=1)
        one_side = (np.sign(moved) == np.sign(middle)[:, None]).all(axis=1)
        each = np.abs(moved).min(axis=1) > np.log(SHIFT_RATIO) / 2
        found = (
            usable & one_side & each & (np.abs(middle) > np.maximum(np.log(SHIFT_RATIO), OUTLIER_DEVIATIONS * usual))
        )
        length, factor = np.where(found, months, length), np.where(found, np.exp(middle), factor)
    return length, factor


def find_growth_outside(values: FloatArray, forecast: FloatArray, month_of_year: int) -> tuple[BoolArray, FloatArray]:
    """Series of which a calendar year with forecast months leaves × 0.5–2 of the same months a year before.

    `month_of_year` of the last observed column (0 is January). Also gives the factor on the forecast months of each
    column (N, H) that would bring the year back to the nearer end of the range: 1 inside it, and 1 where the year
    before is not wholly known. Months unknown in either year count in neither.
    """
    timeline = np.concatenate([values, forecast], axis=1)
    observed_months = values.shape[1]
    outside, factor = np.zeros(len(values), dtype=np.bool_), np.ones_like(forecast)
    start = observed_months - (month_of_year + 1) % SEASON_MONTHS  # January of the first forecast month's year
    for january in range(start, timeline.shape[1], SEASON_MONTHS):
        first = max(january, SEASON_MONTHS)
        columns = np.arange(first, min(january + SEASON_MONTHS, timeline.shape[1]))
        year, before = timeline[:, columns], timeline[:, columns - SEASON_MONTHS]
        known = ~np.isnan(year) & ~np.isnan(before)
        total = np.where(known, year, 0.0).sum(axis=1)
        total_before = np.where(known, before, 0.0).sum(axis=1)
        low, high = (bound * total_before for bound in GROWTH_RANGE_RATIO)
        found = (total_before > 0) & ((total < low) | (total > high))
        outside |= found
        ahead = columns[columns >= observed_months] - observed_months
        seen = np.where(known[:, columns < observed_months], year[:, columns < observed_months], 0.0).sum(axis=1)
        wanted, forecast_total = np.clip(total, low, high) - seen, forecast[:, ahead].sum(axis=1)
        held = found & known.all(axis=1) & (forecast_total > 0) & (wanted > 0)
        ratio = wanted / np.where(held, forecast_total, 1.0)
        factor[:, ahead] = np.where(held, ratio, 1.0)[:, None]
        timeline[:, observed_months + ahead] *= factor[:, ahead]
    return outside, factor
