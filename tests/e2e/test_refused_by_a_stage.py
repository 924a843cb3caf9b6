"""A delivery that came in and that a stage of the run refuses: what is on record of it, then and after a repeat."""

from collections.abc import Callable
from datetime import date

import polars as pl
import pytest

from pipelines.alerts.send import read_findings
from tests.e2e.handmade import House
from warehouse.tables.quality import DATA_QUALITY

MAY = "2018-05"
DEFECTS = ("--defect", "sudden_level:large", "--defect", "unknown_prestatie:small")


@pytest.fixture(scope="module")
def refused(small_data: House, new_house: Callable[[str], House]) -> House:
    """Simulated deliveries of which the last has a sudden level, and a row of a prestatie in no list; after its run."""
    house = new_house("sudden").remember(small_data).simulate("--until", MAY, *DEFECTS)
    told = house.run(MAY)
    assert told.exit_code == 1, told.output
    assert "refused: V03-level sudden level" in told.output
    return house


def on_record(house: House) -> pl.DataFrame:
    """Every judgement of the claims of May."""
    found = pl.concat(house.store.read(DATA_QUALITY, month) for month in house.store.months(DATA_QUALITY))
    return found.filter(pl.col("delivery_id").str.starts_with(f"declaraties-{MAY}")).sort("check_id", "revision")


def test_what_was_judged_before_the_refusal_says_that_nothing_is_used(refused: House) -> None:
    """The row of an unknown code was told at intake, a late provider by a stage beside the one that refuses."""
    judged = on_record(refused)
    latest = judged.unique(["check_id", "checked_table"], keep="last", maintain_order=True)
    not_used = "Nothing of it is used: the delivery is refused by V03-level"
    others = latest.filter(pl.col("check_id") != "V03-level")
    assert others.height > 20
    assert set(others["action"]) == {not_used}
    [rows] = others.filter(check_id="D02-rows").to_dicts()
    assert f"is at stake. {not_used}. Next: " in rows["message"]
    assert "the delivery is used" not in rows["message"]
    assert rows["revision"] == 2
    [before] = judged.filter(check_id="D02-rows", revision=1).to_dicts()
    assert before["action"].endswith("the rest of the delivery is used")
    statuses = refused.query(
        "select check_status from marts.data_quality where check_id = 'D02-rows' and outcome = 'failed' "
        f"and delivery_id like 'declaraties-{MAY}-%' order by revision",
        None,
    )
    assert statuses == [("replaced",), ("open",)]


def test_what_was_found_stays_on_record(refused: House) -> None:
    """One sudden level: the series is in the group that has 61 % of its uitvoerder, whose speed it does not change."""
    findings = refused.query(
        "select check_id, count(*) from marts.check_findings where check_id in ('D02-rows', 'V03-level') "
        f"and delivery_id like 'declaraties-{MAY}-%' group by 1 order by 1",
        None,
    )
    assert findings == [("D02-rows", 1), ("V03-level", 1)]
    shown = refused.wlz("quarantine", "show", on_record(refused)["delivery_id"][0]).output
    assert "refused: V03-level sudden level" in shown
    assert "D02-rows: prestatie X999 is not in the list (1 row)" in shown


def test_the_first_alert_tells_the_refusal(refused: House) -> None:
    """All deliveries came in together, and the run that fell back judged April after May."""
    alerts = read_findings(refused.store, date(2018, 5, 1)).alerts
    assert [(one.severity, one.delivery_id[:19]) for one in alerts if one.check_id == "V03-level"] == [
        ("block", f"declaraties-{MAY}")
    ]


def test_a_repeated_run_says_the_same_once(refused: House) -> None:
    before = on_record(refused)
    assert refused.run(MAY).exit_code == 1
    assert on_record(refused).equals(before)
