"""The lists of the simulated world as an advice about 2018 reads them."""

import json
from datetime import date
from pathlib import Path

from warehouse.packs import SIMULATED, load_pack, load_reference, marker_of

LISTS = load_reference(load_pack(SIMULATED), 2018, date(2018, 1, 1))


def mark_simulated(landing: Path) -> Path:
    """Leaves the marker of a simulation beside a landing zone, as `wlz simulate` does; returns the landing zone."""
    marker = marker_of(landing)
    marker.parent.mkdir(parents=True, exist_ok=True)
    said = {"scale": "small", "until": "2018-05", "seed": 1, "defects": [], "pack": SIMULATED}
    marker.write_text(json.dumps(said), encoding="utf-8")
    return landing
