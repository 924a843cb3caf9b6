"""What of the expected year rests on which trust of the list of codes: sums and shares that can be added up by hand."""

from decimal import Decimal

import polars as pl
import pytest

from tests.spec.small_round import claims, known_of
from warehouse.lake import settle_tables
from wlz.advice import compute_advice
from wlz.known.scenarios import Scenario
from wlz.prices.code_trust import sum_by_trust

LETTER = Scenario("letter", "the method of the letter", "ets_select", None, 0.0, False)
HIGH = Scenario("high", "two per cent more", "", "letter", 0.02, False)
CODES = pl.DataFrame(
    {
        "prestatiecode": ["Z025", "Z041", "ZN103", "ZMZ01", "H104"],
        "trust": ["converted", "converted", "official", "official", "inferred"],
    }
)


def valued(*rows: tuple[str, str, str, bool]) -> pl.DataFrame:
    """Revenue of one month: prestatie, uitvoerder, euro, in_base."""
    frame = pl.DataFrame(
        rows, ["prestatiecode", "wlz_uitvoerder", "forecast_amount_eur", "in_base"], orient="row", strict=False
    )
    return frame.with_columns(pl.col("forecast_amount_eur").cast(pl.Decimal(18, 2)))


def test_every_trust_of_the_list_has_its_euro_and_share():
    """60 + 15.50 of 75.50 + 24.50 = 100 is converted, 24.50 official; nothing rests on what was inferred."""
    found = sum_by_trust(
        valued(
            ("Z025", "CZ", "60.00", True),
            ("Z041", "CZ", "15.50", True),
            ("ZN103", "CZ", "20.00", True),
            ("ZN103", "VGZ", "4.50", True),
        ),
        CODES,
    )
    assert found.rows() == [
        ("converted", 2, Decimal("75.50"), 0.755),
        ("inferred", 0, Decimal("0.00"), 0.0),
        ("official", 1, Decimal("24.50"), 0.245),
    ]


def test_meerzorg_is_estimated_apart_and_in_no_share():
    found = sum_by_trust(valued(("Z025", "CZ", "60.00", True), ("ZMZ01", "CZ", "40.00", False)), CODES)
    assert dict(found.select("trust", "expected_excl_extra_eur").iter_rows()) == {
        "converted": Decimal("60.00"), "inferred": Decimal("0.00"), "official": Decimal("0.00")
    }  # fmt: skip


def test_a_code_that_is_worth_nothing_is_not_counted():
    found = sum_by_trust(valued(("Z025", "CZ", "0.00", True), ("Z041", "CZ", "5.00", True)), CODES)
    assert found.filter(trust="converted")["codes_count"].item() == 1


def test_of_nothing_expected_no_share_is_known():
    found = sum_by_trust(valued(("Z025", "CZ", "0.00", True)), CODES)
    assert found["expected_ratio"].null_count() == found.height == 3


@pytest.mark.parametrize(("scenario", "year_eur"), [("letter", "51600.00"), ("high", "52632.00")])
def test_in_an_advice_every_scenario_has_its_own_shares(scenario, year_eur):
    """12 × (1,000 × 2 + 500 × 4 + 100 × 3) = 51,600; high has 2 % more. Z025 of the pack is set to official."""
    both = [claims({"Z025": (1000.0, 2.0), "Z041": (500.0, 4.0)}, "5501"), claims({"Z025": (100.0, 3.0)}, "5502")]
    delivered = {"declaraties": pl.concat(both)}
    lists = known_of(delivered, [LETTER]).reference
    is_official = pl.when(pl.col("prestatiecode") == "Z025").then(pl.lit("official")).otherwise("trust")
    listed = lists.prestaties.with_columns(is_official.alias("trust"))
    known = known_of(delivered, [LETTER, HIGH], reference=lists._replace(prestaties=listed))
    trusts = compute_advice(known, settle_tables(known), ["revenue"])["code_trust"].filter(scenario=scenario)
    assert trusts["expected_excl_extra_eur"].sum() == Decimal(year_eur)
    official = trusts.filter(trust="official")["expected_ratio"].item()
    assert official == pytest.approx(27_600 / 51_600)  # 12 × (2,000 + 300)
