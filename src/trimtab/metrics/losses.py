"""Losses of single rows: what each prediction cost, before anything is averaged.

All take `y` and `score` of n rows and return float64 (n,). A missing y or score gives a NaN loss, never a number.
"""

import numpy as np
from numpy.typing import ArrayLike

from trimtab.metrics.rows import Floats, class_probability_rows, number_rows, probability_rows

PROBABILITY_FLOOR = 1e-7
"""The least probability that log loss credits to what happened: float32 scores resolve no more beside one."""

LOG_LOSS_CEILING = float(-np.log(PROBABILITY_FLOOR))
"""The largest log loss of a row, in nats (16.1): what a certain and wrong prediction costs."""


def log_losses(y: ArrayLike, score: ArrayLike) -> Floats:
    """Return -ln(probability given to what happened) in nats, at most `LOG_LOSS_CEILING` (Good 1952).

    Binary: y is 0 or 1 and score (n,) the probability of 1. Multiclass: y holds integer codes and score is
    (n, k). Raises ValueError when a score is no probability or y no class.

    >>> log_losses([1, 0], [0.8, 0.8]).round(3)
    array([0.223, 1.609])
    >>> log_losses([2], [[0.2, 0.3, 0.5]]).round(3)
    array([0.693])
    """
    if np.ndim(score) == 2:
        codes, predicted = class_probability_rows(y, score)
        given = predicted[np.arange(codes.size), codes]
    else:
        truth, positive = probability_rows(y, score)
        given = np.abs(1 - truth - positive)
    return np.abs(np.log(np.clip(given, PROBABILITY_FLOOR, 1.0)))


def brier_losses(y: ArrayLike, score: ArrayLike) -> Floats:
    """Return the squared distance between probabilities and what happened (Brier 1950).

    Binary (score (n,)): (score - y)², in [0, 1]. Multiclass (score (n, k)): the sum over the classes, in [0, 2];
    with k = 2 it is twice the binary loss. Raises ValueError when a score is no probability or y no class.

    >>> brier_losses([1, 0], [0.8, 0.8]).round(2)
    array([0.04, 0.64])
    >>> brier_losses([0], [[0.8, 0.2]]).round(2)
    array([0.08])
    """
    if np.ndim(score) == 2:
        codes, predicted = class_probability_rows(y, score)
        miss = predicted.copy()
        miss[np.arange(codes.size), codes] -= 1
        return np.asarray((miss**2).sum(axis=1), np.float64)
    truth, positive = probability_rows(y, score)
    return (positive - truth) ** 2


def absolute_errors(y: ArrayLike, score: ArrayLike) -> Floats:
    """Return |score - y| in the label's unit; ValueError when the shapes are not one (n,).

    >>> absolute_errors([1.0, 2.0], [1.5, 0.0])
    array([0.5, 2. ])
    """
    truth, predicted = number_rows(y, score)
    return np.abs(predicted - truth)


def squared_errors(y: ArrayLike, score: ArrayLike) -> Floats:
    """Return (score - y)² in the label's unit squared; ValueError when the shapes are not one (n,).

    >>> squared_errors([1.0, 2.0], [1.5, 0.0])
    array([0.25, 4.  ])
    """
    truth, predicted = number_rows(y, score)
    return (predicted - truth) ** 2


def pinball_losses(y: ArrayLike, score: ArrayLike, quantile: float) -> Floats:
    """Return quantile x shortfall or (1 - quantile) x excess, in the label's unit (Koenker and Bassett 1978).

    Its mean is least when score is that quantile of y. Raises ValueError unless 0 < quantile < 1.

    >>> pinball_losses([10.0, 10.0], [8.0, 12.0], 0.75)
    array([1.5, 0.5])
    """
    check_quantile(quantile)
    truth, predicted = number_rows(y, score)
    short = truth - predicted
    return np.maximum(quantile * short, (quantile - 1) * short)


def check_quantile(quantile: float) -> None:
    """Raise ValueError unless 0 < quantile < 1.

    >>> check_quantile(1.5)
    Traceback (most recent call last):
    ValueError: a quantile is between 0 and 1, both excluded; got 1.5
    """
    if not 0 < quantile < 1:
        raise ValueError(f"a quantile is between 0 and 1, both excluded; got {quantile:g}")
