"""Tables of the stage series."""

from warehouse.columns import common as c
from warehouse.columns import series as s
from warehouse.contract import Table

SERIES_REGION = Table(
    "series_region",
    "series",
    "lake",
    "prestatie × zorgkantoorregio × care month with claims",
    (
        c.DELIVERY_MONTH,
        c.PRESTATIECODE,
        c.ZORGKANTOORREGIO,
        c.WLZ_UITVOERDER,
        c.CARE_MONTH,
        c.LAG_MONTHS,
        s.DECLARED_VOLUME,
        s.DECLARED_AMOUNT_EUR,
    ),
    ("prestatiecode", "zorgkantoorregio", "care_month"),
    "Claims as known at the round, in the unit of the prestatie, per report region.",
)
SERIES = Table(
    "series",
    "series",
    "lake",
    "prestatie × wlz_uitvoerder × care month",
    (
        c.DELIVERY_MONTH,
        c.SCENARIO,
        c.PRESTATIECODE,
        c.WLZ_UITVOERDER,
        c.CARE_MONTH,
        c.LAG_MONTHS,
        s.DECLARED_VOLUME,
        s.DECLARED_AMOUNT_EUR,
        s.IN_FORECAST_BASE,
    ),
    ("scenario", "prestatiecode", "wlz_uitvoerder", "care_month"),
    "Monthly series per prestatie and uitvoerder: null is not delivered, 0 is delivered without claims.",
    nullable=frozenset({"declared_volume", "declared_amount_eur"}),
)
