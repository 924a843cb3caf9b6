"""The code location as Dagster sees it, and real runs of it."""

import os
import shutil
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from assets.context import Warehouse, add_months, key_of
from assets.deliveries import FALLBACK_TAG
from pipelines.definitions import defs
from pipelines.jobs import monthly_advice
from pipelines.schedules import monthly_schedule
from simulation.reference import load_simulation_reference
from simulation.run import simulate_deliveries
from tests.lists import mark_simulated
from warehouse import registry
from warehouse.landing import write_deliveries
from warehouse.tables.series import SERIES
from wlz.advice import LINE

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
KINDS_SHOWN = {f"deliveries/{kind}" for kind in registry.deliveries()}
MARTS_SHOWN = {f"marts/{name}" for name in registry.marts()}


def specs() -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}


def write_small(folder: Path, until: date, defects: tuple[str, ...] = ()) -> Warehouse:
    files = simulate_deliveries(load_simulation_reference("small"), scale="small", until=until, defects=defects)
    write_deliveries(
        mark_simulated(folder / "deliveries"), ((f.delivery_month, f.kind, f.frame, f.part) for f in files)
    )
    return Warehouse(data_dir=str(folder))


def run(warehouse: Warehouse, **how: object) -> dg.ExecuteInProcessResult:
    job = defs.resolve_job_def("monthly_advice")
    with dg.DagsterInstance.ephemeral() as instance:
        add_months(instance, [date(2017, month, 1) for month in (1, 2, 3)])
        return job.execute_in_process(
            instance=instance, resources={"warehouse": warehouse}, raise_on_error=False, **how
        )


def test_every_table_is_an_asset():
    """Lake tables, deliveries by kind, marts, and the pages: nothing is written that Dagster does not show."""
    assert set(specs()) == {*registry.lake(), *KINDS_SHOWN, *MARTS_SHOWN, "report"}


def test_groups_are_the_rooms():
    rooms = {stage.room for stage in LINE}
    assert {spec.group_name for spec in specs().values()} == {*rooms, "balance", "deliveries", "publish"}
    assert all(specs()[table].group_name == stage.room for stage in LINE for table in stage.writes)


def test_dependencies_are_what_the_line_reads():
    for stage in LINE:
        for table in stage.writes:
            found = {dep.asset_key for dep in specs()[table].deps}
            assert found == {key_of(name) for name in stage.reads}, table


def test_marts_depend_on_the_tables_of_their_select():
    deps = {dep.asset_key.to_user_string() for dep in specs()["marts/zin_uitvoerder"].deps}
    assert {"utilisation", "forecast_bounds"} <= deps
    assert "pgb" not in deps
    assert {"prices"} <= {dep.asset_key.to_user_string() for dep in specs()["marts/price_derivation"].deps}


def test_every_table_shows_its_contract_its_code_and_its_method():
    without = [name for name, spec in specs().items() if "dagster/column_schema" not in spec.metadata]
    assert without == ["report"]
    assert specs()["series"].metadata["grain"] == SERIES.grain
    for name, spec in specs().items():
        assert spec.owners, name
        assert spec.kinds, name
        for key in ("code", "contract", "method"):
            named = spec.metadata.get(key)
            assert named is None or (ROOT / str(named)).exists(), (name, named)
    computed = {name for name in registry.lake() if name != "claims_snapshot"}
    assert all(specs()[name].code_version for name in computed | MARTS_SHOWN)


def tick_of_may(folder: Path, *files: str) -> tuple[dg.RunRequest | dg.SkipReason, list[str]]:
    """What the schedule asks for on 5 May 2018 with these files in the landing zone, and the months Dagster knows."""
    warehouse = Warehouse(data_dir=str(folder))
    for file in files:
        path = warehouse.landing / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a")
    with dg.instance_for_test() as instance:
        of_may = {"scheduled_execution_time": datetime(2018, 5, 5), "resources": {"warehouse": warehouse}}
        with dg.build_schedule_context(instance, **of_may) as tick:
            return monthly_schedule(tick), list(instance.get_dynamic_partitions("delivery_month"))


def test_the_schedule_asks_for_the_month_of_its_tick(tmp_path):
    request, months = tick_of_may(tmp_path, "2018-05/declaraties.csv")
    assert request.partition_key == "2018-05"
    assert months == ["2018-05"]
    assert monthly_schedule.job_name == monthly_advice.name


@pytest.mark.parametrize("files", [(), ("2018-04/declaraties.csv",), ("2018-05/kader.csv", "2018-05/Declaraties.csv")])
def test_the_schedule_starts_no_month_without_claims(tmp_path, files):
    skipped, months = tick_of_may(tmp_path, *files)
    assert "no claims of 2018-05 yet" in skipped.skip_message
    assert months == []


def test_a_month_without_claims_stops_before_anything_is_taken_in(tmp_path):
    """A person may ask for it with a tag; without it the run fails with the sentence, and is not tried again."""
    warehouse = write_small(tmp_path, date(2017, 1, 1))
    result = run(warehouse, partition_key="2017-02")
    assert not result.success
    (failure,) = [event.step_failure_data for event in result.get_step_failure_events()]
    assert "2017-02 has no delivery of claims" in failure.user_failure_data.description
    assert "of 2017-01" in failure.user_failure_data.description
    assert not (tmp_path / "lake").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [["dagster", "definitions", "validate", "-w", str(ROOT / "workspace.yaml")], ["dg", "check", "defs"]],
    ids=["dagster definitions validate", "dg check defs"],
)
def test_the_code_location_loads_clean(command, tmp_path):
    folder = ROOT if command[0] == "dg" else tmp_path
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "DAGSTER_HOME": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    assert "Error" not in done.stdout + done.stderr


def test_a_blocking_check_stops_before_anything_is_built(tmp_path):
    warehouse = write_small(tmp_path, date(2017, 1, 1), defects=("duplicate_key",))
    result = run(warehouse, partition_key="2017-01")
    failed = {e.check_name: e.severity for e in result.get_asset_check_evaluations() if not e.passed}
    assert failed["D03"] == dg.AssetCheckSeverity.ERROR
    assert not result.success
    materialised = {event.asset_key.to_user_string() for event in result.get_asset_materialization_events()}
    assert materialised == {key for key, spec in specs().items() if spec.group_name == "deliveries"} - {
        "advice_provenance"
    }
    assert not warehouse.database.exists()
    refused = warehouse.store.read_register().filter(pl.col("delivery_status") == "refused")
    assert refused["check_id"].to_list() == ["D03"]
    assert (warehouse.quarantine / "2017-01" / "declaraties" / refused["delivery_id"][0] / "reason.json").exists()


@pytest.mark.slow
def test_a_backfill_of_months_is_one_run(tmp_path):
    """January and February; the delivery of March lies there already."""
    warehouse = write_small(tmp_path, date(2017, 3, 1))
    tags = {"dagster/asset_partition_range_start": "2017-01", "dagster/asset_partition_range_end": "2017-02"}
    result = run(warehouse, tags=tags)
    assert result.success, [e.message for e in result.get_step_failure_events()]
    months = [warehouse.store.has(SERIES, date(2017, month, 1)) for month in (1, 2, 3)]
    assert months == [True, True, False]
    single = Warehouse(data_dir=str(tmp_path / "single"))
    shutil.copytree(warehouse.landing, mark_simulated(single.landing))
    assert run(single, partition_key="2017-02").success
    february = date(2017, 2, 1)
    assert single.store.read(SERIES, february).equals(warehouse.store.read(SERIES, february))


def test_a_repeated_run_goes_on_with_the_last_accepted_delivery(tmp_path):
    warehouse = write_small(tmp_path, date(2017, 2, 1), defects=("duplicate_key",))
    assert not run(warehouse, partition_key="2017-02").success
    again = run(warehouse, partition_key="2017-02", tags={FALLBACK_TAG: "yes"})
    assert again.success
    claims = warehouse.advice(date(2017, 2, 1)).deliveries.chosen.filter(kind="declaraties")
    assert claims["delivery_month"].to_list() == [date(2017, 1, 1)]
