"""Tables of the stage aids."""

from warehouse.columns import aids, common, deliveries
from warehouse.contract import Table

AFTER = "pgb"

AIDS = Table(
    "aids",
    "aids",
    "lake",
    "kind × month of the budget year",
    (
        common.DELIVERY_MONTH,
        common.BUDGET_YEAR,
        common.SCENARIO,
        deliveries.AID_KIND,
        common.MONTH,
        aids.DECLARED_EUR,
        aids.FORECAST_EUR,
        aids.CUMULATIVE_EUR,
        aids.RESERVE_EUR,
        common.MODEL,
    ),
    ("scenario", "aid_kind", "month"),
    "Individually adapted aids, declared and extrapolated to the year; the reserve is for both kinds together. "
    "Outside the contracteerruimte.",
    nullable=frozenset({"declared_eur", "forecast_eur"}),
    published=True,
)
