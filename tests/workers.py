"""How ``pytest -n`` shares out the tests: a file stays on one worker, for its fixtures; the longest ones come first.

A test run ends with its last worker: a file of a minute that comes last makes the other worker wait. How long a file
takes is recorded in ``durations.json`` (seconds, those of a second or more), by a run of all tests with
``WLZ_RECORD_DURATIONS=1``; waiting for a world that another file makes counts too.
"""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

ROOT = Path(__file__).parents[1]
DURATIONS = Path(__file__).with_name("durations.json")
RECORD = "WLZ_RECORD_DURATIONS"
# One browser, one site and one walk over its pages for the whole folder.
WHOLE_FOLDERS = ("tests/browser",)


def unit_of(nodeid: str) -> str:
    """The file or folder whose tests stay together."""
    path = nodeid.split("::", 1)[0]
    return next((folder for folder in WHOLE_FOLDERS if path.startswith(f"{folder}/")), path)


def read_durations(path: Path = DURATIONS) -> dict[str, int]:
    """Seconds per unit, the longest first; nothing of units that are short or were never recorded."""
    found: dict[str, int] = json.loads(path.read_text(encoding="utf-8"))
    return found


def longest_first(items: list[pytest.Item], durations: Mapping[str, int]) -> None:
    """Puts the longest units in front, by their seconds; the others stay as they are."""
    items.sort(key=lambda item: -durations.get(unit_of(item.nodeid), 0))


class FilesInOrder(LoadFileScheduling):
    """Hands out units in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


class Recorder:
    """Adds up what every unit takes, whichever worker ran it, and writes it down when the run ends well."""

    def __init__(self, path: Path = DURATIONS, root: Path = ROOT) -> None:
        self.path, self.root, self.seconds = path, root, Counter[str]()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Setup, test and teardown of one test."""
        self.seconds[unit_of(report.nodeid)] += report.duration

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Replaces the figures of the units that ran, and drops units that are gone."""
        if exitstatus != pytest.ExitCode.OK:
            return
        known = {**read_durations(self.path), **{unit: round(seconds) for unit, seconds in self.seconds.items()}}
        there = {unit: seconds for unit, seconds in known.items() if seconds > 0 and (self.root / unit).exists()}
        ordered = dict(sorted(there.items(), key=lambda one: (-one[1], one[0])))
        self.path.write_text(json.dumps(ordered, indent=2) + "\n", encoding="utf-8")
