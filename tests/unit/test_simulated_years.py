"""Deliveries of years to come: every kind until December 2027, under the zorgkantoor codes of their time."""

from datetime import date

import polars as pl
import pytest

from simulation import SimulatedFile, SimulationError, simulate_deliveries
from simulation.claims import Claims, claims_frame
from simulation.kinds import KINDS as DUE
from simulation.kinds import build_file, build_files
from simulation.places import DATED_BY, move_closed_codes
from simulation.reference import load_simulation_reference
from simulation.run import prepare
from tests.lists import LISTS
from warehouse.tables.deliveries import KINDS
from wlz.words.months import list_months

REFERENCE = load_simulation_reference("small")
LAST, CLOSED = date(2027, 12, 1), date(2020, 1, 1)


@pytest.fixture(scope="module")
def drawn() -> Claims:
    return prepare(REFERENCE, scale="small", until=LAST)


@pytest.fixture(scope="module")
def files(drawn: Claims) -> list[SimulatedFile]:
    """Everything delivered in 2027."""
    return [file for month in list_months(date(2027, 1, 1), LAST) for file in build_files(drawn, month)]


def euro(claims: pl.DataFrame) -> float:
    return float(claims["bedrag"].sum())


def test_every_kind_is_delivered_and_no_key_twice(files: list[SimulatedFile]) -> None:
    """But settlements per prestatie, which end with 2017."""
    assert {file.kind for file in files} == set(DUE) - {"nacalculatie"}
    for file in files:
        assert file.frame.height > 0, file.kind
        key = [str(KINDS[file.kind].column(name).source_name) for name in KINDS[file.kind].key]
        assert not file.frame.select(key).is_duplicated().any(), (file.kind, file.delivery_month)


def test_nothing_lies_under_a_code_after_its_end(files: list[SimulatedFile]) -> None:
    """5522 was closed in 2020: in claims of that care on it is 5519, before it stays what it was."""
    for file in files:
        again = move_closed_codes(REFERENCE, file.kind, file.frame)
        assert again.equals(file.frame), file.kind
    claims = next(file.frame for file in files if file.kind == "declaraties")
    assert claims.filter(zorgkantoorcode="5522")["zorgmaand"].max() == "2019-12"
    stand = next(file.frame for file in files if file.kind == "kader")
    assert "5522" not in set(stand["zorgkantoorcode"])


def test_a_closed_code_takes_no_euro_with_it(drawn: Claims) -> None:
    """5519 has after 2019 what both had: no step in the sum of the region but that of a year."""
    claims = claims_frame(drawn, date(2021, 6, 1)).filter(pl.col("zorgkantoorcode").is_in(["5519", "5522"]))
    years = {year: euro(claims.filter(pl.col("zorgmaand").str.starts_with(year))) for year in ("2018", "2019", "2020")}
    assert years["2020"] / years["2019"] == pytest.approx(years["2019"] / years["2018"], abs=0.05)


def test_rows_of_both_codes_add_up() -> None:
    rows = pl.DataFrame(
        {
            "aanleverdatum": [date(2020, 3, 2)] * 3,
            "zorgkantoorcode": ["5519", "5522", "5522"],
            "agb_code": ["99000001"] * 3,
            "prestatiecode": ["Z025"] * 3,
            "zorgmaand": ["2020-01", "2020-01", "2019-12"],
            "eenheid": ["14"] * 3,
            "aantal": [10.0, 5.0, 7.0],
            "bedrag": pl.Series(["100.00", "50.05", "70.00"]).cast(pl.Decimal(18, 2)),
        }
    )
    moved = move_closed_codes(REFERENCE, "declaraties", rows)
    assert moved.schema == rows.schema
    assert moved.select("zorgkantoorcode", "zorgmaand", "aantal", "bedrag").rows() == [
        ("5519", "2020-01", 15.0, pl.Series(["150.05"]).cast(pl.Decimal(18, 2))[0]),
        ("5522", "2019-12", 7.0, pl.Series(["70.00"]).cast(pl.Decimal(18, 2))[0]),
    ]


def test_every_kind_with_a_place_says_which_date_decides() -> None:
    placed = {
        kind for kind, table in KINDS.items() if any("zorgkantoor" in str(one.source_name) for one in table.columns)
    }
    assert set(DATED_BY) == placed


def test_tariffs_are_those_of_codes_in_use(drawn: Claims) -> None:
    """Q205 ended in 2017 and Q206 began in 2018: a tariff of the one up to then, of the other from then on."""
    tariffs = build_file(drawn, date(2027, 1, 1), "beleidsregelwaarden").frame
    assert tariffs.filter(prestatiecode="Q205")["jaar"].max() == 2017
    assert tariffs.filter(prestatiecode="Q206")["jaar"].min() == 2018
    assert tariffs["jaar"].max() == 2027
    ended = tariffs.join(LISTS.prestaties, on="prestatiecode").filter(pl.col("jaar") > pl.col("valid_to").dt.year())
    assert ended.is_empty()


def test_persons_grow_on_after_the_last_count(drawn: Claims) -> None:
    """Claims of the years after the counts rise as those before them: by 2 to 8 % a year, tariffs included."""
    claims = build_file(drawn, date(2027, 12, 1), "declaraties").frame
    years = {year: euro(claims.filter(pl.col("zorgmaand").str.starts_with(str(year)))) for year in range(2018, 2027)}
    growth = [years[year + 1] / years[year] - 1 for year in range(2018, 2026)]
    assert all(0.02 < one < 0.08 for one in growth), growth


def test_after_the_last_month_there_is_nothing() -> None:
    with pytest.raises(SimulationError, match="to 2027-12"):
        next(simulate_deliveries(REFERENCE, scale="small", until=date(2028, 1, 1)))
