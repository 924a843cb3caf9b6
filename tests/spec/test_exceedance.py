"""Chances against the kader, by hand (explanation, bounds): what a share of paths, a shortage and a transfer are."""

import numpy as np
import polars as pl
import pytest

from wlz.bounds.exceedance import measure_exceedance, short_after_transfer

# The kader of A in two regions; it is the nation.
BUDGETS = pl.DataFrame({"wlz_uitvoerder": ["A", "A"], "zin_budget_eur": [70.0, 30.0], "pgb_budget_eur": [5.0, 15.0]})
# Ten paths of zin: 91 … 109; four of them (103, 105, 107, 109) and 101 lie over the kader of 100.
ZIN = np.arange(91.0, 110.0, 2.0)
PGB = np.full(10, 15.0)


def row(part: str, zin: np.ndarray = ZIN, pgb: np.ndarray = PGB, of: str = "A") -> dict[str, float | None]:
    measured = measure_exceedance({"A": zin, "Landelijk": zin}, {"A": pgb, "Landelijk": pgb}, BUDGETS, 0.86)
    return measured.filter(wlz_uitvoerder=of, part=part).row(0, named=True)


def test_the_chance_is_the_share_of_paths_over_the_kader():
    assert row("zin")["exceedance_ratio"] == 0.5
    assert row("pgb")["exceedance_ratio"] == 0.0


def test_the_kader_is_that_of_all_regions_together():
    """70 + 30 for A and, as it is alone, for the nation; both parts together 120."""
    assert row("zin")["budget_eur"] == row("zin", of="Landelijk")["budget_eur"] == 100.0
    assert row("both", of="Landelijk")["budget_eur"] == 120.0


def test_the_shortfall_is_the_mean_shortage_where_there_is_one():
    """1, 3, 5, 7 and 9 over 100: 5 on average; null for pgb, which is never short."""
    assert row("zin")["expected_shortfall_eur"] == pytest.approx(5.0)
    assert row("pgb")["expected_shortfall_eur"] is None


def test_what_it_takes_to_be_80_and_95_percent_sure():
    """Quantiles of what is short: 80 % of ten paths evenly spread lies at 105.4, 95 % at 108.1."""
    found = row("zin")
    assert found["kader_for_80_eur"] == pytest.approx(np.quantile(ZIN, 0.8))
    assert found["needed_for_80_eur"] == pytest.approx(np.quantile(ZIN, 0.8) - 100)
    assert found["needed_for_95_eur"] == pytest.approx(np.quantile(ZIN, 0.95) - 100)


def test_a_kader_that_suffices_needs_nothing():
    """The kader that would do is below the one there is: 15 of 20; nothing is to be added."""
    found = row("pgb")
    assert found["kader_for_95_eur"] == pytest.approx(15.0)
    assert found["needed_for_95_eur"] == 0.0


def test_a_transfer_weighs_86_percent():
    """The letter: −178 and a pgb room of 30, worth 26, leaves −152. The other way it is divided (inferred)."""
    short = short_after_transfer(np.array([-178.0, 50.0]), np.array([30.0, -10.0]), 0.86)
    assert short == pytest.approx([178 - 30 * 0.86, 10 - 50 / 0.86])


def test_both_parts_over_or_both_short_add_up():
    short = short_after_transfer(np.array([5.0, -5.0]), np.array([2.0, -2.0]), 0.86)
    assert short == pytest.approx([-7.0, 7.0])


def test_after_transfers_fewer_paths_are_short():
    """A pgb room of 5 is worth 4.3 in zin: paths of 101 and 103 are covered, 105, 107 and 109 are not."""
    found = row("both")
    assert found["exceedance_ratio"] == pytest.approx(0.3)
    assert found["expected_shortfall_eur"] == pytest.approx(np.mean([5, 7, 9]) - 4.3)
    assert found["kader_for_80_eur"] is None


def test_an_uitvoerder_without_paths_has_no_row():
    measured = measure_exceedance({"A": ZIN}, {"A": PGB}, BUDGETS, 0.86)
    assert measured["wlz_uitvoerder"].unique().to_list() == ["A"]


def test_a_kader_that_is_just_enough_is_not_exceeded():
    """A path at 100, and one half a euro below it: neither is short; half a euro over it is."""
    assert row("zin", np.array([100.0, 99.5]), PGB[:2])["exceedance_ratio"] == 0.0
    assert row("zin", np.array([100.0, 99.5]), PGB[:2])["expected_shortfall_eur"] is None
    assert row("zin", np.array([100.5, 99.5]), PGB[:2])["expected_shortfall_eur"] == pytest.approx(0.5)
