"""The lists of the simulated world as an advice about 2018 reads them."""

from datetime import date
from pathlib import Path

from warehouse import packs

LISTS = packs.load_reference(packs.load_pack(packs.SIMULATED), 2018, date(2018, 1, 1))


def mark_simulated(landing: Path) -> Path:
    """Leaves the marker of a simulation beside a landing zone, as `wlz simulate` does; returns the landing zone."""
    packs.mark_simulated(landing, packs.asked_of_simulation("small", date(2018, 5, 1), 1), complete=True)
    return landing
