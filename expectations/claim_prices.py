"""Rules on units and prices in the claims: wrong units (U01–U04, U-scale, U-volume), prices (P01, P03, P04).

How a unit or a price is judged is in ``wlz.claims.units`` and ``wlz.claims.prices``; here is what is said about it. A
provider × prestatie with a unit finding is left out of the rules on prices, one with a price above the maximum (P01) of
those that compare prices (P03, P04), so that one error is told once.
"""

import polars as pl

from expectations.judging.delivery_view import ClaimsView
from expectations.judging.finding import ABOUT, keep_largest, one_each
from expectations.judging.results import REFUSED, USED
from expectations.judging.rule import NO_FINDINGS, Escalation, Rule
from expectations.unit_wording import UNIT_FIGURES, name_unit_parts, place_parts
from warehouse.contract import conform
from warehouse.tables.series import DELIVERY_UNIT_CORRECTIONS
from wlz.claims.corrections import list_unit_corrections
from wlz.claims.prices import compare_months, compare_nationally, prices_above_maximum
from wlz.claims.units import PLACE
from wlz.words.large_frames import join_codes

CLAIMS = ("declaraties",)
UNIT_CHECK = "U01"
SERIES = ("wlz_uitvoerder", "prestatiecode")
ASK_PROVIDER = "ask the Wlz-uitvoerder to have the provider's claims corrected, and deliver again"
KEPT = f"{USED}; no price of it is corrected, so the mean price of the uitvoerder holds the error"
# Above this share of the uitvoerder's claims an error refuses the delivery; a wrong unit by what it does to the price.
OF_UITVOERDER = Escalation("uitvoerder_ratio", "price_above_maximum_block_ratio")


def list_corrections(view: ClaimsView) -> pl.DataFrame:
    """Confirmed errors of hours and minutes in a claims delivery, month by month: DELIVERY_UNIT_CORRECTIONS."""
    found = list_unit_corrections(view.units.verdicts, view.by_provider)
    return conform(
        found.with_columns(
            pl.lit(view.delivery_month).alias("delivery_month"),
            pl.lit(view.delivery_id).alias("delivery_id"),
            pl.lit(UNIT_CHECK).alias("check_id"),
        ),
        DELIVERY_UNIT_CORRECTIONS,
    )


def measure_hours_and_minutes(view: ClaimsView) -> pl.DataFrame:
    """Claims of a provider and prestatie at about 60 times, or a sixtieth of, the price they are held against.

    The amount is right, so the euro is that of the claims concerned, with those of older months at that price. The
    figures hold the mean price of the uitvoerder with the error and without it.
    """
    return _unit_findings(view, ("unit_error_confirmed", "unit_error_unconfirmed"))


def measure_other_units(view: ClaimsView) -> pl.DataFrame:
    """Claims of a provider and prestatie off by another factor between units; the euro is that of these claims."""
    return _unit_findings(view, ("other_unit",))


def measure_mixtures(view: ClaimsView) -> pl.DataFrame:
    """Claims partly in another unit: no factor fits, but price × volume is unchanged; with the share that explains it.

    The euro is that of the claims concerned.
    """
    return _unit_findings(view, ("mixture",))


def measure_ambiguous_units(view: ClaimsView) -> pl.DataFrame:
    """Claims of which two factors fit the price, with all candidates and distances; the euro is that of the claims."""
    return _unit_findings(view, ("ambiguous",))


def measure_scale_errors(view: ClaimsView) -> pl.DataFrame:
    """Claims with the usual volume at a factor times the price: the amount is wrong, and the euro is what is wrong."""
    return _unit_findings(view, ("scale_error",))


def measure_inflated_volumes(view: ClaimsView) -> pl.DataFrame:
    """Claims at the usual price with about 60 times the usual volume; the euro is what lies above the usual amount."""
    return _unit_findings(view, ("volume_factor_60",))


def _unit_findings(view: ClaimsView, statuses: tuple[str, ...]) -> pl.DataFrame:
    judged = view.units
    found = judged.verdicts.filter(pl.col("status").is_in(statuses))
    wording = [name_unit_parts(row) for row in found.iter_rows(named=True)]
    ratio = pl.when(pl.col("price_ratio") > 1).then(pl.col("factor")).otherwise(1 / pl.col("factor"))
    of_scale = pl.when(pl.col("status") == "scale_error").then((1 - 1 / ratio).abs())
    of_volume = pl.when(pl.col("status") == "volume_factor_60").then(1 - 1 / pl.col("factor"))
    wrong_ratio = pl.coalesce(of_scale, of_volume, pl.lit(1.0))
    is_corrected = pl.col("status") == "unit_error_confirmed"  # volume and price alike: it moves nothing
    of_price = pl.when(is_corrected).then(0.0).otherwise("price_effect_eur") / pl.col("year_eur")
    of_amount = pl.col("amount_eur") * of_scale / pl.col("years_eur")
    placed = found.with_columns(pl.Series("wording", wording, dtype=pl.String))
    findings = placed.join(_claimed(view), on=["wlz_uitvoerder", "last_year"], how="left").select(
        *ABOUT,
        one_each(),
        ((pl.col("amount_eur") + pl.col("older_eur").fill_null(0.0)) * wrong_ratio).alias("at_stake_eur"),
        pl.coalesce(of_amount, of_price).sum().over("wlz_uitvoerder").alias("uitvoerder_ratio"),
        "wording",
        pl.lit(view.delivery_month.year - 2).alias("own_year"),
        *UNIT_FIGURES,
    )
    return keep_largest(findings, judged_count=judged.providers_count)


def _claimed(view: ClaimsView) -> pl.DataFrame:
    """Claims of an uitvoerder in each of the two years that are judged (year_eur), and in both (years_eur)."""
    year = pl.col("care_month").dt.year().alias("last_year")
    of_years = view.monthly.filter(year >= view.delivery_month.year - 1)
    per_year = of_years.group_by("wlz_uitvoerder", year).agg(pl.col("amount_eur").abs().sum().alias("year_eur"))
    return per_year.with_columns(pl.col("year_eur").sum().over("wlz_uitvoerder").alias("years_eur"))


def measure_prices_above_maximum(view: ClaimsView) -> pl.DataFrame:
    """Mean price per provider, prestatie and year above the maximum tariff incl. NHC and NIC in full.

    Judged are the budget year and the year before. The euro is what lies above the maximum; ``uitvoerder_ratio`` is
    all of it per uitvoerder and year over its claims of that year.
    """
    judged = view.units
    if judged.maximum.is_empty():
        return keep_largest(pl.DataFrame(), "no_tariffs")
    findings = _above_maximum(view).select(
        *ABOUT[:4],
        one_each(),
        pl.col("excess_eur").alias("at_stake_eur"),
        pl.concat_str(place_parts(), pl.lit("above"), separator=" ").alias("wording"),
        "year",
        "price",
        pl.col("maximum_eur_per_unit").alias("maximum_price"),
        "volume",
        "uitvoerder_ratio",
    )
    return keep_largest(findings)


def _above_maximum(view: ClaimsView) -> pl.DataFrame:
    judged = view.units
    return prices_above_maximum(judged.years, judged.maximum, judged.places, view.assumptions)


def measure_price_outliers(view: ClaimsView) -> pl.DataFrame:
    """Mean price per uitvoerder, prestatie and year far from the national median over uitvoerders.

    Judged are the budget year and the year before, where enough uitvoerders have a price. The euro is the difference
    with the median times the volume.
    """
    judged = view.units
    years = judged.years.join(_above_maximum(view), on=PLACE, how="anti")
    compared = compare_nationally(years, judged.places, view.assumptions)
    if compared.is_empty():
        return keep_largest(pl.DataFrame(), "too_few", minimum=view.assumptions["price_outlier_minimum_uitvoerders"])
    found = compared.filter("is_outlier")
    findings = found.select(
        *SERIES,
        one_each(),
        pl.col("difference_eur").abs().alias("at_stake_eur"),
        "year",
        "price",
        "national_price",
        (pl.col("price") / pl.col("national_price") - 1).alias("difference_ratio"),
    )
    return keep_largest(findings, prices_count=compared.height)


def measure_price_jumps(view: ClaimsView) -> pl.DataFrame:
    """Series with a month of the budget year priced far from the median of the three months before it.

    One finding per uitvoerder and prestatie, on its month with the largest difference; the euro is the difference
    times the volume, of all its months that jump. Months with too little volume to tell a price are passed over.
    """
    judged = view.units
    year = view.delivery_month.year
    claims = join_codes(judged.claims, _above_maximum(view).select(PLACE), PLACE, how="anti")
    compared = compare_months(claims, judged.years, judged.places, year, view.assumptions)
    largest = pl.all().sort_by(pl.col("difference_eur").abs(), descending=True).first()
    total = pl.col("difference_eur").abs().sum().alias("at_stake_eur")
    months = pl.len().alias("months_count")
    found = compared.filter("is_jump").group_by(SERIES).agg(largest, total, months)
    wording = pl.when(pl.col("months_count") > 1).then(pl.lit("found more")).otherwise(pl.lit("found"))
    findings = found.select(
        *SERIES,
        one_each(),
        "at_stake_eur",
        wording.alias("wording"),
        pl.col("care_month").alias("month"),
        "prior_price",
        "price",
        (pl.col("price") / pl.col("prior_price") - 1).alias("change_ratio"),
        (pl.col("months_count").cast(pl.Int64) - 1).alias("more_months_count"),
    )
    return keep_largest(findings, months_count=compared.height, year=year)


RULES = (
    Rule(
        check_id=UNIT_CHECK,
        title="hours and minutes exchanged in claims",
        why="Hours under the code of minutes make a price 60 times too high; times a forecast volume that is millions.",
        kinds=CLAIMS,
        severity="warn",
        metrics=measure_hours_and_minutes,
        expectation=NO_FINDINGS,
        expected="a price within a factor unit_factor_tolerance of the own, the agreed or the national price",
        cause="hours delivered under the code of minutes, or the reverse",
        action=f"{USED}; where the volume confirms it the volume counts times the factor (claim_unit_corrections), "
        "elsewhere the mean price of the uitvoerder holds the error",
        next_step=ASK_PROVIDER,
        escalation=OF_UITVOERDER,
    ),
    Rule(
        check_id="U02",
        title="another unit in claims",
        why="A volume per day, dagdeel or five minutes under another code gives a price that fits nothing else.",
        kinds=CLAIMS,
        severity="warn",
        metrics=measure_other_units,
        expectation=NO_FINDINGS,
        expected="a price that is no factor between units away from what it is held against",
        cause="another unit than the code says",
        action=KEPT,
        next_step=ASK_PROVIDER,
        escalation=OF_UITVOERDER,
    ),
    Rule(
        check_id="U03",
        title="two units mixed in claims",
        why="A volume partly in another unit moves the price a little every month and never looks like a factor.",
        kinds=CLAIMS,
        severity="warn",
        metrics=measure_mixtures,
        expectation=NO_FINDINGS,
        expected="one unit in all claims of a provider and prestatie",
        cause="some of the lines in another unit than the code says",
        action=KEPT,
        next_step=f"find the lines with the wrong unit; {ASK_PROVIDER}",
        escalation=OF_UITVOERDER,
    ),
    Rule(
        check_id="U04",
        title="ambiguous unit in claims",
        why="Two factors explain the price as well: a correction of either kind could be the wrong one.",
        kinds=CLAIMS,
        severity="warn",
        metrics=measure_ambiguous_units,
        expectation=NO_FINDINGS,
        expected="a price that at most one factor between units explains",
        cause="another unit than the code says",
        action=KEPT,
        next_step=f"ask in which unit the volume is; {ASK_PROVIDER}",
        escalation=OF_UITVOERDER,
    ),
    Rule(
        check_id="U-scale",
        title="amount off by a factor in claims",
        why="With the usual volume at a factor times the price the amount itself is wrong, and so is what was spent.",
        kinds=CLAIMS,
        severity="warn",
        metrics=measure_scale_errors,
        expectation=NO_FINDINGS,
        expected="an amount that fits the volume",
        cause="cents or thousands for euro, or minutes valued at the price of an hour",
        action=f"{USED}; the amount counts as it is",
        next_step=ASK_PROVIDER,
        escalation=OF_UITVOERDER,
    ),
    Rule(
        check_id="U-volume",
        title="volume and amount 60 times too high",
        why="At a right price nothing else shows that care was counted 60 times; it is in every total.",
        kinds=CLAIMS,
        severity="block",
        metrics=measure_inflated_volumes,
        expectation=NO_FINDINGS,
        expected="volumes nowhere near 60 times what the provider usually claims of the prestatie",
        cause="hours turned into minutes twice, with the amount computed from them",
        action=REFUSED,
        next_step=f"{ASK_PROVIDER}; accept the check when the provider really grew that much",
    ),
    Rule(
        check_id="P01",
        title="price above the legal maximum",
        why="Nothing above the maximum tariff may be paid; what lies above it will have to come back.",
        kinds=CLAIMS,
        severity="warn",
        metrics=measure_prices_above_maximum,
        expectation=NO_FINDINGS,
        expected="at most the maximum tariff with NHC, NIC, + price_above_maximum_ratio and € price_above_maximum_eur",
        cause="a tariff of another year or prestatie, or an amount that holds something else",
        action=f"{USED}; the amount counts as it is",
        next_step=ASK_PROVIDER,
        escalation=OF_UITVOERDER,
    ),
    Rule(
        check_id="P03",
        title="price far from other uitvoerders",
        why="One uitvoerder far from all others has an error in its amounts or volumes more often than another market.",
        kinds=CLAIMS,
        severity="warn",
        metrics=measure_price_outliers,
        expectation=NO_FINDINGS,
        expected="a price within a factor price_outlier_factor of the national median, or within its usual spread",
        cause="amounts or volumes in part missing, or counted under another prestatie",
        action=f"{USED}; the price counts as it is",
        next_step="ask the Wlz-uitvoerder what explains the price",
    ),
    Rule(
        check_id="P04",
        title="price jump within the year",
        why="Agreements may change in a year (since 2018), but by a few per cent; a jump often is an error.",
        kinds=CLAIMS,
        severity="warn",
        metrics=measure_price_jumps,
        expectation=NO_FINDINGS,
        expected="a price within a factor price_jump_factor of the median of the three months before",
        cause="a correction booked in one month, or an agreement that changed",
        action=f"{USED}; the price of the year is the mean of its months",
        next_step="ask the Wlz-uitvoerder what changed in that month",
    ),
)
