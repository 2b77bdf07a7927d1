"""The concept residual: what a row lost beyond what its features and score let expect.

Season and a changed population move the loss and its estimate alike, and cancel in the difference. What remains is
a changed relation between features and label, which no estimate without labels can see. The same sums tell how wrong
the estimate has been.
"""

from dataclasses import dataclass
from math import isnan, nan, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.monitoring.losses import on_grid
from trimtab.stats import UnitTotals, unit_totals

Floats = NDArray[np.float64]

MINIMUM_UNITS = 7
"""Below so many units with labels, how wrong the estimate is remains unknown."""

NORMAL_90 = 1.645
"""The distance from 0, in standard deviations, that nine of ten normal values keep within."""


def concept_residuals(losses: ArrayLike, estimates: ArrayLike) -> Floats:
    """Return (loss - estimate + 1) / 2 of each row (n,), in [0, 1]; half where the loss was as expected.

    >>> concept_residuals([1.0, 0.0], [0.5, 0.5])
    array([0.75, 0.25])
    """
    return (on_grid(losses) - on_grid(estimates) + 1.0) / 2.0


def gap_totals(losses: ArrayLike, estimates: ArrayLike, unit: ArrayLike) -> UnitTotals:
    """Collapse realised and estimated losses of the same rows (n,) to the totals of each unit (n,).

    The sums are (u, 3): realised, estimated, squared difference; all merge exactly. Raises ValueError when one is
    missing.

    >>> gap_totals([1.0, 0.0], [0.5, 0.5], [7, 7]).sums
    array([[1. , 1. , 0.5]])
    """
    realised, estimated = on_grid(losses), on_grid(estimates)
    return unit_totals(np.column_stack([realised, estimated, on_grid((realised - estimated) ** 2)]), unit)


@dataclass(frozen=True)
class PastError:
    """How far estimates of whole units were from what was realised, beyond the noise of counting rows.

    `bias` is the mean of realised - estimated; `spread` the root mean square of a unit's gap with the part that
    single rows explain taken out; both NaN when there were too few units.

    >>> PastError(units=30, rows=30_000, bias=0.001, spread=0.01).likely
    0.01645
    """

    units: int
    rows: int
    bias: float = nan
    spread: float = nan

    @property
    def known(self) -> bool:
        """True when there were enough units to tell."""
        return not isnan(self.spread)

    @property
    def likely(self) -> float:
        """The gap that nine of ten units stay within; NaN when unknown."""
        return NORMAL_90 * self.spread


def past_error(totals: UnitTotals) -> PastError:
    """Return how wrong the estimate was over units with labels, from their `gap_totals`.

    The variance that single rows explain is taken out, else small units would look like a bad estimate. Rows of one
    unit that err together are not taken out: they are what a unit's estimate misses.

    >>> past_error(gap_totals(np.ones(80), np.full(80, 0.75), np.arange(80) // 10))
    PastError(units=8, rows=80, bias=0.25, spread=0.25)
    """
    units, rows = int(totals.unit.size), int(totals.counts.sum())
    if units < MINIMUM_UNITS:
        return PastError(units, rows)
    gaps = totals.sums[:, 0] - totals.sums[:, 1]
    squares = gaps**2 / totals.counts
    # E[gap^2 / n] = n * (the unit's own error)^2 + the variance of one row
    of_one_row = (totals.sums[:, 2] - squares).sum() / max(rows - units, 1)
    excess = (squares.sum() - units * of_one_row) / rows
    return PastError(units, rows, float(gaps.sum() / rows), sqrt(max(float(excess), 0.0)))
