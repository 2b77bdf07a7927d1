"""A loss difference made a quantity in [0, 1], so that one wild day cannot decide alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

SPREADS_BELOW, SPREADS_ABOVE = 2.0, 20.0
"""Where differences are clipped, in standard deviations of the reference.

Only the lower end limits the bets (a factor must stay positive at v = 0), so it is near; a good day counts as 2
standard deviations at best. The upper end only bounds what one terrible day can add.
"""


@dataclass(frozen=True)
class Scale:
    """The range [low, high] of a loss difference that becomes [0, 1]; what lies outside is clipped.

    Raises ValueError unless low < high.

    >>> Scale(-0.1, 0.3).bounded([-0.5, 0.1, 0.3])
    array([0. , 0.5, 1. ])
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"low is below high; got {self.low:g} and {self.high:g}")

    def bounded(self, differences: ArrayLike) -> Floats:
        """Return differences (n,) clipped to the range and rescaled to [0, 1].

        >>> Scale(0.0, 2.0).bounded([1.0])
        array([0.5])
        """
        clipped = np.clip(np.asarray(differences, np.float64), self.low, self.high)
        return np.asarray((clipped - self.low) / (self.high - self.low), np.float64)

    def width(self, size: float) -> float:
        """Return a size of difference, such as the tolerance, on the [0, 1] scale.

        >>> Scale(0.0, 2.0).width(0.5)
        0.25
        """
        return size / (self.high - self.low)

    def difference(self, bounded: float) -> float:
        """Return the loss difference that a number in [0, 1] stands for.

        >>> Scale(-1.0, 1.0).difference(0.75)
        0.5
        """
        return self.low + bounded * (self.high - self.low)


def scale_of_reference(differences: ArrayLike, tolerance: float) -> Scale:
    """Return the scale for a quantity whose reference units (u,) were these, u >= 2, with a tolerance above 0.

    The reference mean must be taken of the rescaled values too: clipping moves both alike. Raises ValueError for
    fewer than 2 units or a tolerance of 0 or less.

    >>> scale_of_reference([-1.0, 0.0, 1.0], tolerance=0.5)
    Scale(low=-2.0, high=21.0)
    """
    units = np.asarray(differences, np.float64)
    if units.size < 2 or not tolerance > 0:
        raise ValueError(f"a scale needs 2 units and a tolerance above 0; got {units.size}, {tolerance:g}")
    mean, spread = float(units.mean()), float(units.std(ddof=1))
    return Scale(mean - SPREADS_BELOW * spread, mean + SPREADS_ABOVE * spread + 2 * tolerance)
