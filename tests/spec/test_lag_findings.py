"""What the lag stage tells of an uitvoerder: drift of its curve (L06). Late and slow are in test_lag.py and, with the
euro of the truth, in tests/e2e/test_planted_defects.py."""

import numpy as np
import pytest

from expectations.judging.sentences import say_finding
from tests.spec.test_lag_checks import World, make_world
from wlz.lag.tables import list_curve, list_findings


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(2)


def with_link_ratio(world: World, factor: float, deliveries: int, lag: int = 2) -> World:
    """The first uitvoerder's link ratio at a lag times a factor at its last deliveries."""
    values = world.found.values.copy()
    months = values.shape[1]
    for back in range(1, deliveries + 1):
        values[0, months - back - lag, lag:] *= factor
    return world._replace(found=world.found._replace(values=values))


def test_a_curve_that_moves_for_three_deliveries_is_told_and_its_twin_is_not(world: World) -> None:
    assert list_findings(world.found).filter(finding="drift").is_empty()
    [drift] = list_findings(with_link_ratio(world, 1.1, 3).found).filter(finding="drift").iter_rows(named=True)
    name = world.found.cells["wlz_uitvoerder"][0]
    assert say_finding("L06", drift, "en").startswith(f"{name}: link ratio at lag 2 moved by +")
    month = world.found.completion.completed[world.found.cells["wlz_uitvoerder"] == name, -12:].sum() / 12
    assert drift["at_stake_eur"] == pytest.approx(0.1 * month, rel=0.1)


def test_a_drift_of_less_than_a_percent_changes_nothing(world: World) -> None:
    assert list_findings(with_link_ratio(world, 1.004, 3).found).filter(finding="drift").is_empty()


def test_few_deliveries_need_more_standard_errors(world: World) -> None:
    """On nine link ratios before, the largest t of three lags lies beyond 4.2 by chance one time in a hundred."""
    curve = {}
    for factor in np.arange(1.0, 1.12, 0.002):
        found = with_link_ratio(world, float(factor), 3).found
        told = list_findings(found).filter(finding="drift").height
        first = list_curve(found).filter(wlz_uitvoerder=found.cells["wlz_uitvoerder"][0], lag_months=2)
        curve[float(first["drift_t_ratio"][0])] = told
    small, large = [told for t, told in curve.items() if abs(t) < 4.2], [told for t, told in curve.items() if t > 5.6]
    assert (len(small) > 10, len(large) > 10) == (True, True)
    assert (any(small), all(large)) == (False, True)
