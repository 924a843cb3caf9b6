"""Figures 10, 11 and 13: a series, its forecast and bounds. And how claims come in: completeness by lag.

Time is a number of months since year 0: an axis of dates would depend on the time zone of the machine.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from reports.charts.marks import (
    Row,
    Ruler,
    Spec,
    finish,
    legend,
    mark,
    on,
    say_text,
    shorten,
    small,
    span,
    write,
)
from reports.charts.style import ACCENT, ACCENT_MID, ACCENT_PALE, GRID, INK, MUTED, Colour, Size
from reports.language import Language
from wlz.words.vocabulary import NATION

BANDS = (("95", ACCENT_PALE), ("80", ACCENT_MID))
LAST_LAG = 12
PANEL = 84.0  # height of a small panel in pixels


def draw_volume_example(volumes: pl.DataFrame, language: Language, *, size: Size) -> Spec | None:
    """Figures 10 and 11: units per month of one prestatie of one uitvoerder. Rows of volume_forecast of one advice."""
    rows = [
        _point(row["care_month"], row, "_volume", 1.0, observed=row["observed_volume"], forecast=row["forecast_volume"])
        | {"completed": _number(row["completed_volume"])}
        for row in volumes.sort("care_month").iter_rows(named=True)
    ]
    return _draw_course(rows, language.say("charts.units_month"), language, size)


def draw_pgb_example(stands: pl.DataFrame, language: Language, *, size: Size) -> Spec | None:
    """Figure 13: stand of granted pgb of one region, in millions. Rows of pgb_forecast of one advice."""
    rows = [
        _point(row["month"], row, "_eur", 1e6, observed=row["granted_stand_eur"], forecast=row["forecast_stand_eur"])
        for row in stands.sort("month").iter_rows(named=True)
    ]
    return _draw_course(rows, language.say("charts.mln"), language, size)


def _number(value: Any, unit: float = 1.0) -> float | None:
    return None if value is None else float(value) / unit


def _point(month: date, row: Mapping[str, Any], suffix: str, unit: float, *, observed: Any, forecast: Any) -> Row:
    bounds = {
        f"{end}_{level}": _number(row[f"{end}_{level}{suffix}"], unit)
        for end in ("lower", "upper")
        for level, _ in BANDS
    }
    at = month.year * 12 + month.month - 1
    return {"t": at, "observed": _number(observed, unit), "forecast": _number(forecast, unit), **bounds}


def _draw_course(rows: Sequence[Row], unit: str, language: Language, size: Size) -> Spec | None:
    """Line of what was observed, line and bands of what is expected, up to the last month with bounds."""
    bounded = [row["t"] for row in rows if row["lower_95"] is not None]
    shown = [row for row in rows if not bounded or row["t"] <= max(bounded)]
    values = [row.get(name) for row in shown for name in ("observed", "completed", "forecast", "lower_95", "upper_95")]
    if not any(value is not None for value in values):
        return None
    low, high = span(values)
    low = max(low, 0.0) if min(value for value in values if value is not None) >= 0 else low
    width = size.width - 8 - 62
    y = on("y:Q", scale={"domain": [low, high], "nice": True, "zero": False}, axis=_value_axis(high - low))
    start, end = shown[0]["t"], shown[-1]["t"]
    x = on("t:Q", scale={"domain": [start, end], "nice": False, "zero": False}, axis=_year_axis(start, end, size))
    layers = [*_bands(shown, x, y), *_lines(shown, x, y), *_last_words(shown, x, y, high - low, language)]
    key, _ = legend(_course_legend(shown, language), size.width, gap=30)
    for layer in key:
        layer["encoding"]["x"]["value"] -= 62
        if "x2" in layer["encoding"]:
            layer["encoding"]["x2"]["value"] -= 62
    layers += [*key, write(unit, -62, -14, **small(color=MUTED.light))]
    return finish({"width": width, "height": 200 if size.is_narrow else 230, "layer": layers})


def _value_axis(height: float) -> Spec:
    decimals = 0 if height >= 4 else 1 if height >= 0.4 else 2  # ticks are round
    return {"title": None, "format": f",.{decimals}f", "tickCount": 5, "domain": False, "ticks": False}


def _year_axis(start: int, end: int, size: Size) -> Spec:
    """A tick at each January; the year stands under it."""
    years = [month for month in range(start, end + 1) if month % 12 == 0] or [start]
    most = 4 if size.is_narrow else 8
    step = -(-len(years) // most)
    return {
        "title": None,
        "values": years[::step],
        "labelExpr": "floor(datum.value / 12) + ''",
        "grid": True,
        "labelAlign": "left",
        "labelOverlap": False,
    }


def _bands(rows: Sequence[Row], x: Spec, y: Spec) -> list[Spec]:
    layers = []
    for level, colour in BANDS:
        some = [
            {"t": row["t"], "y": row[f"lower_{level}"], "y2": row[f"upper_{level}"]}
            for row in rows
            if row[f"lower_{level}"] is not None and row[f"upper_{level}"] is not None
        ]
        if some:
            layers.append(mark("area", some, {"fill": colour.light, "opacity": 1}, x=x, y=y, y2={"field": "y2"}))
    return layers


def _lines(rows: Sequence[Row], x: Spec, y: Spec) -> list[Spec]:
    looks: dict[str, Spec] = {
        "observed": {"color": INK.light, "strokeWidth": 1.75},
        "completed": {"color": INK.light, "strokeWidth": 1.75, "strokeDash": [3, 2]},
        "forecast": {"color": ACCENT.light, "strokeWidth": 2.25},
    }
    layers = []
    if not any(_is_completed(row) for row in rows):
        del looks["completed"]
    for name, look in looks.items():
        some = [{"t": row["t"], "y": row[name]} for row in rows if row.get(name) is not None]
        if name == "completed":
            start = min((row["t"] for row in rows if _is_completed(row)), default=0)
            some = [row for row in some if row["t"] >= start - 1]
        if some:
            layers.append(mark("line", some, look, x=x, y=y))
    return layers


def _is_completed(row: Row) -> bool:
    return row.get("completed") is not None and row["completed"] != row["observed"]


def _last_words(rows: Sequence[Row], x: Spec, y: Spec, height: float, language: Language) -> list[Spec]:
    """The last expectation as a dot with its number."""
    known = [row for row in rows if row["forecast"] is not None]
    if not known:
        return []
    last = known[-1]
    near = [row for row in known if row["t"] > last["t"] - (last["t"] - rows[0]["t"]) / 4]
    top = max(value for row in near for value in (row["forecast"], row["upper_95"]) if value is not None)
    words = [{"t": last["t"], "y": top, "label": language.number(last["forecast"], _decimals(height))}]
    dot = {"shape": "circle", "filled": True, "size": 60, "opacity": 1, "color": ACCENT.light}
    look = {"align": "right", "baseline": "bottom", "dy": -5, "dx": 2, "fontWeight": "bold", "color": ACCENT.light}
    return [
        mark("point", [{"t": last["t"], "y": last["forecast"]}], dot, x=x, y=y),
        say_text(words, look=look, x=x, y=y),
    ]


def _decimals(height: float) -> int:
    """Decimals that tell values on an axis of this height apart."""
    return 0 if height >= 40 else 1 if height >= 4 else 2


def _course_legend(rows: Sequence[Row], language: Language) -> list[tuple[str, Colour, str]]:
    items = [("line", INK, language.say("charts.observed"))]
    if any(_is_completed(row) for row in rows):
        items.append(("dash", INK, language.say("charts.completed")))
    items.append(("line", ACCENT, language.say("charts.forecast")))
    if any(row["lower_95"] is not None for row in rows):
        items += [
            ("box", ACCENT_MID, language.say("charts.bounds_80")),
            ("box", ACCENT_PALE, language.say("charts.bounds_95")),
        ]
    return items


def draw_lag_curves(lag_curve: pl.DataFrame, language: Language, *, size: Size) -> Spec | None:
    """Share of the final claims known so many months later: a small panel per uitvoerder, the nation first.

    In: rows of lag_curve of one advice; those of a group of prestaties are left out.
    """
    rows = lag_curve.filter(pl.col("lag_months") <= LAST_LAG)
    if "prestatiegroep" in rows.columns:
        rows = rows.filter(pl.col("prestatiegroep").is_null())
    order = rows.select("wlz_uitvoerder").unique().sort(pl.col("wlz_uitvoerder") != NATION, "wlz_uitvoerder")
    names = order["wlz_uitvoerder"].to_list()
    if not names:
        return None
    columns = 2 if size.is_narrow else 4
    step, down = (size.width - 8) / columns, 132.0
    top = max(1.0, *(row for row in rows["completeness_ratio"].to_list()))
    layers: list[Spec] = []
    curves: list[Row] = []
    for number, name in enumerate(names):
        one = rows.filter(pl.col("wlz_uitvoerder") == name).sort("lag_months")
        corner = (number % columns * step + 30, number // columns * down)
        words = language.say("common.national") if name == NATION else shorten(name, int(step / 7.5))
        layers += _panel(one, words, corner, (step - 44, top), language)
        curves += _curve(one, number, corner, Ruler(0, LAST_LAG, step - 44), Ruler(0.0, top, PANEL))
    lines = -(-len(names) // columns)
    key, _ = legend(_lag_legend(language), size.width, gap=24)
    axis = write(
        language.say("charts.lag_axis"), size.width / 2, lines * down + 2, **small(align="center", color=MUTED.light)
    )
    return finish(
        {"width": size.width - 8, "height": lines * down, "layer": [*key, *layers, *_draw_curves(curves), axis]}
    )


def _lag_legend(language: Language) -> list[tuple[str, Colour, str]]:
    return [
        ("line", ACCENT, language.say("charts.completeness")),
        ("box", ACCENT_MID, language.say("charts.bounds_80")),
        ("box", ACCENT_PALE, language.say("charts.bounds_95")),
    ]


def _panel(
    rows: pl.DataFrame, name: str, corner: tuple[float, float], box: tuple[float, float], language: Language
) -> list[Spec]:
    """Name, lines and numbers of one panel: 0 to 100 % up, months to the right."""
    (x0, y0), (width, highest) = corner, box
    layers = [write(name, x0 - 30, y0 - 8, color=INK.light, fontWeight="bold")]
    for ratio in (0.0, 0.5, 1.0):
        y = y0 + 6 + PANEL * (1 - ratio / highest)
        layers.append(mark("rule", [{}], {"color": GRID.light, "strokeWidth": 1}, x=x0, x2=x0 + width, y=y))
        layers.append(write(f"{language.percent(ratio, 0)} %" if ratio else "0", x0 - 4, y, **_tick("right")))
    for lag in (0, LAST_LAG // 2, LAST_LAG):
        layers.append(write(str(lag), x0 + width * lag / LAST_LAG, y0 + PANEL + 18, **_tick("center")))
    return [*layers, *_first_months(rows, x0 + width, y0 + 58, language)]


def _curve(rows: pl.DataFrame, panel: int, corner: tuple[float, float], right: Ruler, up: Ruler) -> list[Row]:
    """Points of one curve and its bounds, in pixels."""
    foot = corner[1] + 6 + PANEL
    names = ("completeness_ratio", *(f"{end}_{level}_ratio" for level, _ in BANDS for end in ("lower", "upper")))
    return [
        {"panel": panel, "x": corner[0] + right.at(row["lag_months"])}
        | {name: None if row[name] is None else foot - up.at(row[name]) for name in names}
        for row in rows.iter_rows(named=True)
    ]


def _draw_curves(curves: Sequence[Row]) -> list[Spec]:
    """Bands and lines of all panels: one layer each."""
    pixels: Spec = {"type": "quantitative", "scale": None, "axis": None}
    x, detail = {"field": "x", **pixels}, on("panel:N")
    layers = []
    for level, colour in BANDS:
        low, high = f"lower_{level}_ratio", f"upper_{level}_ratio"
        band = [row for row in curves if row[low] is not None and row[high] is not None]
        places = {"x": x, "y": {"field": low, **pixels}, "y2": {"field": high}, "detail": detail}
        if band:
            layers.append(mark("area", band, {"fill": colour.light, "opacity": 1}, **places))
    y = {"field": "completeness_ratio", **pixels}
    return [*layers, mark("line", curves, {"color": ACCENT.light, "strokeWidth": 2}, x=x, y=y, detail=detail)]


def _first_months(rows: pl.DataFrame, x: float, y: float, language: Language) -> list[Spec]:
    """The first three months in numbers, where a curve leaves room: below it, at the right."""
    known = rows.filter(pl.col("lag_months").is_between(1, 3)).select("lag_months", "completeness_ratio")
    return [
        write(
            language.say("charts.after_months", months=lag, percent=language.percent(ratio, 0)),
            *(x, y + 13 * number),
            **(_tick("right") | {"color": INK.light}),
        )
        for number, (lag, ratio) in enumerate(known.iter_rows())
    ]


def _tick(align: str) -> Spec:
    return {"fontSize": 10, "color": MUTED.light, "align": align}
