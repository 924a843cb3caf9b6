"""Series that fell silent while their uitvoerder delivers: which of their months count as not delivered.

What is then expected of those months is in `complete.py`, how sure that is in `how_sure.py`.
"""

import numpy as np

from wlz.forecasting.edge_cases import ENDED_ZERO_MONTHS
from wlz.forecasting.ets import SEASON_MONTHS, BoolArray, FloatArray, IntArray
from wlz.hand_overs import JUMP_DEVIATIONS

STEADY_RATIO = 0.25  # spread of a steady year ÷ its mean; single clients come and go
JUMP_RATIO = 0.5  # of what fell silent, that another has more since
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
    of it began in the last twelve months, or jumped since by half of what the quiet one had: that one may have taken
    over. `declared` (N, T), `cell` (N,) its cell.
    """
    months = declared.shape[1]
    known = np.broadcast_to((np.arange(months) < months - 1).astype(float), declared.shape)
    quiet = find_silent_series(declared, known, has_ended)[:, -2:].all(axis=1)
    has_care = np.nan_to_num(declared) != 0
    begun = has_care.any(axis=1) & (np.argmax(has_care, axis=1) >= months - SEASON_MONTHS)
    cells = int(cell.max()) + 1
    others = np.bincount(cell, has_care.any(axis=1) & ~quiet, minlength=cells) > 0
    taken_over = np.bincount(cell, begun, minlength=cells) > 0
    for row in np.flatnonzero(quiet):
        beside = np.flatnonzero((cell == cell[row]) & ~quiet)
        taken_over[cell[row]] |= _has_jumped(np.nan_to_num(declared[beside]), np.nan_to_num(declared[row]))
    return np.asarray(quiet & (others & ~taken_over)[cell])


def _has_jumped(others: FloatArray, stopped: FloatArray) -> bool:
    """Whether one of `others` (M, T) has more since `stopped` (T,) fell silent, by half of what that one had or more.

    By months; of the youngest too little is known. What it has more is beyond its own scatter of the year before.
    """
    start = len(stopped) - int(np.argmax(stopped[::-1] != 0))
    year, since = slice(max(start - SEASON_MONTHS, 0), start), slice(start, len(stopped) - 1)
    if not len(others) or not others[:, since].size:
        return False
    more = others[:, since].mean(axis=1) - others[:, year].mean(axis=1)
    scatter = JUMP_DEVIATIONS * others[:, year].std(axis=1)
    return bool((more > np.maximum(scatter, JUMP_RATIO * stopped[year].mean())).any())
