"""Rules on derived prices: above the maximum (P06), thin (P07), a tariff of the list (P08), agreed units (U-agreed)."""

from decimal import Decimal

import polars as pl
import pytest

from expectations.judging.results import CheckResult
from expectations.judging.rule import measure_table
from expectations.judging.runner import judge
from expectations.prices import PRICE_RULES, UNIT_FINDINGS
from tests.spec.price_frames import agreements, claims, price_row, volumes_year
from warehouse.settings import load_assumptions
from warehouse.tables.prices import PRICES

ASSUMPTIONS = dict(load_assumptions(2018))

RULES = {rule.check_id: rule for rule in PRICE_RULES}
COLUMNS = (
    "prestatiecode",
    "wlz_uitvoerder",
    "price_source",
    "discount_ratio",
    "claims_volume",
    "reported_price_eur_per_unit",
    "unit_factor",
    "unit_status",
    "unit_evidence",
    "price_flags",
)
CLEAN = {
    "price_source": "b",
    "discount_ratio": 0.97,
    "claims_volume": None,
    "reported_price_eur_per_unit": 83.29,
    "unit_factor": 1.0,
    "unit_status": "ok",
    "unit_evidence": "price 1.0 x, volume 1.0 x, reference claims 2017",
    "price_flags": None,
}
SIZES = (1, 8, 40)


def prices(count: int = 8, euro: str = "100000.00", **of_first: object) -> pl.DataFrame:
    """A price per uitvoerder beside the euro it carries; the first one can be given other values."""
    rows = [
        {"prestatiecode": "H104", "wlz_uitvoerder": f"uitvoerder {n}", **CLEAN, **(of_first if n == 0 else {})}
        for n in range(count)
    ]
    schema = {name: PRICES.schema[name] for name in COLUMNS}
    frame = pl.DataFrame(rows, schema=schema)
    return frame.with_columns(expected_eur=pl.lit(Decimal(euro), dtype=pl.Decimal(18, 2)))


def judge_one(check_id: str, frame: pl.DataFrame) -> CheckResult:
    (result,) = judge([measure_table(RULES[check_id], frame, "prices", "declaraties-2018-05-abc", ASSUMPTIONS)])
    assert result.outcome != "broken", result.message
    return result


@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize(
    ("check_id", "values", "euro", "words"),
    [
        # 1.25 times the maximum: a fifth of the amount lies above it
        ("P06", {"discount_ratio": 1.25, "price_flags": "ratio_above_one"}, "20000.00", "1.25 times the maximum"),
        (
            "P07",
            {"price_source": "a", "claims_volume": 12.4, "price_flags": "no_brw,thin_price"},
            "100000.00",
            "price of the year from 12 units only",
        ),
        (
            "U-agreed",
            {"unit_status": "unit_error_confirmed", "unit_factor": 60.0, "unit_evidence": "price 60.0 x"},
            "100000.00",
            "unit_error_confirmed (price 60.0 x); agreed price € 83.29 divided by 60.0, used",
        ),
    ],
)
def test_planted_price_is_found_with_its_euro(
    check_id: str, values: dict[str, object], euro: str, words: str, count: int
) -> None:
    result = judge_one(check_id, prices(count, **values))
    assert (result.outcome, result.severity, result.findings_count) == ("failed", RULES[check_id].severity, 1)
    assert result.at_stake_eur == Decimal(euro)
    assert f"H104/uitvoerder 0: {words}" in result.message
    assert result.findings is not None
    assert result.findings["wlz_uitvoerder"].to_list() == ["uitvoerder 0"]
    others = [other for other in RULES if other != check_id]
    assert {judge_one(other, prices(count, **values)).outcome for other in others} == {"passed"}


@pytest.mark.parametrize("count", [0, *SIZES])
@pytest.mark.parametrize("check_id", list(RULES))
def test_clean_prices_pass(check_id: str, count: int) -> None:
    result = judge_one(check_id, prices(count))
    assert (result.outcome, result.at_stake_eur) == ("passed", None)


@pytest.mark.parametrize("status", UNIT_FINDINGS)
def test_every_doubt_about_a_unit_is_reported(status: str) -> None:
    result = judge_one("U-agreed", prices(unit_status=status))
    assert (result.findings_count, "not corrected, used" in result.message) == (1, True)


def test_agreement_that_gives_no_price_has_nothing_at_stake() -> None:
    unused = prices(unit_status="ambiguous", price_source="a")
    result = judge_one("U-agreed-unused", unused)
    assert (result.outcome, result.severity, result.at_stake_eur) == ("failed", "info", Decimal("0.00"))
    assert judge_one("U-agreed", unused).outcome == "passed"
    assert judge_one("U-agreed-unused", prices(unit_status="ambiguous")).outcome == "passed"
    assert "not used: the price has another source" in result.message


def test_no_reference_is_no_finding() -> None:
    assert judge_one("U-agreed", prices(unit_status="no_reference", unit_evidence=None)).outcome == "passed"


def test_ratio_that_a_wrong_unit_explains_is_told_once() -> None:
    """12 times the declared price, not corrected: ratio 10.8. Corrected by 60 and still above its maximum: P06 too."""
    other_unit = prices(discount_ratio=10.8, price_flags="ratio_above_one", unit_status="other_unit")
    assert [judge_one(name, other_unit).outcome for name in ("U-agreed", "P06")] == ["failed", "passed"]
    above = prices(
        discount_ratio=1.1, price_flags="ratio_above_one", unit_status="unit_error_confirmed", unit_factor=60.0
    )
    assert [judge_one(name, above).outcome for name in ("U-agreed", "P06")] == ["failed", "failed"]


def test_flag_of_a_longer_name_is_not_taken_for_it() -> None:
    assert judge_one("P07", prices(price_flags="not_a_thin_price")).outcome == "passed"


def test_columns_are_those_of_derived_prices() -> None:
    """An agreement in hours (100 at 54.00 for 6,000 at 0.90), as it comes out of the price step."""
    row = price_row(
        claims(("H104", 2017, 60_000.0, "54000.00")),
        agreements((2017, "10000001", "H104", "01", 1000.0, "54000.00", "ja")),
        volumes_year("H104"),
    )
    frame = pl.DataFrame(
        [{name: row[name] for name in COLUMNS}], schema={name: PRICES.schema[name] for name in COLUMNS}
    )
    valued = frame.with_columns(expected_eur=pl.lit(Decimal("56700.00"), dtype=pl.Decimal(18, 2)))
    result = judge_one("U-agreed", valued)
    assert result.at_stake_eur == Decimal("56700.00")
    assert "agreed price € 54.00 divided by 60.0, used" in result.message


# --- P08 ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", SIZES)
def test_a_price_on_a_tariff_of_the_list_is_told_with_the_euro_of_the_series(count):
    result = judge_one("P08", prices(count, price_source="c", price_flags="list_tariff,thin_price"))
    assert (result.outcome, result.severity, result.findings_count) == ("failed", "info", 1)
    assert result.at_stake_eur == Decimal("100000.00")
    assert "H104/uitvoerder 0: price of source c from a maximum tariff of the list of codes" in result.message


@pytest.mark.parametrize("flags", [None, "no_brw", "ratio_above_one,thin_price"])
def test_prices_on_delivered_tariffs_are_not_told(flags):
    assert judge_one("P08", prices(price_flags=flags)).outcome == "passed"
