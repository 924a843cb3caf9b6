"""Columns of the stage utilisation: expectation against the kader, and of the marts made from it."""

import polars as pl

from warehouse.contract import MONEY, Column

EXPECTED_EXCL_EXTRA_EUR = Column(
    "expected_excl_extra_eur",
    MONEY,
    "eur",
    "Expected utilisation of the year without extra items.",
    "Verwachte benutting excl. extra posten (€)",
)
EXPECTED_EUR = Column("expected_eur", MONEY, "eur", "Expected utilisation of the year.", "Verwachte benutting (€)")
BUDGET_EUR = Column("budget_eur", MONEY, "eur", "Kader: the budget framework of the year.", "Wlz-kader (€)")
AVAILABLE_EUR = Column(
    "available_eur",
    MONEY,
    "eur",
    "Kader minus expectation; negative is a shortage.",
    "Beschikbare ruimte (€)",
)
DECLARED_MONTH_EUR = Column(
    "declared_month_eur",
    MONEY,
    "eur",
    "Claims of the month in the delivery, meerzorg left out; empty when none came in, and for pgb.",
    "Gedeclareerd in de maand (€)",
)
COMPLETED_MONTH_EUR = Column(
    "completed_month_eur",
    MONEY,
    "eur",
    "The month as completed for lag; empty where it was not.",
    "Voltooid in de maand (€)",
)
AVAILABLE_RATIO = Column("available_ratio", pl.Float64(), "ratio", "Available room ÷ kader.", "Beschikbare ruimte (%)")
AVAILABLE_LOWER_80_EUR = Column(
    "available_lower_80_eur",
    MONEY,
    "eur",
    "Least room in the 80 % prediction interval: kader minus upper_80_eur; empty when not computed.",
    "Minste ruimte, 80 % (€)",
)
AVAILABLE_UPPER_80_EUR = Column(
    "available_upper_80_eur",
    MONEY,
    "eur",
    "Most room in the 80 % prediction interval: kader minus lower_80_eur; empty when not computed.",
    "Meeste ruimte, 80 % (€)",
)
AVAILABLE_LOWER_95_EUR = Column(
    "available_lower_95_eur",
    MONEY,
    "eur",
    "Least room in the 95 % prediction interval: kader minus upper_95_eur; empty when not computed.",
    "Minste ruimte, 95 % (€)",
)
AVAILABLE_UPPER_95_EUR = Column(
    "available_upper_95_eur",
    MONEY,
    "eur",
    "Most room in the 95 % prediction interval: kader minus lower_95_eur; empty when not computed.",
    "Meeste ruimte, 95 % (€)",
)
AVAILABLE_BOUNDS_EUR = (AVAILABLE_LOWER_80_EUR, AVAILABLE_UPPER_80_EUR, AVAILABLE_LOWER_95_EUR, AVAILABLE_UPPER_95_EUR)
DECLARED_TO_DATE_EUR = Column(
    "declared_to_date_eur",
    MONEY,
    "eur",
    "Claims of the budget year in the delivery, meerzorg included; the months of utilisation_monthly leave it out.",
    "Gedeclareerd tot heden (€)",
)
TRANSFER_POSSIBLE_EUR = Column(
    "transfer_possible_eur",
    MONEY,
    "eur",
    "What the surplus of the other part is worth here, after brutering.",
    "Over te hevelen (€)",
)
AVAILABLE_AFTER_TRANSFER_EUR = Column(
    "available_after_transfer_eur",
    MONEY,
    "eur",
    "Available room after that transfer.",
    "Ruimte na overheveling (€)",
)
AVAILABLE_AFTER_TRANSFER_RATIO = Column(
    "available_after_transfer_ratio",
    pl.Float64(),
    "ratio",
    "Room after transfer ÷ unchanged kader.",
    "Ruimte na overheveling (%)",
)
REDISTRIBUTION_RESERVE_EUR = Column(
    "redistribution_reserve_eur",
    MONEY,
    "eur",
    "Herverdelingsmiddelen held back for the year.",
    "Herverdelingsmiddelen (€)",
)
RESERVE_NEEDED_RATIO = Column(
    "reserve_needed_ratio",
    pl.Float64(),
    "ratio",
    "Share of the herverdelingsmiddelen needed for the shortage after transfer.",
    "Nodig van reserve",
)
RESERVE_LEFT_EUR = Column(
    "reserve_left_eur",
    MONEY,
    "eur",
    "Herverdelingsmiddelen left after the shortage; negative is a lack.",
    "Over van reserve (€)",
)
AMOUNT_MONTH_EUR = Column(
    "month_eur",
    MONEY,
    "eur",
    "Amount of the month; for pgb the change of the stand.",
    "Bedrag in de maand (€)",
)
EXPECTED_CUMULATIVE_EUR = Column(
    "expected_cumulative_eur",
    MONEY,
    "eur",
    "Cumulative expectation without extra items (letter, figures 3 and 6).",
    "Cumulatief excl. extra posten (€)",
)
EXPECTED_CUMULATIVE_INCL_EXTRA_EUR = Column(
    "expected_cumulative_incl_extra_eur",
    MONEY,
    "eur",
    "Cumulative expectation with one twelfth of the extra items a month (figure 1).",
    "Cumulatief incl. extra posten (€)",
)
