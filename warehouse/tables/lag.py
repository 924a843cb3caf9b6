"""Tables of the stage lag."""

from warehouse.columns import bounds, common, lag, series
from warehouse.contract import Table

AFTER = "series"

_VINTAGE = (common.DELIVERY_MONTH, common.BUDGET_YEAR, common.SCENARIO)
CLAIMS_SNAPSHOT = Table(
    "claims_snapshot",
    "lag",
    "lake",
    "claims delivery × prestatie × wlz_uitvoerder × care month",
    (
        common.DELIVERY_MONTH,
        common.PRESTATIECODE,
        common.WLZ_UITVOERDER,
        common.CARE_MONTH,
        series.DECLARED_VOLUME,
        series.DECLARED_AMOUNT_EUR,
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
        common.PRESTATIECODE,
        common.WLZ_UITVOERDER,
        common.CARE_MONTH,
        common.LAG_MONTHS,
        lag.EFFECTIVE_LAG_MONTHS,
        series.DECLARED_VOLUME,
        lag.COMPLETENESS_RATIO,
        lag.A_PRIORI_VOLUME,
        lag.COMPLETED_VOLUME,
        lag.COMMON_DEVIATION_RATIO,
        lag.OWN_DEVIATION_RATIO,
        lag.LAG_METHOD,
        common.FLAG,
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
        common.WLZ_UITVOERDER,
        bounds.PRESTATIEGROEP,
        common.LAG_MONTHS,
        lag.COMPLETENESS_RATIO,
        *lag.BOUNDS_RATIO,
        lag.LINK_RATIO,
        lag.CREDIBILITY_RATIO,
        lag.LINK_RATIOS_COUNT,
        lag.EXCLUDED_COUNT,
        lag.CURVE_LEVEL,
        lag.DRIFT_RATIO,
        lag.DRIFT_T_RATIO,
    ),
    ("scenario", "wlz_uitvoerder", "prestatiegroep", "lag_months"),
    "Share of the final claims known after so many months, in a usual month of the year, with bounds and drift.",
    nullable=frozenset({"link_ratio", "drift_ratio", "drift_t_ratio"}),
    published=True,
)
REVISION_STATISTICS = Table(
    "revision_statistics",
    "lag",
    "lake",
    "wlz_uitvoerder × lag in months",
    (
        *_VINTAGE,
        common.WLZ_UITVOERDER,
        common.LAG_MONTHS,
        lag.REVISIONS_COUNT,
        lag.MEAN_REVISION_RATIO,
        lag.MEAN_ABSOLUTE_REVISION_RATIO,
        lag.REVISION_T_RATIO,
    ),
    ("scenario", "wlz_uitvoerder", "lag_months"),
    "How completed months were revised: what earlier deliveries would have said against what is known now.",
    nullable=frozenset({"mean_revision_ratio", "mean_absolute_revision_ratio", "revision_t_ratio"}),
    published=True,
)
