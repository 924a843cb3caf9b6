"""Columns of the stage extra_items: what is paid outside the forecast of claims (letter, annex A.1.2 and A.2.2)."""

import polars as pl

from warehouse.contract import MONEY, Column

ITEM = Column(
    "item",
    pl.String(),
    "text",
    "Extra item as declared for the year: crisisbedden, meerzorg, na_ijl, or one that was added.",
    "Extra post",
    pattern=r"^[a-z][a-z0-9_]*$",
)
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
ITEM_EUR = Column(
    "item_eur", MONEY, "eur", "Amount added to the expectation; empty when nothing is known of it.", "Extra post (€)"
)
ITEM_METHOD = Column(
    "item_method",
    pl.String(),
    "text",
    "How the amount came about: grown (settled and agreed years up to the one before), carried_forward (settled ÷ "
    "claimed of earlier years), none_settled, from_claims, no_data, left_out (nothing known, empty), delivered, "
    "derived, older_delivered, lag_in_months, fixed (declared).",
    "Wijze",
    allowed=(
        *("grown", "carried_forward", "none_settled", "from_claims", "no_data", "left_out"),
        *("delivered", "derived", "older_delivered", "lag_in_months", "fixed"),
    ),
)
RATIO_YEAR = Column(
    "ratio_year",
    pl.Int32(),
    "year",
    "Year of the ratio that was used: the last of settled ÷ claimed, or that of late claims; the earliest of several.",
    "Jaar van de verhouding",
)
SETTLED_FACTOR = Column(
    "settled_factor",
    pl.Float64(),
    "factor",
    "Settled ÷ claimed that was carried forward; for crisis beds the empty-bed ratio is this − 1.",
    "Afgerekend ÷ gedeclareerd",
)
COMMON_DEVIATION = Column(
    "item_common_deviation_eur",
    pl.Float64(),
    "eur",
    "Standard deviation of a carried item in what all uitvoerders share; empty when not carried, or not measured.",
    "Gedeelde spreiding (€)",
)
OWN_DEVIATION = Column(
    "item_own_deviation_eur",
    pl.Float64(),
    "eur",
    "Standard deviation of a carried item in what is the uitvoerder's own.",
    "Eigen spreiding (€)",
)
PAY_PATTERN = Column(
    "pay_pattern",
    pl.String(),
    "text",
    "When the item is paid: even (one twelfth a month), year_end, with_claims.",
    "Betaalpatroon",
    allowed=("even", "year_end", "with_claims"),
)
OTHER_ITEMS_EUR = Column(
    "other_items_eur", MONEY, "eur", "Items declared beside the three of the letter.", "Overige extra posten (€)"
)
METHODS = Column("item_methods", pl.String(), "text", "Per item how its amount came about (item_method).", "Wijzen")
LEFT_OUT_CLAIMS_EUR = Column(
    "left_out_claims_eur",
    MONEY,
    "eur",
    "Claims of items that are left out: what their unknown amount would have stood on.",
    "Declaraties van weggelaten posten (€)",
)
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
