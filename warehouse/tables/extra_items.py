"""Tables of the stage extra_items."""

from warehouse.columns import common as c
from warehouse.columns import extra_items as e
from warehouse.contract import Table

EXTRA_ITEMS = Table(
    "extra_items",
    "extra_items",
    "lake",
    "wlz_uitvoerder × item × prestatie (crisis beds per code, the others in one row)",
    (
        c.DELIVERY_MONTH,
        c.BUDGET_YEAR,
        c.SCENARIO,
        c.WLZ_UITVOERDER,
        e.ITEM,
        c.PRESTATIECODE,
        e.THREE_YEARS_BACK,
        e.TWO_YEARS_BACK,
        e.ONE_YEAR_BACK,
        e.GROWTH_FACTOR,
        e.EXPECTED_BASE,
        e.ITEM_PRICE,
        e.CLAIMS_FORECAST_EUR,
        e.DELIVERED_LAG_RATIO,
        e.DERIVED_LAG_RATIO,
        e.ITEM_EUR,
        c.FLAG,
    ),
    ("scenario", "wlz_uitvoerder", "item", "prestatiecode"),
    "Crisis beds, meerzorg and na-ijl with their intermediates.",
    nullable=frozenset(
        {
            "prestatiecode",
            "base_3_years_back",
            "base_2_years_back",
            "base_1_year_back",
            "growth_factor",
            "expected_base",
            "item_price_eur_per_unit",
            "claims_forecast_eur",
            "delivered_lag_ratio",
            "derived_lag_ratio",
            "flag",
        }
    ),
)
