"""Units of claims (checks U01–U04, catalogue "unit confusion"): what r and q say, and what a provider is held against.

r = observed ÷ reference price, q = observed ÷ reference volume. Every provider claims 6,000 a month at € 0.90 from
January 2016 to April 2018 unless a test says otherwise; the delivery is of May 2018, so 2017 and 2018 are judged.
"""

import math
from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wlz.claims.prices import maximum_prices
from wlz.claims.unit_fit import OTHER_UNIT_FACTORS, SCALE_FACTORS, factor_tolerances, fit_unit
from wlz.claims.units import (
    CONFUSED_WITH,
    PLACE,
    agreed_prices,
    judge_claim_units,
    mean_price_effect,
    select_years,
    sum_years,
)

DELIVERY = date(2018, 5, 1)
MONTHS = pl.date_range(date(2016, 1, 1), date(2018, 4, 1), "1mo", eager=True)
START_2018 = date(2018, 1, 1)
PRICE, VOLUME = 0.90, 6000.0
ASSUMPTIONS = {
    "unit_factor_hours_minutes": 60.0,
    "unit_factor_tolerance": 1.25,
    "unit_volume_tolerance": 0.35,
    "unit_reference_minimum_providers": 3,
    "unit_reference_minimum_months": 6,
    "unit_volume_minimum_lag_months": 2,
}
PRESTATIES = pl.DataFrame(
    {
        "prestatiecode": ["H104", "F125", "Q103", "H811", "Z025", "H900"],
        "unit_code": ["01", "04", "07", "16", "14", "81"],
    }
)
CODE_OF_UNIT = {"01": "H104", "04": "F125", "07": "Q103", "16": "H811", "14": "Z025", "81": "H900"}
NO_MAXIMUM = pl.DataFrame(
    schema={
        "year": pl.Int32,
        "prestatiecode": pl.String,
        "maximum_eur_per_unit": pl.Float64,
        "nhc_nic_eur_per_unit": pl.Float64,
    }
)
NO_AGREEMENTS = pl.DataFrame(
    schema={**dict.fromkeys(PLACE, pl.String), "agreed": pl.Float64, "agreed_month_volume": pl.Float64}
)
ALWAYS = pl.lit(True)
SINCE_2018 = pl.col("care_month") >= START_2018
WRONG = pl.col("agb_code") == "A"


def claimed(
    providers: str = "ABCDE", unit_code: str = "01", price: float = PRICE, volume: float = VOLUME
) -> pl.DataFrame:
    """Steady claims of one prestatie by a provider per letter."""
    return pl.DataFrame({"agb_code": list(providers)}).join(MONTHS.to_frame("care_month"), how="cross").select(
        pl.lit("5508").alias("zorgkantoor_code"),
        "agb_code",
        pl.lit(CODE_OF_UNIT[unit_code]).alias("prestatiecode"),
        pl.lit(unit_code).alias("unit_code"),
        "care_month",
        pl.lit(volume).alias("volume"),
        pl.lit(volume * price).alias("amount_eur"),
    )  # fmt: skip


def shift(claims: pl.DataFrame, r: float, q: float, where: pl.Expr = SINCE_2018, who: pl.Expr = WRONG) -> pl.DataFrame:
    """Price times r and volume times q in some months of some providers."""
    hit = who & where
    return claims.with_columns(
        volume=pl.when(hit).then(pl.col("volume") * q).otherwise("volume"),
        amount_eur=pl.when(hit).then(pl.col("amount_eur") * r * q).otherwise("amount_eur"),
    )


def judge(
    claims: pl.DataFrame, agreed: pl.DataFrame = NO_AGREEMENTS, maximum: pl.DataFrame = NO_MAXIMUM, **changes: float
) -> pl.DataFrame:
    selected = select_years(claims, DELIVERY)
    assumptions = {**ASSUMPTIONS, **changes}
    return judge_claim_units(selected, sum_years(selected, PRESTATIES), agreed, maximum, DELIVERY, assumptions)


# --- the decision table --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit_code", "r", "q", "status"),
    [
        # hours under the code of minutes, and the reverse
        ("01", 60.0, 1 / 60, "unit_error_confirmed"),
        ("01", 48.0, 1 / 48, "unit_error_confirmed"),  # 60 ÷ 1.25
        ("01", 75.0, 1 / 75, "unit_error_confirmed"),  # 60 × 1.25
        ("04", 1 / 60, 60.0, "unit_error_confirmed"),
        ("01", 60.0, 1 / 43, "unit_error_confirmed"),  # ln(60/43) = 0.333 is within 0.35
        ("01", 60.0, 1 / 42, "unit_error_unconfirmed"),  # ln(60/42) = 0.357 is not
        ("01", 75.1, 1 / 75.1, None),
        # other factors, where the unit allows them
        ("04", 12.0, 1 / 12, "other_unit"),
        ("07", 12.0, 1 / 12, "other_unit"),
        ("04", 4.0, 1 / 4, "other_unit"),
        ("16", 1 / 4, 4.0, "other_unit"),
        ("16", 1 / 240, 240.0, "other_unit"),
        ("14", 7.0, 1 / 7, "other_unit"),
        ("14", 1 / 24, 24.0, "other_unit"),
        ("14", 1 / 1440, 1440.0, "other_unit"),
        ("14", 31.0, 1 / 31, "other_unit"),
        ("04", 4.0, 0.1, "other_unit"),  # the volume does not confirm it
        # the same ratios where no such unit is confused with it
        ("14", 60.0, 1 / 60, None),
        ("81", 60.0, 1 / 60, None),
        ("81", 4.0, 1 / 4, None),
        ("04", 27.0, 1 / 27, "other_unit"),  # hours know 24, not the month of an etmaal
        # the amount is wrong
        ("01", 60.0, 1.0, "scale_error"),
        ("04", 12.0, 1.0, "scale_error"),
        ("14", 100.0, 1.0, "scale_error"),
        ("81", 1 / 1000, 1.0, "scale_error"),
        ("14", 100.0, 0.01, "other_unit"),  # the amount is right, so no cents
        # two factors within the tolerance
        ("14", 24.4, 1 / 24.4, "ambiguous"),
        ("14", 27.0, 1 / 27, "ambiguous"),
        ("14", 1 / 30, 1.0, "ambiguous"),
        # volume and amount inflated at the right price
        ("01", 1.0, 60.0, "volume_factor_60"),
        ("04", 1.2, 60.0, "volume_factor_60"),
        ("01", 1.0, 41.0, None),  # ln(60/41) = 0.381
        ("14", 1.0, 60.0, None),  # an etmaal has no sixtieth
        ("14", 1.0, 24.0, None),
        # mixtures: no factor, the amount unchanged
        ("01", 2.0, 1 / 2, "mixture"),
        ("04", 1 / 16, 16.0, "mixture"),
        ("01", 47.0, 1 / 47, "mixture"),
        ("16", 2.0, 1 / 2, "mixture"),
        ("01", 2.0, 1.0, None),  # a plain difference of prices
        ("01", 1.4, 1 / 1.4, None),
        # nothing
        ("01", 1.0, 1.0, None),
        ("01", 1.2, 3.0, None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("providers", ["A", "ABCDE", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"])
def test_verdict_from_price_and_volume(providers: str, unit_code: str, r: float, q: float, status: str | None) -> None:
    found = judge(shift(claimed(providers, unit_code), r, q))
    assert found["status"].to_list() == ([] if status is None else [status])
    if status is not None:
        row = found.row(0, named=True)
        months = 3 if status == "volume_factor_60" else 4  # April is at lag 1: its price tells, its volume does not
        assert (row["agb_code"], row["first_month"], row["months_count"]) == ("A", START_2018, months)
        assert (row["price_ratio"], row["volume_ratio"]) == (pytest.approx(r), pytest.approx(q))
        assert row["reference"] == "own"


def test_both_candidates_of_an_ambiguous_price_are_named_with_their_distance() -> None:
    """ln(27/24) = 0.118, ln(30.4375/27) = 0.120."""
    found = judge(shift(claimed(unit_code="14"), 27.0, 1 / 27))
    (candidates,) = found["candidates"].to_list()
    assert [(one["factor"], round(one["distance"], 2)) for one in candidates] == [(24.0, 0.12), (30.4375, 0.12)]


@pytest.mark.parametrize(
    ("unit_code", "r", "share"),
    [
        ("04", 1 / 16, 15 / 59),  # a quarter of the real volume in minutes: w = (1/r − 1) ÷ 59
        ("01", 10.0, 9 / 59),  # a part of the reported volume in hours: w = (r − 1) ÷ 59
        ("16", 2.5, 0.5),  # half of the reported dagdelen are in another unit: (r − 1) ÷ 3
    ],
)
def test_mixture_names_the_share_that_explains_it(unit_code: str, r: float, share: float) -> None:
    found = judge(shift(claimed(unit_code=unit_code), r, 1 / r))
    assert found["share"].item() == pytest.approx(share)


def test_mixture_of_real_lines_gives_back_its_share() -> None:
    """A quarter of 6,000 hours counted in minutes: 4,500 + 90,000 units, r = 6,000 ÷ 94,500 = 1/15.75."""
    found = judge(shift(claimed(unit_code="04"), 6000 / 94_500, 94_500 / 6000))
    assert found["share"].item() == pytest.approx(0.25)


@given(
    st.floats(-8, 8),
    st.one_of(st.none(), st.floats(-8, 8)),
    st.sampled_from([60.0, 24.0, None]),
)
def test_price_too_high_and_too_low_are_judged_alike(log_price: float, log_volume: float | None, mixed: float) -> None:
    """r and q to 1/r and 1/q: the same kind and factor. Only an inflated volume has no mirror image."""
    tolerances = factor_tolerances((60.0, *OTHER_UNIT_FACTORS, *SCALE_FACTORS), math.log(1.25))
    fixed = {"same": math.log(1.25), "spread": 0.35, "mixed": mixed}
    one = fit_unit(log_price, log_volume, tolerances, **fixed)
    other = fit_unit(-log_price, None if log_volume is None else -log_volume, tolerances, **fixed)
    if "volume" not in (one.kind, other.kind):
        assert one == other


@given(st.floats(0.01, 1000.0), st.floats(0.01, 1000.0))
def test_size_of_a_provider_and_level_of_prices_do_not_matter(size: float, level: float) -> None:
    found = judge(shift(claimed("ABC", volume=VOLUME * size, price=PRICE * level), 60.0, 1 / 60))
    assert found["status"].to_list() == ["unit_error_confirmed"]


def test_every_unit_has_factors_of_the_catalogue_only() -> None:
    assert {factor for factors in CONFUSED_WITH.values() for factor in factors} == set(OTHER_UNIT_FACTORS)


# --- which months --------------------------------------------------------------------------------------------------


def test_error_in_the_last_month_alone_is_found_but_not_confirmed() -> None:
    """April is at lag 1, its volume incomplete: the price alone speaks."""
    april = pl.col("care_month") == date(2018, 4, 1)
    found = judge(shift(claimed(), 60.0, 0.4 / 60, april)).row(0, named=True)
    assert (found["status"], found["months_count"]) == ("unit_error_unconfirmed", 1)
    assert found["volume_ratio"] is None


def test_incomplete_last_month_does_not_blur_the_volume_of_the_others() -> None:
    april = pl.col("care_month") == date(2018, 4, 1)
    late = shift(shift(claimed(), 60.0, 1 / 60), 1.0, 0.1, april)
    found = judge(late).row(0, named=True)
    assert (found["status"], found["months_count"]) == ("unit_error_confirmed", 4)
    assert found["volume_ratio"] == pytest.approx(1 / 60)


def test_months_amid_right_ones_are_found_by_themselves() -> None:
    spring = pl.col("care_month").is_between(date(2017, 3, 1), date(2017, 5, 1))
    found = judge(shift(claimed(), 60.0, 1 / 60, spring)).row(0, named=True)
    assert (found["first_month"], found["last_month"], found["months_count"]) == (
        date(2017, 3, 1),
        date(2017, 5, 1),
        3,
    )
    assert (found["last_year"], found["amount_eur"]) == (2017, pytest.approx(3 * VOLUME * PRICE))


def test_two_errors_of_one_provider_are_two_findings() -> None:
    hours = shift(claimed(unit_code="04"), 1 / 60, 60.0, pl.col("care_month") == date(2017, 3, 1))
    both = shift(hours, 4.0, 1 / 4, pl.col("care_month") == date(2017, 6, 1))
    assert sorted(judge(both)["status"]) == ["other_unit", "unit_error_confirmed"]


def test_right_claims_after_a_wrong_year_before_are_not_called_wrong() -> None:
    """2016 in hours, right since: own past is far from the other providers and is no reference."""
    assert judge(shift(claimed(), 60.0, 1 / 60, pl.col("care_month") < date(2017, 1, 1))).is_empty()


def test_months_without_a_price_are_passed_over() -> None:
    """A correction that takes all away (0), or more (negative), has no price to judge."""
    march = pl.col("care_month") == date(2018, 3, 1)
    for q in (0.0, -0.1):
        assert judge(shift(claimed(), 1.0, q, march)).is_empty()


# --- what a provider is held against -------------------------------------------------------------------------------


def agreement(*rows: tuple[str, str, float, float, str]) -> pl.DataFrame:
    """agb_code, unit, volume, amount, includes NHC and NIC: agreed for H104 in 2017."""
    names = {"agb_code": pl.String, "unit_code": pl.String, "volume": pl.Float64, "amount_eur": pl.Float64}
    frame = pl.DataFrame(rows, schema={**names, "includes_nhc_nic": pl.String}, orient="row")
    return frame.with_columns(
        year=pl.lit(2017, dtype=pl.Int32), zorgkantoor_code=pl.lit("5508"), prestatiecode=pl.lit("H104")
    )


def agreed(*rows: tuple[str, str, float, float, str], maximum: pl.DataFrame = NO_MAXIMUM) -> pl.DataFrame:
    return agreed_prices(agreement(*rows), PRESTATIES, maximum)


def maximum_of(per_hour: float, nhc_per_hour: float = 0.0) -> pl.DataFrame:
    tariffs = pl.DataFrame(
        {
            "year": [2017, 2018],
            "prestatiecode": ["H104"] * 2,
            "unit_code": ["04"] * 2,
            "max_tariff_excl_eur_per_unit": [per_hour - nhc_per_hour] * 2,
            "nhc_full_eur_per_unit": [nhc_per_hour] * 2,
            "nic_full_eur_per_unit": [None, 0.0],
        }
    )
    return maximum_prices(tariffs, PRESTATIES)


def test_error_of_all_years_is_held_against_the_agreement() -> None:
    """Own past is as wrong as today. Agreed 72,000 minutes a year at € 0.90: a twelfth is the usual month."""
    found = judge(shift(claimed(), 60.0, 1 / 60, ALWAYS), agreed(("A", "01", 72_000.0, 64_800.0, "ja")))
    row = found.row(0, named=True)
    assert (row["reference"], row["status"], row["months_count"]) == ("agreed", "unit_error_confirmed", 16)
    assert row["usual_volume"] == pytest.approx(6000.0)


def test_without_an_agreement_the_national_median_is_the_reference_and_confirms_no_volume() -> None:
    row = judge(shift(claimed(), 60.0, 1 / 60, ALWAYS)).row(0, named=True)
    assert (row["reference"], row["status"]) == ("national", "unit_error_unconfirmed")
    assert row["reference_price"] == pytest.approx(PRICE)


def test_agreement_in_hours_is_no_reference() -> None:
    """The claims are right and the agreement says minutes but holds hours: nothing is wrong with the claims."""
    in_hours = agreed(("A", "01", 1200.0, 64_800.0, "ja"))
    assert judge(claimed(), in_hours).is_empty()
    assert judge(claimed("A"), in_hours, maximum_of(60.0)).is_empty()


def test_agreement_declared_in_hours_is_converted() -> None:
    found = judge(shift(claimed(), 60.0, 1 / 60, ALWAYS), agreed(("A", "04", 1200.0, 64_800.0, "ja")))
    assert (found["reference"].item(), found["status"].item()) == ("agreed", "unit_error_confirmed")


def test_agreement_without_nhc_is_compared_with_it() -> None:
    """€ 0.45 agreed + € 0.45 NHC is the € 0.90 of the claims; without it r would be 120."""
    maximum = maximum_of(60.0, nhc_per_hour=27.0)
    rows = agreed(("A", "01", 72_000.0, 32_400.0, "nee"), maximum=maximum)
    assert rows["agreed"].exp().item() == pytest.approx(0.90)


def test_two_providers_are_no_national_median_but_the_legal_maximum_tells() -> None:
    """Which of two is wrong, their prices do not say. € 54.00 against a maximum of € 1.00 a minute is 54 times."""
    wrong = shift(claimed("AB"), 60.0, 1 / 60, ALWAYS)
    assert judge(wrong).is_empty()
    row = judge(wrong, maximum=maximum_of(60.0)).row(0, named=True)
    assert (row["agb_code"], row["reference"], row["status"]) == ("A", "maximum", "unit_error_unconfirmed")
    assert row["price_ratio"] == pytest.approx(54.0)


def test_unit_declared_as_hours_is_converted_before_it_is_compared() -> None:
    """100 hours at € 54.00 are 6,000 minutes at € 0.90; the same hours holding minutes are a sixtieth of the price."""
    in_hours = claimed("A").with_columns(unit_code=pl.lit("04"), volume=pl.lit(100.0), amount_eur=pl.lit(5400.0))
    others = claimed("BCDE")
    assert judge(pl.concat([in_hours, others])).is_empty()
    row = judge(pl.concat([shift(in_hours, 1 / 60, 60.0, ALWAYS), others])).row(0, named=True)
    assert (row["unit_code"], row["status"]) == ("04", "unit_error_unconfirmed")


def test_delivery_without_providers_is_judged_per_zorgkantoor() -> None:
    whole = claimed("A").with_columns(agb_code=pl.lit(None, dtype=pl.String))
    found = judge(shift(whole, 60.0, 1 / 60, who=ALWAYS))
    assert (found["agb_code"].item(), found["status"].item()) == ("", "unit_error_confirmed")


def test_noisy_prestatie_widens_the_tolerance_up_to_half_way() -> None:
    """Prices spread by ln 1.5 = 0.41 around the median: MAD 0.405, 2 sd = 1.2, cut at half of ln(100/60) for 60."""
    spread = {"A": 1.0, "B": 1.5, "C": 1.5, "D": 1 / 1.5, "E": 1 / 1.5}
    noisy = claimed().with_columns(amount_eur=pl.col("amount_eur") * pl.col("agb_code").replace_strict(spread))
    assert judge(shift(claimed(), 76.0, 1 / 76)).is_empty()  # ln(76/60) = 0.236 > 0.223
    assert judge(shift(noisy, 76.0, 1 / 76))["status"].to_list() == ["unit_error_confirmed"]  # < 0.255
    assert factor_tolerances([60.0, 100.0], 0.223, 1.2)[60.0] == pytest.approx(math.log(100 / 60) / 2)


# --- what it does to the mean price --------------------------------------------------------------------------------

PLACES = pl.DataFrame({"zorgkantoor_code": ["5508"], "wlz_uitvoerder": ["VGZ"]})


@pytest.mark.parametrize(
    ("r", "q", "with_it", "without"),
    [
        (60.0, 1 / 60, 10_800 / 6100, 0.90),  # two providers: € 5,400 each, on 6,000 + 100 units a month
        (60.0, 1.0, (5400 + 324_000) / 12_000, 0.90),  # the amount was wrong
        (10.0, 0.1, 10_800 / 6600, 0.90),  # a mixture
        (1.0, 60.0, 0.90, 0.90),  # volume and amount both: the price never shows it
    ],
)
def test_mean_price_of_the_uitvoerder_with_and_without_the_error(
    r: float, q: float, with_it: float, without: float
) -> None:
    selected = select_years(shift(claimed("AB"), r, q), DELIVERY)
    years = sum_years(selected, PRESTATIES)
    verdicts = judge_claim_units(selected, years, NO_AGREEMENTS, NO_MAXIMUM, DELIVERY, ASSUMPTIONS)
    row = mean_price_effect(verdicts, years, PLACES).row(0, named=True)
    assert (row["wlz_uitvoerder"], row["last_year"]) == ("VGZ", 2018)
    assert row["mean_price"] == pytest.approx(with_it)
    assert row["mean_price_without"] == pytest.approx(without)


def test_ambiguous_unit_has_no_price_without_the_error() -> None:
    selected = select_years(shift(claimed("AB", unit_code="14"), 27.0, 1 / 27), DELIVERY)
    years = sum_years(selected, PRESTATIES)
    verdicts = judge_claim_units(selected, years, NO_AGREEMENTS, NO_MAXIMUM, DELIVERY, ASSUMPTIONS)
    assert mean_price_effect(verdicts, years, PLACES)["mean_price_without"].item() is None
