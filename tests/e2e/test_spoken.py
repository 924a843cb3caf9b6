"""An error that people can mend stops a run with its sentence: on the command line and in Dagster, never a trace."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import dagster as dg
import polars as pl
import pytest

from assets.context import Warehouse, add_months, monthly_step
from assets.spoken import speaking
from pipelines.cli import main
from pipelines.definitions import defs
from pipelines.runner import RunFailed, run_month, tell_cause
from pipelines.sensors import describe_failures
from tests.e2e.handmade import House, claims, grants, kader
from wlz.forecasting.paths import draw_shocks
from wlz.series import SeriesError, build_series
from wlz.words.faults import Spoken

MAY = date(2018, 5, 1)


class PumpError(Spoken):
    """A kind of error that no list in the project names."""


@pytest.fixture(scope="module")
def young(new_house: Callable[[str], House]) -> House:
    """A data folder of which the claims began two months before the delivery: nothing is old enough to forecast."""
    house = new_house("young")
    house.deliver("declaraties", claims("Z025", first="2018-03", last="2018-04"))
    house.deliver("kader", kader())
    house.deliver("pgb_verleningen", grants())
    return house


def test_a_run_without_a_month_to_forecast_from_says_so(young: House) -> None:
    told = young.run()
    assert told.exit_code == 1
    assert "Nothing was published: " in told.output
    assert "no month is old enough to enter the forecast" in told.output
    assert "Next: " in told.output
    assert "Error" not in told.output


def test_dagster_shows_the_same_sentence(young: House) -> None:
    """The runner raises what the step's failure says; the step's failure is the sentence, not the place in the code."""
    warehouse = Warehouse(data_dir=str(young.root))
    with pytest.raises(RunFailed, match=r"^\w+: no month is old enough") as stopped:
        run_month(warehouse, MAY, falls_back=False, listener=lambda stage, text: None)
    assert "\n" not in str(stopped.value)


def run_stage(error: Exception) -> dg.ExecuteInProcessResult:
    """A real run of one stage that stops with this error."""

    def pump(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        """Stops."""
        yield from ()
        raise error

    step = monthly_step("pump", [dg.AssetSpec("pump")], {})(pump)
    with dg.DagsterInstance.ephemeral() as instance:
        add_months(instance, [MAY])
        return dg.materialize([step], instance=instance, partition_key="2018-05", raise_on_error=False)


def test_an_error_of_any_class_below_spoken_is_told_by_its_words() -> None:
    result = run_stage(PumpError("kader.csv: the pump is dry. Next: deliver water"))
    [event] = result.get_step_failure_events()
    failure = event.step_failure_data
    assert failure.user_failure_data is not None
    assert failure.user_failure_data.description == "kader.csv: the pump is dry. Next: deliver water"
    assert failure.user_failure_data.metadata["kind"].value == "PumpError"
    assert failure.error is not None
    assert failure.error.cause is None  # the trace of the stage is not kept
    assert describe_failures(result) == ["step pump: PumpError"]  # alerts leave out the words: they can hold values
    with pytest.raises(RunFailed) as stopped:
        tell_cause(result)
    assert str(stopped.value) == "pump: kader.csv: the pump is dry. Next: deliver water"


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied", "lake"), BlockingIOError("busy")])
def test_a_fault_of_the_disk_is_told_by_its_words(error: OSError) -> None:
    with pytest.raises(RunFailed) as stopped:
        tell_cause(run_stage(error))
    assert str(stopped.value) == f"pump: {error}"


@pytest.mark.parametrize("error", [ValueError("3 is not 4"), KeyError("volume"), ZeroDivisionError("division by zero")])
def test_a_fault_of_ours_keeps_its_trace(error: Exception) -> None:
    with pytest.raises(RuntimeError, match=type(error).__name__) as stopped:
        tell_cause(run_stage(error))
    assert "test_spoken.py" in str(stopped.value)


def test_every_asset_of_the_code_location_speaks() -> None:
    """Each is built with ``speaking``: its function is the one of ``assets/spoken.py``, around that of the stage."""
    silent = []
    for definition in defs.resolve_asset_graph().assets_defs:
        if not definition.is_executable:
            continue  # shown, and written by no step of its own
        compute = definition.op.compute_fn.decorated_fn
        if compute.__code__ is not speaking(compute).__code__:
            silent.append(definition.op.name)
    assert silent == []


def test_a_command_tells_what_it_did_not_foresee(monkeypatch: pytest.MonkeyPatch, empty_house: House) -> None:
    def stop(**_: object) -> None:
        raise PumpError("kader.csv: the pump is dry. Next: deliver water")

    monkeypatch.setattr(main.commands["tables"], "callback", stop)
    told = empty_house.wlz("tables")
    assert told.exit_code == 1
    assert told.output == "kader.csv: the pump is dry. Next: deliver water\n"


@pytest.mark.parametrize("paths", [150, 1010])
def test_a_number_of_paths_that_cannot_be_shared_is_spoken(paths: int) -> None:
    """Within the range of the assumption, but 20 models a series must share them evenly."""
    with pytest.raises(Spoken, match=f"multiple of 20, found {paths}"):
        draw_shocks(paths, 36, seed=1)


def test_what_data_can_cause_in_the_series_is_spoken() -> None:
    nothing = pl.DataFrame(
        schema={
            "prestatiecode": pl.String,
            "wlz_uitvoerder": pl.String,
            "zorgkantoorregio": pl.String,
            "care_month": pl.Date,
            "declared_volume": pl.Float64,
            "declared_amount_eur": pl.Decimal(18, 2),
        }
    )
    with pytest.raises(SeriesError, match="no claims") as refused:
        build_series(nothing, MAY, 4, 36)
    assert isinstance(refused.value, Spoken)
    assert isinstance(refused.value, ValueError)
