"""A month has claims of its own, taken in or refused, or no advice: unless a person asks for one on the last claims."""

import sys
from datetime import date
from pathlib import Path

import pytest
from click.testing import Result

from tests.e2e.handmade import House, claims, kader

pytestmark = pytest.mark.long

SEPTEMBER = "2018-09"


def everything(house: House) -> dict[str, bytes]:
    """Every file of a data folder but Dagster's own."""
    files = (path for path in house.root.rglob("*") if path.is_file())
    return {str(path.relative_to(house.root)): path.read_bytes() for path in files}


def test_a_month_without_any_delivery_is_refused_and_nothing_is_written(base_house: House) -> None:
    before = everything(base_house)
    told = base_house.run(SEPTEMBER)
    assert told.exit_code == 1
    assert told.stdout == ""
    said, shown = told.stderr.splitlines()
    assert said == (
        "Nothing was published: 2018-09 has no delivery of claims: deliveries/2018-09 holds nothing; claims there are "
        "of 2018-05. Likely a mistyped month, or claims that have not come yet. Next: run a month that has claims, or "
        "deliver declaraties of 2018-09; an advice of 2018-09 on the claims of 2018-05 is made with --rest-on-last"
    )
    assert shown == "the marts still show 2018-05"
    assert everything(base_house) == before


def test_nobody_is_told_of_a_month_that_was_mistyped(base_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["pipelines.cli.run"], "tell_people", lambda *_, **__: pytest.fail("told"))
    assert base_house.run(SEPTEMBER).exit_code == 1


def test_other_kinds_alone_are_no_advice_either(house: House) -> None:
    house.deliver("kader", kader(zin="26000.00"), month=SEPTEMBER, on=date(2018, 9, 3))
    (house.landing / SEPTEMBER / "Declaraties.csv").write_text("named in another case")
    before = everything(house)
    told = house.run(SEPTEMBER)
    assert told.exit_code == 1
    assert "deliveries/2018-09 holds Declaraties.csv, kader.csv without claims" in told.stderr
    assert everything(house) == before


def test_an_empty_house_says_that_there_are_no_claims_at_all(empty_house: House) -> None:
    empty_house.deliver("kader", kader())
    told = empty_house.run()
    assert told.exit_code == 1
    assert "there are no claims of any month yet" in told.stderr
    assert not (empty_house.root / "lake").exists()


def test_claims_that_were_refused_are_claims_of_the_month(house: House) -> None:
    """They fall back as ever, and the mart says why the advice rests on older ones."""
    house.deliver("declaraties", claims("Z025", codes=["5599"]), month="2018-06", on=date(2018, 6, 4))
    told = house.run("2018-06")
    assert told.exit_code == 1
    assert told.stdout.startswith("Refused or missing; the advice of 2018-06 rests on the last accepted claims")
    assert basis(house) == [("2018-05", "2018-05", "own"), ("2018-06", "2018-05", "refused")]
    path = house.landing / "2018-06" / "declaraties.csv"
    path.unlink()  # taken away: the register still knows that there were some
    assert house.run("2018-06").exit_code == 1


def basis(house: House) -> list[tuple[str, str, str]]:
    sql = "select delivery_month, claims_month, claims_basis from marts.headline order by 1"
    return [(f"{month:%Y-%m}", f"{of:%Y-%m}", why) for month, of, why in house.query(sql, None)]


@pytest.fixture(scope="module")
def rested(base_house: House, tmp_path_factory: pytest.TempPathFactory) -> tuple[House, Result]:
    """September on the claims of May, because somebody asked for it."""
    house = base_house.copy(tmp_path_factory.mktemp("rested") / "data")
    return house, house.wlz("run", "--delivery-month", SEPTEMBER, "--rest-on-last")


def test_a_person_may_ask_for_it_and_the_line_says_so(rested: tuple[House, Result]) -> None:
    _, told = rested
    assert told.exit_code == 0, told.output
    assert told.stdout.splitlines()[0] == (
        "The advice of 2018-09 rests on the claims of 2018-05, as asked with --rest-on-last: no claims of 2018-09 were "
        "delivered"
    )
    assert "warning: 2018-09/declaraties.parquet: found no file" in told.stdout
    assert "refused" not in told.stdout


def test_the_mart_says_so(rested: tuple[House, Result]) -> None:
    house, _ = rested
    assert basis(house) == [("2018-05", "2018-05", "own"), ("2018-09", "2018-05", "asked")]
    (severity,) = house.query(
        "select severity from marts.data_quality where delivery_id = 'declaraties-2018-09-missing'", None
    )
    assert severity == ("warn",)


@pytest.mark.parametrize(("language", "said"), [
    ("nl", "Dit advies van september 2018 berust op de declaraties van mei 2018: van september 2018 zelf zijn er geen "
           "aangeleverd."),
    ("en", "This advice of September 2018 rests on the claims of May 2018: none of September 2018 itself were "
           "delivered."),
])  # fmt: skip
def test_every_page_says_so(rested: tuple[House, Result], language: str, said: str) -> None:
    house, _ = rested
    made = house.wlz("report", "--delivery-month", SEPTEMBER, "--language", language)
    assert made.exit_code == 0, made.output
    folder = house.root / "reports" / (SEPTEMBER if language == "nl" else f"{SEPTEMBER}-en")
    pages = sorted(folder.rglob("*.html"))
    assert len(pages) > 5
    assert [page.name for page in pages if f'<p class="notice" role="note">{said}</p>' not in page.read_text()] == []
    own = house.root / "reports" / "2018-05"
    assert "berust op de declaraties" not in (own / "index.html").read_text()


def test_asking_for_it_without_need_is_said(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["pipelines.cli.run"], "_run", lambda warehouse, month, rests: 3 if rests else 0)
    told = house.wlz("run", "--delivery-month", "2018-05", "--rest-on-last")
    assert told.exit_code == 0
    assert "--rest-on-last counts for nothing: 2018-05 has claims of its own" in told.stderr


def test_without_any_accepted_claims_there_is_nothing_to_rest_on(empty_house: House, tmp_path: Path) -> None:
    empty_house.deliver("kader", kader())
    told = empty_house.wlz("run", "--delivery-month", "2018-05", "--rest-on-last")
    assert told.exit_code == 1
    assert "no accepted delivery of declaraties on or before the cut-off" in told.output


def test_own_claims_after_the_cut_off_are_said_to_be_late(house: House) -> None:
    """Those of June are dated July: the round of June cannot see them, and rests on those of May."""
    of_june = [*claims("Z025", last="2018-05"), *claims("Z041", last="2018-05")]
    house.deliver("declaraties", of_june, month="2018-06", on=date(2018, 7, 2))
    told = house.wlz("run", "--delivery-month", "2018-06", "--scenario", "letter")
    assert told.exit_code == 0, told.output
    assert told.stdout.splitlines()[0] == (
        "The advice of 2018-06 rests on the claims of 2018-05: those of 2018-06 came after the cut-off of its round, "
        "2018-06-30"
    )
    assert basis(house)[-1] == ("2018-06", "2018-05", "late")
