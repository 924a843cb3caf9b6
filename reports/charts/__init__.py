"""Figures of the report as static SVG: one function per figure, frames of the marts in, a drawing out.

``draw_NAME(frames…, language, size=…)`` gives a Vega-Lite spec (the price tree an SVG), or None when there are no
rows; ``render_figure`` makes the HTML of both sizes. Frames hold one advice: filtered to a delivery month and, where
the mart has one, a scenario. Words are in ``language/*/charts.toml``; nothing is computed here but places and sums of
stacked bars.
"""

from reports.charts.examples import draw_lag_curves, draw_pgb_example, draw_volume_example
from reports.charts.extra import draw_composition, draw_extra_per_uitvoerder
from reports.charts.geometry import MapError
from reports.charts.intervals import draw_scenarios, draw_vintages
from reports.charts.monthly import draw_aids, draw_monthly_pgb, draw_monthly_total, draw_monthly_zin, draw_months_of
from reports.charts.moves import draw_bridge, draw_late
from reports.charts.regions import draw_pgb_map
from reports.charts.render import render_figure
from reports.charts.room import draw_exceedance, draw_room_pgb, draw_room_zin
from reports.charts.style import NARROW, WIDE, Size, palette_css
from reports.charts.tree import draw_price_tree

__all__ = [
    "NARROW",
    "WIDE",
    "MapError",
    "Size",
    "draw_aids",
    "draw_bridge",
    "draw_composition",
    "draw_exceedance",
    "draw_extra_per_uitvoerder",
    "draw_lag_curves",
    "draw_late",
    "draw_monthly_pgb",
    "draw_monthly_total",
    "draw_monthly_zin",
    "draw_months_of",
    "draw_pgb_example",
    "draw_pgb_map",
    "draw_price_tree",
    "draw_room_pgb",
    "draw_room_zin",
    "draw_scenarios",
    "draw_vintages",
    "draw_volume_example",
    "palette_css",
    "render_figure",
]
