"""The line on a round whose every amount can be added up by hand, from claims to the chance of a shortage.

Menzis (Groningen, 5501) declares 1,000 days of Z025 at € 2 and 500 of Z041 at € 4 every month, De Friesland (5502) 100
days of Z025 at € 3. Nothing moves, so every forecast is what was declared and every bound is the forecast itself:

    Menzis       12 × (1,000 × 2 + 500 × 4) = 12 × 4,000 = 48,000
    De Friesland 12 × 100 × 3               = 12 ×   300 =  3,600
    nation                                               = 51,600

Scenario high has 2 % more of it: 48,960, 3,672 and 52,632.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from tests.spec.small_round import CARE_MONTHS, claims, kader, known_of
from warehouse.contract import Table
from warehouse.lake import settle_tables
from warehouse.tables.deliveries import HULPMIDDELEN, NA_IJL, NACALCULATIE, PGB_VERLENINGEN
from wlz.advice import Advice, compute_advice
from wlz.known.scenarios import Scenario
from wlz.monitor import WRONG_SCHEMA

LETTER = Scenario("letter", "the method of the letter", "ets_select", None, 0.0, False)
HIGH = Scenario("high", "two per cent more", "", "letter", 0.02, False)
MENZIS, FRIESLAND, NATION = "Menzis", "De Friesland", "Landelijk"
DAY = date(2018, 5, 2)
STANDS = pl.date_range(date(2016, 1, 1), date(2018, 3, 1), "1mo", eager=True).to_list()


def rows_of(table: Table, rows: Sequence[tuple[Any, ...]]) -> pl.DataFrame:
    """Delivered rows in contract columns, all of one delivery date."""
    return pl.DataFrame([(DAY, *row) for row in rows], schema=table.schema, orient="row", strict=False)


def deliver() -> dict[str, pl.DataFrame]:
    """Claims, kader, stands of pgb that do not move, late claims, aids and meerzorg of three settled years."""
    menzis = claims({"Z025": (1000.0, 2.0), "Z041": (500.0, 4.0)}, "5501")
    friesland = claims({"Z025": (100.0, 3.0)}, "5502")
    stands = [
        (month, code, month.year, Decimal(euro), Decimal(0), Decimal(0), holders, 0)
        for month in STANDS
        for code, euro, holders in (("5501", 1200, 10), ("5502", 600, 5))
    ]
    aids = [
        (month, kind, Decimal(euro))
        for month in CARE_MONTHS
        for kind, euro in (("mobiliteit", 10), ("persoonsgebonden", 5))
    ]
    settled = [
        (year, "5501", None, "ZMZTL", "14", 1.0, Decimal(euro), "ja")
        for year, euro in ((2015, 100), (2016, 110), (2017, 121))
    ]
    return {
        "declaraties": pl.concat([menzis, friesland]),
        "kader": kader({"5501": 48_000, "5502": 4_000}),
        "pgb_verleningen": rows_of(PGB_VERLENINGEN, stands),
        "na_ijl": rows_of(NA_IJL, [(2016, MENZIS, 0.5)]),
        "hulpmiddelen": rows_of(HULPMIDDELEN, aids),
        "nacalculatie": rows_of(NACALCULATIE, settled),
    }


def know_a_year_ago() -> pl.DataFrame:
    """Snapshot of a year ago: of 2016 it had € 3,000 of De Friesland, in one month."""
    row = {"wlz_uitvoerder": FRIESLAND, "care_month": date(2016, 6, 1), "declared_amount_eur": Decimal(3000)}
    return pl.DataFrame([row], schema_overrides={"declared_amount_eur": pl.Decimal(18, 2)})


@pytest.fixture(scope="module")
def advice() -> Advice:
    """The whole line on these deliveries, in scenarios letter and high."""
    known = known_of(
        deliver(), [LETTER, HIGH], year_ago=know_a_year_ago, wrong_providers=lambda: pl.DataFrame(schema=WRONG_SCHEMA)
    )
    return compute_advice(known, settle_tables(known))


def amounts(
    frame: pl.DataFrame, column: str, key: Sequence[str] = ("wlz_uitvoerder",), **only: Any
) -> dict[Any, float]:
    """An amount by its key, of the rows with these values."""
    found = frame.filter(**only).group_by(*key).agg(pl.col(column).sum().cast(pl.Float64))
    return {row[0] if len(key) == 1 else row[:-1]: row[-1] for row in found.iter_rows()}


def test_a_price_is_what_was_paid_per_day(advice):
    """€ 2,000 over 1,000 days, 2,000 over 500, 300 over 100: claims of the budget year, source a, 4 months of them."""
    prices = advice["prices"].filter(scenario="letter")
    assert amounts(prices, "price_eur_per_unit", ("wlz_uitvoerder", "prestatiecode")) == {
        (MENZIS, "Z025"): 2.0,
        (MENZIS, "Z041"): 4.0,
        (FRIESLAND, "Z025"): 3.0,
    }
    assert amounts(prices, "claims_volume") == {MENZIS: 4 * (1000 + 500), FRIESLAND: 4 * 100}
    assert set(prices["price_source"]) == {"a"}
    assert advice["prices"].filter(scenario="high").drop("scenario").equals(prices.drop("scenario"))


@pytest.mark.parametrize(("scenario", "more"), [("letter", 1.0), ("high", 1.02)])
def test_revenue_is_volume_times_price(advice, scenario, more):
    """A month is 1,000 × 2 + 500 × 4 = 4,000 and 100 × 3 = 300; high has 1.02 of it. Twelve months, no other year."""
    revenue = advice["revenue"].filter(scenario=scenario)
    assert amounts(revenue, "forecast_amount_eur") == {MENZIS: 48_000 * more, FRIESLAND: 3_600 * more}
    of_month = amounts(revenue, "forecast_amount_eur", ("care_month",))
    assert of_month == {date(2018, month, 1): 4_300 * more for month in range(1, 13)}
    assert revenue["in_base"].all()


def test_high_has_two_per_cent_more_volume(advice):
    """From January of the budget year; two per cent more once again in the year after (1.02² = 1.0404)."""
    forecast = advice["volumes"].filter(prestatiecode="Z025", wlz_uitvoerder=MENZIS)
    of_2018 = forecast.filter(pl.col("care_month").dt.year() == 2018)
    of_2019 = forecast.filter(pl.col("care_month").dt.year() == 2019)
    assert amounts(of_2018, "forecast_volume", ("scenario",)) == pytest.approx({"letter": 12_000, "high": 12_240})
    assert amounts(of_2019, "forecast_volume", ("scenario",)) == pytest.approx({"letter": 12_000, "high": 12_484.8})
    assert forecast["care_month"].max() == date(2019, 12, 1)


@pytest.mark.parametrize(("scenario", "more"), [("letter", 1.0), ("high", 1.02)])
def test_extra_items_are_meerzorg_and_late_claims(advice, scenario, more):
    """Meerzorg of Menzis: 121 × the mean of 110/100 and 121/110 = 121 × 1.1 = 133.10, whatever the volumes.

    Late claims: Menzis delivered 0.5 % (of 48,000: 240.00); De Friesland delivered nothing, but its 2016 stood at
    3,000 a year ago and is 12 × 300 = 3,600 now: 20 % (of 3,600: 720.00).
    """
    of_scenario = advice["extra_items"].filter(scenario=scenario)
    found = amounts(of_scenario, "item_eur", ("wlz_uitvoerder", "item"))
    assert found[MENZIS, "meerzorg"] == 133.10
    assert found[FRIESLAND, "meerzorg"] == 0
    assert found[MENZIS, "na_ijl"] == pytest.approx(240 * more, abs=0.005)
    assert found[FRIESLAND, "na_ijl"] == pytest.approx(720 * more, abs=0.005)
    assert found[MENZIS, "crisisbedden"] == found[FRIESLAND, "crisisbedden"] == 0
    flags = {(row["wlz_uitvoerder"], row["item"]): row["flag"] for row in of_scenario.iter_rows(named=True)}
    assert flags[MENZIS, "na_ijl"] is None
    assert flags[FRIESLAND, "na_ijl"] == "derived"


def test_the_kader_less_the_expectation_is_the_room(advice):
    """Kader 48,000 and 4,000; expected 48,000 + 133.10 + 240 = 48,373.10 and 3,600 + 720 = 4,320.

    Room: −373.10, −320.00 and −693.10 of 52,000. Declared are the four months of the year: 16,000 and 1,200.
    """
    zin = advice["utilisation"].filter(scenario="letter", part="zin")
    of_uitvoerder, of_nation = zin.filter(level="uitvoerder"), zin.filter(level="national")
    assert amounts(of_uitvoerder, "expected_eur") == {MENZIS: 48_373.10, FRIESLAND: 4_320.00}
    assert amounts(of_uitvoerder, "available_eur") == {MENZIS: -373.10, FRIESLAND: -320.00}
    assert amounts(of_uitvoerder, "declared_to_date_eur") == {MENZIS: 16_000, FRIESLAND: 1_200}
    assert amounts(of_nation, "expected_excl_extra_eur") == {NATION: 51_600}
    assert amounts(of_nation, "extra_items_eur") == {NATION: 133.10 + 240 + 720}
    assert amounts(of_nation, "available_eur") == {NATION: -693.10}
    assert of_nation["available_ratio"].item() == pytest.approx(-693.10 / 52_000)
    assert amounts(zin.filter(level="region"), "expected_eur", ("zorgkantoorregio",)) == {
        "Groningen": 48_373.10,
        "Friesland": 4_320.00,
    }


def test_the_euro_of_every_trust_of_the_list_add_up_to_the_expectation(advice):
    """All of it under codes that a public conversion holds: 51,600, nothing under the invented ones."""
    trusts = advice["code_trust"].filter(scenario="letter")
    assert amounts(trusts, "expected_excl_extra_eur", ("trust",)) == {"converted": 51_600, "simulated": 0}
    assert dict(trusts.select("trust", "expected_ratio").iter_rows()) == {"converted": 1.0, "simulated": 0.0}
    nation = advice["utilisation"].filter(scenario="letter", part="zin", level="national")
    assert nation["expected_excl_extra_eur"].sum() == trusts["expected_excl_extra_eur"].sum()


def test_stands_of_pgb_that_do_not_move_are_the_december_stand(advice):
    """1,200 and 600 against 480 and 40: short by 720, 560 and together 1,280; in high the same."""
    for scenario in ("letter", "high"):
        pgb = advice["utilisation"].filter(scenario=scenario, part="pgb")
        of_uitvoerder = pgb.filter(level="uitvoerder")
        assert amounts(of_uitvoerder, "expected_eur") == {MENZIS: 1_200, FRIESLAND: 600}
        assert amounts(of_uitvoerder, "granted_to_date_eur") == {MENZIS: 1_200, FRIESLAND: 600}
        assert amounts(pgb.filter(level="national"), "available_eur") == {NATION: 520 - 1_800}


def test_the_path_of_the_year_ends_at_the_expectation(advice):
    """A month of 4,300; the extra items (1,093.10) are spread over the year, so March has 3 × 4,300 + 273.28."""
    months = advice["utilisation_months"].filter(scenario="letter", part="zin").sort("month")
    assert months["month_eur"].cast(pl.Float64).to_list() == [4_300] * 12
    assert months["declared_month_eur"].drop_nulls().cast(pl.Float64).to_list() == [4_300] * 4
    cumulative = months["expected_cumulative_incl_extra_eur"].cast(pl.Float64).to_list()
    assert cumulative[2] == pytest.approx(12_900 + 273.28, abs=0.01)
    assert cumulative[-1] == 52_693.10
    assert set(months["budget_eur"].cast(pl.Float64)) == {52_000}


def test_aids_are_the_same_every_month(advice):
    """€ 10 and € 5 a month: 120 and 60 in the year, of which four months are declared."""
    aids = advice["aids"].filter(scenario="letter")
    december = aids.filter(month=date(2018, 12, 1))
    assert amounts(december, "cumulative_eur", ("aid_kind",)) == {"mobiliteit": 120, "persoonsgebonden": 60}
    assert amounts(aids, "declared_eur", ("aid_kind",)) == {"mobiliteit": 40, "persoonsgebonden": 20}
    assert amounts(aids, "forecast_eur", ("aid_kind",)) == {"mobiliteit": 80, "persoonsgebonden": 40}


def test_what_never_moved_has_no_width(advice):
    """Every bound is the expectation, at every level, and its room is that of the table."""
    year = advice["forecast_bounds"].filter(scenario="letter", period="year")
    for bound in ("lower_80", "upper_80", "lower_95", "upper_95"):
        assert year[f"{bound}_eur"].equals(year["expected_eur"].alias(f"{bound}_eur"))
    zin = year.filter(part="zin")
    assert amounts(zin.filter(level="uitvoerder"), "expected_eur") == {MENZIS: 48_373.10, FRIESLAND: 4_320.00}
    assert amounts(zin.filter(level="national"), "available_upper_95_eur") == {NATION: -693.10}
    of_series = amounts(zin.filter(level="series"), "expected_eur", ("wlz_uitvoerder", "prestatiecode"))
    assert of_series == {(MENZIS, "Z025"): 24_000, (MENZIS, "Z041"): 24_000, (FRIESLAND, "Z025"): 3_600}
    of_volume = zin.filter(level="series")
    for name in ("expected_volume", "lower_80_volume", "upper_80_volume", "lower_95_volume", "upper_95_volume"):
        assert amounts(of_volume, name) == pytest.approx({MENZIS: 18_000, FRIESLAND: 1_200})
    assert amounts(year.filter(part="pgb", level="national"), "expected_eur") == {NATION: 1_800}


def test_months_and_what_they_come_to_have_no_width_either(advice):
    """June of the nation: 4,300 and a twelfth of 1,093.10; up to it six times as much. De Friesland 300 and 60.

    A series has no extra items: of Z041 500 days and € 2,000 in June, 3,000 and 12,000 up to it.
    """
    june = advice["forecast_bounds"].filter(scenario="letter", part="zin", month=date(2018, 6, 1))
    expected = {
        ("national", NATION, "month"): 4_300 + 1_093.10 / 12,
        ("national", NATION, "cumulative"): 6 * (4_300 + 1_093.10 / 12),
        ("uitvoerder", FRIESLAND, "month"): 300 + 720 / 12,
        ("region", FRIESLAND, "cumulative"): 6 * (300 + 720 / 12),
        ("uitvoerder", MENZIS, "cumulative"): 6 * (4_000 + 373.10 / 12),
    }
    for (level, name, period), euro in expected.items():
        row = june.filter(level=level, wlz_uitvoerder=name, period=period).row(0, named=True)
        for column in ("expected_eur", "lower_80_eur", "upper_80_eur", "lower_95_eur", "upper_95_eur"):
            assert float(row[column]) == pytest.approx(euro, abs=0.011), (level, name, period, column)
    of_series = june.filter(level="series", prestatiecode="Z041")
    for column in ("expected", "lower_95", "upper_80"):
        assert amounts(of_series, f"{column}_volume", ("period",)) == pytest.approx({"month": 500, "cumulative": 3_000})
        assert amounts(of_series, f"{column}_eur", ("period",)) == pytest.approx({"month": 2_000, "cumulative": 12_000})


def test_a_certain_shortage_is_exceeded_for_sure(advice):
    """Zin: short by 373.10, 320 and 693.10; needed for certainty is the expectation itself. Pgb: 720, 560 and 1,280."""
    found = advice["exceedance"].filter(scenario="letter")
    assert set(found["exceedance_ratio"]) == {1.0}
    zin, pgb = found.filter(part="zin"), found.filter(part="pgb")
    assert amounts(zin, "expected_shortfall_eur") == {MENZIS: 373.10, FRIESLAND: 320, NATION: 693.10}
    assert amounts(zin, "kader_for_80_eur") == {MENZIS: 48_373.10, FRIESLAND: 4_320, NATION: 52_693.10}
    assert amounts(pgb, "needed_for_95_eur") == {MENZIS: 720, FRIESLAND: 560, NATION: 1_280}


def test_the_year_after_has_the_growth_of_the_scenario(advice):
    """2019 at the prices of 2018: 51,600, and in high 51,600 × 1.0404 = 53,684.64, which is 2 % over 52,632."""
    outlook = advice["utilisation_outlook"]
    assert set(outlook["budget_year"]) == {2019}
    nation = outlook.filter(wlz_uitvoerder=NATION)
    assert amounts(nation, "expected_excl_extra_eur", ("scenario",)) == {"letter": 51_600, "high": 53_684.64}
    assert amounts(nation, "this_year_excl_extra_eur", ("scenario",)) == {"letter": 51_600, "high": 52_632}
    assert amounts(nation, "growth_ratio", ("scenario",)) == pytest.approx({"letter": 0.0, "high": 0.02})


def test_years_that_are_settled_are_what_was_declared(advice):
    """2016 and 2017: twelve months of 4,000 and 300; of pgb the December stand, from 2016 on."""
    realised = advice["realisation"]
    zin = realised.filter(pl.col("budget_year").is_in([2016, 2017]), part="zin")
    assert amounts(zin, "realised_eur", ("budget_year", "wlz_uitvoerder")) == {
        (year, name): euro
        for year in (2016, 2017)
        for name, euro in ((MENZIS, 48_000), (FRIESLAND, 3_600), (NATION, 51_600))
    }
    assert amounts(realised.filter(budget_year=2016, part="pgb"), "realised_eur")[NATION] == 1_800
    assert realised["budget_year"].max() == 2017


def test_nothing_is_wrong_in_a_round_that_does_not_move(advice):
    """No volume without a price, no claims without a forecast, no rule of ours at work; all euro rest on a price."""
    judged: Mapping[str, pl.DataFrame] = advice.judged["revenue"]
    assert judged["missing_prices"].is_empty()
    assert judged["claims_without_forecast"].is_empty()
    assert judged["flagged_series"].is_empty()
    assert amounts(judged["prices_with_euro"], "expected_eur") == {MENZIS: 48_000, FRIESLAND: 3_600}
    assert set(advice["volume_check"]["difference_ratio"].fill_null(0.0)) == {0.0}
    assert advice["monitor_provider"].is_empty()


def test_scenarios_are_named_in_every_table(advice):
    for name in (
        "backtest",
        "volumes",
        "prices",
        "revenue",
        "extra_items",
        "pgb",
        "aids",
        "utilisation",
        "cell_support",
    ):
        assert set(advice[name]["scenario"]) == {"letter", "high"}, name
    assert set(advice["volume_check"]["scenario"]) == {"letter"}
