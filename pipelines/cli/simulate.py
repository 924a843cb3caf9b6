"""`wlz simulate`: invented deliveries with known truth and planted defects."""

from datetime import date
from pathlib import Path

import click

from pipelines.cli.console import Month, note, say


@click.command(epilog="Example: wlz simulate --out data/deliveries --scale small --seed 1 --defect unit_error")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Landing zone to write.")
@click.option("--scale", default="letter", show_default=True, help="letter, small, or lines:N for N claim lines.")
@click.option("--until", type=Month(), default="2018-05", show_default=True, help="Last delivery month, YYYY-MM.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Same seed, same files.")
@click.option("--defect", "defects", multiple=True, help="Plant a defect in the last delivery; may be repeated.")
def simulate(out: Path, scale: str, until: date, seed: int, defects: tuple[str, ...]) -> None:
    """Write invented deliveries, month by month, with the truth beside them in DIR-truth.

    Nothing like the real deliveries is public: whatever is shown from these is simulated.
    """
    from wlz.simulate.inputs import SimulationError

    try:
        counts = write_simulation(out, scale, until, seed, defects)
    except SimulationError as error:
        note(str(error))
        raise SystemExit(2) from None
    say(f"{counts['files']:,} files, {counts['rows']:,} rows in {out}; the truth is in {truth_folder(out)}")


def truth_folder(out: Path) -> Path:
    """Beside the landing zone, never in it: the pipeline must not see the truth."""
    return out.parent / f"{out.name}-truth"


def write_simulation(out: Path, scale: str, until: date, seed: int, defects: tuple[str, ...] = ()) -> dict[str, int]:
    """Write deliveries and truth; returns how many files and rows."""
    from warehouse.landing import write_deliveries, write_truth
    from warehouse.reference import load_simulation_reference
    from wlz.simulate.run import simulate_deliveries, simulate_truth

    reference = load_simulation_reference(scale)
    files = simulate_deliveries(reference, scale=scale, until=until, seed=seed, defects=defects)
    counts = write_deliveries(out, ((file.delivery_month, file.kind, file.frame, file.part) for file in files))
    truth = simulate_truth(reference, scale=scale, until=until, seed=seed, defects=defects)
    write_truth(
        truth_folder(out), {"volumes": truth.volumes, "completeness": truth.completeness, "defects": truth.defects}
    )
    return counts
