"""pgb as the letter describes it (annex A.1.3 and A.2.3), and what the letter leaves open."""

from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from warehouse.contract import conform
from warehouse.tables.pgb import PGB
from wlz.forecasting.ets import ets_select
from wlz.pgb.pgb import (
    FLAT_MODEL,
    LAST_YEAR_MODEL,
    OTHERS_MODEL,
    PgbError,
    benchmark_pgb,
    build_pgb_stands,
    forecast_pgb,
)


def stand_of(month: date, level: float = 80e6, growth: float = 1.05) -> Decimal:
    """January restarts below December; the stand rises, damped, by 9 % to December."""
    year_start = level * growth ** (month.year - 2016)
    rise = 0.09 * (1 - 0.8 ** (month.month - 1)) / (1 - 0.8**11)
    return Decimal(str(round(year_start * (1 + rise), 2)))


def make_stands(
    region: str = "Groningen",
    uitvoerder: str = "Menzis",
    first: date = date(2016, 1, 1),
    last: date = date(2018, 3, 1),
    **kind: float,
) -> pl.DataFrame:
    months = pl.date_range(first, last, "1mo", eager=True)
    return pl.DataFrame(
        {
            "zorgkantoorregio": region,
            "wlz_uitvoerder": uitvoerder,
            "month": months,
            "granted_eur": pl.Series([stand_of(month, **kind) for month in months], dtype=pl.Decimal(18, 2)),
        }
    )


def make_grants(*rows: tuple[date, str, int, str]) -> pl.DataFrame:
    """Rows of pgb_verleningen of one region: reference date, zorgkantoor, budget year, granted."""
    return pl.DataFrame(
        [(day, code, "Regio", "DSW", year, Decimal(euro)) for day, code, year, euro in rows],
        schema={
            "reference_date": pl.Date,
            "zorgkantoor_code": pl.String,
            "zorgkantoorregio": pl.String,
            "wlz_uitvoerder": pl.String,
            "budget_year": pl.Int32,
            "granted_eur": pl.Decimal(18, 2),
        },
        orient="row",
    )


def test_a_stand_is_of_the_year_its_month_lies_in_and_adds_the_zorgkantoren_of_a_region():
    stands = build_pgb_stands(
        make_grants(
            (date(2017, 11, 30), "5519", 2017, "30.00"),
            (date(2017, 11, 30), "5522", 2017, "12.50"),
            (date(2017, 11, 30), "5519", 2018, "99.00"),  # already granted for next year
            (date(2018, 1, 31), "5519", 2018, "40.10"),
            (date(2018, 1, 31), "5519", 2017, "31.00"),  # late change of the year before
        )
    )
    assert stands.rows() == [
        ("Regio", "DSW", date(2017, 11, 1), Decimal("42.50")),
        ("Regio", "DSW", date(2018, 1, 1), Decimal("40.10")),
    ]


def test_the_last_reference_date_of_a_month_counts():
    stands = build_pgb_stands(
        make_grants((date(2018, 1, 31), "5519", 2018, "2.00"), (date(2018, 1, 15), "5519", 2018, "1.00"))
    )
    assert stands["granted_eur"].to_list() == [Decimal("2.00")]


def test_a_zorgkantoor_missing_for_a_month_makes_the_stand_unknown_not_lower():
    days = [date(2017, 1, 31), date(2017, 2, 28), date(2017, 3, 31)]
    rows = [(day, code, 2017, "10.00") for day in days for code in ("5519", "5522")]
    rows.remove((days[1], "5522", 2017, "10.00"))
    assert build_pgb_stands(make_grants(*rows))["granted_eur"].to_list() == [Decimal("20.00"), None, Decimal("20.00")]


def test_december_of_the_budget_year_is_forecast_from_january_two_years_back_to_march():
    """Letter A.2.3: 27 stands, January 2016 to March 2018; trend and the restart in January are both seen."""
    found = forecast_pgb(make_stands(first=date(2015, 1, 1)), budget_year=2018, years_back=2)
    assert found["month"].min() == date(2016, 1, 1)
    assert found.height == 36
    december = found.filter(pl.col("month") == date(2018, 12, 1)).row(0, named=True)
    assert float(december["forecast_stand_eur"]) == pytest.approx(float(stand_of(date(2018, 12, 1))), rel=0.02)
    assert found.filter(pl.col("granted_stand_eur").is_not_null())["month"].max() == date(2018, 3, 1)
    ahead = found.filter(pl.col("month") > date(2018, 3, 1))
    assert ahead["granted_stand_eur"].null_count() == 9
    assert found["forecast_stand_eur"].null_count() == 27


def test_the_frame_follows_the_contract():
    found = forecast_pgb(make_stands(), budget_year=2018, years_back=2)
    vintage = {"delivery_month": date(2018, 5, 1), "budget_year": 2018, "scenario": "letter"}
    checked = conform(found.with_columns(pl.lit(value).alias(name) for name, value in vintage.items()), PGB)
    assert checked.height == found.height


def test_noisy_stands_still_rise_to_december():
    """Left to AICc alone, most of these would be forecast flat from March and 4 % of the year would be missing."""
    rng = np.random.default_rng(20180331)
    frames = []
    for number in range(20):
        stands = make_stands(f"Regio {number:02}")
        noise = pl.Series(np.exp(0.006 * rng.normal(size=stands.height)))
        frames.append(
            stands.with_columns((pl.col("granted_eur").cast(pl.Float64) * noise).round(2).cast(pl.Decimal(18, 2)))
        )
    found = forecast_pgb(pl.concat(frames), budget_year=2018, years_back=2)
    december = found.filter(pl.col("month") == date(2018, 12, 1))["forecast_stand_eur"].cast(pl.Float64)
    truth = float(stand_of(date(2018, 12, 1)))
    assert december.sum() == pytest.approx(20 * truth, rel=0.01)
    assert found["model"].str.ends_with("A").all()
    values = pl.concat(frames)["granted_eur"].cast(pl.Float64).to_numpy().reshape(20, 27)
    assert ets_select(values, 9).lines[0, :, -1].sum() < 0.98 * 20 * truth


def test_regions_may_end_in_different_months_and_stand_alone():
    late = make_stands("Twente", last=date(2018, 2, 1), level=90e6)
    both = forecast_pgb(pl.concat([make_stands(), late]), budget_year=2018, years_back=2)
    assert both.filter(pl.col("zorgkantoorregio") == "Twente")["forecast_stand_eur"].null_count() == 26
    alone = forecast_pgb(make_stands(), budget_year=2018, years_back=2)
    assert both.filter(pl.col("zorgkantoorregio") == "Groningen").equals(alone)


def test_a_gap_stays_empty_and_is_not_zero():
    stands = make_stands().with_columns(
        pl.when(pl.col("month") != date(2017, 6, 1)).then(pl.col("granted_eur")).alias("granted_eur")
    )
    found = forecast_pgb(stands, budget_year=2018, years_back=2)
    gap = found.filter(pl.col("month") == date(2017, 6, 1)).row(0, named=True)
    assert gap["granted_stand_eur"] is None
    assert gap["forecast_stand_eur"] is None
    december = found["forecast_stand_eur"].to_list()[-1]
    assert float(december) == pytest.approx(float(stand_of(date(2018, 12, 1))), rel=0.03)


def test_a_new_region_follows_the_path_of_the_others():
    new = make_stands("Nieuw", "VGZ", first=date(2018, 1, 1), level=10e6)
    found = forecast_pgb(pl.concat([make_stands(), new]), budget_year=2018, years_back=2)
    ends = {row["zorgkantoorregio"]: row for row in found.filter(pl.col("month") == date(2018, 12, 1)).to_dicts()}
    growth = float(ends["Groningen"]["forecast_stand_eur"]) / float(stand_of(date(2018, 3, 1)))
    expected = float(stand_of(date(2018, 3, 1), level=10e6)) * growth
    assert float(ends["Nieuw"]["forecast_stand_eur"]) == pytest.approx(expected, rel=1e-6)
    assert ends["Nieuw"]["model"] == OTHERS_MODEL
    only = forecast_pgb(new, budget_year=2018, years_back=2)
    assert only["model"].unique().to_list() == [FLAT_MODEL]
    assert only["forecast_stand_eur"].to_list()[-1] == stand_of(date(2018, 3, 1), level=10e6)


def test_below_two_years_a_region_follows_its_own_last_year():
    stands = make_stands(first=date(2017, 1, 1))
    found = forecast_pgb(stands, budget_year=2018, years_back=2)
    assert found["model"].unique().to_list() == [LAST_YEAR_MODEL]
    same_month, december = float(stand_of(date(2017, 3, 1))), float(stand_of(date(2017, 12, 1)))
    expected = float(stand_of(date(2018, 3, 1))) * december / same_month
    assert float(found["forecast_stand_eur"].to_list()[-1]) == pytest.approx(expected, rel=1e-9)
    without_march = stands.filter(pl.col("month") != date(2017, 3, 1))
    assert forecast_pgb(without_march, budget_year=2018, years_back=2)["model"].unique().to_list() != [LAST_YEAR_MODEL]


def test_a_stand_that_never_moves_stays():
    flat = make_stands().with_columns(pl.lit(Decimal("5.00")).cast(pl.Decimal(18, 2)).alias("granted_eur"))
    found = forecast_pgb(flat, budget_year=2018, years_back=2)
    assert found["forecast_stand_eur"].drop_nulls().unique().to_list() == [Decimal("5.00")]


def test_an_ended_region_is_left_out_and_the_latest_uitvoerder_counts():
    ended = make_stands("Oud", last=date(2016, 12, 1))
    moved = make_stands().with_columns(
        pl.when(pl.col("month") < date(2017, 1, 1))
        .then(pl.lit("Univé"))
        .otherwise("wlz_uitvoerder")
        .alias("wlz_uitvoerder")
    )
    found = forecast_pgb(pl.concat([moved, ended]), budget_year=2018, years_back=2)
    assert found.select("zorgkantoorregio", "wlz_uitvoerder").unique().rows() == [("Groningen", "Menzis")]


def test_a_year_observed_to_december_needs_no_forecast():
    found = forecast_pgb(make_stands(last=date(2018, 12, 1)), budget_year=2018, years_back=2)
    assert found["forecast_stand_eur"].null_count() == 36
    assert found["granted_stand_eur"].to_list()[-1] == stand_of(date(2018, 12, 1))


def test_without_stands_it_says_so():
    with pytest.raises(PgbError, match="no stand of pgb grants between 2016-01 and 2018-12"):
        forecast_pgb(make_stands().clear(), budget_year=2018, years_back=2)


def test_the_benchmark_is_december_over_the_same_month_of_earlier_years():
    found = benchmark_pgb(make_stands(), budget_year=2018, years_back=2).row(0, named=True)
    growth = float(stand_of(date(2017, 12, 1))) / float(stand_of(date(2017, 3, 1)))
    assert found["latest_month"] == date(2018, 3, 1)
    assert found["granted_to_date_eur"] == stand_of(date(2018, 3, 1))
    assert found["growth_factor"] == pytest.approx(growth, rel=1e-9)
    assert float(found["benchmark_eur"]) == pytest.approx(float(stand_of(date(2018, 12, 1))), rel=1e-6)
    first_year = benchmark_pgb(make_stands(first=date(2018, 1, 1)), budget_year=2018, years_back=2)
    assert first_year["benchmark_eur"].to_list() == [None]
