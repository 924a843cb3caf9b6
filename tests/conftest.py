"""What tests share: settings of the person who runs them kept out, and one finished run on simulated deliveries."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from e2e.handmade import House

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


@pytest.fixture(scope="session")
def small_data(tmp_path_factory: pytest.TempPathFactory) -> "House":
    """A data folder with the small simulated landing zone and the finished advice of May 2018. Do not write to it."""
    from e2e.handmade import House, invoke

    house = House(tmp_path_factory.mktemp("small") / "data")
    simulated = invoke("simulate", "--out", str(house.landing), "--scale", "small")
    assert simulated.exit_code == 0, simulated.output
    return house.publish()
