"""The line in scenario completed: a month half known is taken for whole, and late claims are not added twice.

Menzis has 10 days of Z025 a day at € 2, so 310 in January and 280 in February; De Friesland 4 at € 5. Of a care month
the first delivery after it knows half, the second all. The advice of May 2018 knows 150 and 60 of April:

    Menzis       365 × 10 × 2 = 7,300
    De Friesland 365 ×  4 × 5 = 7,300
"""

from calendar import monthrange
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from tests.spec.small_round import CARE_MONTHS, kader, known_of
from tests.spec.test_line_amounts import DAY, FRIESLAND, MENZIS, NATION, amounts, rows_of
from warehouse.lake import settle_tables
from warehouse.tables.deliveries import DECLARATIES, NA_IJL, PGB_VERLENINGEN
from wlz.advice import Advice, compute_advice
from wlz.known.scenarios import Scenario

COMPLETED = Scenario("completed", "months completed", "ets_average", None, 0.0, False, completes_lag=True)
LETTER = Scenario("letter", "the method of the letter", "ets_select", None, 0.0, False)
PER_DAY = {MENZIS: (10.0, 2), FRIESLAND: (4.0, 5)}  # units a day, euro per unit
CODES = {MENZIS: "5501", FRIESLAND: "5502"}
DELIVERIES = [date(2017, month, 1) for month in range(1, 13)] + [date(2018, month, 1) for month in range(1, 6)]
APRIL = date(2018, 4, 1)


def months_between(care: date, delivery: date) -> int:
    return (delivery.year - care.year) * 12 + delivery.month - care.month


def known_volume(name: str, care: date, delivery: date) -> float:
    """Half of the month at the first delivery after it, all of it from the second on."""
    whole = PER_DAY[name][0] * monthrange(care.year, care.month)[1]
    return whole / 2 if months_between(care, delivery) == 1 else whole


def know_snapshots() -> pl.DataFrame:
    """What the deliveries from January 2017 on said."""
    rows = [
        ("Z025", name, care, delivery, volume, Decimal(str(volume * PER_DAY[name][1])))
        for name in PER_DAY
        for delivery in DELIVERIES
        for care in CARE_MONTHS
        if months_between(care, delivery) > 0
        for volume in [known_volume(name, care, delivery)]
    ]
    columns = ["prestatiecode", "wlz_uitvoerder", "care_month", "delivery_month", "declared_volume"]
    return pl.DataFrame(rows, schema=[*columns, "declared_amount_eur"], orient="row").with_columns(
        pl.col("declared_amount_eur").cast(pl.Decimal(18, 2))
    )


def deliver() -> dict[str, pl.DataFrame]:
    """The delivery of May 2018, a kader of 8,000 each, stands of pgb that do not move, 1 % late claims."""
    declared = [
        (DAY, CODES[name], None, "Z025", care, "14", volume, Decimal(str(volume * PER_DAY[name][1])))
        for name in PER_DAY
        for care in CARE_MONTHS
        for volume in [known_volume(name, care, DELIVERIES[-1])]
    ]
    stands = [
        (
            date(2017 + number // 12, number % 12 + 1, 1),
            code,
            2017 + number // 12,
            Decimal(100),
            Decimal(0),
            Decimal(0),
            5,
            0,
        )
        for number in range(15)
        for code in CODES.values()
    ]
    return {
        "declaraties": pl.DataFrame(declared, schema=DECLARATIES.schema, orient="row", strict=False),
        "kader": kader({"5501": 8_000, "5502": 8_000}),
        "pgb_verleningen": rows_of(PGB_VERLENINGEN, stands),
        "na_ijl": rows_of(NA_IJL, [(2016, MENZIS, 1.0), (2016, FRIESLAND, 1.0)]),
    }


@pytest.fixture(scope="module")
def advice() -> Advice:
    known = known_of(deliver(), [LETTER, COMPLETED], snapshots=know_snapshots)
    wanted = ["completed_series", "utilisation", "utilisation_months", "forecast_bounds"]
    return compute_advice(known, settle_tables(known), wanted)


def test_a_month_half_known_is_taken_for_whole(advice):
    """April of Menzis: 150 known, half of what comes, so 150 + ½ × 300 = 300; of De Friesland 60 becomes 120."""
    april = advice["completed_series"].filter(care_month=APRIL)
    assert amounts(april, "declared_volume") == {MENZIS: 150, FRIESLAND: 60}
    assert amounts(april, "completeness_ratio") == pytest.approx({MENZIS: 0.5, FRIESLAND: 0.5}, rel=1e-3)
    assert amounts(april, "completed_volume") == pytest.approx({MENZIS: 300, FRIESLAND: 120}, rel=1e-3)
    march = advice["completed_series"].filter(care_month=date(2018, 3, 1))
    assert amounts(march, "completed_volume") == pytest.approx({MENZIS: 310, FRIESLAND: 124}, rel=1e-3)
    assert set(advice["completed_series"]["scenario"]) == {"completed"}
    assert advice["completed_series"]["flag"].null_count() == advice["completed_series"].height  # nobody is late


def test_the_curve_knows_half_of_the_youngest_month(advice):
    curve = advice["lag_curve"].filter(pl.col("lag_months") <= 2)
    assert curve.filter(lag_months=1)["completeness_ratio"].to_list() == pytest.approx([0.5] * 2, rel=1e-3)
    assert curve.filter(lag_months=2)["completeness_ratio"].to_list() == pytest.approx([1.0] * 2, rel=1e-3)
    assert curve.filter(lag_months=1)["link_ratio"].to_list() == pytest.approx([2.0] * 2, rel=1e-3)


def test_completed_months_and_days_make_the_year(advice):
    """365 days of both; April, taken as 300 × € 2 and 120 × € 5, and the price that of the months that are known."""
    revenue = advice["revenue"].filter(scenario="completed")
    assert amounts(revenue, "forecast_amount_eur") == pytest.approx({MENZIS: 7_300, FRIESLAND: 7_300}, rel=2e-3)
    months = amounts(revenue.filter(wlz_uitvoerder=MENZIS), "forecast_amount_eur", ("care_month",))
    assert months[APRIL] == pytest.approx(600, rel=1e-3)
    assert months[date(2018, 2, 1)] == pytest.approx(560, rel=1e-3)
    assert months[date(2018, 12, 1)] == pytest.approx(620, rel=1e-2)
    assert amounts(advice["prices"].filter(scenario="completed"), "price_eur_per_unit") == {MENZIS: 2, FRIESLAND: 5}


def test_the_year_after_is_forecast_too(advice):
    """365 days again in 2019, to December and no further."""
    volumes = advice["volumes"].filter(scenario="completed", wlz_uitvoerder=MENZIS)
    of_2019 = volumes.filter(pl.col("care_month").dt.year() == 2019)
    assert of_2019.height == 12
    assert of_2019["forecast_volume"].sum() == pytest.approx(3_650, rel=1e-2)
    assert volumes["care_month"].max() == date(2019, 12, 1)
    april = volumes.filter(care_month=APRIL)
    assert april["observed_volume"].to_list() == [150.0]
    assert april["completed_volume"].to_list() == pytest.approx([300.0], rel=1e-3)
    assert volumes.filter(pl.col("completed_volume").is_not_null())["care_month"].max() == APRIL


def test_late_claims_are_in_the_months_already(advice):
    """Scenario letter adds 1 %; completed adds nothing, and says why. Room: 16,000 − 14,600 = 1,400."""
    items = advice["extra_items"].filter(item="na_ijl")
    completed = items.filter(scenario="completed")
    assert amounts(completed, "item_eur") == {MENZIS: 0, FRIESLAND: 0}
    assert all("lag_in_months" in flag for flag in completed["flag"])
    letter = amounts(items.filter(scenario="letter"), "item_eur")
    expected = amounts(advice["revenue"].filter(scenario="letter"), "forecast_amount_eur")
    assert letter == pytest.approx({name: euro / 100 for name, euro in expected.items()}, abs=0.006)
    nation = advice["utilisation"].filter(scenario="completed", part="zin", level="national")
    assert amounts(nation, "available_eur")[NATION] == pytest.approx(1_400, abs=30)


def test_months_say_what_was_declared_and_what_was_completed(advice):
    """April: 150 × 2 + 60 × 5 = 600 declared, 1,200 completed."""
    months = advice["utilisation_months"].filter(scenario="completed", part="zin", month=APRIL)
    assert float(months["declared_month_eur"].item()) == 600
    assert float(months["completed_month_eur"].item()) == pytest.approx(1_200, rel=1e-3)
    assert float(months["month_eur"].item()) == pytest.approx(1_200, rel=1e-3)


def test_the_bounds_are_about_the_completed_year(advice):
    year = advice["forecast_bounds"].filter(scenario="completed", period="year", part="zin", level="national")
    row = {name: float(value) for name, value in year.row(0, named=True).items() if name.endswith("_eur") and value}
    assert (
        row["lower_95_eur"] <= row["lower_80_eur"] <= row["expected_eur"] <= row["upper_80_eur"] <= row["upper_95_eur"]
    )
    assert row["expected_eur"] == pytest.approx(14_600, rel=2e-3)


def test_revisions_are_those_of_the_first_delivery(advice):
    """Every delivery would have completed its month rightly: no revision is larger than a rounding."""
    statistics = advice["revision_statistics"]
    assert statistics["mean_absolute_revision_ratio"].drop_nulls().max() < 0.01
    assert set(statistics["wlz_uitvoerder"]) == {MENZIS, FRIESLAND}


def test_what_the_year_already_has_is_in_the_bounds_of_a_series(advice):
    """Z025 of Menzis: 1,510 days to May and 3,650 in the year, € 2 each, of which three months are known for sure."""
    rows = advice["forecast_bounds"].filter(scenario="completed", level="series", wlz_uitvoerder=MENZIS)
    to_may = rows.filter(period="cumulative", month=date(2018, 5, 1)).row(0, named=True)
    year = rows.filter(period="year").row(0, named=True)
    for row, volume in ((to_may, 1_510), (year, 3_650)):
        for bound in ("lower_95", "lower_80", "upper_80", "upper_95"):
            assert row[f"{bound}_volume"] == pytest.approx(volume, rel=0.05)
            assert float(row[f"{bound}_eur"]) == pytest.approx(2 * volume, rel=0.05)
        assert row["lower_95_volume"] <= row["lower_80_volume"] <= row["upper_80_volume"] <= row["upper_95_volume"]
