"""AutoETS of statsforecast on a panel: a peer for `make bench`, never part of the product.

Called as: python peer_statsforecast.py PANEL.npz OUT.npz. PANEL has `values` (N, T); OUT gets `point` (N, 12), CPU
seconds and the version. Its dependencies would move ours, so it has an environment of its own, .venv-peer.
"""

import sys
import time
from importlib.metadata import version

import numpy as np
from statsforecast.models import AutoETS

HORIZON = 12


def main() -> None:
    """Forecast every series, one by one: a batch stops at the first series it cannot do."""
    source, target = sys.argv[1:]
    values = np.load(source)["values"]
    AutoETS(season_length=12).forecast(values[0], HORIZON)  # compiles
    started = time.process_time()
    point = np.stack([AutoETS(season_length=12).forecast(series, HORIZON)["mean"] for series in values])
    np.savez(target, point=point, cpu=time.process_time() - started, version=version("statsforecast"))


if __name__ == "__main__":
    main()
