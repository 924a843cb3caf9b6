"""A warehouse with an empty landing zone, and what people were told through a channel in memory."""

from pathlib import Path

import pytest

from assets.context import Warehouse
from pipelines.alerts import send as alerts
from pipelines.alerts.digest import Digest


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    (tmp_path / "deliveries").mkdir()
    return Warehouse(data_dir=str(tmp_path))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Digest]:
    """Digests that went out, in order."""

    class Box:
        name = "box"

        def send(self, digest: Digest) -> None:
            sent.append(digest)

    sent: list[Digest] = []
    monkeypatch.setattr(alerts, "find_channels", lambda _: ([Box()], []))
    return sent
