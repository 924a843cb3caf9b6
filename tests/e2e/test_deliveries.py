"""Deliveries that come twice, again, in another order, or not at all: what the next advice rests on."""

import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from assets.context import Warehouse
from tests.e2e.handmade import FRIESLAND, GRONINGEN, House, claims, furnish, grants, kader

pytestmark = pytest.mark.long

MAY, JUNE = date(2018, 5, 1), date(2018, 6, 1)


def claims_used(house: House, month: date) -> str:
    """The claims delivery a round uses."""
    chosen = Warehouse(data_dir=str(house.root)).advice(month).deliveries.chosen
    return str(chosen.filter(kind="declaraties")["delivery_id"].item())


def claims_published(house: House, month: str) -> str:
    """The claims delivery a published advice says it rests on."""
    sql = "select input_version from marts.advice_provenance where input_name = 'declaraties'"
    [(version,)] = house.query(f"{sql} and delivery_month = date '{month}-01'")
    return str(version)


def zin_expected(house: House, month: str) -> float:
    sql = f"select expected_eur from marts.utilisation_national where part = 'zin' and delivery_month = '{month}-01'"
    [(amount,)] = house.query(sql)
    return float(amount)


# --- The same again -----------------------------------------------------------------------------------------------


def test_the_same_files_twice_change_nothing(house: House) -> None:
    """The register and every hash of the marts, also those about the run. A copied file is no new delivery."""
    register = house.register()
    path = house.landing / "2018-05" / "declaraties.csv"
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content)
    everything = house.wlz("tables", "--hash").stdout
    assert all(mart in everything for mart in ("forecast_bounds", "exceedance", "utilisation_outlook", "backtest_acc"))
    again = house.run()
    assert again.exit_code == 0
    assert house.register().equals(register)
    assert house.wlz("tables", "--hash").stdout == everything


# --- None, and what is no file ------------------------------------------------------------------------------------


def test_deliveries_of_none_are_used_and_move_nothing(house: House) -> None:
    """No transfers, no indications, no forecasts of providers: taken in, named by the advice, in no sum."""
    before, expected = house.advice_hashes(), zin_expected(house, "2018-05")
    for kind in ("overhevelingen", "indicaties", "prognose_uitvraag"):
        house.deliver(kind, [], month="2018-05")
    house.publish()
    assert zin_expected(house, "2018-05") == expected
    taken_in = house.register().filter(rows_count=0)
    assert set(taken_in.select("kind", "delivery_status", "received_on").iter_rows()) == {
        (kind, "accepted", MAY) for kind in ("overhevelingen", "indicaties", "prognose_uitvraag")
    }
    rests_on = (
        "select input_name from marts.advice_provenance where rows_count = 0 and input_version like '%-2018-05-%'"
    )
    assert {name for (name,) in house.query(rests_on)} == {"overhevelingen", "indicaties", "prognose_uitvraag"}
    moved = {name for name, digest in house.advice_hashes().items() if digest != before[name]}
    assert not moved & {
        "zin_uitvoerder",
        "pgb_uitvoerder",
        "utilisation_national",
        "price_derivation",
        "volume_forecast",
    }


def test_a_pipe_in_place_of_the_claims_stops_nothing_but_itself(house: House) -> None:
    """Told by the run and by validate; what was published stays, and another kind that came with it is taken in."""
    before = house.advice_hashes()
    path = house.landing / "2018-05" / "declaraties.csv"
    path.unlink()
    os.mkfifo(path)
    house.deliver("overhevelingen", [], month="2018-05")
    refused = house.run()
    assert refused.exit_code == 1
    assert "2018-05/declaraties.csv: found a pipe" in refused.output
    assert house.advice_hashes()["zin_uitvoerder"] == before["zin_uitvoerder"]
    assert "overhevelingen" in house.register().filter(delivery_status="accepted")["kind"].to_list()
    [delivery_id] = house.register().filter(delivery_status="refused")["delivery_id"]
    shown = house.wlz("quarantine", "show", delivery_id)
    assert (shown.exit_code, "nothing of it is copied here" in shown.stdout) == (0, True)


# --- A re-delivery ------------------------------------------------------------------------------------------------


def test_a_redelivery_counts_for_later_rounds_only(house: House) -> None:
    """The round of May 2018 ends on 2 May; the same month delivered again on 20 May is for the round of June."""
    before, first = house.advice_hashes(), claims_used(house, MAY)
    house.deliver("declaraties", [*claims("Z025", volume=200), *claims("Z041")], on=date(2018, 5, 20))
    house.publish()
    assert house.advice_hashes() == before
    second = claims_used(house, JUNE)
    assert claims_used(house, MAY) == claims_published(house, "2018-05") == first != second
    of_claims = house.register().filter(kind="declaraties").sort("received_on")
    assert of_claims.select("delivery_id", "delivery_status", "superseded_by").rows() == [
        (first, "superseded", second),
        (second, "accepted", None),
    ]


def test_a_redelivery_within_the_round_replaces_the_first(house: House) -> None:
    """The same day, so the one taken in last counts: 2 × (24,000 + 12,000) = 72,000."""
    first = claims_used(house, MAY)
    house.deliver("declaraties", [*claims("Z025", volume=200), *claims("Z041")])
    house.publish()
    assert claims_published(house, "2018-05") == claims_used(house, MAY) != first
    assert zin_expected(house, "2018-05") == 72_000


def test_a_file_that_is_put_back_counts_again(house: House) -> None:
    """A wrong re-delivery replaced by the file before it: the landing zone holds what the advice rests on."""
    path = house.landing / "2018-05" / "declaraties.csv"
    content, first = path.read_bytes(), claims_used(house, MAY)
    house.deliver("declaraties", [*claims("Z025", volume=200), *claims("Z041")])
    house.publish()
    path.write_bytes(content)
    house.publish()
    assert claims_published(house, "2018-05") == first
    assert zin_expected(house, "2018-05") == 48_000


@pytest.fixture(scope="module")
def year_ago_house(new_house: Callable[[str], House]) -> House:
    """2016 was known at € 10.00 in May 2017 and is at € 10.01 now: 0.1 % came late. Do not write to it."""
    house = furnish(new_house("year ago"))
    late = [row for row in [*claims("Z025"), *claims("Z041")] if not row[3].startswith("2016")]
    for prestatie in ("Z025", "Z041"):
        late += claims(prestatie, price="10.01", first="2016-01", last="2016-12")
    house.deliver("declaraties", late)
    known = [*claims("Z025", last="2016-12"), *claims("Z041", last="2016-12")]
    house.deliver("declaraties", known, month="2017-05", on=date(2017, 5, 2))
    return house.publish()


def na_ijl(house: House) -> list[float]:
    rows = house.query("select na_ijl_eur from marts.extra_items_uitvoerder order by wlz_uitvoerder")
    return [float(amount) for (amount,) in rows]


def test_na_ijl_is_derived_from_the_delivery_a_year_before(year_ago_house: House) -> None:
    """10.01 ÷ 10.00 − 1 = 0.1 % of 24,000.00 is 24.00 per uitvoerder (De Friesland, Landelijk, Menzis)."""
    assert na_ijl(year_ago_house) == [24.0, 48.0, 24.0]


def test_a_late_redelivery_of_a_year_ago_changes_no_earlier_round(year_ago_house: House, tmp_path: Path) -> None:
    house, before = year_ago_house.copy(tmp_path / "data"), year_ago_house.advice_hashes()
    known = [*claims("Z025", price="10.01", last="2016-12"), *claims("Z041", price="10.01", last="2016-12")]
    house.deliver("declaraties", known, month="2017-05", on=date(2018, 5, 20))
    assert house.publish().advice_hashes() == before


# --- Order --------------------------------------------------------------------------------------------------------


def test_the_order_of_rows_and_files_changes_nothing(small_data: House, tmp_path: Path, dagster_home: Path) -> None:
    """The simulated deliveries with shuffled rows; the lag stage learns from every delivery of claims."""
    other = House(tmp_path / "data", dagster_home).remember(small_data)
    for path in sorted(small_data.landing.glob("*/*.parquet"), reverse=True):
        if path.stem in ("hulpmiddelen", "pgb_verleningen") and path.parent.name < "2018-03":
            continue
        target = other.landing / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        frame = pl.read_parquet(path)
        frame.sample(fraction=1.0, shuffle=True, seed=7).write_parquet(target)
    assert other.publish().advice_hashes() == small_data.advice_hashes()


def test_the_order_of_months_changes_nothing(house: House, empty_house: House) -> None:
    """May is published already in ``house``: April after it, or before it, gives the same. April is half as dear."""
    backwards, forwards = house, furnish(empty_house)
    for either in (backwards, forwards):
        either.deliver("kader", kader(stand=date(2018, 1, 15)), month="2018-01", on=date(2018, 1, 15))
        either.deliver("declaraties", claims("Z025", price="5.00"), month="2018-04", on=date(2018, 4, 2))
    backwards.publish("2018-04")
    forwards.publish("2018-04").publish("2018-05")
    assert forwards.advice_hashes() == backwards.advice_hashes()
    assert (zin_expected(forwards, "2018-04"), zin_expected(forwards, "2018-05")) == (12_000, 48_000)


# --- Refused ------------------------------------------------------------------------------------------------------


def test_a_first_delivery_that_is_refused_publishes_nothing(empty_house: House) -> None:
    furnish(empty_house).deliver("declaraties", claims("Z025", codes=["5599"]))
    result = empty_house.run()
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0].startswith("Refused, nothing published: no claims delivery was accepted")
    assert "zorgkantoor 5599" in result.stdout
    assert not empty_house.database.exists()
    assert empty_house.half_written() == []
    assert empty_house.register().filter(kind="declaraties")["delivery_status"].to_list() == ["refused"]
    assert empty_house.wlz("tables").exit_code == 2


def test_a_refused_month_rests_on_the_last_accepted_delivery(house: House) -> None:
    first = claims_used(house, MAY)
    house.deliver("declaraties", claims("Z025", volume=900, codes=["5599"]), month="2018-06", on=date(2018, 6, 4))
    result = house.run("2018-06")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0] == (
        f"Refused or missing; the advice of 2018-06 rests on the last accepted claims: {first}"
    )
    assert "refused: D02" in result.stdout
    assert claims_published(house, "2018-06") == first
    assert zin_expected(house, "2018-06") == zin_expected(house, "2018-05") == 48_000
    refused = house.query(
        "select check_id from marts.data_quality where severity = 'block' and outcome = 'failed' order by 1"
    )
    assert refused == [("D02",), ("D14",), ("L01",)]  # nor are the regions of the month before in it, or their volumes
    # Asked again, nothing has changed: nothing new is published and the refusal is repeated.
    again = house.run("2018-06")
    assert again.exit_code == 1
    assert again.stdout.splitlines()[0].startswith("Refused, nothing new published: the advice of 2018-06 keeps")
    assert first in again.stdout.splitlines()[0]
    assert "refused: D02" in again.stdout


def test_another_kind_that_is_refused_falls_back_alone(house: House) -> None:
    """A kader with a text in it: the advice rests on the kader before it and on the new claims."""
    both = [*claims("Z025", volume=110), *claims("Z041", volume=110)]
    house.deliver("declaraties", both, month="2018-06", on=date(2018, 6, 4))
    path = house.deliver("kader", kader(zin="99000.00"), month="2018-06", on=date(2018, 6, 15))
    path.write_text(path.read_text(encoding="utf-8").replace("99000,00", "veel"), encoding="utf-8")
    result = house.run("2018-06")
    assert result.exit_code == 1
    assert "2018-06/kader.csv, row 2, column zin: found 'veel'" in result.stdout
    sql = "select expected_eur, budget_eur from marts.utilisation_national where part = 'zin' "
    [(expected, budget)] = house.query(f"{sql} and delivery_month = '2018-06-01'")
    assert (float(expected), float(budget)) == (52_800, 50_000)


# --- The control file ---------------------------------------------------------------------------------------------


def control(house: House, rows: int, amount: str) -> None:
    """Totals of the sender beside the claims of May."""
    text = json.dumps({"rows": rows, "bedrag": amount})
    (house.landing / "2018-05" / "declaraties.control.json").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("rows", "amount", "words"),
    [
        (145, "144000.00", "rows 144 where the control file says 145 (difference -1)"),
        (144, "144000.02", "bedrag 144,000.00 where the control file says 144,000.02 (difference -0.02)"),
    ],
)
def test_a_control_file_that_disagrees_refuses_the_delivery(
    empty_house: House, rows: int, amount: str, words: str
) -> None:
    control(furnish(empty_house), rows, amount)
    result = empty_house.run()
    assert result.exit_code == 1
    assert "V07" in result.stdout
    assert words in result.stdout
    assert not empty_house.database.exists()


def test_a_mended_control_file_lets_the_same_delivery_in(empty_house: House) -> None:
    """The message says: deliver the file again, or the control file if that one is wrong. 144 rows of € 1,000.00."""
    control(furnish(empty_house), 145, "144000.00")
    assert empty_house.run().exit_code == 1
    control(empty_house, 144, "144000.00")
    empty_house.publish()


def test_two_files_of_one_kind_are_refused_until_one_is_removed(empty_house: House) -> None:
    """The message says: remove the wrong one and repeat the run."""
    furnish(empty_house, shape="parquet").deliver("declaraties", claims("Z025"))
    result = empty_house.run()
    assert result.exit_code == 1
    assert "2 files (declaraties.parquet, declaraties.csv), expected one file of kind declaraties" in result.stdout
    (empty_house.landing / "2018-05" / "declaraties.csv").unlink()
    empty_house.publish()


# --- What the lake keeps ------------------------------------------------------------------------------------------


def test_the_lake_holds_exactly_what_the_register_accepted(house: House) -> None:
    """One file per delivery in the register, also of superseded ones; the landing zone is only read."""
    landed = {path: path.read_bytes() for path in house.landing.rglob("*") if path.is_file()}
    house.deliver("pgb_verleningen", grants("1100.00"), on=date(2018, 3, 31))
    landed[house.landing / "2018-03" / "pgb_verleningen.csv"] = (
        house.landing / "2018-03" / "pgb_verleningen.csv"
    ).read_bytes()
    house.publish()
    register = house.register()
    for kind in ("declaraties", "pgb_verleningen", "kader"):
        kept = {path.stem for path in (house.root / "lake" / kind).rglob("*.parquet")}
        assert kept == set(register.filter(kind=kind)["delivery_id"])
    assert {path: path.read_bytes() for path in house.landing.rglob("*") if path.is_file()} == landed


def test_codes_of_one_region_are_added(empty_house: House) -> None:
    """5519 and 5522 are both Westland Schieland Delfland until 2020: 12,000 + 12,000 in one region of DSW."""
    codes = ("5519", "5522")
    empty_house.deliver("declaraties", claims("Z025", codes=codes))
    empty_house.deliver("kader", kader(codes=codes))
    empty_house.deliver("pgb_verleningen", grants(codes=codes))
    empty_house.publish()
    rows = empty_house.query("select zorgkantoorregio, expected_eur, budget_eur from marts.zin_region order by 1")
    assert [(name, float(expected), float(budget)) for name, expected, budget in rows] == [
        ("Landelijk", 24_000, 50_000),
        ("Westland Schiedland Delfland", 24_000, 50_000),
    ]
    assert {GRONINGEN, FRIESLAND}.isdisjoint(codes)
