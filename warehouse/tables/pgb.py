"""Tables of the stage pgb."""

from warehouse.columns import common, pgb
from warehouse.contract import Table

AFTER = "extra_items"

PGB = Table(
    "pgb",
    "pgb",
    "lake",
    "zorgkantoorregio × month",
    (
        common.DELIVERY_MONTH,
        common.BUDGET_YEAR,
        common.SCENARIO,
        common.ZORGKANTOORREGIO,
        common.WLZ_UITVOERDER,
        common.MONTH,
        pgb.GRANTED_STAND_EUR,
        pgb.FORECAST_STAND_EUR,
        common.MODEL,
    ),
    ("scenario", "zorgkantoorregio", "month"),
    "Stands of granted pgb budgets and their forecast to December of the budget year.",
    nullable=frozenset({"granted_stand_eur", "forecast_stand_eur"}),
    published=True,
)
