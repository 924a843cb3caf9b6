"""Small tables to derive prices from: tariffs, claims, agreements, volumes of a year."""

from decimal import Decimal

import polars as pl

from wlz.prices.prices import derive_prices

MONEY = pl.Decimal(18, 2)
ASSUMPTIONS = {
    "unit_factor_hours_minutes": 60.0,
    "unit_factor_tolerance": 1.25,
    "price_outlier_factor": 1.25,
    "unit_volume_tolerance": 0.35,
    "thin_price_ratio": 0.10,
}
PRESTATIES = pl.DataFrame(
    {
        "prestatiecode": ["Z025", "H104", "ZMZTL"],
        "unit_code": ["14", "01", "14"],  # etmaal, minute, etmaal
        "is_meerzorg": [False, False, True],
    }
)
# Z025 as in table 7; NHC and NIC of 2017 and all of H104 are made up. H104 is set per hour, claimed per minute.
TARIFFS = pl.DataFrame(
    [
        (2017, "Z025", "14", 86.09, 26.40, 1.80),
        (2018, "Z025", "14", 88.66, 26.93, 1.87),
        (2017, "H104", "04", 60.00, 0.0, 0.0),
        (2018, "H104", "04", 63.00, 0.0, 0.0),
    ],
    schema=[
        "year",
        "prestatiecode",
        "unit_code",
        "max_tariff_excl_eur_per_unit",
        "nhc_full_eur_per_unit",
        "nic_full_eur_per_unit",
    ],
    orient="row",
)
PAID_SHARES = pl.DataFrame(
    {"year": [2016, 2017, 2018], "nhc_paid_ratio": [0.70, 0.85, 1.0], "nic_paid_ratio": [1.0] * 3}
)


def claims(*rows: tuple[str, int, float, str], uitvoerder: str = "CZ") -> pl.DataFrame:
    """prestatiecode, year, volume, amount"""
    return pl.DataFrame(
        [(code, uitvoerder, year, volume, Decimal(amount)) for code, year, volume, amount in rows],
        schema={
            "prestatiecode": pl.String,
            "wlz_uitvoerder": pl.String,
            "year": pl.Int32,
            "volume": pl.Float64,
            "amount_eur": MONEY,
        },
        orient="row",
    )


def agreements(*rows: tuple[int, str | None, str, str, float, str, str], uitvoerder: str = "CZ") -> pl.DataFrame:
    """year, agb_code, prestatiecode, unit_code, volume, amount, includes_nhc_nic"""
    return pl.DataFrame(
        [(y, uitvoerder, agb, code, unit, volume, Decimal(a), incl) for y, agb, code, unit, volume, a, incl in rows],
        schema={
            "year": pl.Int32,
            "wlz_uitvoerder": pl.String,
            "agb_code": pl.String,
            "prestatiecode": pl.String,
            "unit_code": pl.String,
            "volume": pl.Float64,
            "amount_eur": MONEY,
            "includes_nhc_nic": pl.String,
        },
        orient="row",
    )


def volumes_year(code: str = "Z025", volume: float = 1200.0, uitvoerder: str = "CZ") -> pl.DataFrame:
    return pl.DataFrame({"prestatiecode": [code], "wlz_uitvoerder": [uitvoerder], "forecast_year_volume": [volume]})


def price_rows(
    claimed: pl.DataFrame | None = None,
    agreed: pl.DataFrame | None = None,
    wanted: pl.DataFrame | None = None,
    tariffs: pl.DataFrame = TARIFFS,
    paid_shares: pl.DataFrame = PAID_SHARES,
) -> pl.DataFrame:
    return derive_prices(
        claims=claims() if claimed is None else claimed,
        agreements=agreements() if agreed is None else agreed,
        tariffs=tariffs,
        paid_shares=paid_shares,
        volumes_year=volumes_year() if wanted is None else wanted,
        prestaties=PRESTATIES,
        budget_year=2018,
        assumptions=ASSUMPTIONS,
    )


def price_row(*arguments: pl.DataFrame | None, **named: pl.DataFrame) -> dict[str, object]:
    rows = price_rows(*arguments, **named)
    assert rows.height == 1
    return rows.row(0, named=True)
