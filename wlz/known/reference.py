"""Code lists, regions and grow-in of NHC as one object: what an advice knows without any delivery.

The files are read elsewhere (`warehouse/reference.py`); nothing is computed here.
"""

from typing import NamedTuple

import polars as pl


class Reference(NamedTuple):
    """The lists that do not come with a delivery.

    `prestaties`: one row per code, with group, sector, unit, flags, validity and successor; `crosswalk`: zorgkantoor
    code → region, dated; `regions`: region → uitvoerder; `nhc_growin`: share of NHC paid per year.
    """

    prestaties: pl.DataFrame
    crosswalk: pl.DataFrame
    regions: pl.DataFrame
    nhc_growin: pl.DataFrame
