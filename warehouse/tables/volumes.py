"""Tables of the stage volumes."""

from warehouse.columns import common, lag, register, volumes
from warehouse.contract import Table

AFTER = "lag"

VOLUMES = Table(
    "volumes",
    "volumes",
    "lake",
    "prestatie × wlz_uitvoerder × care month",
    (
        common.DELIVERY_MONTH,
        common.BUDGET_YEAR,
        common.SCENARIO,
        common.PRESTATIECODE,
        common.WLZ_UITVOERDER,
        common.CARE_MONTH,
        volumes.OBSERVED_VOLUME,
        lag.COMPLETED_VOLUME,
        volumes.FORECAST_VOLUME,
        volumes.COMPUTED_VOLUME,
        common.ENGINE,
        common.MODEL,
        common.FLAG,
        volumes.FORECAST_REASON,
    ),
    ("scenario", "prestatiecode", "wlz_uitvoerder", "care_month"),
    "Observed volumes and their forecast to December of the year after; budget_year is that of the month.",
    nullable=frozenset({"observed_volume", "completed_volume", "forecast_volume", "computed_volume", "flag"}),
    published=True,
)
VOLUME_CHECK = Table(
    "volume_check",
    "volumes",
    "lake",
    "sampled prestatie × wlz_uitvoerder",
    (
        common.DELIVERY_MONTH,
        common.SCENARIO,
        common.PRESTATIECODE,
        common.WLZ_UITVOERDER,
        common.MODEL,
        volumes.FORECAST_VOLUME_YEAR,
        volumes.CHECK_VOLUME_YEAR,
        volumes.DIFFERENCE_RATIO,
        register.REASON,
    ),
    ("scenario", "prestatiecode", "wlz_uitvoerder"),
    "Independent refit of twelve series by statsmodels: does the chosen model form say the same?",
    nullable=frozenset({"check_volume_year", "difference_ratio", "reason"}),
)
BACKTEST = Table(
    "backtest",
    "volumes",
    "lake",
    "engine × level × horizon",
    (
        common.DELIVERY_MONTH,
        common.BUDGET_YEAR,
        common.SCENARIO,
        common.ENGINE,
        common.LEVEL,
        volumes.HORIZON_MONTHS,
        volumes.ORIGINS_COUNT,
        volumes.UNITS_COUNT,
        volumes.WAPE_RATIO,
        volumes.BIAS_RATIO,
        volumes.MASE_RATIO,
        volumes.COVERAGE_80_RATIO,
        volumes.COVERAGE_95_RATIO,
        volumes.INTERVAL_SCORE_95_RATIO,
    ),
    ("scenario", "engine", "level", "horizon_months"),
    "Every engine on the panel's own past, one year at a time; and past advices (engine 'advice YYYY-MM SCENARIO') "
    "once their year is settled.",
    nullable=frozenset(
        {
            "horizon_months",
            "wape_ratio",
            "bias_ratio",
            "mase_ratio",
            "coverage_80_ratio",
            "coverage_95_ratio",
            "interval_score_95_ratio",
        }
    ),
    known_issues=("An advice of the past is one forecast of one year: its coverage is 0 or 1 per sum.",),
    published=True,
)
