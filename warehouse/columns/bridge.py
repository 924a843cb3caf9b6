"""Columns of the stage bridge: what moved between two advices of one budget year."""

import polars as pl

from warehouse.contract import MONEY, Column

FROM_DELIVERY_MONTH = Column(
    "from_delivery_month",
    pl.Date(),
    "month",
    "Delivery month of the advice compared with.",
    "Aanlevermaand vorig advies",
)
FROM_SCENARIO = Column(
    "from_scenario",
    pl.String(),
    "text",
    "Scenario of the advice compared with: the same, or letter where that advice did not have it.",
    "Scenario vorig advies",
)
COMPONENT = Column(
    "component",
    pl.String(),
    "text",
    "What moved, in the order of the bridge.",
    "Onderdeel",
    allowed=("volume", "price", "lag", "extra_items", "pgb", "kader", "transfers"),
)
CHANGE_EUR = Column(
    "change_eur",
    MONEY,
    "eur",
    "What the component did to the available room of zin and pgb together: below 0 is less room.",
    "Effect op de ruimte (€)",
)
AVAILABLE_BEFORE_EUR = Column(
    "available_before_eur",
    MONEY,
    "eur",
    "Available room of zin and pgb together in the advice compared with; the same in every row of the uitvoerder.",
    "Ruimte vorig advies (€)",
)
AVAILABLE_AFTER_EUR = Column(
    "available_after_eur",
    MONEY,
    "eur",
    "Available room of zin and pgb together in this advice; the same in every row of the uitvoerder.",
    "Ruimte dit advies (€)",
)
