"""Series that fell silent while their uitvoerder delivers: which of their months count as not delivered.

What is then expected of those months is in `complete.py`, how sure that is in `how_sure.py`.
"""

import numpy as np

from wlz.forecasting.edge_cases import ENDED_ZERO_MONTHS
from wlz.forecasting.ets import SEASON_MONTHS, BoolArray, FloatArray, IntArray

STEADY_RATIO = 0.25  # spread of a steady year ÷ its mean; single clients come and go
KNOWN_RATIO = 0.5  # a month known for more than this and still 0 is silent


def find_silent_series(declared: FloatArray, completeness: FloatArray, has_ended: BoolArray) -> BoolArray:
    """(N, T) months at the end of a series that are 0 though it was in steady use in the twelve months before.

    A code in use all year does not stop at a whole uitvoerder from one month to the next without an end in the code
    list: more likely its claims are late. So these months count as not delivered, and are told with their euro. At
    least one of them must be known for more than half elsewhere; after six months the code has ended (as everywhere).
    """
    months = declared.shape[1]
    zero = np.nan_to_num(declared) == 0
    silence = np.where(zero.all(axis=1), months, np.argmax(~zero[:, ::-1], axis=1))
    found = np.zeros(declared.shape, dtype=np.bool_)
    for row in np.flatnonzero((silence > 0) & (silence < ENDED_ZERO_MONTHS) & ~has_ended):
        start = months - silence[row]
        before = declared[row, max(start - SEASON_MONTHS, 0) : start]
        steady = len(before) == SEASON_MONTHS and bool((before > 0).all())
        steady = steady and float(before.std()) <= STEADY_RATIO * float(before.mean())
        if steady and (completeness[row, start:] > KNOWN_RATIO).any():
            found[row, start:] = True
    return found


def find_quiet_series(declared: FloatArray, cell: IntArray, has_ended: BoolArray) -> BoolArray:
    """(N,) series that fell silent at least two months ago: their cell speaks of how claims come in without them.

    Of the youngest month too little is known to say so. Not where that leaves a cell nothing, or where another series
    of it began in the last twelve months: that one may have taken over. `declared` (N, T), `cell` (N,) its cell.
    """
    months = declared.shape[1]
    known = np.broadcast_to((np.arange(months) < months - 1).astype(float), declared.shape)
    quiet = find_silent_series(declared, known, has_ended)[:, -2:].all(axis=1)
    has_care = np.nan_to_num(declared) != 0
    begun = has_care.any(axis=1) & (np.argmax(has_care, axis=1) >= months - SEASON_MONTHS)
    cells = int(cell.max()) + 1
    others = np.bincount(cell, has_care.any(axis=1) & ~quiet, minlength=cells) > 0
    taken_over = np.bincount(cell, begun, minlength=cells) > 0
    return np.asarray(quiet & (others & ~taken_over)[cell])
