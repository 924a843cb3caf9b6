"""The room of the kader at the bounds of the year: kader − upper bound is the least, kader − lower bound the most.

Worked by hand: kader 100.00, year between 60.005 and 120.25 at 80 %. As published the bounds are 60.00 and 120.25, so
the room lies between 100.00 − 120.25 = −20.25 and 100.00 − 60.00 = 40.00.
"""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from wlz.bounds.room import ROOM_BOUNDS, state_room

EUR = pl.Decimal(18, 2)
YEAR = date(2018, 12, 1)
KADER = {"national": 100, "uitvoerder": 90, "region": 80}


def bounds(*rows: tuple[str, str, str]) -> pl.DataFrame:
    """Rows of bounds (scenario, level, period) with 80 % from 60.005 to 120.25 and 95 % from 50 to 130."""
    return pl.DataFrame(
        [
            (scenario, "zin", level, "A", "Landelijk", period, YEAR, 60.005, 120.25, 50.0, 130.0)
            for scenario, level, period in rows
        ],
        schema=[
            "scenario", "part", "level", "wlz_uitvoerder", "zorgkantoorregio", "period", "month",
            "lower_80_eur", "upper_80_eur", "lower_95_eur", "upper_95_eur",
        ],
        orient="row",
    )  # fmt: skip


def utilisation(scenario: str = "letter") -> pl.DataFrame:
    """The kader of every level, of zin and (another) of pgb."""
    rows = [
        (scenario, part, level, "A", "Landelijk", Decimal(kader + more))
        for level, kader in KADER.items()
        for part, more in (("zin", 0), ("pgb", 1000))
    ]
    columns = ["scenario", "part", "level", "wlz_uitvoerder", "zorgkantoorregio"]
    return pl.DataFrame(rows, schema={**dict.fromkeys(columns, pl.String), "budget_eur": EUR}, orient="row")


def room(found: pl.DataFrame) -> list[list[str | None]]:
    return [[None if value is None else str(value) for value in row] for row in found.select(ROOM_BOUNDS).iter_rows()]


@pytest.mark.parametrize(("level", "kader"), KADER.items())
def test_the_room_is_the_kader_minus_the_bound_to_the_cent(level, kader):
    """100 − 120.25, 100 − 60.00, 100 − 130, 100 − 50; and so on with 90 and 80."""
    found = room(state_room(bounds(("letter", level, "year")), utilisation()))
    assert found == [[f"{kader - 120.25:.2f}", f"{kader - 60:.2f}", f"{kader - 130:.2f}", f"{kader - 50:.2f}"]]


def test_the_least_room_stands_first_and_holds_the_surer_one_inside():
    (lower_80, upper_80, lower_95, upper_95) = map(
        float, room(state_room(bounds(("letter", "national", "year")), utilisation()))[0]
    )
    assert lower_95 < lower_80 < upper_80 < upper_95


@pytest.mark.parametrize(
    "row", [("letter", "group", "year"), ("letter", "series", "year"), ("letter", "region", "month")]
)
def test_what_has_no_kader_of_its_own_has_no_room(row):
    """Groups and series have none; a month and the months up to it are no year."""
    assert room(state_room(bounds(row), utilisation())) == [[None] * 4]


def test_rows_keep_their_order_and_every_scenario_its_own_kader():
    asked = bounds(("letter", "region", "year"), ("base", "national", "year"), ("letter", "national", "month"))
    dear = utilisation("base").with_columns(pl.col("budget_eur") * 2)
    found = state_room(asked, pl.concat([utilisation(), dear.cast({"budget_eur": EUR})]))
    assert found.drop(ROOM_BOUNDS).equals(asked)
    assert [row[1] for row in room(found)] == ["20.00", "140.00", None]
