"""A code that goes on under another: its silence is no lateness, its history goes on, and the family is named.

Two uitvoerders deliver Z041 for € 1,000 a day each (10 units at € 100) and Z031 for € 3,000; half of a month is known
at the first delivery after it. From some month on Menzis writes the care of Z041 under other codes. Its year must be
what it is in the twin world in which Z041 goes on, and a finding must name the codes with the year of Z041: € 365,000.
"""

from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache

import polars as pl
import pytest

from tests.lists import LISTS
from tests.spec.small_round import CARE_MONTHS, kader, known_of
from tests.spec.test_line_completed import COMPLETED, DELIVERIES, LETTER, months_between
from warehouse.lake import settle_tables
from warehouse.tables.deliveries import DECLARATIES
from wlz.advice import Advice, compute_advice
from wlz.hand_overs import LINK_SCHEMA, find_hand_overs, list_links, spread_links
from wlz.known.scenarios import Scenario
from wlz.volumes.volumes import hand_over_history
from wlz.words.figures import unpack_figures

MENZIS, FRIESLAND = "Menzis", "De Friesland"
BASE = Scenario("base", "the same months, better forecast", "ets_average", None, 0.0, False)
CODES = {MENZIS: "5501", FRIESLAND: "5502"}
JANUARY, MARCH = date(2018, 1, 1), date(2018, 3, 1)
# Prestatie → (units a day, euro per unit) of an uitvoerder in a month.
Care = Callable[[str, date], Mapping[str, tuple[float, float]]]
AS_ALWAYS = {"Z031": (30.0, 100.0), "Z041": (10.0, 100.0)}


def changing(month: date, old: set[str], new: Mapping[str, tuple[float, float]], always: Mapping = AS_ALWAYS) -> Care:
    """Menzis writes `new` instead of `old` from a month on."""

    def care(name: str, day: date) -> Mapping[str, tuple[float, float]]:
        if name != MENZIS or day < month:
            return always
        return {code: what for code, what in always.items() if code not in old} | dict(new)

    return care


def twin(name: str, day: date) -> Mapping[str, tuple[float, float]]:
    return AS_ALWAYS


THREE = {"Z031": (30.0, 100.0), "Z041": (6.0, 100.0), "Z051": (4.0, 100.0)}
KINDS: dict[str, tuple[Care, set[str], dict[str, float]]] = {
    "on 1 January": (changing(JANUARY, {"Z041"}, {"Z061": (10.0, 100.0)}), {"Z041"}, {"Z061": 1.0}),
    "mid-year": (changing(MARCH, {"Z041"}, {"Z061": (10.0, 100.0)}), {"Z041"}, {"Z061": 1.0}),
    "one to many": (
        changing(JANUARY, {"Z041"}, {"Z061": (4.0, 100.0), "Z071": (6.0, 100.0)}), {"Z041"}, {"Z061": 0.4, "Z071": 0.6}
    ),
    "many to one": (
        changing(JANUARY, {"Z041", "Z051"}, {"Z061": (10.0, 100.0)}, THREE), {"Z041", "Z051"}, {"Z061": 1.0}
    ),
    "at another price": (changing(JANUARY, {"Z041"}, {"Z061": (5.0, 200.0)}), {"Z041"}, {"Z061": 1.0}),
}  # fmt: skip


def volumes_of(care: Care, delivery: date) -> list[tuple[str, str, date, float, float]]:
    """Uitvoerder, prestatie, care month, units known at a delivery, euro per unit."""
    return [
        (name, code, month, units * monthrange(month.year, month.month)[1] / (2 if gap == 1 else 1), price)
        for name in CODES
        for month in CARE_MONTHS
        if (gap := months_between(month, delivery)) > 0
        for code, (units, price) in care(name, month).items()
    ]


def advise(care: Care) -> Advice:
    """The advice of May 2018 in scenarios letter, base and completed."""
    said = [
        (code, name, month, delivery, volume, Decimal(str(volume * price)))
        for delivery in DELIVERIES
        for name, code, month, volume, price in volumes_of(care, delivery)
    ]
    columns = ["prestatiecode", "wlz_uitvoerder", "care_month", "delivery_month", "declared_volume"]
    snapshots = pl.DataFrame(said, schema=[*columns, "declared_amount_eur"], orient="row").with_columns(
        pl.col("declared_amount_eur").cast(pl.Decimal(18, 2))
    )
    rows = [
        (date(2018, 5, 2), CODES[name], None, code, month, "14", volume, Decimal(str(volume * price)))
        for name, code, month, volume, price in volumes_of(care, DELIVERIES[-1])
    ]
    delivered = {
        "declaraties": pl.DataFrame(rows, schema=DECLARATIES.schema, orient="row", strict=False),
        "kader": kader({"5501": 2_000_000, "5502": 2_000_000}),
    }
    known = known_of(delivered, [LETTER, BASE, COMPLETED], snapshots=lambda: snapshots)
    return compute_advice(known, settle_tables(known), ["completed_series", "revenue"])


def dearer_from(month: date, care: Care, rise: float) -> Care:
    """The same care, every price higher from a month on, as a tariff is on 1 January."""

    def dearer(name: str, day: date) -> Mapping[str, tuple[float, float]]:
        lift = rise if day >= month else 1.0
        return {code: (units, price * lift) for code, (units, price) in care(name, day).items()}

    return dearer


@cache
def advice_of(kind: str) -> Advice:
    return advise(twin if kind == "twin" else KINDS[kind][0])


def year_of(advice: Advice, scenario: str, name: str = MENZIS) -> float:
    mine = advice["revenue"].filter(scenario=scenario, wlz_uitvoerder=name)
    return float(mine.filter(pl.col("care_month").dt.year() == 2018)["forecast_amount_eur"].sum())


def families(advice: Advice) -> list[dict[str, object]]:
    """Uitvoerder, euro and figures of what went on under another code."""
    found = advice.judged["completed_series"]["lag_findings"].filter(finding="handed_over")
    return [{**row, **unpack_figures(row["numbers"])} for row in found.iter_rows(named=True)]


def test_the_twin_has_no_family_and_its_year_is_365_days_of_4000():
    assert families(advice_of("twin")) == []
    assert year_of(advice_of("twin"), "completed") == pytest.approx(365 * 4000, rel=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_the_year_of_the_uitvoerder_is_that_of_the_twin(kind):
    """Within 0.5 %; counted twice it would be up to a quarter too much."""
    assert year_of(advice_of(kind), "completed") == pytest.approx(year_of(advice_of("twin"), "completed"), rel=0.005)
    assert year_of(advice_of(kind), "completed", FRIESLAND) == year_of(advice_of("twin"), "completed", FRIESLAND)


@pytest.mark.parametrize("kind", KINDS)
def test_the_family_is_named_with_the_euro_of_its_year(kind):
    _, old, new = KINDS[kind]
    (family,) = families(advice_of(kind))
    assert family["wlz_uitvoerder"] == MENZIS
    assert {one["one"] for one in family["old_codes"]} == old
    assert {one["code"]: one["share"] for one in family["new_codes"]} == pytest.approx(new, abs=0.02)
    assert family["at_stake_eur"] == pytest.approx(365_000, rel=0.02)


@pytest.mark.parametrize("kind", ["on 1 January", "one to many"])
@pytest.mark.parametrize("scenario", ["completed", "base"])
def test_prices_that_rise_on_the_same_day_are_no_other_unit(kind, scenario):
    """Three percent on every price: the units of the new code are those of the old one, not three percent fewer."""
    changed, as_before = (advise(dearer_from(JANUARY, care, 1.03)) for care in (KINDS[kind][0], twin))
    assert year_of(changed, scenario) == pytest.approx(year_of(as_before, scenario), rel=0.0005)


@pytest.mark.parametrize("kind", KINDS)
def test_scenario_base_goes_on_too(kind):
    """It knows the months of 2017 only; that the code is another since is told by the months that were completed."""
    assert year_of(advice_of(kind), "base") == pytest.approx(year_of(advice_of("twin"), "base"), rel=0.005)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_imputed_for_what_went_on(kind):
    assert "silent_series" not in set(advice_of(kind)["completed_series"]["flag"])


def test_a_code_that_stops_and_is_followed_by_nothing_is_still_late():
    """The silence of Z041 with no new code of its size is told as before, and imputed."""
    gone = advise(changing(JANUARY, {"Z041"}, {}))
    assert families(gone) == []
    assert "silent_series" in set(gone["completed_series"]["flag"])


@pytest.mark.parametrize("units", [2.0, 40.0])
def test_a_new_code_of_another_size_is_none(units):
    """A fifth of what stopped, or four times as much: new care, not old care under a new name."""
    assert families(advise(changing(JANUARY, {"Z041"}, {"Z061": (units, 100.0)}))) == []


def test_a_new_code_beside_one_that_goes_on_is_none():
    """Policy money as a code of its own: nothing stopped."""
    assert families(advise(changing(JANUARY, set(), {"Z061": (10.0, 100.0)}))) == []


def test_a_code_of_another_group_is_none():
    """Z041 is a stay without treatment, H104 nursing by the minute."""
    assert families(advise(changing(JANUARY, {"Z041"}, {"Z053": (10.0, 100.0)}))) == []


# ---- a code that goes on under one that was there -----------------------------------------------------------------

BESIDE = {"Z031": (30.0, 100.0), "Z041": (10.0, 100.0), "Z051": (20.0, 100.0)}
RAN_ON: dict[str, Care] = {
    "on 1 January": changing(JANUARY, {"Z041", "Z051"}, {"Z051": (30.0, 100.0)}, BESIDE),
    "mid-year": changing(MARCH, {"Z041", "Z051"}, {"Z051": (30.0, 100.0)}, BESIDE),
    "over two": changing(
        JANUARY, {"Z041", "Z051", "Z031"}, {"Z051": (26.0, 100.0), "Z031": (34.0, 100.0)}, BESIDE
    ),
}  # fmt: skip


@cache
def beside_twin() -> Advice:
    return advise(lambda name, day: BESIDE)


@pytest.mark.parametrize("kind", RAN_ON)
def test_a_code_that_goes_on_under_one_that_was_there_counts_once(kind):
    """The care of Z041 is told under others that had care: the year of the twin, and the family's € 365,000."""
    advice = advise(RAN_ON[kind])
    for scenario in ("completed", "base"):
        assert year_of(advice, scenario) == pytest.approx(year_of(beside_twin(), scenario), rel=0.005)
    (family,) = families(advice)
    assert {one["one"] for one in family["old_codes"]} == {"Z041"}
    assert family["at_stake_eur"] == pytest.approx(365_000, rel=0.02)
    assert family["wording"] == "ran_on"
    assert "silent_series" not in set(advice["completed_series"]["flag"])
    assert families(beside_twin()) == []


def test_a_neighbour_that_moves_by_less_took_nothing_over():
    """A tenth more beside a code of half its size that stopped: its silence is told and imputed as before."""
    gone = advise(changing(JANUARY, {"Z041", "Z051"}, {"Z051": (20.5, 100.0)}, BESIDE))
    assert families(gone) == []
    assert "silent_series" in set(gone["completed_series"]["flag"])


def test_a_neighbour_that_jumps_by_much_more_took_nothing_over():
    gone = advise(changing(JANUARY, {"Z041", "Z051"}, {"Z051": (50.0, 100.0)}, BESIDE))
    assert families(gone) == []


def test_a_jump_with_nothing_that_stopped_is_none():
    assert families(advise(changing(JANUARY, {"Z051"}, {"Z051": (30.0, 100.0)}, BESIDE))) == []


# ---- the pieces --------------------------------------------------------------------------------------------------


def test_a_list_tells_confirmed_successors_of_codes_that_ended():
    prestaties = pl.DataFrame({"prestatiecode": ["A", "B", "C"], "valid_to": [date(2018, 12, 31), None, None]})
    successors = pl.DataFrame(
        {
            "prestatiecode": ["A", "A", "A", "B"],
            "successor": ["B", "C", "D", "C"],
            "share": [0.4, None, 0.1, 1.0],
            "state": ["confirmed", "confirmed", "proposed", "confirmed"],
        }
    )
    links = list_links(prestaties, successors)
    assert links.rows() == [
        ("A", None, "B", date(2018, 12, 1), 0.4, 1.0),
        ("A", None, "C", date(2018, 12, 1), 1.0, 1.0),
    ]
    spread = spread_links(links, pl.Series(["Menzis", "CZ", "CZ"]))
    assert spread.select("wlz_uitvoerder", "successor").rows() == [
        ("CZ", "B"), ("CZ", "C"), ("Menzis", "B"), ("Menzis", "C")
    ]  # fmt: skip


def test_history_goes_on_by_share_and_unit_at_the_uitvoerder_it_is_of():
    """100 units of A become 40 × 2 of B and 60 of C at Menzis; at CZ nothing moves."""
    rows = pl.DataFrame(
        [("A", name, date(2017, month, 1), 100.0) for name in ("CZ", "Menzis") for month in (11, 12)],
        schema=["prestatiecode", "wlz_uitvoerder", "care_month", "volume"],
        orient="row",
    )
    links = pl.DataFrame(
        [("A", "Menzis", "B", date(2017, 12, 1), 0.4, 2.0), ("A", "Menzis", "C", date(2017, 11, 1), 0.6, 1.0)],
        schema=LINK_SCHEMA,
        orient="row",
    )
    handed = hand_over_history(rows, links).sort("prestatiecode", "wlz_uitvoerder", "care_month")
    assert handed.filter(prestatiecode="B").select("wlz_uitvoerder", "volume").rows() == [("Menzis", 80.0)] * 2
    assert handed.filter(prestatiecode="C").select("care_month", "volume").rows() == [(date(2017, 11, 1), 60.0)]
    assert handed.filter(prestatiecode="A").height == 4


def found_beside(code: str, last_day: date, successor: str) -> list[tuple[str, str, str]]:
    """Families of Z041, which is Z061 from January 2018 on, beside a list in which a code ends and hands over."""
    ends = pl.when(prestatiecode=code).then(last_day).otherwise("valid_to").alias("valid_to")
    said = {"prestatiecode": [code], "successor": [successor], "share": [1.0], "state": ["confirmed"]}
    listed = list_links(LISTS.prestaties.with_columns(ends), pl.DataFrame(said))
    advice = advice_of("on 1 January")
    found = find_hand_overs(advice["series"], advice["completed_series"], LISTS.prestaties, listed)
    return found.select("prestatiecode", "successor", "wlz_uitvoerder").rows()


def test_a_new_code_whose_own_end_a_list_knows_is_found():
    """By the list Z061 hands over to Z071 in 2023: what it began with is still seen."""
    assert found_beside("Z061", date(2023, 12, 31), "Z071") == [("Z041", "Z061", MENZIS)]


def test_what_a_list_says_itself_is_not_found_again():
    assert found_beside("Z041", date(2017, 12, 31), "Z061") == []


def test_without_a_month_that_is_known_nothing_is_found():
    empty = pl.DataFrame(schema={"prestatiecode": pl.String, "wlz_uitvoerder": pl.String, "care_month": pl.Date,
                                 "completeness_ratio": pl.Float64})  # fmt: skip
    series = empty.with_columns(declared_volume=pl.lit(0.0), declared_amount_eur=pl.lit(0.0))
    links = pl.DataFrame(schema=LINK_SCHEMA)
    assert find_hand_overs(series, empty, LISTS.prestaties, links).is_empty()
