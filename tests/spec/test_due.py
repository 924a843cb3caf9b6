"""Deliveries that were due: what a round names or what came a year before, and what of the advice rests on the older.

The line is that of `test_line_amounts.py`, whose every amount can be added up by hand.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from expectations.catalogue import JUDGED
from expectations.judging.results import CheckResult
from expectations.judging.rule import measure_table
from expectations.judging.runner import judge
from expectations.judging.sentences import say_finding
from simulation.inputs import FIRST_DELIVERY_MONTH
from simulation.kinds import due_months
from tests.spec.small_round import known_of
from tests.spec.test_line_amounts import HIGH, LETTER, deliver, know_a_year_ago, rows_of
from tests.spec.test_rounds import Row, register
from warehouse.lake import settle_tables
from warehouse.settings import load_round, load_rounds_before
from warehouse.tables.deliveries import KADER, KINDS, NA_IJL
from wlz.advice import Advice, compute_advice
from wlz.known.due import AWAITED, DUE_SCHEMA, find_due
from wlz.known.rounds import Round, make_round
from wlz.words.months import end_of_month, list_months

LAST = date(2027, 12, 1)
YEARS = (2018, 2019, 2026)


def dated(kind: str, month: date) -> date:
    """The day a kind is delivered on in the simulated world."""
    if kind == "pgb_verleningen":
        return end_of_month(month)
    return month.replace(day=15 if kind in ("kader", "herschikking", "overhevelingen", "hulpmiddelen") else 2)


def deliveries(until: date, without: Iterable[tuple[str, str]] = ()) -> list[Row]:
    """Every delivery of the clean simulated world up to a month, less some (kind, month)."""
    gone = set(without)
    return [
        (kind, f"{month:%Y-%m}", dated(kind, month), "accepted", 0, f"{kind}-{month:%Y-%m}")
        for kind in KINDS
        for month in due_months(kind, until)
        if (kind, f"{month:%Y-%m}") not in gone
    ]


def states(rows: list[Row], advice_round: Round) -> dict[str, str]:
    """Kinds that are due and not there, with their state."""
    earlier = load_rounds_before(advice_round.delivery_month)
    due = find_due(register(*rows), advice_round, earlier).filter(pl.col("state") != "arrived")
    return dict(due.select("kind", "state").iter_rows())


def test_nothing_is_awaited_in_vain_in_a_clean_world_of_any_month() -> None:
    everything = deliveries(LAST)
    for month in list_months(FIRST_DELIVERY_MONTH, LAST):
        known = [row for row in everything if row[1] <= f"{month:%Y-%m}"]
        assert states(known, load_round(month)) == {}, month


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("kind", [kind for kind in AWAITED if kind not in ("nacalculatie", "kader")])
def test_a_kind_that_came_a_year_before_and_not_now_is_absent(kind: str, year: int) -> None:
    """From its month on, in every advice until the next one came.

    Tariffs came with the first deliveries of all, in January 2017: that sets no date for 2018.
    """
    last = due_months(kind, date(year, 9, 1))[-1]
    expected = {} if (kind, year) == ("beleidsregelwaarden", 2018) else {kind: "absent"}
    for month in {last, date(year, 9, 1)}:
        assert states(deliveries(month, [(kind, f"{last:%Y-%m}")]), load_round(month)) == expected


@pytest.mark.parametrize("month", ["2018-05", "2018-09", "2019-05", "2019-09", "2026-05", "2026-09"])
def test_the_kader_of_may_is_awaited_in_its_round_and_where_it_came_a_year_before(month: str) -> None:
    """The round of May 2018 names it (in 2017 there was none in May); later years have no file."""
    of_may, advised = ("kader", f"{month[:4]}-05"), date.fromisoformat(f"{month}-01")
    assert states(deliveries(advised, [of_may]), load_round(advised)) == {"kader": "absent"}


def test_nacalculatie_is_awaited_until_its_total_comes_in_its_place() -> None:
    """Agreements per prestatie ended with 2017: from 2019 on the total of a provider comes in June."""
    june = ("nacalculatie", "2018-06")
    assert states(deliveries(date(2018, 9, 1), [june]), load_round(date(2018, 9, 1))) == {"nacalculatie": "absent"}
    neither = [("nacalculatie_totaal", "2019-06")]
    september = date(2019, 9, 1)
    assert states(deliveries(september, neither), load_round(september)) == {"nacalculatie": "absent"}


def test_what_nobody_delivered_and_no_round_names_is_not_awaited() -> None:
    """A year that begins without a history: X02 and K02 tell what an advice lacks."""
    first = [("declaraties", "2018-05", date(2018, 5, 2), "accepted", 0, "a")]
    assert states(first, make_round(date(2018, 5, 1))) == {}
    assert states(first, load_round(date(2018, 5, 1))) == {"kader": "absent"}


KADER_2018: Row = ("kader", "2018-05", date(2018, 5, 15), "accepted", 0, "of May 2018")
JANUARY: Row = ("kader", "2019-01", date(2019, 1, 15), "accepted", 0, "of January")


CLAIMS: Row = ("declaraties", "2018-01", date(2018, 1, 2), "accepted", 0, "the first of all")


def told(rows: Iterable[Row], month: date, **declared: Any) -> list[tuple[Any, ...]]:
    """State, day it came, month of what is used instead: of a kader, in a round with what its file says."""
    due = find_due(register(CLAIMS, *rows), make_round(month, declared))
    return due.select("due_on", "state", "came_on", "used_month").rows()


MAY, JUNE = date(2019, 5, 1), date(2019, 6, 1)
DUE = date(2019, 5, 15)


@pytest.mark.parametrize(
    ("more", "month", "expected"),
    [
        ([], date(2019, 4, 1), []),  # not due yet
        ([], MAY, [(DUE, "absent", None, date(2019, 1, 1))]),
        ([], JUNE, [(DUE, "absent", None, date(2019, 1, 1))]),
        ([("kader", "2019-06", date(2019, 6, 3), "accepted", 0, "n")], JUNE, [(DUE, "arrived", None, JUNE)]),
        ([("kader", "2019-05", date(2019, 5, 9), "refused", 0, "n")], MAY, []),  # told where it was refused
        ([("kader", "2019-05", date(2019, 5, 9), "refused", 0, "n")], JUNE,
         [(DUE, "refused", None, date(2019, 1, 1))]),
    ],
)  # fmt: skip
def test_what_became_of_it(more: list[Row], month: date, expected: list[tuple[Any, ...]]) -> None:
    assert told([KADER_2018, JANUARY, *more], month) == expected


def test_late_is_not_absent() -> None:
    """Delivered on 20 May, after a cut-off of 16 May. With a cut-off before last year's day nothing is due."""
    late: Row = ("kader", "2019-05", date(2019, 5, 20), "accepted", 0, "n")
    rows = [KADER_2018, JANUARY, late]
    cut = {"kader": date(2019, 5, 16)}
    assert told(rows, MAY, cut_off=cut) == [(DUE, "late", date(2019, 5, 20), date(2019, 1, 1))]
    assert told(rows, MAY) == [(DUE, "arrived", None, MAY)]
    assert told(rows, MAY, cut_off={"kader": date(2019, 5, 14)}) == []


@pytest.mark.parametrize(("month", "state"), [("2019-03", "absent"), ("2019-04", "arrived"), ("2019-06", "arrived")])
def test_a_delivery_may_come_in_the_month_before(month: str, state: str) -> None:
    """A kader of 28 April is that of May; one of 28 March is not."""
    early: Row = ("kader", month, date.fromisoformat(f"{month}-28"), "accepted", 0, "n")
    assert [row[1] for row in told([KADER_2018, JANUARY, early], JUNE)] == [state]


def test_of_a_kind_that_comes_every_month_the_one_before_is_no_early_one() -> None:
    rows = [
        ("pgb_verleningen", f"{year}-{month:02}", date(year, month, 28), "accepted", 0, f"{year}-{month}")
        for year, last in ((2018, 12), (2019, 4))
        for month in range(1, last + 1)
    ]
    assert told(rows, MAY) == [(date(2019, 5, 28), "absent", None, date(2019, 4, 1))]
    assert told(rows, date(2019, 4, 1)) == [(date(2019, 4, 28), "arrived", None, date(2019, 4, 1))]


def test_a_source_that_stopped_years_ago_is_awaited_still() -> None:
    """The na-ijl of May 2018 was the last: in 2021 the one of 2019 has not come yet."""
    last: Row = ("na_ijl", "2018-05", date(2018, 5, 2), "accepted", 0, "n")
    assert told([last], date(2021, 5, 1)) == [(date(2019, 5, 2), "absent", None, date(2018, 5, 1))]


def test_a_round_names_what_never_came() -> None:
    assert told([], MAY, due={"kader": DUE}) == [(DUE, "absent", None, None)]
    assert told([JANUARY], MAY, due={"kader": DUE}) == [(DUE, "absent", None, date(2019, 1, 1))]
    leap = [("kader", "2020-02", date(2020, 2, 29), "accepted", 0, "l")]
    assert told(leap, date(2021, 3, 1)) == [(date(2021, 2, 28), "absent", None, date(2020, 2, 1))]


# ---- The euro -----------------------------------------------------------------------------------------------------


def due(kind: str, state: str = "absent", used: date | None = date(2018, 1, 1)) -> pl.DataFrame:
    came_on = date(2018, 5, 20) if state == "late" else None
    row = (kind, date(2018, 5, 15), date(2018, 5, 1), state, came_on, date(2018, 5, 16), used)
    return pl.DataFrame([row], schema=DUE_SCHEMA, orient="row")


@pytest.fixture(scope="module")
def tables() -> Advice:
    """The line up to the confrontation, without anything due."""
    known = known_of(deliver(), [LETTER, HIGH], year_ago=know_a_year_ago)
    return compute_advice(known, settle_tables(known), ["utilisation"])


def judged(tables: Advice, of_due: pl.DataFrame, **delivered: pl.DataFrame) -> CheckResult:
    """D15 on the same tables, with what was due and other deliveries of a kind."""
    known = known_of({**deliver(), **delivered}, [LETTER, HIGH], year_ago=know_a_year_ago, due=of_due)
    given = {name: frame for name, frame in tables.items() if name != "utilisation"}
    advice = compute_advice(known, settle_tables(known), ["utilisation"], given)
    (rule,) = JUDGED["awaited"]
    frame = advice.judged["utilisation"]["awaited"]
    (result,) = judge([measure_table(rule, frame, "utilisation", "declaraties-2018-05-abc", dict(known.assumptions))])
    assert result.outcome != "broken", result.message
    return result


@pytest.mark.parametrize(
    ("kind", "euro"),
    [
        ("kader", "52520.00"),  # zin 48,000 and 4,000, a hundredth of it pgb
        ("pgb_verleningen", "1800.00"),  # stands of 1,200 and 600 that do not move
        ("na_ijl", "960.00"),  # 0.5 % of 48,000; of De Friesland 3,600 ÷ 3,000 − 1 is derived, of 3,600
        ("nacalculatie", "133.10"),  # 100, 110, 121: 10 % more each year
    ],
)
def test_the_euro_is_what_rests_on_the_older_delivery(tables: Advice, kind: str, euro: str) -> None:
    result = judged(tables, due(kind))
    assert (result.outcome, result.severity, result.findings_count) == ("failed", "warn", 1)
    assert result.at_stake_eur == Decimal(euro)
    assert f"{kind}: due on 2018-05-15, not delivered; € " in result.observed
    assert "rests on that of 2018-01" in result.observed


def test_late_claims_of_whom_nothing_is_known_are_as_much_as_they_may_be() -> None:
    """De Friesland has no percentage and no year ago: 0.15 % of its 3,600 at most; Menzis 0.5 % of 48,000, older."""
    known = known_of({**deliver(), "na_ijl": rows_of(NA_IJL, [(2015, "Menzis", 0.5)])}, [LETTER], due=due("na_ijl"))
    advice = compute_advice(known, settle_tables(known), ["utilisation"])
    (told,) = advice.judged["utilisation"]["awaited"]["rests_eur"]
    assert told == pytest.approx(240.0 + 5.4)


def test_prices_of_the_year_rest_on_no_agreement(tables: Advice) -> None:
    """All claims of the year have a price of their own, source a: nothing rests on herschikking or on tariffs."""
    for kind in ("herschikking", "beleidsregelwaarden"):
        assert judged(tables, due(kind)).outcome == "passed"


def test_how_it_came_is_said(tables: Advice) -> None:
    said = judged(tables, due("kader", "late")).observed
    assert "kader: due on 2018-05-15, delivered on 2018-05-20, after the cut-off of 2018-05-16; € 52,520" in said
    assert "delivered and refused; € 52,520" in judged(tables, due("kader", "refused")).observed
    nothing = judged(tables, due("pgb_verleningen", used=None)).observed
    assert nothing == "pgb_verleningen: due on 2018-05-15, not delivered; € 1,800 rests on what stands in for it"


def test_a_file_that_came_with_the_old_stand_is_not_there(tables: Advice) -> None:
    """The kader of January again in May, or the na-ijl of 2015 where that of 2016 is due."""
    kader = deliver()["kader"]
    assert judged(tables, due("kader", "arrived"), kader=kader).outcome == "passed"
    again = kader.with_columns(stand_date=pl.lit(date(2018, 1, 15)))
    result = judged(tables, due("kader", "arrived"), kader=again)
    assert "kader: due on 2018-05-15, delivered with the stand of 2018-01-15; € 52,520" in result.observed
    assert judged(tables, due("na_ijl", "arrived")).outcome == "passed"
    older = judged(tables, due("na_ijl", "arrived"), na_ijl=rows_of(NA_IJL, [(2015, "Menzis", 0.5)]))
    assert "na_ijl: due on 2018-05-15, delivered with the stand of 2015" in older.observed


def test_other_years_of_a_kader_do_not_make_it_new(tables: Advice) -> None:
    """A first stand of 2019 beside the old one of 2018: the budget year is what counts."""
    kader = deliver()["kader"].with_columns(stand_date=pl.lit(date(2018, 1, 15)))
    next_year = kader.with_columns(
        budget_year=pl.lit(2019, pl.Int32), stand_date=pl.lit(date(2018, 5, 15)), zin_budget_eur=pl.lit(Decimal(1))
    )
    both = pl.concat([kader, next_year.select(KADER.column_names)], how="vertical_relaxed")
    assert judged(tables, due("kader", "arrived"), kader=both.cast(dict(KADER.schema))).outcome == "failed"


def test_it_is_said_in_dutch() -> None:
    record = {"kind": "kader", "due_on": "2018-05-15", "used_month": "2018-01-01", "at_stake_eur": 52520.0}
    record |= {"wording": "absent older", "merged_count": 0, "findings_count": 1, "came_on": None, "cut_off": None}
    said = say_finding("D15", record, "nl")
    assert said.startswith("kader: verwacht op 2018-05-15, niet aangeleverd; € 52.520 rust op die van 2018-01")
