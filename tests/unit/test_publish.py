"""Publishing: this month's rows replaced, the file swapped whole, comments on everything, read-only for analysts."""

import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from tests.lake_rows import PUBLISHED, fill, rows
from warehouse import duck, publish, registry
from warehouse.contract import MONEY, ContractError
from warehouse.duck import run_query
from warehouse.latest import flags_of
from warehouse.publish import (
    example_queries,
    hash_marts,
    list_marts,
    mart_sql,
    publish_marts,
    published_inputs,
    published_months,
)
from warehouse.store import Store
from warehouse.tables.bounds import FORECAST_BOUNDS
from warehouse.tables.marts import EXAMPLE_QUERIES
from warehouse.tables.prices import PRICES
from warehouse.tables.quality import DATA_QUALITY
from warehouse.tables.utilisation import UTILISATION
from warehouse.tables.volumes import VOLUMES

MARTS = registry.marts()
MAY, JUNE = date(2018, 5, 1), date(2018, 6, 1)
PRUNED = sorted(name for name, table in MARTS.items() if table.keep_vintages is not None)


def months_of(database: Path, mart: str) -> list[date]:
    return run_query(database, f"select distinct delivery_month from marts.{mart} order by 1").to_series().to_list()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "lake")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "out" / "wlz.duckdb"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with three rows of May in every table of the lake."""
    folder = tmp_path_factory.mktemp("filled")
    publish_marts(fill(Store(folder / "lake"), MAY, count=3), folder / "wlz.duckdb", MAY)
    return folder / "wlz.duckdb"


@pytest.fixture(scope="module")
def hashes(filled: Path) -> pl.DataFrame:
    """Hash per mart of ``filled``."""
    return hash_marts(filled)


@pytest.fixture
def published(filled: Path, store: Store, database: Path) -> Path:
    """A copy of ``filled`` to spoil, with its lake in ``store``."""
    shutil.copytree(filled.parent / "lake", store.root)
    database.parent.mkdir()
    shutil.copyfile(filled, database)
    return database


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database published from an empty lake."""
    folder = tmp_path_factory.mktemp("empty")
    publish_marts(Store(folder / "lake"), folder / "wlz.duckdb", MAY)
    return folder / "wlz.duckdb"


# --- What is published --------------------------------------------------------------------------------------------


def test_an_empty_lake_gives_every_mart_without_rows(empty):
    found = list_marts(empty)
    assert found["mart"].to_list() == list(MARTS)
    assert {name: count for name, count, *_ in found.iter_rows() if count} == {
        "example_queries": len(example_queries())
    }
    assert published_months(empty) == []


def test_every_table_and_column_carries_its_comment(filled):
    sql = "select view_name, comment from duckdb_views() where schema_name = 'marts'"
    tables = dict(run_query(filled, sql).iter_rows())
    assert tables == {
        name: f"{table.description} Grain: {table.grain}." + (f" Letter: {table.letter}." if table.letter else "")
        for name, table in MARTS.items()
    }
    sql = "select table_name, column_name, comment from duckdb_columns() where schema_name = 'marts'"
    columns = {(table, column): comment for table, column, comment in run_query(filled, sql).iter_rows()}
    assert columns == {
        (table.name, column.name): f"{column.label_nl}. {column.description} Unit: {column.unit}."
        for table in MARTS.values()
        for column in (*table.columns, *flags_of(table))
    }


def test_rows_of_the_lake_arrive_with_their_types(filled):
    found = run_query(filled, "select * from marts.volume_forecast")
    shown = [name for name in VOLUMES.column_names if name != "computed_volume"]  # stays in the lake
    assert found.select(shown).equals(rows(VOLUMES, MAY, 3).select(shown))
    assert run_query(filled, "select * from marts.utilisation_national").schema["expected_eur"] == MONEY
    assert published_months(filled) == ["2018-05"]
    assert published_inputs(filled, MAY) == {
        f"input_name {n}": (f"input_version {n}", f"content_hash {n}") for n in range(3)
    }
    assert published_inputs(filled, JUNE) == {}


def test_nothing_is_published_without_a_database(tmp_path):
    assert published_months(tmp_path / "none.duckdb") == []
    assert published_inputs(tmp_path / "none.duckdb", MAY) == {}


@pytest.mark.parametrize("question", example_queries(), ids=lambda query: query[0])
def test_example_queries_run(empty, filled, question):
    """On an empty database and on one with rows; each asks a question in words."""
    name, words, sql = question
    assert words.endswith("?")
    assert run_query(empty, sql).is_empty()
    assert run_query(filled, sql).columns == run_query(empty, sql).columns
    published = run_query(filled, f"select question, sql_text from marts.example_queries where query_name = '{name}'")
    assert published.rows() == [(words, sql)]


def test_the_file_says_that_older_clients_can_read_it(empty):
    """DuckDB writes a storage version into the header: 65 is v1.2.0, its own default of today 999."""
    assert int.from_bytes(empty.read_bytes()[12:20], "little") == 65


# --- Months -------------------------------------------------------------------------------------------------------


def test_only_the_rows_of_this_month_are_replaced(store, published):
    sql = "select * from stored.price_derivation where delivery_month = '2018-05-01'"
    before = run_query(published, sql)
    assert before.height == 3
    store.write(PRICES, rows(PRICES, JUNE, 4), JUNE)
    store.write(UTILISATION, rows(UTILISATION, JUNE), JUNE)
    store.write(PRICES, rows(PRICES, MAY, 5), MAY)  # changed in the lake, but May is not published again
    assert publish_marts(store, published, JUNE)["price_derivation"] == 3 + 4
    assert run_query(published, sql).equals(before)
    assert published_months(published) == ["2018-05", "2018-06"]


def test_publishing_the_same_again_changes_nothing(store, published, hashes):
    publish_marts(store, published, MAY)
    assert hash_marts(published).equals(hashes)


def test_series_level_rows_of_thirteen_months_are_kept_and_totals_of_all(store, published):
    """Architecture, 2: the file does not grow with history; older series rows stay in the lake."""
    pruned = (
        "cell_support claim_unit_corrections forecast_bounds lag_curve monitor_provider pgb_forecast price_derivation "
        "volume_forecast"
    )
    assert pruned.split() == PRUNED
    months = pl.date_range(date(2017, 3, 1), JUNE, "1mo", eager=True).to_list()
    history = sorted({*PRUNED, "advice_provenance", "utilisation_national"})
    span = "select unnest(range(date '2017-03-01', date '2018-05-01', interval 1 month))::date as month"
    with duckdb.connect(str(published)) as connection:  # what fourteen months before May would have left
        for mart in history:
            earlier = f"select m.* replace (s.month as delivery_month) from stored.{mart} as m, ({span}) as s"
            connection.execute(f"insert into stored.{mart} {earlier}")
    publish_marts(fill(store, JUNE), published, JUNE)
    for mart in history:
        assert months_of(published, mart) == (months[-13:] if mart in PRUNED else months)
    assert store.has(VOLUMES, MAY)


def test_check_results_of_all_months_are_published_whatever_the_month(store, database):
    """Results belong to deliveries; a month without any of its own must not hide those of others."""
    store.write(DATA_QUALITY, rows(DATA_QUALITY, MAY), MAY)
    publish_marts(store, database, JUNE)
    assert months_of(database, "data_quality") == [MAY]


# --- Hashes -------------------------------------------------------------------------------------------------------


def test_the_hash_of_a_mart_does_not_depend_on_the_order_of_rows(store, published, hashes):
    published.unlink()
    for table in PUBLISHED:  # past the store, which would sort
        store.read(table, MAY).reverse().write_parquet(store.path(table, MAY))
    publish_marts(store, published, MAY)
    assert hash_marts(published).equals(hashes)
    assert hashes["mart"].to_list() == list(MARTS)


def test_the_hash_changes_with_a_cent_and_in_that_mart_alone(published, hashes):
    with duckdb.connect(str(published)) as connection:
        connection.execute(
            "update stored.advice_provenance set amount_eur = amount_eur + 0.01 where input_name like '% 2'"
        )
    changed = hash_marts(published).filter(pl.col("sha256") != hashes["sha256"])
    assert changed["mart"].to_list() == ["advice_provenance"]


def test_which_code_ran_and_when_is_in_no_hash(published, hashes):
    """A refactor that moves no figure is proved by equal hashes; what it rests on else still counts."""
    changes = (
        "update stored.forecast_vintages set code_version = 'other', inputs_hash = 'other', frozen_at = '2020-01-01'",
        "update stored.data_quality set judged_at = '2020-01-01'",
        "insert into stored.advice_provenance by name "
        "select * replace ('code' as input_name, 'other' as input_version) from stored.advice_provenance limit 1",
    )
    with duckdb.connect(str(published)) as connection:
        for change in changes:
            connection.execute(change)
    assert hash_marts(published).equals(hashes)
    with duckdb.connect(str(published)) as connection:
        connection.execute(
            "update stored.advice_provenance set content_hash = 'other' where input_name = 'input_name 1'"
        )
    changed = hash_marts(published).filter(pl.col("sha256") != hashes["sha256"])
    assert changed["mart"].to_list() == ["advice_provenance"]


# --- When something goes wrong ------------------------------------------------------------------------------------


@pytest.fixture
def spoil(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Gives the mart pgb_region another SELECT."""

    def change(sql: str) -> None:
        monkeypatch.setattr(publish, "mart_sql", lambda name: sql if name == "pgb_region" else mart_sql(name))

    return change


def names(database: Path) -> list[str]:
    return sorted(path.name for path in database.parent.iterdir())


@pytest.mark.parametrize(
    ("sql", "error", "words"),
    [
        ("select 1 as x", ContractError, r"mart pgb_region: .*Mend marts/pgb_region\.sql"),
        ("select nope from lake.utilisation", duckdb.BinderException, "nope"),
        ("select from where", duckdb.ParserException, "syntax error"),
    ],
)
def test_a_failing_mart_leaves_the_old_file_and_no_other(store, published, spoil, sql, error, words):
    """The error itself is raised, not what the broken transaction says afterwards."""
    content = published.read_bytes()
    spoil(sql)
    with pytest.raises(error, match=words):
        publish_marts(store, published, JUNE)
    assert published.read_bytes() == content
    assert names(published) == ["wlz.duckdb"]


def test_a_mart_that_fails_on_its_rows_leaves_the_old_file(store, published, monkeypatch):
    """Columns and types are right, a row is not: the transaction is broken half-way."""
    broken = (
        f"with fine as ({mart_sql('volume_forecast')}) select * replace (error('boom')::varchar as model) from fine"
    )
    monkeypatch.setattr(publish, "mart_sql", lambda name: broken if name == "volume_forecast" else mart_sql(name))
    content = published.read_bytes()
    with pytest.raises(duckdb.Error, match="boom"):
        publish_marts(store, published, MAY)
    assert published.read_bytes() == content
    assert names(published) == ["wlz.duckdb"]


def test_the_first_publication_that_fails_leaves_nothing(store, database, spoil):
    spoil("select 1 as x")
    with pytest.raises(ContractError):
        publish_marts(store, database, MAY)
    assert names(database) == []


def test_a_file_that_is_no_database_is_named_and_stays(store, database):
    database.parent.mkdir(parents=True)
    database.write_bytes(b"a letter to the minister" * 1000)
    with pytest.raises(OSError, match=r"/wlz\.duckdb.*not a valid DuckDB database"):
        publish_marts(store, database, MAY)
    assert names(database) == ["wlz.duckdb"]


def test_a_mart_follows_a_changed_contract_and_keeps_its_rows(store, published):
    """A column that came into the contract is empty for earlier months, one that left it is gone."""
    with duckdb.connect(str(published)) as connection:
        connection.execute("alter table stored.volume_forecast drop column flag")
        connection.execute("alter table stored.volume_forecast add column old_name varchar")
    publish_marts(fill(store, JUNE), published, JUNE)
    found = run_query(published, "select * from marts.volume_forecast order by delivery_month")
    assert found.columns == [*MARTS["volume_forecast"].column_names, "is_latest", "is_headline"]
    assert found.select("delivery_month", "flag").rows() == [(MAY, None)] * 3 + [(JUNE, "flag 0")]
    assert list_marts(published).height == len(MARTS)
    comment = "select comment from duckdb_columns() where schema_name = 'marts' and table_name = 'volume_forecast'"
    assert run_query(published, f"{comment} and column_name = 'flag'").item()


def test_a_lake_from_before_a_column_is_published_with_that_column_empty(store, published):
    """A column that may be empty came into the contract after the month was run: its marts do without it."""
    path = store.path(FORECAST_BOUNDS, MAY)
    before = pl.read_parquet(path, hive_partitioning=False)
    before.drop("available_lower_80_eur", "expected_volume").write_parquet(path)
    publish_marts(store, published, MAY)
    found = run_query(published, "select * from marts.forecast_bounds order by prestatiecode")
    assert found.columns == [*FORECAST_BOUNDS.column_names, "in_base", "is_latest", "is_headline"]
    assert found["available_lower_80_eur"].null_count() == found.height == 3
    assert found["available_upper_80_eur"].to_list() == before["available_upper_80_eur"].to_list()
    before.drop("expected_eur").write_parquet(path)  # never empty: what is missing is a fault
    with pytest.raises(ContractError, match=r"mart forecast_bounds: expected_eur: .* found None"):
        publish_marts(store, published, MAY)


# --- Readers ------------------------------------------------------------------------------------------------------


@pytest.fixture
def reader(published: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(published), read_only=True) as connection:
        yield connection


def test_an_analyst_keeps_what_was_open_and_a_new_one_sees_the_new_file(store, published, reader):
    count = "select count(*) from marts.volume_forecast"
    assert reader.execute(count).fetchone() == (3,)
    publish_marts(fill(store, JUNE), published, JUNE)
    assert reader.execute(count).fetchone() == (3,)
    assert reader.execute("select count(*) from marts.price_derivation").fetchone() == (3,)
    reader.close()
    assert run_query(published, count).item() == 4


@pytest.mark.parametrize("table", [*PUBLISHED, EXAMPLE_QUERIES], ids=lambda table: table.name)
def test_every_type_of_a_contract_has_a_type_in_the_database(table):
    assert all(duck.duck_type(column.dtype) for column in table.columns)
    with pytest.raises(KeyError):
        duck.duck_type(pl.Time())
