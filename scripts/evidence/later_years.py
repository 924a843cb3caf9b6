"""Years that have no file of their own, for worlds that run on after them: as `wlz year new` writes their skeleton."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from unittest.mock import patch

from warehouse import reference
from warehouse.years import write_year

LAST_OWN = 2019  # last year with a file in reference/assumptions


@contextmanager
def later_years(until: int, folder: Path) -> Iterator[None]:
    """While it is open every year through `until` has its numbers: those of the last year that has a file."""
    if until <= LAST_OWN:
        yield
        return
    own = folder / "reference"
    shutil.copytree(reference.REFERENCE, own)
    for year in range(LAST_OWN + 1, until + 1):
        write_year(year, LAST_OWN, own, date(year, 1, 1))
    with patch("warehouse.reference.REFERENCE", own), patch("warehouse.settings.REFERENCE", own):
        yield
