"""Edges of the forecasts' own pieces, each with its sum."""

import math

import numpy as np
import polars as pl
import pytest

from wlz.claims.units import _add_reference
from wlz.forecasting.diagnosis import NEGLIGIBLE_RATIO, _decompose, _negligible, measure_strengths
from wlz.forecasting.edge_cases import find_intermittent
from wlz.forecasting.engines.statsmodels_search import search_statsmodels
from wlz.forecasting.width import learn_width
from wlz.lag.complete import _weigh_days

NAN = math.nan


def test_a_forecast_of_nothing_is_a_thousandth_of_the_usual() -> None:
    """Mean of |10|, |−30| and |20| is 20: over 12 months 240, of which a thousandth. Nothing observed: 0."""
    assert NEGLIGIBLE_RATIO == 0.001
    assert _negligible(np.array([10.0, NAN, -30.0, 20.0]), 12) == pytest.approx(0.24)
    assert _negligible(np.array([NAN, NAN]), 12) == 0.0


def test_days_of_a_cell_are_those_of_its_series_by_euro() -> None:
    """0.9 and 1.3 by 0.3 and 0.1 euro: (0.27 + 0.13) ÷ 0.4 = 1.0. Below 0 counts for nothing; none at all: equal."""
    days = np.array([[0.9], [1.3], [5.0], [0.8], [1.2]])
    weight, cell = np.array([0.3, 0.1, -7.0, 0.0, 0.0]), np.array([0, 0, 0, 1, 1])
    assert _weigh_days(days, weight, cell, 2)[:, 0] == pytest.approx([1.0, 1.0])


def test_one_in_twenty_series_of_noise_is_stronger_than_noise() -> None:
    """Of 60 other series of noise 3 are expected above what 1 of 20 exceeds, trend and season; ten are too many."""
    draws = np.random.default_rng(7).normal(size=(60, 36))
    first = measure_strengths(draws[0])
    found = [_decompose(draw) for draw in draws]
    assert sum(trend > first.noise_trend for trend, _ in found) < 10
    assert sum(season > first.noise_season for _, season in found) < 10


def test_twenty_series_say_how_wide_a_panel_is() -> None:
    """All off by twice their usual width: nineteen say nothing, twenty count for half (a root of the quantiles)."""
    usual = learn_width(np.zeros((0, 3)), np.zeros((0, 3)))
    assert learn_width(np.full((1, 19), 2.0), np.ones((1, 19))) == usual
    own = learn_width(np.full((1, 20), 2.0), np.ones((1, 20)))
    assert own.curvature == 1.0  # both quantiles are 2: no curve at all, the least that is taken
    assert own.common > usual.common


def test_a_log_model_pays_for_its_logarithms_once() -> None:
    """n ln(SSE ÷ n) around the mean, with 2 Σ ln(y ÷ mean) on the log side: −2 log likelihood but for what both share.

    Of these months −34.75 without logarithms, −34.15 with; were the sum taken three times, −34.78 and logs would win.
    """
    months = np.array([8.0, 10.6, 5.9, 11.6, 12.9, 8.9, 11.1, 10.6, 9.0, 7.8, 4.9, 13.5, 9.9, 16.3])
    scaled = months / months.mean()
    logs = np.log(scaled)
    plain = len(months) * math.log(scaled.var())
    with_logs = len(months) * math.log(logs.var()) + 2 * logs.sum()
    assert plain < with_logs
    assert with_logs + logs.sum() < plain
    assert search_statsmodels(months[None, :], 1).model.tolist() == ["A,N,N"]


def test_a_noisy_prestatie_reaches_no_further_than_half_a_factor() -> None:
    """Prices of 0.1, 1 and 10 a five minutes scatter a lot: about the same then reaches to ln 4 ÷ 2, not beyond.

    Usual prices lie ln 10 = 2.3 apart: noise is 2 × 1.4826 × 2.3 = 6.8; the nearest factor of five minutes is 4.
    """
    rows = [(f"0000000{number}", price) for number, price in enumerate((0.1, 1.0, 10.0))]
    key = {"zorgkantoor_code": "5501", "prestatiecode": "P", "unit_code": "04"}
    years = pl.DataFrame(rows, schema=["agb_code", "price"], orient="row").select(
        "agb_code",
        *(pl.lit(value).alias(name) for name, value in key.items()),
        pl.lit(2018).alias("year"),
        pl.lit(1.0).alias("conversion_factor"),
        *(pl.col("price").log().alias(f"{name}_log_price") for name in ("usual", "lowest", "highest")),
        *(pl.lit(10.0).alias(name) for name in ("highest_volume", "usual_volume")),
    )
    place = ["zorgkantoor_code", "agb_code", "prestatiecode"]
    agreed = years.select(*place, *(pl.lit(None, dtype=pl.Float64).alias(n) for n in ("agreed", "agreed_month_volume")))
    maximum = pl.DataFrame({"prestatiecode": ["P"], "year": [2018], "maximum_eur_per_unit": [1.0]})
    assumptions = {
        "unit_reference_minimum_providers": 3.0,
        "unit_factor_tolerance": 1.25,
        "unit_factor_hours_minutes": 60.0,
    }
    found = _add_reference(years, agreed, maximum, 2018, assumptions)
    assert found["noise"].to_list() == pytest.approx([2 * 1.4826 * math.log(10)] * 3)
    assert found["same_tolerance"].to_list() == pytest.approx([math.log(4) / 2] * 3)
    assert found["reference_log_price"].to_list() == pytest.approx([0.0] * 3)
    assert found["reference"].to_list() == ["national"] * 3


def test_half_of_the_months_at_zero_is_intermittent() -> None:
    """Two of four, and two of three that were observed; not one of four, nor two of five."""
    values = np.array(
        [
            [0.0, 0.0, 1.0, 2.0, NAN],
            [0.0, 0.0, 1.0, NAN, NAN],
            [0.0, 3.0, 1.0, 2.0, NAN],
            [0.0, 3.0, 1.0, 2.0, 0.0],
        ]
    )
    assert find_intermittent(values).tolist() == [True, True, False, False]
