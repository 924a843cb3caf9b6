"""Small versioned inputs from ``reference/``: code lists, regions, published tables.

Typed frames only: codes are text, dates are dates, flags are booleans, money is Decimal. What a file is and where
it comes from stands in ``reference/README.md``. No rounds and no assumptions here (``wlz/known/rounds.py``,
``wlz/known/assumptions.py``), no delivered files (``warehouse/landing.py``) and no constants of the simulation
(``simulation/reference.py``).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path

import polars as pl

from warehouse.contract import MONEY
from wlz.known.official_lists import EARLIEST_YEAR, FAULTS_TOLD, OPEN_END, read_date
from wlz.known.reference import ROLES, TARIFF_SCHEMA
from wlz.known.tariff_rows import TARIFF_ROW, find_faults
from wlz.known.uitvoerders import place_regions
from wlz.words.faults import Spoken

REFERENCE = Path(__file__).parents[1] / "reference"
FIRST_ROW = 2  # of a list, in the file: the header is row 1
_MEND_TARIFFS = "Likely edited by hand. Next: mend the file, or take the tariffs in again with wlz reference import"
_FLAGS = ("allowed_for_wlz", "has_prestaties")
_YEARS = ("first_year", "last_year")
_DATES = ("valid_from", "valid_to", "stand_date")
_CODES = (
    *("prestatiecode", "successor", "code", "role", "state", "author", "reason", "trust", "source"),
    *("zorgkantoorregio", "wlz_uitvoerder", "alias"),
)


NEEDED_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "prestaties.csv": ("prestatiecode", "description", "leveringsvorm", "sector", "prestatiegroep", "unit_code",
                       "trust", "source"),
    "validity.csv": ("prestatiecode", "valid_from", "valid_to"),
    "roles.csv": ("prestatiecode", "role", "first_year", "last_year"),
    "successors.csv": ("prestatiecode", "successor", "share", "state"),
    "regions.csv": ("zorgkantoorregio",),
    "region_crosswalk.csv": ("zorgkantoor_code", "valid_from", "valid_to", "zorgkantoorregio"),
    "region_uitvoerders.csv": ("zorgkantoorregio", "wlz_uitvoerder", "valid_from", "valid_to"),
    "uitvoerders.csv": ("wlz_uitvoerder", "alias", "valid_from", "valid_to"),
    "units.csv": ("unit_code", "allowed_for_wlz"),
    "nhc_ingroei.csv": ("jaar", "pct_nhc", "source"),
    "zorgkantoor_codes.csv": ("code", "name", "valid_from", "valid_to"),
}  # of the lists a pack may hold: without these nothing can be read from it  # fmt: skip
_NEVER_EMPTY = (
    "prestatiecode",
    "role",
    "successor",
    "state",
    "zorgkantoor_code",
    "zorgkantoorregio",
    "jaar",
    "pct_nhc",
)
_WORDS = {"role": ROLES, "state": ("proposed", "confirmed")}


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
    if name in _YEARS:
        return column.cast(pl.Int32)
    if name == "share":
        return column.cast(pl.Float64)
    filled = values.drop_nulls()
    for dtype in (pl.Int64(), pl.Float64()):
        if filled.len() and filled.cast(dtype, strict=False).null_count() == 0:
            return column.cast(dtype)
    return column


def refuse_missing(found: Sequence[str], needed: Collection[str], where: str) -> None:
    """Raises ReferenceDataError when a list lacks columns: which, what it has instead, and what separates them."""
    missing = [name for name in needed if name not in found]
    if not missing:
        return
    other = next((mark for mark in (";", "\t", "|") if any(mark in name for name in found)), None)
    hint = "" if other is None else f"; the separator is a comma, found {other!r}"
    raise ReferenceDataError(
        f"{where}: no column {', '.join(missing)}; found {', '.join(found) or 'no header'}{hint}. Next: "
        f"{'mend the header' if other is None else 'save the file with commas between its columns'}"
    )


def read_reference(path: str) -> pl.DataFrame:
    """A file below ``reference/``, typed by the names of its columns. Raises ReferenceDataError when it is missing."""
    file = REFERENCE / path
    if not file.exists():
        raise ReferenceDataError(
            f"reference/{path}: not found. The project is not complete; restore the file from version control."
        )
    return read_list(file)


def read_list(file: Path) -> pl.DataFrame:
    """A list, typed by the names of its columns.

    Raises ReferenceDataError for one that is no CSV, that lacks a column a pack needs, or has a cell that is none of
    what its column holds: which file, row and column.
    """
    where = f"{file.parent.name}/{file.name}"
    try:
        return _parse(file.read_bytes(), where, NEEDED_COLUMNS.get(file.name, ()))
    except (pl.exceptions.PolarsError, OSError) as error:
        cause = str(error).splitlines()[0]
        raise ReferenceDataError(f"{where}: not readable ({cause}). Next: mend the file") from None


@lru_cache(maxsize=32)
def _parse(content: bytes, where: str, needed: Sequence[str]) -> pl.DataFrame:
    """Kept by content: a run asks for the same files dozens of times, and a changed file is other content."""
    text = read_text(content)
    refuse_missing(text.columns, needed, where)
    for name in text.columns:
        _refuse_cell(text[name], name in needed, where)
    return text.select(_column(name, text[name]) for name in text.columns)


def read_text(content: bytes) -> pl.DataFrame:
    """A list as text, a row per line; empty lines at its end are none. Raises PolarsError for one that is no CSV."""
    return pl.read_csv(content.rstrip(b"\r\n"), infer_schema=False)


def _refuse_cell(values: pl.Series, is_needed: bool, where: str) -> None:
    """Raises ReferenceDataError for the first cell that is not what its column holds, with its row in the file."""
    name, filled = values.name, values.is_not_null()
    if is_needed and name in _NEVER_EMPTY and not filled.all():
        row = filled.not_().arg_true()[0] + FIRST_ROW
        raise ReferenceDataError(f"{where}, row {row}, column {name}: empty. Next: fill it in, or take the row out")
    readable, expected = _read_as(name, values)
    if (filled & ~readable).any():
        at = (filled & ~readable).arg_true()[0]
        raise ReferenceDataError(
            f"{where}, row {at + FIRST_ROW}, column {name}: found {values[at]!r}, expected "
            f"{_as_date(name, values[at]) if name in _DATES else expected}. Next: mend the cell"
        )


def _read_as(name: str, values: pl.Series) -> tuple[pl.Series, str]:
    """Per cell of a column whether it can be what its name says, and what that is in words."""
    if name in _WORDS:
        return values.is_in(_WORDS[name]), f"one of {', '.join(_WORDS[name])}"
    if name in _FLAGS:
        return values.is_in(["true", "false"]), "true or false"
    if name in _DATES:
        days = values.str.to_date("%Y-%m-%d", strict=False)
        return days.is_between(date(EARLIEST_YEAR, 1, 1), _latest_day(name)).fill_null(False), ""
    if name in (*_YEARS, "jaar"):
        years = values.cast(pl.Int32, strict=False)
        return years.is_between(EARLIEST_YEAR, date.max.year).fill_null(False), "a year as 2025"
    if name in ("share", "pct_nhc"):
        return values.cast(pl.Float64, strict=False).is_finite().fill_null(False), "a number with a point, as 0.4"
    if name.endswith("_eur") and not name.endswith("_per_unit_eur"):
        return values.cast(MONEY, strict=False).is_not_null(), "an amount as 1234.56"
    return values.is_not_null(), ""


def _latest_day(name: str) -> date:
    """The last day a column of dates may hold: an end may be far away, and is none then."""
    return date.max if name == "valid_to" else OPEN_END


def _as_date(name: str, found: str) -> str:
    """How a date should have been written; an example for what is no date at all, or one that cannot be."""
    try:
        meant = read_date(found)
    except ValueError:
        meant = None
    possible = meant is not None and meant <= _latest_day(name)
    return str(meant) if possible else f"a date as 2025-12-31, from {EARLIEST_YEAR} on"


def load_regions() -> pl.DataFrame:
    """The 31 report regions: ``zorgkantoorregio`` (spelled as in table 6), official name, sizes, uitvoerder of 2018."""
    return place_regions(read_reference("regions.csv"), read_reference("region_uitvoerders.csv"), date(2018, 1, 1))


def load_crosswalk() -> pl.DataFrame:
    """Zorgkantoor code → report region with dates; ``valid_to`` is exclusive and empty while the code is in use."""
    return read_reference("region_crosswalk.csv")


def load_prestatiegroepen() -> pl.DataFrame:
    """Groups of the nacalculatie form 2015 in the order of the form."""
    return read_reference("prestatiegroepen.csv")


def read_nhc_growin(growin: pl.DataFrame) -> pl.DataFrame:
    """Share of NHC paid per year: ``year``, ``nhc_paid_ratio`` (2015 0.50 … 2018 1.00)."""
    return growin.select(
        pl.col("jaar").cast(pl.Int32).alias("year"),
        (pl.col("pct_nhc") / 100).round(6).alias("nhc_paid_ratio"),
        "source",
    )


def read_tariffs(file: Path) -> pl.DataFrame | None:
    """Maximum tariffs of a pack per year, prestatie and unit, in euro (TARIFF_SCHEMA); None without the file.

    Raises ReferenceDataError as `read_tariff_rows` does, and for a prestatie that stands there twice in a year.
    """
    if not file.exists():
        return None
    rows = read_tariff_rows(file)
    names = {"max_tariff_eur": "max_tariff_excl_eur_per_unit", "nhc_eur": "nhc_full_eur_per_unit",
             "nic_eur": "nic_full_eur_per_unit"}  # fmt: skip
    if (twice := rows.filter(rows.select("year", "prestatiecode").is_duplicated())).height:
        code, year = twice.select("prestatiecode", "year").row(0)
        where = ", ".join(map(str, twice.filter(prestatiecode=code, year=year)["file_row"]))
        raise ReferenceDataError(
            f"{file.parent.name}/{file.name}: {code} of {year} stands there twice, rows {where}. Next: take one of the "
            "rows out"
        )
    return rows.rename(names).select(pl.col(name).cast(dtype) for name, dtype in TARIFF_SCHEMA.items())


def read_tariff_rows(file: Path) -> pl.DataFrame:
    """The tariffs of a pack as they stand in its file, with their rows (TARIFF_ROW).

    Raises ReferenceDataError for a missing column, a cell that is no number, and what `find_faults` finds.
    """
    where, needed = f"{file.parent.name}/{file.name}", [name for name in TARIFF_ROW if name != "file_row"]
    try:
        text = read_text(file.read_bytes())
    except (pl.exceptions.PolarsError, OSError) as error:
        cause = str(error).splitlines()[0]
        raise ReferenceDataError(f"{where}: not readable as tariffs ({cause}). {_MEND_TARIFFS}") from None
    refuse_missing(text.columns, needed, where)
    rows = text.with_row_index("file_row", offset=FIRST_ROW)
    typed = rows.select(pl.col(name).cast(dtype, strict=False) for name, dtype in TARIFF_ROW.items())
    for name in needed:
        unread = rows.filter(typed[name].is_null())
        if unread.height:
            row, found = unread.select("file_row", name).row(0)
            expected = {"prestatiecode": "a code", "unit_code": "a code of units.csv", "year": "a year as 2026"}
            raise ReferenceDataError(
                f"{where}, row {row}, column {name}: found {found or 'nothing'!r}, expected "
                f"{expected.get(name, 'an amount as 88.66, 0 where there is none')}. {_MEND_TARIFFS}"
            )
    if faults := find_faults(typed):
        more = f"; and {len(faults) - FAULTS_TOLD} more" if len(faults) > FAULTS_TOLD else ""
        raise ReferenceDataError(f"{where}, {'; '.join(faults[:FAULTS_TOLD])}{more}. {_MEND_TARIFFS}")
    return typed


def load_published(name: str) -> pl.DataFrame:
    """A published table of the advice of May 2018, for example ``tabel_3_zin_uitvoerder`` or ``unrounded_regio``."""
    return read_reference(f"mei-advies-2018/{name}.csv")


def load_kader_2018() -> pl.DataFrame:
    """Kader 2018 as of 15 May 2018: pgb per region, zin per uitvoerder, unrounded."""
    return read_reference("kader_2018.csv")
