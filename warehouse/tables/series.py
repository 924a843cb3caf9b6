"""Tables of the stage series."""

from dataclasses import replace

from warehouse.columns import bounds, common, deliveries, prices, register, series
from warehouse.contract import Table

AFTER = "deliveries"

CLAIM_UNIT_CORRECTIONS = Table(
    "claim_unit_corrections",
    "series",
    "lake",
    "zorgkantoor × zorgaanbieder × prestatie × unit × care month in the wrong unit",
    (
        common.DELIVERY_MONTH,
        register.DELIVERY_ID,
        deliveries.ZORGKANTOOR_CODE,
        deliveries.AGB_CODE,
        common.PRESTATIECODE,
        common.UNIT_CODE,
        common.CARE_MONTH,
        deliveries.VOLUME,
        deliveries.AMOUNT_EUR,
        register.VOLUME_FACTOR,
        register.CHECK_ID,
    ),
    ("zorgkantoor_code", "agb_code", "prestatiecode", "unit_code", "care_month"),
    "Internal, not for publication: claims in hours under the code of minutes, or the reverse, that the volume "
    "confirms (check U01). They stay as delivered; volumes of series and prices count times the factor.",
    nullable=frozenset({"agb_code"}),
    published=True,
)
# The same beside every delivery taken in, so that each is added up with what its own check found.
DELIVERY_UNIT_CORRECTIONS = replace(CLAIM_UNIT_CORRECTIONS, name="delivery_unit_corrections", published=False)
SERIES_REGION = Table(
    "series_region",
    "series",
    "lake",
    "prestatie × zorgkantoorregio × care month with claims",
    (
        common.DELIVERY_MONTH,
        common.PRESTATIECODE,
        common.ZORGKANTOORREGIO,
        common.WLZ_UITVOERDER,
        common.CARE_MONTH,
        common.LAG_MONTHS,
        series.DECLARED_VOLUME,
        series.DECLARED_AMOUNT_EUR,
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
        common.DELIVERY_MONTH,
        common.SCENARIO,
        common.PRESTATIECODE,
        common.WLZ_UITVOERDER,
        common.CARE_MONTH,
        common.LAG_MONTHS,
        series.DECLARED_VOLUME,
        series.DECLARED_AMOUNT_EUR,
        series.IN_FORECAST_BASE,
    ),
    ("scenario", "prestatiecode", "wlz_uitvoerder", "care_month"),
    "Monthly series per prestatie and uitvoerder: null is not delivered, 0 is delivered without claims.",
    nullable=frozenset({"declared_volume", "declared_amount_eur"}),
)
CODE_LIST = Table(
    "code_list",
    "series",
    "lake",
    "prestatie",
    (
        common.DELIVERY_MONTH,
        common.BUDGET_YEAR,
        common.PRESTATIECODE,
        series.DESCRIPTION,
        bounds.PRESTATIEGROEP,
        deliveries.SECTOR,
        series.LEVERINGSVORM,
        common.UNIT_CODE,
        series.IS_CRISIS,
        series.IS_MEERZORG,
        prices.IN_BASE,
        series.CODE_VALID_TO,
        series.SUCCESSOR,
        series.TRUST,
        series.PACK,
    ),
    ("prestatiecode",),
    "The list of codes as the advice used it: what each prestatie is, its unit, which are counted apart.",
    nullable=frozenset({"sector", "leveringsvorm", "code_valid_to", "successor"}),
    published=True,
)
