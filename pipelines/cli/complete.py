"""`wlz complete`: the lag method on any triangle from a file. No warehouse, no deliveries: file in, file out."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
import polars as pl

from pipelines.cli import any_file
from pipelines.cli.any_file import UnreadableError
from pipelines.cli.console import note, say
from pipelines.cli.forecast import reading_of
from wlz.runoff.any_triangle import DEFAULT_METHOD, METHODS
from wlz.words.counts import format_count

if TYPE_CHECKING:
    from wlz.runoff.any_triangle import CompletedTriangle

SHOWN_TOTALS = 5
triangle_options = any_file.options(
    click.option("--keys", default="", help="Key columns, comma between them (default: all but the months and value)."),
    click.option("--care-month", help="Column with the care months (default: care_month, origin, …)."),
    click.option("--delivery-month", help="Column with the delivery months (default: delivery_month, valuation, …)."),
    click.option("--lag", help="Column with lags instead of delivery months (default: dev, development, age, …)."),
    click.option("--value", help="Column with the values (default: value, or a usual name)."),
    any_file.decimal_option,
    click.option(
        "--values", type=click.Choice(["increments"]), help="The values are what came in per delivery: add them up."
    ),
    any_file.freq_option,
    any_file.as_is_option,
)
ROLES = ("care_month", "delivery_month", "lag", "value")


@click.command(epilog="Example: wlz complete triangle.csv --out completed.csv --method mack")
@click.argument("triangle", type=any_file.source_argument)
@any_file.out_option
@click.option(
    "--method", type=click.Choice(METHODS), default=DEFAULT_METHOD, show_default=True, help="Way of completing."
)
@click.option("--factors", type=click.Path(path_type=Path, dir_okay=False), help="Also write the link ratios here.")
@any_file.separator_option
@triangle_options
def complete(
    triangle: Path, out: Path, method: str, keys: str, factors: Path | None, separator: str, **how: str | bool | None
) -> None:
    """Complete the months of any triangle of claims for lag, with 80 and 95 % bounds.

    TRIANGLE is a .csv, .parquet or .xlsx with any key columns, care_month, delivery_month (2018-05 or 2018-05-01) and
    value, cumulative to that delivery (0 is a zero, no row is not observed), or a table with a column per lag. OUT has
    a row per key and care month, and a total per key without a month. --method mack is the textbook chain ladder with
    Mack's standard error. With --freq weekly care and deliveries are weeks. Exit code 1 when the file cannot be used;
    wlz inspect says what a file is understood as.
    """
    from wlz.files.reading import PanelError
    from wlz.runoff import LagError
    from wlz.runoff.any_triangle import complete_frame

    wanted = [name.strip() for name in keys.split(",") if name.strip()] or None
    outs = [("--out", out), *([("--factors", factors)] if factors else [])]
    any_file.refuse_wrong_use(("TRIANGLE", triangle), outs)
    try:
        opened = any_file.open_table(triangle, separator)
        found = complete_frame(opened.frame, wanted, method, reading_of(ROLES, how))
    except (LagError, PanelError, UnreadableError) as error:
        note(f"{triangle}: {error}")
        raise SystemExit(1) from None
    written = [(out, found.rows), *([(factors, found.factors)] if factors else [])]
    for path, frame in written:
        try:
            any_file.write_whole(frame, path, separator)
        except OSError as error:
            note(f"{path}: not written ({error}). Next: name a file in a folder with room that you can write in")
            raise SystemExit(2) from None
    _tell(found, [*opened.said, *found.said])
    say("written: " + ", ".join(str(path) for path, _ in written))


def _tell(found: "CompletedTriangle", said: list[str]) -> None:
    """How much was completed, with what, and the totals of the first keys."""
    unit, rows = "week" if found.is_weekly else "month", found.rows.rename({"care_week": "care_month"}, strict=False)
    totals = rows.filter(pl.col("care_month").is_null())
    months = rows.height - totals.height
    told = f"{format_count(totals.height, 'triangle')}, {format_count(months, f'care {unit}')}"
    say(f"{told} completed with {rows['method'][0]}")
    for line in said:
        say(f"  {line}")
    names = rows.columns[: rows.columns.index("care_month")]
    for row in totals.head(SHOWN_TOTALS).iter_rows(named=True):
        label = ", ".join(str(row[name]) for name in names) or "total"
        if row["completed"] is None:
            say(f"  {label}: declared {row['declared']:,.0f}, not completed: {_why_not(rows, row, names)}")
            continue
        error = row["standard_error"]
        sure = "unknown" if error is None else f"{error:,.0f}"
        say(
            f"  {label}: declared {row['declared']:,.0f}, completed {row['completed']:,.0f}, "
            f"to come {row['completed'] - row['declared']:,.0f} (standard error {sure})"
        )
    if totals.height > SHOWN_TOTALS:
        say(f"  and {totals.height - SHOWN_TOTALS:,} more")


def _why_not(rows: pl.DataFrame, total: dict[str, object], names: list[str]) -> str:
    """Of how many care months of a key nothing is learnt, and what else may be tried."""
    months = rows.drop_nulls("care_month")
    for name in names:
        months = months.filter(pl.col(name).eq_missing(pl.lit(total[name])))
    lacking = months["completed"].null_count()
    is_mack = str(total["method"]).startswith("mack")
    more = ". The default method learns across missing deliveries, and from other keys" if is_mack else ""
    return (
        f"no link ratio leads on from what is known of {lacking:,} of {format_count(months.height, 'care month')}{more}"
    )
