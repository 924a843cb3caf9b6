"""Assets of the stage volumes: backtest, volumes of every scenario, and a sample refitted by statsmodels."""

from assets.context import stage_asset

backtest = stage_asset("backtest")
volumes = stage_asset("volumes", counted=("model",))
volume_check = stage_asset("volume_check", judges=("volume_check",))
