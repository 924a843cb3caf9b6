"""Advices that were taken back: recorded in the lake, published at once; and which published month is the newest.

What ends a withdrawal is decided in `wlz/vintages/withdrawals.py`.
"""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from warehouse.duck import run_query
from warehouse.published_headline import has_mart
from warehouse.store import Store, month_label
from warehouse.tables.vintages import ADVICE_WITHDRAWALS
from wlz.words.faults import Spoken


def newest_month_sql(schema: str = "marts") -> str:
    """The newest published month that is not withdrawn: one row, null without any.

    ``schema`` is where it looks: the views of the database rest on the stored rows, not on each other.
    """
    return (
        f"SELECT max(delivery_month) AS delivery_month FROM {schema}.utilisation_national WHERE delivery_month NOT IN "
        f"(SELECT delivery_month FROM {schema}.{ADVICE_WITHDRAWALS.name} WHERE stands_again_at IS NULL)"
    )


_NEWEST_BEFORE = "SELECT max(delivery_month) AS delivery_month FROM marts.utilisation_national"


class WithdrawalError(Spoken, ValueError):
    """An advice that cannot be withdrawn; the message says what was found and what to do."""


def newest_month(database: Path) -> date | None:
    """The newest published delivery month that is not withdrawn; None without any, or without a database.

    >>> newest_month(database)  # doctest: +SKIP
    datetime.date(2018, 5, 1)
    """
    if not database.exists():
        return None
    sql = newest_month_sql() if has_mart(database, ADVICE_WITHDRAWALS.name) else _NEWEST_BEFORE
    found: date | None = run_query(database, sql)["delivery_month"][0]
    return found


def read_withdrawal(database: Path, month: date) -> dict[str, Any] | None:
    """The withdrawal of a published month that holds now, as a row of the mart; None when it stands."""
    return next((row for row in _published(database) if row["delivery_month"] == month), None)


def withdrawn_months_of(database: Path) -> list[date]:
    """Published months that are withdrawn now."""
    return [row["delivery_month"] for row in _published(database)]


def _published(database: Path) -> list[dict[str, Any]]:
    """Rows of the mart of withdrawals that hold now; none of a database without that mart."""
    if not (database.exists() and has_mart(database, ADVICE_WITHDRAWALS.name)):
        return []
    columns = ", ".join(ADVICE_WITHDRAWALS.column_names)
    sql = f"SELECT {columns} FROM marts.{ADVICE_WITHDRAWALS.name} WHERE stands_again_at IS NULL ORDER BY delivery_month"
    return run_query(database, sql).to_dicts()


def read_withdrawals(store: Store) -> pl.DataFrame:
    """Every withdrawal on record (ADVICE_WITHDRAWALS), oldest month first; no rows in a lake that never had one."""
    frames = [store.read(ADVICE_WITHDRAWALS, month) for month in store.months(ADVICE_WITHDRAWALS)]
    return pl.concat([ADVICE_WITHDRAWALS.empty(), *frames]).sort("delivery_month", "withdrawn_at")


def withdrawn_months(store: Store) -> set[date]:
    """Delivery months of which the advice is withdrawn now."""
    return set(read_withdrawals(store).filter(pl.col("stands_again_at").is_null())["delivery_month"])


def withdraw_advice(store: Store, month: date, advice_id: str, author: str, reason: str, now: datetime) -> pl.DataFrame:
    """Record that the advice of a month is taken back; returns the row. Nothing else in the lake changes.

    Raises WithdrawalError when it is withdrawn already; that the month has an advice is for the caller to know.
    """
    known = read_withdrawals(store).filter(delivery_month=month)
    standing = known.filter(pl.col("stands_again_at").is_null())
    if standing.height:
        by, at, why = standing.select("withdrawn_by", "withdrawn_at", "withdrawal_reason").row(0)
        raise WithdrawalError(
            f"the advice of {month_label(month)} was withdrawn before, by {by} on {at:%Y-%m-%d %H:%M} UTC: {why}. "
            f"Next: nothing; a run on other deliveries makes an advice of {month_label(month)} again"
        )
    row = {
        "delivery_month": month,
        "advice_id": advice_id,
        "withdrawn_at": now,
        "withdrawn_by": author,
        "withdrawal_reason": reason,
    }
    new = pl.DataFrame([row], schema_overrides={"withdrawn_at": pl.Datetime("us")})
    made = pl.concat([known, new], how="diagonal")
    store.write(ADVICE_WITHDRAWALS, made, month)
    return new
