"""The textbook chain ladder against published results and against an independent program.

Published: Mack, ASTIN Bulletin 23 (1993), on the triangle of Taylor and Ashe (1983), and on RAA (Mack 1994). Program:
the package chainladder on its own samples, frozen in tests/data/chainladder_peer by scripts/bench/peer_chainladder.py.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wlz.runoff import (
    LagError,
    benktander,
    bornhuetter_ferguson,
    cape_cod,
    chain_ladder,
    completeness_from_factors,
    development_factors,
    latest,
    latest_lag,
    link_ratios,
    mack_standard_error,
)

PEER = Path(__file__).parents[1] / "data" / "chainladder_peer"
SAMPLES = sorted(path.stem for path in PEER.glob("*.json"))
# Yearly origins at quarterly ages: four columns end on one pair, and Mack's rule for sigma is for one. Programs differ.
MORE_THAN_MACK_SAYS = ("quarterly",)
QUICK = settings(max_examples=50, deadline=None, derandomize=True)


def read_sample(name: str) -> dict[str, np.ndarray]:
    frozen = json.loads((PEER / f"{name}.json").read_text(encoding="utf-8"))
    names = ("values", "factors", "ultimates", "standard_errors", "total_standard_errors")
    return {key: np.array(frozen[key], dtype=float) for key in names}


def textbook(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Volume-weighted factors over all diagonals and ultimates, as `wlz complete --method mack`."""
    factors = development_factors(values)
    share = np.take_along_axis(completeness_from_factors(factors), latest_lag(values), axis=1)
    return factors, chain_ladder(latest(values), share)


@pytest.mark.parametrize(("sample", "reserve", "error"), [("genins", 18_680_856, 2_447_095), ("raa", 52_135, 26_909)])
def test_published_results_of_mack(sample: str, reserve: int, error: int) -> None:
    values = read_sample(sample)["values"]
    factors, ultimate = textbook(values)
    assert round((ultimate - latest(values)).sum()) == reserve
    assert round(float(mack_standard_error(values, factors).total[0])) == error


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_peer_says_the_same(sample: str) -> None:
    """Factors and ultimates within 1e-9, standard errors under Mack's sigma rule within 1e-6, relative."""
    frozen = read_sample(sample)
    factors, ultimate = textbook(frozen["values"])
    assert factors == pytest.approx(frozen["factors"], rel=1e-9)
    assert ultimate == pytest.approx(frozen["ultimates"], rel=1e-9)
    if sample in MORE_THAN_MACK_SAYS:
        return
    errors = mack_standard_error(frozen["values"], factors)
    assert errors.month == pytest.approx(np.nan_to_num(frozen["standard_errors"]), rel=1e-6)
    assert errors.total == pytest.approx(frozen["total_standard_errors"], rel=1e-6)


def test_there_are_samples() -> None:
    assert len(SAMPLES) >= 10


def test_a_true_zero_counts_where_the_peer_sees_a_hole() -> None:
    """By hand: bases 0 + 10 + 20, followed by 6 + 12 + 24 → 42 ÷ 30; without the zero it would be 36 ÷ 30."""
    values = np.array([[[0.0, 6.0], [10.0, 12.0], [20.0, 24.0], [5.0, np.nan]]])
    assert development_factors(values)[0, 0] == pytest.approx(42 / 30)
    assert np.isnan(link_ratios(values)[0, 0, 0])
    never = np.array([[[0.0, 0.0], [0.0, np.nan]], [[1.0, 2.0], [1.0, np.nan]]])
    factors, ultimate = textbook(never)
    assert ultimate.tolist() == [[0.0, 0.0], [2.0, 2.0]]
    assert np.isnan(factors[0, 0])
    assert mack_standard_error(never, factors).total[0] == 0.0


@pytest.mark.parametrize(
    ("average", "expected"),
    [("volume", (2 + 6) / (1 + 2)), ("simple", 2.5), ("median", 2.5), ("regression", (1 * 2 + 2 * 6) / (1 + 4))],
)
def test_averages_of_link_ratios(average: str, expected: float) -> None:
    values = np.array([[[1.0, 2.0], [2.0, 6.0], [3.0, np.nan]]])
    assert development_factors(values, average=average)[0, 0] == pytest.approx(expected)  # type: ignore[arg-type]


def test_only_the_last_diagonals_and_nothing_excluded() -> None:
    values = np.array([[[1.0, 2.0], [2.0, 6.0], [3.0, np.nan]]])
    assert development_factors(values, n_diagonals=1)[0, 0] == 3.0
    exclude = np.array([[[False], [True], [False]]])
    assert development_factors(values, exclude=exclude)[0, 0] == 2.0


def test_a_share_near_zero_does_not_divide() -> None:
    assert np.isnan(chain_ladder(np.array([5.0]), np.array([0.0]))[0])
    assert chain_ladder(np.array([0.0]), np.array([0.0]))[0] == 0.0
    assert bornhuetter_ferguson(np.array([5.0]), np.array([0.0]), np.array([50.0]))[0] == 55.0


amounts = st.lists(st.floats(1.0, 1e6), min_size=4, max_size=4).map(np.array)
shares = st.lists(st.floats(0.05, 1.0), min_size=4, max_size=4).map(np.array)


@QUICK
@given(amounts, shares)
def test_bornhuetter_ferguson_with_the_chain_ladder_as_a_priori_is_the_chain_ladder(
    c: np.ndarray, p: np.ndarray
) -> None:
    assert bornhuetter_ferguson(c, p, chain_ladder(c, p)) == pytest.approx(chain_ladder(c, p))


@QUICK
@given(amounts, shares, amounts)
def test_benktander_once_is_bornhuetter_ferguson_and_often_the_chain_ladder(
    c: np.ndarray, p: np.ndarray, a: np.ndarray
) -> None:
    assert benktander(c, p, a, 1) == pytest.approx(bornhuetter_ferguson(c, p, a))
    assert benktander(c, p, a, 2000) == pytest.approx(chain_ladder(c, p), rel=1e-6)
    with pytest.raises(LagError, match="at least 1"):
        benktander(c, p, a, 0)


@QUICK
@given(amounts, amounts)
def test_complete_months_stay_as_they_are(c: np.ndarray, a: np.ndarray) -> None:
    one = np.ones(4)
    ultimate, _ = cape_cod(c[None], one[None], a[None])
    for completed in (chain_ladder(c, one), bornhuetter_ferguson(c, one, a), benktander(c, one, a), ultimate[0]):
        assert completed == pytest.approx(c)


@QUICK
@given(st.integers(0, 10_000), st.floats(0.001, 1000.0))
def test_scaling_scales_ultimates_and_leaves_factors_permuting_permutes(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    values = np.cumsum(rng.uniform(1, 10, (5, 6, 6)), axis=2)
    values[:, np.add.outer(np.arange(6), np.arange(6)) > 5] = np.nan
    factors, ultimate = textbook(values)
    of_scaled, scaled = textbook(values * scale)
    assert of_scaled == pytest.approx(factors)
    assert scaled == pytest.approx(ultimate * scale)
    assert textbook(values[::-1])[1] == pytest.approx(ultimate[::-1])
    assert (ultimate >= latest(values) - 1e-9).all()
    errors = mack_standard_error(values, factors)
    assert mack_standard_error(values * scale, of_scaled).total == pytest.approx(errors.total * scale)


@QUICK
@given(st.integers(0, 10_000))
def test_the_same_delivery_twice_is_a_month_in_which_nothing_came_in(seed: int) -> None:
    """The last diagonal repeated: every ratio that ends on it is 1, and latest amounts are unchanged."""
    rng = np.random.default_rng(seed)
    values = np.cumsum(rng.uniform(1, 10, (1, 5, 6)), axis=2)
    values[:, np.add.outer(np.arange(5), np.arange(6)) > 4] = np.nan
    again = values.copy()
    for month in range(5):
        again[0, month, 5 - month] = again[0, month, 4 - month]
    assert latest(again) == pytest.approx(latest(values))
    assert development_factors(again, n_diagonals=1)[0, :4] == pytest.approx(1.0)


def test_log_linear_sigma_is_an_option_and_others_are_refused() -> None:
    values = read_sample("raa")["values"]
    factors = development_factors(values)
    by_line = mack_standard_error(values, factors, sigma_rule="log_linear")
    assert by_line.total[0] != mack_standard_error(values, factors).total[0]
    with pytest.raises(LagError, match="sigma_rule"):
        mack_standard_error(values, factors, sigma_rule="none")  # type: ignore[arg-type]
