"""A data folder that an earlier version wrote (tests/data/README.md): read, carried on, nothing of it lost.

Every later change runs a month on it. What the earlier version published is what today's marts are held against.
"""

import json
import tarfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import polars as pl
import pytest
from click.testing import Result
from polars.testing import assert_frame_equal

from scripts.make_old_folder import SIZES, claims_of, months_before
from tests.e2e.alert_servers import webhook_server
from tests.e2e.handmade import House
from warehouse.latest import stored_columns
from warehouse.packs import marker_of
from warehouse.publish import hash_marts
from wlz.bounds.room import BOUNDS, ROOM_BOUNDS

ARCHIVE = Path(__file__).parents[1] / "data" / "folder_d74469c.tar.xz"
APRIL, MAY, JUNE = "2018-04", "2018-05", "2018-06"
HEADLINES = (
    "select delivery_month, scenario, part, expected_eur, budget_eur, available_eur, lower_80_eur, upper_80_eur "
    "from marts.utilisation_national where delivery_month < '2018-06-01' order by all"
)
# The marker of a simulation as that version wrote it.
BEFORE = {"scale": "small", "until": "2018-08", "seed": 1, "defects": [], "complete": True}
TOLD = "wlz.duckdb was published by an earlier version"
# When a result is solved or replaced depends on what is known now, not on what was known then.
OF_NOW = {"check_status"}

Marts = dict[str, pl.DataFrame]


def read_marts(house: House) -> Marts:
    """Rows of the marts of April and May."""
    with duckdb.connect(str(house.database), read_only=True) as connection:
        names = connection.execute(
            "SELECT DISTINCT table_name FROM duckdb_columns() WHERE schema_name = 'marts' ORDER BY 1"
        ).fetchall()
        marts = {name: connection.sql(f"SELECT {stored_columns()} FROM marts.{name}").pl() for (name,) in names}
    dated = {name: rows for name, rows in marts.items() if "delivery_month" in rows.columns}
    return {name: rows.filter(pl.col("delivery_month") < date(2018, 6, 1)) for name, rows in dated.items()}


def assert_nothing_lost(before: Marts, house: House) -> None:
    """Every mart, row and column of the earlier version is there, with the same value."""
    after = read_marts(house)
    for name, rows in before.items():
        kept = [column for column in rows.columns if column not in OF_NOW]
        try:
            assert_frame_equal(after[name].select(kept).sort(kept), rows.select(kept).sort(kept))
        except AssertionError as error:
            raise AssertionError(f"mart {name}: {error}") from None


@pytest.fixture(scope="module")
def old(new_house) -> House:
    """The folder as the earlier version left it. Do not write to it."""
    house = new_house("old")
    with tarfile.open(ARCHIVE) as packed:
        packed.extractall(house.root, filter="data")
    return house


@pytest.fixture(scope="module")
def before(old: House) -> Marts:
    return read_marts(old)


class Carried(NamedTuple):
    """The folder after the run of June, what that printed, and what was sent to people."""

    house: House
    told: Result
    posts: list[dict[str, Any]]


@pytest.fixture(scope="module")
def june(old: House, new_house) -> Carried:
    house = old.copy(new_house("june").root)
    house.deliver("declaraties", claims_of(date(2018, 6, 1)), month=JUNE, on=date(2018, 6, 2))
    with webhook_server() as log, pytest.MonkeyPatch.context() as patched:
        patched.setenv("WLZ_ALERT_WEBHOOK", log.url)
        told = house.run(JUNE)
    return Carried(house, told, log.posts)


# ---- read, and left as it is -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("words", "shown"), [
    (("tables",), "utilisation_national"),
    (("tables", "--hash"), "zin_uitvoerder"),
    (("explain", "zin_uitvoerder"), "Kader minus expectation"),
    (("explain", "Z025/Menzis"), "Diagnosis of 36 observed months"),
    (("explain", "forecast_bridge", "--from", APRIL, "--to", MAY), "to the cent"),
    (("query", "select count(*) from marts.utilisation_national where scenario = 'letter'"), "4"),
    (("quarantine", "list"), "declaraties-2018-05-"),
])  # fmt: skip
def test_readers_read_it(old: House, words: tuple[str, ...], shown: str) -> None:
    content = old.database.read_bytes()
    told = old.wlz(*words)
    assert told.exit_code == 0, told.output
    assert shown in told.stdout
    assert told.stderr.count(TOLD) == (words[0] == "tables")
    assert old.database.read_bytes() == content


def test_its_hash_is_over_what_it_holds(old: House) -> None:
    published = set(read_marts(old)) | {"example_queries"}
    assert set(hash_marts(old.database)["mart"]) == published


def test_what_was_refused_and_decided_is_there(old: House) -> None:
    listed = old.wlz("quarantine", "list").stdout
    assert [word in listed for word in ("refused", "set apart", "released")] == [True] * 3
    refused = old.register().filter(delivery_status="refused")["delivery_id"].item()
    shown = old.wlz("quarantine", "show", refused)
    assert shown.exit_code == 0, shown.output
    assert "D08" in shown.stdout
    assert old.query("select check_id, decision, decided_by from marts.check_decisions", None) == [
        ("P02", "release", "A. Vos")
    ]


# ---- upgraded in place, told in one line -------------------------------------------------------------------------


def test_the_report_of_an_old_month_upgrades_the_marts_once(old: House, before: Marts, tmp_path: Path) -> None:
    house = old.copy(tmp_path / "data")
    first, second = (house.wlz("report", "--delivery-month", MAY) for _ in range(2))
    assert first.exit_code == second.exit_code == 0, first.output
    assert [told.stderr.count(TOLD) for told in (first, second)] == [1, 0]
    assert len(first.stderr.splitlines()) == 1
    assert_nothing_lost(before, house)
    assert house.half_written() == []
    shown = house.query("select delivery_month, scenario, engine from marts.headline order by 1", None)
    assert [(f"{month:%Y-%m}", *rest) for month, *rest in shown] == [
        (APRIL, "completed", "ets_average"),
        (MAY, "letter", "ets_select"),  # its round names it
    ]


def test_the_room_at_the_bounds_follows_from_what_was_published(old: House, before: Marts, june: Carried) -> None:
    """Kader − bound, in every mart that has a kader; and what the same tables say of June, computed today."""
    after = read_marts(june.house)
    for name in ("utilisation_national", "utilisation_uitvoerder", "zin_region", "pgb_uitvoerder"):
        rows = after[name]
        assert rows.height == before[name].height > 0
        assert (rows["available_lower_80_eur"] == rows["budget_eur"] - rows["upper_80_eur"]).all()
        assert (rows["available_upper_95_eur"] == rows["budget_eur"] - rows["lower_95_eur"]).all()
    stated = (pl.col("period") == "year") & pl.col("level").is_in(["region", "uitvoerder", "national"])
    bounds = after["forecast_bounds"].filter(pl.col(BOUNDS[0]).is_not_null())
    assert bounds.filter(stated).select(ROOM_BOUNDS).null_count().sum_horizontal().item() == 0
    assert bounds.filter(~stated).select(pl.col(ROOM_BOUNDS).count()).sum_horizontal().item() == 0
    national = bounds.filter(stated, pl.col("level") == "national").sort("delivery_month", "scenario", "part")
    marts = after["utilisation_national"].sort("delivery_month", "scenario", "part")
    assert national.select(ROOM_BOUNDS).equals(marts.select(ROOM_BOUNDS))


def test_a_folder_that_cannot_be_written_says_so(old: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = old.copy(tmp_path / "data")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("warehouse.duck.shutil.copyfile", full)
    told = house.wlz("report", "--delivery-month", MAY)
    assert told.exit_code == 1
    assert "No space left on device" in told.stderr
    assert house.database.read_bytes() == old.database.read_bytes()
    assert house.half_written() == []


# ---- carried on --------------------------------------------------------------------------------------------------


def test_the_next_month_runs_and_the_earlier_ones_stay(before: Marts, old: House, june: Carried) -> None:
    assert june.told.exit_code == 0, june.told.output
    assert june.told.stderr.count(TOLD) == 1
    assert_nothing_lost(before, june.house)
    assert june.house.query(HEADLINES, None) == old.query(HEADLINES, None)
    months = june.house.query("select distinct delivery_month from marts.utilisation_national order by 1", None)
    assert [f"{month:%Y-%m}" for (month,) in months] == [APRIL, MAY, JUNE]
    assert june.house.half_written() == []


def test_the_move_since_an_old_advice_adds_up(june: Carried) -> None:
    told = june.house.wlz("explain", "forecast_bridge", "--from", MAY, "--to", JUNE)
    assert told.exit_code == 0, told.output
    assert "to the cent, for each of the 3 uitvoerders too." in told.stdout


def test_what_the_earlier_version_told_is_not_told_again(old: House, june: Carried) -> None:
    """Its alerts of stands that repeat still hold; those of claims that June replaced are solved."""
    before = pl.read_parquet(old.root / "lake" / "alerts" / "state.parquet")
    standing = set(before.filter(~pl.col("is_waiting"))["check_id"])
    assert standing >= {"G01", "D02-rows"}
    told_again = [one["check_id"] for post in june.posts for one in post["findings"] if one["check_id"] in standing]
    assert told_again == []
    after = pl.read_parquet(june.house.root / "lake" / "alerts" / "state.parquet")
    assert after.filter(check_id="G01").height == before.filter(check_id="G01").height


def test_an_old_month_runs_again(old: House, june: Carried, tmp_path: Path) -> None:
    house = june.house.copy(tmp_path / "data")
    told = house.run(MAY)
    assert told.exit_code == 0, told.output
    shown, before = house.query(HEADLINES, None), old.query(HEADLINES, None)
    assert [row for row in shown if row[1] != "completed"] == [row for row in before if row[1] != "completed"]
    # Months completed for lag follow claims that come in ever later or sooner since: € 22 of 30 mln, and other bounds.
    of_completed = [[row for row in rows if row[1] == "completed"] for rows in (shown, before)]
    assert len(of_completed[0]) == len(of_completed[1]) > 0
    for now, then in zip(*of_completed, strict=True):
        assert now[:3] == then[:3]
        assert float(now[3]) == pytest.approx(float(then[3]), rel=2e-6)
    report = house.wlz("report", "--delivery-month", APRIL)
    assert report.exit_code == 0, report.output


def test_what_an_earlier_version_simulated_is_read_with_its_own_codes(old: House, new_house) -> None:
    """H101 is of the first simulated world; the marker of those days names no pack. Its real twin refuses the code."""
    extra = [(code, None, "H101", f"{month:%Y-%m}", "01", 900.0, Decimal("45000.00"))
             for code in SIZES for month in months_before(date(2015, 1, 1), date(2018, 6, 1))]  # fmt: skip
    found = {}
    for name, marker in (("simulated", BEFORE), ("real", None)):
        house = old.copy(new_house(name).root)
        if marker:
            marker_of(house.landing).parent.mkdir()
            marker_of(house.landing).write_text(json.dumps(marker), encoding="utf-8")
        house.deliver("declaraties", claims_of(date(2018, 6, 1)) + extra, month=JUNE, on=date(2018, 6, 2))
        told = house.run(JUNE)
        newest = house.register().filter(kind="declaraties").sort("delivery_month")["delivery_status"].to_list()[-1]
        codes = "select distinct prestatiecode from marts.volume_forecast where delivery_month = '2018-06-01'"
        found[name] = told.exit_code, newest, ("H101",) in house.query(codes)
    assert found == {"simulated": (0, "accepted", True), "real": (1, "refused", False)}
