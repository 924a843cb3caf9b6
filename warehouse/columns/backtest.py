"""Columns of the stage backtest: how good forecasts were on the panel's own past."""

import polars as pl

from warehouse.contract import Column

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
