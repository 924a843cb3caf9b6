"""Claims for load tests: one snapshot spread over as many claim lines as asked for, in chunks.

More lines means more providers with fewer units each, so that keys stay unique and totals stay about the same.
"""

from collections.abc import Iterator
from datetime import date

import numpy as np
import polars as pl

from simulation.claims import Claims, assemble, declared_volumes
from simulation.draws import Stream, stream
from simulation.inputs import SimulatedFile
from simulation.world import AGB_OF_FIRST_PROVIDER


def claims_chunks(claims: Claims, delivery_month: date) -> Iterator[SimulatedFile]:
    """Exactly ``lines`` claim lines of one delivery; each chunk holds one more set of providers."""
    wanted, seed = claims.world.settings.lines, claims.world.settings.seed
    declared = declared_volumes(claims, delivery_month)
    cell, month = np.nonzero(declared)
    if wanted < len(cell):
        kept = np.sort(stream(seed, Stream.LINES).choice(len(cell), size=wanted, replace=False))
        cell, month = cell[kept], month[kept]
    copies = -(-wanted // len(cell))
    units = declared[cell, month] / copies
    price = claims.price[cell, month]
    left = wanted
    for copy in range(copies):
        count = min(left, len(cell))
        rounding = stream(seed, Stream.LINES, copy + 1).random(count)
        volume = np.maximum(np.floor(units[:count] + rounding), 1.0)
        cents = np.rint(volume * price[:count] * 100)
        frame = assemble(claims, delivery_month, cell[:count], month[:count], volume, cents)
        if copy:
            frame = frame.with_columns(agb_code=_other_providers(claims, cell[:count], copy))
        yield SimulatedFile(delivery_month, "declaraties", frame, part=copy)
        left -= count


def _other_providers(claims: Claims, cell: np.ndarray, copy: int) -> pl.Series:
    providers = len(claims.world.agb)
    codes = pl.Series([str(AGB_OF_FIRST_PROVIDER + copy * providers + number) for number in range(providers)])
    return codes.gather(claims.world.cell_provider[cell])
