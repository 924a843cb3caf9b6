"""Sensors: what starts a run, once, and what people are told of claims that are late."""

import json
import os
import time
from datetime import date, datetime
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from assets.context import Warehouse
from pipelines import sensors
from pipelines.alerts.digest import as_text
from pipelines.jobs import monthly_advice
from pipelines.sensors import find_new_deliveries
from warehouse.landing_zone import hash_file
from warehouse.settings import load_round
from warehouse.tables.deliveries import DELIVERY_REGISTER


def put(warehouse: Warehouse, name: str, text: str) -> Path:
    """A file in the landing zone, with a time of its own, as a copy that is written anew has."""
    path = warehouse.landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    moment = len(text) * 1_000_000_000
    os.utime(path, ns=(moment, moment))
    return path


class Ticks:
    """One tick of the sensor for new deliveries after the other, each with the cursor of the one before."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse, self.cursor = warehouse, None

    def results(self, times: int = 1) -> list[dg.SensorResult]:
        found = []
        for _ in range(times):
            context = dg.build_sensor_context(cursor=self.cursor)
            found.append(sensors.new_delivery(context, warehouse=self.warehouse))
            self.cursor = found[-1].cursor
        return found

    def __call__(self, times: int = 1) -> list[dg.RunRequest]:
        return [request for found in self.results(times) for request in found.run_requests or []]


@pytest.fixture
def ticks(warehouse: Warehouse) -> Ticks:
    return Ticks(warehouse)


def keys(requests: list[dg.RunRequest]) -> list[tuple[str | None, list[str]]]:
    return [(one.partition_key, [part.split(":")[0] for part in one.run_key.split()]) for one in requests]


# ---- new deliveries ----------------------------------------------------------------------------------------------


def test_a_new_delivery_starts_its_month_once(warehouse, ticks):
    path = put(warehouse, "2018-05/declaraties.csv", "a")
    assert ticks() == []  # it may still be written
    (request,) = ticks()
    assert request.partition_key == "2018-05"
    assert request.run_key == f"2018-05/declaraties.csv:{hash_file(path)[:12]}"
    assert ticks(3) == []


def test_a_file_that_is_being_written_is_waited_for(warehouse, ticks):
    for size in range(1, 5):
        put(warehouse, "2018-05/declaraties.csv", "a" * size)
        assert ticks() == []
    assert len(ticks()) == 1


def test_what_is_there_waits_for_what_is_being_written(warehouse, ticks):
    put(warehouse, "2018-05/declaraties.csv", "a")
    ticks()
    put(warehouse, "2018-05/kader.csv", "k")
    assert ticks() == []
    assert keys(ticks()) == [("2018-05", ["2018-05/declaraties.csv", "2018-05/kader.csv"])]


def test_a_replaced_delivery_starts_it_again(warehouse, ticks):
    put(warehouse, "2018-05/declaraties.csv", "a")
    first = ticks(2)
    put(warehouse, "2018-05/declaraties.csv", "bb")
    second = ticks(2)
    assert len(first) == len(second) == 1
    assert first[0].run_key != second[0].run_key


def test_a_file_touched_without_another_content_starts_nothing(warehouse, ticks):
    path = put(warehouse, "2018-05/declaraties.csv", "a")
    ticks(2)
    os.utime(path)
    assert ticks(3) == []


def test_a_new_control_file_starts_it_again(warehouse, ticks):
    put(warehouse, "2018-05/declaraties.csv", "a")
    ticks(2)
    put(warehouse, "2018-05/declaraties.control.json", "{}")
    assert keys(ticks(2)) == [("2018-05", ["2018-05/declaraties.csv"])]


def take_in_as(warehouse: Warehouse, files: dict[str, str]) -> None:
    """The register as a run leaves it: what lies in the landing zone in use, what lay there before superseded."""
    rows = [
        {
            "delivery_id": f"{name}-{text}",
            "kind": name.split("/")[1].split(".")[0],
            "delivery_month": date(2018, 5, 1),
            "content_hash": hash_file(put(warehouse, f"../kept-{text}/{name.split('/')[1]}", text)),
            "registered_at": datetime(2018, 5, 2),
            "delivery_status": status,
            "rows_count": 1,
            "quarantined_count": 0,
            "quarantined_eur": 0,
            "file_name": name,
        }
        for name, texts in files.items()
        for text, status in zip(texts, ["superseded"] * (len(texts) - 1) + ["accepted"], strict=True)
    ]
    warehouse.store.write_register([pl.DataFrame(rows, schema=DELIVERY_REGISTER.schema, strict=False)])


@pytest.mark.parametrize("name", ["declaraties.csv", "kader.csv", "kader.parquet"])
def test_a_file_that_comes_back_starts_a_run_of_its_own_each_time(warehouse, ticks, name):
    """B, then A, then B again, and on: five arrivals, five runs, with five keys: Dagster runs a key once."""
    put(warehouse, "2018-05/declaraties.parquet", "of the month")
    ticks(2)
    keys_of_runs = []
    for text in ("B", "AA", "B", "AA", "B"):
        put(warehouse, f"2018-05/{name}", text)
        (request,) = ticks(2)
        keys_of_runs.append(request.run_key)
        assert ticks(2) == []
    assert len(set(keys_of_runs)) == 5


def test_a_control_file_that_comes_back_does_too(warehouse, ticks):
    put(warehouse, "2018-05/declaraties.csv", "a")
    keys_of_runs = []
    for text in ("{}", "{ }", "{}"):
        put(warehouse, "2018-05/declaraties.control.json", text)
        keys_of_runs += [one.run_key for one in ticks(2)]
    assert len(set(keys_of_runs)) == 3


def test_a_file_taken_away_and_put_back_starts_a_run_when_another_came_in_between(warehouse, ticks):
    """As CSV, then another as Parquet, then the first again: the register says that it is superseded."""
    put(warehouse, "2018-05/declaraties.csv", "a")
    path = put(warehouse, "2018-05/kader.csv", "b")
    first = ticks(2)
    path.unlink()
    other = put(warehouse, "2018-05/kader.parquet", "c")
    second = ticks(2)
    other.unlink()
    ticks()
    path = put(warehouse, "2018-05/kader.csv", "b")
    assert ticks(2) == []  # nothing says that another is in use: it was not taken in
    path.unlink()
    ticks()
    take_in_as(warehouse, {"2018-05/declaraties.csv": "a", "2018-05/kader.csv": "bc"})
    put(warehouse, "2018-05/kader.csv", "b")
    third = ticks(2)
    assert len({one.run_key for one in [*first, *second, *third]}) == 3
    assert ticks(3) == []


def test_another_file_of_the_same_size_and_time_is_noticed(warehouse, ticks):
    """Copied with its times, or moved into place: only the file system knows that it is another."""
    put(warehouse, "2018-05/declaraties.csv", "A")
    ticks(2)
    time.sleep(0.05)  # the clock of a file system may be coarse
    put(warehouse, "2018-05/declaraties.csv", "B")
    assert len(ticks(2)) == 1


def test_a_file_saved_again_and_again_starts_nothing(warehouse, ticks):
    path = put(warehouse, "2018-05/declaraties.csv", "a")
    ticks(2)
    for moment in range(1, 5):
        path.write_text("a")
        os.utime(path, ns=(moment, moment))
        assert ticks(2) == []


def test_a_lost_cursor_forgets_no_arrival(warehouse, ticks):
    """B is in use, A lies there, Dagster knows nothing any more: the key is not the one A had when it came first."""
    put(warehouse, "2018-05/declaraties.csv", "A")
    (first,) = ticks(2)
    take_in_as(warehouse, {"2018-05/declaraties.csv": "AB"})
    ticks.cursor = None
    put(warehouse, "2018-05/declaraties.csv", "A")
    (again,) = ticks(2)
    assert first.run_key != again.run_key


def test_a_cursor_of_the_release_before_is_read(warehouse, ticks):
    """It had three fields per file: what it knows was handled is not run again, and what comes back is."""
    put(warehouse, "2018-05/declaraties.csv", "B")
    (first,) = ticks(2)
    put(warehouse, "2018-05/declaraties.csv", "AA")
    ticks(2)
    before = {name: seen[:3] for name, seen in json.loads(ticks.cursor).items()}
    ticks.cursor = json.dumps(before)
    assert ticks(2) == []
    put(warehouse, "2018-05/declaraties.csv", "B")
    (again,) = ticks(2)
    assert first.run_key != again.run_key


def test_another_kind_waits_for_the_claims_of_its_month(warehouse, ticks):
    put(warehouse, "2018-05/kader.csv", "k")
    assert ticks(3) == []
    put(warehouse, "2018-05/declaraties.csv", "a")
    assert keys(ticks(2)) == [("2018-05", ["2018-05/declaraties.csv", "2018-05/kader.csv"])]


def test_what_a_run_took_in_before_the_sensor_was_on_starts_nothing(warehouse, ticks):
    path = put(warehouse, "2018-05/declaraties.csv", "a")
    put(warehouse, "2018-05/declaraties.control.json", "{}")
    row = {
        "delivery_id": "declaraties-2018-05-x",
        "kind": "declaraties",
        "delivery_month": date(2018, 5, 1),
        "content_hash": hash_file(path),
        "registered_at": datetime(2018, 5, 2),
        "delivery_status": "refused",
        "rows_count": 0,
        "quarantined_count": 0,
        "quarantined_eur": 0,
        "file_name": "2018-05/declaraties.csv",
        "check_id": "D03",
        "reason": "twice",
    }
    warehouse.store.write_register([pl.DataFrame([row], schema=DELIVERY_REGISTER.schema, strict=False)])
    assert ticks(3) == []
    put(warehouse, "2018-05/declaraties.csv", "bb")
    assert len(ticks(2)) == 1


@pytest.mark.parametrize("name", ["2016-12/declaraties.csv", "2030-01/declaraties.csv", "old/declaraties.csv"])
def test_months_without_a_partition_and_other_folders_are_passed_over(warehouse, name):
    put(warehouse, name, "a")
    cursor = None
    for _ in range(3):
        found = find_new_deliveries(warehouse.landing, cursor, {}, "2018-06")
        cursor = found.cursor
        assert found.run_keys == {}


def test_no_landing_zone_is_nothing_new(tmp_path):
    assert Ticks(Warehouse(data_dir=str(tmp_path)))(2) == []


def test_requests_are_of_the_job_of_the_month():
    assert [target.job_name for target in sensors.new_delivery.targets] == [monthly_advice.name]


def test_a_month_with_new_deliveries_becomes_known_to_dagster(warehouse, ticks):
    """Partitions are the months that were delivered: no list of months to come."""
    put(warehouse, "2018-05/declaraties.csv", "a")
    found = ticks.results(2)[-1]
    [added] = found.dynamic_partitions_requests
    assert (added.partitions_def_name, added.partition_keys) == ("delivery_month", ["2018-05"])


def test_months_of_the_landing_zone_can_be_picked(warehouse):
    """`make dev` adds them: those before the first month and odd folders are no delivery months."""
    for name in ("2018-06/kader.csv", "2018-05/declaraties.csv", "2016-12/kader.csv", "notes/kader.csv"):
        put(warehouse, name, "a")
    assert sensors.delivered_months(warehouse.landing) == [date(2018, 5, 1), date(2018, 6, 1)]
    assert sensors.delivered_months(warehouse.landing / "nowhere") == []


# ---- claims that are late ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("month", "due"),
    [(date(2018, 5, 1), date(2018, 5, 2)), (date(2018, 6, 1), date(2018, 6, 4))],
    ids=["named by the round", "second working day"],
)
def test_due_date_of_a_month(month, due):
    assert load_round(month).due_on("declaraties") == due


@pytest.fixture
def on(monkeypatch):
    """Sets the day it is."""
    return lambda day: monkeypatch.setattr(
        sensors, "now_in_amsterdam", lambda: datetime(2018, 5, day, 7, tzinfo=sensors.AMSTERDAM)
    )


def test_overdue_claims_are_told_once_and_so_is_their_coming(warehouse, told, on):
    context = dg.build_sensor_context()
    on(2)
    sensors.due_date_passed(context, warehouse=warehouse)
    assert told == []
    on(3)
    for _ in range(3):
        sensors.due_date_passed(context, warehouse=warehouse)
    assert len(told) == 1
    assert "geen declaraties van 2018-05, uiterlijk 2018-05-02" in as_text(told[0])
    put(warehouse, "2018-05/declaraties.csv", "a")
    for _ in range(2):
        sensors.due_date_passed(context, warehouse=warehouse)
    assert [len(digest.solved) for digest in told] == [0, 1]


def test_claims_in_time_are_not_talked_about(warehouse, told, on):
    put(warehouse, "2018-05/declaraties.csv", "a")
    on(20)
    skipped = sensors.due_date_passed(dg.build_sensor_context(), warehouse=warehouse)
    assert told == []
    assert "nothing to tell" in skipped.skip_message
