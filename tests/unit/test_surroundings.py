"""What claims and budgets are held against: the newest tariffs and agreements that no rule refuses."""

from datetime import date
from pathlib import Path

import pytest

from expectations.intake.arrivals import hash_file, load_surroundings
from tests.lists import mark_simulated

MAY = date(2018, 5, 1)
HEADER = "aanleverdatum;jaar;prestatiecode;eenheid;max_brw;nhc;nic\n"
CODES = ("Z033", "Z041", "Z043", "Z053", "Z063")


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return mark_simulated(tmp_path / "deliveries")


def put(landing: Path, month: str, nhc: str) -> str:
    """Tariffs of 2015 up to the year of the month, € 1 more each year, and the id they are known by."""
    lines = [
        f"{month}-02;{year};{code};14;{100 + year - 2015},00;{nhc if year == 2018 else f'8,{year % 100}'};0,50\n"
        for year in range(2015, int(month[:4]) + 1)
        for code in CODES
    ]
    path = landing / month / "beleidsregelwaarden.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEADER + "".join(lines), encoding="utf-8")
    return f"beleidsregelwaarden-{month}-{hash_file(path)[:12]}"


def last_year(landing: Path, **good: object) -> object:
    return load_surroundings(landing, MAY, **good).newest["beleidsregelwaarden"]["year"].max()  # type: ignore[arg-type]


def test_tariffs_that_are_refused_give_way_to_those_before(landing: Path) -> None:
    """2018 without NHC: good claims would lie above the maximum."""
    put(landing, "2017-01", "8,17")
    put(landing, "2018-01", "0,00")
    assert last_year(landing) == 2017
    put(landing, "2018-01", "8,18")
    assert last_year(landing) == 2018


def test_tariffs_that_a_person_or_the_register_calls_good_are_used(landing: Path) -> None:
    put(landing, "2017-01", "8,17")
    delivery_id = put(landing, "2018-01", "0,00")
    assert last_year(landing, overruled={("D16", delivery_id)}) == 2018
    assert last_year(landing, overruled={("D14", delivery_id)}) == 2017
    assert last_year(landing, accepted=[delivery_id]) == 2018


def test_those_after_refused_ones_are_held_against_the_good_ones(landing: Path) -> None:
    put(landing, "2017-01", "8,17")
    put(landing, "2018-01", "0,00")
    put(landing, "2018-02", "8,18")
    assert last_year(landing) == 2018
