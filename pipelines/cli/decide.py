"""`wlz accept` and `wlz quarantine`: what was refused or set apart, and what a person decides about it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click

from pipelines.cli.console import Command, data_option, note, resolve_data, say, sole_writer, wait_option
from warehouse.store import Store
from wlz.words.counts import format_count

ROWS_SHOWN = 10
Decided = TypeVar("Decided")


def decision_options(command: Command) -> Command:
    """The reason and the author, without which nothing is decided."""
    command = click.option("--author", required=True, help="Who decides.")(command)
    return click.option("--reason", required=True, help="Why; it stands in marts.check_decisions.")(command)


@click.command(
    epilog='Example: wlz accept D08 declaraties-2018-05-0123456789ab --reason "care moved to CZ" --author "A. Vos"'
)
@click.argument("check_id", metavar="CHECK")
@click.argument("delivery_id", metavar="DELIVERY")
@decision_options
@data_option
@wait_option
def accept(check_id: str, delivery_id: str, reason: str, author: str, data_dir: Path | None) -> None:
    """Overrule a check that refused a delivery. It counts from the next run on, and stays visible.

    The finding stays in marts.data_quality with who accepted it and why.
    """
    from expectations.intake.decisions import accept_check

    data, said = resolve_data(data_dir), stated(author, reason)
    with sole_writer(data, f"wlz accept {check_id} {delivery_id}"):
        result = _decide(lambda: accept_check(Store(data / "lake"), check_id, delivery_id, *said, now_utc()))
    say(f"Accepted by {author.strip()}: {result.check_id} {result.title} on {delivery_id}.")
    say(f"  overruled: {result.title}; found {result.observed}, expected {result.expected}.")
    say(f"Next: wlz run --delivery-month {delivery_id.split('-', 1)[1][:7]}")


@click.group()
def quarantine() -> None:
    """What was refused or set apart, why, and how many euro; release rows after a look.

    Example: wlz quarantine list
    """


@quarantine.command("list", epilog="Example: wlz quarantine list")
@data_option
def list_quarantine(data_dir: Path | None) -> None:
    """Deliveries that were refused, rows set apart and rows released, newest first: a line each, with rows and euro.

    The euro of what was refused or set apart is that of all its rows. Whole reasons: wlz quarantine show DELIVERY.
    """
    from pipelines.cli.entries import list_entries, render_entries

    data = resolve_data(data_dir)
    entries = list_entries(Store(data / "lake"), data / "quarantine")
    if all(entry.state.startswith("released") for entry in entries):
        say("Nothing is in quarantine now." if entries else "Nothing is in quarantine.")
    if entries:
        say(render_entries(entries))
        say("Why, in full: wlz quarantine show DELIVERY")


@quarantine.command("show", epilog="Example: wlz quarantine show declaraties-2018-05-0123456789ab")
@click.argument("delivery_id", metavar="DELIVERY")
@data_option
def show_quarantine(delivery_id: str, data_dir: Path | None) -> None:
    """Why a delivery or its rows are in quarantine, and the first of the rows."""
    import json

    import polars as pl

    from expectations.intake.quarantine import ROWS_FILE

    data = resolve_data(data_dir)
    folder = _folder(data, delivery_id)
    reason = json.loads((folder / "reason.json").read_text(encoding="utf-8"))
    for refusal in reason["refused"]:
        say(f"refused: {refusal['message']}")
    for counted in reason["rows"]:
        say(f"{counted['check_id']}: {counted['reason']} ({format_count(counted['rows'], 'row')})")
    if (folder / ROWS_FILE).exists():
        with pl.Config(tbl_rows=ROWS_SHOWN, tbl_cols=-1, tbl_width_chars=160, fmt_str_lengths=60):
            say(str(pl.read_parquet(folder / ROWS_FILE).head(ROWS_SHOWN)))
    originals = sorted(file.name for file in folder.iterdir() if file.name not in ("reason.json", ROWS_FILE))
    if originals:
        say(f"As delivered, in the quarantine folder of {delivery_id}: {', '.join(originals)}")
    elif (folder / ROWS_FILE).exists():
        say(f"As delivered, in the quarantine folder of {delivery_id}: the rows above")
    else:
        say("What was delivered lies where it lay; nothing of it is copied here.")


@quarantine.command(
    "release",
    epilog='Example: wlz quarantine release declaraties-2018-05-0123456789ab P02 --reason "…" --author "A. Vos"',
)
@click.argument("delivery_id", metavar="DELIVERY")
@click.argument("check_id", metavar="CHECK")
@decision_options
@data_option
@wait_option
def release(delivery_id: str, check_id: str, reason: str, author: str, data_dir: Path | None) -> None:
    """Use the rows that a check set apart, from the next run on. Recorded in marts.check_decisions."""
    from expectations.intake.decisions import release_rows
    from warehouse.packs import choose_pack, load_reference

    data = resolve_data(data_dir)
    store, folder = Store(data / "lake"), data / "quarantine"
    lists = load_reference(choose_pack(data / "deliveries"), now_utc().year, now_utc().date())
    said = stated(author, reason)
    with sole_writer(data, f"wlz quarantine release {delivery_id} {check_id}"):
        rows = _decide(lambda: release_rows(store, folder, lists, check_id, delivery_id, *said, now_utc()))
    amount = rows["amount_eur"].sum() if "amount_eur" in rows.columns else None
    say(f"Released by {author.strip()}: {format_count(rows.height, 'row')}{_euro(amount)} of {delivery_id}.")
    say(f"Next: wlz run --delivery-month {delivery_id.split('-', 1)[1][:7]}")


def _folder(data: Path, delivery_id: str) -> Path:
    from pipelines.cli.entries import folder_of

    for row in Store(data / "lake").read_register().filter(delivery_id=delivery_id).iter_rows(named=True):
        folder = folder_of(data / "quarantine", row)
        if (folder / "reason.json").exists():
            return folder
    note(f"nothing of {delivery_id} is in quarantine. Next: wlz quarantine list")
    raise SystemExit(1)


def stated(author: str, reason: str) -> tuple[str, str]:
    """Author and reason without blanks around them; leaves with exit code 2 when one says nothing."""
    if not author.strip() or not reason.strip():
        note("--author and --reason must say something: a decision without either cannot be accounted for")
        raise SystemExit(2)
    return author.strip(), reason.strip()


def now_utc() -> datetime:
    """The moment, in UTC without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)


def _euro(amount: object) -> str:
    from expectations.judging.shapes import format_euro

    return "" if amount is None else f", {format_euro(amount)}"  # type: ignore[arg-type]


def _decide(decide: Callable[[], Decided]) -> Decided:
    from expectations.intake.decisions import DecisionError

    try:
        return decide()
    except DecisionError as error:
        note(f"Nothing was decided: {error}")
        raise SystemExit(1) from None
