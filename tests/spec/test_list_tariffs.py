"""Maximum tariffs of the list of codes: used where none was delivered of a prestatie and year, and flagged."""

from decimal import Decimal

import polars as pl
import pytest

from tests.spec.price_frames import TARIFFS
from tests.spec.small_round import CARE_MONTHS, claims, known_of
from warehouse.lake import settle_tables
from warehouse.tables.deliveries import BELEIDSREGELWAARDEN
from wlz.advice import Advice, compute_advice
from wlz.known.reference import TARIFF_SCHEMA, undelivered_tariffs
from wlz.known.scenarios import Scenario
from wlz.prices.list_tariffs import flag_list_tariffs

LETTER = Scenario("letter", "the method of the letter", "ets_select", None, 0.0, False)


def tariffs(*rows: tuple[int, str, str, float, float, float]) -> pl.DataFrame:
    """year, prestatie, unit, maximum, NHC, NIC"""
    return pl.DataFrame(rows, schema=TARIFF_SCHEMA, orient="row")


LISTED = tariffs((2017, "Z025", "14", 80.00, 5.0, 1.0), (2018, "Z025", "14", 82.00, 5.5, 1.0))


# ---- Which rows count --------------------------------------------------------------------------------------------


def test_a_delivered_tariff_goes_before_that_of_the_list():
    """Z025 of 2018 was delivered, of 2017 not: only the year nobody delivered is taken from the list."""
    delivered = TARIFFS.filter(pl.col("year") == 2018)
    assert undelivered_tariffs(LISTED, delivered).select("year", "prestatiecode").rows() == [(2017, "Z025")]


def test_a_delivered_row_in_another_unit_goes_before_it_as_well():
    delivered = TARIFFS.with_columns(unit_code=pl.lit("04"))
    assert undelivered_tariffs(LISTED, delivered).is_empty()


@pytest.mark.parametrize("delivered", [TARIFFS.clear(), BELEIDSREGELWAARDEN.empty()])
def test_without_a_delivery_all_of_the_list_counts(delivered):
    assert undelivered_tariffs(LISTED, delivered).equals(LISTED)


def test_a_list_without_tariffs_adds_none():
    assert undelivered_tariffs(None, TARIFFS).is_empty()


# ---- What they do to a price --------------------------------------------------------------------------------------


def advise(listed: pl.DataFrame | None, delivered: pl.DataFrame | None = None) -> Advice:
    """Prices of Z041, claimed in 2018, and of Z025, which was claimed for € 70 a day up to 2017 and has a volume left.

    The claims of 2017 are the only source of a price of Z025 (c).
    """
    before = claims({"Z025": (100.0, 70.0)}).filter(pl.col("care_month") < CARE_MONTHS[36])
    delivered_all = {"declaraties": pl.concat([before, claims({"Z041": (500.0, 4.0)})])}
    if delivered is not None:
        delivered_all["beleidsregelwaarden"] = delivered
    known = known_of(delivered_all, [LETTER])
    known = known_of(delivered_all, [LETTER], reference=known.reference._replace(tariffs=listed))
    return compute_advice(known, settle_tables(known), ["revenue"])


def price_of(advice: Advice, code: str) -> dict[str, object]:
    return advice["prices"].filter(prestatiecode=code).row(0, named=True)


def test_the_price_follows_from_the_tariffs_of_the_list_and_says_so():
    """70 less 85 % of NHC 5 and all of NIC 1 is 64.75; ÷ 80 × 82 = 66.36875; + 5.50 + 1.00 = 72.86875 (branch c)."""
    row = price_of(advise(LISTED), "Z025")
    assert row["price_source"] == "c"
    assert row["discount_ratio"] == pytest.approx(64.75 / 80)
    assert row["price_eur_per_unit"] == pytest.approx(72.86875)
    assert row["price_flags"] == "list_tariff"


def test_without_them_the_price_of_last_year_is_kept():
    row = price_of(advise(None), "Z025")
    assert (row["price_eur_per_unit"], row["price_flags"]) == (pytest.approx(70.0), "no_brw")


def test_a_delivery_of_the_same_years_leaves_the_list_unused():
    dated = TARIFFS.with_columns(delivery_date=pl.lit(CARE_MONTHS[-1])).select(BELEIDSREGELWAARDEN.column_names)
    dated = dated.cast(dict(BELEIDSREGELWAARDEN.schema))
    with_list, without = advise(LISTED, dated), advise(None, dated)
    assert with_list["prices"].equals(without["prices"])
    assert price_of(with_list, "Z025")["price_flags"] is None


def test_a_price_from_claims_of_the_year_rests_on_no_tariff():
    listed = tariffs((2017, "Z041", "14", 80.00, 0.0, 0.0), (2018, "Z041", "14", 82.00, 0.0, 0.0))
    row = price_of(advise(listed), "Z041")
    assert (row["price_source"], row["price_flags"]) == ("a", None)


def test_a_tariff_of_one_of_the_two_years_is_not_enough():
    """No discount ratio without both: the price of last year is kept, and nothing rests on the list."""
    row = price_of(advise(LISTED.filter(pl.col("year") == 2018)), "Z025")
    assert row["price_flags"] == "no_brw"


def test_the_flag_stands_among_others_in_their_order():
    derived = pl.DataFrame(
        {
            "prestatiecode": ["Z025", "Z025", "H104"],
            "price_source": ["b", "a", "c"],
            "discount_ratio": [1.2, None, 0.9],
            "max_tariff_eur_per_unit": [82.0, 82.0, 1.0],
            "price_flags": ["ratio_above_one", None, "thin_price"],
        }
    )
    flagged = flag_list_tariffs(derived, LISTED, 2018)
    assert flagged["price_flags"].to_list() == ["list_tariff,ratio_above_one", None, "thin_price"]
    assert flag_list_tariffs(derived, LISTED, 2021).equals(derived)


def test_the_euro_that_rest_on_them_are_those_of_the_series():
    """100 days a month at 72.86875, twelve months as in 2017: 87,442.50, each month rounded to the cent."""
    judged = advise(LISTED).judged["revenue"]["prices_with_euro"].filter(prestatiecode="Z025").row(0, named=True)
    assert judged["price_flags"] == "list_tariff"
    assert abs(judged["expected_eur"] - Decimal("87442.50")) <= 12 * Decimal("0.005")
