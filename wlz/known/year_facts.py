"""What was read about a budget year, and how it stands with one thing the year needs.

Here: the facts with their few sums. Not here: what is asked of them (`year_answers.py`, `years.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import polars as pl

from wlz.known.assumptions import Assumption
from wlz.known.scenarios import Scenario

THERE, MISSING, PASSED_OVER, NOT_ASKED = "there", "missing", "passed over", "not looked at"  # beside "taken over"
TO_CONFIRM = "to confirm"


@dataclass(frozen=True)
class YearFacts:
    """What was read about a budget year.

    `file`: that of its numbers, `has_file` whether it is there; `numbers`: what it and the common file say; `rounds`:
    file of a round → how many cut-offs it states; `settled_years`: those the extra items grow from; `delivered`: kind →
    the newest delivery, claims as zorgkantoor_code, prestatiecode, care_month, amount_eur; None when no deliveries were
    named; `unreadable`: kind → why its newest file cannot be read; `tariffs`: those of the pack, None without any;
    `new_names`: questions about names of uitvoerders.
    """

    year: int
    file: str
    has_file: bool
    from_year: int | str
    numbers: Mapping[str, Assumption]
    scenarios: Sequence[Scenario]
    rounds: Mapping[str, int]
    nhc_growin: pl.DataFrame
    pack: str
    pack_years: tuple[int, int]
    prestaties: pl.DataFrame
    crosswalk: pl.DataFrame
    regions: pl.DataFrame
    settled_years: Sequence[int]
    unread: Sequence[str] = ()
    delivered: Mapping[str, pl.DataFrame] | None = None
    unreadable: Mapping[str, str] = field(default_factory=dict)
    tariffs: pl.DataFrame | None = None
    new_names: Sequence[str] = ()

    def of_year(self, kind: str, year: int, column: str = "year") -> pl.DataFrame:
        """Delivered rows of a kind about a year; no rows without a delivery."""
        frame = (self.delivered or {}).get(kind)
        return pl.DataFrame() if frame is None else frame.filter(pl.col(column) == year)

    def claims(self, year: int) -> pl.DataFrame:
        """Claims of the care months of a year in the newest delivery; no rows without one."""
        claims = (self.delivered or {}).get("declaraties")
        return pl.DataFrame() if claims is None else claims.filter(pl.col("care_month").dt.year() == year)

    @property
    def whole_year(self) -> pl.DataFrame:
        """The claims that stand for a year: those of the year before, of the year itself where there are none."""
        before = self.claims(self.year - 1)
        return self.claims(self.year) if before.is_empty() else before

    @property
    def without_own_price(self) -> pl.DataFrame:
        """Claims of the year before, of prestaties that a zorgkantoor has no claims of in the year: priced by rule."""
        before, own = self.claims(self.year - 1), self.claims(self.year)
        key = ["zorgkantoor_code", "prestatiecode"]
        return before if before.is_empty() or own.is_empty() else before.join(own, on=key, how="anti")


class Answer(NamedTuple):
    """How it stands with one thing: its state, what was found, and the euro that rest on it (None: not known).

    `is_usable`: a run goes on with what was found, though it is not stated.
    """

    state: str
    found: str
    at_stake_eur: float | None = None
    is_usable: bool = False


def sum_euro(frame: pl.DataFrame, column: str = "amount_eur") -> float:
    """The euro of a column; 0 without rows."""
    return 0.0 if frame.is_empty() else float(frame[column].cast(pl.Float64).sum())


def last_stands(facts: YearFacts, year: int) -> pl.DataFrame:
    """The last pgb stand of every zorgkantoor in a year, of its own budget year."""
    rows = facts.of_year("pgb_verleningen", year, "budget_year")
    return rows if rows.is_empty() else last_per_code(rows.filter(_about_its_year()), "reference_date")


def _about_its_year() -> pl.Expr:
    return pl.col("reference_date").dt.year() == pl.col("budget_year")


def last_per_code(rows: pl.DataFrame, day: str) -> pl.DataFrame:
    """The row with the last day of every zorgkantoor."""
    return rows if rows.is_empty() else rows.sort(day).unique("zorgkantoor_code", keep="last", maintain_order=True)


def years_there(facts: YearFacts, kind: str, column: str) -> str:
    """Of which years a kind was delivered, where the one asked for is not among them."""
    frame = (facts.delivered or {}).get(kind)
    if frame is None or frame.is_empty():
        return "not delivered"
    return f"delivered of {', '.join(map(str, sorted(frame[column].unique())))} only"
