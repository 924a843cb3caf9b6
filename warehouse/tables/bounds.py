"""Tables of the stage bounds."""

from warehouse.columns import bounds, common, extra_items, utilisation, volumes
from warehouse.contract import Table

AFTER = "utilisation"

_VINTAGE = (common.DELIVERY_MONTH, common.BUDGET_YEAR, common.SCENARIO)
FORECAST_BOUNDS = Table(
    "forecast_bounds",
    "bounds",
    "lake",
    "part × level × period × month: what is expected, and its bounds",
    (
        *_VINTAGE,
        common.PART,
        common.LEVEL,
        common.WLZ_UITVOERDER,
        common.ZORGKANTOORREGIO,
        bounds.PRESTATIEGROEP,
        common.PRESTATIECODE,
        bounds.PERIOD,
        common.MONTH,
        bounds.PERIOD_VOLUME,
        *volumes.BOUNDS_VOLUME,
        utilisation.EXPECTED_EUR,
        *common.BOUNDS_EUR,
        *utilisation.AVAILABLE_BOUNDS_EUR,
        bounds.UNCERTAINTY,
    ),
    (
        "scenario",
        "part",
        "level",
        "wlz_uitvoerder",
        "zorgkantoorregio",
        "prestatiegroep",
        "prestatiecode",
        "period",
        "month",
    ),
    "Bounds of months not yet known, of the year up to them and of the year, at every level. All levels are sums of "
    "the same joint paths. Regions, uitvoerders and the nation hold the extra items, series and groups do not.",
    nullable=frozenset(
        {"prestatiegroep", "prestatiecode", "expected_volume"}
        | {column.name for column in (*volumes.BOUNDS_VOLUME, *utilisation.AVAILABLE_BOUNDS_EUR)}
    ),
    known_issues=(
        "Months already declared have no row: they have no bounds.",
        "A group that counts in more than one unit has euro only.",
        "Room is stated of the year of regions, uitvoerders and the nation: nothing else has a kader of its own.",
    ),
    published=True,
)
EXCEEDANCE = Table(
    "exceedance",
    "bounds",
    "lake",
    "wlz_uitvoerder × part",
    (
        *_VINTAGE,
        common.WLZ_UITVOERDER,
        common.PART,
        utilisation.BUDGET_EUR,
        bounds.EXCEEDANCE_RATIO,
        bounds.EXPECTED_SHORTFALL_EUR,
        bounds.KADER_FOR_80_EUR,
        bounds.KADER_FOR_95_EUR,
        bounds.NEEDED_FOR_80_EUR,
        bounds.NEEDED_FOR_95_EUR,
    ),
    ("scenario", "wlz_uitvoerder", "part"),
    "Chance that the kader is exceeded, how much then, and what it takes to be 80 or 95 % sure; Landelijk is the "
    "nation, both is zin and pgb after transfers between them.",
    nullable=frozenset({"expected_shortfall_eur", "kader_for_80_eur", "kader_for_95_eur"}),
    known_issues=("zin and pgb are drawn independently of each other: nothing delivered says how they move together.",),
    published=True,
)
OUTLOOK = Table(
    "utilisation_outlook",
    "bounds",
    "lake",
    "wlz_uitvoerder, year after the budget year",
    (
        *_VINTAGE,
        common.WLZ_UITVOERDER,
        utilisation.EXPECTED_EXCL_EXTRA_EUR,
        *common.BOUNDS_EUR,
        bounds.BUDGET_YEAR_EXPECTED_EUR,
        bounds.GROWTH_RATIO,
        extra_items.EXTRA_ITEMS_EUR,
        utilisation.EXPECTED_EUR,
        utilisation.BUDGET_EUR,
        utilisation.AVAILABLE_EUR,
        bounds.MISSING_PARTS,
    ),
    ("scenario", "wlz_uitvoerder"),
    "Zin of the year after the budget year at the prices of the budget year; the bounds are of the expectation without "
    "extra items. Extra items that are computed grow with the claims. What is not known of that year is named. "
    "budget_year is the year after. Landelijk is the total.",
    nullable=frozenset(
        {"growth_ratio", "extra_items_eur", "expected_eur", "budget_eur", "available_eur", "missing_parts"}
    ),
    published=True,
)
