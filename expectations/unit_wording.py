"""Which parts the sentence of a finding on units has (``units`` in the sentences). Findings: ``claim_prices.py``."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

EXCHANGED = {  # by factor, declared unit and whether the price is too high
    (60.0, "01", True): "hours",
    (60.0, "04", False): "minutes",
}
UNIT_FIGURES = (
    "first_month",
    "last_month",
    "last_year",
    "price_ratio",
    "volume_ratio",
    "price",
    "reference_price",
    "factor",
    "share",
    "candidates",
    "older_eur",
    "mean_price",
    "mean_price_without",
    "price_effect_eur",
    "reference",
    "status",
)


def place_parts() -> pl.Expr:
    """Parts that say where: an uitvoerder or none known, a provider or all of the zorgkantoor together."""
    nobody, together = pl.col("wlz_uitvoerder").is_null(), pl.col("agb_code").fill_null("") == ""
    who = pl.when(nobody).then(pl.lit("nobody")).otherwise(pl.lit("who"))
    return pl.concat_str(who, pl.when(together).then(pl.lit("providers")).otherwise(pl.lit("provider")), separator=" ")


def name_unit_parts(row: Mapping[str, Any]) -> str:
    """Parts of the sentence of one verdict: who, which months, prices and volume, what fits, what it does."""
    return " ".join(_parts(row))


def _parts(row: Mapping[str, Any]) -> Iterator[str]:
    yield "who" if row["wlz_uitvoerder"] else "nobody"
    yield "provider" if row["agb_code"] else "providers"
    yield "unit"
    yield "month" if row["first_month"] == row["last_month"] else "months"
    yield "price"
    yield row["reference"]
    yield "prices"
    yield "no_volume" if row["volume_ratio"] is None else "volume"
    yield from _parts_of_fit(row)
    if row["older_eur"] is not None:
        yield "older"
    if row["mean_price_without"] is not None:
        yield "mean"
        yield "used" if row["status"] == "unit_error_confirmed" else "effect"


def _parts_of_fit(row: Mapping[str, Any]) -> Iterator[str]:
    is_high = row["price_ratio"] > 1
    if row["status"] == "mixture":
        yield "mixture_reported" if is_high else "mixture_real"
        return
    if row["status"] == "volume_factor_60":
        yield "both_high"
        return
    yield "fits"
    exchanged = EXCHANGED.get((row["factor"], row["unit_code"], is_high))
    if exchanged:
        yield exchanged
    if row["status"] == "scale_error":
        yield "scale"
    elif row["status"] == "unit_error_confirmed":
        yield "counts_times" if is_high else "counts_divided"
    elif row["is_confirmed"]:
        yield "confirmed"
    else:
        yield "no_volume_to_confirm" if row["volume_ratio"] is None else "not_confirmed"
