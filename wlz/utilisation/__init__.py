"""Stage utilisation: the expectation against the kader, per region, uitvoerder and nation."""

from wlz.words.faults import Spoken


class UtilisationError(Spoken, ValueError):
    """Inputs that do not belong together. The message says which region or uitvoerder, and the euro concerned."""
