"""Tables of the stage bounds."""

from warehouse.columns import bounds as b
from warehouse.columns import common as c
from warehouse.columns import utilisation as u
from warehouse.columns import volumes as v
from warehouse.contract import Table

_VINTAGE = (c.DELIVERY_MONTH, c.BUDGET_YEAR, c.SCENARIO)
FORECAST_BOUNDS = Table(
    "forecast_bounds",
    "bounds",
    "lake",
    "part × level × period × month: what is expected, and its bounds",
    (
        *_VINTAGE,
        c.PART,
        c.LEVEL,
        c.WLZ_UITVOERDER,
        c.ZORGKANTOORREGIO,
        b.PRESTATIEGROEP,
        c.PRESTATIECODE,
        b.PERIOD,
        c.MONTH,
        b.PERIOD_VOLUME,
        *v.BOUNDS_VOLUME,
        u.EXPECTED_EUR,
        *c.BOUNDS_EUR,
        b.UNCERTAINTY,
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
        {"prestatiegroep", "prestatiecode", "expected_volume", *(column.name for column in v.BOUNDS_VOLUME)}
    ),
    known_issues=(
        "Months already declared have no row: they have no bounds.",
        "A group that counts in more than one unit has euro only.",
    ),
)
EXCEEDANCE = Table(
    "exceedance",
    "bounds",
    "lake",
    "wlz_uitvoerder × part",
    (
        *_VINTAGE,
        c.WLZ_UITVOERDER,
        c.PART,
        u.BUDGET_EUR,
        b.EXCEEDANCE_RATIO,
        b.EXPECTED_SHORTFALL_EUR,
        b.KADER_FOR_80_EUR,
        b.KADER_FOR_95_EUR,
        b.NEEDED_FOR_80_EUR,
        b.NEEDED_FOR_95_EUR,
    ),
    ("scenario", "wlz_uitvoerder", "part"),
    "Chance that the kader is exceeded, how much then, and what it takes to be 80 or 95 % sure; Landelijk is the "
    "nation, both is zin and pgb after transfers between them.",
    nullable=frozenset({"expected_shortfall_eur", "kader_for_80_eur", "kader_for_95_eur"}),
    known_issues=("zin and pgb are drawn independently of each other: nothing delivered says how they move together.",),
)
OUTLOOK = Table(
    "utilisation_outlook",
    "bounds",
    "lake",
    "wlz_uitvoerder, year after the budget year",
    (
        *_VINTAGE,
        c.WLZ_UITVOERDER,
        u.EXPECTED_EXCL_EXTRA_EUR,
        *c.BOUNDS_EUR,
        b.BUDGET_YEAR_EXPECTED_EUR,
        b.GROWTH_RATIO,
    ),
    ("scenario", "wlz_uitvoerder"),
    "Zin of the year after the budget year at the prices of the budget year, without extra items and without pgb; "
    "budget_year is the year after. Landelijk is the total.",
    nullable=frozenset({"growth_ratio"}),
)
