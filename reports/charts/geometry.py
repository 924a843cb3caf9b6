"""Borders of regions from a GeoJSON or TopoJSON file: flat coordinates, a name per shape, the middle of each.

Names are compared without case, spaces and signs. Degrees are squeezed as they are at 52° north, so that the country
keeps its form; coordinates in metres stay as they are. Nothing is drawn here.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.errors import ReportError

Point = list[float]
Ring = list[Point]
NAME_PROPERTIES = ("zorgkantoorregio", "statnaam", "name", "naam")
LATITUDE = 52.0
CLOSE = 0.5  # pixels


class MapError(ReportError):
    """A map file that cannot be read or does not fit the regions; the message lists what does not match."""


@dataclass(frozen=True)
class Shapes:
    """Region → its shape as a GeoJSON feature in pixels, and a point inside it; height of the whole in pixels."""

    features: dict[str, dict[str, Any]]
    middles: dict[str, Point]
    height: float


def load_shapes(path: Path, regions: list[str], width: float) -> Shapes:
    """Shapes of these regions, ``width`` pixels wide. Raises MapError when the file or a name does not fit."""
    named = [(name, rings) for name, rings in _read(path) if rings]
    wanted = {_plain(region): region for region in regions}
    found: dict[str, list[list[Ring]]] = {}
    strange = []
    for name, polygons in named:
        region = wanted.get(_plain(name))
        if region is None:
            strange.append(name)
        else:
            found.setdefault(region, []).extend(polygons)
    missing = [region for region in regions if region not in found]
    if missing or strange:
        raise MapError(
            f"map {path.name}: no shape for {_listed(missing)}; no region for {_listed(strange)}. "
            f"Expected one shape per region of table 6, named in {' or '.join(NAME_PROPERTIES)}. "
            "Next: mend the names in the file, or unset WLZ_MAP for the map of tiles"
        )
    flat = {region: _flatten(polygons) for region, polygons in found.items()}
    pixels, height = _to_pixels(flat, width)
    features = {
        region: {"type": "Feature", "properties": {}, "geometry": {"type": "MultiPolygon", "coordinates": polygons}}
        for region, polygons in pixels.items()
    }
    return Shapes(features, {region: _middle(polygons) for region, polygons in pixels.items()}, height)


def _to_pixels(flat: dict[str, list[list[Ring]]], width: float) -> tuple[dict[str, list[list[Ring]]], float]:
    """North up, points closer than half a pixel to the one before left out: a detailed file makes no heavy page."""
    points = [point for polygons in flat.values() for polygon in polygons for ring in polygon for point in ring]
    west, north = min(x for x, _ in points), max(y for _, y in points)
    scale = width / ((max(x for x, _ in points) - west) or 1.0)
    pixels = {
        region: [
            [_thin([[(x - west) * scale, (north - y) * scale] for x, y in ring]) for ring in polygon]
            for polygon in polygons
        ]
        for region, polygons in flat.items()
    }
    return pixels, (north - min(y for _, y in points)) * scale


def _thin(ring: Ring) -> Ring:
    kept = ring[:1]
    for point in ring[1:]:
        if abs(point[0] - kept[-1][0]) + abs(point[1] - kept[-1][1]) >= CLOSE:
            kept.append(point)
    return [*kept, ring[0]]


def _listed(names: list[str]) -> str:
    return ", ".join(repr(name[:60]) for name in sorted(names)) if names else "none"


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _read(path: Path) -> list[tuple[str, list[list[Ring]]]]:
    """Name and polygons of every shape in the file."""
    try:
        content = json.loads(path.read_text("utf-8"))
        if content["type"] == "Topology":
            arcs = _decode_arcs(content)
            shapes = [shape for layer in content["objects"].values() for shape in layer["geometries"]]
            return [(_name(shape), _polygons(shape, lambda ring: _join(ring, arcs))) for shape in shapes]
        return [(_name(shape), _polygons(shape["geometry"], _ring)) for shape in content["features"]]
    except OSError as error:
        raise MapError(f"map {path.name}: cannot be read ({error.strerror}). Next: mend or unset WLZ_MAP") from None
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise MapError(
            f"map {path.name}: expected GeoJSON (features) or TopoJSON (Topology) of polygons; "
            f"found something else ({type(error).__name__}: {error}). Next: mend or unset WLZ_MAP"
        ) from None


def _name(shape: dict[str, Any]) -> str:
    properties = shape.get("properties") or {}
    known = (properties[key] for key in NAME_PROPERTIES if properties.get(key))
    return str(next(known, ""))


def _polygons(geometry: dict[str, Any], ring: Any) -> list[list[Ring]]:
    """Polygons of a geometry; ``ring`` turns what it holds for a ring into points."""
    held: list[Any] = geometry["coordinates"] if "coordinates" in geometry else geometry["arcs"]
    polygons = {"Polygon": [held], "MultiPolygon": held}.get(geometry["type"], [])
    return [[ring(one) for one in polygon] for polygon in polygons]


def _ring(points: list[list[float]]) -> Ring:
    return [[float(point[0]), float(point[1])] for point in points]


def _decode_arcs(topology: dict[str, Any]) -> list[Ring]:
    """Arcs in coordinates: with a transform they are steps on a grid."""
    transform = topology.get("transform")
    if transform is None:
        return [_ring(arc) for arc in topology["arcs"]]
    scale, start = transform["scale"], transform["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for step in arc:
            x, y = x + step[0], y + step[1]
            points.append([x * scale[0] + start[0], y * scale[1] + start[1]])
        arcs.append(points)
    return arcs


def _join(ring: list[int], arcs: list[Ring]) -> Ring:
    """Arcs one after the other; a number below zero is an arc backwards."""
    points: Ring = []
    for number in ring:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        points += arc if not points else arc[1:]
    return points


def _flatten(polygons: list[list[Ring]]) -> list[list[Ring]]:
    """Degrees as a plane; metres as they are."""
    in_degrees = all(abs(x) <= 180 and abs(y) <= 90 for polygon in polygons for ring in polygon for x, y in ring)
    factor = math.cos(math.radians(LATITUDE)) if in_degrees else 1.0
    return [[[[x * factor, y] for x, y in ring] for ring in polygon] for polygon in polygons]


def _middle(polygons: list[list[Ring]]) -> Point:
    """Centre of the largest ring."""
    areas = [(abs(_area(polygon[0])), polygon[0]) for polygon in polygons if polygon and len(polygon[0]) > 2]
    if not areas:
        return polygons[0][0][0]
    ring = max(areas, key=lambda pair: pair[0])[1]
    doubled = _area(ring) * 2
    if not doubled:
        return ring[0]
    pairs = list(zip(ring, [*ring[1:], ring[0]], strict=True))
    crosses = [(a, b, a[0] * b[1] - b[0] * a[1]) for a, b in pairs]
    return [sum((a[axis] + b[axis]) * cross for a, b, cross in crosses) / (3 * doubled) for axis in (0, 1)]


def _area(ring: Ring) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)) / 2
