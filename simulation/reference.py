"""What the simulation rests on, read from ``reference/``: code lists, regions, published tables, solved constants.

Only here does the simulation read files; everything else in it is pure. Production never imports this package.
"""

import polars as pl

from simulation.inputs import SimulationReference
from warehouse.reference import (
    load_crosswalk,
    load_nhc_growin,
    load_prestaties,
    load_published,
    load_regions,
    read_reference,
)


def load_calibration(scale: str) -> pl.DataFrame:
    """Constants of the simulation for a scale (``letter``, ``small``; ``lines:N`` uses those of letter).

    One row per constant and key (uitvoerder or region): ``constant``, ``key``, ``value``, ``unit``, ``source``.
    """
    name = "small" if scale == "small" else "letter"
    return read_reference(f"simulation/calibration_{name}.csv").with_columns(pl.col("value").cast(pl.Float64))


def load_simulation_reference(scale: str = "letter") -> SimulationReference:
    """Everything ``simulation`` needs, read once.

    >>> reference = load_simulation_reference("small")  # doctest: +SKIP
    """
    return SimulationReference(
        regions=load_regions(),
        crosswalk=load_crosswalk(),
        prestaties=load_prestaties(),
        profiles=read_reference("simulation/prestatie_profiles.csv"),
        tariff_index=read_reference("simulation/tariff_index.csv"),
        nhc_growin=load_nhc_growin(),
        persons=read_reference("wlz_personen_peildatum.csv"),
        published_uitvoerder=load_published("unrounded_uitvoerder"),
        published_region=load_published("unrounded_regio"),
        calibration=load_calibration(scale),
    )
