"""As-of rule (methods, deliveries → series): per kind the latest delivery on or before the cut-off of the round."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from warehouse import settings
from warehouse.contract import conform
from warehouse.settings import load_round
from warehouse.tables.deliveries import DELIVERY_REGISTER, KINDS
from wlz.known.assumptions import AssumptionError
from wlz.known.headline import check_named, choose_headline
from wlz.known.rounds import Round, choose_deliveries, find_late, make_round
from wlz.known.scenarios import Scenario
from wlz.words.months import end_of_month

MAY = date(2018, 5, 1)
ROUND = load_round(MAY)

# A row of the register: kind, delivery month, received on, status, registered on the day (hour), id.
Row = tuple[str, str, date, str, int, str]


def register(*rows: Row, superseded_by: Mapping[str, str] | None = None) -> pl.DataFrame:
    """The register with these deliveries; what the as-of rule does not look at is filled in."""
    filled = [
        {
            "delivery_id": delivery_id,
            "kind": kind,
            "delivery_month": date.fromisoformat(f"{month}-01"),
            "content_hash": delivery_id,
            "received_on": received_on,
            "registered_at": datetime(2018, 6, 1, hour),
            "delivery_status": status,
            "rows_count": 1,
            "amount_eur": None,
            "quarantined_count": 0,
            "quarantined_eur": 0,
            "superseded_by": (superseded_by or {}).get(delivery_id),
            "file_name": "",
            "check_id": None,
            "reason": None,
        }
        for kind, month, received_on, status, hour, delivery_id in rows
    ]
    return conform(pl.DataFrame(filled, schema=dict(DELIVERY_REGISTER.schema), strict=False), DELIVERY_REGISTER)


def choose(known: pl.DataFrame, advice_round: Round = ROUND) -> dict[str, str]:
    """The chosen delivery per kind."""
    return dict(choose_deliveries(known, advice_round, KINDS).select("kind", "delivery_id").iter_rows())


PGB_OF_MARCH: Row = ("pgb_verleningen", "2018-03", date(2018, 3, 31), "accepted", 0, "pgb of March")
PGB_OF_APRIL: Row = ("pgb_verleningen", "2018-04", date(2018, 4, 30), "accepted", 1, "pgb of April")


def test_the_cut_offs_of_the_letter():
    """Letter, annex A.1: claims of 2 May, pgb stand of 31 March, herschikking of 15 February, kader of 15 May."""
    assert (ROUND.name, ROUND.budget_year, ROUND.last_month) == ("mei-advies 2018", 2018, date(2018, 12, 1))
    assert ROUND.cut_off("declaraties") == date(2018, 5, 2)
    assert ROUND.cut_off("pgb_verleningen") == date(2018, 3, 31)
    assert ROUND.cut_off("herschikking") == date(2018, 2, 15)
    assert ROUND.cut_off("kader") == date(2018, 5, 15)
    assert ROUND.cut_off("hulpmiddelen") == date(2018, 5, 31)  # nothing stated: the end of the delivery month


def test_a_month_without_a_file_sees_everything_up_to_its_end():
    """Methods, deliveries → series: without a file the end of the delivery month counts, for every kind."""
    found = load_round(date(2018, 2, 1))
    assert (found.name, found.budget_year) == ("advies 2018-02", 2018)
    assert {found.cut_off(kind) for kind in KINDS} == {date(2018, 2, 28)}
    assert end_of_month(date(2020, 2, 1)) == date(2020, 2, 29)


def test_pgb_of_31_march_is_seen_and_of_30_april_is_not():
    """The advice of May 2018 rests on the pgb stand of March, though that of April was there on 29 May."""
    assert choose(register(PGB_OF_MARCH, PGB_OF_APRIL)) == {"pgb_verleningen": "pgb of March"}


@pytest.mark.parametrize(
    ("received_on", "expected"),
    [(date(2018, 5, 1), "new"), (date(2018, 5, 2), "new"), (date(2018, 5, 3), "old")],
)
def test_the_day_of_the_cut_off_itself_counts(received_on, expected):
    """On or before: the claims of 2 May are those of the advice."""
    known = register(
        ("declaraties", "2018-04", date(2018, 4, 2), "accepted", 0, "old"),
        ("declaraties", "2018-05", received_on, "accepted", 1, "new"),
    )
    assert choose(known) == {"declaraties": expected}


def test_without_cut_offs_the_choice_would_be_another():
    """A planted error: the same rule with cut-offs ignored takes the stand of April."""
    ignoring = replace(ROUND, cut_offs=dict.fromkeys(KINDS, date.max))
    known = register(PGB_OF_MARCH, PGB_OF_APRIL)
    assert choose(known, ignoring) == {"pgb_verleningen": "pgb of April"} != choose(known)


def test_an_earlier_round_still_sees_what_was_superseded_later():
    """A re-delivery counts for later rounds; the round that could not know it keeps the first (architecture, 2)."""
    known = register(
        ("kader", "2018-05", date(2018, 5, 15), "superseded", 0, "first"),
        ("kader", "2018-05", date(2018, 5, 25), "accepted", 1, "second"),
        superseded_by={"first": "second"},
    )
    assert choose(known) == {"kader": "first"}
    assert choose(known, make_round(date(2018, 6, 1))) == {"kader": "second"}


def test_a_successor_that_can_be_seen_replaces_the_first_whatever_its_date():
    """A file put in place of another may carry an earlier delivery date: the sender's last word is what lies there."""
    known = register(
        ("kader", "2018-05", date(2018, 5, 14), "superseded", 0, "first"),
        ("kader", "2018-05", date(2018, 5, 10), "accepted", 1, "put back"),
        superseded_by={"first": "put back"},
    )
    assert choose(known) == {"kader": "put back"}


def test_a_refused_delivery_never_counts():
    """It was never loaded; the one before it is used."""
    refused: Row = ("pgb_verleningen", "2018-03", date(2018, 3, 31), "refused", 1, "refused")
    earlier: Row = ("pgb_verleningen", "2018-02", date(2018, 2, 28), "accepted", 0, "pgb of February")
    assert choose(register(refused, earlier)) == {"pgb_verleningen": "pgb of February"}
    assert choose(register(refused)) == {}


def test_a_tie_on_one_day_goes_to_the_later_month_then_to_the_one_registered_last():
    """Two exports carry one date: a mended one made the same day replaces the first."""
    day = date(2018, 3, 31)
    mended = register(
        ("pgb_verleningen", "2018-03", day, "accepted", 5, "mended"),
        ("pgb_verleningen", "2018-03", day, "superseded", 4, "wrong"),
    )
    assert choose(mended) == {"pgb_verleningen": "mended"}
    months = register(
        ("pgb_verleningen", "2018-02", day, "accepted", 5, "February"),
        ("pgb_verleningen", "2018-03", day, "accepted", 4, "March"),
    )
    assert choose(months) == {"pgb_verleningen": "March"}


def test_a_kind_that_was_never_delivered_is_left_out_and_the_others_stand_alone():
    """One row per kind, with the cut-off it was chosen by."""
    known = register(PGB_OF_MARCH, ("kader", "2018-05", date(2018, 5, 15), "accepted", 0, "kader"))
    found = choose_deliveries(known, ROUND, KINDS)
    assert found.select("kind", "delivery_id", "cut_off_date").rows() == [
        ("kader", "kader", date(2018, 5, 15)),
        ("pgb_verleningen", "pgb of March", date(2018, 3, 31)),
    ]
    assert choose_deliveries(known, ROUND, ["kader"])["kind"].to_list() == ["kader"]
    assert choose_deliveries(DELIVERY_REGISTER.empty(), ROUND, KINDS).is_empty()


deliveries = st.tuples(
    st.sampled_from(["kader", "pgb_verleningen"]),
    st.sampled_from(["2018-03", "2018-04", "2018-05"]),
    st.dates(date(2018, 3, 1), date(2018, 6, 15)),
    st.sampled_from(["accepted", "superseded", "refused"]),
    st.integers(0, 3),
)


@hypothesis_settings(max_examples=40, deadline=None)
@given(st.lists(deliveries, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_the_register_changes_nothing_and_no_choice_lies_after_its_cut_off(rows, random):
    named = [(*row, f"delivery {number}") for number, row in enumerate(rows)]
    known = register(*named)
    shuffled = register(*random.sample(named, len(named)))
    assert choose(known) == choose(shuffled)
    for row in choose_deliveries(known, ROUND, KINDS).iter_rows(named=True):
        rivals = [r for r in named if r[0] == row["kind"] and r[3] != "refused" and r[2] <= row["cut_off_date"]]
        assert row["received_on"] == max(r[2] for r in rivals)
        assert row["delivery_status"] != "refused"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("pgb = 2018-03-31", "cut_off: unknown pgb; known: declaraties"),
        ('kader = "2018-05-15"', "a date without quotes, found '2018-05-15'"),
    ],
)
def test_a_cut_off_that_would_count_for_nothing_is_refused(tmp_path, monkeypatch, line, words):
    """A misspelled kind would silently get the end of the month: the advice would rest on deliveries of later."""
    (tmp_path / "rounds").mkdir()
    (tmp_path / "rounds" / "2018-05.toml").write_text(f"[cut_off]\n{line}\n")
    monkeypatch.setattr(settings, "REFERENCE", tmp_path)
    with pytest.raises(AssumptionError, match=r"2018-05\.toml") as refused:
        load_round(MAY)
    assert words in str(refused.value)


def test_due_is_what_the_round_says_else_the_second_working_day():
    """1 June 2018 is a Friday, so Monday the 4th is the second; other kinds are due when they stop to count."""
    june = make_round(date(2018, 6, 1), {"due": {"kader": date(2018, 6, 12)}, "cut_off": {"na_ijl": date(2018, 6, 20)}})
    assert june.due_on("declaraties") == date(2018, 6, 4)
    assert june.due_on("kader") == date(2018, 6, 12)
    assert june.due_on("na_ijl") == date(2018, 6, 20)
    said = make_round(date(2018, 6, 1), {"due": {"declaraties": date(2018, 6, 8)}})
    assert said.due_on("declaraties") == date(2018, 6, 8)
    assert said.cut_off("declaraties") == date(2018, 6, 30)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('declaraties = "2018-06-04"', "due declaraties: expected a date without quotes"),
        ("declaratie = 2018-06-04", "due: unknown declaratie"),
    ],
)
def test_a_due_date_that_would_count_for_nothing_is_refused(line, words, tmp_path, monkeypatch):
    (tmp_path / "rounds").mkdir()
    (tmp_path / "rounds" / "2018-06.toml").write_text(f"[due]\n{line}\n")
    monkeypatch.setattr(settings, "REFERENCE", tmp_path)
    with pytest.raises(AssumptionError, match=f"2018-06.toml, {words}"):
        load_round(date(2018, 6, 1))


def write_round(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    (folder / "rounds").mkdir()
    (folder / "rounds" / "2018-05.toml").write_text(text)
    monkeypatch.setattr(settings, "REFERENCE", folder)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[cutoff]\nkader = 2018-05-15",
            "2018-05.toml: unknown cutoff; known: name, budget_year, published_on, cut_off",
        ),
        ("[deu]\nkader = 2018-05-15", "unknown deu"),
        ("budget_year = 2018.7", "budget_year: expected a whole number without quotes, found 2018.7"),
        ("budget_year = true", "budget_year: expected a whole number without quotes, found True"),
        ('budget_year = "abc"', "budget_year: expected a whole number without quotes, found 'abc'"),
        ("budget_year = 18", "budget_year: expected a year from 2015 to 2099, found 18"),
        ("due = 2018-06-02", "due: expected a table [due], found datetime.date(2018, 6, 2)"),
        ('cut_off = "2018-05-02"', "cut_off: expected a table [cut_off], found '2018-05-02'"),
        ("page = 3", "page: expected a table [page], found 3"),
        ("[page]\nheadline = 3", "page headline: expected a text in quotes, found 3"),
        ('[page]\nhedline = "letter"', "page: unknown hedline; known: headline, next_advice, consultation"),
        ("[page.consultation]\nnl = 'x'", "page consultation: held_on is missing"),
        ("[page.consultation]\nheld_on = 2018-05-16T12:00:00", "page consultation held_on: expected a date"),
        ("name = 5", "name: expected a text in quotes, found 5"),
    ],
)
def test_what_would_count_for_nothing_in_the_file_of_a_round_is_refused(tmp_path, monkeypatch, text, words):
    write_round(tmp_path, monkeypatch, text)
    with pytest.raises(AssumptionError) as refused:
        load_round(MAY)
    assert words in str(refused.value)
    assert "Next:" in str(refused.value)


def test_a_round_may_say_everything_it_knows(tmp_path, monkeypatch):
    write_round(tmp_path, monkeypatch, (Path(__file__).parents[2] / "reference/rounds/2018-05.toml").read_text())
    assert load_round(MAY).cut_off("kader") == date(2018, 5, 15)


def test_a_headline_that_the_year_does_not_have_is_refused():
    letter = Scenario("letter", "S004", "ets_select", None, 0.0, False)
    with pytest.raises(AssumptionError, match="'completd' as headline; the scenarios of 2018 are letter"):
        check_named("completd", [letter], 2018)
    check_named("", [letter], 2018)
    check_named("letter", [letter], 2018)


def test_a_headline_that_is_not_computed_is_said_in_the_reason():
    letter = Scenario("letter", "S004", "ets_select", None, 0.0, False)
    assert choose_headline([letter], "completed").reason == (
        "the method of the letter; completed, named by the round, is not computed"
    )
    assert choose_headline([letter], "letter").reason == "named by the round"


LATE = [
    # deliveries → kinds of which the round sees nothing, and when the first of it came
    ([("herschikking", "2018-05", date(2018, 5, 2), "accepted", 1, "h")], {"herschikking": date(2018, 5, 2)}),
    ([("pgb_verleningen", "2018-04", date(2018, 4, 1), "accepted", 1, "p"),
      ("pgb_verleningen", "2018-05", date(2018, 5, 1), "accepted", 1, "q")], {"pgb_verleningen": date(2018, 4, 1)}),
    ([("kader", "2018-05", date(2018, 5, 16), "superseded", 1, "k"),
      ("kader", "2018-05", date(2018, 5, 17), "accepted", 2, "l")], {"kader": date(2018, 5, 16)}),
    ([("herschikking", "2018-02", date(2018, 2, 1), "accepted", 1, "g"),
      ("herschikking", "2018-05", date(2018, 5, 2), "accepted", 1, "h")], {}),
    ([("herschikking", "2018-05", date(2018, 5, 2), "refused", 1, "h")], {}),
    ([("herschikking", "2018-06", date(2018, 6, 2), "accepted", 1, "h")], {}),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "late"), LATE)
def test_late_is_not_not_delivered(rows, late):
    """Cut-offs of May 2018: herschikking 15 February, pgb 31 March, kader 15 May."""
    assert dict(find_late(register(*rows), ROUND, KINDS).iter_rows()) == late
