"""`wlz year`: the skeleton of a new budget year, and what a year still lacks."""

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.cli.console import note, say
from wlz.known.rounds import FIRST_YEAR, LAST_YEAR
from wlz.words.counts import format_count

if TYPE_CHECKING:
    from wlz.known.years import Line

_YEAR = click.IntRange(FIRST_YEAR, LAST_YEAR)


@click.group()
def year() -> None:
    """Begin a budget year, see what it still lacks.

    Example: wlz year new 2026 --from 2019
    """


@year.command("new", epilog="Example: wlz year new 2026 --from 2019")
@click.argument("new_year", metavar="YEAR", type=_YEAR)
@click.option("--from", "from_year", type=_YEAR, required=True, help="Year whose numbers are taken over.")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the files, laid out as reference/ (default: reference/ itself).",
)
def new(new_year: int, from_year: int, into: Path | None) -> None:
    """Write the file of a budget year, its numbers taken over from another one and marked so.

    Examples of its rounds lie beside it. Overrides and numbers that nothing reads any more stay behind. Nothing is
    overwritten: exit code 2 when the year has a file.
    """
    from warehouse.settings import say_where
    from warehouse.years import write_year
    from wlz.known.assumptions import AssumptionError

    if new_year == from_year:
        note(f"{new_year} cannot begin from itself. Next: name the year before with --from")
        raise SystemExit(2)
    try:
        written, left_behind = write_year(new_year, from_year, into, date.today())
    except AssumptionError as error:
        note(str(error))
        raise SystemExit(2) from None
    say(f"Written: {', '.join(say_where(path) if into is None else str(path) for path in written)}")
    for sentence in left_behind:
        say(f"  {sentence}")
    if into is not None:
        say(f"A run reads them with WLZ_ASSUMPTIONS={written[0]}; a round must lie in reference/rounds")
    say(f"Next: mend what is taken over (how-to/new-year), then wlz year check {new_year}")


@year.command("check", epilog="Example: wlz year check 2026 --deliveries data/deliveries")
@click.argument("of_year", metavar="YEAR", type=_YEAR)
@click.option(
    "--deliveries",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Landing zone: what was delivered, and the euro that rest on each thing.",
)
@click.option(
    "--format", "shape", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to say it."
)
def check(of_year: int, deliveries: Path | None, shape: str) -> None:
    """What a budget year needs: there, taken over or missing, what for, and the euro that rest on it.

    Nothing is written. Euro are sums of the newest deliveries, for comparison: nothing is computed. Exit code 0 when
    everything is stated; 1 when something is not that would stop a run or move figures; 2 wrong use.
    """
    from warehouse.years import gather_facts
    from wlz.known.years import check_year, describe_lines

    lines = check_year(gather_facts(of_year, deliveries))
    if shape == "json":
        say(json.dumps(describe_lines(of_year, lines), indent=2, ensure_ascii=False))
    else:
        for line in lines:
            say(tell_line(line))
        say(sum_up(of_year, lines))
    raise SystemExit(1 if any(line.is_open for line in lines) else 0)


def tell_line(line: "Line") -> str:
    """A line as people read it: state, what it is, what was found, what for, the euro, and what next."""
    from expectations.judging.shapes import format_euro

    euro = "" if line.at_stake_eur is None else f"; {format_euro(line.at_stake_eur)} rest on it"
    without = f"; without it {line.without_it}" if line.is_open else ""
    step = f". Next: {line.next_step}" if line.next_step else ""
    return f"{line.state:<13} {line.need}: {line.found}; for {line.needed_for}{euro}{without}{step}"


def sum_up(of_year: int, lines: "list[Line]") -> str:
    """How many things stand how, and what is to be done first."""
    from wlz.known.year_facts import NOT_ASKED

    counts = {state: sum(line.state == state for line in lines) for state in dict.fromkeys(one.state for one in lines)}
    said = ", ".join(f"{count} {state}" for state, count in counts.items())
    still = [line.need for line in lines if line.is_open]
    more = "; name the landing zone with --deliveries" if NOT_ASKED in counts else ""
    if not still:
        return f"{of_year}: {said}{more}. Nothing that is not stated would stop a run or move a figure."
    return f"{of_year}: {said}{more}. {format_count(len(still), 'thing')} to state: {', '.join(still)}."
