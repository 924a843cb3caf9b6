"""Invented deliveries with known truth: nothing like the real deliveries is public.

``simulate_deliveries`` gives the files, ``simulate_truth`` what they hide, ``DEFECTS`` the faults that can be
planted. Pure but for ``reference.py``, which reads; the caller writes the files.
"""

from simulation.defects import DEFECTS, list_defects
from simulation.inputs import SimulatedFile, SimulationError, SimulationReference, Truth
from simulation.run import simulate_deliveries, simulate_truth

__all__ = [
    "DEFECTS",
    "SimulatedFile",
    "SimulationError",
    "SimulationReference",
    "Truth",
    "list_defects",
    "simulate_deliveries",
    "simulate_truth",
]
