"""Columns of the stage monitor: providers and deliveries that are late or wrong."""

import polars as pl

from warehouse.contract import MONEY, Column

LAST_CARE_MONTH = Column(
    "last_care_month",
    pl.Date(),
    "month",
    "Youngest care month with claims in the delivery; empty when there is none among those looked at.",
    "Laatste gedeclareerde maand",
)
LATE_MONTHS = Column(
    "late_months",
    pl.Int32(),
    "months",
    "Months the claims are behind. Provider: its youngest month against that of most providers of the uitvoerder; "
    "uitvoerder: lag less effective lag.",
    "Maanden achter",
    minimum=0,
)
USUAL_MONTH_EUR = Column(
    "usual_month_eur", MONEY, "eur", "Mean of the youngest complete care months of the provider.", "Gewone maand (€)"
)
CAME_IN_EUR = Column(
    "came_in_eur",
    MONEY,
    "eur",
    "What the open months grew by since the delivery before.",
    "Binnengekomen (€)",
)
EXPECTED_IN_EUR = Column(
    "expected_in_eur",
    MONEY,
    "eur",
    "What they would have grown by had the provider come in like the others of its uitvoerder.",
    "Verwacht binnen te komen (€)",
)
DECLARED_OPEN_EUR = Column(
    "declared_open_eur", MONEY, "eur", "Claims of the open months in the delivery.", "Gedeclareerd, open maanden (€)"
)
EXPECTED_OPEN_EUR = Column(
    "expected_open_eur",
    MONEY,
    "eur",
    "Claims of the open months as other providers of its uitvoerder have them by now.",
    "Verwacht, open maanden (€)",
)
HIDDEN_EUR = Column(
    "hidden_eur",
    MONEY,
    "eur",
    "What the absence of a late provider hides: expected less declared, of the open months; 0 when it is not late.",
    "Verborgen door te laat declareren (€)",
    minimum=0,
)
ZORGKANTOOR_SHARE_RATIO = Column(
    "zorgkantoor_share_ratio",
    pl.Float64(),
    "ratio",
    "Share of the provider in the usual month of its zorgkantoor; empty when that has none.",
    "Aandeel in zorgkantoor",
)
PROVIDER_FLAG = Column(
    "provider_flag",
    pl.String(),
    "text",
    "late: less came in than usual; wrong: a finding on its units or prices; stopped: no claims for half a year.",
    "Signaal",
    allowed=("late", "wrong", "late and wrong", "stopped"),
)
WRONG_CHECK_IDS = Column(
    "wrong_check_ids", pl.String(), "text", "Checks on units and prices that name the provider.", "Controles"
)
WRONG_EUR = Column("wrong_eur", MONEY, "eur", "Amount those findings touch.", "Bedrag van die bevindingen (€)")
DUE_ON = Column(
    "due_on",
    pl.Date(),
    "date",
    "Day the claims of the month are due: the cut-off of the round, else its second working day.",
    "Uiterste aanleverdatum",
)
IS_ON_TIME = Column(
    "is_on_time", pl.Boolean(), "flag", "Whether the delivery came on or before that day.", "Op tijd aangeleverd"
)
BLOCKS_COUNT = Column(
    "blocks_count", pl.Int64(), "count", "Checks that refuse the delivery.", "Blokkerende controles", minimum=0
)
DELIVERY_STATE = Column(
    "delivery_state",
    pl.String(),
    "text",
    "refused; absent: no row of the uitvoerder; late: after the due day, or a delivery behind; else on time.",
    "Stand van de aanlevering",
    allowed=("on time", "late", "absent", "refused"),
)
