"""Tables of the stage support. Internal: they say which cells rest on one or two providers."""

from warehouse.columns import bounds, common, deliveries, support
from warehouse.contract import Table

AFTER = "monitor"

CELL_SUPPORT = Table(
    "cell_support",
    "support",
    "lake",
    "part × level: one cell of the report",
    (
        common.DELIVERY_MONTH,
        common.BUDGET_YEAR,
        common.SCENARIO,
        common.LEVEL,
        common.PART,
        common.WLZ_UITVOERDER,
        common.ZORGKANTOORREGIO,
        bounds.PRESTATIEGROEP,
        common.PRESTATIECODE,
        support.PROVIDERS_COUNT,
        deliveries.HOLDERS_COUNT,
        support.SUPPRESSION,
    ),
    ("scenario", "part", "level", "wlz_uitvoerder", "zorgkantoorregio", "prestatiegroep", "prestatiecode"),
    "Internal, not for publication: on how many providers (zin) or holders (pgb) each cell of the report rests, and "
    "which cells the report leaves out. The same pattern in every scenario, and for every amount of the row.",
    nullable=frozenset({"prestatiegroep", "prestatiecode", "providers_count", "holders_count", "suppression"}),
    known_issues=(
        "Claims delivered without provider: groups and series are left out, regions, uitvoerders and the nation not.",
        "Cells are those of any scenario; a scenario may lack some.",
    ),
    published=True,
)
