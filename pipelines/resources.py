"""Resources from the environment: where the data folder is, and that a run is its only writer."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from assets.context import SINGLE_MONTH, Warehouse
from warehouse.lock import hold_folder
from warehouse.settings import data_folder


class LockedWarehouse(Warehouse):
    """The warehouse of a deployment: each run of Dagster waits for whoever writes in the data folder, and keeps it."""

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Warehouse"]:
        """The only writer of the data folder as long as a run lasts; a sensor or schedule only reads."""
        if context.run is None:
            yield self
            return
        folder = Path(self.data_dir)
        folder.mkdir(parents=True, exist_ok=True)
        month = context.run.tags.get(SINGLE_MONTH, "several months")
        doing = f"Dagster run {context.run.run_id[:8]} of {month}"
        with hold_folder(folder, doing, (context.log or dg.get_dagster_logger()).info):
            yield self


def make_warehouse() -> Warehouse:
    """The warehouse below ``WLZ_DATA``; the landing zone is its folder ``deliveries``."""
    return LockedWarehouse(data_dir=str(data_folder()))
