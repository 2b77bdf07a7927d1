"""Rows collapsed to independent units (days, entities): the sums and counts that carry the statistics.

Rows of one day share its weather, its outages and its holidays, so a thousand rows are not a thousand
observations. Everything that follows from sums and counts is exact, additive and cheap.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class UnitTotals:
    """The sums of per-row losses and the counts (or weights) of rows of each unit, units ascending.

    unit (u,), sums (u,) or (u, k) for k losses on the same rows, counts (u,).

    >>> UnitTotals(np.array([1, 2]), np.array([3.0, 5.0]), np.array([2.0, 2.0])).mean
    array(2.)
    """

    unit: NDArray[Any]
    sums: Floats
    counts: Floats

    @property
    def mean(self) -> Floats:
        """The mean loss of a row, () or (k,): sum of sums / sum of counts; NaN without rows.

        >>> unit_totals([1.0, 2.0, 6.0], [1, 1, 2]).mean
        array(3.)
        """
        with np.errstate(invalid="ignore"):
            return np.asarray(self.sums.sum(axis=0) / self.counts.sum(), np.float64)

    def merge(self, other: "UnitTotals") -> "UnitTotals":
        """Return the totals of both sets of rows together.

        >>> unit_totals([1.0], [1]).merge(unit_totals([2.0, 3.0], [1, 2])).sums
        array([3., 3.])
        """
        unit, codes = np.unique(np.concatenate([self.unit, other.unit]), return_inverse=True)
        sums, counts = np.concatenate([self.sums, other.sums]), np.concatenate([self.counts, other.counts])
        return UnitTotals(unit, _sums(codes, sums, unit.size), _sums(codes, counts, unit.size))

    def minus(self, other: "UnitTotals") -> "UnitTotals":
        """Return the totals of the paired difference; ValueError unless both are of the same rows.

        >>> unit_totals([1.0, 2.0], [1, 2]).minus(unit_totals([0.5, 2.5], [1, 2])).sums
        array([ 0.5, -0.5])
        """
        if not (np.array_equal(self.unit, other.unit) and np.array_equal(self.counts, other.counts)):
            raise ValueError("a paired difference needs losses of the same rows; units or counts differ")
        return UnitTotals(self.unit, self.sums - other.sums, self.counts)


def unit_totals(losses: ArrayLike, unit: ArrayLike, weight: ArrayLike | None = None) -> UnitTotals:
    """Collapse per-row losses (n,) or (n, k) to the totals of each unit (n,): a day number, a date, a key.

    Raises ValueError when the lengths differ or a loss is NaN: exclude rows without a label or score first.

    >>> unit_totals([1.0, 2.0, 4.0], ["mon", "mon", "tue"]).sums
    array([3., 4.])
    """
    rows, keys = np.asarray(losses, np.float64), np.asarray(unit)
    weights = np.ones(keys.shape) if weight is None else np.asarray(weight, np.float64)
    if keys.ndim != 1 or rows.shape[:1] != keys.shape or weights.shape != keys.shape:
        raise ValueError(
            f"one unit per row; got losses {rows.shape}, unit {keys.shape}, weight {weights.shape}"
        )
    if np.isnan(rows).any():
        raise ValueError("found a NaN loss: exclude rows without a label or score first, and count them")
    found, codes = np.unique(keys, return_inverse=True)
    weighted = rows * (weights if rows.ndim == 1 else weights[:, None])
    return UnitTotals(found, _sums(codes, weighted, found.size), _sums(codes, weights, found.size))


def unit_residuals(totals: UnitTotals) -> Floats:
    """Return how far each unit's sum is from its share, per mean count: (u,) or (u, k), summing to 0.

    >>> unit_residuals(unit_totals([1.0, 2.0, 6.0], [1, 1, 2]))
    array([-2.,  2.])
    """
    counts = totals.counts if totals.sums.ndim == 1 else totals.counts[:, None]
    return np.asarray((totals.sums - totals.mean * counts) / totals.counts.mean(), np.float64)


def lag_correlation(totals: UnitTotals, lag: int = 1) -> float:
    """Return the correlation of the residuals (u,) of units `lag` apart, in [-1, 1]; NaN if it has no meaning.

    Above about 0.1 single units are no longer independent: resample blocks of them.

    >>> lag_correlation(unit_totals([1.0, 2.0, 1.0, 2.0], [1, 2, 3, 4]))
    -0.75
    """
    residuals = unit_residuals(totals)
    spread = float(residuals @ residuals)
    if not 0 < lag < residuals.size or spread == 0:
        return float("nan")
    return float(residuals[lag:] @ residuals[:-lag]) / spread


def design_effect(losses: ArrayLike, unit: ArrayLike) -> float:
    """Return the variance of the mean loss by units / that by rows: how many rows weigh as much as one.

    1 for independent rows; up to the rows of a unit when all of them agree. NaN for fewer than 2 units or no
    spread. Losses and unit are (n,). Source: Kish 1965.

    >>> design_effect([1.0, 1.0, 3.0, 3.0, 5.0, 5.0], [1, 1, 2, 2, 3, 3]).__round__(3)
    2.5
    """
    rows, totals = np.asarray(losses, np.float64), unit_totals(losses, unit)
    units, spread = totals.unit.size, float(rows.var(ddof=1)) if rows.size > 1 else 0.0
    if units < 2 or spread == 0:
        return float("nan")
    residuals = totals.sums - totals.mean * totals.counts
    return float(units / (units - 1) * (residuals @ residuals) / (rows.size * spread))


def _sums(codes: NDArray[np.intp], values: Floats, units: int) -> Floats:
    """Return the sums of values (n,) or (n, k) by code."""
    if values.ndim == 2:
        return np.stack([_sums(codes, column, units) for column in values.T], axis=1)
    return np.bincount(codes, values, minlength=units).astype(np.float64)
