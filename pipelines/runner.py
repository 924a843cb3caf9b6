"""One month through Dagster, in process, against a persistent instance: `wlz run`, `wlz demo` and the tests."""

import builtins
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NoReturn

import dagster as dg
from dagster import DagsterExecutionInterruptedError
from sqlalchemy.exc import DBAPIError

from assets.context import Warehouse, add_months
from assets.deliveries import FALLBACK_TAG, REST_TAG
from pipelines.definitions import defs
from pipelines.logs import Listener, listening
from warehouse.lock import hold_folder
from warehouse.provenance import describe_inputs
from warehouse.publish import published_inputs
from warehouse.store import month_label
from wlz.words.faults import Spoken

INTERRUPTED = (KeyboardInterrupt, DagsterExecutionInterruptedError)
_INTERRUPTS = {kind.__name__ for kind in INTERRUPTED}
_SETTINGS = Path(__file__).parents[1] / "dagster.yaml"


class RunFailed(Spoken):
    """A run stopped because of data, settings or disk; the message says what, where and what next."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended: published or blocked, and what its checks said."""

    published: bool
    blocked: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def dagster_home(data_dir: Path) -> Path:
    """``DAGSTER_HOME``, or ``dagster`` inside the data folder, with our settings in it."""
    named = os.environ.get("DAGSTER_HOME")
    home = Path(named or data_dir / "dagster").absolute()
    if os.path.lexists(home) and not home.is_dir():
        said = f"DAGSTER_HOME names {named}" if named else f"{home.name} in the data folder"
        raise RunFailed(f"{said}: is no folder. Next: {'mend the variable, or unset it' if named else 'move it away'}")
    home.mkdir(parents=True, exist_ok=True)
    with hold_folder(home, "settings of Dagster", lambda _: None):
        if not named or not (home / "dagster.yaml").exists():  # settings in a named home are its owner's
            shutil.copyfile(_SETTINGS, home / "dagster.yaml")
    return home


def instance_for(data_dir: Path) -> dg.DagsterInstance:
    """The persistent Dagster instance of a data folder; one process at a time opens it: the first makes its files."""
    home = dagster_home(data_dir)
    with hold_folder(home, "opening Dagster's history", lambda _: None):
        return dg.DagsterInstance.from_config(str(home))


@contextmanager
def telling_history(data_dir: Path) -> Iterator[dg.DagsterInstance]:
    """The instance of a data folder. Raises RunFailed when a full disk or missing rights stop its history."""
    try:
        with instance_for(data_dir) as instance:
            yield instance
    except DBAPIError as error:
        home = dagster_home(data_dir)
        raise RunFailed(
            f"Dagster's history in {home}: {error.orig}. Next: make room there, or let it be written"
        ) from None


def run_month(
    warehouse: Warehouse, month: date, *, falls_back: bool, listener: Listener, rests_on_last: bool = False
) -> Outcome:
    """Materialise every asset of a delivery month. Raises RunFailed with one sentence when data or disk stop it.

    ``rests_on_last``: a person asked for it, though the month may have no claims of its own.
    """
    job = defs.resolve_job_def("monthly_advice")
    asked = {FALLBACK_TAG: falls_back, REST_TAG: rests_on_last}
    with listening(listener), telling_history(Path(warehouse.data_dir)) as instance:
        add_months(instance, [month])
        result = job.execute_in_process(
            partition_key=month_label(month),
            instance=instance,
            resources={"warehouse": warehouse},
            tags={tag: "yes" for tag, is_asked in asked.items() if is_asked},
            raise_on_error=False,
            run_config={"loggers": {"stages": {}}},
        )
    failed = [one for one in result.get_asset_check_evaluations() if not one.passed and not _is_info(one)]
    checks = sorted(failed, key=_euro_at_stake, reverse=True)
    blocking = dg.AssetCheckSeverity.ERROR
    blocked = [check.description or check.check_name for check in checks if check.severity == blocking]
    warnings = [check.description or check.check_name for check in checks if check.severity != blocking]
    if not result.success and not blocked:
        tell_cause(result)
    return Outcome(result.success, blocked, warnings)


def _is_info(check: dg.AssetCheckEvaluation) -> bool:
    """Whether nothing above severity info was found: it stands in Dagster and in the marts, and nobody is called."""
    stated = check.metadata.get("severity")
    return isinstance(stated, dg.TextMetadataValue) and stated.text == "info"


def _euro_at_stake(check: dg.AssetCheckEvaluation) -> float:
    """Euro of a check's findings as the asset checks say it; 0 where they say none."""
    stated = check.metadata.get("euro at stake")
    return stated.value or 0.0 if isinstance(stated, dg.FloatMetadataValue) else 0.0


def tell_cause(result: dg.ExecuteInProcessResult) -> NoReturn:
    """Raises what stopped the run: RunFailed with the sentence of a stage that spoke, or of a fault of the disk.

    A fault of ours is a RuntimeError with the whole trace; an interrupt stays one.
    """
    for event in result.get_step_failure_events():
        failure = event.step_failure_data
        if failure.user_failure_data is not None:
            raise RunFailed(f"{event.step_key}: {failure.user_failure_data.description}")
        error = failure.error
        while error is not None and error.cause is not None:
            error = error.cause
        if error is None:
            continue
        if error.cls_name in _INTERRUPTS:
            raise KeyboardInterrupt
        text = error.message.strip()
        if _is_of_disk(error.cls_name):
            raise RunFailed(f"{event.step_key}: {text.partition(': ')[2] or text}")
        raise RuntimeError(f"{event.step_key}: {text}\n{''.join(error.stack)}")
    raise RuntimeError("the run failed without saying why; see its log in Dagster")


def _is_of_disk(name: str | None) -> bool:
    """Whether Dagster itself met an OSError, or a kind of it; of an error it keeps the name only."""
    kind = getattr(builtins, name or "", None)
    return isinstance(kind, type) and issubclass(kind, OSError)


def is_published(warehouse: Warehouse, month: date) -> bool:
    """Whether the published advice of the month rests on exactly what it would rest on now."""
    advice = warehouse.advice(month)
    deliveries = advice.deliveries
    known = deliveries.chosen, deliveries.chosen_year_ago, advice.earlier_claims, advice.round
    inputs = describe_inputs(*known, warehouse.pack, warehouse.simulation, deliveries.late)
    rows = inputs.select("input_name", "input_version", "content_hash").iter_rows()
    return {name: (version, content) for name, version, content in rows} == published_inputs(warehouse.database, month)
