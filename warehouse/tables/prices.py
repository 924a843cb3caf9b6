"""Tables of the stage prices."""

from warehouse.columns import common, prices, series, utilisation
from warehouse.contract import Table

AFTER = "volumes"

PRICES = Table(
    "prices",
    "prices",
    "lake",
    "prestatie × wlz_uitvoerder",
    (
        common.DELIVERY_MONTH,
        common.BUDGET_YEAR,
        common.SCENARIO,
        common.PRESTATIECODE,
        common.WLZ_UITVOERDER,
        common.UNIT_CODE,
        prices.PRICE_SOURCE,
        prices.REPORTED_PRICE,
        prices.PREVIOUS_PRICE,
        prices.PREVIOUS_MAX_TARIFF,
        prices.DISCOUNT_RATIO,
        prices.MAX_TARIFF,
        prices.NHC,
        prices.NIC,
        prices.PRICE,
        prices.PRICE_DEVIATION,
        prices.CLAIMS_VOLUME,
        prices.UNIT_FACTOR,
        prices.UNIT_STATUS,
        prices.UNIT_EVIDENCE,
        prices.PRICE_FLAGS,
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
    published=True,
)
REVENUE = Table(
    "revenue",
    "prices",
    "lake",
    "prestatie × wlz_uitvoerder × month of the budget year",
    (
        common.DELIVERY_MONTH,
        common.BUDGET_YEAR,
        common.SCENARIO,
        common.PRESTATIECODE,
        common.WLZ_UITVOERDER,
        common.CARE_MONTH,
        prices.STATE,
        prices.MONTH_VOLUME,
        prices.FORECAST_AMOUNT_EUR,
        prices.IN_BASE,
    ),
    ("scenario", "prestatiecode", "wlz_uitvoerder", "care_month"),
    "Volume times price, rounded to the cent: every zin total is a sum of these.",
)
CODE_TRUST = Table(
    "code_trust",
    "prices",
    "lake",
    "trust of the list of codes",
    (
        common.DELIVERY_MONTH,
        common.BUDGET_YEAR,
        common.SCENARIO,
        series.TRUST,
        prices.CODES_COUNT,
        utilisation.EXPECTED_EXCL_EXTRA_EUR,
        prices.EXPECTED_RATIO,
    ),
    ("scenario", "trust"),
    "What of the expected year, without extra items, rests on which rows of the list of codes: official, converted, "
    "inferred or simulated. code_list says which code is which.",
    nullable=frozenset({"expected_ratio"}),
    published=True,
)
