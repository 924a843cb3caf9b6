"""What people decide about checks: a block accepted, rows released. Audited, visible, and in the next run's figures."""

import json
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from tests.e2e.handmade import FRIESLAND, GRONINGEN, House, claims

pytestmark = pytest.mark.long

WHO = ("--author", "A. Vos")
WHY = ("--reason", "checked by telephone")


def delivered(house: House, status: str) -> str:
    found = house.register().filter(kind="declaraties", delivery_status=status)
    return str(found.sort("registered_at")["delivery_id"][-1])


def refuse_june(house: House) -> str:
    """A June delivery of which the older months of one region are lower by a quarter: D08 refuses it."""
    rows = [*claims("Z025", codes=[GRONINGEN]), *claims("Z025", codes=[FRIESLAND], volume=50.0), *claims("Z041")]
    house.deliver("declaraties", rows, month="2018-06", on=date(2018, 6, 2))
    assert house.run("2018-06").exit_code == 1
    return delivered(house, "refused")


def lines_of(listed: str) -> list[list[str]]:
    """The cells of the entries in a list; columns start where their headers do, or end there."""
    head, *lines = [line for line in listed.splitlines() if "Nothing is in quarantine" not in line][:-1]
    assert head.split() == ["delivery", "file", "rule", "rows", "euro", "state", "reason"]
    starts = [head.index(name) for name in ("delivery", "file", "rule", "state", "reason")]
    cells = []
    for line in lines:
        delivery, file, counts, state, reason = (
            line[start:end].strip() for start, end in zip(starts, [*starts[1:], None], strict=True)
        )
        rule, *numbers = [part for part in counts.split("  ") if part]
        rows, euro = [*(number.strip() for number in numbers), ""][:2]
        cells.append([delivery, file, rule, rows, euro, state, reason])
    return cells


def test_an_accepted_block_is_published_audited_and_visible(house: House) -> None:
    refused = refuse_june(house)
    told = house.wlz("accept", "D08", refused, *WHO, *WHY)
    assert told.exit_code == 0, told.output
    assert f"Accepted by A. Vos: D08 partial delivery on {refused}." in told.output

    run = house.run("2018-06")
    assert run.exit_code == 0, run.output
    assert "Used all the same: accepted by A. Vos (checked by telephone)." in run.output
    assert f"Used although D08 (partial delivery) refused it: {refused}, accepted by A. Vos: checked" in run.output
    assert house.query(
        "select input_version from marts.advice_provenance "
        "where input_name = 'declaraties' and delivery_month = '2018-06-01'"
    ) == [(refused,)]
    judged = house.query(
        "select check_status, accepted_by, revision from marts.data_quality "
        f"where check_id = 'D08' and delivery_id = '{refused}' order by revision"
    )
    assert judged == [("replaced", None, 1), ("accepted", "A. Vos", 2)]
    decided = house.query("select decision, check_id, decided_by, decision_reason from marts.check_decisions")
    assert decided == [("accept", "D08", "A. Vos", "checked by telephone")]


@pytest.mark.parametrize(("check_id", "said"), [
    ("d08", "no check 'd08'; closest are D08, "),
    ("D99", "Next: docs/reference/checks.md lists all"),
    ("P02", "is warn and passed. Rows it sets apart: wlz quarantine release declaraties-2018-05-"),
    ("D03", "D03 one row per key cannot be accepted: nothing can be computed from such a delivery"),
])  # fmt: skip
def test_what_cannot_be_accepted_is_said_and_changes_nothing(house: House, check_id: str, said: str) -> None:
    accepted = delivered(house, "accepted")
    told = house.wlz("accept", check_id, accepted, *WHO, *WHY)
    assert told.exit_code == 1
    assert said in told.output
    assert len(told.output) < 300  # never the whole list
    assert not (house.root / "lake" / "check_decisions").exists()


def test_a_decision_needs_an_author_and_a_reason(house: House) -> None:
    assert house.wlz("accept", "D08", "x", "--author", "A", "--reason", " ").exit_code == 2
    assert house.wlz("accept", "D08", "x", "--author", "A").exit_code == 2


def test_a_reason_is_of_a_length_people_read(house: House) -> None:
    refused = refuse_june(house)
    told = house.wlz("accept", "D08", refused, *WHO, "--reason", "x" * 501)
    assert told.exit_code == 1
    assert "--reason has 501 characters, expected at most 500" in told.output
    assert house.wlz("accept", "D08", refused, *WHO, "--reason", "x" * 500).exit_code == 0


def test_released_rows_count_from_the_next_run_on(house: House) -> None:
    """36 rows with a negative amount are set apart, 0.498 % of their uitvoerder; released they count, and only then."""
    wrong = claims("Z025", codes=[GRONINGEN], volume=1.0, agb="01234567")
    rows = [*claims("Z025"), *claims("Z041"), *((*row[:-1], -row[-1]) for row in wrong)]
    house.deliver("declaraties", rows)
    told = house.run()
    delivery = delivered(house, "accepted")
    assert f"Out of the figures: 36 rows of {delivery}, € -360.00, in quarantine" in told.output
    euro = "select sum(forecast_volume) from marts.volume_forecast where prestatiecode = 'Z025'"
    [(before,)] = house.query(euro)

    listed = house.wlz("quarantine", "list")
    assert lines_of(listed.output) == [
        [delivery, "declaraties.csv", "P02", "36", "€ -360", "set apart", "amount and volume have different signs"]
    ]
    assert "Nothing" not in listed.output
    shown = house.wlz("quarantine", "show", delivery)
    assert "P02: amount and volume have different signs (36 rows)" in shown.output
    assert "-10.00" in shown.output

    refused = house.wlz("quarantine", "release", delivery, "D02-rows", *WHO, *WHY)
    assert refused.exit_code == 1
    assert "has no rows in quarantine for D02-rows" in refused.output
    told = house.wlz("quarantine", "release", delivery, "P02", *WHO, *WHY)
    assert f"Released by A. Vos: 36 rows, € -360 of {delivery}." in told.output
    assert house.query(euro) == [(before,)]
    assert house.run().exit_code == 0
    [(after,)] = house.query(euro)
    assert after > before
    assert house.register().filter(delivery_id=delivery)["quarantined_count"].item() == 0
    listed = house.wlz("quarantine", "list").output
    assert "Nothing is in quarantine now." in listed
    [line] = lines_of(listed)
    assert line[:5] == [delivery, "declaraties.csv", "P02", "36", "€ -360"]
    assert line[5].startswith("released 20")
    assert line[6] == "A. Vos: checked by telephone"
    again = house.advice_hashes()
    assert house.publish().advice_hashes() == again


def test_the_list_has_a_line_an_entry_and_show_the_whole_text(house: House) -> None:
    """May: 2 × 36 rows of an unknown code; June: refused by two rules, and a budget file that cannot be read."""
    house.deliver("declaraties", [*claims("Z025"), *claims("Z041"), *claims("Q999", volume=0.3)])
    assert house.run().exit_code == 0
    apart = delivered(house, "accepted")
    low = claims("Z025", codes=[FRIESLAND], volume=50.0)
    twice = [*claims("Z025", codes=[GRONINGEN]), *low, *low[:1], *claims("Z041")]
    house.deliver("declaraties", twice, month="2018-06", on=date(2018, 6, 2))
    (house.landing / "2018-06" / "hulpmiddelen.csv").write_bytes(b"")
    assert house.run("2018-06").exit_code == 1
    refused = delivered(house, "refused")

    listed = house.wlz("quarantine", "list").output
    assert max(len(line) for line in listed.splitlines()) < 180
    unread, two, of_rows = lines_of(listed)
    assert unread[1:] == ["hulpmiddelen.csv", "D01", "0", "", "refused", "schema"]
    assert two == [
        refused, "declaraties.csv", "D03, D08", "145", "€ 126,500", "refused", "one row per key; partial delivery"
    ]  # fmt: skip
    assert of_rows[2:] == ["D02-rows", "72", "€ 216", "set apart", "prestatie Q999 is not in the list"]
    assert of_rows[0] == apart
    shown = house.wlz("quarantine", "show", refused).output
    assert "refused: D03 one row per key: delivery " in shown
    assert "refused: D08 partial delivery: delivery " in shown
    assert "Next: " in shown


def test_a_reason_of_any_length_stays_on_its_line(house: House) -> None:
    rows = [(*row[:-1], -row[-1]) for row in claims("Z041", volume=0.5, codes=[GRONINGEN], agb="01234567")]
    house.deliver("declaraties", [*claims("Z025"), *claims("Z041"), *rows])
    assert house.run().exit_code == 0
    reason = "as asked\nand answered " + "x" * 400
    told = house.wlz("quarantine", "release", delivered(house, "accepted"), "P02", *WHO, "--reason", reason)
    assert told.exit_code == 0, told.output
    [line] = [line for line in lines_of(house.wlz("quarantine", "list").output) if line[5].startswith("released")]
    assert line[6].startswith("A. Vos: as asked and answered xxx")
    assert len(line[6]) == 60
    assert line[6].endswith("x…")


def test_rows_of_an_unknown_code_cannot_be_released_before_the_list_knows_it(house: House) -> None:
    house.deliver("declaraties", [*claims("Z025"), *claims("Z041"), *claims("Q999", volume=0.3)])
    assert house.run().exit_code == 0
    told = house.wlz("quarantine", "release", delivered(house, "accepted"), "D02-rows", *WHO, *WHY)
    assert told.exit_code == 1
    assert "prestatie Q999 is not in the list. Next: add the code to prestaties.csv of pack vektis-2019" in told.output


def test_nothing_is_shown_of_a_delivery_that_is_not_there(house: House) -> None:
    told = house.wlz("quarantine", "show", "declaraties-2018-05-nothing")
    assert told.exit_code == 1
    assert "nothing of declaraties-2018-05-nothing is in quarantine" in told.output


def test_the_original_bytes_of_a_refused_file_stay(house: House) -> None:
    refused = refuse_june(house)
    folder = house.root / "quarantine" / "2018-06" / "declaraties" / refused
    assert (folder / "declaraties.csv").read_bytes() == (house.landing / "2018-06" / "declaraties.csv").read_bytes()
    reason = json.loads((folder / "reason.json").read_text(encoding="utf-8"))
    assert [one["check_id"] for one in reason["refused"]] == ["D08"]


def test_findings_stand_per_uitvoerder_with_their_euro(house: House) -> None:
    refused = refuse_june(house)
    frame = pl.concat(
        pl.read_parquet(path) for path in (house.root / "lake" / "check_findings").glob("delivery_month=2018-06/*")
    )
    [found] = frame.filter(check_id="D08", delivery_id=refused).to_dicts()
    assert found["finding_number"] == 1
    assert found["at_stake_eur"] == Decimal("18000.00")  # 36 months × 50 × € 10
    assert found["wlz_uitvoerder"] == "De Friesland"
