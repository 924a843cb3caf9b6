"""Pieces of Vega-Lite specs the figures share: marks, rows with names, a legend, labels.

Specs are plain dicts: half the time of a figure went into building and copying Altair objects; the tests hold every
spec against the Vega-Lite schema that Altair carries. Numbers reach a spec as floats for positions and as text,
written by the language, for reading.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from reports.charts.style import ACCENT, INK, MUTED, SMALL, TEXT, Colour, Size, config

Spec = dict[str, Any]
Row = dict[str, Any]
Number = Decimal | float | int | None

EUR_PER_MILLION = 1e6
LETTER = 6.7  # mean width of a letter at TEXT, a little on the wide side
LEGEND_LINE = 19
_TYPES = {"Q": "quantitative", "O": "ordinal", "N": "nominal"}
_PIXELS: Spec = {"type": "quantitative", "scale": None, "axis": None}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")


def on(shorthand: str, **more: Any) -> Spec:
    """A channel that reads a field: 'value:Q' with scale, axis and so on."""
    field, kind = shorthand.split(":")
    return {"field": field, "type": _TYPES[kind], **more}


def mark(kind: str, rows: Sequence[Row] | None, look: Spec | None = None, **channels: Any) -> Spec:
    """One layer. A channel is 'field:Q', a number of pixels, or a ready dict."""
    encoding = {}
    for channel, meaning in channels.items():
        if isinstance(meaning, str):
            encoding[channel] = on(meaning) if channel == "text" else on(meaning, **_bare(channel))
        else:
            encoding[channel] = meaning if isinstance(meaning, dict) else {"value": meaning}
    layer: Spec = {"mark": {"type": kind, **(look or {})}, "encoding": encoding}
    if rows is not None:
        layer["data"] = {"values": list(rows)}
    return layer


def _bare(channel: str) -> Spec:
    """Positions come without an axis: a layer that wants one says so."""
    return {"axis": None} if channel in ("x", "y") else {}


def say_text(rows: Sequence[Row], field: str = "label", look: Spec | None = None, **channels: Any) -> Spec:
    """A layer of text, left of nothing: align, baseline and colour by ``look``."""
    return mark("text", rows, {"align": "left", "baseline": "middle", **(look or {})}, text=f"{field}:N", **channels)


def write(text: str, x: float, y: float, **look: Any) -> Spec:
    """One text at a place in pixels of the plot."""
    return say_text([{"label": text}], look=look, x=x, y=y)


def finish(view: Spec) -> Spec:
    """A whole spec: the view with schema, padding and config, its layers gathered."""
    for part in view.get("vconcat", [view]):
        part["layer"] = gather(part["layer"])
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "padding": {"left": 10, "right": 6, "top": 4, "bottom": 4},
        "config": config(),
        **view,
    }


def gather(layers: Sequence[Spec]) -> list[Spec]:
    """Layers that are placed in pixels and look alike become one: a figure is drawn in a third of the time."""
    kept: list[Spec] = []
    groups: dict[str, Spec] = {}
    for layer in layers:
        places = {name: channel for name, channel in layer.get("encoding", {}).items() if name != "text"}
        if not places or not all("value" in channel for channel in places.values()):
            kept.append(layer)
            continue
        key = repr((layer["mark"], sorted(layer["encoding"])))
        rows = [row | {name: channel["value"] for name, channel in places.items()} for row in layer["data"]["values"]]
        if key in groups:
            groups[key]["data"]["values"] += rows
            continue
        pixels = {name: {"field": name, **({} if name.endswith("2") else _PIXELS)} for name in places}
        texts = {"text": layer["encoding"]["text"]} if "text" in layer["encoding"] else {}
        groups[key] = {"mark": layer["mark"], "encoding": pixels | texts, "data": {"values": rows}}
        kept.append(groups[key])
    # Text over everything else, whatever was written first.
    return sorted(kept, key=lambda layer: layer["mark"]["type"] == "text")


def shift(layers: Sequence[Spec], by: float) -> list[Spec]:
    """Layers placed in pixels, moved sideways."""
    for layer in layers:
        for channel in ("x", "x2"):
            if "value" in layer["encoding"].get(channel, {}):
                layer["encoding"][channel] = {"value": layer["encoding"][channel]["value"] + by}
    return list(layers)


def millions(amount: Number) -> float | None:
    """Euro → millions as a position."""
    return None if amount is None else float(amount) / EUR_PER_MILLION


def clean(text: object) -> str:
    """A name as it may stand in a drawing: without control characters and marks that turn the direction of text."""
    return _CONTROL.sub(" ", str(text))


def shorten(text: object, letters: int) -> str:
    """A name of at most ``letters`` letters, cut with an ellipsis.

    >>> shorten("Zorg en Zekerheid", 10)
    'Zorg en Z…'
    """
    name = clean(text)
    return name if len(name) <= letters else name[: letters - 1].rstrip() + "…"


def width_of(text: str, size: float = TEXT) -> float:
    """About how wide a text is, in pixels."""
    return len(text) * LETTER * size / TEXT


def name_width(names: Sequence[str], size: Size) -> float:
    """Room for the names left of rows: as much as the longest needs, at most a third of the drawing."""
    longest = max((width_of(name) for name in names), default=0) + 12
    return min(longest, size.width * (0.37 if size.is_narrow else 0.3))


def name_letters(size: Size) -> int:
    """How many letters of a name fit left of rows."""
    return int((size.width * (0.37 if size.is_narrow else 0.3) - 12) / LETTER)


def legend(items: Sequence[tuple[str, Colour, str]], width: float, gap: float = 12) -> tuple[list[Spec], int]:
    """Key above the plot, broken into lines that fit: layers, and the pixels it takes.

    An item is a kind (box, frame, line, dot, thick), a colour and its words.
    """
    placed: list[tuple[float, int, tuple[str, Colour, str]]] = []
    x, line = 0.0, 0
    for item in items:
        wide = 20 + width_of(item[2]) + 14
        if x and x + wide - 14 > width:
            x, line = 0.0, line + 1
        placed.append((x, line, item))
        x += wide
    lines = line + 1
    layers: list[Spec] = []
    for x, line, (kind, colour, words) in placed:
        y = -gap - (lines - line - 0.5) * LEGEND_LINE
        layers += [_sign(kind, colour, x, y), write(words, x + 20, y, color=INK.light)]
    return layers, int(lines * LEGEND_LINE + gap)


def _sign(kind: str, colour: Colour, x: float, y: float) -> Spec:
    """box, frame (grey edge), edge (blue edge), dot, ring; thick, thin, line, dash; bar (a short upright line)."""
    if kind in ("thick", "thin", "line", "dash"):
        look = {"color": colour.light, "strokeWidth": {"thick": 5, "thin": 1.5}.get(kind, 2.5)}
        dash = {"strokeDash": [4, 3]} if kind == "dash" else {}
        return mark("rule", [{}], look | dash, x=x, x2=x + 14, y=y)
    if kind == "bar":
        return mark("rule", [{}], {"color": colour.light, "strokeWidth": 2}, x=x + 7, y=y - 7, y2=y + 7)
    edges = {"frame": MUTED.light, "edge": ACCENT.light, "ring": colour.light}
    look = {
        "shape": "circle" if kind in ("dot", "ring") else "square",
        "size": 70 if kind == "ring" else 110,
        "fill": "transparent" if kind == "ring" else colour.light,
        "stroke": edges.get(kind, colour.light),
        "strokeWidth": 2 if kind == "ring" else 1,
        "opacity": 1,
    }
    return mark("point", [{}], look, x=x + 7, y=y)


@dataclass(frozen=True)
class Ruler:
    """A linear axis of known width: where texts go is decided here, not by Vega."""

    low: float
    high: float
    width: float

    def at(self, value: float) -> float:
        """Pixels from the left, held inside the axis."""
        share = (value - self.low) / (self.high - self.low)
        return min(max(share, 0.0), 1.0) * self.width

    def inside(self, value: float, words: str) -> float:
        """Middle of a text at this value, moved so that the text stays inside."""
        half = width_of(words) / 2
        return max(min(self.at(value), self.width - half), half)

    def channel(self, field: str = "x", **axis: Any) -> Spec:
        """The channel of x with this axis; without words for one it is not drawn."""
        scale = {"domain": [self.low, self.high], "nice": False, "zero": False}
        return on(f"{field}:Q", scale=scale, axis={"title": None, **axis} if axis else None)


def span(values: Sequence[float | None], share: float = 0.06) -> tuple[float, float]:
    """Domain around values with some air; never empty."""
    known = [value for value in values if value is not None]
    low, high = min(known, default=0.0), max(known, default=1.0)
    air = (high - low) * share or abs(high) * share or 1.0
    return low - air, high + air


def small(**look: Any) -> Spec:
    """Look of small text."""
    return {"fontSize": SMALL, **look}
