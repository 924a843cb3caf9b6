"""Are the claims of a provider in another unit than they say? Checks U01–U04, catalogue of checks, unit confusion.

Here: sums per provider and year, the price and the volume a provider is held against, the verdict, and what a wrong
unit does to the mean price. Not here: the decision table (`unit_fit.py`, the same for agreements), other rules
on prices (`prices.py`). A verdict is a finding; what is put right of it is in `corrections.py`.
"""

import math
from collections.abc import Mapping
from datetime import date

import polars as pl

from wlz.claims.unit_fit import SCALE_FACTORS, UnitFit, factor_tolerances, fit_unit
from wlz.words.large_frames import Frame, as_text, join_codes, sum_in_parts
from wlz.words.months import MONTHS_PER_YEAR, month_number, number_months
from wlz.words.robust import MAD_TO_DEVIATION
from wlz.words.units import MINUTES_PER_UNIT, TIMELESS_UNITS, conversion_table, normalise_units

PLACE = ["zorgkantoor_code", "agb_code", "prestatiecode"]
PROVIDER = [*PLACE, "unit_code"]
HOUR, HOUR_MINUTE_UNITS = "unit_factor_hours_minutes", ("01", "04")
# Factors to the units that a declared unit gets confused with, beside 60 for minutes and hours.
CONFUSED_WITH: dict[str, tuple[float, ...]] = {
    "01": (240.0, 1440.0),  # dagdeel, etmaal
    "07": (12.0,),  # hour
    "04": (12.0, 4.0, 24.0),  # five minutes, dagdeel, etmaal
    "16": (4.0, 240.0),  # hour, minute
    "14": (24.0, 1440.0, 7.0, 30.4375),  # hour, minute, week, month
}
MIXED_WITH = {"07": 12.0, "16": 4.0, "14": 24.0}  # the unit next to it, for volumes partly in the other one
NEARER_TO_A_FACTOR = math.log(2)  # half way between 1 and the smallest factor, 4
VERDICT_SCHEMA = {
    "status": pl.String(),
    "factor": pl.Float64(),
    "is_confirmed": pl.Boolean(),
    "share": pl.Float64(),
    "candidates": pl.List(pl.Struct({"factor": pl.Float64(), "distance": pl.Float64()})),
}


def select_years(provider_months: Frame, delivery_month: date) -> Frame:
    """Claims of the budget year (that of the delivery), the year before, which is judged too, and the one before that.

    In and out: one row per ``PROVIDER`` and care_month with volume and amount_eur (float), text as it is or as
    codes. Adds ``year`` and, where both are positive, ``log_price``; an empty agb_code becomes "" so that a delivery
    per zorgkantoor joins.
    """
    year = pl.col("care_month").dt.year()
    priced = (pl.col("volume") > 0) & (pl.col("amount_eur") > 0)
    return provider_months.filter(year >= delivery_month.year - 2).select(
        "zorgkantoor_code",
        pl.col("agb_code").fill_null(""),
        "prestatiecode",
        "unit_code",
        "care_month",
        "volume",
        "amount_eur",
        year.alias("year"),
        pl.when(priced).then((pl.col("amount_eur") / pl.col("volume")).log()).alias("log_price"),
    )


def sum_years(claims: pl.DataFrame | pl.LazyFrame, prestaties: pl.DataFrame) -> pl.DataFrame:
    """Claims of ``select_years`` per provider and year, with what tells a wrong unit in any of its months.

    Out: ``PROVIDER``, year, volume and amount_eur (sums), usual_log_price (median month), lowest_log_price,
    highest_log_price, usual_volume (median), highest_volume, all in the declared unit, and conversion_factor to the
    unit of the prestatie. Rows that cannot be converted are left out (check D02 has them).
    """
    units = prestaties.select("prestatiecode", pl.col("unit_code").alias("to_unit"))
    factors = units.join(conversion_table(), on="to_unit").rename({"from_unit": "unit_code"}).drop("to_unit")
    sums = [
        pl.col("volume", "amount_eur").sum(),
        pl.col("log_price").median().alias("usual_log_price"),
        pl.col("log_price").min().alias("lowest_log_price"),
        pl.col("log_price").max().alias("highest_log_price"),
        pl.col("volume").median().alias("usual_volume"),
        pl.col("volume").max().alias("highest_volume"),
    ]
    years = sum_in_parts(claims, [*PROVIDER, "year"], sums, part_by="agb_code")
    return years.join(factors, on=["prestatiecode", "unit_code"])


def judge_claim_units(
    claims: pl.DataFrame | pl.LazyFrame,
    years: pl.DataFrame,
    agreed: pl.DataFrame,
    maximum: pl.DataFrame,
    delivery_month: date,
    assumptions: Mapping[str, float],
) -> pl.DataFrame:
    """Verdicts on the unit of claims, one row per provider × prestatie × declared unit and kind of error.

    In: ``select_years``, ``sum_years``, ``agreed_prices`` and ``maximum_prices``. Judged are the months of the budget
    year and the year before, the two that prices are derived from, month by month, so that an error in the last month
    alone is found too; months with the same verdict are one row. r = price ÷ reference price. Reference: the
    provider's own usual price of the year before those; else the agreed price; else the national median over at least
    ``unit_reference_minimum_providers`` providers; else the legal maximum. The first two count only when they are
    nearer to the national median (else the maximum) than to a factor away from it: then they are in the wrong unit.
    q = volume a month ÷ usual volume in rightly priced months (at least ``unit_reference_minimum_months``), else ÷ a
    twelfth of the agreed volume, which is no measure for volume_factor_60: a provider may outgrow its agreement.
    Months younger than ``unit_volume_minimum_lag_months`` are incomplete and left out of q.

    Out: ``PROVIDER``, status (unit_error_confirmed, unit_error_unconfirmed: about 60; other_unit, mixture, ambiguous,
    scale_error, volume_factor_60), factor, is_confirmed (the amount is unchanged), price_ratio, volume_ratio (null:
    unknown), share (of a mixture), candidates (factor, distance), reference (own, agreed, national, maximum), price and
    reference_price (euro per declared unit), usual_volume (a month), conversion_factor (to the unit of the
    prestatie), first_month, last_month, months_count, volume, amount_eur, and last_year with the volume and amount of
    its months (last_volume, last_amount_eur). Providers without a finding, or without a reference, have no row.
    Example: 100 units at € 54.00 from January 2018 on, after 6,000 at € 0.90 a month in 2016 and 2017: r = 60,
    q = 1/60, unit_error_confirmed, own.
    """
    keys = _add_reference(years, agreed, maximum, delivery_month.year, assumptions)
    suspects = keys.filter(_is_suspect(assumptions))
    of_suspects = as_text(join_codes(claims, suspects, PROVIDER).collect(engine="streaming"))
    months = of_suspects.sort(*PROVIDER, "care_month").with_columns(
        (pl.col("log_price") - pl.col("reference_log_price")).alias("log_ratio")
    )
    months = _add_usual_volume(months, delivery_month, assumptions)
    judged = months.filter(pl.col("year") >= delivery_month.year - 1, pl.col("log_ratio").is_not_null())
    labels = [
        _month_label(_fit(row, row["log_ratio"], row["log_volume_ratio"], assumptions), row["log_ratio"])
        for row in judged.iter_rows(named=True)
    ]
    groups = _group_months(judged.with_columns(pl.Series("label", labels, dtype=pl.String)).drop_nulls("label"))
    return _add_verdicts(groups, assumptions)


def agreed_prices(agreements: pl.DataFrame, prestaties: pl.DataFrame, maximum: pl.DataFrame) -> pl.DataFrame:
    """Agreed price and volume per ``PLACE`` in its latest year, per unit of the prestatie and incl. NHC and NIC.

    In: herschikking in contract columns; ``maximum_prices`` for the NHC and NIC of agreements without them. Out:
    ``PLACE``, agreed (log price), agreed_month_volume (a twelfth of the year). Agreements without a price are left out.
    """
    amounts = agreements.with_columns(pl.col("amount_eur").cast(pl.Float64), pl.col("agb_code").fill_null(""))
    converted, _ = normalise_units(amounts, prestaties)
    without = pl.when(pl.col("includes_nhc_nic") == "nee").then(pl.col("nhc_nic_eur_per_unit").fill_null(0.0))
    priced = converted.filter(pl.col("volume") > 0, pl.col("amount_eur") > 0).join(
        maximum, on=["year", "prestatiecode"], how="left"
    )
    return (
        priced.with_columns((pl.col("amount_eur") + pl.col("volume") * without.otherwise(0.0)).alias("amount_eur"))
        .filter(pl.col("year") == pl.col("year").max().over(PLACE))
        .group_by(PLACE)
        .agg(
            (pl.col("amount_eur").sum() / pl.col("volume").sum()).log().alias("agreed"),
            (pl.col("volume").sum() / MONTHS_PER_YEAR).alias("agreed_month_volume"),
        )
    )


def add_older_months(
    verdicts: pl.DataFrame, provider_months: Frame, delivery_month: date, factor: float
) -> pl.DataFrame:
    """The verdicts with ``older_eur``: what the provider claimed at about that price before the years that are judged.

    About is within ``factor`` of the price of the verdict, month by month; null without such a month. Those months are
    as wrong, though no price is derived from them. With volume_factor_60 the price says nothing, so it is null too.
    """
    older = provider_months.lazy().filter(
        pl.col("care_month").dt.year() < delivery_month.year - 1, pl.col("volume") > 0, pl.col("amount_eur") > 0
    )
    at_wrong_price = verdicts.filter(pl.col("status") != "volume_factor_60")
    keys = at_wrong_price.select(PROVIDER).unique()
    months = as_text(join_codes(older.with_columns(pl.col("agb_code").fill_null("")), keys, PROVIDER).collect())
    beside = at_wrong_price.select(*PROVIDER, "status", "first_month", "price").join(months, on=PROVIDER)
    away = (pl.col("amount_eur") / pl.col("volume") / pl.col("price")).log().abs()
    key = [*PROVIDER, "status", "first_month"]
    alike = beside.filter(away <= math.log(factor)).group_by(key).agg(pl.col("amount_eur").sum().alias("older_eur"))
    return verdicts.join(alike, on=key, how="left")


def mean_price_effect(verdicts: pl.DataFrame, years: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """The mean price that an error is part of, as declared and as it would be without: the verdicts plus three columns.

    ``mean_price`` and ``mean_price_without``, euro per unit of the prestatie, of the prestatie and wlz_uitvoerder (by
    ``places``: zorgkantoor_code, wlz_uitvoerder) in the verdict's last_year. Right are, for a wrong unit, the amount,
    for a scale error the volume; with volume_factor_60 both are divided. Null for ambiguous: nothing is known to be
    right. ``price_effect_eur``: what the mean price as declared makes of the euro of that prestatie and year, beyond
    what the price without would (ambiguous: were the price ratio the factor).
    """
    per_year = years.join(places, on="zorgkantoor_code").group_by("wlz_uitvoerder", "prestatiecode", "year")
    totals = per_year.agg(
        (pl.col("volume") * pl.col("conversion_factor")).sum().alias("total_volume"),
        pl.col("amount_eur").sum().alias("total_eur"),
    )
    joined = verdicts.join(places, on="zorgkantoor_code", how="left").join(
        totals.rename({"year": "last_year"}), on=["wlz_uitvoerder", "prestatiecode", "last_year"], how="left"
    )
    converted, amount = pl.col("last_volume") * pl.col("conversion_factor"), pl.col("last_amount_eur")
    ratio = pl.when(pl.col("price_ratio") > 1).then(pl.col("factor")).otherwise(1 / pl.col("factor"))
    ratio = pl.when(pl.col("status").is_in(("mixture", "ambiguous"))).then("price_ratio").otherwise(ratio)
    is_inflated, is_scale = pl.col("status") == "volume_factor_60", pl.col("status") == "scale_error"
    volume_then = pl.when(is_inflated).then(converted / pl.col("factor")).when(is_scale).then(converted)
    amount_then = pl.when(is_inflated).then(amount / pl.col("factor")).when(is_scale).then(amount / ratio)
    right_volume = pl.col("total_volume") - converted + volume_then.otherwise(converted * ratio)
    right_amount = pl.col("total_eur") - amount + amount_then.otherwise(amount)
    known, declared = pl.col("status") != "ambiguous", pl.col("total_eur") / pl.col("total_volume")
    return joined.with_columns(
        declared.alias("mean_price"),
        pl.when(known).then(right_amount / right_volume).alias("mean_price_without"),
        ((declared / (right_amount / right_volume) - 1).abs() * pl.col("total_eur")).alias("price_effect_eur"),
    ).drop("total_volume", "total_eur")


def _add_reference(
    years: pl.DataFrame, agreed: pl.DataFrame, maximum: pl.DataFrame, year: int, assumptions: Mapping[str, float]
) -> pl.DataFrame:
    """Judged providers with ``reference`` and ``reference_log_price`` (declared unit), and tolerances of their prices.

    Logarithms of prices are per unit of the prestatie until the reference is known, so that providers compare.
    """
    keys = _one_row_per_provider(years, year).join(agreed, on=PLACE, how="left")
    highest = maximum.filter(pl.col("year") <= year).sort("year").group_by("prestatiecode").last()
    spread = (pl.col("recent") - pl.col("recent").median()).abs().median() * MAD_TO_DEVIATION
    national = keys.group_by("prestatiecode").agg(
        pl.col("recent").median().alias("national"),
        spread.alias("log_price_sd"),
        pl.col("recent").count().alias("providers_count"),
    )
    keys = keys.join(national, on="prestatiecode").join(
        highest.select("prestatiecode", pl.col("maximum_eur_per_unit").log().alias("maximum")),
        on="prestatiecode",
        how="left",
    )
    enough = pl.col("providers_count") >= assumptions["unit_reference_minimum_providers"]
    benchmark = pl.when(enough).then("national").otherwise("maximum")
    keys = keys.with_columns(
        *(
            pl.when((pl.col(n) - benchmark).abs().fill_null(0.0) <= NEARER_TO_A_FACTOR).then(n)
            for n in ("own", "agreed")
        ),
        pl.when(enough).then("national").alias("national"),
        pl.when(enough).then(2 * pl.col("log_price_sd")).otherwise(0.0).alias("noise"),
    ).with_columns(pl.when(pl.col("agreed").is_not_null()).then("agreed_month_volume").alias("agreed_month_volume"))
    kinds = ("own", "agreed", "national", "maximum")
    kind = pl.coalesce(pl.when(pl.col(name).is_not_null()).then(pl.lit(name)) for name in kinds)
    nearest = pl.col("unit_code").replace_strict(
        {unit: math.log(min(_factors(unit, assumptions))) / 2 for unit in (*MINUTES_PER_UNIT, *TIMELESS_UNITS)},
        return_dtype=pl.Float64,
    )
    same = pl.max_horizontal(math.log(assumptions["unit_factor_tolerance"]), pl.min_horizontal("noise", nearest))
    return keys.select(
        *PROVIDER,
        *("conversion_factor", "noise", "lowest", "highest", "usual_volume", "highest_volume", "agreed_month_volume"),
        kind.alias("reference"),
        (pl.coalesce(kinds) + pl.col("conversion_factor").log()).alias("reference_log_price"),
        same.alias("same_tolerance"),
    )


def _one_row_per_provider(years: pl.DataFrame, year: int) -> pl.DataFrame:
    """``sum_years`` as one row per provider: recent and own log price, extremes of the judged months, volumes."""

    def of(when: pl.Expr, column: str) -> pl.Expr:
        return pl.when(when).then(pl.col(column))

    is_judged, is_before = pl.col("year") >= year - 1, pl.col("year") == year - 2
    factor = pl.col("conversion_factor").first()
    return years.group_by(PROVIDER).agg(
        factor,
        (of(is_judged, "usual_log_price").median() - factor.log()).alias("recent"),
        (of(is_before, "usual_log_price").max() - factor.log()).alias("own"),
        of(is_judged, "lowest_log_price").min().alias("lowest"),
        of(is_judged, "highest_log_price").max().alias("highest"),
        of(is_judged, "highest_volume").max(),
        pl.coalesce(of(is_before, "usual_volume").max(), of(is_judged, "usual_volume").min()),
    )


def _factors(unit_code: str, assumptions: Mapping[str, float]) -> tuple[float, ...]:
    """Factors a declared unit may be confused by, and the scales of an amount."""
    hour = (assumptions[HOUR],) if unit_code in HOUR_MINUTE_UNITS else ()
    return (*hour, *CONFUSED_WITH.get(unit_code, ()), *SCALE_FACTORS)


def _is_suspect(assumptions: Mapping[str, float]) -> pl.Expr:
    """Whether any judged month may be more than the same price, or sixty times the volume; few providers are."""
    reference, same = pl.col("reference_log_price"), pl.col("same_tolerance")
    inflated = assumptions[HOUR] * math.exp(-assumptions["unit_volume_tolerance"]) * pl.col("usual_volume")
    is_inflated = pl.col("unit_code").is_in(HOUR_MINUTE_UNITS) & (pl.col("highest_volume") >= inflated)
    return (pl.col("highest") - reference > same) | (reference - pl.col("lowest") > same) | is_inflated


def _add_usual_volume(months: pl.DataFrame, delivery_month: date, assumptions: Mapping[str, float]) -> pl.DataFrame:
    """Months of suspects with usual_volume (own, else agreed), complete_volume and log_volume_ratio where known."""
    lag = month_number(delivery_month) - number_months("care_month")
    is_complete = lag >= assumptions["unit_volume_minimum_lag_months"]
    is_right = is_complete & (pl.col("log_ratio").abs() <= pl.col("same_tolerance"))
    usual: list[pl.Expr] = []
    for of_period in (pl.col("year") == delivery_month.year - 2, pl.col("year") >= delivery_month.year - 1):
        volume = pl.when(is_right & of_period).then("volume")
        enough = volume.count().over(PROVIDER) >= assumptions["unit_reference_minimum_months"]
        usual.append(pl.when(enough).then(volume.median().over(PROVIDER)))
    own, agreed = pl.coalesce(usual), pl.col("agreed_month_volume") / pl.col("conversion_factor")
    complete = pl.when(is_complete & (pl.col("volume") > 0)).then("volume")
    return months.with_columns(
        pl.coalesce(own, agreed).alias("usual_volume"),
        own.is_not_null().alias("is_own_volume"),
        complete.alias("complete_volume"),
    ).with_columns((pl.col("complete_volume") / pl.col("usual_volume")).log().alias("log_volume_ratio"))


def _fit(
    row: Mapping[str, float | str], log_price: float, log_volume: float | None, assumptions: Mapping[str, float]
) -> UnitFit:
    unit_code, hour = str(row["unit_code"]), assumptions[HOUR]
    base, mixed = math.log(assumptions["unit_factor_tolerance"]), MIXED_WITH.get(unit_code)
    fit = fit_unit(
        log_price,
        log_volume,
        factor_tolerances(_factors(unit_code, assumptions), base, float(row["noise"])),
        same=float(row["same_tolerance"]),
        spread=assumptions["unit_volume_tolerance"],
        mixed=hour if unit_code in HOUR_MINUTE_UNITS else mixed,
    )
    is_growth = fit.kind == "volume" and not (fit.factor == hour and row["is_own_volume"])
    return UnitFit("same") if is_growth else fit


def _month_label(fit: UnitFit, log_price: float) -> str | None:
    """What a month has in common with others of the same error; None for a month at the usual price and volume."""
    if fit.kind in ("same", "volume"):
        return "volume" if fit.kind == "volume" else None
    factors = "/".join(f"{factor:g}" for factor, _ in sorted(fit.candidates)) or "off"
    return f"{factors} {'above' if log_price > 0 else 'below'}"


def _group_months(judged: pl.DataFrame) -> pl.DataFrame:
    """Months of one provider with the same label as one row; volumes for q from complete months only."""
    of_last_year = pl.col("year") == pl.col("year").max()
    same_for_all = (
        *("conversion_factor", "noise", "same_tolerance", "reference", "reference_log_price"),
        *("usual_volume", "is_own_volume"),
    )
    return judged.group_by(*PROVIDER, "label").agg(
        pl.col(*same_for_all).first(),
        pl.col("care_month").min().alias("first_month"),
        pl.col("care_month").max().alias("last_month"),
        pl.len().alias("months_count"),
        pl.col("volume", "amount_eur").sum(),
        pl.col("complete_volume").mean(),
        pl.col("year").max().alias("last_year"),
        pl.col("volume").filter(of_last_year).sum().alias("last_volume"),
        pl.col("amount_eur").filter(of_last_year).sum().alias("last_amount_eur"),
    )


def _add_verdicts(groups: pl.DataFrame, assumptions: Mapping[str, float]) -> pl.DataFrame:
    price = pl.col("amount_eur") / pl.col("volume")
    groups = groups.with_columns(
        price.alias("price"),
        pl.col("reference_log_price").exp().alias("reference_price"),
        (price.log() - pl.col("reference_log_price")).alias("log_ratio"),
        (pl.col("complete_volume") / pl.col("usual_volume")).log().alias("log_volume_ratio"),
    )
    verdicts = []
    for row in groups.iter_rows(named=True):
        fit = _fit(row, row["log_ratio"], row["log_volume_ratio"], assumptions)
        candidates = [{"factor": factor, "distance": distance} for factor, distance in fit.candidates]
        status = _status(fit, row["label"], assumptions)
        verdicts.append((status, fit.factor, fit.is_confirmed, fit.share, candidates))
    judged = pl.DataFrame(verdicts, schema=VERDICT_SCHEMA, orient="row")
    return (
        pl.concat([groups, judged], how="horizontal")
        .drop_nulls("status")
        .with_columns(
            pl.col("log_ratio").exp().alias("price_ratio"), pl.col("log_volume_ratio").exp().alias("volume_ratio")
        )
        .drop("label", "noise", "same_tolerance", "log_ratio", "log_volume_ratio", "complete_volume", "is_own_volume")
        .sort(*PROVIDER, "first_month", "status")
    )


def _status(fit: UnitFit, label: str, assumptions: Mapping[str, float]) -> str | None:
    """The verdict's status; None when nothing is wrong. Months that fit no factor can only be a mixture together."""
    if fit.kind in ("same", "none") or (label.startswith("off") and fit.kind != "mixture"):
        return None
    if fit.kind == "unit" and fit.factor == assumptions[HOUR]:
        return "unit_error_confirmed" if fit.is_confirmed else "unit_error_unconfirmed"
    return {
        "unit": "other_unit",
        "scale": "scale_error",
        "volume": "volume_factor_60",
        "ambiguous": "ambiguous",
        "mixture": "mixture",
    }[fit.kind]
