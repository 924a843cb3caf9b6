"""A count with its noun, for every sentence people read."""


def format_count(count: float, noun: str) -> str:
    """A count with what it counts, in the plural unless it is one.

    >>> format_count(1, "row"), format_count(5876, "row")
    ('1 row', '5,876 rows')
    """
    return f"{count:,.0f} {noun if round(count) == 1 else f'{noun}s'}"
