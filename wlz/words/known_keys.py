"""Keys of files that people write: what to say of one that nothing reads. Which there are stands with each file."""

from collections.abc import Iterable
from difflib import get_close_matches

NEAR = 0.7  # of how alike two names are, from 0 to 1


def name_each(found: Iterable[str], known: Iterable[str]) -> str:
    """These keys one after another, each with the known one it is most like.

    >>> name_each(["cutoff", "x"], ["cut_off", "due"])
    'cutoff (nearest: cut_off), x'
    """
    nearest = _nearest(found, known)
    return ", ".join(f"{key} (nearest: {near})" if near else key for key, near in nearest.items())


def name_nearest(found: Iterable[str], known: Iterable[str]) -> str:
    """Which known key each of these is most like; empty when none is like any.

    >>> name_nearest(["cutoff", "x"], ["cut_off", "due"])
    '; nearest to cutoff: cut_off'
    """
    said = ", ".join(f"nearest to {key}: {near}" for key, near in _nearest(found, known).items() if near)
    return f"; {said}" if said else ""


def refuse_unknown(found: Iterable[str], known: Iterable[str]) -> str:
    """What to say of keys that nothing reads, with those that are read; empty when all are.

    >>> refuse_unknown(["decimals"], ["separator", "decimal"])
    'unknown decimals; known: separator, decimal; nearest to decimals: decimal'
    """
    keys = list(known)
    unknown = [key for key in found if key not in keys]
    if not unknown:
        return ""
    return f"unknown {', '.join(unknown)}; known: {', '.join(keys)}{name_nearest(unknown, keys)}"


def _nearest(found: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    folded = {key.casefold(): key for key in known}
    close = {key: get_close_matches(key.casefold(), folded, 1, cutoff=NEAR) for key in found}
    return {key: folded[near[0]] if near else "" for key, near in close.items()}
