"""`wlz simulate`: invented deliveries with known truth and planted defects."""

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click
import polars as pl

from pipelines.cli.console import Month, note, say
from warehouse.packs import asked_of_simulation, mark_simulated, marker_of, read_simulation
from wlz.words.counts import format_count

if TYPE_CHECKING:
    from simulation.inputs import SimulatedFile


class SimulateCommand(click.Command):
    """The command with the catalogue of defects in its help."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Every defect with the rule that speaks first, then the example."""
        from simulation import list_defects

        with formatter.section("Defects (with the check that finds each)"):
            formatter.write_dl([(defect.name, f"{defect.what} ({defect.check_id})") for defect in list_defects()])
        super().format_epilog(ctx, formatter)


@click.command(
    cls=SimulateCommand,
    epilog="Example: wlz simulate --out data/deliveries --scale small --seed 1 --defect unit_error:large",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Landing zone to write.")
@click.option("--scale", default="letter", show_default=True, help="letter, small, or lines:N for N claim lines.")
@click.option("--until", type=Month(), default="2018-05", show_default=True, help="Last delivery month, YYYY-MM.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Same seed, same files.")
@click.option(
    "--defect",
    "defects",
    multiple=True,
    metavar="NAME[:SIZE]",
    help="Plant a defect in the last deliveries, at size small, medium (default) or large; may be repeated.",
)
def simulate(out: Path, scale: str, until: date, seed: int, defects: tuple[str, ...]) -> None:
    """Write invented deliveries, month by month, with the truth beside them in DIR-truth.

    Nothing like the real deliveries is public: whatever is shown from these is simulated.
    """
    from simulation.inputs import SimulationError

    try:
        counts = write_simulation(out, scale, until, seed, defects)
    except (SimulationError, OSError) as error:
        note(str(error))
        raise SystemExit(2) from None
    say(f"{tell_counts(counts)} in {out}; the truth is in {truth_folder(out)}")


def tell_counts(counts: Mapping[str, int]) -> str:
    """How many files and rows were written."""
    return f"{format_count(counts['files'], 'file')}, {format_count(counts['rows'], 'row')}"


def truth_folder(out: Path) -> Path:
    """Beside the landing zone, never in it: the pipeline must not see the truth."""
    return marker_of(out).parent


def read_marker(out: Path) -> dict[str, object]:
    """What was simulated into this landing zone; empty when nothing was, or when it broke off halfway."""
    found = read_simulation(out)
    return found if found.pop("complete", False) else {}


def refuse_real_deliveries(out: Path) -> None:
    """Raises SimulationError when the folder holds deliveries that no simulation wrote."""
    from simulation.inputs import SimulationError

    if out.exists() and any(out.iterdir()) and not marker_of(out).exists():
        raise SimulationError(f"{out} holds files that were not simulated; they are left alone. Name an empty folder")


def write_simulation(out: Path, scale: str, until: date, seed: int, defects: tuple[str, ...] = ()) -> dict[str, int]:
    """Write deliveries and truth; returns how many files and rows. Earlier simulated files are replaced."""
    from simulation.reference import load_simulation_reference
    from simulation.run import simulate_deliveries, simulate_truth
    from warehouse.landing import write_deliveries, write_truth

    refuse_real_deliveries(out)
    reference = load_simulation_reference(scale)
    files = simulate_deliveries(reference, scale=scale, until=until, seed=seed, defects=defects)
    first = next(files)  # an unknown scale or defect shows here, before anything is written
    asked = asked_of_simulation(scale, until, seed, defects)
    if marker_of(out).exists():
        shutil.rmtree(out, ignore_errors=True)
    mark_simulated(out, asked, complete=False)
    counts = write_deliveries(out, _with_controls(out, chain([first], files)))
    truth = simulate_truth(reference, scale=scale, until=until, seed=seed, defects=defects)
    write_truth(
        truth_folder(out), {"volumes": truth.volumes, "completeness": truth.completeness, "defects": truth.defects}
    )
    mark_simulated(out, asked, complete=True)
    return counts


def _with_controls(out: Path, files: Iterable["SimulatedFile"]) -> Iterator[tuple[date, str, pl.DataFrame, int]]:
    """The files as they are written, one in memory at a time; the control file of one that has it is written here."""
    for file in files:
        if file.control is not None:
            folder = out / f"{file.delivery_month:%Y-%m}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{file.kind}.control.json").write_text(json.dumps(dict(file.control)), encoding="utf-8")
        yield file.delivery_month, file.kind, file.frame, file.part
