"""Joint paths: what the recipe of methods (volumes, intervals) promises, on panels small enough to see it."""

import csv
from pathlib import Path

import numpy as np
import pytest

from tests.unit.test_ets import make_panel
from wlz.forecasting.engines import ENGINES
from wlz.forecasting.paths import DRAWS, draw_models, draw_shocks, draw_uniforms, simulate_block
from wlz.forecasting.sampling import BOUND_NAMES, Panel, fit_uncertainty, past_cuts, sample_blocks, take_bounds
from wlz.forecasting.width import USUAL_80, USUAL_95, learn_width, measure_difficulty

SNAPSHOT = Path(__file__).parent / "snapshots" / "bounds_panel.csv"


def sample(values: np.ndarray, ids: list[str] | None = None, horizon: int = 12, paths: int = 400) -> np.ndarray:
    """All paths of a small panel under `combined`, (N, n, H)."""
    names = ids or [f"s{row}" for row in range(len(values))]
    panel = Panel(names, values, ENGINES["combined"](values, horizon).point)
    known = fit_uncertainty(panel, ENGINES["combined"])
    shocks = draw_shocks(paths, values.shape[1], seed=0)
    return np.concatenate(list(sample_blocks(panel, known, shocks, lambda rows, drawn: drawn)))


def test_bounds_are_quantiles_of_paths() -> None:
    """80 % lies between the tenth and ninetieth of a hundred, 95 % between 2.5 and 97.5."""
    samples = np.random.default_rng(0).permutation(np.arange(101.0))[:, None]
    assert take_bounds(samples)[:, 0].tolist() == [10.0, 90.0, 2.5, 97.5]
    assert BOUND_NAMES == ("lower_80", "upper_80", "lower_95", "upper_95")


def test_the_median_year_is_the_point() -> None:
    """P · (1 + u · sign(z)·a·|z|^b) at z = 0 is P."""
    values = make_panel(40)
    year = sample(values).sum(axis=2)
    point = ENGINES["combined"](values, 12).point.sum(axis=1)
    assert np.median(year, axis=1) == pytest.approx(point, rel=0.02)


def test_months_add_up_to_the_year_and_stay_positive() -> None:
    paths = sample(make_panel(30))
    assert (paths >= 0).all()
    assert np.isfinite(paths).all()


def test_order_of_series_does_not_change_bounds() -> None:
    """Random numbers belong to the id of a series (methods: seed per series id)."""
    values = make_panel(30)
    ids = [f"s{row}" for row in range(30)]
    order = np.random.default_rng(1).permutation(30)
    plain, shuffled = sample(values, ids), sample(values[order], [ids[row] for row in order])
    np.testing.assert_allclose(shuffled, plain[order], rtol=1e-3)
    assert take_bounds(shuffled) == pytest.approx(take_bounds(plain)[:, order], rel=1e-3)


@pytest.mark.parametrize("power", [-20, -13, -7, -1, 3, 10, 20])
def test_scaling_a_panel_scales_its_paths(power: int) -> None:
    """Powers of two, a millionth to a million: others round values, and two years that nearly tie change places."""
    values = make_panel(25)
    np.testing.assert_allclose(sample(values * 2.0**power), sample(values) * 2.0**power, rtol=1e-5)


def test_a_constant_series_has_bounds_at_the_constant() -> None:
    values = np.concatenate([make_panel(25), np.full((1, 36), 7.0)])
    assert (sample(values)[-1] == 7.0).all()


def test_an_all_zero_series_is_zero_on_every_path() -> None:
    values = np.concatenate([make_panel(25), np.zeros((1, 36))])
    assert (sample(values)[-1] == 0.0).all()


def test_a_closed_month_is_empty_on_every_path() -> None:
    """A code that ends in June has nothing from July on, also on the wildest path."""
    values = make_panel(25)
    point = ENGINES["combined"](values, 12).point
    point[0, 6:] = 0.0
    panel = Panel([f"s{row}" for row in range(25)], values, point)
    known = fit_uncertainty(panel, ENGINES["combined"])
    paths = next(iter(sample_blocks(panel, known, draw_shocks(200, 36, 0), lambda rows, drawn: drawn)))
    assert (paths[0, :, 6:] == 0).all()
    assert (paths[0, :, :6] > 0).all()


def test_the_second_year_is_wider_and_tied_to_the_first() -> None:
    """Measured on M3 and tourism: errors of the second year 1.6 times those of the first, correlation 0.7."""
    paths = sample(make_panel(60), horizon=24, paths=1000)
    first, second = paths[:, :, :12].sum(axis=2), paths[:, :, 12:].sum(axis=2)
    relative = [
        np.diff(take_bounds(year[:, :, None])[:2, :, 0], axis=0)[0] / np.median(year, 1) for year in (first, second)
    ]
    assert np.median(relative[1] / relative[0]) == pytest.approx(1.6, abs=0.15)
    correlation = np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(first, second, strict=True)])
    assert correlation == pytest.approx(0.7, abs=0.08)


def test_series_that_moved_together_move_together_on_the_paths() -> None:
    """Residual blocks are of the same months for all series, so what they shared they share again."""
    rng = np.random.default_rng(3)
    shared = np.cumsum(rng.normal(0, 0.03, 36))
    together = 100 * np.exp(shared + 0.005 * rng.normal(size=(30, 36)))
    apart = 100 * np.exp(np.cumsum(rng.normal(0, 0.03, (30, 36)), axis=1))

    def mean_correlation(values: np.ndarray) -> float:
        found = np.corrcoef(sample(values).sum(axis=2))
        return float(found[np.triu_indices(30, 1)].mean())

    assert mean_correlation(together) > 0.5
    assert mean_correlation(apart) < 0.25


def test_models_are_drawn_by_their_weights_and_not_alike() -> None:
    values = make_panel(20)
    draws = draw_models(values, draw_uniforms([f"s{row}" for row in range(20)], DRAWS + 1))
    assert draws.forecast.shape == (20, DRAWS, 12)
    assert (draws.deviation > 0).all()
    assert np.isfinite(draws.residual).all()


def test_scores_are_normal_scores_of_the_years() -> None:
    values = make_panel(4)
    draws = draw_models(values, draw_uniforms(list("abcd"), DRAWS + 1))
    shocks = draw_shocks(200, 36, 0)
    simulated = simulate_block(draws, shocks, np.zeros(4, bool))
    for row in range(4):
        assert np.sort(simulated.score[row]) == pytest.approx(shocks.score)


def test_bounds_hold_on_invented_series() -> None:
    """Public series are in `make bench`; here 300 invented ones, so that a slip of the width does not pass unseen."""
    values = make_panel(300, months=48)
    paths, actual = sample(values[:, :36]), values[:, 36:]
    years = take_bounds(paths.sum(axis=2)[:, :, None])[:, :, 0]
    inside = [((actual.sum(axis=1) >= years[low]) & (actual.sum(axis=1) <= years[low + 1])).mean() for low in (0, 2)]
    assert 0.70 < inside[0] < 0.93
    assert 0.90 < inside[1] <= 1.0
    months = take_bounds(paths)
    assert 0.72 < ((actual >= months[0]) & (actual <= months[1])).mean() < 0.93


def test_paths_come_in_twenties() -> None:
    with pytest.raises(ValueError, match="multiple of 20"):
        draw_shocks(50, 36, 0)


# ---- width ------------------------------------------------------------------------------------------------------


def test_a_small_panel_takes_the_usual_widths() -> None:
    """Quantiles 0.79 and 1.52 of |error| ÷ (u·P), × 1.1; ρ is its prior."""
    width = learn_width(np.zeros((1, 5)), np.zeros((1, 5)))
    assert width.common == pytest.approx(0.03)
    for usual, normal in ((USUAL_80, 1.2815515655), (USUAL_95, 1.9599639845)):
        assert width.factor * normal**width.curvature == pytest.approx(1.1 * usual, rel=1e-6)


def test_the_own_errors_widen_or_narrow_by_their_root() -> None:
    """Geometric mean with the usual ones: errors four times the usual double the width."""
    rng = np.random.default_rng(0)
    base = rng.normal(0, 0.62, (1, 4000))
    narrow, wide = (learn_width(base * k, np.ones((1, 4000))) for k in (1.0, 4.0))
    assert wide.factor / narrow.factor == pytest.approx(2.0, rel=1e-6)
    assert wide.curvature == pytest.approx(narrow.curvature)


def test_a_year_in_which_all_erred_alike_raises_the_common_factor() -> None:
    """ρ = (0.03 + min(r², ½)) ÷ 2, r = Σerror ÷ (a·Σu·P)."""
    independent = np.random.default_rng(0).normal(0, 0.6, (1, 1000))
    assert learn_width(independent, np.ones((1, 1000))).common < 0.02
    alike = learn_width(np.full((1, 1000), 0.8), np.ones((1, 1000)))
    assert alike.common == pytest.approx((0.03 + min((0.8 / alike.factor) ** 2, 0.5)) / 2)


def test_difficulty_by_hand() -> None:
    """(s/P + .005)^.35 · (v + .005)^.30 · (gap + .005)^.10 · (|growth − 1| + .01)^.07 · (P ÷ geometric mean)^−.06."""
    values = np.tile(np.concatenate([np.full(24, 100.0), np.full(12, 110.0)]), (2, 1))
    values[:, 24:] += 6 * np.tile([1.0, -1.0], 6)
    found = measure_difficulty(values, np.array([1320.0, 1320.0]), np.array([13.2, 0.0]), np.array([66.0, 66.0]))
    v = 6 / 110
    common = (0.05 + 0.005) ** 0.35 * (v + 0.005) ** 0.30 * (0.1 + 0.01) ** 0.07
    assert found == pytest.approx([common * 0.015**0.10, common * 0.005**0.10])


def test_past_years_need_two_years_before_them() -> None:
    assert past_cuts(36) == [36, 24]
    assert past_cuts(60) == [60, 48, 36, 24]
    assert past_cuts(30) == [30]


def list_snapshot_rows() -> list[dict[str, str]]:
    paths = sample(make_panel(30, seed=20180501), horizon=24)
    first, both = paths[:, :, :12].sum(axis=2, keepdims=True), paths.sum(axis=2, keepdims=True)
    rows = []
    for period, years in (("first year", first), ("two years", both)):
        bounds = np.concatenate([take_bounds(years)[:, :, 0], take_bounds(years.sum(axis=0))], axis=1)
        for column, name in enumerate([*(str(row) for row in range(30)), "total"]):
            values = {level: f"{bounds[place, column]:.6g}" for place, level in enumerate(BOUND_NAMES)}
            rows.append({"period": period, "series": name, **values})
    return rows


def test_numbers_are_those_of_the_snapshot() -> None:
    """A change of the bounds is a visible diff of numbers. Renew: python -m tests.unit.test_paths"""
    with SNAPSHOT.open(encoding="utf-8") as file:
        frozen = list(csv.DictReader(file))
    now = list_snapshot_rows()
    assert [(r["period"], r["series"]) for r in now] == [(r["period"], r["series"]) for r in frozen]
    for name in BOUND_NAMES:
        found, kept = ([float(row[name]) for row in rows] for rows in (now, frozen))
        np.testing.assert_allclose(found, kept, rtol=2e-3, err_msg=name)


if __name__ == "__main__":
    with SNAPSHOT.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, fieldnames=["period", "series", *BOUND_NAMES], lineterminator="\n")
        writer.writeheader()
        writer.writerows(list_snapshot_rows())
