"""Words of findings and checks, per language, from ``expectations/sentences/``: the last step, after which nothing is
computed. A sentence is put together from parts that the finding names, filled with the figures of its record.
"""

import string
import tomllib
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from wlz.words.figures import unpack_figures

LANGUAGES = ("nl", "en")
COMMON = "common"  # parts that every check has
FOUND = "found"  # the part of a finding that names none
_FOLDER = Path(__file__).parents[1] / "sentences"
_MLN = 1_000_000
_SWAPPED = str.maketrans(",.", ".,")
_EMPTY = {"nl": "(leeg)", "en": "(empty)"}


def format_euro(amount: Decimal | float) -> str:
    """An amount for a sentence: millions with one decimal, smaller amounts in whole euro.

    >>> format_euro(Decimal("92345678.00")), format_euro(1234.56)
    ('€ 92.3 mln', '€ 1,235')
    """
    millions = amount >= _MLN or amount <= -_MLN
    return f"€ {amount / _MLN:,.1f} mln" if millions else f"€ {amount:,.0f}"


def format_price(euro: float) -> str:
    """A price with as many digits as it needs.

    >>> format_price(12.345), format_price(0.9)
    ('€ 12.35', '€ 0.9000')
    """
    return f"€ {euro:,.2f}" if euro >= 10 else f"€ {euro:.4f}"


def format_ratio(ratio: float) -> str:
    """A ratio with as many digits as it needs."""
    return f"{ratio:.1f}" if ratio >= 1 else f"{ratio:.3f}"


def say_finding(check_id: str, record: Mapping[str, Any], language: str) -> str:
    """A finding in words: the parts its ``wording`` names, one after another, filled with its figures.

    ``record`` has the columns of a finding with its figures beside them, or packed in ``numbers``. A check without
    words of its own says the figure ``found``. Raises KeyError when a figure or a part is not there.

    >>> say_finding("P05", {"prestatiecode": "H126", "wlz_uitvoerder": "CZ", "forecast_year_volume": 1234.0}, "en")
    'H126/CZ: 1,234 units without a price'
    """
    parts = words_of(check_id, language)
    figures = {**record, **unpack_figures(record.get("numbers"))}
    names = str(record.get("wording") or FOUND).split(" ")
    writer = _Writer(language)
    return "".join(writer.vformat(parts[name], (), figures) for name in names)


def words_of(check_id: str, language: str) -> Mapping[str, str]:
    """Parts of the sentences of a check, and in Dutch its ``title``, ``expected``, ``done`` and ``ask``."""
    sentences = load_sentences(language)
    own = sentences.get(check_id, {})
    shared = sentences.get(own.get("shared", ""), {})
    return {**sentences[COMMON], **shared, **own}


@cache
def load_sentences(language: str) -> Mapping[str, Mapping[str, str]]:
    """All words of a language: per check its parts. Raises OSError when there is no such language."""
    return tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


def localise(text: str, language: str) -> str:
    """A number as the language writes it; as printed in English comes in."""
    return text.translate(_SWAPPED).replace(" %", "%").replace("%", " %") if language == "nl" else text


class _Writer(string.Formatter):
    """Fills a part with figures: ``{name:shape}``, where a shape is one of ``_SHAPES`` or a format of Python."""

    def __init__(self, language: str) -> None:
        self.language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        if value is None:
            return _EMPTY[self.language]
        shape, _, rest = format_spec.partition(" ")
        if shape == "month":
            return str(value)[:7]
        if shape == "months":
            return ", ".join(str(month)[:7] for month in value)
        if shape == "per_year":
            return ", ".join(f"{one['year']}: {localise(format_euro(one['eur']), self.language)}" for one in value)
        if shape == "candidates":
            joined = {"nl": " en ", "en": " and "}[self.language]
            off = {"nl": "{} ({} ernaast)", "en": "{} (off by {})"}[self.language]
            return joined.join(
                off.format(
                    *(localise(text, self.language) for text in (f"{one['factor']:g}", f"{one['distance']:.2f}"))
                )
                for one in value
            )
        if shape == "statistic":
            return localise(f"{value:.2f}" if abs(value) < 1 else f"{value:.1f}", self.language)
        if shape == "series":
            return ", ".join(localise(f"{one:,.0f}", self.language) for one in value)
        if shape == "count":
            one, many = rest.split("|")
            return f"{localise(f'{value:,.0f}', self.language)} {one if round(value) == 1 else many}"
        if shape in _SHAPES:
            return localise(_SHAPES[shape](value), self.language)
        if isinstance(value, int | float | Decimal):
            return localise(format(value, format_spec), self.language)
        return format(str(value), format_spec)


def _exact(value: Any) -> str:
    return f"{Decimal(str(value)):,}"


def _exact_signed(value: Any) -> str:
    return f"{Decimal(str(value)):+,}"


_SHAPES: dict[str, Callable[[Any], str]] = {
    "euro": format_euro,
    "price": format_price,
    "ratio": format_ratio,
    "exact": _exact,
    "exact+": _exact_signed,
}


def list_parts(check_id: str, language: str) -> Sequence[str]:
    """Names of the parts a check has of its own or shares, without title, expectation and actions."""
    sentences = load_sentences(language)
    own = sentences.get(check_id, {})
    return sorted({*own, *sentences.get(own.get("shared", ""), {})} - {"shared", "title", "expected", "done", "ask"})
