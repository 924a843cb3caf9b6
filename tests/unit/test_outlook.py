"""The year after by hand: growth, extra items that grow with it, the kader if there is one, what is missing."""

from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from wlz.bounds.levels import LevelPaths, ScenarioTables
from wlz.bounds.outlook import NO_KADER, look_ahead

MONEY = pl.Decimal(18, 2)
NAMES = ("CZ", "DSW")
NONE = np.zeros((3, 1))
LEVELS = {
    (level, name, "Landelijk", None): LevelPaths(NONE, NONE, None, None, np.array([90.0, 100.0, 110.0]))
    for level, name in (("uitvoerder", "CZ"), ("uitvoerder", "DSW"), ("national", "Landelijk"))
}


def tables(*items: tuple[str, str, str | None, str]) -> ScenarioTables:
    """Each uitvoerder claims 1,000 at 10 each this year, and 110 pieces the year after: 10 % more."""
    revenue = pl.DataFrame(
        [("Z025", name, date(2018, 1, 1), 100.0, Decimal("1000.00"), True) for name in NAMES],
        schema={
            "prestatiecode": pl.String,
            "wlz_uitvoerder": pl.String,
            "care_month": pl.Date,
            "month_volume": pl.Float64,
            "forecast_amount_eur": MONEY,
            "in_base": pl.Boolean,
        },
        orient="row",
    )
    volumes = pl.DataFrame(
        [("Z025", name, date(2019, 1, 1), 110.0) for name in NAMES],
        schema={
            "prestatiecode": pl.String,
            "wlz_uitvoerder": pl.String,
            "care_month": pl.Date,
            "forecast_volume": pl.Float64,
        },
        orient="row",
    )
    extra = pl.DataFrame(
        [(name, item, amount and Decimal(amount), method) for name, item, amount, method in items],
        schema={"wlz_uitvoerder": pl.String, "item": pl.String, "item_eur": MONEY, "item_method": pl.String},
        orient="row",
    )
    return ScenarioTables(volumes, revenue, extra, pl.DataFrame())


def ahead(found: ScenarioTables, kader: pl.DataFrame = NO_KADER) -> dict[str, dict[str, object]]:
    return look_ahead(LEVELS, found, 2018, kader).rows_by_key("wlz_uitvoerder", named=True, unique=True)  # type: ignore[return-value]


ITEMS = (
    ("CZ", "crisisbedden", "100.00", "grown"),
    ("CZ", "meerzorg", "200.00", "carried_forward"),
    ("DSW", "meerzorg", "50.00", "grown"),
)


def test_computed_items_grow_with_the_claims() -> None:
    """1,100 + 300 × 1.1 = 1,430; DSW 1,100 + 55; without a kader no room, and that is said."""
    found = ahead(tables(*ITEMS))
    assert [found[name]["extra_items_eur"] for name in (*NAMES, "Landelijk")] == pytest.approx([330.0, 55.0, 385.0])
    assert [found[name]["expected_eur"] for name in (*NAMES, "Landelijk")] == pytest.approx([1430.0, 1155.0, 2585.0])
    assert {(row["budget_eur"], row["available_eur"], row["missing_parts"]) for row in found.values()} == {
        (None, None, "kader, pgb")
    }


def test_kader_of_the_year_after_gives_the_room() -> None:
    kader = pl.DataFrame({"wlz_uitvoerder": ["CZ", "CZ", "DSW"], "zin_budget_eur": [1000.0, 500.0, 1000.0]})
    found = ahead(tables(*ITEMS), kader)
    assert [found[name]["available_eur"] for name in (*NAMES, "Landelijk")] == pytest.approx([70.0, -155.0, -85.0])
    assert found["Landelijk"]["missing_parts"] == "pgb"


def test_kader_of_some_is_no_kader_of_the_nation() -> None:
    found = ahead(tables(*ITEMS), pl.DataFrame({"wlz_uitvoerder": ["CZ"], "zin_budget_eur": [1500.0]}))
    assert (found["CZ"]["available_eur"], found["Landelijk"]["available_eur"]) == (pytest.approx(70.0), None)
    assert found["Landelijk"]["missing_parts"] == "kader, pgb"


def test_items_that_were_set_or_left_out_are_named_not_counted() -> None:
    more = (
        ("CZ", "quality", "70.00", "fixed"),
        ("DSW", "quality", "0.00", "fixed"),
        ("DSW", "crisisbedden", None, "left_out"),
    )
    found = ahead(tables(*ITEMS, *more))
    assert found["Landelijk"]["extra_items_eur"] == pytest.approx(385.0)
    assert [found[name]["missing_parts"] for name in (*NAMES, "Landelijk")] == [
        "kader, pgb, quality",
        "kader, pgb, crisisbedden",
        "kader, pgb, crisisbedden, quality",
    ]
