"""Tables and columns are found by walking their packages: a stage is added by its own files and nowhere else."""

import ast
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from warehouse import columns, duck, registry, tables
from warehouse.contract import Column, Table
from warehouse.dictionary import render_dictionary
from warehouse.publish import attach_lake, publish_marts
from warehouse.store import Store

ROOT = Path(__file__).parents[2]
COLUMNS = """
import polars as pl
from warehouse.contract import Column

CEILING_EUR = Column("ceiling_eur", pl.Decimal(18, 2), "eur", "Ceiling of a room.", "Plafond (€)")
"""
TABLES = """
from warehouse.columns import ceilings, common
from warehouse.contract import Table
from warehouse.mart import copy_table

AFTER = "volumes"

CEILINGS = Table(
    "ceilings", "ceilings", "lake", "wlz_uitvoerder",
    (common.DELIVERY_MONTH, common.WLZ_UITVOERDER, ceilings.CEILING_EUR), ("wlz_uitvoerder",),
    "What a room may hold.", published=True,
)
CEILINGS_MART = copy_table(CEILINGS, "ceiling_uitvoerder")
"""
Add = Callable[..., None]


@pytest.fixture
def add(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Add:
    """Adds files to the two packages, as a new stage would; gone after the test."""
    for package in (columns, tables):
        folder = tmp_path / package.__name__
        folder.mkdir()
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])

    def write(word: str, *, column: str = "", table: str = "") -> None:
        for package, text in ((columns, column), (tables, table)):
            if text:
                (tmp_path / package.__name__ / f"{word}.py").write_text(text, encoding="utf-8")
                monkeypatch.delattr(package, word, raising=False)
                monkeypatch.delitem(sys.modules, f"{package.__name__}.{word}", raising=False)

    return write


def test_a_stage_is_added_by_its_own_files(add, tmp_path):
    """Registry, order, dictionary, the views that marts read and a mart of its own follow without another edit."""
    add("ceilings", column=COLUMNS, table=TABLES)
    assert registry.all_columns()["ceiling_eur"].label_nl == "Plafond (€)"
    words = registry.stages()
    assert words.index("volumes") < words.index("ceilings") < words.index("extra_items")
    dictionary = render_dictionary()
    assert "### ceilings\n\nWhat a room may hold." in dictionary
    assert dictionary.index("### volumes") < dictionary.index("### ceilings") < dictionary.index("### utilisation")
    with duckdb.connect() as connection:
        attach_lake(connection, Store(tmp_path / "lake"), date(2018, 5, 1))
        found = duck.described_columns(connection, "select * from lake.ceilings")
    assert found == {"delivery_month": "DATE", "wlz_uitvoerder": "VARCHAR", "ceiling_eur": "DECIMAL(18,2)"}
    assert publish_marts(Store(tmp_path / "lake"), tmp_path / "wlz.duckdb", date(2018, 5, 1))["ceiling_uitvoerder"] == 0


def test_a_column_described_twice_is_named(add):
    add("ceilings", column=COLUMNS.replace("ceiling_eur", "flag"))
    with pytest.raises(ValueError, match="column flag is described twice"):
        registry.all_columns()


def test_two_tables_of_one_name_are_named(add):
    add("ceilings", column=COLUMNS, table=TABLES.replace('"ceilings", "ceilings", "lake"', '"prices", "x", "lake"'))
    with pytest.raises(ValueError, match="two tables of the layer lake are called prices"):
        registry.lake()


@pytest.mark.parametrize("after", ["nowhere", "ceilings"])
def test_a_stage_after_one_that_is_not_there_is_named(add, after):
    add("ceilings", column=COLUMNS, table=TABLES.replace('"volumes"', f'"{after}"'))
    with pytest.raises(ValueError, match=f"tables/ceilings.py comes AFTER '{after}'"):
        registry.stages()


def defined(folder: str, kind: type) -> set[tuple[str, str]]:
    """File and name of every constant of a kind, from the source: what the registry must have found."""
    found = set()
    for path in sorted((ROOT / "warehouse" / folder).rglob("*.py")):
        module = __import__(f"warehouse.{folder}.{path.stem}", fromlist=["*"]) if path.stem != "__init__" else None
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [target.id for target in getattr(node, "targets", []) if isinstance(target, ast.Name)]
            found |= {(path.stem, name) for name in names if isinstance(getattr(module, name), kind)}
    return found


def test_every_table_and_column_that_is_written_is_found():
    listed = {id(table) for table in registry.all_tables()}
    written = defined("tables", Table)
    assert len(written) == len(listed) > 70
    assert [at for at in written if id(getattr(getattr(tables, at[0]), at[1])) not in listed] == []
    known = {id(column) for column in registry.all_columns().values()}
    assert len(known) > 240
    assert [at for at in defined("columns", Column) if id(getattr(getattr(columns, at[0]), at[1])) not in known] == []


def test_tables_that_the_dictionary_once_forgot_are_in_it():
    """Two lists by hand stood side by side, and one was five short."""
    once_forgotten = {
        "lag_curve", "revision_statistics", "completed_series", "claims_snapshot", "delivery_unit_corrections",
    }  # fmt: skip
    assert once_forgotten <= set(registry.lake())
    assert [name for name in once_forgotten if f"### {name}\n" not in render_dictionary()] == []


def test_the_order_is_that_of_the_data():
    assert registry.stages()[:9] == [
        "deliveries", "series", "lag", "volumes", "prices", "extra_items", "pgb", "aids", "utilisation",
    ]  # fmt: skip
    assert next(iter(registry.marts())) == "utilisation_national"
