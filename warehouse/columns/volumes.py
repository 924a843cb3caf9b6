"""Columns of the stage volumes: observed and forecast volumes with bounds, and how good forecasts were before."""

import polars as pl

from warehouse.contract import Column

OBSERVED_VOLUME = Column(
    "observed_volume",
    pl.Float64(),
    "volume",
    "Declared units that entered the forecast; empty in forecast months.",
    "Waargenomen aantal",
)
FORECAST_VOLUME = Column(
    "forecast_volume", pl.Float64(), "volume", "Forecast units; empty in observed months.", "Verwacht aantal"
)
LOWER_80_VOLUME = Column(
    "lower_80_volume",
    pl.Float64(),
    "volume",
    "Lower end of the 80 % prediction interval of the month.",
    "Ondergrens 80 %",
)
UPPER_80_VOLUME = Column(
    "upper_80_volume",
    pl.Float64(),
    "volume",
    "Upper end of the 80 % prediction interval of the month.",
    "Bovengrens 80 %",
)
LOWER_95_VOLUME = Column(
    "lower_95_volume",
    pl.Float64(),
    "volume",
    "Lower end of the 95 % prediction interval of the month.",
    "Ondergrens 95 %",
)
UPPER_95_VOLUME = Column(
    "upper_95_volume",
    pl.Float64(),
    "volume",
    "Upper end of the 95 % prediction interval of the month.",
    "Bovengrens 95 %",
)
BOUNDS_VOLUME = (LOWER_80_VOLUME, UPPER_80_VOLUME, LOWER_95_VOLUME, UPPER_95_VOLUME)
COMPUTED_VOLUME = Column(
    "computed_volume",
    pl.Float64(),
    "volume",
    "Forecast units before an override; what the bounds are drawn around, then scaled to the forecast.",
    "Berekend aantal",
)
FORECAST_REASON = Column(
    "forecast_reason",
    pl.String(),
    "text",
    "Why this engine or rule made the row; of an override the reason, author and date.",
    "Reden",
)
FORECAST_VOLUME_YEAR = Column(
    "forecast_volume_year",
    pl.Float64(),
    "volume",
    "Sum of the forecast months of the chosen model.",
    "Som prognose",
)
CHECK_VOLUME_YEAR = Column(
    "check_volume_year",
    pl.Float64(),
    "volume",
    "The same sum by statsmodels, same model form, own estimation.",
    "Som controle",
)
DIFFERENCE_RATIO = Column(
    "difference_ratio", pl.Float64(), "ratio", "Check divided by forecast, minus one.", "Verschil"
)
HORIZON_MONTHS = Column(
    "horizon_months", pl.Int32(), "months", "Months ahead; empty for the year as a whole.", "Maanden vooruit"
)
ORIGINS_COUNT = Column("origins_count", pl.Int64(), "count", "Moments forecast from.", "Oorsprongen", minimum=1)
UNITS_COUNT = Column(
    "units_count", pl.Int64(), "count", "Series or sums measured, over all origins.", "Aantal", minimum=1
)
WAPE_RATIO = Column("wape_ratio", pl.Float64(), "ratio", "Σ |forecast − actual| ÷ Σ |actual|.", "WAPE")
BIAS_RATIO = Column("bias_ratio", pl.Float64(), "ratio", "Σ (forecast − actual) ÷ Σ |actual|.", "Vertekening")
MASE_RATIO = Column(
    "mase_ratio",
    pl.Float64(),
    "ratio",
    "Mean |error| ÷ mean absolute difference with the same month a year before (Hyndman and Koehler 2006).",
    "MASE",
)
COVERAGE_80_RATIO = Column(
    "coverage_80_ratio", pl.Float64(), "ratio", "Share of actuals inside the 80 % bounds.", "Dekking 80 %"
)
COVERAGE_95_RATIO = Column(
    "coverage_95_ratio", pl.Float64(), "ratio", "Share of actuals inside the 95 % bounds.", "Dekking 95 %"
)
INTERVAL_SCORE_95_RATIO = Column(
    "interval_score_95_ratio",
    pl.Float64(),
    "ratio",
    "Interval score of the 95 % bounds (Gneiting and Raftery 2007) ÷ mean actual; lower is better.",
    "Intervalscore 95 %",
)
