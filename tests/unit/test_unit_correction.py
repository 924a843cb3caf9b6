"""Verdict on the unit of an agreed price: annex A.2.2 of the letter (around 60 times), checks U01–U04."""

import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wlz.claims.unit_fit import GRAVITY, correct_units, judge_unit, summarise_units

ASSUMPTIONS = {
    "unit_factor_hours_minutes": 60.0,
    "unit_factor_tolerance": 1.25,
    "unit_volume_tolerance": 0.35,
    "price_outlier_factor": 1.25,
}


@pytest.mark.parametrize(
    ("price_ratio", "volume_ratio", "status", "factor"),
    [
        # around 60 times the declared price: always divided, the volume says how sure
        (60.0, 1 / 60, "unit_error_confirmed", 60.0),
        (48.0, 1 / 60, "unit_error_confirmed", 60.0),  # lower edge, 60 ÷ 1.25
        (75.0, 1 / 60, "unit_error_confirmed", 60.0),  # upper edge, 60 × 1.25
        (60.0, 1 / 43, "unit_error_confirmed", 60.0),  # ln(60/43) = 0.333 is within 0.35
        (60.0, 1 / 42, "unit_error_unconfirmed", 60.0),  # ln(60/42) = 0.357 is not
        (60.0, None, "unit_error_unconfirmed", 60.0),
        (60.0, 0.2, "unit_error_unconfirmed", 60.0),
        (60.0, 1.0, "scale_error", 60.0),  # minutes valued at the price of an hour: the amount is wrong
        (60.0, 1.4, "scale_error", 60.0),  # ln 1.4 = 0.336
        # just outside: nothing is divided
        (47.9, 1 / 47.9, "other_unit", 1.0),  # a mixture, 79 % in minutes
        (75.1, 1 / 75.1, "ok", 1.0),
        # other factors are reported, never corrected
        (12.0, 1 / 12, "other_unit", 1.0),
        (12.0, None, "other_unit", 1.0),
        (4.0, 1 / 4, "other_unit", 1.0),
        (7.0, 1 / 7, "other_unit", 1.0),
        (240.0, 1 / 240, "other_unit", 1.0),
        (1440.0, 1 / 1440, "other_unit", 1.0),
        (12.0, 1.0, "scale_error", 1.0),
        (1 / 60, 60.0, "other_unit", 1.0),  # agreed in minutes, claimed in hours: the letter names the reverse only
        (1 / 60, 1.0, "scale_error", 1.0),
        # scales
        (100.0, 1.0, "scale_error", 1.0),
        (100.0, None, "scale_error", 1.0),
        (1000.0, 1.0, "scale_error", 1.0),
        (0.01, 1.0, "scale_error", 1.0),
        (100.0, 0.01, "other_unit", 1.0),  # the amount is right, so no cents
        # two factors within the tolerance
        (24.4, 1 / 24.4, "ambiguous", 1.0),
        (27.0, None, "ambiguous", 1.0),
        (30.0, 1.0, "ambiguous", 1.0),
        (1200.0, 1.0, "ambiguous", 1.0),  # 1000 or 1440
        (24.0, 1 / 24, "other_unit", 1.0),
        (31.0, 1 / 31, "other_unit", 1.0),
        # price as declared
        (1.0, 1.0, "ok", 1.0),
        (1.0, 60.0, "volume_factor_60", 1.0),
        (1.2, 60.0, "volume_factor_60", 1.0),
        (1.0, None, "ok", 1.0),
        (1.0, 3.0, "ok", 1.0),
        # mixtures and plain differences
        (2.0, 0.5, "other_unit", 1.0),
        (2.0, 1.0, "ok", 1.0),
        (2.0, None, "ok", 1.0),
        (None, None, "no_reference", 1.0),
        (None, 60.0, "no_reference", 1.0),
    ],
)
def test_verdict(price_ratio: float | None, volume_ratio: float | None, status: str, factor: float) -> None:
    verdict = judge_unit(price_ratio, volume_ratio, ASSUMPTIONS)
    assert (verdict.status, verdict.factor) == (status, factor)
    assert verdict.status in GRAVITY


def test_ambiguous_names_both_candidates_with_their_distance() -> None:
    # ln(27/24) = 0.118, ln(30.4375/27) = 0.120
    assert judge_unit(27.0, None, ASSUMPTIONS).remark == "fits 24 (off by 0.12) and 30.4375 (off by 0.12)"


def test_mixture_names_the_share_in_minutes() -> None:
    # methods, unit correction: w = (r − 1) ÷ 59; r = 15.75 gives 14.75 ÷ 59 = 25 % (16 would fit no factor either)
    verdict = judge_unit(15.75, 1 / 15.75, ASSUMPTIONS)
    assert verdict.status == "other_unit"
    assert verdict.remark == "mixture: 25.0% of the declared volume in minutes would explain it"


@given(st.floats(1e-4, 1e4), st.one_of(st.none(), st.floats(1e-4, 1e4)))
def test_only_prices_around_sixty_times_are_ever_divided(price_ratio: float, volume_ratio: float | None) -> None:
    verdict = judge_unit(price_ratio, volume_ratio, ASSUMPTIONS)
    around = abs(math.log(price_ratio) - math.log(60)) <= math.log(1.25) + 1e-9
    assert verdict.factor == (60.0 if around else 1.0)


def _agreed(rows: list[tuple[str | None, str, float, float]], uitvoerder: str = "CZ") -> pl.DataFrame:
    names = ["agb_code", "includes_nhc_nic", "volume", "amount_eur"]
    schema = {"agb_code": pl.String, "includes_nhc_nic": pl.String, "volume": pl.Float64, "amount_eur": pl.Float64}
    return pl.DataFrame(rows, schema={name: schema[name] for name in names}, orient="row").with_columns(
        pl.lit("H104").alias("prestatiecode"),
        pl.lit(uitvoerder).alias("wlz_uitvoerder"),
        pl.lit(0.10).alias("paid_nhc_nic_eur_per_unit"),
    )


def _declared(rows: list[tuple[str, float, float]]) -> pl.DataFrame:
    names = ["wlz_uitvoerder", "volume", "amount_eur"]
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(pl.lit("H104").alias("prestatiecode"))


def test_hours_declared_as_minutes_leave_a_trace() -> None:
    # claims 2017: 60,000 minutes for € 54,000, € 0.90 a minute. Agreed: 1,000 for the same € 54,000, € 54.00.
    corrected = correct_units(
        _agreed([("10000001", "ja", 1000.0, 54_000.0)]), _declared([("CZ", 60_000.0, 54_000.0)]), 2017, ASSUMPTIONS
    ).row(0, named=True)
    assert corrected["unit_status"] == "unit_error_confirmed"
    assert corrected["unit_factor"] == 60.0
    assert corrected["unit_evidence"] == "price 60.0 x, volume 0.017 x, reference claims 2017"
    assert (corrected["volume"], corrected["amount_eur"]) == (1000.0, 54_000.0)  # as delivered
    assert (corrected["corrected_volume"], corrected["corrected_amount_eur"]) == (60_000.0, 54_000.0)


def test_minutes_valued_at_the_price_of_an_hour_lose_the_amount_not_the_volume() -> None:
    corrected = correct_units(
        _agreed([("10000001", "ja", 60_000.0, 3_240_000.0)]), _declared([("CZ", 60_000.0, 54_000.0)]), 2017, ASSUMPTIONS
    ).row(0, named=True)
    assert corrected["unit_status"] == "scale_error"
    assert (corrected["corrected_volume"], corrected["corrected_amount_eur"]) == (60_000.0, 54_000.0)


def test_one_provider_of_two_is_in_hours() -> None:
    # Together € 54,000 as declared; A 500 hours at € 54, B 30,000 minutes at € 0.90.
    # Reported mean 54,000 ÷ 30,500 = 1.7705, corrected 54,000 ÷ 60,000 = 0.90, factor between: 60,000 ÷ 30,500.
    corrected = correct_units(
        _agreed([("10000001", "ja", 500.0, 27_000.0), ("10000002", "ja", 30_000.0, 27_000.0)]),
        _declared([("CZ", 60_000.0, 54_000.0)]),
        2017,
        ASSUMPTIONS,
    )
    assert corrected["unit_status"].to_list() == ["unit_error_confirmed", "ok"]
    summary = summarise_units(corrected).row(0, named=True)
    assert summary["reported_price_eur_per_unit"] == pytest.approx(54_000 / 30_500)
    assert summary["unit_factor"] == pytest.approx(60_000 / 30_500)
    assert summary["unit_status"] == "unit_error_confirmed"
    assert summary["unit_evidence"] == "1 of 2 agreements: price 60.0 x, volume 0.017 x, reference claims 2017"


def test_without_own_claims_the_national_median_is_the_reference() -> None:
    # medians over uitvoerders of 0.80, 0.90, 1.50 is 0.90; the volume is unknown, so the error is unconfirmed
    declared = _declared([("DSW", 100.0, 80.0), ("VGZ", 100.0, 90.0), ("Menzis", 100.0, 150.0)])
    corrected = correct_units(_agreed([(None, "ja", 10.0, 540.0)]), declared, 2017, ASSUMPTIONS).row(0, named=True)
    assert corrected["unit_status"] == "unit_error_unconfirmed"
    assert corrected["unit_factor"] == 60.0
    assert corrected["unit_evidence"] == "price 60.0 x, volume unknown, reference national median of claims 2017"


@pytest.mark.parametrize(
    ("others", "status", "factor"),
    [(("DSW", "VGZ"), "unit_error_confirmed", 60.0), (("DSW",), "other_unit", 1.0)],
    ids=["three uitvoerders", "two"],
)
def test_an_own_price_far_from_the_others_is_no_reference(others: tuple[str, ...], status: str, factor: float) -> None:
    """Found by a reader: one of two providers claimed hours, so 54.00 was 36 times the own price and used as it was."""
    declared = _declared([("CZ", 60_000.0, 90_000.0), *((name, 1000.0, 900.0) for name in others)])
    corrected = correct_units(_agreed([(None, "ja", 1000.0, 54_000.0)]), declared, 2017, ASSUMPTIONS)
    row = corrected.row(0, named=True)
    assert (row["unit_status"], row["unit_factor"]) == (status, factor)


def test_without_any_claims_there_is_no_verdict() -> None:
    no_claims = _declared([("CZ", 0.0, 0.0)])
    corrected = correct_units(_agreed([(None, "ja", 10.0, 540.0)]), no_claims, 2017, ASSUMPTIONS).row(0, named=True)
    assert (corrected["unit_status"], corrected["unit_factor"]) == ("no_reference", 1.0)
    assert corrected["unit_evidence"] == "no claims 2017 to compare with"


def test_agreement_without_nhc_is_held_against_a_declared_price_without_nhc() -> None:
    # declared 0.50 incl. 0.10 NHC/NIC; agreed without: 24.00 ÷ 0.40 = 60. Against 0.50 it would be 48.
    corrected = correct_units(
        _agreed([("10000001", "nee", 100.0, 2400.0)]), _declared([("CZ", 6000.0, 3000.0)]), 2017, ASSUMPTIONS
    ).row(0, named=True)
    assert corrected["unit_evidence"].startswith("price 60.0 x, volume 0.017 x")


@pytest.mark.parametrize(("volume", "amount"), [(0.0, 100.0), (10.0, 0.0), (-10.0, -9.0)])
def test_agreement_without_a_price_is_not_judged(volume: float, amount: float) -> None:
    corrected = correct_units(
        _agreed([("10000001", "ja", volume, amount)]), _declared([("CZ", 100.0, 90.0)]), 2017, ASSUMPTIONS
    ).row(0, named=True)
    assert (corrected["unit_status"], corrected["corrected_volume"]) == ("no_reference", volume)


@given(st.floats(0.01, 100.0))
def test_verdict_does_not_depend_on_the_size_of_the_uitvoerder(scale: float) -> None:
    corrected = correct_units(
        _agreed([("10000001", "ja", 1000.0 * scale, 54_000.0 * scale)]),
        _declared([("CZ", 60_000.0 * scale, 54_000.0 * scale)]),
        2017,
        ASSUMPTIONS,
    )
    assert corrected["unit_status"].item() == "unit_error_confirmed"
