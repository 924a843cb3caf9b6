"""What the line computes in memory is what a run wrote: there is one way from deliveries to an advice."""

from datetime import date

import pytest

from assets.context import Warehouse
from tests.e2e.handmade import House
from warehouse.lake import settle_tables
from warehouse.registry import table_named
from wlz.advice import LINE, TABLES, compute_advice

RUNS = {"small_data": date(2018, 5, 1), "august": date(2018, 8, 1)}


@pytest.mark.slow
@pytest.mark.parametrize("world", RUNS)
def test_every_table_of_a_run_comes_out_of_the_line_in_memory(world: str, request: pytest.FixtureRequest) -> None:
    """To the last row and cent, in every scenario, also those of stages that sample paths."""
    house: House = request.getfixturevalue(world)
    warehouse = Warehouse(data_dir=str(house.root))
    advice = warehouse.advice(RUNS[world])
    known = warehouse.know(advice)
    computed = compute_advice(known, settle_tables(known))
    assert set(computed) == set(TABLES)
    different = [name for name in TABLES if not computed[name].equals(advice.load_all(table_named(name)))]
    assert different == []
    assert set(computed.judged) == {stage.name for stage in LINE}
