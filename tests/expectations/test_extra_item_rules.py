"""Rules on extra items: carried forward (X01), left out (X02)."""

from decimal import Decimal

import polars as pl
import pytest

from expectations.extra_items import TABLE_RULES
from expectations.judging.results import CheckResult
from expectations.judging.rule import measure_table
from expectations.judging.runner import judge
from expectations.judging.sentences import say_finding
from warehouse.settings import load_assumptions

RULES = {rule.check_id: rule for rule in TABLE_RULES}
SCHEMA = {
    "wlz_uitvoerder": pl.String,
    "item": pl.String,
    "prestatiecode": pl.String,
    "item_method": pl.String,
    "ratio_year": pl.Int32,
    "settled_factor": pl.Float64,
    "item_eur": pl.Decimal(18, 2),
    "claims_forecast_eur": pl.Decimal(18, 2),
}
Row = tuple[str, str, str | None, str | None, int | None, float | None, str | None, str | None]
CLEAN: list[Row] = [
    ("CZ", "crisisbedden", "Z110", "grown", None, None, "5360.00", "25000.00"),
    ("CZ", "meerzorg", None, "grown", None, None, "1518000.00", "1400000.00"),
    ("CZ", "na_ijl", None, "delivered", 2017, None, "1000.00", None),
    ("CZ", "quality", None, "fixed", None, None, "10.00", None),
    ("DSW", "crisisbedden", "Z110", "none_settled", None, None, "0.00", "0.00"),
    ("DSW", "meerzorg", None, "no_data", None, None, "0.00", "0.00"),
    ("DSW", "na_ijl", None, None, None, None, "0.00", None),  # a folder of before these columns
]
CARRIED: list[Row] = [
    ("CZ", "crisisbedden", "Z110", "carried_forward", 2017, 1.4, "10000.00", "25000.00"),
    ("CZ", "crisisbedden", "Z490", "carried_forward", 2017, 1.4, "400.00", "1000.00"),
]


def table(*rows: Row) -> pl.DataFrame:
    made = [(*row[:6], row[6] and Decimal(row[6]), row[7] and Decimal(row[7])) for row in rows]
    return pl.DataFrame(made, schema=SCHEMA, orient="row")


def judge_one(check_id: str, *rows: Row) -> CheckResult:
    measured = measure_table(
        RULES[check_id], table(*rows), "extra_items", "declaraties-2019-02", load_assumptions(2018)
    )
    (result,) = judge([measured])
    return result


@pytest.mark.parametrize(
    ("check_id", "observed"), [("X01", "every item rests on the year before"), ("X02", "nothing left out")]
)
def test_rules_are_silent_when_the_sources_came(check_id, observed):
    result = judge_one(check_id, *CLEAN)
    assert (result.outcome, result.observed, result.findings_count) == ("passed", observed, 0)


def test_carried_item_is_named_with_its_year_and_euro():
    """Two codes of one uitvoerder are one finding: 10,000.00 + 400.00."""
    result = judge_one("X01", *CLEAN, *CARRIED)
    assert (result.outcome, result.severity, result.findings_count) == ("failed", "warn", 1)
    assert result.at_stake_eur == Decimal("10400.00")
    assert "crisisbedden of CZ: € 10,400 on settled ÷ claimed of 2017 (1.4)" in result.message
    assert judge_one("X02", *CLEAN, *CARRIED).outcome == "passed"


def test_older_percentage_is_named():
    result = judge_one("X01", ("CZ", "na_ijl", None, "older_delivered", 2015, None, "1000.00", None))
    assert "na_ijl of CZ: € 1,000 on the percentage of 2015" in result.message


def test_negative_item_is_at_stake_without_its_sign():
    result = judge_one("X01", ("CZ", "crisisbedden", "Z110", "carried_forward", 2017, 0.9, "-2500.00", "25000.00"))
    assert result.at_stake_eur == Decimal("2500.00")


def test_left_out_item_is_named_with_the_euro_of_its_claims():
    rows: list[Row] = [
        ("CZ", "crisisbedden", "Z110", "left_out", None, None, None, "25000.00"),
        ("CZ", "crisisbedden", "Z490", "left_out", None, None, None, "1000.00"),
        ("DSW", "meerzorg", None, "from_claims", None, None, "900.00", "900.00"),
    ]
    result = judge_one("X02", *CLEAN, *rows)
    assert (result.outcome, result.findings_count, result.at_stake_eur) == ("failed", 2, Decimal("26900.00"))
    assert "crisisbedden of CZ: nothing known, the item is empty" in result.message
    assert "meerzorg of DSW: claims alone" in result.message
    assert judge_one("X01", *CLEAN, *rows).outcome == "passed"


def test_late_claims_left_out_have_no_euro():
    result = judge_one("X02", ("CZ", "na_ijl", None, "left_out", None, None, None, None))
    assert (result.outcome, result.at_stake_eur) == ("failed", None)


def test_findings_read_in_dutch():
    record = {
        "item": "meerzorg",
        "wlz_uitvoerder": "CZ",
        "item_eur": 1000.0,
        "ratio_year": 2017,
        "settled_factor": 1.25,
    }
    said = say_finding("X01", {**record, "wording": "found carried_forward"}, "nl")
    assert said == "meerzorg van CZ: € 1.000 op afgerekend ÷ gedeclareerd van 2017 (1,25)"


def test_items_below_their_claims_are_named_with_what_they_lack():
    """Crisis beds of −900,000.00 and +200,000.00 together, meerzorg of 0 with 1,400,000.00 claimed."""
    result = judge_one(
        "X03",
        *CLEAN,
        ("VGZ", "crisisbedden", "Z110", "grown", None, None, "-900000.00", "900000.00"),
        ("VGZ", "crisisbedden", "Z490", "carried_forward", 2016, 1.2, "200000.00", "900000.00"),
        ("VGZ", "meerzorg", None, "grown", None, None, "0.00", "1400000.00"),
    )
    assert (result.outcome, result.severity, result.findings_count) == ("failed", "warn", 2)
    assert result.at_stake_eur == Decimal("2100000.00")
    assert "crisisbedden of VGZ: € -700,000, below what is claimed of them" in result.observed
    assert "meerzorg of VGZ: € 0, with € 1.4 mln claimed in the expectation" in result.observed


def test_items_at_their_claims_are_silent():
    small = ("DSW", "crisisbedden", "Z110", "grown", None, None, "-40000.00", "100000.00")
    assert judge_one("X03", *CLEAN[:4], small).outcome == "passed"
    assert judge_one("X03", CLEAN[2]).outcome == "passed"
