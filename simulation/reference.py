"""What the simulation rests on, read from ``reference/``: code lists, regions, published tables, solved constants.

Only here does the simulation read files; everything else in it is pure. Production never imports this package.
"""

from datetime import date

import polars as pl

from simulation.inputs import SimulationReference
from warehouse.packs import SIMULATED, load_pack, load_reference
from warehouse.reference import load_published, read_reference

REFERENCE_YEAR = 2018  # of the sizes and prices in the world


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
    lists = load_reference(load_pack(SIMULATED), REFERENCE_YEAR, date(REFERENCE_YEAR, 1, 1))
    return SimulationReference(
        regions=lists.regions,
        crosswalk=lists.crosswalk,
        prestaties=lists.prestaties,
        profiles=read_reference("simulation/prestatie_profiles.csv"),
        take_overs=_take_overs(lists.successors),
        later_codes=read_reference("simulation/later_codes.csv"),
        region_uitvoerders=lists.region_uitvoerders,
        tariff_index=read_reference("simulation/tariff_index.csv"),
        nhc_growin=lists.nhc_growin,
        persons=read_reference("wlz_personen_peildatum.csv"),
        published_uitvoerder=load_published("unrounded_uitvoerder"),
        published_region=load_published("unrounded_regio"),
        calibration=load_calibration(scale),
    )


def _take_overs(successors: pl.DataFrame) -> pl.DataFrame:
    """What the world hands over: confirmed successors of the list, and for its families shares of our own."""
    columns = ("prestatiecode", "successor", "share")
    confirmed = successors.filter(state="confirmed").select(columns)
    return pl.concat([confirmed, read_reference("simulation/take_overs.csv").select(columns)])
