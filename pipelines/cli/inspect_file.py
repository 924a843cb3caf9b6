"""`wlz inspect`: what a file of a panel or a triangle is understood as, before anything is computed from it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
import polars as pl

from pipelines.cli import any_file
from pipelines.cli.any_file import UnreadableError
from pipelines.cli.complete import ROLES
from pipelines.cli.console import note, say
from pipelines.cli.forecast import reading_of, tell_incomplete
from wlz.words.counts import format_count
from wlz.words.months import add_months

if TYPE_CHECKING:
    from wlz.files.panel import PanelFrame
    from wlz.files.reading import Reading
    from wlz.runoff import Triangle

SHOWN = 5
SILENT_MONTHS, WEEKS_IN_YEAR = 12, 52
COLUMN_OPTIONS = (
    ("--id", "unique_id"), ("--month",), ("--value",), ("--care-month",), ("--delivery-month",), ("--lag",),
)  # fmt: skip


@click.command(name="inspect", epilog="Example: wlz inspect volumes.csv --separator=';' --decimal ,")
@click.argument("file", type=any_file.source_argument)
@any_file.separator_option
@any_file.options(
    *(click.option(*name, help="As of wlz forecast or wlz complete.") for name in COLUMN_OPTIONS),
    click.option("--keys", default="", help="As of wlz complete."),
    any_file.decimal_option,
    click.option("--absent", type=click.Choice(["gap", "zero"]), help="As of wlz forecast."),
    click.option(
        "--values",
        type=click.Choice(["cumulative", "year-to-date", "increments"]),
        help="As of wlz forecast or wlz complete.",
    ),
    any_file.freq_option,
    any_file.as_is_option,
)
def inspect_file(file: Path, separator: str, keys: str, **how: str | bool | None) -> None:
    """Say what FILE is understood as, and what wlz forecast or wlz complete would do with it.

    A file with care months and deliveries or lags is a triangle, any other a panel of months. Told: series or keys,
    first and last month, gaps, zeros, what is odd. Exit code 1 with the reason when the file cannot be used.
    """
    from wlz.files.reading import PanelError
    from wlz.files.triangle import is_triangle
    from wlz.runoff import LagError

    any_file.refuse_wrong_use(("FILE", file), [])
    wanted = [name.strip() for name in keys.split(",") if name.strip()] or None
    try:
        opened = any_file.open_table(file, separator)
        reading = reading_of(("unique_id", "month", *ROLES), how)
        triangular = is_triangle(opened.frame, reading)
        lines = _triangle(opened.frame, wanted, reading) if triangular else _panel(opened.frame, reading)
    except (LagError, PanelError, UnreadableError) as error:
        note(f"{file}: {error}")
        raise SystemExit(1) from None
    for line in (lines[0], *(f"  {line}" for line in opened.said), *lines[1:]):
        say(line)


def _panel(frame: pl.DataFrame, reading: "Reading") -> list[str]:
    from wlz.files.panel import read_panel

    return describe_panel(read_panel(frame, reading), as_is=reading.as_is)


def _triangle(frame: pl.DataFrame, keys: list[str] | None, reading: "Reading") -> list[str]:
    from wlz.runoff.any_triangle import open_triangle

    triangle, said, weeks = open_triangle(frame, keys, reading)
    lines = describe_triangle(triangle, said, is_weekly=weeks is not None)
    return [weeks.say(line) for line in lines] if weeks else lines


def describe_panel(panel: "PanelFrame", *, as_is: bool) -> list[str]:
    """A panel in a few lines: how many series, which months, what is missing or odd, what a forecast would do."""
    values = panel.values
    known = ~np.isnan(values)
    first, last = np.argmax(known, axis=1), values.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
    columns = np.arange(values.shape[1])
    gaps = ~known & (columns > first[:, None]) & (columns < last[:, None])
    early = last < values.shape[1] - 1
    lines = [
        f"panel: {len(panel.ids):,} series, {panel.label(panel.first_month)} to {panel.label(panel.last_month)}",
        f"  {int(known.sum()):,} values, {int((values == 0).sum()):,} of them 0; {int(gaps.sum()):,} gaps inside "
        f"{int(gaps.any(axis=1).sum()):,} series",
    ]
    if early.any():
        lines.append(f"  end before {panel.label(panel.last_month)}: {_some(panel.ids, early)}")
    lines += [f"  {line}" for line in (*panel.said, *panel.doubts)]
    if panel.totals:
        lines.append(f"  sums of other series, no part of a total: {', '.join(panel.totals[:SHOWN])}")
    incomplete = None if as_is else tell_incomplete(panel)
    year = WEEKS_IN_YEAR if panel.weeks else SILENT_MONTHS
    silent = ~known[:, -year:].any(axis=1)
    lines += [f"  {incomplete}"] if incomplete else []
    lines += [f"  no value in the last year, so no forecast: {_some(panel.ids, silent)}"] if silent.any() else []
    counted, after = int((~silent).sum()), add_months(panel.last_month, 1)
    return [*lines, f"wlz forecast would forecast {counted:,} series from {panel.label(after)} on"]


def _some(ids: list[str], which: Any) -> str:
    names = [name for name, one in zip(ids, which, strict=True) if one]
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def describe_triangle(triangle: "Triangle", said: tuple[str, ...], *, is_weekly: bool = False) -> list[str]:
    """A triangle in a few lines: keys, care months, deliveries, what is missing, how it would be completed."""
    from wlz.runoff.any_triangle import describe_method

    values = triangle.values
    seen = ~np.isnan(values)
    months = triangle.care_months
    diagonals = np.add.outer(np.arange(values.shape[1]), np.arange(values.shape[2]))
    delivered = np.unique(diagonals[seen.any(axis=0)])
    missing = int(delivered.max() - delivered.min() + 1 - len(delivered))
    keys = ", ".join(triangle.keys.columns) or "no key columns"
    return [
        f"triangle: {format_count(triangle.keys.height, 'key')} ({keys}), care months {months[0]:%Y-%m} to "
        f"{months[-1]:%Y-%m}, in steps of {format_count(triangle.step_months, 'month')}",
        f"  {len(delivered):,} deliveries, {missing:,} missing between the first and the last;"
        f" lags {triangle.lags[0]} to {triangle.lags[-1]}; {int(seen.sum()):,} cells, {int((values == 0).sum()):,} "
        "of them 0",
        *(f"  {line}" for line in said),
        f"wlz complete would take {describe_method(triangle, is_weekly=is_weekly)}",
    ]
