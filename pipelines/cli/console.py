"""Talking to people: plain lines, progress on a terminal, months and folders as options."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TypeVar

import click

from warehouse.lock import hold_folder
from warehouse.settings import data_folder
from wlz.known.rounds import FIRST_YEAR, LAST_YEAR, read_month
from wlz.words.counts import format_count

_WAIT = "wlz.wait"  # minutes that a command may wait for another writer, kept with its context
# A command to be, with its options so far.
Command = TypeVar("Command", bound=Callable[..., object])


class Month(click.ParamType[date]):
    """A month as YYYY-MM."""

    name = "month"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """'2018-05' → 2018-05-01."""
        month = value if isinstance(value, date) else read_month(str(value))
        if month is None:
            span = f"months go from {FIRST_YEAR}-01 to {LAST_YEAR}-12"
            self.fail(f"expected a month as YYYY-MM, such as 2018-05; found {value!r}; {span}", param, ctx)
        return month


def data_option(command: Command) -> Command:
    """The option --data, default WLZ_DATA or ./data."""
    return click.option(
        "--data",
        "data_dir",
        type=click.Path(path_type=Path, file_okay=False),
        default=None,
        help="Data folder (default: WLZ_DATA, else ./data).",
    )(command)


def wait_option(command: Command) -> Command:
    """The option --wait of a command that writes in the data folder."""
    return click.option(
        "--wait",
        type=click.FloatRange(min=0),
        metavar="MINUTES",
        expose_value=False,
        callback=_keep_wait,
        help="Longest wait for another writer of the data folder (default: WLZ_WAIT_MINUTES, else 60).",
    )(command)


def _keep_wait(ctx: click.Context, param: click.Parameter, minutes: float | None) -> None:
    ctx.meta[_WAIT] = minutes


@contextmanager
def sole_writer(data_dir: Path, command: str) -> Iterator[None]:
    """The only writer of a data folder while the block runs; says once whom it waits for. None is needed without one.

    Raises FolderBusyError when another writer does not end within --wait.
    """
    if not data_dir.is_dir():
        yield
        return
    ctx = click.get_current_context(silent=True)
    with hold_folder(data_dir, command, note, ctx.meta.get(_WAIT) if ctx else None):
        yield


def resolve_data(data_dir: Path | None) -> Path:
    """The data folder that was asked for."""
    return (data_dir or data_folder()).absolute()


def upgrade_published(database: Path) -> None:
    """Brings marts of an earlier version to today's contract and says so in one line. Raises OSError without room."""
    from warehouse.upgrade import behind_contract, upgrade_database

    if not behind_contract(database):
        return
    with sole_writer(database.parent, "bringing the marts to this version"):
        upgraded = upgrade_database(database)
    if upgraded:
        named = ", ".join(upgraded[:5]) + (f" and {len(upgraded) - 5} more" if len(upgraded) > 5 else "")
        marts = f"{format_count(len(upgraded), 'mart')} got the columns of this one ({named})"
        note(f"{database.name} was published by an earlier version: {marts}; no figure changed")


def say(text: str = "") -> None:
    """A line of result, on standard output."""
    click.echo(text)


def note(text: str) -> None:
    """A line beside the result, on standard error."""
    click.echo(text, err=True)


class Progress:
    """Stages of a run: a moving line on a terminal, a plain line per finished stage elsewhere."""

    def __init__(self, total: int) -> None:
        self.total, self.done, self.started = total, 0, time.monotonic()
        self.moving = sys.stderr.isatty()

    def __call__(self, stage: str, text: str) -> None:
        """Hears (stage, text) as ``pipelines.logs`` sends them."""
        finished = text.startswith("done in")
        self.done += finished
        if "passed over" in text:
            note(f"  {text}")
        if self.moving:
            bar = "█" * round(20 * self.done / self.total)
            click.echo(f"\r\x1b[2K{bar:░<20} {stage} {'' if finished else text[:60]}", nl=False, err=True)
        elif finished:
            note(f"  {stage}: {text}")

    def close(self) -> None:
        """Ends the moving line."""
        if self.moving:
            click.echo("\r\x1b[2K", nl=False, err=True)
        note(f"  {format_count(self.done, 'step')} in {time.monotonic() - self.started:.1f} s")


@contextmanager
def progress(total: int) -> Iterator[Progress]:
    """Progress while the block runs."""
    shown = Progress(total)
    try:
        yield shown
    finally:
        shown.close()
