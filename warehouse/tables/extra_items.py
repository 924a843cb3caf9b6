"""Tables of the stage extra_items."""

from warehouse.columns import common, extra_items
from warehouse.contract import Table

AFTER = "prices"

EXTRA_ITEMS = Table(
    "extra_items",
    "extra_items",
    "lake",
    "wlz_uitvoerder × item × prestatie (crisis beds per code, the others in one row)",
    (
        common.DELIVERY_MONTH,
        common.BUDGET_YEAR,
        common.SCENARIO,
        common.WLZ_UITVOERDER,
        extra_items.ITEM,
        common.PRESTATIECODE,
        extra_items.THREE_YEARS_BACK,
        extra_items.TWO_YEARS_BACK,
        extra_items.ONE_YEAR_BACK,
        extra_items.GROWTH_FACTOR,
        extra_items.EXPECTED_BASE,
        extra_items.ITEM_PRICE,
        extra_items.CLAIMS_FORECAST_EUR,
        extra_items.DELIVERED_LAG_RATIO,
        extra_items.DERIVED_LAG_RATIO,
        extra_items.ITEM_EUR,
        extra_items.ITEM_METHOD,
        extra_items.RATIO_YEAR,
        extra_items.SETTLED_FACTOR,
        extra_items.COMMON_DEVIATION,
        extra_items.OWN_DEVIATION,
        extra_items.PAY_PATTERN,
        common.FLAG,
    ),
    ("scenario", "wlz_uitvoerder", "item", "prestatiecode"),
    "The extra items of the year with their intermediates: crisis beds, meerzorg, na-ijl, and what is declared beside.",
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
            "item_eur",
            "item_method",
            "ratio_year",
            "settled_factor",
            "item_common_deviation_eur",
            "item_own_deviation_eur",
            "pay_pattern",
            "flag",
        }
    ),
    published=True,
)
