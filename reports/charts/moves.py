"""What moved the room since the advice before (bridge), and who is behind with claims (late)."""

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
    small,
    span,
    write,
)
from reports.charts.room import name_of
from reports.charts.style import ACCENT, AXIS, EXPECTED, GRID, INK, MUTED, WARN, Colour, Size
from reports.language import Language
from wlz.words.vocabulary import NATION

# Of the bridge, for the nation: what moved between uitvoerders is nothing there.
COMPONENTS = ("volume", "price", "lag", "extra_items", "pgb", "kader", "transfers")
STEP = 28  # pixels per row
BAR = 14


def draw_bridge(bridge: pl.DataFrame, language: Language, *, size: Size) -> Spec | None:
    """Room of the nation in the advice before, what each component did to it, and room now. Rows of forecast_bridge.

    Rows of the nation are drawn; without them those of the uitvoerders are added up.
    """
    if bridge.is_empty():
        return None
    changes, before, after = _sum_nation(bridge)
    months = bridge["from_delivery_month"][0], bridge["delivery_month"][0]
    steps: list[tuple[str, Decimal, Decimal, bool]] = [
        (language.say("charts.room_in", month=language.month(months[0])), Decimal(0), before, True)
    ]
    level = before
    for component in COMPONENTS:
        change = changes.get(component, Decimal(0))
        steps.append((language.say(f"charts.bridge_{component}"), level, level + change, False))
        level += change
    steps.append((language.say("charts.room_in", month=language.month(months[1])), Decimal(0), after, True))
    left, right = name_width([name for name, *_ in steps], size), 8.0
    width = size.width - left - right - 4
    ends = [end for _, low, high, _ in steps for end in (millions(low), millions(high))]
    ruler = Ruler(*span([0.0, *ends], 0.16), width)
    key, _ = legend(_bridge_legend(language), size.width, gap=16)
    layers = shift(key, -left)
    height = STEP * len(steps)
    layers.append(mark("rule", [{}], {"color": AXIS.light, "strokeWidth": 1}, x=ruler.at(0.0), y=0, y2=height))
    for number, step in enumerate(steps):
        layers += _bridge_row(step, ruler, number, left, language)
    layers.append(write(language.say("charts.mln"), width, height + 8, **small(align="right", color=MUTED.light)))
    return finish({"width": width, "height": height, "layer": layers})


def _sum_nation(bridge: pl.DataFrame) -> tuple[dict[str, Decimal], Decimal, Decimal]:
    """Change per component, room before and after."""
    nation = bridge.filter(wlz_uitvoerder=NATION)
    rows = nation if nation.height else bridge
    changes: dict[str, Decimal] = {}
    ends: dict[str, tuple[Decimal, Decimal]] = {}
    for row in rows.iter_rows(named=True):
        changes[row["component"]] = changes.get(row["component"], Decimal(0)) + row["change_eur"]
        ends[row["wlz_uitvoerder"]] = row["available_before_eur"], row["available_after_eur"]
    before, after = (sum((pair[place] for pair in ends.values()), Decimal(0)) for place in (0, 1))
    return changes, before, after


def _bridge_legend(language: Language) -> list[tuple[str, Colour, str]]:
    return [
        ("box", ACCENT, language.say("charts.more_room")),
        ("box", WARN, language.say("charts.less_room")),
        ("frame", EXPECTED, language.say("charts.room_or_shortage")),
    ]


def _bridge_row(
    step: tuple[str, Decimal, Decimal, bool], ruler: Ruler, number: int, left: float, language: Language
) -> list[Spec]:
    """Bar from where the room was to where it came; its number outside it, a thin line on to the next row."""
    name, start, end, is_total = step
    y = (number + 0.5) * STEP
    low, high = sorted((ruler.at(millions(start) or 0.0), ruler.at(millions(end) or 0.0)))
    ink = WARN if end < start else ACCENT
    look = {"fill": EXPECTED.light, "stroke": MUTED.light} if is_total else {"fill": ink.light, "stroke": ink.light}
    amount = end - start
    printed = language.millions(amount, 1)
    words = f"+{printed}" if not is_total and not printed.startswith("-") and printed.strip("0,.") else printed
    at = ruler.at(millions(end) or 0.0)
    goes_left = end < start
    place = low - 5 if goes_left else high + 5
    text = {"align": "right" if goes_left else "left", "fontWeight": "bold" if is_total else "normal"}
    layers = [
        mark("bar", [{}], {**look, "strokeWidth": 1, "height": BAR}, x=low, x2=max(high, low + 1), y=y),
        write(words, place, y, color=(WARN if amount < 0 else INK).light, **text),
        write(name, -left, y, color=INK.light, fontWeight=text["fontWeight"]),
    ]
    if number <= len(COMPONENTS):
        rule = {"color": AXIS.light, "strokeWidth": 1}
        layers.append(mark("rule", [{}], rule, x=at, y=y + BAR / 2, y2=y + STEP - BAR / 2))
    return layers


def draw_late(
    status: pl.DataFrame, language: Language, *, size: Size, monitor: pl.DataFrame | None = None
) -> Spec | None:
    """Months each uitvoerder is behind with its claims, and how its delivery came in. Internal.

    In: rows of delivery_status of one delivery month; rows of monitor_provider of it, to count late providers.
    """
    rows = status.filter(pl.col("wlz_uitvoerder") != NATION).filter(pl.col("delivery_status") != "superseded")
    ordered = list(
        rows.sort("late_months", "wlz_uitvoerder", descending=[True, False], nulls_last=True).iter_rows(named=True)
    )
    if not ordered:
        return None
    names = [name_of(row, language, name_letters(size)) for row in ordered]
    left = name_width(names, size)
    width = size.width - left - 8
    states = 0.5 if size.is_narrow else 0.3
    most = max(4, *(row["late_months"] or 0 for row in ordered))
    track = width * (1 - states) - (0 if monitor is None or size.is_narrow else 150)
    late = _count_late(monitor)
    layers = [write(language.say("charts.late_axis"), 0, -12, **small(color=MUTED.light))]
    for number, (row, name) in enumerate(zip(ordered, names, strict=True)):
        y = (number + 0.5) * STEP
        layers.append(write(name, -left, y, color=INK.light))
        layers += _late_row(row, (track / most, track), most, y, _state_words(row, language, size))
        if late and not size.is_narrow:
            words = language.say("charts.late_providers", count=language.number(late.get(row["wlz_uitvoerder"], 0)))
            layers.append(write(words, width, y, align="right", color=INK.light))
    return finish({"width": width, "height": STEP * len(ordered), "layer": layers})


def _state_words(row: dict[str, Any], language: Language, size: Size) -> str:
    state = language.say(f"charts.state_{row['delivery_state'].replace(' ', '_')}")
    if not row["late_months"]:
        return state
    months = language.number(row["late_months"])
    return f"{state} ({months})" if size.is_narrow else language.say("charts.months_behind", state=state, months=months)


def _count_late(monitor: pl.DataFrame | None) -> dict[str, int]:
    """Uitvoerder → providers that are late; empty when providers are not known."""
    if monitor is None or monitor.is_empty():
        return {}
    counted = monitor.group_by("wlz_uitvoerder").agg(pl.col("provider_flag").is_in(["late", "late and wrong"]).sum())
    return dict(counted.iter_rows())


def _late_row(row: dict[str, Any], box: tuple[float, float], most: int, y: float, words: str) -> list[Spec]:
    """A square per month, filled for those it is behind, and the state in words."""
    step, track = box
    months = row["late_months"] or 0
    is_fine = row["delivery_state"] == "on time" and not months
    layers = []
    for month in range(most):
        fill = WARN if month < months else GRID
        look = {"fill": fill.light, "height": BAR}
        layers.append(mark("bar", [{}], look, x=month * step, x2=(month + 1) * step - 2, y=y))
    look = {"color": (INK if is_fine else WARN).light, "fontWeight": "normal" if is_fine else "bold"}
    return [*layers, write(words, track + 8, y, **look)]
