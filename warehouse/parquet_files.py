"""Parquet files from outside: decoded once as a whole, so that damage is found before anything is made of them."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

_ROWS_AT_ONCE = 100_000


def verify_parquet(path: Path) -> int:
    """Decode every page once, in pieces: Arrow raises on damage that makes the reader of Polars panic with a trace.

    Returns the number of rows.
    """
    schema = pq.read_schema(path)
    for key, value in _notes(schema):
        key.decode(), value.decode()  # Polars panics on notes that are no text
    texts = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]
    with pq.ParquetFile(path, read_dictionary=texts) as file:
        for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE):
            batch.validate(full=True)
        rows = int(file.metadata.num_rows)
    pa.default_memory_pool().release_unused()
    return rows


def _notes(schema: pa.Schema) -> list[tuple[bytes, bytes]]:
    """What the writer noted beside the schema and its fields."""
    noted = [schema.metadata, *(field.metadata for field in schema)]
    return [pair for notes in noted if notes for pair in notes.items()]
