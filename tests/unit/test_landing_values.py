"""Values in the landing zone: what a cell may hold, in CSV and in Parquet, and what a person reads when it may not."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from tests.unit.landing_files import DECLARED, GOOD, HEADER, ROW, put, read, refuse, with_cell
from warehouse.contract import Column
from warehouse.landing import NEXT_STEP, read_delivery
from warehouse.tables.deliveries import AFSPRAKEN, DECLARATIES, KINDS
from warehouse.values import find_outside
from wlz.words.faults import DeliveryRefused


def parquet(folder: Path, **changes: list[object]) -> Path:
    """Claims as Parquet with typed columns, delivered headers; ``changes`` replace columns."""
    columns = dict(zip(HEADER.split(";"), ([value] for value in GOOD), strict=True)) | changes
    path = put(folder, b"", "declaraties.parquet")
    pl.DataFrame(columns).write_parquet(path)
    return path


# --- Values -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("bedrag", "100.25", "',' as decimal mark"),
        ("bedrag", "1.234,56", "no thousands mark"),
        ("bedrag", "1 234,56", "no thousands mark"),
        ("bedrag", "12,345", "at most two decimals"),
        ("bedrag", "1e3", "an amount such as -1234,56"),
        ("bedrag", "€ 5", "an amount such as -1234,56"),
        ("bedrag", "1000000000000000", "an amount such as -1234,56"),  # 10^15: more than any delivery can hold
        ("bedrag", "", "an amount such as -1234,56"),
        ("aantal", "honderd", "a number such as 1234,5"),
        ("aantal", "1.234,5", "a number such as 1234,5"),
        ("aantal", "NaN", "a number such as 1234,5"),
        ("aantal", "inf", "a number such as 1234,5"),
        ("aantal", "١٢", "a number such as 1234,5"),  # digits of another script
        ("aantal", "+5", "a number such as 1234,5"),
        ("aanleverdatum", "2018-02-29", "a date as %Y-%m-%d"),
        ("aanleverdatum", "02-05-2018", "a date as %Y-%m-%d"),
        ("aanleverdatum", "2018-5-2", "a date as %Y-%m-%d"),
        ("aanleverdatum", "2018-05-02 00:00", "a date as %Y-%m-%d"),
        ("zorgmaand", "2018-13", "a month as YYYY-MM"),
        ("zorgmaand", "2018-1", "a month as YYYY-MM"),
        ("zorgmaand", "2018-01-01", "a month as YYYY-MM"),
        ("zorgkantoorcode", "501", "text of the form [0-9]{4}"),
        ("zorgkantoorcode", "", "text of the form [0-9]{4}"),
        ("agb_code", "1234567", "text of the form [0-9]{8}"),
        ("prestatiecode", "", "a text"),
        ("prestatiecode", '""', "a text"),
        ("prestatiecode", "  ", "a text"),
    ],
)
def test_a_wrong_value_is_refused_and_named(tmp_path, column, value, expected):
    """The fault names file, row, column, found, expected, cause and next step; the rows around it are right."""
    (fault,) = refuse(tmp_path, with_cell(column, value))
    assert (fault.check_id, fault.file, fault.row, fault.column) == ("D01", "2018-05/declaraties.csv", 3, column)
    assert fault.found == ("nothing" if value == "" else f"'{'' if value.startswith(chr(34)) else value}'")
    assert expected in fault.expected
    assert fault.cause
    assert fault.next_step == NEXT_STEP
    sentence = fault.sentence()
    assert sentence.startswith(f"2018-05/declaraties.csv, row 3, column {column}: found ")
    assert all(word in sentence for word in (", expected ", ". Likely ", ". Next: mend the file"))


@pytest.mark.parametrize(
    ("column", "value", "read_as"),
    [
        ("bedrag", "-0,5", Decimal("-0.50")),
        ("bedrag", "4999999999,99", Decimal("4999999999.99")),
        ("bedrag", "-4999999999,99", Decimal("-4999999999.99")),
        ("aantal", "-12", -12.0),
        ("aantal", "0,123456789012", 0.123456789012),
        ("aanleverdatum", "2020-02-29", date(2020, 2, 29)),
        ("agb_code", "", None),
    ],
)
def test_a_right_value_at_the_edge_is_read(tmp_path, column, value, read_as):
    name = next(c.name for c in DECLARATIES.columns if c.source_name == column)
    assert read(tmp_path, with_cell(column, value))[name][1] == read_as


def test_years_and_choices_follow_the_contract(tmp_path):
    header = "aanleverdatum;jaar;zorgkantoorcode;agb_code;soort;omzetafspraak;geldig_van;geldig_tot"
    good = "2018-05-02;2018;5501;12345678;lumpsum;100,00;2018-01-01;"
    assert read(tmp_path, f"{header}\n{good}\n", table=AFSPRAKEN)["valid_to"].to_list() == [None]
    for wrong, expected in (
        (good.replace(";2018;", ";1899;"), "a whole number"),
        (good.replace(";2018;", ";2018,0;"), "a whole number"),
        (good.replace("lumpsum", "Lumpsum"), "one of prestaties, lumpsum, kassier"),
        (good.replace("100,00", "-1,00"), "an amount"),
    ):
        (fault,) = refuse(tmp_path, f"{header}\n{wrong}\n", table=AFSPRAKEN)
        assert expected in fault.expected
    # A row cut short would otherwise read as an agreement that still holds.
    (fault,) = refuse(tmp_path, f"{header}\n{good}\n{good.removesuffix(';')}\n", table=AFSPRAKEN)
    assert (fault.row, fault.found) == (3, "7 fields")


def test_many_faults_are_counted_and_five_are_named(tmp_path):
    content = "\n".join([HEADER, *[ROW.replace("10,5", "tien")] * 8, ""])
    faults = refuse(tmp_path, content)
    assert [fault.row for fault in faults] == [2, 3, 4, 5, 6]
    assert faults[0].found == "'tien' (8 rows in all)"


# --- Parquet ------------------------------------------------------------------------------------------------------


def test_typed_columns_are_taken_when_nothing_is_lost(tmp_path):
    path = parquet(
        tmp_path, bedrag=[-100.25], aantal=pl.Series([10.5], dtype=pl.Float32), aanleverdatum=[datetime(2018, 5, 2)]
    )
    assert read_delivery(path, DECLARATIES, DECLARED).rows() == [GOOD]
    path = parquet(tmp_path, zorgmaand=["2017-12"], bedrag=["-100,25"])
    assert read_delivery(path, DECLARATIES, DECLARED).rows() == [GOOD]


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("bedrag", 12.345, "without loss"),
        ("bedrag", 12.005, "without loss"),
        ("bedrag", float("nan"), "without loss"),
        ("bedrag", float("inf"), "without loss"),
        ("bedrag", 1e17, "without loss"),
        ("bedrag", 123456789012345.67, "without loss"),  # beyond what a float holds to the cent
        ("bedrag", None, "Decimal"),
        ("aantal", float("nan"), "Float64"),
        ("aantal", float("-inf"), "Float64"),
        ("aantal", True, "not Boolean"),
        ("zorgkantoorcode", 5501, "not Int64"),
        ("prestatiecode", "", "a text"),
        ("zorgmaand", date(2017, 12, 15), "the first day of a month"),
        ("aanleverdatum", datetime(2018, 5, 2, 13), "without a time of day"),
    ],
)
def test_typed_values_that_would_change_are_refused(tmp_path, column, value, expected):
    with pytest.raises(DeliveryRefused) as refused:
        read_delivery(parquet(tmp_path, **{column: [value]}), DECLARATIES, DECLARED)
    (fault,) = refused.value.faults
    assert (fault.file, fault.row, fault.column) == ("2018-05/declaraties.parquet", 1, column)
    assert expected in fault.expected or fault.expected == f"type {expected}"
    assert "decimal mark" not in fault.cause


NUMBERS = {one.name: one for table in KINDS.values() for one in table.columns if one.dtype.is_numeric()}
NEVER_NEGATIVE = (
    ("pgb_verleningen", "holders_count"), ("pgb_verleningen", "granted_eur"), ("kader", "zin_budget_eur"),
    ("afspraken", "agreed_revenue_eur"), ("indicaties", "indication_count"),
    ("beleidsregelwaarden", "max_tariff_excl_eur_per_unit"),
)  # fmt: skip


@pytest.mark.parametrize("column", NUMBERS.values(), ids=NUMBERS)
def test_every_delivered_number_has_a_range_in_its_contract(column: Column) -> None:
    """1e9 in one row, 9e14 and 1e308 are no number of any column; the message says from where to where."""
    assert column.largest is not None or None not in (column.minimum, column.maximum)
    assert "from " in column.reach
    for value in (1e308, 9e14, 1e11, -1e11):
        if column.dtype.is_float() or abs(value) < 1e15:
            values = pl.Series([value]).cast(column.dtype, strict=False)
            assert values.is_null().item() or find_outside(values, column).item(), value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e9, 9e14, 1e308])
def test_no_volume_is_infinite_nothing_or_a_milliard(value: float) -> None:
    assert find_outside(pl.Series([value]), DECLARATIES.column("volume")).item()
    assert not find_outside(pl.Series([-8e8, 0.0, 8e8]), DECLARATIES.column("volume")).any()


@pytest.mark.parametrize(("kind", "column"), NEVER_NEGATIVE)
def test_what_cannot_be_negative_is_refused(kind: str, column: str) -> None:
    of_kind = KINDS[kind].column(column)
    assert find_outside(pl.Series([-1]).cast(of_kind.dtype), of_kind).item()
    assert not find_outside(pl.Series([0, 1]).cast(of_kind.dtype), of_kind).any()


def test_a_settlement_of_99_milliard_is_refused_and_one_that_is_taken_back_is_not() -> None:
    settled = KINDS["nacalculatie_totaal"].column("settled_eur")
    values = pl.Series([99_900_000_000.0, -5_000_000.0]).cast(settled.dtype)
    assert find_outside(values, settled).to_list() == [True, False]
