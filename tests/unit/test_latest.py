"""The newest advice and its headline are marked when they are read, and schema latest has nothing else."""

import re
import shutil
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from tests.docs.pages import PAGES, fenced_blocks, read
from tests.lake_rows import fill, rows
from warehouse import registry
from warehouse.duck import run_query
from warehouse.latest import flags_of
from warehouse.publish import example_queries, hash_marts, publish_marts
from warehouse.store import Store
from warehouse.tables.utilisation import UTILISATION
from warehouse.tables.vintages import HEADLINE
from warehouse.withdrawals import newest_month

MARTS = registry.marts()
APRIL, MAY, JUNE = date(2018, 4, 1), date(2018, 5, 1), date(2018, 6, 1)
FLAGGED = "select delivery_month, scenario, is_latest, is_headline from marts.utilisation_national order by 1, 2"


def of_two_scenarios(store: Store, month: date, shown: str) -> Store:
    """A month with one national row in each of two scenarios, of which one is shown first."""
    fill(store, month)
    row = rows(UTILISATION, month).with_columns(level=pl.lit("national"), part=pl.lit("zin"))
    store.write(UTILISATION, pl.concat([row, row.with_columns(scenario=pl.lit("base"))]), month)
    store.write(HEADLINE, rows(HEADLINE, month).with_columns(scenario=pl.lit(shown)), month)
    return store


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """May shows base first, June letter; May was published again after June."""
    database, store = tmp_path / "wlz.duckdb", Store(tmp_path / "lake")
    for month, shown in ((MAY, "base"), (JUNE, "letter"), (MAY, "base")):
        publish_marts(of_two_scenarios(store, month, shown), database, month)
    return database


def test_the_newest_month_and_the_headline_of_each_month_are_marked(database):
    assert run_query(database, FLAGGED).rows() == [
        (MAY, "base", False, True),
        (MAY, "letter", False, False),
        (JUNE, "base", True, False),
        (JUNE, "letter", True, True),
    ]
    assert run_query(database, "select delivery_month, scenario from latest.utilisation_national").rows() == [
        (JUNE, "letter")
    ]
    assert newest_month(database) == JUNE
    assert newest_month(database.with_name("none.duckdb")) is None


def test_another_headline_shows_without_a_row_being_written(database, tmp_path):
    store = of_two_scenarios(Store(tmp_path / "lake"), JUNE, "base")
    publish_marts(store, database, JUNE)
    assert run_query(database, "select scenario from latest.utilisation_national").rows() == [("base",)]


def test_every_mart_of_months_has_its_flags_and_its_view(database):
    for name, table in MARTS.items():
        flags = [column.name for column in flags_of(table)]
        expected = [flag for flag, of in (("is_latest", "delivery_month"), ("is_headline", "scenario"))
                    if of in table.column_names]  # fmt: skip
        assert flags == expected, name
        described = f"select column_name from duckdb_columns() where table_name = '{name}' and schema_name = "
        shown = {schema: run_query(database, f"{described}'{schema}' order by column_index").to_series().to_list()
                 for schema in ("marts", "latest", "stored")}  # fmt: skip
        assert shown == {
            "marts": [*table.column_names, *flags],
            "latest": table.column_names,
            "stored": table.column_names,
        }, name


def test_what_goes_with_every_scenario_is_shown_whichever_is_first(tmp_path):
    """The lag curve is made in one scenario and drawn beside each: its rows once counted as none."""
    database, store = tmp_path / "wlz.duckdb", fill(Store(tmp_path / "lake"), MAY)
    store.write(HEADLINE, rows(HEADLINE, MAY).with_columns(scenario=pl.lit("base")), MAY)
    publish_marts(store, database, MAY)
    assert run_query(database, "select scenario from latest.lag_curve").rows() == [("letter",)]
    assert run_query(database, "select scenario from latest.zin_uitvoerder").rows() == []


def test_hashes_do_not_know_which_month_is_newest(database, tmp_path):
    other = tmp_path / "june.duckdb"
    store = Store(tmp_path / "lake")
    for month in (JUNE, MAY):
        publish_marts(store, other, month)
    assert hash_marts(other).equals(hash_marts(database))


def test_the_views_hold_under_any_name(database):
    with duckdb.connect() as connection:
        connection.execute(f"attach '{database}' as another (read_only)")
        assert connection.execute("select scenario from another.latest.utilisation_national").fetchall() == [
            ("letter",)
        ]


def documented() -> list[str]:
    """Every query a document or the database itself tells people to run."""
    commands = [re.findall(r'wlz query "([^"]+)"', read(page)) for page in PAGES]
    blocks = [text for page in PAGES for name, text in fenced_blocks(read(page)) if name == "sql"]
    queries = [*(sql for found in commands for sql in found), *blocks, *(sql for *_, sql in example_queries())]
    return list(dict.fromkeys(sql for sql in queries if "marts." in sql or "latest." in sql))


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The same rows in one, two and five months, each a database of its own."""
    folder, found = tmp_path_factory.mktemp("months"), []
    store, database = Store(folder / "lake"), folder / "wlz.duckdb"
    for number in range(5):
        month = date(2018, 5 + number, 1)
        publish_marts(fill(store, month, count=2), database, month)
        if number + 1 in (1, 2, 5):
            found.append(shutil.copy(database, folder / f"{number + 1}.duckdb"))
    return found


# About several advices by their nature: they list all of a year.
OF_ALL_MONTHS = ("marts.forecast_vintages",)


@pytest.mark.parametrize("sql", documented(), ids=lambda sql: " ".join(sql.split())[:60])
def test_a_documented_query_gives_the_same_after_one_two_and_five_months(sql, grown):
    one, two, five = (run_query(database, sql) for database in grown)
    if any(mart in sql for mart in OF_ALL_MONTHS):
        assert (one.height, two.height, five.height) == (1 * one.height, 2 * one.height, 5 * one.height)
    elif " in ('2018-" in sql:  # it names its months
        assert two.equals(five.filter(pl.col("delivery_month").is_in(two["delivery_month"].implode())))
    else:
        assert "where scenario = 'letter'" not in sql
        said = [rows.drop("delivery_month", strict=False) for rows in (one, two, five)]
        assert said[0].equals(said[1])
        assert said[0].equals(said[2])


def test_there_are_documented_queries():
    assert len(documented()) >= 18
