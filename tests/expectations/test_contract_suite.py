"""The base suite follows from the contract: change the contract and the suite changes."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from expectations.judging.from_contract import check_table, expectation_specs, measure_contract
from warehouse.contract import MONEY, Column, Table
from warehouse.tables.deliveries import KINDS
from warehouse.tables.quality import DATA_QUALITY

CODE = Column("code", pl.String(), "code", "A code.", "Code", pattern=r"[0-9]{4}")
MONTH = Column("month", pl.Date(), "month", "A month.", "Maand")
PART = Column("part", pl.String(), "text", "A part.", "Deel", allowed=("zin", "pgb"))
SHARE = Column("share_ratio", pl.Float64(), "ratio", "A share.", "Aandeel", minimum=0, maximum=1)
AMOUNT = Column("amount_eur", MONEY, "eur", "An amount.", "Bedrag")
TABLE = Table(
    "planted", "quality", "lake", "code × month", (CODE, MONTH, PART, SHARE, AMOUNT), ("code", "month"), "A table.",
    nullable=frozenset({"amount_eur"}),
)  # fmt: skip


@pytest.fixture
def frame() -> pl.DataFrame:
    rows = [
        ("5501", date(2018, 1, 1), "zin", 0.5, Decimal("1.00")),
        ("5501", date(2018, 2, 1), "pgb", 1.0, None),
    ]
    return pl.DataFrame(rows, schema=TABLE.schema, orient="row")


def types_of(table: Table, column: str) -> list[str]:
    return [spec.type for spec in expectation_specs(table) if column in spec.columns]


def test_table_that_follows_its_contract_passes(frame):
    result = check_table(TABLE, frame, "2018-05")
    assert (result.outcome, result.checked_table, result.delivery_id) == ("passed", "planted", "2018-05")


@pytest.mark.parametrize(
    ("planted", "words"),
    [
        (pl.lit(None, dtype=pl.String).alias("part"), "part: column values to not be null (2 not)"),
        (pl.lit(float("nan")).alias("share_ratio"), "share_ratio: column values to not be null"),
        (pl.lit("zvw").alias("part"), "column values to be in set"),
        (pl.lit(1.5).alias("share_ratio"), "column values to be between 0, 1 (2 not)"),
        (pl.lit(-0.5).alias("share_ratio"), "column values to be between 0, 1 (2 not)"),
        (pl.lit("55").alias("code"), "column values to match regex"),
        (pl.lit(date(2018, 1, 2)).alias("month"), "column values to match strftime format"),
        (pl.lit(date(2018, 1, 1)).alias("month"), "column code × month: compound columns to be unique (2 not)"),
        (pl.lit(1).cast(pl.Int64).alias("share_ratio"), "column share_ratio: column values to be of type Float64"),
        (pl.lit(1).alias("extra"), "table columns to match set"),
    ],
)
def test_each_expectation_fails_on_its_defect(frame, planted, words):
    result = check_table(TABLE, frame.with_columns(planted))
    assert (result.outcome, result.is_blocking) == ("failed", True)
    assert words in result.observed


def test_missing_column_fails_once_and_is_not_broken(frame):
    result = check_table(TABLE, frame.drop("part"))
    assert (result.outcome, result.findings_count) == ("failed", 1)


def test_empty_table_fails_unless_it_may_be_empty(frame):
    assert check_table(TABLE, frame.clear()).outcome == "failed"
    assert check_table(TABLE, frame.clear(), minimum_rows=0).outcome == "passed"


def test_a_new_column_changes_the_suite(frame):
    flag = Column("flag", pl.String(), "flag", "A flag.", "Vlag", allowed=("ja", "nee"))
    wider = TABLE.with_columns(flag)
    assert types_of(TABLE, "flag") == []
    assert types_of(wider, "flag") == [
        "ExpectColumnValuesToBeOfType",
        "ExpectColumnValuesToNotBeNull",
        "ExpectColumnValuesToBeInSet",
    ]
    assert "ExpectColumnValuesToNotBeNull" not in types_of(replace(wider, nullable=frozenset({"flag"})), "flag")
    assert check_table(wider, frame).outcome == "failed"
    assert check_table(wider, frame.with_columns(pl.lit("ja").alias("flag"))).outcome == "passed"


def test_a_new_allowed_value_and_another_range_change_the_suite(frame):
    third = frame.with_columns(pl.lit("zvw").alias("part"), pl.lit(2.0).alias("share_ratio"))
    columns = (CODE, MONTH, replace(PART, allowed=("zin", "pgb", "zvw")), replace(SHARE, maximum=2), AMOUNT)
    assert check_table(TABLE, third).findings_count == 4
    assert check_table(replace(TABLE, columns=columns), third).outcome == "passed"


def test_another_key_changes_the_suite(frame):
    single = replace(TABLE, key=("code",))
    assert "ExpectColumnValuesToBeUnique" in types_of(single, "code")
    assert check_table(single, frame).outcome == "failed"
    assert check_table(replace(TABLE, key=()), frame).outcome == "passed"


def test_every_derived_expectation_exists_in_the_library():
    import great_expectations as gx

    for table in (*KINDS.values(), DATA_QUALITY, TABLE):
        for spec in expectation_specs(table):
            assert getattr(gx.expectations, spec.type)(**spec.kwargs)


@pytest.mark.parametrize("part", ["zin", "zvw"])
def test_counts_agree_with_the_library_on_the_values(frame, part):
    """What Polars counts is what the same expectation finds in the values themselves."""
    from expectations.judging.runner import _great_expectations

    planted = frame.with_columns(
        pl.lit(part).alias("part"), pl.lit("x").alias("code"), pl.lit(2.0).alias("share_ratio")
    )
    specs = [spec for spec in expectation_specs(TABLE) if spec.type != "ExpectColumnValuesToBeOfType"]
    specs = [spec for spec in specs if spec.columns not in (["amount_eur"], ["month"])]  # no pandas type for these
    counted = measure_contract(TABLE, planted)["findings_count"].to_list()
    all_specs = expectation_specs(TABLE)
    gx, batch_definition = _great_expectations()
    batch = batch_definition.get_batch({"dataframe": planted.to_pandas()})
    for spec in specs:
        judged = batch.validate(getattr(gx.expectations, spec.type)(**spec.kwargs))
        assert judged.success == (counted[all_specs.index(spec)] == 0), spec
