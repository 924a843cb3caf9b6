"""Extra items whose sources stopped or did not come yet: what is carried forward, how sure, and what is left out.

One uitvoerder, CZ, unless said; amounts are made up, the arithmetic is shown.
"""

from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from tests.spec.test_extra_items import (
    NO_DELIVERED,
    NO_DERIVED,
    PRESTATIES,
    claims,
    delivered,
    derived,
    one,
    prices,
    revenue,
    settled,
)
from wlz.extra_items.carried import FACTOR_SCHEMA, carry_forward, measure_scatter, value_units
from wlz.extra_items.items import crisis_beds, meerzorg
from wlz.extra_items.stage import Sources, build_extra_items
from wlz.prices.uncertainty import draw_carried_items

NOTHING = settled()


def of_years(*years: int, factor: float = 1.0) -> pl.DataFrame:
    """Z110 settled at 130 units and ZMZTL at € 1,250,000 in each year; the claims are 100 units, a million."""
    rows = [(year, "CZ", "Z110", 130.0 * factor, "1.00") for year in years]
    return settled(*rows, *((year, "CZ", "ZMZTL", 1.0, f"{1_250_000 * factor:.2f}") for year in years))


def claimed(*years: int) -> pl.DataFrame:
    """100 units of Z110 at € 200 and a million of meerzorg in each year."""
    rows = [("Z110", "CZ", year, 100.0, "20000.00") for year in years]
    return claims(*rows, *(("ZMZTL", "CZ", year, 10.0, "1000000.00") for year in years))


def expected(year: int) -> pl.DataFrame:
    return revenue(("Z110", "CZ", "25000.00"), ("ZMZTL", "CZ", "1200000.00"), ("Z025", "CZ", "1000000.00"), year=year)


def both_items(
    year: int, settlements: pl.DataFrame, agreements: pl.DataFrame, known: pl.DataFrame
) -> tuple[dict[str, object], dict[str, object]]:
    """Crisis beds and meerzorg of CZ in a budget year."""
    return (
        one(crisis_beds(settlements, agreements, prices(), known, expected(year), PRESTATIES, year)),
        one(meerzorg(settlements, agreements, known, expected(year), PRESTATIES, year)),
    )


# --- the ratio ------------------------------------------------------------------------------------------------------


def test_spring_of_2019_carries_settled_to_claimed_of_2016_and_2017() -> None:
    """Beds: (130 + 130) × 200 ÷ (20,000 + 20,000) = 1.3; × 25,000.00 − 25,000.00 = 7,500.00, not 0.
    Meerzorg: 2,500,000 ÷ 2,000,000 = 1.25; × 1,200,000.00 = 1,500,000.00, not its claims."""
    beds, more = both_items(2019, of_years(2015, 2016, 2017), NOTHING, claimed(2015, 2016, 2017, 2018))
    assert (beds["item_eur"], beds["item_method"], beds["ratio_year"]) == (Decimal("7500.00"), "carried_forward", 2017)
    assert (more["item_eur"], more["item_method"], more["ratio_year"]) == (
        Decimal("1500000.00"),
        "carried_forward",
        2017,
    )
    assert (beds["settled_factor"], more["settled_factor"]) == (pytest.approx(1.3), pytest.approx(1.25))
    assert beds["flag"] == more["flag"] == "carried_forward"


def test_only_the_last_two_known_years_count() -> None:
    """2014 settled at twice as much does not count."""
    settlements = pl.concat([of_years(2014, factor=2.0), of_years(2015, 2016)])
    beds, _ = both_items(2019, settlements, NOTHING, claimed(2014, 2015, 2016))
    assert (beds["settled_factor"], beds["ratio_year"]) == (pytest.approx(1.3), 2016)


def test_year_not_settled_is_taken_from_its_agreements() -> None:
    """2017 was agreed only, 156 × 200 ÷ 20,000 = 1.56; with 2016, which was settled, (1.30 + 1.56) ÷ 2 = 1.43."""
    beds, _ = both_items(2019, of_years(2016), of_years(2016, 2017, factor=1.2), claimed(2016, 2017))
    assert (beds["settled_factor"], beds["ratio_year"]) == (pytest.approx(1.43), 2017)
    assert beds["item_eur"] == Decimal("10750.00")


def test_negative_ratio_is_kept_and_flagged() -> None:
    """Settled 0.65 of what was claimed: 25,000.00 × −0.35 = −8,750.00."""
    beds, _ = both_items(2019, of_years(2017, factor=0.5), NOTHING, claimed(2017))
    assert (beds["item_eur"], beds["flag"]) == (Decimal("-8750.00"), "carried_forward,negative")


def test_settled_units_are_valued_at_the_claims_price_of_their_own_year() -> None:
    """CZ at its own 200; DSW did not claim Z110, so at the national mean 200; Z490 nobody claimed: nothing."""
    units = settled(
        (2017, "CZ", "Z110", 130.0, "9.00"), (2017, "DSW", "Z110", 10.0, "9.00"), (2017, "CZ", "Z490", 5.0, "9")
    )
    rows = value_units(units, claimed(2017)).sort("wlz_uitvoerder").rows()
    assert rows == [("CZ", 2017, 26000.0), ("DSW", 2017, 2000.0)]


def test_uitvoerder_without_a_year_takes_the_nation() -> None:
    """DSW delivered nothing ever and claims 10,000.00 of crisis beds: × 0.3 of CZ = 3,000.00, said to be national."""
    with_dsw = pl.concat([expected(2019), revenue(("Z110", "DSW", "10000.00"), year=2019)])
    rows = crisis_beds(of_years(2017), NOTHING, prices(), claimed(2017), with_dsw, PRESTATIES, 2019)
    row = one(rows.filter(wlz_uitvoerder="DSW"))
    assert (row["item_eur"], row["flag"]) == (Decimal("3000.00"), "carried_forward,national_ratio")


def test_uitvoerder_that_settled_none_of_the_codes_has_no_empty_beds() -> None:
    """DSW delivered 2017, without crisis beds: what CZ settled says nothing of it. 0 is known here."""
    with_dsw = pl.concat([expected(2019), revenue(("Z110", "DSW", "10000.00"), year=2019)])
    settlements = pl.concat([of_years(2017), settled((2017, "DSW", "Z025", 1.0, "5.00"))])
    rows = crisis_beds(settlements, NOTHING, prices(), claimed(2017), with_dsw, PRESTATIES, 2019)
    row = one(rows.filter(wlz_uitvoerder="DSW"))
    assert (row["item_eur"], row["item_method"]) == (Decimal("0.00"), "none_settled")


def test_a_settlement_without_the_codes_that_were_agreed_is_carried_from_the_agreement() -> None:
    """DSW settled 2017 without crisis beds, of which 130 were agreed: × 1.3 as CZ, not none."""
    with_dsw = pl.concat([expected(2019), revenue(("Z110", "DSW", "10000.00"), year=2019)])
    settlements = pl.concat([of_years(2017), settled((2017, "DSW", "Z025", 1.0, "5.00"))])
    agreed = settled((2017, "DSW", "Z110", 130.0, "9.00"))
    rows = crisis_beds(settlements, agreed, prices(), claimed(2017), with_dsw, PRESTATIES, 2019)
    row = one(rows.filter(wlz_uitvoerder="DSW"))
    assert (row["item_eur"], row["item_method"]) == (Decimal("3000.00"), "carried_forward")


def test_settled_beds_without_any_claim_of_this_year_are_left_out_not_0() -> None:
    """130 units settled in 2017 and no claim expected now: a ratio has nothing to stand on."""
    rows = crisis_beds(
        of_years(2017), NOTHING, prices(), claimed(2017), revenue(("Z025", "CZ", "1.00"), year=2019), PRESTATIES, 2019
    )
    assert (one(rows)["item_eur"], one(rows)["item_method"]) == (None, "left_out")


# --- a forecast that is silent because every code of the item ended -------------------------------------------------

SILENT = revenue(("Z110", "CZ", "0.00"), ("ZMZTL", "CZ", "0.00"), ("Z025", "CZ", "1000000.00"), year=2019)


def test_item_whose_codes_all_ended_stands_on_the_claims_of_last_year() -> None:
    """Scenario letter in 2019: ZMZTL ended in December 2018, its successor has no history yet, so nothing is expected.
    Meerzorg: 1,000,000.00 claimed in 2018 × 1.25. Beds: 20,000.00 × 1.3 − 0.00, the forecast has nothing of them."""
    known = claimed(2015, 2016, 2017, 2018)
    settlements = of_years(2015, 2016, 2017)
    more = one(meerzorg(settlements, NOTHING, known, SILENT, PRESTATIES, 2019))
    assert (more["item_eur"], more["item_method"]) == (Decimal("1250000.00"), "carried_forward")
    assert (more["claims_forecast_eur"], more["flag"]) == (Decimal("0.00"), "carried_forward,claims_of_last_year")
    beds = one(crisis_beds(settlements, NOTHING, prices(), known, SILENT, PRESTATIES, 2019))
    assert (beds["item_eur"], beds["item_method"]) == (Decimal("26000.00"), "carried_forward")


def test_without_a_factor_the_claims_of_last_year_are_the_item() -> None:
    """Nothing was ever settled: a million of meerzorg, too low; not 0."""
    more = one(meerzorg(NOTHING, NOTHING, claimed(2018), SILENT, PRESTATIES, 2019))
    assert (more["item_eur"], more["item_method"]) == (Decimal("1000000.00"), "from_claims")
    assert "claims_of_last_year" in more["flag"]


def test_item_that_was_not_claimed_last_year_either_stays_silent() -> None:
    """The claims of 2017 say nothing of 2019."""
    assert one(meerzorg(NOTHING, NOTHING, claimed(2017), SILENT, PRESTATIES, 2019))["item_method"] == "no_data"
    assert one(meerzorg(of_years(2017), NOTHING, claimed(2017), SILENT, PRESTATIES, 2019))["item_method"] == "left_out"


def test_scatter_goes_with_the_claims_that_the_item_stands_on() -> None:
    """The deviation of a silent forecast is that of the amount carried, not 0."""
    known = claimed(2015, 2016, 2017, 2018)
    settlements = pl.concat([of_years(2015), of_years(2016, factor=1.1), of_years(2017)])
    more = one(meerzorg(settlements, NOTHING, known, SILENT, PRESTATIES, 2019))
    assert more["item_own_deviation_eur"] + more["item_common_deviation_eur"] > 0


# --- each source taken away, 2018, 2019 and 2026 --------------------------------------------------------------------

HISTORY = claimed(*range(2015, 2026))


@pytest.mark.parametrize("year", [2018, 2019, 2026])
@pytest.mark.parametrize(
    ("settled_back", "agreed_back", "method", "ratio_back"),
    [
        ((4, 3, 2), (1,), "grown", None),  # all there
        ((), (4, 3, 2, 1), "grown", None),  # no nacalculatie at all: last year's agreements stand, without growth
        ((3, 2, 1), (), "grown", None),  # agreements stopped, last year settled
        ((3, 2), (), "carried_forward", 2),  # agreements stopped, last year not settled yet
        ((), (3, 2), "carried_forward", 2),  # nacalculatie stopped, then the agreements
        ((3,), (), "carried_forward", 3),
    ],
)
def test_each_source_taken_away(
    year: int, settled_back: tuple[int, ...], agreed_back: tuple[int, ...], method: str, ratio_back: int | None
) -> None:
    """130 units and € 1,250,000 a year, against 100 units at 200 and a million claimed: beds are 30 % of what is
    claimed when carried, 130 × 200 − 25,000 = 1,000.00 when grown; meerzorg 1.25 × 1,200,000 or 1,250,000."""
    settlements, agreements = (of_years(*(year - back for back in years)) for years in (settled_back, agreed_back))
    history = pl.concat([HISTORY, claimed(*range(year - 4, 2015)), claims(("Z110", "CZ", year, 10.0, "2000.00"))])
    history = history.unique(["prestatiecode", "wlz_uitvoerder", "year"], keep="last", maintain_order=True)
    beds, more = both_items(year, settlements, agreements, history)
    assert (beds["item_method"], more["item_method"]) == (method, method)
    assert beds["ratio_year"] == more["ratio_year"] == (None if ratio_back is None else year - ratio_back)
    right = {"grown": ("1000.00", "1250000.00"), "carried_forward": ("7500.00", "1500000.00")}[method]
    assert (beds["item_eur"], more["item_eur"]) == tuple(map(Decimal, right))


@pytest.mark.parametrize("year", [2018, 2019, 2026])
def test_nothing_known_at_all(year: int) -> None:
    """Crisis beds are empty; meerzorg, which is in no forecast, is at least what is claimed; both are named."""
    beds, more = both_items(year, NOTHING, NOTHING, HISTORY)
    assert (beds["item_eur"], beds["item_method"]) == (None, "left_out")
    assert beds["claims_forecast_eur"] == Decimal("25000.00")
    assert (more["item_eur"], more["item_method"]) == (Decimal("1200000.00"), "from_claims")


@pytest.mark.parametrize(("year", "known_back"), [(2018, 2), (2019, 2), (2026, 2), (2026, 9)])
def test_na_ijl_of_each_year(year: int, known_back: int) -> None:
    """0.10 % of 1,025,000.00 (what is in the base: no meerzorg) = 1,025.00, of an older year too."""
    sources = Sources(
        NOTHING, NOTHING, HISTORY, PRESTATIES, delivered((year - known_back, "CZ", 0.10)), derived(("CZ", None))
    )
    rows = build_extra_items(
        sources, prices=prices(), revenue=expected(year), budget_year=year, lag_in_months=False
    ).filter(item="na_ijl")
    assert (one(rows)["item_eur"], one(rows)["ratio_year"]) == (Decimal("1025.00"), year - known_back)
    assert one(rows)["item_method"] == ("delivered" if known_back == 2 else "older_delivered")


def test_sources_without_a_row_leave_every_item_named() -> None:
    rows = build_extra_items(
        Sources(NOTHING, NOTHING, claims(), PRESTATIES, NO_DELIVERED, NO_DERIVED),
        prices=prices(),
        revenue=expected(2019),
        budget_year=2019,
        lag_in_months=False,
    )
    assert dict(rows.select("item", "item_method").iter_rows()) == {
        "crisisbedden": "left_out",
        "meerzorg": "from_claims",
        "na_ijl": "left_out",
    }


# --- how sure -------------------------------------------------------------------------------------------------------


def factors(*rows: tuple[str, int, float, float]) -> pl.DataFrame:
    """wlz_uitvoerder, year, settled, claimed"""
    return pl.DataFrame(rows, schema=FACTOR_SCHEMA, orient="row")


def who(*names: str) -> pl.DataFrame:
    return pl.DataFrame({"wlz_uitvoerder": names}, schema={"wlz_uitvoerder": pl.String})


E1, E3 = np.exp(0.1), np.exp(0.3)


def test_scatter_is_what_all_share_and_what_is_ones_own() -> None:
    """A changes by ln 0.3, B by 0.1, equal weight: mean 0.2, so common 2 × 0.2² (one year) = 0.08; own variance
    (0.1² + 0.1²) ÷ 2 ÷ (1 − ½) = 0.02. Between in the last year: ln 0.3 and 0.1 again, 0.02."""
    known = factors(
        ("A", 2016, 100.0, 100.0), ("A", 2017, 100 * E3, 100.0), ("B", 2016, 100.0, 100.0), ("B", 2017, 100 * E1, 100.0)
    )
    found = measure_scatter(known)
    assert found == (pytest.approx(0.08), pytest.approx(0.02), pytest.approx(0.02))


def test_scatter_over_a_gap_counts_as_so_many_steps() -> None:
    """2014 → 2018 is four steps: a change of 0.4 is 0.2 a step; one uitvoerder, so all of it is shared: 2 × 0.04."""
    found = measure_scatter(factors(("A", 2014, 100.0, 100.0), ("A", 2018, 100 * np.exp(0.4), 100.0)))
    assert found == (pytest.approx(0.08), 0.0, None)


def test_scatter_of_a_single_year_is_the_difference_between_uitvoerders() -> None:
    found = measure_scatter(factors(("A", 2017, 100 * E3, 100.0), ("B", 2017, 100 * E1, 100.0)))
    assert found == (0.0, pytest.approx(0.02), pytest.approx(0.02))
    assert measure_scatter(factors(("A", 2017, 130.0, 100.0))) == (None, None, None)


def test_bounds_are_wider_with_each_year_of_age() -> None:
    """Middle of 2016 and 2017 is 2016.5: for 2019 2½ years, for 2026 9½. Common √0.08 × age, own √(0.02 × age);
    of an uitvoerder without a year √(0.02 × age + 0.02)."""
    known = factors(
        ("A", 2016, 100.0, 100.0), ("A", 2017, 100 * E3, 100.0), ("B", 2016, 100.0, 100.0), ("B", 2017, 100 * E1, 100.0)
    )
    for year, age in ((2019, 2.5), (2026, 9.5)):
        rows = carry_forward(known, who("A", "C"), year).rows_by_key("wlz_uitvoerder", named=True, unique=True)
        assert rows["A"]["common_deviation_ratio"] == pytest.approx(np.sqrt(0.08) * age)
        assert rows["A"]["own_deviation_ratio"] == pytest.approx(np.sqrt(0.02 * age))
        assert rows["C"]["own_deviation_ratio"] == pytest.approx(np.sqrt(0.02 * age + 0.02))
        assert (rows["A"]["is_national"], rows["C"]["is_national"]) == (False, True)


def test_nothing_known_of_anybody_is_null() -> None:
    row = one(carry_forward(factors(), who("A"), 2019))
    assert (row["settled_factor"], row["ratio_year"], row["own_deviation_ratio"]) == (None, None, None)


def test_deviation_is_of_the_settled_amount() -> None:
    """Beds 7,500 follow from 32,500 settled: an error of the ratio is an error of these, not of the difference."""
    settlements = pl.concat([of_years(2016), of_years(2017, factor=E1)])
    beds, _ = both_items(2019, settlements, NOTHING, claimed(2016, 2017))
    settled_eur = 1.3 * (1 + E1) / 2 * 25000
    assert beds["item_common_deviation_eur"] == pytest.approx(np.sqrt(2 * 0.01) * 2.5 * settled_eur)
    assert beds["item_own_deviation_eur"] == pytest.approx(0.0)


def test_draws_share_what_is_common() -> None:
    """Two uitvoerders, common 3 and own 4: standard deviation 5 each, correlation 9 ÷ 25."""
    rows = pl.DataFrame(
        {
            "wlz_uitvoerder": ["A", "A", "B", "C"],
            "item": ["crisisbedden"] * 4,
            "item_common_deviation_eur": [1.0, 2.0, 3.0, None],
            "item_own_deviation_eur": [1.5, 2.5, 4.0, None],
        }
    )
    drawn = draw_carried_items(rows, 20000, 0)
    assert set(drawn) == {"A", "B"}
    assert [np.std(drawn[name]) for name in "AB"] == pytest.approx([5.0, 5.0], rel=0.03)
    assert np.corrcoef(drawn["A"], drawn["B"])[0, 1] == pytest.approx(0.36, abs=0.03)
