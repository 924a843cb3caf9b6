"""Verdicts on units at their edges: what a fit is called, what an unknown NHC is, where a reference is none."""

import math

import polars as pl
import pytest

from tests.unit.test_unit_correction import ASSUMPTIONS, _agreed, _declared
from wlz.claims.unit_fit import UnitFit, correct_units, factor_tolerances, fit_unit
from wlz.claims.units import _status

HOUR = {"unit_factor_hours_minutes": 60.0}


@pytest.mark.parametrize(
    ("fit", "label", "status"),
    [
        (UnitFit("same"), "24 above", None),
        (UnitFit("none"), "24 above", None),
        (UnitFit("unit", 24.0), "off above", None),  # months off every factor say no unit
        (UnitFit("scale", 100.0), "off below", None),
        (UnitFit("mixture"), "off above", "mixture"),
        (UnitFit("mixture"), "24 above", "mixture"),
        (UnitFit("unit", 24.0), "24 above", "other_unit"),
        (UnitFit("unit", 24.0, is_confirmed=True), "24 above", "other_unit"),
        (UnitFit("unit", 60.0, is_confirmed=True), "60 above", "unit_error_confirmed"),
        (UnitFit("unit", 60.0), "60 above", "unit_error_unconfirmed"),
        (UnitFit("scale", 60.0), "60 above", "scale_error"),
        (UnitFit("volume", 60.0), "volume", "volume_factor_60"),
        (UnitFit("ambiguous"), "24/30.4375 above", "ambiguous"),
    ],
)
def test_what_a_fit_is_called(fit: UnitFit, label: str, status: str | None) -> None:
    assert _status(fit, label, HOUR) == status


def test_an_unknown_nhc_takes_nothing_off() -> None:
    """Declared 0.90; agreed without NHC at 54.00, what was paid of it unknown: held against 0.90, so 60 times."""
    agreed = _agreed([("10000001", "nee", 1000.0, 54_000.0)]).with_columns(
        paid_nhc_nic_eur_per_unit=pl.lit(None, dtype=pl.Float64)
    )
    row = correct_units(agreed, _declared([("CZ", 60_000.0, 54_000.0)]), 2017, ASSUMPTIONS).row(0, named=True)
    assert row["unit_evidence"].startswith("price 60.0 x, volume 0.017 x")


def test_a_noisy_prestatie_reaches_half_way_to_the_next_factor() -> None:
    """ln 4 = 1.386 lies that far from 1 and ln 6 = 1.792 from ln 24: with much noise half the smaller distance."""
    half_of_one, half_of_six = math.log(4) / 2, math.log(6) / 2
    assert factor_tolerances([4.0, 24.0], base=0.2, spread=9.0) == pytest.approx({4.0: half_of_one, 24.0: half_of_six})
    assert factor_tolerances([2.0], base=0.2, spread=9.0) == pytest.approx({2.0: math.log(2) / 2})
    assert factor_tolerances([2.0], base=0.5, spread=0.1) == {2.0: 0.5}


@pytest.mark.parametrize(
    ("volume", "kind", "is_confirmed"),
    [(1 / 60, "unit", True), (None, "unit", False), (1 / 7, "unit", False), (1.0, "scale", False)],
)
def test_an_amount_is_right_when_the_volume_says_so(volume: float | None, kind: str, is_confirmed: bool) -> None:
    """Sixty times the price: an unknown volume confirms nothing, nor does one that leaves the amount 60 ÷ 7 as much."""
    log_volume = None if volume is None else math.log(volume)
    fit = fit_unit(math.log(60), log_volume, {60.0: 0.22}, same=0.22, spread=0.35, mixed=60.0)
    assert (fit.kind, fit.is_confirmed, fit.factor) == (kind, is_confirmed, 60.0)
