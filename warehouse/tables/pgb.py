"""Tables of the stage pgb."""

from warehouse.columns import common as c
from warehouse.columns import pgb as p
from warehouse.contract import Table

PGB = Table(
    "pgb",
    "pgb",
    "lake",
    "zorgkantoorregio × month",
    (
        c.DELIVERY_MONTH,
        c.BUDGET_YEAR,
        c.SCENARIO,
        c.ZORGKANTOORREGIO,
        c.WLZ_UITVOERDER,
        c.MONTH,
        p.GRANTED_STAND_EUR,
        p.FORECAST_STAND_EUR,
        c.MODEL,
    ),
    ("scenario", "zorgkantoorregio", "month"),
    "Stands of granted pgb budgets and their forecast to December of the budget year.",
    nullable=frozenset({"granted_stand_eur", "forecast_stand_eur"}),
)
