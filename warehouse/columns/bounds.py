"""Columns of the stage bounds: bounds per level and period, chances against the kader, the year after."""

import polars as pl

from warehouse.contract import MONEY, Column

PRESTATIEGROEP = Column(
    "prestatiegroep",
    pl.String(),
    "text",
    "Group of prestaties, after the nacalculatie form 2015.",
    "Prestatiegroep",
)
PERIOD = Column(
    "period",
    pl.String(),
    "text",
    "A single month, the year up to and including the month, or the whole year.",
    "Periode",
    allowed=("month", "cumulative", "year"),
)
PERIOD_VOLUME = Column(
    "expected_volume",
    pl.Float64(),
    "volume",
    "Expected units of the period; empty where a level mixes units.",
    "Verwacht aantal",
)
UNCERTAINTY = Column(
    "uncertainty",
    pl.String(),
    "text",
    "What the bounds hold, and after 'not:' what could not be estimated.",
    "Onzekerheid",
)
EXCEEDANCE_RATIO = Column(
    "exceedance_ratio",
    pl.Float64(),
    "ratio",
    "Chance that the year costs more than the kader; for both parts: that one stays short after transfers.",
    "Kans op overschrijding",
    minimum=0,
    maximum=1,
)
EXPECTED_SHORTFALL_EUR = Column(
    "expected_shortfall_eur",
    MONEY,
    "eur",
    "Mean shortage where the kader is exceeded; empty when it never is.",
    "Verwacht tekort bij overschrijding (€)",
)
KADER_FOR_80_EUR = Column(
    "kader_for_80_eur", MONEY, "eur", "Kader that would do in 80 of 100 cases.", "Kader voor 80 % zekerheid (€)"
)
KADER_FOR_95_EUR = Column(
    "kader_for_95_eur", MONEY, "eur", "Kader that would do in 95 of 100 cases.", "Kader voor 95 % zekerheid (€)"
)
NEEDED_FOR_80_EUR = Column(
    "needed_for_80_eur",
    MONEY,
    "eur",
    "To be added to the kader to be 80 % sure; 0 when it suffices.",
    "Nodig voor 80 % zekerheid (€)",
    minimum=0,
)
NEEDED_FOR_95_EUR = Column(
    "needed_for_95_eur",
    MONEY,
    "eur",
    "To be added to the kader to be 95 % sure; 0 when it suffices.",
    "Nodig voor 95 % zekerheid (€)",
    minimum=0,
)
BUDGET_YEAR_EXPECTED_EUR = Column(
    "this_year_excl_extra_eur",
    MONEY,
    "eur",
    "Expected zin of the budget year before, without extra items.",
    "Verwacht dit jaar excl. extra posten (€)",
)
GROWTH_RATIO = Column(
    "growth_ratio", pl.Float64(), "ratio", "Year after ÷ this year − 1, at the same prices.", "Groei volume"
)
MISSING_PARTS = Column(
    "missing_parts",
    pl.String(),
    "text",
    "What is not known of the year after, and not in its amounts: kader, pgb, names of extra items.",
    "Ontbreekt",
)
