"""Asset of the stage extra_items: the extra items of the year per uitvoerder, with their intermediates."""

from assets.context import stage_asset

extra_items = stage_asset(
    "extra_items",
    judges=("extra_items", "na_ijl_names"),
    shown=("wlz_uitvoerder", "item", "prestatiecode", "item_eur", "item_method", "ratio_year", "flag"),
    counted=("item_method",),
)
