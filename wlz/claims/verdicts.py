"""The units of one delivery of claims judged once: the steps of ``units.py`` in their order, and what rules share.

The line only: how a unit is judged is in ``units.py``, what a price is held against in ``prices.py``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from wlz.claims.prices import maximum_prices
from wlz.claims.units import (
    PLACE,
    PROVIDER,
    add_older_months,
    agreed_prices,
    judge_claim_units,
    mean_price_effect,
    select_years,
    sum_years,
)
from wlz.words.large_frames import join_codes

MAXIMUM_SCHEMA = {
    "year": pl.Int32(),
    "prestatiecode": pl.String(),
    "maximum_eur_per_unit": pl.Float64(),
    "nhc_nic_eur_per_unit": pl.Float64(),
}
AGREED_SCHEMA = {**dict.fromkeys(PLACE, pl.String()), "agreed": pl.Float64(), "agreed_month_volume": pl.Float64()}


@dataclass(frozen=True, eq=False)
class Units:
    """Verdicts on the units of a delivery, and the claims without the providers of a verdict.

    ``verdicts`` as ``judge_claim_units`` returns them, with older_eur and what they do to the mean price; ``claims``
    (``select_years``, lazily) and ``years`` (``sum_years``, the budget year and the year before) without a provider ×
    prestatie that has a verdict; ``maximum`` as ``maximum_prices``, empty without tariffs; ``places``: the
    wlz_uitvoerder of a zorgkantoor_code; ``providers_count``: providers × prestatie × unit that were judged.
    """

    verdicts: pl.DataFrame
    claims: pl.LazyFrame
    years: pl.DataFrame
    maximum: pl.DataFrame
    places: pl.DataFrame
    providers_count: int


def judge_units(
    provider_months: pl.DataFrame,
    *,
    places: pl.DataFrame,
    prestaties: pl.DataFrame,
    tariffs: pl.DataFrame | None,
    agreements: pl.DataFrame | None,
    delivery_month: date,
    assumptions: Mapping[str, float],
) -> Units:
    """Verdicts on every provider × prestatie × unit of a delivery.

    In: one row per ``PROVIDER`` and care_month with volume and amount_eur (float), text as it is or as codes;
    ``places`` (zorgkantoor_code, wlz_uitvoerder); beleidsregelwaarden and herschikking in contract columns, where
    known. Without tariffs no maximum is known, without agreements no agreed price.
    """
    maximum = pl.DataFrame(schema=MAXIMUM_SCHEMA) if tariffs is None else maximum_prices(tariffs, prestaties)
    agreed = pl.DataFrame(schema=AGREED_SCHEMA)
    if agreements is not None:
        agreed = agreed_prices(agreements, prestaties, maximum)
    claims = select_years(provider_months.lazy(), delivery_month)
    years = sum_years(claims, prestaties)
    verdicts = judge_claim_units(claims, years, agreed, maximum, delivery_month, assumptions)
    verdicts = add_older_months(verdicts, provider_months, delivery_month, assumptions["unit_factor_tolerance"])
    judged = years.filter(pl.col("year") >= delivery_month.year - 1)
    return Units(
        verdicts=mean_price_effect(verdicts, years, places),
        claims=join_codes(claims, verdicts.select(PLACE), PLACE, how="anti"),
        years=judged.join(verdicts, on=PLACE, how="anti"),
        maximum=maximum,
        places=places,
        providers_count=judged.n_unique(PROVIDER),
    )
