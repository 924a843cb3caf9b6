"""A budget year nobody wrote a file for: from nothing to an advice that is right to the cent, and the year after it.

Z025 is 100 a month at € 123.45, Z041 40 a month at € 87.10, the same in Groningen and Friesland.
"""

import json
import shlex
import shutil
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from click.testing import Result

from tests.docs.pages import fenced_blocks, read
from tests.e2e.handmade import BOTH, House, claims, invoke
from tests.spec.test_years import COMPLETE
from warehouse import reference, settings, years

pytestmark = pytest.mark.long

D = Decimal
REFERENCE = Path(__file__).parents[2] / "reference"
HOW_TO = REFERENCE.parent / "docs" / "how-to" / "new-year.md"
MONTH = 100 * D("123.45") + 40 * D("87.10")  # of one region: 12,345.00 + 3,484.00 = 15,829.00
YEAR = 12 * MONTH  # 189,948.00


def copy_reference(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The reference folder where files may be written, for every command of this process."""
    shutil.copytree(REFERENCE, folder)
    for module in (settings, reference):
        monkeypatch.setattr(module, "REFERENCE", folder)
    return folder


def deliver(house: House, year: int, in_month: int = 5) -> House:
    """Claims from January 2023 to the month before the delivery, its kader, and pgb stands from January 2024 on."""
    month, on = f"{year}-{in_month:02}", date(year, in_month, 4)
    last = f"{on.replace(day=1) - timedelta(days=1):%Y-%m}"
    rows = [
        *claims("Z025", volume=100.0, price="123.45", first="2023-01", last=last),
        *claims("Z041", volume=40.0, price="87.10", first="2023-01", last=last),
    ]
    stands = pl.date_range(date(2024, 1, 1), date(year, in_month - 1, 1), "1mo", eager=True).dt.month_end()
    nothing = D("0.00")
    granted = [(day, code, day.year, D("1000.00"), nothing, nothing, 10, 0) for code in BOTH for day in stands]
    house.deliver("declaraties", rows, month=month, on=on)
    house.deliver(
        "kader", [(on.replace(day=1), code, year, D("200000.00"), D("1500.00")) for code in BOTH], month=month, on=on
    )
    house.deliver("pgb_verleningen", granted, month=month, on=on)
    return house


def check_amounts(house: House, month: str, scenario: str) -> None:
    """12 × 15,829.00 = 189,948.00 per uitvoerder and region, twice that in the nation; kader 200,000.00 each."""
    of_month = f"where delivery_month = date '{month}-01'"
    per_uitvoerder = {"Menzis": YEAR, "De Friesland": YEAR, "Landelijk": 2 * YEAR}
    per_region = {"Groningen": YEAR, "Friesland": YEAR, "Landelijk": 2 * YEAR}
    sql = "select {}, expected_eur from marts.{} " + of_month
    assert dict(house.query(sql.format("wlz_uitvoerder", "zin_uitvoerder"), scenario)) == per_uitvoerder
    assert dict(house.query(sql.format("zorgkantoorregio", "zin_region"), scenario)) == per_region
    national = "select part, budget_year, expected_eur, budget_eur, available_eur "
    year = int(month[:4])
    assert sorted(house.query(f"{national} from marts.utilisation_national {of_month}", scenario)) == [
        ("pgb", year, D("2000.00"), D("3000.00"), D("1000.00")),
        ("zin", year, D("379896.00"), D("400000.00"), D("20104.00")),
    ]


def run(house: House, year: int) -> Result:
    return house.wlz("run", "--delivery-month", f"{year}-05")


def commands_of_the_page() -> list[list[str]]:
    """The commands of the how-to, in its order."""
    blocks = [block for language, block in fenced_blocks(read(HOW_TO)) if language == "sh"]
    return [shlex.split(line)[1:] for block in blocks for line in block.splitlines()]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory, dagster_home: Path) -> tuple[House, dict[str, Result]]:
    """The house of 2026, begun as the how-to says, and of 2027: what every command on the way said."""
    folder, said = tmp_path_factory.mktemp("new_year"), dict[str, Result]()
    with pytest.MonkeyPatch.context() as monkeypatch:
        copy_reference(folder / "reference", monkeypatch)
        house = deliver(House(folder / "data", dagster_home), 2026)
        said["run without a file"] = run(house, 2026)
        said["check without a file"] = invoke("year", "check", "2026", "--deliveries", str(house.landing))
        assert house.register().is_empty()
        for words in commands_of_the_page():
            command = invoke if words[0] == "year" else house.wlz
            given = [str(house.landing) if word == "data/deliveries" else word for word in words]
            said[" ".join(words)] = command(*given)
        said["new 2027"] = invoke("year", "new", "2027", "--from", "2026")
        said["run 2027"] = run(deliver(house, 2027), 2027)
    return house, said


def test_the_how_to_is_enough(begun: tuple[House, dict[str, Result]]) -> None:
    """Its commands, word for word; the check says 1 as long as something is taken over."""
    assert {" ".join(words): begun[1][" ".join(words)].exit_code for words in commands_of_the_page()} == {
        "year check 2026": 1,
        "year new 2026 --from 2019": 0,
        "year check 2026 --deliveries data/deliveries": 1,
        "run --delivery-month 2026-05": 0,
    }


def test_a_run_of_a_year_without_a_file_names_it_and_the_next_step(begun: tuple[House, dict[str, Result]]) -> None:
    result = begun[1]["run without a file"]
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "Nothing was published: no assumptions for budget year 2026: expected the file "
        "reference/assumptions/2026.toml, or WLZ_ASSUMPTIONS to name another. Next: wlz year new 2026 --from 2019",
        "nothing is published yet",
    ]


def test_the_check_names_the_file_first_and_then_only_what_moves_figures(
    begun: tuple[House, dict[str, Result]],
) -> None:
    before, after = begun[1]["check without a file"], begun[1]["year check 2026 --deliveries data/deliveries"]
    assert (before.exit_code, after.exit_code) == (1, 1)
    assert before.output.startswith("missing       assumptions: no reference/assumptions/2026.toml; ")
    assert "€ 379,896 rest on it; without it a run stops. Next: wlz year new 2026 --from 2019" in before.output
    lines = after.output.splitlines()
    assert not [line for line in lines if "a run stops" in line]
    assert lines[1].startswith("taken over    brutering_factor: 0.86 factor (taken over from 2019: ")
    assert (
        "there         declaraties: care months 2023-01 to 2026-04; for volumes and prices; € 379,896 rest on it"
        in lines
    )
    assert lines[-1].endswith(
        "5 things to state: brutering_factor, redistribution_reserve_eur, aids_reserve_eur, "
        "uitvoerders of the regions, na_ijl."
    )


def test_new_says_what_it_wrote_and_what_next(begun: tuple[House, dict[str, Result]]) -> None:
    assert begun[1]["year new 2026 --from 2019"].output.splitlines() == [
        "Written: reference/assumptions/2026.toml, reference/rounds/2026-02.toml, reference/rounds/2026-05.toml, "
        "reference/rounds/2026-08.toml",
        "Next: mend what is taken over (how-to/new-year), then wlz year check 2026",
    ]


@pytest.mark.parametrize("scenario", ["letter", "base"])
@pytest.mark.parametrize("year", [2026, 2027])
def test_a_new_year_is_right_to_the_cent(begun: tuple[House, dict[str, Result]], year: int, scenario: str) -> None:
    house, said = begun
    assert said["run --delivery-month 2026-05" if year == 2026 else "run 2027"].exit_code == 0
    check_amounts(house, f"{year}-05", scenario)


def test_the_next_year_begins_from_it(begun: tuple[House, dict[str, Result]]) -> None:
    file = begun[0].root.parent / "reference" / "assumptions" / "2027.toml"
    assert begun[1]["new 2027"].exit_code == 0
    assert 'source = "taken over from 2026 (of 2019): ' in file.read_text(encoding="utf-8")


def test_prices_of_a_year_without_claims_are_freed_of_nhc_and_nic_paid_in_full(
    empty_house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """January 2026: no claims of 2026, so the price is that of 2025, without NHC and NIC of 2025 at 100 % by rule.

    Z025: 123.45 − 20.45 − 3.00 = 100.00, of a maximum of 125.00 is 0.80; × 130.00 + 21.00 + 3.10 = 128.10.
    Z041: 87.10 − 6.10 − 1.00 = 80.00, of a maximum of 100.00 is 0.80; × 105.00 + 6.50 + 1.05 = 91.55.
    A year of a region: 12 × (100 × 128.10 + 40 × 91.55) = 12 × 16,472.00 = 197,664.00.
    """
    copy_reference(tmp_path / "reference", monkeypatch)
    house = deliver(empty_house, 2026, in_month=2)
    (house.landing / "2026-02" / "declaraties.csv").unlink()
    rows = [
        *claims("Z025", volume=100.0, price="123.45", first="2023-01", last="2025-12"),
        *claims("Z041", volume=40.0, price="87.10", first="2023-01", last="2025-12"),
    ]
    house.deliver("declaraties", rows, month="2026-02", on=date(2026, 2, 4))
    tariffs = [
        (2025, "Z025", "14", 125.0, 20.45, 3.0), (2026, "Z025", "14", 130.0, 21.0, 3.1),
        (2025, "Z041", "14", 100.0, 6.1, 1.0), (2026, "Z041", "14", 105.0, 6.5, 1.05),
    ]  # fmt: skip
    house.deliver("beleidsregelwaarden", tariffs, month="2026-02", on=date(2026, 2, 4))
    assert invoke("year", "new", "2026", "--from", "2019").exit_code == 0
    check = invoke("year", "check", "2026", "--deliveries", str(house.landing)).output.splitlines()
    words = "2 prestaties; for prices of what the year has no claims of yet; € 379,896 rest on it"
    assert [f"there         beleidsregelwaarden of {year}: {words}" in check for year in (2026, 2025)] == [True, True]
    result = house.wlz("run", "--delivery-month", "2026-02")
    assert result.exit_code == 0, result.output
    prices = house.query("select distinct prestatiecode, price_source, price_eur_per_unit from marts.price_derivation")
    assert [(code, source, round(price, 6)) for code, source, price in sorted(prices)] == [
        ("Z025", "c", 128.10), ("Z041", "c", 91.55),
    ]  # fmt: skip
    expected = dict(house.query("select wlz_uitvoerder, expected_eur from marts.zin_uitvoerder"))
    assert expected == {"Menzis": D("197664.00"), "De Friesland": D("197664.00"), "Landelijk": D("395328.00")}


def test_a_file_copied_by_hand_runs_and_names_what_nothing_reads(
    empty_house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As before there was a command for it; a number of an older release is told once and moves nothing."""
    folder = copy_reference(tmp_path / "reference", monkeypatch) / "assumptions"
    old = 'old_threshold = { value = 1, unit = "eur", range = [0, 2], source = "x", date = 2018-01-01 }\n'
    (folder / "2026.toml").write_text(old + (folder / "2019.toml").read_text(encoding="utf-8"), encoding="utf-8")
    result = run(deliver(empty_house, 2026), 2026)
    assert result.exit_code == 0
    told = "reference/assumptions/2026.toml: passed over, nothing reads it in this version: old_threshold"
    assert result.output.count(told) == 1
    check_amounts(empty_house, "2026-05", "letter")


OWN = "reference/assumptions/2026.toml"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("value = 0.86, ", "", f"assumption brutering_factor of 2026 is unknown: {OWN} holds no value; it is needed"),
        ("brutering_factor", "brutering_facto", f"assumption brutering_factor of 2026 is missing: expected in {OWN};"),
        ("source =", "sorce =", f"{OWN}, assumption brutering_factor: unknown sorce; known: value, unit, range,"),
        (
            "brutering_factor = {",
            "[scenaro.x]\nx = {",
            f"{OWN}: unknown scenaro; known tables: scenario, override, extra_item;",
        ),
    ],
)
def test_a_fault_in_the_file_stops_before_anything_is_taken_in(
    empty_house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, words: str
) -> None:
    folder = copy_reference(tmp_path / "reference", monkeypatch)
    assert invoke("year", "new", "2026", "--from", "2019").exit_code == 0
    file = folder / "assumptions" / "2026.toml"
    text = file.read_text(encoding="utf-8").replace(old, new, 1).replace('state = "taken over"', 'state = "unknown"')
    file.write_text(text, encoding="utf-8")
    result = run(deliver(empty_house, 2026), 2026)
    assert result.exit_code == 1
    assert f"Nothing was published: {words}" in result.output
    assert "Next: " in result.output
    assert empty_house.register().is_empty()


def test_wrong_use_is_told_and_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = copy_reference(tmp_path / "reference", monkeypatch)
    before = sorted(folder.rglob("*"))
    for given, words in {
        ("2018", "--from", "2017"): "reference/assumptions/2018.toml is there already; nothing was written. Next: ",
        ("2026", "--from", "2025"): "no assumptions of 2025 to begin from: expected reference/assumptions/2025.toml.",
        ("2026", "--from", "2026"): "2026 cannot begin from itself. Next: ",
        ("2026",): "Missing option '--from'",
        ("26", "--from", "2019"): "26 is not in the range 2015<=x<=2099",
    }.items():
        result = invoke("year", "new", *given)
        assert (result.exit_code, words in result.output) == (2, True), result.output
    assert sorted(folder.rglob("*")) == before
    assert invoke("year", "check", "2019", "--deliveries", str(tmp_path / "nowhere")).exit_code == 2


def test_machines_read_the_same_and_a_year_that_is_stated_is_0(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy_reference(tmp_path / "reference", monkeypatch)
    result = invoke("year", "check", "2019", "--format", "json")
    said = json.loads(result.output)
    assert (result.exit_code, said["year"], said["everything_stated"]) == (1, 2019, False)
    assert [one["need"] for one in said["needs"] if one["is_open"]][:2] == [
        "brutering_factor", "redistribution_reserve_eur",
    ]  # fmt: skip
    assert set(said["needs"][0]) == {
        "need", "state", "found", "needed_for", "without_it", "at_stake_eur", "next_step", "is_open",
    }  # fmt: skip
    monkeypatch.setattr(years, "gather_facts", lambda year, landing: COMPLETE)
    stated = invoke("year", "check", "2026")
    assert stated.exit_code == 0
    assert stated.output.splitlines()[-1] == (
        "2026: 20 there. Nothing that is not stated would stop a run or move a figure."
    )


def test_a_delivery_that_cannot_be_read_is_a_line_of_the_check(
    empty_house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_reference(tmp_path / "reference", monkeypatch)
    house = deliver(empty_house, 2026)
    (house.landing / "2026-05" / "kader.csv").write_text("aanleverdatum;zorgkantoorcode\n", encoding="utf-8")
    result = invoke("year", "check", "2026", "--deliveries", str(house.landing))
    assert result.exit_code == 1
    (line,) = [line for line in result.output.splitlines() if " kader of 2026: " in line]
    assert line.startswith("missing       kader of 2026: 2026-05/kader.csv, row 1, column ")
