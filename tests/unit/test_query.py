"""Asking the marts: reading is all that a query does."""

from datetime import date
from pathlib import Path

import pytest

from tests.lake_rows import fill
from warehouse.duck import QueryError, run_query
from warehouse.publish import publish_marts
from warehouse.store import Store

MAY = date(2018, 5, 1)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a row of May in every table of the lake."""
    folder = tmp_path_factory.mktemp("filled")
    publish_marts(fill(Store(folder / "lake"), MAY), folder / "wlz.duckdb", MAY)
    return folder / "wlz.duckdb"


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("delete from marts.data_quality", "read-only: expected a SELECT, found DELETE"),
        ("create table marts.mine as select 1", "found CREATE"),
        ("create temp table mine as select 1", "found CREATE"),
        ("insert into marts.example_queries values ('a', 'b', 'c')", "found INSERT"),
        ("explain analyze delete from stored.data_quality", "read-only"),
        ("select 1; select 2", "expected one statement, found 2"),
        ("select 1; drop table marts.data_quality", "expected one statement, found 2"),
        ("-- nothing", "expected one statement, found 0"),
        ("", "expected one statement, found 0"),
        ("copy marts.data_quality to '{folder}/out.csv'", "found COPY"),
        ("explain analyze copy (select 1) to '{folder}/out.csv'", "disabled by configuration"),
        ("export database '{folder}/out'", "found EXPORT"),
        ("attach '{folder}/other.duckdb'", "found ATTACH"),
        ("select * from read_csv('{folder}/secret.csv')", "disabled by configuration"),
        ("select * from '{folder}/secret.csv'", "disabled by configuration"),
        ("select * from glob('{folder}/*')", "disabled by configuration"),
        ("set enable_external_access = true", "found SET"),
        ("install httpfs", "found LOAD"),
        ("selec 1", "syntax error"),
        ("select * from marts.nope", "nope does not exist"),
    ],
)
def test_a_query_reads_and_does_nothing_else(filled, tmp_path, sql, words):
    (tmp_path / "secret.csv").write_text("a\n1\n")
    with pytest.raises(QueryError, match=words) as refused:
        run_query(filled, sql.format(folder=tmp_path))
    assert "\n" not in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]


@pytest.mark.parametrize(
    "sql",
    [
        "select 1",
        "select 1;",
        "with a as (select 1 as b) select b from a",
        "from marts.data_quality",
        "describe marts.data_quality",
        "summarize marts.volume_forecast",
        "explain select 1",
        "show all tables",
    ],
)
def test_ways_of_asking_that_are_allowed(filled, sql):
    assert run_query(filled, sql).height >= 1


def test_a_database_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(QueryError, match="does not exist"):
        run_query(tmp_path / "none.duckdb", "select 1")
    assert list(tmp_path.iterdir()) == []
