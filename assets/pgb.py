"""Asset of the stage pgb: stands of granted budgets per region and their forecast to December."""

from assets.context import stage_asset

pgb = stage_asset("pgb")
