"""What may stand in a landing zone: whole regular files in folders of months. One odd thing stops no other."""

import errno
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from expectations.intake.settle import settle_statuses
from pipelines.sensors import find_new_deliveries
from tests.unit.door_desk import AIDS, MAY, ONE_TRANSFER, Desk, validate
from warehouse.landing_zone import hash_file, list_months
from warehouse.tables.quality import DATA_QUALITY
from wlz.known.rounds import read_month

SECRET = "root:x:0:0"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


# --- Regular files only -------------------------------------------------------------------------------------------


def a_folder(path: Path) -> None:
    path.mkdir()
    (path / "kader.csv").write_text(SECRET)


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def a_link_elsewhere(path: Path) -> None:
    outside = path.parents[2] / "outside.txt"
    outside.write_text(SECRET)
    path.symlink_to(outside)


def a_link_beside(path: Path) -> None:
    beside = path.with_name("kader-copy.csv")
    beside.write_text(SECRET)
    path.symlink_to(beside.name)


def a_dangling_link(path: Path) -> None:
    path.symlink_to(path.with_name("nothing.csv"))


def a_link_in_a_circle(path: Path) -> None:
    path.symlink_to(path.name)


def a_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the name of a socket may be a hundred characters at most
    try:
        socket.socket(socket.AF_UNIX).bind(path.name)
    finally:
        os.chdir(here)


def far_too_large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(10**13)  # a hole: it takes no room


ODD: dict[Callable[[Path], None], str] = {
    a_folder: "a folder",
    a_pipe: "a pipe",
    a_device: "a link to another place",
    a_link_elsewhere: "a link to another place",
    a_link_beside: "a link to another place",
    a_dangling_link: "a link to another place",
    a_link_in_a_circle: "a link to another place",
    a_socket: "a socket",
    far_too_large: "a file of 10,000,000,000,000 bytes",
}


@contextmanager
def odd_at(path: Path, make: Callable[[Path], None]) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        make(path)
    except OSError as error:
        pytest.skip(f"not possible here: {error}")
    yield
    if make is far_too_large:
        path.unlink()


@pytest.mark.parametrize("make", ODD, ids=lambda make: make.__name__)
@pytest.mark.parametrize("name", ["kader.csv", "kader.csv.gz", "kader.parquet"])
def test_what_is_no_file_is_refused_and_stops_nothing_else(desk, make, name):
    """Said by what it is, by the run and by validate; nothing of it is opened or copied, and the next file comes in."""
    desk.put(AIDS, "hulpmiddelen.csv")
    with odd_at(desk.landing / "2018-05" / name, make):
        taken = desk.take_in()
        assert desk.states() == {"hulpmiddelen": "accepted", "kader": "refused"}
        [message] = [one.message for one in taken.refused if one.checked_table == "kader"]
        assert f"2018-05/{name}: found {ODD[make]}" in message
        assert "Next: " in message
        assert [path.name for path in desk.quarantined()] == ["reason.json"]
        code, said = validate(desk.landing / "2018-05")
        assert (code, ODD[make] in said, SECRET in said + message) == (1, True, False)
        cursor = find_new_deliveries(desk.landing, None, {}, "2018-06").cursor
        find_new_deliveries(desk.landing, cursor, {}, "2018-06")
        assert desk.take_in().refused  # it still lies there


@pytest.mark.parametrize("make", ODD, ids=lambda make: make.__name__)
def test_what_is_no_control_file_refuses_its_delivery(desk, make):
    desk.put(AIDS, "hulpmiddelen.csv")
    desk.put(ONE_TRANSFER, "overhevelingen.csv")
    with odd_at(desk.landing / "2018-05" / "hulpmiddelen.control.json", make):
        taken = desk.take_in()
    assert desk.states() == {"hulpmiddelen": "refused", "overhevelingen": "accepted"}
    assert any(f"hulpmiddelen.control.json: found {ODD[make]}" in one.message for one in taken.refused)


@pytest.mark.parametrize(
    "content", ["[" * 100_000, '{"rows":' * 5_000 + "1" + "}" * 5_000, '{"rows": ' + "9" * 5_000 + "}", "\x00", ""]
)
def test_a_control_file_that_cannot_be_parsed_is_told(desk, content):
    desk.put(AIDS, "hulpmiddelen.csv")
    desk.put(content, "hulpmiddelen.control.json")
    assert any("found no readable JSON" in one.message for one in desk.take_in().refused)
    code, said = validate(desk.landing / "2018-05" / "hulpmiddelen.csv")
    assert (code, "no readable JSON" in said) == (1, True)


def test_a_file_that_may_not_be_read_is_told(desk, monkeypatch):
    path = desk.put(AIDS, "hulpmiddelen.csv")
    monkeypatch.setattr(os, "access", lambda asked, mode: asked != path)
    assert any("found a file that may not be read" in one.message for one in desk.take_in().refused)


def test_a_file_that_the_disk_cannot_read_stops_no_other(desk, monkeypatch):
    path, other = desk.put(AIDS, "hulpmiddelen.csv"), desk.put(ONE_TRANSFER, "overhevelingen.csv")
    opened = Path.open

    def fail(asked: Path, *how: object, **more: object) -> object:
        if asked == path:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return opened(asked, *how, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "open", fail)
    taken = desk.take_in()
    assert desk.states() == {"hulpmiddelen": "refused", "overhevelingen": "accepted"}
    assert any(f"cannot be read ({os.strerror(errno.EIO)})" in one.message for one in taken.refused)
    assert other.exists()


def test_what_is_no_file_has_one_content(tmp_path):
    """So that it is one delivery as long as it lies there."""
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.symlink_to("/dev/zero")
    assert hash_file(first) == hash_file(first) != hash_file(second)


# --- Folders of months --------------------------------------------------------------------------------------------

NO_MONTHS = (
    *("0218-03", "0001-01", "2014-12", "2100-01", "2018-00", "2018-13", "2018-3", "2018-03 ", "9999-99"),
    "\N{FULLWIDTH DIGIT TWO}018-03",
)


@pytest.mark.parametrize("label", NO_MONTHS)
def test_a_folder_of_a_month_that_cannot_be_is_named_and_never_enters(desk, label):
    desk.put(AIDS, "hulpmiddelen.csv", label)
    desk.put(AIDS, "hulpmiddelen.csv")
    desk.take_in()
    assert label in desk.said[0]
    assert "from 2015-01 to 2099-12" in desk.said[0]
    assert desk.store.read_register()["delivery_month"].to_list() == [MAY]
    (desk.landing / label).rename(desk.landing / "2018-04")
    desk.take_in()
    assert sorted(desk.store.read_register()["delivery_month"]) == [date(2018, 4, 1), MAY]


@pytest.mark.parametrize("label", ["0218-03", "2100-01", "2018-13", "18-05"])
def test_validate_says_that_a_run_passes_such_a_folder_over(desk, label):
    path = desk.put(AIDS, "hulpmiddelen.csv", label)
    for asked in (path, path.parent):
        code, said = validate(asked)
        assert (code, f"{label}: no delivery month, so a run passes it over" in said) == (2, True)


@pytest.mark.parametrize("day", ["2001-05-15", "2014-12-31", "2099-01-01", "2030-05-15"])
def test_validate_tells_of_a_loose_file_of_a_year_without_a_file(desk, day):
    """Its month is that of its delivery date."""
    code, said = validate(desk.put(AIDS.replace("2018-05-15", day), "hulpmiddelen.csv", "loose"))
    assert code in (1, 2)
    assert day[:4] in said


def test_a_folder_of_a_month_to_come_is_named(desk):
    """2081 for 2018: nobody can have delivered it. The month after this one may be there early."""
    for label in ("2081-03", "2018-07", "2018-06"):
        desk.put(AIDS, "hulpmiddelen.csv", label)
    desk.take_in()
    assert desk.said == [desk.said[0]]
    assert "passed over in the landing zone: 2018-07, 2081-03; " in desk.said[0]


def test_a_link_in_place_of_a_folder_is_named(desk, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "hulpmiddelen.csv").write_text(AIDS)
    desk.put(AIDS, "hulpmiddelen.csv")
    (desk.landing / "2018-04").symlink_to(tmp_path / "elsewhere")
    desk.take_in()
    assert "passed over in the landing zone: 2018-04; " in desk.said[0]
    assert [month for month, _ in list_months(desk.landing)] == [MAY]


@pytest.mark.parametrize("label", NO_MONTHS)
def test_no_month(label):
    assert read_month(label) is None


def test_a_month():
    assert [read_month(label) for label in ("2015-01", "2099-12")] == [date(2015, 1, 1), date(2099, 12, 1)]


@pytest.mark.parametrize("label", ["0218-03", "0001-01", "oops", "2018-05.old"])
def test_an_odd_partition_in_the_lake_is_not_read(desk, label):
    desk.put(AIDS, "hulpmiddelen.csv")
    desk.take_in()
    for table in (folder for folder in desk.store.root.iterdir() if (folder / "delivery_month=2018-05").exists()):
        odd = table / f"delivery_month={label}"
        odd.mkdir()
        for file in (table / "delivery_month=2018-05").iterdir():
            (odd / file.name).write_bytes(file.read_bytes())
    assert desk.store.months(DATA_QUALITY) == [MAY]
    settle_statuses(desk.store)
    desk.put(AIDS.replace("12,50", "13,50"), "hulpmiddelen.csv")
    assert desk.take_in().accepted
