"""Rules on derived prices. They judge a stage's table, not a delivery; prices in the claims: ``claim_prices.py``.

``RULES`` judge the volumes without a price. ``PRICE_RULES`` judge the prices of the headline scenario beside the euro
they carry: prestatiecode, wlz_uitvoerder, price_source, discount_ratio, claims_volume, reported_price_eur_per_unit,
unit_factor, unit_status, unit_evidence, price_flags, and expected_eur, the year's volume × price.
"""

import polars as pl

from expectations.judging.finding import keep_largest, one_each
from expectations.judging.rule import NO_FINDINGS, Rule, TableView

UNIT_FINDINGS = (
    "unit_error_confirmed",
    "unit_error_unconfirmed",
    "scale_error",
    "volume_factor_60",
    "ambiguous",
    "other_unit",
)


def measure_missing_prices(view: TableView) -> pl.DataFrame:
    """Series with a forecast volume and no price, valued at the national mean price of the prestatie."""
    at_stake = pl.col("amount_at_stake_eur").cast(pl.Float64)
    return keep_largest(_findings(view.frame, at_stake, "forecast_year_volume"))


def measure_ratios_above_one(view: TableView) -> pl.DataFrame:
    """Series whose price of the year before lies above the maximum of that year, with the euro above it.

    A ratio that a wrong unit explains, and that was not corrected, is left to the check on units of agreements.
    """
    by_unit = (pl.col("unit_factor") == 1) & pl.col("unit_status").is_in(UNIT_FINDINGS)
    above = view.frame.filter(_has_flag("ratio_above_one"), ~by_unit)
    at_stake = (1 - 1 / pl.col("discount_ratio")) * pl.col("expected_eur").cast(pl.Float64)
    return keep_largest(_findings(above, at_stake, pl.col("discount_ratio").round(4), "price_source"))


def measure_thin_prices(view: TableView) -> pl.DataFrame:
    """Series priced by less than ``thin_price_ratio`` of the volume of the year; the euro is that of the series."""
    is_large = pl.col("expected_eur").cast(pl.Float64) >= view.assumptions["series_warning_minimum_eur"]
    thin = view.frame.filter(_has_flag("thin_price"), is_large)
    return keep_largest(_findings(thin, pl.col("expected_eur").cast(pl.Float64), "claims_volume"))


def measure_agreed_units(view: TableView) -> pl.DataFrame:
    """Agreements in another unit than the claims, or with a wrong amount, of which the price is used (source b).

    What was done about the price stands beside it; the euro is that of the series.
    """
    return _agreed_units(view, pl.col("price_source") == "b")


def measure_unused_agreed_units(view: TableView) -> pl.DataFrame:
    """The same where the price has another source: nothing rests on the agreement, so no euro is at stake."""
    return _agreed_units(view, pl.col("price_source") != "b")


def _agreed_units(view: TableView, which: pl.Expr) -> pl.DataFrame:
    found = view.frame.filter(pl.col("unit_status").is_in(UNIT_FINDINGS), which)
    is_used = pl.col("price_source") == "b"
    wording = pl.concat_str(
        pl.lit("found"),
        "unit_status",
        pl.when(pl.col("unit_evidence").is_null()).then(pl.lit("no_evidence")).otherwise(pl.lit("evidence")),
        pl.lit("price"),
        pl.when(pl.col("unit_factor") != 1).then(pl.lit("divided")).otherwise(pl.lit("as_agreed")),
        pl.when(is_used).then(pl.lit("used")).otherwise(pl.lit("unused")),
        separator=" ",
    )
    at_stake = pl.when(is_used).then(pl.col("expected_eur").cast(pl.Float64)).otherwise(0.0)
    reported = pl.col("reported_price_eur_per_unit").round(2).cast(pl.Decimal(18, 2)).cast(pl.Float64)
    figures = ("unit_status", "unit_evidence", pl.col("unit_factor").round(2), reported.alias("reported_price"))
    return keep_largest(_findings(found, at_stake, wording.alias("wording"), *figures))


def measure_list_tariffs(view: TableView) -> pl.DataFrame:
    """Series priced by maximum tariffs of the list of codes, which nobody delivered; the euro is that of the series."""
    found = view.frame.filter(_has_flag("list_tariff"))
    return keep_largest(_findings(found, pl.col("expected_eur").cast(pl.Float64), "price_source"))


def _has_flag(flag: str) -> pl.Expr:
    return pl.col("price_flags").fill_null("").str.split(",").list.contains(flag)


def _findings(frame: pl.DataFrame, at_stake: pl.Expr, *figures: str | pl.Expr) -> pl.DataFrame:
    about = ("wlz_uitvoerder", "prestatiecode")
    return frame.select(*about, one_each(), at_stake.alias("at_stake_eur"), *figures)


RULES = (
    Rule(
        check_id="P05",
        title="volume without a price",
        why="A volume without a price counts as € 0: a hidden shortage.",
        kinds=("prices",),
        severity="warn",
        metrics=measure_missing_prices,
        expectation=NO_FINDINGS,
        expected="a price for every prestatie with a volume",
        action="The volume counts as € 0 in the totals",
        next_step="ask the Wlz-uitvoerder for an agreed price, or correct the code",
    ),
)

PRICE_RULES = (
    Rule(
        check_id="P06",
        title="price of the year before above its maximum",
        why="A discount ratio above 1 puts the price of this year above the legal maximum as well.",
        kinds=("prices",),
        severity="warn",
        metrics=measure_ratios_above_one,
        expectation=NO_FINDINGS,
        expected="an agreed or declared price at most at the maximum of its year",
        cause="NHC or NIC held in a price that says it has none, or a tariff of another prestatie",
        action="The price is used as it follows from the ratio",
        next_step="ask the Wlz-uitvoerder for the agreed price, or give an override with a reason",
    ),
    Rule(
        check_id="P07",
        title="thin price",
        why="The first claims of a year are no sample of it (letter, note 3), and the whole year is valued at them.",
        kinds=("prices",),
        severity="info",
        metrics=measure_thin_prices,
        expectation=NO_FINDINGS,
        expected="claims of thin_price_ratio of the year or more behind a price, from € series_warning_minimum_eur",
        cause="a delivery early in the year, or a code with few claims so far",
        action="The price is used",
        next_step="compare it with the price of the year before (wlz explain PRESTATIECODE/UITVOERDER)",
    ),
    Rule(
        check_id="P08",
        title="price on a tariff of the list",
        why="Maximum tariffs are delivered each year; those of the list of codes stand in where one was not.",
        kinds=("prices",),
        severity="info",
        metrics=measure_list_tariffs,
        expectation=NO_FINDINGS,
        expected="a delivered maximum tariff of both years behind every price that is derived from one",
        cause="beleidsregelwaarden that lack a prestatie or year, or were not delivered",
        action="The tariff of the list is used",
        next_step="compare it with the policy rule of the year, or deliver beleidsregelwaarden",
    ),
    Rule(
        check_id="U-agreed",
        title="agreement in another unit",
        why="An agreement in hours where claims are in minutes makes the price 60 times too high (letter, A.2.2).",
        kinds=("prices",),
        severity="warn",
        metrics=measure_agreed_units,
        expectation=NO_FINDINGS,
        expected="agreed and declared prices in the same unit",
        cause="hours agreed under the code of minutes",
        action="About 60 times is divided by 60 as the NZa does, every other price is used as agreed",
        next_step="ask the Wlz-uitvoerder to confirm the unit of the agreements that were not confirmed by the volume",
    ),
    Rule(
        check_id="U-agreed-unused",
        title="agreement in another unit, not used",
        why="The claims have a price of their own now; without them the agreement would count again.",
        kinds=("prices",),
        severity="info",
        metrics=measure_unused_agreed_units,
        expectation=NO_FINDINGS,
        expected="agreed and declared prices in the same unit",
        cause="hours agreed under the code of minutes",
        action="Nothing rests on these agreements",
        next_step="nothing; the Wlz-uitvoerder may want to mend them",
    ),
)
