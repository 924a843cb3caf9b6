"""`wlz doctor`: what should not be in a data folder, said in words; with --mend moved aside, never deleted."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.cli.console import data_option, note, resolve_data, say, sole_writer, wait_option
from pipelines.cli.decide import now_utc
from wlz.words.counts import format_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from warehouse.doctor import Oddity


@click.command(epilog="Example: wlz doctor   or   wlz doctor --mend")
@click.option("--mend", "mends", is_flag=True, help="Move aside what should not be there (DATA/aside), on record.")
@data_option
@wait_option
def doctor(mends: bool, data_dir: Path | None) -> None:
    """Look for what should not be in a data folder: odd months, half-written parts, rows without files and the like.

    Each is said with what to do next. Nothing is ever deleted. Exit code 0 when there is nothing to do, or nothing is
    left to do after --mend; else 1.
    """
    from warehouse.doctor import RECORD, examine, mend

    data = resolve_data(data_dir)
    folders = data, data / "deliveries", date.today()
    try:
        with sole_writer(data, f"wlz doctor{' --mend' if mends else ''}"):
            if not mends:
                left = examine(*folders)
            else:
                moved, left, aside = mend(*folders, now_utc())
                for one in moved:
                    say(f"moved aside: {one.what}")
                if aside is not None:
                    say(f"{format_count(len(moved), 'thing')} moved to {aside}, with {RECORD}; nothing was deleted.")
    except OSError as error:
        note(f"Not all was looked at: {error}. Next: name a data folder that can be read and written, with --data")
        raise SystemExit(1) from None
    tell(left)
    raise SystemExit(1 if left else 0)


def tell(left: "Sequence[Oddity]") -> None:
    """What there is to do, a line each."""
    for one in left:
        say(f"{one.what}. Next: {one.next_step}")
    say(f"{format_count(len(left), 'thing')} to do." if left else "Nothing to do.")
