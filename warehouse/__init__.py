"""What data LOOK LIKE at rest: contracts, the lake, the published database. The only room that knows DuckDB."""
