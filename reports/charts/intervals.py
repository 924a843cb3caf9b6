"""Amounts with their 80 and 95 % bounds as rows beside a kader: one row enlarged, scenarios, past advices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import polars as pl

from reports.charts.marks import (
    Ruler,
    Spec,
    finish,
    legend,
    mark,
    millions,
    name_letters,
    name_width,
    shift,
    shorten,
    small,
    span,
    write,
)
from reports.charts.style import ACCENT, INK, MUTED, PAPER, WARN, Colour, Size
from reports.language import Language
from wlz.words.vocabulary import NATION

LEVELS = (("95", 1.5), ("80", 6))
BOUNDS = ("lower_95_eur", "lower_80_eur", "upper_80_eur", "upper_95_eur")
STEP = 44  # pixels per row
LATEST = 12  # advices shown, the latest


@dataclass(frozen=True)
class Interval:
    """One row: what is expected, its bounds where known, the kader, and what came of it."""

    name: str
    expected_eur: Decimal
    budget_eur: Decimal | None
    realised_eur: Decimal | None = None
    bounds: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def ink(self) -> Colour:
        """Colour of the expectation: a shortage has its own."""
        return WARN if self.budget_eur is not None and self.expected_eur > self.budget_eur else ACCENT

    @property
    def amounts(self) -> list[float | None]:
        """Every amount of the row, in millions."""
        return [millions(x) for x in (self.expected_eur, self.budget_eur, self.realised_eur, *self.bounds.values())]


def draw_enlarged(row: Mapping[str, Any], title: str, limit_word: str, language: Language, width: float) -> Spec:
    """One expectation with its bounds against the kader, on an axis of its own; a view, not a whole spec."""
    interval = Interval("", row["expected_eur"], row["budget_eur"], bounds={name: row[name] for name in BOUNDS})
    ruler = Ruler(*span(interval.amounts), width)
    said = f"{language.say('charts.expected')} {language.millions(interval.expected_eur)}"
    limit = f"{limit_word} {language.millions(interval.budget_eur)}"
    place = millions(interval.budget_eur) or 0.0
    axis = ruler.channel(format=",.0f", tickCount=4, grid=False)
    layers = [
        mark("rule", [{"x": place}], {"color": INK.light, "strokeWidth": 2}, x=axis, y=20, y2=44),
        *_draw_interval(interval, ruler, 32),
        write(said, ruler.inside(millions(interval.expected_eur) or 0.0, said), 12, **_bold(interval.ink)),
        write(limit, ruler.inside(place, limit), 54, **_bold(INK)),
        write(title, 0, -10, color=MUTED.light),
    ]
    return {"width": width, "height": 66, "layer": layers}


def draw_scenarios(zin: pl.DataFrame, language: Language, *, size: Size, part: str = "zin") -> Spec | None:
    """What every scenario expects of zin in the nation, with bounds, against the kader.

    In: rows of utilisation_national of one delivery month, all scenarios.
    """
    rows = zin.filter(part=part)
    order = {name: number for number, name in enumerate(("letter", "base", "completed", "low", "high", "indications"))}
    intervals = [
        Interval(_scenario(row["scenario"], language), row["expected_eur"], row["budget_eur"], bounds=_bounds(row))
        for row in sorted(rows.iter_rows(named=True), key=lambda row: (order.get(row["scenario"], 9), row["scenario"]))
    ]
    return _draw_rows(intervals, language.say(f"charts.kader_{part}"), language, size)


def draw_vintages(vintages: pl.DataFrame, language: Language, *, size: Size, part: str = "zin") -> Spec | None:
    """What each advice expected of the nation, with bounds, its kader, and what came of the year once known.

    In: rows of forecast_vintages of one budget year and scenario. The latest twelve are shown; an advice that was
    frozen is named so.
    """
    rows = vintages.filter(wlz_uitvoerder=NATION, part=part).sort("delivery_month", "advice_id").tail(LATEST)
    intervals = [
        Interval(_advice(row, language), row["expected_eur"], row["budget_eur"], row["realised_eur"], _bounds(row))
        for row in rows.iter_rows(named=True)
    ]
    return _draw_rows(intervals, language.say(f"charts.kader_{part}"), language, size)


def _scenario(name: str, language: Language) -> str:
    key = f"common.scenario_{name}"
    return language.say(key) if language.has(key) else name


def _advice(row: Mapping[str, Any], language: Language) -> str:
    month = language.month(row["delivery_month"])
    return month if row["advice_state"] == "current" else language.say("charts.frozen", month=month)


def _bounds(row: Mapping[str, Any]) -> dict[str, Decimal]:
    return {name: row[name] for name in BOUNDS} if all(row[name] is not None for name in BOUNDS) else {}


def _draw_rows(rows: Sequence[Interval], limit_word: str, language: Language, size: Size) -> Spec | None:
    """Rows under each other: name above on a phone, left of them elsewhere."""
    if not rows:
        return None
    names = [shorten(row.name, 45 if size.is_narrow else name_letters(size)) for row in rows]
    left = 0.0 if size.is_narrow else name_width(names, size)
    width = size.width - left - 8
    ruler = Ruler(*span([amount for row in rows for amount in row.amounts]), width)
    step = STEP + 16 if size.is_narrow else STEP
    key, _ = legend(_legend_items(rows, limit_word, language), size.width, gap=14)
    grid = ruler.channel(format=",.0f", tickCount=4 if size.is_narrow else 6, domain=False, ticks=False)
    layers = [mark("point", [{"x": ruler.low}], {"opacity": 0, "size": 0}, x=grid), *shift(key, -left)]
    for number, (row, name) in enumerate(zip(rows, names, strict=True)):
        y = (number + 1) * step - 12
        words = language.millions(row.expected_eur)
        middle = ruler.inside(millions(row.expected_eur) or 0.0, words)
        layers += [
            *_limit(row, ruler, y),
            *_draw_interval(row, ruler, y),
            write(words, middle, y - 17, **_bold(row.ink, row.ink is WARN)),
            write(name, -left, y - 34 if size.is_narrow else y, color=INK.light),
        ]
    layers.append(
        write(language.say("charts.mln"), width, step * len(rows) + 30, **small(align="right", color=MUTED.light))
    )
    return finish({"width": width, "height": step * len(rows), "layer": layers})


def _legend_items(rows: Sequence[Interval], limit_word: str, language: Language) -> list[tuple[str, Colour, str]]:
    items = [("dot", ACCENT, language.say("charts.expected"))]
    if any(row.ink is WARN for row in rows):
        items.append(("dot", WARN, language.say("charts.expected_over")))
    if any(row.bounds for row in rows):
        items += [("thick", MUTED, language.say("charts.bounds_80")), ("thin", MUTED, language.say("charts.bounds_95"))]
    budgets = {row.budget_eur for row in rows if row.budget_eur is not None}
    amount = f" {language.millions(next(iter(budgets)))}" if len(budgets) == 1 else ""
    items.append(("bar", INK, limit_word + amount))
    if any(row.realised_eur is not None for row in rows):
        items.append(("ring", INK, language.say("charts.realised")))
    return items


def _limit(row: Interval, ruler: Ruler, y: float) -> list[Spec]:
    if row.budget_eur is None:
        return []
    x = ruler.at(millions(row.budget_eur) or 0.0)
    return [mark("rule", [{}], {"color": INK.light, "strokeWidth": 2}, x=x, y=y - 11, y2=y + 11)]


def _draw_interval(row: Interval, ruler: Ruler, y: float) -> list[Spec]:
    layers = []
    for level, weight in LEVELS:
        if row.bounds:
            low, high = (ruler.at(millions(row.bounds[f"{end}_{level}_eur"]) or 0.0) for end in ("lower", "upper"))
            layers.append(mark("rule", [{}], {"color": MUTED.light, "strokeWidth": weight}, x=low, x2=high, y=y))
    dot = {"shape": "circle", "filled": True, "size": 120, "opacity": 1, "color": row.ink.light}
    edge = {"stroke": PAPER.light, "strokeWidth": 1.5}
    layers.append(mark("point", [{}], dot | edge, x=ruler.at(millions(row.expected_eur) or 0.0), y=y))
    if row.realised_eur is not None:
        ring = {"shape": "circle", "filled": False, "size": 90, "opacity": 1, "color": INK.light, "strokeWidth": 2}
        layers.append(mark("point", [{}], ring, x=ruler.at(millions(row.realised_eur) or 0.0), y=y))
    return layers


def _bold(colour: Colour, bold: bool = True) -> Spec:
    return {"color": colour.light, "fontWeight": "bold" if bold else "normal", "align": "center"}
