"""A panel of weeks by the volume method: in twelfths of a year back from its last week, and from those to weeks again.

The engines know a season of twelve. Weeks are added up to twelfths of 365.25 days that end with the last week (by days,
where a week lies in two), forecast with their bounds, and shared out over the weeks to come. What a week has of its own
comes on top: the same weeks of earlier years where they are alike (a holiday), and how far weeks lie around their
twelfth. Sums over the horizon are those of the twelfths.
"""

from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import polars as pl

from wlz.files.panel import PanelError, PanelFrame
from wlz.forecasting.any_panel import (
    WIDTH_ENGINES,
    Course,
    Drawing,
    Lines,
    forecast_lines,
    list_sums,
    refuse_wrong_use,
    to_frame,
)  # fmt: skip
from wlz.forecasting.engines import DEFAULT_ENGINE
from wlz.forecasting.ets import SEASON_MONTHS, BoolArray, FloatArray
from wlz.forecasting.incomplete import find_incomplete_months
from wlz.forecasting.paths import DEFAULT_PATHS
from wlz.words.months import add_months

DAYS_IN_WEEK, DAYS_IN_YEAR = 7, 365.25
PART_DAYS = DAYS_IN_YEAR / SEASON_MONTHS
WEEKS_IN_YEAR, MOST_WEEKS = 52, 53
DEFAULT_WEEKS, HORIZON_LIMIT_WEEKS = 52, 208
FEWEST_WEEKS = 9  # two twelfths
KNOWN_SHARE = 0.5  # of the days of a twelfth, before it is known
NOISE_WEEKS = 2 * WEEKS_IN_YEAR  # at the end, of which is learnt how far weeks lie around their twelfth
FEWEST_PAIRS, ALIKE_ERRORS = 26, 2.0  # weeks a year apart; standard errors, before they are alike
SCORES = (-1.2815515655446004, 1.2815515655446004, -1.959963984540054, 1.959963984540054)


class Own(NamedTuple):
    """What weeks have of their own: `shape` (N, H) of the weeks shown, around 1, and `noise` (N,) of any week."""

    shape: FloatArray
    noise: FloatArray


def forecast_weeks(
    panel: PanelFrame,
    *,
    engine: str = DEFAULT_ENGINE,
    horizon: int = DEFAULT_WEEKS,
    total: bool = False,
    seed: int = 0,
    paths: int = DEFAULT_PATHS,
    as_is: bool = False,
) -> pl.DataFrame:
    """As `any_panel.forecast_frame`, of a panel of weeks: a row per series and week, and one of the sum without a week.

    Columns unique_id, week (the day on which the file dates it), and those of FORECAST_SCHEMA behind it. `horizon` 1 to
    208 weeks. Raises PanelError for fewer than nine weeks, and as `forecast_frame` does.
    """
    if not 1 <= horizon <= HORIZON_LIMIT_WEEKS or panel.weeks is None:
        raise PanelError(f"horizon: found {horizon} weeks, expected 1 to {HORIZON_LIMIT_WEEKS}")
    refuse_wrong_use(engine, 1)
    skipped = 0 if as_is else find_incomplete_months(panel.values, season=WEEKS_IN_YEAR).months
    known = panel.values[:, : panel.values.shape[1] - skipped]
    if known.shape[1] < FEWEST_WEEKS:
        raise PanelError(
            f"weeks: found {known.shape[1]}, expected at least {FEWEST_WEEKS}. Likely the start of a file. Next: add "
            "earlier weeks"
        )
    shares = share_out(skipped, horizon)
    drawing = Drawing(WIDTH_ENGINES.get(engine, engine), seed, paths, 0, shares)
    ends = panel.weeks.day(add_months(panel.last_month, -skipped))
    course = forecast_lines(
        panel, add_up(known), engine, len(shares), drawing, month_of_year=ends.month - 1, total=total
    )
    began = panel.weeks.day(panel.first_month)
    of_series, of_sums = add_own(course.lines.series, find_own(known, began, skipped, horizon)), course.lines.sums
    if course.sums:
        summed = np.stack([np.nansum(known[part], axis=0) for part in list_sums(panel, total).values()])
        of_sums = add_own(of_sums, find_own(summed, began, skipped, horizon))
    weeks = [panel.weeks.day(add_months(panel.last_month, 1 + step)) for step in range(horizon)]
    frame = to_frame(panel, Course(Lines(of_series, of_sums), course.model, course.sums), weeks, engine)
    return frame.rename({"month": "week"})


def add_up(values: FloatArray) -> FloatArray:
    """Weeks (N, T) → twelfths of a year (N, P) that end with the last week; NaN where less than half is known.

    But the twelfth in which a series begins is what is known of it, per day.

    >>> add_up(np.full((1, 9), 7.0)).round(4).tolist()  # one a day
    [[30.4375, 30.4375]]
    """
    weeks = values.shape[1]
    parts = int(weeks * DAYS_IN_WEEK / PART_DAYS)
    days = overlap_days(ends_before(weeks, DAYS_IN_WEEK), ends_before(parts, PART_DAYS))
    known = (~np.isnan(values)) @ days
    found = np.nan_to_num(values) @ (days / DAYS_IN_WEEK)
    share = known / PART_DAYS
    begins = np.cumsum(share > 0, axis=1) == 1  # of a series that is new, whatever is known
    enough = (share >= KNOWN_SHARE) | (begins & (share > 0))
    return np.where(enough, found / np.where(enough, share, 1.0), np.nan)


def ends_before(count: int, days: float) -> FloatArray:
    """Ends of the last `count` spans of so many days, in days before the end of all: … −2 days, −days, 0."""
    return np.asarray(-days * np.arange(count, dtype=np.float64)[::-1])


def overlap_days(week_ends: FloatArray, part_ends: FloatArray) -> FloatArray:
    """Days that weeks and twelfths have in common (T, P), both given by their ends in days."""
    end = np.minimum(week_ends[:, None], part_ends)
    begin = np.maximum(week_ends[:, None] - DAYS_IN_WEEK, part_ends - PART_DAYS)
    return np.asarray(np.maximum(end - begin, 0.0))


def share_out(skipped: int, horizon: int) -> FloatArray:
    """Of each twelfth after the last week known what falls in each week shown and in all of them (K, H + 1)."""
    parts = int(np.ceil((skipped + horizon) * DAYS_IN_WEEK / PART_DAYS))
    weeks = int(np.ceil(parts * PART_DAYS / DAYS_IN_WEEK))
    week_ends = DAYS_IN_WEEK * np.arange(1, weeks + 1, dtype=np.float64)
    days = overlap_days(week_ends, PART_DAYS * np.arange(1, parts + 1, dtype=np.float64))
    shares = smooth_out(days)[:, skipped : skipped + horizon]
    return np.concatenate([shares, shares.sum(axis=1, keepdims=True)], axis=1)


def smooth_out(days: FloatArray) -> FloatArray:
    """From days in common (T, P) to what of each twelfth goes to each week (P, T): the smoothest course that adds up.

    Squares of the steps from week to week are least (Boot, Feibes and Lisman, 1967): no step where a twelfth begins.
    """
    weeks, parts = days.shape
    step = np.diff(np.eye(weeks), axis=0)
    whole = np.zeros((weeks + parts, weeks + parts))
    whole[:weeks, :weeks], whole[:weeks, weeks:] = 2 * step.T @ step, days / DAYS_IN_WEEK
    whole[weeks:, :weeks] = days.T / DAYS_IN_WEEK
    given = np.concatenate([np.zeros((weeks, parts)), np.eye(parts)])
    return np.asarray(np.linalg.solve(whole, given)[:weeks].T)


def find_own(values: FloatArray, first_day: date, skipped: int, horizon: int) -> Own:
    """What weeks have of their own beside their course: series (N, T), the first week is that of `first_day`.

    The mean of the weeks of earlier years with the same number (ISO 8601) counts as far as such weeks are alike:
    reliability by their correlation, where it lies two standard errors above 0. Around it lie weeks as they did in the
    last two years, and the mean itself is one of so many years.
    """
    count, weeks = values.shape
    course = _spread_back(values)
    usable = (course > 0) & ~np.isnan(values)
    own = np.where(usable, np.divide(values, course, out=np.ones_like(values), where=usable) - 1.0, np.nan)
    days = [first_day + timedelta(days=DAYS_IN_WEEK * week) for week in range(weeks + skipped + horizon)]
    year, number = np.array([day.isocalendar()[:2] for day in days]).T
    place = number - 1
    by_year = np.full((count, year[weeks - 1] - year[0] + 1, MOST_WEEKS), np.nan)
    by_year[:, year[:weeks] - year[0], place[:weeks]] = own
    seen = (~np.isnan(by_year)).sum(axis=1)
    alike = _measure_likeness(by_year)[:, None]
    mean = np.divide(np.nansum(by_year, axis=1), seen, out=np.zeros(seen.shape), where=seen > 0)
    of_number = mean * seen * alike / (1 + (np.maximum(seen, 1) - 1) * alike)
    of_number[:, -1] = np.where(seen[:, -1] > 0, of_number[:, -1], of_number[:, -2])  # few years have a week 53
    left = (own - of_number[:, place[:weeks]])[:, -NOISE_WEEKS:]
    known = (~np.isnan(left)).sum(axis=1)
    noise = np.sqrt(np.divide(np.nansum(left**2, axis=1), known, out=np.zeros(count), where=known > 0))
    shape = of_number[:, place[weeks + skipped :]]
    return Own(np.maximum(1.0 + shape, 0.0), noise * np.sqrt(1.0 + 1.0 / max(weeks // WEEKS_IN_YEAR, 1)))


def _spread_back(values: FloatArray) -> FloatArray:
    """The smoothest course of weeks (N, T) with the same twelfths; NaN where a twelfth is not known.

    Behind an unknown twelfth the one before goes on.
    """
    weeks, parts = values.shape[1], add_up(values)
    days = overlap_days(ends_before(weeks, DAYS_IN_WEEK), ends_before(parts.shape[1], PART_DAYS))
    known = ~np.isnan(parts)
    last = np.maximum.accumulate(np.where(known, np.arange(parts.shape[1]), 0), axis=1)
    filled = np.nan_to_num(np.take_along_axis(parts, last, axis=1))
    first = int(np.ceil(weeks - parts.shape[1] * PART_DAYS / DAYS_IN_WEEK))  # week that is whole in the first twelfth
    spread = np.full(values.shape, np.nan)
    spread[:, first:] = filled @ smooth_out(days[first:])
    return np.where(known @ days.T > DAYS_IN_WEEK - 0.5, spread, np.nan)


def _measure_likeness(by_year: FloatArray) -> FloatArray:
    """Correlation (N,) of weeks with those of the year before (N, years, 53); 0 where it may be chance."""
    now, before = by_year[:, 1:], by_year[:, :-1]
    both = ~np.isnan(now) & ~np.isnan(before)
    pairs = both.sum(axis=(1, 2))
    now, before = np.where(both, now, 0.0), np.where(both, before, 0.0)
    size = np.sqrt((now**2).sum(axis=(1, 2)) * (before**2).sum(axis=(1, 2)))
    found = np.divide((now * before).sum(axis=(1, 2)), size, out=np.zeros(len(by_year)), where=size > 0)
    enough = (pairs >= FEWEST_PAIRS) & (found > ALIKE_ERRORS / np.sqrt(np.maximum(pairs, 1)))
    return np.where(enough, np.minimum(found, 1.0), 0.0)


def add_own(lines: FloatArray, own: Own) -> FloatArray:
    """Lines (5, N, H + 1) with what weeks have of their own; the last column, the sum, stays as it is."""
    weeks, total = lines[:, :, :-1], lines[:, :, -1:]
    shaped = weeks * own.shape
    sums, shaped_sums = weeks[:1].sum(axis=2, keepdims=True), shaped[:1].sum(axis=2, keepdims=True)
    keeps = (sums != 0) & (shaped_sums != 0)
    shaped = shaped * np.where(keeps, sums / np.where(keeps, shaped_sums, 1.0), 1.0)
    point, size = shaped[0], np.abs(shaped[0]) * own.noise[:, None]
    bounds = [
        point + np.sign(score) * np.hypot(line - point, score * size)
        for line, score in zip(shaped[1:], SCORES, strict=True)
    ]
    found = np.stack([point, *bounds])
    never_negative: BoolArray = np.asarray((lines >= 0).all(axis=(0, 2)))[:, None]
    found = np.where(never_negative, np.maximum(found, 0.0), found)
    return np.concatenate([found, total], axis=2)
