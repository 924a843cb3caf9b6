"""Whole runs at once on one data folder, as real processes: commands and a Dagster run. Nothing is lost.

Many rounds of the parts that write: scripts/evidence/at_once.py.
"""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from tests.e2e.handmade import House, claims, furnish

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
COMMAND = "from pipelines.cli import main; main()"
# A run as Dagster starts it: its own process, the lock taken by the warehouse resource.
DAGSTER = """
import sys
from datetime import date
from pipelines.resources import LockedWarehouse
from pipelines.runner import run_month
warehouse = LockedWarehouse(data_dir=sys.argv[1], scenarios="letter")
outcome = run_month(warehouse, date(2018, 7, 1), falls_back=False, listener=lambda stage, text: print(text))
assert outcome.published, outcome
"""


OPEN = """
import sys, time
from pathlib import Path
from pipelines.runner import instance_for
print("ready", flush=True)
while not Path(sys.argv[2]).exists():
    time.sleep(0.001)
with instance_for(Path(sys.argv[1])) as instance:
    assert instance.get_dynamic_partitions("delivery_month") == []
"""


def test_the_history_of_dagster_is_made_once_whoever_comes_first(tmp_path: Path) -> None:
    """Several processes open a new data folder at the same moment: they made its databases together, and failed."""
    words = [sys.executable, "-c", OPEN, str(tmp_path / "data"), str(tmp_path / "go")]
    opening = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(4)]
    assert [process.stdout.readline() for process in opening if process.stdout] == ["ready\n"] * 4
    (tmp_path / "go").touch()
    assert [process.wait() for process in opening] == [0] * 4


@pytest.fixture(scope="module")
def three(new_house) -> tuple[House, list[tuple[int, str]]]:
    """May and June by the command and July by Dagster, all at once; exit codes and what was said."""
    house = furnish(new_house("at once"))
    for month, volume in ((6, 110), (7, 120)):
        rows = [*claims("Z025", volume=volume), *claims("Z041")]
        house.deliver("declaraties", rows, month=f"2018-{month:02}", on=date(2018, month, 3))
    run = [COMMAND, "run", "--scenario", "letter", "--delivery-month"]
    words = [[*run, "2018-05", "--data"], [*run, "2018-06", "--data"], [DAGSTER]]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", *some, str(house.root)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
        )
        for some in words
    ]
    told = [process.communicate()[0] for process in running]
    return house, [(process.returncode, text) for process, text in zip(running, told, strict=True)]


def test_each_run_ends_well(three: tuple[House, list[tuple[int, str]]]) -> None:
    _, ended = three
    assert [code for code, _ in ended] == [0, 0, 0], "\n".join(text for _, text in ended)


def test_no_month_and_no_row_of_the_register_is_lost(three: tuple[House, list[tuple[int, str]]]) -> None:
    house, _ = three
    months = house.query("select distinct delivery_month from marts.utilisation_national order by 1", None)
    assert [month.month for (month,) in months] == [5, 6, 7]
    register = house.register().sort("delivery_month", "kind")
    assert register.filter(kind="declaraties")["delivery_status"].to_list() == ["accepted"] * 3
    assert register.height == 5
    assert house.half_written() == []
    assert house.wlz("doctor").stdout == "Nothing to do.\n"


def test_those_that_waited_say_for_whom(three: tuple[House, list[tuple[int, str]]]) -> None:
    """One goes first, whichever; of the others each says in one line whom it waits for."""
    _, ended = three
    lines = [line for _, text in ended for line in text.splitlines() if "Waiting: " in line]
    assert len(lines) == 2
    assert all("is in use by " in line and "process " in line for line in lines)
