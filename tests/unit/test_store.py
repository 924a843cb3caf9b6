"""The lake: partitions replaced whole, the same rows the same bytes, nothing half-written left."""

import os
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from warehouse.contract import ContractError
from warehouse.store import Store, month_label, remove_leftovers
from warehouse.tables.deliveries import DELIVERY_REGISTER, KADER
from warehouse.tables.quality import CHECK_FINDINGS
from warehouse.tables.series import SERIES_REGION
from wlz.words.faults import NoDataError

MAY, JUNE = date(2018, 5, 1), date(2018, 6, 1)


def series(*volumes: float) -> pl.DataFrame:
    """One month of Z025 per volume, from January 2017."""
    rows = [
        ("Z025", "Groningen", "Menzis", date(2017, number + 1, 1), 5, volume, Decimal("1.00"))
        for number, volume in enumerate(volumes)
    ]
    columns = [name for name in SERIES_REGION.column_names if name != "delivery_month"]
    return pl.DataFrame(rows, schema={name: SERIES_REGION.schema[name] for name in columns}, orient="row")


def kader(amount: str) -> pl.DataFrame:
    row = (date(2018, 5, 15), date(2018, 5, 15), "5501", 2018, Decimal(amount), Decimal("1.00"))
    return pl.DataFrame([row], schema=KADER.schema, orient="row")


def files(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_what_is_written_is_read_with_its_month(store):
    assert not store.has(SERIES_REGION, MAY)
    assert store.write(SERIES_REGION, series(1.0, 2.0), MAY) == 2
    found = store.read(SERIES_REGION, MAY)
    assert dict(found.schema) == SERIES_REGION.schema
    assert found["delivery_month"].unique().to_list() == [MAY]
    assert store.has(SERIES_REGION, MAY)
    assert files(store.root) == ["series_region/delivery_month=2018-05/data.parquet"]


def test_a_partition_is_replaced_whole_and_the_others_stay(store):
    store.write(SERIES_REGION, series(1.0, 2.0), MAY)
    store.write(SERIES_REGION, series(3.0), JUNE)
    store.write(SERIES_REGION, series(4.0), MAY)
    assert store.read(SERIES_REGION, MAY)["declared_volume"].to_list() == [4.0]
    assert store.read(SERIES_REGION, JUNE)["declared_volume"].to_list() == [3.0]


def test_the_same_rows_give_the_same_bytes(store):
    """Rows are sorted by key, so the order in which a stage made them shows nowhere."""
    path = store.path(SERIES_REGION, MAY)
    contents = []
    for frame in (series(1.0, 2.0, 3.0), series(1.0, 2.0, 3.0).reverse()):
        store.write(SERIES_REGION, frame, MAY)
        contents.append(path.read_bytes())
    assert contents[0] == contents[1]


def test_a_frame_that_breaks_its_contract_changes_nothing(store):
    store.write(SERIES_REGION, series(1.0), MAY)
    before = store.path(SERIES_REGION, MAY).read_bytes()
    with pytest.raises(ContractError, match="share a key"):
        store.write(SERIES_REGION, pl.concat([series(1.0), series(2.0)]), MAY)
    assert store.path(SERIES_REGION, MAY).read_bytes() == before


@pytest.mark.parametrize("step", ["write", "rename"])
def test_an_exception_while_writing_leaves_the_old_file_and_no_other(store, monkeypatch, step):
    store.write(SERIES_REGION, series(1.0), MAY)

    def half_write(_: pl.DataFrame, path: Path, **__: object) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    def no_rename(*_: object) -> None:
        raise KeyboardInterrupt

    if step == "write":
        monkeypatch.setattr(pl.DataFrame, "write_parquet", half_write)
    else:
        monkeypatch.setattr(os, "replace", no_rename)
    with pytest.raises(KeyboardInterrupt):
        store.write(SERIES_REGION, series(2.0), MAY)
    monkeypatch.undo()
    assert store.read(SERIES_REGION, MAY)["declared_volume"].to_list() == [1.0]
    assert len(files(store.root)) == 1


def test_a_full_disk_is_an_os_error(store, monkeypatch):
    """Polars has its own error for it; a person is told which file found no room."""

    def full(*_: object, **__: object) -> None:
        raise pl.exceptions.ComputeError("parquet: underlying IO error: No space left on device (os error 28)")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    with pytest.raises(OSError, match=r"data\.parquet: .*No space left"):
        store.write(SERIES_REGION, series(2.0), MAY)
    assert files(store.root) == []


def test_leftovers_of_a_killed_process_are_removed_and_those_of_a_running_one_stay(store):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    folder = store.path(SERIES_REGION, MAY).parent
    folder.mkdir(parents=True)
    names = [f".data.parquet.{gone.pid}.new", f".data.parquet.{os.getppid()}.new", ".data.parquet.notes", "other"]
    for name in names:
        (folder / name).write_text("half")
    store.write(SERIES_REGION, series(1.0), MAY)
    assert {path.name for path in folder.iterdir()} == {*names[1:], "data.parquet"}
    remove_leftovers(folder / "other")
    assert (folder / "other").exists()


def test_a_partition_from_before_a_column_was_added_is_read_with_that_column_empty(store):
    findings = CHECK_FINDINGS.empty()
    path = store.path(CHECK_FINDINGS, MAY)
    path.parent.mkdir(parents=True)
    findings.drop("zorgkantoor_code", "agb_code").write_parquet(path)
    assert dict(store.read(CHECK_FINDINGS, MAY).schema) == dict(findings.schema)
    findings.drop("observed").write_parquet(path)
    assert "observed" not in store.read(CHECK_FINDINGS, MAY).columns  # it may not be empty, so it is missed aloud


def test_reading_what_was_never_written_says_what_to_run(store):
    with pytest.raises(NoDataError) as nothing:
        store.read(SERIES_REGION, MAY)
    assert str(nothing.value) == (
        "table series_region has nothing for 2018-05; run 'wlz run --delivery-month 2018-05' first"
    )
    assert month_label(MAY) == "2018-05"


def test_a_delivery_is_held_until_it_is_judged(store):
    """Nobody reads a held delivery; accepted it lies under its id, refused it is gone."""
    for number, accepted in ((1, True), (2, False)):
        store.hold_delivery(KADER, kader(f"{number}.00"), f"kader-{number}", MAY)
        assert not any(path.endswith(f"kader-{number}.parquet") for path in files(store.root))
        store.settle_delivery(KADER, f"kader-{number}", MAY, accepted=accepted)
    assert files(store.root) == ["kader/delivery_month=2018-05/kader-1.parquet"]
    assert store.scan_delivery(KADER, "kader-1", MAY).collect().equals(kader("1.00"))
    store.settle_delivery(KADER, "kader-2", MAY, accepted=False)  # again: nothing to remove


def test_the_register_is_empty_at_first_and_knows_a_delivery_once(store):
    assert store.read_register().equals(DELIVERY_REGISTER.empty())
    row = dict.fromkeys(DELIVERY_REGISTER.column_names) | {
        "delivery_id": "kader-1",
        "kind": "kader",
        "delivery_month": MAY,
        "content_hash": "1",
        "registered_at": pl.Series([date(2018, 6, 1)]).cast(pl.Datetime("us"))[0],
        "delivery_status": "accepted",
        "rows_count": 1,
        "quarantined_count": 0,
        "quarantined_eur": Decimal(0),
        "file_name": "2018-05/kader.csv",
    }
    rows = pl.DataFrame([row], schema=dict(DELIVERY_REGISTER.schema))
    store.write_register([store.read_register(), rows])
    assert store.read_register()["delivery_id"].to_list() == ["kader-1"]
    with pytest.raises(ContractError, match="share a key"):
        store.write_register([store.read_register(), rows])
    assert store.read_register().height == 1
