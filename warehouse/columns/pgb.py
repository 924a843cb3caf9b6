"""Columns of the stage pgb: stands of granted budgets and their forecast."""

from warehouse.contract import MONEY, Column

GRANTED_STAND_EUR = Column(
    "granted_stand_eur",
    MONEY,
    "eur",
    "Stand of granted budgets at the end of the month; empty in forecast months.",
    "Stand verleend (€)",
)
FORECAST_STAND_EUR = Column(
    "forecast_stand_eur",
    MONEY,
    "eur",
    "Forecast stand at the end of the month; empty in observed months.",
    "Verwachte stand (€)",
)
GRANTED_TO_DATE_EUR = Column(
    "granted_to_date_eur",
    MONEY,
    "eur",
    "Latest stand of granted budgets, without reserveringen.",
    "Benutting laatste stand (€)",
)
