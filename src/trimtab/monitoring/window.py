"""What a window of units says to a monitor: that there is harm, and that there is none."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from trimtab.stats.betting import LEAST_THETA, Evidence, evidence, recovery_evidence

HYSTERESIS = 0.5
"""How much of the tolerance the bound of recovery lies below the bound of harm."""


@dataclass(frozen=True)
class WindowEvidence:
    """What one monitor saw in one window: evidence of harm, and of its absence; merges like both.

    >>> whole = window_evidence([0.2, 0.9, 0.4], 0.3, tolerance=0.1)
    >>> window_evidence([0.2], 0.3, tolerance=0.1).merge(window_evidence([0.9, 0.4], 0.3, tolerance=0.1)) == whole
    True
    """

    harm: Evidence = field(default_factory=Evidence)
    recovery: Evidence = field(default_factory=Evidence)

    def merge(self, other: WindowEvidence) -> WindowEvidence:
        """Return the evidence of both sets of units of the same window together."""
        return WindowEvidence(self.harm.merge(other.harm), self.recovery.merge(other.recovery))


def window_evidence(
    values: ArrayLike, theta: ArrayLike, *, tolerance: float = 0.0, recovery_theta: ArrayLike | None = None
) -> WindowEvidence:
    """Return what values (n,) in [0, 1] say about the bound theta, () or (n,), which includes this tolerance.

    recovery_theta is the bound of recovery, by default half the tolerance below theta. What pages at once from a
    tiny theta needs one it can be seen to keep: 0.5 for a value that is 0 or 1. Raises ValueError as
    `trimtab.stats.betting.evidence` does.

    >>> window_evidence([0.2, 0.9], 0.3, tolerance=0.1).harm.units
    2
    """
    lower = np.asarray(theta, np.float64) - HYSTERESIS * tolerance
    if recovery_theta is not None:
        lower = np.asarray(recovery_theta, np.float64)
    # 1 less this bound has to be a bound, too, which rounding must not take below the least one
    lower = np.minimum(lower, 1 - 2 * LEAST_THETA)
    return WindowEvidence(evidence(values, theta), recovery_evidence(values, lower))
