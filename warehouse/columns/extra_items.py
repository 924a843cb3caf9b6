"""Columns of the stage extra_items: crisis beds, meerzorg, na-ijl (letter, annex A.1.2 and A.2.2)."""

import polars as pl

from warehouse.contract import MONEY, Column

ITEM = Column("item", pl.String(), "text", "Extra item.", "Extra post", allowed=("crisisbedden", "meerzorg", "na_ijl"))
THREE_YEARS_BACK = Column(
    "base_3_years_back",
    pl.Float64(),
    "text",
    "Units (crisis beds) or euro (meerzorg) three years before the budget year.",
    "Jaar t−3",
)
TWO_YEARS_BACK = Column(
    "base_2_years_back",
    pl.Float64(),
    "text",
    "Units (crisis beds) or euro (meerzorg) two years before.",
    "Jaar t−2",
)
ONE_YEAR_BACK = Column(
    "base_1_year_back",
    pl.Float64(),
    "text",
    "Units (crisis beds) or euro (meerzorg) one year before.",
    "Jaar t−1",
)
GROWTH_FACTOR = Column("growth_factor", pl.Float64(), "factor", "Mean of the growth of the last two years.", "Groei")
EXPECTED_BASE = Column(
    "expected_base",
    pl.Float64(),
    "text",
    "Units (crisis beds), euro (meerzorg) or revenue (na-ijl) expected in the budget year.",
    "Verwacht",
)
ITEM_PRICE = Column(
    "item_price_eur_per_unit",
    pl.Float64(),
    "eur_per_unit",
    "Mean claims price of the budget year.",
    "Prijs extra post",
)
CLAIMS_FORECAST_EUR = Column(
    "claims_forecast_eur",
    MONEY,
    "eur",
    "What the claims alone would make of the item.",
    "Prognose uit declaraties (€)",
)
ITEM_EUR = Column("item_eur", MONEY, "eur", "Amount added to the expectation.", "Extra post (€)")
DELIVERED_LAG_RATIO = Column(
    "delivered_lag_ratio",
    pl.Float64(),
    "ratio",
    "Late claims as delivered apart, share of the year.",
    "Na-ijl aangeleverd",
)
DERIVED_LAG_RATIO = Column(
    "derived_lag_ratio",
    pl.Float64(),
    "ratio",
    "Late claims derived from deliveries one year apart; empty when the earlier one is unknown.",
    "Na-ijl afgeleid",
)
CRISISBEDDEN_EUR = Column(
    "crisisbedden_eur", MONEY, "eur", "Crisis beds that are paid but not claimed.", "Crisisbedden (€)"
)
MEERZORG_EUR = Column("meerzorg_eur", MONEY, "eur", "Meerzorg, from agreements and settlements.", "Meerzorg (€)")
NA_IJL_EUR = Column("na_ijl_eur", MONEY, "eur", "Late claims still to come.", "Na-ijleffect (€)")
EXTRA_ITEMS_EUR = Column("extra_items_eur", MONEY, "eur", "Sum of the extra items.", "Extra posten (€)")
MEERZORG_CLAIMS_EUR = Column(
    "meerzorg_claims_eur",
    MONEY,
    "eur",
    "Lower projection of meerzorg from claims, shown beside.",
    "Meerzorg uit declaraties (€)",
)
