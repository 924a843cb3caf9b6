"""Tables of the stage prices."""

from warehouse.columns import common as c
from warehouse.columns import prices as p
from warehouse.contract import Table

PRICES = Table(
    "prices",
    "prices",
    "lake",
    "prestatie × wlz_uitvoerder",
    (
        c.DELIVERY_MONTH,
        c.BUDGET_YEAR,
        c.SCENARIO,
        c.PRESTATIECODE,
        c.WLZ_UITVOERDER,
        c.UNIT_CODE,
        p.PRICE_SOURCE,
        p.REPORTED_PRICE,
        p.PREVIOUS_PRICE,
        p.PREVIOUS_MAX_TARIFF,
        p.DISCOUNT_RATIO,
        p.MAX_TARIFF,
        p.NHC,
        p.NIC,
        p.PRICE,
        p.PRICE_DEVIATION,
        p.CLAIMS_VOLUME,
        p.UNIT_FACTOR,
        p.UNIT_STATUS,
        p.UNIT_EVIDENCE,
        p.PRICE_FLAGS,
    ),
    ("scenario", "prestatiecode", "wlz_uitvoerder"),
    "Price per prestatie and uitvoerder, with the source and every intermediate of table 7.",
    nullable=frozenset(
        {
            "reported_price_eur_per_unit",
            "previous_price_eur_per_unit",
            "previous_max_tariff_eur_per_unit",
            "discount_ratio",
            "max_tariff_eur_per_unit",
            "nhc_eur_per_unit",
            "nic_eur_per_unit",
            "price_eur_per_unit",
            "price_deviation_ratio",
            "claims_volume",
            "unit_evidence",
            "price_flags",
        }
    ),
)
REVENUE = Table(
    "revenue",
    "prices",
    "lake",
    "prestatie × wlz_uitvoerder × month of the budget year",
    (
        c.DELIVERY_MONTH,
        c.BUDGET_YEAR,
        c.SCENARIO,
        c.PRESTATIECODE,
        c.WLZ_UITVOERDER,
        c.CARE_MONTH,
        p.STATE,
        p.MONTH_VOLUME,
        p.FORECAST_AMOUNT_EUR,
        p.IN_BASE,
    ),
    ("scenario", "prestatiecode", "wlz_uitvoerder", "care_month"),
    "Volume times price, rounded to the cent: every zin total is a sum of these.",
)
