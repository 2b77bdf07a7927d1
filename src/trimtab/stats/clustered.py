"""Tests of means whose unit is a day: cheap enough for hundreds of slices and columns at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.stats.interval import Interval
from trimtab.stats.resample import MINIMUM_UNITS

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Test:
    """A difference with its standard error by unit, and how many units told it; an error of NaN tells nothing."""

    estimate: float
    error: float
    units: int

    @property
    def known(self) -> bool:
        """True when there are 10 units and a spread."""
        return self.units >= MINIMUM_UNITS and self.error > 0

    @property
    def p_value(self) -> float:
        """The chance of so large a difference, either way, if there is none; NaN when it cannot be told.

        >>> Test(2.0, 1.0, 30).p_value.__round__(3)
        0.055
        """
        from scipy.special import stdtr  # noqa: PLC0415 - a third of a second that most commands never need

        return (
            float(2 * stdtr(self.units - 1, -abs(self.estimate / self.error))) if self.known else float("nan")
        )

    def bounds(self, level: float = 0.95) -> tuple[float, float] | None:
        """Low and high; None when they cannot be told.

        >>> [round(bound, 2) for bound in Test(2.0, 1.0, 30).bounds()]
        [-0.05, 4.05]
        """
        from scipy.special import stdtrit  # noqa: PLC0415

        if not self.known:
            return None
        half = float(stdtrit(self.units - 1, (1 + level) / 2)) * self.error
        return self.estimate - half, self.estimate + half

    def interval(self, level: float = 0.95) -> Interval:
        """The same as an interval, with the reason where there are no bounds.

        >>> print(Test(2.0, 1.0, 3).interval())
        2 [no interval: 3 units; an interval needs 10]
        """
        if self.units < MINIMUM_UNITS:
            return Interval(self.estimate, reason=f"{self.units} units; an interval needs {MINIMUM_UNITS}")
        low, high = self.bounds(level) or (self.estimate, self.estimate)
        return Interval(self.estimate, low, high, level, method="clustered by unit")


def excess(losses: Floats, inside: Flags, unit: ArrayLike) -> Test:
    """By how much the mean loss (n,) inside exceeds that outside, with the error by unit (n,).

    Units count that have a row inside: a slice of one day is one observation, whatever its rows.

    >>> day = np.repeat(np.arange(20), 10)
    >>> lost, odd = np.tile([0.0, 1.0, 1.0, 3.0, 0.0], 40), np.tile([False, True], 100)
    >>> excess(lost, odd, day).estimate
    0.0
    """
    codes = np.unique(np.asarray(unit), return_inverse=True)[1]
    rows_in, rows_out = int(inside.sum()), int((~inside).sum())
    if not rows_in or not rows_out:
        return Test(float("nan"), float("nan"), 0)
    mean_in, mean_out = float(losses[inside].mean()), float(losses[~inside].mean())
    pulled = np.where(inside, (losses - mean_in) / rows_in, (mean_out - losses) / rows_out)
    by_unit = np.bincount(codes, pulled)
    units = len(np.unique(codes[inside]))
    if units < 2:
        return Test(mean_in - mean_out, float("nan"), units)
    return Test(mean_in - mean_out, float(np.sqrt(units / (units - 1) * (by_unit @ by_unit))), units)


def mean_test(values: Floats, unit: ArrayLike) -> Test:
    """The mean of values (n,) against 0, with its error by unit (n,).

    >>> mean_test(np.tile([1.0, -1.0], 50), np.repeat(np.arange(20), 5)).estimate
    0.0
    """
    codes = np.unique(np.asarray(unit), return_inverse=True)[1]
    units = int(codes.max(initial=-1)) + 1
    if units < 2:
        return Test(float(values.mean()) if values.size else float("nan"), float("nan"), units)
    mean = float(values.mean())
    by_unit = np.bincount(codes, values - mean)
    return Test(mean, float(np.sqrt(units / (units - 1) * (by_unit @ by_unit))) / values.size, units)
