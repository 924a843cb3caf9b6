"""Rounding for print: the only place where an amount loses its cents.

Rules of the letter's tables: everything is computed on unrounded amounts and each printed figure is rounded by
itself, so printed sums and differences need not add up (−178 stands beside 18.711 − 18.888). Amounts in millions,
shares in percent, each column with its own number of decimals, Dutch notation. Halves go away from zero; the figures
of the letter do not tell halves away from zero and halves to even apart, because none of them lies on a half.
"""

from decimal import ROUND_HALF_UP, Decimal

EUR_PER_MILLION = Decimal(1_000_000)
PERCENT = Decimal(100)
NO_VALUE = "–"


def to_decimal(value: Decimal | float | int | str) -> Decimal:
    """The number as it is written: 0.86 is 0.86 and not its binary neighbour. Minus zero becomes zero.

    >>> to_decimal(0.86), to_decimal("-0")
    (Decimal('0.86'), Decimal('0'))
    """
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    return number if number else abs(number)


def round_for_print(value: Decimal | float | int, decimals: int) -> Decimal:
    """``value`` with ``decimals`` decimals, halves away from zero, never minus zero.

    >>> round_for_print(Decimal("-177.613"), 0), round_for_print(Decimal("-0.44"), 0), round_for_print(2.5, 0)
    (Decimal('-178'), Decimal('0'), Decimal('3'))
    """
    return to_decimal(to_decimal(value).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP))


def round_millions(amount_eur: Decimal | float | int | None, decimals: int) -> Decimal | None:
    """Euro → millions of euro for print; nothing stays nothing.

    >>> round_millions(Decimal("30174032.78"), 0)
    Decimal('30')
    """
    return None if amount_eur is None else round_for_print(to_decimal(amount_eur) / EUR_PER_MILLION, decimals)


def round_percentage(ratio: Decimal | float | None, decimals: int) -> Decimal | None:
    """Ratio of unrounded amounts (1.0 = all of it) → percent for print.

    >>> round_percentage(-0.00949, 1)
    Decimal('-0.9')
    """
    return None if ratio is None else round_for_print(to_decimal(ratio) * PERCENT, decimals)


def format_dutch(value: Decimal | None, decimals: int) -> str:
    """A number in Dutch notation: full stop between thousands, decimal comma, minus sign as in the letter.

    >>> format_dutch(Decimal("18888"), 0), format_dutch(Decimal("-0.949"), 1), format_dutch(None, 0)
    ('18.888', '-0,9', '–')
    """
    if value is None:
        return NO_VALUE
    return f"{round_for_print(value, decimals):,.{decimals}f}".translate(str.maketrans(",.", ".,"))


def parse_dutch(text: str) -> Decimal:
    """The number behind a printed figure; '-0' of the letter is 0.

    >>> parse_dutch("18.888"), parse_dutch("-0,9"), parse_dutch("-0")
    (Decimal('18888'), Decimal('-0.9'), Decimal('0'))
    """
    return to_decimal(text.strip().replace(".", "").replace(",", "."))
