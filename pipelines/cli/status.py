"""`wlz status`: how every delivery month stands, and who writes in the data folder now."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.cli.console import data_option, resolve_data, say
from warehouse.store import month_label
from wlz.words.counts import format_count

if TYPE_CHECKING:
    from pipelines.standing import FolderStanding, MonthStanding

_RESTS = {
    "refused": "its own were refused",
    "late": "its own came after the cut-off",
    "asked": "none of its own, as asked",
}


@click.command(epilog="Example: wlz status   or   wlz status --json")
@click.option(
    "--deliveries",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Landing zone (default: DATA/deliveries).",
)
@click.option("--json", "as_machine", is_flag=True, help="The same as JSON.")
@data_option
def status(deliveries: Path | None, as_machine: bool, data_dir: Path | None) -> None:
    """Say which months are delivered, refused, resting on another, published, frozen, withdrawn or due.

    And who writes in the data folder now, since when. Nothing is written, and nobody is waited for.
    """
    from pipelines.standing import as_json, read_standing

    data = resolve_data(data_dir)
    standing = read_standing(data, deliveries or data / "deliveries")
    if as_machine:
        say(json.dumps(as_json(standing), indent=2, ensure_ascii=False, default=str))
        return
    for line in render_standing(standing, data, date.today()):
        say(line)


def render_standing(standing: "FolderStanding", data: Path, today: date) -> Iterator[str]:
    """A line per month, the newest first; then the newest advice, and who writes now."""
    for one in reversed(standing.months):
        yield f"{month_label(one.month)}  {'; '.join(_say_month(one, today))}"
    if not standing.months:
        yield f"{data} holds no month yet. Next: wlz demo, or deliveries below {data / 'deliveries'} and wlz run"
    newest = "none" if standing.newest is None else f"that of {month_label(standing.newest)}"
    yield f"Newest advice: {newest}"
    yield f"Written in now: {'by nobody' if standing.owner is None else f'by {standing.owner.sentence()}'}"


def _say_month(one: "MonthStanding", today: date) -> Iterator[str]:
    if one.is_due and not one.kinds:
        yield _say_due(one, today)
        return
    yield f"claims {one.claims}" if one.claims != "none" else "no claims of its own"
    others = len([kind for kind in one.kinds if kind != "declaraties"])
    if others:
        yield f"{format_count(others, 'other kind')} delivered"
    if one.refused:
        yield f"refused: {', '.join(one.refused)}"
    if one.is_published:
        yield "published"
        if one.claims_basis in _RESTS and one.claims_month is not None:
            yield f"rests on the claims of {month_label(one.claims_month)}: {_RESTS[one.claims_basis]}"
    else:
        yield "not published"
    if one.frozen:
        yield f"frozen as {one.frozen['advice_id']} by {one.frozen['author']}"
    if one.withdrawn:
        when = f"{one.withdrawn['withdrawn_at']:%Y-%m-%d %H:%M} UTC"
        yield f"withdrawn by {one.withdrawn['withdrawn_by']} on {when}: {one.withdrawn['withdrawal_reason']}"
    if one.is_newest:
        yield "the newest advice"
    if one.is_due:
        yield _say_due(one, today)


def _say_due(one: "MonthStanding", today: date) -> str:
    if one.due_on is None:
        return "claims due"
    return f"claims due on {one.due_on}" + (", overdue" if today > one.due_on else "")
