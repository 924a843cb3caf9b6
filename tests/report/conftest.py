"""What the tests of the report share: a published database to change by hand."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest


@pytest.fixture
def spoiled(small_data, tmp_path: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """A copy of the published database to change by hand, and its path."""
    database = tmp_path / "wlz.duckdb"
    shutil.copyfile(small_data.database, database)
    connection = duckdb.connect(str(database))
    yield connection, database
    connection.close()
