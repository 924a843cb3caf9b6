"""HOW a number is computed: frames in, frames out; no files, clock, Dagster or DuckDB."""
