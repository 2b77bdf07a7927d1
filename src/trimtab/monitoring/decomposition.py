"""Why the loss changed: other rows, another base rate, or another relation between them.

The parts add up to the whole. The covariate part is the change of the mean estimated loss, which sees features
only. The prior part is what another base rate alone would add. The rest is the concept part: the same rows now
have other labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.errors import DataError
from trimtab.monitoring.counts import Floats
from trimtab.stats.clusters import unit_totals
from trimtab.stats.interval import Interval
from trimtab.stats.resample import MINIMUM_UNITS

STEPS = 100
"""More than enough halvings or rounds for the base rate to be matched to the last digit."""


@dataclass(frozen=True, eq=False)
class LabelledRows:
    """Rows with labels: loss and estimate (n,) of each row's loss, and the unit (n,) that they belong to.

    For the prior part, of classification: y (n,) class codes, score (n, k) probabilities, and class_losses
    (n, k), what the loss would be for each class.
    """

    loss: Floats
    estimate: Floats
    unit: NDArray[np.generic]
    y: NDArray[np.int64] | None = None
    score: Floats | None = None
    class_losses: Floats | None = None


@dataclass(frozen=True)
class LossChange:
    """The change of the mean loss and its parts: covariate + prior + concept = whole."""

    whole: Interval
    covariate: Interval
    prior: Interval
    concept: Interval

    @property
    def cause(self) -> str:
        """The name of the largest part.

        >>> sides = (Interval(0.04), Interval(0.0), Interval(0.01))
        >>> LossChange(Interval(0.05), *sides).cause
        'covariate'
        """
        names = ("covariate", "prior", "concept")
        return max(names, key=lambda name: abs(getattr(self, name).estimate))


def decompose(reference: LabelledRows, window: LabelledRows, *, level: float = 0.95) -> LossChange:
    """The change of the mean loss from the reference rows to the window's, in parts.

    Bounds are clustered by unit and need 10 units on both sides. Without scores the prior part is 0 and
    whatever it would be counts as concept. Raises DataError for NaN or no rows.
    """
    sides = [_parts(rows) for rows in (reference, window)]
    totals = [unit_totals(parts, rows.unit) for parts, rows in zip(sides, (reference, window), strict=True)]
    change = totals[1].mean - totals[0].mean
    fewest = min(side.unit.size for side in totals)
    if fewest < MINIMUM_UNITS:
        reason = f"{fewest} units; an interval needs {MINIMUM_UNITS}"
        return LossChange(*(Interval(float(each), reason=reason) for each in change))
    variance = np.zeros(4)
    for side in totals:
        residuals = (side.sums - side.mean * side.counts[:, None]) / side.counts.sum()
        variance += side.unit.size / (side.unit.size - 1) * (residuals**2).sum(axis=0)
    return LossChange(*_intervals(change, np.sqrt(variance), fewest - 1, level))


def expected_under_base_rate(score: ArrayLike, rates: ArrayLike) -> Floats:
    """The scores (n, k) moved so that their mean is the base rates (k,), odds between classes changed alike.

    This is what a calibrated score becomes under pure label shift. Source: Saerens, Latinne and Decaestecker
    2002, with the rates known.

    >>> expected_under_base_rate([[0.5, 0.5], [0.5, 0.5]], [0.8, 0.2]).round(3)
    array([[0.8, 0.2],
           [0.8, 0.2]])
    """
    scores, wanted = np.asarray(score, np.float64), np.asarray(rates, np.float64)
    weights = np.ones(wanted.size)
    moved = scores
    for _ in range(STEPS):
        moved = scores * weights
        moved = moved / np.maximum(moved.sum(axis=1, keepdims=True), 1e-300)
        weights = weights * wanted / np.maximum(moved.mean(axis=0), 1e-300)
        weights = weights / weights.sum()
    return np.asarray(moved, np.float64)


def _parts(rows: LabelledRows) -> Floats:
    """Each row's whole, covariate, prior and concept part of the loss, (n, 4)."""
    if not rows.loss.size or np.isnan(rows.loss).any() or np.isnan(rows.estimate).any():
        raise DataError(
            "a change of loss needs a loss and an estimate in every row",
            found=f"{rows.loss.size} rows, {int(np.isnan(rows.loss).sum())} without a loss",
            do="give mature rows only, and count the others",
        )
    prior = _prior(rows)
    return np.stack([rows.loss, rows.estimate, prior, rows.loss - rows.estimate - prior], axis=1)


def _prior(rows: LabelledRows) -> Floats:
    """How much more loss each row is expected to have once the scores fit the base rate."""
    if rows.y is None or rows.score is None or rows.class_losses is None:
        return np.zeros(rows.loss.size)
    rates = np.bincount(rows.y, minlength=rows.score.shape[1]) / rows.y.size
    moved = expected_under_base_rate(rows.score, rates)
    return np.asarray(((moved - rows.score) * rows.class_losses).sum(axis=1), np.float64)


def _intervals(change: Floats, error: Floats, freedom: int, level: float) -> list[Interval]:
    from scipy.special import stdtrit  # noqa: PLC0415 - a third of a second that most commands never need

    half = float(stdtrit(freedom, (1 + level) / 2)) * error
    return [
        Interval(float(c), float(c - h), float(c + h), level, method="clustered by unit")
        for c, h in zip(change, half, strict=True)
    ]
