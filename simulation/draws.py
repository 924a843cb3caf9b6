"""Random numbers that do not depend on how far the simulation runs: one stream per subject and month or year.

The same seed gives the same numbers for a month whatever ``until`` is. A subject belongs to one kind of delivery, but
for what two kinds say of the same thing (agreed volumes, transfers in the kader), and no number of it is given again:
a kind that is new, or that draws otherwise, leaves all others byte for byte as they were. No distributions here.
"""

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """Subjects that draw independently of each other; a new one takes the next number."""

    # The world: fixed per seed, or per care month
    PROVIDERS = 1
    LOCATIONS = 2
    OFFERS = 3
    APPEAL = 4
    PRICES = 5
    SERIES = 6
    CLIENTS = 7
    # declaraties
    LATENESS = 8
    DELIVERIES = 9
    ROUNDING = 10
    LINES = 11
    # herschikking and nacalculatie
    AGREED = 12
    AGREED_PRICES = 13
    AGREED_HOURS = 14
    CRISIS_BEDS = 15
    MEERZORG = 16
    # afspraken, prognose_uitvraag, jaarrekeningen
    REVENUE_AGREEMENTS = 17
    PROVIDER_FORECASTS = 18
    ACCOUNTS = 19
    # pgb_verleningen
    PGB_GROWTH = 20
    PGB_STANDS = 21
    PGB_RESERVED = 22
    # kader and overhevelingen
    BUDGETS = 23
    TRANSFERS = 24
    # na_ijl, hulpmiddelen, indicaties
    NA_IJL = 25
    AIDS = 26
    INDICATIONS = 27
    # faults planted in any kind
    DEFECTS = 28
    # nacalculatie_totaal, and agreements that end within their year
    SETTLED_LUMP_SUMS = 29
    ENDED_AGREEMENTS = 30


def stream(seed: int, subject: Stream, *moment: int) -> np.random.Generator:
    """Generator of one subject at one moment (a month number, a year, …; none for what never changes)."""
    return np.random.default_rng([seed, int(subject), *moment])
