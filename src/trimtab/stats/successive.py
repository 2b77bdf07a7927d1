"""Over-dispersion told from how windows differ from earlier ones, and how much of it stays from window to window.

The mean square of the differences of two windows grows with their distance: near ones differ less than far ones, which
count as unrelated. How fast it grows tells how windows follow each other. A lasting change of level makes windows look
as if they followed each other for ever, so one that is beyond doubt is taken out first.
Sources: von Neumann 1941 (mean square successive difference), Matheron 1963 (variogram), Geyer 1992 (initial sequence),
Ploberger and Krämer 1992 (CUSUM of residuals).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from trimtab.stats.dispersion import BOUND_RISK, Dispersion, effect_of_ratio

Floats = NDArray[np.float64]

REACH = 36
"""The largest distance, in windows, that is looked at; those beyond half of it count as unrelated."""

FEWEST_WINDOWS = 36
"""Fewer windows have too few pairs; the reach is at most a third of the windows."""

FREEDOM = 2 / 3
"""The degrees of freedom of a pair: pairs that overlap say less than as many windows around a known mean."""

CLEAR = 1.5
"""Standard errors, of windows that do not follow each other, above which the correlation of two distances counts."""

STEP = 2.5
"""The largest CUSUM that a constant level explains: of constant ones seven in a million exceed it."""

STEP_WINDOWS = 3 * REACH
"""Fewer windows cannot tell a step from trouble that lasts."""


def successive_dispersion(
    sums: ArrayLike, squares: ArrayLike, counts: ArrayLike, expected: ArrayLike = 0.0
) -> Dispersion:
    """Return the dispersion of windows of rows in time order, from their sums, sums of squares and counts, all (w,).

    expected () or (w,) is the mean that the phase of each window expects. Raises ValueError for fewer than 36
    windows, a window without rows, or rows that do not differ within any window.

    >>> ones = np.random.default_rng(1).binomial(100, 0.2, 48)
    >>> successive_dispersion(ones, ones, np.full(48, 100)).design_effect(100).__round__(2)
    1.5
    """
    from scipy.special import chdtri  # noqa: PLC0415 - a third of a second that most commands never need

    total, square, count = (np.asarray(part, np.float64) for part in (sums, squares, counts))
    if count.size < FEWEST_WINDOWS or not (count > 0).all():
        raise ValueError(f"{FEWEST_WINDOWS} windows with rows are needed; got {int((count > 0).sum())}")
    within = float((square - total**2 / count).sum() / max(count.sum() - count.size, 1.0))
    if within <= 0:
        raise ValueError("the rows of no window differ: there is nothing to compare windows by")
    strays = total / count - np.asarray(expected, np.float64)
    pair_rows = _pair_rows(count, min(REACH, count.size // 3))
    found = _spread(strays, pair_rows)
    if count.size >= STEP_WINDOWS:
        level, cusum = _step(strays, count)
        constant = _spread(strays - level, pair_rows)
        found = constant if cusum > STEP * np.sqrt(count.sum() * constant.long_run_variance) else found
    # windows that follow each other are worth fewer, for their variance, too
    freedom = FREEDOM * found.pairs / found.long_run
    ratio = found.variance / within
    return Dispersion(
        windows=count.size,
        row_effect=effect_of_ratio(ratio, found.rows),
        row_bound=effect_of_ratio(ratio * freedom / float(chdtri(freedom, 1 - BOUND_RISK)), found.rows),
        rows=found.rows,
        correlation_effect=found.long_run,
    )


@dataclass(frozen=True)
class _Spread:
    """How windows spread: the variance of a row, long-run variance over it, the rows of a pair, and the pairs told from."""

    variance: float
    long_run: float
    rows: float
    pairs: int

    @property
    def long_run_variance(self) -> float:
        return self.variance * self.long_run


def _spread(strays: Floats, pair_rows: Floats) -> _Spread:
    windows, reach = pair_rows.shape
    pairs = windows - np.arange(1, reach + 1)
    apart = _later(strays, reach) - strays[:, None]
    # the variance of a row, if all windows are alike
    variogram = np.einsum("wr,wr,wr->r", apart, apart, pair_rows) / pairs / 2
    near, unrelated = variogram[: reach // 2], float(variogram[reach // 2 :].mean())
    rows = float(pair_rows[:, -1].sum() / pairs[-1])
    return _Spread(unrelated, _long_run_effect(near, unrelated, windows), rows, windows - reach)


def _pair_rows(count: Floats, reach: int) -> Floats:
    """The harmonic mean of the rows of each window and of that 1 .. reach later, (w, reach); 0 beyond the end."""
    later = _later(count, reach)
    return np.asarray(2 * count[:, None] * later / (count[:, None] + later), np.float64)


def _later(values: Floats, reach: int) -> Floats:
    """The values 1 .. reach windows later, (w, reach), 0 beyond the end."""
    return sliding_window_view(np.concatenate([values, np.zeros(reach)]), reach + 1)[:, 1:]


def _step(strays: Floats, count: Floats) -> tuple[Floats, float]:
    """The mean before and after the likeliest change of level, (w,), and how far rows before it sum up from the mean."""
    sums, rows = np.cumsum(count * strays), np.cumsum(count)
    cusum = np.abs(sums - rows * sums[-1] / rows[-1])[:-1]
    last = int(cusum.argmax())
    before, after = sums[last] / rows[last], (sums[-1] - sums[last]) / (rows[-1] - rows[last])
    return np.where(np.arange(count.size) <= last, before, after), float(cusum[last])


def _long_run_effect(near: Floats, unrelated: float, windows: int) -> float:
    """Long-run variance / variance, at least 1: the sum of correlations up to where they are no longer clear.

    Distances are taken in pairs, whose correlation falls for most processes; a later pair counts as the least before it.
    """
    if unrelated <= 0:
        return 1.0
    correlations = 1 - near[: near.size // 2 * 2] / unrelated
    pairs = correlations.reshape(-1, 2).sum(axis=1)
    clear = np.logical_and.accumulate(pairs > CLEAR * np.sqrt(2 / windows))
    return 1 + 2 * float(np.minimum.accumulate(pairs)[clear].sum())
