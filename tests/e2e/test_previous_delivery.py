"""A delivery doubled or partial beside the one before it (checks D05 and D08): refused, and mended without a trace.

Simulated at small scale for the whole way, by hand where the sums matter.
"""

import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from simulation.reference import load_simulation_reference
from simulation.run import simulate_deliveries, simulate_truth
from tests.e2e.handmade import FRIESLAND, GRONINGEN, House, Row, claims
from warehouse.landing import write_deliveries

pytestmark = pytest.mark.long

MAY = date(2018, 5, 1)
JUNE = "2018-06"


def claims_of(house: House, month: str) -> str:
    """The accepted claims of a month."""
    register = house.register().filter(kind="declaraties", delivery_status="accepted")
    return str(register.filter(delivery_month=date.fromisoformat(f"{month}-01"))["delivery_id"].item())


def spoil(landing: Path, defect: str) -> float:
    """Puts the claims of May with a defect into the landing zone; returns the euro the truth says it is about."""
    reference = load_simulation_reference("small")
    files = simulate_deliveries(reference, scale="small", defects=[defect])
    wrong = [file for file in files if file.kind == "declaraties" and file.delivery_month == MAY]
    write_deliveries(landing, ((file.delivery_month, file.kind, file.frame, file.part) for file in wrong))
    return float(simulate_truth(reference, scale="small", defects=[defect]).defects["amount_eur"].item())


def refusal(house: House, check_id: str) -> tuple[float, str]:
    """Euro at stake and action of the check that refused the claims of May, as published."""
    [row] = house.query(
        "select at_stake_eur, action from marts.data_quality "
        f"where outcome = 'failed' and severity = 'block' and check_id = '{check_id}' and delivery_month = '2018-05-01'"
    )
    return float(row[0]), str(row[1])


def test_doubled_and_half_deliveries_leave_no_trace(small_data: House, tmp_path: Path, dagster_home: Path) -> None:
    """May comes doubled, then by half, then right: the advice rests on April until it is that of a clean history."""
    house = House(tmp_path / "data", dagster_home).remember(small_data)
    shutil.copytree(small_data.landing, house.landing)
    right = (house.landing / "2018-05" / "declaraties.parquet").read_bytes()

    euro = spoil(house.landing, "doubled_delivery")
    doubled = house.run()
    april = claims_of(house, "2018-04")
    assert doubled.exit_code == 1
    first_line, second_line, *_ = doubled.stdout.splitlines()
    assert first_line == f"Refused or missing; the advice of 2018-05 rests on the last accepted claims: {april}"
    assert second_line.startswith("  refused: D05 doubled delivery: delivery declaraties-2018-05-")
    words = (
        "uitvoerder De Friesland: 36 of 36 older months (2015-01 to 2017-12) at 2.00 times the delivery of 2018-04, "
    )
    assert words in second_line
    at_stake, action = refusal(house, "D05")
    assert at_stake == pytest.approx(euro, rel=0.01)
    assert f"About € {at_stake / 1_000_000:,.1f} mln is at stake. {action}." in second_line
    [(used,)] = house.query("select input_version from marts.advice_provenance where input_name = 'declaraties'")
    assert used == april

    euro = spoil(house.landing, "half_delivery")
    half = house.run()
    assert half.exit_code == 1
    first_line, second_line, *_ = half.stdout.splitlines()
    assert first_line == f"Refused, nothing new published: the advice of 2018-05 keeps resting on {april}."
    assert second_line.startswith("  refused: D08 partial delivery: delivery declaraties-2018-05-")
    assert "36 of 36 older months (2015-01 to 2017-12) at 0.4" in second_line
    assert "mln missing" in second_line

    (house.landing / "2018-05" / "declaraties.parquet").write_bytes(right)
    house.publish()
    assert house.advice_hashes() == small_data.advice_hashes()
    of_may = house.register().filter(kind="declaraties", delivery_month=MAY).sort("registered_at")
    assert of_may.select("delivery_status", "check_id").rows() == [
        ("refused", "D05"),
        ("refused", "D08"),
        ("accepted", None),
    ]
    kept = {path.stem for path in (house.root / "lake" / "declaraties" / "delivery_month=2018-05").iterdir()}
    assert kept == {claims_of(small_data, "2018-05")}


def test_no_delivery_of_a_clean_history_is_refused(small_data: House) -> None:
    """Seventeen months, two Januaries: D05 and D08 pass, in the same words every time."""
    judged = small_data.store.root / "data_quality"
    rows = pl.concat(pl.read_parquet(path) for path in sorted(judged.rglob("*.parquet")))
    ours = rows.filter(pl.col("check_id").is_in(["D05", "D08"]))
    assert ours.height == 2 * 17
    assert ours.select("check_id", "outcome", "observed").unique().sort("check_id").rows() == [
        ("D05", "passed", "no uitvoerder at twice an earlier delivery"),
        ("D08", "passed", "no uitvoerder far below an earlier delivery"),
    ]


# --- By hand ------------------------------------------------------------------------------------------------------


def both(volume: float = 100, friesland: float | None = None) -> list[Row]:
    """Z025 and Z041 in two regions at € 10.00: 2 × € 1,000 a month per uitvoerder, 36 months to December 2017."""
    other = volume if friesland is None else friesland
    rows: list[Row] = []
    for code, number in ((GRONINGEN, volume), (FRIESLAND, other)):
        rows += [*claims("Z025", volume=number, codes=[code]), *claims("Z041", volume=number, codes=[code])]
    return rows


def test_one_uitvoerder_doubled_refuses_the_delivery_and_says_which(house: House) -> None:
    """36 months × € 2,000 of De Friesland counted twice; Menzis is as it was."""
    house.deliver("declaraties", both(friesland=200), month=JUNE, on=date(2018, 6, 4))
    result = house.run(JUNE)
    assert result.exit_code == 1
    assert "rests on the last accepted claims: declaraties-2018-05-" in result.stdout.splitlines()[0]
    words = "(2015-01 to 2017-12) at 2.00 times the delivery of 2018-05, € 72,000 counted twice; expected"
    assert f": uitvoerder De Friesland: 36 of 36 older months {words}" in result.stdout
    assert "About € 72,000 is at stake. The delivery is refused; the last accepted one is used." in result.stdout
    assert "uitvoerder Menzis" not in result.stdout


def test_a_wrong_delivery_that_was_taken_in_first_is_mended_by_its_month(house: House) -> None:
    """The first delivery has nothing before it. When it was half, the next good one seems doubled; the message says
    what to do: put a good one in place of the earlier, and the refused one is judged again."""
    good, april = both(volume=200), date(2018, 4, 3)
    house.deliver("declaraties", good, month=JUNE, on=date(2018, 6, 4))
    refused = house.run(JUNE)
    assert refused.exit_code == 1
    assert "D05 doubled delivery" in refused.stdout
    assert "if the earlier delivery was the wrong one, put a good one in its place and repeat the run" in refused.stdout
    house.deliver("declaraties", both(volume=199))
    house.publish(JUNE)
    assert claims_of(house, JUNE).startswith("declaraties-2018-06-")
    # An older month that comes late is compared with what was before it: nothing.
    house.deliver("declaraties", both(volume=20), month="2018-04", on=april)
    house.publish(JUNE)
