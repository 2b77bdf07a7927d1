"""Simulated years of a system: the real loop in a made-up world, under faults, with every law looked at after each step."""

from trimtab.testing.simulation.broken import BROKEN, Broken
from trimtab.testing.simulation.estimators import Estimator
from trimtab.testing.simulation.faults import Faults, World
from trimtab.testing.simulation.invariants import LAWS
from trimtab.testing.simulation.problems import InvariantError
from trimtab.testing.simulation.result import Counts, Simulated
from trimtab.testing.simulation.run import Policies, simulate

__all__ = [
    "BROKEN",
    "LAWS",
    "Broken",
    "Counts",
    "Estimator",
    "Faults",
    "InvariantError",
    "Policies",
    "Simulated",
    "World",
    "simulate",
]
