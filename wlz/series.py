"""Claims → monthly series per prestatie and uitvoerder. No forecasting and no completion for lag here."""

from datetime import date

import polars as pl

from wlz.claims.corrections import correct_volumes
from wlz.known.knowledge import Known
from wlz.known.stages import Computed, Tables
from wlz.words.faults import Spoken
from wlz.words.months import month_number, number_months
from wlz.words.units import normalise_units
from wlz.words.vocabulary import MONEY, SERIES_KEY


class SeriesError(Spoken, ValueError):
    """Claims that no series can be made of. The message says which rows or months, and what next."""


def assign_regions(frame: pl.DataFrame, crosswalk: pl.DataFrame, regions: pl.DataFrame, on: str) -> pl.DataFrame:
    """Report region and uitvoerder of each row through the dated crosswalk.

    One row in, one row out. A code counts when the date in column ``on`` lies in [valid_from, valid_to). The region's
    uitvoerder is that of the budget year for the whole history, so that a concession that moved does not break a
    series (methods, deliveries → series). Raises SeriesError for a code that is not valid on its date: such deliveries
    are refused before (check D02).
    """
    keys = frame.select("zorgkantoor_code", on).unique()
    matched = keys.join(crosswalk, on="zorgkantoor_code", how="left").filter(
        (pl.col(on) >= pl.col("valid_from")) & (pl.col(on) < pl.col("valid_to").fill_null(date.max))
    )
    matched = matched.join(regions.select("zorgkantoorregio", "wlz_uitvoerder"), on="zorgkantoorregio", how="inner")
    unknown = keys.join(matched, on=["zorgkantoor_code", on], how="anti")
    if unknown.height:
        raise SeriesError(
            f"zorgkantoor codes not valid on their date: {unknown.sort(on).head(3).to_dicts()}. Expected codes and "
            "dates of reference/region_crosswalk.csv. Next: mend the delivery, or add the code with its dates"
        )
    found = matched.select("zorgkantoor_code", on, "zorgkantoorregio", "wlz_uitvoerder")
    return frame.join(found, on=["zorgkantoor_code", on], how="left")


def aggregate_claims(
    claims: pl.LazyFrame,
    crosswalk: pl.DataFrame,
    regions: pl.DataFrame,
    prestaties: pl.DataFrame,
    delivery_month: date,
    corrections: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Claims of one delivery → prestatie × region × care month, in the unit of the prestatie.

    In: rows of ``declaraties``, lazily; ``corrections`` of their units (``claim_corrections``). Out: ``series_region``
    without vintage. Amounts are added in cents, so the order of rows changes nothing; volumes are added after rounding
    to 1e-6 of a unit for the same reason.
    Raises SeriesError when a unit cannot be converted to that of its prestatie (such rows are quarantined before).
    """
    keys = ["zorgkantoor_code", "prestatiecode", "care_month", "unit_code"]
    micro = (pl.col("volume") * 1e6).round(0).cast(pl.Int128)  # a sum of Int64 could wrap around
    if corrections is not None:
        claims = correct_volumes(claims, corrections)
    summed = (
        claims.group_by(keys).agg(micro.sum().alias("micro_volume"), pl.col("amount_eur").sum().cast(MONEY)).collect()
    )
    summed = summed.with_columns((pl.col("micro_volume") / 1e6).alias("volume")).drop("micro_volume").sort(keys)
    converted, left_over = normalise_units(summed, prestaties)
    if left_over.height:
        raise SeriesError(
            f"units that cannot be converted to the unit of their prestatie: {left_over.head(3).to_dicts()}. "
            "Next: mend the unit in the delivery, or take a newer list (docs/how-to/lists-of-codes.md)"
        )
    placed = assign_regions(converted, crosswalk, regions, on="care_month").sort(
        "prestatiecode", "zorgkantoorregio", "care_month", "unit_code", "volume", "amount_eur"
    )
    grouped = placed.group_by(
        "prestatiecode", "zorgkantoorregio", "wlz_uitvoerder", "care_month", maintain_order=True
    ).agg(
        pl.col("volume").sum().alias("declared_volume"),
        pl.col("amount_eur").sum().cast(MONEY).alias("declared_amount_eur"),
    )
    return grouped.with_columns(lag_months(delivery_month)).sort("prestatiecode", "zorgkantoorregio", "care_month")


def sum_regions(series_region: pl.DataFrame) -> pl.DataFrame:
    """``series_region`` → prestatie × uitvoerder × care month: declared volume and amount of all regions."""
    return series_region.group_by([*SERIES_KEY, "care_month"]).agg(
        pl.col("declared_volume").sort_by("zorgkantoorregio").sum(), pl.col("declared_amount_eur").sum().cast(MONEY)
    )


def lag_months(delivery_month: date) -> pl.Expr:
    """Months from ``care_month`` to the delivery: December 2017 in the delivery of May 2018 is 5."""
    months = month_number(delivery_month) - number_months("care_month")
    return months.cast(pl.Int32).alias("lag_months")


def build_series(
    series_region: pl.DataFrame, delivery_month: date, minimum_lag_months: int, fit_months: int
) -> pl.DataFrame:
    """``series_region`` → prestatie × uitvoerder × care month, every month from the first with claims to the last.

    A month in which the uitvoerder delivered nothing at all is null; a month it delivered without claims of the
    prestatie is 0; months before the first claim of the prestatie are cut. ``in_forecast_base`` marks the last
    ``fit_months`` months with a lag of at least ``minimum_lag_months``: in scenario letter younger months are
    incomplete and left out (letter, A.1.1).
    """
    summed = sum_regions(series_region)
    if summed.is_empty():
        raise SeriesError("no claims to make series of: found no row. Next: deliver the claims of the month again")
    delivered = summed.select("wlz_uitvoerder", "care_month").unique().with_columns(pl.lit(True).alias("is_delivered"))
    first = (
        summed.filter(pl.col("declared_volume") != 0)
        .group_by(SERIES_KEY)
        .agg(pl.col("care_month").min().alias("first_month"))
    )
    months = _months(summed["care_month"].min(), summed["care_month"].max())  # type: ignore[arg-type]
    grid = first.join(months, how="cross").filter(pl.col("care_month") >= pl.col("first_month")).drop("first_month")
    filled = grid.join(summed, on=[*SERIES_KEY, "care_month"], how="left").join(
        delivered, on=["wlz_uitvoerder", "care_month"], how="left"
    )
    zero = pl.col("is_delivered").fill_null(False)
    filled = filled.with_columns(
        pl.when(zero).then(pl.col("declared_volume").fill_null(0.0)).alias("declared_volume"),
        pl.when(zero).then(pl.col("declared_amount_eur").fill_null(0).cast(MONEY)).alias("declared_amount_eur"),
        lag_months(delivery_month),
    )
    return mark_forecast_base(filled.drop("is_delivered"), minimum_lag_months, fit_months).sort(
        [*SERIES_KEY, "care_month"]
    )


def mark_forecast_base(series: pl.DataFrame, minimum_lag_months: int, fit_months: int) -> pl.DataFrame:
    """Adds ``in_forecast_base``: lag at least the minimum, and within the last ``fit_months`` such months."""
    lag = pl.col("lag_months")
    return series.with_columns(
        ((lag >= minimum_lag_months) & (lag < minimum_lag_months + fit_months)).alias("in_forecast_base")
    )


def last_base_month(series: pl.DataFrame) -> date:
    """The last month that enters the forecast. Raises SeriesError when every month is too young."""
    last = series.filter(pl.col("in_forecast_base"))["care_month"].max()
    if not isinstance(last, date):
        months = series["care_month"].sort().dt.strftime("%Y-%m")
        reach = f"{months[0]} to {months[-1]}" if months.len() else "none"
        raise SeriesError(
            f"no month is old enough to enter the forecast: found {reach}. Next: deliver claims of earlier care months "
            "too, or lower letter_minimum_lag_months in the assumptions"
        )
    return last


def claims_by_year(series_region: pl.DataFrame) -> pl.DataFrame:
    """Claims per prestatie × uitvoerder × calendar year of care: ``volume`` and ``amount_eur``, for the prices."""
    return (
        series_region.with_columns(pl.col("care_month").dt.year().alias("year"))
        .group_by([*SERIES_KEY, "year"])
        .agg(
            pl.col("declared_volume").sort_by("zorgkantoorregio", "care_month").sum().alias("volume"),
            pl.col("declared_amount_eur").sum().cast(MONEY).alias("amount_eur"),
        )
        .sort([*SERIES_KEY, "year"])
    )


def sum_years(snapshot: pl.DataFrame) -> pl.DataFrame:
    """A snapshot of claims per calendar year of care: wlz_uitvoerder, ``year``, ``amount_eur``."""
    return (
        snapshot.group_by("wlz_uitvoerder", pl.col("care_month").dt.year().alias("year"))
        .agg(pl.col("declared_amount_eur").sum().cast(MONEY).alias("amount_eur"))
        .sort("wlz_uitvoerder", "year")
    )


def claims_by_month(series_region: pl.DataFrame, prestaties: pl.DataFrame, budget_year: int) -> pl.DataFrame:
    """Claims of the budget year per care month, meerzorg left out: month, ``declared_month_eur``."""
    in_base = prestaties.filter(~pl.col("is_meerzorg")).select("prestatiecode")
    of_year = series_region.filter(pl.col("care_month").dt.year() == budget_year)
    claimed = of_year.join(in_base, on="prestatiecode", how="semi").group_by(pl.col("care_month").alias("month"))
    return claimed.agg(pl.col("declared_amount_eur").sum().cast(MONEY).alias("declared_month_eur")).sort("month")


def year_before_by_month(series: pl.DataFrame, budget_year: int) -> pl.DataFrame:
    """Claims of the year before per series and care month: ``volume``, ``amount_eur`` and ``is_early``.

    Early are the months up to the last one of the budget year that was claimed; without any, January.
    """
    year = pl.col("care_month").dt.year()
    reached = series.filter(year == budget_year, pl.col("declared_volume") != 0)["care_month"].dt.month().max() or 1
    before = series.filter(year == budget_year - 1, pl.col("declared_volume").is_not_null())
    return before.select(
        *SERIES_KEY,
        "care_month",
        pl.col("declared_volume").alias("volume"),
        pl.col("declared_amount_eur").alias("amount_eur"),
        (pl.col("care_month").dt.month() <= reached).alias("is_early"),
    )


def claims_to_date(series_region: pl.DataFrame, budget_year: int) -> pl.DataFrame:
    """Claims of the budget year in the delivery, per region: ``declared_amount_eur``; a region without claims is 0."""
    regions = series_region.select("zorgkantoorregio", "wlz_uitvoerder").unique()
    of_year = series_region.filter(pl.col("care_month").dt.year() == budget_year)
    summed = of_year.group_by("zorgkantoorregio").agg(pl.col("declared_amount_eur").sum().cast(MONEY))
    joined = regions.join(summed, on="zorgkantoorregio", how="left")
    return joined.with_columns(pl.col("declared_amount_eur").fill_null(0).cast(MONEY)).sort("zorgkantoorregio")


def _months(first: date, last: date) -> pl.DataFrame:
    return pl.DataFrame({"care_month": pl.date_range(first, last, "1mo", eager=True)})


def ended_codes(prestaties: pl.DataFrame) -> pl.DataFrame:
    """Codes with an end in the code list: prestatiecode and ``end_month``, the last month with care."""
    ended = prestaties.filter(pl.col("valid_to").is_not_null())
    return ended.select("prestatiecode", pl.col("valid_to").dt.truncate("1mo").alias("end_month"))


def place_by_year(
    frame: pl.DataFrame, crosswalk: pl.DataFrame, regions: pl.DataFrame, year: str = "year"
) -> pl.DataFrame:
    """``assign_regions`` for rows that are about a year: codes are judged on 1 January of it.

    Years before the code list begins are judged on its first day.
    """
    first_valid = crosswalk["valid_from"].min()
    on = pl.max_horizontal(pl.date(pl.col(year), 1, 1), pl.lit(first_valid)).alias("placed_on")
    return assign_regions(frame.with_columns(on), crosswalk, regions, on="placed_on").drop("placed_on")


def claims_without_forecast(series: pl.DataFrame, revenue: pl.DataFrame, budget_year: int) -> pl.DataFrame:
    """Series with claims in the budget year of which the expectation holds nothing, largest amount first.

    In: ``series`` and ``revenue`` of one advice. Out: prestatiecode, wlz_uitvoerder, declared_amount_eur (so far). Such
    codes began after the months that are forecast from, or are forecast at 0 as ended; meerzorg has its own item but
    is in ``revenue`` all the same.
    """
    claimed = (
        series.filter(pl.col("care_month").dt.year() == budget_year)
        .group_by(SERIES_KEY)
        .agg(pl.col("declared_amount_eur").sum().cast(MONEY))
        .filter(pl.col("declared_amount_eur") > 0)
    )
    expected = revenue.group_by(SERIES_KEY).agg(pl.col("month_volume").sum().alias("year_volume"))
    without = claimed.join(expected.filter(pl.col("year_volume") > 0), on=SERIES_KEY, how="anti")
    return without.sort("declared_amount_eur", *SERIES_KEY, descending=[True, False, False])


def run_corrections(known: Known, tables: Tables) -> Computed:
    """The row `claim_unit_corrections`: what was put right in the claims of the advice."""
    noted = known.unit_corrections.with_columns(delivery_month=pl.lit(known.round.delivery_month))
    return Computed({"claim_unit_corrections": noted})


def run_region(known: Known, tables: Tables) -> Computed:
    """The row `series_region`: claims added up per prestatie, region, uitvoerder and care month."""
    reference = known.reference
    claims = aggregate_claims(
        known.need("declaraties"),
        reference.crosswalk,
        reference.regions,
        reference.prestaties,
        known.claims_month,
        tables["claim_unit_corrections"],
    )
    return Computed({"series_region": claims})


def run_series(known: Known, tables: Tables) -> Computed:
    """The row `series`: monthly series per prestatie and uitvoerder, with the months that enter the forecast marked."""
    lag, window = known.assumptions["letter_minimum_lag_months"], known.assumptions["fit_months"]
    return Computed({"series": build_series(tables["series_region"], known.claims_month, int(lag), int(window))})


def run_code_list(known: Known, tables: Tables) -> Computed:
    """The row `code_list`: the codes of the pack as this advice uses them."""
    listed = known.reference.prestaties.rename({"valid_to": "code_valid_to"}).with_columns(
        in_base=~pl.col("is_meerzorg"), pack=pl.lit(known.reference.pack)
    )
    return Computed({"code_list": listed.drop("valid_from", "source")})
