"""Small decisions along the line, each with its sum: prices that are missing, past advices, late months, scatter."""

import math
from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from tests.spec.test_monitor import deliver, monitor
from wlz.aids import forecast_aids
from wlz.forecasting.backtest import ACCURACY_SCHEMA
from wlz.forecasting.engines.statsmodels_search import search_statsmodels
from wlz.known.scenarios import Scenario
from wlz.lag.said import build_cells
from wlz.monitor import measure_completeness
from wlz.prices.prices import volumes_without_price
from wlz.prices.uncertainty import extra_item_deviations
from wlz.runoff.any_triangle import complete_frame
from wlz.support.support import _primary
from wlz.volumes.past_advices import compare_advice, settled_year
from wlz.volumes.scenarios import _reason_of_engine

MONTHS_2018 = [date(2018, month, 1) for month in range(1, 13)]


def volumes_of(series: dict[tuple[str, str], float]) -> pl.DataFrame:
    """VOLUMES of the months of 2018, the same volume every month: (prestatie, uitvoerder) → volume."""
    rows = [(code, name, month, None, None, volume) for (code, name), volume in series.items() for month in MONTHS_2018]
    names = ["prestatiecode", "wlz_uitvoerder", "care_month", "observed_volume", "completed_volume", "forecast_volume"]
    schema = dict.fromkeys(names, pl.Float64) | dict.fromkeys(names[:2], pl.String) | {"care_month": pl.Date}
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_a_volume_without_a_price_is_worth_what_others_pay() -> None:
    """C has 12 × 10 and no price; A pays 2 for 12 × 10, B 5 for 12 × 20: (240 + 1,200) ÷ 360 = 4, so 480.

    E lacks 12 × 4 = 48, less than C. A volume of 0 needs no price; nobody has a price of Q.
    """
    volumes = volumes_of(
        {("P", "A"): 10, ("P", "B"): 20, ("P", "C"): 10, ("P", "D"): 0, ("P", "E"): 1, ("Q", "A"): 1, ("Q", "B"): -1}
    )
    prices = pl.DataFrame({"prestatiecode": ["P", "P"], "wlz_uitvoerder": ["A", "B"], "price_eur_per_unit": [2.0, 5.0]})
    found = volumes_without_price(volumes, prices, 2018)
    assert found.rows() == [
        ("P", "C", 120.0, 4.0, Decimal("480.00")),
        ("P", "E", 12.0, 4.0, Decimal("48.00")),
        ("Q", "A", 12.0, None, None),
    ]


def test_the_year_that_is_settled() -> None:
    """A year is settled with its December; before it, it is the year before."""
    assert [settled_year(date(2018, month, 1)) for month in (1, 3, 11, 12)] == [2017, 2017, 2017, 2018]


def test_a_past_advice_beside_what_came_out() -> None:
    """Said 110 and 80, came out 100 and 100: series and uitvoerders off by 10 + 20 of 200 = 0.15, the nation by −10.

    The bias is −10 ÷ 200. Meerzorg and other years do not count; an advice on nothing has no rows.
    """
    prestaties = pl.DataFrame({"prestatiecode": ["P", "M"], "is_meerzorg": [False, True]})
    march = date(2017, 3, 1)
    series = pl.DataFrame(
        [
            ("P", "A", march, 100.0),
            ("P", "B", march, 100.0),
            ("M", "A", march, 50.0),
            ("P", "A", date(2016, 3, 1), 9.0),
        ],
        schema=["prestatiecode", "wlz_uitvoerder", "care_month", "declared_amount_eur"],
        orient="row",
    )
    revenue = pl.DataFrame(
        [
            ("letter", "P", "A", march, 110.0, True),
            ("letter", "P", "B", march, 80.0, True),
            ("letter", "M", "A", march, 40.0, False),
            ("letter", "P", "A", date(2018, 3, 1), 7.0, True),
        ],
        schema=["scenario", "prestatiecode", "wlz_uitvoerder", "care_month", "forecast_amount_eur", "in_base"],
        orient="row",
    )
    found = compare_advice(revenue, series, prestaties, 2017, "2017-05")
    assert found["engine"].unique().to_list() == ["advice 2017-05 letter"]
    measured = {row["level"]: (row["units_count"], row["wape_ratio"], row["bias_ratio"]) for row in found.to_dicts()}
    assert measured == {
        "series": (2, pytest.approx(0.15), pytest.approx(-0.05)),
        "uitvoerder": (2, pytest.approx(0.15), pytest.approx(-0.05)),
        "national": (1, pytest.approx(0.05), pytest.approx(-0.05)),
    }
    cents = compare_advice(
        revenue, series.with_columns(pl.col("declared_amount_eur") / 1000), prestaties, 2017, "2017-05"
    )
    assert cents["level"].to_list() == ["series", "uitvoerder", "national"]
    nothing = series.with_columns(declared_amount_eur=pl.lit(0.0))
    assert compare_advice(revenue, nothing, prestaties, 2017, "2017-05").is_empty()


def accuracy_of(wape: dict[str, float | None], origins: int) -> pl.DataFrame:
    """The backtest of the year on series: engine → WAPE."""
    rows = [(engine, "series", None, origins, 5, value, *[None] * 5) for engine, value in wape.items()]
    return pl.DataFrame(rows, schema=ACCURACY_SCHEMA, orient="row")


@pytest.mark.parametrize(
    ("wape", "origins", "told"),
    [
        (
            {"combined": 0.10, "ets_average": 0.05, "ets_select": 0.08},
            2,
            "default outside letter; WAPE of the year 10.0% here, 2 past years, best other ets_average 5.0%",
        ),
        (
            {"combined": 0.10, "crystal_ball": 0.01},
            1,
            "default outside letter; WAPE of the year 10.0% here, 1 past year",
        ),
        ({"combined": 0.10, "ets_select": None}, 1, "default outside letter; WAPE of the year 10.0% here, 1 past year"),
        ({"ets_select": 0.08}, 2, "default outside letter"),
    ],
)
def test_why_this_engine(wape: dict[str, float | None], origins: int, told: str) -> None:
    """With its own WAPE of the year, and the best of the other engines of a run."""
    base = Scenario("base", "rules of ours", "combined", None, 0.0, False)
    assert _reason_of_engine(base, accuracy_of(wape, origins)) == told


def test_a_month_that_was_not_declared_is_nothing_of_its_completion() -> None:
    """At € 2: declared nothing of 100 and 90 of 100, so 90 of 200; older months do not count. A is one month behind."""
    key = {"prestatiecode": "P", "wlz_uitvoerder": "A"}
    completed = pl.DataFrame(
        {
            "care_month": [date(2018, 4, 1), date(2018, 3, 1), date(2017, 4, 1)],
            "lag_months": [1, 2, 13],
            "effective_lag_months": [0, 1, 12],
            "declared_volume": [None, 90.0, 5.0],
            "completed_volume": [100.0, 100.0, 500.0],
        }
    ).with_columns(
        pl.col("lag_months", "effective_lag_months").cast(pl.Int32), **{k: pl.lit(v) for k, v in key.items()}
    )
    series = pl.DataFrame({**key, "declared_amount_eur": [Decimal(20)], "declared_volume": [10.0]})
    found = measure_completeness(completed, series, 3)
    assert found.select("wlz_uitvoerder", "completeness_ratio", "late_months").rows() == [
        ("A", 0.45, 1),
        ("Landelijk", 0.45, None),
    ]


def test_who_is_ahead_of_the_others_is_not_late_by_less_than_nothing() -> None:
    """Of three providers of VGZ two are a delivery behind: their lag is usual, and the third is not −1 months late."""
    behind = {("99000001", "5508"): 1, ("99000002", "5508"): 1}
    found = monitor(deliver(date(2018, 5, 1), behind), deliver(date(2018, 4, 1)))
    late = dict(found.filter(wlz_uitvoerder="VGZ").select("agb_code", "late_months").iter_rows())
    assert late == {"99000001": 0, "99000002": 0, "99000003": 0}


def test_how_much_a_growing_item_scatters() -> None:
    """Meerzorg of A grew by 1.1 and then 1.32, of B by 1.0 twice: squares of ln 1.2 and of 0, weighed by 300 and 100.

    A ratio scatters by √(¾ × (ln 1.2)² ÷ 2); a forecast one ratio more, by √1.5 of that. What has no euro weighs
    nothing, even if it grew by a factor of a hundred.
    """
    rows = [
        ("A", 100.0, 110.0, 145.2, 300),
        ("B", 50.0, 50.0, 50.0, 100),
        ("C", 1.0, 1.0, 100.0, 0),
        ("D", None, 5.0, 5.0, 7),
    ]
    names = ["wlz_uitvoerder", "base_3_years_back", "base_2_years_back", "base_1_year_back", "item_eur"]
    items = pl.DataFrame(rows, schema=names, orient="row").with_columns(
        item=pl.lit("meerzorg"),
        expected_base=pl.lit(None, dtype=pl.Float64),
        item_price_eur_per_unit=pl.lit(None, dtype=pl.Float64),
    )
    found = dict(extra_item_deviations(items).select("wlz_uitvoerder", "item_deviation_eur").iter_rows())
    ratio = math.sqrt(0.75 * math.log(1.2) ** 2 / 2 * 1.5)
    assert found == pytest.approx({"A": 300 * ratio, "B": 100 * ratio, "C": 0.0, "D": 7 * ratio})


def test_a_cell_without_a_row_is_nothing_in_a_delivered_month() -> None:
    """Two cells, deliveries of March and April 2018; Q has one row. What was delivered of P alone is 0 of Q.

    Nothing was delivered in February, and April says nothing of May.
    """
    months = [date(2018, month, 1) for month in (1, 2, 3)]
    rows = [
        ("P", date(2018, 1, 1), date(2018, 3, 1), 10.0),
        ("P", date(2018, 2, 1), date(2018, 3, 1), 5.0),
        ("P", date(2018, 1, 1), date(2018, 4, 1), 11.0),
        ("P", date(2018, 2, 1), date(2018, 4, 1), 9.0),
        ("P", date(2018, 3, 1), date(2018, 4, 1), 6.0),
        ("Q", date(2018, 1, 1), date(2018, 4, 1), 4.0),
    ]
    names = ["prestatiecode", "care_month", "delivery_month", "declared_volume"]
    snapshots = pl.DataFrame(rows, schema=names, orient="row").with_columns(wlz_uitvoerder=pl.lit("A"))
    series = pl.DataFrame({"prestatiecode": ["P", "Q"], "wlz_uitvoerder": "A", "cell": [0, 1], "price": [2.0, 3.0]})
    values = build_cells(snapshots, series, months)[:, :, :3]
    unknown = math.nan
    np.testing.assert_array_equal(values[0], [[unknown, 20, 22], [10, 18, unknown], [12, unknown, unknown]])
    np.testing.assert_array_equal(values[1], [[unknown, 0, 12], [0, 0, unknown], [0, unknown, unknown]])


def triangle_rows(who: str, first: int, months: int, lags: int, size: float) -> list[tuple[str, date, date, float]]:
    """Constant months of `size`, half known after one delivery, whole after two, followed for `lags` deliveries."""

    def month(number: int) -> date:
        return date(2014 + number // 12, number % 12 + 1, 1)

    return [
        (who, month(care), month(care + lag + 1), size / 2 if lag == 0 else size)
        for care in range(first, months)
        for lag in range(min(lags, months - care))
    ]


def frame_of(rows: list[tuple[str, date, date, float]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["who", "care_month", "delivery_month", "value"], orient="row")


def test_months_that_are_no_longer_followed_are_certain() -> None:
    """Forty months, each followed for six deliveries: those older are as declared, without error or bounds."""
    found = complete_frame(frame_of(triangle_rows("A", 0, 40, 6, 100.0)), ["who"]).rows.drop_nulls("care_month")
    old = found.sort("care_month").head(34)
    assert old["completed"].to_list() == [100.0] * 34
    assert old["standard_error"].to_list() == [0.0] * 34
    assert old["lower_95"].to_list() == old["upper_95"].to_list() == [100.0] * 34
    assert found.sort("care_month")["completed"].to_list() == pytest.approx([100.0] * 40, rel=1e-6)


@pytest.mark.parametrize("method", ["mack", "bornhuetter_ferguson"])
def test_months_another_key_has_are_not_in_the_total(method: str) -> None:
    """B begins three months after A: its total and its bounds are those it has alone."""
    rng = np.random.default_rng(4)
    of_b = [(*row[:3], row[3] * (1 + 0.1 * rng.normal())) for row in triangle_rows("B", 3, 10, 10, 100.0)]
    alone = complete_frame(frame_of(of_b), ["who"], method=method).rows
    both = complete_frame(frame_of([*triangle_rows("A", 0, 10, 10, 500.0), *of_b]), ["who"], method=method).rows
    total, beside = (rows.filter(pl.col("care_month").is_null(), who="B").row(0, named=True) for rows in (alone, both))
    for name in ("declared", "completed"):
        assert beside[name] == pytest.approx(both.filter(who="B").drop_nulls("care_month")[name].sum())
    assert beside["declared"] == pytest.approx(total["declared"])
    assert beside["lower_95"] <= beside["lower_80"] <= beside["completed"] <= beside["upper_80"] <= beside["upper_95"]
    assert beside["lower_95"] < beside["lower_80"]
    if method == "mack":
        assert beside == total


def test_a_gap_starts_the_series_afresh() -> None:
    """Months before the gap are another level: 100 before, 5 since; and no gap is taken along as the first month."""
    values = np.array([[100.0] * 6 + [math.nan] + [5.0] * 12])
    assert search_statsmodels(values, 3).point.tolist() == [[5.0, 5.0, 5.0]]
    short = np.array([[100.0, math.nan, 4.0, 6.0]])
    assert search_statsmodels(short, 2).point.tolist() == [[5.0, 5.0]]


def test_aids_follow_the_month_of_the_year() -> None:
    """Ten a month and a hundred every December, three years of it: this December a hundred, this July ten."""
    months = [date(2015 + number // 12, number % 12 + 1, 1) for number in range(40)]
    delivered = pl.DataFrame(
        {
            "month": months,
            "aid_kind": "mobiliteit",
            "amount_eur": [Decimal(100 if month.month == 12 else 10) for month in months],
        }
    )
    found = forecast_aids(delivered, budget_year=2018, reserve_eur=0, minimum_months=24)
    forecast = {row["month"].month: row["forecast_eur"] for row in found.to_dicts() if row["forecast_eur"] is not None}
    assert sorted(forecast) == list(range(5, 13))
    assert float(forecast[12]) == pytest.approx(100, rel=0.05)
    assert float(forecast[7]) == pytest.approx(10, abs=1)


def test_small_cells_are_left_out_and_unknown_ones_of_groups() -> None:
    """Fewer than 3 providers or 10 holders; nothing is left out of a place whose number is not known, nor if empty."""
    rows = [
        ("group", "zin", 2, None, False, "primary"),
        ("group", "zin", 3, None, False, None),
        ("group", "zin", 2, None, True, None),
        ("group", "zin", None, None, False, "primary"),
        ("region", "zin", None, None, False, None),
        ("region", "pgb", 2, 9, False, "primary"),
        ("region", "pgb", 2, 10, False, None),
        ("national", "pgb", None, None, False, None),
    ]
    names = ["level", "part", "providers_count", "holders_count", "is_empty", "expected"]
    cells = pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)
    least = {"suppression_min_providers": 3.0, "suppression_min_holders": 10.0}
    assert cells.with_columns(_primary(least))["suppression"].to_list() == cells["expected"].to_list()
