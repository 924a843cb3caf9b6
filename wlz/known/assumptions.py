"""Assumptions: numbers that are neither data nor method, each with its unit, range, source and date.

The file is read elsewhere (``warehouse/reference.py``); here is only what a valid set of assumptions is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from wlz.words.faults import Spoken


class AssumptionError(Spoken, ValueError):
    """An assumption is missing, incomplete or outside its range. The message names it and what was expected."""


@dataclass(frozen=True)
class Assumption:
    """One number with what a reader needs to judge it."""

    value: float
    unit: str
    low: float
    high: float
    source: str
    date: date


class Assumptions(Mapping[str, float]):
    """The assumptions of a budget year by name; ``assumptions["brutering_factor"]`` is the number.

    A name that is not there raises AssumptionError: there is no default.

    >>> parse_assumptions({"brutering_factor": {"value": 0.86, "unit": "factor", "range": [0.5, 1.0],
    ...     "source": "letter, p. 1", "date": date(2018, 5, 29)}})["brutering_factor"]
    0.86
    """

    def __init__(self, items: Mapping[str, Assumption]) -> None:
        self.items_by_name = dict(items)

    def __getitem__(self, name: str) -> float:
        if name not in self.items_by_name:
            raise AssumptionError(
                f"assumption {name} is missing from the assumptions of this budget year; add it there"
            )
        return self.items_by_name[name].value

    def __contains__(self, name: object) -> bool:
        return name in self.items_by_name

    def __iter__(self) -> Iterator[str]:
        return iter(self.items_by_name)

    def __len__(self) -> int:
        return len(self.items_by_name)


def parse_assumptions(raw: Mapping[str, Any]) -> Assumptions:
    """Assumptions from a parsed TOML table: every entry needs value, unit, range, source and date.

    Raises AssumptionError when an entry lacks one of them, is not written as one, or lies outside its range.
    """
    parsed = {}
    for name, entry in raw.items():
        if not isinstance(entry, Mapping):
            raise AssumptionError(f"assumption {name}: expected value, unit, range, source and date, found {entry!r}")
        missing = [key for key in ("value", "unit", "range", "source", "date") if key not in entry]
        if missing:
            raise AssumptionError(
                f"assumption {name}: expected value, unit, range, source and date; missing {', '.join(missing)}"
            )
        numbers = [entry["value"], *(entry["range"] if isinstance(entry["range"], list) else [])]
        if len(numbers) != 3 or not all(isinstance(n, int | float) and not isinstance(n, bool) for n in numbers):
            raise AssumptionError(
                f"assumption {name}: expected a number as value and range = [lowest, highest], "
                f"found {entry['value']!r} and {entry['range']!r}"
            )
        low, high = entry["range"]
        if not low <= entry["value"] <= high:
            raise AssumptionError(f"assumption {name}: expected between {low} and {high}, found {entry['value']}")
        parsed[name] = Assumption(entry["value"], entry["unit"], low, high, entry["source"], entry["date"])
    return Assumptions(parsed)


def paid_shares(growin: pl.DataFrame, assumptions: Mapping[str, float]) -> pl.DataFrame:
    """Share of NHC and NIC paid per year: ``year``, ``nhc_paid_ratio`` (grow-in table), ``nic_paid_ratio``.

    Years of the grow-in table without ``nic_paid_ratio_<year>`` among the assumptions are left out.
    """
    years = [year for year in growin["year"].to_list() if f"nic_paid_ratio_{year}" in assumptions]
    nic = pl.DataFrame(
        {"year": years, "nic_paid_ratio": [assumptions[f"nic_paid_ratio_{year}"] for year in years]},
        schema={"year": pl.Int32, "nic_paid_ratio": pl.Float64},
    )
    return growin.select(pl.col("year").cast(pl.Int32), "nhc_paid_ratio").join(nic, on="year", how="inner").sort("year")
