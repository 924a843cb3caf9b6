"""HOW a number is computed: frames in, frames out; no files, clock, Dagster or DuckDB.

As a library: `wlz.forecast(frame)` and `wlz.complete(frame)`, the same as `wlz forecast` and `wlz complete`.
"""

from wlz.library import complete, forecast

__all__ = ["complete", "forecast"]
