"""A run with a pack of one's own: old, with tariffs, and with codes from an official file and from a conversion.

Z025 and Z041 are claimed 100 a month at € 10.00 in two regions up to 2017: 2018 is priced by rule (source c). The pack
has maximum tariffs of Z025 alone, 10.00 and 11.00, without NHC and NIC: 10 ÷ 10 × 11 = 11.00. Z041 keeps 10.00.

    Z025   2 × 12 × 100 × 11 = 26,400   converted
    Z041   2 × 12 × 100 × 10 = 24,000   official
"""

import re
import shutil
from collections.abc import Callable
from decimal import Decimal

import polars as pl
import pytest

from tests.e2e.handmade import House, furnish
from warehouse.packs import load_pack
from warehouse.reference import read_list

TARIFFS = """prestatiecode,year,unit_code,max_tariff_eur,nhc_eur,nic_eur,trust,source
Z025,2017,14,10.00,0,0,official,t.csv
Z025,2018,14,11.00,0,0,official,t.csv
"""


@pytest.fixture(scope="module")
def house(new_house: Callable[[str], House], base_house: House) -> House:
    house = furnish(new_house("own_pack")).remember(base_house)
    folder = house.root.parent / "old list"
    shutil.copytree(load_pack("vektis-2019").folder, folder)
    said = folder / "pack.toml"
    said.write_text(re.sub("last_year = .*", "last_year = 2017", said.read_text(encoding="utf-8")), encoding="utf-8")
    codes = read_list(folder / "prestaties.csv")
    is_official = pl.when(pl.col("prestatiecode") == "Z041").then(pl.lit("official")).otherwise("trust")
    codes.with_columns(is_official.alias("trust")).write_csv(folder / "prestaties.csv")
    (folder / "tariffs.csv").write_text(TARIFFS, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WLZ_REFERENCE", str(folder))
        return house.publish()


def test_its_age_is_one_finding_and_its_tariffs_are_told_per_series(house: House) -> None:
    [age] = house.query(
        "select severity, findings_count, at_stake_eur from marts.data_quality where check_id = 'D02-age' "
        "and outcome = 'failed'",
        None,
    )
    assert age == ("info", 1, Decimal("50400.00"))
    [tariffs] = house.query(
        "select severity, findings_count, at_stake_eur from marts.data_quality where check_id = 'P08' "
        "and outcome = 'failed'",
        None,
    )
    assert tariffs == ("info", 2, Decimal("26400.00"))


def test_the_price_is_that_of_the_tariffs_and_says_so(house: House) -> None:
    found = house.query(
        "select distinct prestatiecode, price_eur_per_unit, price_flags from marts.price_derivation order by 1"
    )
    assert found == [("Z025", 11.0, "list_tariff"), ("Z041", 10.0, "no_brw")]


def test_the_shares_of_trust_add_up_to_the_expectation(house: House) -> None:
    found = house.query("select trust, codes_count, expected_excl_extra_eur, expected_ratio from marts.code_trust")
    assert sorted(found) == [
        ("converted", 1, Decimal("26400.00"), pytest.approx(26_400 / 50_400)),
        ("official", 1, Decimal("24000.00"), pytest.approx(24_000 / 50_400)),
    ]


def test_the_tariffs_are_an_input_of_the_advice(house: House, base_house: House) -> None:
    sql = "select count(*) from marts.advice_provenance where input_name = 'reference/tariffs.csv'"
    assert (house.query(sql), base_house.query(sql)) == ([(1,)], [(0,)])


@pytest.mark.parametrize("check", ["D02-age", "P08"])
def test_with_the_list_of_the_project_neither_is_told(base_house: House, check: str) -> None:
    sql = f"select outcome from marts.data_quality where check_id = '{check}'"
    assert set(base_house.query(sql, None)) <= {("passed",)}
