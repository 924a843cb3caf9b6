"""Results of forecasting engines kept by content: same history, same engine, same code → no refit.

Files below ``cache/forecasts`` in the data folder; each may be removed at any time. Nothing else is kept here: what an
advice says is in the lake.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from warehouse.provenance import code_version
from warehouse.store import remove_leftovers
from wlz.forecasting.engines import Engine, EngineForecast
from wlz.forecasting.ets import FloatArray

KEPT_FILES = 400  # about two years of monthly runs; the oldest go first


@dataclass(frozen=True)
class ForecastCache:
    """Engines that remember. ``root`` is a folder of their own."""

    root: Path

    def remember(self, name: str, engine: Engine) -> Engine:
        """The engine, which first looks whether it has forecast exactly this panel before."""

        def remembered(values: FloatArray, horizon: int) -> EngineForecast:
            path = self.root / f"{self._key(name, values, horizon)}.npz"
            if path.exists():
                try:
                    with np.load(path, allow_pickle=False) as kept:
                        found = EngineForecast(kept["point"], kept["model"])
                    os.utime(path)
                    return found
                except (OSError, ValueError, KeyError, EOFError, BadZipFile):
                    path.unlink(missing_ok=True)  # cut off while it was written: compute it again
            found = engine(values, horizon)
            self._keep(path, found)
            return found

        return remembered

    def _key(self, name: str, values: FloatArray, horizon: int) -> str:
        digest = hashlib.sha256(f"{name} {horizon} {values.shape} {code_version()}".encode())
        digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()[:40]

    def _keep(self, path: Path, found: EngineForecast) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        remove_leftovers(path)
        beside = path.with_name(f".{path.name}.{os.getpid()}.npz")
        try:
            np.savez(beside, point=found.point, model=found.model)
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
        kept = sorted(self.root.glob("[!.]*.npz"), key=lambda file: file.stat().st_mtime)
        for old in kept[:-KEPT_FILES]:
            old.unlink(missing_ok=True)
