"""Sensors: a new delivery starts a run; claims that are overdue, checks that failed and runs that failed are told.

All are off until a person turns them on. What is told is decided in ``alerts/send.py``; nothing is computed here.
"""

import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import dagster as dg
import polars as pl

from assets.context import FIRST_MONTH, MONTHS, Warehouse
from assets.spoken import KIND
from pipelines.alerts.send import DUE, RUN, send_alerts, send_notice, solve_after_run, solve_notices, write_notice
from pipelines.jobs import monthly_advice
from warehouse.landing_zone import SUFFIXES, find_control, hash_file, list_months
from warehouse.settings import load_round
from warehouse.store import month_label
from warehouse.tables.deliveries import KINDS

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
CLAIMS = "declaraties"
_CHECK_STOPPED = "DagsterAssetCheckFailedError"


def now_in_amsterdam() -> datetime:
    """The time on the clock of the people who deliver."""
    return datetime.now(AMSTERDAM)


# ---- new deliveries ----------------------------------------------------------------------------------------------


class Seen(NamedTuple):
    """A delivery as a tick saw it: its sizes and times, the content that was last handled, and whether that is this.

    ``arrival`` numbers the contents that came under this name: the same content again is another arrival.
    """

    stamp: str
    content: str
    is_handled: bool
    arrival: int = 1


@dataclass(frozen=True)
class Arrivals:
    """What a tick found: the cursor for the next one, and per month the run key of what is new."""

    cursor: str
    run_keys: Mapping[str, str]


def list_deliveries(landing: Path) -> dict[str, list[Path]]:
    """Deliveries of the landing zone, '2018-05/kader.csv' → the file and the control file beside it, if any."""
    found = {}
    for _, folder in list_months(landing):
        for path in sorted(folder / f"{kind}{suffix}" for kind in KINDS for suffix in SUFFIXES):
            if os.path.lexists(path):
                control = find_control(path)
                found[f"{folder.name}/{path.name}"] = [path, *([control] if control else [])]
    return found


def delivered_months(landing: Path) -> list[date]:
    """Delivery months with files in the landing zone, from ``FIRST_MONTH`` on, in order."""
    labels = {name.partition("/")[0] for name in list_deliveries(landing)}
    return [date.fromisoformat(f"{label}-01") for label in sorted(labels) if label >= FIRST_MONTH]


def find_new_deliveries(
    landing: Path,
    cursor: str | None,
    taken_in: Mapping[str, str],
    last_month: str,
    superseded: Collection[tuple[str, str]] = (),
) -> Arrivals:
    """Which deliveries of the landing zone are new, and the run that each month of them asks for.

    A month is looked at when its claims are there and none of its files changed since the tick before: nothing of it is
    still being written. New is another content than was handled before; of a file never seen before, one that no run
    took in yet (``taken_in``: name → content hash); and a content that was put back while another is in use
    (``superseded``: names with their hash). Months outside ``FIRST_MONTH`` to ``last_month`` are passed over.
    """
    before = {name: Seen(*seen) for name, seen in json.loads(cursor or "{}").items()}
    months: dict[str, dict[str, list[Path]]] = {}
    for name, paths in list_deliveries(landing).items():
        months.setdefault(name.partition("/")[0], {})[name] = paths
    now: dict[str, Seen] = {}
    run_keys: dict[str, str] = {}
    for month, files in months.items():
        if not FIRST_MONTH <= month <= last_month:
            continue
        stamps = {name: _stamp(paths) for name, paths in files.items()}
        is_whole = all(name in before and before[name].stamp == stamp for name, stamp in stamps.items())
        if not is_whole or not any(_is_claims(name) for name in files):
            now |= {name: _seen(before, name)._replace(stamp=stamp, is_handled=False) for name, stamp in stamps.items()}
            continue
        new = []
        for name, paths in files.items():
            now[name] = earlier = before[name]
            if earlier.is_handled:
                continue
            content = "+".join(hash_file(path)[:12] for path in paths)
            now[name] = earlier._replace(content=content, is_handled=True)
            file, in_use = content.partition("+")[0], taken_in.get(name, "")[:12]
            put_back = (name, file) in {(other, digest[:12]) for other, digest in superseded}
            if put_back or (content != earlier.content if earlier.content else file != in_use):
                number = earlier.arrival + bool(earlier.content)
                now[name] = now[name]._replace(arrival=number)
                new.append(_run_key(name, content, number, "" if earlier.content else in_use))
        if new:
            run_keys[month] = " ".join(new)
    gone = {name: seen._replace(stamp="", is_handled=False) for name, seen in before.items() if name not in now}
    return Arrivals(json.dumps(gone | now), run_keys)


def _run_key(name: str, content: str, arrival: int, in_use: str) -> str:
    """Dagster starts a key once: a content that comes back needs another key than it had before.

    ``in_use``: what the register holds under a name that no tick has seen, or that the cursor lost.
    """
    return f"{name}:{content}" + (f"#{arrival}" if arrival > 1 else "") + (f" after {in_use}" if in_use else "")


def _is_claims(name: str) -> bool:
    return name.partition("/")[2].startswith(f"{CLAIMS}.")


def _seen(before: Mapping[str, Seen], name: str) -> Seen:
    return before.get(name, Seen("", "", False))


def _stamp(paths: list[Path]) -> str:
    found = [path.lstat() for path in paths]
    return " ".join(f"{one.st_size}.{one.st_mtime_ns}.{one.st_ctime_ns}" for one in found)


@dg.sensor(
    job=monthly_advice,
    minimum_interval_seconds=60,
    description="Starts the advice of a month when a delivery of it is new or replaced, and written to its end.",
)
def new_delivery(context: dg.SensorEvaluationContext, warehouse: Warehouse) -> dg.SensorResult:
    """One run per month with new deliveries; ``run_key`` is file name, content hash and the number of the arrival."""
    register = (
        warehouse.store.read_register().sort("registered_at").select("file_name", "content_hash", "delivery_status")
    )
    replaced = pl.col("delivery_status") == "superseded"
    taken_in, superseded = (register.filter(one).drop("delivery_status").rows() for one in (~replaced, replaced))
    last_month = month_label(now_in_amsterdam().date())
    arrivals = find_new_deliveries(warehouse.landing, context.cursor, dict(taken_in), last_month, superseded)
    requests = [dg.RunRequest(run_key=key, partition_key=month) for month, key in sorted(arrivals.run_keys.items())]
    if requests:
        new_months = [MONTHS.build_add_request(sorted(arrivals.run_keys))]
        return dg.SensorResult(run_requests=requests, cursor=arrivals.cursor, dynamic_partitions_requests=new_months)
    return dg.SensorResult(skip_reason="nothing new that is written to its end", cursor=arrivals.cursor)


# ---- what people are told ----------------------------------------------------------------------------------------


@dg.sensor(
    minimum_interval_seconds=3600,
    description="Tells that the claims of this month are not there after their due date, once, and when they came.",
)
def due_date_passed(context: dg.SensorEvaluationContext, warehouse: Warehouse) -> dg.SkipReason:
    """Starts nothing: people are told through the channels that are set."""
    today = now_in_amsterdam().date()
    month = today.replace(day=1)
    due = load_round(month).due_on(CLAIMS)
    said: list[str] = []
    delivered = [name for name in list_deliveries(warehouse.landing) if name.startswith(month_label(month))]
    if any(map(_is_claims, delivered)):
        said = solve_notices(check_id=DUE, delivery_month=month, **_how(warehouse))
    elif today > due:
        said = send_notice(notice=write_notice(DUE, month, kind=CLAIMS, due_on=due), **_how(warehouse))
    return dg.SkipReason(
        "; ".join(said) or f"claims of {month_label(month)} are due on {due:%Y-%m-%d}; nothing to tell"
    )


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[monthly_advice],
    minimum_interval_seconds=60,
    description="Tells what is news in the checks of a run that ended.",
)
def failed_checks(context: dg.RunStatusSensorContext, warehouse: Warehouse) -> dg.SkipReason:
    """A failed check that only warns does not fail the run: this is how people hear of it."""
    month = month_of(context.dagster_run)
    said = send_alerts(delivery_month=month, **_how(warehouse))
    said += solve_after_run(delivery_month=month, **_how(warehouse))
    return dg.SkipReason("; ".join(said) or "nothing to tell")


@dg.run_failure_sensor(
    monitored_jobs=[monthly_advice],
    minimum_interval_seconds=60,
    description="Tells that a run failed: by its checks when those stopped it, else by step and kind of error.",
)
def failed_runs(context: dg.RunFailureSensorContext, warehouse: Warehouse) -> dg.SkipReason:
    """The error's own words stay in Dagster: they can hold paths and values. People get the step and its kind."""
    month = month_of(context.dagster_run)
    said = send_alerts(delivery_month=month, **_how(warehouse))
    causes = describe_failures(context)
    if causes:
        run = context.dagster_run.run_id[:8]
        notice = write_notice(RUN, month, " ".join(causes), causes="; ".join(causes), run=run)
        said += send_notice(notice=notice, **_how(warehouse))
    return dg.SkipReason("; ".join(said) or "nothing to tell")


def describe_failures(context: dg.RunFailureSensorContext) -> list[str]:
    """Step and kind of error of every failed step; none for steps that a blocking check stopped: the checks say why.

    A run that failed outside a step has one line of its own.
    """
    causes, steps = [], context.get_step_failure_events()
    for event in steps:
        failure = event.step_failure_data
        error = failure.error
        while error is not None and error.cause is not None:
            error = error.cause
        kind = error.cls_name if error is not None else "unknown"
        if failure.user_failure_data is not None and KIND in failure.user_failure_data.metadata:
            kind = str(failure.user_failure_data.metadata[KIND].value)
        if kind != _CHECK_STOPPED:
            causes.append(f"step {event.step_key}: {kind}")
    return causes if steps else ["stopped outside a step"]


def month_of(run: dg.DagsterRun) -> date:
    """Delivery month of a run; of a range of months the last."""
    label = run.tags.get("dagster/partition") or run.tags["dagster/asset_partition_range_end"]
    return date.fromisoformat(f"{label}-01")


def _how(warehouse: Warehouse) -> dict[str, Any]:
    """What every alert needs besides its content."""
    now = datetime.now(UTC).replace(tzinfo=None)
    return {"store": warehouse.store, "database": warehouse.database, "environ": os.environ, "now": now}


SENSORS = (new_delivery, due_date_passed, failed_checks, failed_runs)
