"""What the line computes in memory is what a run wrote: there is one way from deliveries to an advice."""

from datetime import date

import polars as pl
import pytest

from assets.context import Warehouse
from scripts.evidence.simulated_advice import SimulatedDeliveries
from simulation.reference import load_simulation_reference
from simulation.run import prepare
from tests.e2e.handmade import House
from warehouse.lake import settle_tables
from warehouse.registry import table_named
from wlz.advice import LINE, TABLES, compute_advice

SEEDS = {"small_data": 1, "august": 2}
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


@pytest.mark.slow
@pytest.mark.parametrize("world", RUNS)
def test_an_advice_of_the_evidence_is_that_of_a_run(world: str, request: pytest.FixtureRequest) -> None:
    """Deliveries that were never files: their round chooses the same ones, and bounds and items are the same."""
    month, reference = RUNS[world], load_simulation_reference("small")
    house: House = request.getfixturevalue(world)
    advice = Warehouse(data_dir=str(house.root)).advice(month)
    deliveries = SimulatedDeliveries(prepare(reference, scale="small", until=month, seed=SEEDS[world]))
    known = deliveries.know(month, ("letter", "base", "completed"))
    computed = compute_advice(known, settle_tables(known), ["forecast_bounds"])
    for name in ("completed_series", "revenue", "extra_items", "forecast_bounds"):
        written, kept = advice.load_all(table_named(name)), computed[name]
        if "scenario" in kept.columns:
            written = written.filter(pl.col("scenario").is_in(kept["scenario"].unique().implode()))
        assert kept.height > 0, name
        assert kept.equals(written.select(kept.columns)), name
