"""How a figure of a finding is written.

Euro, price, ratio, count, month, in the marks of the language. No words here but those a template brings along;
templates are in ``expectations/sentences/``.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

_MLN = 1_000_000
_SWAPPED = str.maketrans(",.", ".,")


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


def localise(text: str, language: str) -> str:
    """A number as the language writes it; as printed in English comes in.

    >>> localise("€ 1,234.5", "nl"), localise("12.5%", "nl")
    ('€ 1.234,5', '12,5 %')
    """
    return text.translate(_SWAPPED).replace(" %", "%").replace("%", " %") if language == "nl" else text


def write_figure(value: Any, shape: str, language: str) -> str:
    """A figure in a shape of ``NUMBERS`` or ``TEXTS``, ``count one|more``, or a format of Python."""
    name, _, nouns = shape.partition(" ")
    if name in TEXTS:
        return TEXTS[name](value)
    if name in LISTS:
        return ", ".join(localise(LISTS[name](one), language) for one in value)
    if name == "count":
        one, more = nouns.split("|")
        return f"{localise(f'{value:,.0f}', language)} {one if round(value) == 1 else more}"
    if name in NUMBERS:
        return localise(NUMBERS[name](value), language)
    if isinstance(value, int | float | Decimal):
        return localise(format(value, shape), language)
    return format(str(value), shape)


def _ratio(ratio: float) -> str:
    return f"{ratio:.1f}" if ratio >= 1 else f"{ratio:.3f}"


def _statistic(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 1 else f"{value:.1f}"


NUMBERS: dict[str, Callable[[Any], str]] = {
    "euro": format_euro,
    "price": format_price,
    "ratio": _ratio,
    "statistic": _statistic,
    "exact": lambda value: f"{Decimal(str(value)):,}",
    "exact+": lambda value: f"{Decimal(str(value)):+,}",
}
LISTS: dict[str, Callable[[Any], str]] = {"series": lambda value: f"{value:,.0f}"}
TEXTS: dict[str, Callable[[Any], str]] = {
    "month": lambda value: str(value)[:7],
    "months": lambda value: ", ".join(str(month)[:7] for month in value),
}
