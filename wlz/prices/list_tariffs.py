"""Prices that rest on maximum tariffs of the list of codes, because none was delivered.

Which of those tariffs count is decided in `known/reference.py`; how a price follows from a tariff in `prices.py`. Here
only which prices do.
"""

import polars as pl

LIST_TARIFF = "list_tariff"


def flag_list_tariffs(prices: pl.DataFrame, used: pl.DataFrame, budget_year: int) -> pl.DataFrame:
    """Prices with ``list_tariff`` among their flags where a tariff of the list is in the price. One row in, one out.

    In: rows of `derive_prices`; ``used``, the tariffs of the list beside the delivered ones (year, prestatiecode). A
    tariff is in a price of source b or c with a discount ratio, of the budget year or the year before; a price from
    claims of the year has none, and without the tariff of one of the two years the price of last year is kept.
    """
    codes = used.filter(pl.col("year").is_in([budget_year - 1, budget_year]))["prestatiecode"].unique()
    by_ratio = pl.col("discount_ratio").is_not_null() & pl.col("max_tariff_eur_per_unit").is_not_null()
    rests = pl.col("price_source").is_in(["b", "c"]) & by_ratio & pl.col("prestatiecode").is_in(codes.implode())
    others = pl.col("price_flags").str.split(",").fill_null(pl.lit([], dtype=pl.List(pl.String)))
    flags = pl.concat_list(others, pl.lit([LIST_TARIFF])).list.sort().list.join(",")
    return prices.with_columns(pl.when(rests).then(flags).otherwise("price_flags").alias("price_flags"))
