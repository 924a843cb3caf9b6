"""Tables of the stage bridge."""

from warehouse.columns import bridge as b
from warehouse.columns import common as c
from warehouse.contract import Table

FORECAST_BRIDGE = Table(
    "forecast_bridge",
    "bridge",
    "lake",
    "wlz_uitvoerder × component",
    (
        c.DELIVERY_MONTH,
        c.BUDGET_YEAR,
        c.SCENARIO,
        b.FROM_DELIVERY_MONTH,
        b.FROM_SCENARIO,
        c.WLZ_UITVOERDER,
        b.COMPONENT,
        b.CHANGE_EUR,
        b.AVAILABLE_BEFORE_EUR,
        b.AVAILABLE_AFTER_EUR,
    ),
    ("scenario", "wlz_uitvoerder", "component"),
    "What moved the available room since the advice before it of the same budget year; the components of an "
    "uitvoerder add up to the difference to the cent. Landelijk is the total.",
    known_issues=(
        "The first advice of a budget year has no rows: there is nothing to compare with.",
        "Between the last computations of both months, not between frozen advices.",
    ),
)
