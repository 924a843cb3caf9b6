"""What came of a finding, in tables: judgements in, statuses out."""

from datetime import date, datetime

import polars as pl
import pytest

from expectations.intake.settle import settle_statuses
from expectations.intake.take_in import save_results
from expectations.judging.status import Judgement, is_solved, judge_status, latest_judgements
from tests.e2e.alert_desk import result
from warehouse.store import Store
from warehouse.tables.deliveries import DELIVERY_REGISTER
from warehouse.tables.quality import DATA_QUALITY

MAY, JUNE = date(2018, 5, 1), date(2018, 6, 1)
MAY_A, MAY_B, JUNE_A = "declaraties-2018-05-aaaa", "declaraties-2018-05-bbbb", "declaraties-2018-06-aaaa"

Row = tuple[str, str, int, int]  # delivery, outcome, hour of judging, revision


def frame_of(rows: list[Row], month: date = MAY, **more: object) -> pl.DataFrame:
    known = {"check_id": "P01", "checked_table": "declaraties", "title": "t", "severity": "warn", "message": "m"}
    return pl.DataFrame(
        [
            {
                **known,
                "delivery_month": month,
                "delivery_id": delivery,
                "outcome": outcome,
                "judged_at": datetime(2018, 7, 5, hour),
                "revision": revision,
                **more,
            }
            for delivery, outcome, hour, revision in rows
        ],
        schema=DATA_QUALITY.schema,
    )


def register_of(**hours: int) -> pl.DataFrame:
    names = {"may_a": MAY_A, "may_b": MAY_B, "june_a": JUNE_A}
    rows = [{"delivery_id": names[name], "registered_at": datetime(2018, 7, 5, hour)} for name, hour in hours.items()]
    return pl.concat([DELIVERY_REGISTER.empty(), pl.DataFrame(rows)], how="diagonal_relaxed")


def statuses(*rows: Row, **hours: int) -> list[str | None]:
    return judge_status(frame_of(list(rows)), register_of(**hours))["check_status"].to_list()


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(MAY_A, "passed", 1, 1)], [None]),
        ([(MAY_A, "failed", 1, 1)], ["open"]),
        ([(MAY_A, "failed", 1, 1), (MAY_A, "failed", 2, 2)], ["replaced", "open"]),
        ([(MAY_A, "failed", 1, 1), (MAY_A, "passed", 2, 2)], ["solved", None]),
        ([(MAY_A, "failed", 1, 1), (MAY_B, "passed", 2, 1)], ["solved", None]),
        ([(MAY_A, "failed", 1, 1), (MAY_B, "failed", 2, 1)], ["open", "open"]),
        ([(MAY_A, "failed", 1, 1), (MAY_A, "failed", 2, 2), (JUNE_A, "passed", 3, 1)], ["solved", "solved", None]),
        ([(JUNE_A, "failed", 1, 1), (MAY_A, "passed", 2, 1)], ["open", None]),
        ([(MAY_A, "broken", 1, 1), (MAY_A, "passed", 2, 2)], ["solved", None]),
    ],
    ids=["passed", "open", "replaced", "passes again", "next delivery", "both stand", "all before", "older", "broken"],
)
def test_status_of_judgements(rows: list[Row], expected: list[str | None]) -> None:
    assert statuses(*rows) == expected


def test_rows_stay_in_their_order_whatever_it_is() -> None:
    rows = [(MAY_B, "passed", 2, 1), (MAY_A, "failed", 1, 1)]
    assert statuses(*rows) == [None, "solved"]


def test_a_delivery_that_was_put_back_stands_after_the_one_that_passed() -> None:
    """It came in again at hour 3, with its judgement of hour 1: the mart and the alerts say the same."""
    rows = [(MAY_A, "failed", 1, 1), (MAY_B, "passed", 2, 1)]
    assert statuses(*rows, may_a=3, may_b=2) == ["open", None]
    assert latest_judgements(frame_of(rows), register_of(may_a=3, may_b=2))["delivery_id"].to_list() == [MAY_A]
    assert latest_judgements(frame_of(rows), register_of(may_a=1, may_b=2))["delivery_id"].to_list() == [MAY_B]


def test_a_person_who_accepted_it_comes_before_open_and_after_solved() -> None:
    accepted = frame_of([(MAY_A, "failed", 1, 1)], accepted_by="A. Vos")
    assert judge_status(accepted, register_of())["check_status"].to_list() == ["accepted"]
    later = frame_of([(JUNE_A, "passed", 2, 1)], JUNE)
    assert judge_status(pl.concat([accepted, later]), register_of())["check_status"].to_list() == ["solved", None]


def test_other_tables_and_checks_solve_nothing() -> None:
    rows = [frame_of([(MAY_A, "failed", 1, 1)]), frame_of([(MAY_B, "passed", 2, 1)], checked_table="kader")]
    assert judge_status(pl.concat(rows), register_of())["check_status"].to_list() == ["open", None]


@pytest.mark.parametrize(
    ("judgement", "expected"),
    [
        (Judgement(JUNE, True), True),
        (Judgement(MAY, True), True),
        (Judgement(JUNE, False), False),
        (Judgement(date(2018, 4, 1), True), False),
        (None, False),
    ],
)
def test_a_told_finding_is_solved_by_a_conclusive_judgement_of_its_month_or_later(judgement, expected) -> None:
    judged = {("P01", "declaraties"): judgement} if judgement else {}
    assert is_solved("P01", "declaraties", MAY, judged) is expected


def test_a_judgement_of_june_settles_the_row_of_may_in_the_lake(tmp_path) -> None:
    store = Store(tmp_path)
    save_results(store, [result(delivery=MAY_A)], MAY, datetime(2018, 5, 5))
    settle_statuses(store)
    assert store.read(DATA_QUALITY, MAY)["check_status"].to_list() == ["open"]
    save_results(store, [result(delivery=MAY_A)], MAY, datetime(2018, 5, 6))  # the same again is no revision
    save_results(store, [result("fine", outcome="passed", delivery=JUNE_A)], JUNE, datetime(2018, 6, 5))
    settle_statuses(store)
    assert store.read(DATA_QUALITY, MAY).select("revision", "check_status").rows() == [(1, "solved")]
    assert store.read(DATA_QUALITY, JUNE)["check_status"].to_list() == [None]
