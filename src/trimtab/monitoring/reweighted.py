"""A second estimate of performance: reference rows re-weighted until they look like the current ones.

A domain classifier tells current rows from reference rows; its odds are the density ratio. The errors that the error
model made on the reference, so weighted, correct its running estimate (doubly robust: right when either the error
model or the ratio is). The size of the correction is how far the two estimates disagree. It takes about 0.15 s, so it
is made daily and at incidents.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.errors import DataError
from trimtab.monitoring.estimated import EstimateReference

Floats = NDArray[np.float64]

DOMAIN_ROWS = 20_000
"""Rows of each side that the domain classifier is fitted on at most."""

SMALLEST_ODDS = 1e-6


@dataclass(frozen=True)
class Reweighted:
    """The mean loss of current rows by both estimates, and what the second one stands on.

    `running` is the mean of the running estimate, `correction` what the re-weighted reference adds to it, with its
    `standard_error`. `effective_rows`: how many equally weighted reference rows the weights are worth. `coverage`:
    the share of current rows that lie where the reference has rows, about 1 when all do.

    >>> Reweighted(1000, 0.25, -0.125, 0.003, effective_rows=900.0, coverage=0.97).estimate
    0.125
    """

    rows: int
    running: float
    correction: float
    standard_error: float
    effective_rows: float
    coverage: float

    @property
    def estimate(self) -> float:
        """The corrected mean loss, in [0, 1]: the more exact one of the two where the population moved."""
        return min(max(self.running + self.correction, 0.0), 1.0)

    @property
    def disagreement(self) -> float:
        """How far the two estimates are apart."""
        return abs(self.correction)


def reweighted_estimate(
    reference: EstimateReference, values: ArrayLike, score: ArrayLike, *, seed: int = 0
) -> Reweighted:
    """Return both estimates for current rows: features (n, d) and score, as the reference was fitted on.

    Raises DataError when there is no row.
    """
    current = reference.model.inputs(values, score)
    if not len(current):
        raise DataError("there is no row to estimate", do="estimate once predictions were made")
    weights = density_ratios(reference.inputs, current, seed)
    wrong = reference.losses - reference.estimates
    total = weights.sum()
    correction = float(weights @ wrong / total)
    return Reweighted(
        rows=len(current),
        running=float(reference.model.estimate_inputs(current).mean()),
        correction=correction,
        standard_error=sqrt(float(weights**2 @ (wrong - correction) ** 2)) / float(total),
        effective_rows=float(total**2 / (weights @ weights)),
        coverage=float(weights.mean()),
    )


def density_ratios(reference: Floats, current: Floats, seed: int) -> Floats:
    """Return how much more often each reference row (n, d) is met among current rows (m, d) than in the reference.

    Their mean estimates the share of current rows that lie where the reference has any: what the reference has never
    seen gets no weight, and is missing from the mean.
    """
    generator = np.random.default_rng(seed)
    old, new = _drawn(reference, generator), _drawn(current, generator)
    classifier = _domain_classifier(old, new, seed)
    chance = np.clip(classifier.predict_proba(reference)[:, 1], SMALLEST_ODDS, 1 - SMALLEST_ODDS)
    return np.asarray(chance / (1 - chance) * (len(old) / len(new)), np.float64)


def _drawn(rows: Floats, generator: np.random.Generator) -> Floats:
    if len(rows) <= DOMAIN_ROWS:
        return rows
    return rows[generator.choice(len(rows), DOMAIN_ROWS, replace=False)]


def _domain_classifier(old: Floats, new: Floats, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415  # heavy; only this needs it

    return HistGradientBoostingClassifier(
        max_iter=40,
        max_leaf_nodes=16,
        learning_rate=0.12,
        min_samples_leaf=100,
        early_stopping=False,
        random_state=seed,
    ).fit(np.concatenate([old, new]), np.repeat([0, 1], [len(old), len(new)]))
