"""Hours and minutes exchanged in claims, put right where volumes are added up (check U01; catalogue, unit confusion).

The claims stay as they were delivered: a correction is a row of its own, with the volume as declared and the factor.
Only errors that the volume confirms are corrected. How a unit is judged is in `units.py`; agreements are
corrected in the price step (`unit_fit.py`).
"""

import math

import polars as pl

from wlz.claims.units import PROVIDER
from wlz.words.large_frames import as_text, join_codes

REACH = math.log(100 / 60) / 2  # half the way from 60 to the nearest other factor, that of cents
MONTH_KEY = [*PROVIDER, "care_month"]


def list_unit_corrections(verdicts: pl.DataFrame, provider_months: pl.DataFrame) -> pl.DataFrame:
    """Provider months in the wrong unit: `MONTH_KEY`, volume and amount_eur as declared, volume_factor.

    In: verdicts of `claim_units.judge_claim_units`; one row per `MONTH_KEY` with volume and amount_eur. Corrected is a
    provider × prestatie × unit of which a verdict is unit_error_confirmed, in every month, also of older years, of
    which the price lies nearer to 60 times (or a sixtieth of) the price it is held against than to any other factor:
    half an error corrected would make a jump of what was none. volume_factor is 60 for hours under the code of
    minutes, else 1/60. Example: 100 units at € 54.00 where € 0.90 is usual: volume_factor 60, so 6,000 minutes.
    """
    confirmed = verdicts.filter(pl.col("status") == "unit_error_confirmed")
    ratio = pl.when(pl.col("price_ratio") > 1).then(pl.col("factor")).otherwise(1 / pl.col("factor"))
    wrong = confirmed.with_columns(ratio.alias("volume_factor")).sort("amount_eur", descending=True)
    wrong = wrong.unique(PROVIDER, keep="first", maintain_order=True)
    named = provider_months.lazy().with_columns(pl.col("agb_code").fill_null(""))
    months = as_text(join_codes(named, wrong.select(PROVIDER), PROVIDER, how="semi").collect())
    priced = months.filter(pl.col("volume") > 0, pl.col("amount_eur") > 0).join(
        wrong.select(*PROVIDER, "reference_price", "volume_factor"), on=PROVIDER
    )
    expected = pl.col("reference_price") * pl.col("volume_factor")
    away = (pl.col("amount_eur") / pl.col("volume") / expected).log().abs()
    return (
        priced.filter(away <= REACH)
        .select(*MONTH_KEY, "volume", "amount_eur", "volume_factor")
        .with_columns(pl.col("agb_code").replace("", None))
        .sort(MONTH_KEY)
    )


def correct_volumes(claims: pl.LazyFrame, corrections: pl.DataFrame) -> pl.LazyFrame:
    """Claims with the volumes of `corrections` (`MONTH_KEY`, volume_factor) times their factor; amounts stay.

    Without corrections the claims are returned as they are.
    """
    if corrections.is_empty():
        return claims
    factors = corrections.lazy().select(*MONTH_KEY, "volume_factor")
    return (
        claims.join(factors, on=MONTH_KEY, how="left", nulls_equal=True)
        .with_columns((pl.col("volume") * pl.col("volume_factor").fill_null(1.0)).alias("volume"))
        .drop("volume_factor")
    )
