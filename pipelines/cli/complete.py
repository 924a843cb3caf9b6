"""`wlz complete`: the lag method on any triangle from a file. No warehouse, no deliveries: file in, file out."""

from pathlib import Path

import click
import polars as pl

from pipelines.cli.console import note, say
from pipelines.cli.forecast import ENDINGS, UnreadableError, read_table, write_whole
from wlz.runoff.any_triangle import DEFAULT_METHOD, METHODS
from wlz.words.counts import format_count

SHOWN_TOTALS = 5


@click.command(epilog="Example: wlz complete triangle.csv --out completed.csv --method mack")
@click.argument("triangle", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File to write: .csv or .parquet."
)
@click.option(
    "--method", type=click.Choice(METHODS), default=DEFAULT_METHOD, show_default=True, help="Way of completing."
)
@click.option("--keys", default="", help="Key columns, comma between them (default: all but the months and value).")
@click.option("--factors", type=click.Path(path_type=Path, dir_okay=False), help="Also write the link ratios here.")
@click.option(
    "--separator", type=click.Choice([",", ";"]), default=",", show_default=True, help="Of every CSV, in and out."
)
def complete(triangle: Path, out: Path, method: str, keys: str, factors: Path | None, separator: str) -> None:
    """Complete the months of any triangle of claims for lag, with 80 and 95 % bounds.

    TRIANGLE is a .csv or .parquet with any key columns, care_month, delivery_month (2018-05 or 2018-05-01) and value,
    cumulative to that delivery (0 is a zero, no row is not observed). OUT has a row per key and care month, and a total
    per key without a month. --method mack is the textbook chain ladder with Mack's standard error. Exit code 1 when the
    file cannot be used.
    """
    from wlz.forecasting.any_panel import PanelError
    from wlz.runoff import LagError
    from wlz.runoff.any_triangle import complete_frame

    wanted = [name.strip() for name in keys.split(",") if name.strip()] or None
    _refuse_wrong_use(triangle, [("--out", out), *([("--factors", factors)] if factors else [])])
    try:
        found = complete_frame(read_table(triangle, separator), wanted, method)
    except (LagError, PanelError, UnreadableError) as error:
        note(f"{triangle}: {error}")
        raise SystemExit(1) from None
    written = [(out, found.rows), *([(factors, found.factors)] if factors else [])]
    for path, frame in written:
        try:
            write_whole(frame, path, separator)
        except OSError as error:
            note(f"{path}: not written ({error}). Next: name a file in a folder with room that you can write in")
            raise SystemExit(2) from None
    _tell(found.rows)
    say("written: " + ", ".join(str(path) for path, _ in written))


def _tell(rows: pl.DataFrame) -> None:
    """How much was completed, with what, and the totals of the first keys."""
    totals = rows.filter(pl.col("care_month").is_null())
    months = rows.height - totals.height
    told = f"{format_count(totals.height, 'triangle')}, {format_count(months, 'care month')}"
    say(f"{told} completed with {rows['method'][0]}")
    names = rows.columns[: rows.columns.index("care_month")]
    for row in totals.head(SHOWN_TOTALS).iter_rows(named=True):
        label = ", ".join(str(row[name]) for name in names) or "total"
        if row["completed"] is None:
            say(f"  {label}: declared {row['declared']:,.0f}, not completed: one delivery, nothing to learn from")
            continue
        error = row["standard_error"]
        sure = "unknown" if error is None else f"{error:,.0f}"
        say(
            f"  {label}: declared {row['declared']:,.0f}, completed {row['completed']:,.0f}, "
            f"to come {row['completed'] - row['declared']:,.0f} (standard error {sure})"
        )
    if totals.height > SHOWN_TOTALS:
        say(f"  and {totals.height - SHOWN_TOTALS:,} more")


def _refuse_wrong_use(triangle: Path, outs: list[tuple[str, Path]]) -> None:
    """Leaves with exit code 2 for another ending, a folder that is not there, or one file for two things."""
    for name, path in [("TRIANGLE", triangle), *outs]:
        if path.suffix.lower() not in ENDINGS:
            note(
                f"{name} {path}: found the ending {path.suffix or 'of no kind'!r}, expected {' or '.join(ENDINGS)}. "
                "Next: save as one of those"
            )
            raise SystemExit(2)
    for name, path in outs:
        if not path.absolute().parent.is_dir():
            note(f"{name} {path}: no folder {path.parent}. Next: make it, or name another file")
            raise SystemExit(2)
    paths = [path.resolve() for path in (triangle, *(path for _, path in outs))]
    if len(set(paths)) < len(paths):
        note(f"{', '.join(map(str, paths))}: found one file named twice, which would be lost. Next: name another file")
        raise SystemExit(2)
