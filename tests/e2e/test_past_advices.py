"""Advices beside each other: three months of a year in one data folder, what moved between them, what was frozen."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import Result

from tests.e2e.handmade import House, claims, grants, invoke, kader
from warehouse.tables.vintages import FORECAST_VINTAGES

pytestmark = pytest.mark.long

D = Decimal
MARCH, MAY, AUGUST = "2018-03", "2018-05", "2018-08"


@pytest.fixture
def year(year_of_advices: House) -> House:
    """The small simulation with the advices of March, May and August 2018; August was run before the others."""
    return year_of_advices


# --- Beside each other --------------------------------------------------------------------------------------------


def test_the_advices_of_a_year_stand_beside_each_other(year: House) -> None:
    nation = "from marts.forecast_vintages where wlz_uitvoerder = 'Landelijk' and part = 'zin' and budget_year = 2018"
    assert year.query(f"select advice_id, advice_state {nation} order by 1") == [
        (month, "current") for month in (MARCH, MAY, AUGUST)
    ]


def test_a_vintage_says_what_its_advice_said(year: House) -> None:
    """Every uitvoerder, part and scenario, bounds included; and what it rests on."""
    amounts = "expected_excl_extra_eur, expected_eur, budget_eur, available_eur, lower_80_eur, upper_95_eur"
    key = "delivery_month, scenario, wlz_uitvoerder, part"
    vintages, advices = (
        year.query(f"select {key}, {amounts} from marts.{mart} order by all", None)
        for mart in ("forecast_vintages", "utilisation_uitvoerder")
    )
    assert len(vintages) == 3 * len(year.scenarios) * 4 * 2
    assert vintages == advices
    [(differing,)] = year.query(
        "select count(*) from marts.forecast_vintages as v join marts.advice_provenance as p "
        "on p.delivery_month = v.delivery_month and p.scenario = v.scenario and p.input_name = 'declaraties' "
        "where p.input_version <> v.claims_delivery_id",
        None,
    )
    assert differing == 0
    hashes = year.query("select count(distinct inputs_hash), count(distinct code_version) from marts.forecast_vintages")
    assert hashes[0][0] == 3


# --- The bridge ---------------------------------------------------------------------------------------------------


def test_the_bridge_leads_from_one_published_room_to_the_next(year: House) -> None:
    rows = year.query(
        "with room as (select delivery_month, scenario, wlz_uitvoerder, sum(available_eur) as eur "
        "from marts.utilisation_uitvoerder group by all) "
        "select b.delivery_month, b.from_delivery_month, count(*), count(distinct b.component), sum(b.change_eur), "
        "any_value(later.eur) - any_value(earlier.eur), "
        "any_value(b.available_before_eur) - any_value(earlier.eur), "
        "any_value(b.available_after_eur) - any_value(later.eur) "
        "from marts.forecast_bridge as b "
        "join room as later on later.delivery_month = b.delivery_month and later.scenario = b.scenario "
        "and later.wlz_uitvoerder = b.wlz_uitvoerder "
        "join room as earlier on earlier.delivery_month = b.from_delivery_month "
        "and earlier.scenario = b.from_scenario and earlier.wlz_uitvoerder = b.wlz_uitvoerder "
        "group by b.delivery_month, b.from_delivery_month, b.scenario, b.wlz_uitvoerder",
        None,
    )
    assert len(rows) == 2 * len(year.scenarios) * 4  # two bridges; March is the first of its year
    steps = {(date(2018, 5, 1), date(2018, 3, 1)), (date(2018, 8, 1), date(2018, 5, 1))}
    assert {row[:2] for row in rows} == steps  # May was run last, and August's bridge starts from it
    for _, _, count, components, moved, difference, before, after in rows:
        assert (count, components) == (8, 8)
        assert moved == difference != 0
        assert (before, after) == (0, 0)


def test_the_kader_of_may_moved_by_more_than_its_transfers(year: House) -> None:
    """The simulation books its transfers between the stands of January and May; none after."""
    of_nation = "from marts.forecast_bridge where wlz_uitvoerder = 'Landelijk' and component"
    moved = dict(year.query(f"select delivery_month, change_eur {of_nation} = 'transfers'"))
    assert moved[date(2018, 5, 1)] < 0  # pgb → zin costs 14 %
    assert moved[date(2018, 8, 1)] == 0
    kaders = dict(year.query(f"select delivery_month, change_eur {of_nation} = 'kader'"))
    assert kaders[date(2018, 5, 1)] > 0 == kaders[date(2018, 8, 1)]


def explain(house: House, *options: str) -> Result:
    return house.wlz("explain", "forecast_bridge", *options)


def cents_in(text: str) -> list[Decimal]:
    """The amounts to the cent, as printed between brackets."""
    return [D(found.replace(",", "")) for found in re.findall(r"\(([+-]?[\d,]+\.\d\d)\)", text)]


TERMS = ("Verplaatst", "Volume", "Prijs", "Na-ijl", "Extra posten", "Pgb", "Kader", "Overhevelingen")


@pytest.mark.parametrize(("before", "after"), [(MAY, AUGUST), (MARCH, AUGUST)])
def test_explain_prints_a_sentence_per_component_and_they_add_up(year: House, before: str, after: str) -> None:
    result = explain(year, "--from", before, "--to", after)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == f"Advice on delivery month {before} → {after}, budget year 2018, scenario completed."
    sentences = [line for line in lines if line.startswith("  ")]
    assert [line.strip().split(":")[0] for line in sentences] == list(TERMS)
    assert all(line.endswith(").") for line in sentences)
    room_before, room_after, change, *components = cents_in(result.stdout)
    rooms = year.query(
        "select delivery_month, sum(available_eur) from marts.utilisation_national group by 1", "completed"
    )
    published = {f"{month:%Y-%m}": euro for month, euro in rooms}
    assert (room_before, room_after) == (published[before], published[after])
    assert len(components) == len(TERMS)
    assert sum(components) == change == room_after - room_before
    assert f"Sum of the components {change:+,.2f}; after − before {change:+,.2f}: to the cent" in lines[-1]


def test_explain_says_what_the_mart_says(year: House) -> None:
    *_, in_words = [cents_in(explain(year, "--from", MAY, "--to", AUGUST, "--scenario", "base").stdout)[3:]]
    rows = year.query(
        "select component, change_eur from marts.forecast_bridge "
        "where delivery_month = '2018-08-01' and wlz_uitvoerder = 'Landelijk'",
        "base",
    )
    order = ("moved", "volume", "price", "lag", "extra_items", "pgb", "kader", "transfers")
    assert in_words == [dict(rows)[component] for component in order]


def test_explain_without_months_explains_the_table(year: House) -> None:
    assert "Grain: wlz_uitvoerder × component" in explain(year).stdout


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--from", MAY), "--from and --to go together"),
        (("--scenario", "base"), "--from and --to go together"),
        (("--from", AUGUST, "--to", MAY), "--from 2018-08 is not before --to 2018-05"),
        (("--from", "2018-04", "--to", MAY), "no advice on delivery month 2018-04"),
        (("--from", MAY, "--to", "2018-09"), "there are 2018-03, 2018-05, 2018-08. Next: wlz run --delivery-month"),
        (("--from", MAY, "--to", AUGUST, "--scenario", "hope"), "no bridge of scenario 'hope'; there are base, "),
    ],
)
def test_wrong_months_are_answered_with_a_sentence(year: House, options: tuple[str, ...], words: str) -> None:
    result = explain(year, *options)
    assert result.exit_code == 2
    assert words in result.stderr


def test_months_go_with_the_bridge_only(year: House) -> None:
    result = year.wlz("explain", "zin_uitvoerder", "--from", MAY, "--to", AUGUST)
    assert (result.exit_code, "with forecast_bridge only" in result.stderr) == (2, True)


# --- Frozen -------------------------------------------------------------------------------------------------------


def run_final(house: House, author: str) -> Result:
    return house.wlz("run", "--delivery-month", MAY, "--final", "--author", author)


def advices(house: House) -> dict[str, tuple[str | None, Decimal]]:
    """Advice → author and expected zin of the nation."""
    nation = "from marts.forecast_vintages where wlz_uitvoerder = 'Landelijk' and part = 'zin' order by advice_id"
    return {name: (who, euro) for name, who, euro in house.query(f"select advice_id, author, expected_eur {nation}")}


def test_a_frozen_advice_stays_and_a_later_one_comes_beside_it(house: House) -> None:
    result = run_final(house, "A. Vos")
    assert result.exit_code == 0, result.output
    assert "Frozen as 2018-05-final-1 by A. Vos" in result.stdout
    frozen = house.store.read(FORECAST_VINTAGES, date(2018, 5, 1))
    hashes = house.wlz("tables", "--hash").stdout
    again = run_final(house, "B. Bos")
    assert again.exit_code == 0, again.output
    assert "Nothing changed since 2018-05-final-1, frozen by A. Vos on " in again.stdout
    assert house.store.read(FORECAST_VINTAGES, date(2018, 5, 1)).equals(frozen)
    assert house.wlz("tables", "--hash").stdout == hashes
    house.deliver("declaraties", [*claims("Z025", volume=200), *claims("Z041")])
    assert list(advices(house.publish())) == [MAY, "2018-05-final-1"]
    assert advices(house)["2018-05-final-1"] == ("A. Vos", D("48000.00"))
    assert advices(house)[MAY] == (None, D("72000.00"))
    assert "Frozen as 2018-05-final-2 by B. Bos" in run_final(house, "B. Bos").stdout
    assert advices(house) == {
        MAY: (None, D("72000.00")),
        "2018-05-final-1": ("A. Vos", D("48000.00")),
        "2018-05-final-2": ("B. Bos", D("72000.00")),
    }
    now = house.store.read(FORECAST_VINTAGES, date(2018, 5, 1)).filter(advice_id="2018-05-final-1")
    assert now.equals(frozen.filter(advice_state="final"))


def test_a_refused_delivery_freezes_nothing(house: House) -> None:
    house.deliver("declaraties", claims("Z025", codes=["5599"]))
    result = run_final(house, "A. Vos")
    assert result.exit_code == 1
    assert "Nothing is frozen: a delivery was refused." in result.stderr
    house.deliver("kader", kader(zin="26000.00"), month="2018-05")  # rests on the old claims, computed again
    assert run_final(house, "A. Vos").exit_code == 1
    assert list(advices(house)) == [MAY]


@pytest.mark.parametrize("options", [("--final",), ("--author", "A. Vos"), ("--final", "--author", " ")])
def test_final_and_author_go_together(tmp_path: Path, options: tuple[str, ...]) -> None:
    result = invoke("run", "--delivery-month", MAY, "--data", str(tmp_path), *options)
    assert result.exit_code == 2
    assert "--final and --author NAME go together" in result.stderr
    assert not any(tmp_path.iterdir())


# --- What came of it ----------------------------------------------------------------------------------------------


def test_realisation_stands_beside_the_advice_once_the_year_is_settled(house: House) -> None:
    """Advice of May 2017: 90 a month × € 10.00 × 4 series × 12; claimed were 100. Pgb: 2 × 1,000 and so it came out.

    The delivery of May 2018, which knows 2017, was published before; the advice of 2018 has no realisation yet.
    """
    thin = [row for code in ("Z025", "Z041") for row in claims(code, volume=90, last="2016-12")]
    house.deliver("declaraties", thin, month="2017-05", on=date(2017, 5, 2))
    of_2017 = [(date(2017, 1, 15), code, 2017, zin, pgb) for _, code, _, zin, pgb in kader()]
    house.deliver("kader", of_2017, month="2017-01", on=date(2017, 1, 15))
    known = [row for row in grants() if row[0] < date(2017, 4, 1)]
    house.deliver("pgb_verleningen", known, month="2017-03", on=date(2017, 3, 31))
    house.publish("2017-05")
    rows = house.query(
        "select advice_id, part, expected_excl_extra_eur, realised_eur, realised_delivery_month, error_eur, "
        "error_ratio from marts.forecast_vintages where wlz_uitvoerder = 'Landelijk' order by 1, 2"
    )
    may = date(2018, 5, 1)
    assert rows[:2] == [
        ("2017-05", "pgb", D(2000), D(2000), may, D(0), 0.0),
        ("2017-05", "zin", D(43200), D(48000), may, D(-4800), -0.1),
    ]
    assert [row[3:] for row in rows[2:]] == [(None, None, None, None)] * 2
    of_one = "select realised_eur from marts.forecast_vintages where wlz_uitvoerder = 'Menzis' and part = 'zin'"
    assert house.query(f"{of_one} and budget_year = 2017") == [(D(24000),)]
