"""Which scenario of a published advice is shown first, as the advice itself says; for pages and commands."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from warehouse.duck import QueryError, run_query
from warehouse.settings import load_round_page
from wlz.known.headline import Headline

# For months that were published before marts.headline was: the one the round names, or the first of these.
_BEFORE = ("completed", "letter", "base")


def read_headline(database: Path, delivery_month: date) -> Headline:
    """The headline of a published month. Raises QueryError when the month is not published.

    Of a month from before mart ``headline`` it is the scenario its round names, else completed, letter or base.
    """
    of_month = f"WHERE delivery_month = DATE '{delivery_month}'"
    if has_mart(database):
        said = run_query(database, f"SELECT scenario, engine, headline_reason FROM marts.headline {of_month}")
        if said.height:
            return Headline(*said.row(0))
    sql = f"SELECT scenario, any_value(engine) AS engine FROM marts.volume_forecast {of_month} GROUP BY 1"
    engines: dict[str, str] = dict(run_query(database, sql).iter_rows())
    names = run_query(database, f"SELECT DISTINCT scenario FROM marts.utilisation_national {of_month} ORDER BY 1")
    there = names["scenario"].to_list()
    if not there:
        raise QueryError(f"no advice on {delivery_month:%Y-%m} is published")
    return headline_before(delivery_month, there, engines)


def headline_before(delivery_month: date, scenarios: Sequence[str], engines: Mapping[str, str]) -> Headline:
    """What was shown first of a month from before the mart, by its scenarios (at least one) and their engines."""
    wanted = (load_round_page(delivery_month).get("headline", ""), *_BEFORE)
    first = next((name for name in wanted if name in scenarios), scenarios[0])
    return Headline(first, engines.get(first, ""), "published before the mart was")


def has_mart(database: Path, mart: str = "headline") -> bool:
    """Whether the database has a mart: one that an earlier release published last may lack it."""
    sql = f"SELECT count(*) AS n FROM duckdb_columns() WHERE schema_name = 'marts' AND table_name = '{mart}'"
    return bool(run_query(database, sql)["n"][0])


def has_column(database: Path, mart: str, column: str) -> bool:
    """Whether a mart of the database has a column; an earlier release may have published it without."""
    sql = "SELECT count(*) AS n FROM duckdb_columns() WHERE schema_name = 'marts' "
    return bool(run_query(database, f"{sql} AND table_name = '{mart}' AND column_name = '{column}'")["n"][0])
