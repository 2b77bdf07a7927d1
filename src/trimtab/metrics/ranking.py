"""How well scores rank rows: areas under the ROC and the precision-recall curve, with ties and weights.

Own code rather than scikit-learn's, which raises where one class is missing and takes several times as long.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from trimtab.metrics.rows import Floats, binary_rows, class_rows, weight_rows


def area_under_roc(y: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the chance that a positive row scores above a negative one, ties counting half, in [0, 1].

    Binary: y 0 or 1, score (n,) any finite or infinite number. Multiclass: score (n, k); the mean of one-vs-rest
    over the classes that occur. NaN when one class only occurs. Raises ValueError when a score or y is NaN.
    Source: Mann and Whitney 1947; Hanley and McNeil 1982.

    >>> area_under_roc([0, 0, 1, 1], [0.1, 0.4, 0.4, 0.8])
    0.875
    >>> area_under_roc([1, 1], [0.1, 0.4])
    nan
    """
    return _binary_or_macro(_roc, y, score, weight)


def average_precision(y: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the precision averaged over the steps in recall, in (0, 1]; for random scores the base rate.

    Shapes, weights, NaN, multiclass and errors as in `area_under_roc`. No interpolation between the steps, which
    would flatter (Davis and Goadrich 2006).

    >>> average_precision([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).__round__(3)
    0.833
    """
    return _binary_or_macro(_precision, y, score, weight)


def _roc(positive: Floats, negative: Floats) -> float:
    below = np.cumsum(negative) - negative / 2
    return float(positive @ below / (positive.sum() * negative.sum()))


def _precision(positive: Floats, negative: Floats) -> float:
    found, wrong = np.cumsum(positive[::-1]), np.cumsum(negative[::-1])
    return float(positive[::-1] @ (found / np.maximum(found + wrong, np.finfo(float).tiny)) / found[-1])


def _binary_or_macro(
    area: Callable[[Floats, Floats], float], y: ArrayLike, score: ArrayLike, weight: ArrayLike | None
) -> float:
    if np.ndim(score) != 2:
        truth, predicted = binary_rows(y, score)
        return _area(area, truth, predicted, weight_rows(weight, truth.size))
    codes, predicted = class_rows(y, score)
    weights = weight_rows(weight, codes.size)
    areas = [
        _area(area, (codes == k).astype(float), predicted[:, k], weights) for k in range(predicted.shape[1])
    ]
    defined = [value for value in areas if not np.isnan(value)]
    return float(np.mean(defined)) if defined else float("nan")


def _area(
    area: Callable[[Floats, Floats], float], truth: Floats, predicted: Floats, weights: Floats
) -> float:
    positive, negative = _by_score(truth, predicted, weights)
    if not (positive.sum() > 0 and negative.sum() > 0):
        return float("nan")
    return min(area(positive, negative), 1.0)  # fractional weights can round to just above


def _by_score(truth: Floats, predicted: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return the weight of positives and of negatives at each distinct score, ascending."""
    if np.isnan(predicted).any() or np.isnan(truth).any():
        raise ValueError("a ranking needs a score and a y in every row; found NaN")
    if truth.size == 0:
        return np.zeros(0), np.zeros(0)
    order = np.argsort(predicted, kind="stable")
    ranked, weighted = predicted[order], weights[order]
    starts = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1])))
    positive = weighted * truth[order]
    return np.add.reduceat(positive, starts), np.add.reduceat(weighted - positive, starts)
