"""Pictures of Dagster for the docs: the asset graph and one materialised asset, from a real run at scale small.

Needs Chromium (``chromium`` or ``chromium-browser`` on the path). Everything runs on loopback.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import date
from pathlib import Path

from assets.context import Warehouse
from pipelines.cli.simulate import write_simulation
from pipelines.runner import dagster_home, run_month

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "images"
MONTH = date(2018, 5, 1)
PAGES = {
    "dagster-asset-graph.png": "/asset-groups",
    "dagster-asset-utilisation.png": "/assets/utilisation?view=events&partition=2018-05",
}
CHROMIUM_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars", "--window-size=1800,1000",
)  # fmt: skip


def free_port() -> int:
    """A port nobody uses on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(address: str, seconds: float = 60) -> None:
    """Until the web server answers. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except OSError:
            time.sleep(0.5)
    raise TimeoutError(f"{address} did not answer within {seconds:g} s")


def take(address: str, picture: Path, chromium: str) -> None:
    """One screenshot, after the page has had time to draw."""
    with tempfile.TemporaryDirectory() as profile:
        flags = [*CHROMIUM_FLAGS, f"--user-data-dir={profile}", "--virtual-time-budget=25000"]
        command = [chromium, *flags, f"--screenshot={picture}", address]
        subprocess.run(command, check=True, capture_output=True, timeout=180)


def main() -> int:
    """Run a month at scale small, serve it, take the pictures."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("Chromium is not installed; no pictures taken", file=sys.stderr)
        return 2
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        write_simulation(data / "deliveries", "small", MONTH, 1)
        run_month(Warehouse(data_dir=folder), MONTH, falls_back=False, listener=lambda stage, text: None)
        port = free_port()
        webserver = str(Path(sys.executable).with_name("dagster-webserver"))
        server = subprocess.Popen(
            [webserver, "-w", str(ROOT / "workspace.yaml"), "-h", "127.0.0.1", "-p", str(port)],
            env={**os.environ, "DAGSTER_HOME": str(dagster_home(data)), "WLZ_DATA": folder},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(f"{address}/server_info")
            for name, page in PAGES.items():
                take(address + page, PICTURES / name, chromium)
                print(f"docs/images/{name}")
        finally:
            os.killpg(server.pid, 15)
            server.wait(timeout=30)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
