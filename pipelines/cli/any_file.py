"""Files of anybody for `wlz forecast`, `complete`, `inspect` and `backtest`: read as a table, written whole or not.

What the columns are is not known here (`wlz/files/`).
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
import polars as pl

from pipelines.cli.console import note
from wlz.words.faults import Spoken

_UNNAMED = "__UNNAMED__"
ENDINGS = (".csv", ".parquet")  # of what is written
READ_ENDINGS = (".csv", ".parquet", ".xlsx")
MOST_TITLES = 20  # lines above the header
HEAD_BYTES = 65_536
_LIKELY = (
    "another format or encoding (CSV must be UTF-8), another separator or a decimal comma, or a file that is not whole"
)
source_argument = click.Path(path_type=Path, dir_okay=False, exists=True)
out_option = click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File to write: .csv or .parquet."
)
separator_option = click.option(
    "--separator", type=click.Choice([",", ";"]), default=",", show_default=True, help="Of every CSV, in and out."
)
decimal_option = click.option(
    "--decimal", type=click.Choice([".", ","]), help="Sign of decimals in text; the other one then marks thousands."
)
freq_option = click.option(
    "--freq", type=click.Choice(["monthly", "weekly"]), default="monthly", show_default=True, help="What a row is of."
)
as_is_option = click.option("--as-is", is_flag=True, help="Take the file as it is: refuse nothing that only looks odd.")


class UnreadableError(Spoken, ValueError):
    """A file that is not what its name says."""


class Opened(NamedTuple):
    """A table from a file, its text as text, and what was passed over around it."""

    frame: pl.DataFrame
    said: list[str]


def options(*decorators: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Several options as one decorator, shown in this order."""

    def decorate(command: Any) -> Any:
        for one in reversed(decorators):
            command = one(command)
        return command

    return decorate


def open_table(path: Path, separator: str) -> Opened:
    """Rows of a .csv, .parquet or .xlsx; those of a CSV as text, so that 007 stays 007. Raises UnreadableError."""
    try:
        ending = path.suffix.lower()
        if ending == ".parquet":
            return Opened(pl.read_parquet(path), [])
        if ending == ".xlsx":
            return _open_workbook(path)
        return _open_csv(path, separator)
    except pl.exceptions.NoDataError:
        raise UnreadableError(
            "found nothing in it, expected a header and rows. Likely an export that broke off. Next: export again"
        ) from None
    except UnreadableError:
        raise
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UnreadableError(
            f"found something else than its ending says ({told}), expected a {path.suffix} file. Likely {_LIKELY}. "
            "Next: name the separator with --separator, or export again"
        ) from None


def read_table(path: Path, separator: str) -> pl.DataFrame:
    """The rows alone of ``open_table``."""
    return open_table(path, separator).frame


def _open_csv(path: Path, separator: str) -> Opened:
    """A CSV without lines above its header and notes below its rows; columns without name and value are left out."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise UnreadableError(
            "found UTF-16, expected UTF-8. Likely *Unicode text* of a spreadsheet. Next: save it as CSV UTF-8"
        )
    lines = head.decode("utf-8-sig", "replace").splitlines()
    titles = _count_titles(lines, separator)
    frame = pl.read_csv(path, separator=separator, infer_schema=False, skip_lines=titles)
    said = [f"{titles} lines above the header are passed over ({lines[0][:60]!r})"] if titles else []
    nameless = [name for name in frame.columns if not name.strip() or "_duplicated_" in name]
    empty = [name for name in nameless if frame[name].null_count() == frame.height]
    frame = frame.drop(empty)
    notes = _count_notes(frame)
    if notes:
        first = next((text for text in frame[frame.columns[0]].tail(notes) if text), "empty")
        said.append(f"{notes} lines below the rows are passed over ({first[:60]!r})")
    return Opened(frame.head(frame.height - notes), said)


def _count_titles(lines: Sequence[str], separator: str) -> int:
    """Lines above the header: comments, and lines without a separator before lines that have one."""
    for place, line in enumerate(lines[:MOST_TITLES]):
        is_title = line.lstrip().startswith("#") or separator not in line
        if not is_title:
            return place if all(separator in one for one in lines[place : place + 2]) else 0
    return 0


def _count_notes(frame: pl.DataFrame) -> int:
    """Last rows with a first field only, or none: a source or remark below the table, and empty lines before it."""
    if frame.width < 2:
        return 0
    count = 0
    for row in reversed(frame.tail(MOST_TITLES).rows()):
        if any(one is not None for one in row[1:]):
            break
        count += 1
    return count


def _open_workbook(path: Path) -> Opened:
    """The first sheet with rows of a workbook; whole numbers stay whole."""
    sheets = pl.read_excel(path, sheet_id=0, raise_if_empty=False)
    filled = {name: frame for name, frame in sheets.items() if not frame.is_empty()}
    if not filled:
        raise UnreadableError(
            "found a workbook without rows, expected a header and rows. Likely another file. Next: export again"
        )
    name, frame = next(iter(filled.items()))
    frame, titles = _below_titles(path, name, frame)
    others = len(filled) - 1
    said = [f"sheet {name!r} is read" + (f", {others} more with rows are not" if others else "")] if others else []
    return Opened(frame, [*said, *titles])


def _below_titles(path: Path, name: str, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """The sheet read from its header on: the first row with a text in every column, where columns have no name."""
    if not any(column.startswith(_UNNAMED) for column in frame.columns):
        return frame, []
    plain = pl.read_excel(path, sheet_name=name, has_header=False, raise_if_empty=False)
    for place, row in enumerate(plain.head(MOST_TITLES + 1).rows()):
        if all(one is not None and str(one).strip() for one in row) and place:
            found = pl.read_excel(path, sheet_name=name, read_options={"header_row": place}, raise_if_empty=False)
            return found, [f"{place} rows above the header are passed over ({frame.columns[0][:60]!r})"]
    return frame, []


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


def refuse_wrong_use(source: tuple[str, Path], outs: Sequence[tuple[str, Path]]) -> None:
    """Leaves with exit code 2 for another ending, a folder that is not there, or one file for two things."""
    for (name, path), endings in ((source, READ_ENDINGS), *((out, ENDINGS) for out in outs)):
        if path.suffix.lower() not in endings:
            expected = " or ".join(endings)
            note(
                f"{name} {path}: found the ending {path.suffix or 'of no kind'!r}, expected {expected}. Next: save as "
                "one of those"
            )
            raise SystemExit(2)
    for name, path in outs:
        if not path.absolute().parent.is_dir():
            note(f"{name} {path}: no folder {path.parent}. Next: make it, or name another file")
            raise SystemExit(2)
    named = [source, *outs]
    for place, (name, path) in enumerate(named):
        for before, other in named[:place]:
            if path.resolve() == other.resolve():
                note(
                    f"{name} {path}: is the file of {before}, found one file named twice, which would be lost. Next: "
                    "name another file"
                )
                raise SystemExit(2)
