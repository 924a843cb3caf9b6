"""`wlz forecast`: the volume method on any panel from a file. No warehouse, no deliveries: file in, file out."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
import polars as pl

from pipelines.cli import any_file
from pipelines.cli.any_file import UnreadableError
from pipelines.cli.console import note, say
from wlz.files.reading import Reading
from wlz.forecasting.any_grain import HORIZON_LIMIT_WEEKS
from wlz.forecasting.engines import DEFAULT_ENGINE, ENGINES
from wlz.words.counts import format_count
from wlz.words.months import add_months, month_label

if TYPE_CHECKING:
    from wlz.files.panel import PanelFrame

panel_options = any_file.options(
    click.option("--id", "unique_id", help="Column with the name of the series (default: unique_id, or a usual name)."),
    click.option("--month", help="Column with the months (default: month, or a usual name)."),
    click.option("--value", help="Column with the values (default: value, or a usual name)."),
    any_file.decimal_option,
    click.option(
        "--absent", type=click.Choice(["gap", "zero"]), help="What a month without a row is (default: a gap, if few)."
    ),
    click.option(
        "--values",
        type=click.Choice(["cumulative", "year-to-date"]),
        help="The values are running totals, since the first month or since January: take the differences.",
    ),
    any_file.freq_option,
    any_file.as_is_option,
)


@click.command(epilog="Example: wlz forecast volumes.csv --out forecast.csv --total")
@click.argument("series", type=any_file.source_argument)
@any_file.out_option
@click.option(
    "--engine", type=click.Choice(list(ENGINES)), default=DEFAULT_ENGINE, show_default=True, help="Way of forecasting."
)
@click.option(
    "--horizon",
    type=click.IntRange(1, HORIZON_LIMIT_WEEKS),
    help="Months (to 60) or weeks (to 208) after the last one known.  [default: 12 months, 52 weeks]",
)
@click.option("--total", is_flag=True, help="Add the sum of all series, as __total__, with the bounds of that sum.")
@click.option(
    "--total-by", multiple=True, metavar="COLUMN", help="Also add the sums per value of this column. Repeatable."
)
@click.option(
    "--days",
    type=click.Choice(["weekdays"]),
    help="Forecast months per day from Monday to Friday, if series follow those.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Same seed, same bounds.")
@any_file.separator_option
@panel_options
def forecast(
    series: Path,
    out: Path,
    engine: str,
    horizon: int | None,
    total: bool,
    total_by: tuple[str, ...],
    days: str | None,
    seed: int,
    separator: str,
    **how: str | bool | None,
) -> None:
    """Forecast any monthly or weekly series from a file, with 80 and 95 % bounds.

    SERIES is a .csv, .parquet or .xlsx with the columns unique_id, month (2018-05 or 2018-05-01) and value (decimal
    point; nothing is a month without observation, 0 is none), or a wide table. OUT has a row per series and month, and
    one per series without a month: the sum over the horizon. With --freq weekly rows are weeks: 2024-W05, or a date on
    the same day of every week. Exit code 1 when the file cannot be used; wlz inspect says
    what a file is understood as.
    """
    from wlz.files.panel import PanelError
    from wlz.forecasting.any_grain import forecast_panel

    any_file.refuse_wrong_use(("SERIES", series), [("--out", out)])
    try:
        panel = open_panel(series, separator, total_by, **how)
        as_is = bool(how["as_is"])
        found = forecast_panel(panel, engine=engine, horizon=horizon, total=total, seed=seed, as_is=as_is, days=days)
    except (PanelError, UnreadableError) as error:
        note(f"{series}: {error}")
        raise SystemExit(1) from None
    try:
        any_file.write_whole(found, out, separator)
    except OSError as error:
        note(f"--out {out}: not written ({error}). Next: name a file in a folder with room that you can write in")
        raise SystemExit(2) from None
    tell_forecast(panel, found, engine, as_is)
    say(f"written: {out}")


def open_panel(path: Path, separator: str, total_by: tuple[str, ...] = (), **how: str | bool | None) -> "PanelFrame":
    """The panel of a file, read as the options say. Raises PanelError or UnreadableError."""
    from wlz.files.panel import read_panel

    opened = any_file.open_table(path, separator)
    panel = read_panel(opened.frame, reading_of(("unique_id", "month", "value"), how), total_by)
    return panel._replace(said=(*opened.said, *panel.said))


def reading_of(roles: tuple[str, ...], how: dict[str, str | bool | None]) -> Reading:
    """What the options say of a file: named columns by role, and the rest."""
    columns = {role: str(how[role]) for role in roles if how.get(role)}
    rest = {name: how[name] for name in ("decimal", "absent", "values", "freq") if how.get(name)}
    return Reading(columns, as_is=bool(how.get("as_is")), **rest)  # type: ignore[arg-type]


def tell_forecast(panel: "PanelFrame", found: pl.DataFrame, engine: str, as_is: bool) -> None:
    """What was forecast, which rules applied to how many series, the total if asked for."""
    from wlz.files.panel import TOTAL_ID
    from wlz.forecasting.any_panel import NO_FORECAST, count_edge_cases

    unit = "week" if panel.weeks else "month"
    months = found[unit].drop_nulls()
    count = len(panel.ids)
    first, last = (day.isoformat() if panel.weeks else month_label(day) for day in (months[0], months[-1]))
    known = f"{panel.label(panel.first_month)} to {panel.label(panel.last_month)}"
    say(f"{count:,} series, {known}; forecast {first} to {last} with {engine}")
    incomplete = None if as_is else tell_incomplete(panel)
    for line in (*panel.said, *panel.doubts, *([incomplete] if incomplete else [])):
        say(f"  {line}")
    cases = count_edge_cases(found)
    say(f"edge cases: {', '.join(f'{number:,} {flag}' for flag, number in cases.items()) or 'none'}")
    if NO_FORECAST in found["model"]:
        say("  silent: no value in the last 12 months, so no forecast and no part in a total. Write zeros if it ended")
    totals = found.filter(pl.col("unique_id").str.starts_with(TOTAL_ID), pl.col(unit).is_null())
    if panel.totals and not totals.is_empty():
        say(f"  no part in a total, being sums of other series: {', '.join(panel.totals[:5])}")
    for row in totals.iter_rows(named=True):
        shown = {name: _show(value) for name, value in row.items() if isinstance(value, float)}
        of = row["unique_id"].removeprefix(TOTAL_ID).removeprefix(":")
        say(
            f"total{f' {of}' if of else ''} of the {format_count(months.n_unique(), unit)}: {shown['forecast']}; "
            f"80 % {shown['lower_80']} to {shown['upper_80']}; 95 % {shown['lower_95']} to {shown['upper_95']}"
        )


def tell_incomplete(panel: "PanelFrame") -> str | None:
    """Which last months (or weeks) are not complete, and how low they are."""
    from wlz.forecasting.any_grain import find_incomplete

    found = find_incomplete(panel)
    if found.too_many:
        unit = "weeks" if panel.weeks else "months"
        return (
            f"the last six {unit} or more are far lower than expected in nearly all series, and are taken as they are: "
            "leave out those that are not complete"
        )
    if not found.months:
        return None
    months = [add_months(panel.last_month, 1 - found.months + place) for place in range(found.months)]
    told = ", ".join(f"{panel.label(month)} at {ratio:.0%}" for month, ratio in zip(months, found.ratios, strict=True))
    return f"not complete in nearly all series, and forecast instead: {told} of what was expected (--as-is takes them)"


def _show(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
