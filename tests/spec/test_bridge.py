"""The bridge between two advices: one thing moves at a time, and everything adds up to the cent."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.cli.text.bridge import render_bridge
from tests.spec.bridge_frames import (
    AUGUST,
    FACTOR,
    MAY,
    TEN,
    YEAR,
    D,
    Prices,
    advice,
    bridge,
    moved,
    transfers,
)
from warehouse import reference
from warehouse.tables.deliveries import KINDS
from wlz.vintages.bridge import COMPONENTS, BridgeError, build_bridge, match_scenario, place_transfers
from wlz.vintages.regroup import AdviceFrames

# --- One thing moves at a time ------------------------------------------------------------------------------------

LATER = [
    # what the later advice says, and what moved; in May: January declared 10, February forecast 10, at € 10.00
    ("nothing", {}, {}),
    ("volume", {"months": [(*YEAR[0][:4], 10.0), ("Z053", "A", 2, "forecast", 12.0)]}, {"volume": "-20.00"}),
    ("seen", {"months": [(*YEAR[0][:4], 10.0), ("Z053", "A", 2, "declared", 9.0)]}, {"volume": "10.00"}),
    ("lag", {"months": [("Z053", "A", 1, "declared", 11.0), YEAR[1]]}, {"lag": "-10.00"}),
    ("completed", {"months": [("Z053", "A", 1, "completed", 9.5), YEAR[1]]}, {"lag": "5.00"}),
    ("price", {"prices": {("Z053", "A"): 10.5}}, {"price": "-10.00"}),
    (
        "old price for the volume, new volume for the price",
        {"months": [YEAR[0], ("Z053", "A", 2, "forecast", 12.0)], "prices": {("Z053", "A"): 11.0}},
        {"volume": "-20.00", "price": "-22.00"},
    ),
    ("extra items", {"items": "7.50"}, {"extra_items": "-2.50"}),
    ("pgb", {"pgb": "38.00"}, {"pgb": "2.00"}),
    ("kader of both parts", {"kader": {"A": ("1003.00", "101.00"), "B": ("1000.00", "100.00")}}, {"kader": "4.00"}),
]


@pytest.mark.parametrize(("later", "expected"), [row[1:] for row in LATER], ids=[row[0] for row in LATER])
def test_what_moves_lands_in_its_component(later: dict, expected: dict[str, str]) -> None:
    assert moved(advice(AUGUST, **later)) == {name: D(euro) for name, euro in expected.items()}
    assert moved(advice(AUGUST, **later), who="Landelijk") == {name: D(euro) for name, euro in expected.items()}
    assert moved(advice(AUGUST, **later), who="B") == {}


def test_completed_months_of_the_earlier_advice_are_lag() -> None:
    before = advice(months=[("Z053", "A", 1, "completed", 10.0), YEAR[1]])
    after = advice(AUGUST, months=[("Z053", "A", 1, "declared", 12.0), YEAR[1]])
    assert moved(after, before=before) == {"lag": D("-20.00")}


def test_rows_stand_in_the_order_of_the_method() -> None:
    found = build_bridge(advice(), advice(AUGUST), transfers(), brutering_factor=FACTOR)
    assert found["component"].to_list() == [*COMPONENTS] * 3
    assert found["wlz_uitvoerder"].unique(maintain_order=True).to_list() == ["A", "B", "Landelijk"]


def test_room_before_and_after_is_that_of_both_parts() -> None:
    """A: 1000 − 200 − 5 + 100 − 40 = 855; with 20 more volume 835. B has its kader of 1,100 left."""
    later = advice(AUGUST, months=[YEAR[0], ("Z053", "A", 2, "forecast", 12.0)])
    rooms = bridge(later).select("wlz_uitvoerder", "available_before_eur", "available_after_eur").unique()
    expected = {("A", D(855), D(835)), ("B", D(1100), D(1100)), ("Landelijk", D(1955), D(1935))}
    assert set(rooms.rows()) == expected


# --- Series that come, go, or have no price -----------------------------------------------------------------------


def test_a_new_series_is_volume_at_its_new_price() -> None:
    new = [*YEAR, ("Z041", "A", 1, "declared", 3.0), ("Z041", "A", 2, "forecast", 3.0)]
    assert moved(advice(AUGUST, months=new, prices=TEN | {("Z041", "A"): 7.0})) == {"volume": D("-42.00")}


def test_a_series_that_vanished_is_volume_also_of_declared_months() -> None:
    before = advice(months=[*YEAR, ("Z041", "A", 1, "declared", 3.0)], prices=TEN | {("Z041", "A"): 7.0})
    assert moved(advice(AUGUST), before=before) == {"volume": D("21.00")}


def test_a_series_without_an_old_price_takes_the_new_one() -> None:
    """20 units were worth nothing; now 22 units at € 10: 2 × 10 is volume, 20 × 10 is price."""
    later = advice(AUGUST, months=[YEAR[0], ("Z053", "A", 2, "forecast", 12.0)])
    before = advice(prices={("Z053", "A"): None})
    assert moved(later, before=before) == {"volume": D("-20.00"), "price": D("-200.00")}


def test_a_price_that_is_gone_is_price() -> None:
    assert moved(advice(AUGUST, prices={("Z053", "A"): None})) == {"price": D("200.00")}


def test_meerzorg_is_not_in_volume_it_has_its_item() -> None:
    more = [*YEAR, ("ZMZTL", "A", 1, "declared", 50.0)]
    assert moved(advice(AUGUST, months=more, prices=TEN | {("ZMZTL", "A"): 9.0})) == {}


def test_the_rounding_of_months_is_in_the_price() -> None:
    """2 × 1.5 × 0.33 = 0.99; the months were 0.50 (0.495 to the even cent) each and are 1.32: Δ 1.64 = 1.65 − 0.01."""
    third: Prices = {("Z053", "A"): 0.33}
    before = advice(months=[("Z053", "A", n, "forecast", 1.5) for n in (1, 2)], prices=third)
    after = advice(AUGUST, months=[("Z053", "A", n, "forecast", 4.0) for n in (1, 2)], prices=third)
    assert moved(after, before=before) == {"volume": D("-1.65"), "price": D("0.01")}


# --- Kader and transfers ------------------------------------------------------------------------------------------

BETWEEN, LATE_STAND = date(2018, 4, 1), date(2018, 5, 15)


def kader(a: tuple[str, str], b: tuple[str, str] = ("1000.00", "100.00")) -> dict[str, tuple[str, str]]:
    return {"A": a, "B": b}


def test_pgb_to_zin_loses_the_brutering_and_the_rest_is_kader() -> None:
    """30 leaves pgb, 25.80 arrives in zin: −4.20. The stand rose by 5.80 in all, so the kader itself by 10.00."""
    after = advice(AUGUST, kader=kader(("1035.80", "70.00")), stand=LATE_STAND)
    booked = transfers((BETWEEN, "North", "pgb", "North", "zin", "30.00"))
    assert moved(after, booked=booked) == {"kader": D("10.00"), "transfers": D("-4.20")}


def test_zin_to_pgb_gains_it() -> None:
    """8.60 of zin is worth 10.00 of pgb."""
    after = advice(AUGUST, kader=kader(("991.40", "110.00")), stand=LATE_STAND)
    assert moved(after, booked=transfers((BETWEEN, "North", "zin", "North", "pgb", "8.60"))) == {"transfers": D("1.40")}


def test_between_uitvoerders_one_gains_what_the_other_loses() -> None:
    after = advice(AUGUST, kader=kader(("990.00", "100.00"), ("1010.00", "100.00")), stand=LATE_STAND)
    booked = transfers((BETWEEN, "North", "zin", "South", "zin", "10.00"))
    found = {who: moved(after, who=who, booked=booked) for who in ("A", "B", "Landelijk")}
    assert found == {"A": {"transfers": D("-10.00")}, "B": {"transfers": D("10.00")}, "Landelijk": {}}


@pytest.mark.parametrize("booked_on", [date(2018, 1, 15), date(2018, 5, 16)], ids=["in the old stand", "in neither"])
def test_only_what_was_booked_between_the_stands_counts(booked_on: date) -> None:
    after = advice(AUGUST, stand=LATE_STAND)
    assert moved(after, booked=transfers((booked_on, "North", "pgb", "North", "zin", "30.00"))) == {}


def test_the_same_stand_has_no_transfers() -> None:
    booked = transfers((BETWEEN, "North", "pgb", "North", "zin", "30.00"))
    assert moved(advice(AUGUST), booked=booked) == {}


def test_both_sides_of_a_transfer_are_placed() -> None:
    row = (date(2018, 5, 2), BETWEEN, 2018, "5501", "zin", "5502", "pgb", D("5.00"))
    placed = place_transfers(
        pl.DataFrame([row], schema=KINDS["overhevelingen"].schema, orient="row"),
        reference.load_crosswalk(),
        reference.load_regions(),
    )
    assert placed.select("from_zorgkantoorregio", "to_zorgkantoorregio").row(0) == ("Groningen", "Friesland")


# --- Scenarios, years, tables that do not belong together ---------------------------------------------------------


def test_a_scenario_of_later_is_compared_with_the_letter() -> None:
    assert match_scenario("base", ["base", "letter"]) == "base"
    rows = bridge(advice(AUGUST, scenario="base", pgb="41.00"))
    assert rows.select("scenario", "from_scenario").unique().rows() == [("base", "letter")]
    assert rows["change_eur"].sum() == D(-2)  # A and Landelijk
    assert bridge(advice(AUGUST), before=advice(scenario="high")).is_empty()


def test_two_budget_years_are_refused() -> None:
    with pytest.raises(BridgeError, match="2018-05 is about budget year 2017, that of 2018-08 about 2018"):
        bridge(advice(AUGUST), before=advice(year=2017))


def test_revenue_of_another_computation_is_refused() -> None:
    stale = advice(AUGUST)._replace(revenue=advice(prices={("Z053", "A"): 11.0}).revenue)
    with pytest.raises(BridgeError, match=r"2018-08: revenue of A is € 220\.00, its utilisation says € 200\.00"):
        bridge(stale)


# --- Any two advices ----------------------------------------------------------------------------------------------

VOLUMES = st.lists(st.floats(-50, 3000, allow_nan=False), min_size=12, max_size=12)
SERIES = st.dictionaries(
    st.tuples(st.sampled_from(["Z025", "Z041", "ZMZTL"]), st.sampled_from(["A", "B"])),
    st.tuples(st.one_of(st.none(), st.floats(0, 400)), st.integers(0, 12), VOLUMES),
    max_size=6,
)
MONEY = st.integers(0, 10**8).map(lambda number: str(D(number) / 100))
ANY_ADVICE = st.tuples(SERIES, MONEY, MONEY, st.tuples(MONEY, MONEY), st.tuples(MONEY, MONEY))
ANY_TRANSFER = st.tuples(
    st.dates(date(2018, 1, 1), date(2018, 6, 30)),
    st.sampled_from(["North", "South"]),
    st.sampled_from(["zin", "pgb"]),
    st.sampled_from(["North", "South"]),
    st.sampled_from(["zin", "pgb"]),
    MONEY,
)


def any_advice(month: date, stand: date, drawn: tuple) -> AdviceFrames:
    series, items, pgb, for_a, for_b = drawn
    months = [
        (*key, n, "declared" if n <= seen else "forecast", volumes[n - 1])
        for key, (_, seen, volumes) in series.items()
        for n in range(1, 13)
    ]
    prices = {key: price for key, (price, *_) in series.items()}
    return advice(month, months, prices, items=items, pgb=pgb, kader={"A": for_a, "B": for_b}, stand=stand)


@settings(max_examples=60, deadline=None)
@given(ANY_ADVICE, ANY_ADVICE, st.lists(ANY_TRANSFER, max_size=4))
def test_any_two_advices_close_to_the_cent(earlier: tuple, later: tuple, booked: list) -> None:
    before, after = any_advice(MAY, date(2018, 1, 15), earlier), any_advice(AUGUST, LATE_STAND, later)
    rows = bridge(after, before, transfers(*booked))  # each uitvoerder closes
    parts = rows.filter(pl.col("wlz_uitvoerder") != "Landelijk")
    for name in ("change_eur", "available_before_eur", "available_after_eur"):
        summed = parts.group_by("component").agg(pl.col(name).sum()).sort("component")
        nation = rows.filter(wlz_uitvoerder="Landelijk").select("component", name).sort("component")
        assert summed.equals(nation.cast(summed.schema))


@settings(max_examples=20, deadline=None)
@given(ANY_ADVICE, ANY_ADVICE, ANY_ADVICE)
def test_two_bridges_lead_as_far_as_one(first: tuple, second: tuple, third: tuple) -> None:
    one, two, three = (any_advice(MAY, LATE_STAND, drawn) for drawn in (first, second, third))
    whole, halves = bridge(three, one)["change_eur"].sum(), [bridge(two, one), bridge(three, two)]
    assert whole == sum(half["change_eur"].sum() for half in halves)


# --- As text ------------------------------------------------------------------------------------------------------


def test_every_component_has_its_sentence() -> None:
    later = advice(AUGUST, months=[YEAR[0], ("Z053", "A", 2, "forecast", 120000.0)], prices={("Z053", "A"): 9.99})
    text = render_bridge(bridge(later))
    assert "Advice on delivery month 2018-05 → 2018-08, budget year 2018, scenario letter." in text
    assert "at its prices: € -1.2 mln (-1,199,900.00)." in text
    assert "cheaper than it was taken to be: € 0.0 mln (+1,200.10)." in text
    for term in ("Verplaatst", "Na-ijl", "Extra posten", "Pgb", "Kader", "Overhevelingen"):
        assert f"  {term}: " in text
    assert text.count("0.0 mln (0.00).") == 6
    assert text.endswith(
        "Sum of the components -1,198,699.90; after − before -1,198,699.90: to the cent, for each of the 2 "
        "uitvoerders too."
    )


def test_the_text_says_when_it_does_not_close() -> None:
    rows = bridge(advice(AUGUST, pgb="41.00"))
    spoiled = rows.with_columns(pl.when(wlz_uitvoerder="A").then(D(0)).otherwise("change_eur").alias("change_eur"))
    assert "not for ['A']" in render_bridge(spoiled)


def test_the_text_names_the_other_scenario() -> None:
    text = render_bridge(bridge(advice(AUGUST, scenario="base")))
    assert "scenario base (the earlier one in letter)." in text
