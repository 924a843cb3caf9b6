"""Advices that were taken back: recorded once, published at once, not the newest while they are; and what ends it."""

from datetime import date, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.cli.text.explain import ExplainError, explain_series
from tests.lake_rows import fill, rows
from tests.old_database import lay_out_as_before
from warehouse.duck import run_query
from warehouse.publish import hash_marts, publish_marts, publish_withdrawals
from warehouse.store import Store
from warehouse.tables.vintages import ADVICE_WITHDRAWALS, FORECAST_VINTAGES
from warehouse.withdrawals import (
    WithdrawalError,
    newest_month,
    read_withdrawals,
    withdraw_advice,
    withdrawn_months,
)
from wlz.vintages.withdrawals import stand_again

APRIL, MAY, JUNE = (date(2018, month, 1) for month in (4, 5, 6))
NOW = datetime(2018, 6, 20, 9, 30)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A lake with advices of April, May and June, and no withdrawals."""
    store = Store(tmp_path / "lake")
    for month in (APRIL, MAY, JUNE):
        fill(store, month)
        store.path(ADVICE_WITHDRAWALS, month).unlink()
    return store


@pytest.fixture
def database(store: Store, tmp_path: Path) -> Path:
    for month in (APRIL, MAY, JUNE):
        publish_marts(store, tmp_path / "wlz.duckdb", month)
    return tmp_path / "wlz.duckdb"


def withdraw(store: Store, month: date) -> pl.DataFrame:
    return withdraw_advice(store, month, f"{month:%Y-%m}", "A. Vos", "a typing error", NOW)


@pytest.mark.parametrize(("withdrawn", "newest"), [
    ((), JUNE), ((JUNE,), MAY), ((MAY,), JUNE), ((JUNE, MAY), APRIL), ((APRIL, MAY, JUNE), None),
])  # fmt: skip
def test_the_newest_month_is_the_last_that_stands(store, database, withdrawn, newest) -> None:
    for month in withdrawn:
        withdraw(store, month)
    publish_withdrawals(store, database)
    assert newest_month(database) == newest
    shown = run_query(database, "select distinct delivery_month from latest.utilisation_national")
    assert shown["delivery_month"].to_list() == ([newest] if newest else [])
    assert withdrawn_months(store) == set(withdrawn)


def test_publishing_a_withdrawal_leaves_every_figure_as_it_is(store, database) -> None:
    before = hash_marts(database)
    withdraw(store, MAY)
    publish_withdrawals(store, database)
    after = hash_marts(database)
    changed = [name for (name, old), (_, new) in zip(before.iter_rows(), after.iter_rows(), strict=True) if old != new]
    assert changed == ["advice_withdrawals"]
    said = run_query(database, "select delivery_month, withdrawn_by, withdrawal_reason from marts.advice_withdrawals")
    assert said.rows() == [(MAY, "A. Vos", "a typing error")]


def test_a_run_of_another_month_shows_it_too(store, database) -> None:
    withdraw(store, JUNE)
    publish_marts(store, database, APRIL)
    assert newest_month(database) == MAY


def test_withdrawing_twice_is_refused_and_says_who_did_it(store) -> None:
    withdraw(store, MAY)
    with pytest.raises(WithdrawalError, match=r"withdrawn before, by A\. Vos on 2018-06-20 09:30 UTC: a typing error"):
        withdraw(store, MAY)
    assert read_withdrawals(store).height == 1


def test_a_database_of_before_there_were_any_has_its_last_month_as_newest(store, database, tmp_path) -> None:
    with duckdb.connect(str(database)) as connection:
        lay_out_as_before(connection, "advice_withdrawals")
    assert newest_month(database) == JUNE
    assert newest_month(tmp_path / "none.duckdb") is None
    assert withdrawn_months(Store(tmp_path / "nothing")) == set()


def test_a_series_is_explained_of_an_advice_that_stands(store, database) -> None:
    for month in (APRIL, MAY, JUNE):
        withdraw(store, month)
    publish_withdrawals(store, database)
    with pytest.raises(ExplainError, match=r"no advice stands in wlz\.duckdb: .*Next: wlz status"):
        explain_series(database, "Z041", "CZ")


# ---- what ends one -------------------------------------------------------------------------------------------------


@pytest.fixture
def withdrawals(store) -> pl.DataFrame:
    withdraw(store, MAY)
    return store.read(ADVICE_WITHDRAWALS, MAY)


@pytest.fixture
def current() -> pl.DataFrame:
    return rows(FORECAST_VINTAGES, MAY, 2).with_columns(advice_state=pl.lit("current"))


def test_the_same_advice_computed_again_stays_withdrawn(withdrawals, current) -> None:
    assert stand_again(withdrawals, current, current, author="", at=NOW).equals(withdrawals)


@pytest.mark.parametrize("changed", ["expected_eur", "inputs_hash", "claims_delivery_id"])
def test_other_figures_or_inputs_are_another_advice(withdrawals, current, changed) -> None:
    other = {"expected_eur": pl.col("expected_eur") + 1}.get(changed, pl.lit("another"))
    now = current.with_columns(other.cast(current.schema[changed]).alias(changed))
    ended = stand_again(withdrawals, current, now, author="", at=NOW)
    assert ended["stands_again_at"].to_list() == [NOW]
    assert ended["stands_again_because"].to_list() == ["computed again: other figures, or the same from other inputs"]
    assert ended.drop("stands_again_at", "stands_again_because").equals(
        withdrawals.drop("stands_again_at", "stands_again_because")
    )


def test_a_person_who_freezes_it_stands_for_it(withdrawals, current) -> None:
    ended = stand_again(withdrawals, current, current, author="B. Smit", at=NOW)
    assert ended["stands_again_because"].to_list() == ["frozen by B. Smit"]


def test_what_ended_before_keeps_its_time(store, withdrawals, current) -> None:
    first = stand_again(withdrawals, current, current, author="B. Smit", at=NOW)
    store.write(ADVICE_WITHDRAWALS, first, MAY)
    again = withdraw_advice(store, MAY, "2018-05", "C. Bos", "once more", datetime(2018, 7, 1))
    assert again.height == 1
    both = stand_again(store.read(ADVICE_WITHDRAWALS, MAY), current, current, author="D. Maas", at=datetime(2018, 8, 1))
    assert both["stands_again_at"].to_list() == [NOW, datetime(2018, 8, 1)]
    assert both["stands_again_because"].to_list() == ["frozen by B. Smit", "frozen by D. Maas"]
