"""The suite on several processes: what is made once, what stays together, what comes first."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.workers import WHOLE_FOLDERS, Recorder, longest_first, read_durations, unit_of
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
    class Item(NamedTuple):
        nodeid: str

    names = ["a.py::1", "tests/browser/test_links.py::2", "a.py::3", "long.py::4", "b.py::5", "tests/browser/x.py::6"]
    items = [Item(f"tests/{name}".replace("tests/tests", "tests")) for name in names]
    longest_first(items, {"tests/long.py": 9, "tests/browser": 7, "tests/gone.py": 5})
    assert [item.nodeid.split("::")[1] for item in items] == ["4", "2", "6", "1", "3", "5"]


def test_recorded_are_units_that_are_there_the_longest_first():
    durations = read_durations()
    assert [unit for unit in durations if not (ROOT / unit).exists()] == []
    assert [unit for unit in durations if unit_of(f"{unit}/test" if unit in WHOLE_FOLDERS else unit) != unit] == []
    assert list(durations.values()) == sorted(durations.values(), reverse=True)
    assert min(durations.values()) >= 1
    whole_runs = ("tests/letter/test_may_2018.py", "tests/e2e/test_deliveries.py", "tests/browser")
    assert [unit for unit in whole_runs if unit not in list(durations)[:15]] == []


class Report(NamedTuple):
    """What pytest says of a phase of a test."""

    nodeid: str
    duration: float


def test_a_run_that_is_asked_to_records_what_its_files_take(tmp_path):
    """Three phases of two tests of one file; one file that did not run, one that became short, one that is gone."""
    for name in ("new.py", "kept.py", "short.py"):
        (tmp_path / name).touch()
    path = tmp_path / "durations.json"
    path.write_text(json.dumps({"gone.py": 50, "kept.py": 20, "short.py": 9}), encoding="utf-8")
    recorder = Recorder(path, tmp_path)
    for nodeid, duration in (("new.py::a", 20.0), ("new.py::a", 3.2), ("new.py::b", 0.9), ("short.py::c", 0.3)):
        recorder.pytest_runtest_logreport(Report(nodeid, duration))
    recorder.pytest_sessionfinish(pytest.ExitCode.TESTS_FAILED)
    assert read_durations(path) == {"gone.py": 50, "kept.py": 20, "short.py": 9}
    recorder.pytest_sessionfinish(pytest.ExitCode.OK)
    assert list(read_durations(path).items()) == [("new.py", 24), ("kept.py", 20)]
