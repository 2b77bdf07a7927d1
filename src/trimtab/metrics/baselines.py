"""Predictions that need no learner: the prior, the rate by one column, the last value.

A fit gives a frozen value; its `predict` gives what a model would: (n,) for binary and regression, (n, k)
probabilities for multiclass.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from trimtab.metrics.losses import check_quantile
from trimtab.metrics.metric import Task
from trimtab.metrics.rows import Floats, Integers

SHRINKAGE = 20.0
"""How many rows of the prior each code starts with."""


@dataclass(frozen=True)
class Prior:
    """One prediction for every row: a rate, mean or quantile (one number), or k class probabilities.

    >>> Prior((0.25,)).predict(2)
    array([0.25, 0.25])
    """

    value: tuple[float, ...]

    def predict(self, rows: int) -> Floats:
        """Return the same prediction for each row: (rows,), or (rows, k) for k > 1 classes.

        >>> Prior((0.25, 0.75)).predict(1)
        array([[0.25, 0.75]])
        """
        return _squeeze(np.tile(np.asarray(self.value, np.float64), (rows, 1)))


@dataclass(frozen=True, eq=False)
class RateByCode:
    """The prediction for each code of one column, (codes, k), and the prior for codes never seen, (k,)."""

    values: Floats
    prior: Floats

    def predict(self, codes: ArrayLike) -> Floats:
        """Return the prediction of each row's code; negative (missing) and unseen codes get the prior.

        >>> RateByCode(np.array([[0.1], [0.9]]), np.array([0.5])).predict([1, 0, 7, -1])
        array([0.9, 0.1, 0.5, 0.5])
        """
        wanted = _codes(codes)
        known = (wanted >= 0) & (wanted < len(self.values))
        table = np.vstack([self.values, self.prior])
        return _squeeze(table[np.where(known, wanted, len(self.values))])


def fit_prior(
    y: ArrayLike, task: Task, *, classes: int | None = None, quantile: float | None = None
) -> Prior:
    """Return the rate (binary), class shares (multiclass), mean or `quantile` (regression) of y (n,).

    `classes` is k for multiclass, by default the largest code + 1. Raises ValueError when y is empty or missing.

    >>> fit_prior([0, 1, 1, 1], "binary")
    Prior(value=(0.75,))
    >>> fit_prior([1.0, 2.0, 9.0], "regression", quantile=0.5)
    Prior(value=(2.0,))
    """
    targets = _targets(y, task, classes)
    return Prior(tuple(float(value) for value in _centre(targets, task, quantile)))


def fit_rate_by_code(
    y: ArrayLike,
    codes: ArrayLike,
    task: Task,
    *,
    classes: int | None = None,
    quantile: float | None = None,
    shrinkage: float = SHRINKAGE,
) -> RateByCode:
    """Return the rate, mean or quantile of y (n,) by the integer codes (n,) of one column, shrunk to the prior.

    (rows x own + shrinkage x prior) / (rows + shrinkage): a code with `shrinkage` rows lies half-way between its
    own value and the prior. Rows with a negative code count for the prior only. The last known class as code
    makes "as last time" for classes, without the certainty that log loss would punish. Raises ValueError when y
    is empty or missing, or the lengths differ. Source: Bühlmann 1967 (credibility).

    >>> fit_rate_by_code([0, 0, 1, 1], [0, 0, 1, 1], "binary", shrinkage=2).predict([0, 1, 2])
    array([0.25, 0.75, 0.5 ])
    """
    targets, groups = _targets(y, task, classes), _codes(codes)
    if groups.shape != targets.shape[:1]:
        raise ValueError(f"codes are one per row; got {groups.shape} for {len(targets)} rows")
    if not shrinkage >= 0:
        raise ValueError(f"shrinkage is a number of rows, zero or more; got {shrinkage:g}")
    prior = _centre(targets, task, quantile)
    count = int(groups.max(initial=-1)) + 1
    values, rows = np.tile(prior, (count, 1)), np.zeros(count)
    for code, own in _by_group(targets, groups):
        values[code], rows[code] = _centre(own, task, quantile), len(own)
    share = rows / np.maximum(rows + shrinkage, np.finfo(float).tiny)
    return RateByCode(prior + share[:, None] * (values - prior), prior)


def last_value(last: ArrayLike, fallback: float) -> Floats:
    """Return the last known value of each row's key (n,), the fallback where it is NaN; for regression.

    >>> last_value([3.0, float("nan")], fallback=1.5)
    array([3. , 1.5])
    """
    known = np.asarray(last, np.float64)
    return np.where(np.isnan(known), fallback, known)


def _targets(y: ArrayLike, task: Task, classes: int | None) -> Floats:
    """Return what is averaged, (n, k): y itself, or a column of 0 and 1 for each class."""
    truth = np.asarray(y, np.float64)
    if truth.ndim != 1 or truth.size == 0 or np.isnan(truth).any():
        raise ValueError(
            f"a baseline is fitted on one known y per row, at least one; got shape {truth.shape}"
        )
    if task == "binary" and not np.isin(truth, (0, 1)).all():
        raise ValueError("a binary y is 0 or 1; found other values")
    if task != "multiclass":
        return truth[:, None]
    codes = _codes(y)
    width = int(codes.max()) + 1 if classes is None else classes
    if codes.min() < 0 or codes.max() >= width:
        raise ValueError(f"class codes are 0 to {width - 1}; found {codes.min()} to {codes.max()}")
    return np.asarray(codes[:, None] == np.arange(width), np.float64)


def _centre(targets: Floats, task: Task, quantile: float | None) -> Floats:
    if quantile is None:
        return np.asarray(targets.mean(axis=0), np.float64)
    if task != "regression":
        raise ValueError(f"a quantile is a prediction for regression, not for {task}")
    check_quantile(quantile)
    return np.asarray(np.quantile(targets, quantile, axis=0), np.float64)


def _by_group(targets: Floats, groups: Integers) -> Iterator[tuple[int, Floats]]:
    """Yield each code that is not missing with the targets of its rows."""
    order = np.argsort(groups, kind="stable")
    order = order[groups[order] >= 0]
    found, starts = np.unique(groups[order], return_index=True)
    yield from zip(found.tolist(), np.split(targets[order], starts[1:]), strict=False)


def _codes(codes: ArrayLike) -> Integers:
    numbers = np.asarray(codes)
    if numbers.size and numbers.dtype.kind not in "iub":
        raise ValueError(f"codes are integers; got dtype {numbers.dtype}")
    return numbers.astype(np.int64)


def _squeeze(predicted: Floats) -> Floats:
    return predicted[:, 0] if predicted.shape[1] == 1 else predicted
