"""Completed months on the joint paths: their own error, what an uitvoerder shares, days, and the end of certainty."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from wlz.bounds.calendar import build_calendar
from wlz.bounds.valued_paths import CompletedMonths, Levels, Sampling, Seen, Valuation, count_volume
from wlz.forecasting.paths import draw_shocks
from wlz.forecasting.sampling import Panel, Uncertainty
from wlz.forecasting.width import WidthMap

PATHS = 4000
IDS = [f"P{number}/U" for number in range(50)]


def known_months(common: float, own: float, uitvoerder: str = "U") -> Sampling:
    """Fifty series of one uitvoerder, two completed months of 100 each, two days in every forecast month."""
    count = len(IDS)
    shape, none = (count, 2), np.zeros(count)
    ahead = np.full((count, 3), 10.0)
    return Sampling(
        panel=Panel(IDS, np.zeros((count, 36)), ahead),
        uncertainty=Uncertainty(np.zeros((count, 21)), none, WidthMap(1.0, 1.0, 0.0), np.zeros(count, np.bool_)),
        shocks=draw_shocks(PATHS, 36, 0),
        base=ahead,
        points={"base": ahead},
        days=np.full((count, 3), 2.0),
        completed=CompletedMonths(np.full(shape, 100.0), np.full(shape, common), np.full(shape, own)),
        seen=Seen(none, none),
        valuation=Valuation(none, none),
        calendar=build_calendar(date(2015, 1, 1), 36, 2018),
        series=pl.DataFrame(),
        shares=pl.DataFrame(),
        levels=[Levels(uitvoerder, np.arange(count), [], np.zeros((0, count)), np.zeros((0, count)))],
        seed=0,
    )


def apply(sampling: Sampling) -> np.ndarray:
    paths = np.full((len(IDS), PATHS, 3), 10.0, np.float32)
    return count_volume(sampling, slice(0, len(IDS)), paths)


def test_completed_months_take_the_place_of_the_first_forecast_month_and_the_rest_counts_days() -> None:
    found = apply(known_months(0.0, 0.0))
    assert found.shape == (len(IDS), PATHS, 4)
    assert np.unique(found[:, :, :2]) == pytest.approx([100.0])
    assert np.unique(found[:, :, 2:]) == pytest.approx([20.0])


def test_what_an_uitvoerder_shares_does_not_average_out_and_what_is_own_does() -> None:
    """80 % of a normal lies within 1.2816 deviations, and Student's t is scaled to that."""
    for common, own, expected in ((0.1, 0.0, 10.0), (0.0, 0.1, 10.0 / np.sqrt(len(IDS)))):
        mean = apply(known_months(common, own))[:, :, 0].mean(axis=0)
        low, high = np.quantile(mean, [0.1, 0.9])
        assert (high - low) / (2 * 1.2816) == pytest.approx(expected, rel=0.15)


def test_uitvoerders_err_each_by_itself() -> None:
    """The same common error on all series of one, another one on those of the next: nothing ties two uitvoerders."""
    one, other = (apply(known_months(0.1, 0.0, name)) for name in ("U", "V"))
    assert (one[0] == one[-1]).all()
    assert abs(np.corrcoef(one[0, :, 0], other[0, :, 0])[0, 1]) < 0.1


def test_nothing_falls_below_zero_and_a_month_is_the_same_for_the_same_series() -> None:
    found = apply(known_months(0.5, 0.9))
    assert found.min() >= 0
    again = count_volume(known_months(0.5, 0.9), slice(7, 8), np.full((1, PATHS, 3), 10.0, np.float32))
    assert (again[0] == found[7]).all()


def test_the_year_begins_in_january_where_months_are_completed() -> None:
    calendar = build_calendar(date(2015, 1, 1), 36, 2018)
    assert calendar.ahead == slice(0, 12)
    assert calendar.observed == slice(36, 36)
