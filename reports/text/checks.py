"""A check in the language of the page: its title, and what was done about what it found."""

from reports.checks_nl import DUTCH, REFUSED
from reports.language import Language


def say_check(check_id: str, title: str, language: Language) -> str:
    """Title of a check: Dutch where the page is, else as the rule has it.

    >>> say_check("D03", "one row per key", load_language("nl"))  # doctest: +SKIP
    'één regel per sleutel'
    """
    return DUTCH[check_id].title if language.code == "nl" and check_id in DUTCH else title


def say_done(check_id: str, action: str | None, *, refuses: bool, language: Language) -> str | None:
    """What the pipeline did; ``refuses`` when the check blocked and nobody overruled it."""
    if language.code != "nl" or check_id not in DUTCH:
        return action
    return REFUSED if refuses else DUTCH[check_id].done
