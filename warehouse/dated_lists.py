"""Dated lists of uitvoerders: refused when a region has none or two on a day, or a name means two.

What the lists say together stands in `wlz/known/uitvoerders.py`, how a list is read in `reference.py`.
"""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

from warehouse.reference import FIRST_ROW, ReferenceDataError
from wlz.known.uitvoerders import fold

_DATES = ("valid_from", "valid_to")


def check_region_uitvoerders(
    held: pl.DataFrame, regions: pl.DataFrame, crosswalk: pl.DataFrame, file: Path
) -> pl.DataFrame:
    """The list itself, when every region has exactly one uitvoerder on every day since its first code holds.

    In: rows zorgkantoorregio, wlz_uitvoerder, valid_from, valid_to (exclusive, empty while it holds); `regions`, which
    name no uitvoerder of their own; `crosswalk`, dated. Raises ReferenceDataError with file and row.
    """
    where = _name(file)
    if "wlz_uitvoerder" in regions.columns:
        raise ReferenceDataError(
            f"regions.csv: column wlz_uitvoerder counts for nothing. Next: take it out; who runs a region, and from "
            f"when, stands in {where}"
        )
    rows = _rows(held, ("zorgkantoorregio", "wlz_uitvoerder", *_DATES), where)
    known = set(regions["zorgkantoorregio"])
    for row in rows:
        if row["zorgkantoorregio"] not in known:
            raise _refuse(where, row, f"no region {row['zorgkantoorregio']!r} in regions.csv", "mend its name")
    first_days = dict(crosswalk.group_by("zorgkantoorregio").agg(pl.col("valid_from").min()).iter_rows())
    rows.sort(key=lambda row: row["valid_from"])
    for region in sorted(known):
        of_region = [row for row in rows if row["zorgkantoorregio"] == region]
        if not of_region:
            raise ReferenceDataError(f"{where}: no row of region {region}. Next: add its uitvoerder with a date")
        _refuse_gaps(of_region, first_days.get(region), where)
    return held


def check_aliases(aliases: pl.DataFrame, held: pl.DataFrame, file: Path) -> pl.DataFrame:
    """The list itself, when no alias means two uitvoerders on one day and each of them runs a region some day.

    In: rows wlz_uitvoerder, alias, valid_from, valid_to. Raises ReferenceDataError with file and row.
    """
    where = _name(file)
    rows = _rows(aliases.with_columns(folded=fold("alias")), ("wlz_uitvoerder", "alias", *_DATES), where)
    known = sorted(held["wlz_uitvoerder"].unique())
    for row in rows:
        if row["wlz_uitvoerder"] not in known:
            raise _refuse(
                where, row, f"{row['wlz_uitvoerder']!r} runs no region on any day", f"name one of {', '.join(known)}"
            )
    ordered = sorted(rows, key=lambda row: (row["folded"], row["valid_from"]))
    for one, other in pairwise(ordered):
        same_day = one["valid_to"] is None or one["valid_to"] > other["valid_from"]
        if one["folded"] == other["folded"] and same_day and one["wlz_uitvoerder"] != other["wlz_uitvoerder"]:
            raise _refuse(
                where,
                other,
                f"{other['alias']!r} means {other['wlz_uitvoerder']}, and {one['wlz_uitvoerder']} in row {one['row']}",
                "end one of the two before the other begins",
            )
    return aliases


def _refuse_gaps(rows: Sequence[dict[str, Any]], needed_from: date | None, where: str) -> None:
    """Rows of one region, by valid_from: each begins where the one before ends, and the last is open."""
    region, first, last = rows[0]["zorgkantoorregio"], rows[0], rows[-1]
    if needed_from is not None and first["valid_from"] > needed_from:
        raise _refuse(
            where,
            first,
            f"{region} has no uitvoerder before {first['valid_from']}; its first code holds from {needed_from}",
            "let its first row begin there",
        )
    for one, other in pairwise(rows):
        if one["valid_to"] is None or one["valid_to"] > other["valid_from"]:
            raise _refuse(
                where,
                other,
                f"{region} has two uitvoerders on {other['valid_from']}: {other['wlz_uitvoerder']}, and "
                f"{one['wlz_uitvoerder']} of row {one['row']}",
                f"end row {one['row']} with valid_to {other['valid_from']}",
            )
        if one["valid_to"] < other["valid_from"]:
            raise _refuse(
                where,
                other,
                f"{region} has no uitvoerder from {one['valid_to']} to {other['valid_from']}",
                f"let it begin on {one['valid_to']}, where row {one['row']} ends",
            )
    if last["valid_to"] is not None:
        raise _refuse(
            where,
            last,
            f"{region} has no uitvoerder from {last['valid_to']} on",
            "leave valid_to empty, or add the row that follows",
        )


def _rows(listed: pl.DataFrame, columns: Sequence[str], where: str) -> list[dict[str, Any]]:
    """The rows with their place in the file. Raises for a missing column, an empty cell, an end before its start."""
    if missing := [name for name in columns if name not in listed.columns]:
        raise ReferenceDataError(f"{where}: no column {', '.join(missing)}. Next: mend the header")
    rows = [{"row": number, **row} for number, row in enumerate(listed.iter_rows(named=True), FIRST_ROW)]
    for row in rows:
        if empty := [name for name in columns if name != "valid_to" and not row[name]]:
            raise _refuse(where, row, f"{', '.join(empty)} is empty", "fill it in")
        if row["valid_to"] is not None and row["valid_to"] <= row["valid_from"]:
            raise _refuse(
                where,
                row,
                f"valid_to {row['valid_to']} is not after valid_from {row['valid_from']}",
                "valid_to is the first day on which the row no longer holds; mend it",
            )
    return rows


def _refuse(where: str, row: dict[str, Any], found: str, advice: str) -> ReferenceDataError:
    return ReferenceDataError(f"{where}, row {row['row']}: {found}. Next: {advice}")


def _name(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"
