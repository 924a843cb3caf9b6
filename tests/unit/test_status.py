"""`wlz status`: every state a month can be in, of an empty, a half and a whole data folder."""

import json
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from tests.e2e.handmade import House, invoke
from tests.lake_rows import fill, rows
from warehouse.lock import hold_folder
from warehouse.publish import publish_marts
from warehouse.store import Store
from warehouse.tables.deliveries import DELIVERY_REGISTER
from warehouse.tables.vintages import ADVICE_WITHDRAWALS, FORECAST_VINTAGES, HEADLINE
from warehouse.withdrawals import withdraw_advice

APRIL, MAY, JUNE, JULY = (date(2018, month, 1) for month in (4, 5, 6, 7))


def registered(kind: str, month: date, status: str, content: str = "x") -> pl.DataFrame:
    row = {
        "delivery_id": f"{kind}-{month:%Y-%m}-{content[:12]}",
        "kind": kind,
        "delivery_month": month,
        "content_hash": content,
        "registered_at": datetime(2018, 5, 2),
        "delivery_status": status,
        "rows_count": 1,
        "quarantined_count": 0,
        "quarantined_eur": 0,
        "file_name": f"{month:%Y-%m}/{kind}.csv",
    }
    return pl.DataFrame([row], schema=DELIVERY_REGISTER.schema, strict=False)


@pytest.fixture
def house(tmp_path: Path) -> House:
    """April frozen; May accepted; June refused, so on May; July asked for on May, and withdrawn; August lies there."""
    house = House(tmp_path / "data")
    store = house.store
    for month in (APRIL, MAY, JUNE, JULY):
        fill(store, month)
        store.path(ADVICE_WITHDRAWALS, month).unlink()
        basis = {JUNE: ("refused", MAY), JULY: ("asked", MAY)}.get(month, ("own", month))
        headline = rows(HEADLINE, month).with_columns(claims_basis=pl.lit(basis[0]), claims_month=pl.lit(basis[1]))
        store.write(HEADLINE, headline, month)
        publish_marts(store, house.database, month)
    frozen = rows(FORECAST_VINTAGES, APRIL).with_columns(advice_id=pl.lit("2018-04-final-1"), author=pl.lit("A. Vos"))
    store.write(FORECAST_VINTAGES, frozen, APRIL)
    states = ((APRIL, "superseded"), (MAY, "accepted"), (JUNE, "refused"))
    store.write_register([*(registered("declaraties", *one) for one in states), registered("kader", JULY, "accepted")])
    withdraw_advice(store, JULY, "2018-07", "B. Smit", "mistyped", datetime(2018, 8, 1, 9))
    publish_marts(store, house.database, JULY)
    path = house.landing / "2018-08" / "declaraties.csv"
    path.parent.mkdir(parents=True)
    path.write_text("not judged yet")
    return house


def test_every_state_is_told(house: House) -> None:
    told = house.wlz("status")
    assert told.exit_code == 0
    assert told.stdout.splitlines() == [
        "2018-09  claims due on 2018-09-04, overdue",
        "2018-08  claims not taken in yet; not published",
        "2018-07  no claims of its own; 1 other kind delivered; published; rests on the claims of 2018-05: none of its "
        "own, as asked; withdrawn by B. Smit on 2018-08-01 09:00 UTC: mistyped",
        "2018-06  claims refused; refused: declaraties-2018-06-x; published; rests on the claims of 2018-05: its own "
        "were refused; the newest advice",
        "2018-05  claims accepted; published",
        "2018-04  claims accepted; published; frozen as 2018-04-final-1 by A. Vos",
        "Newest advice: that of 2018-06",
        "Written in now: by nobody",
    ]


def test_the_same_for_machines(house: House) -> None:
    said = json.loads(house.wlz("status", "--json").stdout)
    assert (said["newest"], said["locked_by"]) == ("2018-06", None)
    months = {one["month"]: one for one in said["months"]}
    assert months["2018-07"]["claims_month"] == "2018-05"
    assert months["2018-07"]["withdrawn"] == {
        "withdrawn_by": "B. Smit", "withdrawn_at": "2018-08-01 09:00:00", "withdrawal_reason": "mistyped",
    }  # fmt: skip
    assert [month for month, one in months.items() if one["is_due"]] == ["2018-09"]
    assert months["2018-09"]["due_on"] == "2018-09-04"
    assert months["2018-04"]["frozen"]["advice_id"] == "2018-04-final-1"


def test_who_writes_is_told_and_not_waited_for(house: House) -> None:
    with hold_folder(house.root, "wlz run --delivery-month 2018-08", print):
        last = house.wlz("status").stdout.splitlines()[-1]
    assert last.startswith("Written in now: by wlz run --delivery-month 2018-08 (")


def test_an_empty_folder_and_none_at_all(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        told = invoke("status", "--data", str(folder))
        assert told.exit_code == 0
        assert "holds no month yet. Next: wlz demo" in told.stdout
        assert "Newest advice: none" in told.stdout
        assert json.loads(invoke("status", "--json", "--data", str(folder)).stdout)["months"] == []
    assert not (tmp_path / "none").exists()
    assert list(tmp_path.iterdir()) == []


def test_a_half_folder_says_what_there_is(house: House, tmp_path: Path) -> None:
    house.database.unlink()
    told = house.wlz("status").stdout
    assert "2018-05  claims accepted; not published\n" in told
    assert "Newest advice: none" in told
    other = House(tmp_path / "other")
    (other.landing / "2018-05").mkdir(parents=True)
    (other.landing / "2018-05" / "kader.csv").write_text("k")
    (line, *_) = other.wlz("status").stdout.splitlines()
    assert (
        line
        == "2018-05  no claims of its own; 1 other kind delivered; not published; claims due on 2018-05-02, overdue"
    )
    assert Store(other.root / "lake").read_register().is_empty()
