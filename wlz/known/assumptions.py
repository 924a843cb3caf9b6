"""Assumptions: numbers that are neither data nor method, each with its unit, range, source and date.

The files are read elsewhere (``warehouse/settings.py``); here is only what a valid set of assumptions is, and which of
them belong to a year.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from wlz.words.faults import Spoken
from wlz.words.known_keys import refuse_unknown

STATED, TAKEN_OVER, UNKNOWN = "stated", "taken over", "unknown"
STATES = (STATED, TAKEN_OVER, UNKNOWN)
_KEYS = ("value", "unit", "range", "source", "date")
_STATE = "state"
PAID_IN_FULL_FROM = 2018  # NHC: BWBR0030282 art. 7; NIC: letter A.2.2, 100 % in 2018


class OfAYear(NamedTuple):
    """A number that every budget year states in its own file: its form, and what it is needed for."""

    unit: str
    low: float
    high: float
    needed_for: str


OF_A_YEAR = {
    "brutering_factor": OfAYear("factor", 0.5, 1.0, "what room of pgb is worth in zin, and the other way round"),
    "redistribution_reserve_eur": OfAYear("eur", 0, 1_000_000_000, "the reserve that a shortage is set against"),
    "aids_reserve_eur": OfAYear("eur", 0, 1_000_000_000, "the reserve that individually adapted aids are set against"),
}


class AssumptionError(Spoken, ValueError):
    """An assumption is missing, incomplete or outside its range. The message names it and what was expected."""


@dataclass(frozen=True)
class Assumption:
    """One number with what a reader needs to judge it; `value` is None when it is unknown, `file` where it stands."""

    value: float | None
    unit: str
    low: float
    high: float
    source: str
    date: date
    state: str = STATED
    file: str = ""


class Assumptions(Mapping[str, float]):
    """The assumptions of a budget year by name; ``assumptions["brutering_factor"]`` is the number.

    A name that is not there, or whose value is not known, raises AssumptionError: there is no default. Only numbers
    with a value are gone through.

    >>> parse_assumptions({"brutering_factor": {"value": 0.86, "unit": "factor", "range": [0.5, 1.0],
    ...     "source": "letter, p. 1", "date": date(2018, 5, 29)}})["brutering_factor"]
    0.86
    """

    def __init__(self, items: Mapping[str, Assumption], year: int | None = None, file: str = "") -> None:
        self.items_by_name, self.year, self.file = dict(items), year, file
        self._values = {name: item.value for name, item in items.items() if item.value is not None}

    def __getitem__(self, name: str) -> float:
        if name not in self._values:
            raise AssumptionError(self._say_missing(name))
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def _say_missing(self, name: str) -> str:
        item = self.items_by_name.get(name)
        file = (item.file if item else self.file) or "the assumptions of this budget year"
        of_year = f" of {self.year}" if self.year else ""
        needed = f"; it is needed for {OF_A_YEAR[name].needed_for}" if name in OF_A_YEAR else ""
        if item is None:
            return f"assumption {name}{of_year} is missing: expected in {file}{needed}. Next: add it there"
        return f"assumption {name}{of_year} is unknown: {file} holds no value{needed}. Next: state its value and source"


def parse_assumptions(
    raw: Mapping[str, Any], files: Mapping[str, str] | None = None, year: int | None = None, file: str = ""
) -> Assumptions:
    """Assumptions from a parsed TOML table: every entry needs value, unit, range, source and date.

    `state` may say whether the number is stated (the default), taken over from another year, or unknown; an unknown one
    may be without value, and is refused only when something asks for it. `files`: name → file it stands in; `file` is
    that of the `year` itself. Raises AssumptionError when an entry lacks a key, has one that is unknown, is not written
    as one, or lies outside its range.
    """
    files = files or {}
    return Assumptions({name: _parse(name, entry, files.get(name, "")) for name, entry in raw.items()}, year, file)


def _parse(name: str, entry: Any, file: str) -> Assumption:
    where = f"{file}, assumption {name}" if file else f"assumption {name}"
    if not isinstance(entry, Mapping):
        raise AssumptionError(f"{where}: expected {_listed()}, found {entry!r}. Next: mend the file")
    if said := refuse_unknown(entry, (*_KEYS, _STATE)):
        raise AssumptionError(f"{where}: {said}. Next: mend the file")
    state = entry.get(_STATE, STATED)
    if state not in STATES:
        raise AssumptionError(f"{where}, state: expected {', '.join(STATES)}, found {state!r}. Next: mend the file")
    is_open = state == UNKNOWN and "value" not in entry
    if missing := [key for key in _KEYS if key not in entry and not (is_open and key == "value")]:
        raise AssumptionError(f"{where}: expected {_listed()}; missing {', '.join(missing)}. Next: mend the file")
    value, reach = entry.get("value"), entry["range"]
    numbers = [*([] if is_open else [value]), *(reach if isinstance(reach, list) else [])]
    if len(numbers) != 3 - is_open or not all(map(_is_number, numbers)):
        raise AssumptionError(
            f"{where}: expected a number as value and range = [lowest, highest], found {value!r} and {reach!r}. "
            "Next: mend the file"
        )
    low, high = reach
    if value is not None and not low <= value <= high:
        raise AssumptionError(f"{where}: expected between {low} and {high}, found {value}. Next: mend the file")
    return Assumption(value, entry["unit"], low, high, entry["source"], entry["date"], state, file)


def _listed() -> str:
    return "value, unit, range, source and date"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def paid_shares(growin: pl.DataFrame, assumptions: Mapping[str, float], last_year: int) -> pl.DataFrame:
    """Share of NHC and NIC paid per year up to `last_year`: ``year``, ``nhc_paid_ratio``, ``nic_paid_ratio``.

    NHC is that of the grow-in table (BWBR0030282 art. 7), NIC the assumption ``nic_paid_ratio_<year>``. From 2018 on
    both are paid in full (the same article; letter A.2.2), so no row and no assumption is needed; one that is there
    goes before the rule. Earlier years without one of the two are left out.

    >>> paid_shares(pl.DataFrame({"year": [2017], "nhc_paid_ratio": [0.85]}), {"nic_paid_ratio_2017": 1.0}, 2018).rows()
    [(2017, 0.85, 1.0), (2018, 1.0, 1.0)]
    """
    in_full = dict.fromkeys(range(PAID_IN_FULL_FROM, last_year + 1), 1.0)
    nhc = in_full | dict(growin.select("year", "nhc_paid_ratio").iter_rows())
    nic = in_full | {year: assumptions[name] for year in nhc if (name := f"nic_paid_ratio_{year}") in assumptions}
    rows = [(year, nhc[year], nic[year]) for year in sorted(nhc) if year in nic]
    schema = {"year": pl.Int32, "nhc_paid_ratio": pl.Float64, "nic_paid_ratio": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")
