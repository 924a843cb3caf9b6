"""Finished runs that take long and that many tests read. One process makes them, in order, while other tests run.

``python -m tests.worlds FOLDER NAME …`` is that process; ``Worlds`` starts it and waits. A world is an example to read:
who changes something takes a copy.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parents[1]
MARCH, MAY, AUGUST = "2018-03", "2018-05", "2018-08"


def make_small_data(folder: Path) -> None:
    """The small simulation to May 2018, and the advice of that month."""
    from tests.e2e.handmade import House

    House(folder / "data").simulate().publish()


def make_august(folder: Path) -> None:
    """The small simulation of seed 2 to August 2018, and the advice of that month."""
    from tests.e2e.handmade import House

    House(folder / "data").simulate("--seed", "2", "--until", AUGUST).publish(AUGUST)


def make_year_of_advices(folder: Path) -> None:
    """The deliveries of ``august`` with the advices of March, May and August; August was run before the others."""
    from tests.e2e.handmade import House

    august = folder.with_name("august")
    if not august.exists():
        make_august(august)
    House(august / "data").copy(folder / "data").publish(MARCH).publish(MAY)


def make_letter_run(folder: Path) -> None:
    """Deliveries at letter scale, and a finished run of May 2018 that no check blocked."""
    from assets.context import Warehouse
    from pipelines.cli.simulate import write_simulation
    from pipelines.runner import run_month

    month = date(2018, 5, 1)
    write_simulation(folder / "deliveries", "letter", month, 1)
    outcome = run_month(Warehouse(data_dir=str(folder)), month, falls_back=False, listener=lambda stage, text: None)
    assert outcome.published
    assert outcome.blocked == []


# In the order in which tests ask for them. A fixture of the same name gives a test its world.
MAKERS: dict[str, Callable[[Path], None]] = {
    "small_data": make_small_data,
    "august": make_august,
    "year_of_advices": make_year_of_advices,
    "letter_run": make_letter_run,
}


class Worlds:
    """Worlds below a folder, made by a process of their own."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes], log: Path) -> None:
        self._folder, self._process, self._log = folder, process, log

    def wait_for(self, name: str) -> Path:
        """The folder of a finished world. Fails with what its process said when that ended without it."""
        while not (mark := self._folder / f"{name}.made").exists():
            ended = self._process.poll() is not None
            if ended and not mark.exists():  # asked once more: it may have come just before the end
                raise AssertionError(f"world {name} was not made:\n{self._log.read_text(encoding='utf-8')}")
            time.sleep(0.1)
        return self._folder / name


@contextmanager
def make_worlds(folder: Path, names: Sequence[str]) -> Iterator[Worlds]:
    """Starts making the named worlds; what is not made at the end of the block is not missed."""
    log = folder / "log.txt"
    command = [sys.executable, "-m", "tests.worlds", str(folder), *names]
    with log.open("wb") as said, subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said) as process:
        try:
            yield Worlds(folder, process, log)
        finally:
            process.kill()


def main(folder: Path, names: Sequence[str]) -> None:
    """Makes worlds and marks each one that is finished."""
    os.nice(5)  # a test that runs meanwhile goes first
    for name in names:
        if not (folder / name).exists():
            MAKERS[name](folder / name)
        (folder / f"{name}.made").touch()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
