"""Assets of the stage prices: the price of every prestatie, and the volumes valued at it."""

from assets.context import stage_asset

prices = stage_asset(
    "prices",
    shown=("prestatiecode", "wlz_uitvoerder", "price_source", "price_eur_per_unit", "unit_factor", "unit_evidence"),
    counted=("price_source", "unit_factor"),
)
revenue = stage_asset(
    "revenue",
    judges=(
        "missing_prices",
        "prices_with_euro",
        "claims_without_forecast",
        "flagged_series",
        "list_age",
        "not_followed",
    ),
)
