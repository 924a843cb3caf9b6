"""Prices in the claims against what is legal, what others are paid and what was paid before: checks P01, P03, P04.

Here: the maximum price of a year, and the three comparisons on claims per provider and year (`claim_units.sum_years`)
or month. Not here: a price that is wrong because of its unit (`units.py`): its providers are left out by the
caller. The price the volumes are valued at is derived in `prices.py`.
"""

import math
from collections.abc import Mapping

import polars as pl

from wlz.claims.units import PLACE
from wlz.words.large_frames import sum_in_parts
from wlz.words.robust import MAD_TO_DEVIATION
from wlz.words.units import conversion_table
from wlz.words.vocabulary import SERIES_BY_UITVOERDER

PRIOR_MONTHS = 3
LOOK_BACK_MONTHS = "-6mo"  # before the budget year: room for three prior months when one or two were too thin
YEAR_KEY = ["wlz_uitvoerder", "prestatiecode", "year"]
_TARIFFS = ("max_tariff_excl_eur_per_unit", "nhc_full_eur_per_unit", "nic_full_eur_per_unit")


def maximum_prices(tariffs: pl.DataFrame, prestaties: pl.DataFrame) -> pl.DataFrame:
    """The most that may be paid per unit of the prestatie: maximum tariff + NHC + NIC, both in full.

    In: beleidsregelwaarden in contract columns. Out: one row per year and prestatiecode, maximum_eur_per_unit and
    nhc_nic_eur_per_unit of it. A tariff in the unit of the prestatie goes before a converted one; a maximum of 0, or
    in a unit that cannot be converted, is none. Z025 of table 7 in 2018: 88.66 + 26.93 + 1.87 = 117.46.
    """
    units = prestaties.select("prestatiecode", pl.col("unit_code").alias("to_unit"))
    converted = (
        tariffs.join(units, on="prestatiecode")
        .join(conversion_table(), left_on=["unit_code", "to_unit"], right_on=["from_unit", "to_unit"])
        .sort("year", "prestatiecode", pl.col("unit_code") != pl.col("to_unit"), "unit_code")
        .unique(["year", "prestatiecode"], keep="first", maintain_order=True)
        .filter(pl.col(_TARIFFS[0]) > 0)
    )
    tariff, nhc, nic = (pl.col(name).fill_null(0.0) / pl.col("conversion_factor") for name in _TARIFFS)
    return converted.select(
        pl.col("year").cast(pl.Int32),
        "prestatiecode",
        (tariff + nhc + nic).alias("maximum_eur_per_unit"),
        (nhc + nic).alias("nhc_nic_eur_per_unit"),
    )


def prices_above_maximum(
    years: pl.DataFrame, maximum: pl.DataFrame, places: pl.DataFrame, assumptions: Mapping[str, float]
) -> pl.DataFrame:
    """Providers whose mean price of a year lies above the legal maximum (check P01), and the euro above it.

    In: ``sum_years``, ``maximum_prices``, ``places`` (zorgkantoor_code, wlz_uitvoerder). Judged per provider ×
    prestatie × year, because a wrong price of one provider drowns in the mean of its uitvoerder. Above is more than
    ``price_above_maximum_ratio`` and ``price_above_maximum_eur`` over it. Out: ``PLACE``, wlz_uitvoerder, year, price,
    maximum_eur_per_unit, volume (unit of the prestatie), excess_eur = amount − maximum × volume, and uitvoerder_ratio:
    all excess of the uitvoerder in the year ÷ its claims of that year. Prestaties without a maximum are not judged.
    """
    per_year = _in_unit(years).join(places, on="zorgkantoor_code")
    revenue = per_year.group_by("wlz_uitvoerder", "year").agg(pl.col("amount_eur").sum().alias("revenue_eur"))
    limit = pl.col("maximum_eur_per_unit") * (1 + assumptions["price_above_maximum_ratio"])
    return (
        per_year.group_by(*PLACE, "wlz_uitvoerder", "year")
        .agg(pl.col("volume", "amount_eur").sum())
        .filter(pl.col("volume") > 0, pl.col("amount_eur") > 0)
        .join(maximum, on=["year", "prestatiecode"])
        .with_columns((pl.col("amount_eur") / pl.col("volume")).alias("price"))
        .filter(pl.col("price") > limit + assumptions["price_above_maximum_eur"])
        .with_columns((pl.col("amount_eur") - pl.col("volume") * pl.col("maximum_eur_per_unit")).alias("excess_eur"))
        .join(revenue, on=["wlz_uitvoerder", "year"])
        .with_columns(
            (pl.col("excess_eur").sum().over("wlz_uitvoerder", "year") / pl.col("revenue_eur")).alias(
                "uitvoerder_ratio"
            )
        )
        .drop("revenue_eur", "nhc_nic_eur_per_unit")
        .sort(*PLACE, "year")
    )


def compare_nationally(years: pl.DataFrame, places: pl.DataFrame, assumptions: Mapping[str, float]) -> pl.DataFrame:
    """Every mean price of an uitvoerder that can be held against the national median (check P03), with ``is_outlier``.

    In: ``sum_years`` and ``places``. Out: one row per wlz_uitvoerder × prestatie × year with at least
    ``price_outlier_minimum_uitvoerders`` uitvoerders: price, national_price (median over uitvoerders), volume (unit of
    the prestatie), difference_eur = amount − national price × volume. An outlier is off by more than
    ``price_outlier_factor`` and by more than ``price_outlier_robust_sd`` robust standard deviations of the logarithm.
    """
    per_year = _in_unit(years).join(places, on="zorgkantoor_code").group_by(YEAR_KEY)
    priced = per_year.agg(pl.col("volume", "amount_eur").sum()).filter(pl.col("volume") > 0, pl.col("amount_eur") > 0)
    of_prestatie = ("prestatiecode", "year")
    log_price = (pl.col("amount_eur") / pl.col("volume")).log()
    distance = (log_price - log_price.median().over(of_prestatie)).abs()
    limit = pl.max_horizontal(
        math.log(assumptions["price_outlier_factor"]),
        assumptions["price_outlier_robust_sd"] * MAD_TO_DEVIATION * distance.median().over(of_prestatie),
    )
    national = log_price.median().over(of_prestatie).exp()
    return (
        priced.filter(pl.len().over(of_prestatie) >= assumptions["price_outlier_minimum_uitvoerders"])
        .with_columns(
            log_price.exp().alias("price"),
            national.alias("national_price"),
            (pl.col("amount_eur") - national * pl.col("volume")).alias("difference_eur"),
            (distance > limit).alias("is_outlier"),
        )
        .sort(YEAR_KEY)
    )


def compare_months(
    claims: pl.DataFrame | pl.LazyFrame,
    years: pl.DataFrame,
    places: pl.DataFrame,
    budget_year: int,
    assumptions: Mapping[str, float],
) -> pl.DataFrame:
    """Every month of the budget year beside the median price of the three months before it (check P04).

    In: ``select_years`` and ``sum_years`` (for the conversion of units), ``places``. Out: one row per wlz_uitvoerder ×
    prestatie × care_month: price, prior_price, volume (unit of the prestatie), difference_eur = amount − prior price ×
    volume, ``is_jump`` when off by more than ``price_jump_factor``. Months with less than
    ``price_jump_minimum_volume_ratio`` of the median month are no sample of the price and are passed over, also as one
    of the three; a month without three before it is not judged.
    """
    start = pl.lit(f"{budget_year}-01-01").str.to_date().dt.offset_by(LOOK_BACK_MONTHS)
    units = years.select("prestatiecode", "unit_code", "conversion_factor").unique()
    summed = sum_in_parts(
        claims.filter(pl.col("care_month") >= start),
        ["zorgkantoor_code", "prestatiecode", "unit_code", "care_month"],
        [pl.col("volume", "amount_eur").sum()],
        part_by="prestatiecode",
    )
    months = (
        _in_unit(summed.join(units, on=["prestatiecode", "unit_code"]))
        .join(places, on="zorgkantoor_code")
        .group_by(*SERIES_BY_UITVOERDER, "care_month")
        .agg(pl.col("volume", "amount_eur").sum())
    )
    enough = assumptions["price_jump_minimum_volume_ratio"] * pl.col("volume").median().over(SERIES_BY_UITVOERDER)
    price = pl.col("amount_eur") / pl.col("volume")
    usable = (
        months.filter(pl.col("volume") > 0, pl.col("amount_eur") > 0, pl.col("volume") >= enough)
        .sort(*SERIES_BY_UITVOERDER, "care_month")
        .with_columns(price.alias("price"))
    )
    prior = [pl.col("price").shift(step).over(SERIES_BY_UITVOERDER) for step in range(1, PRIOR_MONTHS + 1)]
    low, high = pl.min_horizontal(prior), pl.max_horizontal(prior)
    median = pl.sum_horizontal(prior, ignore_nulls=False) - low - high
    return (
        usable.with_columns(median.alias("prior_price"))
        .filter(pl.col("care_month").dt.year() == budget_year, pl.col("prior_price").is_not_null())
        .with_columns(
            (pl.col("amount_eur") - pl.col("prior_price") * pl.col("volume")).alias("difference_eur"),
            ((pl.col("price") / pl.col("prior_price")).log().abs() > math.log(assumptions["price_jump_factor"])).alias(
                "is_jump"
            ),
        )
    )


def _in_unit(frame: pl.DataFrame) -> pl.DataFrame:
    """Volumes in the unit of the prestatie."""
    return frame.with_columns((pl.col("volume") * pl.col("conversion_factor")).alias("volume"))
