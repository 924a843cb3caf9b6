"""Figures 2 and 5: what zin is made of, the claims and the extra items that come on top.

Extra items are one or two per cent of zin. Beside the claims they are a sliver, so they are shown twice: in their
place, and enlarged.
"""

from collections.abc import Mapping
from decimal import Decimal

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
    small,
    write,
)
from reports.charts.room import STEP, name_of, put_nation_first
from reports.charts.style import ACCENT, ACCENT_MID, AXIS, EXPECTED, INK, MUTED, PAPER, Colour, Size
from reports.language import Language
from wlz.words.vocabulary import NATION

# Extra items, dark to light: the order of bars and of the legend.
ITEMS: Mapping[str, tuple[str, Colour]] = {
    "meerzorg_eur": ("edge", ACCENT),
    "crisisbedden_eur": ("edge", ACCENT_MID),
    "na_ijl_eur": ("edge", PAPER),
}
OTHER: Mapping[str, tuple[str, Colour]] = {"other_items_eur": ("edge", MUTED)}  # where a year has declared some
BAR = 14
ZERO = Decimal(0)


def draw_composition(zin: pl.DataFrame, extra_items: pl.DataFrame, language: Language, *, size: Size) -> Spec | None:
    """Figure 2: claims and extra items of the nation, the extra items enlarged below.

    In: rows of zin_uitvoerder and extra_items_uitvoerder of one advice.
    """
    nation, items = zin.filter(wlz_uitvoerder=NATION), extra_items.filter(wlz_uitvoerder=NATION)
    if nation.is_empty() or items.is_empty() or nation["expected_excl_extra_eur"][0] is None:
        return None
    claims, extra = nation["expected_excl_extra_eur"][0], items["extra_items_eur"][0] or ZERO
    amounts = {name: items[name][0] or ZERO for name in _shown(items)}
    width = float(size.width - 8)
    whole = max(float(claims) + max(float(extra), 0.0), 1.0)
    edge = float(claims) / whole * width
    layers = [
        *_whole(claims, extra, edge, width, language),
        *_zoom_lines(edge, width),
        *_enlarged(amounts, width, language),
    ]
    return finish({"width": width, "height": 92 + STEP * len(amounts), "layer": layers})


def _whole(claims: Decimal, extra: Decimal, edge: float, width: float, language: Language) -> list[Spec]:
    box = {"height": 34, "stroke": MUTED.light, "strokeWidth": 1}
    said = f"{language.say('charts.claims')} {language.millions(claims)}"
    more = f"{language.say('charts.extra_items')} {language.millions(extra)}"
    return [
        mark("bar", [{}], {**box, "fill": EXPECTED.light}, x=0, x2=edge, y=35),
        mark("bar", [{}], {**box, "fill": ACCENT.light, "stroke": ACCENT.light}, x=edge, x2=max(width, edge + 1), y=35),
        write(said, 8, 35, color=INK.light, fontWeight="bold"),
        write(more, width, 8, align="right", color=ACCENT.light, fontWeight="bold"),
        write(language.say("charts.mln"), 0, 8, **small(color=MUTED.light)),
    ]


def _zoom_lines(edge: float, width: float) -> list[Spec]:
    """From the sliver to its enlargement."""
    look = {"color": AXIS.light, "strokeWidth": 1}
    return [mark("rule", [{}], look, x=x, x2=x2, y=53, y2=88) for x, x2 in ((edge, 0), (width, width))]


def _enlarged(amounts: Mapping[str, Decimal], width: float, language: Language) -> list[Spec]:
    names = {name: language.say(f"charts.{name.removesuffix('_eur')}") for name in amounts}
    left = 100.0
    known = [float(amount) for amount in amounts.values()]
    ruler = Ruler(min(0.0, *known), max(0.0, *known) or 1.0, width - left - 60)
    layers = [mark("rule", [{}], {"color": AXIS.light, "strokeWidth": 1}, x=0, x2=width, y=88)]
    for number, (name, amount) in enumerate(amounts.items()):
        y = 88 + (number + 0.7) * STEP
        start, end = sorted((ruler.at(0.0), ruler.at(float(amount))))
        look = {"fill": {**ITEMS, **OTHER}[name][1].light, "stroke": ACCENT.light, "strokeWidth": 1, "height": BAR}
        layers += [
            write(names[name], 0, y, color=INK.light),
            mark("bar", [{}], look, x=left + start, x2=left + max(end, start + 1), y=y),
            write(language.millions(amount, 1), left + end + 8, y, color=INK.light, fontWeight="bold"),
        ]
    return layers


def draw_extra_per_uitvoerder(
    zin: pl.DataFrame, extra_items: pl.DataFrame, language: Language, *, size: Size
) -> Spec | None:
    """Figure 5: zin with its extra items per uitvoerder, and those items enlarged beside it (below it on a phone).

    The nation is left out: beside it the small ones would vanish. In: rows of zin_uitvoerder and
    extra_items_uitvoerder of one advice.
    """
    items = _shown(extra_items)
    amounts = extra_items.select("wlz_uitvoerder", pl.col(*items).fill_null(ZERO), "extra_items_eur")
    rows = zin.filter(pl.col("wlz_uitvoerder") != NATION).join(amounts, on="wlz_uitvoerder")
    rows = rows.drop_nulls(["expected_excl_extra_eur", "expected_eur", *amounts.columns])
    ordered = put_nation_first(rows, "expected_eur", descending=True)
    if not ordered:
        return None
    names = [name_of(row, language, name_letters(size)) for row in ordered]
    left, height = name_width(names, size), STEP * len(ordered)
    width = size.width - left - 8
    wide = width if size.is_narrow else width / 2 - 8
    second = (0.0, height + 84.0) if size.is_narrow else (width / 2 + 8, 0.0)
    total = Ruler(0.0, max(float(row["expected_eur"]) for row in ordered) or 1.0, wide - 46)
    sums = [_ends(row, items) for row in ordered]
    extra = Ruler(min(0.0, *(low for low, _ in sums)), max(high for _, high in sums) or 1.0, wide - 46)
    layers = _keys(language, items, (left, wide), second)
    for number, (row, name) in enumerate(zip(ordered, names, strict=True)):
        y = (number + 0.5) * STEP
        layers += [write(name, -left, y, color=INK.light), *_row_total(row, total, y, language)]
        if size.is_narrow:
            layers.append(write(name, -left, y + second[1], color=INK.light))
        layers += _row_items(row, items, extra, second, y, language)
    full = height + second[1]
    return finish({"width": width, "height": full, "layer": layers})


def _shown(extra_items: pl.DataFrame) -> Mapping[str, tuple[str, Colour]]:
    """The items of the letter, and the others where there are any."""
    has_others = (
        "other_items_eur" in extra_items.columns and extra_items["other_items_eur"].fill_null(ZERO).ne(ZERO).any()
    )
    return {**ITEMS, **OTHER} if has_others else ITEMS


def _ends(row: Mapping[str, Decimal], items: Mapping[str, tuple[str, Colour]]) -> tuple[float, float]:
    """How far the items reach below and above zero."""
    amounts = [float(row[name]) for name in items]
    return sum(amount for amount in amounts if amount < 0), sum(amount for amount in amounts if amount > 0)


def _keys(
    language: Language, shown: Mapping[str, tuple[str, Colour]], first: tuple[float, float], second: tuple[float, float]
) -> list[Spec]:
    left, wide = first
    claims = [
        ("frame", EXPECTED, language.say("charts.claims")),
        ("box", ACCENT, language.say("charts.extra_items")),
    ]
    items = [
        (sign, colour, language.say(f"charts.{name.removesuffix('_eur')}")) for name, (sign, colour) in shown.items()
    ]
    x, y = second
    side = x - (left if y else 0)
    below, high = legend(items, wide + left if y else wide, gap=10)
    below = shift(below, side)
    for layer in below:
        for channel in ("y", "y2"):
            if channel in layer["encoding"]:
                layer["encoding"][channel] = {"value": layer["encoding"][channel]["value"] + y}
    title = write(language.say("charts.items_enlarged"), side, y - high - 10, color=MUTED.light)
    return [*shift(legend(claims, wide + left, gap=10)[0], -left), *below, title]


def _row_total(row: Mapping[str, Decimal], ruler: Ruler, y: float, language: Language) -> list[Spec]:
    claims, total = ruler.at(float(row["expected_excl_extra_eur"])), ruler.at(float(row["expected_eur"]))
    box = {"height": BAR, "strokeWidth": 1}
    return [
        mark("bar", [{}], {**box, "fill": EXPECTED.light, "stroke": MUTED.light}, x=0, x2=claims, y=y),
        mark(
            "bar", [{}], {**box, "fill": ACCENT.light, "stroke": ACCENT.light}, x=claims, x2=max(total, claims + 1), y=y
        ),
        write(language.millions(row["expected_eur"]), max(total, claims) + 6, y, color=INK.light),
    ]


def _row_items(
    row: Mapping[str, Decimal],
    items: Mapping[str, tuple[str, Colour]],
    ruler: Ruler,
    place: tuple[float, float],
    y: float,
    language: Language,
) -> list[Spec]:
    """Items after each other, those below zero to the left of it; the sum behind them."""
    x, down = place
    ends = {True: 0.0, False: 0.0}
    layers = []
    for name, (_, colour) in items.items():
        amount = float(row[name])
        start, ends[amount > 0] = ends[amount > 0], ends[amount > 0] + amount
        low, high = sorted((ruler.at(start), ruler.at(ends[amount > 0])))
        if amount:
            look = {"fill": colour.light, "stroke": ACCENT.light, "strokeWidth": 1, "height": BAR}
            layers.append(mark("bar", [{}], look, x=x + low, x2=x + high, y=y + down))
    after = x + ruler.at(ends[True]) + 6
    return [*layers, write(language.millions(row["extra_items_eur"], 1), after, y + down, color=INK.light)]
