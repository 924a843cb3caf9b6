"""The panel of volumes: some of its series, its days, and a history that was handed over."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from wlz.bounds.calendar import build_calendar
from wlz.claims.units import _is_suspect
from wlz.pgb.paths import _robust_mean
from wlz.volumes.completed import completed_panel
from wlz.volumes.volumes import VolumePanel, build_panel

MONTHS = pl.date_range(date(2016, 1, 1), date(2018, 3, 1), "1mo", eager=True).to_list()
CHANGE = date(2018, 1, 1)


def test_some_series_of_a_panel_with_and_without_days():
    """The second and third of three, by name; their flags and days go with them."""
    rows = [(code, "A", month, volume) for code, volume in (("P", 1.0), ("Q", 2.0), ("R", 3.0)) for month in MONTHS]
    series = pl.DataFrame(rows, schema=["prestatiecode", "wlz_uitvoerder", "care_month", "volume"], orient="row")
    panel = build_panel(series, first_month=MONTHS[0], last_observed=MONTHS[-1])
    wanted = pl.DataFrame({"prestatiecode": ["R", "Q"], "wlz_uitvoerder": ["A", "A"]})
    taken = panel.take(wanted)
    assert taken.ids == ["Q/A", "R/A"]
    assert taken.history[:, 0].tolist() == taken.observed[:, 0].tolist() == [2.0, 3.0]
    assert taken.days is None
    assert all(len(found) == 2 for found in taken.flags.values())
    days = np.arange(3.0)[:, None] * np.ones(len(MONTHS) + 2)
    with_days: VolumePanel = panel._replace(days=days).take(wanted)
    assert with_days.days is not None
    assert with_days.days[:, 0].tolist() == [1.0, 2.0]
    assert with_days.days_ahead is not None
    assert with_days.days_ahead.tolist() == [[1.0, 1.0], [2.0, 2.0]]


@pytest.fixture
def completed() -> pl.DataFrame:
    """P has ten units a day to the end of 2017, its successor Q ten a day since; R all along, by the weekday."""
    rows = [
        ("P" if month < CHANGE else "Q", month, 27 - number, 10.0 * (month.replace(day=28) - month).days)
        for number, month in enumerate(MONTHS)
    ]
    rows += [("R", month, 27 - number, 5.0) for number, month in enumerate(MONTHS)]
    names = ["prestatiecode", "care_month", "lag_months", "completed_volume"]
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(wlz_uitvoerder=pl.lit("A"))


def test_the_completed_panel_hands_over_history_and_counts_days(completed):
    """The youngest month is left out; Q begins with P's January 2016, per day of 31 ÷ a mean month of 365.25 ÷ 12.

    R counts weekdays: February 2016 has 21 of them, of 365.25 ÷ 12 × 5 ÷ 7 on average. Days reach to December 2019.
    """
    panel = completed_panel(
        completed,
        pl.DataFrame({"care_month": MONTHS, "in_forecast_base": [True] * len(MONTHS)}),
        pl.DataFrame({"prestatiecode": ["P", "Q", "R"], "unit_code": ["14", "14", "01"]}),
        last_month=date(2019, 12, 1),
        successors=pl.DataFrame({"prestatiecode": ["P"], "successor": ["Q"], "end_month": [date(2017, 12, 1)]}),
    )
    assert panel.ids == ["P/A", "Q/A", "R/A"]
    assert panel.history.shape == (3, len(MONTHS) - 1)
    assert panel.history[1, 0] == pytest.approx(270 / (31 / (365.25 / 12)))
    assert panel.flags["replaced"].tolist() == [False, True, False]
    assert panel.history[2, 1] == pytest.approx(5 / (21 / (365.25 / 12 * 5 / 7)))
    assert panel.days is not None
    assert panel.days.shape == (3, 48)
    assert panel.days[:2, -1] == pytest.approx(31 / (365.25 / 12))


def test_where_the_budget_year_lies():
    """History to March 2018 from 2016: three observed months of the year, nine ahead, twelve of the year after."""
    calendar = build_calendar(date(2016, 1, 1), 27, 2018)
    assert calendar == (date(2018, 1, 1), slice(24, 27), slice(0, 9), slice(9, 21))
    assert calendar.ahead_months == [date(2018, month, 1) for month in range(4, 13)]
    early = build_calendar(date(2016, 1, 1), 22, 2018)  # to October 2017: two months of that year come first
    assert early.ahead == slice(2, 14)
    assert early.ahead_months == [date(2018, month, 1) for month in range(1, 13)]
    assert build_calendar(date(2016, 1, 1), 12, 2018)[1:] == (slice(12, 12), slice(12, 24), slice(24, 36))


@pytest.mark.parametrize(
    ("unit", "highest_volume", "log_price", "is_suspect"),
    [
        ("04", 430.0, 0.0, True),  # 60 × e^−0.35 × 10 = 422.8
        ("04", 420.0, 0.0, False),
        ("14", 430.0, 0.0, False),  # a day is confused with no minute
        ("04", 10.0, 0.23, True),
        ("04", 10.0, -0.23, True),
        ("04", 10.0, 0.21, False),
    ],
)
def test_who_is_looked_at_closer(unit, highest_volume, log_price, is_suspect):
    """A price off by more than 0.22, or sixty times the usual volume of 10, less the tolerance."""
    row = {
        "reference_log_price": 1.0,
        "same_tolerance": 0.22,
        "usual_volume": 10.0,
        "unit_code": unit,
        "highest_volume": highest_volume,
        "highest": 1.0 + max(log_price, 0.0),
        "lowest": 1.0 + min(log_price, 0.0),
    }
    assumptions = {"unit_factor_hours_minutes": 60.0, "unit_volume_tolerance": 0.35}
    assert pl.DataFrame([row]).select(_is_suspect(assumptions)).item() is is_suspect


def test_one_odd_region_counts_up_to_three_deviations():
    """1, 2 and 6 are −1, 0 and 4 from the middle: mean 2 + 1 = 3, and with the heavy first 2 + (−2 + 0 + 4) ÷ 4.

    Of deviations of 1 the last counts as 3: 2 + (−1 + 0 + 3) ÷ 3. A month no region has is none.
    """
    values = np.array([[1.0], [2.0], [6.0]])
    even, heavy = np.ones(3), np.array([2.0, 1.0, 1.0])
    assert _robust_mean(values, np.array([9.0]), even) == pytest.approx([3.0])
    assert _robust_mean(values, np.array([9.0]), heavy) == pytest.approx([2.5])
    assert _robust_mean(values, np.array([1.0]), even) == pytest.approx([2 + 2 / 3])
    assert np.isnan(_robust_mean(np.full((3, 1), np.nan), np.array([1.0]), even)).all()
