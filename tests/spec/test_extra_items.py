"""Extra items, letter A.1.2 and A.2.2: crisis beds, meerzorg, na-ijl. Numbers are made up, the arithmetic is shown."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.contract import conform
from warehouse.tables.extra_items import EXTRA_ITEMS
from wlz.extra_items.items import crisis_beds, derive_lag_ratio, meerzorg, na_ijl
from wlz.extra_items.stage import Sources, build_extra_items

MONEY = pl.Decimal(18, 2)
PRESTATIES = pl.DataFrame(
    {
        "prestatiecode": ["Z025", "Z110", "ZMZTL", "ZMZTK"],
        "unit_code": ["14", "14", "14", "14"],
        "is_crisis": [False, True, False, False],
        "is_meerzorg": [False, False, True, True],
    }
)
NO_DELIVERED = pl.DataFrame(
    schema={"reference_year": pl.Int32, "wlz_uitvoerder": pl.String, "lag_percentage": pl.Float64}
)
NO_DERIVED = pl.DataFrame(schema={"wlz_uitvoerder": pl.String, "derived_lag_ratio": pl.Float64})


def settled(*rows: tuple[int, str, str, float, str], unit: str = "14") -> pl.DataFrame:
    """year, wlz_uitvoerder, prestatiecode, volume, amount: of settlements and of agreements"""
    return pl.DataFrame(
        [(year, who, code, unit, volume, Decimal(amount)) for year, who, code, volume, amount in rows],
        schema={
            "year": pl.Int32,
            "wlz_uitvoerder": pl.String,
            "prestatiecode": pl.String,
            "unit_code": pl.String,
            "volume": pl.Float64,
            "amount_eur": MONEY,
        },
        orient="row",
    )


def claims(*rows: tuple[str, str, int, float, str]) -> pl.DataFrame:
    """prestatiecode, wlz_uitvoerder, year, volume, amount"""
    return pl.DataFrame(
        [(code, who, year, volume, Decimal(amount)) for code, who, year, volume, amount in rows],
        schema={
            "prestatiecode": pl.String,
            "wlz_uitvoerder": pl.String,
            "year": pl.Int32,
            "volume": pl.Float64,
            "amount_eur": MONEY,
        },
        orient="row",
    )


def revenue(*rows: tuple[str, str, str], year: int = 2018) -> pl.DataFrame:
    """prestatiecode, wlz_uitvoerder, amount: two months, January with the amount, February with nothing"""
    return pl.DataFrame(
        [
            (code, who, date(year, month, 1), Decimal(amount if month == 1 else "0.00"), code not in ("ZMZTL", "ZMZTK"))
            for code, who, amount in rows
            for month in (1, 2)
        ],
        schema={
            "prestatiecode": pl.String,
            "wlz_uitvoerder": pl.String,
            "care_month": pl.Date,
            "forecast_amount_eur": MONEY,
            "in_base": pl.Boolean,
        },
        orient="row",
    )


def prices(*rows: tuple[str, str, float | None]) -> pl.DataFrame:
    schema = {"prestatiecode": pl.String, "wlz_uitvoerder": pl.String, "price_eur_per_unit": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def one(frame: pl.DataFrame) -> dict[str, object]:
    assert frame.height == 1
    return frame.row(0, named=True)


SETTLED = settled((2015, "CZ", "Z110", 100.0, "1.00"), (2016, "CZ", "Z110", 120.0, "1.00"))
AGREED = settled((2017, "CZ", "Z110", 132.0, "1.00"))
CLAIMS = claims(("Z110", "CZ", 2018, 20.0, "4000.00"))
REVENUE = revenue(("Z110", "CZ", "25000.00"))


def crisis(
    settlements: pl.DataFrame = SETTLED,
    agreements: pl.DataFrame = AGREED,
    claimed: pl.DataFrame = CLAIMS,
    expected: pl.DataFrame = REVENUE,
    known: pl.DataFrame | None = None,
) -> dict[str, object]:
    known = prices() if known is None else known
    return one(crisis_beds(settlements, agreements, known, claimed, expected, PRESTATIES, 2018))


# --- crisis beds ----------------------------------------------------------------------------------------------------


def test_crisis_beds_are_paid_minus_claimed() -> None:
    """Growth (120/100 + 132/120) ÷ 2 = 1.15; 132 × 1.15 = 151.8; × 200.00 = 30,360.00; − 25,000.00 = 5,360.00."""
    row = crisis()
    assert (row["base_3_years_back"], row["base_2_years_back"], row["base_1_year_back"]) == (100.0, 120.0, 132.0)
    assert row["growth_factor"] == pytest.approx(1.15)
    assert row["expected_base"] == pytest.approx(151.8)
    assert row["item_price_eur_per_unit"] == 200.0
    assert row["claims_forecast_eur"] == Decimal("25000.00")
    assert row["item_eur"] == Decimal("5360.00")
    assert row["item_eur"] != Decimal("1400.00")  # 132 × 200 − 25,000: without growth
    assert row["flag"] is None


def test_settlement_of_the_year_before_goes_before_the_agreement() -> None:
    """Settled 126 instead of agreed 132: (1.2 + 1.05) ÷ 2 = 1.125; 141.75 × 200 − 25,000 = 3,350.00."""
    row = crisis(pl.concat([SETTLED, settled((2017, "CZ", "Z110", 126.0, "1.00"))]))
    assert row["base_1_year_back"] == 126.0
    assert row["item_eur"] == Decimal("3350.00")


def test_settlement_without_any_crisis_bed_leaves_the_year_before_to_the_agreement() -> None:
    """2017 settled without Z110, 132 of it agreed: as if nothing of them was settled, 5,360.00; not −25,000.00."""
    silent = pl.concat([SETTLED, settled((2017, "CZ", "Z025", 9.0, "1.00"))])
    row = crisis(silent)
    assert (row["base_1_year_back"], row["item_eur"], row["item_method"]) == (132.0, Decimal("5360.00"), "grown")
    never = crisis(settled((2017, "CZ", "Z025", 9.0, "1.00")))
    assert (never["item_eur"], never["item_method"]) == (Decimal("1400.00"), "grown")  # 132 × 200 − 25,000
    settled_at_0 = crisis(pl.concat([SETTLED, settled((2017, "CZ", "Z110", 0.0, "0.00"))]))
    assert settled_at_0["base_1_year_back"] == 0.0
    not_agreed = crisis(silent, settled((2017, "CZ", "Z025", 9.0, "1.00")))
    assert not_agreed["base_1_year_back"] == 0.0


def test_agreement_of_an_older_year_does_not_fill_a_missing_settlement() -> None:
    """2016 not settled: neither ratio is known, so 132 × 1 × 200 − 25,000 = 1,400.00."""
    agreed = pl.concat([AGREED, settled((2016, "CZ", "Z110", 120.0, "1.00"))])
    row = crisis(settled((2015, "CZ", "Z110", 100.0, "1.00")), agreed)
    assert row["base_2_years_back"] is None
    assert (row["growth_factor"], row["item_eur"], row["flag"]) == (1.0, Decimal("1400.00"), "no_growth")


def test_ratio_with_a_zero_base_is_left_out() -> None:
    """2015 settled without crisis beds: only 132 ÷ 120 = 1.1 counts; 145.2 × 200 − 25,000 = 4,040.00."""
    row = crisis(settled((2015, "CZ", "Z025", 9.0, "1.00"), (2016, "CZ", "Z110", 120.0, "1.00")))
    assert row["base_3_years_back"] == 0.0
    assert row["growth_factor"] == pytest.approx(1.1)
    assert row["item_eur"] == Decimal("4040.00")


def test_negative_item_is_kept_and_flagged() -> None:
    """151.8 × 200 = 30,360.00 − 40,000.00 = −9,640.00."""
    row = crisis(expected=revenue(("Z110", "CZ", "40000.00")))
    assert (row["item_eur"], row["flag"]) == (Decimal("-9640.00"), "negative")


def test_price_is_that_of_the_claims_else_the_rule_else_the_national_mean() -> None:
    elsewhere = claims(("Z110", "DSW", 2018, 10.0, "1800.00"), ("Z110", "VGZ", 2018, 10.0, "2200.00"))
    rule = prices(("Z110", "CZ", 190.0))
    assert crisis(known=rule)["item_price_eur_per_unit"] == 200.0
    assert crisis(known=rule, claimed=elsewhere)["item_price_eur_per_unit"] == 190.0
    row = crisis(claimed=elsewhere)
    assert (row["item_price_eur_per_unit"], row["flag"]) == (200.0, "national_price")
    row = crisis(claimed=claims())
    assert (row["item_price_eur_per_unit"], row["item_eur"], row["flag"]) == (None, Decimal("0.00"), "no_price")


def test_without_anything_to_compare_crisis_beds_are_empty_and_left_out() -> None:
    """Nothing of t−1, and no claims of the years that were settled: no empty bed can be seen. That is not 0."""
    row = crisis(agreements=settled())
    assert (row["item_eur"], row["flag"], row["item_method"]) == (None, "left_out", "left_out")
    assert (row["claims_forecast_eur"], row["growth_factor"]) == (Decimal("25000.00"), None)


def test_uitvoerder_that_never_agreed_crisis_beds_does_not_lose_its_claims() -> None:
    other = settled(*((year, "CZ", "Z025", 9.0, "1.00") for year in (2015, 2016)))
    row = crisis(other, settled((2017, "CZ", "Z025", 9.0, "1.00")))
    assert (row["item_eur"], row["flag"]) == (Decimal("0.00"), "from_claims")


def test_units_of_agreements_are_converted_or_said_to_be_left_out() -> None:
    """132 etmaal agreed as 792 dagdelen of 4 hours (six in an etmaal) is the same; 81 has no conversion."""
    assert crisis(agreements=settled((2017, "CZ", "Z110", 792.0, "1.00"), unit="16"))["item_eur"] == Decimal("5360.00")
    row = crisis(agreements=settled((2017, "CZ", "Z110", 132.0, "1.00"), unit="81"))
    assert "unit_not_convertible" in str(row["flag"])


# --- meerzorg -------------------------------------------------------------------------------------------------------


def test_meerzorg_is_the_whole_projected_amount() -> None:
    """Both codes: 1,000,000 → 1,100,000 (1.1) → 1,320,000 (1.2); × 1.15 = 1,518,000; claims say 1,400,000 beside it."""
    row = one(
        meerzorg(
            settled(
                (2015, "CZ", "ZMZTL", 1.0, "600000.00"),
                (2015, "CZ", "ZMZTK", 1.0, "400000.00"),
                (2016, "CZ", "ZMZTL", 1.0, "1100000.00"),
            ),
            settled((2017, "CZ", "ZMZTL", 1.0, "1320000.00"), (2017, "CZ", "Z025", 1.0, "5.00")),
            claims(),
            revenue(("ZMZTL", "CZ", "900000.00"), ("ZMZTK", "CZ", "500000.00"), ("Z025", "CZ", "7.00")),
            PRESTATIES,
            2018,
        )
    )
    assert row["prestatiecode"] is None
    assert row["growth_factor"] == pytest.approx(1.15)
    assert row["item_eur"] == Decimal("1518000.00")
    assert row["claims_forecast_eur"] == Decimal("1400000.00")
    assert row["flag"] is None


def test_meerzorg_that_a_settlement_lacks_and_the_agreement_has_is_what_was_agreed() -> None:
    """1,000,000 → 1,100,000 → agreed 1,320,000, × 1.15; the settlement of 2017 holds Z025 alone."""
    row = one(
        meerzorg(
            settled(
                (2015, "CZ", "ZMZTL", 1.0, "1000000.00"),
                (2016, "CZ", "ZMZTL", 1.0, "1100000.00"),
                (2017, "CZ", "Z025", 1.0, "5.00"),
            ),
            settled((2017, "CZ", "ZMZTL", 1.0, "1320000.00")),
            claims(),
            revenue(("ZMZTL", "CZ", "1400000.00")),
            PRESTATIES,
            2018,
        )
    )
    assert (row["base_1_year_back"], row["item_eur"]) == (1320000.0, Decimal("1518000.00"))


def test_meerzorg_falls_back_to_claims() -> None:
    row = one(meerzorg(settled(), settled(), claims(), revenue(("ZMZTL", "CZ", "900000.00")), PRESTATIES, 2019 - 1))
    assert (row["item_eur"], row["flag"]) == (Decimal("900000.00"), "from_claims")
    row = one(meerzorg(settled(), settled(), claims(), revenue(("Z025", "CZ", "7.00")), PRESTATIES, 2018))
    assert (row["item_eur"], row["flag"]) == (Decimal("0.00"), "no_data")


# --- na-ijl ---------------------------------------------------------------------------------------------------------


def delivered(*rows: tuple[int, str, float]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=NO_DELIVERED.schema, orient="row")


def derived(*rows: tuple[str, float | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=NO_DERIVED.schema, orient="row")


def test_na_ijl_is_the_delivered_percentage_of_the_revenue_without_extra_items() -> None:
    """0.15 % of 1,000,001.00 is 1,500.0015 → 1,500.00; meerzorg (not in the base) does not count."""
    expected = revenue(("Z025", "CZ", "1000001.00"), ("ZMZTL", "CZ", "500000.00"))
    row = one(na_ijl(expected, delivered((2016, "CZ", 0.15)), derived(("CZ", 0.002)), 2018))
    assert (row["delivered_lag_ratio"], row["derived_lag_ratio"]) == (pytest.approx(0.0015), 0.002)
    assert row["expected_base"] == 1_000_001.0
    assert row["item_eur"] == Decimal("1500.00")
    assert row["item_eur"] != Decimal("150000.15")  # 0.15 taken as a ratio
    assert row["flag"] is None


@pytest.mark.parametrize(
    ("known", "ratio", "item", "flag"),
    [
        (delivered(), 0.002, "2000.00", "derived"),
        (delivered(), None, None, "no_lag_ratio"),
        (delivered((2016, "CZ", -0.01)), 0.002, "-100.00", "negative"),  # late corrections take back
        (delivered((2015, "CZ", 0.10)), None, "1000.00", "older_reference_year"),
        (delivered((2015, "CZ", 0.10)), 0.002, "2000.00", "derived"),  # the right year goes before an older one
        (delivered((2015, "CZ", 0.10), (2016, "CZ", 0.05), (2017, "CZ", 9.0)), None, "500.00", None),
    ],
)
def test_na_ijl_sources(known: pl.DataFrame, ratio: float | None, item: str | None, flag: str | None) -> None:
    row = one(na_ijl(revenue(("Z025", "CZ", "1000000.00")), known, derived(("CZ", ratio)), 2018))
    assert (row["item_eur"], row["flag"]) == (None if item is None else Decimal(item), flag)


def test_na_ijl_counts_for_nothing_when_months_are_completed() -> None:
    row = one(
        na_ijl(
            revenue(("Z025", "CZ", "1000000.00")), delivered((2016, "CZ", 0.1)), NO_DERIVED, 2018, lag_in_months=True
        )
    )
    assert (row["item_eur"], row["flag"], row["delivered_lag_ratio"]) == (Decimal("0.00"), "lag_in_months", 0.001)


def test_derived_ratio_compares_the_same_year_at_two_deliveries() -> None:
    """2016 in May 2018 against May 2017: CZ 100.10 ÷ 100.00 − 1 = 0.1 %; DSW 99.99 → −0.01 %; VGZ was unknown."""
    now = claims(
        ("Z025", "CZ", 2016, 1.0, "60.10"),
        ("Z110", "CZ", 2016, 1.0, "40.00"),
        ("Z025", "CZ", 2017, 1.0, "999.00"),
        ("Z025", "DSW", 2016, 1.0, "99.99"),
        ("Z025", "VGZ", 2016, 1.0, "5.00"),
    )
    year_ago = claims(("Z025", "CZ", 2016, 1.0, "100.00"), ("Z025", "DSW", 2016, 1.0, "100.00"))
    assert derive_lag_ratio(now, year_ago, 2016).rows() == [
        ("CZ", pytest.approx(0.001)),
        ("DSW", pytest.approx(-0.0001)),
        ("VGZ", None),
    ]
    assert derive_lag_ratio(now, claims(), 2016)["derived_lag_ratio"].null_count() == 3


@settings(max_examples=25, deadline=None)
@given(st.floats(-1, 1), st.integers(0, 10**12))
def test_na_ijl_is_proportional_to_revenue(percentage: float, cents: int) -> None:
    amount = Decimal(cents) / 100
    row = one(na_ijl(revenue(("Z025", "CZ", f"{amount:.2f}")), delivered((2016, "CZ", percentage)), NO_DERIVED, 2018))
    assert float(row["item_eur"]) == pytest.approx(percentage / 100 * float(amount), abs=0.006)


# --- all of them ----------------------------------------------------------------------------------------------------


def test_every_uitvoerder_has_every_item_and_the_contract_holds() -> None:
    rows = build_extra_items(
        Sources(SETTLED, AGREED, CLAIMS, PRESTATIES, delivered((2016, "CZ", 0.10)), NO_DERIVED),
        prices=prices(),
        revenue=revenue(("Z110", "CZ", "25000.00"), ("Z025", "DSW", "1000.00")),
        budget_year=2018,
        lag_in_months=False,
    )
    assert rows.select("wlz_uitvoerder", "item", "prestatiecode", "item_eur", "flag").rows() == [
        ("CZ", "crisisbedden", "Z110", Decimal("5360.00"), None),
        ("CZ", "meerzorg", None, Decimal("0.00"), "no_data"),
        ("CZ", "na_ijl", None, Decimal("25.00"), None),  # 0.10 % of 25,000.00
        ("DSW", "crisisbedden", "Z110", Decimal("0.00"), "no_data"),
        ("DSW", "meerzorg", None, Decimal("0.00"), "no_data"),
        ("DSW", "na_ijl", None, None, "no_lag_ratio"),
    ]
    vintage = rows.with_columns(
        pl.lit(date(2018, 5, 1)).alias("delivery_month"),
        pl.lit(2018, dtype=pl.Int32).alias("budget_year"),
        pl.lit("letter").alias("scenario"),
    )
    assert conform(vintage, EXTRA_ITEMS).height == 6
