"""`wlz withdraw`: an advice taken back is no longer the newest; its pages say who, when and why. Nothing is removed."""

import tarfile
from datetime import date
from pathlib import Path

import pytest
from click.testing import Result

from tests.e2e.alert_servers import webhook_server
from tests.e2e.handmade import House, claims, invoke
from tests.e2e.test_old_folder import ARCHIVE
from warehouse.past_advices import neighbours
from warehouse.withdrawals import newest_month

pytestmark = pytest.mark.long

JUNE, MAY = date(2018, 6, 1), date(2018, 5, 1)
WHY = "kader of the wrong year & <b>more</b>"
BANNER = "Dit advies is ingetrokken door A. Vos op "


@pytest.fixture(scope="module")
def two_months(base_house: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    """Advices of May and June, that of June frozen and in English too. Do not write to it."""
    house = base_house.copy(tmp_path_factory.mktemp("two") / "data")
    both = [*claims("Z025", volume=110), *claims("Z041", volume=110)]
    house.deliver("declaraties", both, month="2018-06", on=date(2018, 6, 4))
    told = house.wlz("run", "--delivery-month", "2018-06", "--final", "--author", "B. Smit")
    assert told.exit_code == 0, told.output
    assert house.wlz("report", "--delivery-month", "2018-06", "--language", "en").exit_code == 0
    return house


def withdraw(house: House, month: str = "2018-06", author: str = "A. Vos", reason: str = WHY) -> Result:
    return house.wlz("withdraw", month, "--author", author, "--reason", reason)


def pages(house: House, folder: str) -> list[Path]:
    return sorted((house.root / "reports" / folder).rglob("*.html"))


@pytest.fixture(scope="module")
def withdrawn(two_months: House, tmp_path_factory: pytest.TempPathFactory) -> tuple[House, Result, list[dict]]:
    """June taken back, with a webhook that heard of it."""
    house = two_months.copy(tmp_path_factory.mktemp("withdrawn") / "data")
    with webhook_server() as log, pytest.MonkeyPatch.context() as patched:
        patched.setenv("WLZ_ALERT_WEBHOOK", log.url)
        told = withdraw(house)
    return house, told, log.posts


def test_it_says_what_is_newest_now(withdrawn) -> None:
    house, told, _ = withdrawn
    assert told.exit_code == 0, told.output
    lines = told.stdout.splitlines()
    assert lines[0] == "Withdrawn by A. Vos: the advice of 2018-06 (2018-06-final-1)."
    assert lines[-1] == "The newest advice is now that of 2018-05."
    assert newest_month(house.database) == MAY


def test_the_mart_says_who_when_and_why_and_figures_stay(withdrawn, two_months: House) -> None:
    house, *_ = withdrawn
    columns = "delivery_month, advice_id, withdrawn_by, withdrawal_reason, stands_again_at"
    assert house.query(f"select {columns} from marts.advice_withdrawals", None) == [
        (JUNE, "2018-06-final-1", "A. Vos", WHY, None)
    ]
    other = {name: digest for name, digest in two_months.advice_hashes().items() if name != "advice_withdrawals"}
    assert {name: digest for name, digest in house.advice_hashes().items() if name in other} == other
    frozen = "select count(*) from marts.forecast_vintages where advice_id = '2018-06-final-1'"
    assert house.query(frozen, None) == two_months.query(frozen, None) != [(0,)]


@pytest.mark.parametrize(("folder", "banner"), [
    ("2018-06", BANNER), ("2018-06-final-1", BANNER), ("2018-06-en", "This advice was withdrawn by A. Vos on "),
])  # fmt: skip
def test_every_page_of_it_stays_and_carries_the_banner(withdrawn, two_months: House, folder: str, banner: str) -> None:
    house, *_ = withdrawn
    there = pages(house, folder)
    assert [page.name for page in there] == [page.name for page in pages(two_months, folder)]
    assert len(there) > 5
    texts = {page.name: page.read_text(encoding="utf-8") for page in there}
    assert [name for name, text in texts.items() if banner not in text] == []
    assert "kader of the wrong year &amp; &lt;b&gt;more&lt;/b&gt;" in texts["index.html"]


def test_pages_of_other_months_carry_none(withdrawn) -> None:
    house, *_ = withdrawn
    assert [page for page in pages(house, "2018-05") if "ingetrokken" in page.read_text(encoding="utf-8")] == []


def test_the_list_of_months_says_so(withdrawn) -> None:
    house, *_ = withdrawn
    listed = (house.root / "reports" / "index.html").read_text(encoding="utf-8").split("<li>")
    lines = {name: line for line in listed for name in ("2018-05", "2018-06", "2018-06-final-1")
             if f'href="{name}/index.html"' in line}  # fmt: skip
    assert {name: "ingetrokken op" in line for name, line in lines.items()} == {
        "2018-05": False, "2018-06": True, "2018-06-final-1": True,
    }  # fmt: skip
    assert any('href="2018-05/static/style.css"' in line for line in listed)


def test_people_are_told_without_names(withdrawn) -> None:
    *_, posts = withdrawn
    (finding,) = [one for post in posts for one in post["findings"] if one["check_id"] == "withdrawn"]
    assert "2018-06" in str(finding)
    assert "Vos" not in str(posts)


def test_nothing_is_held_against_it(withdrawn, two_months: House) -> None:
    assert neighbours(two_months.store, MAY) == (None, JUNE)
    assert neighbours(withdrawn[0].store, MAY) == (None, None)


def test_twice_is_refused_and_changes_nothing(withdrawn) -> None:
    house, *_ = withdrawn
    before = house.database.read_bytes()
    told = withdraw(house, author="C. Bos", reason="again")
    assert told.exit_code == 1
    assert "the advice of 2018-06 was withdrawn before, by A. Vos on " in told.stderr
    assert house.database.read_bytes() == before


@pytest.mark.parametrize(("month", "author", "reason", "code", "said"), [
    ("2018-07", "A. Vos", WHY, 1, "no advice of 2018-07 is published in wlz.duckdb: published are 2018-05, 2018-06"),
    ("2018-06", " ", WHY, 2, "--author and --reason must say something"),
    ("2018-06", "A. Vos", "", 2, "--author and --reason must say something"),
    ("2018-06", "A. Vos", "x" * 501, 1, "--reason has 501 characters, expected at most 500"),
    ("2018-13", "A. Vos", WHY, 2, "expected a month as YYYY-MM"),
])  # fmt: skip
def test_what_cannot_be_withdrawn_is_refused_in_words(two_months: House, month, author, reason, code, said) -> None:
    before = two_months.database.read_bytes()
    told = withdraw(two_months, month, author, reason)
    assert told.exit_code == code
    assert said in told.output
    assert two_months.database.read_bytes() == before


def test_an_empty_folder_has_nothing_to_withdraw(tmp_path: Path) -> None:
    told = invoke("withdraw", "2018-05", "--author", "A", "--reason", "b", "--data", str(tmp_path / "none"))
    assert told.exit_code == 1
    assert "published are none yet" in told.stderr
    assert not (tmp_path / "none").exists()


def test_what_broke_off_before_it_was_published_is_published_by_a_repeat(
    two_months: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = two_months.copy(tmp_path / "data")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("warehouse.duck.shutil.copyfile", full)
        told = withdraw(house)
        assert told.exit_code == 1
        assert "No space left on device" in told.stderr
    assert newest_month(house.database) == JUNE
    assert withdraw(house).exit_code == 0
    assert newest_month(house.database) == MAY


def test_a_folder_of_an_earlier_version_has_an_advice_taken_back_too(tmp_path: Path) -> None:
    house = House(tmp_path / "old")
    with tarfile.open(ARCHIVE) as packed:
        packed.extractall(house.root, filter="data")
    assert newest_month(house.database) == MAY
    assert "the newest advice" in house.wlz("status").stdout.splitlines()[1]
    told = withdraw(house, "2018-05")
    assert told.exit_code == 0, told.output
    assert newest_month(house.database) == date(2018, 4, 1)
    assert BANNER in (house.root / "reports" / "2018-05" / "index.html").read_text(encoding="utf-8")
    status = house.wlz("status").stdout
    assert "; published; withdrawn by A. Vos on " in status.splitlines()[1]
    assert house.wlz("doctor").stdout == "Nothing to do.\n"


# ---- the month again -----------------------------------------------------------------------------------------------


def test_the_same_advice_stays_withdrawn_until_a_person_stands_for_it(withdrawn, tmp_path: Path) -> None:
    house = withdrawn[0].copy(tmp_path / "data")
    again = house.run("2018-06")
    assert again.exit_code == 0, again.output
    assert "2018-06 stays withdrawn by A. Vos on " in again.stdout
    assert newest_month(house.database) == MAY
    assert BANNER in (house.root / "reports" / "2018-06" / "index.html").read_text(encoding="utf-8")
    final = house.wlz("run", "--delivery-month", "2018-06", "--final", "--author", "C. Bos")
    assert "and stands again: frozen by C. Bos" in final.stdout
    assert newest_month(house.database) == JUNE
    for folder in ("2018-06", "2018-06-en", "2018-06-final-1"):
        assert [page for page in pages(house, folder) if "ngetrokken" in page.read_text(encoding="utf-8")] == []
    because = house.query("select stands_again_because from marts.advice_withdrawals", None)
    assert because == [("frozen by C. Bos",)]


def test_another_advice_stands_again(withdrawn, tmp_path: Path) -> None:
    house = withdrawn[0].copy(tmp_path / "data")
    more = [*claims("Z025", volume=120), *claims("Z041", volume=110)]
    house.deliver("declaraties", more, month="2018-06", on=date(2018, 6, 5))
    told = house.run("2018-06")
    assert told.exit_code == 0, told.output
    assert "and stands again: computed again: other figures" in told.stdout
    assert newest_month(house.database) == JUNE
    assert withdraw(house, reason="once more").exit_code == 0
    assert house.query("select count(*) from marts.advice_withdrawals", None) == [(2,)]
