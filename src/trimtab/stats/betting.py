"""Evidence that the mean of a quantity in [0, 1] exceeds a bound: the wealth of a gambler who bets that it does.

Against the null "given the past, the mean of v is at most theta" the factor 1 + bet x (v - theta) has mean at most
1 for every bet in [0, 1 / theta]. A product of such factors is an e-value: under the null it seldom gets large.
Nobody knows the best bet beforehand, so eight are held at once, as fixed shares of the largest one.
Source: Waudby-Smith and Ramdas 2024 (estimating means of bounded random variables by betting).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

FRACTIONS: Floats = np.geomspace(0.02, 0.95, 8)
"""The bets, as fractions of the largest admissible one, 1 / theta: small ones for small harm, large for large."""

STEPS = 1 << 36
"""Log factors are counted in whole steps of 2^-36, rounded down: sums of integers do not depend on their order."""

LEAST_THETA = 1e-9
"""Below this the largest bet has no useful size."""

_CHUNK = 65_536


@dataclass(frozen=True)
class Evidence:
    """What the units of one window say against the null: log factors per bet, summed, in steps of 2^-36.

    Whole numbers, so that merging is exact, in any order and grouping. Rounding is downwards: it never adds
    evidence, and loses less than 2e-11 per unit.

    >>> whole = evidence([0.2, 0.9, 0.4], 0.3)
    >>> evidence([0.4], 0.3).merge(evidence([0.2, 0.9], 0.3)) == whole
    True
    """

    sums: tuple[int, ...] = (0,) * FRACTIONS.size
    units: int = 0

    def merge(self, other: Evidence) -> Evidence:
        """Return the evidence of both sets of units of the same window together.

        >>> evidence([0.2], 0.3).merge(Evidence()) == evidence([0.2], 0.3)
        True
        """
        sums = tuple(a + b for a, b in zip(self.sums, other.sums, strict=True))
        return Evidence(sums, self.units + other.units)

    def log_e(self, design_effect: float = 1.0) -> Floats:
        """Return the log e-value of each bet (8,), tempered: e^(1 / design effect), still an e-value by Jensen.

        >>> evidence([1.0] * 10, 0.5).log_e().round(2)
        array([0.2 , 0.34, 0.59, 1.  , 1.67, 2.74, 4.36, 6.68])
        """
        return np.array(self.sums, np.float64) / (STEPS * design_effect)


def evidence(values: ArrayLike, theta: ArrayLike) -> Evidence:
    """Return the evidence of values (n,) in [0, 1], one per unit, that their mean exceeds theta, () or (n,).

    theta at or above 1 can never be exceeded. Raises ValueError for a value outside [0, 1] or NaN, or a theta below
    1e-9.

    >>> evidence([], 0.3)
    Evidence(sums=(0, 0, 0, 0, 0, 0, 0, 0), units=0)
    """
    units = np.asarray(values, np.float64)
    bounds = np.broadcast_to(np.asarray(theta, np.float64), units.shape)
    if units.ndim != 1 or not ((units >= 0) & (units <= 1)).all():
        raise ValueError("a bounded quantity is one number in [0, 1] per unit; rescale and clip it first")
    if not (bounds >= LEAST_THETA).all():
        raise ValueError(f"theta is at least {LEAST_THETA:g}; got {bounds.min():g}")
    sums = np.zeros(FRACTIONS.size, object)
    for start in range(0, units.size, _CHUNK):
        ratio = units[start : start + _CHUNK] / bounds[start : start + _CHUNK]
        sums += _steps(ratio).astype(object)
    return Evidence(tuple(int(total) for total in sums), units.size)


def evidence_of_counts(ones: int, units: int, theta: float) -> Evidence:
    """Return the evidence of so many units with value 0 or 1, exactly what `evidence` gives for the units themselves.

    Raises ValueError unless 0 <= ones <= units, and for theta as `evidence` does.

    >>> evidence_of_counts(2, 3, 0.3) == evidence([1.0, 0.0, 1.0], 0.3)
    True
    """
    if not 0 <= ones <= units:
        raise ValueError(f"ones are 0 to {units}; got {ones}")
    one, zero = evidence([1.0], theta).sums, evidence([0.0], theta).sums
    return Evidence(tuple(ones * a + (units - ones) * b for a, b in zip(one, zero, strict=True)), units)


def recovery_evidence(values: ArrayLike, theta: ArrayLike) -> Evidence:
    """Return the evidence that the mean of values (n,) is below theta: the same bets, on 1 - v.

    Raises ValueError as `evidence` does, and for theta above 1 - 1e-9.

    >>> recovery_evidence([0.0, 0.1], 0.3) == evidence([1.0, 0.9], 0.7)
    True
    """
    return evidence(1 - np.asarray(values, np.float64), 1 - np.asarray(theta, np.float64))


def _steps(ratio: Floats) -> NDArray[np.int64]:
    """Return the log factors of v / theta (n,), summed per bet in whole steps, (8,)."""
    logs = np.log1p(FRACTIONS[:, None] * (ratio - 1))
    return np.asarray(np.floor(logs * STEPS).astype(np.int64).sum(axis=1), np.int64)
