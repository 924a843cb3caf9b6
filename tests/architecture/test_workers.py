"""The suite on several processes: what is made once, what stays together, what comes first."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.workers import LONGEST, longest_first, unit_of
from tests.worlds import Worlds

ROOT = Path(__file__).parents[2]


class Maker:
    """Makes a world slowly, and counts; fails as many times as told, halfway."""

    def __init__(self, failures: int = 0) -> None:
        self.failures, self.calls = failures, 0

    def __call__(self, worlds: Worlds, folder: Path) -> None:
        self.calls += 1
        folder.mkdir()
        (folder / f"file-{self.calls}").touch()
        time.sleep(0.05)
        if self.calls <= self.failures:
            raise ValueError("halfway")


def test_who_asks_for_a_world_meanwhile_waits_for_it(tmp_path):
    maker = Maker()
    visitors = [Worlds(tmp_path / "worlds", {"small": maker}) for _ in range(4)]
    with ThreadPoolExecutor(len(visitors)) as pool:
        found = list(pool.map(lambda worlds: [path.name for path in worlds.visit("small").iterdir()], visitors))
    assert found == [["file-1"]] * len(visitors)
    assert maker.calls == 1


def test_a_world_that_failed_is_made_again_from_nothing(tmp_path):
    worlds = Worlds(tmp_path / "worlds", {"small": Maker(failures=1)})
    with pytest.raises(ValueError, match="halfway"):
        worlds.visit("small")
    assert [path.name for path in worlds.visit("small").iterdir()] == ["file-2"]


def test_a_world_may_rest_on_another(tmp_path):
    first = Maker()
    makers = {"first": first, "second": lambda worlds, folder: worlds.visit("first").rename(folder)}
    assert (Worlds(tmp_path / "worlds", makers).visit("second") / "file-1").exists()


def test_all_workers_find_the_same_worlds(worlds, tmp_path_factory):
    """Beside the folder of a worker, not in it; one process has but one folder."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    assert (worlds.folder.parent == tmp_path_factory.getbasetemp()) is (worker is None)
    assert worker is None or worker not in str(worlds.folder)


def test_a_file_stays_on_one_worker_and_so_does_the_browser():
    assert unit_of("tests/spec/test_lag.py::test_a[x::y]") == "tests/spec/test_lag.py"
    assert unit_of("tests/browser/test_links.py::test_a") == unit_of("tests/browser/test_by_hand.py::test_b")


def test_the_longest_files_come_first_and_the_others_in_their_order():
    class Item:
        def __init__(self, nodeid: str) -> None:
            self.nodeid = nodeid

    names = ["tests/a.py::x", "tests/browser/test_links.py::y", "tests/a.py::z", f"{LONGEST[0]}::1"]
    items = [Item(name) for name in names]
    longest_first(items)
    assert [item.nodeid.split("::")[1] for item in items] == ["1", "y", "x", "z"]


def test_the_longest_files_are_there():
    assert [name for name in LONGEST if not (ROOT / name).exists()] == []
