"""Over-dispersion told from how windows differ from earlier ones, so that a change of level counts once.

Around their mean, windows of a stream that got worse half-way look over-dispersed, all of them. The difference of two
windows that lie `LAG` apart feels such a step only where it lies between them. How the mean square of differences
grows with the distance tells how windows follow each other.
Sources: von Neumann 1941 (mean square successive difference), Matheron 1963 (variogram).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.stats.dispersion import BOUND_RISK, Dispersion, effect_of_ratio

Floats = NDArray[np.float64]

LAG = 12
"""The distance, in windows, at which windows count as unrelated."""

FEWEST_WINDOWS = 3 * LAG
"""Fewer windows give fewer than 24 pairs at that distance."""

FREEDOM = 2 / 3
"""The degrees of freedom of a pair: pairs that overlap say less than as many windows around a known mean."""

MOST_CORRELATION = 0.9
"""The largest correlation of neighbours that a few windows can show."""


def successive_dispersion(
    sums: ArrayLike, squares: ArrayLike, counts: ArrayLike, expected: ArrayLike = 0.0
) -> Dispersion:
    """Return the dispersion of windows of rows in time order, from their sums, sums of squares and counts, all (w,).

    expected () or (w,) is the mean that the phase of each window expects. Raises ValueError for fewer than 36
    windows, a window without rows, or rows that do not differ within any window.

    >>> ones = np.random.default_rng(1).binomial(100, 0.2, 48)
    >>> successive_dispersion(ones, ones, np.full(48, 100)).design_effect(100).__round__(2)
    1.02
    """
    from scipy.special import chdtri  # noqa: PLC0415 - a third of a second that most commands never need

    total, square, count = (np.asarray(part, np.float64) for part in (sums, squares, counts))
    if count.size < FEWEST_WINDOWS or not (count > 0).all():
        raise ValueError(f"{FEWEST_WINDOWS} windows with rows are needed; got {int((count > 0).sum())}")
    within = float((square - total**2 / count).sum() / max(count.sum() - count.size, 1.0))
    if within <= 0:
        raise ValueError("the rows of no window differ: there is nothing to compare windows by")
    strays = total / count - np.asarray(expected, np.float64)
    variogram = np.array([_mean_square(strays, count, lag) for lag in range(1, LAG + 1)])
    rows = float(_paired_counts(count, LAG).mean())
    freedom = FREEDOM * (count.size - LAG)
    ratio = float(variogram[-1]) / within
    return Dispersion(
        windows=count.size,
        row_effect=effect_of_ratio(ratio, rows),
        row_bound=effect_of_ratio(ratio * freedom / float(chdtri(freedom, 1 - BOUND_RISK)), rows),
        rows=rows,
        correlation_effect=_long_run_effect(variogram),
    )


def _paired_counts(count: Floats, lag: int) -> Floats:
    """The harmonic means of the rows of two windows that lie `lag` apart, (w - lag,)."""
    return np.asarray(2 * count[lag:] * count[:-lag] / (count[lag:] + count[:-lag]), np.float64)


def _mean_square(strays: Floats, count: Floats, lag: int) -> float:
    """Half the mean square of differences at this distance, times the rows: the variance of a row if all are alike."""
    return float(((strays[lag:] - strays[:-lag]) ** 2 * _paired_counts(count, lag)).mean() / 2)


def _long_run_effect(variogram: Floats) -> float:
    """Long-run variance / variance, at least 1, as `trimtab.stats.dispersion.long_run_effect` has it."""
    if variogram[-1] <= 0:
        return 1.0
    correlations = 1 - variogram[:-1] / variogram[-1]
    bartlett = 1 + 2 * float((1 - np.arange(1, LAG) / LAG) @ correlations)
    first = min(float(correlations[0]), MOST_CORRELATION)
    return max(1.0, bartlett, (1 + first) / (1 - first))
