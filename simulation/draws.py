"""Random numbers that do not depend on how far the simulation runs: one stream per subject and month or year.

The same seed gives the same numbers for a month whatever ``until`` is. No distributions here, only streams.
"""

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """Subjects that draw independently of each other."""

    PROVIDERS = 1
    OFFERS = 2
    PRICES = 3
    SERIES = 4
    CLIENTS = 5
    LATENESS = 6
    ROUNDING = 7
    AGREEMENTS = 8
    PGB = 9
    BUDGETS = 10
    NATIONAL = 11
    DEFECTS = 12
    LINES = 13


def stream(seed: int, subject: Stream, moment: int = 0) -> np.random.Generator:
    """Generator of one subject at one moment (month number, year, or 0 for what never changes)."""
    return np.random.default_rng([seed, int(subject), moment])
