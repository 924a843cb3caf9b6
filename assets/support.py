"""Asset of the stage support: what the report leaves out, so that it gives nobody away. Internal."""

from assets.context import stage_asset

cell_support = stage_asset("cell_support", counted=("suppression",))
