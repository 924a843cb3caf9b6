"""Prices in the claims: above the legal maximum (P01), far from other uitvoerders (P03), a jump in the year (P04)."""

from datetime import date

import polars as pl
import pytest

from wlz.claims.prices import compare_months, compare_nationally, maximum_prices, prices_above_maximum
from wlz.claims.units import select_years, sum_years

DELIVERY = date(2018, 5, 1)
PRESTATIES = pl.DataFrame({"prestatiecode": ["Z025", "H104"], "unit_code": ["14", "01"]})
ASSUMPTIONS = {
    "price_above_maximum_ratio": 0.005,
    "price_above_maximum_eur": 0.01,
    "price_outlier_factor": 1.25,
    "price_outlier_robust_sd": 3.5,
    "price_outlier_minimum_uitvoerders": 5,
    "price_jump_factor": 1.15,
    "price_jump_minimum_volume_ratio": 0.1,
}
UITVOERDERS = "ABCDEFGH"
PLACES = pl.DataFrame({"zorgkantoor_code": list(UITVOERDERS), "wlz_uitvoerder": list(UITVOERDERS)})


def tariffs(*rows: tuple[int, str, str, float, float | None, float | None]) -> pl.DataFrame:
    """year, prestatiecode, unit, maximum excl., NHC, NIC"""
    names = {"year": pl.Int32, "prestatiecode": pl.String, "unit_code": pl.String}
    money = ("max_tariff_excl_eur_per_unit", "nhc_full_eur_per_unit", "nic_full_eur_per_unit")
    return pl.DataFrame(rows, schema={**names, **dict.fromkeys(money, pl.Float64)}, orient="row")


def claimed(price: float = 100.0, uitvoerders: str = UITVOERDERS, volume: float = 1000.0) -> pl.DataFrame:
    """Z025 of one provider per uitvoerder at one price, January 2017 to April 2018."""
    months = pl.date_range(date(2017, 1, 1), date(2018, 4, 1), "1mo", eager=True).to_frame("care_month")
    return (
        pl.DataFrame({"zorgkantoor_code": list(uitvoerders)})
        .join(months, how="cross")
        .with_columns(
            agb_code=pl.lit("1"),
            prestatiecode=pl.lit("Z025"),
            unit_code=pl.lit("14"),
            volume=pl.lit(volume),
            amount_eur=pl.lit(volume * price),
        )
    )


def times(claims: pl.DataFrame, factor: float, where: pl.Expr, column: str = "amount_eur") -> pl.DataFrame:
    return claims.with_columns(pl.when(where).then(pl.col(column) * factor).otherwise(column).alias(column))


def of(uitvoerder: str) -> pl.Expr:
    return pl.col("zorgkantoor_code") == uitvoerder


def month(number: int) -> pl.Expr:
    return pl.col("care_month") == date(2018, number, 1)


def by_year(claims: pl.DataFrame) -> pl.DataFrame:
    return sum_years(select_years(claims, DELIVERY), PRESTATIES)


# --- the maximum ----------------------------------------------------------------------------------------------------


def test_maximum_holds_nhc_and_nic_in_full_per_unit_of_the_claims() -> None:
    """Z025 of table 7: 88.66 + 26.93 + 1.87 = 117.46. H104 at € 63.00 + € 3.00 an hour is € 1.10 a minute."""
    found = maximum_prices(
        tariffs((2018, "Z025", "14", 88.66, 26.93, 1.87), (2018, "H104", "04", 63.0, 3.0, None)), PRESTATIES
    )
    assert dict(found.select("prestatiecode", "maximum_eur_per_unit").iter_rows()) == pytest.approx(
        {"Z025": 117.46, "H104": 1.10}
    )


def test_tariff_in_the_unit_of_the_claims_goes_before_a_converted_one() -> None:
    found = maximum_prices(tariffs((2018, "H104", "04", 63.0, 0, 0), (2018, "H104", "01", 1.2, 0, 0)), PRESTATIES)
    assert found["maximum_eur_per_unit"].to_list() == [1.2]


@pytest.mark.parametrize("row", [(2018, "Z025", "14", 0.0, 26.93, 1.87), (2018, "Z025", "81", 88.66, 26.93, 1.87)])
def test_no_maximum_or_another_unit_is_no_maximum(row: tuple[int, str, str, float, float, float]) -> None:
    assert maximum_prices(tariffs(row), PRESTATIES).is_empty()


# --- P01 ------------------------------------------------------------------------------------------------------------

MAXIMUM = maximum_prices(
    tariffs((2017, "Z025", "14", 86.09, 26.40, 1.80), (2018, "Z025", "14", 88.66, 26.93, 1.87)), PRESTATIES
)  # 114.29 and 117.46


@pytest.mark.parametrize(
    ("price_2018", "is_above"),
    [(117.46, False), (118.05, False), (118.06, True)],  # 117.46 × 1.005 + 0.01 = 118.0573
)
def test_price_above_the_maximum_of_its_year(price_2018: float, is_above: bool) -> None:
    """Four months of 1,000 days; the euro is all of it above the maximum itself, not above the tolerance."""
    year = pl.col("care_month").dt.year() == 2018
    claims = times(claimed(100.0), price_2018 / 100.0, of("A") & year)
    found = prices_above_maximum(by_year(claims), MAXIMUM, PLACES, ASSUMPTIONS)
    assert found.height == int(is_above)
    if is_above:
        row = found.row(0, named=True)
        assert (row["wlz_uitvoerder"], row["year"]) == ("A", 2018)
        assert row["price"] == pytest.approx(price_2018)
        assert row["excess_eur"] == pytest.approx(4000 * (price_2018 - 117.46))
        assert row["uitvoerder_ratio"] == pytest.approx(1 - 117.46 / price_2018)


def test_wrong_price_of_one_provider_does_not_drown_in_its_uitvoerder() -> None:
    """One small provider at € 150 beside a large one at € 100: the mean of A is € 100.50, under the maximum."""
    small = times(claimed(100.0, "A", volume=10.0), 1.5, pl.lit(True)).with_columns(agb_code=pl.lit("2"))
    found = prices_above_maximum(by_year(pl.concat([claimed(), small])), MAXIMUM, PLACES, ASSUMPTIONS)
    assert found["agb_code"].to_list() == ["2", "2"]  # 2017 and 2018
    assert found["excess_eur"].to_list() == pytest.approx([120 * (150 - 114.29), 40 * (150 - 117.46)])
    assert found["uitvoerder_ratio"].max() == pytest.approx(120 * (150 - 114.29) / (12_000 * 100 + 120 * 150))


def test_prestatie_without_a_maximum_is_not_judged() -> None:
    assert prices_above_maximum(by_year(claimed(9999.0)), MAXIMUM.clear(), PLACES, ASSUMPTIONS).is_empty()


# --- P03 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("factor", "is_outlier"), [(1.26, True), (1 / 1.26, True), (1.24, False), (1.0, False)])
def test_price_of_one_uitvoerder_far_from_eight(factor: float, is_outlier: bool) -> None:
    found = compare_nationally(by_year(times(claimed(), factor, of("A"))), PLACES, ASSUMPTIONS)
    assert found.height == 16  # eight uitvoerders, two years
    assert found.filter("is_outlier")["wlz_uitvoerder"].to_list() == ["A", "A"] * is_outlier
    if is_outlier:
        of_2018 = found.filter("is_outlier", year=2018).row(0, named=True)
        assert of_2018["national_price"] == pytest.approx(100.0)
        assert of_2018["difference_eur"] == pytest.approx(4000 * 100 * (factor - 1))


def test_wide_spread_among_uitvoerders_is_allowed_for() -> None:
    """Seven prices from € 70 to € 130: 1.3 times the median is usual there, 5 times is not."""
    claims = claimed()
    for uitvoerder, factor in zip("BCDEFGH", (0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3), strict=True):
        claims = times(claims, factor, of(uitvoerder))
    assert not compare_nationally(by_year(claims), PLACES, ASSUMPTIONS)["is_outlier"].any()
    found = compare_nationally(by_year(times(claims, 5.0, of("A"))), PLACES, ASSUMPTIONS)
    assert set(found.filter("is_outlier")["wlz_uitvoerder"]) == {"A"}


@pytest.mark.parametrize(("uitvoerders", "judged"), [("ABCD", 0), ("ABCDE", 10)])
def test_fewer_than_five_uitvoerders_are_not_compared(uitvoerders: str, judged: int) -> None:
    claims = times(claimed(uitvoerders=uitvoerders), 3.0, of("A"))
    assert compare_nationally(by_year(claims), PLACES, ASSUMPTIONS).height == judged


# --- P04 ------------------------------------------------------------------------------------------------------------


def jumps(claims: pl.DataFrame) -> pl.DataFrame:
    return compare_months(select_years(claims, DELIVERY), by_year(claims), PLACES, 2018, ASSUMPTIONS)


@pytest.mark.parametrize(("factor", "is_jump"), [(1.16, True), (1 / 1.16, True), (1.14, False), (1.0, False)])
def test_one_month_at_another_price(factor: float, is_jump: bool) -> None:
    found = jumps(times(claimed(), factor, of("A") & month(3)))
    assert found.height == 32  # eight uitvoerders, January to April 2018
    hit = found.filter("is_jump").select("wlz_uitvoerder", "care_month")
    assert hit.rows() == [("A", date(2018, 3, 1))] * is_jump
    if is_jump:
        row = found.filter("is_jump").row(0, named=True)
        assert (row["prior_price"], row["price"]) == (pytest.approx(100.0), pytest.approx(100 * factor))
        assert row["difference_eur"] == pytest.approx(100_000 * (factor - 1))


def test_new_price_is_a_jump_until_it_is_the_median_of_the_last_three() -> None:
    found = jumps(times(claimed(), 1.3, of("A") & (pl.col("care_month") >= date(2018, 1, 1))))
    assert found.filter("is_jump")["care_month"].to_list() == [date(2018, 1, 1), date(2018, 2, 1)]


def test_steady_rise_over_months_is_no_jump() -> None:
    claims = claimed()
    for number, factor in enumerate((1.04, 1.08, 1.12, 1.16), start=1):
        claims = times(claims, factor, month(number))
    assert not jumps(claims)["is_jump"].any()


def test_month_with_hardly_any_volume_is_passed_over_and_is_no_measure_for_others() -> None:
    """Claims of one day at double the price in February; March is held against November, December, January."""
    thin = of("A") & month(2)
    claims = times(times(claimed(), 0.001, thin, "volume"), 0.002, thin)
    found = jumps(claims).filter(wlz_uitvoerder="A")
    assert found["care_month"].to_list() == [date(2018, 1, 1), date(2018, 3, 1), date(2018, 4, 1)]
    assert found["prior_price"].to_list() == pytest.approx([100.0] * 3)


def test_series_that_began_this_year_is_judged_from_its_fourth_month() -> None:
    found = jumps(claimed().filter(pl.col("care_month") >= date(2018, 1, 1)))
    assert found["care_month"].unique().to_list() == [date(2018, 4, 1)]


def test_hours_and_minutes_of_one_series_count_in_one_unit() -> None:
    """A month partly declared in hours (04) at 60 times the price a unit has the same price a minute."""
    minutes = claimed(1.0, "A").with_columns(prestatiecode=pl.lit("H104"), unit_code=pl.lit("01"))
    hours = minutes.filter(month(3)).with_columns(pl.col("volume") / 60, unit_code=pl.lit("04"))
    found = jumps(pl.concat([minutes, hours]))
    assert found.filter(care_month=date(2018, 3, 1))["price"].item() == pytest.approx(1.0)
    assert not found["is_jump"].any()
