"""Figures of the report: every one of them in both languages, from small frames with hostile names."""

import json
import re
import subprocess
import sys
import tomllib
from decimal import Decimal
from functools import partial
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest

from reports import charts
from reports.charts import style
from reports.charts.geometry import MapError
from reports.charts.marks import shorten
from reports.charts.regions import classify
from reports.charts.render import clean_svg, to_svg
from reports.charts.room import print_chance
from reports.charts.tile_grid import TILES
from reports.language import FOLDER, load_language
from reports.letter_tables import REGION_ORDER
from tests.unit.chart_frames import FIGURES, HOSTILE, monitor, monthly, regions, status

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"


def render(name: str, code: str = "nl") -> str:
    draw, frames, _ = FIGURES[name]
    language = load_language(code)
    html = charts.render_figure(
        lambda size: draw(*frames, language, size=size), name, f"Figuur {HOSTILE}", "Wat <b>hier</b> staat", language
    )
    assert html is not None
    return html


def drawings(html: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(html).iter(f"{SVG}svg"))


def texts(svg: ElementTree.Element) -> list[str]:
    return ["".join(text.itertext()) for text in svg.iter(f"{SVG}text")]


@pytest.mark.parametrize("code", ["nl", "en"])
@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_one_clean_image_per_size(name, code):
    html = render(name, code)
    assert "<script" not in html
    assert "\x00" not in html
    known = {colour.light for colour in style.PALETTE} | {"none", "transparent"}
    for svg, size in zip(drawings(html), (style.WIDE, style.NARROW), strict=True):
        title, description = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
        assert svg.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
        assert (svg.get("role"), description.text) == ("img", "Wat <b>hier</b> staat")
        _, _, width, height = map(float, svg.get("viewBox").split())
        assert size.width <= width <= size.width * 1.05
        assert 100 < height < 1300
        inner = [element for element in svg.iter() if element is not svg]
        assert {value for element in inner for key in ("fill", "stroke") if (value := element.get(key))} <= known
        noise = {
            key
            for element in inner
            for key in element.attrib
            if key in ("role", "class", "font-family") or "aria-" in key
        }
        assert noise <= {"aria-hidden"}
        assert not [
            text for text in texts(svg) if re.fullmatch(r"[+-]?[-−]0([.,]0+)?( %)?|NaN|null|None|undefined", text)
        ]
        assert max(map(len, texts(svg))) < 60


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_prints_its_numbers_on_a_screen_and_on_a_phone(name):
    wide, narrow = (texts(svg) for svg in drawings(render(name)))
    expected = FIGURES[name][2]
    assert [text for text in expected if text not in wide and text not in " ".join(wide)] == []
    shorter = {"te laat, 2 achter"}  # a phone has the months in squares and brackets
    assert [text for text in expected if text not in " ".join(narrow) and text not in shorter] == []


@pytest.mark.parametrize("name", ["room-zin", "map", "lag", "late", "exceedance", "scenarios", "extra", "aids"])
def test_a_hostile_name_is_shortened_and_escaped(name):
    html = render(name)
    assert "x" * 80 not in re.sub(r"<title.*?</title>", "", html)


def test_ids_are_unique_in_a_page_of_all_figures():
    page = "".join(render(name) for name in FIGURES)
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == 5 * len(FIGURES)  # the figure, and title and description of both sizes
    assert len(ids) == len(set(ids))
    assert set(re.findall(r"url\(#([^)]+)\)", page)) <= set(ids)


def test_a_figure_is_the_same_file_each_time():
    assert render("map") == render("map")


def test_ids_of_clip_paths_are_prefixed_and_counted_anew():
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" viewBox="0 0 9 9"><defs><clipPath id="clip41">'
        '<rect width="9" height="9"/></clipPath></defs><path clip-path="url(#clip41)" d="M0,0h1" fill="red"/></svg>'
    )
    cleaned = clean_svg(svg, "one-wide", "t", "d", style.WIDE)
    assert 'id="one-wide-1"' in cleaned
    assert 'clip-path="url(#one-wide-1)"' in cleaned
    assert "<rect" in cleaned


def schema_faults(spec: dict[str, object]) -> str:
    """What the Vega-Lite schema that Altair carries says against a spec; nothing when it follows."""
    import altair
    from jsonschema import ValidationError

    try:
        altair.Chart.from_dict(json.loads(json.dumps(spec)))
    except ValidationError as fault:
        return str(fault)
    return ""


@pytest.mark.parametrize("name", [name for name in FIGURES if name != "tree"])
def test_a_spec_is_vega_lite(name):
    draw, frames, _ = FIGURES[name]
    for size in style.SIZES:
        assert schema_faults(draw(*frames, load_language("en"), size=size)) == ""


def test_a_spec_that_is_not_vega_lite_is_seen():
    draw, frames, _ = FIGURES["map"]
    spec = draw(*frames, load_language("en"), size=style.WIDE)
    spec["layer"][0]["mark"] = {"type": "no such mark"}
    assert "no such mark" in schema_faults(spec)


@pytest.mark.parametrize("name", FIGURES)
def test_no_rows_no_figure(name):
    draw, frames, _ = FIGURES[name]
    language = load_language("nl")
    empty = [table.clear() for table in frames]
    assert charts.render_figure(lambda size: draw(*empty, language, size=size), "x", "t", "d", language) is None


def test_the_name_of_a_figure_is_an_id():
    with pytest.raises(ValueError, match="expected lower case"):
        charts.render_figure(lambda size: None, 'a" onload="', "t", "d", load_language("nl"))


def test_axes_are_written_in_the_language_of_the_page():
    draw, frames, _ = FIGURES["monthly-total"]
    drawn = {
        code: to_svg(draw(*frames, load_language(code), size=style.WIDE), load_language(code)) for code in ("nl", "en")
    }
    assert ">10.000<" in drawn["nl"]
    assert ">10,000<" in drawn["en"]


def test_the_year_of_one_place_is_held_against_its_kader():
    language = load_language("nl")
    rows = monthly().filter(part="zin").rename({"expected_cumulative_incl_extra_eur": "expected_eur"})
    spec = charts.draw_months_of(rows, language, size=style.WIDE, budget_eur=Decimal(18_711_000_000))
    shown = json.dumps(spec)
    assert "zin-kader 18.711" in shown
    assert "verwacht 18.888" in shown
    assert charts.draw_months_of(rows.clear(), language, size=style.WIDE, budget_eur=Decimal(1)) is None
    assert charts.draw_months_of(rows, language, size=style.WIDE, budget_eur=None) is None


def test_late_providers_are_counted():
    spec = charts.draw_late(status(), load_language("nl"), size=style.WIDE, monitor=monitor())
    assert "1 zorgaanbieders laat" in json.dumps(spec)
    assert "0 zorgaanbieders laat" in json.dumps(spec)


# ---- map ---------------------------------------------------------------------------------------------------------


def square(tile):
    x, y = 3.4 + tile.column * 0.55, 53.5 - tile.row * 0.33
    return [[x, y], [x + 0.5, y], [x + 0.5, y - 0.3], [x, y - 0.3], [x, y]]


def geojson(names: dict[str, str]) -> dict[str, object]:
    shapes = [
        {
            "type": "Feature",
            "properties": {"statnaam": label},
            "geometry": {"type": "Polygon", "coordinates": [square(TILES[name])]},
        }
        for name, label in names.items()
    ]
    return {"type": "FeatureCollection", "features": shapes}


def topojson() -> dict[str, object]:
    """One arc per tile, in steps of a hundredth of a degree."""
    arcs, shapes = [], []
    for number, (name, tile) in enumerate(TILES.items()):
        grid = [[round((x - 3) * 100), round((y - 50) * 100)] for x, y in square(tile)]
        steps = [grid[0], *([b[0] - a[0], b[1] - a[1]] for a, b in pairwise(grid))]
        arcs.append(steps)
        shapes.append({"type": "Polygon", "arcs": [[number]], "properties": {"name": name}})
    transform = {"scale": [0.01, 0.01], "translate": [3, 50]}
    objects = {"regions": {"type": "GeometryCollection", "geometries": shapes}}
    return {"type": "Topology", "transform": transform, "arcs": arcs, "objects": objects}


def test_a_map_file_is_drawn_and_matched_without_case_and_signs(tmp_path, monkeypatch):
    path = tmp_path / "map.json"
    known = regions().filter(pl.col("zorgkantoorregio") != HOSTILE)
    language = load_language("nl")
    drawn = []
    for content in (geojson({name: name.upper().replace(" ", "-") for name in TILES}), topojson()):
        path.write_text(json.dumps(content), encoding="utf-8")
        monkeypatch.setenv("WLZ_MAP", str(path))
        html = charts.render_figure(partial(draw_map, known, language), "map", "t", "d", language)
        wide = drawings(html)[0]
        paths = [
            element
            for element in wide.iter(f"{SVG}path")
            if element.get("d", "").startswith("M") and element.get("d").count("L") > 2
        ]
        assert len(paths) == len(REGION_ORDER)
        assert "8,6" in texts(wide)
        drawn.append(sorted(texts(wide)))
    assert drawn[0] == drawn[1]


def draw_map(rows, language, size):
    return charts.draw_pgb_map(rows, language, size=size)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            json.dumps(geojson({"Zeeland": "Zeeland", "Twente": "Elders"})),
            r"no shape for .*'Twente'.*; no region for 'Elders'",
        ),
        ("{}", "expected GeoJSON"),
        ("no json", "expected GeoJSON"),
        ('{"features": [{"geometry": null}]}', "expected GeoJSON"),
        (None, "cannot be read"),
    ],
)
def test_a_map_file_that_does_not_fit_is_refused(tmp_path, content, message):
    path = tmp_path / "map.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(MapError, match=message):
        charts.draw_pgb_map(regions(), load_language("nl"), size=style.WIDE, map_path=path)


def test_every_region_has_its_own_tile():
    assert set(TILES) == set(REGION_ORDER)
    assert len({(tile.row, tile.column) for tile in TILES.values()}) == len(TILES)


def test_classes_go_by_the_printed_share():
    assert classify(-0.0204)[1] is style.WARN_PALE  # printed -2,0: not below -2
    assert classify(-0.0206)[1] is style.WARN
    assert classify(-0.0004)[1] is style.ACCENT_PALE  # printed 0,0
    assert classify(0.05)[1] is style.ACCENT


# ---- colours and words -------------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("paper", ["light", "dark"])
def test_text_can_be_read_on_light_and_on_dark(paper):
    pairs = [(text, style.PAPER) for text in (style.INK, style.MUTED, style.ACCENT, style.WARN)]
    pairs += [(style.INK, fill) for fill in (style.EXPECTED, style.ACCENT_MID, style.ACCENT_PALE, style.WARN_PALE)]
    pairs += [(style.ON_ACCENT, fill) for fill in (style.ACCENT, style.WARN)]
    weak = {(a.name, b.name): contrast(getattr(a, paper), getattr(b, paper)) for a, b in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


def test_css_recolours_every_colour_of_the_list():
    css = charts.palette_css()
    assert len({colour.light for colour in style.PALETTE}) == len(style.PALETTE)
    for colour in style.PALETTE:
        assert f'.figure [fill="{colour.light}"]{{fill:var(--c-{colour.name})}}' in css
        assert css.count(f"--c-{colour.name}:{colour.dark};") == 2
    assert css.count("{") == css.count("}")


def test_words_of_figures_are_all_used_and_in_both_languages():
    words = {code: tomllib.loads((FOLDER / code / "charts.toml").read_text("utf-8")) for code in ("nl", "en")}
    assert words["nl"].keys() == words["en"].keys()
    holes = [{key: set(re.findall(r"{\w+}", text)) for key, text in words[code].items()} for code in ("nl", "en")]
    assert holes[0] == holes[1]
    code = "".join(path.read_text("utf-8") for path in (ROOT / "reports" / "charts").glob("*.py"))
    prefixes = tuple(re.findall(r'f?"charts\.(\w+_){', code))
    named = set(re.findall(r'"charts\.(\w+)"', code))
    loose = {"declared", "completed", "forecast", "zin", "pgb", "meerzorg", "crisisbedden", "na_ijl", "other_items"}
    assert {key for key in words["nl"] if key not in named | loose and not key.startswith(prefixes)} == set()


def test_names_are_cut_and_chances_are_never_certain():
    assert shorten("Zorg en Zekerheid", 10) == "Zorg en Z…"
    assert shorten("a\nb\u202ec", 9) == "a b c"
    english = load_language("en")
    assert [print_chance(chance, english) for chance in (0.0, 0.5, 1.0, None)] == ["<1 %", "50 %", ">99 %", "–"]


def test_importing_the_figures_loads_no_drawing_library():
    code = "import sys, reports.charts; print([m for m in ('altair', 'vl_convert', 'duckdb') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"
