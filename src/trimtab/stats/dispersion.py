"""How much less a row or a day says than it seems: over-dispersion of windows and correlation of units.

Rows of one window share its weather; days follow each other. A product over rows takes them for independent given
the past, so its evidence grows too fast by the design effect. Tempering e^(1 / design effect) takes that back: in
the normal limit it makes the mean of e exactly 1 again, and by Jensen it never harms a valid e-value.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

MINIMUM_WINDOWS = 10
"""Fewer reference windows than this cannot show over-dispersion."""

BOUND_RISK = 0.1
"""The chance that the over-dispersion of rows exceeds the bound that evidence is tempered by."""

OVERDISPERSED = 0.05
"""The p-value below which independent rows are refuted."""


@dataclass(frozen=True)
class Dispersion:
    """What the windows of the reference say about independence.

    row_effect: variance between windows over what independent rows would give, in windows of mean size `rows`;
    row_bound its one-sided 90 % bound. correlation_effect: long-run variance of successive units over their
    variance. p_value: of independent rows (an F test); NaN where a unit has one value.

    >>> Dispersion(windows=60).design_effect(1000)
    1.0
    """

    windows: int
    row_effect: float = 1.0
    row_bound: float = 1.0
    rows: float = 1.0
    correlation_effect: float = 1.0
    p_value: float = float("nan")

    def design_effect(self, rows: float) -> float:
        """Return by how much the evidence of a window of so many rows is tempered, at least 1.

        What rows share weighs more the more of them there are: 1 + (rows - 1) x correlation within a window. The
        bound counts, not the estimate: ten windows may show half the dispersion there is.

        >>> Dispersion(60, row_effect=2.0, row_bound=3.0, rows=101, correlation_effect=1.5).design_effect(201)
        7.5
        """
        within = max(self.row_bound - 1, 0.0) / max(self.rows - 1, 1.0)
        return (1 + max(rows - 1, 0.0) * within) * max(1.0, self.correlation_effect)

    @property
    def overdispersed(self) -> bool:
        """True when the rows of a window are shown not to be independent.

        >>> Dispersion(60, 3.0, 3.8, p_value=1e-9).overdispersed
        True
        """
        return self.p_value < OVERDISPERSED


def unit_dispersion(values: ArrayLike, expected: ArrayLike = 0.0) -> Dispersion:
    """Return the dispersion of units with one value each (u,), in time order, around what their phase expects.

    Only their correlation counts: bets on one value per unit are valid at any spread. Raises ValueError for fewer
    than 10 units.

    >>> unit_dispersion(np.arange(40) % 2).design_effect(1)
    1.0
    """
    units = np.asarray(values, np.float64) - np.asarray(expected, np.float64)
    _enough(units.size)
    return Dispersion(units.size, correlation_effect=long_run_effect(units))


def row_dispersion(
    sums: ArrayLike, squares: ArrayLike, counts: ArrayLike, expected: ArrayLike | None = None
) -> Dispersion:
    """Return the dispersion of windows of rows, from their sums, sums of squares and counts, all (w,).

    expected (w,) is the mean that the phase of each window expects; without it their common mean. Raises ValueError
    for fewer than 10 windows with rows, or without two rows in any.

    >>> even = row_dispersion(np.full(12, 50.0), np.full(12, 50.0), np.full(12, 100.0))
    >>> even.design_effect(100), even.overdispersed
    (1.0, False)
    """
    from scipy.special import chdtri, fdtrc  # noqa: PLC0415 - a third of a second that most commands never need

    total, square, count = (np.asarray(part, np.float64) for part in (sums, squares, counts))
    held = count > 0
    total, square, count = total[held], square[held], count[held]
    _enough(count.size)
    phase = total.sum() / count.sum() if expected is None else np.asarray(expected, np.float64)[held]
    residuals = (total / count - phase) * np.sqrt(count)
    inner, outer = count.sum() - count.size, count.size - 1.0
    if inner < 1:
        raise ValueError("over-dispersion of rows needs windows with more than one row")
    within = float((square - total**2 / count).sum() / inner)
    between = float(residuals @ residuals) / outer
    ratio = between / within if within > 0 else (np.inf if between > 0 else 1.0)
    stretch = outer / float(chdtri(outer, 1 - BOUND_RISK))
    rows = float(count.mean())
    return Dispersion(
        windows=count.size,
        row_effect=effect_of_ratio(ratio, rows),
        row_bound=effect_of_ratio(ratio * stretch, rows),
        rows=rows,
        correlation_effect=long_run_effect(residuals),
        p_value=float(fdtrc(outer, inner, ratio)) if np.isfinite(ratio) else 0.0,
    )


def effect_of_ratio(ratio: float, rows: float) -> float:
    """Return the design effect of windows of so many rows from the ratio of variance between to within (ANOVA).

    >>> effect_of_ratio(2.0, rows=100.0).__round__(2)
    1.98
    """
    correlation = 1.0 if np.isinf(ratio) else (ratio - 1) / (ratio - 1 + rows)
    return max(0.0, 1 + (rows - 1) * correlation)


def long_run_effect(residuals: ArrayLike) -> float:
    """Return long-run variance / variance of residuals (u,) in time order, at least 1.

    The larger of Bartlett's sum and of the one that the first correlation alone implies, (1 + r) / (1 - r), with r
    corrected for the bias of short series. 1 for fewer than 10 residuals or no spread. Source: Newey and West 1987.

    >>> long_run_effect(np.repeat([1.0, -1.0, 1.0, -1.0], 10)).__round__(1)
    19.0
    """
    series = np.asarray(residuals, np.float64)
    series = series - series.mean() if series.size else series
    power = float(series @ series)
    if series.size < MINIMUM_WINDOWS or power == 0:
        return 1.0
    lags = max(3, int(4 * (series.size / 100) ** (2 / 9)))
    correlations = [float(series[lag:] @ series[:-lag]) / power for lag in range(1, lags + 1)]
    bartlett = 1 + 2 * sum((1 - i / (lags + 1)) * r for i, r in enumerate(correlations, 1))
    first = min(correlations[0] + (1 + 3 * correlations[0]) / series.size, 0.9)
    return max(1.0, bartlett, (1 + first) / (1 - first))


def _enough(windows: int) -> None:
    if windows < MINIMUM_WINDOWS:
        raise ValueError(f"{windows} reference windows; over-dispersion needs {MINIMUM_WINDOWS}")
