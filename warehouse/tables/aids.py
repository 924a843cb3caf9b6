"""Tables of the stage aids."""

from warehouse.columns import aids as a
from warehouse.columns import common as c
from warehouse.columns import deliveries as d
from warehouse.contract import Table

AIDS = Table(
    "aids",
    "aids",
    "lake",
    "kind × month of the budget year",
    (
        c.DELIVERY_MONTH,
        c.BUDGET_YEAR,
        c.SCENARIO,
        d.AID_KIND,
        c.MONTH,
        a.DECLARED_EUR,
        a.FORECAST_EUR,
        a.CUMULATIVE_EUR,
        a.RESERVE_EUR,
        c.MODEL,
    ),
    ("scenario", "aid_kind", "month"),
    "Individually adapted aids, declared and extrapolated to the year; the reserve is for both kinds together.",
    nullable=frozenset({"declared_eur", "forecast_eur"}),
)
