"""`wlz withdraw`: an advice taken back. Its figures and pages stay; it is no longer the newest."""

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from pipelines.cli.console import (
    Month,
    data_option,
    note,
    resolve_data,
    say,
    sole_writer,
    upgrade_published,
    wait_option,
)
from pipelines.cli.decide import now_utc, stated
from pipelines.cli.run import last_frozen
from warehouse.store import Store, month_label


@click.command(epilog='Example: wlz withdraw 2018-09 --reason "a mistyped month" --author "A. Vos"')
@click.argument("month", metavar="MONTH", type=Month())
@click.option("--author", required=True, help="Who takes it back.")
@click.option("--reason", required=True, help="Why; it stands on its pages and in marts.advice_withdrawals.")
@data_option
@wait_option
def withdraw(month: date, author: str, reason: str, data_dir: Path | None) -> None:
    """Take the advice of a delivery month back: it is not the newest any more, and its pages say who, when and why.

    Nothing is removed, a frozen advice keeps its id. A run of the month that makes another advice, or --final by a
    person, makes the month stand again. Exit code 1 when there is no such advice, or it was withdrawn before.
    """
    from pipelines.alerts.send import WITHDRAWN, send_notice, write_notice

    data, said = resolve_data(data_dir), stated(author, reason)
    try:
        with sole_writer(data, f"wlz withdraw {month_label(month)}"):
            take_back(data, month, *said)
    except OSError as error:
        note(f"Not all was written: {error}. Next: make room, or name a data folder that can be written; repeat")
        raise SystemExit(1) from None
    notice = write_notice(WITHDRAWN, month)
    for line in send_notice(Store(data / "lake"), data / "wlz.duckdb", notice, os.environ, now_utc()):
        note(line)


def take_back(data: Path, month: date, author: str, reason: str) -> None:
    """Records, publishes and tells that the advice of a month is withdrawn. Raises WithdrawalError, and OSError."""
    from expectations.intake.decisions import check_reason
    from reports.errors import ReportError
    from reports.site import build_sites
    from warehouse.past_advices import advice_months
    from warehouse.publish import publish_withdrawals
    from warehouse.withdrawals import newest_month, withdraw_advice, withdrawn_months, withdrawn_months_of

    store, database = Store(data / "lake"), data / "wlz.duckdb"
    check_reason(reason)
    _refuse_unknown(database, month)
    upgrade_published(database)
    was_newest = newest_month(database) == month
    broke_off = month in withdrawn_months(store) and month not in withdrawn_months_of(database)
    if not broke_off:  # else it is on record, and publishing it failed: that is done now
        advice_id = last_frozen(store, month).get("advice_id", month_label(month))
        withdraw_advice(store, month, advice_id, author, reason, now_utc())
        say(f"Withdrawn by {author}: the advice of {month_label(month)} ({advice_id}).")
    publish_withdrawals(store, database)
    try:
        say(f"Its pages say so: {build_sites(database, data / 'reports', month).index}")
    except ReportError as error:
        note(f"Its pages do not say so yet, for they could not be made again: {error}")
    if was_newest:
        newest = newest_month(database)
        say(f"The newest advice is now that of {month_label(newest)}." if newest else "No advice stands any more.")
    for line in _tell_compared(month, advice_months(store)):
        say(line)


def _refuse_unknown(database: Path, month: date) -> None:
    from warehouse.publish import published_months
    from warehouse.withdrawals import WithdrawalError

    published = published_months(database)
    if month_label(month) not in published:
        raise WithdrawalError(
            f"no advice of {month_label(month)} is published in {database.name}: published are "
            f"{', '.join(published) or 'none yet'}. Next: mend the month, or wlz status"
        )


def _tell_compared(month: date, advices: Sequence[date]) -> list[str]:
    """What was held against the withdrawn advice is held against another one when it is run again."""
    later = next((one for one in advices if one > month and one.year == month.year), None)
    if later is None:
        return []
    return [
        f"The advice of {month_label(later)} says what moved since {month_label(month)}. "
        f"Next: wlz run --delivery-month {month_label(later)} holds it against the advice before."
    ]
