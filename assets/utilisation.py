"""Assets of the stage utilisation: the expectation against the kader, at the end of the year and through it."""

from assets.context import stage_asset

utilisation = stage_asset(
    "utilisation",
    judges=("utilisation", "awaited"),
    shown=("level", "wlz_uitvoerder", "part", "expected_eur", "budget_eur", "available_eur", "available_ratio"),
)
utilisation_months = stage_asset("utilisation_months")
