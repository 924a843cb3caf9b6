"""Asset of the stage extra_items: crisis beds, meerzorg and na-ijl per uitvoerder, with their intermediates."""

from assets.context import stage_asset

extra_items = stage_asset("extra_items", shown=("wlz_uitvoerder", "item", "prestatiecode", "item_eur", "flag"))
