"""Columns of the stage balance: what became of the rows and euro of a delivery."""

import polars as pl

from warehouse.contract import MONEY, Column
from wlz.balance.traced import FATE_RULES

DELIVERED_MONTH = Column(
    "delivered_month", pl.Date(), "month", "Month under which the delivery was delivered.", "Aangeleverd in maand"
)
DELIVERED_ROWS_COUNT = Column(
    "delivered_rows_count",
    pl.Int64(),
    "count",
    "Rows of the whole delivery, as counted in its file; the same in every row of the delivery.",
    "Regels aangeleverd",
    minimum=0,
)
DELIVERED_EUR = Column(
    "delivered_eur",
    MONEY,
    "eur",
    "Euro of the whole delivery; the same in every row of the delivery. Of pgb the granted stands, of the kader zin "
    "and pgb together. Empty for kinds without euro, and where nobody added them up.",
    "Aangeleverd bedrag (€)",
)
FATE = Column(
    "fate",
    pl.String(),
    "text",
    "What became of the rows: used; set_apart; superseded by a newer file of the month; left_out by the rule beside "
    "it; unexplained when no rule accounts for them and no table holds them.",
    "Wat ervan werd",
    allowed=tuple(FATE_RULES),
)
FATE_RULE = Column(
    "fate_rule",
    pl.String(),
    "text",
    "By which rule, or for what: docs/explanation/balance.md lists them.",
    "Waarvoor, of volgens welke regel",
    allowed=tuple(rule for rules in FATE_RULES.values() for rule in rules),
)
FATE_ROWS_COUNT = Column(
    "fate_rows_count",
    pl.Int64(),
    "count",
    "Rows of the delivery with this fate; they add up to the delivery.",
    "Regels",
)
FATE_EUR = Column(
    "fate_eur",
    MONEY,
    "eur",
    "Their euro, where a table holds them as that table has them; they add up to the delivery.",
    "Bedrag (€)",
)
