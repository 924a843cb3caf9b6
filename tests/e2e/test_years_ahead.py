"""Advices of every year to 2027, spring, summer and autumn in turn, on one clean small world, oldest first.

Codes and concessions change each year in it, settlements per prestatie end with 2017. Years after 2019 have no file of
their own: their numbers are taken over as `wlz year new` does. All seasons of all years stand in
docs/reference/evidence-years.md.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from scripts.evidence.years import ITEMS, SEASONS, YEARS, came_out, measure_items, take_year
from simulation.reference import load_simulation_reference
from simulation.run import prepare
from tests.e2e.handmade import House
from warehouse.tables.extra_items import EXTRA_ITEMS

pytestmark = pytest.mark.long
MONTHS = {year: f"{year}-{SEASONS[number % len(SEASONS)]:02}" for number, year in enumerate(YEARS)}
UNTIL = date(2027, 12, 1)


@dataclass
class Years:
    """The house, and what `wlz run` said of each year."""

    house: House
    said: dict[int, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def ran(new_house: Callable[[str], House], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Years]:
    """All nine advices, one after the other: an advice learns from those before it."""
    years = Years(new_house("years_ahead").simulate("--until", f"{UNTIL:%Y-%m}"))
    files = tmp_path_factory.mktemp("years")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WLZ_ASSUMPTIONS", "")  # so that what take_year puts there is taken away again
        for year, month in MONTHS.items():
            take_year(year, files)
            options = ("--scenario", "letter", "--scenario", "completed")
            result = years.house.wlz("run", "--delivery-month", month, *options)
            assert result.exit_code == 0, (month, result.output)
            years.said[year] = result.output
        patch.delenv("WLZ_ASSUMPTIONS", raising=False)
        yield years


@pytest.fixture(scope="module")
def came() -> pl.DataFrame:
    """How each year ended."""
    return came_out(prepare(load_simulation_reference("small"), scale="small", until=UNTIL))


@pytest.mark.parametrize("year", YEARS)
def test_no_clean_delivery_is_refused_and_the_year_is_near_what_came(year: int, ran: Years, came: pl.DataFrame) -> None:
    """Zin with extra items, completed: within 3 % in February and 1.5 % later. The advice is about its own year."""
    month = MONTHS[year]
    refused = ran.house.query(
        "select check_id, checked_table from marts.data_quality where severity = 'block' and outcome = 'failed' "
        f"and delivery_month = '{month}-01'",
        None,
    )
    assert refused == []
    [(of_year, expected)] = ran.house.query(
        "select budget_year, expected_eur from marts.utilisation_national "
        f"where part = 'zin' and delivery_month = '{month}-01'",
        "completed",
    )
    ended = came.filter(year=year).row(0, named=True)
    assert of_year == year
    near = 0.03 if month.endswith("02") else 0.015
    assert float(expected) / (ended["base"] + sum(ended[item] for item in ITEMS)) == pytest.approx(1, abs=near)


@pytest.mark.parametrize("year", YEARS)
def test_extra_items_are_carried_forward_within_their_bounds(year: int, ran: Years, came: pl.DataFrame) -> None:
    """Nothing per prestatie is settled after 2017: that ratio, in bounds of 95 % that hold what came; and told."""
    items = ran.house.store.read(EXTRA_ITEMS, date.fromisoformat(f"{MONTHS[year]}-01"))
    for row in measure_items(items, came.filter(year=year).row(0, named=True)):
        assert row["item_method"] == "carried_forward", row
        assert row["in_95"], row
    assert "X01 extra item carried forward" in ran.said[year]


@pytest.mark.parametrize("year", [2019, 2023, 2027])
def test_the_page_says_what_was_carried_forward(year: int, ran: Years) -> None:
    pages = Path(ran.house.root) / "reports" / MONTHS[year]
    text = " ".join((pages / "index.html").read_text(encoding="utf-8").split())
    for item in ("Crisisbedden", "Meerzorg"):
        assert f"{item}: over {year - 1} is nog niets afgerekend of afgesproken" in text
    assert "is doorgetrokken met afgerekend ÷ gedeclareerd tot en met 2017" in text


def test_concessions_pass_on_and_nothing_is_lost(ran: Years) -> None:
    """Friesland is of Zilveren Kruis from 2021 to 2025: regions of each advice, and na-ijl under who runs them."""
    who = {
        year: {name for (name,) in ran.house.query(
            f"select distinct wlz_uitvoerder from marts.zin_region where delivery_month = '{month}-01' "
            "and wlz_uitvoerder <> 'Landelijk'"
        )}
        for year, month in MONTHS.items()
    }  # fmt: skip
    assert who[2019] == {"De Friesland", "DSW", "Salland"}
    assert who[2021] == {"Zilveren Kruis", "DSW", "Salland"}
    assert who[2024] == {"Zilveren Kruis", "DSW"}
    assert who[2027] == {"De Friesland", "Zilveren Kruis", "DSW"}


@pytest.mark.parametrize(("year", "old", "new"), [(2020, "Z043", "Q2001"), (2021, "Z063", "Q2101")])
def test_codes_that_no_list_links_are_named_as_a_family(year: int, old: str, new: str, ran: Years) -> None:
    told = ran.house.query(
        "select observed from marts.check_findings where check_id = 'L05-family' "
        f"and delivery_month = '{MONTHS[year]}-01'",
        None,
    )
    assert any(old in text and new in text for (text,) in told), told
