"""`wlz forecast`: the volume method on any panel from a file. No warehouse, no deliveries: file in, file out."""

import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click
import polars as pl

from pipelines.cli.console import note, say
from wlz.forecasting.engines import DEFAULT_ENGINE, ENGINES
from wlz.words.counts import format_count
from wlz.words.faults import Spoken

if TYPE_CHECKING:
    from wlz.forecasting.any_panel import PanelFrame

ENDINGS = (".csv", ".parquet")


class UnreadableError(Spoken, ValueError):
    """A file that is not what its name says."""


@click.command(epilog="Example: wlz forecast volumes.csv --out forecast.csv --total")
@click.argument("series", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File to write: .csv or .parquet."
)
@click.option(
    "--engine", type=click.Choice(list(ENGINES)), default=DEFAULT_ENGINE, show_default=True, help="Way of forecasting."
)
@click.option(
    "--horizon",
    type=click.IntRange(1, 60),
    default=12,
    show_default=True,
    help="Months after the last one known.",
)
@click.option("--total", is_flag=True, help="Add the sum of all series, as __total__, with the bounds of that sum.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Same seed, same bounds.")
@click.option(
    "--separator",
    type=click.Choice([",", ";"]),
    default=",",
    show_default=True,
    help="Of every CSV, in and out.",
)
def forecast(series: Path, out: Path, engine: str, horizon: int, total: bool, seed: int, separator: str) -> None:
    """Forecast any monthly series from a file, with 80 and 95 % bounds.

    SERIES is a .csv or .parquet with the columns unique_id, month (2018-05 or 2018-05-01) and value (decimal point;
    nothing is a month without observation, 0 is none). OUT has a row per series and month, and one per series without
    a month: the sum over the horizon. Exit code 1 when the file cannot be used.
    """
    from wlz.forecasting.any_panel import PanelError, forecast_frame, read_panel

    _refuse_wrong_use(series, out)
    try:
        panel = read_panel(read_table(series, separator))
        found = forecast_frame(panel, engine=engine, horizon=horizon, total=total, seed=seed)
    except (PanelError, UnreadableError) as error:
        note(f"{series}: {error}")
        raise SystemExit(1) from None
    try:
        write_whole(found, out, separator)
    except OSError as error:
        note(f"--out {out}: not written ({error}). Next: name a file in a folder with room that you can write in")
        raise SystemExit(2) from None
    tell_forecast(panel, found, engine, out)


def _refuse_wrong_use(series: Path, out: Path) -> None:
    """Leaves with exit code 2 for another ending, a folder that is not there, or one file for both."""
    for name, path in (("SERIES", series), ("--out", out)):
        if path.suffix.lower() not in ENDINGS:
            note(f"{name} {path}: found the ending {path.suffix or 'of no kind'!r}, expected {' or '.join(ENDINGS)}")
            raise SystemExit(2)
    if not out.absolute().parent.is_dir():
        note(f"--out {out}: no folder {out.parent}. Next: make it, or name another file")
        raise SystemExit(2)
    if out.exists() and out.samefile(series):
        note(f"--out {out}: is the file with the series, which would be lost. Next: name another file")
        raise SystemExit(2)


def read_table(path: Path, separator: str) -> pl.DataFrame:
    """Rows of a file; those of a CSV as text, so that 007 stays 007. Raises UnreadableError."""
    try:
        if path.suffix.lower() == ".parquet":
            return pl.read_parquet(path)
        return pl.read_csv(path, separator=separator, infer_schema=False)
    except pl.exceptions.NoDataError:
        raise UnreadableError(
            "found nothing in it, expected a header and rows. Likely an export that broke off. Next: export again"
        ) from None
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UnreadableError(
            f"found something else than its ending says ({told}), expected a {path.suffix} file. Likely another format "
            "or encoding (CSV must be UTF-8), another separator or a decimal comma, or a file that is not whole. Next: "
            "name the separator with --separator, or export again"
        ) from None


def write_whole(found: pl.DataFrame, out: Path, separator: str) -> None:
    """Write beside and rename over: who reads `out` sees the old file or the new one, never half. Raises OSError."""
    beside = out.with_name(f".{out.name}.{os.getpid()}.new")
    try:
        if out.suffix.lower() == ".parquet":
            found.write_parquet(beside)
        else:
            found.write_csv(beside, separator=separator)
        os.replace(beside, out)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise OSError(str(error).splitlines()[0].replace(beside.name, out.name)) from None
    finally:
        beside.unlink(missing_ok=True)


def tell_forecast(panel: "PanelFrame", found: pl.DataFrame, engine: str, out: Path) -> None:
    """What was forecast, which rules applied to how many series, the total if asked for."""
    from wlz.forecasting.any_panel import NO_FORECAST, TOTAL_ID, count_edge_cases

    months = found["month"].drop_nulls()
    count = len(panel.ids)
    say(
        f"{count:,} series, {_label(panel.first_month)} to {_label(panel.last_month)}; forecast {_label(months[0])} to "
        f"{_label(months[-1])} with {engine}"
    )
    cases = count_edge_cases(found)
    say(f"edge cases: {', '.join(f'{number:,} {flag}' for flag, number in cases.items()) or 'none'}")
    if NO_FORECAST in found["model"]:
        say("  silent: no value in the last 12 months, so no forecast and no part in a total. Write zeros if it ended")
    for row in found.filter(pl.col("unique_id") == TOTAL_ID, pl.col("month").is_null()).iter_rows(named=True):
        shown = {name: _show(value) for name, value in row.items() if isinstance(value, float)}
        say(
            f"total of the {format_count(months.n_unique(), 'month')}: {shown['forecast']}; "
            f"80 % {shown['lower_80']} to {shown['upper_80']}; 95 % {shown['lower_95']} to {shown['upper_95']}"
        )
    say(f"written: {out}")


def _label(month: date) -> str:
    return month.isoformat()[: len("2018-05")]


def _show(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
