"""Houses for hand-made deliveries. Dagster's history is kept in memory here: that halves the time of a run."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.handmade import House, write_dagster_home
from tests.worlds import Worlds


@pytest.fixture(scope="session")
def dagster_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Dagster instance without a history on disk; ``small_data`` uses the real one."""
    return write_dagster_home(tmp_path_factory.mktemp("dagster") / "home")


@pytest.fixture
def empty_house(tmp_path: Path, dagster_home: Path) -> House:
    """A house without deliveries."""
    return House(tmp_path / "data", dagster_home)


@pytest.fixture(scope="session")
def base_house(worlds: Worlds, dagster_home: Path) -> House:
    """The base set as CSV with its advice of May 2018 published. Do not write to it; take ``house`` for that."""
    return House(worlds.visit("base_house") / "data", dagster_home)


@pytest.fixture
def house(base_house: House, tmp_path: Path) -> House:
    """A copy of ``base_house`` to spoil."""
    return base_house.copy(tmp_path / "data")


@pytest.fixture(scope="session")
def august(worlds: Worlds, dagster_home: Path) -> House:
    """The small simulation of seed 2 to August 2018, and the advice of that month. Do not write to it."""
    return House(worlds.visit("august") / "data", dagster_home)


@pytest.fixture(scope="session")
def year_of_advices(worlds: Worlds, dagster_home: Path) -> House:
    """The same deliveries with the advices of March, May and August 2018. Do not write to it."""
    return House(worlds.visit("year_of_advices") / "data", dagster_home)


@pytest.fixture(scope="module")
def new_house(tmp_path_factory: pytest.TempPathFactory, dagster_home: Path) -> Callable[[str], House]:
    """Makes an empty house for a whole module."""
    return lambda name: House(tmp_path_factory.mktemp(name) / "data", dagster_home)
