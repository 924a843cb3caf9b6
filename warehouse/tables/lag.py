"""Tables of the stage lag."""

from warehouse.columns import bounds as b
from warehouse.columns import common as c
from warehouse.columns import lag as g
from warehouse.columns import series as s
from warehouse.contract import Table

_VINTAGE = (c.DELIVERY_MONTH, c.BUDGET_YEAR, c.SCENARIO)
CLAIMS_SNAPSHOT = Table(
    "claims_snapshot",
    "lag",
    "lake",
    "claims delivery × prestatie × wlz_uitvoerder × care month",
    (
        c.DELIVERY_MONTH,
        c.PRESTATIECODE,
        c.WLZ_UITVOERDER,
        c.CARE_MONTH,
        s.DECLARED_VOLUME,
        s.DECLARED_AMOUNT_EUR,
    ),
    ("prestatiecode", "wlz_uitvoerder", "care_month"),
    "What one delivery said of every care month; kept by content, so that a delivery is added up once.",
)
COMPLETED_SERIES = Table(
    "completed_series",
    "lag",
    "lake",
    "prestatie × wlz_uitvoerder × care month",
    (
        *_VINTAGE,
        c.PRESTATIECODE,
        c.WLZ_UITVOERDER,
        c.CARE_MONTH,
        c.LAG_MONTHS,
        g.EFFECTIVE_LAG_MONTHS,
        s.DECLARED_VOLUME,
        g.COMPLETENESS_RATIO,
        g.A_PRIORI_VOLUME,
        g.COMPLETED_VOLUME,
        g.COMMON_DEVIATION_RATIO,
        g.OWN_DEVIATION_RATIO,
        g.LAG_METHOD,
        c.FLAG,
    ),
    ("scenario", "prestatiecode", "wlz_uitvoerder", "care_month"),
    "Declared months completed for lag, with the share normally known and how sure the month is.",
    nullable=frozenset({"declared_volume", "a_priori_volume", "flag"}),
)
LAG_CURVE = Table(
    "lag_curve",
    "lag",
    "lake",
    "wlz_uitvoerder × prestatiegroep × lag in months",
    (
        *_VINTAGE,
        c.WLZ_UITVOERDER,
        b.PRESTATIEGROEP,
        c.LAG_MONTHS,
        g.COMPLETENESS_RATIO,
        *g.BOUNDS_RATIO,
        g.LINK_RATIO,
        g.CREDIBILITY_RATIO,
        g.LINK_RATIOS_COUNT,
        g.EXCLUDED_COUNT,
        g.CURVE_LEVEL,
        g.DRIFT_RATIO,
        g.DRIFT_T_RATIO,
    ),
    ("scenario", "wlz_uitvoerder", "prestatiegroep", "lag_months"),
    "Share of the final claims known after so many months, in a usual month of the year, with bounds and drift.",
    nullable=frozenset({"link_ratio", "drift_ratio", "drift_t_ratio"}),
)
REVISION_STATISTICS = Table(
    "revision_statistics",
    "lag",
    "lake",
    "wlz_uitvoerder × lag in months",
    (
        *_VINTAGE,
        c.WLZ_UITVOERDER,
        c.LAG_MONTHS,
        g.REVISIONS_COUNT,
        g.MEAN_REVISION_RATIO,
        g.MEAN_ABSOLUTE_REVISION_RATIO,
        g.REVISION_T_RATIO,
    ),
    ("scenario", "wlz_uitvoerder", "lag_months"),
    "How completed months were revised: what earlier deliveries would have said against what is known now.",
    nullable=frozenset({"mean_revision_ratio", "mean_absolute_revision_ratio", "revision_t_ratio"}),
)
