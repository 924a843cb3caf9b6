"""When extra items are paid: one twelfth a month, in December, or as the claims go.

The sums of the year do not depend on it; paths through the year do (`utilisation/path.py`, `bounds/levels.py`).
"""

import polars as pl

from wlz.known.declared_items import WITH_CLAIMS, YEAR_END
from wlz.words.months import MONTHS_PER_YEAR

SHIFT_SCHEMA = {"wlz_uitvoerder": pl.String(), "number": pl.Int8(), "shift_eur": pl.Float64()}
PAID_EVENLY = pl.DataFrame(schema=SHIFT_SCHEMA)


def shift_payments(extra_items: pl.DataFrame, revenue: pl.DataFrame) -> pl.DataFrame:
    """Per uitvoerder and month 1 to 12, what is paid beyond a twelfth of the year (SHIFT_SCHEMA); they add up to 0.

    In: EXTRA_ITEMS and REVENUE of one scenario and its budget year. No rows when every item is paid evenly: a
    `pay_pattern` that is empty, or no such column, is even. An item that goes with claims of which nothing is expected
    is paid evenly.
    """
    if "pay_pattern" not in extra_items.columns:
        return PAID_EVENLY
    uneven = extra_items.filter(pl.col("pay_pattern").is_in([YEAR_END, WITH_CLAIMS]))
    paid = uneven.group_by("wlz_uitvoerder", "pay_pattern").agg(
        pl.col("item_eur").sum().cast(pl.Float64).alias("amount")
    )
    if paid.is_empty():
        return PAID_EVENLY
    number = pl.col("care_month").dt.month().cast(pl.Int8).alias("number")
    claims = (
        revenue.filter("in_base")
        .sort("wlz_uitvoerder", "care_month")
        .group_by("wlz_uitvoerder", number, maintain_order=True)
        .agg(pl.col("forecast_amount_eur").sum().cast(pl.Float64).alias("claims"))
    )
    months = pl.DataFrame({"number": range(1, MONTHS_PER_YEAR + 1)}, schema={"number": pl.Int8})
    spread = paid.join(months, how="cross").join(claims, on=["wlz_uitvoerder", "number"], how="left")
    whole = pl.col("claims").sum().over("wlz_uitvoerder", "pay_pattern")
    at_end = pl.when(pl.col("number") == MONTHS_PER_YEAR).then(1.0).otherwise(0.0)
    with_claims = pl.when(whole > 0).then(pl.col("claims").fill_null(0.0) / whole).otherwise(1 / MONTHS_PER_YEAR)
    share = pl.when(pl.col("pay_pattern") == YEAR_END).then(at_end).otherwise(with_claims)
    shifted = spread.with_columns((pl.col("amount") * (share - 1 / MONTHS_PER_YEAR)).alias("shift_eur"))
    summed = shifted.sort("wlz_uitvoerder", "number", "pay_pattern").group_by(
        "wlz_uitvoerder", "number", maintain_order=True
    )
    return summed.agg(pl.col("shift_eur").sum()).cast(SHIFT_SCHEMA)  # type: ignore[arg-type]
