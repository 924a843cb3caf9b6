"""A contract is the only description of a column: change it, and every consumer changes with it."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from assets.metadata import column_schema
from expectations.judging.from_contract import expectation_specs
from warehouse import duck
from warehouse.contract import MONEY, UNIT_MARK, Column, ContractError, conform
from warehouse.dictionary import render_dictionary
from warehouse.landing import read_delivery
from warehouse.publish import attach_lake, check_mart
from warehouse.registry import all_columns, all_tables, marts
from warehouse.store import Store
from warehouse.tables.deliveries import HULPMIDDELEN, KINDS
from warehouse.tables.marts import PGB_REGION
from warehouse.values import DeliveryFormat
from wlz.words.faults import DeliveryRefused

MARTS = marts()
FORMAT = DeliveryFormat(";", ",", "utf-8", "%Y-%m-%d")
REPAIRS = Column("repairs_count", pl.Int64(), "count", "Number of repairs.", "Reparaties", source_name="reparaties")
WITH_REPAIRS = HULPMIDDELEN.with_columns(REPAIRS)


def write_csv(folder: Path, *, repairs: bool) -> Path:
    path = folder / "hulpmiddelen.csv"
    header, row = "aanleverdatum;maand;soort;bedrag", "2018-05-15;2018-03;mobiliteit;12,50"
    if repairs:
        header, row = f"{header};reparaties", f"{row};7"
    path.write_text(f"{header}\n{row}\n", encoding="utf-8")
    return path


def test_parser_reads_the_added_column(tmp_path):
    frame = read_delivery(write_csv(tmp_path, repairs=True), WITH_REPAIRS, FORMAT)
    assert frame["repairs_count"].to_list() == [7]
    with pytest.raises(DeliveryRefused, match="reparaties"):
        read_delivery(write_csv(tmp_path, repairs=True), HULPMIDDELEN, FORMAT)
    with pytest.raises(DeliveryRefused, match="reparaties"):
        read_delivery(write_csv(tmp_path, repairs=False), WITH_REPAIRS, FORMAT)


def test_parser_follows_a_renamed_header(tmp_path):
    renamed = replace(HULPMIDDELEN.column("amount_eur"), source_name="euro")
    table = replace(HULPMIDDELEN, columns=(*HULPMIDDELEN.columns[:-1], renamed))
    with pytest.raises(DeliveryRefused, match="euro"):
        read_delivery(write_csv(tmp_path, repairs=False), table, FORMAT)


def test_check_on_write_follows_the_allowed_list():
    frame = pl.DataFrame({"aid_kind": ["mobiliteit", "rolstoel"]})
    column = HULPMIDDELEN.column("aid_kind")
    table = replace(HULPMIDDELEN, columns=(column,), key=())
    with pytest.raises(ContractError, match="rolstoel"):
        conform(frame, table)
    wider = replace(column, allowed=(*(column.allowed or ()), "rolstoel"))
    assert conform(frame, replace(table, columns=(wider,))).height == 2


def test_check_on_write_rounds_money_half_even_once():
    money = Column("amount_eur", MONEY, "eur", "Amount.", "Bedrag")
    table = replace(HULPMIDDELEN, columns=(money,), key=())
    written = conform(pl.DataFrame({"amount_eur": [0.125, 0.375, -0.125]}), table)
    # 0.125 and 0.375 are exact in binary: a true half cent goes to the even cent.
    assert [str(value) for value in written["amount_eur"]] == ["0.12", "0.38", "-0.12"]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({"month": [date(2018, 3, 2)]}, "first day of a month"),
        ({"month": [None]}, "empty"),
        ({"month": [date(2018, 3, 1), date(2018, 3, 1)]}, "share a key"),
    ],
)
def test_check_on_write_names_what_is_wrong(rows, words):
    table = replace(HULPMIDDELEN, columns=(HULPMIDDELEN.column("month"),), key=("month",))
    with pytest.raises(ContractError, match=words):
        conform(pl.DataFrame(rows, schema={"month": pl.Date}), table)


def test_database_comments_follow_the_contract():
    changed = replace(PGB_REGION, description="Another story", columns=(*PGB_REGION.columns, REPAIRS))
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA marts")
        duck.create_table(connection, "marts", changed)
        duck.comment_on(connection, "TABLE", "marts", changed)
        table_comment = connection.execute("SELECT comment FROM duckdb_tables()").fetchone()[0]
        comments = dict(
            connection.execute(
                "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'pgb_region'"
            ).fetchall()
        )
    assert table_comment.startswith("Another story")
    assert comments["repairs_count"] == "Reparaties. Number of repairs. Unit: count."


def test_dagster_column_schema_follows_the_contract():
    names = [column.name for column in column_schema(WITH_REPAIRS)["dagster/column_schema"].columns]
    assert names == WITH_REPAIRS.column_names


def test_dictionary_follows_the_contract_and_is_up_to_date():
    assert "| `repairs_count` | `reparaties` |" in render_dictionary([WITH_REPAIRS])
    committed = (Path(__file__).parents[2] / "docs" / "reference" / "data_dictionary.md").read_text(encoding="utf-8")
    assert committed == render_dictionary(), "run make docs"


def test_expectation_suite_follows_the_contract():
    before = json.dumps([(spec.type, dict(spec.kwargs)) for spec in expectation_specs(HULPMIDDELEN)], default=str)
    after = json.dumps([(spec.type, dict(spec.kwargs)) for spec in expectation_specs(WITH_REPAIRS)], default=str)
    assert "repairs_count" not in before
    assert "repairs_count" in after


@pytest.mark.parametrize("name", [name for name in MARTS if name != "example_queries"])
def test_every_mart_gives_its_contract_without_data(name, tmp_path):
    with duckdb.connect() as connection:
        attach_lake(connection, Store(tmp_path / "lake"), date(2018, 5, 1))
        check_mart(connection, MARTS[name])
        wrong = replace(MARTS[name], columns=(*MARTS[name].columns, REPAIRS))
        with pytest.raises(ContractError, match="repairs_count"):
            check_mart(connection, wrong)


def test_every_column_is_described_once_with_unit_and_label():
    columns = all_columns()
    used = {column.name: column for table in all_tables() for column in table.columns}
    assert set(used) <= set(columns)
    assert all(used[name] == columns[name] for name in used), "a table holds a column that is not the register's"
    for column in columns.values():
        assert column.description.strip(), column.name
        assert column.label_nl.strip(), column.name
        mark = UNIT_MARK[column.unit]
        assert mark is None or mark in column.name, f"{column.name} does not say its unit {column.unit}"


def test_no_two_units_share_a_name_and_no_table_lacks_its_key():
    for table in all_tables():
        assert set(table.key) <= set(table.column_names), table.name
        assert table.nullable <= set(table.column_names), f"{table.name}: {table.nullable - set(table.column_names)}"
        assert len(set(table.column_names)) == len(table.columns), table.name
    assert all("aanleverdatum" in [column.source_name for column in table.columns] for table in KINDS.values())
