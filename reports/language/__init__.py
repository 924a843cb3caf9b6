"""Words, numbers and dates of the report, per language: the only place that knows Dutch from English.

Phrases stand in ``<code>/*.toml``, one file per page or subject, one table per file: the key of a phrase is
``file.name``. Both languages have the same keys with the same placeholders (tested). No sentence is put together here
from parts of sentences: what to say is decided in ``reports/text``.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from reports.rounding import NO_VALUE, round_for_print, round_millions, round_percentage

FOLDER = Path(__file__).parent
CODES = ("nl", "en")
Number = Decimal | float | int | None


class LanguageError(ValueError):
    """A language or a phrase that does not exist, or a phrase without one of its values."""


@dataclass(frozen=True)
class Language:
    """One language of the report: phrases by key, numbers and dates as people write them."""

    code: str
    phrases: Mapping[str, str]
    months: tuple[str, ...]
    short_months: tuple[str, ...]
    marks: tuple[str, str]  # between thousands, before decimals

    def say(self, key: str, **values: object) -> str:
        """The phrase ``key`` with its values; raises LanguageError when the phrase or a value is missing.

        >>> load_language("nl").say("common.mln", value="178")
        '€ 178 miljoen'
        """
        if key not in self.phrases:
            raise LanguageError(f"language {self.code}: no phrase {key!r} in {FOLDER.name}/{self.code}")
        try:
            return self.phrases[key].format(**values)
        except KeyError as missing:
            raise LanguageError(f"language {self.code}: phrase {key!r} needs the value {missing}") from missing

    def has(self, key: str) -> bool:
        """Is there a phrase of this key?"""
        return key in self.phrases

    def number(self, value: Number, decimals: int = 0) -> str:
        """A number with ``decimals`` decimals; null is a dash, minus zero never shows.

        >>> load_language("nl").number(Decimal("-1234.55"), 1), load_language("en").number(1234.55, 1)
        ('-1.234,6', '1,234.6')
        """
        if value is None:
            return NO_VALUE
        thousands, point = self.marks
        text = f"{round_for_print(value, decimals):,.{decimals}f}"
        return text.translate({ord(","): thousands, ord("."): point})

    def millions(self, amount_eur: Number, decimals: int = 0) -> str:
        """Euro as millions without a unit, as in the tables.

        >>> load_language("nl").millions(Decimal("-177613000"))
        '-178'
        """
        return self.number(round_millions(amount_eur, decimals), decimals)

    def euro(self, amount_eur: Number) -> str:
        """Euro as in a sentence: in millions from a million on, else in whole euro.

        >>> load_language("nl").euro(Decimal("177613000")), load_language("nl").euro(410064)
        ('€ 178 miljoen', '€ 410.064')
        """
        if amount_eur is None:
            return NO_VALUE
        size = abs(float(amount_eur))
        if size < 1e6:
            return f"€ {self.number(amount_eur, 0)}"
        return self.say("common.mln", value=self.millions(amount_eur, 0 if size >= 1e7 else 1))

    def percent(self, ratio: Number, decimals: int = 1) -> str:
        """A ratio as percent without the sign for percent, as in the tables.

        >>> load_language("nl").percent(-0.00949)
        '-0,9'
        """
        return self.number(round_percentage(None if ratio is None else ratio, decimals), decimals)

    def month(self, month: date) -> str:
        """A month with its year: 'mei 2018'."""
        return f"{self.months[month.month - 1]} {month.year}"

    def short_month(self, month: date) -> str:
        """A month for the axis of a picture: 'mei'."""
        return self.short_months[month.month - 1]

    def day(self, day: date) -> str:
        """A date in words: '15 mei 2018'."""
        return f"{day.day} {self.months[day.month - 1]} {day.year}"


@cache
def load_language(code: str) -> Language:
    """The language ``nl`` or ``en``; raises LanguageError for another.

    >>> load_language("nl").month(date(2018, 5, 1))
    'mei 2018'
    """
    if code not in CODES:
        raise LanguageError(f"language {code!r} is not known; the report is written in {' or '.join(CODES)}")
    phrases: dict[str, str] = {}
    for path in sorted((FOLDER / code).glob("*.toml")):
        phrases |= {f"{path.stem}.{name}": text for name, text in tomllib.loads(path.read_text("utf-8")).items()}
    return Language(
        code,
        phrases,
        tuple(phrases["common.months"].split()),
        tuple(phrases["common.short_months"].split()),
        (phrases["common.thousands"], phrases["common.decimal_point"]),
    )
