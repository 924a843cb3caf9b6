"""Each rule on a delivered file fails on its planted defect and passes on the clean twin."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from expectations.catalogue import check_deliveries, rules_for
from expectations.intake.quarantine import split_rows
from warehouse.contract import MONEY
from warehouse.tables.deliveries import DECLARATIES, KINDS
from wlz.words.faults import Fault

FIRST = pl.int_range(pl.len()) == 0
FAULT = Fault("D01", "2018-05/declaraties.csv", 10412, "aantal", "'1.234,5'", "a number", "a spreadsheet", "mend it")


def test_clean_delivery_passes_every_rule(check, claims):
    results = check(claims)
    assert list(results) == [rule.check_id for rule in rules_for("declaraties")]
    assert {result.outcome for result in results.values()} == {"passed"}
    assert not any(result.is_blocking for result in results.values())


def test_schema_rule_flags_a_file_that_was_not_parsed(check):
    results = check(None, faults=[FAULT])
    assert list(results) == ["D01"]  # nothing else can be judged
    assert results["D01"].outcome == "failed"
    assert results["D01"].is_blocking
    assert "row 10,412, column aantal: found '1.234,5', expected a number" in results["D01"].message
    assert results["D01"].message.count("expected") == 1


@pytest.mark.parametrize(
    ("planted", "words"),
    [
        (pl.lit("x").alias("extra"), "column extra (String) is not in the contract"),
        (pl.col("volume").cast(pl.Int64), "column volume is Int64 instead of Float64"),
    ],
)
def test_schema_rule_flags_another_column_or_type(check_rule, claims, planted, words):
    result = check_rule("D01", claims.with_columns(planted))
    assert (result.outcome, result.findings_count) == ("failed", 1)
    assert words in result.observed
    assert f"{words}; expected exactly the columns and types of the contract. " in result.message


def test_schema_rule_flags_a_missing_column(check_rule, claims):
    assert "column volume is missing" in check_rule("D01", claims.drop("volume")).observed


def test_schema_rule_flags_a_file_without_frame_and_fault(check_rule):
    assert check_rule("D01", None).outcome == "failed"


def test_code_rule_flags_an_unknown_zorgkantoor(check_rule, claims, change_rows):
    result = check_rule("D02", change_rows(claims, FIRST, zorgkantoor_code="5599"))
    assert (result.outcome, result.findings_count, result.at_stake_eur) == ("failed", 1, Decimal("302000.00"))
    assert result.is_blocking
    assert "): first in row 1, column zorgkantoorcode: zorgkantoor 5599 in 1 row of 2016-01; expected" in result.message


@pytest.mark.parametrize(("code", "year", "outcome"), [("5522", 2019, "passed"), ("5522", 2020, "failed"),
                                                       ("5533", 2019, "failed"), ("5533", 2020, "passed"),
                                                       ("5522", 2014, "passed")])  # fmt: skip
def test_code_rule_looks_at_the_date_of_the_row(check_rule, code, year, outcome):
    columns = {"delivery_date": date(2020, 5, 2), "stand_date": date(2019, 12, 1), "zorgkantoor_code": code}
    money = {"zin_budget_eur": Decimal("10.00"), "pgb_budget_eur": Decimal("1.00")}
    kader = pl.DataFrame([{**columns, "budget_year": year, **money}], schema=KINDS["kader"].schema)
    assert check_rule("D02", kader, "kader").outcome == outcome


def test_code_rule_looks_at_both_sides_of_a_transfer(check_rule):
    row = {"delivery_date": date(2018, 5, 2), "transfer_date": date(2018, 4, 1), "budget_year": 2018}
    row |= {"from_zorgkantoor_code": "5508", "from_part": "zin", "to_zorgkantoor_code": "5533", "to_part": "pgb"}
    transfer = pl.DataFrame([{**row, "amount_eur": Decimal("7.00")}], schema=KINDS["overhevelingen"].schema)
    result = check_rule("D02", transfer, "overhevelingen")
    assert (result.outcome, result.at_stake_eur) == ("failed", Decimal("7.00"))
    assert "zorgkantoor 5533" in result.observed


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [("prestatiecode", "X999", "prestatie X999 is not in the list"), ("unit_code", "31", "unit 31 is not allowed")],
)
def test_row_code_rule_warns_with_the_euro_in_quarantine(check, claims, change_rows, column, value, words):
    planted = change_rows(claims, FIRST, **{column: value})
    _, quarantined = split_rows(planted, DECLARATIES, {"Z041", "Z110"}, {"14"})
    result = check(planted, quarantined=quarantined)["D02-rows"]
    assert (result.outcome, result.severity, result.is_blocking) == ("failed", "warn", False)
    assert (result.findings_count, result.at_stake_eur) == (1, Decimal("302000.00"))
    assert words in result.message


def test_row_code_rule_accepts_known_codes(check, claims):
    _, quarantined = split_rows(claims, DECLARATIES, {"Z041", "Z110"}, {"14"})
    assert check(claims, quarantined=quarantined)["D02-rows"].outcome == "passed"


def test_sign_rule_warns_and_leaves_the_other_rule_alone(check, claims, change_rows):
    planted = change_rows(claims, FIRST, volume=-1.0)
    _, quarantined = split_rows(planted, DECLARATIES, {"Z041", "Z110"}, {"14"})
    results = check(planted, quarantined=quarantined)
    assert (results["P02"].outcome, results["P02"].severity) == ("failed", "warn")
    assert results["P02"].at_stake_eur == Decimal("302000.00")
    assert results["D02-rows"].outcome == "passed"


def test_key_rule_flags_a_row_delivered_twice(check_rule, claims):
    result = check_rule("D03", pl.concat([claims, claims.head(1)]))
    assert (result.outcome, result.findings_count, result.at_stake_eur) == ("failed", 1, Decimal("302000.00"))
    assert "5508 × (empty) × Z041" in result.message
    assert result.is_blocking


def test_key_rule_takes_an_empty_agb_code_as_a_value(check_rule, claims, change_rows):
    twin = change_rows(claims.head(1), FIRST, agb_code="12345678")
    assert check_rule("D03", pl.concat([claims, twin])).outcome == "passed"


def test_key_rule_caps_its_findings(check_rule, claims):
    result = check_rule("D03", pl.concat([claims, claims]))
    assert result.findings_count == claims.height
    assert result.at_stake_eur == claims["amount_eur"].sum()
    assert result.observed.count("key ") == 20
    assert f"and {claims.height - 20} more" in result.observed
    assert result.message.count("key 5") == 3


@pytest.mark.parametrize(
    ("month", "outcome"),
    [("2018-06-01", "failed"), ("2014-12-01", "failed"), ("2018-05-01", "passed"), ("2015-01-01", "passed")],
)
def test_scope_rule_flags_care_outside_its_months(check_rule, claims, change_rows, month, outcome):
    is_planted = (pl.col("agb_code") == "99999999").fill_null(False)
    row = change_rows(claims.head(1), FIRST, agb_code="99999999")
    planted = change_rows(pl.concat([claims, row]), is_planted, care_month=date.fromisoformat(month))
    result = check_rule("D06", planted)
    assert result.outcome == outcome
    if outcome == "failed":
        assert result.at_stake_eur == Decimal("302000.00")
        assert month[:7] in result.message


def control_of(frame: pl.DataFrame) -> dict[str, object]:
    return {
        "rows": frame.height,
        "aantal": frame["volume"].sum(),
        "bedrag": float(frame["amount_eur"].sum()),
        "kind": "declaraties",
    }


def test_control_rule_accepts_equal_totals_and_a_cent(check_rule, claims):
    control = control_of(claims)
    assert check_rule("V07", claims, control=control).outcome == "passed"
    assert check_rule("V07", claims, control={**control, "bedrag": control["bedrag"] + 0.01}).outcome == "passed"


def test_control_rule_says_when_there_is_no_control_file(check_rule, claims):
    result = check_rule("V07", claims)
    assert (result.outcome, result.observed) == ("passed", "no control file")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rows": 1}, "rows 174 where the control file says 1 (difference +173)"),
        ({"aantal": 0}, "aantal"),
        ({"bedrag": "veel"}, "bedrag: 'veel' where a number was expected"),
        ({"bedrag": float("nan")}, "where a number was expected"),
        ({"rows": None}, "rows: None"),
        ({"totaal": 3}, "total of totaal, which is no numeric column"),
        ({"bedrg": "100,00"}, "total of bedrg, which is no numeric column; known: rows, kind, aantal, bedrag"),
        ({"Bedrag": None}, "total of Bedrag"),
        ({"zorgmaand": "2018-05"}, "total of zorgmaand"),
        ({"kind": "kader"}, "kind: kader, another kind"),
    ],
)
def test_control_rule_flags_other_totals(check_rule, claims, change, words):
    result = check_rule("V07", claims, control={**control_of(claims), **change})
    assert (result.outcome, result.findings_count) == ("failed", 1)
    assert words in result.message


def test_control_rule_puts_the_difference_at_stake(check_rule, claims):
    control = {**control_of(claims), "bedrag": float(claims["amount_eur"].sum()) + 2.5}
    assert check_rule("V07", claims, control=control).at_stake_eur == Decimal("2.50")


def test_every_kind_is_checked_without_a_broken_check(make_view):
    views = [
        make_view(pl.DataFrame([{column.name: _value(column) for column in table.columns}], schema=table.schema), kind)
        for kind, table in KINDS.items()
    ]
    results = check_deliveries(views)
    assert [result.message for result in results if result.outcome == "broken"] == []
    assert {result.checked_table for result in results if result.check_id == "D03"} == set(KINDS)


def _value(column):
    if column.dtype == pl.Date():
        return date(2018, 1, 1)
    if column.dtype == MONEY:
        return Decimal("1.00")
    if column.dtype == pl.String():
        return column.allowed[0] if column.allowed else "5508"
    return 2018


def test_delivery_date_rule_flags_a_date_outside_its_month(check_rule, claims):
    """A date in 2081 would hide the file from every round, without a word."""
    wrong = claims.with_columns(delivery_date=pl.lit(date(2081, 5, 2)))
    result = check_rule("D07", wrong)
    assert (result.outcome, result.severity, result.findings_count) == ("failed", "warn", claims.height)
    assert "row 1, column aanleverdatum" in result.message


def test_delivery_date_rule_accepts_a_date_in_its_month(check_rule, claims):
    assert check_rule("D07", claims).outcome == "passed"
