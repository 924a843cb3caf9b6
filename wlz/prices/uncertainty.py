"""How uncertain prices and extra items are, measured on the deliveries themselves.

A price is a mean over claims or a rule applied to an older price; both can be compared with what came out. What cannot
be measured is named (`UNMEASURED`) and left at zero, so that nobody takes it for certain.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from wlz.words.robust import MAD_TO_DEVIATION
from wlz.words.vocabulary import SERIES_KEY

MIN_COMPARISONS = 5
MATERIAL_DEVIATION = 1e-3  # a price that scatters by less than a tenth of a percent is taken as certain in the bounds
MEASURED = "volume, price, crisisbedden, meerzorg"
UNMEASURED = "na_ijl, herschikking and policy of the year, zin and pgb moving together"


def price_deviations(prices: pl.DataFrame, without_claims: pl.DataFrame, claims_months: pl.DataFrame) -> pl.DataFrame:
    """Relative standard deviation of every price: prestatiecode, wlz_uitvoerder, `price_deviation_ratio`.

    In: PRICES; `without_claims`, the prices the rule gives without claims of the budget year; `claims_months`, claims
    per series and care month of the year before (`volume`, `amount_eur`, `is_early`: a month as far in its year as the
    claims of the budget year reach). Source a: how the price of the early months differed from that of the whole year
    before. Sources b and c: how the rule's price differs from the claims price where both exist. Robust (1.4826 ×
    median of |ln ratio|) over all series of a source; null with fewer than five comparisons.
    """
    mean_price = pl.col("amount_eur").sum().cast(pl.Float64) / pl.col("volume").sum()
    early = pl.col("amount_eur").filter("is_early").sum().cast(pl.Float64) / pl.col("volume").filter("is_early").sum()
    of_year = claims_months.sort(*SERIES_KEY, "care_month").group_by(SERIES_KEY, maintain_order=True)
    compared = of_year.agg((mean_price / early).alias("ratio")).with_columns(price_source=pl.lit("a"))
    claimed = prices.filter(pl.col("price_source") == "a").select(*SERIES_KEY, "price_eur_per_unit")
    ruled = without_claims.filter(pl.col("price_source").is_in(["b", "c"])).join(
        claimed, on=SERIES_KEY, how="inner", suffix="_claims"
    )
    by_rule = ruled.select(
        *SERIES_KEY,
        (pl.col("price_eur_per_unit_claims") / pl.col("price_eur_per_unit")).alias("ratio"),
        "price_source",
    )
    known = pl.concat([compared, by_rule]).filter(pl.col("ratio").is_finite(), pl.col("ratio") > 0)
    deviation = MAD_TO_DEVIATION * pl.col("ratio").log().abs().median()
    per_source = known.group_by("price_source").agg(
        pl.when(pl.len() >= MIN_COMPARISONS).then(deviation).alias("price_deviation_ratio")
    )
    return (
        prices.select(*SERIES_KEY, "price_source").join(per_source, on="price_source", how="left").drop("price_source")
    )


def extra_item_deviations(extra_items: pl.DataFrame) -> pl.DataFrame:
    """Standard deviation of crisis beds and meerzorg per uitvoerder: wlz_uitvoerder, item, `item_deviation_eur`.

    The item grows by the mean of two yearly ratios; how much these two differ, over all uitvoerders weighed by euro,
    says how a ratio scatters (Σ w (ln r₂ − ln r₁)² ÷ 2), and the forecast, one ratio more, scatters by √1.5 of that.
    Null (named, not zero) where no two ratios exist; na-ijl has one reference year only.
    """
    three, two, one = (pl.col(name) for name in ("base_3_years_back", "base_2_years_back", "base_1_year_back"))
    usable = (three > 0) & (two > 0) & (one > 0)
    weight = pl.col("full_eur").abs()
    value = pl.when(pl.col("item") == "crisisbedden").then(pl.col("expected_base") * pl.col("item_price_eur_per_unit"))
    growing = extra_items.filter(pl.col("item").is_in(["crisisbedden", "meerzorg"])).with_columns(
        value.otherwise(pl.col("item_eur").cast(pl.Float64)).fill_null(0.0).alias("full_eur"),
        pl.when(usable).then(((one / two).log() - (two / three).log()) ** 2).alias("squared"),
    )
    measured = growing.filter(pl.col("squared").is_not_null(), weight > 0)
    scatter = measured.group_by("item").agg(
        ((pl.col("squared") * weight).sum() / weight.sum() / 2 * 1.5).sqrt().alias("deviation_ratio")
    )
    return (
        growing.join(scatter, on="item", how="left")
        .with_columns((pl.col("deviation_ratio") * weight).alias("deviation_eur"))
        .group_by("wlz_uitvoerder", "item")
        .agg(
            pl.when(pl.col("deviation_eur").is_not_null().any())
            .then((pl.col("deviation_eur") ** 2).sum().sqrt())
            .alias("item_deviation_eur")
        )
        .sort("wlz_uitvoerder", "item")
    )


def draw_extra_items(
    extra_items: pl.DataFrame, deviations: pl.DataFrame, paths: int, seed: int
) -> Mapping[str, npt.NDArray[np.float64]]:
    """Extra items of the year per uitvoerder on `paths` paths: their sum, and a normal error per item."""
    totals = (
        extra_items.group_by("wlz_uitvoerder").agg(pl.col("item_eur").sum().cast(pl.Float64)).sort("wlz_uitvoerder")
    )
    of_item = {(name, item): value for name, item, value in deviations.iter_rows()}
    drawn = {}
    for number, (name, total) in enumerate(totals.iter_rows()):
        rng = np.random.default_rng([seed, number])
        samples = np.full(paths, total)
        for item in ("crisisbedden", "meerzorg"):
            samples = samples + (of_item.get((name, item)) or 0.0) * rng.standard_normal(paths)
        drawn[str(name)] = samples
    return drawn


def draw_carried_items(extra_items: pl.DataFrame, paths: int, seed: int) -> Mapping[str, npt.NDArray[np.float64]]:
    """How far items that were carried forward may lie from what is expected, per uitvoerder on `paths` paths.

    An item has one error that all uitvoerders share and one of each uitvoerder; codes of an item move together. An
    uitvoerder without a carried item is not in it.
    """
    parts = ("item_common_deviation_eur", "item_own_deviation_eur")
    carried = extra_items.filter(pl.col(parts[0]).is_not_null() | pl.col(parts[1]).is_not_null())
    summed = carried.group_by("item", "wlz_uitvoerder").agg(pl.col(parts).sum()).sort("item", "wlz_uitvoerder")
    drawn: dict[str, npt.NDArray[np.float64]] = {}
    for (item,), rows in summed.group_by("item", maintain_order=True):
        key = list(str(item).encode())
        common = np.random.default_rng([seed, *key]).standard_normal(paths)
        for name, shared, own in rows.select("wlz_uitvoerder", *parts).iter_rows():
            rng = np.random.default_rng([seed, *key, *name.encode()])
            error = shared * common + own * rng.standard_normal(paths)
            drawn[name] = drawn.get(name, np.zeros(paths)) + error
    return drawn
