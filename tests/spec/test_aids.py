"""Individually adapted aids (letter, chapter 5, figure 9)."""

from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from reports.rounding import round_millions
from warehouse.contract import conform
from warehouse.tables.aids import AIDS
from wlz.aids import DECLARED_MODEL, MEAN_OF_LAST_MODEL, MEAN_OF_YEAR_MODEL, forecast_aids


def make_delivered(amounts: dict[str, list[str]], first: date = date(2018, 1, 1)) -> pl.DataFrame:
    frames = []
    for kind, values in amounts.items():
        months = pl.date_range(first, pl.lit(first).dt.offset_by(f"{len(values) - 1}mo"), "1mo", eager=True)
        euro = pl.Series([Decimal(value) for value in values], dtype=pl.Decimal(18, 2))
        frames.append(pl.DataFrame({"month": months, "aid_kind": kind, "amount_eur": euro}))
    return pl.concat(frames)


def forecast(delivered: pl.DataFrame) -> pl.DataFrame:
    return forecast_aids(delivered, budget_year=2018, reserve_eur=135_000_000, minimum_months=24)


def test_with_few_months_the_year_is_the_mean_times_twelve_to_the_cent():
    found = forecast(make_delivered({"mobiliteit": ["100.00", "100.00", "100.01"], "persoonsgebonden": ["7.00"]}))
    assert found.height == 24
    ends = found.filter(pl.col("month") == date(2018, 12, 1))
    assert ends["cumulative_eur"].to_list() == [Decimal("1200.04"), Decimal("84.00")]
    assert found["model"].unique().to_list() == [MEAN_OF_YEAR_MODEL]
    assert found["declared_eur"].null_count() == 9 + 11
    assert found["forecast_eur"].null_count() == 3 + 1


def test_the_letters_year_is_134_million_against_a_reserve_of_135():
    """Chapter 5: kader 135, expected 134; what the letter counts with is not published, so the months are ours."""
    found = forecast(make_delivered({"mobiliteit": ["8000000.00"] * 3, "persoonsgebonden": ["3166666.67"] * 3}))
    year = found.filter(pl.col("month") == date(2018, 12, 1))
    assert round_millions(year["cumulative_eur"].sum(), 0) == 134
    assert year["reserve_eur"].unique().to_list() == [Decimal("135000000.00")]


def test_two_full_years_are_smoothed_with_their_season():
    season = 1 + 0.3 * np.sin(2 * np.pi * np.arange(36) / 12)
    months = [f"{1_000_000 * value:.2f}" for value in season]
    found = forecast(make_delivered({"mobiliteit": months[:27]}, date(2016, 1, 1)))
    ahead = found.filter(pl.col("forecast_eur").is_not_null())
    assert ahead["month"].min() == date(2018, 4, 1)
    assert ahead["forecast_eur"].cast(pl.Float64).to_list() == pytest.approx([float(m) for m in months[27:]], rel=0.02)
    assert found["model"].unique().to_list()[0].endswith("A")


def test_before_the_first_month_of_the_year_the_last_twelve_are_carried_on():
    found = forecast(make_delivered({"mobiliteit": ["1.00"] * 6 + ["2.00"] * 12}, date(2016, 7, 1)))
    assert found["forecast_eur"].to_list() == [Decimal("2.00")] * 12
    assert found["model"].unique().to_list() == [MEAN_OF_LAST_MODEL]


def test_a_month_not_delivered_is_filled_not_zero_and_a_full_year_is_left_alone():
    gap = make_delivered({"mobiliteit": ["4.00", "9.00", "6.00"]}).filter(pl.col("month") != date(2018, 2, 1))
    february = forecast(gap).row(1, named=True)
    assert february["declared_eur"] is None
    assert february["forecast_eur"] == Decimal("5.00")
    full = forecast(make_delivered({"mobiliteit": ["1.00"] * 12}))
    assert full["forecast_eur"].null_count() == 12
    assert full["model"].unique().to_list() == [DECLARED_MODEL]


def test_the_frame_follows_the_contract_also_when_nothing_was_delivered():
    delivered = make_delivered({"mobiliteit": ["1.00"]})
    for found in (forecast(delivered), forecast(delivered.clear())):
        vintage = {"delivery_month": date(2018, 5, 1), "budget_year": 2018, "scenario": "letter"}
        checked = conform(found.with_columns(pl.lit(value).alias(name) for name, value in vintage.items()), AIDS)
        assert checked.height == found.height
