"""An override names an uitvoerder as it is called, or was: its alias counts too, and a name of nobody is refused."""

from datetime import date

import polars as pl
import pytest

from tests.spec.small_round import claims, kader, known_of
from warehouse.lake import settle_tables
from wlz.advice import compute_advice
from wlz.known.assumptions import AssumptionError
from wlz.known.scenarios import Scenario, parse_overrides

LETTER = Scenario("letter", "the method of the letter", "ets_select", None, 0.0, False)


def year_with(name: str) -> float:
    """Units of Z025 expected in 2018, 100 a month, when every month is set to 10 for an uitvoerder of this name."""
    override = {
        "prestatiecode": "Z025", "wlz_uitvoerder": name, "scenario": "letter", "month_volume": 10.0,
        "reason": "a ward closed", "author": "A. Vos", "date": date(2018, 5, 1),
    }  # fmt: skip
    known = known_of(
        {"declaraties": claims({"Z025": (100.0, 10.0), "Z041": (100.0, 10.0)}), "kader": kader({"5501": 25_000})},
        [LETTER],
        overrides=parse_overrides([override], [LETTER]),
    )
    volumes = compute_advice(known, settle_tables(known), ["volumes"])["volumes"]
    of_year = volumes.filter(pl.col("care_month").dt.year() == 2018, prestatiecode="Z025")
    return float(of_year["forecast_volume"].sum())


@pytest.mark.parametrize("name", ["Menzis", "menzis ", "Stichting Zorgkantoor Menzis", "5501"])
def test_a_name_an_alias_and_a_code_of_its_zorgkantoor_mean_the_same(name):
    assert year_with(name) == 120.0


def test_a_name_of_nobody_is_refused_as_it_was_written():
    with pytest.raises(AssumptionError, match=r"override of Z025/Mensis by A\. Vos: no such series"):
        year_with("Mensis")
