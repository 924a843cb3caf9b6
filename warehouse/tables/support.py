"""Tables of the stage support. Internal: they say which cells rest on one or two providers."""

from warehouse.columns import bounds as b
from warehouse.columns import common as c
from warehouse.columns import deliveries as d
from warehouse.columns import support as s
from warehouse.contract import Table

CELL_SUPPORT = Table(
    "cell_support",
    "support",
    "lake",
    "part × level: one cell of the report",
    (
        c.DELIVERY_MONTH,
        c.BUDGET_YEAR,
        c.SCENARIO,
        c.LEVEL,
        c.PART,
        c.WLZ_UITVOERDER,
        c.ZORGKANTOORREGIO,
        b.PRESTATIEGROEP,
        c.PRESTATIECODE,
        s.PROVIDERS_COUNT,
        d.HOLDERS_COUNT,
        s.SUPPRESSION,
    ),
    ("scenario", "part", "level", "wlz_uitvoerder", "zorgkantoorregio", "prestatiegroep", "prestatiecode"),
    "Internal, not for publication: on how many providers (zin) or holders (pgb) each cell of the report rests, and "
    "which cells the report leaves out. The same pattern in every scenario, and for every amount of the row.",
    nullable=frozenset({"prestatiegroep", "prestatiecode", "providers_count", "holders_count", "suppression"}),
    known_issues=(
        "Claims delivered without provider: groups and series are left out, regions, uitvoerders and the nation not.",
        "Cells are those of any scenario; a scenario may lack some.",
    ),
)
