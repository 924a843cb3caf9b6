"""Units of agreements in the price: agreed in hours, declared in minutes, corrected only where the claims confirm it.

Every test states its tables and the number expected from them; the arithmetic stands beside it.
"""

import polars as pl
import pytest

from tests.spec.price_frames import PAID_SHARES, TARIFFS, agreements, claims, price_row, volumes_year


def test_agreement_in_hours_labelled_as_minutes_is_divided_by_sixty() -> None:
    """Agreed 54.00, declared 0.90: 60 times. 0.90 ÷ 1.00 × 1.05 = 0.945; uncorrected 54.00 × 1.05 = 56.70."""
    row = price_row(
        claims(("H104", 2017, 60_000.0, "54000.00")),
        agreements((2017, "10000001", "H104", "01", 1000.0, "54000.00", "ja")),
        volumes_year("H104"),
    )
    assert row["price_source"] == "b"
    assert row["reported_price_eur_per_unit"] == pytest.approx(54.0)
    assert (row["unit_factor"], row["unit_status"]) == (60.0, "unit_error_confirmed")
    assert row["unit_evidence"] == "price 60.0 x, volume 0.017 x, reference claims 2017"
    assert row["previous_price_eur_per_unit"] == pytest.approx(0.90)
    assert row["price_eur_per_unit"] == pytest.approx(0.945)
    assert row["price_eur_per_unit"] != pytest.approx(56.70)


def test_agreement_declared_in_hours_is_converted_and_not_corrected() -> None:
    """1,000 hours (04) for € 54,000 are 60,000 minutes at 0.90: nothing is wrong with it."""
    row = price_row(
        claims(("H104", 2017, 60_000.0, "54000.00")),
        agreements((2017, "10000001", "H104", "04", 1000.0, "54000.00", "ja")),
        volumes_year("H104"),
    )
    assert (row["unit_factor"], row["unit_status"]) == (1.0, "ok")
    assert row["reported_price_eur_per_unit"] == pytest.approx(0.90)
    assert row["price_eur_per_unit"] == pytest.approx(0.945)


def test_only_the_provider_in_hours_is_corrected() -> None:
    """A: 500 at 54.00 (hours); B: 30,000 at 0.96. Corrected (27,000 + 28,800) ÷ 60,000 = 0.93; × 1.05 = 0.9765."""
    row = price_row(
        claims(("H104", 2017, 60_000.0, "54000.00")),
        agreements(
            (2017, "10000001", "H104", "01", 500.0, "27000.00", "ja"),
            (2017, "10000002", "H104", "01", 30_000.0, "28800.00", "ja"),
        ),
        volumes_year("H104"),
    )
    assert row["price_eur_per_unit"] == pytest.approx(0.9765)
    assert row["unit_evidence"].startswith("1 of 2 agreements: price 60.0 x")
    assert 1 < row["unit_factor"] < 60
    assert row["reported_price_eur_per_unit"] / row["unit_factor"] == pytest.approx(0.93)


def test_other_factors_are_reported_and_stay() -> None:
    """Twelve times (an hour for five minutes): 10.80 against 0.90 is used as it is, and says so."""
    row = price_row(
        claims(("H104", 2017, 60_000.0, "54000.00")),
        agreements((2017, None, "H104", "01", 5000.0, "54000.00", "ja")),
        volumes_year("H104"),
    )
    assert (row["unit_factor"], row["unit_status"]) == (1.0, "other_unit")
    assert row["discount_ratio"] == pytest.approx(10.8)
    assert row["price_flags"] == "ratio_above_one"


def test_nhc_leaves_after_the_unit_correction() -> None:
    """Minutes with 0.10 NHC, all paid: 60 × (0.90 + 0.10) = 60.00 agreed. 60.00 ÷ 60 − 0.10 = 0.90, ratio 0.90.

    The other order would give (60.00 − 0.10) ÷ 60 = 0.998.
    """
    tariffs = TARIFFS.with_columns(nhc_full_eur_per_unit=pl.lit(6.0))  # per hour
    paid = PAID_SHARES.with_columns(nhc_paid_ratio=1.0)
    row = price_row(
        claims(("H104", 2017, 60_000.0, "60000.00")),
        agreements((2017, None, "H104", "01", 1000.0, "60000.00", "ja")),
        volumes_year("H104"),
        tariffs=tariffs,
        paid_shares=paid,
    )
    assert row["previous_price_eur_per_unit"] == pytest.approx(0.90)


def test_agreement_that_cannot_be_converted_is_left_out_and_said() -> None:
    row = price_row(None, agreements((2017, None, "Z025", "81", 10.0, "83290.00", "nee")))
    assert (row["price_source"], row["price_flags"]) == ("d", "unit_not_convertible,volume_without_price")


def test_verdict_is_shown_also_where_claims_give_the_price() -> None:
    row = price_row(
        claims(("H104", 2017, 60_000.0, "54000.00"), ("H104", 2018, 9000.0, "8550.00")),
        agreements((2017, None, "H104", "01", 1000.0, "54000.00", "ja")),
        volumes_year("H104", 60_000.0),
    )
    assert (row["price_source"], row["unit_status"], row["price_eur_per_unit"]) == ("a", "unit_error_confirmed", 0.95)
