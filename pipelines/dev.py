"""`make dev`: Dagster's own pages on loopback, against the data folder. There is no login: loopback only."""

import os
import subprocess
import sys
from pathlib import Path

from assets.context import add_months
from pipelines.resources import make_warehouse
from pipelines.runner import dagster_home, instance_for
from pipelines.sensors import delivered_months
from warehouse.settings import data_folder

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Start ``dagster dev`` for the workspace of this project; returns its exit code.

    The months of the landing zone become known first, so that each can be picked.
    """
    home = dagster_home(data_folder())
    with instance_for(data_folder()) as instance:
        add_months(instance, delivered_months(make_warehouse().landing))
    command = [
        str(Path(sys.executable).with_name("dagster")),
        "dev",
        "-w",
        str(ROOT / "workspace.yaml"),
        "-h",
        "127.0.0.1",
    ]
    return subprocess.call(command, env={**os.environ, "DAGSTER_HOME": str(home), "WLZ_DATA": str(data_folder())})


if __name__ == "__main__":
    raise SystemExit(main())
