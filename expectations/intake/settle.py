"""What came of every finding, written down before anything is published. How it is decided: ``judging/status.py``."""

import polars as pl

from expectations.judging.status import judge_status
from warehouse.store import Store
from warehouse.tables.quality import DATA_QUALITY


def settle_statuses(store: Store) -> None:
    """Writes ``check_status`` of ``data_quality``: a later judgement settles rows of earlier months as well.

    Months in which nothing changed stay as they are.
    """
    judged = {month: store.read(DATA_QUALITY, month) for month in store.months(DATA_QUALITY)}
    if not judged:
        return
    settled = judge_status(pl.concat(judged.values()), store.read_register())
    for month, before in judged.items():
        rows = settled.filter(pl.col("delivery_month") == month).select(before.columns)
        if not rows.equals(before):
            store.write(DATA_QUALITY, rows, month)
