"""What was told through which channel, so that nothing is told twice and nothing is forgotten.

One row per channel and finding that was told and still stands, or could not be sent and waits. A small Parquet file
in the lake, replaced whole; not a contract table, for it says nothing about the data. What is told is decided in
``pipelines/``.
"""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from warehouse.store import Store, replace_file

MOST_TRIES, SECONDS_BETWEEN = 60, 0.5
# Whom and what: never null, empty where it is about no single one. ``subject``: see pipelines/alerts/news.py.
STATE_KEY = (
    "channel",
    "check_id",
    "checked_table",
    "subject",
    "wlz_uitvoerder",
    "zorgkantoor_code",
    "agb_code",
    "prestatiecode",
    "unit_code",
    "care_month",
)
STATE_SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(STATE_KEY, pl.String()),
    "delivery_id": pl.String(),
    "delivery_month": pl.Date(),
    "severity": pl.String(),
    "wording": pl.String(),
    "numbers": pl.String(),
    "findings_count": pl.Int64(),
    "observed": pl.String(),
    "at_stake_eur": pl.Float64(),
    "is_waiting": pl.Boolean(),
    "changed_at": pl.Datetime("us"),
}


def read_alert_state(store: Store) -> pl.DataFrame:
    """What was told (columns of ``STATE_SCHEMA``); no rows at first.

    Of a state from before findings were records the new columns are empty; ``subject`` then holds their old name.
    """
    path = _folder(store) / "state.parquet"
    if not path.exists():
        return pl.DataFrame(schema=STATE_SCHEMA)
    whole = pl.concat([pl.DataFrame(schema=STATE_SCHEMA), pl.read_parquet(path)], how="diagonal")
    return whole.with_columns(pl.col(STATE_KEY).fill_null(""), pl.col("findings_count").fill_null(1))


def write_alert_state(store: Store, state: pl.DataFrame) -> None:
    """Replace what was told: of several rows about one finding the last counts. Raises OSError without room."""
    replace_file(state.unique(STATE_KEY, keep="last").sort(STATE_KEY), _folder(store) / "state.parquet")


@contextmanager
def sole_sender(store: Store, sleep: Callable[[float], None] = time.sleep) -> Iterator[bool]:
    """Waits until nobody else is sending; whether that came about within ``MOST_TRIES`` looks.

    A command and a sensor may end at the same moment: what the second one has to tell is told after the first. The
    operating system lets go of the lock when its process ends, however it ends.
    """
    path = _folder(store) / "sending.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="ascii") as lock:
        for _ in range(MOST_TRIES):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                sleep(SECONDS_BETWEEN)
                continue
            yield True
            return
        yield False


def _folder(store: Store) -> Path:
    return store.root / "alerts"
