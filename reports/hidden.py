"""Which cells a public page may not show, as decided by the suppression of the advice (mart ``cell_support``)."""

from reports.facts import Facts

Key = tuple[str, ...]
_KEYS = {
    "region": ("zorgkantoorregio", "wlz_uitvoerder"),
    "uitvoerder": ("wlz_uitvoerder",),
    "group": ("wlz_uitvoerder", "prestatiegroep"),
    "series": ("wlz_uitvoerder", "prestatiecode"),
}


def hidden_cells(facts: Facts, level: str, part: str = "zin") -> set[Key]:
    """Keys of the cells of a level and part that are suppressed, primary or secondary.

    >>> hidden_cells(facts, "region", "pgb")  # doctest: +SKIP
    {('Midden-IJssel', 'Salland')}
    """
    rows = facts.of("cell_support").filter(level=level, part=part).drop_nulls("suppression")
    return set(rows.select(_KEYS[level]).iter_rows())


def hidden_names(facts: Facts, level: str, part: str = "zin") -> set[str]:
    """First part of those keys: names of regions or uitvoerders."""
    return {key[0] for key in hidden_cells(facts, level, part)}
