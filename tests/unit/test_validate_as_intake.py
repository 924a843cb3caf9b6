"""What `wlz validate` says of a delivery is what an intake does with it: for every reason to set rows apart or refuse.

A landing zone of two months of three kinds, in files. The delivery of May is spoiled, taken in after that of April, and
validated beside it.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from expectations.intake.take_in import take_in
from expectations.intake.validation import validate_path
from tests.e2e.handmade import FRIESLAND, GRONINGEN, Row, claims, grants, kader, write_delivery
from warehouse.store import Store

MAY = date(2018, 5, 1)
Rows = dict[str, list[Row]]


def clean(month: int) -> Rows:
    """Claims of two zorgkantoren up to the month before, their kader and their stands."""
    return {
        "declaraties": claims("Z041", last=f"2018-{month - 1:02}") + claims("Z043", last=f"2018-{month - 1:02}"),
        "kader": [(date(2018, month, 1), *row[1:]) for row in kader()],
        "pgb_verleningen": grants(last=date(2018, month - 1, 1)),
    }


def of_claims(change: Callable[[Row], Row]) -> Callable[[Rows], Rows]:
    """Every claim changed; a row is zorgkantoor, agb, prestatie, month, unit, volume, amount."""
    return lambda rows: rows | {"declaraties": [change(row) for row in rows["declaraties"]]}


def of_stands(change: Callable[[list[Row]], list[Row]]) -> Callable[[Rows], Rows]:
    return lambda rows: rows | {"pgb_verleningen": change(rows["pgb_verleningen"])}


def _half_kader(rows: Rows) -> Rows:
    other = [(*row[:3], Decimal(15000 if row[1] == GRONINGEN else 35000), row[4]) for row in rows["kader"]]
    return rows | {"kader": other}


REASONS: dict[str, tuple[str, Callable[[Rows], Rows]]] = {
    "codes with a blank": ("D02-limit", of_claims(lambda row: (*row[:2], f"{row[2]} ", *row[3:]))),
    "codes in lower case": ("D02-limit", of_claims(lambda row: (*row[:2], row[2].lower(), *row[3:]))),
    "units of no list": ("D02-limit", of_claims(lambda row: (*row[:4], "99", *row[5:]))),
    "amounts turned": ("D02-limit", of_claims(lambda row: (*row[:6], -row[6]))),
    "volumes of nothing": ("D02-limit", of_claims(lambda row: (*row[:5], 0.0, row[6]))),
    "units exchanged": ("D14", of_claims(lambda row: (*row[:4], "81", *row[5:]))),
    "volumes in minutes": ("D14", of_claims(lambda row: (*row[:5], row[5] * 60, row[6]))),
    "both turned": ("D14", of_claims(lambda row: (*row[:5], -row[5], -row[6]))),
    "one absurd row": ("V08", lambda rows: rows | {"declaraties": [
        (*row[:5], 1e8, row[6]) if number == 30 else row for number, row in enumerate(rows["declaraties"])]}),
    "a volume beyond its range": ("D01", lambda rows: rows | {"declaraties": [
        (*row[:5], 1e9, row[6]) if number == 30 else row for number, row in enumerate(rows["declaraties"])]}),
    "kader of one": ("D11", lambda rows: rows | {"kader": rows["kader"][:1]}),
    "kader moved": ("K03", _half_kader),
    "pgb of one": ("D11", of_stands(lambda rows: [one for one in rows if one[1] != FRIESLAND])),
    "pgb of cents": ("D14", of_stands(lambda rows: [(*one[:3], one[3] * 100, *one[4:]) for one in rows])),
}  # fmt: skip


def write(landing: Path, rows: Rows, month: int) -> None:
    for kind, of_kind in rows.items():
        write_delivery(landing, kind, of_kind, month=f"2018-{month:02}", on=date(2018, month, 2))


@pytest.mark.parametrize("reason", ["", *REASONS])
def test_validate_says_what_an_intake_does(tmp_path: Path, reason: str) -> None:
    """The same blocks by the same checks on the same kinds; of the clean twin none."""
    landing = tmp_path / "deliveries"
    check_id, spoil = REASONS.get(reason, ("", lambda rows: rows))
    write(landing, clean(4), 4)
    write(landing, spoil(clean(5)), 5)
    store = Store(tmp_path / "lake")
    done = take_in(landing, store, tmp_path / "quarantine", MAY, datetime(2018, 5, 29), lambda _: None)
    said = validate_path(landing / "2018-05", landing)
    refused = {(one.checked_table, one.check_id) for one in done.refused if one.delivery_id[-12:] != "missing"}
    told = {(one.checked_table, one.check_id) for one in said.results if one.is_blocking}
    assert told == refused
    assert said.would_be_refused == bool(reason)
    assert {one for _, one in told} >= ({check_id} if reason else set())
    assert [one.message for one in said.results if one.outcome == "broken"] == []
