"""Tables of the stage volumes."""

from warehouse.columns import common as c
from warehouse.columns import deliveries as d
from warehouse.columns import lag as g
from warehouse.columns import volumes as v
from warehouse.contract import Table

VOLUMES = Table(
    "volumes",
    "volumes",
    "lake",
    "prestatie × wlz_uitvoerder × care month",
    (
        c.DELIVERY_MONTH,
        c.BUDGET_YEAR,
        c.SCENARIO,
        c.PRESTATIECODE,
        c.WLZ_UITVOERDER,
        c.CARE_MONTH,
        v.OBSERVED_VOLUME,
        g.COMPLETED_VOLUME,
        v.FORECAST_VOLUME,
        v.COMPUTED_VOLUME,
        c.ENGINE,
        c.MODEL,
        c.FLAG,
        v.FORECAST_REASON,
    ),
    ("scenario", "prestatiecode", "wlz_uitvoerder", "care_month"),
    "Observed volumes and their forecast to December of the year after; budget_year is that of the month.",
    nullable=frozenset({"observed_volume", "completed_volume", "forecast_volume", "computed_volume", "flag"}),
)
VOLUME_CHECK = Table(
    "volume_check",
    "volumes",
    "lake",
    "sampled prestatie × wlz_uitvoerder",
    (
        c.DELIVERY_MONTH,
        c.SCENARIO,
        c.PRESTATIECODE,
        c.WLZ_UITVOERDER,
        c.MODEL,
        v.FORECAST_VOLUME_YEAR,
        v.CHECK_VOLUME_YEAR,
        v.DIFFERENCE_RATIO,
        d.REASON,
    ),
    ("scenario", "prestatiecode", "wlz_uitvoerder"),
    "Independent refit of twelve series by statsmodels: does the chosen model form say the same?",
    nullable=frozenset({"check_volume_year", "difference_ratio", "reason"}),
)
