"""What the owner of a system decides about its monitors."""

from __future__ import annotations

from dataclasses import dataclass, field

from trimtab.declare.model import Stakes
from trimtab.metrics import Task
from trimtab.monitoring.budget import Budget

TOLERANCE_PAIRED = 0.05
"""By which share a model may lose more than a fresh one before it harms: what a retraining could win back."""

TOLERANCE = 0.10
"""By which share the loss may exceed that of the reference, which moves with the world more than a difference does."""


@dataclass(frozen=True)
class Options:
    """How a system is watched.

    tolerance: the share of the reference's loss that counts as harm, None for the usual one. unit: 'day', one value
    a window, or 'row'. slices: columns whose values are watched on their own; worst: how many slices are kept by
    themselves, because the model does worst there. threshold: from which score on a yes is acted on.
    """

    task: Task = "binary"
    stakes: Stakes | None = None
    budget: Budget = field(default_factory=Budget)
    unit: str = "day"
    tolerance: float | None = None
    slices: tuple[str, ...] = ()
    worst: int = 0
    loss: str = ""
    seed: int = 0

    @property
    def threshold(self) -> float:
        """The score from which on a yes is acted on."""
        return 0.5 if self.stakes is None else self.stakes.threshold_or_default

    def share(self, *, paired: bool) -> float:
        """The tolerated share of the reference's loss."""
        if self.tolerance is not None:
            return self.tolerance
        return TOLERANCE_PAIRED if paired else TOLERANCE
