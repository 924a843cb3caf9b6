"""Faults planted in the deliveries, each with the rows it touches and the euro at stake, at three sizes.

A defect is a function from a delivered file to the file with the fault and a list of what was done. It is planted in
the last delivery of its kind, or in the ones its entry names. Another pace of billing is part of the run-off
(``claims.billing_shift``), so that the true completeness follows; it is only listed. Random choices come from the seed,
so the truth can be told apart from the delivery. How a fault is found stands in the checks, not here.
"""

from simulation.defects.catalogue import (
    DEFECT_SCHEMA,
    DEFECTS,
    DefectLine,
    check_defects,
    list_defects,
    plant_defects,
    touched_files,
)

__all__ = [
    "DEFECTS",
    "DEFECT_SCHEMA",
    "DefectLine",
    "check_defects",
    "list_defects",
    "plant_defects",
    "touched_files",
]
