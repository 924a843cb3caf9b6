"""Maximum tariffs, NHC and NIC of a year per prestatie, in the unit of the tariff and in that of the claims.

From the profiles of the simulation and their index over the years. No prices that are paid, and no drawing.
"""

import numpy as np
import polars as pl

from simulation.inputs import SimulationReference

MINUTES_PER_UNIT = {"01": 1.0, "07": 5.0, "04": 60.0}


def paid_nhc_ratio(reference: SimulationReference, year: int) -> float:
    """Share of NHC paid in a year; 1 after the last year of the grow-in table."""
    rows = reference.nhc_growin.filter(pl.col("year") == year)
    return float(rows["nhc_paid_ratio"].item()) if rows.height else 1.0


def tariffs_in_own_unit(reference: SimulationReference, prestaties: pl.DataFrame, year: int) -> list[np.ndarray]:
    """Maximum tariff, NHC and NIC of a year per prestatie in the unit of the tariff, to the cent; 0 without one."""
    index = reference.tariff_index.filter(pl.col("year") == year).row(0, named=True)
    ratios = (index["max_tariff_index_ratio"], index["nhc_index_ratio"], index["nhc_index_ratio"])
    names = ("max_tariff_excl_eur_per_unit", "nhc_full_eur_per_unit", "nic_full_eur_per_unit")
    return [
        np.round(np.nan_to_num(prestaties[name].to_numpy().astype(float)) * ratio, 2)
        for name, ratio in zip(names, ratios, strict=True)
    ]


def tariffs_per_claim_unit(reference: SimulationReference, prestaties: pl.DataFrame, year: int) -> list[np.ndarray]:
    """The same tariffs in the unit of the claims (an hour tariff over 60 minutes)."""
    own = prestaties["tariff_unit_code"].to_list()
    claimed = prestaties["unit_code"].to_list()
    divide = np.array(
        [
            MINUTES_PER_UNIT[tariff] / MINUTES_PER_UNIT[claim] if tariff != claim else 1.0
            for tariff, claim in zip(own, claimed, strict=True)
        ]
    )
    return [values / divide for values in tariffs_in_own_unit(reference, prestaties, year)]
