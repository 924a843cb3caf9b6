"""Deliveries → series as the methods page says it: dated regions, units, null against zero, the forecast base."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse import reference
from warehouse.contract import MONEY, conform
from warehouse.tables.deliveries import DECLARATIES
from warehouse.tables.series import SERIES, SERIES_REGION
from wlz.series import (
    aggregate_claims,
    assign_regions,
    build_series,
    claims_by_year,
    claims_to_date,
    ended_codes,
    lag_months,
    last_base_month,
    place_by_year,
)

MAY = date(2018, 5, 1)
CROSSWALK, REGIONS = reference.load_crosswalk(), reference.load_regions()
# H104 is counted in minutes, Q103 in five minutes, Z025 and Z041 in days (etmaal), Z110 likewise.
PRESTATIES = pl.DataFrame({"prestatiecode": ["H104", "Q103", "Z025", "Z041"], "unit_code": ["01", "07", "14", "14"]})
WSD = "Westland Schiedland Delfland"


def month(text: str) -> date:
    return date.fromisoformat(f"{text}-01")


def claims(*rows: tuple[str, str, str, str, float, str]) -> pl.LazyFrame:
    """Claims: zorgkantoor, prestatie, care month, unit, volume, amount."""
    full = [(date(2018, 5, 2), code, None, pr, month(m), u, v, Decimal(a)) for code, pr, m, u, v, a in rows]
    return pl.DataFrame(full, schema=DECLARATIES.schema, orient="row").lazy()


def aggregate(*rows: tuple[str, str, str, str, float, str], delivered: date = MAY) -> pl.DataFrame:
    return aggregate_claims(claims(*rows), CROSSWALK, REGIONS, PRESTATIES, delivered)


def series_of(*rows: tuple[str, str, str, str, float, str], fit_months: int = 36) -> pl.DataFrame:
    return build_series(aggregate(*rows), MAY, minimum_lag_months=5, fit_months=fit_months)


def values(series: pl.DataFrame, prestatie: str, uitvoerder: str) -> dict[str, float | None]:
    chosen = series.filter(prestatiecode=prestatie, wlz_uitvoerder=uitvoerder)
    return {f"{m:%Y-%m}": v for m, v in chosen.select("care_month", "declared_volume").iter_rows()}


# --- Regions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "care_month", "region"),
    [
        ("5522", "2019-12", WSD),
        ("5519", "2019-12", WSD),
        ("5502", "2019-12", "Friesland"),
        ("5533", "2020-01", "Friesland"),
        ("5501", "2020-01", "Groningen"),
    ],
)
def test_codes_become_report_regions_by_date(code, care_month, region):
    """COD001, dated: 5522 is part of Westland Schiedland Delfland up to 2019, 5533 is Friesland from 2020."""
    frame = pl.DataFrame({"zorgkantoor_code": [code], "care_month": [month(care_month)]})
    found = assign_regions(frame, CROSSWALK, REGIONS, on="care_month")
    assert found["zorgkantoorregio"].to_list() == [region]
    uitvoerder = dict(REGIONS.select("zorgkantoorregio", "wlz_uitvoerder").iter_rows())
    assert found["wlz_uitvoerder"].to_list() == [uitvoerder[region]]


@pytest.mark.parametrize(("code", "care_month"), [("5522", "2020-01"), ("5533", "2019-12"), ("5599", "2018-01")])
def test_a_code_that_does_not_hold_on_its_date_raises(code, care_month):
    """Such deliveries are refused before (check D02); a code that came through would lose its euro silently."""
    frame = pl.DataFrame({"zorgkantoor_code": ["5501", code], "care_month": [month(care_month)] * 2})
    with pytest.raises(ValueError, match=code):
        assign_regions(frame, CROSSWALK, REGIONS, on="care_month")


def test_two_codes_of_one_region_are_added():
    """Table 6 of the letter prints 31 regions: 5519 and 5522 are one of them."""
    found = aggregate(
        ("5519", "Z025", "2017-01", "14", 10.0, "100.00"), ("5522", "Z025", "2017-01", "14", 5.0, "50.05")
    )
    assert found.select("zorgkantoorregio", "declared_volume", "declared_amount_eur").rows() == [
        (WSD, 15.0, Decimal("150.05"))
    ]
    conform(found.with_columns(pl.lit(MAY).alias("delivery_month")), SERIES_REGION)


def test_yearly_rows_are_placed_on_the_first_of_january_or_the_first_day_of_the_list():
    """The code list begins in 2015; agreements of 2014 are placed on its first day."""
    frame = pl.DataFrame({"zorgkantoor_code": ["5522", "5533", "5501"], "year": [2019, 2020, 2014]})
    found = place_by_year(frame, CROSSWALK, REGIONS)
    assert found["zorgkantoorregio"].to_list() == [WSD, "Friesland", "Groningen"]
    assert found.columns == ["zorgkantoor_code", "year", "zorgkantoorregio", "wlz_uitvoerder"]
    with pytest.raises(ValueError, match="5533"):
        place_by_year(pl.DataFrame({"zorgkantoor_code": ["5533"], "year": [2019]}), CROSSWALK, REGIONS)


# --- Units --------------------------------------------------------------------------------------------------------


def test_declared_units_become_the_unit_of_the_prestatie_and_euro_stay():
    """COD218: 2 hours and 30 minutes of a prestatie in minutes are 150; 1 hour in five minutes is 12."""
    found = aggregate(
        ("5501", "H104", "2017-01", "04", 2.0, "120.00"),
        ("5501", "H104", "2017-01", "01", 30.0, "30.50"),
        ("5501", "Q103", "2017-01", "04", 1.0, "60.00"),
    )
    assert found.select("prestatiecode", "declared_volume", "declared_amount_eur").rows() == [
        ("H104", 150.0, Decimal("150.50")),
        ("Q103", 12.0, Decimal("60.00")),
    ]


@pytest.mark.parametrize(("prestatie", "unit"), [("Z025", "81"), ("H104", "81"), ("Q999", "14")])
def test_what_cannot_be_converted_raises(prestatie, unit):
    """No conversion is guessed: such rows are in quarantine before (methods, deliveries → series)."""
    with pytest.raises(ValueError, match="cannot be converted") as refused:
        aggregate(("5501", prestatie, "2017-01", unit, 1.0, "1.00"))
    assert prestatie in str(refused.value)


def test_corrections_are_negative_and_count():
    """A delivery is a full snapshot; a row of a provider may take back what another row claimed."""
    found = aggregate(
        ("5501", "Z025", "2017-01", "14", 10.0, "100.10"), ("5501", "Z025", "2017-01", "14", -10.0, "-100.10")
    )
    assert found.select("declared_volume", "declared_amount_eur").rows() == [(0.0, Decimal("0.00"))]


def test_large_volumes_do_not_wrap_around():
    """Volumes are added as whole millionths: twenty times 10^12 units no longer fit in 64 bits."""
    rows = [("5501", "Z025", "2017-01", "14", 1e12, "1.00")] * 20
    assert aggregate(*rows)["declared_volume"].to_list() == [2e13]


# --- Null against zero --------------------------------------------------------------------------------------------


def test_null_is_not_delivered_and_zero_is_delivered_without_claims():
    """Groningen (Menzis) delivers nothing at all for February: null. In March it has Z041 but no Z025: 0."""
    found = series_of(
        ("5501", "Z025", "2017-01", "14", 10.0, "100.00"),
        ("5501", "Z041", "2017-01", "14", 1.0, "10.00"),
        ("5502", "Z025", "2017-02", "14", 7.0, "70.00"),
        ("5501", "Z041", "2017-03", "14", 1.0, "10.00"),
        ("5501", "Z025", "2017-04", "14", 12.0, "120.00"),
    )
    assert values(found, "Z025", "Menzis") == {"2017-01": 10.0, "2017-02": None, "2017-03": 0.0, "2017-04": 12.0}
    assert values(found, "Z041", "Menzis") == {"2017-01": 1.0, "2017-02": None, "2017-03": 1.0, "2017-04": 0.0}
    euro = found.filter(prestatiecode="Z025", wlz_uitvoerder="Menzis")["declared_amount_eur"].to_list()
    assert euro == [Decimal("100.00"), None, Decimal("0.00"), Decimal("120.00")]
    stamped = found.with_columns(pl.lit(MAY).alias("delivery_month"), pl.lit("letter").alias("scenario"))
    conform(stamped, SERIES)


def test_leading_zeros_are_cut():
    """A code that starts in March has no months before it, also where a row of 0 units stands in January."""
    found = series_of(
        ("5501", "Z041", "2017-01", "14", 1.0, "10.00"),
        ("5501", "Z025", "2017-01", "14", 0.0, "0.00"),
        ("5501", "Z025", "2017-03", "14", 5.0, "50.00"),
        ("5501", "Z041", "2017-04", "14", 1.0, "10.00"),
    )
    assert values(found, "Z025", "Menzis") == {"2017-03": 5.0, "2017-04": 0.0}


def test_a_code_without_any_volume_makes_no_series():
    found = series_of(("5501", "Z041", "2017-01", "14", 1.0, "10.00"), ("5501", "Z025", "2017-01", "14", 0.0, "0.00"))
    assert found["prestatiecode"].unique().to_list() == ["Z041"]


def test_no_claims_at_all_are_an_error_and_not_an_empty_advice():
    with pytest.raises(ValueError, match="no claims"):
        build_series(SERIES_REGION.empty().drop("delivery_month"), MAY, 5, 36)


# --- Lag and forecast base ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("care", "expected"), [("2017-12", 5), ("2018-05", 0), ("2018-01", 4), ("2015-01", 40)])
def test_lag_counts_months_from_care_to_delivery(care, expected):
    """December 2017 in the delivery of May 2018 is 5."""
    frame = pl.DataFrame({"care_month": [month(care)]})
    assert frame.select(lag_months(MAY)).to_dicts() == [{"lag_months": expected}]


def test_the_base_of_the_letter_is_36_months_from_january_2015_to_december_2017():
    """Letter A.1.1 and A.2.1: months of 2018 are incomplete and stay out; 2014 is beyond 36 months."""
    months = pl.date_range(month("2014-11"), month("2018-04"), "1mo", eager=True)
    early = CROSSWALK.with_columns(pl.lit(month("2014-01")).alias("valid_from"))
    region = aggregate_claims(
        claims(*(("5501", "Z025", f"{m:%Y-%m}", "14", 1.0, "10.00") for m in months)), early, REGIONS, PRESTATIES, MAY
    )
    found = build_series(region, MAY, minimum_lag_months=5, fit_months=36)
    base = found.filter("in_forecast_base")["care_month"]
    assert (base.len(), base.min(), base.max()) == (36, month("2015-01"), month("2017-12"))
    assert found.height == months.len()
    assert last_base_month(found) == month("2017-12")


def test_without_a_month_that_is_old_enough_nothing_is_forecast():
    with pytest.raises(ValueError, match="old enough"):
        last_base_month(series_of(("5501", "Z025", "2018-01", "14", 1.0, "10.00")))


# --- Sums ---------------------------------------------------------------------------------------------------------


def test_sums_per_year_and_to_date():
    """Per year for the prices; to date only the budget year, with 0 for a region that has no claims of it yet."""
    found = aggregate(
        ("5501", "Z025", "2017-11", "14", 1.0, "10.10"),
        ("5501", "Z025", "2017-12", "14", 2.0, "20.20"),
        ("5501", "Z025", "2018-01", "14", 4.0, "40.40"),
        ("5502", "Z025", "2017-12", "14", 8.0, "80.80"),
    )
    yearly = claims_by_year(found).select("wlz_uitvoerder", "year", "volume", "amount_eur").rows()
    assert yearly == [
        ("De Friesland", 2017, 8.0, Decimal("80.80")),
        ("Menzis", 2017, 3.0, Decimal("30.30")),
        ("Menzis", 2018, 4.0, Decimal("40.40")),
    ]
    to_date = claims_to_date(found, 2018).select("zorgkantoorregio", "declared_amount_eur").rows()
    assert to_date == [("Friesland", Decimal("0.00")), ("Groningen", Decimal("40.40"))]


def test_ended_codes_carry_their_last_month():
    listed = pl.DataFrame({"prestatiecode": ["Z025", "Z041"], "valid_to": [None, date(2017, 12, 31)]})
    assert ended_codes(listed).rows() == [("Z041", month("2017-12"))]


claim = st.tuples(
    st.sampled_from(["5501", "5502", "5519", "5522"]),
    st.sampled_from(["H104", "Z025"]),
    st.sampled_from(["2017-10", "2017-11", "2017-12"]),
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda volume: round(volume, 3)),
    st.integers(-(10**9), 10**9).map(lambda cents: str(Decimal(cents) / 100)),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(claim, min_size=1, max_size=25), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing_to_the_last_bit(rows, random):
    """The same delivery in another order is the same advice: equal without any tolerance."""
    units = {"H104": ("01", "04", "07"), "Z025": ("14", "14", "14")}
    full = [(code, pr, m, units[pr][number % 3], v, a) for number, (code, pr, m, v, a) in enumerate(rows)]
    shuffled = random.sample(full, len(full))
    first, second = aggregate(*full), aggregate(*shuffled)
    assert first.schema["declared_amount_eur"] == MONEY
    assert [row_bits(row) for row in first.rows()] == [row_bits(row) for row in second.rows()]
    if first["declared_volume"].ne(0).any():
        built = [build_series(frame.sample(fraction=1, shuffle=True, seed=1), MAY, 5, 36) for frame in (first, second)]
        assert [row_bits(row) for row in built[0].rows()] == [row_bits(row) for row in built[1].rows()]
    total = sum(Decimal(amount) for *_, amount in full)
    assert first["declared_amount_eur"].sum() == total


def row_bits(row: tuple[object, ...]) -> tuple[object, ...]:
    """A row with floats written out exactly."""
    return tuple(value.hex() if isinstance(value, float) else value for value in row)
