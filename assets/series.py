"""Assets of the stage series: corrected units, claims per region, monthly series per prestatie and uitvoerder."""

from assets.context import stage_asset

claim_unit_corrections = stage_asset("claim_unit_corrections")
series_region = stage_asset("series_region")
series = stage_asset("series")
code_list = stage_asset("code_list")
