"""Maximum tariffs of a pack, row by row: what cannot be right, and what a person should look at.

Frames in, sentences out, each with its row in the file. Files are read in `official_lists.py` (as published) and
`warehouse/reference.py` (as a pack holds them); what a tariff is used for stands in `wlz/prices/`.
"""

from collections.abc import Mapping
from math import isfinite

import polars as pl

from wlz.known.reference import nearest_code
from wlz.known.rounds import FIRST_YEAR, LAST_YEAR
from wlz.words.units import conversion_factor

TARIFF_ROW = {
    "file_row": pl.Int64(), "prestatiecode": pl.String(), "year": pl.Int64(), "unit_code": pl.String(),
    "max_tariff_eur": pl.Float64(), "nhc_eur": pl.Float64(), "nic_eur": pl.Float64(),
}  # fmt: skip
LARGEST_STEP = 2.0  # from one year to the next: more than this is asked about, never refused
_AMOUNTS = ("max_tariff_eur", "nhc_eur", "nic_eur")
_KEY = ("prestatiecode", "year", "unit_code")


def find_faults(rows: pl.DataFrame) -> list[str]:
    """What cannot be right in rows of tariffs (TARIFF_ROW, in the order of the file): a sentence with the row of each.

    An amount that is not finite or below 0, a maximum tariff of 0, a year out of reach, and a prestatie, year and unit
    that stand there again with other amounts; the same row twice is one.

    >>> row = {"file_row": 2, "prestatiecode": "Z025", "year": 26, "unit_code": "14", "max_tariff_eur": 88.66,
    ...     "nhc_eur": 0.0, "nic_eur": 0.0}
    >>> find_faults(pl.DataFrame([row], schema=TARIFF_ROW))
    ['row 2: year 26 of Z025; expected one from 2015 to 2099']
    """
    found: list[str] = []
    first: dict[tuple[str, int, str], tuple[int, tuple[float, ...]]] = {}
    for row in rows.iter_rows(named=True):
        place, code = f"row {row['file_row']}", row["prestatiecode"]
        if not FIRST_YEAR <= row["year"] <= LAST_YEAR:
            found.append(f"{place}: year {row['year']} of {code}; expected one from {FIRST_YEAR} to {LAST_YEAR}")
        for name in _AMOUNTS:
            if fault := _fault_of(name, row[name]):
                found.append(f"{place}: {name.removesuffix('_eur')} {row[name]:g} of {code}; expected {fault}")
        amounts = tuple(row[name] for name in _AMOUNTS)
        before, said = first.setdefault((code, row["year"], row["unit_code"]), (row["file_row"], amounts))
        if said != amounts:
            found.append(
                f"{place}: {code} of {row['year']} in unit {row['unit_code']} is {_say(amounts)}, and {_say(said)} in "
                f"row {before}; expected it once"
            )
    return found


def _fault_of(name: str, value: float) -> str:
    """What was expected instead; empty for an amount that can be right."""
    if name == "max_tariff_eur":
        return "" if isfinite(value) and value > 0 else "an amount above 0"
    return "" if isfinite(value) and value >= 0 else "an amount of 0 or more"


def _say(amounts: tuple[float, ...]) -> str:
    maximum, nhc, nic = amounts
    return f"{maximum:g} (nhc {nhc:g}, nic {nic:g})"


def remark_tariffs(rows: pl.DataFrame, units: Mapping[str, str | None], held: pl.DataFrame) -> list[str]:
    """What a person should look at in rows of tariffs without faults: a sentence with the row of each.

    In: `rows` (TARIFF_ROW), `units`: prestatie → unit of the list; `held`: the tariffs the pack has already, of which
    `rows` replace those of their prestatie and year. A prestatie that the list does not know, a unit that cannot be
    converted to that of the list, a tariff more than LARGEST_STEP from that of the year before.
    """
    said = pl.concat([held.select(*_KEY, "max_tariff_eur"), rows.select(*_KEY, "max_tariff_eur")])
    of_year = {(code, year): (unit, tariff) for code, year, unit, tariff in said.iter_rows()}
    found: list[str] = []
    for row in rows.iter_rows(named=True):
        place, code, unit = f"row {row['file_row']}", row["prestatiecode"], row["unit_code"]
        if code not in units:
            near = nearest_code(code, units)
            found.append(f"{place}: {code} is not in the list{f'; closest known {near}' if near else ''}")
        elif (own := units[code]) is not None and conversion_factor(unit, own) is None:
            found.append(f"{place}: {code} is in unit {unit}; the list counts it in {own}, and it cannot be converted")
        before = of_year.get((code, row["year"] - 1))
        if before is not None and (step := _step(before, (unit, row["max_tariff_eur"]))):
            found.append(
                f"{place}: {code} goes from {before[1]:g} in {row['year'] - 1} to {row['max_tariff_eur']:g} in "
                f"{row['year']}, {step}"
            )
    return found


def _step(before: tuple[str, float], now: tuple[str, float]) -> str:
    """How far a tariff moved, in words, where that is more than LARGEST_STEP; per the same unit where they convert."""
    factor = conversion_factor(before[0], now[0])
    if factor is None:
        return ""
    ratio = now[1] / (before[1] / factor)
    if 1 / LARGEST_STEP <= ratio <= LARGEST_STEP:
        return ""
    per = "" if before[0] == now[0] else f" (in units {before[0]} and {now[0]})"
    return f"{ratio:.3g} times as much{per}: is that so?"
