"""Units of COD218: conversions between declared units, and nothing else."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wlz.words.units import MINUTES_PER_UNIT, TIMELESS_UNITS, conversion_factor, conversion_table, normalise_units

PRESTATIES = pl.DataFrame({"prestatiecode": ["H104", "H531", "Z053", "Z900"], "unit_code": ["01", "16", "14", "81"]})


@pytest.mark.parametrize(
    ("from_unit", "to_unit", "factor"),
    [
        ("04", "01", 60.0),  # an hour is 60 minutes
        ("01", "04", 1 / 60),
        ("04", "07", 12.0),  # and 12 times five minutes
        ("16", "04", 4.0),  # a dagdeel is 4 hours
        ("14", "16", 6.0),
        ("14", "01", 1440.0),
        ("81", "81", 1.0),
        ("00", "00", 1.0),
        ("81", "00", None),
        ("81", "01", None),
        ("01", "81", None),
        ("11", "11", None),  # daytime is no unit of the Wlz
        ("", "01", None),
    ],
)
def test_factor_between_two_units(from_unit: str, to_unit: str, factor: float | None) -> None:
    assert conversion_factor(from_unit, to_unit) == (None if factor is None else pytest.approx(factor, rel=1e-15))


def test_table_holds_every_allowed_pair_and_no_other() -> None:
    assert conversion_table().height == len(MINUTES_PER_UNIT) ** 2 + len(TIMELESS_UNITS)


@given(st.sampled_from(sorted(MINUTES_PER_UNIT)), st.sampled_from(sorted(MINUTES_PER_UNIT)))
def test_there_and_back_is_one(from_unit: str, to_unit: str) -> None:
    there, back = conversion_factor(from_unit, to_unit), conversion_factor(to_unit, from_unit)
    assert there is not None
    assert back is not None
    assert there * back == pytest.approx(1.0, rel=1e-12)


def test_volume_is_converted_and_amount_is_not() -> None:
    delivered = pl.DataFrame(
        {
            "prestatiecode": ["H104", "H104", "H531", "Z053"],
            "unit_code": ["04", "01", "04", "14"],
            "volume": [1.5, 30.0, 8.0, 31.0],
            "amount_eur": [81.0, 27.0, 120.0, 6200.0],
        }
    )
    converted, left_over = normalise_units(delivered, PRESTATIES)
    assert converted["volume"].to_list() == [90.0, 30.0, 2.0, 31.0]  # 1.5 h × 60; 8 h ÷ 4
    assert converted["unit_code"].to_list() == ["01", "01", "16", "14"]
    assert converted["amount_eur"].to_list() == delivered["amount_eur"].to_list()
    assert left_over.is_empty()


def test_rows_without_a_conversion_come_back_untouched() -> None:
    delivered = pl.DataFrame(
        {
            "prestatiecode": ["H104", "X999", "H104", "Z900"],
            "unit_code": ["81", "01", "99", "81"],
            "aantal": [3.0, 4.0, 5.0, 6.0],
        }
    )
    converted, left_over = normalise_units(delivered, PRESTATIES, volume_column="aantal")
    assert converted.rows() == [("Z900", "81", 6.0)]
    assert left_over.rows() == [("H104", "81", 3.0), ("X999", "01", 4.0), ("H104", "99", 5.0)]


@given(st.lists(st.tuples(st.sampled_from(["01", "04", "07", "14", "16"]), st.floats(-1e6, 1e6)), min_size=1))
def test_minutes_are_conserved(rows: list[tuple[str, float]]) -> None:
    delivered = pl.DataFrame(
        {"prestatiecode": ["H531"] * len(rows), "unit_code": [u for u, _ in rows], "volume": [v for _, v in rows]}
    )
    converted, _ = normalise_units(delivered, PRESTATIES)
    minutes = [MINUTES_PER_UNIT[unit] * volume for unit, volume in rows]
    assert (converted["volume"] * MINUTES_PER_UNIT["16"]).to_list() == pytest.approx(minutes, rel=1e-12, abs=1e-9)
