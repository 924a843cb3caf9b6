"""What tests share: settings of the person who runs them kept out, and finished runs on simulated deliveries."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.workers import RECORD, FilesInOrder, Recorder, longest_first, read_durations
from tests.worlds import Worlds

if TYPE_CHECKING:
    from xdist.remote import Producer

    from tests.e2e.handmade import House

# Panels here are small: two threads that share such a matrix product wait for each other longer than they compute.
# Numpy reads this once, when it is imported; the commands that tests start take it over.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# New examples are looked for at a desk; in CI the same ones are tried every time, so that a failure is of the change.
# No deadline per example: another worker may be busy.
settings.register_profile("desk", deadline=None)
settings.register_profile("ci", derandomize=True, deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


def pytest_configure(config: pytest.Config) -> None:
    """Seconds per file are recorded when a run is asked to; workers leave that to the process that started them."""
    if os.environ.get(RECORD) and "PYTEST_XDIST_WORKER" not in os.environ:
        config.pluginmanager.register(Recorder())


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: "Producer") -> FilesInOrder | None:
    """With ``--dist loadfile``: files in the order of ``longest_first``, not by number of tests."""
    config.option.loadscopereorder = False
    return FilesInOrder(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Workers take the longest files first; one process takes them as they come."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        longest_first(items, read_durations())


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    """Tests neither read nor write the data folder of the person who runs them."""
    names = [name for name in os.environ if name.startswith("WLZ_") and name != "WLZ_OLD_DUCKDB_PYTHON"]
    outside = {name: os.environ.pop(name) for name in (*names, "DAGSTER_HOME") if name in os.environ}
    yield
    os.environ.update(outside)


def _settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("WLZ_")}


@pytest.fixture(scope="module", autouse=True)
def _no_settings_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """A setting that a file of tests leaves would be that of the files its process runs after it."""
    before = _settings()
    yield
    assert _settings() == before, f"{request.node.name} changed settings and did not put them back"


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    """Finished runs, the same for all processes of this test run."""
    folder = tmp_path_factory.getbasetemp()
    return Worlds((folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "worlds")


@pytest.fixture(scope="session")
def small_data(worlds: Worlds) -> "House":
    """A data folder with the small simulated landing zone and the finished advice of May 2018. Do not write to it."""
    from tests.e2e.handmade import House

    return House(worlds.visit("small_data") / "data")
