"""The bridge when regions moved to another uitvoerder between two advices."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.spec.bridge_frames import AUGUST, EUR, FACTOR, MAY, D, advice, bridge, transfers
from wlz.vintages.bridge import build_bridge
from wlz.vintages.regroup import AdviceFrames

BEFORE = {"North": "A", "East": "A", "South": "B"}
LATER_WHERE = {"North": "A", "East": "B", "South": "B"}
VOLUMES_BY_REGION = {"North": 10.0, "East": 30.0, "South": 20.0}


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
