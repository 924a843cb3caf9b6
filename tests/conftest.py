"""What tests share: settings of the person who runs them kept out, and finished runs on simulated deliveries."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.worlds import MAKERS, Worlds, make_worlds

if TYPE_CHECKING:
    from e2e.handmade import House

# Panels here are small: two threads that share such a matrix product wait for each other longer than they compute.
# Numpy reads this once, when it is imported; the commands that tests start take it over.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# New examples are looked for at a desk; in CI the same ones are tried every time, so that a failure is of the change.
settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    """Tests neither read nor write the data folder of the person who runs them."""
    names = [name for name in os.environ if name.startswith("WLZ_") and name != "WLZ_OLD_DUCKDB_PYTHON"]
    outside = {name: os.environ.pop(name) for name in (*names, "DAGSTER_HOME") if name in os.environ}
    yield
    os.environ.update(outside)


@pytest.fixture(scope="session", autouse=True)
def worlds(
    _no_settings_from_outside: None, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Worlds | None]:
    """The worlds that the chosen tests ask for: they are being made from the first test on."""
    names = [name for name in MAKERS if any(name in item.fixturenames for item in request.session.items)]  # type: ignore[attr-defined]
    if not names:
        yield None
        return
    with make_worlds(tmp_path_factory.mktemp("worlds"), names) as made:
        yield made


@pytest.fixture(scope="session")
def small_data(worlds: Worlds) -> "House":
    """A data folder with the small simulated landing zone and the finished advice of May 2018. Do not write to it."""
    from e2e.handmade import House

    return House(worlds.wait_for("small_data") / "data")
