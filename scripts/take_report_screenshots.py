"""Pictures of the report for the docs: every kind of page, one on a phone, one in the dark.

Argument: a published database or the data folder it lies in. Needs Chromium, as the tests of the report do. Pictures
have a palette of 256 colours; a page whose picture is still too large is cut after its last whole section that fits.
"""

import argparse
import base64
import os
import shutil
import struct
import sys
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from reports.facts import published_delivery_months
from reports.site import build_site

PICTURES = Path(__file__).parents[1] / "docs" / "images" / "report"
LARGEST_PICTURE = 300_000  # bytes
COLOURS = 256
# The pixels of a picture, as the browser reads them: rows of red, green, blue and opacity.
PIXELS = """async address => {
  const picture = await createImageBitmap(await (await fetch(address)).blob());
  const canvas = new OffscreenCanvas(picture.width, picture.height), pen = canvas.getContext("2d");
  pen.drawImage(picture, 0, 0);
  const bytes = pen.getImageData(0, 0, picture.width, picture.height).data, parts = [];
  for (let from = 0; from < bytes.length; from += 32768) {
    parts.push(String.fromCharCode(...bytes.subarray(from, from + 32768)));
  }
  return [picture.width, btoa(parts.join(""))];
}"""
# Where a page may be cut: above a section, a figure or a table.
CUTS = """() => [...document.querySelectorAll("section, .plate, .table")]
  .filter(part => part.checkVisibility()).map(part => Math.floor(part.getBoundingClientRect().top + scrollY) - 8)"""


@dataclass(frozen=True)
class Picture:
    """A picture of a page: its file, the page, how wide the window is, light or dark, the first screen only."""

    name: str
    page: str
    width: int = 1280
    scheme: Literal["light", "dark"] = "light"
    is_first_screen: bool = False


def list_pictures(site: Path) -> list[Picture]:
    """What is pictured; of the uitvoerders and regions the first by name."""
    uitvoerder, region = (sorted((site / folder).glob("*.html"))[0] for folder in ("uitvoerder", "regio"))
    return [
        Picture("advies", "index.html"),
        Picture("prijzen", "prijzen.html"),
        Picture("zekerheid", "zekerheid.html"),
        Picture("plaatsen", "plaatsen.html"),
        Picture("uitvoerder", f"uitvoerder/{uitvoerder.name}"),
        Picture("regio", f"regio/{region.name}"),
        Picture("herkomst", "herkomst.html"),
        Picture("advies-telefoon", "index.html", width=390),
        Picture("advies-donker", "index.html", scheme="dark", is_first_screen=True),
    ]


def take(browser: Browser, site: Path, picture: Picture) -> bytes:
    """The picture as PNG, at most ``LARGEST_PICTURE`` bytes. Raises ValueError when no part of the page is so small."""
    context = browser.new_context(
        viewport={"width": picture.width, "height": 800}, color_scheme=picture.scheme, offline=True
    )
    page = context.new_page()
    try:
        page.goto((site / picture.page).as_uri())
        height = 800 if picture.is_first_screen else page.evaluate("() => document.documentElement.scrollHeight")
        pixels = read_pixels(page, page.screenshot(full_page=not picture.is_first_screen))
        for cut in [height, *sorted((cut for cut in page.evaluate(CUTS) if 0 < cut < height), reverse=True)]:
            written = write_png(pixels[:cut])
            if len(written) <= LARGEST_PICTURE:
                return written
    finally:
        context.close()
    raise ValueError(f"{picture.page}: no part of it is pictured in {LARGEST_PICTURE} bytes")


def read_pixels(page: Page, png: bytes) -> np.ndarray:
    """Rows × columns of colours as one number each; the browser decodes what it drew."""
    blank = page.context.new_page()
    width, text = blank.evaluate(PIXELS, "data:image/png;base64," + base64.b64encode(png).decode())
    blank.close()
    parts = np.frombuffer(base64.b64decode(text), dtype=np.uint8).reshape(-1, width, 4).astype(np.uint32)
    packed: np.ndarray = parts[..., 0] << 16 | parts[..., 1] << 8 | parts[..., 2]
    return packed


def write_png(pixels: np.ndarray) -> bytes:
    """A PNG with a palette: the colours that occur most, every other one as the nearest of those."""
    colours, places, counts = np.unique(pixels, return_inverse=True, return_counts=True)
    kept = np.sort(np.argsort(-counts, kind="stable")[:COLOURS])
    palette = split_colours(colours[kept])
    nearest = np.array([np.abs(palette - colour).sum(axis=1).argmin() for colour in split_colours(colours)])
    rows = nearest[places].reshape(pixels.shape).astype(np.uint8)
    lines = np.insert(rows, 0, 0, axis=1).tobytes()  # every line starts with its filter: none
    height, width = pixels.shape
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    colour_table = palette.astype(np.uint8).tobytes()
    parts = ((b"IHDR", head), (b"PLTE", colour_table), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


def split_colours(colours: np.ndarray) -> np.ndarray:
    """Red, green and blue of colours written as one number."""
    return np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=-1).astype(np.int32)


def find_chromium() -> str | None:
    """Chromium on the path, or the one that WLZ_CHROMIUM names."""
    names = (os.environ.get("WLZ_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def main() -> int:
    """Build the report of the last published month, take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="a published database, or the data folder it lies in")
    data = parser.parse_args().data
    database = data / "wlz.duckdb" if data.is_dir() else data
    months = published_delivery_months(database)
    chromium = find_chromium()
    if not months or chromium is None:
        reason = "Chromium is not installed" if months else f"nothing is published in {database}"
        print(f"{reason}; no pictures taken", file=sys.stderr)
        return 2
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = build_site(database, Path(folder), months[-1]).index.parent
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        for picture in list_pictures(site):
            written = take(browser, site, picture)
            (PICTURES / f"{picture.name}.png").write_bytes(written)
            print(f"docs/images/report/{picture.name}.png: {len(written) / 1000:,.0f} kB")
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
