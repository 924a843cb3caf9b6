"""Files in 2,000 shapes, of known truth: how many are read wrong without a word on the cause.

    python -m scripts.evidence.shapes --files 2000

A panel or a triangle is made, its truth known; then it is written as people write them (`shape_changes.py`): another
grain, other marks, a total among the parts, a slip in a year. Each file is read and computed as by `wlz forecast` and
`wlz complete`. Right: within 20 % of the truth. Said: wrong, or refused, with a word on the cause. What is neither is
silently wrong. Rows: docs/reference/evidence/shapes.csv; the page is made from them.
"""

import argparse
import csv
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from pipelines.cli.any_file import UnreadableError, open_table
from pipelines.cli.forecast import tell_incomplete
from scripts.evidence.shape_changes import PANEL_CHANGES, TRIANGLE_CHANGES, Change, Written
from wlz.files.panel import TOTAL_ID, read_panel
from wlz.files.reading import PanelError
from wlz.forecasting.any_panel import forecast_frame
from wlz.runoff import LagError
from wlz.runoff.any_triangle import complete_frame
from wlz.words.months import add_months

DOCS = Path(__file__).parents[2] / "docs" / "reference"
FILE = DOCS / "evidence" / "shapes.csv"
COLUMNS = ("seed", "command", "shape", "outcome", "ratio", "words")
WRONG = 0.20
FEW_PATHS = 20
MONTHS, HORIZON = 48, 12


class Found(NamedTuple):
    """What a command made of a file: its figure (None: refused) and everything it said."""

    figure: float | None
    words: str


def forecast_file(path: Path, separator: str) -> Found:
    """The total of the year ahead as `wlz forecast --total` has it."""
    try:
        opened = open_table(path, separator)
        panel = read_panel(opened.frame)
        found = forecast_frame(panel, total=True, paths=FEW_PATHS)
    except (PanelError, UnreadableError) as error:
        return Found(None, str(error))
    year = found.filter(pl.col("unique_id") == TOTAL_ID, pl.col("month").is_null())
    models = " ".join(found["model"].unique().drop_nulls().sort())
    said = [*opened.said, *panel.said, *panel.doubts, *panel.totals, tell_incomplete(panel) or "", models]
    return Found(float(year["forecast"][0]), "; ".join(said))


def complete_file(path: Path, separator: str) -> Found:
    """Everything completed as `wlz complete` has it."""
    try:
        opened = open_table(path, separator)
        found = complete_frame(opened.frame)
    except (LagError, PanelError, UnreadableError) as error:
        return Found(None, str(error))
    totals = found.rows.filter(pl.col("care_month").is_null())
    completed = totals["completed"]
    if completed.null_count():
        return Found(None, "; ".join(("not completed: no link ratio", *found.said)))
    return Found(float(completed.sum()), "; ".join((*opened.said, *found.said)))


def make_panel(rng: np.random.Generator) -> tuple[pl.DataFrame, float]:
    """Rows of a panel of months with season, growth and noise, and what the year ahead comes to."""
    count = int(rng.integers(1, 25))
    size, growth = np.exp(rng.normal(6, 1, count)), 1 + rng.normal(0.02, 0.03, count)
    season = 1 + rng.uniform(0, 0.25) * np.sin(2 * np.pi * (np.arange(MONTHS + HORIZON) / 12 + rng.random()))
    level = size[:, None] * growth[:, None] ** (np.arange(MONTHS + HORIZON) / 12) * season
    noise = 1 + rng.uniform(0, 0.06) * rng.standard_normal((count, MONTHS))
    first = add_months(date(2018, 1, 1), int(rng.integers(0, 24)))
    rows = [
        (f"s{row:02}", add_months(first, month), round(float(level[row, month] * noise[row, month]), 1))
        for row in range(count) for month in range(MONTHS)
    ]  # fmt: skip
    frame = pl.DataFrame(rows, schema=["unique_id", "month", "value"], orient="row")
    return frame, float(level[:, MONTHS:].sum())


def make_triangle(rng: np.random.Generator) -> tuple[pl.DataFrame, float]:
    """Rows of one to four triangles of months, and what they come to."""
    months, count = int(rng.integers(24, 40)), int(rng.integers(1, 5))
    share = np.minimum(1 - rng.uniform(0.4, 0.7) * rng.uniform(0.3, 0.6) ** np.arange(months), 1.0)
    size = np.exp(rng.normal(7, 1, count))
    first = date(2020, 1, 1)
    rows, truth = [], 0.0
    for key in range(count):
        ultimate = size[key] * (1 + 0.05 * rng.standard_normal(months))
        truth += float(ultimate.sum())
        for month in range(months):
            noisy = share * (1 + 0.01 * rng.standard_normal(months) * (1 - share))
            rows += [
                (f"k{key}", add_months(first, month), add_months(first, month + lag), round(ultimate[month] * known, 2))
                for lag, known in enumerate(noisy[: months - month])
            ]
    return pl.DataFrame(rows, schema=["key", "care_month", "delivery_month", "value"], orient="row"), truth


def judge(found: Found, truth: float, change: Change) -> tuple[str, float | None]:
    """right, said or silent; and the figure over the truth."""
    ratio = None if found.figure is None else found.figure / truth
    if ratio is not None and abs(ratio - 1) <= WRONG:
        return "right", ratio
    has_cause = re.search(change.words, found.words, re.IGNORECASE) is not None
    return ("refused" if ratio is None else "said") if has_cause else "silent", ratio


def try_files(count: int, seed: int = 0) -> Iterator[dict[str, object]]:
    """Row per file: panels and triangles in turn, each in a shape of its own."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(seed, seed + count):
            rng = np.random.default_rng(number)
            is_panel = number % 3 != 2
            changes = PANEL_CHANGES if is_panel else TRIANGLE_CHANGES
            turn = number - number // 3 if is_panel else number // 3
            name = list(changes)[turn % len(changes)]
            frame, truth = (make_panel if is_panel else make_triangle)(rng)
            written: Written = changes[name].write(frame, rng, Path(folder))
            found = (forecast_file if is_panel else complete_file)(written.path, written.separator)
            outcome, ratio = judge(found, truth * written.factor, changes[name])
            yield {
                "seed": number,
                "command": "forecast" if is_panel else "complete",
                "shape": name,
                "outcome": outcome,
                "ratio": "" if ratio is None else f"{ratio:.4f}",
                "words": found.words[:200] if outcome in ("silent", "said", "refused") else "",
            }


def write_page(path: Path, rows: list[dict[str, object]]) -> None:
    """docs/reference/evidence-shapes.md from the rows alone."""
    counts = Counter((row["command"], row["shape"], row["outcome"]) for row in rows)
    shapes = sorted({(str(row["command"]), str(row["shape"])) for row in rows}, reverse=True)
    outcomes = ("right", "refused", "said", "silent")
    total = {one: sum(row["outcome"] == one for row in rows) for one in outcomes}
    lines = [
        "# Evidence: files in any shape",
        "",
        "Written by `make evidence` from `evidence/shapes.csv`. Panels and triangles of known truth, each written as "
        "people write them;",
        "read and computed as by `wlz forecast` and `wlz complete` without an option. The worlds are made of season, "
        "growth and noise,",
        "run-off of a geometric tail: they are easy; what is tried is the reading.",
        "",
        f"{len(rows):,} files: {total['right']:,} right within {WRONG:.0%}, {total['refused']:,} refused with a "
        f"word on the cause, {total['said']:,} used with one, **{total['silent']:,} silently wrong** (goal 0).",
        "",
        "| command | shape | right | refused | said | silent |",
        "|---|---|---|---|---|---|",
        *(
            f"| `{command}` | {shape} | " + " | ".join(str(counts[command, shape, one]) for one in outcomes) + " |"
            for command, shape in shapes
        ),
        "",
    ]
    path.write_text("\n".join(lines), encoding="utf-8")


def main() -> None:
    """Try the files, write rows and page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2000)
    asked = parser.parse_args()
    rows = list(try_files(asked.files))
    with FILE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    write_page(DOCS / "evidence-shapes.md", rows)


if __name__ == "__main__":
    main()
