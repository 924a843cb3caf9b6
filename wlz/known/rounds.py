"""Rounds: what was known when. Which delivery of each kind an advice may see. No reading of files here."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from wlz.known.assumptions import AssumptionError
from wlz.words.calendar import claims_due
from wlz.words.known_keys import refuse_unknown
from wlz.words.months import add_months, end_of_month

CLAIMS = "declaraties"
FIRST_YEAR, LAST_YEAR = 2015, 2099  # of a budget and of deliveries; the Wlz began in 2015
DAYS_BACK_MONTHS, DAYS_AHEAD_MONTHS = 24, 24  # from the delivery month, within which the days of its round lie
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
LAG_REFERENCE_YEARS_BACK = 2  # the letter of 2018 takes 2016: 2017 was not yet fully claimed


def read_month(label: str) -> date | None:
    """The delivery month that a folder, a file or a person names as YYYY-MM; None for what can be none.

    >>> read_month("2018-05"), read_month("0218-05")
    (datetime.date(2018, 5, 1), None)
    """
    if not _MONTH.fullmatch(label) or not FIRST_YEAR <= int(label[:4]) <= LAST_YEAR:
        return None
    return date.fromisoformat(f"{label}-01")


@dataclass(frozen=True)
class Round:
    """An advice round: delivery month, budget year, per kind of delivery its cut-off date and when it is due."""

    name: str
    delivery_month: date
    budget_year: int
    cut_offs: Mapping[str, date] = field(default_factory=dict)
    due: Mapping[str, date] = field(default_factory=dict)

    @property
    def last_month(self) -> date:
        """December of the budget year: how far every forecast of the advice reaches."""
        return date(self.budget_year, 12, 1)

    @property
    def placed_on(self) -> date:
        """The day that says which uitvoerder runs a region, for the whole history of the advice.

        The first day of the delivery month; an advice made before its budget year takes 1 January of that year.

        >>> make_round(date(2018, 11, 1), {"budget_year": 2019}).placed_on
        datetime.date(2019, 1, 1)
        """
        return max(self.delivery_month, date(self.budget_year, 1, 1))

    def cut_off(self, kind: str) -> date:
        """Last date on which a delivery of this kind counts; without a stated one the end of the delivery month."""
        return self.cut_offs.get(kind, end_of_month(self.delivery_month))

    def due_on(self, kind: str) -> date:
        """Day on which a delivery of this kind is expected; later than that is late.

        Without a stated day: claims on the second working day of their month, other kinds on their cut-off.
        """
        return self.due.get(kind, claims_due(self.delivery_month) if kind == CLAIMS else self.cut_off(kind))


# What the file of a round may hold: key → type, or the table below it. None as a type: a kind of delivery → its date.
_CONSULTATION = {"held_on": date, "nl": str, "en": str}
_RELEASE = {"nl": str, "en": str}
_PAGE = {"headline": str, "next_advice": date, "consultation": _CONSULTATION, "release": _RELEASE}
_ROUND = {"name": str, "budget_year": int, "published_on": date, "cut_off": None, "due": None, "page": _PAGE}
_SAID = {str: "a text in quotes", int: "a whole number without quotes", date: "a date without quotes"}


def check_round(declared: Mapping[str, Any], file: str, kinds: Sequence[str], month: date | None = None) -> None:
    """Whether the file of a round holds only what counts: an unknown key or another type would count for nothing.

    With its delivery `month` also whether its days can be of it: a cut-off of 2081 would be none at all.

    Raises AssumptionError that names file, table and key, what is expected there and what was found.

    >>> check_round({"cutoff": {}}, "2018-05.toml", ["kader"])
    Traceback (most recent call last):
    wlz.known.assumptions.AssumptionError: 2018-05.toml: unknown cutoff (nearest: cut_off); known: name, ...
    """
    _check_table(declared, _ROUND, file, dict.fromkeys(kinds, date))
    consultation = declared.get("page", {}).get("consultation", {})
    if consultation and "held_on" not in consultation:
        raise AssumptionError(f"{file}, page consultation: held_on is missing. Next: add the day it was held")
    year = declared.get("budget_year")
    if year is not None and not FIRST_YEAR <= year <= LAST_YEAR:
        years = f"a year from {FIRST_YEAR} to {LAST_YEAR}"
        raise AssumptionError(f"{file}, budget_year: expected {years}, found {year}. Next: mend the file")
    if month is not None:
        _check_days(declared, file, month)


def _check_days(declared: Mapping[str, Any], file: str, month: date) -> None:
    first, last = add_months(month, -DAYS_BACK_MONTHS), end_of_month(add_months(month, DAYS_AHEAD_MONTHS))
    page = declared.get("page", {})
    days = {
        **{f"{table} {kind}": day for table in ("cut_off", "due") for kind, day in declared.get(table, {}).items()},
        "published_on": declared.get("published_on"),
        "page next_advice": page.get("next_advice"),
        "page consultation held_on": page.get("consultation", {}).get("held_on"),
    }
    for name, day in days.items():
        if day is not None and not first <= day <= last:
            raise AssumptionError(
                f"{file}, {name}: expected a day from {first} to {last}, found {day}. Next: mend the file"
            )


def _check_table(found: Mapping[str, Any], known: Mapping[str, Any], where: str, per_kind: Mapping[str, Any]) -> None:
    comma = " " if "," in where else ", "
    if said := refuse_unknown(found, known):
        raise AssumptionError(f"{where}: {said}. Next: mend the file")
    for key, value in found.items():
        expected = per_kind if known[key] is None else known[key]
        if isinstance(expected, Mapping):
            if not isinstance(value, Mapping):
                raise AssumptionError(
                    f"{where}{comma}{key}: expected a table [{key}], found {value!r}. Next: mend the file"
                )
            _check_table(value, expected, f"{where}{comma}{key}", per_kind)
        elif type(value) is not expected:
            raise AssumptionError(
                f"{where}{comma}{key}: expected {_SAID[expected]}, found {value!r}. Next: mend the file"
            )


def make_round(delivery_month: date, declared: Mapping[str, Any] | None = None) -> Round:
    """The round of a delivery month, from its file's content (name, budget_year, cut_off per kind) or the defaults.

    Without a file: the calendar year of the delivery month, and everything known at its end.
    """
    declared = declared or {}
    return Round(
        name=declared.get("name", f"advies {delivery_month:%Y-%m}"),
        delivery_month=delivery_month,
        budget_year=declared.get("budget_year", delivery_month.year),
        cut_offs=dict(declared.get("cut_off", {})),
        due=dict(declared.get("due", {})),
    )


def choose_claims_history(register: pl.DataFrame, advice_round: Round, last: date, count: int) -> pl.DataFrame:
    """The claims delivery of every month up to ``last``, as the round knows them: at most ``count``, oldest first.

    One row per delivery month (register columns): the latest delivery of the month that the round can see and that
    nothing it can see supersedes. Together they are the triangles of the lag stage.
    """
    claims = register.filter(
        pl.col("kind") == "declaraties",
        pl.col("delivery_status") != "refused",
        pl.col("delivery_month") <= last,
        pl.col("received_on") <= advice_round.cut_off("declaraties"),
    )
    standing = claims.filter(~pl.col("superseded_by").is_in(claims["delivery_id"].implode()).fill_null(False))
    order = ["delivery_month", "received_on", "registered_at", "delivery_id"]
    return standing.sort(order).unique("delivery_month", keep="last", maintain_order=True).tail(count)


def find_late(register: pl.DataFrame, advice_round: Round, kinds: Iterable[str]) -> pl.DataFrame:
    """Kinds of which the round sees nothing although something was delivered: kind, received_on of the first of it.

    Of deliveries up to the month of the round that were taken in and received after the cut-off of their kind. Late is
    not "not delivered": its sender did send it.
    """
    seen = register.filter(
        pl.col("delivery_status") != "refused", pl.col("delivery_month") <= advice_round.delivery_month
    )
    chosen = choose_deliveries(seen, advice_round, kinds)
    unseen = seen.filter(pl.col("kind").is_in(list(kinds))).join(chosen, on="kind", how="anti")
    return unseen.group_by("kind").agg(pl.col("received_on").min()).drop_nulls("received_on").sort("kind")


def choose_deliveries(register: pl.DataFrame, advice_round: Round, kinds: Iterable[str]) -> pl.DataFrame:
    """Per kind the latest delivery on or before its cut-off (methods, deliveries → series, as-of rule).

    One row per delivery in (delivery_register), one row per kind out with the register's columns and ``cut_off_date``;
    kinds without a delivery are left out. A superseded delivery still counts for a round that could not yet see its
    successor; a refused one never counts. Of two received on one day that of the later delivery month counts, within
    one month the one registered last.
    """
    cut_offs = pl.DataFrame(
        [(kind, advice_round.cut_off(kind)) for kind in kinds],
        schema={"kind": pl.String, "cut_off_date": pl.Date},
        orient="row",
    )
    known = register.filter(pl.col("delivery_status") != "refused").join(cut_offs, on="kind", how="inner")
    visible = known.filter(pl.col("received_on") <= pl.col("cut_off_date"))
    # Superseded counts only while its successor is not visible yet; an earlier file that was put back is in use again.
    known = visible.filter(~pl.col("superseded_by").is_in(visible["delivery_id"].implode()).fill_null(False))
    order = ["received_on", "delivery_month", "registered_at", "delivery_id"]
    return known.sort("kind", *order).group_by("kind", maintain_order=True).last().sort("kind")


def say_basis(register: pl.DataFrame, delivery_month: date, claims_month: date) -> str:
    """Whether an advice rests on the claims of its own delivery month: own; else refused, late or asked.

    In: the register, and the month of the claims the round chose. Late: claims of the month came after its cut-off.
    Asked: none of the month are known at all, so the last ones are used because somebody asked for that.
    """
    if claims_month == delivery_month:
        return "own"
    of_month = register.filter(pl.col("kind") == CLAIMS, pl.col("delivery_month") == delivery_month)
    if of_month.is_empty():
        return "asked"
    return "refused" if (of_month["delivery_status"] == "refused").all() else "late"
