"""Assets of the stage lag: the months of the budget year completed, the curve behind them, how they were revised."""

from assets.context import stage_asset

completed_series = stage_asset("completed_series", judges=("lag_findings",))
