"""`wlz demo`: from nothing to the tables of the advice of May 2018, on simulated deliveries."""

from datetime import date
from pathlib import Path

import click

from pipelines.cli.console import data_option, note, resolve_data, say, sole_writer, wait_option
from warehouse.packs import asked_of_simulation

MONTH = date(2018, 5, 1)
SEED = 1  # the constants of the simulation are solved for this one


@click.command(epilog="Example: wlz demo --data data")
@data_option
@wait_option
def demo(data_dir: Path | None) -> None:
    """Simulate deliveries at the scale of the May 2018 advice (first time), run that month, print tables 1 and 3."""
    data = resolve_data(data_dir)
    data.mkdir(parents=True, exist_ok=True)
    with sole_writer(data, "wlz demo"):
        code = simulate_and_run(data)
    raise SystemExit(code)


def simulate_and_run(data: Path) -> int:
    """The demo in a data folder; returns the exit code of its run."""
    from pipelines.cli.run import report_page, run_and_tell
    from pipelines.cli.simulate import read_marker, tell_counts, write_simulation
    from simulation.inputs import SimulationError

    landing = data / "deliveries"
    wanted, found = asked_of_simulation("letter", MONTH, SEED), read_marker(landing)
    if found and found != wanted:
        note(f"{landing} holds another simulation ({found}); name another data folder with --data")
        raise SystemExit(2)
    if found:
        note(f"Using the simulated deliveries in {landing}")
    else:
        note(f"Simulating deliveries in {landing} …")
        try:
            counts = write_simulation(landing, "letter", MONTH, SEED)
        except SimulationError as error:
            note(str(error))
            raise SystemExit(2) from None
        note(f"  {tell_counts(counts)}")
    code = run_and_tell(MONTH, data)
    if code == 0:
        from pipelines.cli.text.tables import render_demo

        say(render_demo(data / "wlz.duckdb", MONTH))
        say(f"Marts: {data / 'wlz.duckdb'} (wlz tables, wlz query). Deliveries: {landing}. Lake: {data / 'lake'}.")
        say(f"Report: {report_page(data / 'wlz.duckdb', MONTH)}")
    return code
