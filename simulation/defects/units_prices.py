"""Defects in units and prices of the claims: volumes in another unit, wrong amounts, prices nobody would agree to.

Planted in the months the rules judge, the year of the last delivery and the year before, so that the provider's own
earlier price stays what it was; ``unit_error`` alone is in every month. ``price_outlier`` begins with a delivery, in
the care month that is new then: what was delivered before keeps its price.
"""

from dataclasses import replace
from datetime import date

import polars as pl

from simulation.claims import claims_frame
from simulation.defects.planting import (
    PROVIDER,
    PROVIDER_SIZES,
    SERIES_SIZES,
    Defect,
    Outcome,
    Plant,
    Planted,
    Target,
    care_month,
    care_months,
    choose_provider,
    choose_series,
    euro,
    matches,
    rank_of_size,
    scale_rows,
    series_rows,
    sized,
    span,
)
from simulation.inputs import SIZES
from simulation.tariffs import tariffs_per_claim_unit
from wlz.words.months import month_date, month_number

MINUTES, DAGDEEL, DAY = "01", "16", "14"
MINUTES_IN_HOUR = 60
HOURS_IN_DAGDEEL = 4
BETWEEN_DAY_AND_MONTH = 27  # fits hours for days (24) as well as days for months (30.44)
SHARE_IN_HOURS = 0.5  # price 1.97 times too high; a quarter gives 1.33, which no mixture is told from
AMOUNT_SCALE = 100  # cents for euro
ABOVE_MAXIMUM_RATIO = 1.6
OUTLIER_RATIO = 1 / 1.6  # down, as the jump: below the maximum, so that rule P01 has nothing to say
OUTLIER_DELIVERIES = 4  # up to May all care months of the year: its mean price is wrong, not that of a month or two
YEAR_MONTHS = 12
JUMP_RATIO = 0.8
JUMP_LAGS = (1, 2)
USED_MONTHS = 24  # a provider and prestatie with fewer months is too thin for a unit error
SERIES_KEY = (*PROVIDER, "prestatiecode")


def _unit_error(target: Target) -> Outcome:
    minutes = target.frame.filter(pl.col("eenheid") == MINUTES).group_by(SERIES_KEY)
    often = (
        minutes.agg(pl.len(), pl.col("bedrag").cast(pl.Float64).sum())
        .filter(pl.col("len") >= USED_MONTHS)
        .sort("bedrag", *SERIES_KEY)
    )
    drawn = int(target.rng.integers(rank_of_size("small", often.height), often.height))  # never below a small one
    if target.size != "medium":
        drawn = rank_of_size(target.size, often.height)
    where = {name: str(value) for name, value in often.select(SERIES_KEY).row(drawn, named=True).items()}
    hit = matches(where)
    rows = target.frame.filter(hit)
    changed = _divide_volume(target.frame, hit, MINUTES_IN_HOUR)
    words = "volume in hours under unit 01 in every care month, so the price is 60 times too high"
    return target.with_frame(changed), [Planted(where, rows.height, euro(rows), words)]


def _divide_volume(frame: pl.DataFrame, hit: pl.Expr, factor: float) -> pl.DataFrame:
    volume = (pl.col("aantal") / factor).round(2)
    return frame.with_columns(aantal=pl.when(hit).then(volume).otherwise(pl.col("aantal")))


def _judged_months(target: Target) -> list[str]:
    """Care months from January of the year before the last delivery."""
    count = month_number(target.until) - month_number(date(target.until.year - 1, 1, 1))
    return care_months(target, 1, count)


def _in_unit(unit: str, words: str, *, volume: float = 1.0, amount: float = 1.0) -> Plant:
    """A provider and prestatie with volume and amount multiplied in the judged months.

    The euro is what the amount changed by; where the amount is right, that of the claims concerned.
    """

    def plant(target: Target) -> Outcome:
        months = _judged_months(target)
        of_unit = target.frame.filter(pl.col("eenheid") == unit)
        where = choose_provider(target, of_unit, months, "prestatiecode", "eenheid")
        hit = matches(where) & pl.col("zorgmaand").is_in(months)
        rows = target.frame.filter(hit)
        changed = scale_rows(target.frame, hit, volume=volume, amount=amount)
        at_stake = euro(rows) if amount == 1 else euro(changed.filter(hit)) - euro(rows)
        where = {**where, "zorgmaand": span(months)}
        return target.with_frame(changed), [Planted(where, rows.height, at_stake, words)]

    return plant


def _price_above_max(target: Target) -> Outcome:
    year = care_month(target, 1)[:4]
    tariff, nhc, nic = tariffs_per_claim_unit(target.world.reference, target.world.prestaties, int(year))
    maximum = target.world.prestaties.select("prestatiecode").with_columns(
        tariff=pl.Series(tariff), maximum=pl.Series(tariff + nhc + nic)
    )
    maximum = maximum.filter(pl.col("tariff") > 0)
    months = [month for month in _judged_months(target) if month[:4] == year]
    with_maximum = target.frame.join(maximum, on="prestatiecode", how="semi")
    where = choose_provider(target, with_maximum, months, "prestatiecode")
    hit = matches(where) & pl.col("zorgmaand").is_in(months)
    changed = scale_rows(target.frame, hit, amount=ABOVE_MAXIMUM_RATIO)
    rows = changed.filter(hit).join(maximum, on="prestatiecode")
    excess = euro(rows) - float((rows["aantal"] * rows["maximum"]).sum())
    words = "amounts times 1.6 in the months of the year; the euro is what lies above the maximum incl. NHC and NIC"
    where = {**where, "zorgmaand": span(months)}
    return target.with_frame(changed), [Planted(where, rows.height, excess, words)]


def _reprice(target: Target, series: tuple[int, str], months: list[str], ratio: float, words: str) -> Outcome:
    """An uitvoerder and prestatie at another price in these months; the euro is the change."""
    hit, where = series_rows(target, series, months)
    rows = target.frame.filter(hit)
    changed = scale_rows(target.frame, hit, amount=ratio)
    difference = abs(euro(changed.filter(hit)) - euro(rows))
    return target.with_frame(changed), [Planted(where, rows.height, difference, words)]


def _price_outlier(target: Target) -> Outcome:
    """Wrong from the first delivery with the fault on: of a care month that is new then, and of those after it."""
    first = month_date(month_number(target.until) - OUTLIER_DELIVERIES + 1)
    before_planting = replace(target, file=target.with_frame(claims_frame(target.claims, first)))
    known = care_months(target, OUTLIER_DELIVERIES, OUTLIER_DELIVERIES + YEAR_MONTHS - 1)
    series = choose_series(before_planting, known)  # the same one in every delivery
    back = month_number(target.until) - month_number(target.file.delivery_month)
    months = care_months(target, back + 1, OUTLIER_DELIVERIES)
    words = "amounts divided by 1.6; the euro is what that takes off these months"
    return _reprice(target, series, months, OUTLIER_RATIO, words)


def _price_jump(target: Target) -> Outcome:
    months = care_months(target, *JUMP_LAGS)
    words = "amounts a fifth lower; the euro is what that takes off the two months"
    return _reprice(target, choose_series(target, months), months, JUMP_RATIO, words)


DEFECTS: dict[str, Defect] = {
    "unit_error": Defect(
        "Claims of one provider and prestatie in hours under the code of minutes; the amount is right.",
        "U01",
        sized("a small provider and prestatie", "a drawn one", "the largest provider and prestatie"),
        0,
        _unit_error,
    ),
    "other_unit": Defect(
        "Claims of one provider and prestatie in hours under the code of dagdelen; the amount is right.",
        "U02",
        PROVIDER_SIZES,
        23,
        _in_unit(
            DAGDEEL,
            "volume in hours under unit 16, so the price is a quarter; the euro is that of these claims",
            volume=HOURS_IN_DAGDEEL,
        ),
    ),
    "unit_mixture": Defect(
        "Half of the volume of one provider and prestatie in hours under the code of minutes; the amount is right.",
        "U03",
        PROVIDER_SIZES,
        24,
        _in_unit(
            MINUTES,
            "half of the volume in hours, so the price is 1.97 times too high; the euro is that of these claims",
            volume=1 - SHARE_IN_HOURS + SHARE_IN_HOURS / MINUTES_IN_HOUR,
        ),
    ),
    "unit_ambiguous": Defect(
        "Days of one provider and prestatie divided by 27: hours, months, nobody can tell; the amount is right.",
        "U04",
        PROVIDER_SIZES,
        25,
        _in_unit(
            DAY,
            "volume divided by 27, which fits 24 and 30.44; the euro is that of these claims",
            volume=1 / BETWEEN_DAY_AND_MONTH,
        ),
    ),
    "scale_error": Defect(
        "Amounts of one provider and prestatie in cents; the volume is right.",
        "U-scale",
        PROVIDER_SIZES,
        26,
        _in_unit(MINUTES, "amount times 100; the euro is what was added to it", amount=AMOUNT_SCALE),
    ),
    "volume_factor_60": Defect(
        "Volume and amount of one provider and prestatie 60 times too high, at the usual price.",
        "U-volume",
        PROVIDER_SIZES,
        27,
        _in_unit(
            MINUTES,
            "volume and amount times 60; the euro is what was added to the amount",
            volume=MINUTES_IN_HOUR,
            amount=MINUTES_IN_HOUR,
        ),
    ),
    "price_above_max": Defect(
        "Amounts of one provider and prestatie times 1.6, above the maximum tariff, in all months of the year.",
        "P01",
        PROVIDER_SIZES,
        28,
        _price_above_max,
    ),
    "price_outlier": Defect(
        "The price of one uitvoerder and prestatie divided by 1.6, in the care months new in the last four deliveries.",
        "P03",
        SERIES_SIZES,
        29,
        _price_outlier,
        touched=sized(*(tuple(range(OUTLIER_DELIVERIES)) for _ in SIZES)),
        needed=sized(*(OUTLIER_DELIVERIES - 1 for _ in SIZES)),
    ),
    "price_jump": Defect(
        "The price of one uitvoerder and prestatie a fifth lower in the last two care months.",
        "P04",
        SERIES_SIZES,
        30,
        _price_jump,
    ),
}
