"""`wlz doctor`: what should not be in a data folder is said in words, moved aside on demand, and never deleted."""

import json
import shutil
import tarfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from tests.e2e.handmade import House, invoke
from tests.e2e.test_old_folder import ARCHIVE
from warehouse.contract import Table
from warehouse.packs import last_month_possible
from warehouse.tables.deliveries import DECLARATIES
from warehouse.tables.quality import ADVICE_PROVENANCE, DATA_QUALITY
from warehouse.tables.series import SERIES
from warehouse.tables.utilisation import UTILISATION
from warehouse.withdrawals import withdraw_advice
from wlz.words.months import add_months

MAY = date(2018, 5, 1)
DEAD = 4_194_304  # above the largest process id


def files(house: House) -> dict[str, bytes]:
    """Every file of the data folder by its name below it, those moved aside under the name they had."""
    found = {}
    for path in (path for path in house.root.rglob("*") if path.is_file() and "dagster" not in path.parts):
        parts = path.relative_to(house.root).parts
        found["/".join(parts[2:] if parts[0] == "aside" else parts)] = path.read_bytes()
    return found


def part(house: House, table: Table, name: str = "data.parquet", label: str = "2018-05") -> Path:
    return house.root / "lake" / table.name / f"delivery_month={label}" / name


def copy_month(house: House, label: str) -> None:
    """What a folder of a mistyped month left in the lake."""
    for table in (DATA_QUALITY, SERIES):
        shutil.copytree(part(house, table).parent, part(house, table, label=label).parent)


def plant(path: Path, content: bytes = b"half") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def claims_part(house: House) -> Path:
    return next(part(house, DECLARATIES).parent.glob("*.parquet"))


def odd_row(house: House) -> None:
    """A row of the register of a month that cannot be, as a run on a wrong folder left it."""
    register = house.register()
    row = register.filter(kind="kader").with_columns(
        delivery_month=pl.lit(date(218, 3, 1)), delivery_id=pl.lit("kader-0218-03-x")
    )
    house.store.write_register([register, row])


Plant = Callable[[House], object]
OF_MAY, CANNOT = "delivery_month=2018-05", "cannot be a delivery month"


def month(label: str) -> Plant:
    return lambda house: copy_month(house, label)


def file(*parts: str) -> Plant:
    return lambda house: plant(house.root.joinpath(*parts))


def copied_claims(house: House) -> None:
    shutil.copy(claims_part(house), part(house, DECLARATIES, "declaraties-2018-05-x.parquet"))


PLANTED: dict[str, tuple[Plant, str]] = {
    "a month of the year 218": (month("0218-03"), f"lake/series/delivery_month=0218-03: 0218-03 {CANNOT}"),
    "a month of the year 1": (month("0001-01"), f"lake/data_quality/delivery_month=0001-01: 0001-01 {CANNOT}"),
    "a month to come": (month("2081-01"), f"lake/series/delivery_month=2081-01: 2081-01 {CANNOT}"),
    "a thirteenth month": (month("2018-13"), f"lake/series/delivery_month=2018-13: 2018-13 {CANNOT}"),
    "no partition": (file("lake", "series", "old", "a"), f"lake/series/old: old {CANNOT}"),
    "a killed table": (file("lake", "series", OF_MAY, f".data.parquet.{DEAD}.new"), "half-written part"),
    "a killed database": (file(f".wlz.duckdb.{DEAD}.next"), f".wlz.duckdb.{DEAD}.next: half-written part"),
    "a killed log of it": (file(f".wlz.duckdb.{DEAD}.next.wal"), "next.wal: half-written part"),
    "a killed cache": (file("cache", "forecasts", f".abc.npz.{DEAD}.npz"), "npz: half-written part"),
    "killed pages": (file("reports", ".2018-05-abc", "site", "a"), "reports/.2018-05-abc: half-written pages"),
    "a delivery held": (file("lake", "kader", OF_MAY, ".kader-2018-05-x.held"), "held and never settled"),
    "rows nobody registered": (copied_claims, "declaraties-2018-05-x.parquet: a part that nothing registered"),
    "a stray table": (file("lake", "series", OF_MAY, "copy.parquet"), "copy.parquet: cannot be read"),
    "a stray file": (file("lake", "series", OF_MAY, "copy.csv"), "copy.csv: a part that nothing registered"),
    "a table of another version": (file("lake", "former", OF_MAY, "a"), "lake/former: no table of this version"),
    "quarantine without a row": (
        file("quarantine", "2018-05", "kader", "kader-2018-05-x", "reason.json"),
        "quarantine/2018-05/kader/kader-2018-05-x: in quarantine, and not in the register",
    ),
    "an odd quarantine": (file("quarantine", "0218-03", "kader", "x", "a"), f"quarantine/0218-03: 0218-03 {CANNOT}"),
    "a row without rows": (lambda house: claims_part(house).unlink(), "accepted, and the lake has no rows of it"),
    "a row of an odd month": (odd_row, f"register, kader-0218-03-x: its month {CANNOT}"),
    "an unreadable part": (
        file("lake", "series", OF_MAY, "data.parquet"),
        f"lake/series/{OF_MAY}/data.parquet: cannot",
    ),
    "an unreadable register": (
        file("lake", "delivery_register", "register.parquet"),
        "register.parquet: cannot be read",
    ),
    "no database": (file("wlz.duckdb"), "wlz.duckdb: cannot be read as published marts"),
}


@pytest.fixture
def settled(base_house: House, tmp_path: Path) -> House:
    """The house without Dagster's history and pages, to be quick."""
    shutil.copytree(base_house.root, tmp_path / "data", ignore=shutil.ignore_patterns("dagster", "reports"))
    return House(tmp_path / "data", base_house.dagster_home)


def test_a_right_folder_has_nothing_to_do(base_house: House) -> None:
    told = base_house.wlz("doctor")
    assert (told.exit_code, told.stdout) == (0, "Nothing to do.\n")


@pytest.mark.parametrize("name", ["empty", "none"])
def test_an_empty_folder_has_nothing_to_do(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    if name == "empty":
        folder.mkdir()
    told = invoke("doctor", "--mend", "--data", str(folder))
    assert (told.exit_code, told.stdout) == (0, "Nothing to do.\n")
    assert not (folder / "aside").exists()


def test_a_folder_of_an_earlier_version_has_nothing_to_do(tmp_path: Path) -> None:
    house = House(tmp_path / "old")
    with tarfile.open(ARCHIVE) as packed:
        packed.extractall(house.root, filter="data")
    told = house.wlz("doctor")
    assert (told.exit_code, told.stdout) == (0, "Nothing to do.\n")


@pytest.mark.parametrize("name", PLANTED)
def test_what_should_not_be_there_is_said_and_moved_aside(settled: House, name: str) -> None:
    put, said = PLANTED[name]
    put(settled)
    before = files(settled)
    found = settled.wlz("doctor")
    assert found.exit_code == 1
    assert said in found.stdout
    assert "Next: wlz doctor --mend moves it aside" in found.stdout
    assert {name: text for name, text in files(settled).items() if name != "wlz.lock"} == {
        name: text for name, text in before.items() if name != "wlz.lock"
    }
    mended = settled.wlz("doctor", "--mend")
    assert f"moved aside: {found.stdout.splitlines()[0].partition('. Next:')[0]}" in mended.stdout
    kept = files(settled)
    rewritten = {"wlz.lock", "lake/delivery_register/register.parquet"}
    assert [one for one in before if one not in rewritten and kept.get(one) != before[one]] == []
    (why,) = (settled.root / "aside").glob("*/why.json")
    assert said.split(":")[0] in why.read_text(encoding="utf-8") or said in why.read_text(encoding="utf-8")
    again = settled.wlz("doctor")
    assert "moves it aside" not in again.stdout


# ---- what moving aside does not mend: told with the next step ------------------------------------------------------


def test_a_month_that_was_not_published_is_run_again(settled: House) -> None:
    settled.database.unlink()
    for command in (("doctor",), ("doctor", "--mend")):
        told = settled.wlz(*command)
        assert told.exit_code == 1
        assert told.stdout.splitlines() == [
            "2018-05: computed and not published; a run broke off. Next: wlz run --delivery-month 2018-05",
            "1 thing to do.",
        ]


def test_a_database_older_than_the_lake_is_said(settled: House) -> None:
    rows = settled.store.read(ADVICE_PROVENANCE, MAY)
    settled.store.write(ADVICE_PROVENANCE, rows.with_columns(input_version=pl.lit("later")), MAY)
    told = settled.wlz("doctor", "--mend")
    assert told.exit_code == 1
    assert "2018-05: wlz.duckdb is older than the lake; a run broke off. Next: wlz run" in told.stdout


def test_a_published_month_that_the_lake_lost_is_said(settled: House) -> None:
    part(settled, UTILISATION).unlink()
    told = settled.wlz("doctor")
    assert told.exit_code == 1
    assert "2018-05: published, and the lake has no whole advice of it" in told.stdout


def test_a_withdrawal_that_is_told_nowhere_is_said(settled: House) -> None:
    withdraw_advice(settled.store, MAY, "2018-05", "A. Vos", "why", datetime(2018, 6, 1))
    told = settled.wlz("doctor")
    assert "2018-05: withdrawn, and wlz.duckdb does not say so. Next: wlz withdraw 2018-05 again" in told.stdout


def test_a_folder_of_the_landing_zone_is_told_and_left(settled: House) -> None:
    plant(settled.landing / "0218-03" / "kader.csv")
    told = settled.wlz("doctor", "--mend")
    assert told.exit_code == 1
    assert "deliveries/0218-03: 0218-03 cannot be a delivery month. Next: rename the folder" in told.stdout
    assert (settled.landing / "0218-03" / "kader.csv").exists()


def test_folders_nearly_called_as_a_month_are_told(settled: House) -> None:
    odd = ("2018-7", "2018_06", "2018-13", "2018-07 (kopie)", "201807")
    for name in (*odd, "archive"):
        plant(settled.landing / name / "kader.csv")
    told = settled.wlz("doctor")
    assert told.exit_code == 1
    for name in odd:
        assert f"deliveries/{name}: {name} is no month as YYYY-MM. Next: rename the folder" in told.stdout
    assert "archive" not in told.stdout


def test_who_decides_is_on_record(settled: House) -> None:
    copy_month(settled, "0218-03")
    assert settled.wlz("doctor", "--mend").exit_code == 0
    (why,) = (settled.root / "aside").glob("*/why.json")
    said = json.loads(why.read_text(encoding="utf-8"))
    assert said["moved_at"].endswith(" UTC")
    assert said["by"]
    assert sorted(path for one in said["moved"] for path in one["files"]) == [
        "lake/data_quality/delivery_month=0218-03", "lake/series/delivery_month=0218-03",
    ]  # fmt: skip


# ---- and then a run works ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def spoiled(base_house: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    """All of it at once."""
    house = base_house.copy(tmp_path_factory.mktemp("spoiled") / "data")
    for put, _ in PLANTED.values():
        put(house)
    return house


def test_after_mending_a_run_works(spoiled: House) -> None:
    mended = spoiled.wlz("doctor", "--mend")
    assert "moved aside" in mended.stdout
    told = spoiled.run()
    assert told.exit_code == 0, told.output
    assert spoiled.query("select expected_eur::int from marts.utilisation_national where part = 'zin'") == [(48_000,)]
    assert spoiled.wlz("doctor").stdout == "Nothing to do.\n"


# ---- months to come: one rule with the intake ----------------------------------------------------------------------


def name_simulation(house: House) -> None:
    """As an advice on simulated deliveries says it; their landing zone lies elsewhere, or is gone."""
    inputs = house.store.read(ADVICE_PROVENANCE, MAY)
    invented = inputs.head(1).with_columns(
        input_name=pl.lit("simulation"), input_version=pl.lit("scale small"), content_hash=pl.lit(None, pl.String)
    )
    house.store.write(ADVICE_PROVENANCE, pl.concat([inputs, invented]), MAY)


def test_a_month_to_come_of_a_simulated_world_is_none_to_move(settled: House) -> None:
    assert not (settled.root / "deliveries-truth").exists()
    copy_month(settled, "2081-01")
    assert f"2081-01 {CANNOT}" in settled.wlz("doctor").stdout
    name_simulation(settled)
    assert CANNOT not in settled.wlz("doctor").stdout


def test_a_provenance_that_cannot_be_read_says_nothing_of_a_simulation(settled: House) -> None:
    copy_month(settled, "2081-01")
    part(settled, ADVICE_PROVENANCE).write_bytes(b"half")
    told = settled.wlz("doctor").stdout
    assert f"2081-01 {CANNOT}" in told
    assert "advice_provenance/delivery_month=2018-05/data.parquet: cannot be read" in told


@pytest.mark.parametrize(("ahead", "is_odd"), [(0, False), (1, False), (2, True)])
def test_a_delivery_may_come_a_month_early(settled: House, ahead: int, is_odd: bool) -> None:
    """As at the door: `last_month_possible`."""
    label = f"{add_months(date.today(), ahead):%Y-%m}"
    plant(settled.landing / label / "kader.csv")
    copy_month(settled, label)
    assert (f"{label} {CANNOT}" in settled.wlz("doctor").stdout) == is_odd
    assert (last_month_possible(settled.landing, date.today()) < date.fromisoformat(f"{label}-01")) == is_odd
