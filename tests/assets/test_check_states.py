"""What Dagster says of the checks of three months: each month keeps its own, and silence is no pass (real runs)."""

import logging
from datetime import date
from decimal import Decimal
from pathlib import Path

import dagster as dg
import pytest

from assets.checks import monthly_check, outcomes_of
from assets.context import MONTHS, Warehouse, add_months
from expectations.judging.results import CheckResult
from pipelines.runner import instance_for
from tests.e2e.handmade import House, claims, furnish
from warehouse.tables.prices import REVENUE

pytestmark = pytest.mark.long

MAY, JUNE, JULY = date(2018, 5, 1), date(2018, 6, 1), date(2018, 7, 1)
Status = dg.AssetCheckEvaluation | None


@pytest.fixture(scope="module")
def three_months(tmp_path_factory: pytest.TempPathFactory) -> House:
    """May and July in order; the claims of June are refused (one series twice), so that June falls back on May."""
    house = furnish(House(tmp_path_factory.mktemp("states") / "data"))
    twice = [*claims("Z025", last="2018-05"), *claims("Z041", last="2018-05"), *claims("Z041", last="2018-05")]
    house.deliver("declaraties", twice, month="2018-06", on=date(2018, 6, 4))
    mended = [*claims("Z025", last="2018-06"), *claims("Z041", last="2018-06")]
    house.deliver("declaraties", mended, month="2018-07", on=date(2018, 7, 3))
    for month, code in (("2018-05", 0), ("2018-06", 1), ("2018-07", 0)):
        told = house.run(month)
        assert told.exit_code == code, told.output
    return house


def latest(house: House, asset: str | list[str], check: str, month: date) -> Status:
    """The last evaluation of a check in the partition of a month, as Dagster's pages ask for it; None without one."""
    key = dg.AssetCheckKey(dg.AssetKey(asset), check)
    with instance_for(house.root) as instance:
        found = instance.event_log_storage.get_asset_check_execution_history(key, limit=200)
        for record in found:
            if record.partition == f"{month:%Y-%m}" and record.event is not None:
                event = record.event.dagster_event
                if event is not None and event.event_type_value == "ASSET_CHECK_EVALUATION":
                    return event.asset_check_evaluation_data
    return None


def test_july_does_not_overwrite_the_state_of_june(three_months: House) -> None:
    """D03 failed in June. July's run judged July's claims: June is still failed, July passed."""
    of_june, of_july = (latest(three_months, "delivery_register", "D03", month) for month in (JUNE, JULY))
    assert of_june is not None
    assert of_july is not None
    assert not of_june.passed
    assert of_july.passed


def test_what_was_not_judged_has_no_state(three_months: House) -> None:
    """No indications were delivered in any month: the rule on them is neither passed nor failed."""
    judged = {check: latest(three_months, "delivery_register", check, JULY) for check in ("D01", "G01", "K01", "A01")}
    assert judged["D01"] is not None
    assert judged["A01"] is None


def test_a_month_that_fell_back_is_not_green(three_months: House) -> None:
    states = {month: latest(three_months, ["marts", "utilisation_national"], "own_claims", month)
              for month in (MAY, JUNE, JULY)}  # fmt: skip
    passed = {month: state is not None and state.passed for month, state in states.items()}
    assert passed == {MAY: True, JUNE: False, JULY: True}
    assert states[JUNE] is not None
    assert states[JUNE].description == "rests on the claims of 2018-05"


def test_totals_of_what_was_saved_are_per_scenario(three_months: House) -> None:
    """Six scenarios of one year are no sum: each has its own row, with the euro that the table holds."""
    saved = three_months.store.read(REVENUE, JULY)
    with instance_for(three_months.root) as instance:
        records = instance.fetch_materializations(
            dg.AssetRecordsFilter(asset_key=dg.AssetKey("revenue"), asset_partitions=["2018-07"]), limit=1
        ).records
    metadata = records[0].asset_materialization.metadata
    table = metadata["rows and totals per scenario"].value
    assert metadata["dagster/row_count"].value == saved.height
    for (scenario,), rows in saved.group_by("scenario"):
        assert f"| {scenario} | {rows.height} | {rows['forecast_amount_eur'].sum():,} |" in table
    assert not [name for name in metadata if name.startswith("total ")]


def test_a_backfill_of_months_has_a_state_per_month(tmp_path: Path) -> None:
    """One run over two months: the outcome of each is its own."""
    house = furnish(House(tmp_path / "data"))
    later = [*claims("Z025", last="2018-04"), *claims("Z041", last="2018-04")]
    house.deliver("declaraties", later, month="2018-06", on=date(2018, 6, 4))
    from pipelines.definitions import defs

    with instance_for(house.root) as instance:
        add_months(instance, [MAY, JUNE])
        done = defs.resolve_job_def("monthly_advice").execute_in_process(
            instance=instance,
            resources={"warehouse": Warehouse(data_dir=str(house.root))},
            tags={"dagster/asset_partition_range_start": "2018-05", "dagster/asset_partition_range_end": "2018-06"},
            raise_on_error=False,
        )
    assert done.success, [event.message for event in done.get_step_failure_events()]
    of_month = {month: latest(house, "delivery_register", "D01", month) for month in (MAY, JUNE)}
    assert all(state is not None and state.passed for state in of_month.values())


def test_months_are_known_in_their_order(tmp_path: Path) -> None:
    """A month that is older than those already known: a range of months is still one from first to last."""
    with dg.DagsterInstance.ephemeral() as instance:
        add_months(instance, [JULY, JUNE])
        add_months(instance, [MAY])
        add_months(instance, [JUNE])
        assert instance.get_dynamic_partitions("delivery_month") == ["2018-05", "2018-06", "2018-07"]


def test_a_check_belongs_to_a_month_on_the_version_we_pin() -> None:
    """Dagster calls this a preview: a new version may change it, and this test says so."""
    assert dg.__version__ == "1.13.27"
    spec = monthly_check("a_check", "an_asset", MONTHS, "What it holds.")
    assert spec.partitions_def is MONTHS


def result(severity: str, outcome: str, at_stake_eur: Decimal | None) -> CheckResult:
    return CheckResult(
        check_id="U-agreed-unused", checked_table="herschikking", delivery_id="herschikking-2018-02-a", title="t",
        severity=severity, outcome=outcome, findings_count=int(outcome == "failed"), at_stake_eur=at_stake_eur,
        observed="o", expected="e", message="U-agreed-unused m", action="a",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("judged", "passed", "severity"),
    [
        ([result("info", "failed", Decimal(228_500_000))], False, "info"),
        ([result("info", "failed", None)], True, "info"),
        ([result("info", "failed", Decimal(0))], True, "info"),
        ([result("info", "passed", None)], True, "none"),
        ([result("warn", "failed", None), result("info", "passed", None)], False, "warn"),
    ],
)
def test_info_that_touches_euro_is_no_silent_green(judged, passed, severity) -> None:
    """€ 228.5 mln at severity info was a green "Passed": it stands as not passed, with its euro, and calls nobody."""
    [outcome] = outcomes_of(judged, "delivery_register")
    assert outcome.passed is passed
    assert outcome.severity == dg.AssetCheckSeverity.WARN
    assert outcome.metadata["severity"].value == severity
    assert outcome.metadata["euro at stake"].value == float(sum(one.at_stake_eur or 0 for one in judged))


def test_what_nothing_was_judged_of_has_no_outcome() -> None:
    assert list(outcomes_of([], "delivery_register")) == []


def test_a_rule_without_anything_to_judge_is_not_told_once_per_step(caplog: pytest.LogCaptureFixture) -> None:
    """Forty such lines stood before the one sentence of a refusal; other warnings of Dagster stay."""
    log = logging.getLogger("dagster._core.execution.plan.active")
    with caplog.at_level(logging.WARNING, logger=log.name):
        log.warning("Blocking asset check 'a:D02' emitted no result in step 'deliveries'; downstream step 'b' proceeds")
        log.warning("the disk is slow")
    assert [record.getMessage() for record in caplog.records] == ["the disk is slow"]
