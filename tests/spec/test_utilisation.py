"""Expectation against the kader: sums to the cent, regions, transfers, reserve."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given

from reports.rounding import round_millions, round_percentage
from tests.spec.utilisation_frames import (
    ASSUMPTIONS,
    CLAIMS,
    EUR,
    QUICK,
    VINTAGE,
    D,
    deliveries,
    frame,
    make_budgets,
    make_items,
    make_pgb,
    make_revenue,
    make_series,
    row_of,
)
from warehouse.contract import conform
from warehouse.tables.utilisation import UTILISATION
from wlz.utilisation import UtilisationError
from wlz.utilisation.possible_transfers import transfer_value, weigh_transfer
from wlz.utilisation.regions import region_shares, split_to_regions
from wlz.utilisation.utilisation import apply_transfers, confront, latest_budgets

MLN = 1_000_000


def confront_small(**changes: pl.DataFrame) -> pl.DataFrame:
    """Two uitvoerders, three regions. zin: 300.01 + 30.00 for A, 50.00 for B; one prestatie is outside the base."""
    december = date(2017, 12, 1)
    series = make_series(
        ("Z053", "North", "A", december, "10.00"),
        ("Z053", "South", "A", december, "20.00"),
        ("Z053", "East", "B", december, "5.00"),
    )
    inputs = {
        "revenue": make_revenue(
            ("Z053", "A", 1, "forecast", "300.01", True),
            ("ZMZTL", "A", 1, "forecast", "77.00", False),
            ("Z053", "B", 2, "forecast", "50.00", True),
        ),
        "extra_items": make_items(("A", "30.00")),
        "pgb": make_pgb(("North", "A", "40", "49"), ("South", "A", "10", "10"), ("East", "B", "3", "6")),
        "budgets": make_budgets(("North", "A", "100", "50"), ("South", "A", "200", "11"), ("East", "B", "60", "0")),
        "claims_to_date": frame([("North", "A", D("12.34"))], **CLAIMS),
        "region_shares": region_shares(series, last_month=december),
    }
    return confront(**{**inputs, **changes}, assumptions=ASSUMPTIONS)


def test_levels_names_and_sums():
    found = confront_small()
    conform(found.with_columns(pl.lit(value).alias(name) for name, value in VINTAGE.items()), UTILISATION)
    assert found.group_by("level").len().sort("level").rows() == [("national", 2), ("region", 6), ("uitvoerder", 4)]
    north = row_of(found, "region", "zin", zorgkantoorregio="North")
    assert (north["expected_excl_extra_eur"], north["extra_items_eur"]) == (D("100.00"), D("10.00"))
    assert north["declared_to_date_eur"] == D("12.34")
    assert north["granted_to_date_eur"] is None
    uitvoerder = row_of(found, "uitvoerder", "zin", wlz_uitvoerder="A")
    assert uitvoerder["zorgkantoorregio"] == "Landelijk"
    assert uitvoerder["expected_excl_extra_eur"] == D("300.01")  # without the prestatie outside the base
    assert (uitvoerder["expected_eur"], uitvoerder["available_eur"]) == (D("330.01"), D("-30.01"))
    assert uitvoerder["available_ratio"] == pytest.approx(-30.01 / 300)
    nation = row_of(found, "national", "zin")
    assert (nation["wlz_uitvoerder"], nation["zorgkantoorregio"]) == ("Landelijk", "Landelijk")
    assert (nation["expected_eur"], nation["budget_eur"]) == (D("380.01"), D("360.00"))


def test_pgb_is_the_december_stand_against_its_kader():
    found = confront_small()
    north = row_of(found, "region", "pgb", zorgkantoorregio="North")
    assert (north["expected_eur"], north["extra_items_eur"], north["granted_to_date_eur"]) == (D(49), D(0), D(40))
    assert north["declared_to_date_eur"] is None
    east = row_of(found, "region", "pgb", zorgkantoorregio="East")
    assert (east["available_eur"], east["available_ratio"]) == (D(-6), None)  # no kader: no ratio
    nation = row_of(found, "national", "pgb")
    assert (nation["expected_eur"], nation["granted_to_date_eur"]) == (D(65), D(53))


def test_a_kader_without_a_forecast_is_refused_not_shown_as_room():
    with pytest.raises(UtilisationError, match=r"pgb: South has a kader of € 11\.00 and no forecast"):
        confront_small(pgb=make_pgb(("North", "A", "40", "49")))
    with pytest.raises(UtilisationError, match=r"zin: B has a kader of € 60\.00 and no forecast"):
        confront_small(revenue=make_revenue(("Z053", "A", 1, "forecast", "1.00", True)))


def test_a_region_under_two_uitvoerders_is_refused():
    with pytest.raises(UtilisationError, match="North under A, North under B"):
        confront_small(claims_to_date=frame([("North", "B", D("1.00"))], **CLAIMS))


def test_the_latest_stand_of_every_zorgkantoor_is_the_kader():
    """Letter A.1.4: the stand of 15 May 2018; two zorgkantoren of one region are added."""
    rows = [
        (date(2018, 4, 15), "5519", "DWO", "DSW", 2018, D("1.00"), D("2.00")),
        (date(2018, 5, 15), "5519", "DWO", "DSW", 2018, D("10.00"), D("20.00")),
        (date(2018, 5, 15), "5522", "DWO", "DSW", 2018, D("0.50"), D("0.25")),
        (date(2018, 5, 15), "5519", "DWO", "DSW", 2019, D("99.00"), D("99.00")),
    ]
    names = ("stand_date", "zorgkantoor_code", "zorgkantoorregio", "wlz_uitvoerder", "budget_year")
    types = (pl.Date(), pl.String(), pl.String(), pl.String(), pl.Int32())
    kader = frame(rows, **dict(zip(names, types, strict=True)), zin_budget_eur=EUR, pgb_budget_eur=EUR)
    found = latest_budgets(kader, budget_year=2018)
    assert found.rows() == [("DWO", "DSW", date(2018, 5, 15), D("10.50"), D("20.25"))]
    with pytest.raises(UtilisationError, match="no kader of budget year 2017"):
        latest_budgets(kader, budget_year=2017)


# Regions


def test_shares_rest_on_the_last_twelve_complete_months():
    series = make_series(
        ("Z053", "North", "A", date(2016, 12, 1), "999.00"),  # thirteenth month back
        ("Z053", "North", "A", date(2017, 1, 1), "1.00"),
        ("Z053", "South", "A", date(2017, 12, 1), "3.00"),
        ("Z053", "South", "A", date(2018, 1, 1), "999.00"),  # after the last complete month
        ("H126", "North", "A", date(2017, 5, 1), "-2.00"),
        ("H126", "South", "A", date(2017, 5, 1), "4.00"),
        ("V051", "North", "A", date(2016, 5, 1), "4.00"),
    )
    shares = region_shares(series, last_month=date(2017, 12, 1), months=12)
    found = {
        (p, r): share for p, r, share in shares.select("prestatiecode", "zorgkantoorregio", "region_share_ratio").rows()
    }
    assert found == {
        ("Z053", "North"): 0.25,
        ("Z053", "South"): 0.75,
        ("H126", "North"): 0.0,  # corrections outweigh claims
        ("H126", "South"): 1.0,
        ("V051", "North"): None,
    }


def test_cents_go_to_the_largest_remainder():
    series = make_series(*(("Z053", region, "A", date(2017, 6, 1), "1.00") for region in ("East", "North", "South")))
    shares = region_shares(series, last_month=date(2017, 12, 1))
    revenue = make_revenue(("Z053", "A", 1, "forecast", "100.00", True))
    found = split_to_regions(revenue, make_items(("A", "-0.01")), shares)
    assert found["expected_excl_extra_eur"].to_list() == [D("33.34"), D("33.33"), D("33.33")]
    assert found["extra_items_eur"].to_list() == [D("0.00"), D("0.00"), D("-0.01")]


def test_a_prestatie_without_claims_follows_the_total_and_without_any_claims_all_get_the_same():
    series = make_series(
        ("Z053", "North", "A", date(2017, 6, 1), "1.00"),
        ("Z053", "South", "A", date(2017, 6, 1), "3.00"),
        ("Z053", "East", "B", date(2015, 6, 1), "3.00"),
        ("Z053", "West", "B", date(2015, 6, 1), "1.00"),
    )
    revenue = make_revenue(("NEW1", "A", 1, "forecast", "8.00", True), ("Z053", "B", 1, "forecast", "8.00", True))
    found = split_to_regions(revenue, make_items(), region_shares(series, last_month=date(2017, 12, 1)))
    assert dict(found.select("zorgkantoorregio", "expected_excl_extra_eur").rows()) == {
        "North": D(2),
        "South": D(6),
        "East": D(4),
        "West": D(4),
    }


def test_a_region_with_more_corrections_than_claims_gets_nothing():
    december = date(2017, 12, 1)
    series = make_series(("Z053", "North", "A", december, "-2.00"), ("Z053", "South", "A", december, "4.00"))
    revenue = make_revenue(("Z053", "A", 1, "forecast", "8.00", True), ("NEW1", "A", 1, "forecast", "1.00", True))
    found = split_to_regions(revenue, make_items(), region_shares(series, last_month=december))
    assert dict(found.select("zorgkantoorregio", "expected_excl_extra_eur").rows()) == {"North": D(0), "South": D(9)}


def test_money_without_a_region_is_refused():
    shares = region_shares(make_series(("Z053", "North", "A", date(2017, 6, 1), "1.00")), last_month=date(2017, 12, 1))
    revenue = make_revenue(("Z053", "B", 1, "forecast", "8.50", True))
    with pytest.raises(UtilisationError, match=r"€ 8\.50 of B has no region"):
        split_to_regions(revenue, make_items(), shares)


@QUICK
@given(deliveries())
def test_regions_uitvoerders_and_nation_agree_to_the_cent(inputs: dict[str, pl.DataFrame]):
    found = confront(**inputs, assumptions=ASSUMPTIONS)
    money = [name for name in found.columns if name.endswith("_eur")][:7]
    region, uitvoerder, national = (
        found.filter(pl.col("level") == level) for level in ("region", "uitvoerder", "national")
    )
    by_uitvoerder = region.group_by("wlz_uitvoerder", "part").agg(pl.col(money).sum()).sort("wlz_uitvoerder", "part")
    sorted_rows = uitvoerder.select("wlz_uitvoerder", "part", *money).sort("wlz_uitvoerder", "part")
    assert by_uitvoerder.rows() == sorted_rows.with_columns(pl.col(money).fill_null(D(0))).rows()
    by_part = uitvoerder.group_by("part").agg(pl.col(money).sum()).sort("part")
    assert (
        by_part.rows()
        == national.select("part", *money).with_columns(pl.col(money).fill_null(D(0))).sort("part").rows()
    )
    zin = row_of(found, "national", "zin")
    assert zin["expected_excl_extra_eur"] == inputs["revenue"]["forecast_amount_eur"].sum()
    assert zin["extra_items_eur"] == inputs["extra_items"]["item_eur"].sum()
    assert zin["budget_eur"] - zin["expected_eur"] == zin["available_eur"]
    december = inputs["pgb"].filter(pl.col("month") == date(2018, 12, 1))
    assert row_of(found, "national", "pgb")["expected_eur"] == december["forecast_stand_eur"].sum()


# Transfers and reserve


def test_thirty_million_of_pgb_is_26_million_of_zin_and_152_are_short():
    """Letter p. 1: 30 × 0,86 = 26; −178 + 26 = −152, 0,8 % of the zin kader; report 2.1: bruteringseffect 4."""
    worth = transfer_value(D(30 * MLN), "pgb", "zin", 0.86)
    assert round_millions(worth, 0) == 26
    assert round_millions(D(-178 * MLN) + worth, 0) == -152
    assert round_percentage((D(-178 * MLN) + worth) / (18_711 * MLN), 1) == D("-0.8")
    assert round_millions(30 * MLN - worth, 0) == 4
    assert (
        round_millions(D(-178 * MLN) + transfer_value(D(30 * MLN), "pgb", "pgb", 0.86), 0) == -148
    )  # without the factor


def test_the_other_direction_divides_and_within_a_part_nothing_changes():
    assert transfer_value(D("86.00"), "zin", "pgb", 0.86) == D("100.00")
    assert transfer_value(D("86.00"), "zin", "zin", 0.86) == D("86.00")
    assert transfer_value(D("-30.00"), "pgb", "zin", 0.86) == D("-25.80")
    with pytest.raises(UtilisationError, match="between zin and pgb"):
        transfer_value(D("1.00"), "zin", "vpt", 0.86)


def weigh(zin: int, pgb: int, **assumptions: float) -> dict[str, dict]:
    rows = [("zin", D(zin), D(18_711)), ("pgb", D(pgb), D(2_236))]
    national = frame(rows, part=pl.String(), available_eur=EUR, budget_eur=EUR)
    found = weigh_transfer(national, {"brutering_factor": 0.86, "redistribution_reserve_eur": 260, **assumptions})
    return {row["part"]: row for row in found.to_dicts()}


def test_a_shortage_of_zin_takes_the_surplus_of_pgb_and_then_the_reserve():
    found = weigh(-178, 30)
    zin, pgb = found["zin"], found["pgb"]
    assert (zin["transfer_possible_eur"], zin["available_after_transfer_eur"]) == (D("25.80"), D("-152.20"))
    assert zin["available_after_transfer_ratio"] == pytest.approx(-152.2 / 18_711)  # the kader is left as it was
    assert zin["reserve_needed_ratio"] == pytest.approx(152.2 / 260)
    assert zin["reserve_left_eur"] == D("107.80")
    assert (pgb["transfer_possible_eur"], pgb["available_after_transfer_eur"]) == (D(0), D(0))  # given away
    assert (pgb["reserve_needed_ratio"], pgb["reserve_left_eur"]) == (0.0, D(260))


def test_a_shortage_of_pgb_takes_the_surplus_of_zin_at_its_higher_value():
    found = weigh(86, -300)
    assert (found["pgb"]["transfer_possible_eur"], found["pgb"]["available_after_transfer_eur"]) == (D(100), D(-200))
    assert found["zin"]["available_after_transfer_eur"] == D(0)


def test_when_both_are_short_or_both_are_over_nothing_moves():
    short = weigh(-300, -10)
    assert [short[part]["transfer_possible_eur"] for part in short] == [D(0), D(0)]
    assert [short[part]["available_after_transfer_eur"] for part in short] == [D(-300), D(-10)]
    assert short["zin"]["reserve_left_eur"] == D(-40)  # a lack
    assert short["zin"]["reserve_needed_ratio"] == pytest.approx(300 / 260)
    over = weigh(5, 6)
    assert [over[part]["available_after_transfer_eur"] for part in over] == [D(5), D(6)]
    assert [over[part]["reserve_needed_ratio"] for part in over] == [0.0, 0.0]


def test_without_a_reserve_there_is_no_share_of_it():
    assert weigh(-5, 0, redistribution_reserve_eur=0)["zin"]["reserve_needed_ratio"] is None
    assert weigh(-5, 0, redistribution_reserve_eur=0)["zin"]["reserve_left_eur"] == D(-5)


TRANSFERS = {
    "transfer_date": pl.Date(),
    "budget_year": pl.Int32(),
    "from_zorgkantoorregio": pl.String(),
    "from_part": pl.String(),
    "to_zorgkantoorregio": pl.String(),
    "to_part": pl.String(),
    "amount_eur": EUR,
}


def book(*rows: tuple) -> list[tuple]:
    budgets = make_budgets(("North", "A", "100", "50"), ("South", "A", "200", "0"))
    transfers = frame(rows, **TRANSFERS)
    found = apply_transfers(
        budgets,
        transfers,
        budget_year=2018,
        cut_off=date(2018, 8, 15),
        brutering_factor=ASSUMPTIONS["brutering_factor"],
    )
    assert found.columns == budgets.columns
    return found.select("zin_budget_eur", "pgb_budget_eur").rows()


def test_transfers_after_the_stand_are_booked_what_leaves_is_the_amount():
    later = date(2018, 6, 1)
    unchanged = [(D(100), D(50)), (D(200), D(0))]
    assert book((later, 2018, "North", "pgb", "South", "zin", D(10))) == [(D(100), D(40)), (D("208.60"), D(0))]
    assert book((later, 2018, "North", "zin", "North", "pgb", D("8.60"))) == [(D("91.40"), D(60)), (D(200), D(0))]
    assert book((later, 2018, "North", "zin", "South", "zin", D(10))) == [(D(90), D(50)), (D(210), D(0))]
    assert book((date(2018, 5, 15), 2018, "North", "zin", "South", "zin", D(10))) == unchanged  # the stand holds it
    assert book((date(2018, 9, 1), 2018, "North", "zin", "South", "zin", D(10))) == unchanged  # not known yet
    assert book((later, 2019, "North", "zin", "South", "zin", D(10))) == unchanged
    assert book() == unchanged
    with pytest.raises(UtilisationError, match=r"transfer of € 10\.00 names region Nowhere"):
        book((later, 2018, "North", "zin", "Nowhere", "zin", D(10)))
