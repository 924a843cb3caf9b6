"""Deliveries small enough to add up on paper: every expected amount stands beside the sum it comes from."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.e2e.handmade import FRIESLAND, GRONINGEN, House, agreed, claims, furnish, grants

D = Decimal


def amounts(house: House, sql: str) -> dict[str, Decimal]:
    """Name → amount of a query with two columns."""
    return dict(house.query(sql))


# --- The base set: two prestaties, two regions, 100 a month at € 10.00 -------------------------------------------


def year_per_series(house: House) -> dict[tuple[str, str], Decimal]:
    """Volume of 2018 times the price, per series, from the two marts an analyst would join."""
    rows = house.query(
        "select v.prestatiecode, v.wlz_uitvoerder, "
        "cast(sum(cast(v.forecast_volume * p.price_eur_per_unit as decimal(18, 2))) as decimal(18, 2)) "
        "from marts.volume_forecast v join marts.price_derivation p "
        "on p.prestatiecode = v.prestatiecode and p.wlz_uitvoerder = v.wlz_uitvoerder "
        "where year(v.care_month) = 2018 group by 1, 2"
    )
    return {(prestatie, uitvoerder): amount for prestatie, uitvoerder, amount in rows}


def test_a_constant_series_is_worth_exactly_twelve_months(base_house: House) -> None:
    """100 a month × € 10.00 × 12 months = € 12,000.00 for each of the four series."""
    series = {(code, name) for code in ("Z025", "Z041") for name in ("Menzis", "De Friesland")}
    assert year_per_series(base_house) == dict.fromkeys(series, D("12000.00"))


def test_every_level_adds_up_to_the_series(base_house: House) -> None:
    """Per region and uitvoerder 2 × 12,000.00 = 24,000.00, nation 48,000.00; kader 25,000.00 each, so 1,000.00 left."""
    of_uitvoerder = {"Menzis": D("24000.00"), "De Friesland": D("24000.00"), "Landelijk": D("48000.00")}
    of_region = {"Groningen": D("24000.00"), "Friesland": D("24000.00"), "Landelijk": D("48000.00")}
    assert amounts(base_house, "select wlz_uitvoerder, expected_eur from marts.zin_uitvoerder") == of_uitvoerder
    assert amounts(base_house, "select zorgkantoorregio, expected_eur from marts.zin_region") == of_region
    assert base_house.query(
        "select expected_excl_extra_eur, expected_eur, budget_eur, available_eur, available_ratio "
        "from marts.utilisation_national where part = 'zin'"
    ) == [(D("48000.00"), D("48000.00"), D("50000.00"), D("2000.00"), 0.04)]


def test_a_constant_stand_of_pgb_is_its_own_forecast(base_house: House) -> None:
    """Stand € 1,000.00 every month, so € 1,000.00 in December; kader 1,500.00, so 500.00 left per region."""
    rows = base_house.query(
        "select zorgkantoorregio, granted_to_date_eur, expected_eur, available_eur from marts.pgb_region order by 1"
    )
    one, left = D("1000.00"), D("500.00")
    assert rows == [
        ("Friesland", one, one, left),
        ("Groningen", one, one, left),
        ("Landelijk", 2 * one, 2 * one, 2 * left),
    ]


def test_every_month_is_forecast_and_the_year_is_cumulative(base_house: House) -> None:
    """4 series × 100 × 10.00 = 4,000.00 a month, 4,000.00 × month number cumulative; nothing of 2018 was declared."""
    rows = base_house.query(
        "select month(month), state, month_eur, expected_cumulative_eur from marts.utilisation_monthly "
        "where part = 'zin' order by 1"
    )
    assert rows == [(n, "forecast", D("4000.00"), 4000 * D(n)) for n in range(1, 13)]


def test_csv_and_parquet_say_the_same(base_house: House, empty_house: House, tmp_path: Path) -> None:
    """Parquet in a landing zone elsewhere."""
    elsewhere = tmp_path / "elsewhere"
    furnish(empty_house, shape="parquet").landing.rename(elsewhere)
    result = empty_house.wlz("run", "--delivery-month", "2018-05", "--deliveries", str(elsewhere))
    assert result.exit_code == 0, result.output
    assert empty_house.advice_hashes() == base_house.advice_hashes()


# --- Every price source, extra item and transfer at once ----------------------------------------------------------

TARIFFS = [
    # year, prestatie, unit, maximum excl. NHC and NIC, NHC, NIC at 100 %
    (2017, "Z053", "14", 86.09, 20.0, 2.0),
    (2018, "Z053", "14", 88.66, 26.93, 1.87),
    *[(2017, code, "14", 62.5, 20.0, 2.0) for code in ("Z041", "Z051")],
    *[(2018, code, "14", 65.0, 24.0, 3.0) for code in ("Z041", "Z051")],
    (2017, "H300", "04", 75.0, 0.0, 0.0),
    (2018, "H300", "04", 78.0, 0.0, 0.0),
]


@pytest.fixture(scope="module")
def rich(new_house: Callable[[str], House]) -> House:
    """Groningen (Menzis) with every price source and item, Friesland with a few; Parquet."""
    house = new_house("rich")
    own = {"codes": [GRONINGEN]}
    this_year = {"first": "2018-01", "last": "2018-03", **own}
    rows = [
        *claims("Z025"),
        *claims("Z025", price="11.00", **this_year),
        *claims("Z033", **own),
        *claims("Z033", volume=50, price="12.00", first="2018-01", last="2018-01", codes=[GRONINGEN]),
        *claims("Z053", price="102.29", **own),
        *claims("Z041", price="69.00", **own),
        *claims("Z051", price="69.00", **own),
        *claims("Z031", **own),
        *claims("Z061", **own),
        *claims("Z063", price="0.00", **own),
        *claims("H104", unit="01", volume=6000, price="1.00", **own),
        *claims("H300", unit="01", volume=6000, price="1.00", **own),
        *claims("Z110", volume=10, price="100.00"),
        *claims("Z110", volume=10, price="110.00", **this_year),
        *claims("ZMZTL", volume=10, price="50.00", **own),
    ]
    here, there = {"code": GRONINGEN, "unit": "14"}, {"code": FRIESLAND, "unit": "14"}
    house.deliver("declaraties", rows, shape="parquet")
    house.deliver(
        "herschikking",
        [
            agreed(2017, "Z053", 1200, "99948.00", nhc="nee", **here),
            agreed(2017, "Z041", 1200, "82800.00", **here),
            agreed(2017, "Z031", 1200, "12000.00", **here),
            agreed(2017, "H104", 1200, "72000.00", code=GRONINGEN, unit="01"),
            agreed(2017, "H300", 1200, "72000.00", code=GRONINGEN, unit="04"),
            agreed(2017, "Z110", 132, "13200.00", **there),
            agreed(2017, "ZMZTL", 1, "2400.00", **there),
        ],
        shape="parquet",
    )
    house.deliver(
        "nacalculatie",
        [
            *(agreed(year, "Z110", q, "1.00", **here) for year, q in ((2015, 100), (2016, 110), (2017, 121))),
            *(agreed(year, "ZMZTL", 1, m, **here) for year, m in ((2015, "1000"), (2016, "1500"), (2017, "1800"))),
            *(agreed(year, "Z110", 120, "1.00", **there) for year in (2015, 2016)),
            *(agreed(year, "ZMZTL", 1, "2000.00", **there) for year in (2015, 2016)),
        ],
        shape="parquet",
    )
    house.deliver("beleidsregelwaarden", TARIFFS, shape="parquet")
    house.deliver("na_ijl", [(2016, "Menzis", 0.1)], shape="parquet")
    stand = date(2018, 5, 15)
    budgets = [
        (stand, GRONINGEN, 2018, D("540000.00"), D("2500.00")),
        (stand, FRIESLAND, 2018, D("29000.00"), D("2500.00")),
    ]
    house.deliver("kader", budgets, shape="parquet")
    house.deliver("pgb_verleningen", grants(), shape="parquet")
    transfer = (date(2018, 5, 10), 2018, GRONINGEN, "pgb", GRONINGEN, "zin", D("500.00"))
    house.deliver("overhevelingen", [transfer], shape="parquet")
    house.deliver("hulpmiddelen", [(f"2018-0{n}", "mobiliteit", D("10000.00")) for n in range(1, 5)], shape="parquet")
    return house.publish()


PRICES = {
    # a: claims of 2018, 3 × 1,100.00 ÷ 300 = 11.00
    "Z025": ("a", 11.00, None),
    # a: 600.00 ÷ 50 = 12.00, but 50 units are less than 10 % of 1,200
    "Z033": ("a", 12.00, "thin_price"),
    # b, excl. NHC and NIC: 99,948.00 ÷ 1,200 = 83.29; ÷ 86.09 × 88.66 = 85.7764; + 26.93 + 1.87 = 114.5764 (table 7)
    "Z053": ("b", 83.29 / 86.09 * 88.66 + 26.93 + 1.87, None),
    # b, incl.: 82,800.00 ÷ 1,200 = 69.00; − 85 % × 20.00 − 2.00 = 50.00; ÷ 62.50 = 0.8; × 65.00 + 24.00 + 3.00 = 79.00
    "Z041": ("b", 79.00, None),
    # c: 69.00 was declared in 2017 and nothing agreed: the same 79.00
    "Z051": ("c", 79.00, None),
    # b and c without a maximum tariff: the price of last year
    "Z031": ("b", 10.00, "no_brw"),
    "Z061": ("c", 10.00, "no_brw"),
    # d: 100 a month for € 0.00
    "Z063": ("d", None, "volume_without_price"),
    # b: 72,000.00 for 1,200 "minutes" is 60.00, the claims say 1.00: hours, so ÷ 60
    "H104": ("b", 1.00, "no_brw"),
    # b: 1,200 hours = 72,000 minutes, so 1.00; tariffs per hour: 75.00 ÷ 60 = 1.25, 78.00 ÷ 60 = 1.30; 0.8 × 1.30
    "H300": ("b", 1.04, None),
}


@pytest.mark.parametrize("prestatie", PRICES)
def test_the_price_comes_from_the_first_source_that_applies(rich: House, prestatie: str) -> None:
    [(source, price, flags)] = rich.query(
        "select price_source, price_eur_per_unit, price_flags from marts.price_derivation "
        f"where wlz_uitvoerder = 'Menzis' and prestatiecode = '{prestatie}'"
    )
    expected_source, expected_price, expected_flags = PRICES[prestatie]
    assert (source, flags) == (expected_source, expected_flags)
    assert price == (None if expected_price is None else pytest.approx(expected_price, rel=1e-12))


def test_table_7_ends_at_114_58(rich: House) -> None:
    [row] = rich.query(
        "select previous_price_eur_per_unit, previous_max_tariff_eur_per_unit, round(100 * discount_ratio, 2), "
        "max_tariff_eur_per_unit, nhc_eur_per_unit, nic_eur_per_unit, round(price_eur_per_unit, 2) "
        "from marts.price_derivation where wlz_uitvoerder = 'Menzis' and prestatiecode = 'Z053'"
    )
    # 83.29 ÷ 86.09 = 96.75 %
    assert row == pytest.approx((83.29, 86.09, 96.75, 88.66, 26.93, 1.87, 114.58), rel=1e-12)


def test_only_the_agreement_in_hours_under_minutes_is_corrected(rich: House) -> None:
    """r = 60.00 ÷ 1.00 = 60 and q = 1,200 ÷ 72,000 = 1/60: r × q = 1, confirmed. Declared hours need no correction."""
    rows = rich.query(
        "select prestatiecode, reported_price_eur_per_unit, unit_factor, unit_status from marts.price_derivation "
        "where prestatiecode in ('H104', 'H300') or unit_factor <> 1 order by 1"
    )
    assert rows == [("H104", 60.0, 60.0, "unit_error_confirmed"), ("H300", 1.0, 1.0, "ok")]


YEARS = {
    "Z025": D("13200.00"),  # 1,200 × 11.00
    "Z033": D("14400.00"),  # 1,200 × 12.00
    "Z053": D("137491.68"),  # 100 × 114.5764 = 11,457.64; × 12
    "Z041": D("94800.00"),  # 1,200 × 79.00
    "Z051": D("94800.00"),
    "Z031": D("12000.00"),
    "Z061": D("12000.00"),
    "Z063": None,  # no price
    "H104": D("72000.00"),  # 72,000 minutes × 1.00
    "H300": D("74880.00"),  # 72,000 × 1.04
    "Z110": D("13200.00"),  # 120 × 110.00: crisis beds stay in the base
    "ZMZTL": D("6000.00"),  # 120 × 50.00: meerzorg is valued, but not in the base
}


def test_the_year_of_every_series(rich: House) -> None:
    found = {prestatie: euro for (prestatie, name), euro in year_per_series(rich).items() if name == "Menzis"}
    assert found == YEARS


def test_crisis_beds_are_what_is_settled_beyond_the_claims(rich: House) -> None:
    """Menzis: 100, 110, 121 grow by 1.1; 133.1 × 110.00 = 14,641.00; − 13,200.00 of the claims = 1,441.00.

    De Friesland: 120, 120 settled, 132 agreed: mean of 1 and 1.1 is 1.05; 138.6 × 100.00 = 13,860.00; − 12,000.00
    = 1,860.00, at the agreed price 13,200.00 ÷ 132 for want of claims of 2018.
    """
    found = amounts(rich, "select wlz_uitvoerder, crisisbedden_eur from marts.extra_items_uitvoerder")
    assert found == {"Menzis": D("1441.00"), "De Friesland": D("1860.00"), "Landelijk": D("3301.00")}


def test_meerzorg_is_the_whole_amount_beside_its_claims(rich: House) -> None:
    """Menzis: 1,000, 1,500, 1,800 grow by the mean of 1.5 and 1.2, 1,800 × 1.35 = 2,430.00; claims say 6,000.00.

    De Friesland: 2,000, 2,000 settled, 2,400 agreed: 2,400 × 1.1 = 2,640.00.
    """
    rows = rich.query(
        "select wlz_uitvoerder, meerzorg_eur, meerzorg_claims_eur from marts.extra_items_uitvoerder order by 1"
    )
    assert rows == [
        ("De Friesland", D("2640.00"), D("0.00")),
        ("Landelijk", D("5070.00"), D("6000.00")),
        ("Menzis", D("2430.00"), D("6000.00")),
    ]


def test_na_ijl_is_a_share_of_the_base(rich: House) -> None:
    """Menzis: 0.10 % of 538,771.68 (the sum of its years without meerzorg) = 538.77. De Friesland: not known."""
    base = sum((euro for code, euro in YEARS.items() if euro is not None and code != "ZMZTL"), D(0))
    assert base == D("538771.68")
    found = amounts(rich, "select wlz_uitvoerder, na_ijl_eur from marts.extra_items_uitvoerder")
    assert found == {"Menzis": D("538.77"), "De Friesland": None, "Landelijk": D("538.77")}


def test_expectation_against_the_kader_per_uitvoerder(rich: House) -> None:
    """Menzis: 538,771.68 + 1,441.00 + 2,430.00 + 538.77 = 543,181.45 of 540,000.00.

    De Friesland: 12,000.00 (Z025) + 12,000.00 (Z110) = 24,000.00; + 1,860.00 + 2,640.00 = 28,500.00 of 29,000.00.
    Declared of 2018: Menzis 3 × 1,100.00 + 600.00 + 3 × 1,100.00 = 7,200.00. The transfer of 10 May is in the kader
    of 15 May already.
    """
    rows = rich.query(
        "select wlz_uitvoerder, declared_to_date_eur, expected_excl_extra_eur, expected_eur, budget_eur, available_eur "
        "from marts.zin_uitvoerder order by 1"
    )
    friesland = [D("0.00"), D("24000.00"), D("28500.00"), D("29000.00"), D("500.00")]
    menzis = [D("7200.00"), D("538771.68"), D("543181.45"), D("540000.00"), D("-3181.45")]
    both = [a + b for a, b in zip(friesland, menzis, strict=True)]
    assert rows == [("De Friesland", *friesland), ("Landelijk", *both), ("Menzis", *menzis)]
    regions = rich.query(
        "select zorgkantoorregio, declared_to_date_eur, expected_excl_extra_eur, expected_eur, budget_eur, "
        "available_eur from marts.zin_region order by 1"
    )
    assert regions == [("Friesland", *friesland), ("Groningen", *menzis), ("Landelijk", *both)]


def test_what_pgb_leaves_is_worth_86_percent_in_zin(rich: House) -> None:
    """Zin is 569,000.00 − 571,681.45 = −2,681.45 short, pgb leaves 2 × 2,500.00 − 2 × 1,000.00 = 3,000.00.

    3,000.00 × 0.86 = 2,580.00 can move, −101.45 stays; of the reserve 260,000,000.00 − 101.45 is left. Pgb gives all.
    """
    rows = rich.query(
        "select part, available_eur, transfer_possible_eur, available_after_transfer_eur, reserve_left_eur "
        "from marts.utilisation_national order by 1"
    )
    assert rows == [
        ("pgb", D("3000.00"), D("0.00"), D("0.00"), D("260000000.00")),
        ("zin", D("-2681.45"), D("2580.00"), D("-101.45"), D("259999898.55")),
    ]
    [(ratio, needed)] = rich.query(
        "select available_after_transfer_ratio, reserve_needed_ratio from marts.utilisation_national where part = 'zin'"
    )
    assert ratio == pytest.approx(-101.45 / 569_000, rel=1e-12)
    assert needed == pytest.approx(101.45 / 260_000_000, rel=1e-12)


def test_the_path_through_the_year_ends_at_the_year(rich: House) -> None:
    """(538,771.68 + 24,000.00) ÷ 12 = 46,897.64 a month; December with extra items: 571,681.45."""
    rows = rich.query(
        "select month_eur, expected_cumulative_eur, expected_cumulative_incl_extra_eur from marts.utilisation_monthly "
        "where part = 'zin' order by month"
    )
    assert {row[0] for row in rows} == {D("46897.64")}
    assert rows[-1][1:] == (D("562771.68"), D("571681.45"))


def test_aids_are_extrapolated_to_twelve_months(rich: House) -> None:
    """Four months of 10,000.00, so 120,000.00 in the year."""
    rows = rich.query("select max(cumulative_eur), count(declared_eur), count(forecast_eur) from marts.aids_monthly")
    assert rows == [(D("120000.00"), 4, 8)]


def test_the_advice_says_what_it_rests_on(rich: House) -> None:
    """Every kind is listed, also those that were never delivered."""
    rows = rich.query("select input_name, input_version, rows_count from marts.advice_provenance")
    missing = {name for name, version, _ in rows if version == "not delivered"}
    assert missing == {"afspraken", "indicaties", "jaarrekeningen", "nacalculatie_totaal", "prognose_uitvraag"}
    counted = {name: count for name, _, count in rows if count is not None}
    assert counted["herschikking"] == 7
    assert counted["nacalculatie"] == 10
    assert counted["pgb_verleningen"] == 2 * 27
