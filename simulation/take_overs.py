"""Codes that take over from codes that end: the same providers go on, with the volume of what ended, by share.

One link is (old, new, share), as positions in a list of codes. Which codes and shares those are is in
``reference.py``; when a code begins and ends is in ``world.py``. No drawing here.
"""

import numpy as np
import polars as pl

Link = tuple[int, int, float]


def list_links(codes: list[str], take_overs: pl.DataFrame) -> list[Link]:
    """Links between codes of the world; one to or from a code that is not in it is left out.

    ``take_overs``: prestatiecode, successor, share.

    >>> given = pl.DataFrame({"prestatiecode": ["A", "B"], "successor": ["C", "X"], "share": [0.4, 1.0]})
    >>> list_links(["A", "B", "C"], given)
    [(0, 2, 0.4)]
    """
    place = {code: number for number, code in enumerate(codes)}
    rows = take_overs.select("prestatiecode", "successor", "share").iter_rows()
    return [(place[old], place[new], share) for old, new, share in rows if old in place and new in place]


def go_on_offering(offered: np.ndarray, links: list[Link]) -> np.ndarray:
    """Location × code: a code that takes over is offered where one that it takes over from is."""
    continued = offered.copy()
    for old, new, _ in links:
        continued[:, new] |= offered[:, old]
    return continued


def hand_over(
    clients: np.ndarray, location: np.ndarray, code: np.ndarray, units: np.ndarray, links: list[Link]
) -> np.ndarray:
    """Clients per cell, those of codes that take over from the codes they take over from: units of care stay the same.

    One value per cell in and out, of some or all cells of a world. ``location`` and ``code``: where each cell is;
    ``units`` per client and month, per code. Cells of other codes are unchanged.

    >>> args = np.array([10.0, 0.0]), np.array([0, 0]), np.array([0, 1]), np.array([16.0, 8.0])
    >>> hand_over(*args, [(0, 1, 0.5)]).tolist()
    [10.0, 10.0]
    """
    cell_at = np.full((int(location.max()) + 1, len(units)), -1)
    cell_at[location, code] = np.arange(len(code))
    taken = np.zeros(len(clients))
    for old, new, share in links:
        both = (cell_at[:, old] >= 0) & (cell_at[:, new] >= 0)
        taken[cell_at[both, new]] += clients[cell_at[both, old]] * share * units[old] / units[new]
    return np.where(np.isin(code, [new for _, new, _ in links]), taken, clients)
