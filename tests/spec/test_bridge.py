"""The bridge between two advices: one thing moves at a time, and everything adds up to the cent."""

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.cli.text.bridge import render_bridge
from warehouse import reference
from warehouse.contract import conform
from warehouse.tables.deliveries import KINDS
from warehouse.tables.vintages import FORECAST_BRIDGE
from wlz.vintages.bridge import COMPONENTS, BridgeError, build_bridge, match_scenario, place_transfers
from wlz.vintages.regroup import AdviceFrames

EUR = pl.Decimal(18, 2)
D = Decimal
FACTOR = 0.86
MAY, AUGUST = date(2018, 5, 1), date(2018, 8, 1)
REGION = {"A": "North", "B": "South"}

Months = Iterable[tuple[str, str, int, str, float]]  # prestatie, uitvoerder, month, state, volume
Prices = dict[tuple[str, str], float | None]
TEN: Prices = {("Z053", "A"): 10.0}
YEAR: Months = [("Z053", "A", 1, "declared", 10.0), ("Z053", "A", 2, "forecast", 10.0)]


def cents(amount: float) -> Decimal:
    return D(repr(amount)).quantize(D("0.01"), rounding=ROUND_HALF_EVEN)


def revenue_of(months: Months, prices: Prices, scenario: str) -> pl.DataFrame:
    """Volume × price to the cent; ZMZTL is meerzorg, outside the base."""
    rows = [
        (scenario, code, who, date(2018, n, 1), state, volume, cents(volume * (prices.get((code, who)) or 0.0)))
        for code, who, n, state, volume in months
    ]
    schema = {"scenario": pl.String, "prestatiecode": pl.String, "wlz_uitvoerder": pl.String, "care_month": pl.Date}
    schema |= {"state": pl.String, "month_volume": pl.Float64, "forecast_amount_eur": EUR}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.with_columns(in_base=pl.col("prestatiecode") != "ZMZTL")


def advice(
    month: date = MAY,
    months: Months = YEAR,
    prices: Prices = TEN,
    *,
    items: str = "5.00",
    pgb: str = "40.00",
    kader: dict[str, tuple[str, str]] | None = None,
    stand: date = date(2018, 1, 15),
    scenario: str = "letter",
    year: int = 2018,
    whose: str = "A",
) -> AdviceFrames:
    """An advice of uitvoerders A (items and pgb as given, those of ``whose``) and B (none); kader is zin and pgb."""
    kader = kader or {"A": ("1000.00", "100.00"), "B": ("1000.00", "100.00")}
    revenue = revenue_of(months, prices, scenario)
    rows = []
    for who, (zin, for_pgb) in kader.items():
        base = sum(revenue.filter(pl.col("in_base"), wlz_uitvoerder=who)["forecast_amount_eur"], D(0))
        extra, stood = (D(items), D(pgb)) if who == whose else (D(0), D(0))
        for level, region in (("uitvoerder", "Landelijk"), ("region", REGION.get(who, who))):
            place = scenario, level, who, region
            rows.append((*place, "zin", base, extra, base + extra, D(zin), D(zin) - base - extra))
            rows.append((*place, "pgb", stood, D(0), stood, D(for_pgb), D(for_pgb) - stood))
    texts = dict.fromkeys(("scenario", "level", "wlz_uitvoerder", "zorgkantoorregio", "part"), pl.String())
    names = ("expected_excl_extra_eur", "extra_items_eur", "expected_eur", "budget_eur", "available_eur")
    budgets = [(REGION.get(who, who), who, stand, D(zin), D(for_pgb)) for who, (zin, for_pgb) in kader.items()]
    return AdviceFrames(
        month,
        year,
        revenue,
        pl.DataFrame(
            [(scenario, code, who, price) for (code, who), price in prices.items()],
            schema={"scenario": pl.String, "prestatiecode": pl.String, "wlz_uitvoerder": pl.String}
            | {"price_eur_per_unit": pl.Float64},
            orient="row",
        ),
        pl.DataFrame(rows, schema={**texts, **dict.fromkeys(names, EUR)}, orient="row"),
        pl.DataFrame(
            budgets,
            schema={"zorgkantoorregio": pl.String, "wlz_uitvoerder": pl.String, "stand_date": pl.Date}
            | {"zin_budget_eur": EUR, "pgb_budget_eur": EUR},
            orient="row",
        ),
    )


def transfers(*rows: tuple[date, str, str, str, str, str]) -> pl.DataFrame:
    """Date, from region and part, to region and part, euro that leaves."""
    names = ("from_zorgkantoorregio", "from_part", "to_zorgkantoorregio", "to_part")
    schema = {"transfer_date": pl.Date(), **dict.fromkeys(names, pl.String()), "amount_eur": EUR}
    frame = pl.DataFrame([(*row[:-1], D(row[-1])) for row in rows], schema=schema, orient="row")
    return frame.with_columns(budget_year=pl.lit(2018, dtype=pl.Int32))


def bridge(after: AdviceFrames, before: AdviceFrames | None = None, booked: pl.DataFrame | None = None) -> pl.DataFrame:
    """The bridge from ``before`` (May, as above), conforming to its contract and closed to the cent."""
    booked = transfers() if booked is None else booked
    found = build_bridge(before or advice(), after, booked, brutering_factor=FACTOR)
    vintage = {"delivery_month": pl.lit(AUGUST), "budget_year": pl.lit(2018)}
    rows = conform(found.with_columns(**vintage), FORECAST_BRIDGE)
    closed = rows.group_by("scenario", "wlz_uitvoerder").agg(
        pl.col("change_eur").sum(), (pl.col("available_after_eur") - pl.col("available_before_eur")).first().alias("d")
    )
    assert (closed["change_eur"] == closed["d"]).all()
    return rows


def moved(after: AdviceFrames, *, who: str = "A", **how: object) -> dict[str, Decimal]:
    """Component → euro of an uitvoerder, those that moved."""
    rows = bridge(after, **how).filter(wlz_uitvoerder=who)  # type: ignore[arg-type]
    return {name: euro for name, euro in rows.select("component", "change_eur").iter_rows() if euro != 0}


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


# --- Regions that moved -------------------------------------------------------------------------------------------


def of_regions(
    month: date, where: dict[str, str], per_region: dict[str, float], *, shares: bool = True, price: float = 10.0
) -> AdviceFrames:
    """An advice by region: yearly volume of Z053 in two equal months, € 1,000 kader and € 100 pgb kader each.

    ``where`` is region → uitvoerder. Items are 5.00 and pgb is 40.00 in every region.
    """
    frames = []
    for region, who in where.items():
        one = advice(
            month, [("Z053", who, n, "declared" if n == 1 else "forecast", per_region[region] / 2) for n in (1, 2)],
            {("Z053", who): price}, kader={who: ("1000.00", "100.00")}, pgb="40.00", items="5.00", whose=who,
        )  # fmt: skip
        frames.append((region, who, one))
    texts = ["scenario", "level", "wlz_uitvoerder", "zorgkantoorregio", "part"]
    rows = pl.concat(
        one.utilisation.filter(level="region").with_columns(zorgkantoorregio=pl.lit(region))
        for region, _, one in frames
    )
    totals = rows.with_columns(level=pl.lit("uitvoerder"), zorgkantoorregio=pl.lit("Landelijk"))
    totals = totals.group_by(texts).agg(pl.exclude(texts).sum())
    revenue = pl.concat(one.revenue for *_, one in frames)
    key = [name for name in revenue.columns if name not in ("month_volume", "forecast_amount_eur")]
    budgets = pl.concat(one.budgets.with_columns(zorgkantoorregio=pl.lit(region)) for region, _, one in frames)
    window = [("Z053", who, region, D(repr(per_region[region]))) for region, who in where.items()]
    known = pl.DataFrame(
        window, schema={**dict.fromkeys(("prestatiecode", "wlz_uitvoerder", "zorgkantoorregio"), pl.String),
                        "window_amount_eur": EUR}, orient="row",
    )  # fmt: skip
    return AdviceFrames(
        month, 2018, revenue.group_by(key).agg(pl.col("month_volume", "forecast_amount_eur").sum()),
        pl.concat(one.prices for *_, one in frames).unique(),
        pl.concat([rows, totals.select(rows.columns)]), budgets, known if shares else None,
    )  # fmt: skip


BEFORE = {"North": "A", "East": "A", "South": "B"}
LATER_WHERE = {"North": "A", "East": "B", "South": "B"}
VOLUMES_BY_REGION = {"North": 10.0, "East": 30.0, "South": 20.0}


def changes(rows: pl.DataFrame) -> dict[str, dict[str, Decimal]]:
    """Uitvoerder → component → euro, those that are not 0."""
    found: dict[str, dict[str, Decimal]] = {}
    for who, component, euro in rows.select("wlz_uitvoerder", "component", "change_eur").iter_rows():
        if euro:
            found.setdefault(who, {})[component] = euro
    return found


@pytest.mark.parametrize("shares", [True, False], ids=["shares known", "shares not known"])
def test_a_region_that_moved_takes_its_room_along_and_nothing_else_moves(shares: bool) -> None:
    """East: 1,000 − 300 − 5 + 100 − 40 = 755 of room, from A to B."""
    before, after = (of_regions(MAY, BEFORE, VOLUMES_BY_REGION, shares=shares),
                     of_regions(AUGUST, LATER_WHERE, VOLUMES_BY_REGION))  # fmt: skip
    rows = bridge(after, before)
    found = changes(rows)
    assert {who: parts["moved"] for who, parts in found.items()} == {"A": D(-755), "B": D(755)}
    if shares:
        assert found == {"A": {"moved": D(-755)}, "B": {"moved": D(755)}}
    rooms = dict(rows.select("wlz_uitvoerder", "available_before_eur").unique().iter_rows())
    assert rooms == {"A": D(1710), "B": D(855), "Landelijk": D(2565)}  # as published, before the move


def test_what_else_changed_is_measured_where_the_regions_are_now() -> None:
    """Four more units in East, at € 10: volume of B, though the earlier advice had East under A."""
    before = of_regions(MAY, BEFORE, VOLUMES_BY_REGION)
    after = of_regions(AUGUST, LATER_WHERE, VOLUMES_BY_REGION | {"East": 34.0})
    found = changes(bridge(after, before))
    assert found["A"] == {"moved": D(-755)}
    assert found["B"] == {"moved": D(755), "volume": D(-20), "lag": D(-20)}
    assert found["Landelijk"] == {"volume": D(-20), "lag": D(-20)}


def test_an_uitvoerder_that_lost_its_last_region_ends_at_nothing() -> None:
    before = of_regions(MAY, BEFORE, VOLUMES_BY_REGION)
    rows = bridge(of_regions(AUGUST, dict.fromkeys(BEFORE, "B"), VOLUMES_BY_REGION), before)
    assert changes(rows) == {"A": {"moved": D(-1710)}, "B": {"moved": D(1710)}}
    assert rows.filter(wlz_uitvoerder="A")["available_after_eur"].unique().to_list() == [D(0)]


def test_two_prices_that_come_together_are_one_by_volume() -> None:
    """A at € 12, B at € 10; East brings 30 units of 12 to 20 of 10: 11.20 each. Later all cost 10: 60 cheaper."""
    pieces = of_regions(MAY, {"North": "A", "East": "A"}, VOLUMES_BY_REGION, price=12.0)
    south = of_regions(MAY, {"South": "B"}, VOLUMES_BY_REGION)
    before = pieces._replace(**{
        name: pl.concat([getattr(pieces, name), getattr(south, name)])
        for name in ("revenue", "prices", "utilisation", "budgets", "shares")
    })  # fmt: skip
    found = changes(bridge(of_regions(AUGUST, LATER_WHERE, VOLUMES_BY_REGION), before))
    assert found["Landelijk"] == {"price": D(80)}
    assert found["B"]["price"] == D(60)


def test_another_name_is_no_move() -> None:
    before = of_regions(MAY, BEFORE, VOLUMES_BY_REGION)
    after = of_regions(AUGUST, {"North": "A2", "East": "A2", "South": "B"}, VOLUMES_BY_REGION)
    names = pl.DataFrame(
        {"name": ["a2", "b", "a"], "wlz_uitvoerder": ["A2", "B", "A2"], "matched_by": ["name", "name", "alias"]}
    )
    found = build_bridge(before, after, transfers(), brutering_factor=FACTOR, names=names)
    assert changes(found) == {}
    assert sorted(found["wlz_uitvoerder"].unique()) == ["A2", "B", "Landelijk"]
    assert set(changes(build_bridge(before, after, transfers(), brutering_factor=FACTOR))) == {"A", "A2"}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(["A", "B", "C"]), min_size=6, max_size=6),
    st.lists(st.integers(0, 500).map(float), min_size=6, max_size=6),
)
def test_whatever_moves_the_bridge_closes(who: list[str], volumes: list[float]) -> None:
    regions = ("North", "East", "South")
    before, after = (
        of_regions(month, dict(zip(regions, some, strict=True)), dict(zip(regions, of_some, strict=True)))
        for month, some, of_some in ((MAY, who[:3], volumes[:3]), (AUGUST, who[3:], volumes[3:]))
    )
    rows = bridge(after, before)  # each uitvoerder closes
    assert rows.filter(component="moved", wlz_uitvoerder="Landelijk")["change_eur"].to_list() == [D(0)]
    assert rows.filter(pl.col("component") == "moved", pl.col("wlz_uitvoerder") != "Landelijk")["change_eur"].sum() == 0


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
