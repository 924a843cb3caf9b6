"""How prices and extra items scatter, by hand (docs/explanation/bounds.md, in euro)."""

from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from wlz.prices.uncertainty import (
    MAD_TO_DEVIATION,
    draw_extra_items,
    extra_item_deviations,
    price_deviations,
)

EUR = pl.Decimal(18, 2)
D = Decimal


# --- Prices -------------------------------------------------------------------------------------------------------


def prices(*rows: tuple[str, str, float | None]) -> pl.DataFrame:
    """Prestatie, source, price; all of CZ."""
    made = [(code, "CZ", source, price) for code, source, price in rows]
    schema = {
        "prestatiecode": pl.String,
        "wlz_uitvoerder": pl.String,
        "price_source": pl.String,
        "price_eur_per_unit": pl.Float64,
    }
    return pl.DataFrame(made, schema=schema, orient="row")


def year_before(*rows: tuple[str, int, float, str, bool]) -> pl.DataFrame:
    """Prestatie, month of 2017, volume, euro, whether the month is an early one."""
    made = [(code, "CZ", date(2017, n, 1), volume, D(euro), early) for code, n, volume, euro, early in rows]
    schema = {
        "prestatiecode": pl.String,
        "wlz_uitvoerder": pl.String,
        "care_month": pl.Date,
        "volume": pl.Float64,
        "amount_eur": EUR,
        "is_early": pl.Boolean,
    }
    return pl.DataFrame(made, schema=schema, orient="row")


def early_and_late(*ratios: float) -> list[tuple[str, int, float, str, bool]]:
    """Series Z0, Z1, …: 1 unit at € 100 early, then what makes the year's price ratio × 100."""
    rows = []
    for place, ratio in enumerate(ratios):
        late = round(200 * ratio - 100, 2)
        rows += [(f"Z{place}", 1, 1.0, "100.00", True), (f"Z{place}", 2, 1.0, str(late), False)]
    return rows


def deviations(found: pl.DataFrame) -> dict[str, float | None]:
    return dict(found.select("prestatiecode", "price_deviation_ratio").iter_rows())


NONE_KNOWN = prices()


def test_a_price_of_claims_scatters_as_early_months_did_from_the_year() -> None:
    """Year ÷ early months 1.00, 1.01, 1.02, 0.97, 1.10: |ln| in order 0, .00995, .0198, .0305, .0953; middle .0198."""
    ours = prices(("Z0", "a", 100.0), ("Z9", "a", 5.0), ("Z8", "b", 5.0), ("Z7", "d", None))
    found = price_deviations(ours, NONE_KNOWN, year_before(*early_and_late(1.0, 1.01, 1.02, 0.97, 1.10)))
    of_source_a = MAD_TO_DEVIATION * np.log(1.02)
    assert deviations(found) == {
        "Z0": pytest.approx(of_source_a),
        "Z9": pytest.approx(of_source_a),
        "Z8": None,
        "Z7": None,
    }
    assert found.columns == ["prestatiecode", "wlz_uitvoerder", "price_deviation_ratio"]


def test_fewer_than_five_comparisons_say_nothing() -> None:
    found = price_deviations(prices(("Z0", "a", 1.0)), NONE_KNOWN, year_before(*early_and_late(1.0, 1.01, 1.02, 0.97)))
    assert deviations(found) == {"Z0": None}


def test_a_series_without_early_months_or_with_a_negative_year_is_not_compared() -> None:
    """Five series remain of seven: the middle of 1.01 … 1.05 is 1.03."""
    rows = early_and_late(1.01, 1.02, 1.03, 1.04, 1.05)
    rows += [("Z8", 2, 1.0, "10.00", False), ("Z9", 1, 1.0, "100.00", True), ("Z9", 2, 1.0, "-900.00", False)]
    found = price_deviations(prices(("Z0", "a", 1.0)), NONE_KNOWN, year_before(*rows))
    assert deviations(found) == {"Z0": pytest.approx(MAD_TO_DEVIATION * np.log(1.03))}


def test_a_price_by_rule_scatters_as_it_differs_from_the_claims_price() -> None:
    """Source b: rule 100, claims 101 … 105 → ln 1.03. Source c: one comparison, so nothing."""
    claimed = [(f"Z{n}", "a", 100.0 + n) for n in range(1, 6)]
    by_rule = [(f"Z{n}", "b", 100.0) for n in range(1, 6)]
    ours = prices(*claimed, ("Z6", "b", 50.0), ("Z7", "c", 50.0), ("Z8", "a", 10.0))
    found = price_deviations(ours, prices(*by_rule, ("Z6", "b", 1.0), ("Z8", "c", 9.0)), year_before())
    assert found.height == ours.height
    assert deviations(found) == {
        **{f"Z{n}": None for n in range(1, 6)},
        "Z6": pytest.approx(MAD_TO_DEVIATION * np.log(1.03)),
        "Z7": None,
        "Z8": None,
    }


# --- Extra items --------------------------------------------------------------------------------------------------

ITEMS = {
    "wlz_uitvoerder": pl.String,
    "item": pl.String,
    "base_3_years_back": pl.Float64,
    "base_2_years_back": pl.Float64,
    "base_1_year_back": pl.Float64,
    "expected_base": pl.Float64,
    "item_price_eur_per_unit": pl.Float64,
    "item_eur": EUR,
}


def items(*rows: tuple[str, str, float | None, float | None, float | None, str]) -> pl.DataFrame:
    """Uitvoerder, item, three years back to one, euro. Crisis beds: that euro is 10 beds at a tenth of it, ÷ 2 paid."""
    made = [
        (who, item, three, two, one, 10.0, float(euro) / 5 if item == "crisisbedden" else None, D(euro))
        for who, item, three, two, one, euro in rows
    ]
    return pl.DataFrame(made, schema=ITEMS, orient="row")


def of_items(frame: pl.DataFrame) -> dict[tuple[str, str], float | None]:
    return {(who, item): value for who, item, value in extra_item_deviations(frame).iter_rows()}


def test_an_item_scatters_by_how_its_two_ratios_differ() -> None:
    """100 → 110 → 132: ratios 1.1 and 1.2; √(ln²(1.2 ÷ 1.1) ÷ 2 × 1.5) of € 1,000.00."""
    apart = np.log(1.2 / 1.1)
    assert of_items(items(("A", "meerzorg", 100, 110, 132, "1000.00"))) == {
        ("A", "meerzorg"): pytest.approx(1000 * np.sqrt(apart**2 / 2 * 1.5))
    }
    steady = of_items(items(("A", "meerzorg", 100, 110, 121, "1000.00")))
    assert steady == {("A", "meerzorg"): pytest.approx(0.0, abs=1e-9)}


def test_all_uitvoerders_together_weighed_by_euro_say_how_a_ratio_scatters() -> None:
    """A (€ 900): 1.1 and 1.2; B (€ 100): steady. Squares (0.9 × ln² + 0.1 × 0) ÷ 2 × 1.5, of each its own euro."""
    found = of_items(items(("A", "meerzorg", 100, 110, 132, "900.00"), ("B", "meerzorg", 100, 110, 121, "100.00")))
    scatter = np.sqrt(0.9 * np.log(1.2 / 1.1) ** 2 / 2 * 1.5)
    assert found == {("A", "meerzorg"): pytest.approx(900 * scatter), ("B", "meerzorg"): pytest.approx(100 * scatter)}


def test_crisis_beds_scatter_by_all_of_them_not_by_what_the_claims_leave() -> None:
    """The item is 500 beyond the claims; the beds are 10 × € 100.00 = € 1,000.00."""
    found = of_items(items(("A", "crisisbedden", 100, 110, 132, "500.00")))
    assert found == {("A", "crisisbedden"): pytest.approx(1000 * np.sqrt(np.log(1.2 / 1.1) ** 2 / 2 * 1.5))}


def test_what_has_no_two_ratios_is_null_not_zero() -> None:
    """Nobody with three years: null. Na-ijl has one reference year and is left out. A year of 0 gives no ratio."""
    missing = items(("A", "meerzorg", None, 110, 132, "1000.00"), ("A", "na_ijl", 1, 2, 3, "50.00"))
    assert of_items(missing) == {("A", "meerzorg"): None}
    assert of_items(items(("A", "meerzorg", 0, 110, 132, "1000.00"))) == {("A", "meerzorg"): None}
    others = of_items(missing.vstack(items(("B", "meerzorg", 100, 110, 132, "10.00"))))
    assert others["A", "meerzorg"] == pytest.approx(100 * others["B", "meerzorg"])  # B's scatter, A's euro


def test_drawn_items_scatter_around_their_sum() -> None:
    """€ 1,000.00 + € 500.00, deviations 30 and 40: mean 1,500, deviation 50. Without deviations a constant."""
    frame = items(
        ("A", "meerzorg", 1, 1, 1, "1000.00"), ("A", "na_ijl", 1, 1, 1, "500.00"), ("B", "na_ijl", 1, 1, 1, "7.00")
    )
    known = pl.DataFrame(
        {
            "wlz_uitvoerder": ["A", "A", "B"],
            "item": ["meerzorg", "crisisbedden", "meerzorg"],
            "item_deviation_eur": [30.0, 40.0, None],
        }
    )
    drawn = draw_extra_items(frame, known, 20_000, seed=0)
    assert drawn["A"].mean() == pytest.approx(1500, abs=2)
    assert drawn["A"].std() == pytest.approx(50, rel=0.03)
    assert set(drawn["B"]) == {7.0}
    again = draw_extra_items(frame.reverse(), known.reverse(), 20_000, seed=0)
    assert all(np.array_equal(drawn[name], again[name]) for name in drawn)
    assert not np.array_equal(drawn["A"], draw_extra_items(frame, known, 20_000, seed=1)["A"])
