"""Columns of the stage series: claims per prestatie and month, by region and by uitvoerder."""

import polars as pl

from warehouse.contract import MONEY, Column

DECLARED_VOLUME = Column(
    "declared_volume",
    pl.Float64(),
    "volume",
    "Declared units, in the unit of the prestatie; empty for a month not delivered.",
    "Gedeclareerd aantal",
)
DECLARED_AMOUNT_EUR = Column(
    "declared_amount_eur",
    MONEY,
    "eur",
    "Declared amount incl. NHC and NIC; empty for a month not delivered.",
    "Gedeclareerd bedrag (€)",
)
IN_FORECAST_BASE = Column(
    "in_forecast_base",
    pl.Boolean(),
    "flag",
    "Whether the month enters the volume forecast of the scenario.",
    "In basis prognose",
)
