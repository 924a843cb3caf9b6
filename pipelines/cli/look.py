"""`wlz tables`, `wlz explain`, `wlz query`: the analyst's way in, read-only."""

import json
import sys
from datetime import date
from pathlib import Path

import click
import polars as pl

from pipelines.cli.console import Month, data_option, note, resolve_data, say
from wlz.words.counts import format_count

_BINARY = {"parquet", "xlsx"}


def published(data_dir: Path | None) -> Path:
    """The published database; leaves with exit code 2 when there is none."""
    database = resolve_data(data_dir) / "wlz.duckdb"
    if not database.exists():
        note(f"no published database {database}. Next: wlz demo, or wlz run --delivery-month YYYY-MM")
        raise SystemExit(2)
    return database


@click.command(epilog="Example: wlz tables --hash")
@click.option(
    "--hash", "with_hash", is_flag=True, help="SHA-256 over the figures of every mart, whichever code ran and when."
)
@data_option
def tables(with_hash: bool, data_dir: Path | None) -> None:
    """List the published marts, or their hashes: the same advice gives the same hash."""
    from warehouse.publish import hash_marts, list_marts
    from warehouse.upgrade import behind_contract

    database = published(data_dir)
    behind = behind_contract(database)
    if behind:
        named = ", ".join(behind[:5]) + (f" and {len(behind) - 5} more" if len(behind) > 5 else "")
        marts = f"{format_count(len(behind), 'mart')} without columns of this one ({named})"
        note(f"{database.name} was published by an earlier version: {marts}. Next: wlz run or wlz report, of any month")
    say(render_frame(hash_marts(database) if with_hash else list_marts(database)))


@click.command(
    epilog="Example: wlz explain zin_uitvoerder   or   wlz explain Z053/CZ   or   "
    "wlz explain forecast_bridge --from 2018-05 --to 2018-08"
)
@click.argument("subject")
@click.option("--from", "before", type=Month(), help="With forecast_bridge: delivery month of the earlier advice.")
@click.option("--to", "after", type=Month(), help="With forecast_bridge: delivery month of the later advice.")
@click.option("--scenario", help="With forecast_bridge: way of computing (default: the later advice's first).")
@data_option
def explain(subject: str, before: date | None, after: date | None, scenario: str | None, data_dir: Path | None) -> None:
    """Explain a table (grain, columns, units, SQL) or a series (PRESTATIECODE/UITVOERDER: volume, price).

    With --from and --to what moved the room between two advices, in a sentence per component.
    """
    from pipelines.cli.diagnose import diagnose_published
    from pipelines.cli.text.explain import ExplainError, explain_series, explain_table

    try:
        if before or after or scenario:
            if subject.removeprefix("marts.") != "forecast_bridge" or before is None or after is None:
                raise ExplainError(
                    "--from and --to go together, and with forecast_bridge only: "
                    "wlz explain forecast_bridge --from 2018-05 --to 2018-08"
                )
            from pipelines.cli.bridge import explain_bridge

            say(explain_bridge(resolve_data(data_dir), before, after, scenario))
        elif "/" in subject:
            prestatiecode, _, wlz_uitvoerder = subject.partition("/")
            database = published(data_dir)
            say(explain_series(database, prestatiecode, wlz_uitvoerder))
            say(f"\n{diagnose_published(database, prestatiecode, wlz_uitvoerder)}")
        else:
            say(explain_table(subject))
    except ExplainError as error:
        note(str(error))
        raise SystemExit(2) from None


@click.command(epilog='Example: wlz query "select * from latest.zin_uitvoerder" --format csv')
@click.argument("sql")
@click.option(
    "--format",
    "shape",
    type=click.Choice(["table", "csv", "json", "parquet", "xlsx"]),
    default="table",
    show_default=True,
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write (needed for parquet and xlsx)."
)
@data_option
def query(sql: str, shape: str, out: Path | None, data_dir: Path | None) -> None:
    """Run one read-only query on the published marts. Questions and their queries: marts.example_queries.

    Schema latest has of every mart the newest advice in the scenario it shows first; schema marts has every month and
    scenario, with is_latest and is_headline.
    """
    from warehouse.duck import QueryError, run_query

    if shape in _BINARY and out is None:
        note(f"--format {shape} needs --out FILE")
        raise SystemExit(2)
    if out is not None and not out.absolute().parent.is_dir():
        note(f"--out {out}: no folder {out.parent}. Next: make it, or name another file")
        raise SystemExit(2)
    try:
        frame = run_query(published(data_dir), sql)
    except QueryError as error:
        note(f"the query did not run: {error}")
        raise SystemExit(2) from None
    write_frame(frame, shape, out)


def write_frame(frame: pl.DataFrame, shape: str, out: Path | None) -> None:
    """Rows in the shape asked for, to a file or to standard output."""
    if shape == "parquet" and out is not None:
        frame.write_parquet(out)
    elif shape == "xlsx":
        # Text stays text: a name such as '=cmd()' must not become a formula.
        frame.write_excel(out, autofit=True, dtype_formats={pl.Date: "yyyy-mm-dd"})
    else:
        text = frame.write_csv() if shape == "csv" else as_json(frame) if shape == "json" else render_frame(frame)
        if out is None:
            click.echo(text, nl=not text.endswith("\n"))
        else:
            out.write_text(text, encoding="utf-8")


def as_json(frame: pl.DataFrame) -> str:
    """Rows as a JSON list; amounts as numbers with their cents, dates as YYYY-MM-DD."""
    return json.dumps(
        frame.to_dicts(), default=lambda value: float(value) if hasattr(value, "quantize") else str(value)
    )


def render_frame(frame: pl.DataFrame) -> str:
    """Every row and column as text, without a frame's own limits."""
    width = 10_000 if not sys.stdout.isatty() else None
    with pl.Config(
        tbl_rows=-1,
        tbl_cols=-1,
        tbl_hide_dataframe_shape=True,
        tbl_hide_column_data_types=True,
        tbl_width_chars=width,
        fmt_str_lengths=200,
        tbl_cell_numeric_alignment="RIGHT",
        tbl_formatting="UTF8_BORDERS_ONLY",
    ):
        return f"{frame}\n{format_count(frame.height, 'row')}"
