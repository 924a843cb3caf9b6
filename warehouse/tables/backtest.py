"""Tables of the stage backtest."""

from warehouse.columns import backtest as b
from warehouse.columns import common as c
from warehouse.contract import Table

BACKTEST = Table(
    "backtest",
    "backtest",
    "lake",
    "engine × level × horizon",
    (
        c.DELIVERY_MONTH,
        c.BUDGET_YEAR,
        c.SCENARIO,
        c.ENGINE,
        c.LEVEL,
        b.HORIZON_MONTHS,
        b.ORIGINS_COUNT,
        b.UNITS_COUNT,
        b.WAPE_RATIO,
        b.BIAS_RATIO,
        b.MASE_RATIO,
        b.COVERAGE_80_RATIO,
        b.COVERAGE_95_RATIO,
        b.INTERVAL_SCORE_95_RATIO,
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
)
