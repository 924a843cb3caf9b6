"""Sensors of runs: what people are told when one fails or a check stops it, once."""

from datetime import date

import dagster as dg

from assets.context import Warehouse, add_months
from pipelines import sensors
from pipelines.alerts.digest import as_text
from pipelines.definitions import defs
from simulation.reference import load_simulation_reference
from simulation.run import simulate_deliveries
from tests.lists import mark_simulated
from warehouse.landing import write_deliveries


def run_status(instance: dg.DagsterInstance, result: dg.ExecuteInProcessResult, kind: str) -> dg.RunStatusSensorContext:
    event = next(event for event in result.all_events if event.event_type_value == kind)
    return dg.build_run_status_sensor_context("test", event, instance, result.dagster_run)


def test_a_run_that_a_check_stopped_is_told_by_its_check(tmp_path, told):
    files = simulate_deliveries(
        load_simulation_reference("small"), scale="small", until=date(2017, 1, 1), defects=("duplicate_key",)
    )
    write_deliveries(
        mark_simulated(tmp_path / "deliveries"), ((f.delivery_month, f.kind, f.frame, f.part) for f in files)
    )
    warehouse = Warehouse(data_dir=str(tmp_path))
    with dg.DagsterInstance.ephemeral() as instance:
        job = defs.resolve_job_def("monthly_advice")
        how = {"resources": {"warehouse": warehouse}, "raise_on_error": False}
        add_months(instance, [date(2017, 1, 1)])
        result = job.execute_in_process(instance=instance, partition_key="2017-01", **how)
        context = run_status(instance, result, "PIPELINE_FAILURE").for_run_failure()
        for _ in range(2):
            sensors.failed_runs(context, warehouse=warehouse)
    (digest,) = told
    assert {entry.check_id for entry in digest.entries if entry.severity == "block"} == {"D03"}
    assert "run" not in {entry.check_id for entry in digest.entries}
    assert str(tmp_path) not in as_text(digest)


def toy_job(fails: bool) -> dg.JobDefinition:
    """A job with one step that fails with a secret in its words, or does not."""

    @dg.op
    def read_tariffs() -> None:
        if fails:
            raise KeyError("password hunter2 in /srv/data/tariffs.csv")

    @dg.job(partitions_def=dg.MonthlyPartitionsDefinition(start_date="2017-01", fmt="%Y-%m"))
    def monthly_toy() -> None:
        read_tariffs()

    return monthly_toy


def run_toy(instance: dg.DagsterInstance, warehouse: Warehouse, *, fails: bool) -> None:
    """A run of the toy job, and the sensor that hears of it."""
    result = toy_job(fails).execute_in_process(instance=instance, partition_key="2018-05", raise_on_error=False)
    if fails:
        context = run_status(instance, result, "PIPELINE_FAILURE").for_run_failure()
        sensors.failed_runs(context, warehouse=warehouse)
    else:
        sensors.failed_checks(run_status(instance, result, "PIPELINE_SUCCESS"), warehouse=warehouse)


def test_a_run_that_failed_is_told_once_without_its_words_until_one_succeeds(warehouse, told):
    with dg.DagsterInstance.ephemeral() as instance:
        run_toy(instance, warehouse, fails=True)
        run_toy(instance, warehouse, fails=True)
        assert len(told) == 1
        text = as_text(told[0])
        assert "step read_tariffs: KeyError" in text
        assert "hunter2" not in text
        assert "/srv" not in text
        run_toy(instance, warehouse, fails=False)
        run_toy(instance, warehouse, fails=False)
    assert [len(digest.solved) for digest in told] == [0, 1]


def test_the_month_of_a_range_is_its_last():
    tags = {"dagster/asset_partition_range_start": "2018-03", "dagster/asset_partition_range_end": "2018-05"}
    assert sensors.month_of(dg.DagsterRun(job_name="monthly_advice", tags=tags)) == date(2018, 5, 1)


def test_all_are_off_until_somebody_turns_them_on():
    assert {sensor.default_status for sensor in sensors.SENSORS} == {dg.DefaultSensorStatus.STOPPED}
    repository = dg.Definitions(
        assets=defs.assets, jobs=defs.jobs, resources=defs.resources, sensors=sensors.SENSORS
    ).get_repository_def()
    assert {found.name for found in repository.sensor_defs} == {
        "new_delivery", "due_date_passed", "failed_checks", "failed_runs",
    }  # fmt: skip
