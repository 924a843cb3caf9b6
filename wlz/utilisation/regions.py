"""What an uitvoerder is expected to spend, divided over its regions to the cent.

Here: shares of regions, and sums of whole cents by them. Not here: the kader and the room (`utilisation.py`).
"""

from datetime import date
from decimal import Decimal

import polars as pl

from wlz.utilisation import UtilisationError
from wlz.words.vocabulary import CENTS, MONEY, PLACE


def list_regions(*frames: pl.DataFrame) -> pl.DataFrame:
    """Every region named in any of the frames, with its one uitvoerder. Raises UtilisationError when it has two."""
    regions = pl.concat([frame.select(PLACE) for frame in frames]).unique().sort(PLACE)
    doubled = regions.filter(pl.col("zorgkantoorregio").is_duplicated()).sort("zorgkantoorregio")
    if doubled.height:
        found = ", ".join(f"{region} under {name}" for name, region in doubled.iter_rows())
        raise UtilisationError(f"a region belongs to one uitvoerder in a budget year; found {found}")
    return regions


def region_shares(series_region: pl.DataFrame, *, last_month: date, months: int = 12) -> pl.DataFrame:
    """Share of each region in the euro of its uitvoerder per prestatie, over ``months`` up to ``last_month``.

    In: SERIES_REGION (zorgkantoorregio, wlz_uitvoerder, prestatiecode, care_month, declared_amount_eur). Out:
    prestatiecode, wlz_uitvoerder, zorgkantoorregio, window_amount_eur, region_share_ratio. A region whose corrections
    outweigh its claims gets share 0. The share is null when the prestatie has no euro in the window.

    >>> region_shares(series_region, last_month=date(2017, 12, 1))  # doctest: +SKIP
    """
    in_window = pl.col("care_month").is_between(pl.lit(last_month).dt.offset_by(f"-{months - 1}mo"), last_month)
    weight = pl.col("window_amount_eur").clip(lower_bound=Decimal(0)).cast(pl.Float64)
    whole = weight.sum().over("prestatiecode", "wlz_uitvoerder")
    return (
        series_region.group_by("prestatiecode", *PLACE)
        .agg(pl.col("declared_amount_eur").filter(in_window).sum().cast(MONEY).alias("window_amount_eur"))
        .sort("prestatiecode", *PLACE)
        .with_columns(pl.when(whole > 0).then(weight / whole).alias("region_share_ratio"))
    )


def split_to_regions(
    revenue: pl.DataFrame, extra_items: pl.DataFrame, shares: pl.DataFrame, regions: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Expectation of zin per region: each prestatie by its own shares, extra items by the share in the total.

    In: REVENUE, EXTRA_ITEMS, ``region_shares``; ``regions`` (wlz_uitvoerder, zorgkantoorregio) adds regions without
    claims. Out: wlz_uitvoerder, zorgkantoorregio, expected_excl_extra_eur, extra_items_eur. Largest remainder to the
    cent per prestatie × uitvoerder (ties by name), so regions add up to the uitvoerder exactly. A prestatie without
    euro in the window follows the region's share in the uitvoerder's total; without any euro all regions get the
    same. Raises UtilisationError for an uitvoerder without a region.

    >>> split_to_regions(revenue, extra_items, shares)  # doctest: +SKIP
    """
    weight = (pl.col("window_amount_eur") * 100).cast(pl.Int64).clip(lower_bound=0)
    known = [shares.select(PLACE), *([] if regions is None else [regions.select(PLACE)])]
    of_region = shares.group_by(PLACE).agg(weight.sum().alias("total_weight"))
    places = pl.concat(known).unique().join(of_region, on=PLACE, how="left")
    of_prestatie = shares.select("prestatiecode", *PLACE, weight.alias("weight"))
    base = revenue.filter(pl.col("in_base")).group_by("prestatiecode", "wlz_uitvoerder")
    extra = extra_items.group_by(pl.lit("").alias("prestatiecode"), "wlz_uitvoerder").agg(_cents("item_eur"))
    revenue_cents = base.agg(_cents("forecast_amount_eur")).with_columns(extra=pl.lit(False))
    to_split = pl.concat([revenue_cents, extra.with_columns(extra=pl.lit(True))])
    homeless = to_split.join(places, on="wlz_uitvoerder", how="anti")
    if homeless.height:
        names = ", ".join(homeless["wlz_uitvoerder"].unique().sort())
        raise UtilisationError(f"€ {homeless['cents'].sum() / 100:,.2f} of {names} has no region to go to")
    rows = to_split.join(places, on="wlz_uitvoerder", how="inner").join(
        of_prestatie, on=["prestatiecode", *PLACE], how="left"
    )
    split = _allocate_cents(rows, ["extra", "prestatiecode", "wlz_uitvoerder"]).group_by(PLACE)
    return split.agg(
        expected_excl_extra_eur=_euro(pl.col("part_cents").filter(~pl.col("extra")).sum()),
        extra_items_eur=_euro(pl.col("part_cents").filter(pl.col("extra")).sum()),
    ).sort(PLACE)


def _allocate_cents(rows: pl.DataFrame, group: list[str]) -> pl.DataFrame:
    """``rows`` with part_cents: ``cents`` of the group by ``weight``, else ``total_weight``, else equally."""
    chosen = (
        pl.when(pl.col("weight").sum().over(group) > 0)
        .then(pl.col("weight").fill_null(0))
        .when(pl.col("total_weight").sum().over(group) > 0)
        .then(pl.col("total_weight").fill_null(0))
        .otherwise(1)
        .cast(pl.Float64)
    )
    return (
        rows.with_columns(quota=pl.col("cents") * (chosen / chosen.sum().over(group)))
        .with_columns(whole=pl.col("quota").floor().cast(pl.Int64), rest=pl.col("quota") - pl.col("quota").floor())
        .sort(*group, "rest", "zorgkantoorregio", descending=[*(False for _ in group), True, False])
        .with_columns(left=pl.col("cents") - pl.col("whole").sum().over(group))
        .with_columns(part_cents=pl.col("whole") + (pl.int_range(pl.len()).over(group) < pl.col("left")).cast(pl.Int64))
    )


def _cents(name: str) -> pl.Expr:
    return (pl.col(name).sum() * 100).cast(pl.Int64).alias("cents")


def _euro(cents: pl.Expr) -> pl.Expr:
    return (cents.cast(pl.Decimal(38, 0)) * pl.lit(CENTS)).cast(MONEY)
