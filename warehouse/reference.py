"""Small versioned inputs from ``reference/``: code lists, regions, published tables.

Typed frames only: codes are text, dates are dates, flags are booleans, money is Decimal. What a file is and where
it comes from stands in ``reference/README.md``. No rounds and no assumptions here (``wlz/known/rounds.py``,
``wlz/known/assumptions.py``), no delivered files (``warehouse/landing.py``) and no constants of the simulation
(``simulation/reference.py``).
"""

from functools import lru_cache
from pathlib import Path

import polars as pl

from warehouse.contract import MONEY
from wlz.known.reference import Reference
from wlz.words.faults import Spoken

REFERENCE = Path(__file__).parents[1] / "reference"
_FLAGS = ("is_crisis", "is_meerzorg", "allowed_for_wlz", "has_prestaties")
_DATES = ("valid_from", "valid_to", "stand_date")
_CODES = ("prestatiecode", "successor", "code")


class ReferenceDataError(Spoken, ValueError):
    """A reference file is missing or does not hold what its name says."""


def _column(name: str, values: pl.Series) -> pl.Expr:
    column = pl.col(name)
    if name in _FLAGS:
        return (column == "true").alias(name)
    if name in _DATES:
        return column.str.to_date("%Y-%m-%d")
    if name in _CODES or name.endswith("_code"):
        return column
    if name.endswith("_eur") and not name.endswith("_per_unit_eur"):
        return column.cast(MONEY)
    filled = values.drop_nulls()
    for dtype in (pl.Int64(), pl.Float64()):
        if filled.len() and filled.cast(dtype, strict=False).null_count() == 0:
            return column.cast(dtype)
    return column


def read_reference(path: str) -> pl.DataFrame:
    """A file below ``reference/``, typed by the names of its columns. Raises ReferenceDataError when it is missing."""
    file = REFERENCE / path
    if not file.exists():
        raise ReferenceDataError(
            f"reference/{path}: not found. The project is not complete; restore the file from version control."
        )
    return _parse(file.read_bytes())


@lru_cache(maxsize=32)
def _parse(content: bytes) -> pl.DataFrame:
    """Kept by content: a run asks for the same files dozens of times, and a changed file is other content."""
    text = pl.read_csv(content, infer_schema=False)
    return text.select(_column(name, text[name]) for name in text.columns)


def load_regions() -> pl.DataFrame:
    """The 31 report regions: ``zorgkantoorregio`` (spelled as in table 6), official name, uitvoerder of 2018, sizes."""
    return read_reference("regions.csv")


def load_crosswalk() -> pl.DataFrame:
    """Zorgkantoor code → report region with dates; ``valid_to`` is exclusive and empty while the code is in use."""
    return read_reference("region_crosswalk.csv")


def load_prestaties() -> pl.DataFrame:
    """The code list: one row per prestatie with group, sector, unit of the claims, flags, validity and successor.

    ``valid_from`` and ``valid_to`` are months (first day); ``valid_to`` is the last month with care, empty when
    open. ``status`` says whether the code is proven, inferred or invented.
    """
    return read_reference("prestaties.csv")


def load_units() -> pl.DataFrame:
    """Units of COD218: code, name, and whether the Wlz allows it."""
    return read_reference("units.csv")


def load_prestatiegroepen() -> pl.DataFrame:
    """Groups of the nacalculatie form 2015 in the order of the form."""
    return read_reference("prestatiegroepen.csv")


def load_nhc_growin() -> pl.DataFrame:
    """Share of NHC paid per year: ``year``, ``nhc_paid_ratio`` (2015 0.50 … 2018 1.00)."""
    return read_reference("nhc_ingroei.csv").select(
        pl.col("jaar").cast(pl.Int32).alias("year"),
        (pl.col("pct_nhc") / 100).round(6).alias("nhc_paid_ratio"),
        "source",
    )


def load_reference() -> Reference:
    """What an advice knows without any delivery: code lists, regions, grow-in of NHC."""
    return Reference(load_prestaties(), load_crosswalk(), load_regions(), load_nhc_growin())


def load_published(name: str) -> pl.DataFrame:
    """A published table of the advice of May 2018, for example ``tabel_3_zin_uitvoerder`` or ``unrounded_regio``."""
    return read_reference(f"mei-advies-2018/{name}.csv")


def load_kader_2018() -> pl.DataFrame:
    """Kader 2018 as of 15 May 2018: pgb per region, zin per uitvoerder, unrounded."""
    return read_reference("kader_2018.csv")
