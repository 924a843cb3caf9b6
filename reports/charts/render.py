"""Spec → SVG in the page: both sizes, cleaned, with its own ids, a title and a description.

What Vega writes about accessibility inside a drawing is noise to a screen reader ("graphics-symbol rect mark"): it is
left out, the drawing is one image with a name and a description. No script, no outside address, no fixed font.
"""

import html
import re
from collections.abc import Callable
from xml.etree import ElementTree

from reports.charts.marks import Spec, clean
from reports.charts.style import FONT, SIZES, TEXT, Size
from reports.language import Language

Draw = Callable[[Size], Spec | str | None]
SVG = "http://www.w3.org/2000/svg"
VEGA_LITE = "6.4"
_NOISE = {"role", "class", "pointer-events", "font-family", "display"}
_DECIMALS = re.compile(r"-?\d+\.\d{3,}(?:e-?\d+)?")
_REFERENCE = re.compile(r"^(#|url\(#)([^)]+)")
_GEOMETRY = ("d", "transform", "x", "y", "x1", "x2", "y1", "y2", "width", "height", "cx", "cy", "r")
_NAME = re.compile(r"[a-z][a-z0-9_-]*")

ElementTree.register_namespace("", SVG)


def render_figure(draw: Draw, name: str, title: str, description: str, language: Language) -> str | None:
    """Both sizes of a figure as HTML; None when there is nothing to draw.

    ``draw`` takes a size; ``name`` is the figure's own in its page and heads every id (lower case, digits, -, _).
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"figure name {name!r}: expected lower case letters, digits, - and _")
    drawings = []
    for size in SIZES:
        drawn = draw(size)
        if drawn is None:
            return None
        svg = drawn if isinstance(drawn, str) else to_svg(drawn, language)
        drawings.append(
            f'<div class="{size.name}">{clean_svg(svg, f"{name}-{size.name}", title, description, size)}</div>'
        )
    return f'<div class="figure" id="{html.escape(name)}">{"".join(drawings)}</div>'


def to_svg(spec: Spec, language: Language) -> str:
    """The drawing Vega makes of a spec; it may fetch nothing."""
    import vl_convert  # 190 MB of V8: only when there is something to draw

    svg: str = vl_convert.vegalite_to_svg(
        spec, vl_version=VEGA_LITE, allowed_base_urls=[], format_locale=number_format(language)
    )
    return svg


def number_format(language: Language) -> dict[str, object]:
    """How d3 writes numbers on axes: as the tables do."""
    thousands, point = language.marks
    return {"decimal": point, "thousands": thousands, "grouping": [3], "currency": ["€ ", ""], "minus": "-"}


def clean_svg(svg: str, prefix: str, title: str, description: str, size: Size) -> str:
    """One image with title and description; ids start with ``prefix``; nothing that is drawn in no ink."""
    root = ElementTree.fromstring(svg)
    _drop_inkless(root)
    found = [identity for element in root.iter() if (identity := element.get("id"))]
    # Vega counts ids through the life of the process: counted anew, the same figure is the same file.
    ids = {identity: f"{prefix}-{number}" for number, identity in enumerate(found, 1)}
    for element in root.iter():
        _clean_element(element, ids)
    _name_root(root, prefix, title, description, size)
    return ElementTree.tostring(root, encoding="unicode")


def _drop_inkless(root: ElementTree.Element) -> None:
    """Background of the page, paths without ink, hidden foregrounds, and the groups that held them."""
    for page in root.findall(f"{{{SVG}}}rect"):
        if page.get("width") == root.get("width"):
            root.remove(page)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == f"{{{SVG}}}path" and _is_inkless(child):
                parent.remove(child)
    _drop_hollow_groups(root)


def _is_inkless(path: ElementTree.Element) -> bool:
    is_background = path.get("class") == "background" and not (path.get("fill") or path.get("stroke"))
    return is_background or path.get("display") == "none" or path.get("opacity") == "0"


def _drop_hollow_groups(element: ElementTree.Element) -> None:
    for child in list(element):
        _drop_hollow_groups(child)
        if child.tag == f"{{{SVG}}}g" and not len(child):
            element.remove(child)


def _clean_element(element: ElementTree.Element, ids: dict[str, str]) -> None:
    for key, value in list(element.attrib.items()):
        if key in _NOISE or key.startswith("aria-") or (key == "opacity" and value == "1"):
            del element.attrib[key]
        elif key == "id":
            element.set(key, ids[value])
        elif "#" in value and value.partition("#")[0] in ("", "url("):
            element.set(key, _REFERENCE.sub(lambda found: found[1] + ids.get(found[2], found[2]), value))
        elif key in _GEOMETRY:
            element.set(key, _DECIMALS.sub(_two_decimals, value))


def _two_decimals(found: re.Match[str]) -> str:
    return f"{round(float(found[0]), 2) + 0:g}" if abs(float(found[0])) < 1e4 else f"{float(found[0]):.1f}"


def _name_root(root: ElementTree.Element, prefix: str, title: str, description: str, size: Size) -> None:
    """Title and description first; the drawing itself is hidden from screen readers."""
    drawn = list(root)
    width, height = (float(edge) for edge in root.get("viewBox", "0 0 0 0").split()[2:])
    for child in drawn:
        root.remove(child)
    root.attrib.clear()
    ids = [f"{prefix}-title", f"{prefix}-desc"]
    root.attrib.update(
        {
            "role": "img",
            "aria-labelledby": " ".join(ids),
            "width": "100%",
            "viewBox": f"0 0 {max(width, size.width):g} {height:g}",
            "font-family": FONT,
            "font-size": str(TEXT),
        }
    )
    for tag, identity, text in zip(("title", "desc"), ids, (title, description), strict=True):
        ElementTree.SubElement(root, f"{{{SVG}}}{tag}", {"id": identity}).text = clean(text)
    hidden = ElementTree.SubElement(root, f"{{{SVG}}}g", {"aria-hidden": "true"})
    hidden.extend(drawn)
