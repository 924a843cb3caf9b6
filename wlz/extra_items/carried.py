"""Settled ÷ claimed of the last years that are known, carried forward to a year whose sources did not come.

Here: the factor per uitvoerder and year, the one that is carried forward, and how it scatters. Not here: what an item
makes of it (`items.py`), and which deliveries an advice may see (`known/`).
"""

from typing import NamedTuple

import polars as pl

FACTOR_YEARS = 2  # last known years that are taken together: measured, docs/explanation/extra_items.md
_EACH_YEAR = ["wlz_uitvoerder", "year"]
FACTOR_SCHEMA: dict[str, pl.DataType] = {
    "wlz_uitvoerder": pl.String(),
    "year": pl.Int32(),
    "settled_eur": pl.Float64(),
    "claimed_eur": pl.Float64(),
}


class Scatter(NamedTuple):
    """Variances of ln(settled ÷ claimed); None where years or uitvoerders are too few to tell.

    `common`, `own`: of the change of one year, of all uitvoerders together and of each apart. `between`: of uitvoerders
    around their mean.
    """

    common: float | None
    own: float | None
    between: float | None


def join_sources(settled: pl.DataFrame, agreed: pl.DataFrame) -> pl.DataFrame:
    """Rows `settled`, and those `agreed` of each uitvoerder and year of which nothing was settled; both of some codes.

    A settlement of that year without any of them says nothing: the agreement has them.
    """
    columns = [name for name in ("prestatiecode", *_EACH_YEAR, "volume", "amount_eur") if name in settled.columns]
    open_years = agreed.join(settled.select(_EACH_YEAR).unique(), on=_EACH_YEAR, how="anti")
    return pl.concat([settled.select(columns), open_years.select(columns)])


def value_units(units: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """Settled units at the mean claims price of their own year: wlz_uitvoerder, year, `settled_eur`.

    In: units (prestatiecode, wlz_uitvoerder, year, volume) and claims of the same codes (and amount_eur). A code the
    uitvoerder did not claim in that year is worth the national mean; one nobody claimed counts for nothing on either
    side. Amounts of settlements are not used: some hold NHC and NIC, some do not.
    """
    volume, amount = pl.col("volume").sum(), pl.col("amount_eur").sum().cast(pl.Float64)
    price = pl.when((volume > 0) & (amount > 0)).then(amount / volume)
    ordered = claims.sort("prestatiecode", *_EACH_YEAR)
    own = ordered.group_by("prestatiecode", *_EACH_YEAR, maintain_order=True).agg(price.alias("own"))
    national = ordered.group_by("prestatiecode", "year", maintain_order=True).agg(price.alias("national"))
    valued = units.join(own, on=["prestatiecode", *_EACH_YEAR], how="left").join(
        national, on=["prestatiecode", "year"], how="left"
    )
    worth = pl.col("volume") * pl.coalesce("own", "national")
    return (
        valued.sort("prestatiecode", *_EACH_YEAR)
        .group_by(_EACH_YEAR, maintain_order=True)
        .agg(worth.sum().alias("settled_eur"))
    )


def list_factors(settled: pl.DataFrame, claims: pl.DataFrame, budget_year: int) -> pl.DataFrame:
    """Uitvoerder × year before the budget year with something settled and something claimed (FACTOR_SCHEMA), sorted.

    In: settled (wlz_uitvoerder, year, settled_eur) and claims of the same codes. Settled ÷ claimed is the factor; for
    crisis beds the empty-bed ratio is the factor − 1.
    """
    claimed = claims.group_by(_EACH_YEAR).agg(pl.col("amount_eur").sum().cast(pl.Float64).alias("claimed_eur"))
    both = settled.with_columns(pl.col("year").cast(pl.Int32)).join(
        claimed.with_columns(pl.col("year").cast(pl.Int32)), on=_EACH_YEAR, how="inner"
    )
    known = both.filter(pl.col("year") < budget_year, pl.col("settled_eur") > 0, pl.col("claimed_eur") > 0)
    return known.select(FACTOR_SCHEMA.keys()).cast(FACTOR_SCHEMA).sort(_EACH_YEAR)  # type: ignore[arg-type]


def carry_forward(factors: pl.DataFrame, uitvoerders: pl.DataFrame, budget_year: int) -> pl.DataFrame:
    """The factor each uitvoerder takes along: one row each, null where nothing is known of anybody.

    In: `list_factors`, and `wlz_uitvoerder`. Out: `ratio_year` (the last known year), `settled_factor` (settled ÷
    claimed over the last FACTOR_YEARS known years), `is_national` (the uitvoerder has none: that of all together), and
    standard deviations of ln(factor), `common_deviation_ratio` and `own_deviation_ratio`. Both grow with the years from
    the middle of those taken to the budget year: what all share in proportion (a drift goes on), what is one's own by
    its variance (a walk does not).

    >>> factors = pl.DataFrame([("CZ", 2016, 110.0, 100.0), ("CZ", 2017, 130.0, 100.0)], schema=FACTOR_SCHEMA,
    ...     orient="row")
    >>> carry_forward(factors, pl.DataFrame({"wlz_uitvoerder": ["CZ"]}), 2019)["settled_factor"].item()
    1.2
    """
    own = _last_years(factors, ["wlz_uitvoerder"])
    together = factors.group_by("year").agg(pl.col("settled_eur", "claimed_eur").sum()).sort("year")
    national = _last_years(together.with_columns(key=pl.lit(1)), ["key"]).drop("key")
    scatter = measure_scatter(factors)
    with_own = uitvoerders.select("wlz_uitvoerder").join(own, on="wlz_uitvoerder", how="left")
    if national.is_empty():
        chosen = with_own.with_columns(is_national=pl.lit(False))
    else:
        chosen = with_own.join(national, how="cross", suffix="_national").with_columns(
            pl.coalesce("ratio_year", "ratio_year_national").alias("ratio_year"),
            pl.coalesce("mean_year", "mean_year_national").alias("mean_year"),
            pl.coalesce("settled_factor", "settled_factor_national").alias("settled_factor"),
            pl.col("settled_factor").is_null().alias("is_national"),
        )
    age = budget_year - pl.col("mean_year")
    own_variance = (
        pl.when("is_national")
        .then(age * _or_null(scatter.own) + _or_null(scatter.between))
        .otherwise(age * _or_null(scatter.own))
    )
    return chosen.select(
        "wlz_uitvoerder",
        "ratio_year",
        "settled_factor",
        "is_national",
        (age**2 * _or_null(scatter.common)).sqrt().alias("common_deviation_ratio"),
        own_variance.sqrt().alias("own_deviation_ratio"),
    ).sort("wlz_uitvoerder")


def join_carried(
    rows: pl.DataFrame,
    settled: pl.DataFrame,
    factors: pl.DataFrame,
    delivered: list[pl.DataFrame],
    budget_year: int,
) -> pl.DataFrame:
    """Rows with the settled ÷ claimed that may be carried forward, and what the uitvoerder delivered in earlier years.

    `settled`: rows of these codes that were settled or agreed. `none_settled`: the uitvoerder delivered, and none of
    them; what others settled then says nothing of it.
    """
    earlier = pl.col("year") < budget_year
    years = [frame.filter(earlier).select("wlz_uitvoerder") for frame in delivered]
    uitvoerders = rows.select("wlz_uitvoerder").unique()
    known = uitvoerders.with_columns(
        has_settled=pl.col("wlz_uitvoerder").is_in(settled.filter(earlier)["wlz_uitvoerder"].implode()),
        has_delivered=pl.col("wlz_uitvoerder").is_in(pl.concat(years)["wlz_uitvoerder"].implode()),
    ).with_columns(none_settled=pl.col("has_delivered") & ~pl.col("has_settled"))
    carried = carry_forward(factors, uitvoerders, budget_year)
    return rows.join(carried, on="wlz_uitvoerder", how="left").join(known, on="wlz_uitvoerder", how="left")


def _last_years(factors: pl.DataFrame, who: list[str]) -> pl.DataFrame:
    """Settled ÷ claimed over the last known years of each, and which year is the last."""
    grouped = factors.sort(*who, "year").group_by(who, maintain_order=True)
    settled, claimed = (pl.col(name).tail(FACTOR_YEARS).sum() for name in ("settled_eur", "claimed_eur"))
    mean_year = pl.col("year").tail(FACTOR_YEARS).mean().alias("mean_year")
    last = pl.col("year").last().alias("ratio_year")
    return grouped.agg(last, mean_year, (settled / claimed).alias("settled_factor"))


def measure_scatter(factors: pl.DataFrame) -> Scatter:
    """How ln(settled ÷ claimed) changes in a year, and how uitvoerders differ; all weighed by euro claimed.

    A change over several years counts as so many steps. The mean of all in a year is `common`, (1 + 1 ÷ n) times its
    square over n years because few are known; what is left of each is `own`. Without two years of anybody the
    difference between uitvoerders stands for the change of a year: the cautious reading of what one year shows.
    """
    level = (pl.col("settled_eur") / pl.col("claimed_eur")).log().alias("level")
    levels = factors.sort(_EACH_YEAR).with_columns(level, pl.col("claimed_eur").alias("weight"))
    last = levels.group_by("wlz_uitvoerder", maintain_order=True).last()
    between = _weigh(last).variance if last.height > 1 else None
    years = pl.col("year").diff().over("wlz_uitvoerder")
    change = pl.col("level").diff().over("wlz_uitvoerder") / years.sqrt()
    steps = levels.with_columns(change.alias("level")).drop_nulls("level")
    if steps.is_empty():
        return Scatter(None if between is None else 0.0, between, between)
    of_years = [_weigh(one) for _, one in steps.group_by("year", maintain_order=True)]
    apart = [one for one in of_years if one.concentration < 1]
    own = sum(one.variance * one.weight for one in apart) / sum(one.weight for one in apart) if apart else 0.0
    whole = sum(one.weight for one in of_years)
    common = sum(one.weight / whole * one.mean**2 for one in of_years) * (1 + 1 / len(of_years))
    return Scatter(common, own, between)


class _Weighed(NamedTuple):
    """`variance` is unbiased for the weights; `concentration`: which part of it is left in the mean, 1 ÷ n if equal."""

    mean: float
    variance: float
    concentration: float
    weight: float


def _weigh(levels: pl.DataFrame) -> _Weighed:
    values, weights = levels["level"].to_numpy(), levels["weight"].to_numpy()
    shares = weights / weights.sum()
    mean, concentration = float(shares @ values), float(shares @ shares)
    if levels.height == 1:
        return _Weighed(mean, 0.0, 1.0, float(weights.sum()))
    return _Weighed(
        mean, float(shares @ (values - mean) ** 2) / (1 - concentration), concentration, float(weights.sum())
    )


def _or_null(value: float | None) -> pl.Expr:
    return pl.lit(value, dtype=pl.Float64)
