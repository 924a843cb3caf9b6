"""Columns of the stage aids: individually adapted aids (letter, chapter 5)."""

from warehouse.contract import MONEY, Column

DECLARED_EUR = Column(
    "declared_eur", MONEY, "eur", "Declared in the month; empty in forecast months.", "Gedeclareerd (€)"
)
FORECAST_EUR = Column("forecast_eur", MONEY, "eur", "Expected in the month; empty in observed months.", "Verwacht (€)")
CUMULATIVE_EUR = Column("cumulative_eur", MONEY, "eur", "Declared and expected since January.", "Cumulatief (€)")
RESERVE_EUR = Column("reserve_eur", MONEY, "eur", "Amount the ministry set aside for the year.", "Gereserveerd (€)")
