"""The running estimate of performance while labels are late: a small model of how much a row will lose.

The error model reads features and score, and is fitted on reference rows with mature labels. Its estimate is one
number a row, so sums over any rows are the estimate of their loss. It sees harm that comes with the population (more
of the hard rows). It cannot see a changed relation between features and label.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trimtab.errors import DataError
from trimtab.monitoring.losses import on_grid
from trimtab.monitoring.quick_trees import quick_trees

Floats = NDArray[np.float64]

MINIMUM_REFERENCE_ROWS = 500
"""Fewer labelled rows than this teach nothing about where the model errs."""

FOLDS = 5
MOST_WORDS = 250
"""Text columns with more words are read as ordered codes: the trees hold no more categories than this."""


@dataclass(frozen=True, eq=False)
class ErrorModel:
    """Estimates the loss of a row in [0, 1] from its features and score."""

    estimator: Any
    threshold: float = 0.5

    def inputs(self, values: ArrayLike, score: ArrayLike) -> Floats:
        """Return what the model reads: features (n, d) and what is said by the score (n,) or (n, k)."""
        return error_inputs(values, score, self.threshold)

    def estimate(self, values: ArrayLike, score: ArrayLike) -> Floats:
        """Return the estimated loss of each row (n,), in [0, 1] and on the grid of exact sums."""
        return self.estimate_inputs(self.inputs(values, score))

    def estimate_inputs(self, inputs: Floats) -> Floats:
        """Return the same from inputs made before."""
        if not len(inputs):
            return np.zeros(0)
        return on_grid(np.clip(self.estimator.predict(inputs), 0.0, 1.0))


@dataclass(frozen=True, eq=False)
class EstimateReference:
    """The labelled rows that an estimate stands on: what was read (n, d + s), lost (n,) and estimated (n,).

    `estimates` are out of fold: each row's by a model that had not seen its label. They are what later estimates
    compare with.
    """

    model: ErrorModel
    inputs: Floats
    losses: Floats
    estimates: Floats

    def __len__(self) -> int:
        return len(self.losses)


def fit_reference(
    values: ArrayLike,
    score: ArrayLike,
    losses: ArrayLike,
    *,
    unit: ArrayLike | None = None,
    categorical: Sequence[bool] = (),
    threshold: float = 0.5,
    seed: int = 0,
) -> EstimateReference:
    """Fit the error model on reference rows: features (n, d) with NaN for missing, score, losses (n,) in [0, 1].

    Folds keep whole units (n,), such as days, together, for rows of one day know about each other. categorical (d,)
    says which columns hold codes. Rows must be such that the judged model had not seen their labels. Raises DataError
    for fewer than 500 rows or a missing loss.
    """
    inputs, lost = error_inputs(values, score, threshold), np.asarray(losses, np.float64)
    if lost.shape != inputs.shape[:1] or len(lost) < MINIMUM_REFERENCE_ROWS or np.isnan(lost).any():
        raise DataError(
            "an error model is learned from reference rows that all have a loss",
            found=f"{int(np.isfinite(lost).sum())} losses for {len(inputs)} rows",
            do=f"give at least {MINIMUM_REFERENCE_ROWS} rows with mature labels",
        )
    mask = _categorical(inputs, categorical)
    fold = _folds(np.arange(lost.size) if unit is None else np.asarray(unit))
    estimates = np.zeros(lost.size)
    for held in range(FOLDS):
        part = ErrorModel(_fit(inputs[fold != held], lost[fold != held], mask, seed), threshold)
        estimates[fold == held] = part.estimate_inputs(inputs[fold == held])
    whole = _fit(inputs, lost, mask, seed)
    model = ErrorModel(quick_trees(whole, inputs) or whole, threshold)
    return EstimateReference(model, inputs, on_grid(lost), estimates)


def error_inputs(values: ArrayLike, score: ArrayLike, threshold: float = 0.5) -> Floats:
    """Return features (n, d) beside what the score says, infinite as missing.

    A score (n,) gives itself and its distance from the threshold; scores (n, k) of classes give the best class, its
    score and its lead over the second.

    >>> error_inputs([[1.0]], [0.75]).tolist(), error_inputs([[1.0]], [[0.25, 0.75]]).tolist()
    ([[1.0, 0.75, 0.25]], [[1.0, 1.0, 0.75, 0.5]])
    """
    features, given = np.asarray(values, np.float64), np.asarray(score, np.float64)
    if given.ndim == 1:
        said = np.column_stack([given, np.abs(given - threshold)])
    else:
        ordered = np.sort(given, axis=1)
        said = np.column_stack([given.argmax(axis=1), ordered[:, -1], ordered[:, -1] - ordered[:, -2]])
    inputs = np.column_stack([features, said])
    inputs[~np.isfinite(inputs)] = np.nan
    return inputs


def _fit(inputs: Floats, losses: Floats, categorical: NDArray[np.bool_], seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingRegressor  # noqa: PLC0415  # heavy; only fits need it

    # small enough to take 1 ms per 1,000 rows; a loss in [0, 1] needs its mean, which least squares learns
    return HistGradientBoostingRegressor(
        max_iter=60,
        max_leaf_nodes=12,
        learning_rate=0.1,
        min_samples_leaf=min(100, len(losses) // 20),
        categorical_features=categorical,
        early_stopping=False,
        random_state=seed,
    ).fit(inputs, losses)


def _categorical(inputs: Floats, declared: Sequence[bool]) -> NDArray[np.bool_]:
    """Return which inputs (d + s) are categories that the trees can hold."""
    mask = np.zeros(inputs.shape[1], np.bool_)
    mask[: len(declared)] = declared
    for column in np.flatnonzero(mask):
        known = inputs[:, column][np.isfinite(inputs[:, column])]
        mask[column] = known.size > 0 and known.max() < MOST_WORDS
    return mask


def _folds(unit: NDArray[Any]) -> NDArray[np.intp]:
    """Return the fold of each row: whole units where there are enough, else every fifth row."""
    found, codes = np.unique(unit, return_inverse=True)
    return np.asarray((codes if found.size >= FOLDS else np.arange(unit.size)) % FOLDS, np.intp)
