"""A mean difference that may be looked at every day: bounds that hold at all looks together.

A 95 % interval is meant for one look. Looked at daily until it excludes 0, it does so for 20 to 35 % of pairs that are
equal. A confidence sequence pays for all looks at once: the chance that its bounds ever miss the truth is at most
alpha. Units (days, entities) carry it, never rows. The variance is estimated from the units, so the promise is
asymptotic in them; what makes it good for few of them: at least 14 units, 28 when they follow each other, long-run
variance, the t quantile's inflation, and a widening towards the longer tail.
Sources: Robbins 1970; Howard et al. 2021; Waudby-Smith et al. 2024 (asymptotic sequences); Newey and West 1987;
Hall 1992 (skewness).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.stats.clusters import UnitTotals

Floats = NDArray[np.float64]
Verdict = Literal["better", "equivalent", "not worse", "worse", "continue", "undecided"]
"""What a comparison of losses may say of the candidate; `continue` waits, `undecided` is its end without a verdict."""

PASSING: frozenset[Verdict] = frozenset({"better", "equivalent", "not worse"})
"""The verdicts that a promotion may rest on."""

LEAST_UNITS, LEAST_CORRELATED_UNITS = 14, 28
"""Fewer units than this give no verdict; the second where neighbours are correlated."""

CORRELATED = 0.2
"""The lag-1 correlation, corrected for few units, above which twice the units are needed."""

LAGS = 3


@dataclass(frozen=True, eq=False)
class Bounds:
    """Estimates and their bounds at one look, all of one shape: one number each for a single comparison.

    low, high: two-sided; lower, upper: each one-sided at the same alpha. units (t,), correlation of neighbours,
    log_e: the evidence against a difference of 0. enough: False where no verdict may be given yet.
    """

    estimate: Floats
    low: Floats
    high: Floats
    lower: Floats
    upper: Floats
    correlation: Floats
    log_e: Floats
    enough: NDArray[np.bool_]
    units: int

    def verdict(self, margin: float = 0.0) -> Verdict:
        """Return what a single comparison of losses, candidate - champion, says with a margin set beforehand.

        worse: surely above 0. better: surely below. equivalent: surely within the margin on both sides. not worse:
        surely less than the margin above. Raises ValueError for a negative margin.

        >>> totals = UnitTotals(np.arange(20), np.tile([-1.2, -0.8], 10), np.ones(20))
        >>> paired_bounds(totals).verdict()
        'better'
        """
        if margin < 0:
            raise ValueError(f"a margin is at least 0; got {margin:g}")
        if not self.enough:
            return "continue"
        said: dict[Verdict, object] = {
            "worse": self.low > 0,
            "better": self.high < 0,
            "equivalent": -margin < self.low and self.high < margin,
            "not worse": self.upper < margin,
        }
        return next((verdict for verdict, holds in said.items() if holds), "continue")


def mixture_rate(alpha: float, planned_units: float) -> float:
    """Return rho squared of the normal mixture, which makes the bounds tightest at a quarter of the planned units.

    Raises ValueError unless 0 < alpha < 1 and planned_units > 0.

    >>> round(mixture_rate(0.05, 56), 3)
    0.567
    """
    if not (0 < alpha < 1 and planned_units > 0):
        raise ValueError(f"0 < alpha < 1 and planned units above 0; got {alpha:g} and {planned_units:g}")
    evidence = 2 * np.log(1 / alpha)
    return float((evidence + np.log1p(evidence)) / (planned_units / 4))


def paired_bounds(
    totals: UnitTotals, *, alpha: float = 0.05, planned_units: float = 56, ordered: bool = True
) -> Bounds:
    """Return the bounds of the mean paired difference of a row, from its totals by unit (sums (u,)).

    `ordered`: units are days in time order, whose neighbours resemble each other; False for entities.
    Raises ValueError when totals hold several losses.

    >>> totals = UnitTotals(np.arange(20), np.linspace(-1, 3, 20), np.ones(20))
    >>> bounds = paired_bounds(totals, ordered=False)
    >>> bounds.estimate.round(1), bounds.low.round(2), bounds.upper.round(2)
    (np.float64(1.0), np.float64(0.1), np.float64(1.83))
    """
    if totals.sums.ndim != 1:
        raise ValueError(f"one difference a row; got sums of shape {totals.sums.shape}")
    return sequence_bounds(
        totals.sums, totals.counts, alpha=alpha, planned_units=planned_units, ordered=ordered
    )


def sequence_bounds(
    sums: ArrayLike,
    counts: ArrayLike,
    *,
    alpha: float = 0.05,
    planned_units: float = 56,
    ordered: bool = True,
) -> Bounds:
    """Return the same bounds for many comparisons at once: sums and counts (..., u), bounds (...).

    >>> bounds = sequence_bounds(np.zeros((3, 5)), np.ones((3, 5)))
    >>> bounds.enough, bounds.high
    (array([False, False, False]), array([inf, inf, inf]))
    """
    total, count = np.broadcast_arrays(np.asarray(sums, np.float64), np.asarray(counts, np.float64))
    units = total.shape[-1]
    if units < LEAST_UNITS:
        return _silent(total.shape[:-1], units)
    mean, residuals = _residuals(total, count)
    variance, correlation = _long_run_variance(residuals, ordered=ordered)
    enough = (units >= LEAST_CORRELATED_UNITS) | (correlation <= CORRELATED) | (not ordered)
    widened = variance * _inflation(alpha, units)
    lean = _skewness(residuals) / np.sqrt(units)
    return _mixture(mean, widened, lean, correlation, enough, units, alpha, planned_units)


def unpaired_bounds(
    candidate: UnitTotals, champion: UnitTotals, *, alpha: float = 0.05, planned_units: float = 20_000
) -> Bounds:
    """Return the bounds of candidate - champion for different independent units (entities) in each arm.

    Totals have sums (u,) and counts; a ratio of both is what is compared (delta method). planned_units counts both
    arms. Raises ValueError when totals hold several losses.

    >>> arm = UnitTotals(np.arange(100), np.arange(100) % 5 * 1.0, np.ones(100))
    >>> float(unpaired_bounds(arm, arm, planned_units=200).estimate)
    0.0
    """
    if candidate.sums.ndim != 1 or champion.sums.ndim != 1:
        raise ValueError("one loss a row in each arm")
    sizes = candidate.counts.size, champion.counts.size
    if min(sizes) < LEAST_UNITS:
        return _silent((), sum(sizes))
    means, residuals = zip(*(_residuals(arm.sums, arm.counts) for arm in (candidate, champion)), strict=True)
    variances = [float(part.var(ddof=1)) / part.size for part in residuals]
    thirds = [float((part**3).mean()) / part.size**2 for part in residuals]
    spread = sum(variances)
    lean = (thirds[0] - thirds[1]) / spread**1.5 if spread > 0 else 0.0
    widened = sum(sizes) * spread * _inflation(alpha, min(sizes))
    return _mixture(
        means[0] - means[1],
        np.asarray(widened),
        np.asarray(lean),
        np.asarray(0.0),
        np.asarray(True),
        sum(sizes),
        alpha,
        planned_units,
    )


def one_look_bounds(totals: UnitTotals, *, alpha: float = 0.05) -> tuple[float, float]:
    """Return the one-sided lower and upper bounds of a mean paired difference that is looked at once.

    Infinite for too few units. For a decision on data that are complete, such as a gate's.

    >>> totals = UnitTotals(np.arange(20), np.linspace(-1, 3, 20), np.ones(20))
    >>> one_look_bounds(totals)[0] < 1 < one_look_bounds(totals)[1]
    True
    """
    from scipy.special import stdtrit  # noqa: PLC0415 - a third of a second that most commands never need

    units = totals.counts.size
    if units < LEAST_UNITS:
        return -np.inf, np.inf
    mean, residuals = _residuals(totals.sums, totals.counts)
    variance, correlation = _long_run_variance(residuals, ordered=True)
    if units < LEAST_CORRELATED_UNITS and correlation > CORRELATED:
        return -np.inf, np.inf
    quantile, error = stdtrit(units - 1, 1 - alpha), np.sqrt(variance / units)
    down, up = _leaning(error, quantile**2, _skewness(residuals) / np.sqrt(units))
    return float(mean - quantile * error - down), float(mean + quantile * error + up)


def _residuals(sums: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Return the mean of a row (...) and how far each unit's sum is from its share, per mean count (..., u)."""
    mean = sums.sum(axis=-1) / counts.sum(axis=-1)
    return mean, (sums - mean[..., None] * counts) / counts.mean(axis=-1, keepdims=True)


def _long_run_variance(residuals: Floats, *, ordered: bool) -> tuple[Floats, Floats]:
    """Return the variance that a mean of units has, times their number, and the corrected lag-1 correlation, (...).

    The largest of the plain one, Bartlett's with 3 lags and that of a first-order chain.
    """
    units = residuals.shape[-1]
    power = (residuals**2).sum(axis=-1)
    if not ordered:
        return power / (units - 1), np.zeros(power.shape)
    shifted = [(residuals[..., k:] * residuals[..., :-k]).sum(axis=-1) for k in range(1, LAGS + 1)]
    lags = np.stack(shifted) / np.where(power > 0, power, 1.0)
    bartlett = 1 + 2 * sum((1 - k / (LAGS + 1)) * lag for k, lag in enumerate(lags, 1))
    first = np.minimum(lags[0] + (1 + 3 * lags[0]) / units, 0.9)
    effect = np.maximum(np.maximum(1.0, bartlett), (1 + first) / (1 - first))
    return power / (units - 1) * effect, first


def _inflation(alpha: float, units: int) -> float:
    from scipy.special import ndtri, stdtrit  # noqa: PLC0415 - as above

    return float((stdtrit(units - 1, 1 - alpha / 2) / ndtri(1 - alpha / 2)) ** 2)


def _skewness(residuals: Floats) -> Floats:
    """Return the skewness of units, corrected for few of them, (...)."""
    units, spread = residuals.shape[-1], (residuals**2).mean(axis=-1)
    raw = (residuals**3).mean(axis=-1) / np.where(spread > 0, spread, 1.0) ** 1.5
    return np.asarray(raw * np.sqrt(units * (units - 1)) / (units - 2))


def _leaning(error: Floats, squared_z: Floats, lean: Floats) -> tuple[Floats, Floats]:
    """Return how much farther the bounds reach below and above a mean of skewness `lean`; never less far."""
    reach = error * (2 * squared_z + 1) / 6
    return reach * np.maximum(-lean, 0.0), reach * np.maximum(lean, 0.0)


def _mixture(
    mean: Floats,
    variance: Floats,
    lean: Floats,
    correlation: Floats,
    enough: NDArray[np.bool_],
    units: int,
    alpha: float,
    planned_units: float,
) -> Bounds:
    rate = mixture_rate(alpha, planned_units)
    grown = units * rate + 1
    error = np.sqrt(variance / units)
    both, single = np.log(np.sqrt(grown) / alpha), np.log1p(np.sqrt(grown) / (2 * alpha))
    reached = []
    for log in (both, single):
        squared_z = 2 * grown / (units * rate) * log
        down, up = _leaning(error, squared_z, lean)
        half = error * np.sqrt(squared_z)
        reached += [mean - half - down, mean + half + up]
    ratio = np.divide(mean**2, variance, out=np.zeros_like(variance), where=variance > 0)
    log_e = rate * units**2 * ratio / (2 * grown) - np.log(grown) / 2
    return Bounds(
        np.asarray(mean), reached[0], reached[1], reached[2], reached[3], correlation, log_e, enough, units
    )


def _silent(shape: tuple[int, ...], units: int) -> Bounds:
    nan, wide = np.full(shape, np.nan), np.full(shape, np.inf)
    return Bounds(nan, -wide, wide, -wide, wide, nan, np.zeros(shape), np.zeros(shape, bool), units)
