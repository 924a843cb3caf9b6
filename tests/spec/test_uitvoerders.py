"""Which uitvoerder runs a region on a day, whom a name means, and which lists are refused."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lists import LISTS
from warehouse.dated_lists import check_aliases, check_region_uitvoerders
from warehouse.reference import ReferenceDataError
from wlz.known.rounds import make_round
from wlz.known.uitvoerders import (
    changed_hands,
    closest_name,
    find_renames,
    list_moves,
    match_uitvoerders,
    name_uitvoerders,
    place_regions,
)

BEGIN = date(2015, 1, 1)
MOVE, BACK = date(2019, 1, 1), date(2019, 7, 1)
Held = list[tuple[str, str, date, date | None]]
THREE_MOVES: Held = [
    ("Friesland", "De Friesland", BEGIN, MOVE),
    ("Friesland", "Menzis", MOVE, BACK),
    ("Friesland", "Fries Zorgkantoor", BACK, None),
    ("Groningen", "Menzis", BEGIN, None),
]
ALIASES = [
    ("Fries Zorgkantoor", "De Friesland", BACK, None),
    ("Menzis", "Stichting Zorgkantoor Menzis", BEGIN, None),
    ("Menzis", "Menzis Oud", BEGIN, MOVE),
]
CODES = [("5501", BEGIN, None, "Groningen"), ("5502", BEGIN, None, "Friesland"), ("5533", BACK, None, "Friesland")]
_DATED = {"valid_from": pl.Date, "valid_to": pl.Date}
FILE = Path("reference/region_uitvoerders.csv")


def held(rows: Held) -> pl.DataFrame:
    return pl.DataFrame(
        rows, schema={"zorgkantoorregio": pl.String, "wlz_uitvoerder": pl.String, **_DATED}, orient="row"
    )


def aliases(rows: Held) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"wlz_uitvoerder": pl.String, "alias": pl.String, **_DATED}, orient="row")


CROSSWALK = pl.DataFrame(
    CODES, schema={"zorgkantoor_code": pl.String, **_DATED, "zorgkantoorregio": pl.String}, orient="row"
)
REGIONS = pl.DataFrame({"zorgkantoorregio": ["Groningen", "Friesland"]})


def names_on(day: date) -> pl.DataFrame:
    return name_uitvoerders(place_regions(REGIONS, held(THREE_MOVES), day), aliases(ALIASES), CROSSWALK, day)


def meant(name: str, day: date) -> str | None:
    rows = pl.DataFrame({"wlz_uitvoerder": [name]})
    return match_uitvoerders(rows, names_on(day))["wlz_uitvoerder"].item()


# --- Regions by date ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "who"),
    [
        (date(2014, 6, 1), "De Friesland"),  # before the list begins: its first day
        (date(2018, 12, 31), "De Friesland"),
        (MOVE, "Menzis"),  # valid_to is exclusive
        (date(2019, 6, 30), "Menzis"),
        (BACK, "Fries Zorgkantoor"),
        (date(2030, 1, 1), "Fries Zorgkantoor"),
    ],
)
def test_a_region_is_of_the_uitvoerder_that_holds_it_on_the_day(day, who):
    placed = place_regions(REGIONS, held(THREE_MOVES), day)
    assert placed.rows() == [("Groningen", "Menzis"), ("Friesland", who)]


@pytest.mark.parametrize(
    ("month", "declared", "day"),
    [
        (date(2018, 5, 1), {}, date(2018, 5, 1)),
        (date(2018, 11, 1), {"budget_year": 2019}, date(2019, 1, 1)),
        (date(2019, 2, 1), {"budget_year": 2018}, date(2019, 2, 1)),
    ],
)
def test_a_round_is_placed_on_its_month_or_the_first_day_of_its_year(month, declared, day):
    assert make_round(month, declared).placed_on == day


def test_the_lists_of_another_day_are_the_same_but_for_who_runs_what():
    """Until 2019 every region has its uitvoerder of 2018; in the simulated world Twente passes to Salland in 2020."""
    later, before = LISTS.on(date(2020, 1, 1)), LISTS.on(date(2019, 12, 31))
    assert (later.placed_on, before.regions.equals(LISTS.regions)) == (date(2020, 1, 1), True)
    moved = list_moves(before.regions, later.regions)
    assert moved.rows() == [("Twente", "Salland", "Menzis")]
    assert later.prestaties is LISTS.prestaties
    assert LISTS.regions["wlz_uitvoerder"].n_unique() == 8


# --- Names --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "day", "who"),
    [
        ("Menzis", MOVE, "Menzis"),
        ("  menzis ", MOVE, "Menzis"),
        ("Stichting  zorgkantoor Menzis", MOVE, "Menzis"),
        ("Menzis Oud", date(2018, 12, 31), "Menzis"),
        ("Menzis Oud", MOVE, None),
        ("De Friesland", date(2018, 5, 1), "De Friesland"),
        ("De Friesland", MOVE, None),  # it runs nothing, and is nobody's former name yet
        ("De Friesland", BACK, "Fries Zorgkantoor"),
        ("5502", date(2018, 5, 1), "De Friesland"),
        ("5502", MOVE, "Menzis"),
        ("5533", MOVE, None),
        ("5533", BACK, "Fries Zorgkantoor"),
        ("Menzes", MOVE, None),
    ],
)
def test_a_name_means_who_bears_it_on_the_day_then_its_alias_then_its_code(written, day, who):
    assert meant(written, day) == who


def test_no_row_is_lost_and_the_nearest_of_two_is_used():
    """Two rows of one year that mean Menzis: its own name is used, the other is there and is not."""
    rows = pl.DataFrame(
        {
            "reference_year": [2016, 2016, 2016, 2015, 2016],
            "wlz_uitvoerder": ["5501", "Menzis", "Nobody", "5501", "De Friesland"],
        }
    )
    found = match_uitvoerders(rows, names_on(date(2018, 5, 1)), ["reference_year"])
    assert found.select("delivered_name", "wlz_uitvoerder", "matched_by", "is_used").rows() == [
        ("5501", "Menzis", "code", False),
        ("Menzis", "Menzis", "name", True),
        ("Nobody", None, None, False),
        ("5501", "Menzis", "code", True),
        ("De Friesland", "De Friesland", "name", True),
    ]


def test_the_closest_name_is_offered():
    names = names_on(date(2018, 5, 1))
    assert closest_name("Menzes", names) == "Menzis"
    assert closest_name("de frisland", names) == "De Friesland"
    assert closest_name("Xyz", names) is None


# --- Moves --------------------------------------------------------------------------------------------------------


def places(*rows: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["wlz_uitvoerder", "zorgkantoorregio"], orient="row")


def test_moves_are_regions_that_both_name_under_two_uitvoerders():
    before, after = places(("A", "North"), ("A", "East"), ("B", "West")), places(("A", "North"), ("B", "East"))
    assert list_moves(before, after).to_dicts() == [{"zorgkantoorregio": "East", "receiver": "B", "giver": "A"}]
    assert changed_hands(before, after) == ["A", "B"]
    assert changed_hands(before, before) == []


def test_a_rename_is_a_former_name_of_one_who_did_not_exist():
    names = pl.DataFrame({"name": ["new", "old"], "wlz_uitvoerder": ["New", "New"], "matched_by": ["name", "alias"]})
    assert find_renames(places(("Old", "North")), places(("New", "North")), names) == {"Old": "New"}
    both = places(("Old", "North"), ("New", "East"))
    assert find_renames(both, places(("New", "North"), ("New", "East")), names) == {}  # a merger: a region moved
    two = pl.concat([names, names.tail(1).with_columns(name=pl.lit("older"))])
    merged = places(("Old", "North"), ("Older", "East"))
    assert find_renames(merged, places(("New", "North"), ("New", "East")), two) == {}


# --- Lists that are refused ---------------------------------------------------------------------------------------

WRONG = [
    (
        "gap",
        [("Friesland", "A", BEGIN, MOVE), ("Friesland", "B", BACK, None)],
        "row 3: Friesland has no uitvoerder from 2019-01-01 to 2019-07-01",
    ),
    (
        "overlap",
        [("Friesland", "A", BEGIN, BACK), ("Friesland", "B", MOVE, None)],
        "row 3: Friesland has two uitvoerders on 2019-01-01: B, and A of row 2",
    ),
    (
        "two open",
        [("Friesland", "A", BEGIN, None), ("Friesland", "B", MOVE, None)],
        "row 3: Friesland has two uitvoerders on 2019-01-01",
    ),
    (
        "twice",
        [("Friesland", "A", BEGIN, None), ("Friesland", "A", BEGIN, None)],
        "row 3: Friesland has two uitvoerders on 2015-01-01",
    ),
    ("ends", [("Friesland", "A", BEGIN, MOVE)], "row 2: Friesland has no uitvoerder from 2019-01-01 on"),
    ("begins late", [("Friesland", "A", MOVE, None)], "row 2: Friesland has no uitvoerder before 2019-01-01"),
    ("backwards", [("Friesland", "A", BEGIN, BEGIN)], "row 2: valid_to 2015-01-01 is not after valid_from"),
    ("stranger", [("Fryslân", "A", BEGIN, None)], "row 2: no region 'Fryslân' in regions.csv"),
    ("empty", [("Friesland", "", BEGIN, None)], "row 2: wlz_uitvoerder is empty"),
    ("none", [], "no row of region Friesland"),
]


@pytest.mark.parametrize(("rows", "message"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_list_with_no_or_two_uitvoerders_on_a_day_is_refused_with_its_row(rows, message):
    one = REGIONS.filter(zorgkantoorregio="Friesland")
    with pytest.raises(ReferenceDataError) as raised:
        check_region_uitvoerders(held(rows), one, CROSSWALK, FILE)
    assert str(raised.value).startswith("reference/region_uitvoerders.csv")
    assert message in str(raised.value)
    assert "Next: " in str(raised.value)


def test_a_column_of_the_old_place_is_refused():
    """Who edits it there would change nothing, without a word."""
    with pytest.raises(ReferenceDataError, match=r"regions\.csv: column wlz_uitvoerder counts for nothing"):
        check_region_uitvoerders(held(THREE_MOVES), REGIONS.with_columns(wlz_uitvoerder=pl.lit("A")), CROSSWALK, FILE)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("Menzis", "Z", BEGIN, None), ("De Friesland", "z ", MOVE, None)], "row 3: 'z ' means De Friesland"),
        ([("Menzes", "Z", BEGIN, None)], "row 2: 'Menzes' runs no region on any day"),
        ([("Menzis", "Z", MOVE, BEGIN)], "row 2: valid_to"),
        ([("Menzis", "", BEGIN, None)], "row 2: alias is empty"),
    ],
)  # fmt: skip
def test_an_alias_that_means_two_or_nobody_is_refused(rows, message):
    with pytest.raises(ReferenceDataError) as raised:
        check_aliases(aliases(rows), held(THREE_MOVES), Path("reference/uitvoerders.csv"))
    assert f"reference/uitvoerders.csv, {message}" in str(raised.value)


def test_an_alias_may_pass_from_one_to_another():
    passed = aliases([("Menzis", "Z", BEGIN, MOVE), ("De Friesland", "Z", MOVE, None), ("Menzis", "Z2", BEGIN, None)])
    assert check_aliases(passed, held(THREE_MOVES), FILE).equals(passed)


# --- Any list without gaps ----------------------------------------------------------------------------------------

DAYS = st.dates(date(2015, 1, 2), date(2030, 12, 31))
WHO = st.sampled_from(["A", "B", "C"])
HISTORY = st.tuples(st.lists(DAYS, max_size=4, unique=True), st.lists(WHO, min_size=5, max_size=5))


def history(region: str, days: list[date], who: list[str]) -> Held:
    ends = [BEGIN, *sorted(days)]
    return [(region, one, start, end) for one, start, end in zip(who, ends, [*ends[1:], None], strict=False)]


@settings(max_examples=60, deadline=None)
@given(HISTORY, HISTORY, DAYS, st.randoms())
def test_every_region_has_one_uitvoerder_on_every_day(north, south, day, shuffled):
    regions = pl.DataFrame({"zorgkantoorregio": ["Friesland", "Groningen"]})
    rows = [*history("Friesland", *north), *history("Groningen", *south)]
    shuffled.shuffle(rows)
    listed = check_region_uitvoerders(held(rows), regions, CROSSWALK, FILE)
    changes = [row[2] for row in rows]
    for one in (day, BEGIN, *changes, *(change - timedelta(days=1) for change in changes)):
        placed = place_regions(regions, listed, one)
        assert placed["zorgkantoorregio"].to_list() == ["Friesland", "Groningen"]
        assert placed["wlz_uitvoerder"].null_count() == 0


@settings(max_examples=60, deadline=None)
@given(HISTORY, st.data())
def test_a_list_with_a_row_taken_out_or_shifted_is_refused(north, data):
    one = REGIONS.filter(zorgkantoorregio="Friesland")
    rows = history("Friesland", *north)
    at = data.draw(st.integers(0, len(rows) - 1))
    region, who, start, end = rows[at]
    shift = timedelta(days=data.draw(st.sampled_from([-1, 1])))
    spoiled = [rows[:at] + rows[at + 1 :], [*rows[:at], (region, who, start + shift, end), *rows[at + 1 :]]]
    for wrong in spoiled if at else spoiled[:1]:
        with pytest.raises(ReferenceDataError):
            check_region_uitvoerders(held(wrong), one, CROSSWALK, FILE)
