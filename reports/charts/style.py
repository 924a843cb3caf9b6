"""How figures look: a closed list of colours, two sizes, the css that recolours them.

A drawing is a static SVG that holds the light colours as attributes; ``palette_css`` maps each of them to a variable,
so dark mode needs no second drawing. Hence every hex below occurs once. Shortage has its own colour, and next to it
always a sign or a word: no figure rests on colour alone.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Colour:
    """A role in the figures, with its colour on light and on dark paper."""

    name: str
    light: str
    dark: str


@dataclass(frozen=True)
class Size:
    """Width of a drawing in pixels of its own; text has the same size in both."""

    name: str
    width: int

    @property
    def is_narrow(self) -> bool:
        """For a phone: fewer ticks, shorter names."""
        return self.name == "narrow"


PAPER = Colour("paper", "#ffffff", "#12181e")
INK = Colour("ink", "#1f2933", "#e7ecf0")
MUTED = Colour("muted", "#52606d", "#a9b4be")
AXIS = Colour("axis", "#8794a1", "#6a7783")
GRID = Colour("grid", "#e3e7eb", "#2b343c")
EXPECTED = Colour("expected", "#d3dae0", "#3b4751")
ACCENT = Colour("accent", "#1f4e79", "#86b8ea")
ACCENT_MID = Colour("accent-mid", "#7ea6cb", "#37628c")
ACCENT_PALE = Colour("accent-pale", "#cbdcec", "#223f59")
WARN = Colour("warn", "#b84a00", "#ff9d5c")
WARN_PALE = Colour("warn-pale", "#f7cdae", "#65330f")
ON_ACCENT = Colour("on-accent", "#fefefe", "#0c1116")
PALETTE = (
    PAPER, INK, MUTED, AXIS, GRID, EXPECTED, ACCENT, ACCENT_MID, ACCENT_PALE, WARN, WARN_PALE, ON_ACCENT,
)  # fmt: skip

WIDE = Size("wide", 680)
NARROW = Size("narrow", 350)
SIZES = (WIDE, NARROW)
TEXT = 12  # size of text, in pixels of the drawing
SMALL = 11
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
PHONE = 600  # below this width of the window the narrow drawing shows


def palette_css() -> str:
    """Rules that colour the figures from variables, for light and dark paper, and show one of the two sizes.

    Dark follows the system, unless the page says ``data-theme``; paper is never dark.
    """
    light = "".join(f"--c-{colour.name}:{colour.light};" for colour in PALETTE)
    dark = "".join(f"--c-{colour.name}:{colour.dark};" for colour in PALETTE)
    lines = [
        f":root{{{light}}}",
        f"@media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}",
        f"@media screen{{[data-theme=dark]{{{dark}}}}}",
    ]
    for colour in PALETTE:
        variable = f"var(--c-{colour.name})"
        lines.append(f'.figure [fill="{colour.light}"]{{fill:{variable}}}')
        lines.append(f'.figure [stroke="{colour.light}"]{{stroke:{variable}}}')
    return "\n".join([*lines, *_size_css(), ""])


def _size_css() -> list[str]:
    return [
        ".figure svg{display:block;width:100%;height:auto}",
        f".figure .wide svg{{max-width:{WIDE.width * 5 // 4}px}}",
        ".figure .narrow{display:none}",
        f"@media (max-width:{PHONE}px){{.figure .wide{{display:none}}.figure .narrow{{display:block}}}}",
        "@media print{.figure .wide{display:block}.figure .narrow{display:none}}",
    ]


def config() -> dict[str, object]:
    """Vega-Lite config: nothing is drawn in a colour outside the palette."""
    label = {"labelColor": MUTED.light, "labelFontSize": TEXT, "titleColor": MUTED.light, "titleFontSize": TEXT}
    return {
        "font": "sans-serif",
        "background": "transparent",
        "view": {"stroke": None, "fill": None},
        "axis": {
            **label,
            "titleFontWeight": "normal",
            "gridColor": GRID.light,
            "domainColor": AXIS.light,
            "tickColor": AXIS.light,
            "labelPadding": 5,
        },
        "mark": {"color": ACCENT.light},
        "text": {"color": INK.light, "fontSize": TEXT},
        "bar": {"color": ACCENT.light},
        "rule": {"color": INK.light},
    }
