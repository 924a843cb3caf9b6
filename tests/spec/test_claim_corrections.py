"""Hours and minutes exchanged in claims, put right where volumes are added up: `wlz.claims.corrections` (check U01)."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.spec.test_claim_units import PRICE, SINCE_2018, VOLUME, WRONG, claimed, judge, shift
from tests.spec.test_series import CROSSWALK, REGIONS
from wlz.claims.corrections import MONTH_KEY, correct_volumes, list_unit_corrections
from wlz.series import aggregate_claims

PRESTATIES = pl.DataFrame({"prestatiecode": ["H104", "F125"], "unit_code": ["01", "04"]})


def corrected(wrong: pl.DataFrame) -> pl.DataFrame:
    return correct_volumes(wrong.lazy(), list_unit_corrections(judge(wrong), wrong)).collect()


def test_hours_since_january_count_as_minutes_and_the_claims_stay() -> None:
    wrong = shift(claimed(), 60.0, 1 / 60)
    found = list_unit_corrections(judge(wrong), wrong)
    assert found.select("agb_code", "volume_factor").unique().rows() == [("A", 60.0)]
    assert found["care_month"].to_list() == [date(2018, month, 1) for month in range(1, 5)]
    assert found["volume"].to_list() == pytest.approx([VOLUME / 60] * 4)  # as declared
    assert found["amount_eur"].to_list() == pytest.approx([VOLUME * PRICE] * 4)
    after = corrected(wrong)
    assert after["volume"].to_list() == pytest.approx([VOLUME] * after.height)
    assert after["amount_eur"].to_list() == wrong["amount_eur"].to_list()


def test_minutes_under_the_code_of_hours_are_divided() -> None:
    wrong = shift(claimed(unit_code="04", price=54.0, volume=100.0), 1 / 60, 60.0)
    assert list_unit_corrections(judge(wrong), wrong)["volume_factor"].unique().to_list() == [1 / 60]
    assert corrected(wrong)["volume"].to_list() == pytest.approx([100.0] * wrong.height)


def test_the_youngest_month_is_corrected_with_the_others_though_its_volume_confirms_nothing() -> None:
    """Half of April 2018 is known: in March the volume confirms the error, and April has the same price."""
    wrong = shift(claimed(), 60.0, 1 / 60)
    wrong = shift(wrong, 1.0, 0.5, pl.col("care_month") == date(2018, 4, 1))
    last = corrected(wrong).filter(agb_code="A", care_month=date(2018, 4, 1))
    assert last["volume"].to_list() == pytest.approx([VOLUME / 2])


@pytest.mark.parametrize(
    ("r", "q"),
    [(60.0, 1 / 10), (60.0, 1.0), (24.0, 1 / 24), (10.0, 1 / 10), (1.0, 60.0), (1.2, 1.0)],
    ids=["not confirmed", "amount wrong", "another unit", "a mixture", "volume and amount", "a dear provider"],
)
def test_nothing_else_is_ever_corrected(r: float, q: float) -> None:
    wrong = shift(claimed(), r, q)
    assert list_unit_corrections(judge(wrong), wrong).is_empty()
    assert corrected(wrong).equals(wrong)


def test_claims_without_provider_are_corrected_per_zorgkantoor() -> None:
    whole = claimed().with_columns(
        pl.col("agb_code").replace_strict(dict(zip("ABCDE", ("5508", "5518", "5519", "5522", "5533"), strict=True)))
        .alias("zorgkantoor_code"),
        agb_code=pl.lit(None, dtype=pl.String),
    )  # fmt: skip
    wrong = shift(whole, 60.0, 1 / 60, who=pl.col("zorgkantoor_code") == "5508")
    assert list_unit_corrections(judge(wrong), wrong)["agb_code"].to_list() == [None] * 4
    assert corrected(wrong)["volume"].to_list() == pytest.approx([VOLUME] * wrong.height)


def test_a_month_with_another_error_is_left_alone() -> None:
    """Hours in January and February; in March the amount is in cents, and its volume is right."""
    wrong = shift(claimed(), 60.0, 1 / 60, pl.col("care_month").is_between(date(2018, 1, 1), date(2018, 2, 1)))
    wrong = shift(wrong, 100.0, 1.0, pl.col("care_month") == date(2018, 3, 1))
    found = list_unit_corrections(judge(wrong), wrong)
    assert found["care_month"].to_list() == [date(2018, 1, 1), date(2018, 2, 1)]
    assert corrected(wrong)["volume"].to_list() == pytest.approx([VOLUME] * wrong.height)


@given(st.integers(min_value=1, max_value=27))
def test_whenever_an_error_began_the_series_is_that_of_the_right_unit(months_back: int) -> None:
    """But where no reference is left at all: an error as old as the claims, with no agreement to confirm it."""
    right = claimed()
    start = right["care_month"].unique().sort()[-months_back]
    wrong = shift(right, 60.0, 1 / 60, pl.col("care_month") >= start)
    found = list_unit_corrections(judge(wrong), wrong)
    assert found.select(MONTH_KEY).is_duplicated().sum() == 0
    assert set(found["volume_factor"]) <= {60.0}
    if found.height:
        assert found.height == wrong.filter(WRONG, pl.col("care_month") >= start).height
        assert corrected(wrong)["volume"].to_list() == pytest.approx(right["volume"].to_list())


def test_added_up_the_region_has_the_volume_of_the_right_unit_and_the_euro_as_claimed() -> None:
    right = claimed().with_columns(amount_eur=pl.col("amount_eur").cast(pl.Decimal(18, 2)))
    wrong = shift(right.with_columns(amount_eur=pl.col("amount_eur").cast(pl.Float64)), 60.0, 1 / 60)
    corrections = list_unit_corrections(judge(wrong), wrong)
    wrong = wrong.with_columns(pl.col("amount_eur").round(2).cast(pl.Decimal(18, 2)))
    places = CROSSWALK, REGIONS, PRESTATIES, date(2018, 5, 1)
    one, other = aggregate_claims(wrong.lazy(), *places, corrections), aggregate_claims(right.lazy(), *places)
    assert one["declared_amount_eur"].to_list() == other["declared_amount_eur"].to_list()
    assert one["declared_volume"].to_list() == pytest.approx(other["declared_volume"].to_list())
    without = aggregate_claims(wrong.lazy(), *places).filter(SINCE_2018)["declared_volume"]
    assert without.to_list() == pytest.approx([VOLUME * (4 + 1 / 60)] * 4)
