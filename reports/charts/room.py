"""Figures 4 and 7: room in the kader per uitvoerder; and the chance that a kader is exceeded.

Rows per uitvoerder, the nation first. Room is drawn as a share of the kader, so that small and large uitvoerders can be
compared; both the share and the euro stand beside it.
"""

from collections.abc import Sequence
from typing import Any

import polars as pl

from reports.charts.marks import (
    Ruler,
    Spec,
    finish,
    legend,
    mark,
    name_letters,
    name_width,
    shift,
    shorten,
    small,
    span,
    write,
)
from reports.charts.style import ACCENT, AXIS, GRID, INK, MUTED, WARN, Colour, Size
from reports.language import Language
from wlz.words.vocabulary import NATION

STEP = 28  # pixels per row
BAR = 12
PARTS = ("zin", "pgb", "both")
LIKELY = 0.5


def draw_room_zin(zin: pl.DataFrame, language: Language, *, size: Size) -> Spec | None:
    """Figure 4: rows of zin_uitvoerder of one advice."""
    return _draw_room(zin, language, size, decimals=0)


def draw_room_pgb(pgb: pl.DataFrame, language: Language, *, size: Size) -> Spec | None:
    """Figure 7: rows of pgb_uitvoerder of one advice."""
    return _draw_room(pgb, language, size, decimals=1)


def put_nation_first(rows: pl.DataFrame, by: str, *, descending: bool = False) -> list[dict[str, Any]]:
    """Rows in the order of the figures: the nation, then by a column, then by name."""
    is_other = pl.col("wlz_uitvoerder") != NATION
    ordered = rows.sort(is_other, by, "wlz_uitvoerder", descending=[False, descending, False], nulls_last=True)
    return list(ordered.iter_rows(named=True))


def name_of(row: dict[str, Any], language: Language, letters: int) -> str:
    """Name of a row as printed: the total in the language of the page."""
    name = row["wlz_uitvoerder"]
    return language.say("common.national") if name == NATION else shorten(name, letters)


def _draw_room(rows: pl.DataFrame, language: Language, size: Size, *, decimals: int) -> Spec | None:
    ordered = put_nation_first(rows, "available_ratio")
    if not any(row["available_ratio"] is not None for row in ordered):
        return None
    names = [name_of(row, language, name_letters(size)) for row in ordered]
    left, right = name_width(names, size), 92.0
    width = size.width - left - right - 8
    ends = [(row, {name: _share(row, name) for name in _BOUNDS}) for row in ordered]
    shares = [row["available_ratio"] * 100 for row in ordered if row["available_ratio"] is not None]
    ruler = Ruler(*span([0.0, *shares, *(value for _, bounds in ends for value in bounds.values())]), width)
    key, _ = legend(_room_legend(ends, language), size.width, gap=26)
    axis = ruler.channel(format=",.0f", tickCount=4, domain=False, ticks=False)
    layers = [mark("point", [{"x": ruler.low}], {"opacity": 0, "size": 0}, x=axis), *shift(key, -left)]
    for number, ((row, bounds), name) in enumerate(zip(ends, names, strict=True)):
        y = (number + 0.5) * STEP
        layers += _room_row(row, bounds, ruler, y)
        amount = language.millions(row["available_eur"], decimals)
        layers += _row_words(row, (name, language.percent(row["available_ratio"]), amount), (left, width), y)
    height = STEP * len(ordered)
    layers += [
        mark("rule", [{}], {"color": AXIS.light, "strokeWidth": 1}, x=ruler.at(0.0), y=0, y2=height),
        write("%", width + 36, -10, **small(align="right", color=MUTED.light)),
        write(language.say("charts.mln"), width + 92, -10, **small(align="right", color=MUTED.light)),
        write(language.say("charts.room_axis"), width / 2, height + 30, **small(align="center", color=MUTED.light)),
    ]
    return finish({"width": width, "height": height, "layer": layers})


_BOUNDS = ("available_lower_95_eur", "available_lower_80_eur", "available_upper_80_eur", "available_upper_95_eur")


def _share(row: dict[str, Any], bound: str) -> float | None:
    """Room at a bound of the year, in percent of the kader: the scale of the picture."""
    if row[bound] is None or row["available_ratio"] is None or not row["budget_eur"]:
        return None
    return float(row[bound] / row["budget_eur"]) * 100


def _room_legend(
    ends: Sequence[tuple[dict[str, Any], dict[str, float | None]]], language: Language
) -> list[tuple[str, Colour, str]]:
    items = [("box", ACCENT, language.say("charts.room")), ("box", WARN, language.say("charts.shortage"))]
    if any(value is not None for _, bounds in ends for value in bounds.values()):
        items += [("thick", MUTED, language.say("charts.bounds_80")), ("thin", MUTED, language.say("charts.bounds_95"))]
    return items


def _room_row(row: dict[str, Any], bounds: dict[str, float | None], ruler: Ruler, y: float) -> list[Spec]:
    if row["available_ratio"] is None:
        return []
    share = row["available_ratio"] * 100
    ink = WARN if share < 0 else ACCENT
    start, end = sorted((ruler.at(0.0), ruler.at(share)))
    layers = [mark("bar", [{}], {"fill": ink.light, "height": BAR}, x=start, x2=max(end, start + 1.5), y=y)]
    for level, weight in (("95", 1.5), ("80", 5.0)):
        low, high = bounds[f"available_lower_{level}_eur"], bounds[f"available_upper_{level}_eur"]
        if low is not None and high is not None:
            look = {"color": MUTED.light, "strokeWidth": weight}
            layers.append(mark("rule", [{}], look, x=ruler.at(low), x2=ruler.at(high), y=y + BAR / 2 + 4))
    return layers


def _row_words(row: dict[str, Any], words: tuple[str, str, str], place: tuple[float, float], y: float) -> list[Spec]:
    """Name at the left; share and euro, in the colour of a shortage where it is one, at the right."""
    left, width = place
    weight = "bold" if row["wlz_uitvoerder"] == NATION else "normal"
    look = {"fontWeight": weight, "align": "right", "color": (WARN if (row["available_eur"] or 0) < 0 else INK).light}
    name, share, amount = words
    return [
        write(name, -left, y, fontWeight=weight, color=INK.light),
        write(share, width + 36, y, **look),
        write(amount, width + 92, y, **look),
    ]


def draw_exceedance(exceedance: pl.DataFrame, language: Language, *, size: Size) -> Spec | None:
    """Chance that zin, pgb and both after transfers cost more than the kader. Rows of exceedance of one advice."""
    parts = [part for part in PARTS if part in set(exceedance["part"])]
    if not parts:
        return None
    chances = {
        (row["wlz_uitvoerder"], row["part"]): row["exceedance_ratio"] for row in exceedance.iter_rows(named=True)
    }
    ordered = put_nation_first(exceedance.filter(part=parts[0]), "exceedance_ratio", descending=True)
    names = [name_of(row, language, name_letters(size)) for row in ordered]
    left = name_width(names, size)
    column = (size.width - left - 8) / len(parts)
    track = column - 52  # behind it the number
    layers = shift(legend(_chance_legend(language), size.width, gap=30)[0], -left)
    for place, part in enumerate(parts):
        layers.append(write(language.say(f"charts.chance_{part}"), place * column, -14, color=MUTED.light))
    for number, (row, name) in enumerate(zip(ordered, names, strict=True)):
        y = (number + 0.5) * STEP
        weight = "bold" if row["wlz_uitvoerder"] == NATION else "normal"
        layers.append(write(name, -left, y, fontWeight=weight, color=INK.light))
        for place, part in enumerate(parts):
            chance = chances.get((row["wlz_uitvoerder"], part))
            layers += _chance(chance, language, (place * column, track), y, weight)
    return finish({"width": size.width - left - 8, "height": STEP * len(ordered), "layer": layers})


def _chance_legend(language: Language) -> list[tuple[str, Colour, str]]:
    return [
        ("box", ACCENT, language.say("charts.chance_below")),
        ("box", WARN, language.say("charts.chance_above")),
    ]


def _chance(chance: float | None, language: Language, place: tuple[float, float], y: float, weight: str) -> list[Spec]:
    """Track of 0 to 100 %, filled as far as the chance goes, and the number."""
    x, track = place
    ink = WARN if chance is not None and chance > LIKELY else ACCENT
    layers = [mark("bar", [{}], {"fill": GRID.light, "height": BAR}, x=x, x2=x + track, y=y)]
    if chance:
        layers.append(mark("bar", [{}], {"fill": ink.light, "height": BAR}, x=x, x2=x + max(chance * track, 1.5), y=y))
    words = print_chance(chance, language)
    look = {"fontWeight": weight, "color": (ink if ink is WARN else INK).light}
    return [*layers, write(words, x + track + 5, y, **look)]


def print_chance(chance: float | None, language: Language) -> str:
    """A chance in whole percent; one counted on samples is never 0 or 100.

    >>> from reports.language import load_language
    >>> print_chance(0.0, load_language("nl")), print_chance(0.692, load_language("nl"))
    ('<1 %', '69 %')
    """
    if chance is None:
        return language.number(None)
    if chance < 0.005:
        return "<1 %"
    return ">99 %" if chance > 0.995 else f"{language.percent(chance, 0)} %"
