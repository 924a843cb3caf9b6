"""Figure 8: room for pgb per region, on a map of tiles or on the borders of a map file.

The project ships no borders: which ones may be used, and of which year, is for who publishes to say. Without a map
file the regions are tiles that lie about as the country does. Five classes of colour; the share is printed in each.
"""

import os
from itertools import pairwise
from pathlib import Path

import polars as pl

from reports.charts.geometry import load_shapes
from reports.charts.marks import Spec, finish, legend, mark, shorten, write
from reports.charts.style import (
    ACCENT,
    ACCENT_MID,
    ACCENT_PALE,
    AXIS,
    INK,
    ON_ACCENT,
    PAPER,
    SMALL,
    WARN,
    WARN_PALE,
    Colour,
    Size,
)
from reports.charts.tile_grid import COLUMNS, ROWS, TILES, Tile
from reports.language import Language
from wlz.words.vocabulary import NATION

# Upper end of a class in percent of the kader, its colour, and the colour of text on it; the last has no end.
CLASSES: tuple[tuple[float, Colour, Colour], ...] = (
    (-2.0, WARN, ON_ACCENT),
    (0.0, WARN_PALE, INK),
    (2.0, ACCENT_PALE, INK),
    (5.0, ACCENT_MID, INK),
    (float("inf"), ACCENT, ON_ACCENT),
)
UNKNOWN = (float("nan"), PAPER, INK)


def draw_pgb_map(regions: pl.DataFrame, language: Language, *, size: Size, map_path: Path | None = None) -> Spec | None:
    """Room of every region in percent of its kader. Rows of pgb_region of one advice.

    ``map_path``, else the variable WLZ_MAP, names a GeoJSON or TopoJSON file to draw on. Raises MapError for a file
    that does not fit. A region that is on neither is drawn below the tiles.
    """
    rows = [row for row in regions.iter_rows(named=True) if row["zorgkantoorregio"] != NATION]
    if not rows:
        return None
    shares = {row["zorgkantoorregio"]: row["available_ratio"] for row in rows}
    path = map_path or (Path(os.environ["WLZ_MAP"]) if os.environ.get("WLZ_MAP") else None)
    key = _legend(language, size)
    return _draw_shapes(shares, path, key, language, size) if path else _draw_tiles(shares, key, language, size)


def classify(ratio: float | None) -> tuple[float, Colour, Colour]:
    """Class of a share: below its upper end, after rounding as printed."""
    if ratio is None:
        return UNKNOWN
    percent = round(ratio * 100, 1)
    return next(one for one in CLASSES if percent < one[0])


def _legend(language: Language, size: Size) -> list[Spec]:
    ends = [language.number(end) for end, *_ in CLASSES[:-1]]
    words = [
        language.say("charts.class_below", end=ends[0]),
        *(language.say("charts.class_between", start=start, end=end) for start, end in pairwise(ends)),
        language.say("charts.class_above", start=ends[-1]),
    ]
    items = [("frame", colour, word) for (_, colour, _), word in zip(CLASSES, words, strict=True)]
    return legend(items, size.width, gap=14)[0]


def _draw_tiles(shares: dict[str, float | None], key: list[Spec], language: Language, size: Size) -> Spec:
    width, height = (size.width - 8) / COLUMNS, 46.0 if size.is_narrow else 56.0
    strangers = [name for name in shares if name not in TILES]
    places = {name: TILES[name] for name in shares if name in TILES}
    for number, name in enumerate(strangers):
        places[name] = Tile(ROWS + number // COLUMNS, number % COLUMNS, shorten(name, 13), shorten(name, 7))
    layers = list(key)
    for name, tile in places.items():
        layers += _draw_tile(tile, shares[name], (width, height), language, size)
    rows = 1 + max(tile.row for tile in places.values())
    return finish({"width": COLUMNS * width, "height": rows * height, "layer": layers})


def _draw_tile(tile: Tile, ratio: float | None, box: tuple[float, float], language: Language, size: Size) -> list[Spec]:
    width, height = box
    _, fill, ink = classify(ratio)
    x, y = tile.column * width, tile.row * height
    lines = [tile.short] if size.is_narrow else tile.name.split("\n")
    look = {"fill": fill.light, "stroke": AXIS.light, "strokeWidth": 0.5, "height": height - 4}
    layers = [mark("bar", [{}], look, x=x + 2, x2=x + width - 2, y=y + height / 2)]
    letters = SMALL - 1 if size.is_narrow else SMALL
    top = y + height / 2 - 6.5 * len(lines)
    for number, line in enumerate(lines):
        place = top + 12 * number
        layers.append(write(line, x + width / 2, place, align="center", fontSize=letters, color=ink.light))
    place = top + 12 * len(lines) + 3
    share = language.percent(ratio)
    return [*layers, write(share, x + width / 2, place, align="center", fontWeight="bold", color=ink.light)]


def _draw_shapes(shares: dict[str, float | None], path: Path, key: list[Spec], language: Language, size: Size) -> Spec:
    """Borders of a map file, with the share in the middle of each."""
    shapes = load_shapes(path, list(shares), size.width - 8.0)
    layers = []
    for _, fill, _ in (*CLASSES, UNKNOWN):
        features = [shapes.features[name] for name in shares if classify(shares[name])[1] is fill]
        if features:
            look = {"type": "geoshape", "fill": fill.light, "stroke": AXIS.light, "strokeWidth": 0.75}
            pixels = {"type": "identity", "scale": 1, "translate": [0, 0]}
            layers.append({"data": {"values": features}, "mark": look, "projection": pixels})
    for name, (x, y) in shapes.middles.items():
        look = {"align": "center", "fontSize": SMALL, "fontWeight": "bold", "color": classify(shares[name])[2].light}
        layers.append(write(language.percent(shares[name]), x, y, **look))
    return finish({"width": size.width - 8.0, "height": shapes.height, "layer": [*layers, *key]})
