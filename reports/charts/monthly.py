"""Figures 1, 3, 6 and 9: what the year has cost so far and is expected to cost, month by month, against the kader.

Bars are cumulative. What is known is blue, what is expected is grey with an edge. The kader is a line with its name
and amount. Where bounds are published December is enlarged below: there a few pixels of the bars are the answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import polars as pl

from reports.charts.intervals import draw_enlarged
from reports.charts.marks import (
    Row,
    Spec,
    finish,
    legend,
    mark,
    millions,
    on,
    say_text,
    shorten,
    small,
    width_of,
    write,
)
from reports.charts.style import ACCENT, ACCENT_MID, EXPECTED, INK, MUTED, PAPER, WARN, Colour, Size
from reports.language import Language

BOUNDS = ("lower_95_eur", "lower_80_eur", "upper_80_eur", "upper_95_eur")
ZERO = Decimal(0)
# State of a month → sign in the legend, fill and edge of its bar; in the order of the legend.
STATES: Mapping[str, tuple[str, Colour, Colour]] = {
    "declared": ("box", ACCENT, PAPER),
    "completed": ("edge", ACCENT_MID, ACCENT),
    "forecast": ("frame", EXPECTED, MUTED),
}
CLOSE = 0.09  # of the kader: a bar that ends this near the line has its amount above both


@dataclass(frozen=True)
class Course:
    """What one of these figures shows; amounts in euro, bars in drawing order."""

    bars: Sequence[Row]  # month, part, state, from_eur, to_eur
    words: Mapping[str, str]  # part → its word beside the last bar; none for a figure of one part
    limit_eur: Decimal
    limit_word: str
    bounds: Mapping[date, Mapping[str, Decimal]]  # month → BOUNDS of the whole bar
    bounds_word: str = ""

    @property
    def tops(self) -> dict[date, Decimal]:
        """Month → end of its bar, in the order of the year."""
        tops: dict[date, Decimal] = {}
        for bar in sorted(self.bars, key=lambda bar: (bar["month"], bar["to_eur"])):
            tops[bar["month"]] = bar["to_eur"]
        return tops


def draw_monthly_total(monthly: pl.DataFrame, language: Language, *, size: Size) -> Spec | None:
    """Figure 1: zin incl. extra items on top of pgb, against both kaders together. Rows of utilisation_monthly.

    Bounds are those of zin with pgb as expected: none are published for both together, and those of pgb are a tenth
    as wide. The legend says so.
    """
    words = {part: language.say(f"charts.{part}") for part in ("pgb", "zin")}
    bars = _stack(monthly, "part", tuple(words), "expected_cumulative_incl_extra_eur")
    if not bars:
        return None
    limits: list[Decimal] = [monthly.filter(part=part)["budget_eur"][-1] for part in sorted(set(monthly["part"]))]
    pgb = {bar["month"]: bar["to_eur"] for bar in bars if bar["part"] == "pgb"}
    zin = _bounds(monthly.filter(part="zin"))
    bounds = {month: {name: row[name] + pgb.get(month, ZERO) for name in BOUNDS} for month, row in zin.items()}
    course = Course(
        bars, words, sum(limits, ZERO), language.say("charts.kader_wlz"), bounds, language.say("charts.of_zin")
    )
    return _draw(course, language, size)


def draw_monthly_zin(monthly: pl.DataFrame, language: Language, *, size: Size) -> Spec | None:
    """Figure 3: zin without extra items against its kader. The published bounds hold those items: not drawn here."""
    return _draw_part(monthly, "zin", language, size)


def draw_monthly_pgb(monthly: pl.DataFrame, language: Language, *, size: Size) -> Spec | None:
    """Figure 6: the stand of granted pgb against its kader, with bounds."""
    return _draw_part(monthly, "pgb", language, size)


def _draw_part(monthly: pl.DataFrame, part: str, language: Language, size: Size) -> Spec | None:
    rows = monthly.filter(part=part).sort("month")
    bars = _stack(rows, "part", (part,), "expected_cumulative_eur")
    if not bars:
        return None
    bounds = _bounds(rows) if part == "pgb" else {}
    return _draw(Course(bars, {}, rows["budget_eur"][-1], language.say(f"charts.kader_{part}"), bounds), language, size)


def draw_months_of(
    cumulative: pl.DataFrame, language: Language, *, size: Size, budget_eur: Decimal | None
) -> Spec | None:
    """The year of one uitvoerder or region against its kader: figure 3 at another level, incl. extra items.

    In: rows of forecast_bounds of one place and part, period cumulative: the months not yet known.
    """
    rows = cumulative.with_columns(pl.lit("forecast").alias("state"), pl.lit("all").alias("whole"))
    bars = _stack(rows, "whole", ("all",), "expected_eur")
    if not bars or budget_eur is None:
        return None
    word = language.say(f"charts.kader_{cumulative['part'][0]}" if "part" in cumulative.columns else "charts.kader_zin")
    return _draw(Course(bars, {}, budget_eur, word, _bounds(rows)), language, size)


def draw_aids(aids: pl.DataFrame, language: Language, *, size: Size) -> Spec | None:
    """Figure 9: aids by kind, cumulative, against the amount held back for them. Rows of aids_monthly."""
    kinds = tuple(aids["aid_kind"].unique().sort())
    known = pl.when(pl.col("declared_eur").is_not_null()).then(pl.lit("declared")).otherwise(pl.lit("forecast"))
    bars = _stack(aids.with_columns(known.alias("state")), "aid_kind", kinds, "cumulative_eur")
    if not bars:
        return None
    keys = {kind: f"charts.aids_{kind}" for kind in kinds}
    words = {kind: language.say(key) if language.has(key) else shorten(kind, 16) for kind, key in keys.items()}
    return _draw(Course(bars, words, aids["reserve_eur"][-1], language.say("charts.reserve"), {}), language, size)


def _stack(rows: pl.DataFrame, column: str, order: Sequence[str], amount: str) -> list[Row]:
    """Bars of every month, the first part at the bottom."""
    tops: dict[date, Decimal] = {}
    bars: list[Row] = []
    for part in order:
        for row in rows.filter(pl.col(column) == part).sort("month").iter_rows(named=True):
            month, bottom = row["month"], tops.get(row["month"], ZERO)
            tops[month] = bottom + (row[amount] or ZERO)
            bars.append(
                {"month": month, "part": part, "state": row["state"], "from_eur": bottom, "to_eur": tops[month]}
            )
    return bars


def _bounds(rows: pl.DataFrame) -> dict[date, dict[str, Decimal]]:
    known = rows.drop_nulls(list(BOUNDS))
    return {row["month"]: {name: row[name] for name in BOUNDS} for row in known.iter_rows(named=True)}


def _draw(course: Course, language: Language, size: Size) -> Spec:
    right = max((width_of(line) for word in course.words.values() for line in word.split("\n")), default=0) + 8
    width = size.width - 48 - right
    key, _ = legend(_legend_items(course, language), width + right, gap=24)
    main = {
        "width": width,
        "height": 210 if size.is_narrow else 240,
        "layer": [
            *_bars(course, language, size),
            *_whiskers(course, language),
            *_labels(course, language, size),
            *_limit(course, language),
            *_words(course, width),
            *key,
            write(language.say("charts.mln"), -6, -17, **small(align="right", color=MUTED.light)),
        ],
    }
    last = max(course.tops)
    if last not in course.bounds:
        return finish(main)
    row = {"expected_eur": course.tops[last], "budget_eur": course.limit_eur, **course.bounds[last]}
    title = language.say("charts.enlarged", month=language.month(last))
    detail = draw_enlarged(row, title, course.limit_word, language, width)
    return finish({"vconcat": [main, detail], "spacing": 56, "bounds": "flush"})


def _legend_items(course: Course, language: Language) -> list[tuple[str, Colour, str]]:
    states = {bar["state"] for bar in course.bars}
    shown = [(state, sign, colour) for state, (sign, colour, _) in STATES.items() if state in states]
    items = [(sign, colour, language.say(f"charts.{state}")) for state, sign, colour in shown]
    if course.bounds:
        of_part = f" {course.bounds_word}".rstrip()
        items += [
            ("thick", INK, language.say("charts.bounds_80") + of_part),
            ("thin", INK, language.say("charts.bounds_95") + of_part),
        ]
    return items


def _x(shown: Sequence[str] = ()) -> Spec:
    axis: Spec = {"title": None, "labelAngle": 0, "ticks": False}
    if shown:
        axis["values"] = list(shown)
    return on("month:N", sort=None, axis=axis, scale={"paddingInner": 0.25, "paddingOuter": 0.1})


def _y(field: str = "to") -> Spec:
    axis = {"title": None, "format": ",.0f", "tickCount": 4, "domain": False, "ticks": False}
    return on(f"{field}:Q", axis=axis, scale={"zero": True})


def _labelled(course: Course, size: Size) -> list[date]:
    """Months with their name and amount: all of them, every third on a phone."""
    return list(course.tops)[::-1][:: 3 if size.is_narrow else 1][::-1]


def _bars(course: Course, language: Language, size: Size) -> list[Spec]:
    """The bars; a layer without ink before them keeps the months in the order of the year."""
    months = [{"month": language.short_month(month)} for month in course.tops]
    shown = [language.short_month(month) for month in _labelled(course, size)]
    layers = [mark("point", months, {"opacity": 0, "size": 0}, x=_x(shown))]
    for state, (_, colour, edge) in STATES.items():
        rows = [
            {
                "month": language.short_month(bar["month"]),
                "from": millions(bar["from_eur"]),
                "to": millions(bar["to_eur"]),
            }
            for bar in course.bars
            if bar["state"] == state
        ]
        look = {"fill": colour.light, "stroke": edge.light, "strokeWidth": 1}
        if rows:
            layers.append(mark("bar", rows, look, x=_x(), y=_y(), y2={"field": "from"}))
    return layers


def _whiskers(course: Course, language: Language) -> list[Spec]:
    layers = []
    for level, weight in (("95", 1.5), ("80", 5)):
        rows = [
            {
                "month": language.short_month(month),
                "from": millions(row[f"lower_{level}_eur"]),
                "to": millions(row[f"upper_{level}_eur"]),
            }
            for month, row in course.bounds.items()
        ]
        if rows:
            look = {"color": INK.light, "strokeWidth": weight}
            layers.append(mark("rule", rows, look, x=_x(), y=_y("from"), y2={"field": "to"}))
    return layers


def _labels(course: Course, language: Language, size: Size) -> list[Spec]:
    """Amounts above the bars, and above the line of the kader where it is near.

    On a phone they end where their bar ends: the bars before it are lower.
    """
    limit = course.limit_eur
    rows = []
    for month in _labelled(course, size):
        total = course.tops[month]
        top = max(total, course.bounds[month]["upper_95_eur"]) if month in course.bounds else total
        near = abs(top - limit) < CLOSE * float(max(top, limit))
        rows.append(
            {
                "month": language.short_month(month),
                "to": millions(max(top, limit) if near else top),
                "label": language.millions(total),
                "over": total > limit,
            }
        )
    layers = []
    for over, look in ((False, {"color": INK.light}), (True, {"color": WARN.light, "fontWeight": "bold"})):
        some = [row for row in rows if row["over"] is over]
        if some:
            side = {"align": "right", "dx": 9} if size.is_narrow else {"align": "center"}
            layers.append(say_text(some, look=small(baseline="bottom", dy=-4, **side, **look), x=_x(), y=_y()))
    return layers


def _limit(course: Course, language: Language) -> list[Spec]:
    """Line of the kader, named at the left; above the amounts of the bars when the first months are near it."""
    words = f"{course.limit_word} {language.millions(course.limit_eur)}"
    near = [
        top for top in list(course.tops.values())[:5] if abs(top - course.limit_eur) < CLOSE * float(course.limit_eur)
    ]
    at = [{"to": millions(course.limit_eur), "label": words}]
    look = {"baseline": "bottom", "dy": -20 if near else -4, "fontWeight": "bold"}
    return [mark("rule", at, {"color": INK.light, "strokeWidth": 2}, y=_y()), say_text(at, look=look, x=2, y=_y())]


def _words(course: Course, width: float) -> list[Spec]:
    """Which part of the last bar is which, beside it."""
    last = max(course.tops)
    rows = [
        {"to": (float(bar["from_eur"]) + float(bar["to_eur"])) / 2e6, "label": course.words[bar["part"]]}
        for bar in course.bars
        if bar["month"] == last and bar["part"] in course.words
    ]
    look = {"lineBreak": "\n"}
    return [say_text(rows, look=look, x=width + 2, y=_y())] if rows else []
