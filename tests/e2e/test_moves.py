"""Concessions and names change, past advices do not: three moves, one after the other, in one data folder.

Groningen is Menzis throughout. Friesland passes from De Friesland to Menzis on 1 January 2019, back on 1 July, and De
Friesland is called Fries Zorgkantoor from 1 September. A month costs € 4,000 in each region: Z025 and Z041, 100 a month
at € 10.00 each, so a region has € 24,000 a year of zin; its kader is € 25,000 and € 1,500, its pgb stand € 1,000.
"""

import csv
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.handmade import House, Row, claims, furnish, grants, kader
from warehouse import reference
from warehouse.tables.quality import CHECK_FINDINGS
from wlz.words.vocabulary import NATION

pytestmark = pytest.mark.long

D = Decimal
BEFORE, MOVED, SAME, BACK, RENAMED = "2018-05", "2019-02", "2019-05", "2019-08", "2019-10"
OLD, RECEIVER, NEW = "De Friesland", "Menzis", "Fries Zorgkantoor"
FIRST, SECOND, THIRD = date(2019, 1, 1), date(2019, 7, 1), date(2019, 9, 1)
BEGIN = date(2015, 1, 1)
# What the list says of Friesland after each move: uitvoerder, from, to.
HISTORY: list[list[tuple[str, date, date | None]]] = [
    [(OLD, BEGIN, None)],
    [(OLD, BEGIN, FIRST), (RECEIVER, FIRST, None)],
    [(OLD, BEGIN, FIRST), (RECEIVER, FIRST, SECOND), (OLD, SECOND, None)],
    [(OLD, BEGIN, FIRST), (RECEIVER, FIRST, SECOND), (OLD, SECOND, THIRD), (NEW, THIRD, None)],
]
LISTS = ("reference/region_uitvoerders.csv", "reference/uitvoerders.csv")
# Columns that say what an advice rests on or what came of its year, not what it says.
NOT_SAID = ("inputs_hash", "code_version", "realised_eur", "realised_delivery_month", "error_eur", "error_ratio")
# Of the run, not of the advice: when and how often something was judged.
OF_THE_RUN = {"data_quality", "check_decisions", "example_queries"}


class World(House):
    """A house that reads a pack of its own, with dated lists that a test can change."""

    @property
    def pack(self) -> Path:
        return self.root.parent / "pack"

    def list_moves(self, number: int) -> None:
        """The lists after so many moves; with the third a former name."""
        shutil.copytree(reference.REFERENCE / "packs" / "vektis-2019", self.pack, dirs_exist_ok=True)
        held = reference.read_reference("region_uitvoerders.csv").rows(named=True)
        rows = [[row["zorgkantoorregio"], row["wlz_uitvoerder"], BEGIN, None] for row in held]
        rows = [row for row in rows if row[0] != "Friesland"]
        rows += [["Friesland", *row] for row in HISTORY[number]]
        self._write("region_uitvoerders.csv", ["zorgkantoorregio", "wlz_uitvoerder", "valid_from", "valid_to"], rows)
        aliases = [[NEW, OLD, THIRD, None]] if number == 3 else []
        self._write("uitvoerders.csv", ["wlz_uitvoerder", "alias", "valid_from", "valid_to"], aliases)

    def _write(self, name: str, header: list[str], rows: list[list[Any]]) -> None:
        with (self.pack / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*header, "source"])
            writer.writerows([*("" if cell is None else cell for cell in row), "made for this test"] for row in rows)

    def says(self, month: str) -> dict[str, list[tuple[Any, ...]]]:
        """Every mart of a month as stored (the newest is told by views), without what it rests on and what came."""
        there = "select table_name, list(column_name) from duckdb_columns() where schema_name = 'stored' group by 1"
        found = {}
        for name, columns in self.query(there, None):
            if "delivery_month" not in columns or name in OF_THE_RUN:
                continue
            left_out = [column for column in NOT_SAID if column in columns]
            exclude = f"exclude ({', '.join(left_out)})" if left_out else ""
            rows = self.query(
                f"select * {exclude} from stored.{name} where delivery_month = date '{month}-01' order by all", None
            )
            found[name] = [row for row in rows if name != "advice_provenance" or not {*LISTS} & {*row}]
        assert len(found) > 20
        return found

    def room(self, month: str) -> dict[str, Decimal]:
        """Uitvoerder → room of zin and pgb together, in the letter."""
        return dict(
            self.query(
                "select wlz_uitvoerder, sum(available_eur) from marts.utilisation_uitvoerder "
                f"where delivery_month = date '{month}-01' and wlz_uitvoerder <> '{NATION}' group by 1"
            )
        )

    def bridge(self, month: str) -> dict[str, dict[str, Decimal]]:
        """Uitvoerder → component → euro, those that are not 0; closed to the cent."""
        rows = self.query(
            "select wlz_uitvoerder, component, change_eur, available_after_eur - available_before_eur "
            f"from marts.forecast_bridge where delivery_month = date '{month}-01'"
        )
        found: dict[str, dict[str, Decimal]] = {}
        differences = {}
        for who, component, euro, difference in rows:
            found.setdefault(who, {})[component] = euro
            differences[who] = difference
        assert {who: sum(parts.values()) for who, parts in found.items()} == differences
        return {who: {name: euro for name, euro in parts.items() if euro} for who, parts in found.items()}

    def na_ijl(self, month: str) -> dict[str, Decimal]:
        """Uitvoerder → na-ijl of the letter."""
        return dict(
            self.query(
                "select wlz_uitvoerder, na_ijl_eur from marts.extra_items_uitvoerder "
                f"where delivery_month = date '{month}-01' and wlz_uitvoerder <> '{NATION}'"
            )
        )


def percentages(year: int, **of: float) -> list[Row]:
    return [(year, who.replace("_", " "), percentage) for who, percentage in of.items()]


def deliver_2019(world: World) -> None:
    """Claims of every month that is run, kader and pgb of 2019, na-ijl of 2017 under the names of 2018."""
    for month, last in ((MOVED, "2018-09"), (SAME, "2018-12"), (BACK, "2019-03"), (RENAMED, "2019-05")):
        rows = [*claims("Z025", last=last), *claims("Z041", last=last)]
        world.deliver("declaraties", rows, month=month, on=date.fromisoformat(f"{month}-02"))
    of_2019 = [(date(2019, 1, 15), code, 2019, zin, pgb) for _, code, _, zin, pgb in kader()]
    world.deliver("kader", of_2019, month="2019-01", on=date(2019, 1, 15))
    world.deliver("pgb_verleningen", grants(last=date(2019, 1, 1)), month="2019-01", on=date(2019, 1, 31))
    named = percentages(2017, De_Friesland=0.10, Menzis=0.05)
    world.deliver("na_ijl", named, month="2019-02", on=date(2019, 2, 2))


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory, dagster_home: Path) -> tuple[World, dict[str, Any]]:
    """The house after three moves, and what it said of each month when that was first published and after each move."""
    patch = pytest.MonkeyPatch()
    world = World(tmp_path_factory.mktemp("moves") / "data", dagster_home)
    patch.setenv("WLZ_REFERENCE", str(world.pack))
    world.list_moves(0)
    furnish(world).deliver("na_ijl", percentages(2016, De_Friesland=0.10, Menzis=0.05))
    said: dict[str, Any] = {"first": {BEFORE: world.publish(BEFORE).says(BEFORE)}, "beside": {}, "again": {}}
    deliver_2019(world)
    for number, months in ((1, (MOVED, SAME)), (2, (BACK,)), (3, (RENAMED,))):
        world.list_moves(number)
        earlier = list(said["first"])
        for month in months:
            said["first"][month] = world.publish(month).says(month)
            said["beside"][month] = {one: world.says(one) for one in earlier}
        for one in earlier:
            said["again"][number, one] = world.publish(one).says(one)
    patch.undo()
    return world, said


def differing(before: dict[str, list[Any]], after: dict[str, list[Any]]) -> dict[str, tuple[list[Any], list[Any]]]:
    """Marts that differ, with the rows that only one side has."""
    sides = ((before, after), (after, before))
    only = {name: [[row for row in one[name] if row not in other[name]] for one, other in sides] for name in before}
    return {name: (rows[0], rows[1]) for name, rows in only.items() if before[name] != after[name]}


def test_advices_of_before_a_move_stay_as_they_are_when_computed_again(walked):
    """Every mart of every earlier advice after each of the three moves; only provenance tells of the lists."""
    _, said = walked
    assert len(said["again"]) == 1 + 3 + 4
    for (number, month), rows in said["again"].items():
        assert differing(said["first"][month], rows) == {}, f"{month} after move {number}"


def test_running_another_month_touches_nothing_published(walked):
    _, said = walked
    for month, others in said["beside"].items():
        for one, rows in others.items():
            assert differing(said["first"][one], rows) == {}, f"{one} after {month} was run"


def test_the_room_follows_the_regions(walked):
    """A region has 25,000 − 24,000 + 1,500 − 1,000 = € 1,500 of room, less its na-ijl: 0.10 or 0.05 % of 24,000."""
    world, _ = walked
    assert world.room(BEFORE) == {"Menzis": D("1488.00"), OLD: D("1476.00")}
    assert world.room(SAME) == {"Menzis": D("2976.00")}  # both regions, its own percentage for both
    assert world.room(BACK) == {"Menzis": D("1488.00"), OLD: D("1476.00")}
    assert world.room(RENAMED) == {"Menzis": D("1488.00"), NEW: D("1476.00")}


def test_the_bridge_says_what_moved_and_closes(walked):
    """Back on 1 July: Friesland takes € 1,488 along, as the advice of May had it; then its own na-ijl is 12 higher."""
    world, _ = walked
    assert world.bridge(SAME) == {"Menzis": {}, NATION: {}}
    assert world.bridge(BACK) == {
        "Menzis": {"moved": D("-1488.00")},
        OLD: {"moved": D("1488.00"), "extra_items": D("-12.00")},
        NATION: {"extra_items": D("-12.00")},
    }
    assert world.bridge(RENAMED) == {"Menzis": {}, NEW: {}, NATION: {}}  # another name moved nothing


def test_explain_says_it_in_words(walked):
    world, _ = walked
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WLZ_REFERENCE", str(world.pack))
        text = world.wlz("explain", "forecast_bridge", "--from", MOVED, "--to", RENAMED, "--scenario", "letter").stdout
    assert "  Verplaatst: regions that another uitvoerder runs now took their room along" in text
    assert "to the cent, for each of the 2 uitvoerders too" in text


def test_na_ijl_counts_by_name_then_by_former_name_and_else_is_told(walked):
    world, _ = walked
    assert world.na_ijl(BEFORE) == {"Menzis": D("12.00"), OLD: D("24.00")}
    assert world.na_ijl(SAME) == {"Menzis": D("24.00")}
    assert world.na_ijl(BACK) == {"Menzis": D("12.00"), OLD: D("24.00")}
    assert world.na_ijl(RENAMED) == {"Menzis": D("12.00"), NEW: D("24.00")}
    told = world.store.read(CHECK_FINDINGS, date(2019, 5, 1)).filter(check_id="L09-name")
    assert told.select("wlz_uitvoerder", "at_stake_eur").rows() == [(OLD, D("48.00"))]  # 0.10 % of € 48,000
    for month in (BEFORE, BACK, RENAMED):
        found = world.store.read(CHECK_FINDINGS, date.fromisoformat(f"{month}-01"))
        assert found.filter(check_id="L09-name").is_empty(), month


def test_a_year_is_held_to_what_came_of_it_by_those_who_ran_it_then(walked):
    """2018 is settled by May 2019, when Menzis runs both: each of the two is held to its own € 24,000."""
    world, _ = walked
    rows = world.query(
        "select wlz_uitvoerder, realised_eur from marts.forecast_vintages "
        f"where part = 'zin' and delivery_month = date '{BEFORE}-01'"
    )
    assert dict(rows) == {"Menzis": D("24000.00"), OLD: D("24000.00"), NATION: D("48000.00")}


def test_claims_of_before_a_move_are_no_partial_delivery(walked):
    """Claims of May are compared with those of before by the same regions: nobody lost half of its euro."""
    world, _ = walked
    for month in (MOVED, SAME, BACK, RENAMED):
        found = world.store.read(CHECK_FINDINGS, date.fromisoformat(f"{month}-01"))
        assert found.filter(check_id="D08").is_empty(), month
        assert found.filter(check_id="D05").is_empty(), month
