"""`wlz run`: one month, end to end."""

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipelines.cli.console import (
    Month,
    data_option,
    note,
    progress,
    resolve_data,
    say,
    sole_writer,
    upgrade_published,
    wait_option,
)
from warehouse.settings import load_extra_items, tell_unread
from warehouse.store import Store, month_label

if TYPE_CHECKING:
    from assets.context import Warehouse


@click.command(
    epilog='Example: wlz run --delivery-month 2018-05   or   wlz run --delivery-month 2018-05 --final --author "A. Vos"'
)
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
@click.option("--final", is_flag=True, help="Freeze the advice under an id of its own, beside earlier ones.")
@click.option("--author", default="", help="Who freezes it; goes with --final.")
@click.option(
    "--rest-on-last", is_flag=True, help="Make the advice on the last claims when the month has none of its own."
)
@wait_option
def run(
    month: date,
    deliveries: Path | None,
    data_dir: Path | None,
    scenarios: tuple[str, ...],
    engine: str,
    final: bool,
    author: str,
    rest_on_last: bool,
) -> None:
    """Take in the deliveries up to a month, check them, compute the advice and publish it.

    Exit code 1 when a delivery was refused (the advice then rests on the last accepted one, and is not frozen) or
    nothing could be published. A month without claims of its own is refused, nothing is written. The published month
    holds the scenarios of this run.
    """
    if final != bool(author.strip()):
        note("--final and --author NAME go together: an advice is frozen under the name of who stands for it")
        raise SystemExit(2)
    folder = resolve_data(data_dir)
    code = run_and_tell(month, folder, deliveries, scenarios, engine, author.strip(), rest_on_last)
    if code in (0, 1):
        tell_people(month, folder, succeeded=code == 0)
    raise SystemExit(code)


def tell_people(month: date, data_dir: Path, *, succeeded: bool) -> None:
    """Alerts on what is news after a run, through the channels that are set; a channel that fails stops nothing."""
    from pipelines.alerts.send import send_alerts, solve_after_run

    about = Store(data_dir / "lake"), data_dir / "wlz.duckdb"
    how = os.environ, datetime.now(UTC).replace(tzinfo=None)
    said = send_alerts(*about, month, *how)
    if succeeded:
        said += solve_after_run(*about, month, *how)
    for line in dict.fromkeys(said):
        note(line)


def run_and_tell(
    month: date,
    data_dir: Path,
    deliveries: Path | None = None,
    scenarios: tuple[str, ...] = (),
    engine: str = "",
    author: str = "",
    rest_on_last: bool = False,
) -> int:
    """Runs a month and says how it went; with an author the advice is frozen too. Returns the exit code.

    Leaves with exit code 1 for a month without claims of its own, unless the advice may ``rest_on_last``.
    """
    from assets.context import FIRST_MONTH, Warehouse
    from expectations.intake.own_claims import NoOwnClaimsError, refuse_without_claims

    if month < date.fromisoformat(f"{FIRST_MONTH}-01"):
        note(f"delivery month {month_label(month)} lies before the first, {FIRST_MONTH}")
        return 2
    warehouse = Warehouse(
        data_dir=str(data_dir),
        deliveries_dir=str(deliveries.absolute()) if deliveries else "",
        scenarios=",".join(scenarios),
        engine=engine,
        final_author=author,
    )
    if not is_rightly_used(warehouse, month):
        return 2
    if fault := find_fault(warehouse, month):
        return _nothing_published(fault, warehouse)
    try:
        refuse_without_claims(warehouse.landing, warehouse.store, [month])
        if rest_on_last:
            note(f"--rest-on-last counts for nothing: {month_label(month)} has claims of its own")
        rest_on_last = False
    except NoOwnClaimsError as missing:
        if not rest_on_last:  # nothing is written, so nobody is told either
            raise SystemExit(_nothing_published(str(missing), warehouse)) from None
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        with sole_writer(data_dir, f"wlz run --delivery-month {month_label(month)}"):
            return _run(warehouse, month, rest_on_last)
    except OSError as error:
        note(f"Nothing was published: {error}. Next: name a data folder that can be written, with --data or WLZ_DATA")
        return 1


def _run(warehouse: "Warehouse", month: date, rest_on_last: bool) -> int:
    """Runs a month as the only writer of its data folder; returns the exit code. Raises OSError of the disk."""
    from pipelines.definitions import count_steps
    from pipelines.runner import INTERRUPTED, RunFailed, run_month

    frozen_before, withdrawn_before = last_frozen(warehouse.store, month), standing_withdrawal(warehouse.store, month)
    try:
        upgrade_published(warehouse.database)
        with progress(count_steps()) as shown:
            outcome = run_month(warehouse, month, falls_back=False, listener=shown, rests_on_last=rest_on_last)
        if outcome.blocked:
            code = _fall_back(outcome.blocked, warehouse, month, rest_on_last)
        else:
            code = 0
            if line := tell_rest(warehouse, month):
                say(line)
            tell_published(outcome.warnings, month, warehouse)
            if warehouse.final_author:
                say(tell_frozen(frozen_before, last_frozen(warehouse.store, month)))
        if withdrawn_before and (code == 0 or not standing_withdrawal(warehouse.store, month)):
            say(tell_withdrawn(withdrawn_before, warehouse.store))
        return code
    except RunFailed as failure:
        if str(failure).startswith("report: "):
            note(f"The marts are published, their pages were not made: {str(failure).removeprefix('report: ')}")
            note(f"Next: mend it, then wlz report --delivery-month {month_label(month)}")
            return 1
        return _nothing_published(str(failure), warehouse)
    except INTERRUPTED:
        note(f"Stopped before the end; {_still_shown(warehouse.database)}. Next: repeat the run")
        return 130


def tell_rest(warehouse: "Warehouse", month: date) -> str:
    """That the advice rests on claims of another month: as asked, or because its own came late; else empty."""
    from wlz.known.rounds import say_basis

    deliveries = warehouse.advice(month).deliveries
    label, claims_month = month_label(month), deliveries.claims_month
    why = {
        "asked": f", as asked with --rest-on-last: no claims of {label} were delivered",
        "late": f": those of {label} came after the cut-off of its round, {deliveries.round.cut_off('declaraties')}",
    }
    basis = say_basis(deliveries.register, month, claims_month)
    if basis not in why:
        return ""
    return f"The advice of {label} rests on the claims of {month_label(claims_month)}{why[basis]}"


def is_rightly_used(warehouse: "Warehouse", month: date) -> bool:
    """Whether scenarios, engine and landing zone are there; says what is not."""
    from wlz.known.assumptions import AssumptionError

    try:
        if warehouse.scenarios or warehouse.engine:
            _ = warehouse.advice(month).settings
    except AssumptionError as error:
        note(str(error))
        return False
    if not warehouse.landing.exists():
        note(f"no landing zone {warehouse.landing}: expected a folder per delivery month in it")
        note("Next: wlz simulate --out DIR, or name the folder with --deliveries")
        return False
    return True


def find_fault(warehouse: "Warehouse", month: date) -> str:
    """What is wrong in the files of the round, the year and the pack, asked before anything is taken in; else empty.

    Says what stands in them that counts for nothing.
    """
    from warehouse.reference import ReferenceDataError
    from wlz.known.assumptions import OF_A_YEAR, AssumptionError

    try:
        advice = warehouse.advice(month)
        _ = [advice.assumptions[name] for name in OF_A_YEAR], advice.settings, advice.named_first
        _ = load_extra_items(advice.round.budget_year, advice.deliveries.lists.regions)
    except (AssumptionError, ReferenceDataError) as fault:
        return str(fault)
    if passed_over := tell_unread(advice.round.budget_year):
        note(passed_over)
    return ""


def _nothing_published(why: str, warehouse: "Warehouse") -> int:
    note(f"Nothing was published: {why}")
    note(_still_shown(warehouse.database))
    return 1


def _fall_back(blocked: list[str], warehouse: "Warehouse", month: date, rest_on_last: bool) -> int:
    """A delivery was refused: rest on the last accepted ones, if there are any and they are not published yet."""
    from expectations.catalogue import TABLE_RULES
    from pipelines.definitions import count_steps
    from pipelines.runner import is_published, run_month

    if warehouse.final_author:
        note("Nothing is frozen: a delivery was refused. Next: mend it, or take it out of the landing zone, and repeat")
        warehouse = type(warehouse)(**warehouse.model_dump() | {"final_author": ""})  # a copy would keep its config
    claims = warehouse.advice(month).deliveries.chosen.filter(kind="declaraties")["delivery_id"].to_list()
    if not claims:
        say(f"Refused, nothing published: no claims delivery was accepted for the round of {month_label(month)}.")
        _tell_refusals(blocked)
        note(_still_shown(warehouse.database))
        return 1
    by_a_stage = any(message.startswith(tuple(f"{rule.check_id} " for rule in TABLE_RULES)) for message in blocked)
    if is_published(warehouse, month) and not by_a_stage:
        say(f"Refused, nothing new published: the advice of {month_label(month)} keeps resting on {claims[0]}.")
        _tell_refusals(blocked)
        say(f"The marts show this judgement with the next advice that is published{_shown_now(warehouse, month)}")
        return 1
    with progress(count_steps()) as shown:
        outcome = run_month(warehouse, month, falls_back=True, listener=shown, rests_on_last=rest_on_last)
    say(f"Refused or missing; the advice of {month_label(month)} rests on the last accepted claims: {claims[0]}")
    _tell_refusals(blocked)
    tell_published([warning for warning in outcome.warnings if warning not in blocked], month, warehouse)
    return 1


def _shown_now(warehouse: "Warehouse", month: date) -> str:
    """Where a refusal shows before that; a delivery that did not come lies nowhere."""
    refused = warehouse.store.read_register().filter(delivery_status="refused", delivery_month=month)
    return "" if refused.is_empty() else "; now: wlz quarantine list"


def _tell_refusals(blocked: list[str]) -> None:
    for message in blocked:
        say(f"  refused: {message}")


def tell_published(warnings: list[str], month: date, warehouse: "Warehouse") -> None:
    """What was published, and what people should know about it."""
    from pipelines.cli.text.tables import render_certainty, render_items, render_left_out, render_missing, render_rules

    database = warehouse.database
    for warning in warnings:
        say(f"  warning: {warning}")
    say(render_rules(database, month))
    say(render_certainty(database, month))
    without = warehouse.advice(month).without_completion
    if without:
        say(without)
    shown = warehouse.advice(month).letter_first
    for line in (
        line for render in (render_left_out, render_items, render_missing) for line in render(database, month, shown)
    ):
        say(line)
    say(f"Advice on delivery month {month_label(month)} published in {database}")
    say(f"Report: {report_page(database, month)}")


def report_page(database: Path, month: date) -> Path:
    """The first page of the report of a month, as the last asset of a run wrote it."""
    return database.parent / "reports" / month_label(month) / "index.html"


def last_frozen(store: Store, month: date) -> dict[str, Any]:
    """Id, author and time of the advice of a month that was frozen last; nothing when none was."""
    from warehouse.tables.vintages import FORECAST_VINTAGES
    from wlz.vintages.vintages import last_final

    if not store.has(FORECAST_VINTAGES, month):
        return {}
    vintages = store.read(FORECAST_VINTAGES, month)
    frozen = vintages.filter(advice_id=f"{month_label(month)}-final-{last_final(vintages)}")
    return frozen.select("advice_id", "author", "frozen_at").row(0, named=True) if frozen.height else {}


def tell_frozen(before: dict[str, Any], now: dict[str, Any]) -> str:
    """Under which id the advice is frozen, and whether that was done now."""
    if now["advice_id"] == before.get("advice_id"):
        return (
            f"Nothing changed since {now['advice_id']}, frozen by {now['author']} on {now['frozen_at']:%Y-%m-%d %H:%M} "
            "UTC: it stays the last one"
        )
    return f"Frozen as {now['advice_id']} by {now['author']} (marts.forecast_vintages)"


def standing_withdrawal(store: Store, month: date) -> dict[str, Any]:
    """The withdrawal of the advice of a month that holds now; nothing when it is not withdrawn."""
    from warehouse.withdrawals import read_withdrawals

    of_month = [one for one in read_withdrawals(store).to_dicts() if one["delivery_month"] == month]
    return next((one for one in of_month if one["stands_again_at"] is None), {})


def tell_withdrawn(before: dict[str, Any], store: Store) -> str:
    """What became of a month that was withdrawn before a run: it stands again, and why, or it stays as it was."""
    from warehouse.withdrawals import read_withdrawals

    now = next(one for one in read_withdrawals(store).to_dicts() if one["withdrawn_at"] == before["withdrawn_at"])
    month = month_label(now["delivery_month"])
    who = f"withdrawn by {now['withdrawn_by']} on {now['withdrawn_at']:%Y-%m-%d %H:%M} UTC"
    if now["stands_again_at"] is not None:
        return f"{month} was {who} and stands again: {now['stands_again_because']}"
    return (
        f"{month} stays {who}: this is the same advice on the same inputs. Next: who stands for it freezes it, with "
        "--final --author NAME"
    )


def _still_shown(database: Path) -> str:
    from warehouse.publish import published_months

    months = published_months(database)
    return f"the marts still show {', '.join(months)}" if months else "nothing is published yet"
