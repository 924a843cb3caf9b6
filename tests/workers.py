"""How ``pytest -n`` shares out the tests: a file stays on one worker, for its fixtures; the longest ones come first.

A test run ends with its last worker: a file of a minute that comes last makes the other worker wait.
"""

import pytest
from xdist.scheduler import LoadFileScheduling

# One browser, one site and one walk over its pages for the whole folder.
WHOLE_FOLDERS = ("tests/browser",)
# By seconds, more or less: the worlds that a file makes are finished when the next ones ask for them.
LONGEST = (
    "tests/letter/test_may_2018.py",
    "tests/e2e/test_deliveries.py",
    "tests/browser",
    "tests/e2e/test_past_advices.py",
    "tests/e2e/test_completed.py",
    "tests/e2e/test_previous_delivery.py",
    "tests/e2e/test_bad_inputs.py",
    "tests/e2e/test_overrides.py",
    "tests/assets/test_dagster.py",
    "tests/e2e/test_decisions.py",
    "tests/report/test_site.py",
    "tests/e2e/test_report_command.py",
    "tests/e2e/test_planted_defects.py",
    "tests/unit/test_panel_frame.py",
)


def unit_of(nodeid: str) -> str:
    """The file or folder whose tests stay together."""
    path = nodeid.split("::", 1)[0]
    return next((folder for folder in WHOLE_FOLDERS if path.startswith(f"{folder}/")), path)


def longest_first(items: list[pytest.Item]) -> None:
    """Puts the longest files in front, in the order of ``LONGEST``; the others stay as they are."""
    rank = {unit: number for number, unit in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(unit_of(item.nodeid), len(rank)))


class FilesInOrder(LoadFileScheduling):
    """Hands out units in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)
