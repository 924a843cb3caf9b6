"""Prices per prestatie and uitvoerder, and volumes valued at them. Annex A.2.2 of the letter, figure 12, table 7.

Here: the decision rule a–d with every intermediate, and volume × price to the cent. Not here: volumes
(`volumes/`), the verdict on a unit (`claims/unit_fit.py`), what comes on top (`extra_items.py`). Tariffs,
agreements and paid shares are read by the caller.
"""

from collections.abc import Mapping

import polars as pl

from wlz.claims.unit_fit import correct_units, summarise_units, weighted_mean
from wlz.volumes.volumes import month_volume
from wlz.words.faults import Spoken
from wlz.words.units import conversion_table, normalise_units
from wlz.words.vocabulary import MONEY, SERIES_KEY

_TARIFFS = ["max_tariff_excl_eur_per_unit", "nhc_full_eur_per_unit", "nic_full_eur_per_unit"]
CENT_ROUNDING_RATIO = 1e-4  # a mean of amounts in whole cents may lie this much above the maximum without being above
PRICE_COLUMNS = [
    *SERIES_KEY,
    "unit_code",
    "price_source",
    "reported_price_eur_per_unit",
    "previous_price_eur_per_unit",
    "previous_max_tariff_eur_per_unit",
    "discount_ratio",
    "max_tariff_eur_per_unit",
    "nhc_eur_per_unit",
    "nic_eur_per_unit",
    "price_eur_per_unit",
    "claims_volume",
    "unit_factor",
    "unit_status",
    "unit_evidence",
    "price_flags",
]


class PriceError(Spoken, ValueError):
    """Prices cannot be derived; the message names what is missing and where it belongs."""


def derive_prices(
    *,
    claims: pl.DataFrame,
    agreements: pl.DataFrame,
    tariffs: pl.DataFrame,
    paid_shares: pl.DataFrame,
    volumes_year: pl.DataFrame,
    prestaties: pl.DataFrame,
    budget_year: int,
    assumptions: Mapping[str, float],
) -> pl.DataFrame:
    """Price of the budget year per prestatie × uitvoerder of ``volumes_year``, sorted, with its source.

    The first source with a positive volume and amount counts (letter, A.2.2):
    a. claims of the budget year: Σ amount ÷ Σ volume;
    b. agreements of the year before: mean price excl. NHC and NIC ÷ maximum tariff of that year = discount ratio;
       × maximum tariff of the budget year + NHC and NIC in full;
    c. claims of the year before, same formula; NHC and NIC as paid that year are in the amount, so they leave first;
    d. none: no price.
    All prices are euro per unit in which the prestatie is claimed. Without a maximum tariff in one of the two years
    the mean price of b (after unit correction) or c is kept with whatever NHC and NIC it held, flagged no_brw.
    ``price_flags``: no_brw, ratio_above_one, thin_price, unit_not_convertible (agreements or tariffs left out because
    of their unit), volume_without_price. The unit columns tell about the agreements also where a was used.

    Raises PriceError when a prestatie is not in ``prestaties`` or the paid shares of the year before are missing.
    Example (table 7): 83.29 ÷ 86.09 × 88.66 + 26.93 + 1.87 = 114.58.
    """
    keys = _keys_with_unit(volumes_year, prestaties)
    previous = _tariffs_of_year(tariffs, prestaties, budget_year - 1)
    current = _tariffs_of_year(tariffs, prestaties, budget_year)
    paid = _paid_nhc_nic(previous, paid_shares, budget_year - 1)
    declared = _sum_claims(claims, budget_year)
    declared_before = _sum_claims(claims, budget_year - 1)
    agreed, left_out = _agreed_prices(agreements, declared_before, paid, prestaties, budget_year - 1, assumptions)
    joined = (
        keys.join(_mean_price(declared, "claims"), on=SERIES_KEY, how="left")
        .join(agreed, on=SERIES_KEY, how="left")
        .join(_strip_claims(declared_before, paid), on=SERIES_KEY, how="left")
        .join(previous.rename({"max_tariff": "previous_max_tariff"}).drop("nhc", "nic"), on="prestatiecode", how="left")
        .join(current, on="prestatiecode", how="left")
        .join(left_out, on=SERIES_KEY, how="left")
        .join(_tariffs_left_out(tariffs, prestaties, budget_year), on="prestatiecode", how="left")
    )
    return _apply_rule(joined, assumptions["thin_price_ratio"]).select(PRICE_COLUMNS).sort(SERIES_KEY)


def _keys_with_unit(volumes_year: pl.DataFrame, prestaties: pl.DataFrame) -> pl.DataFrame:
    keys = volumes_year.select(*SERIES_KEY, pl.col("forecast_year_volume").fill_null(0.0)).join(
        prestaties.select("prestatiecode", "unit_code"), on="prestatiecode", how="left"
    )
    unknown = keys.filter(pl.col("unit_code").is_null())["prestatiecode"].unique().sort()
    if unknown.len():
        raise PriceError(
            f"{unknown.len()} prestaties with a volume are not in the code list: {', '.join(unknown.head(5))}. "
            "Expected a row with their unit_code in prestaties; such claims are quarantined before they get here."
        )
    return keys


def _tariffs_of_year(tariffs: pl.DataFrame, prestaties: pl.DataFrame, year: int) -> pl.DataFrame:
    """Maximum tariff, NHC and NIC of a year per unit of the prestatie: prestatiecode, max_tariff, nhc, nic.

    A tariff in the unit of the prestatie goes before one that has to be converted. A maximum of 0 is no maximum.
    """
    rows = _tariffs_with_factor(tariffs, prestaties, year).drop_nulls("conversion_factor")
    is_other_unit = pl.col("unit_code") != pl.col("to_unit")
    chosen = rows.sort("prestatiecode", is_other_unit, "unit_code").unique(
        "prestatiecode", keep="first", maintain_order=True
    )
    max_tariff, nhc, nic = (pl.col(name) / pl.col("conversion_factor") for name in _TARIFFS)
    chosen = chosen.select(
        "prestatiecode",
        max_tariff.alias("max_tariff"),
        nhc.fill_null(0.0).alias("nhc"),
        nic.fill_null(0.0).alias("nic"),
    )
    return chosen.filter(pl.col("max_tariff") > 0)


def _tariffs_with_factor(tariffs: pl.DataFrame, prestaties: pl.DataFrame, year: int) -> pl.DataFrame:
    units = prestaties.select("prestatiecode", pl.col("unit_code").alias("to_unit"))
    return (
        tariffs.filter(pl.col("year") == year)
        .join(units, on="prestatiecode", how="inner")
        .join(conversion_table(), left_on=["unit_code", "to_unit"], right_on=["from_unit", "to_unit"], how="left")
    )


def _tariffs_left_out(tariffs: pl.DataFrame, prestaties: pl.DataFrame, budget_year: int) -> pl.DataFrame:
    """Prestaties of which a year has tariffs, but none in a unit that can be converted to that of the claims."""
    years = [_tariffs_with_factor(tariffs, prestaties, year) for year in (budget_year - 1, budget_year)]
    usable = pl.col("conversion_factor").is_not_null().any()
    judged = pl.concat(years).group_by("prestatiecode", "year").agg(usable.alias("usable"))
    return judged.filter(~pl.col("usable")).select("prestatiecode", tariff_left_out=True).unique()


def _paid_nhc_nic(tariffs_in_unit: pl.DataFrame, paid_shares: pl.DataFrame, year: int) -> pl.DataFrame:
    """NHC and NIC per unit as paid in ``year``: the full amounts times the share of the grow-in."""
    share = paid_shares.filter(pl.col("year") == year)
    if share.height != 1:
        raise PriceError(
            f"expected one share of NHC and NIC paid in {year}, found {share.height}; prices of that year cannot be "
            f"freed of NHC and NIC without it. Next: a row {year} in reference/nhc_ingroei.csv and nic_paid_ratio_"
            f"{year} in reference/assumptions/common.toml (from 2018 on neither is needed)"
        )
    nhc_ratio, nic_ratio = share.select("nhc_paid_ratio", "nic_paid_ratio").row(0)
    paid = pl.col("nhc") * nhc_ratio + pl.col("nic") * nic_ratio
    return tariffs_in_unit.select("prestatiecode", paid.alias("paid_nhc_nic_eur_per_unit"))


def _sum_claims(claims: pl.DataFrame, year: int) -> pl.DataFrame:
    """Claims of a year per prestatie × uitvoerder: volume and amount_eur (Float64, exact to the cent)."""
    of_year = claims.filter(pl.col("year") == year).sort(*SERIES_KEY, "volume", "amount_eur")
    return of_year.group_by(SERIES_KEY, maintain_order=True).agg(
        pl.col("volume").sum(), pl.col("amount_eur").sum().cast(pl.Float64)
    )


def _mean_price(declared: pl.DataFrame, name: str) -> pl.DataFrame:
    usable = declared.filter((pl.col("volume") > 0) & (pl.col("amount_eur") > 0))
    price = (pl.col("amount_eur") / pl.col("volume")).alias(f"{name}_price")
    return usable.select(*SERIES_KEY, price, pl.col("volume").alias(f"{name}_volume"))


def _strip_claims(declared: pl.DataFrame, paid: pl.DataFrame) -> pl.DataFrame:
    """Mean declared price as it is (``c_kept``) and without the NHC and NIC paid that year (``c_excl``)."""
    priced = _mean_price(declared, "c").rename({"c_price": "c_kept"}).drop("c_volume")
    excl = pl.col("c_kept") - pl.col("paid_nhc_nic_eur_per_unit")
    return priced.join(paid, on="prestatiecode", how="left").select(*SERIES_KEY, "c_kept", excl.alias("c_excl"))


def _agreed_prices(
    agreements: pl.DataFrame,
    declared: pl.DataFrame,
    paid: pl.DataFrame,
    prestaties: pl.DataFrame,
    year: int,
    assumptions: Mapping[str, float],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Mean agreed price per prestatie × uitvoerder, unit columns beside it, and the keys with rows left out.

    First the declared unit is converted, then the unit is judged per provider, and only then NHC and NIC leave: they
    are euro per unit of the claims, so taking them from a price per hour would take a sixtieth.
    """
    of_year = agreements.filter(pl.col("year") == year)
    provider = [*SERIES_KEY, "agb_code", "unit_code", "includes_nhc_nic"]
    grouped = (
        of_year.sort(*provider, "volume", "amount_eur")
        .group_by(provider, maintain_order=True)
        .agg(pl.col("volume").sum(), pl.col("amount_eur").sum().cast(pl.Float64))
    )
    converted, left_over = normalise_units(grouped, prestaties)
    converted = converted.join(paid, on="prestatiecode", how="left", maintain_order="left")
    corrected = correct_units(converted, declared, year, assumptions)
    paid_in_full = pl.col("corrected_volume") * pl.col("paid_nhc_nic_eur_per_unit")
    paid_amount = pl.when(pl.col("includes_nhc_nic") == "nee").then(0.0).otherwise(paid_in_full)
    corrected = corrected.with_columns((pl.col("corrected_amount_eur") - paid_amount).alias("excl_eur"))
    kept = weighted_mean(pl.col("corrected_amount_eur"), pl.col("corrected_volume"))
    excl = pl.when(pl.col("excl_eur").is_not_null().all()).then(
        pl.col("excl_eur").sum() / pl.col("corrected_volume").sum()
    )
    means = corrected.group_by(SERIES_KEY, maintain_order=True).agg(kept.alias("b_kept"), excl.alias("b_excl"))
    agreed = means.join(summarise_units(corrected), on=SERIES_KEY, how="left")
    return agreed, left_over.select(*SERIES_KEY, agreement_left_out=True).unique()


def _apply_rule(joined: pl.DataFrame, thin_price_ratio: float) -> pl.DataFrame:
    source = (
        pl.when(pl.col("claims_price").is_not_null())
        .then(pl.lit("a"))
        .when(pl.col("b_kept").is_not_null())
        .then(pl.lit("b"))
        .when(pl.col("c_kept").is_not_null())
        .then(pl.lit("c"))
        .otherwise(pl.lit("d"))
    )
    is_b, is_c = pl.col("price_source") == "b", pl.col("price_source") == "c"
    excl = pl.when(is_b).then("b_excl").when(is_c).then("c_excl")
    kept = pl.when(is_b).then("b_kept").when(is_c).then("c_kept")
    ratio = pl.col("previous_price_eur_per_unit") / pl.col("previous_max_tariff_eur_per_unit")
    in_full = pl.col("nhc_eur_per_unit") + pl.col("nic_eur_per_unit")
    by_ratio = pl.col("discount_ratio") * pl.col("max_tariff_eur_per_unit") + in_full
    is_a = pl.col("price_source") == "a"
    derived = (
        joined.with_columns(source.alias("price_source"))
        .with_columns(
            excl.alias("previous_price_eur_per_unit"),
            pl.when(is_b | is_c).then("previous_max_tariff").alias("previous_max_tariff_eur_per_unit"),
            pl.col("max_tariff").alias("max_tariff_eur_per_unit"),
            pl.col("nhc").alias("nhc_eur_per_unit"),
            pl.col("nic").alias("nic_eur_per_unit"),
            pl.when(is_a).then("claims_volume").alias("claims_volume"),
            pl.col("unit_factor").fill_null(1.0),
            pl.col("unit_status").fill_null("ok"),
        )
        .with_columns(ratio.alias("discount_ratio"))
        .with_columns(
            pl.when(is_a).then("claims_price").otherwise(by_ratio.fill_null(kept)).alias("price_eur_per_unit")
        )
    )
    return derived.with_columns(_price_flags(thin_price_ratio).alias("price_flags"))


def _price_flags(thin_price_ratio: float) -> pl.Expr:
    from_before = pl.col("price_source").is_in(["b", "c"])
    no_brw = pl.col("discount_ratio").is_null() | pl.col("max_tariff_eur_per_unit").is_null()
    left_out = pl.col("agreement_left_out").fill_null(False) | pl.col("tariff_left_out").fill_null(False)
    thin = pl.col("claims_volume") < thin_price_ratio * pl.col("forecast_year_volume")
    return join_flags(
        {
            "no_brw": from_before & no_brw,
            "ratio_above_one": pl.col("discount_ratio") > 1 + CENT_ROUNDING_RATIO,
            "thin_price": thin,
            "unit_not_convertible": left_out,
            "volume_without_price": (pl.col("price_source") == "d") & (pl.col("forecast_year_volume") > 0),
        }
    )


def join_flags(conditions: Mapping[str, pl.Expr]) -> pl.Expr:
    """Names of the conditions that hold in a row, sorted, comma between them; null when none does."""
    parts = [pl.when(conditions[name]).then(pl.lit(name)) for name in sorted(conditions)]
    joined = pl.concat_str(parts, separator=",", ignore_nulls=True)
    return pl.when(joined != "").then(joined)


def to_cents(amount: pl.Expr) -> pl.Expr:
    """Euro as Decimal(18, 2), a half cent to the even cent."""
    return amount.round(2, mode="half_to_even").cast(MONEY)


def value_volumes(
    volumes: pl.DataFrame, prices: pl.DataFrame, prestaties: pl.DataFrame, budget_year: int
) -> pl.DataFrame:
    """Volumes of the months of the budget year times their price, to the cent: every zin total is a sum of these.

    One row per prestatie × uitvoerder × care month of the year in and out, sorted. ``month_volume`` is the volume
    completed for lag (state completed), else the observed one (declared), else the forecast (forecast). Without a
    price the amount is 0.00; whatever volume that hides comes out of ``volumes_without_price``. Meerzorg is valued
    too but is not ``in_base``. Raises PriceError when a month has neither volume or a prestatie is not in
    ``prestaties``.

    With 10 units at 114.575 € the amount is 1145.75 €.
    """
    months = _month_volumes(volumes, budget_year)
    valued = months.join(prices.select(*SERIES_KEY, "price_eur_per_unit"), on=SERIES_KEY, how="left").join(
        prestaties.select("prestatiecode", in_base=~pl.col("is_meerzorg")), on="prestatiecode", how="left"
    )
    unknown = valued.filter(pl.col("in_base").is_null())["prestatiecode"].unique().sort()
    if unknown.len():
        raise PriceError(f"prestaties with a volume that are not in the code list: {', '.join(unknown.head(5))}")
    amount = (pl.col("month_volume") * pl.col("price_eur_per_unit")).fill_null(0.0)
    return valued.select(
        *SERIES_KEY, "care_month", "state", "month_volume", to_cents(amount).alias("forecast_amount_eur"), "in_base"
    ).sort(*SERIES_KEY, "care_month")


def _month_volumes(volumes: pl.DataFrame, budget_year: int) -> pl.DataFrame:
    is_declared, is_completed = (pl.col(name).is_not_null() for name in ("observed_volume", "completed_volume"))
    state = pl.when(is_completed).then(pl.lit("completed")).when(is_declared).then(pl.lit("declared"))
    months = volumes.filter(pl.col("care_month").dt.year() == budget_year).select(
        *SERIES_KEY,
        "care_month",
        state.otherwise(pl.lit("forecast")).alias("state"),
        month_volume().alias("month_volume"),
    )
    empty = months.filter(pl.col("month_volume").is_null())
    if empty.height:
        raise PriceError(
            f"{empty.height} months of {budget_year} have neither an observed nor a forecast volume, "
            f"first {empty.sort(*SERIES_KEY, 'care_month').head(1).select(*SERIES_KEY, 'care_month').to_dicts()}"
        )
    return months


def join_expected(prices: pl.DataFrame, valued: pl.DataFrame) -> pl.DataFrame:
    """Prices of a scenario with ``expected_eur``: the euro of the budget year that rest on each (null: none)."""
    expected = valued.group_by(SERIES_KEY).agg(pl.col("forecast_amount_eur").sum().alias("expected_eur"))
    return prices.join(expected, on=SERIES_KEY, how="left")


def volumes_without_price(volumes: pl.DataFrame, prices: pl.DataFrame, budget_year: int) -> pl.DataFrame:
    """Positive volumes of the budget year that have no price, with the euro that is missing from the totals.

    One row per prestatie × uitvoerder: forecast_year_volume (sum of the months above 0), mean_price_eur_per_unit (of
    the other uitvoerders, Σ amount ÷ Σ volume of the year) and amount_at_stake_eur; both null when nobody has a price.
    """
    year = _month_volumes(volumes, budget_year).filter(pl.col("month_volume") > 0).sort(*SERIES_KEY, "care_month")
    total = year.group_by(SERIES_KEY, maintain_order=True).agg(
        pl.col("month_volume").sum().alias("forecast_year_volume")
    )
    priced = total.join(prices.select(*SERIES_KEY, "price_eur_per_unit"), on=SERIES_KEY, how="left").sort(SERIES_KEY)
    has_price = pl.col("price_eur_per_unit").is_not_null()
    amount = pl.col("forecast_year_volume") * pl.col("price_eur_per_unit")
    mean = amount.sum() / pl.col("forecast_year_volume").sum()
    national = (
        priced.filter(has_price)
        .group_by("prestatiecode", maintain_order=True)
        .agg(mean.alias("mean_price_eur_per_unit"))
    )
    at_stake = to_cents(pl.col("forecast_year_volume") * pl.col("mean_price_eur_per_unit"))
    return (
        priced.filter(~has_price)
        .drop("price_eur_per_unit")
        .join(national, on="prestatiecode", how="left")
        .with_columns(at_stake.alias("amount_at_stake_eur"))
        .sort("amount_at_stake_eur", *SERIES_KEY, descending=[True, False, False], nulls_last=True)
    )
