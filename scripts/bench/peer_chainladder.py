"""What the package chainladder says of its own sample triangles, and how long it takes. In an environment of its own.

`python -m venv .venv-peer && .venv-peer/bin/python -m pip install "chainladder>=0.10.1"`, then
`.venv-peer/bin/python scripts/bench/peer_chainladder.py freeze tests/data/chainladder_peer` writes the triangles,
factors, ultimates and standard errors the tests compare with; `... time N T L` prints seconds and peak GiB of as many
triangles.
"""

import json
import resource
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import chainladder as cl
import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
SAMPLES = ("raa", "genins", "abc", "ukmotor", "mortgage", "quarterly", "usauto", "liab", "berqsherm", "mw2014")


def fit(triangle: Any) -> tuple[Any, Any]:
    """Volume-weighted factors over all diagonals, and Mack's chain ladder with his own sigma rule."""
    development = cl.Development(average="volume", sigma_interpolation="mack").fit(triangle)
    return development, cl.MackChainladder().fit(development.transform(triangle))


def freeze(folder: Path) -> None:
    """One JSON per sample: cumulative values (triangles × origins × ages, null: not observed), the peer's answers.

    Left out: triangles in which all factors are below 1 (usaa), where the peer adds no parameter error per origin.
    """
    for name in SAMPLES:
        triangle = cl.load_sample(name)
        if not triangle.is_cumulative:
            triangle = triangle.incr_to_cum()
        development, mack = fit(triangle)
        shape = (-1, *triangle.shape[2:])
        values = triangle.set_backend("numpy").values.reshape(shape)
        frozen = {
            "package": f"chainladder {cl.__version__}",
            "sample": name,
            "columns": [str(column) for column in triangle.columns],
            "values": np.asarray(np.where(np.isnan(values), None, values)).tolist(),
            "factors": development.ldf_.set_backend("numpy").values[:, :, 0].reshape(-1, shape[2] - 1).tolist(),
            "ultimates": mack.ultimate_.set_backend("numpy").values[..., -1].reshape(-1, shape[1]).tolist(),
            "standard_errors": mack.mack_std_err_.set_backend("numpy").values[..., -1].reshape(-1, shape[1]).tolist(),
            "total_standard_errors": np.ravel(mack.total_mack_std_err_.values).tolist(),
        }
        (folder / f"{name}.json").write_text(json.dumps(frozen) + "\n", encoding="utf-8")
        print(name, values.shape, frozen["total_standard_errors"])


def measure(count: int, origins: int, ages: int) -> None:
    """Seconds and peak memory of chain ladder with Mack's error on `count` monthly triangles."""
    rng = np.random.default_rng(0)
    share = 1 - 0.7 ** np.arange(1, ages + 1)
    size = rng.lognormal(10, 1, (count, origins, 1))
    values = size * share * rng.uniform(0.97, 1.03, (count, origins, ages))
    values = np.maximum.accumulate(values, axis=2)
    index, origin, age = (grid.ravel() for grid in np.indices(values.shape))
    seen = origin + age <= origins - 1
    months = pd.Timestamp("2015-01-01") + pd.to_timedelta(0, "D")
    starts = pd.Series([months + pd.DateOffset(months=int(month)) for month in range(origins + ages)])
    frame = pd.DataFrame(
        {
            "cell": index[seen],
            "origin": starts.to_numpy()[origin[seen]],
            "development": starts.to_numpy()[(origin + age)[seen]],
            "value": values.ravel()[seen],
        }
    )
    started = time.perf_counter()
    triangle = cl.Triangle(
        frame, origin="origin", development="development", index="cell", columns="value", cumulative=True
    )
    fit(triangle)
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2}))


if __name__ == "__main__":
    if sys.argv[1] == "freeze":
        freeze(Path(sys.argv[2]))
    else:
        measure(*(int(number) for number in sys.argv[2:5]))
