"""The advice of a year far ahead, on the small simulation until May 2027 and the assumptions of 2019."""

import shutil
from decimal import Decimal

import pytest

from tests.e2e.handmade import House
from warehouse import reference

pytestmark = pytest.mark.long
MONTH, EARLIEST_CLAIMS = "2027-05", "2026-05"
RECENT_ONLY = ("declaraties", "pgb_verleningen", "hulpmiddelen", "overhevelingen")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Of these kinds the last year only. A monthly file holds all months before it; old transfers, all taken in at
    once, would be held against the newest kader (K01), which no longer has the closed code 5522 that they left.
    """
    folder = tmp_path_factory.mktemp("years_ahead")
    house = House(folder / "data").simulate("--until", MONTH)
    for path in house.landing.glob("*/*"):
        if path.name.startswith(RECENT_ONLY) and path.parent.name < EARLIEST_CLAIMS:
            path.unlink()
    shutil.copy(reference.REFERENCE / "assumptions" / "2019.toml", folder / "2027.toml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WLZ_ASSUMPTIONS", str(folder / "2027.toml"))
        return house.publish(MONTH)


def test_the_advice_of_2027_is_about_2027(house: House) -> None:
    [(year, expected, budget, lower, upper)] = house.query(
        "select budget_year, expected_eur, budget_eur, lower_80_eur, upper_80_eur from marts.utilisation_national "
        "where part = 'zin'",
        "completed",
    )
    assert year == 2027
    assert lower < expected < upper
    assert abs(expected / budget - 1) < Decimal("0.1")


def test_what_was_delivered_under_codes_of_2019_and_before_is_all_counted(house: House) -> None:
    """5519 and the closed 5522 are one region; meerzorg goes on under ZMZ01; nothing of the claims is set apart."""
    regions = house.query(
        "select distinct zorgkantoorregio from marts.zin_region where zorgkantoorregio <> 'Landelijk'"
    )
    assert ("Westland Schiedland Delfland",) in regions
    codes = {code for (code,) in house.query("select distinct prestatiecode from marts.volume_forecast")}
    assert {"ZMZ01", "Q206"} <= codes
    [(apart,)] = house.query(
        "select count(*) from marts.data_quality where checked_table = 'declaraties' and severity = 'block' "
        f"and outcome = 'failed' and delivery_month = '{MONTH}-01'",
        None,
    )
    assert apart == 0
