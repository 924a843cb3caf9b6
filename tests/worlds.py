"""Finished runs that take long and that many tests read, made once for all processes of a test run.

The first test that asks for a world makes it; who asks meanwhile, in another process, waits. A world is an example to
read: who changes something takes a copy.
"""

import fcntl
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

MARCH, MAY, AUGUST = "2018-03", "2018-05", "2018-08"


class Worlds:
    """Worlds below a folder that the processes of a test run share."""

    def __init__(self, folder: Path, makers: dict[str, Callable[["Worlds", Path], None]] | None = None) -> None:
        self.folder, self._makers = folder, MAKERS if makers is None else makers
        self.folder.mkdir(exist_ok=True)

    def visit(self, name: str) -> Path:
        """The folder of a finished world, made now if nobody did. The lock goes with its process, however that ends."""
        world, mark = self.folder / name, self.folder / f"{name}.made"
        with (self.folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not mark.exists():
                shutil.rmtree(world, ignore_errors=True)  # what somebody began who failed
                self._makers[name](self, world)
                mark.touch()
        return world


def make_base_house(worlds: Worlds, folder: Path) -> None:
    """The hand-made base set as CSV, and the advice of May 2018."""
    from tests.e2e.handmade import House, furnish, write_dagster_home

    furnish(House(folder / "data", write_dagster_home(folder / "dagster"))).publish()


def make_small_data(worlds: Worlds, folder: Path) -> None:
    """The small simulation to May 2018, and the advice of that month; Dagster's history on disk, as for people."""
    from tests.e2e.handmade import House

    House(folder / "data").simulate().publish()


def make_august(worlds: Worlds, folder: Path) -> None:
    """The small simulation of seed 2 to August 2018, and the advice of that month."""
    from tests.e2e.handmade import House, write_dagster_home

    house = House(folder / "data", write_dagster_home(folder / "dagster"))
    house.simulate("--seed", "2", "--until", AUGUST).publish(AUGUST)


def make_year_of_advices(worlds: Worlds, folder: Path) -> None:
    """The deliveries of ``august`` with the advices of March, May and August; August was run before the others."""
    from tests.e2e.handmade import House

    august = worlds.visit("august")
    House(august / "data", august / "dagster").copy(folder / "data").publish(MARCH).publish(MAY)


def make_letter_run(worlds: Worlds, folder: Path) -> None:
    """Deliveries at letter scale, and a finished run of May 2018 that no check blocked."""
    from assets.context import Warehouse
    from pipelines.cli.simulate import write_simulation
    from pipelines.runner import run_month

    month = date(2018, 5, 1)
    write_simulation(folder / "deliveries", "letter", month, 1)
    outcome = run_month(Warehouse(data_dir=str(folder)), month, falls_back=False, listener=lambda stage, text: None)
    assert outcome.published
    assert outcome.blocked == []


# A fixture of the same name gives a test its world.
MAKERS: dict[str, Callable[[Worlds, Path], None]] = {
    "base_house": make_base_house,
    "small_data": make_small_data,
    "august": make_august,
    "year_of_advices": make_year_of_advices,
    "letter_run": make_letter_run,
}
