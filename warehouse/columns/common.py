"""Columns that every stage shares: who, what, when, which vintage."""

from datetime import date

import polars as pl

from warehouse.contract import Column

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)  # no delivery is about another century
TWO_YEARS = 24  # months: a budget, an agreement or a tariff may be of the year after next
OVER = -12  # months: a year that is settled is over
FIVE_YEARS = 60  # months: after that nobody delivers a month again

DELIVERY_MONTH = Column(
    "delivery_month",
    pl.Date(),
    "month",
    "Month of the claims delivery the row rests on: the vintage of the advice.",
    "Aanlevermaand",
)
BUDGET_YEAR = Column(
    "budget_year",
    pl.Int32(),
    "year",
    "Calendar year the kader is for.",
    "Budgetjaar",
    source_name="budgetjaar",
    minimum=2015,
    maximum=2100,
    ahead_months=TWO_YEARS,
)
SCENARIO = Column(
    "scenario",
    pl.String(),
    "text",
    "Way of computing: letter (the method of the May 2018 advice) and others.",
    "Scenario",
)
WLZ_UITVOERDER = Column(
    "wlz_uitvoerder",
    pl.String(),
    "text",
    "Wlz-uitvoerder that runs the region in the budget year; Landelijk marks the total.",
    "Wlz-uitvoerder",
    source_name="wlz_uitvoerder",
)
ZORGKANTOORREGIO = Column(
    "zorgkantoorregio",
    pl.String(),
    "text",
    "Report region, spelled as in table 6 of the advice of May 2018; Landelijk marks the total.",
    "Zorgkantoorregio",
)
PRESTATIECODE = Column(
    "prestatiecode",
    pl.String(),
    "code",
    "Code of the prestatie in the claims list 055 (Z stay, V full package at home, H modular).",
    "Prestatiecode",
    source_name="prestatiecode",
)
CARE_MONTH = Column(
    "care_month",
    pl.Date(),
    "month",
    "Month in which the care was given.",
    "Zorgmaand",
    source_name="zorgmaand",
    minimum=FIRST_DAY,
    maximum=LAST_DAY,
)
IS_LATEST = Column(
    "is_latest",
    pl.Boolean(),
    "flag",
    "Whether the row is of the newest advice. Computed when it is read.",
    "Nieuwste advies",
)
IS_HEADLINE = Column(
    "is_headline",
    pl.Boolean(),
    "flag",
    "Whether the row is of the scenario that its advice shows first, or goes with every scenario. Computed when it is "
    "read.",
    "Rekenwijze die vooraan staat",
)
LAG_MONTHS = Column("lag_months", pl.Int32(), "months", "Months between care and delivery.", "Maanden tot aanlevering")
PART = Column(
    "part",
    pl.String(),
    "text",
    "Part of the kader: zin (zorg in natura), pgb (persoonsgebonden budget), or both after transfers (exceedance).",
    "Deel",
    allowed=("zin", "pgb", "both"),
)
MONTH = Column(
    "month",
    pl.Date(),
    "month",
    "Calendar month of the row.",
    "Maand",
    source_name="maand",
    minimum=FIRST_DAY,
    maximum=LAST_DAY,
    ahead_months=0,
)
UNIT_CODE = Column(
    "unit_code",
    pl.String(),
    "code",
    "Unit of the volume, Vektis list COD218.",
    "Eenheid",
    source_name="eenheid",
)
LEVEL = Column(
    "level",
    pl.String(),
    "text",
    "What the row adds up: the nation, an uitvoerder, a region, a group of prestaties, or one series.",
    "Niveau",
    allowed=("national", "uitvoerder", "region", "group", "series"),
)
LOWER_80_EUR = Column(
    "lower_80_eur",
    pl.Decimal(18, 2),
    "eur",
    "Lower end of the 80 % prediction interval; empty when not computed.",
    "Ondergrens 80 % (€)",
)
UPPER_80_EUR = Column(
    "upper_80_eur",
    pl.Decimal(18, 2),
    "eur",
    "Upper end of the 80 % prediction interval; empty when not computed.",
    "Bovengrens 80 % (€)",
)
LOWER_95_EUR = Column(
    "lower_95_eur",
    pl.Decimal(18, 2),
    "eur",
    "Lower end of the 95 % prediction interval; empty when not computed.",
    "Ondergrens 95 % (€)",
)
UPPER_95_EUR = Column(
    "upper_95_eur",
    pl.Decimal(18, 2),
    "eur",
    "Upper end of the 95 % prediction interval; empty when not computed.",
    "Bovengrens 95 % (€)",
)
BOUNDS_EUR = (LOWER_80_EUR, UPPER_80_EUR, LOWER_95_EUR, UPPER_95_EUR)
ENGINE = Column("engine", pl.String(), "text", "Forecasting engine that made the row.", "Rekenmethode")
MODEL = Column(
    "model",
    pl.String(),
    "text",
    "Model chosen for the series: error, trend, season; or the edge case that applied.",
    "Model",
)
FLAG = Column(
    "flag",
    pl.String(),
    "flag",
    "Edge case or warning that applies to the row; empty when none does.",
    "Bijzonderheid",
)
