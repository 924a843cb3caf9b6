"""Volume × price, annex A.2.2 of the letter: months valued to the cent, and volumes that have no price.

Every test states its tables and the number expected from them; the arithmetic stands beside it.
"""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from warehouse.contract import conform
from warehouse.tables.prices import REVENUE
from wlz.prices.prices import PriceError, value_volumes, volumes_without_price

PRESTATIES = pl.DataFrame(
    {
        "prestatiecode": ["Z025", "H104", "ZMZTL"],
        "unit_code": ["14", "01", "14"],  # etmaal, minute, etmaal
        "is_meerzorg": [False, False, True],
    }
)


def with_vintage(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.lit(date(2018, 5, 1)).alias("delivery_month"),
        pl.lit(2018, dtype=pl.Int32).alias("budget_year"),
        pl.lit("letter").alias("scenario"),
    )


def volumes(*rows: tuple[str, str, date, float | None, float | None]) -> pl.DataFrame:
    """prestatiecode, wlz_uitvoerder, care_month, observed, forecast"""
    names = ["prestatiecode", "wlz_uitvoerder", "care_month", "observed_volume", "forecast_volume"]
    types = [pl.String, pl.String, pl.Date, pl.Float64, pl.Float64]
    frame = pl.DataFrame(rows, schema=dict(zip(names, types, strict=True)), orient="row")
    return frame.with_columns(completed_volume=pl.lit(None, dtype=pl.Float64))


def known_prices(*rows: tuple[str, str, float | None]) -> pl.DataFrame:
    schema = {"prestatiecode": pl.String, "wlz_uitvoerder": pl.String, "price_eur_per_unit": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


JANUARY, FEBRUARY = date(2018, 1, 1), date(2018, 2, 1)


def test_months_of_the_year_are_valued_to_the_cent_half_to_even() -> None:
    """Observed before forecast; 0.5 × 0.25 = 0.125 → 0.12 and 1.5 × 0.25 = 0.375 → 0.38; other years are left out."""
    revenue = value_volumes(
        volumes(
            ("Z025", "CZ", date(2017, 12, 1), 9.0, None),
            ("Z025", "CZ", JANUARY, 0.5, 7.0),
            ("Z025", "CZ", FEBRUARY, None, 1.5),
            ("ZMZTL", "CZ", JANUARY, None, 4.0),
            ("Z025", "CZ", date(2019, 1, 1), None, 9.0),
        ),
        known_prices(("Z025", "CZ", 0.25), ("ZMZTL", "CZ", 100.0)),
        PRESTATIES,
        2018,
    )
    assert revenue.rows() == [
        ("Z025", "CZ", JANUARY, "declared", 0.5, Decimal("0.12"), True),
        ("Z025", "CZ", FEBRUARY, "forecast", 1.5, Decimal("0.38"), True),
        ("ZMZTL", "CZ", JANUARY, "forecast", 4.0, Decimal("400.00"), False),  # meerzorg is an extra item
    ]
    assert conform(with_vintage(revenue), REVENUE).height == 3


def test_volume_without_a_price_is_zero_in_the_total_and_listed_with_its_euro() -> None:
    """CZ has no price for 20 + 5 units. Others: (10 × 110 + 30 × 114) ÷ 40 = 113.00; at stake 25 × 113 = 2,825.00."""
    months = volumes(
        ("Z025", "CZ", JANUARY, None, 20.0),
        ("Z025", "CZ", FEBRUARY, None, 5.0),
        ("Z025", "DSW", JANUARY, None, 10.0),
        ("Z025", "VGZ", JANUARY, None, 30.0),
        ("H104", "CZ", JANUARY, None, 8.0),
        ("H104", "DSW", JANUARY, None, 0.0),
    )
    prices = known_prices(
        ("Z025", "CZ", None),
        ("Z025", "DSW", 110.0),
        ("Z025", "VGZ", 114.0),
        ("H104", "CZ", None),
        ("H104", "DSW", None),
    )
    revenue = value_volumes(months, prices, PRESTATIES, 2018)
    assert revenue.filter(wlz_uitvoerder="CZ")["forecast_amount_eur"].sum() == 0
    assert volumes_without_price(months, prices, 2018).rows() == [
        ("Z025", "CZ", 25.0, pytest.approx(113.0), Decimal("2825.00")),
        ("H104", "CZ", 8.0, None, None),  # nobody has a price; a volume of 0 is no alert
    ]


def test_key_without_a_price_row_counts_as_without_price() -> None:
    months = volumes(("Z025", "CZ", JANUARY, None, 20.0))
    assert value_volumes(months, known_prices(), PRESTATIES, 2018)["forecast_amount_eur"].to_list() == [Decimal("0.00")]
    assert volumes_without_price(months, known_prices(), 2018)["forecast_year_volume"].to_list() == [20.0]


def test_month_without_any_volume_and_unknown_prestatie_are_refused() -> None:
    with pytest.raises(PriceError, match="neither"):
        value_volumes(volumes(("Z025", "CZ", JANUARY, None, None)), known_prices(), PRESTATIES, 2018)
    with pytest.raises(PriceError, match="X999"):
        value_volumes(volumes(("X999", "CZ", JANUARY, 1.0, None)), known_prices(), PRESTATIES, 2018)
