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
LEVERINGSVORM = Column(
    "leveringsvorm",
    pl.String(),
    "text",
    "How the care is delivered: verblijf, vpt, modulair, dagbesteding, toeslag, crisis or meerzorg; else empty.",
    "Leveringsvorm",
)
DESCRIPTION = Column("description", pl.String(), "text", "What the prestatie is, in short.", "Omschrijving")
IS_CRISIS = Column("is_crisis", pl.Boolean(), "flag", "Whether its empty beds are an extra item.", "Crisisbed")
IS_MEERZORG = Column("is_meerzorg", pl.Boolean(), "flag", "Whether it is estimated as meerzorg, apart.", "Meerzorg")
CODE_VALID_TO = Column(
    "code_valid_to", pl.Date(), "date", "Last day with care; empty while in force.", "Geldig tot en met"
)
SUCCESSOR = Column(
    "successor", pl.String(), "code", "Prestatie that goes on for it, the largest share of several.", "Opvolger"
)
TRUST = Column(
    "trust",
    pl.String(),
    "text",
    "What the row of the list rests on: an official file, a conversion of one, inference, or the simulation.",
    "Herkomst",
    allowed=("official", "converted", "inferred", "simulated"),
)
PACK = Column("pack", pl.String(), "text", "Pack of lists the advice was made with.", "Lijst")
