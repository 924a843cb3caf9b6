"""Prices, annex A.2.2 of the letter: the decision rule of figure 12, the example of table 7.

Every test states its tables and the number expected from them; the arithmetic stands beside it.
"""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.spec.price_frames import PAID_SHARES, TARIFFS, agreements, claims, price_row, price_rows, volumes_year
from warehouse.contract import conform
from warehouse.tables.prices import PRICES
from wlz.prices.prices import PriceError


def with_vintage(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.lit(date(2018, 5, 1)).alias("delivery_month"),
        pl.lit(2018, dtype=pl.Int32).alias("budget_year"),
        pl.lit("letter").alias("scenario"),
        pl.lit(None, dtype=pl.Float64).alias("price_deviation_ratio"),  # of uncertainty.py, joined by the asset
    )


# --- the rule of figure 12 ------------------------------------------------------------------------------------------


def test_table_7_ends_at_114_58() -> None:
    """83.29 ÷ 86.09 = 96.75 %; × 88.66 = 85.78; + 26.93 + 1.87 = 114.58, on unrounded intermediates."""
    row = price_row(None, agreements((2017, "10000001", "Z025", "14", 1000.0, "83290.00", "nee")))
    assert row["price_source"] == "b"
    assert row["previous_price_eur_per_unit"] == pytest.approx(83.29)
    assert row["previous_max_tariff_eur_per_unit"] == 86.09
    assert row["discount_ratio"] == pytest.approx(0.967476, abs=5e-7)
    assert (row["max_tariff_eur_per_unit"], row["nhc_eur_per_unit"], row["nic_eur_per_unit"]) == (88.66, 26.93, 1.87)
    # 83.29 × 88.66 = 7384.4914; ÷ 86.09 = 85.776413; + 28.80
    assert row["price_eur_per_unit"] == pytest.approx(114.576413, abs=5e-7)
    assert f"{row['price_eur_per_unit']:.2f}" == "114.58"
    assert row["price_flags"] is None


def test_source_a_claims_of_the_year_go_first() -> None:
    """January to March 2018: 400 etmaal for € 45,600 is € 114.00, whatever 2017 says."""
    row = price_row(
        claims(("Z025", 2018, 300.0, "34000.00"), ("Z025", 2018, 100.0, "11600.00"), ("Z025", 2017, 900.0, "1.00")),
        agreements((2017, None, "Z025", "14", 1000.0, "83290.00", "nee")),
    )
    assert (row["price_source"], row["price_eur_per_unit"], row["claims_volume"]) == ("a", 114.0, 400.0)
    assert row["discount_ratio"] is None
    assert row["previous_price_eur_per_unit"] is None
    assert row["max_tariff_eur_per_unit"] == 88.66


@pytest.mark.parametrize(("volume", "amount"), [(0.0, "500.00"), (-5.0, "-570.00"), (5.0, "0.00"), (5.0, "-1.00")])
def test_source_a_needs_a_positive_volume_and_amount(volume: float, amount: str) -> None:
    row = price_row(
        claims(("Z025", 2018, volume, amount)), agreements((2017, None, "Z025", "14", 1000.0, "83290.00", "nee"))
    )
    assert row["price_source"] == "b"
    assert row["claims_volume"] is None


def test_source_b_weighs_providers_by_volume() -> None:
    """100 at 80.00 and 300 at 84.00: 33,200 ÷ 400 = 83.00 (not 82.00, the plain mean)."""
    row = price_row(
        None,
        agreements(
            (2017, "10000001", "Z025", "14", 100.0, "8000.00", "nee"),
            (2017, "10000002", "Z025", "14", 300.0, "25200.00", "nee"),
            (2016, "10000002", "Z025", "14", 300.0, "1.00", "nee"),  # an older year is not used
        ),
    )
    assert row["previous_price_eur_per_unit"] == pytest.approx(83.0)
    assert row["price_eur_per_unit"] == pytest.approx(83.0 / 86.09 * 88.66 + 26.93 + 1.87)


def test_source_b_strips_nhc_at_85_percent_in_2017() -> None:
    """83.29 + 0.85 × 26.40 + 1.80 = 107.53 agreed incl. NHC and NIC: the same 114.58 comes out.

    Without stripping 107.53 ÷ 86.09 × 88.66 + 28.80 = 139.54; stripping NHC in full 79.33 ÷ 86.09 × 88.66 + 28.80
    = 110.50. Both are wrong, and both are what the code says when the paid shares are wrong.
    """
    agreed = agreements((2017, None, "Z025", "14", 1000.0, "107530.00", "ja"))
    row = price_row(None, agreed)
    assert row["reported_price_eur_per_unit"] == pytest.approx(107.53)
    assert row["previous_price_eur_per_unit"] == pytest.approx(83.29)
    assert row["price_eur_per_unit"] == pytest.approx(114.576413, abs=5e-7)
    nothing_paid = PAID_SHARES.with_columns(nhc_paid_ratio=0.0, nic_paid_ratio=0.0)
    assert price_row(None, agreed, paid_shares=nothing_paid)["price_eur_per_unit"] == pytest.approx(139.540, abs=5e-4)
    all_paid = PAID_SHARES.with_columns(nhc_paid_ratio=1.0)
    assert price_row(None, agreed, paid_shares=all_paid)["price_eur_per_unit"] == pytest.approx(110.498, abs=5e-4)


def test_source_c_uses_the_same_formula_on_claims_of_the_year_before() -> None:
    """Claims 2017 hold NHC and NIC as paid: 500 etmaal for € 53,765.00 is 107.53, again 83.29 without."""
    row = price_row(claims(("Z025", 2017, 500.0, "53765.00")))
    assert row["price_source"] == "c"
    assert row["previous_price_eur_per_unit"] == pytest.approx(83.29)
    assert row["price_eur_per_unit"] == pytest.approx(114.576413, abs=5e-7)
    assert row["reported_price_eur_per_unit"] is None  # that is the agreed price


def test_source_c_is_not_repaired() -> None:
    """Claims 2017 at the price of an hour stay: 54.00 against a maximum of 1.00 a minute, ratio 54, flagged."""
    row = price_row(claims(("H104", 2017, 10.0, "540.00")), None, volumes_year("H104"))
    assert (row["price_source"], row["unit_factor"]) == ("c", 1.0)
    assert row["discount_ratio"] == pytest.approx(54.0)
    assert row["price_flags"] == "ratio_above_one"


def test_source_d_has_no_price_and_no_silent_zero() -> None:
    row = price_row()
    assert (row["price_source"], row["price_eur_per_unit"]) == ("d", None)
    assert row["price_flags"] == "volume_without_price"
    assert price_row(None, None, volumes_year(volume=0.0))["price_flags"] is None


def test_another_uitvoerder_lends_no_price() -> None:
    row = price_row(claims(("Z025", 2018, 10.0, "1140.00"), uitvoerder="DSW"))
    assert row["price_source"] == "d"


# --- maximum tariffs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing_year", [2017, 2018])
def test_without_a_maximum_in_one_year_the_last_price_is_kept(missing_year: int) -> None:
    """The price of claims 2017 as paid, 107.53 incl. 85 % NHC, and the agreed price as agreed, 83.29 without."""
    tariffs = TARIFFS.filter((pl.col("prestatiecode") != "Z025") | (pl.col("year") != missing_year))
    row = price_row(claims(("Z025", 2017, 500.0, "53765.00")), tariffs=tariffs)
    assert (row["price_source"], row["price_flags"]) == ("c", "no_brw")
    assert row["price_eur_per_unit"] == pytest.approx(107.53)
    agreed = agreements((2017, None, "Z025", "14", 1000.0, "83290.00", "nee"))
    row = price_row(None, agreed, tariffs=tariffs)
    assert (row["price_source"], row["price_flags"]) == ("b", "no_brw")
    assert row["price_eur_per_unit"] == pytest.approx(83.29)


def test_kept_price_is_the_corrected_one() -> None:
    """No maximum at all: 54.00 agreed against 0.90 declared is 60 times, so 0.90 is kept."""
    row = price_row(
        claims(("H104", 2017, 60_000.0, "54000.00")),
        agreements((2017, None, "H104", "01", 1000.0, "54000.00", "ja")),
        volumes_year("H104"),
        tariffs=TARIFFS.filter(pl.col("prestatiecode") != "H104"),
    )
    assert (row["price_source"], row["price_flags"]) == ("b", "no_brw")
    assert row["price_eur_per_unit"] == pytest.approx(0.90)
    assert row["previous_price_eur_per_unit"] is None  # what NHC and NIC it holds is not known


def test_maximum_per_hour_is_converted_to_the_minutes_of_the_claims() -> None:
    """60.00 and 63.00 an hour are 1.00 and 1.05 a minute; 0.90 declared: 0.90 ÷ 1.00 × 1.05 = 0.945."""
    row = price_row(claims(("H104", 2017, 1000.0, "900.00")), None, volumes_year("H104"))
    assert row["previous_max_tariff_eur_per_unit"] == pytest.approx(1.0)
    assert row["max_tariff_eur_per_unit"] == pytest.approx(1.05)
    assert row["price_eur_per_unit"] == pytest.approx(0.945)


def test_maximum_in_the_unit_of_the_claims_goes_before_a_converted_one() -> None:
    per_minute = TARIFFS.filter((pl.col("prestatiecode") == "H104") & (pl.col("year") == 2018)).with_columns(
        unit_code=pl.lit("01"), max_tariff_excl_eur_per_unit=1.10
    )
    row = price_row(
        claims(("H104", 2017, 1000.0, "900.00")), None, volumes_year("H104"), tariffs=pl.concat([TARIFFS, per_minute])
    )
    assert row["price_eur_per_unit"] == pytest.approx(0.90 / 1.00 * 1.10)


def test_tariff_in_a_unit_that_cannot_be_converted_is_said() -> None:
    odd = TARIFFS.with_columns(unit_code=pl.lit("81"))
    row = price_row(claims(("Z025", 2017, 500.0, "53765.00")), tariffs=odd)
    assert row["price_flags"] == "no_brw,unit_not_convertible"


@pytest.mark.parametrize(("amount", "flags"), [("86090.00", None), ("86090.01", None), ("87000.00", "ratio_above_one")])
def test_ratio_above_one_is_flagged_beyond_rounding_to_cents(amount: str, flags: str | None) -> None:
    row = price_row(None, agreements((2017, None, "Z025", "14", 1000.0, amount, "nee")))
    assert row["price_flags"] == flags


# --- flags, grain, contract -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("volume", "flags"), [(119.0, "thin_price"), (120.0, None)])
def test_price_on_less_than_a_tenth_of_the_year_is_thin(volume: float, flags: str | None) -> None:
    """Letter, note 3: the first months may not be representative. A tenth of 1,200 is 120."""
    assert price_row(claims(("Z025", 2018, volume, "9999.00")))["price_flags"] == flags


def test_rows_are_the_keys_with_a_volume_and_follow_the_contract() -> None:
    wanted = pl.concat([volumes_year("Z025", uitvoerder="DSW"), volumes_year("H104"), volumes_year("Z025")])
    claimed = claims(("Z025", 2018, 400.0, "45600.00"), ("Z053", 2018, 1.0, "1.00"), ("H104", 2017, 10.0, "9.00"))
    rows = price_rows(claimed, None, wanted)
    assert rows.select("prestatiecode", "wlz_uitvoerder", "price_source").rows() == [
        ("H104", "CZ", "c"),
        ("Z025", "CZ", "a"),
        ("Z025", "DSW", "d"),
    ]
    assert conform(with_vintage(rows), PRICES).height == 3


def test_unknown_prestatie_and_missing_paid_share_are_refused() -> None:
    with pytest.raises(PriceError, match="X999"):
        price_rows(wanted=volumes_year("X999"))
    with pytest.raises(PriceError, match="2017"):
        price_rows(paid_shares=PAID_SHARES.filter(pl.col("year") != 2017))


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 10_000), st.integers(1, 20_000))
def test_scaling_an_agreement_leaves_its_price(times: int, cents: int) -> None:
    amount = Decimal(cents) / 100
    once = price_row(None, agreements((2017, None, "Z025", "14", 1.0, str(amount), "nee")))
    often = price_row(None, agreements((2017, None, "Z025", "14", float(times), str(amount * times), "nee")))
    assert often["price_eur_per_unit"] == pytest.approx(once["price_eur_per_unit"])
