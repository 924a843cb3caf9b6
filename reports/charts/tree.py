"""Figure 12: which source a price comes from, as a decision tree. Drawn by hand: Vega knows no boxes and arrows."""

from dataclasses import dataclass
from decimal import Decimal
from xml.sax.saxutils import escape

import polars as pl

from reports.charts.marks import LETTER
from reports.charts.style import ACCENT, AXIS, EXPECTED, INK, MUTED, PAPER, TEXT, WARN, Size
from reports.language import Language

SOURCES = ("a", "b", "c", "d")
LINE = 16  # between lines of text
AIR = 9  # around the text of a box


@dataclass(frozen=True)
class Box:
    """A box with its lines of text, the first of them bold when it is a result."""

    x: float
    width: float
    lines: tuple[str, ...]
    bold: int = 0

    @property
    def is_result(self) -> bool:
        """A question has no bold lines."""
        return self.bold > 0

    @property
    def height(self) -> float:
        """As high as its text."""
        return len(self.lines) * LINE + 2 * AIR - 4

    def draw(self, y: float, edge: str) -> str:
        """The box with its top at ``y``."""
        fill = (PAPER if self.is_result else EXPECTED).light
        parts = [
            f'<rect x="{self.x:g}" y="{y:g}" width="{self.width:g}" height="{self.height:g}" rx="4" '
            f'fill="{fill}" stroke="{edge}" stroke-width="{2 if self.is_result else 1}"/>'
        ]
        for number, line in enumerate(self.lines):
            weight = ' font-weight="bold"' if number < self.bold else ""
            parts.append(_text(self.x + 10, y + AIR + 9 + number * LINE, line, INK.light, weight))
        return "".join(parts)


def draw_price_tree(sources: pl.DataFrame, language: Language, *, size: Size) -> str | None:
    """Questions at the left, the source each answer leads to at the right, with how much of the forecast it holds.

    In: one row per price_source (a to d) with count (prestatie × uitvoerder) and eur. A source without a row counts 0.
    """
    if sources.is_empty():
        return None
    held = {row["price_source"]: (row["count"], row["eur"]) for row in sources.iter_rows(named=True)}
    gap = 44.0 if size.is_narrow else 64.0
    width = size.width - 4.0
    asked = (width - gap) * 0.52
    y, parts = 2.0, []
    for source in SOURCES:
        is_last = source == SOURCES[-1]
        result = _result(source, held, language, (asked + gap, width - asked - gap))
        edge = WARN.light if is_last else ACCENT.light
        if is_last:
            middle = y + result.height / 2
            parts.append(_path(f"M{asked / 2:g},{y - 22:g}V{middle:g}H{asked + gap - 7:g}"))
            parts += [_head(asked + gap, middle), result.draw(y, edge)]
            y += result.height + 2
            continue
        question = Box(2.0, asked, _wrap(language.say(f"charts.ask_{source}"), asked - 20))
        high = max(question.height, result.height)
        middle = y + high / 2
        top = middle - question.height / 2
        parts += [question.draw(top, MUTED.light), result.draw(middle - result.height / 2, edge)]
        parts += [_path(f"M{asked + 2:g},{middle:g}H{asked + gap - 7:g}"), _head(asked + gap, middle)]
        parts.append(_text(asked + 8, middle - 7, language.say("charts.yes"), MUTED.light))
        below = y + high + 22
        if source != SOURCES[-2]:
            parts.append(
                _path(f"M{asked / 2:g},{top + question.height:g}V{below - 6:g}") + _head_down(asked / 2, below)
            )
        else:
            parts.append(_path(f"M{asked / 2:g},{top + question.height:g}V{below:g}"))
        parts.append(_text(asked / 2 + 6, below - 7, language.say("charts.no"), MUTED.light))
        y = below + 2
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size.width}" height="{y:g}" '
        f'viewBox="0 0 {size.width} {y:g}" font-size="{TEXT}">{"".join(parts)}</svg>'
    )


def _result(
    source: str, held: dict[str, tuple[int, Decimal | None]], language: Language, place: tuple[float, float]
) -> Box:
    x, width = place
    count, eur = held.get(source, (0, Decimal(0)))
    name = _wrap(language.say(f"charts.source_{source}"), width - 20)
    amount = language.say("charts.tree_eur", value=language.millions(eur))
    return Box(x, width, (*name, language.say("charts.tree_count", count=language.number(count)), amount), len(name))


def _wrap(text: str, width: float) -> tuple[str, ...]:
    """Lines of about this width, broken between words."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and len(longer) * LETTER > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return tuple(lines)


def _text(x: float, y: float, words: str, colour: str, more: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" fill="{colour}"{more}>{escape(words)}</text>'


def _path(way: str) -> str:
    return f'<path d="{way}" fill="none" stroke="{AXIS.light}" stroke-width="1.5"/>'


def _head(x: float, y: float) -> str:
    return f'<path d="M{x - 8:g},{y - 4:g}l7,4l-7,4Z" fill="{AXIS.light}"/>'


def _head_down(x: float, y: float) -> str:
    return f'<path d="M{x - 4:g},{y - 7:g}l4,7l4,-7Z" fill="{AXIS.light}"/>'
