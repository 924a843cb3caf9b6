"""Suppression: what is left out cannot be worked out from what is shown; attacked as an outsider would."""

import time
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lists import LISTS
from tests.spec.suppression_attack import (
    NATION,
    TOTAL,
    Cell,
    Sums,
    cells_of,
    group,
    is_protected,
    printed_sums,
    region,
    uitvoerder,
    work_out,
)
from warehouse.settings import load_assumptions
from warehouse.tables.prices import REVENUE
from warehouse.tables.support import CELL_SUPPORT
from warehouse.tables.utilisation import UTILISATION
from wlz.support.support import list_amounts, list_equations
from wlz.support.suppression import SuppressionError, suppress_cells

RATIO = 0.15
QUICK = settings(max_examples=60, deadline=None)
MAY = date(2018, 5, 1)
EQUATIONS = {"equation": pl.String, "total_id": pl.String, "cell_id": pl.String}


def add_up(regions: dict[Cell, float], groups: dict[Cell, float]) -> dict[Cell, float]:
    """The cells with their totals; regions and groups of an uitvoerder must have the same sum."""
    amounts = {**regions, **groups}
    for (_, name, _, care), amount in groups.items():
        for total in (uitvoerder(name), group(TOTAL, care), NATION):
            amounts[total] = amounts.get(total, 0.0) + amount
    return amounts


def report(amounts: dict[Cell, float], small: set[Cell], shown: set[Cell] = frozenset()) -> pl.DataFrame:
    """The cells as ``suppress_cells`` and ``list_equations`` read them."""
    rows = [
        (f"cell {number}", *cell, amount, "primary" if cell in small else "fixed" if cell in shown else "free")
        for number, (cell, amount) in enumerate(amounts.items())
    ]
    names = ["cell_id", "level", "wlz_uitvoerder", "zorgkantoorregio", "prestatiegroep", "value", "role"]
    return pl.DataFrame(rows, schema=names, orient="row", schema_overrides={"value": pl.Float64})


def left_out(found: pl.DataFrame, *why: str) -> set[Cell]:
    return set(cells_of(found.filter(pl.col("suppression").is_in(why or ("primary", "secondary"))), "value"))


def suppress(amounts: dict[Cell, float], small: set[Cell], **how: object) -> pl.DataFrame:
    cells = report(amounts, small)
    return suppress_cells(cells, list_equations(cells), protection_ratio=RATIO, **how)


def assert_nothing_is_given_away(amounts: dict[Cell, float], found: pl.DataFrame) -> None:
    ranges = work_out(amounts, printed_sums(amounts), left_out(found))
    for cell in left_out(found, "primary"):
        assert is_protected(ranges[cell], amounts[cell], RATIO), (cell, amounts[cell], ranges[cell])
    for cell in left_out(found, "secondary"):
        assert ranges[cell][1] - ranges[cell][0] > 0.01, (cell, amounts[cell], ranges[cell])


@st.composite
def reports(draw: st.DrawFn, lowest: int = 0) -> tuple[dict[Cell, float], set[Cell]]:
    """One to four uitvoerders with one to four regions and some of four groups each; small cells anywhere."""
    regions: dict[Cell, float] = {}
    groups: dict[Cell, float] = {}
    for name in "ABCD"[: draw(st.integers(1, 4))]:
        cares = draw(st.lists(st.sampled_from("wxyz"), min_size=1, max_size=4, unique=True))
        amount = st.one_of(st.integers(lowest, 20), st.integers(0, 10_000), st.just(100))
        here = {group(name, care): float(draw(amount)) for care in cares}
        shares = np.array(draw(st.lists(st.integers(1, 9), min_size=1, max_size=4)))
        total = sum(here.values())
        split = np.floor(total * shares / shares.sum())
        split[-1] += total - split.sum()
        regions |= {region(name, f"{name}{place}"): float(part) for place, part in enumerate(split)}
        groups |= here
    amounts = add_up(regions, groups)
    small = draw(st.sets(st.sampled_from(sorted([*regions, *groups, NATION, uitvoerder("A")], key=str)), max_size=5))
    return amounts, small


@QUICK
@given(reports())
def test_no_small_cell_can_be_worked_out(drawn):
    amounts, small = drawn
    found = suppress(amounts, small)
    assert left_out(found, "primary") == small
    assert_nothing_is_given_away(amounts, found)


@QUICK
@given(reports(lowest=-50))
def test_negative_amounts_are_protected_too(drawn):
    amounts, small = drawn
    found = suppress(amounts, small)
    hidden = left_out(found)
    ranges = work_out(amounts, printed_sums(amounts), hidden)
    given_away = [cell for cell in small if not is_protected(ranges[cell], amounts[cell], RATIO)]
    assert not given_away or hidden == set(amounts)  # rather everything left out than one cell given away


@QUICK
@given(reports())
def test_the_attack_recovers_any_cell_that_is_left_out_alone(drawn):
    amounts, small = drawn
    for cell in small:
        low, high = work_out(amounts, printed_sums(amounts), {cell})[cell]
        assert (low, high) == pytest.approx((amounts[cell], amounts[cell]), abs=0.01)


TWO_BY_TWO = add_up(
    {region("A", "a1"): 60.0, region("A", "a2"): 40.0, region("B", "b1"): 300.0},
    {group("A", "x"): 10.0, group("A", "y"): 90.0, group("B", "x"): 200.0, group("B", "y"): 100.0},
)


@pytest.mark.parametrize("cell", [group("A", "x"), region("A", "a2"), region("B", "b1"), uitvoerder("A"), NATION])
def test_every_level_is_protected(cell):
    assert_nothing_is_given_away(TWO_BY_TWO, suppress(TWO_BY_TWO, {cell}))


def test_the_cheapest_rectangle_is_left_out():
    """x of A needs another group of A and both of another uitvoerder: here nothing else will do."""
    found = suppress(TWO_BY_TWO, {group("A", "x")})
    assert left_out(found) == {group("A", "x"), group("A", "y"), group("B", "x"), group("B", "y")}


def test_of_two_ways_the_cheaper_one_is_taken():
    groups = {group(name, care): 100.0 for name in "ABC" for care in "xyz"}
    groups |= {group("B", "x"): 90.0, group("B", "y"): 90.0, group("A", "y"): 80.0}
    regions = {region(name, name): sum(v for c, v in groups.items() if c[1] == name) for name in "ABC"}
    found = suppress(add_up(regions, groups), {group("A", "x")})
    assert left_out(found) == {group("A", "x"), group("A", "y"), group("B", "x"), group("B", "y")}


def test_ties_are_settled_the_same_way_every_time():
    groups = {group(name, care): 100.0 for name in "ABC" for care in "xyz"}
    amounts = add_up({region(name, name): 300.0 for name in "ABC"}, groups)
    found = suppress(amounts, {group("B", "y")})
    assert len(left_out(found)) == 4
    assert found.equals(suppress(amounts, {group("B", "y")}))
    assert_nothing_is_given_away(amounts, found)


def test_a_total_that_is_one_cell_goes_with_it():
    """Uitvoerder B has one region and one group: its total says what they are, and so do those of the nation."""
    amounts = add_up(
        {region("A", "a1"): 500.0, region("A", "a2"): 400.0, region("B", "b1"): 50.0},
        {group("A", "x"): 600.0, group("A", "y"): 300.0, group("B", "x"): 50.0},
    )
    found = suppress(amounts, {region("B", "b1")})
    hidden = left_out(found)
    assert {uitvoerder("B"), group("B", "x")} <= hidden
    assert {uitvoerder("A"), NATION} & hidden
    assert_nothing_is_given_away(amounts, found)


def test_a_report_of_zeros_leaves_nothing_out():
    amounts = dict.fromkeys(TWO_BY_TWO, 0.0)
    assert left_out(suppress(amounts, set())) == set()


def test_a_small_cell_without_amount_is_not_known_to_be_without():
    amounts = add_up(
        {region("A", "a1"): 90.0, region("B", "b1"): 300.0},
        {group("A", "x"): 0.0, group("A", "y"): 90.0, group("B", "x"): 200.0, group("B", "y"): 100.0},
    )
    assert work_out(amounts, printed_sums(amounts), {group("A", "x")})[group("A", "x")][1] == pytest.approx(0)
    found = suppress(amounts, {group("A", "x")})
    assert work_out(amounts, printed_sums(amounts), left_out(found))[group("A", "x")][1] >= 1 - 1e-4


def test_without_sums_only_the_small_cell_is_left_out():
    cells = report(TWO_BY_TWO, {NATION})
    found = suppress_cells(cells, pl.DataFrame(schema=EQUATIONS), protection_ratio=RATIO)
    assert left_out(found) == {NATION}


def test_where_nothing_protects_everything_is_left_out_or_the_cell_is_passed_over():
    cells = report(TWO_BY_TWO, {group("A", "x")}, shown=set(TWO_BY_TWO) - {group("A", "x"), group("A", "y")})
    sums = list_equations(cells)
    assert left_out(suppress_cells(cells, sums, protection_ratio=RATIO)) == set(TWO_BY_TWO)
    passed = suppress_cells(cells, sums, protection_ratio=RATIO, leave_impossible=True)
    assert left_out(passed) == {group("A", "x")}


def test_a_cell_left_out_already_costs_nothing():
    amounts = {uitvoerder("A"): 300.0, group("A", "x"): 10.0, group("A", "y"): 90.0, group("A", "z"): 200.0}
    cells = report(amounts, {group("A", "x")}, shown={uitvoerder("A")})
    sums = list_equations(cells)
    assert left_out(suppress_cells(cells, sums, protection_ratio=RATIO), "secondary") == {group("A", "y")}
    is_z = pl.col("prestatiegroep") == "z"
    before = cells.with_columns(pl.when(is_z).then(pl.lit("hidden")).otherwise("role").alias("role"))
    assert left_out(suppress_cells(before, sums, protection_ratio=RATIO)) == {group("A", "x"), group("A", "z")}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda cells: pl.concat([cells, cells.head(1)]), "2 times"),
        (lambda cells: cells.head(3), "not there"),
        (lambda cells: cells.with_columns(role=pl.lit("small")), "role"),
        (lambda cells: cells.with_columns(value=pl.lit(None, dtype=pl.Float64)), "without a value"),
    ],
)
def test_cells_that_do_not_fit_are_refused(change, message):
    cells = report(TWO_BY_TWO, {NATION})
    with pytest.raises(SuppressionError, match=message):
        suppress_cells(change(cells), list_equations(cells), protection_ratio=RATIO)


def test_a_report_of_letter_size_takes_less_than_two_seconds():
    draw = np.random.default_rng(7)
    names, cares = "ABCDEFGH", [f"care {number}" for number in range(30)]
    groups = {group(name, care): float(draw.lognormal(16, 2) // 1) for name in names for care in cares}
    regions = {}
    for name in names:
        total = sum(amount for cell, amount in groups.items() if cell[1] == name)
        regions |= {region(name, f"{name}{place}"): total / 4 for place in range(4)}
    amounts = add_up(regions, groups)
    small = set(sorted(groups, key=groups.__getitem__)[:20])
    started = time.process_time()
    found = suppress(amounts, small)
    assert time.process_time() - started < 2
    assert_nothing_is_given_away(amounts, found)


# ---- a run -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def published(small_data) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The pattern of the small simulated advice, and its amounts per scenario."""
    store = small_data.store
    amounts = list_amounts(store.read(UTILISATION, MAY), store.read(REVENUE, MAY), LISTS.prestaties)
    return store.read(CELL_SUPPORT, MAY), amounts.filter(pl.col("level") != "series")


def attacked(published: tuple[pl.DataFrame, pl.DataFrame], scenario: str, part: str, *why: str):
    """Amounts of a scenario, what is left out for these reasons, and what the outsider makes of it."""
    pattern, amounts = published
    shown = cells_of(amounts.filter(scenario=scenario, part=part), "amount_eur")
    chosen = pattern.filter(pl.col("suppression").is_in(why), scenario=scenario, part=part)
    hidden = set(cells_of(chosen.filter(pl.col("level") != "series").with_columns(n=0), "n")) & set(shown)
    sums: Sums = printed_sums(shown)
    for total, parts in sums:  # the outsider's sums are those of the report
        assert shown[total] == pytest.approx(sum(shown[cell] for cell in parts), abs=0.01)
    return shown, hidden, work_out(shown, sums, hidden)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ["letter", "completed", "base", "low", "high", "indications"])
def test_the_small_run_gives_no_provider_away(published, scenario):
    ratio = load_assumptions(2018)["suppression_protection_ratio"]
    primary = attacked(published, scenario, "zin", "primary")[1]
    shown, _, ranges = attacked(published, scenario, "zin", "primary", "secondary")
    assert len(primary) > 10
    assert [cell for cell in primary if not is_protected(ranges[cell], shown[cell], ratio)] == []
    assert [cell for cell, (low, high) in ranges.items() if high - low < 1] == []


@pytest.mark.slow
def test_the_small_run_would_give_providers_away_without_secondary_suppression(published):
    shown, primary, ranges = attacked(published, "letter", "zin", "primary")
    assert [cell for cell in primary if ranges[cell] == pytest.approx((shown[cell], shown[cell]), abs=1.0)]


@pytest.mark.slow
def test_the_small_run_has_one_pattern_for_all_scenarios(published):
    pattern = published[0].drop("scenario")
    assert pattern.unique().height * published[0]["scenario"].n_unique() == pattern.height
    assert published[0].filter(part="pgb")["suppression"].null_count() == published[0].filter(part="pgb").height
