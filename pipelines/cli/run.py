"""`wlz run`: one month, end to end."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.cli.console import Month, data_option, note, progress, resolve_data, say
from warehouse.store import month_label

if TYPE_CHECKING:
    from assets.context import Warehouse


@click.command(epilog="Example: wlz run --delivery-month 2018-05")
@click.option("--delivery-month", "month", type=Month(), required=True, help="Month of the claims delivery, YYYY-MM.")
@click.option(
    "--deliveries",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Landing zone (default: DATA/deliveries).",
)
@data_option
@click.option(
    "--scenario", "scenarios", multiple=True, help="Way of computing; repeat it for several (default: all of the year)."
)
@click.option("--engine", default="", help="Engine of the scenarios that do not follow the letter (default: theirs).")
def run(month: date, deliveries: Path | None, data_dir: Path | None, scenarios: tuple[str, ...], engine: str) -> None:
    """Take in the deliveries up to a month, check them, compute the advice and publish it.

    Exit code 1 when a delivery was refused (the advice then rests on the last accepted one) or nothing could be
    published. The published month holds the scenarios of this run.
    """
    raise SystemExit(run_and_tell(month, resolve_data(data_dir), deliveries, scenarios, engine))


def run_and_tell(
    month: date,
    data_dir: Path,
    deliveries: Path | None = None,
    scenarios: tuple[str, ...] = (),
    engine: str = "",
) -> int:
    """Runs a month and says how it went; returns the exit code."""
    from assets.context import FIRST_MONTH, Warehouse
    from pipelines.runner import INTERRUPTED, RunFailed, run_month
    from wlz.assumptions import AssumptionError

    if month < date.fromisoformat(f"{FIRST_MONTH}-01"):
        note(f"delivery month {month_label(month)} lies before the first, {FIRST_MONTH}")
        return 2
    warehouse = Warehouse(
        data_dir=str(data_dir),
        deliveries_dir=str(deliveries.absolute()) if deliveries else "",
        scenarios=",".join(scenarios),
        engine=engine,
    )
    try:
        if scenarios or engine:
            _ = warehouse.advice(month).settings
    except AssumptionError as error:
        note(str(error))
        return 2
    if not warehouse.landing.exists():
        note(f"no landing zone {warehouse.landing}: expected a folder per delivery month in it")
        note("Next: wlz simulate --out DIR, or name the folder with --deliveries")
        return 2
    try:
        with progress() as shown:
            outcome = run_month(warehouse, month, falls_back=False, listener=shown)
        if not outcome.blocked:
            tell_published(outcome.warnings, month, warehouse.database)
            return 0
        return _fall_back(outcome.blocked, warehouse, month)
    except RunFailed as failure:
        note(f"Nothing was published: {failure}")
        note(_still_shown(warehouse.database))
        return 1
    except OSError as error:
        note(f"Nothing was published: {error}. Next: name a data folder that can be written, with --data or WLZ_DATA")
        return 1
    except INTERRUPTED:
        note(f"Stopped before the end; {_still_shown(warehouse.database)}. Next: repeat the run")
        return 130


def _fall_back(blocked: list[str], warehouse: "Warehouse", month: date) -> int:
    """A delivery was refused: rest on the last accepted ones, if there are any and they are not published yet."""
    from pipelines.runner import is_published, run_month

    claims = warehouse.advice(month).chosen.filter(kind="declaraties")["delivery_id"].to_list()
    if not claims:
        say(f"Refused, nothing published: no claims delivery was accepted for the round of {month_label(month)}.")
        _tell_refusals(blocked)
        note(_still_shown(warehouse.database))
        return 1
    if is_published(warehouse, month):
        say(f"Refused, nothing new published: the advice of {month_label(month)} keeps resting on {claims[0]}.")
        _tell_refusals(blocked)
        return 1
    with progress() as shown:
        outcome = run_month(warehouse, month, falls_back=True, listener=shown)
    say(f"Refused or missing; the advice of {month_label(month)} rests on the last accepted claims: {claims[0]}")
    _tell_refusals(blocked)
    tell_published([warning for warning in outcome.warnings if warning not in blocked], month, warehouse.database)
    return 1


def _tell_refusals(blocked: list[str]) -> None:
    for message in blocked:
        say(f"  refused: {message}")


def tell_published(warnings: list[str], month: date, database: Path) -> None:
    """What was published, and what people should know about it."""
    from reports.terminal import render_certainty, render_missing, render_rules

    for warning in warnings:
        say(f"  warning: {warning}")
    say(render_rules(database, month))
    say(render_certainty(database, month))
    for line in render_missing(database, month):
        say(line)
    say(f"Advice on delivery month {month_label(month)} published in {database}")


def _still_shown(database: Path) -> str:
    from warehouse.publish import published_months

    months = published_months(database)
    return f"the marts still show {', '.join(months)}" if months else "nothing is published yet"
