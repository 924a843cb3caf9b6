"""Stage volumes: the coming months of every series, per scenario, and how good such forecasts were."""
