"""Tables of the stage series."""

from dataclasses import replace

from warehouse.columns import common as c
from warehouse.columns import deliveries as d
from warehouse.columns import series as s
from warehouse.contract import Table

CLAIM_UNIT_CORRECTIONS = Table(
    "claim_unit_corrections",
    "series",
    "lake",
    "zorgkantoor × zorgaanbieder × prestatie × unit × care month in the wrong unit",
    (
        c.DELIVERY_MONTH,
        d.DELIVERY_ID,
        d.ZORGKANTOOR_CODE,
        d.AGB_CODE,
        c.PRESTATIECODE,
        c.UNIT_CODE,
        c.CARE_MONTH,
        d.VOLUME,
        d.AMOUNT_EUR,
        d.VOLUME_FACTOR,
        d.CHECK_ID,
    ),
    ("zorgkantoor_code", "agb_code", "prestatiecode", "unit_code", "care_month"),
    "Internal, not for publication: claims in hours under the code of minutes, or the reverse, that the volume "
    "confirms (check U01). They stay as delivered; volumes of series and prices count times the factor.",
    nullable=frozenset({"agb_code"}),
)
# The same beside every delivery taken in, so that each is added up with what its own check found.
DELIVERY_UNIT_CORRECTIONS = replace(CLAIM_UNIT_CORRECTIONS, name="delivery_unit_corrections")
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
    "Claims as known at the round, in the unit of the prestatie, per report region; see claim_unit_corrections.",
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
